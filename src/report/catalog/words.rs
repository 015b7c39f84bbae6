//! The catalogue's shapes as clauses.

use serde_json::Value;

use crate::catalog::{Condition, DestroyGuard, Effect, GuardClause, Own, Parent, Relation, Risk, RiskKind, Variant};

/// The lists of a guard, each with what it means for a destroy.
pub(in crate::report) fn guards(guard: &DestroyGuard) -> [(&[GuardClause], &'static str); 4] {
    [
        (&guard.blocked_when, "the provider refuses the destroy"),
        (&guard.harmless_when, "the object outlives its resource"),
        (&guard.snapshot_when, "the provider takes a snapshot first"),
        (&guard.escalates_when, "the destroy goes further than usual"),
    ]
}

/// What the repository has to say, in one clause.
pub(in crate::report) fn own(own: &Own) -> String {
    let what = if own.ships { "entries of its own" } else { "a type of its own" };
    let was = own.was.as_str();
    let reason = own.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{what}; {was} without that{reason}")
}

pub(in crate::report) fn clause(clause: &GuardClause) -> String {
    format!("{} is {}", clause.attr, one_of(&clause.values))
}

pub(in crate::report) fn variant(variant: &Variant) -> String {
    let conditions: Vec<String> = variant
        .when
        .iter()
        .map(|(attr, condition)| match values(condition) {
            Some(values) => format!("{attr} is {}", one_of(values)),
            None => format!("{attr} is set"),
        })
        .collect();
    let when = if conditions.is_empty() { "always".to_owned() } else { format!("if {}", conditions.join(" and ")) };
    let (class, severity, level) = (variant.class.as_str(), variant.severity.as_str(), variant.default.as_str());
    format!("{when}: {} ({class}, {severity}, {level})", variant.note)
}

/// The values of a condition; `None` where any value will do.
pub(in crate::report) fn values(condition: &Condition) -> Option<&[Value]> {
    match condition {
        Condition::Set => None,
        Condition::In(values) => Some(values),
    }
}

pub(in crate::report) fn risk(risk: &Risk) -> String {
    let change = match risk.kind {
        RiskKind::Change => "changes".to_owned(),
        RiskKind::Decrease => "gets smaller".to_owned(),
        RiskKind::Disable => "is switched off".to_owned(),
        RiskKind::Enable => "is switched on".to_owned(),
        RiskKind::Grow => "gets more elements".to_owned(),
        RiskKind::Increase => "gets larger".to_owned(),
        RiskKind::Set => "is set".to_owned(),
        RiskKind::Shrink => "gets fewer elements".to_owned(),
        RiskKind::Transition => format!("goes from {} to {}", one_of(&risk.from), one_of(&risk.to)),
        RiskKind::Unset => "is removed".to_owned(),
    };
    let effect = match risk.effect {
        Effect::DataLoss => "loses data",
        Effect::HiddenDestroy => "deletes and re-creates the object",
        Effect::Weaken => "weakens protection",
        Effect::Exposure => "widens access",
        Effect::Capacity => "shrinks capacity",
        Effect::Review => "is worth a look",
    };
    let infinite = match risk.infinite.as_slice() {
        [] => String::new(),
        values => format!("; {} means for ever", one_of(values)),
    };
    let note = risk.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
    format!("{} {change}: {effect} ({}){infinite}{note}", risk.attr, risk.level.as_str())
}

pub(in crate::report) fn parent(parent: &Parent) -> String {
    let relation = match parent.rel {
        Relation::Contains => "lies in",
        Relation::Configures => "configures",
        Relation::Protects => "protects",
        Relation::Uses => "uses",
    };
    let legacy = if parent.legacy { ", older versions of the provider" } else { "" };
    format!("{relation} {} ({}{legacy})", parent.resource_type, parent.attr)
}

/// `a`, `a or b`, `a, b or c`; any value where there is none.
fn one_of(values: &[Value]) -> String {
    let words: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) if text == "*" => "anything".to_owned(),
            other => other.to_string(),
        })
        .collect();
    match words.split_last() {
        None => "anything".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
