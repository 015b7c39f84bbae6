//! TOML files people wrote, read so that every mistake is found at once and underlined.
//!
//! Owns the walk over a spanned tree: shapes, unknown keys, near misses. Must not know what
//! any key means, nor read files.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::problem::{Place, Problem, ProblemCode};
use crate::source::{SourceFile, Span};
use crate::suggest::{self, list};
use crate::text;

/// A value together with where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Span,
}

/// One `key = value`.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    /// The key as written.
    pub key: &'t str,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: &'t Spanned<DeValue<'t>>,
}

impl Entry<'_> {
    /// Where the value stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.value.span().into()
    }
}

/// A table of which the known keys were picked out.
#[derive(Debug)]
pub struct Section<'t> {
    entries: Vec<Entry<'t>>,
}

impl<'t> Section<'t> {
    /// The entry under a known key, in either spelling (`fail-on`, `fail_on`).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Entry<'t>> {
        self.entries.iter().copied().find(|entry| same_key(entry.key, key))
    }
}

fn json(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::String(text.to_string())),
        DeValue::Boolean(value) => Some(Value::Bool(*value)),
        DeValue::Integer(number) => Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.into()),
        DeValue::Float(number) => serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Value::Number),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect::<Option<_>>().map(Value::Array),
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// Whether two keys are the same but for `-` and `_`.
fn same_key(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.chars().zip(b.chars()).all(|(x, y)| x == y || matches!((x, y), ('-', '_') | ('_', '-')))
}

/// The entries of a table in the order of the file.
#[must_use]
pub fn entries<'t>(table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> =
        table.iter().map(|(key, value)| Entry { key: key.get_ref(), key_span: key.span().into(), value }).collect();
    entries.sort_by_key(|entry| entry.key_span);
    entries
}

/// Parses a file; the error holds every syntax error.
pub fn parse(file: &SourceFile, code: ProblemCode) -> Result<DeTable<'_>, Vec<Problem>> {
    let (tree, errors) = DeTable::parse_recoverable(file.text());
    if errors.is_empty() {
        return Ok(tree.into_inner());
    }
    let problem = |error: toml::de::Error| {
        let span = error.span().map_or_else(|| Span::new(0, 0), Span::from);
        Problem::new(code, format!("`{}` is not valid TOML: {}", file.name(), error.message())).at(
            file,
            span,
            error.message(),
        )
    };
    let mut problems: Vec<Problem> = errors.into_iter().map(problem).collect();
    sort(&mut problems);
    Err(problems)
}

/// Sorts problems of one file by place, so that people can work from top to bottom.
pub fn sort(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.span.start, place.span.end)));
}

/// Reads values and collects what is wrong with them.
#[derive(Debug)]
pub struct Reader<'f> {
    file: &'f SourceFile,
    code: ProblemCode,
    problems: Vec<Problem>,
}

impl<'f> Reader<'f> {
    /// A reader for this file; its problems carry `code`.
    #[must_use]
    pub fn new(file: &'f SourceFile, code: ProblemCode) -> Self {
        Self { file, code, problems: Vec::new() }
    }

    /// A place in the file.
    #[must_use]
    pub fn place(&self, span: Span, label: &str) -> Place {
        Place::new(self.file, span, label)
    }

    /// `value`, unless there were problems; those sorted by place.
    pub fn finish<T>(mut self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() {
            return Ok(value);
        }
        sort(&mut self.problems);
        Err(self.problems)
    }

    /// Notes a problem.
    pub fn report(&mut self, span: Span, message: impl Into<String>, label: &str, help: impl Into<String>) {
        self.problems.push(Problem::new(self.code, message).at(self.file, span, label).help(help));
    }

    /// Picks the known keys out of a table. Unknown keys and a key in both spellings are problems.
    pub fn section<'t>(&mut self, what: &str, table: &'t DeTable<'t>, known: &[&str]) -> Section<'t> {
        let mut picked: Vec<Entry<'t>> = Vec::new();
        for entry in entries(table) {
            if !known.iter().any(|key| same_key(key, entry.key)) {
                self.unknown_key(what, entry, known);
            } else if let Some(twin) = picked.iter().find(|twin| same_key(twin.key, entry.key)) {
                let message = format!("`{}` repeats `{}`", entry.key, twin.key);
                self.report(entry.key_span, message, "the same key in another spelling", "keep one of the two");
            } else {
                picked.push(entry);
            }
        }
        Section { entries: picked }
    }

    fn unknown_key(&mut self, what: &str, entry: Entry<'_>, known: &[&str]) {
        let help = match suggest::nearest(entry.key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known keys here: {}", list(known)),
        };
        self.report(entry.key_span, format!("unknown key {} in {what}", quoted(entry.key)), "unknown key", help);
    }

    fn wrong_shape(&mut self, name: &str, value: &Spanned<DeValue<'_>>, expected: &str, help: &str) {
        let message = format!("{} must be {expected}, not {}", quoted(name), shape(value.get_ref()));
        self.report(value.span().into(), message, &format!("expected {expected}"), help);
    }

    /// The value as a string.
    pub fn string(&mut self, entry: Entry<'_>, help: &str) -> Option<Written<String>> {
        let DeValue::String(text) = entry.value.get_ref() else {
            self.wrong_shape(entry.key, entry.value, "a string", help);
            return None;
        };
        Some(Written { value: text.to_string(), span: entry.span() })
    }

    /// The value as a whole number from `range`.
    pub fn whole(&mut self, entry: Entry<'_>, range: std::ops::RangeInclusive<u32>, help: &str) -> Option<u32> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let found = match entry.value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = found.filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong_shape(entry.key, entry.value, &expected, help);
        }
        number
    }

    /// The value as JSON: a string, a number, true or false, or a list of these.
    pub fn value(&mut self, entry: Entry<'_>, help: &str) -> Option<Written<Value>> {
        let Some(value) = json(entry.value.get_ref()) else {
            self.wrong_shape(entry.key, entry.value, "a string, a number, true, false or a list of these", help);
            return None;
        };
        Some(Written { value, span: entry.span() })
    }

    /// The value as a string that is not blank.
    pub fn text(&mut self, entry: Entry<'_>, help: &str) -> Option<Written<String>> {
        let written = self.string(entry, help)?;
        if written.value.trim().is_empty() {
            self.report(written.span, format!("`{}` is blank", entry.key), "nothing is written here", help);
            return None;
        }
        Some(written)
    }

    /// The value as text that says something: a letter or a digit at least.
    pub fn words(&mut self, entry: Entry<'_>, help: &str) -> Option<Written<String>> {
        let written = self.text(entry, help)?;
        if !written.value.contains(char::is_alphanumeric) {
            self.report(written.span, format!("`{}` says nothing", entry.key), "no letter and no digit", help);
            return None;
        }
        Some(written)
    }

    /// The value as a list of strings; elements of another shape are problems and left out.
    pub fn strings(&mut self, entry: Entry<'_>, help: &str) -> Option<Vec<Written<String>>> {
        let DeValue::Array(items) = entry.value.get_ref() else {
            self.wrong_shape(entry.key, entry.value, "a list of strings", help);
            return None;
        };
        Some(self.elements(entry.key, items, help))
    }

    /// The value as a string or a list of strings.
    pub fn string_or_strings(&mut self, entry: Entry<'_>, help: &str) -> Option<Vec<Written<String>>> {
        match entry.value.get_ref() {
            DeValue::String(text) => Some(vec![Written { value: text.to_string(), span: entry.span() }]),
            DeValue::Array(items) => Some(self.elements(entry.key, items, help)),
            _ => {
                self.wrong_shape(entry.key, entry.value, "a string or a list of strings", help);
                None
            }
        }
    }

    fn elements(&mut self, key: &str, items: &DeArray<'_>, help: &str) -> Vec<Written<String>> {
        let mut strings = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => strings.push(Written { value: text.to_string(), span: item.span().into() }),
                _ => self.wrong_shape(key, item, "a list of strings", help),
            }
        }
        strings
    }

    /// The value as a table.
    pub fn table<'t>(&mut self, entry: Entry<'t>, help: &str) -> Option<&'t DeTable<'t>> {
        let DeValue::Table(table) = entry.value.get_ref() else {
            self.wrong_shape(entry.key, entry.value, "a table", help);
            return None;
        };
        Some(table)
    }

    /// The value as a list of tables (`[[key]]`), each with its place.
    pub fn tables<'t>(&mut self, entry: Entry<'t>, help: &str) -> Vec<(&'t DeTable<'t>, Span)> {
        let DeValue::Array(items) = entry.value.get_ref() else {
            self.wrong_shape(entry.key, entry.value, "a list of tables", help);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push((table, Span::from(item.span()))),
                _ => self.wrong_shape(entry.key, item, "a list of tables", help),
            }
        }
        tables
    }

    /// The choice whose word was written; any other word is a problem.
    pub fn choose<T: Copy>(&mut self, key: &str, word: &Written<String>, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == word.value).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let help = match suggest::nearest(&word.value, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? It takes {}", list(&names)),
                None => format!("it takes {}", list(&names)),
            };
            self.report(word.span, format!("`{key}` cannot be {}", quoted(&word.value)), "not one of its values", help);
        }
        found
    }

    /// The place of the character at a byte offset of a string's value; the whole string where escapes
    /// or several lines hide which bytes of the file these are.
    #[must_use]
    pub fn inside(&self, written: &Written<String>, offset: usize) -> Span {
        let raw = self.file.slice(written.span);
        let plain = [format!("\"{}\"", written.value), format!("'{}'", written.value)];
        if !plain.iter().any(|plain| plain == raw) {
            return written.span;
        }
        let width = written.value.get(offset..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let start = written.span.start + 1 + offset.min(written.value.len());
        Span::new(start, start + width)
    }
}

/// Text from a file in backticks, shortened: a mistake must not fill the screen.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("`{}`", text::truncate(text, 80))
}

/// What a value is, in words; strings are quoted, shortened.
fn shape(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {}", quoted(text)),
        DeValue::Integer(number) => format!("the number {}", text::truncate(&number.to_string(), 40)),
        DeValue::Float(number) => format!("the number {}", text::truncate(&number.to_string(), 40)),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile::new("x.toml", text)
    }

    #[test]
    fn every_syntax_error_is_reported_with_its_place() {
        let problems = parse(&file("a = \nb = 1\nc = [1,\n"), ProblemCode::Config).unwrap_err();
        let lines: Vec<usize> = problems.iter().map(|p| p.place.as_ref().unwrap().position().line).collect();
        assert!(lines.len() >= 2 && lines[0] == 1, "{problems:?}");
        assert!(problems[0].message.contains("`x.toml` is not valid TOML"));
    }

    #[test]
    fn deep_nesting_is_a_problem_not_a_stack_overflow() {
        let text = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&file(&text), ProblemCode::Config).is_err());
    }

    #[test]
    fn the_place_inside_a_string_is_exact_where_the_file_shows_it() {
        for (text, expected) in [("a = \"x y\"", " "), ("a = 'x y'", " "), ("a = \"x\\u0020y\"", "\"x\\u0020y\"")] {
            let file = file(text);
            let table = parse(&file, ProblemCode::Config).unwrap();
            let mut reader = Reader::new(&file, ProblemCode::Config);
            let section = reader.section("the file", &table, &["a"]);
            let written = reader.string(section.get("a").unwrap(), "").unwrap();
            assert_eq!(file.slice(reader.inside(&written, 1)), expected);
        }
    }
}
