//! An audit for spreadsheets: a row for each finding and problem, in the order of plans; the columns of `check`, and the group.

use std::io;

use super::{Audit, Row};
use crate::finding::Finding;
use crate::problem::Problem;
use crate::report::csv::{cell, writer};
use crate::report::items::problem_id;
use crate::text::count;

const HEADER: [&str; 13] = [
    "kind",
    "plan",
    "verdict",
    "group",
    "level",
    "severity",
    "rule",
    "resource_type",
    "address",
    "actions",
    "message",
    "fingerprint",
    "set_aside",
];

/// The audit as CSV with a header and lines that end in CR LF.
pub(super) fn render(audit: &Audit) -> io::Result<String> {
    let mut writer = writer();
    writer.write_record(HEADER)?;
    let mut write = |row: [&str; 13]| writer.write_record(row.map(cell));
    let report = audit.report();
    let run = report.verdict.as_str();
    report.problems.iter().try_for_each(|problem| write(of_problem(["", run, ""], problem, &id(problem))))?;
    report.findings.iter().try_for_each(|finding| of_finding(["", run, ""], finding, &mut write))?;
    for (plan, row) in audit.plans() {
        let (name, group) = (plan.name(), row.group.as_ref().map(|group| group.join("/")).unwrap_or_default());
        let about = [name.as_str(), plan.verdict.as_str(), group.as_str()];
        plan.problems.iter().try_for_each(|problem| write(of_problem(about, problem, &id(problem))))?;
        plan.findings.iter().try_for_each(|finding| of_finding(about, finding, &mut write))?;
        if let Some(message) = left_out(row) {
            write(["left out", about[0], about[1], about[2], "", "", "", "", "", "", &message, "", ""])?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn id(problem: &Problem) -> String {
    problem_id(problem.code.as_str())
}

/// What is said of findings and problems that are not listed.
pub(super) fn left_out(row: &Row) -> Option<String> {
    let parts: Vec<String> = [(row.left_out.findings.total(), "finding"), (row.left_out.problems, "problem")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| count(n, noun))
        .collect();
    (!parts.is_empty()).then(|| format!("{} more, counted and not listed", parts.join(" and ")))
}

fn of_problem<'a>(about: [&'a str; 3], problem: &'a Problem, id: &'a str) -> [&'a str; 13] {
    let [plan, verdict, group] = about;
    ["problem", plan, verdict, group, "undecided", "", id, "", "", "", &problem.message, "", ""]
}

fn of_finding<E>(
    about: [&str; 3],
    finding: &Finding,
    write: &mut impl FnMut([&str; 13]) -> Result<(), E>,
) -> Result<(), E> {
    let [plan, verdict, group] = about;
    let subject = finding.subject.as_ref();
    let actions = subject.map(|subject| subject.actions.join(" ")).unwrap_or_default();
    let set_aside = match (&finding.waiver, &finding.exception) {
        (Some(waiver), _) => waiver.reason.as_str(),
        (None, Some(exception)) => exception.query.as_str(),
        (None, None) => "",
    };
    write([
        "finding",
        plan,
        verdict,
        group,
        finding.level.as_str(),
        finding.severity.as_str(),
        finding.rule.as_str(),
        subject.and_then(|subject| subject.resource_type.as_deref()).unwrap_or_default(),
        subject.map(|subject| subject.address.as_str()).unwrap_or_default(),
        &actions,
        &finding.message,
        finding.fingerprint.as_str(),
        set_aside,
    ])
}
