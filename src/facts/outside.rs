//! What happened outside Terraform, and what the plan does about it.
//!
//! An attribute is *watched* where the catalogue names it: as a protection, or as one whose change loses data,
//! protection or secrecy. Both directions count: a protection that somebody switched on by hand and the plan
//! switches off again is worth as much attention as the reverse. Must not say which.

use std::collections::{BTreeMap, BTreeSet};

use super::{AttributeChange, ChangeFacts, is_judged};
use crate::catalog::{Catalog, Effect, Entry};
use crate::plan::{Action, Change, Lookup, PathStep, Plan, ResourceChange, Side, Value};
use crate::problem::Problem;

use super::{guard, notation};

/// An object that was changed outside Terraform, and not deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideChange {
    /// The change as the plan tells it; its `drift` is true.
    pub change: ChangeFacts,
    /// What differs: watched attributes by their paths, all others by their first step; sorted.
    pub attributes: Vec<OutsideAttribute>,
}

/// An attribute that differs from what Terraform left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutsideAttribute {
    /// Where, and both values.
    pub change: AttributeChange,
    /// The catalogue names it.
    pub watched: bool,
}

/// What the plan does at each address, for objects that are not deposed.
pub(super) struct Answers<'a>(BTreeMap<&'a str, Action>);

impl<'a> Answers<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
        let mut answers = BTreeMap::new();
        for change in plan.changes.iter().flatten().chain(deferred).filter(|change| change.deposed.is_none()) {
            for address in addresses(change) {
                // Of entries that contradict each other the one that does more counts.
                let answer = answers.entry(address).or_insert(change.change.action);
                *answer = (*answer).max(change.change.action);
            }
        }
        Self(answers)
    }

    /// What the plan does to what this drift is about; `None` if it does not name it.
    pub(super) fn to(&self, drift: &ResourceChange) -> Option<Action> {
        if drift.deposed.is_some() {
            return None;
        }
        addresses(drift).find_map(|address| self.0.get(address).copied())
    }
}

/// Present and previous address.
fn addresses(change: &ResourceChange) -> impl Iterator<Item = &str> {
    std::iter::once(change.address.as_str())
        .chain(change.previous_address.as_ref().map(crate::address::Address::as_str))
}

/// Marks creates that put an empty object in the place of one that drift shows as deleted. What is known of
/// the lost object is known of it: a create has no state that would tell a replica from its source.
pub(super) fn mark_recreated(changes: &mut [ChangeFacts], lost: &[ChangeFacts]) {
    let mut by_address: BTreeMap<&str, &ChangeFacts> = BTreeMap::new();
    for lost in lost.iter().filter(|lost| lost.deposed.is_none()) {
        for address in std::iter::once(&lost.address).chain(&lost.previous_address) {
            by_address.entry(address.as_str()).or_insert(lost);
        }
    }
    for change in changes.iter_mut().filter(|change| change.action == Action::Create) {
        let of = |address: &crate::address::Address| by_address.get(address.as_str()).copied();
        let Some(lost) = of(&change.address).or_else(|| change.previous_address.as_ref().and_then(of)) else {
            continue;
        };
        change.recreates_lost = true;
        if lost.resource_type == change.resource_type {
            change.catalog = lost.catalog.clone();
        }
    }
}

/// Whether an entry of drift is about an object that is still there.
pub(super) fn is_changed(drift: &ResourceChange) -> bool {
    is_judged(drift) && !drift.change.action.destroys()
}

/// What differs between the object that Terraform left and the one it found.
pub(super) fn attributes(
    drift: &ResourceChange,
    entry: Option<&Entry>,
    catalog: &Catalog,
) -> Result<Vec<OutsideAttribute>, Problem> {
    let change = &drift.change;
    let mut watched = BTreeSet::new();
    for attr in watched_names(entry, catalog)? {
        watched.extend(differences(change, attr));
    }
    let tops: BTreeSet<&PathStep> = watched.iter().filter_map(|path| path.first()).collect();
    let others: Vec<Vec<PathStep>> =
        top_keys(change).into_iter().filter(|key| !tops.contains(key)).map(|key| vec![key]).collect();
    let others = others.into_iter().filter(|path| differs(change, path));
    let stated = |path: &[PathStep], watched| OutsideAttribute { change: stated(change, path), watched };
    let mut attributes: Vec<OutsideAttribute> = others.map(|path| stated(&path, false)).collect();
    attributes.extend(watched.iter().map(|path| stated(path, true)));
    if !matches!((&change.before, &change.after), (Value::Map(_), Value::Map(_))) {
        // Something changed and the plan does not say what: it may be anything.
        attributes.push(stated(&[], true));
    }
    attributes.sort();
    Ok(attributes)
}

fn stated(change: &Change, path: &[PathStep]) -> AttributeChange {
    let before = change.display(Side::Before, path);
    let after = change.display(Side::After, path);
    AttributeChange { path: change.shown_path(path).to_string(), before, after }
}

/// Names of the attributes that matter: those of the type, and those that matter on any type.
fn watched_names<'a>(entry: Option<&'a Entry>, catalog: &'a Catalog) -> Result<BTreeSet<&'a str>, Problem> {
    let matters = |effect: Effect| !matches!(effect, Effect::Review | Effect::Capacity);
    let mut names: BTreeSet<&str> = catalog
        .generic()?
        .generic_rules
        .iter()
        .filter(|rule| matters(rule.effect))
        .map(|rule| rule.attr.as_str())
        .collect();
    if let Some(entry) = entry {
        // A name with `@` is a flag of the provider, which no object has.
        names.extend(entry.protect.iter().map(String::as_str).filter(|name| !name.starts_with('@')));
        names.extend(entry.risky.iter().filter(|risk| matters(risk.effect)).map(|risk| risk.attr.as_str()));
    }
    Ok(names)
}

/// The paths under a name at which the object differs.
fn differences(change: &Change, attr: &str) -> Vec<Vec<PathStep>> {
    let paths: BTreeSet<Vec<PathStep>> =
        guard::paths_of(&change.before, attr).into_iter().chain(guard::paths_of(&change.after, attr)).collect();
    if paths.is_empty() {
        // Nothing on either side, unless what is there is not known yet.
        let top = [PathStep::Key(attr.split('.').next().unwrap_or(attr).into())];
        return change.after_unknown.touches(&top).then(|| top.to_vec()).into_iter().collect();
    }
    paths.into_iter().filter(|path| differs(change, path)).collect()
}

/// Whether an attribute changed, or may have. Nothing, `false` and the empty value are one: providers write
/// now the one, now the other.
fn differs(change: &Change, path: &[PathStep]) -> bool {
    let side = |side| match change.lookup(side, path) {
        Lookup::Known(value) => Some(value),
        Lookup::Absent => Some(&Value::Null),
        Lookup::Unknown => None,
    };
    match (side(Side::Before), side(Side::After)) {
        (Some(before), Some(after)) => !is_same(before, after),
        _ => true,
    }
}

fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Map(a), Value::Map(b)) => {
            // What only `b` has must be nothing, too.
            a.iter().all(|(key, value)| is_same(value, b.get(key).unwrap_or(&Value::Null)))
                && b.iter().all(|(key, value)| a.get(key).is_some() || is_nothing(value))
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        _ => before == after || (is_nothing(before) && is_nothing(after)) || notation::is_same_document(before, after),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.iter().all(|(_, value)| is_nothing(value)),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Attribute names of either side and of what is unknown.
fn top_keys(change: &Change) -> BTreeSet<PathStep> {
    let mut keys: BTreeSet<PathStep> = change.after_unknown.keys().map(|key| PathStep::Key(key.into())).collect();
    for side in [&change.before, &change.after] {
        if let Value::Map(map) = side {
            keys.extend(map.iter().map(|(key, _)| PathStep::Key(key.into())));
        }
    }
    keys
}
