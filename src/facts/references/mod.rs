//! Who references what a plan takes away: objects that find a destroyed or renamed one by its name, and stores that are
//! encrypted with a key that goes.
//!
//! Two ways of knowing: an attribute names it (by value, in a JSON text, by the start of a path), as the catalogue lists
//! them; or the configuration or the state refers to it. Values are compared and never stated. Every object is looked at
//! once: names of what goes are indexed, and nothing is done where nothing of the kind goes.

mod named;
mod namers;
mod targets;
mod typed;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::attributes::Certainty;
use super::links::Identity;
use super::scene::All;
use super::{ChangeFacts, Deriver};
use crate::catalog::{Class, Generic};
use crate::graph::{Node, NodeId, Origin, ResourceGraph};
use crate::plan::{Action, Lookup, PathStep, Plan, ResourceChange, Side, Value};
use crate::problem::Problem;

use named::Scanner;
use namers::{Judge, Namers};
use targets::{Purpose, Target, Targets};

/// Longest list of referrers in a fact.
const LISTED: usize = 8;

/// How many edges are followed, over all targets, to find references.
const STEPS: usize = 4_000_000;

/// Who references an object, by address; those that survive the plan first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referrers {
    /// How many objects.
    pub all: usize,
    /// How many of them the plan does not destroy.
    pub surviving: usize,
    /// The first of them.
    pub first: Vec<Referrer>,
}

/// An object that references another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// Which one it is.
    pub identity: Identity,
    /// The attribute that says so; the state tells of none.
    pub attribute: Option<String>,
    /// How that is known.
    pub known_by: ReferenceBy,
    /// Whether it is known for sure.
    pub certainty: Certainty,
    /// The plan does not destroy it.
    pub survives: bool,
}

/// How it is known that an object references another. The order is that of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceBy {
    /// An attribute has its name.
    Name,
    /// An expression, or the state, refers to it.
    Reference,
}

impl ReferenceBy {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Reference => "reference",
        }
    }
}

/// The name by which others find an object, where it changes; both sides as text that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameChange {
    /// The attribute.
    pub attribute: String,
    /// Old name.
    pub before: String,
    /// New name, or `(known after apply)`.
    pub after: String,
    /// Whether it changes for sure.
    pub certainty: Certainty,
}

/// Whether the class is one that others find data through.
pub(super) fn is_found_by_name(facts: &super::TypeFacts) -> bool {
    facts.stakes.as_ref().is_some_and(|stakes| stakes.class == Class::ServiceDiscovery)
}

/// Whether a store keeps its data under another name.
pub(super) fn is_renamed_store(facts: &ChangeFacts) -> bool {
    facts.action == Action::Update && facts.name_change.is_some() && !is_found_by_name(&facts.catalog)
}

/// How a change renames its object, if it does. A store that is replaced is gone whatever the new one is called.
pub(super) fn name_change(change: &ResourceChange, facts: &super::TypeFacts, generic: &Generic) -> Option<NameChange> {
    let change = &change.change;
    let is_store = facts.stakes.as_ref().is_some_and(|stakes| stakes.class.is_data_store());
    let matters = match change.action {
        Action::Update => is_store || is_found_by_name(facts),
        action => action.replaces() && is_found_by_name(facts),
    };
    if !matters {
        return None;
    }
    let (attribute, path) = targets::name_path(&change.before, generic)?;
    let certainty = match change.lookup(Side::After, &path) {
        Lookup::Known(after) if change.before.at(&path) == Some(after) => return None,
        Lookup::Known(_) => Certainty::Certain,
        Lookup::Absent | Lookup::Unknown => Certainty::Maybe,
    };
    Some(NameChange {
        attribute: attribute.to_owned(),
        before: change.display(Side::Before, &path),
        after: change.display(Side::After, &path),
        certainty,
    })
}

/// Whether any of these changes takes something away that others may reference.
pub(super) fn is_needed(changes: &[ChangeFacts]) -> bool {
    changes.iter().any(|facts| targets::purpose(facts).is_some())
}

/// Fills in who references what goes; `lost` are objects that go down with others.
pub(super) fn attach(
    plan: &Plan,
    graph: &ResourceGraph,
    lost: &BTreeSet<NodeId>,
    types: &mut Deriver<'_>,
    all: &mut All,
) -> Result<(), Problem> {
    let targets = Targets::new(plan, graph, types, all)?;
    if targets.list.is_empty() {
        return Ok(());
    }
    let limit = (STEPS / targets.list.len()).max(1000);
    let found: Vec<Found> = targets.list.iter().map(|target| Found::by_reference(plan, graph, target, limit)).collect();
    let mut namers = vec![ByNode::new(); targets.groups.len()];
    let mut scanner = Scanner::new(&targets, types.catalog.generic()?);
    for (id, node) in graph.nodes() {
        let (change, values) = match (node.source.change(plan), node.source) {
            (Some(change), _) if change.is_managed() => (Some(change), &change.change.before),
            (None, crate::graph::Source::Prior(at)) => {
                match plan.prior_instances.as_ref().and_then(|all| all.get(at)) {
                    Some(prior) => (None, &prior.values),
                    None => continue,
                }
            }
            _ => continue,
        };
        let known = types.known_type(&node.resource_type)?;
        for hit in scanner.scan(node, change, values, known.entry.as_deref()) {
            if let Some(namers) = namers.get_mut(hit.group) {
                namers.entry(id).or_default().insert((hit.certainty, ReferenceBy::Name, Some(hit.attribute)));
            }
        }
    }
    let mut judge = Judge { graph, lost, types };
    let groups = targets.groups.iter().zip(namers);
    let groups: Vec<Namers> =
        groups.map(|(group, by_node)| Namers::new(by_node, group.purpose, &mut judge)).collect::<Result<_, _>>()?;
    for (found, target) in found.into_iter().zip(&targets.list) {
        let Some(namers) = groups.get(target.group) else { continue };
        let referrers = found.finish(namers, target, &mut judge)?;
        if let Some(facts) = all.get_mut(target.id) {
            match target.purpose {
                Purpose::Found => facts.links.referenced_by = referrers,
                Purpose::Key => facts.links.encrypts = referrers,
            }
        }
    }
    Ok(())
}

/// An attribute of an object that names a group of targets.
#[derive(Debug)]
struct Hit {
    group: usize,
    attribute: String,
    certainty: Certainty,
}

type Evidence = (Certainty, ReferenceBy, Option<String>);

/// All that the names in an object say of a group.
type ByNode = BTreeMap<NodeId, BTreeSet<Evidence>>;

/// What is found of one target.
#[derive(Default)]
struct Found {
    by_node: BTreeMap<NodeId, Evidence>,
    /// Referrers whose attribute follows the target: the plan gives them the new object.
    follow: HashSet<(NodeId, Arc<str>)>,
}

impl Found {
    /// The references of configuration and state. An object that is renamed in place keeps what expressions read of it,
    /// or its referrers change with it: there only names count.
    fn by_reference(plan: &Plan, graph: &ResourceGraph, target: &Target<'_>, limit: usize) -> Self {
        let mut found = Self::default();
        let action = target.change.change.action;
        let follows = target.purpose == Purpose::Found && (action.replaces() || action == Action::Update);
        let key = graph.node(target.id).and_then(instance_key);
        for reference in graph.referrers(target.id, limit) {
            let Some(node) = graph.node(reference.from) else { continue };
            let change = node.source.change(plan);
            let attribute = reference.origin.attribute().map(Arc::<str>::from);
            // Of all instances of a block the one with the same key is meant, if any is.
            let other =
                reference.crowd && instance_key(node).is_some_and(|own| key.as_ref().is_some_and(|key| *key != own));
            if other || node.deposed.is_some() || change.is_some_and(|change| !change.is_managed()) {
                continue;
            }
            let mut certainty = if reference.crowd { Certainty::Maybe } else { Certainty::Certain };
            match (&reference.origin, &attribute) {
                (Origin::Reference(_), Some(name)) => {
                    let kept = change.map_or(Kept::Yes, |change| kept(change, name));
                    if kept != Kept::Yes && follows {
                        found.follow.insert((reference.from, Arc::clone(name)));
                        continue;
                    }
                    match kept {
                        Kept::Yes => {}
                        Kept::Unknown => certainty = Certainty::Maybe,
                        Kept::No => continue,
                    }
                }
                // What the state knows of a declared object is closed: of one without opaque references it says nothing.
                (Origin::PriorState, _) if !node.declared => {}
                (Origin::PriorState, _) if !node.opaque.is_empty() => certainty = Certainty::Maybe,
                _ => continue,
            }
            if action != Action::Update || target.purpose == Purpose::Key {
                let attribute = attribute.map(|name| name.to_string());
                found.add(reference.from, (certainty, ReferenceBy::Reference, attribute));
            }
        }
        found
    }

    fn add(&mut self, id: NodeId, evidence: Evidence) {
        let known = self.by_node.entry(id).or_insert_with(|| evidence.clone());
        if evidence < *known {
            *known = evidence;
        }
    }

    /// What is found by names and by references together. Only what differs from the group is looked at again.
    fn finish(self, namers: &Namers, target: &Target<'_>, judge: &mut Judge<'_, '_>) -> Result<Referrers, Problem> {
        let own: BTreeSet<NodeId> =
            self.by_node.keys().chain(self.follow.iter().map(|(id, _)| id)).copied().chain([target.id]).collect();
        let mut list = Vec::new();
        for id in own.iter().copied().filter(|id| *id != target.id) {
            let is_followed = |(certainty, _, attribute): &&Evidence| {
                let top: Arc<str> = attribute.iter().flat_map(|name| name.split('.')).next().unwrap_or_default().into();
                *certainty == Certainty::Maybe && self.follow.contains(&(id, top))
            };
            let named = namers.by_node.get(&id).into_iter().flatten().find(|evidence| !is_followed(evidence));
            let Some(evidence) = named.into_iter().chain(self.by_node.get(&id)).min() else { continue };
            list.extend(judge.referrer(id, evidence, target.purpose)?);
        }
        let replaced = own.iter().filter_map(|id| namers.survives.get(id));
        let (gone, gone_surviving) =
            replaced.fold((0, 0), |(all, surviving), survives| (all + 1, surviving + usize::from(*survives)));
        let all = list.len() + namers.list.len() - gone;
        let surviving = list.iter().filter(|one| one.survives).count() + namers.surviving - gone_surviving;
        let others = namers.list.iter().filter(|(id, _)| !own.contains(id)).take(LISTED);
        list.extend(others.map(|(_, referrer)| referrer.clone()));
        list.sort_by(|a, b| a.order().cmp(&b.order()));
        list.truncate(LISTED);
        Ok(Referrers { all, surviving, first: list })
    }
}

impl Referrer {
    /// Those that survive first, then by address.
    fn order(&self) -> impl Ord + '_ {
        (!self.survives, &self.identity)
    }
}

/// Whether an attribute stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
    Unknown,
}

fn kept(change: &ResourceChange, attribute: &str) -> Kept {
    let change = &change.change;
    let at = |value: &Value| match value {
        Value::Map(map) => map.get(attribute).cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    match change.action {
        Action::Update
        | Action::DeleteThenCreate
        | Action::CreateThenDelete
        | Action::CreateThenForget
        | Action::ForgetThenCreate => {}
        Action::Create => return Kept::No,
        _ => return Kept::Yes,
    }
    let path = [PathStep::Key(attribute.into())];
    if change.lookup(Side::After, &path) == Lookup::Unknown {
        Kept::Unknown
    } else if at(&change.before) == at(&change.after) {
        Kept::Yes
    } else {
        Kept::No
    }
}

fn instance_key(node: &Node) -> Option<crate::address::InstanceKey> {
    node.address.parts().ok()?.key
}

#[cfg(test)]
mod tests;
