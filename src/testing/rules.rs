//! `test_` rules: which rules are tests, and what their value says. The names and what passes are OPA's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::rego::{Program, RuleShape};
use crate::source::{SourceFile, Span};
use crate::text::count;

use super::Status;

/// A rule that is a test, or one definition of it.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// Its name: `data.main.test_x`; of the second definition `data.main.test_x#01`, as OPA has it.
    pub name: String,
    /// The path under which the engine runs it.
    pub path: String,
    /// Of a test with cases (`test_x[case]`) the path of those it came to.
    pub cases: Option<String>,
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
    /// Passed, failed or, where it contradicts itself, an error.
    pub status: Status,
    /// Why it did not pass.
    pub message: Option<String>,
    /// The cases that did not.
    pub notes: Vec<String>,
}

/// All tests of a program, in the order of files and places, and the program in which they run: with a rule for each definition of
/// a test that has several, or cases.
#[must_use]
pub fn find(program: Program) -> (Program, Vec<RuleTest>) {
    let mut found: Vec<(RuleTest, RuleShape)> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for module in program.modules().iter().filter(|module| !module.trusted) {
        let mut of_module = Vec::new();
        for rule in &module.rules {
            let mut steps = rule.name.split(['.', '"', '[', ']']).filter(|step| !step.is_empty());
            let Some(todo) = steps.find_map(is_test) else { continue };
            for definition in &rule.definitions {
                let head = if rule.definitions.len() > 1 { definition.span } else { rule.span };
                let test = RuleTest {
                    name: rule.path.clone(),
                    path: rule.path.clone(),
                    cases: None,
                    file: module.file.clone(),
                    head,
                    definition: definition.span,
                    todo,
                    refused: refused(rule.shape),
                };
                of_module.push((test, rule.shape));
            }
        }
        of_module.sort_by_key(|(test, _)| test.definition);
        found.extend(of_module);
    }
    for (test, _) in &mut found {
        let count = counts.entry(test.path.clone()).or_default();
        if *count > 0 {
            test.name = format!("{}#{count:02}", test.path);
        }
        *count += 1;
    }
    let is_several = |test: &RuleTest| counts.get(&test.path).is_some_and(|count| *count > 1);
    let parted = |(test, shape): &&mut (RuleTest, RuleShape)| {
        test.refused.is_none() && !test.todo && (is_several(test) || *shape == RuleShape::PartialObject)
    };
    let parted: Vec<&mut RuleTest> = found.iter_mut().filter(parted).map(|(test, _)| test).collect();
    let program = take_apart(program, parted);
    (program, found.into_iter().map(|(test, _)| test).collect())
}

/// Gives each definition a rule of its own: the engine takes them for one, which holds if one of them does.
fn take_apart(program: Program, tests: Vec<&mut RuleTest>) -> Program {
    if tests.is_empty() {
        return program;
    }
    let definitions: Vec<(SourceFile, Span)> = tests.iter().map(|test| (test.file.clone(), test.definition)).collect();
    let (program, paths) = match program.with_alone(&definitions) {
        Ok(taken) => taken,
        Err(_) => (program, vec![None; tests.len()]),
    };
    for (test, alone) in tests.into_iter().zip(paths) {
        match alone {
            Some(alone) => (test.path, test.cases) = (alone.rule, alone.cases),
            None => test.refused = Some(INSEPARABLE),
        }
    }
    program
}

/// Whether a step of a name makes a test, and if so, whether it is one to be left out.
fn is_test(step: &str) -> Option<bool> {
    match step.strip_prefix("todo_") {
        Some(rest) => rest.starts_with("test_").then_some(true),
        None => step.starts_with("test_").then_some(false),
    }
}

const INSEPARABLE: &str = "its bodies or cases cannot be run one by one: give each a name of its own";

fn refused(shape: RuleShape) -> Option<&'static str> {
    match shape {
        RuleShape::Function => {
            Some("it is a function, which is never run as a test: give it no arguments, or another name")
        }
        RuleShape::PartialSet => Some("it is a set, and a test is `true` or it fails: leave out the key"),
        RuleShape::Complete | RuleShape::PartialObject => None,
    }
}

/// A test passes where its value is `true`, as in OPA.
#[must_use]
pub fn judge_value(value: Option<&Value>) -> Verdict {
    let failed =
        |message: &str| Verdict { status: Status::Failed, message: Some(message.to_owned()), notes: Vec::new() };
    match value {
        Some(Value::Bool(true)) => Verdict { status: Status::Passed, message: None, notes: Vec::new() },
        Some(Value::Bool(false)) => failed("the test is false"),
        Some(_) => failed("the value of the test is not `true`"),
        None => failed("the test is undefined"),
    }
}

/// A test with cases passes where the value of each case that it came to is `true`, as in OPA; also where it came to none.
/// `values` are pairs of a case and its value, `cases` all cases.
#[must_use]
pub fn judge_cases(values: Option<&Value>, cases: Option<&Value>) -> Verdict {
    let mut found: BTreeMap<String, Option<Vec<&Value>>> = BTreeMap::new();
    for case in elements(cases) {
        found.insert(shown(case), None);
    }
    for pair in elements(values).filter_map(Value::as_array) {
        let [case, value] = pair.as_slice() else { continue };
        found.entry(shown(case)).or_default().get_or_insert_default().push(value);
    }
    let contradicts = |values: &Option<Vec<&Value>>| values.as_ref().is_some_and(|values| values.len() > 1);
    if let Some((case, _)) = found.iter().find(|(_, values)| contradicts(values)) {
        let message = Some(format!("the case {case} has several values"));
        return Verdict { status: Status::Error, message, notes: Vec::new() };
    }
    let wrong = |(case, values): (&String, &Option<Vec<&Value>>)| {
        let verdict = judge_value(values.as_ref().and_then(|values| values.first()).copied());
        let why = verdict.message?.replace("the test", "it").replace("the value of it", "its value");
        Some(format!("case {case}: {why}"))
    };
    let notes: Vec<String> = found.iter().filter_map(wrong).collect();
    let message = (!notes.is_empty()).then(|| format!("{} of {} failed", notes.len(), count(found.len(), "case")));
    let status = if notes.is_empty() { Status::Passed } else { Status::Failed };
    Verdict { status, message, notes }
}

fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A case as people read it: the steps of its name.
fn shown(case: &Value) -> String {
    let step = |step: &Value| format!("`{}`", step.as_str().map_or_else(|| step.to_string(), str::to_owned));
    let steps: Vec<String> = elements(Some(case)).map(step).collect();
    steps.join(" / ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_case_must_be_true() {
        let judge = |values: Value, cases: Value| judge_cases(Some(&values), Some(&cases));
        let passed = judge(json!([[["a"], true], [["b", 1], true]]), json!([["a"], ["b", 1]]));
        assert_eq!((passed.status, passed.notes.len()), (Status::Passed, 0));
        let failed = judge(json!([[["a"], true], [["b"], false], [["c"], 3]]), json!([["a"], ["d", 1]]));
        assert_eq!(failed.status, Status::Failed);
        assert_eq!(failed.message.as_deref(), Some("3 of 4 cases failed"));
        let expected =
            ["case `b`: it is false", "case `c`: its value is not `true`", "case `d` / `1`: it is undefined"];
        assert_eq!(failed.notes, expected);
        assert_eq!(judge(json!([[["a"], true], [["a"], false]]), json!([])).status, Status::Error);
        assert_eq!(judge_cases(None, None).status, Status::Passed);
    }
}
