//! Binary search over the lines of a sorted text.
//!
//! Must not know what a line means: the caller says which part of it is the key.

use std::cmp::Ordering;

/// The line whose key is `wanted`, in a text whose lines with a key are sorted by it bytewise. Lines
/// without a key may only stand before the first and after the last line with one.
pub(super) fn find<'a>(text: &'a str, wanted: &str, key: impl Fn(&'a str) -> Option<&'a str>) -> Option<&'a str> {
    let text = keyed_part(text, &key);
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let line = line_around(text, low, high)?;
        match key(line.text)?.cmp(wanted) {
            Ordering::Equal => return Some(line.text),
            Ordering::Less => low = line.end,
            Ordering::Greater => high = line.start,
        }
    }
    None
}

struct Line<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

/// The line around the middle of `low..high`; both are starts of lines or the end of the text.
fn line_around(text: &str, low: usize, high: usize) -> Option<Line<'_>> {
    let bytes = text.as_bytes();
    let middle = low + (high - low) / 2;
    let start = bytes.get(low..middle)?.iter().rposition(|&byte| byte == b'\n').map_or(low, |at| low + at + 1);
    let length = bytes.get(start..high)?.iter().position(|&byte| byte == b'\n');
    let end = length.map_or(high, |at| start + at + 1);
    Some(Line { text: text.get(start..end)?.trim_end_matches('\n'), start, end })
}

/// The text without leading and trailing lines that have no key.
fn keyed_part<'a>(text: &'a str, key: &impl Fn(&'a str) -> Option<&'a str>) -> &'a str {
    let mut rest = text;
    while let Some((line, tail)) = rest.split_once('\n') {
        if key(line).is_some() {
            break;
        }
        rest = tail;
    }
    loop {
        let trimmed = rest.strip_suffix('\n').unwrap_or(rest);
        let start = trimmed.rfind('\n').map_or(0, |at| at + 1);
        let last = trimmed.get(start..).unwrap_or_default();
        if trimmed.is_empty() || key(last).is_some() {
            return rest;
        }
        rest = rest.get(..start).unwrap_or_default();
    }
}

/// The type that a line of a provider's file is about.
pub(super) fn json_type(line: &str) -> Option<&str> {
    line.strip_prefix(r#"{"type":""#)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let text = "a\nab\nb\nccc\nd\n";
        for line in text.lines() {
            assert_eq!(find(text, line, Some), Some(line));
        }
        for absent in ["", "0", "aa", "bb", "cccc", "e", "\n"] {
            assert_eq!(find(text, absent, Some), None, "{absent:?}");
        }
        assert_eq!(find("", "a", Some), None);
        assert_eq!(find("a", "a", Some), Some("a"), "a last line without line feed");
    }

    #[test]
    fn header_and_footer_are_passed_over() {
        let text = "{\"schema\":1,\"types\":[\n{\"type\":\"a\",\"x\":1},\n{\"type\":\"b\"}\n]}\n";
        assert_eq!(find(text, "b", json_type), Some("{\"type\":\"b\"}"));
        assert_eq!(find(text, "a", json_type), Some("{\"type\":\"a\",\"x\":1},"));
        assert_eq!(find(text, "schema", json_type), None);
    }
}
