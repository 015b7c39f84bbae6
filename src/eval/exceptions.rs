//! Which rules a policy excepts for a plan, by the `exception` rule of its package.
//!
//! Follows conftest: a rule is excepted as a whole where `data.<package>.exception[_][_]` is its name without `deny_`,
//! `violation_` or `warn_`. What an exception fails to say excepts nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::{AppliedException, RuleId};
use crate::policy::Rule;
use crate::problem::{Problem, ProblemCode};
use crate::rego::Run;

use super::masking::LazyMasker;

/// What the `exception` rules say of one plan.
#[derive(Default)]
pub(super) struct Exceptions {
    held: BTreeMap<RuleId, Held>,
    /// Of those that failed.
    pub(super) problems: Vec<Problem>,
}

struct Held {
    query: String,
    location: Option<crate::finding::Location>,
    names: BTreeSet<String>,
}

impl Exceptions {
    /// Takes the answers of `rules`, which stand in the same order.
    pub(super) fn of(rules: &[&Rule], runs: Vec<Run>, masker: &mut LazyMasker<'_>) -> Self {
        let mut exceptions = Self::default();
        for (rule, run) in rules.iter().zip(runs) {
            match run.value {
                Ok(value) => {
                    let names = value.as_ref().map(names).unwrap_or_default();
                    let query = rule.path.clone().unwrap_or_default();
                    exceptions.held.insert(rule.id.clone(), Held { query, location: rule.location.clone(), names });
                }
                Err(failure) => {
                    let message = format!("rule `{}` failed: {}", rule.id, masker.mask(&failure.message));
                    let problem = Problem::new(ProblemCode::RuleFailed, message)
                        .help("which rules it excepts is not known: mend it");
                    exceptions.problems.push(match failure.place {
                        Some((file, span)) => problem.at(&file, span, "here"),
                        None => problem,
                    });
                }
            }
        }
        exceptions
    }

    /// The exception that holds for a rule.
    pub(super) fn of_rule(&self, rule: &Rule) -> Option<AppliedException> {
        let exception = rule.exception.as_ref()?;
        let held = self.held.get(&exception.by).filter(|held| held.names.contains(&exception.name))?;
        let query = format!("{}[_][_] == {}", held.query, Value::String(exception.name.clone()));
        Some(AppliedException { query, location: held.location.clone() })
    }
}

/// The strings two steps below a value.
fn names(value: &Value) -> BTreeSet<String> {
    members(value).flat_map(members).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn members(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(entries) => Box::new(entries.values()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_exactly_two_steps_below() {
        let found = |value: Value| names(&value).into_iter().collect::<Vec<_>>();
        assert_eq!(found(json!([["a", "b"], ["a"]])), ["a", "b"]);
        assert_eq!(found(json!({"x": {"y": "a"}, "z": ["b", 7, ["c"]]})), ["a", "b"]);
        for nothing in [json!(["a"]), json!("a"), json!([[["a"]]]), json!(true), json!(null)] {
            assert!(found(nothing.clone()).is_empty(), "{nothing}");
        }
    }
}
