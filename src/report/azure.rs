//! Azure Pipelines: logging commands for issues, for the summary page and for the result of the task.
//!
//! Escaping is that of the agent (`CommandStringConvertor.cs`): `;`, `]`, CR and LF, and `%` as `%AZP25`, which agents
//! since 2021 undo. The agent knows errors and warnings; what is for information goes to the log as it is.

use std::fmt::Write as _;

use super::Report;
use super::items::{Item, Weight};
use crate::finding::Level;
use crate::text::{count, multi_line, one_line, truncate, without_commands};
use crate::verdict::Verdict;

/// Longest message of an issue, in characters.
const MESSAGE: usize = 4000;

/// The commands, one a line. `directory` is where the run was started, relative to the root of the repository; `summary`
/// is the absolute path of a Markdown report for the summary page.
#[must_use]
pub fn commands(report: &Report, show: Level, directory: &str, summary: Option<&str>) -> String {
    let told = report.told(show);
    let mut out = String::new();
    let mut line = report.summary();
    let (shown, hidden) = told.annotated(report.left_out);
    if hidden > 0 {
        // Writing to a String cannot fail.
        let _ = write!(line, " ({} not shown)", count(hidden, "finding"));
    }
    if report.verdict == Verdict::Allowed {
        let _ = writeln!(out, "plangate: {line}");
    } else {
        let _ = writeln!(out, "##vso[task.logissue type=error]{}", escape(&format!("plangate: {line}")));
    }
    for item in shown {
        let _ = writeln!(out, "{}", issue(item, directory));
    }
    if let Some(path) = summary {
        let _ = writeln!(out, "##vso[task.uploadsummary]{}", escape(path));
    }
    let result = match report.verdict {
        Verdict::Allowed if told.items.iter().any(|item| item.weight == Weight::Warning) => "SucceededWithIssues",
        Verdict::Allowed => "Succeeded",
        Verdict::Blocked | Verdict::Undecided => "Failed",
    };
    let _ = writeln!(out, "##vso[task.complete result={result};]plangate: {}", report.verdict.as_str());
    out
}

fn issue(item: &Item<'_>, directory: &str) -> String {
    let plan = item.plan_name().map_or_else(String::new, |plan| format!(" [{plan}]"));
    let text = format!("{} {}: {}{plan}", item.word(), item.id(), truncate(&item.text(), MESSAGE));
    let kind = match item.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => return without_commands(&one_line(&text)).into_owned(),
    };
    let mut properties = format!("type={kind};code={}", escape(&item.id()));
    if let Some(place) = item.place(directory) {
        let (file, line, column) = (escape(&place.file), place.line, place.column);
        let _ = write!(properties, ";sourcepath={file};linenumber={line};columnnumber={column}");
    }
    format!("##vso[task.logissue {properties}]{}", escape(&text))
}

/// Text of a message or a property. Nothing in it starts a command, also where an agent repeats it in its log.
fn escape(text: &str) -> String {
    without_commands(&multi_line(text))
        .replace('%', "%AZP25")
        .replace(';', "%3B")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_agent_undoes() {
        assert_eq!(escape("50%;x]\n%3B"), "50%AZP25%3Bx%5D%0A%AZP253B");
        assert_eq!(escape("a##vso[task.setvariable variable=x]y"), "a#\\u{23}vso[task.setvariable variable=x%5Dy");
    }
}
