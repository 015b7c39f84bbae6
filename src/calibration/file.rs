//! The recorded form: tab-separated columns plan, address, verb, level, reason; one row a line, sorted.
//!
//! `\t`, `\n`, `\r` and `\\` stand for what would break a row. Must not know where plans lie.

use std::collections::BTreeMap;

use super::{Judged, Key, Row};
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};
use crate::suggest;

const HEADER: &str = "plan\taddress\tverb\tlevel\treason";
/// Mistakes that are shown: a file that is something else has as many as lines.
const MAX_PROBLEMS: usize = 10;

/// What was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub(super) rows: BTreeMap<Key, Recorded>,
}

/// The level of a row, and why a person thinks so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) level: Judged,
    pub(super) reason: String,
}

impl Record {
    /// Reads a record; the error holds its first mistakes. The order of rows and an empty reason are no mistakes.
    pub fn parse(file: &SourceFile) -> Result<Self, Vec<Problem>> {
        let mut record = Self::default();
        let mut problems = Vec::new();
        let mut at = 0;
        for (index, line) in file.text().split('\n').enumerate() {
            let row = line.strip_suffix('\r').unwrap_or(line);
            let mut wrong = |what: &str, help: &str| {
                let message = format!("`{}` is no record of `plangate calibrate`", file.name());
                problems.push(
                    Problem::new(ProblemCode::Config, message).at(file, Span::new(at, at + row.len()), what).help(help),
                );
            };
            if index == 0 {
                if row != HEADER {
                    wrong("not the header", "the first line names the columns plan, address, verb, level, reason");
                }
            } else if !row.is_empty() {
                match record.take(row) {
                    Ok(()) => {}
                    Err((what, help)) => wrong(what, &help),
                }
            }
            at += line.len() + 1;
            if problems.len() >= MAX_PROBLEMS {
                break;
            }
        }
        if problems.is_empty() { Ok(record) } else { Err(problems) }
    }

    fn take(&mut self, row: &str) -> Result<(), (&'static str, String)> {
        let cells: Vec<&str> = row.split('\t').collect();
        let [plan, address, verb, level, reason] = cells.as_slice() else {
            return Err(("not five columns", "they are separated by one tab each".to_owned()));
        };
        let levels = Judged::ALL.map(Judged::as_str);
        let level =
            Judged::parse(level).ok_or_else(|| ("no such level", format!("it is {}", suggest::list(&levels))))?;
        let key = Key { plan: unescape(plan), address: unescape(address), verb: unescape(verb) };
        match self.rows.insert(key, Recorded { level, reason: unescape(reason) }) {
            None => Ok(()),
            Some(_) => Err(("stands twice", "keep one row for each plan, address and verb".to_owned())),
        }
    }

    /// The rows as a record, with the reasons this one has for them.
    #[must_use]
    pub fn render(&self, rows: &[Row]) -> String {
        let mut sorted: Vec<&Row> = rows.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        let mut out = format!("{HEADER}\n");
        for row in sorted {
            let reason = self.rows.get(&row.key).map_or("", |recorded| &recorded.reason);
            let cells = [&row.key.plan, &row.key.address, &row.key.verb, row.level.as_str(), reason];
            out.push_str(&cells.map(escape).join("\t"));
            out.push('\n');
        }
        out
    }

    /// Whether the plan is known to be undecided.
    #[must_use]
    pub fn expects(&self, row: &Row) -> bool {
        self.rows.get(&row.key).is_some_and(|recorded| recorded.level == row.level)
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

/// What [`escape`] made; any other `\` stands for itself.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.clone().next() } else { None };
        let plain = match escaped {
            Some('\\') => '\\',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            _ => {
                out.push(c);
                continue;
            }
        };
        rest.next();
        out.push(plain);
    }
    out
}
