//! Lines around JSON documents: which are noise, which are prefixes, which start a document.
//!
//! The danger is a plan that counts as noise: a line that is skipped must not hold one.

use std::collections::BTreeMap;
use std::ops::Range;

use super::refusal;
use crate::problem::{Problem, ProblemCode};
use crate::source::Position;

/// A line outside of every document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing but white space.
    Blank,
    /// An object starts.
    Document,
    /// A line of the machine-readable output of `terraform plan -json`.
    UiEvent,
    /// An array starts.
    Array,
    /// `::debug::…`, `::set-output …`: the setup-terraform wrapper repeats the whole plan here.
    WorkflowCommand,
    /// Output of a unit behind a log prefix.
    Prefixed { key: String, text: &'a str },
    /// A log line or warning box that may also stand after a document.
    Log,
    /// Anything else.
    Other,
}

/// The line at `at`, its line feed included; `None` at the end.
pub(super) fn next(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    Some(at..rest.find('\n').map_or(text.len(), |len| at + len + 1))
}

/// A byte order mark.
const MARK: char = '\u{feff}';

/// The length of the byte order marks at the start of a line, white space between and after them included: files that
/// PowerShell wrote are put together marks and all.
pub(super) fn marks(line: &str) -> usize {
    let rest = line.trim_start_matches(|c: char| c.is_whitespace() || c == MARK);
    let start = line.get(..line.len() - rest.len()).unwrap_or_default();
    if start.contains(MARK) { start.len() } else { 0 }
}

/// What a line outside of every document is.
pub(super) fn classify(line: &str) -> Line<'_> {
    let line = line.get(marks(line)..).unwrap_or_default();
    let text = line.trim();
    match text.as_bytes() {
        [] => Line::Blank,
        [b'{', ..] if is_ui_event(text) => Line::UiEvent,
        [b'{', ..] => Line::Document,
        [b'['] | [b'[', b'{' | b'[' | b']' | b' ', ..] => Line::Array,
        [b':', b':', ..] => Line::WorkflowCommand,
        _ => prefixed(line).unwrap_or_else(|| if is_log(text) { Line::Log } else { Line::Other }),
    }
}

/// Terraform's UI events sort their keys, so `@level` comes first (Terraform `internal/command/views/json`).
pub(super) fn is_ui_event(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"@level\""))
}

/// Reads `03:04:05.123 STDOUT [unit] terraform: TEXT` (Terragrunt ≥ 0.67; the unit is left off for a single one) and
/// `[unit] TEXT` (`--terragrunt-include-module-prefix` before).
fn prefixed(line: &str) -> Option<Line<'_>> {
    let line = line.trim_end_matches(['\n', '\r']);
    if let Some((time, rest)) = line.split_once("STDOUT ")
        && !time.contains(['{', '"'])
    {
        let (unit, rest) = match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((unit, rest)) => (unit, rest),
            None => ("", rest.trim_start()),
        };
        let text = ["terraform:", "tofu:"].into_iter().find_map(|tool| rest.strip_prefix(tool))?;
        return Some(Line::Prefixed { key: format!("STDOUT [{unit}]"), text: text.strip_prefix(' ').unwrap_or(text) });
    }
    let (unit, text) = line.strip_prefix('[')?.split_once("] ")?;
    Some(Line::Prefixed { key: format!("[{unit}]"), text })
}

/// Log lines of Terragrunt (`time=… level=…`, `03:04:05.123 INFO …`) and Terraform's warning boxes.
fn is_log(text: &str) -> bool {
    let is_clock = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 6
            && word.matches(':').count() == 2
            && word.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.')
    };
    (text.starts_with("time=") && text.contains(" level="))
        || text.split(' ').next().is_some_and(is_clock)
        || text.starts_with(['╷', '│', '╵'])
}

/// Keys that only a plan has. A skipped line that names one holds a plan nobody would judge.
const PLAN_MARKS: [&str; 3] = ["\"format_version\"", "\"resource_changes\"", "\"planned_values\""];

/// Refuses a line that may not be skipped: it holds part of a plan, or stands after a document without being a known
/// kind of noise.
pub(super) fn check_noise(text: &str, line: &Range<usize>, kind: &Line<'_>, after: bool) -> Result<(), Problem> {
    // Only for a message: it counts lines from the start of the text.
    let place = || place(text, line.start);
    let content = text.get(line.clone()).unwrap_or_default();
    if PLAN_MARKS.iter().any(|mark| content.contains(mark)) {
        let message = format!("a plan stands behind a prefix that plangate does not know, at {}", place());
        return Err(Problem::new(ProblemCode::NotAPlan, message).help(refusal::SHOW_AGAIN));
    }
    if after && *kind != Line::Log {
        let message = format!("there is other text after the end of the JSON, at {}", place());
        return Err(Problem::new(ProblemCode::Malformed, message).help(refusal::SHOW_AGAIN));
    }
    Ok(())
}

/// A byte offset as people look for it.
pub(in crate::plan) fn place(text: &str, offset: usize) -> String {
    let Position { line, column } = position(text, offset);
    format!("line {line}, column {column} (byte offset {offset})")
}

fn position(text: &str, offset: usize) -> Position {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Position {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
    }
}

/// Lines behind log prefixes, put together per unit: units that run in parallel take turns.
#[derive(Debug, Default)]
pub(super) struct Groups {
    order: Vec<(String, usize, String)>,
    by_key: BTreeMap<String, usize>,
}

impl Groups {
    /// `[INFO] …` is a prefix too: only one behind which an object starts makes a group.
    pub(super) fn accepts(&self, key: &str, text: &str) -> bool {
        key.starts_with("STDOUT")
            || self.by_key.contains_key(key)
            || text.get(marks(text)..).unwrap_or_default().trim_start().starts_with('{')
    }

    pub(super) fn push(&mut self, key: &str, text: &str) {
        let next = self.order.len();
        let at = *self.by_key.entry(key.to_owned()).or_insert(next);
        if at == next {
            self.order.push((key.to_owned(), 0, String::new()));
        }
        if let Some((_, lines, all)) = self.order.get_mut(at) {
            *lines += 1;
            all.push_str(text);
            all.push('\n');
        }
    }

    /// Key, number of lines and text of each unit, in the order of their first lines.
    pub(super) fn into_texts(self) -> impl Iterator<Item = (String, usize, String)> {
        self.order.into_iter()
    }
}
