//! Runs `test_` rules, and says why one does not hold.

use crate::rego::{Input, Job, Program, Run};
use crate::source::{Position, SourceFile, Span};
use crate::testing::{FailedAt, Kind, RuleTest, Status, Suite, TestResult, judge_cases, judge_value};

/// What runs a test.
pub(in crate::gate) fn job(test: &RuleTest) -> Job {
    Job { rule: test.path.clone(), input: Input::undefined() }
}

/// What runs a test and, where it has cases, tells which it came to.
fn jobs(test: &RuleTest) -> impl Iterator<Item = Job> {
    let cases = test.cases.clone().map(|rule| Job { rule, input: Input::undefined() });
    std::iter::once(job(test)).chain(cases)
}

/// The tests that are run.
pub(in crate::gate) fn running(suite: &Suite) -> impl Iterator<Item = &RuleTest> {
    suite.rules.iter().filter(|test| !test.todo && test.refused.is_none())
}

/// Runs the `test_` rules.
pub(super) fn run(suite: &Suite) -> Vec<TestResult> {
    let mut runs = suite.program.run(running(suite).flat_map(jobs).collect()).into_iter();
    let judge = |test: &RuleTest| {
        let head = |label| Some(FailedAt { file: test.file.clone(), span: test.head, label });
        let result = TestResult {
            name: test.name.clone(),
            kind: Kind::Rule,
            file: test.file.name().to_owned(),
            line: Some(test.file.position(test.head.start).line),
            status: Status::Skipped,
            message: None,
            at: None,
            operands: Vec::new(),
            notes: Vec::new(),
            prints: Vec::new(),
        };
        if test.todo {
            return result;
        }
        if let Some(why) = test.refused {
            let message = Some(format!("the test cannot be run: {why}"));
            return TestResult { status: Status::Error, message, at: head("defined here"), ..result };
        }
        let run = runs.next();
        let cases = test.cases.as_ref().and_then(|_| runs.next());
        match run {
            Some(run) => judge_run(&suite.program, test, run, cases, result),
            None => TestResult { status: Status::Error, message: Some("the test did not run".to_owned()), ..result },
        }
    };
    suite.rules.iter().map(judge).collect()
}

fn judge_run(program: &Program, test: &RuleTest, run: Run, cases: Option<Run>, mut result: TestResult) -> TestResult {
    result.prints = run.prints;
    for error in &run.builtin_errors {
        let place = error.file.as_ref().zip(error.span);
        let at = place.map_or_else(String::new, |(file, span)| format!("{}:{}: ", file.name(), line(file, span)));
        result.notes.push(format!("{at}builtin error: {}", error.message));
    }
    let cases = cases.map(|cases| cases.value).transpose();
    match run.value.and_then(|value| Ok((value, cases?))) {
        Err(failure) => {
            result.status = Status::Error;
            result.message = Some(format!("the test failed to run: {}", failure.message));
            result.at = failure.place.map(|(file, span)| FailedAt { file, span, label: "here" });
        }
        Ok((value, cases)) => {
            let verdict = match &cases {
                Some(cases) => judge_cases(value.as_ref(), cases.as_ref()),
                None => judge_value(value.as_ref()),
            };
            (result.status, result.message) = (verdict.status, verdict.message);
            result.notes.extend(verdict.notes);
            // Which statement one case fails at cannot be told from a body that holds for others.
            if cases.is_some() && result.status != Status::Passed {
                result.at = Some(FailedAt { file: test.file.clone(), span: test.head, label: "defined here" });
            } else if result.status == Status::Failed {
                explain(program, test, &mut result);
            }
        }
    }
    result
}

fn line(file: &SourceFile, span: Span) -> usize {
    file.position(span.start).line
}

/// Says what did not hold: the statement and its values, else the last line the engine came to.
fn explain(program: &Program, test: &RuleTest, result: &mut TestResult) {
    if let Some(unmet) = program.unmet(job(test), &test.file, test.definition) {
        result.at = Some(FailedAt { file: unmet.file, span: unmet.span, label: "does not hold" });
        result.operands = unmet.operands;
        return;
    }
    let lines = line(&test.file, test.definition)..=test.file.position(test.definition.end.saturating_sub(1)).line;
    let traced = program.trace(job(test)).ok();
    let last = traced.and_then(|traced| traced.lines.get(test.file.name())?.range(lines).next_back().copied());
    result.at = Some(match last {
        Some(last) => {
            let start = test.file.offset(Position { line: last, column: 1 });
            let text = test.file.text().get(start..).unwrap_or_default().split('\n').next().unwrap_or_default();
            let start = start + text.len() - text.trim_start().len();
            let span = Span::new(start, start + text.trim().len());
            FailedAt { file: test.file.clone(), span, label: "the last line that was evaluated" }
        }
        None => FailedAt { file: test.file.clone(), span: test.head, label: "defined here" },
    });
}
