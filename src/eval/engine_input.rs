//! The `input` document each rule gets: the plan as it is, and `input.plangate` for those that ask.

use super::{Judged, Settings, input};
use crate::policy::Rule;
use crate::rego::Input;

/// The key under which everything derived stands.
pub const DERIVED_KEY: &str = "plangate";

/// The inputs of the scripted rules among `rules`, in their order.
///
/// A rule that neither names `plangate` nor can reach it gets the bare plan, so that policies which walk
/// or copy `input` see the document Terraform wrote and nothing else.
pub(super) fn inputs(judged: &Judged<'_>, rules: &[&Rule], settings: &Settings) -> Vec<Input> {
    let bare = judged.input.clone().unwrap_or_else(Input::object);
    let scripted = || rules.iter().filter(|rule| rule.path.is_some());
    let with_derived = scripted()
        .any(|rule| rule.input.mentions_plangate)
        .then(|| policy_input(&bare, judged, settings));
    scripted()
        .map(|rule| match &with_derived {
            Some(derived) if rule.input.mentions_plangate => derived.clone(),
            _ => bare.clone(),
        })
        .collect()
}

/// The plan with `input.plangate` added.
fn policy_input(bare: &Input, judged: &Judged<'_>, settings: &Settings) -> Input {
    let derived = input::document(judged.facts, judged.plan, settings.unknown_types);
    bare.with(DERIVED_KEY, Input::from_json(&derived))
}
