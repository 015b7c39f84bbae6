//! A Code Quality report of GitLab: an array of issues, each with a path, a line and a fingerprint of its own.
//!
//! GitLab shows one issue for each fingerprint and drops what has no place. It has no word for what is set aside, which
//! therefore is not here.

use serde::Serialize;

use super::Report;
use super::items::{FALLBACK_FILE, Item, Weight};
use super::sarif::REST;
use crate::finding::{Fingerprint, RuleId, Severity};
use crate::text::{self, count, one_line};
use crate::verdict::Verdict;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The report as JSON text, indented, with a final line feed. `directory` is where the run was started, relative to the
/// root of the repository.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn render(report: &Report, directory: &str) -> serde_json::Result<String> {
    let mut issues: Vec<Issue> =
        report.items().iter().filter(|item| !item.is_set_aside()).map(|item| issue(item, directory)).collect();
    issues.extend(unlisted(report));
    let mut text = text::json(&serde_json::to_string_pretty(&issues)?).into_owned();
    text.push('\n');
    Ok(text)
}

fn issue(item: &Item<'_>, directory: &str) -> Issue {
    let place = item.place_or_fallback(directory);
    let fingerprint = match item.occurrence {
        1 => item.fingerprint().into_owned(),
        more => Fingerprint::of_message(&RuleId::new(item.fingerprint().as_str()), &more.to_string()),
    };
    let plan = item.plan_name().map_or_else(String::new, |plan| format!(" [{plan}]"));
    Issue {
        description: one_line(&format!("{}: {}{plan}", item.word(), item.text())).into_owned(),
        check_name: one_line(&item.id()).into_owned(),
        fingerprint: fingerprint.as_str().to_owned(),
        severity: severity(item),
        location: Location { path: place.file, lines: Lines { begin: place.line } },
    }
}

/// One issue counts what is not listed.
fn unlisted(report: &Report) -> Option<Issue> {
    let unlisted = Some(report.left_out.counting()).filter(|unlisted| *unlisted > 0)?;
    Some(Issue {
        description: format!("{} are not listed here. All of them: {}", count(unlisted, "finding"), report.summary()),
        check_name: REST.to_owned(),
        fingerprint: Fingerprint::of_message(&RuleId::new(REST), "").as_str().to_owned(),
        severity: if report.verdict == Verdict::Allowed { "info" } else { "critical" },
        location: Location { path: FALLBACK_FILE.to_owned(), lines: Lines { begin: 1 } },
    })
}

/// What blocks is never below `critical`, and nothing else is above `major`.
fn severity(item: &Item<'_>) -> &'static str {
    let severity = item.as_finding().map_or(Severity::Critical, |finding| finding.severity);
    match (item.weight, severity) {
        (Weight::Error, Severity::Critical) => "blocker",
        (Weight::Error, _) => "critical",
        (Weight::Warning, Severity::Info | Severity::Low) => "minor",
        (Weight::Warning, _) => "major",
        (Weight::Note, _) => "info",
    }
}
