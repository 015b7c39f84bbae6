//! How changes hang together: what goes down with what, why something is replaced, who depends on it, and what looks
//! like the same object under another address.
//!
//! Owns the types and the order in which they are derived; nothing is derived for a plan that destroys nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::containment::{self, Held, KnownBy};
use super::objects::{Object, objects, text_after, untouched};
use super::{AttributeChange, ChangeFacts, Deriver, cause, rename};
use crate::address::Address;
use crate::catalog::Catalog;
use crate::graph::{NodeId, ResourceGraph, Source};
use crate::plan::{Action, Plan};
use crate::problem::Problem;

/// How a change hangs together with others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// What it comes from, nearest first, down to the root.
    pub cause: Vec<Cause>,
    /// Where the chain ends, if the chain explains everything: without that change this one would not happen.
    pub root: Option<Identity>,
    /// What is destroyed and has this object in it, while its own change does not destroy it.
    pub collateral_of: Vec<Container>,
    /// What lies in it and goes down with it.
    pub takes: Takes,
    /// Who depends on it.
    pub dependents: Dependents,
    /// The same object under another address, by its looks.
    pub rename: Option<Rename>,
    /// The object whose place in a list it takes.
    pub shift: Option<Shift>,
}

/// The identity of a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Where it is.
    pub address: Address,
    /// Key of a deposed object.
    pub deposed: Option<String>,
}

/// One step of a chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What comes first.
    pub identity: Identity,
    /// What happens to it.
    pub action: Action,
    /// How the dependent hangs on it: `reference`, `containment`, `depends_on`, `prior_state`.
    pub origin: &'static str,
    /// The attribute of the dependent that leads to it.
    pub attribute: Option<String>,
    /// What forces its own replacement.
    pub replaced_by: Vec<AttributeChange>,
}

/// What an object lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// The container.
    pub identity: Identity,
    /// The attribute that says so.
    pub attribute: String,
    /// How that is known.
    pub known_by: KnownBy,
    /// The container itself is only lost with another one.
    pub indirect: bool,
    /// A setting keeps the object of the destroyed container alive.
    pub kept: bool,
}

/// What goes down with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takes {
    /// How many objects.
    pub objects: usize,
    /// How many of them hold data.
    pub stores: usize,
    /// The first of those, by address.
    pub first_stores: Vec<Address>,
}

/// Who depends on an object, destroyed or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependents {
    /// How many directly.
    pub direct: usize,
    /// How many in all.
    pub all: usize,
    /// How many of those hold data.
    pub stores: usize,
    /// The first direct ones, by address.
    pub first_direct: Vec<Address>,
    /// The first that hold data, by address.
    pub first_stores: Vec<Address>,
    /// There are so many that counting stopped.
    pub at_least: bool,
}

/// A delete and a create that look like one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The other address.
    pub other: Address,
    /// Attributes that are equal.
    pub equal: Vec<String>,
    /// A `moved` block, ready to paste.
    pub moved_block: String,
}

/// An instance that becomes what its neighbour was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The neighbour.
    pub other: Address,
    /// The attribute that shows it.
    pub attribute: String,
}

/// Longest list of addresses in a fact.
pub(super) const LISTED: usize = 20;

/// How many edges are followed, over all changes, to count dependents.
const STEPS: usize = 4_000_000;

/// The graph of a plan with containment, and what is lost with what it lies in.
pub(super) fn graph(plan: &Plan, catalog: &Catalog) -> Result<(ResourceGraph, BTreeSet<NodeId>), Problem> {
    let mut types = Deriver::new(catalog);
    let graph = ResourceGraph::of(plan);
    let objects = objects(plan, &graph, &mut types)?;
    let held = containment::find(&objects, &graph);
    let lost = lost(&objects, &held);
    let lost = lost.keys().filter_map(|index| Some(objects.get(*index)?.id)).collect();
    let edges: Vec<_> = held.iter().filter_map(|held| held.edge(&objects)).collect();
    drop(objects);
    Ok((graph.with(edges), lost))
}

/// Fills in the links of changes; gives the objects that nothing happens to but that are lost with others.
pub(super) fn attach(
    plan: &Plan,
    types: &mut Deriver<'_>,
    changes: &mut [ChangeFacts],
) -> Result<Vec<ChangeFacts>, Problem> {
    if !changes.iter().any(|change| change.action.destroys()) {
        return Ok(Vec::new());
    }
    let graph = ResourceGraph::of(plan);
    let objects = objects(plan, &graph, types)?;
    let held = containment::find(&objects, &graph);
    let lost = lost(&objects, &held);
    let causes = cause::Causes::new(plan, &graph, &objects, &held, &lost);

    let mut by_node: HashMap<NodeId, usize> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Some(id) = graph.find(&change.address, change.deposed.as_deref()) {
            by_node.insert(id, index);
        }
    }
    let mut collateral = Vec::new();
    for (index, containers) in &lost {
        let Some(object) = objects.get(*index) else { continue };
        let containers = || containers.iter().filter_map(|via| container(via, &objects, &graph, &lost, changes, &by_node));
        let mut collateral_of: Vec<Container> = containers().collect();
        collateral_of.sort();
        match by_node.get(&object.id) {
            Some(_) => {}
            None => {
                let change = match graph.node(object.id).map(|node| node.source) {
                    Some(Source::Prior(at)) => plan.prior_instances.as_ref().and_then(|all| all.get(at)).map(untouched),
                    _ => None,
                };
                let Some(change) = object.change.or(change.as_ref()) else { continue };
                by_node.insert(object.id, changes.len() + collateral.len());
                collateral.push(types.facts(change)?);
            }
        }
        if let Some(facts) = by_node.get(&object.id).copied().and_then(|at| of_both(changes, &mut collateral, at)) {
            facts.links.collateral_of = collateral_of;
        }
    }
    causes.attach(changes, &mut collateral, &by_node);
    count_taken(&objects, &held, &lost, changes, &mut collateral, &by_node);
    count_dependents(&graph, &objects, changes, &by_node);
    rename::attach(plan, &graph, types, changes, &by_node)?;
    collateral.sort_by(|a, b| a.key().cmp(&b.key()));
    Ok(collateral)
}

/// The facts with an index over both lists.
pub(super) fn of_both<'f>(
    changes: &'f mut [ChangeFacts],
    collateral: &'f mut [ChangeFacts],
    at: usize,
) -> Option<&'f mut ChangeFacts> {
    let beyond = at.checked_sub(changes.len());
    match beyond {
        None => changes.get_mut(at),
        Some(at) => collateral.get_mut(at),
    }
}

/// Objects that are lost with what they lie in, by index, each with why; not those whose own change destroys them.
pub(super) type Lost = BTreeMap<usize, Vec<Held>>;

fn lost(objects: &[Object<'_>], held: &[Held]) -> Lost {
    let mut inside: BTreeMap<usize, Vec<&Held>> = BTreeMap::new();
    for held in held {
        inside.entry(held.parent).or_default().push(held);
    }
    let mut lost = Lost::new();
    let destroyed = objects.iter().enumerate().filter(|(_, object)| object.is_destroyed());
    let mut open: Vec<usize> = destroyed.map(|(index, _)| index).collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(parent) = open.pop() {
        for held in inside.get(&parent).into_iter().flatten() {
            let Some((child, container)) = objects.get(held.child).zip(objects.get(held.parent)) else { continue };
            if child.is_destroyed() || leaves(child, container, &held.attribute) {
                continue;
            }
            lost.entry(held.child).or_default().push((*held).clone());
            if seen.insert(held.child) {
                open.push(held.child);
            }
        }
    }
    lost
}

/// Whether an update takes an object out of a container: the attribute gets a known value that is not what the
/// container will be called.
fn leaves(child: &Object<'_>, container: &Object<'_>, attribute: &str) -> bool {
    let Some(change) = child.change.filter(|change| change.change.action == Action::Update) else { return false };
    let Some(after) = text_after(&change.change, attribute) else { return false };
    let stays = container.change.is_some_and(|container| {
        super::objects::text_at(&container.change.after, attribute).is_some_and(|text| text == after)
            || crate::catalog::OWN_IDENTITY
                .iter()
                .any(|name| super::objects::text_at(&container.change.after, name).is_some_and(|text| text == after))
    });
    child.text(attribute).is_some_and(|before| before != after) && !stays
}

fn container(
    held: &Held,
    objects: &[Object<'_>],
    graph: &ResourceGraph,
    lost: &Lost,
    changes: &[ChangeFacts],
    by_node: &HashMap<NodeId, usize>,
) -> Option<Container> {
    let parent = objects.get(held.parent)?;
    let facts = by_node.get(&parent.id).and_then(|at| changes.get(*at));
    Some(Container {
        identity: identity(graph, parent.id)?,
        attribute: held.attribute.to_string(),
        known_by: held.known_by,
        indirect: lost.contains_key(&held.parent),
        kept: facts.is_some_and(|facts| !facts.guards.harmless.is_empty()),
    })
}

pub(super) fn identity(graph: &ResourceGraph, id: NodeId) -> Option<Identity> {
    let node = graph.node(id)?;
    Some(Identity { address: node.address.clone(), deposed: node.deposed.clone() })
}

fn is_store(facts: &ChangeFacts) -> bool {
    facts.catalog.stakes.as_ref().is_some_and(|stakes| stakes.class.is_data_store())
}

/// Counts what goes down with the outermost container that is destroyed.
fn count_taken(
    objects: &[Object<'_>],
    held: &[Held],
    lost: &Lost,
    changes: &mut [ChangeFacts],
    collateral: &mut [ChangeFacts],
    by_node: &HashMap<NodeId, usize>,
) {
    let mut above: BTreeMap<usize, usize> = BTreeMap::new();
    for held in held {
        let goes = |index: usize| {
            lost.contains_key(&index) || objects.get(index).is_some_and(Object::is_destroyed)
        };
        if goes(held.child) && goes(held.parent) {
            above.entry(held.child).or_insert(held.parent);
        }
    }
    for child in above.keys() {
        let mut top = *child;
        // Containers nest a few levels deep; a circle that a strange plan may hold ends here too.
        for _ in 0..16 {
            match above.get(&top) {
                Some(next) => top = *next,
                None => break,
            }
        }
        let place = |index: usize| objects.get(index).and_then(|object| by_node.get(&object.id)).copied();
        let (Some(child), Some(top)) = (place(*child), place(top)) else { continue };
        let Some((store, address)) =
            of_both(changes, collateral, child).map(|facts| (is_store(facts), facts.address.clone()))
        else {
            continue;
        };
        if let Some(top) = of_both(changes, collateral, top) {
            let takes = &mut top.links.takes;
            takes.objects += 1;
            takes.stores += usize::from(store);
            if store && takes.first_stores.len() < LISTED {
                takes.first_stores.push(address);
            }
        }
    }
}

/// Counts who depends on what is destroyed.
fn count_dependents(
    graph: &ResourceGraph,
    objects: &[Object<'_>],
    changes: &mut [ChangeFacts],
    by_node: &HashMap<NodeId, usize>,
) {
    let stores: BTreeSet<NodeId> = objects
        .iter()
        .filter(|object| object.entry.as_ref().is_some_and(|entry| entry.class.is_data_store()))
        .map(|object| object.id)
        .collect();
    let destroyed: Vec<(NodeId, usize)> = by_node
        .iter()
        .filter(|(_, at)| changes.get(**at).is_some_and(|facts| facts.action.destroys()))
        .map(|(id, at)| (*id, *at))
        .collect();
    let limit = (STEPS / destroyed.len().max(1)).max(1000);
    let address = |id: &NodeId| graph.node(*id).map(|node| node.address.clone());
    let is_managed = |id: &NodeId| address(id).is_some_and(|address| !address.is_data());
    for (id, at) in destroyed {
        let direct: Vec<NodeId> = graph.dependents(id).into_iter().filter(is_managed).collect();
        let (all, whole) = graph.all_dependents(id, limit);
        let all: Vec<NodeId> = all.into_iter().filter(is_managed).collect();
        let with_data: Vec<NodeId> = all.iter().copied().filter(|id| stores.contains(id)).collect();
        let first = |ids: &[NodeId]| ids.iter().take(LISTED).filter_map(address).collect();
        if let Some(facts) = changes.get_mut(at) {
            facts.links.dependents = Dependents {
                direct: direct.len(),
                all: all.len(),
                stores: with_data.len(),
                first_direct: first(&direct),
                first_stores: first(&with_data),
                at_least: !whole,
            };
        }
    }
}
