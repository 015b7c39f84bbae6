//! Whether the object's own settings stop, soften or widen its destroy.
//!
//! Judged on `before` alone: providers read these settings from the state when they destroy, and after a
//! delete there is nothing to read. What is absent, unknown or secret is no guard.

use serde_json::Value as Json;

use crate::catalog::{Condition, DestroyGuard, GuardClause};
use crate::plan::{Change, Lookup, PathStep, Side, Value};

/// The settings that decide what a destroy does; each list in the order of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guards {
    /// The provider refuses: apply would fail.
    pub blocked: Vec<Guard>,
    /// The object outlives its resource.
    pub harmless: Vec<Guard>,
    /// The provider takes a snapshot first.
    pub snapshot: Vec<Guard>,
    /// The destroy goes further than usual.
    pub escalates: Vec<Guard>,
}

/// A setting and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Attribute path.
    pub attribute: String,
    /// Its value as text.
    pub value: String,
    /// What it means for the destroy, as a clause; `None` where its list says all.
    pub note: Option<String>,
    /// The repository's own catalogue says so, and nothing that ships.
    pub own: bool,
}

impl Guards {
    /// Whether the object outlives its resource, and what lies in it too. What a repository says of an object it does
    /// not say of others.
    #[must_use]
    pub fn keep_the_object(&self) -> bool {
        self.harmless.iter().any(|guard| !guard.own)
    }

    /// The guards of a change that hold.
    #[must_use]
    pub fn of(change: &Change, guard: &DestroyGuard) -> Self {
        let holding = |clauses: &[GuardClause], said: &str| {
            clauses.iter().filter_map(|clause| guard_of(change, clause, said)).collect()
        };
        Self {
            blocked: holding(&guard.blocked_when, "the provider will refuse"),
            harmless: holding(&guard.harmless_when, "the object outlives its resource"),
            snapshot: holding(&guard.snapshot_when, "the provider takes a snapshot first"),
            escalates: holding(&guard.escalates_when, "the destroy goes further than usual"),
        }
    }
}

/// Whether the object meets a clause for sure.
pub(super) fn holds(change: &Change, clause: &GuardClause) -> bool {
    guard_of(change, clause, "").is_some()
}

/// The guard of a clause, if the object meets it for sure; `said` is what the repository says by it.
fn guard_of(change: &Change, clause: &GuardClause, said: &str) -> Option<Guard> {
    let paths = paths_of(&change.before, &clause.attr);
    let secret = paths.iter().any(|path| change.is_secret(Side::Before, path));
    if secret || !meets(change, &paths, &Condition::In(clause.values.clone())) {
        return None;
    }
    let value = change.display(Side::Before, paths.first()?);
    let note = clause.own.as_ref().map(|own| {
        let reason = own.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{said} by the catalogue of this repository{reason}")
    });
    Some(Guard { attribute: clause.attr.clone(), value, note, own: clause.own.is_some() })
}

/// Whether the attribute at all of these paths meets a condition, and whether that would disclose a secret.
pub(super) fn meets(change: &Change, paths: &[Vec<PathStep>], condition: &Condition) -> bool {
    let met = |path: &Vec<PathStep>| match change.lookup(Side::Before, path) {
        Lookup::Known(value) => match condition {
            Condition::Set => is_set(value),
            Condition::In(values) => values.iter().any(|wanted| equals(value, wanted)),
        },
        Lookup::Absent | Lookup::Unknown => false,
    };
    !paths.is_empty() && paths.iter().all(met)
}

/// Where a dotted attribute path leads in a value, passing through lists of blocks; nowhere if it is absent.
pub(super) fn paths_of(value: &Value, attr: &str) -> Vec<Vec<PathStep>> {
    let mut found = Vec::new();
    descend(value, attr, &mut Vec::new(), &mut found);
    found
}

fn descend(value: &Value, attr: &str, path: &mut Vec<PathStep>, found: &mut Vec<Vec<PathStep>>) {
    match value {
        Value::List(items) => {
            for (index, item) in (0u64..).zip(items.iter()) {
                path.push(PathStep::Index(index));
                descend(item, attr, path, found);
                path.pop();
            }
        }
        Value::Map(map) => {
            let (key, rest) = match attr.split_once('.') {
                // A map key may contain dots itself.
                Some(_) if map.get(attr).is_some() => (attr, None),
                Some((key, rest)) => (key, Some(rest)),
                None => (attr, None),
            };
            let Some(inner) = map.get(key) else { return };
            path.push(PathStep::Key(key.into()));
            match rest {
                Some(rest) => descend(inner, rest, path, found),
                None => found.push(path.clone()),
            }
            path.pop();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether a value is that of a JSON scalar.
pub(super) fn equals(value: &Value, wanted: &Json) -> bool {
    match (value, wanted) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::String(a), Json::String(b)) => **a == **b,
        (Value::Number(a), Json::Number(b)) => b.as_i64().is_some_and(|b| *a == crate::plan::value::Number::Int(b)),
        _ => false,
    }
}
