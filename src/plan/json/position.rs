//! Where in a document an error is, in words: offset, line, column and JSON path.
//!
//! Runs only after an error, so that the path costs nothing on good documents. Shows keys, never values.

use std::fmt::Write as _;

use crate::plan::detect::Document;
use crate::plan::detect::lines::place;

/// Longest key shown in a path, in bytes.
const MAX_KEY: usize = 64;

/// Deepest path shown, in steps.
const MAX_STEPS: usize = 24;

/// The byte offset that a parser's error means: its line counts from 1, its column in bytes.
pub(super) fn offset(json: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for text in json.split_inclusive('\n').take(line.saturating_sub(1)) {
        start += text.len();
    }
    (start + column.saturating_sub(1)).min(json.len())
}

/// `line 1, column 100000 (byte offset 99999), in resource_changes[3].change.before`; with `whole` the path ends at the
/// innermost object or array, not at what was read last in it.
pub(super) fn describe(document: &Document, offset: usize, whole: bool) -> String {
    let (text, start) = document.surroundings();
    let mut out = place(text, start + offset);
    let path = path_at(document.json(), offset, whole);
    if !path.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(out, ", in {path}");
    }
    out
}

#[derive(Debug)]
enum Step {
    /// In an object; the bytes of the last key, and whether the next string is a key.
    Object { key: Option<(usize, usize)>, key_next: bool },
    /// In an array, after so many commas.
    Array(usize),
}

/// The JSON path of the value that holds `offset`. Works on text that is broken after `offset`.
fn path_at(json: &str, offset: usize, whole: bool) -> String {
    let mut steps: Vec<Step> = Vec::new();
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at).filter(|_| at < offset) {
        match byte {
            b'{' => steps.push(Step::Object { key: None, key_next: true }),
            b'[' => steps.push(Step::Array(0)),
            b'}' | b']' => {
                steps.pop();
            }
            b',' => match steps.last_mut() {
                Some(Step::Object { key_next, .. }) => *key_next = true,
                Some(Step::Array(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let end = end_of_string(bytes, at);
                if let Some(Step::Object { key, key_next: key_next @ true }) = steps.last_mut() {
                    *key = Some((at + 1, end));
                    *key_next = false;
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    if whole && let Some(Step::Object { key, .. }) = steps.last_mut() {
        *key = None;
    }
    render(json, &steps)
}

/// Where the closing quote of the string that opens at `open` stands.
fn end_of_string(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn render(json: &str, steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps.iter().take(MAX_STEPS) {
        let _ = match step {
            Step::Array(index) => write!(out, "[{index}]"),
            Step::Object { key: None, .. } => Ok(()),
            Step::Object { key: Some((start, end)), .. } => match json.get(*start..*end).filter(|key| is_plain(key)) {
                Some(key) => write!(out, "{}{key}", if out.is_empty() { "" } else { "." }),
                None => write!(out, "[…]"),
            },
        };
    }
    if steps.len() > MAX_STEPS {
        out.push('…');
    }
    out
}

/// Attribute names and keys of Terraform's formats are plain; anything else may be content.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.len() <= MAX_KEY && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_innermost_value() {
        let json = r#"{"a":"x","list":[{"b":1},{"odd key":{"c":[1,2,!"#;
        assert_eq!(path_at(json, json.len(), false), "list[1][…].c[2]");
        assert_eq!(path_at(json, json.find('x').unwrap(), false), "a");
        assert_eq!(path_at(json, 0, false), "");
    }

    #[test]
    fn quotes_and_brackets_in_strings_are_no_structure() {
        let json = r#"{"a":"]}\"{[","b":{"c":"#;
        assert_eq!(path_at(json, json.len(), false), "b.c");
    }

    #[test]
    fn offsets_count_from_the_line() {
        assert_eq!(offset("ab\ncd", 2, 2), 4);
        assert_eq!(offset("ab", 1, 0), 0);
        assert_eq!(offset("ab", 9, 9), 2);
    }
}
