//! What looks like the same object under another address: a rename without `moved`, and instances that shift.
//!
//! Owns the comparison. Values are compared and never stated; a value that is known only after apply contradicts
//! nothing. A pair is named only where it is the only one.

use std::collections::BTreeMap;

use super::links::{Rename, Shift};
use super::objects::{text_after, text_at};
use super::scene::All;
use super::{ChangeFacts, Deriver};
use crate::address::{Address, InstanceKey};
use crate::catalog::{Entry, Relation};
use crate::graph::{NodeId, ResourceGraph};
use crate::plan::{Action, Plan, ResourceChange, Value};
use crate::problem::Problem;
use crate::text::one_line;

/// Attributes that name an object, the most telling first.
const NAMES: [&str; 14] = [
    "name",
    "bucket",
    "identifier",
    "cluster_identifier",
    "full_name",
    "metadata.name",
    "dataset_id",
    "instance_id",
    "database_id",
    "table_id",
    "project_id",
    "function_name",
    "domain_name",
    "path",
];

/// Fills in renames and shifts.
pub(super) fn attach(
    plan: &Plan,
    graph: &ResourceGraph,
    types: &mut Deriver<'_>,
    all: &mut All,
) -> Result<(), Problem> {
    let mut renamed: BTreeMap<Pair, Both> = BTreeMap::new();
    let mut shifting: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    for (id, node) in graph.nodes() {
        let Some(change) = node.source.change(plan) else { continue };
        let action = change.change.action;
        if change.deposed.is_some() || change.previous_address.is_some() {
            continue;
        }
        let gone = if action.destroys() { name_before(change) } else { None };
        let new = if matches!(action, Action::Create | Action::DeleteThenCreate | Action::CreateThenDelete) {
            name_after(change)
        } else {
            None
        };
        if has_number(&change.address) && action.destroys() {
            let instance = Instance { id, address: change.address.clone(), gone: gone.clone(), new: new.clone() };
            shifting.entry(node.address.config_address()).or_default().push(instance);
        }
        let pair = |(attribute, name): (&'static str, String)| Pair {
            resource_type: change.resource_type.clone(),
            provider: change.provider.clone(),
            attribute,
            name,
        };
        match action {
            Action::Delete => renamed.entry(gone.map(pair).unwrap_or_default()).or_default().old.push(id),
            Action::Create => renamed.entry(new.map(pair).unwrap_or_default()).or_default().new.push(id),
            _ => {}
        }
    }
    for (pair, both) in renamed.into_iter().filter(|(pair, _)| !pair.name.is_empty()) {
        let ([old], [new]) = (both.old.as_slice(), both.new.as_slice()) else { continue };
        let change = |id: &NodeId| graph.node(*id).and_then(|node| node.source.change(plan));
        let (Some(from), Some(to)) = (change(old), change(new)) else { continue };
        let entry = types.known_type(&from.resource_type)?.entry;
        if let Some(equal) = equal(from, to, entry.as_deref(), pair.attribute) {
            let moved_block = moved_block(&from.address, &to.address);
            let rename = |other: &Address| Rename {
                other: other.clone(),
                equal: equal.clone(),
                moved_block: moved_block.clone(),
            };
            set(all, *old, |facts| facts.links.rename = Some(rename(&to.address)));
            set(all, *new, |facts| facts.links.rename = Some(rename(&from.address)));
        }
    }
    for instances in shifting.into_values() {
        find_shifts(&instances, all);
    }
    Ok(())
}

/// What a delete and a create have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    resource_type: String,
    provider: Option<String>,
    attribute: &'static str,
    name: String,
}

#[derive(Debug, Default)]
struct Both {
    old: Vec<NodeId>,
    new: Vec<NodeId>,
}

/// A destroyed instance of a block with `count`.
struct Instance {
    id: NodeId,
    address: Address,
    gone: Option<(&'static str, String)>,
    new: Option<(&'static str, String)>,
}

fn set(all: &mut All, id: NodeId, with: impl FnOnce(&mut ChangeFacts)) {
    if let Some(facts) = all.get_mut(id) {
        with(facts);
    }
}

fn name_before(change: &ResourceChange) -> Option<(&'static str, String)> {
    NAMES.iter().find_map(|name| Some((*name, text_at(&change.change.before, name)?.into_owned())))
}

fn name_after(change: &ResourceChange) -> Option<(&'static str, String)> {
    NAMES.iter().find_map(|name| Some((*name, text_after(&change.change, name)?.into_owned())))
}

/// The attributes that are equal, if none that tells objects of the type apart differs.
fn equal(
    from: &ResourceChange,
    to: &ResourceChange,
    entry: Option<&Entry>,
    named: &'static str,
) -> Option<Vec<String>> {
    let mut telling: Vec<&str> = NAMES.to_vec();
    match entry {
        Some(entry) => {
            telling.extend(entry.force_new.iter().map(String::as_str));
            let parents = entry.parents.iter().filter(|parent| parent.rel == Relation::Contains);
            telling.extend(parents.map(|parent| parent.attr.as_str()));
        }
        None => {
            if let Value::Map(map) = &from.change.before {
                telling.extend(map.iter().map(|(key, _)| key).filter(|key| *key != "id"));
            }
        }
    }
    telling.sort_unstable();
    telling.dedup();
    let mut equal = vec![named.to_owned()];
    for attribute in telling.into_iter().filter(|attribute| *attribute != named) {
        match (text_at(&from.change.before, attribute), text_after(&to.change, attribute)) {
            (Some(before), Some(after)) if before == after => equal.push(attribute.to_owned()),
            (Some(_), Some(_)) => return None,
            _ => {}
        }
    }
    Some(equal)
}

/// Addresses as Terraform prints them are what a `moved` block takes.
fn moved_block(from: &Address, to: &Address) -> String {
    let (from, to) = (one_line(from.as_str()), one_line(to.as_str()));
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}")
}

fn has_number(address: &Address) -> bool {
    address.parts().is_ok_and(|parts| matches!(parts.key, Some(InstanceKey::Int(_))))
}

/// Instances that get the name another one had.
fn find_shifts(instances: &[Instance], all: &mut All) {
    let had: BTreeMap<&(&str, String), &Instance> =
        instances.iter().filter_map(|instance| Some((instance.gone.as_ref()?, instance))).collect();
    for instance in instances {
        let Some(new) = &instance.new else { continue };
        let Some(other) = had.get(new).filter(|other| other.address != instance.address) else { continue };
        let shift = Shift { other: other.address.clone(), attribute: new.0.to_owned() };
        set(all, instance.id, |facts| facts.links.shift = Some(shift));
    }
}
