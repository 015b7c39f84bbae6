//! Tests as JUnit XML: a suite for each file, a case for each test.
//!
//! Problems of the run and the minimum of coverage are cases too, so that whoever reads this file alone sees them fail.

use std::io;

use super::super::junit::{Case, RUN, Suite, write};
use super::{by_file, coverage_phrase, value_phrase};
use crate::problem::Problem;
use crate::testing::{Coverage, FailedAt, Operand, Status, TestReport, TestResult};

/// The report as XML.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn render(report: &TestReport) -> io::Result<String> {
    let files = by_file(report).into_iter();
    let suites = files
        .map(|(name, tests)| Suite { name: name.to_owned(), cases: tests.into_iter().map(case_of_test).collect() });
    write(&suites.chain(run(report)).collect::<Vec<_>>())
}

/// What is to be said of the run as a whole.
fn run(report: &TestReport) -> Option<Suite> {
    let problems = report.problems.iter().map(case_of_problem);
    let limited = report.coverage.iter().filter(|coverage| coverage.minimum.is_some());
    let cases: Vec<Case> = problems.chain(limited.map(case_of_coverage)).collect();
    (!cases.is_empty()).then(|| Suite { name: RUN.to_owned(), cases })
}

fn case_of_test(test: &TestResult) -> Case {
    let class = test.name.rsplit_once(['.', '/']).map_or("", |(class, _)| class);
    let name = test.name.get(class.len() + usize::from(!class.is_empty())..).unwrap_or(&test.name);
    Case {
        name: name.to_owned(),
        class: class.to_owned(),
        file: Some(test.file.clone()),
        line: test.line,
        status: Some(test.status),
        message: test.message.clone().unwrap_or_default(),
        text: details(test),
        output: test.prints.join("\n"),
    }
}

fn case_of_problem(problem: &Problem) -> Case {
    Case {
        name: problem.code.as_str().to_owned(),
        class: RUN.to_owned(),
        file: problem.place.as_ref().map(|place| place.file.name().to_owned()),
        line: problem.place.as_ref().map(|place| place.position().line),
        status: Some(Status::Error),
        message: problem.message.clone(),
        text: problem.help.clone().unwrap_or_default(),
        output: String::new(),
    }
}

fn case_of_coverage(coverage: &Coverage) -> Case {
    let status = if coverage.is_enough() { Status::Passed } else { Status::Failed };
    let message = coverage_phrase(coverage);
    Case { name: "coverage".to_owned(), class: RUN.to_owned(), status: Some(status), message, ..Case::default() }
}

/// Where it failed, and what the values are.
fn details(test: &TestResult) -> String {
    let mut lines = Vec::new();
    if let Some(FailedAt { file, span, label }) = &test.at {
        let line = file.position(span.start).line;
        lines.push(format!("{}:{line}: {label}: {}", file.name(), file.slice(*span)));
    }
    let values = |operand: &Operand| format!("{} {}", operand.expression, value_phrase(&operand.values));
    lines.extend(test.operands.iter().map(values));
    lines.extend(test.notes.iter().cloned());
    lines.join("\n")
}
