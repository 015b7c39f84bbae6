//! An audit as TAP, version 14: a test point for each plan, and for each problem and finding of the run.
//!
//! A plan that is blocked or undecided is `not ok`; what is said of it stands in a YAML block.

use std::fmt::Write as _;

use super::csv::left_out;
use super::{Audit, Row};
use crate::finding::Finding;
use crate::problem::Problem;
use crate::report::PlanReport;
use crate::report::items::problem_id;
use crate::report::tap::{description, scalar};
use crate::verdict::Verdict;

/// A test point, before it has its number.
struct Point {
    ok: bool,
    name: String,
    said: Vec<String>,
}

/// The audit as TAP.
pub(super) fn render(audit: &Audit) -> String {
    let report = audit.report();
    let of_problem = |problem: &Problem| Point {
        ok: false,
        name: format!("undecided {}: {}", problem_id(problem.code.as_str()), problem.message),
        said: Vec::new(),
    };
    let of_finding = |finding: &Finding| Point {
        ok: finding.is_set_aside() || !finding.blocks(report.fail_on),
        name: sentence(finding),
        said: Vec::new(),
    };
    let mut points: Vec<Point> = report.problems.iter().map(of_problem).collect();
    points.extend(report.findings.iter().map(of_finding));
    points.extend(audit.plans().map(|(plan, row)| of_plan(plan, row)));
    if points.is_empty() {
        // Without a test point nobody can tell a clean run from one that did not happen.
        points.push(Point { ok: report.verdict == Verdict::Allowed, name: report.summary(), said: Vec::new() });
    }
    // Writing to a String cannot fail.
    let mut out = format!("TAP version 14\n1..{}\n", points.len());
    for (index, point) in points.iter().enumerate() {
        let word = if point.ok { "ok" } else { "not ok" };
        let _ = writeln!(out, "{word} {} - {}", index + 1, description(&point.name));
        if !point.said.is_empty() {
            let _ = writeln!(out, "  ---\n  message: {}\n  ...", scalar(&point.said.join("\n")));
        }
    }
    let _ = writeln!(out, "# {}", description(&report.summary()));
    out
}

fn of_plan(plan: &PlanReport, row: &Row) -> Point {
    let problems =
        plan.problems.iter().map(|problem| format!("{}: {}", problem_id(problem.code.as_str()), problem.message));
    let findings = plan.findings.iter().filter(|finding| !finding.is_set_aside()).map(sentence);
    Point {
        ok: plan.verdict == Verdict::Allowed,
        name: format!("{} {}", plan.verdict.as_str(), plan.name()),
        said: problems.chain(findings).chain(left_out(row)).collect(),
    }
}

fn sentence(finding: &Finding) -> String {
    format!("{} {}: {}", finding.level, finding.rule, finding.message)
}
