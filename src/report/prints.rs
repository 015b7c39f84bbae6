//! What policies said by `print`, a line each: for standard error, so that it is there with reports of any format.
//!
//! The order is that of plans, rules and their evaluation.

use super::Report;
use crate::testing::TestReport;
use crate::text::one_line;

/// What rules printed while plans were judged.
#[must_use]
pub fn of_run(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for plan in &report.plans {
        let document = if plan.document > 0 { format!(" (document {})", plan.document + 1) } else { String::new() };
        for rule in &plan.rules {
            let about = format!("print {} on {}{document}", one_line(rule.id.as_str()), one_line(&plan.path));
            lines.extend(rule.prints.iter().map(|print| format!("{about}: {}", one_line(print))));
        }
    }
    lines
}

/// What was printed while tests ran.
#[must_use]
pub fn of_tests(report: &TestReport) -> Vec<String> {
    let of_test = |test: &crate::testing::TestResult| {
        let name = one_line(&test.name).into_owned();
        let line = move |print: &String| format!("print {name}: {}", one_line(print));
        test.prints.iter().map(line).collect::<Vec<_>>()
    };
    report.tests.iter().flat_map(of_test).collect()
}
