//! Which rules the tests make fire: for lints, which run nothing themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::Stages;
use super::test::{evaluate_case, job, running};
use crate::finding::RuleId;
use crate::lint::Tested;
use crate::problem::Problem;
use crate::testing::{RuleTest, Suite};
use crate::text::count;

/// Runs all tests and tells which rules of the repository fire in some of them: a case finds something, or a `test_` rule
/// evaluates every line of a body of the rule. Whether the tests pass is not asked.
#[must_use]
pub fn fired(stages: &Stages, suite: &Suite) -> Tested {
    let tests: Vec<&RuleTest> = running(suite).collect();
    if tests.is_empty() && suite.cases.is_empty() {
        return Tested::Nothing;
    }
    let refused = suite.rules.iter().filter(|test| !test.todo && test.refused.is_some()).count();
    let mut unknown = Unknown { tests: refused, why: None };
    let mut fired = BTreeSet::new();
    match in_rules(suite, &tests, &mut unknown) {
        Ok(paths) => fired.extend(paths),
        Err(problem) => return Tested::Unknown(problem.message),
    }
    fired.extend(in_cases(stages, suite, &mut unknown));
    match unknown.said() {
        None => Tested::Known(fired),
        Some(said) => Tested::Unknown(said),
    }
}

/// Tests of which it cannot be told what fired.
struct Unknown {
    tests: usize,
    why: Option<String>,
}

impl Unknown {
    fn add(&mut self, name: &str, why: &str) {
        self.tests += 1;
        self.why.get_or_insert_with(|| format!("{name}: {why}"));
    }

    fn said(self) -> Option<String> {
        let first = self.why.map_or_else(String::new, |why| format!(" ({why})"));
        (self.tests > 0).then(|| format!("{} could not be run{first}", count(self.tests, "test")))
    }
}

/// Paths of rules of which some body may have held while a `test_` rule ran.
fn in_rules(suite: &Suite, tests: &[&RuleTest], unknown: &mut Unknown) -> Result<BTreeSet<String>, Problem> {
    if tests.is_empty() {
        return Ok(BTreeSet::new());
    }
    let bodies = suite.program.bodies()?;
    let traced = suite.program.trace_all(tests.iter().map(|test| job(test)).collect());
    let mut fired = BTreeSet::new();
    for (test, traced) in tests.iter().zip(traced) {
        match traced {
            Ok(traced) => {
                let held = bodies.iter().filter(|(_, bodies)| bodies.iter().any(|b| b.may_have_held(&traced.lines)));
                fired.extend(held.map(|(path, _)| path.clone()));
            }
            Err(why) => unknown.add(&test.name, &why),
        }
    }
    Ok(fired)
}

/// Paths of rules that find something in a case.
fn in_cases(stages: &Stages, suite: &Suite, unknown: &mut Unknown) -> BTreeSet<String> {
    let rules = stages.policies.rules().iter();
    let paths: BTreeMap<&RuleId, &String> = rules.filter_map(|rule| Some((&rule.id, rule.path.as_ref()?))).collect();
    let mut fired = BTreeSet::new();
    for case in &suite.cases {
        match evaluate_case(stages, case, None) {
            Ok(evaluation) => {
                let found = evaluation.findings.iter().filter_map(|finding| paths.get(&finding.rule));
                fired.extend(found.map(|path| (*path).clone()));
                if let Some(problem) = evaluation.problems.first() {
                    unknown.add(&case.name, &problem.message);
                }
            }
            Err(problem) => unknown.add(&case.name, &problem.message),
        }
    }
    fired
}
