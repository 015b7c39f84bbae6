//! Attributes that change, and what is risky about that.

use schemars::JsonSchema;
use serde::Serialize;

use super::OverlaidInput;
use crate::catalog::Effect;
use crate::facts::{AttributeChange, AttributeFact, ChangeFacts, CreateHazard, NameChange};

/// An attribute that changes. Values are text that may be shown: `(sensitive)` in place of secrets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttributeInput<'a> {
    /// Path of the attribute.
    pub path: &'a str,
    /// Old value, `(sensitive)` or `(absent)`.
    pub before: &'a str,
    /// New value, `(sensitive)`, `(known after apply)` or `(absent)`.
    pub after: &'a str,
}

/// An attribute that changes in a risky way, as the catalogue knows it. Values are text that may be shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RiskInput<'a> {
    /// Where the attribute is.
    pub path: &'a str,
    /// The same as the catalogue names it, without indexes.
    pub attribute: &'a str,
    /// How it changes: `change`, `decrease`, `disable`, `enable`, `grow`, `increase`, `set`, `shrink`, `transition`, `unset`.
    pub kind: &'a str,
    /// The level the catalogue suggests: `info`, `warn`, `deny`.
    pub level: &'a str,
    /// Old value, `(sensitive)` or `(absent)`.
    pub before: &'a str,
    /// New value, `(sensitive)`, `(known after apply)` or `(absent)`.
    pub after: &'a str,
    /// `certain`, or `maybe` where a value is unknown, unreadable or left to the provider.
    pub certainty: &'a str,
    /// What a list or map loses or gains, by name.
    pub elements: &'a [String],
    /// It is an amount of space or machines, not of time or copies.
    pub size: bool,
    /// Providers read this setting when they destroy the object: a later destroy is easier or goes further.
    pub arms_destroy: bool,
    /// A key cannot be used any more: what it encrypts is unreadable from then on.
    pub stops_key: bool,
    /// The catalogue's remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// That the repository's own catalogue has a say in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaid: Option<OverlaidInput<'a>>,
}

/// The name by which others find an object, where it changes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NameChangeInput<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// Old name, or `(sensitive)`.
    pub before: &'a str,
    /// New name, `(sensitive)` or `(known after apply)`.
    pub after: &'a str,
    /// `certain`, or `maybe` where the new name is unknown.
    pub certainty: &'a str,
}

/// What creating an object does to what exists already.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HazardInput<'a> {
    /// `deletes`, `expires`, `overwrites` or `runs`.
    pub kind: &'a str,
    /// What happens, in words.
    pub effect: &'a str,
    /// The level the catalogue suggests: `info`, `warn`, `deny`.
    pub level: &'a str,
    /// `certain`, or `maybe` where a value that decides it is unknown.
    pub certainty: &'a str,
}

impl<'a> AttributeInput<'a> {
    pub(super) fn new(attribute: &'a AttributeChange) -> Self {
        Self { path: &attribute.path, before: &attribute.before, after: &attribute.after }
    }
}

pub(super) fn risks(facts: &ChangeFacts, effect: Effect) -> Vec<RiskInput<'_>> {
    facts.attributes.iter().filter(|fact| fact.effect == effect).map(RiskInput::new).collect()
}

impl<'a> RiskInput<'a> {
    pub(super) fn new(fact: &'a AttributeFact) -> Self {
        Self {
            path: &fact.path,
            attribute: &fact.attribute,
            kind: fact.kind.as_str(),
            level: fact.level.as_str(),
            before: &fact.before,
            after: &fact.after,
            certainty: fact.certainty.as_str(),
            elements: &fact.elements,
            size: fact.size,
            arms_destroy: fact.arms_destroy,
            stops_key: fact.stops_key,
            note: fact.note.as_deref(),
            overlaid: fact.overlaid.as_ref().map(|overlaid| OverlaidInput::new(overlaid, fact.level)),
        }
    }
}

impl<'a> NameChangeInput<'a> {
    pub(super) fn new(change: &'a NameChange) -> Self {
        Self {
            attribute: &change.attribute,
            before: &change.before,
            after: &change.after,
            certainty: change.certainty.as_str(),
        }
    }
}

impl<'a> HazardInput<'a> {
    pub(super) fn new(hazard: &'a CreateHazard) -> Self {
        Self {
            kind: hazard.kind.as_str(),
            effect: &hazard.effect,
            level: hazard.level.as_str(),
            certainty: hazard.certainty.as_str(),
        }
    }
}
