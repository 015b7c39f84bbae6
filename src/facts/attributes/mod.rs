//! Which attributes change in a way that loses data or protection: the catalogue's rules on one change.
//!
//! States, never judges: a rule that fits gives a fact with the level the catalogue suggests and whether it is
//! certain. What is unknown, unreadable or not given gives "maybe", never silence.

mod elements;
mod hazard;
mod kinds;
mod pairs;
mod quantity;
mod rules;
mod slots;
mod unknown;
mod words;

use std::cmp::Reverse;

use crate::catalog::{Effect, Level, Overlaid, RiskKind};
use crate::plan::{Action, Change, PathStep, Side};

pub use hazard::CreateHazard;
pub(super) use hazard::create_hazard;
pub(super) use rules::TypeRules;
pub(super) use unknown::unknown_paths;

use rules::Rule;
use slots::{After, Slot};

/// Whether a fact holds for sure. The order is that of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Both values are known and say so.
    Certain,
    /// A value is known only after apply, cannot be read, or is left to the provider.
    Maybe,
}

impl Certainty {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Maybe => "maybe",
        }
    }
}

/// An attribute that changes in a risky way; values are text that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeFact {
    /// Where it is.
    pub path: String,
    /// The same as the catalogue names it, without indexes.
    pub attribute: String,
    /// How it changes.
    pub kind: RiskKind,
    /// What that does.
    pub effect: Effect,
    /// The level the catalogue suggests.
    pub level: Level,
    /// Old value, `(sensitive)` or `(absent)`.
    pub before: String,
    /// New value, `(sensitive)`, `(known after apply)` or `(absent)`.
    pub after: String,
    /// Whether it holds for sure.
    pub certainty: Certainty,
    /// What a list or map loses or gains, by name.
    pub elements: Vec<String>,
    /// It is an amount of space or machines, not of time or copies.
    pub size: bool,
    /// Providers read this setting when they destroy the object: a later destroy is easier or goes further.
    pub arms_destroy: bool,
    /// A key cannot be used any more: what it encrypts is unreadable from then on.
    pub stops_key: bool,
    /// The catalogue's remark.
    pub note: Option<String>,
    /// That the repository's own catalogue has a say in it.
    pub overlaid: Option<Overlaid>,
}

/// The facts of one change, sorted by effect, path and kind.
pub(super) fn of_change(change: &Change, rules: &TypeRules) -> Vec<AttributeFact> {
    let applies: fn(&Rule, &TypeRules) -> bool = match change.action {
        Action::Update
        | Action::DeleteThenCreate
        | Action::CreateThenDelete
        | Action::CreateThenForget
        | Action::ForgetThenCreate
        | Action::Unknown => |_, _| true,
        Action::Create => Rule::matters_on_create,
        Action::NoOp | Action::Read | Action::Delete | Action::Forget | Action::Ephemeral => return Vec::new(),
    };
    let rules_on = rules.rules.iter().filter(|rule| applies(rule, rules));
    let differing = slots::Differing::of(change);
    let mut found = Vec::new();
    let mut new_blocks: Vec<Vec<PathStep>> = Vec::new();
    for rule in rules_on.filter(|rule| differing.may_have(&rule.risk.attr)) {
        for slot in slots::slots(change, &rule.risk.attr) {
            if let Some(fact) = fact(rule, &slot, change, &mut new_blocks) {
                found.push((slot.path_after, fact));
            }
        }
    }
    // A new block that lets data expire is one fact, not one for each attribute of it.
    let is_said = |path: &[PathStep], fact: &AttributeFact| {
        fact.effect == Effect::DataLoss && new_blocks.iter().any(|block| path.starts_with(block))
    };
    let mut facts: Vec<AttributeFact> =
        found.into_iter().filter(|(path, fact)| !is_said(path, fact)).map(|(_, fact)| fact).collect();
    // What says less never hides what says more: the level and whether a key stops are part of what is said.
    let said = |fact: &AttributeFact| {
        (fact.effect, fact.path.clone(), fact.kind, Reverse(fact.level), Reverse(fact.stops_key))
    };
    facts.sort_by_cached_key(|fact| (said(fact), fact.certainty));
    // The place of what is unknown has no index: several rules may say the same of it.
    facts.dedup_by_key(|fact| said(fact));
    facts
}

fn fact(rule: &Rule, slot: &Slot<'_>, change: &Change, new_blocks: &mut Vec<Vec<PathStep>>) -> Option<AttributeFact> {
    let risk = &rule.risk;
    let mut certainty = kinds::judge(risk, slot, change)?;
    let elements = match risk.kind {
        RiskKind::Shrink => elements::gone(risk, slot, change),
        RiskKind::Grow => elements::added(risk, slot, change),
        _ => None,
    };
    if change.action == Action::Create || (rule.renames_in_place && keeps_length(slot)) {
        certainty = Certainty::Maybe;
    }
    let (names, blocks) = elements.map_or_else(Default::default, |elements| (elements.names, elements.paths));
    if risk.effect == Effect::DataLoss && !risk.own {
        new_blocks.extend(blocks);
    }
    Some(AttributeFact {
        path: display_path(slot, change),
        attribute: risk.attr.clone(),
        kind: risk.kind,
        effect: risk.effect,
        level: risk.level,
        before: if slot.before.is_none() { ABSENT.to_owned() } else { change.display(Side::Before, &slot.path_before) },
        after: display_after(slot, change),
        certainty,
        elements: names,
        size: words::is_size(&risk.attr),
        arms_destroy: rule.arms_destroy,
        stops_key: risk.stops_key,
        note: risk.note.clone(),
        overlaid: risk.overlaid.clone(),
    })
}

const ABSENT: &str = "(absent)";

fn display_after(slot: &Slot<'_>, change: &Change) -> String {
    match slot.after {
        After::Known(None) => ABSENT.to_owned(),
        // An element that cannot be found has no place to look up.
        After::Unknown if is_nowhere(&slot.path_after) => "(known after apply)".to_owned(),
        After::Known(_) | After::Partial(_) | After::Unknown => change.display(Side::After, &slot.path_after),
    }
}

/// As many elements as before: the provider may rename instead of dropping.
fn keeps_length(slot: &Slot<'_>) -> bool {
    let length = |value: Option<&crate::plan::Value>| match value {
        Some(crate::plan::Value::List(items)) => items.len(),
        _ => 0,
    };
    length(slot.before) == length(slot.after.seen())
}

/// The path on the side where it exists; before, if on both.
fn display_path(slot: &Slot<'_>, change: &Change) -> String {
    let path = if is_nowhere(&slot.path_before) { &slot.path_after } else { &slot.path_before };
    let steps = path.iter().filter(|step| **step != PathStep::Index(slots::NOWHERE)).cloned();
    change.shown_path(&steps.collect::<Vec<_>>()).to_string()
}

fn is_nowhere(path: &[PathStep]) -> bool {
    path.contains(&PathStep::Index(slots::NOWHERE))
}

#[cfg(test)]
mod tests;
