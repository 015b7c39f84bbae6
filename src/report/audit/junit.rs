//! An audit as JUnit XML: a case for each plan, in a suite for each group.
//!
//! A blocked plan fails, an undecided one is an error, an allowed one passes; what is said of it is its text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::csv::left_out;
use super::{Audit, Row};
use crate::report::PlanReport;
use crate::report::items::problem_id;
use crate::report::junit::{Case, RUN, Suite, write};
use crate::testing::Status;
use crate::verdict::Verdict;

/// The audit as XML.
pub(super) fn render(audit: &Audit) -> io::Result<String> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let report = audit.report();
    let of_run = report.problems.iter().map(|problem| Case {
        name: problem.message.clone(),
        class: problem_id(problem.code.as_str()),
        status: Some(Status::Error),
        message: problem.message.clone(),
        ..Case::default()
    });
    let of_run = of_run.chain(report.findings.iter().map(|finding| Case {
        name: finding.message.clone(),
        class: finding.rule.as_str().to_owned(),
        status: finding.blocks(report.fail_on).then_some(Status::Failed),
        message: finding.message.clone(),
        ..Case::default()
    }));
    let of_run: Vec<Case> = of_run.collect();
    if !of_run.is_empty() {
        suites.insert(RUN.to_owned(), of_run);
    }
    for (plan, row) in audit.plans() {
        let suite = row.group.as_ref().map_or_else(|| RUN.to_owned(), |group| group.join("/"));
        suites.entry(suite).or_default().push(case(plan, row));
    }
    write(&suites.into_iter().map(|(name, cases)| Suite { name, cases }).collect::<Vec<_>>())
}

fn case(plan: &PlanReport, row: &Row) -> Case {
    let status = match plan.verdict {
        Verdict::Allowed => None,
        Verdict::Blocked => Some(Status::Failed),
        Verdict::Undecided => Some(Status::Error),
    };
    let mut text = String::new();
    for problem in &plan.problems {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "undecided {}: {}", problem.code.as_str(), problem.message);
    }
    for finding in plan.findings.iter().filter(|finding| !finding.is_set_aside()) {
        let _ = writeln!(text, "{} {}: {}", finding.level, finding.rule, finding.message);
    }
    if let Some(left_out) = left_out(row) {
        let _ = writeln!(text, "{left_out}");
    }
    let text = text.trim_end().to_owned();
    let message = match plan.problems.first() {
        Some(problem) => problem.message.clone(),
        None => format!("{} deny, {} warn, {} info", row.counts.deny, row.counts.warn, row.counts.info),
    };
    let (message, text, output) =
        if status.is_some() { (message, text, String::new()) } else { (String::new(), String::new(), text) };
    Case {
        name: plan.name(),
        class: plan.verdict.as_str().to_owned(),
        status,
        message,
        text,
        output,
        ..Case::default()
    }
}
