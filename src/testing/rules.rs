//! `test_` rules: which rules are tests, and what their value says. The names and what passes are OPA's.

use crate::rego::{Program, RuleShape};
use crate::source::{SourceFile, Span};

use super::Status;

/// A rule that is a test.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// Its path: `data.main.test_x`.
    pub path: String,
    /// The file it stands in.
    pub file: SourceFile,
    /// Its head.
    pub head: Span,
    /// The whole of its definition.
    pub definition: Span,
    /// Left out on purpose.
    pub todo: bool,
    /// Why it cannot be run as it is.
    pub refused: Option<&'static str>,
}

/// What the value of a test says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Passed or failed.
    pub status: Status,
    /// Why it failed.
    pub message: Option<String>,
}

/// All tests of a program, in the order of files and places.
#[must_use]
pub fn find(program: &Program) -> Vec<RuleTest> {
    let mut found: Vec<RuleTest> = Vec::new();
    for module in program.modules().iter().filter(|module| !module.trusted) {
        for rule in &module.rules {
            let mut steps = rule.name.split(['.', '"', '[', ']']).filter(|step| !step.is_empty());
            let Some(todo) = steps.find_map(is_test) else { continue };
            let definition = rule.definitions.first().map_or(rule.span, |definition| definition.span);
            let several = rule.definitions.len() > 1 || rule.definitions.iter().any(|definition| definition.chained);
            let refused = refused(rule.shape, several);
            let file = module.file.clone();
            found.push(RuleTest { path: rule.path.clone(), file, head: rule.span, definition, todo, refused });
        }
    }
    let paths: Vec<String> = found.iter().map(|test| test.path.clone()).collect();
    for test in &mut found {
        if paths.iter().filter(|path| **path == test.path).count() > 1 {
            test.refused = Some(SEVERAL);
        }
    }
    found
}

/// Whether a step of a name makes a test, and if so, whether it is one to be left out.
fn is_test(step: &str) -> Option<bool> {
    match step.strip_prefix("todo_") {
        Some(rest) => rest.starts_with("test_").then_some(true),
        None => step.starts_with("test_").then_some(false),
    }
}

/// The engine takes several definitions or bodies for one rule, which holds if one of them does.
const SEVERAL: &str = "it has several bodies, of which one that fails would not show: give each a name of its own";

fn refused(shape: RuleShape, several: bool) -> Option<&'static str> {
    match shape {
        RuleShape::Function => {
            Some("it is a function, which is never run as a test: give it no arguments, or another name")
        }
        RuleShape::PartialObject => Some(
            "it is an object of cases, of which one that fails leaves no trace: write one rule for each, or use `every`",
        ),
        RuleShape::PartialSet => Some("it is a set, and a test is `true` or it fails: leave out the key"),
        RuleShape::Complete if several => Some(SEVERAL),
        RuleShape::Complete => None,
    }
}

/// A test passes where its value is `true`, as in OPA.
#[must_use]
pub fn judge_value(value: Option<&serde_json::Value>) -> Verdict {
    let failed = |message: String| Verdict { status: Status::Failed, message: Some(message) };
    match value {
        Some(serde_json::Value::Bool(true)) => Verdict { status: Status::Passed, message: None },
        Some(serde_json::Value::Bool(false)) => failed("the test is false".to_owned()),
        Some(_) => failed("the value of the test is not `true`".to_owned()),
        None => failed("the test is undefined".to_owned()),
    }
}
