//! The `input` document each rule gets: the plan as it is, and `input.plangate` for those that ask.

use serde_json::Value;

use super::Judged;
use super::input::{PolicyInput, Settings};
use crate::facts::Facts;
use crate::policy::Rule;
use crate::problem::{Problem, ProblemCode};
use crate::rego::Input;

/// The key under which everything derived stands.
pub const DERIVED_KEY: &str = "plangate";

/// The inputs of the scripted rules among `rules`, in their order.
///
/// A rule that neither names `plangate` nor can reach it gets the bare plan, so that policies which walk
/// or copy `input` see the document Terraform wrote and nothing else.
pub(super) fn inputs(judged: &Judged<'_>, rules: &[&Rule], settings: Settings) -> Result<Vec<Input>, Problem> {
    let bare = judged.input.clone().unwrap_or_else(Input::object);
    let scripted = || rules.iter().filter(|rule| rule.path.is_some());
    let extended = if scripted().any(|rule| rule.reads.mentions_plangate) {
        bare.with(DERIVED_KEY, Input::from_json(&derived(judged.facts, settings)?))
    } else {
        bare.clone()
    };
    Ok(scripted().map(|rule| if rule.reads.mentions_plangate { extended.clone() } else { bare.clone() }).collect())
}

/// What stands under [`DERIVED_KEY`].
///
/// # Errors
/// None in practice: every key is a string. Were there one, rules must not run on less than all facts.
pub fn derived(facts: &Facts, settings: Settings) -> Result<Value, Problem> {
    serde_json::to_value(PolicyInput::new(facts, settings)).map_err(|error| {
        Problem::new(
            ProblemCode::RuleUndetermined,
            format!("the derived facts could not be given to the rules: {error}"),
        )
    })
}
