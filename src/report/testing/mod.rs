//! What came of tests of policies, for people, as JSON and as JUnit.
//!
//! Nothing here says how long a test took: the same tests give the same bytes.

pub mod human;
pub mod json;
pub mod junit;

use crate::testing::{Coverage, TestReport, TestResult};
use crate::text::count;

/// Tests of one file after another, in their order.
fn by_file(report: &TestReport) -> Vec<(&str, Vec<&TestResult>)> {
    let mut files: Vec<(&str, Vec<&TestResult>)> = Vec::new();
    for test in &report.tests {
        match files.iter_mut().find(|(file, _)| *file == test.file) {
            Some((_, tests)) => tests.push(test),
            None => files.push((&test.file, vec![test])),
        }
    }
    files
}

/// `82.3 %`; where there is nothing to cover, words.
fn percent(percent: Option<f64>) -> String {
    percent.map_or_else(|| "nothing to cover".to_owned(), |percent| format!("{percent:.1} %"))
}

/// What was covered, and whether that suffices.
fn coverage_phrase(coverage: &Coverage) -> String {
    let (covered, all) = coverage.lines();
    let below = match coverage.minimum {
        Some(minimum) if !coverage.is_enough() => format!(", below the minimum of {minimum} %"),
        _ => String::new(),
    };
    format!("{} ({covered} of {}){below}", percent(coverage.percent()), count(all, "line"))
}

/// An operand in words.
fn value_phrase(values: &[String]) -> String {
    match values {
        [] => "is undefined".to_owned(),
        [value] => format!("is {value}"),
        several => format!("is, one after another, {}", several.join("; ")),
    }
}
