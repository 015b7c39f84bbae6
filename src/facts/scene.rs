//! A plan that destroys something, seen as a whole: its graph, its objects, what lies in what, and what is lost.
//!
//! Owns the order in which links are derived, and the counts. Nothing is derived for a plan that destroys nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cause::Causes;
use super::containment::{self, Held};
use super::links::{Container, Dependents, Identity};
use super::objects::{Object, objects, text_after, text_at, untouched};
use super::{ChangeFacts, Deriver, references, rename};
use crate::catalog::{Catalog, OWN_IDENTITY};
use crate::graph::{NodeId, ResourceGraph, Source};
use crate::plan::{Action, Plan};
use crate::problem::Problem;

/// Longest list of addresses in a fact.
const LISTED: usize = 20;

/// How many edges are followed, over all changes, to count dependents.
const STEPS: usize = 4_000_000;

/// The graph of a plan with containment, and what is lost with what it lies in.
pub(super) fn graph(plan: &Plan, catalog: &Catalog) -> Result<(ResourceGraph, BTreeSet<NodeId>), Problem> {
    let graph = ResourceGraph::of(plan);
    let scene = Scene::new(plan, &graph, &mut Deriver::new(plan, catalog))?;
    let lost = scene.lost_nodes();
    let edges: Vec<_> = scene.held.iter().filter_map(|held| held.edge(&scene.objects)).collect();
    drop(scene);
    Ok((graph.with(edges), lost))
}

/// Fills in the links of changes; gives the objects that nothing happens to but that are lost with others.
pub(super) fn attach(
    plan: &Plan,
    types: &mut Deriver<'_>,
    changes: Vec<ChangeFacts>,
) -> Result<(Vec<ChangeFacts>, Vec<ChangeFacts>), Problem> {
    let destroys = changes.iter().any(|change| change.action.destroys());
    let takes_names = references::is_needed(&changes);
    if !destroys && !takes_names {
        return Ok((changes, Vec::new()));
    }
    let graph = ResourceGraph::of(plan);
    if !destroys {
        let mut all = All::new(changes, &graph);
        references::attach(plan, &graph, &BTreeSet::new(), types, &mut all)?;
        return Ok((all.facts, Vec::new()));
    }
    let scene = Scene::new(plan, &graph, types)?;
    let mut all = All::new(changes, &graph);
    scene.add_lost(&mut all, types)?;
    scene.name_containers(&mut all);
    Causes::new(plan, &graph, &scene.objects, &scene.held, &scene.lost).attach(&mut all);
    scene.count_taken(&mut all);
    scene.count_dependents(&mut all);
    rename::attach(plan, &graph, types, &mut all)?;
    if takes_names {
        references::attach(plan, &graph, &scene.lost_nodes(), types, &mut all)?;
    }
    let collateral = all.facts.split_off(all.changes);
    Ok((all.facts, collateral))
}

/// Facts by node: of changes, and after them of objects that nothing happens to.
pub(super) struct All {
    facts: Vec<ChangeFacts>,
    /// How many of them are of changes.
    changes: usize,
    by_node: HashMap<NodeId, usize>,
}

impl All {
    fn new(facts: Vec<ChangeFacts>, graph: &ResourceGraph) -> Self {
        let node = |change: &ChangeFacts| graph.find(&change.address, change.deposed.as_deref());
        let by_node = (0..).zip(&facts).filter_map(|(at, change)| Some((node(change)?, at))).collect();
        Self { changes: facts.len(), facts, by_node }
    }

    fn add(&mut self, id: NodeId, facts: ChangeFacts) {
        self.by_node.insert(id, self.facts.len());
        self.facts.push(facts);
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&ChangeFacts> {
        self.facts.get(*self.by_node.get(&id)?)
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut ChangeFacts> {
        self.facts.get_mut(*self.by_node.get(&id)?)
    }

    /// Every node that has facts, in order.
    pub(super) fn nodes(&self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.by_node.keys().copied().collect();
        nodes.sort_unstable();
        nodes
    }
}

/// Objects that are lost with what they lie in, by index, each with why; not those whose own change destroys them.
pub(super) type Lost = BTreeMap<usize, Vec<Held>>;

struct Scene<'a> {
    plan: &'a Plan,
    graph: &'a ResourceGraph,
    objects: Vec<Object<'a>>,
    held: Vec<Held>,
    lost: Lost,
}

impl<'a> Scene<'a> {
    fn new(plan: &'a Plan, graph: &'a ResourceGraph, types: &mut Deriver<'_>) -> Result<Self, Problem> {
        let objects = objects(plan, graph, types)?;
        let held = containment::find(&objects, graph);
        let lost = lost(&objects, &held);
        Ok(Self { plan, graph, objects, held, lost })
    }

    /// What is lost with what it lies in.
    fn lost_nodes(&self) -> BTreeSet<NodeId> {
        self.lost.keys().filter_map(|index| Some(self.objects.get(*index)?.id)).collect()
    }

    /// Adds facts of lost objects that have none yet.
    fn add_lost(&self, all: &mut All, types: &mut Deriver<'_>) -> Result<(), Problem> {
        for object in self.lost.keys().filter_map(|index| self.objects.get(*index)) {
            if all.get(object.id).is_some() {
                continue;
            }
            let prior = match self.graph.node(object.id).map(|node| node.source) {
                Some(Source::Prior(at)) => self.plan.prior_instances.as_ref().and_then(|all| all.get(at)),
                _ => None,
            };
            if let Some(change) = object.change.or(prior.map(untouched).as_ref()) {
                all.add(object.id, types.facts(change)?);
            }
        }
        Ok(())
    }

    /// Says of every lost object what it lies in.
    fn name_containers(&self, all: &mut All) {
        for (index, held) in &self.lost {
            let mut containers: Vec<Container> = held.iter().filter_map(|held| self.container(held, all)).collect();
            containers.sort();
            if let Some(facts) = self.objects.get(*index).and_then(|object| all.get_mut(object.id)) {
                facts.links.collateral_of = containers;
            }
        }
    }

    fn container(&self, held: &Held, all: &All) -> Option<Container> {
        let parent = self.objects.get(held.parent)?;
        Some(Container {
            identity: identity(self.graph, parent.id)?,
            attribute: held.attribute.to_string(),
            known_by: held.known_by,
            indirect: self.lost.contains_key(&held.parent),
            kept: all.get(parent.id).is_some_and(|facts| facts.guards.keep_the_object()),
        })
    }

    /// Whether the object is gone after the plan.
    fn goes(&self, index: usize) -> bool {
        self.lost.contains_key(&index) || self.objects.get(index).is_some_and(Object::is_destroyed)
    }

    /// Counts what goes down with the outermost container that is destroyed.
    fn count_taken(&self, all: &mut All) {
        let mut above: BTreeMap<usize, usize> = BTreeMap::new();
        for held in self.held.iter().filter(|held| self.goes(held.child) && self.goes(held.parent)) {
            above.entry(held.child).or_insert(held.parent);
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
            let Some((child, top)) = self.objects.get(*child).zip(self.objects.get(top)) else { continue };
            let Some(address) = all.get(child.id).map(|facts| facts.address.clone()) else { continue };
            let store = all.get(child.id).is_some_and(is_store);
            if let Some(top) = all.get_mut(top.id) {
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
    fn count_dependents(&self, all: &mut All) {
        let holds = |object: &&Object<'_>| object.entry.as_ref().is_some_and(|entry| entry.class.is_data_store());
        let stores: BTreeSet<NodeId> = self.objects.iter().filter(holds).map(|object| object.id).collect();
        let mut destroyed = all.nodes();
        destroyed.retain(|id| all.get(*id).is_some_and(|facts| facts.action.destroys()));
        let limit = (STEPS / destroyed.len().max(1)).max(1000);
        let address = |id: &NodeId| self.graph.node(*id).map(|node| node.address.clone());
        let first = |ids: &[NodeId]| ids.iter().take(LISTED).filter_map(address).collect();
        let is_managed = |id: &NodeId| address(id).is_some_and(|address| !address.is_data());
        for id in destroyed {
            let (direct, some) = self.graph.dependents(id, limit);
            let direct: Vec<NodeId> = direct.into_iter().filter(is_managed).collect();
            let (every, whole) = self.graph.all_dependents(id, limit);
            let every: Vec<NodeId> = every.into_iter().filter(is_managed).collect();
            let with_data: Vec<NodeId> = every.iter().copied().filter(|id| stores.contains(id)).collect();
            if let Some(facts) = all.get_mut(id) {
                facts.links.dependents = Dependents {
                    direct: direct.len(),
                    all: every.len(),
                    stores: with_data.len(),
                    first_direct: first(&direct),
                    first_stores: first(&with_data),
                    at_least: !(some && whole),
                };
            }
        }
    }
}

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
        text_at(&container.change.after, attribute).is_some_and(|text| text == after)
            || OWN_IDENTITY.iter().any(|name| text_at(&container.change.after, name).is_some_and(|text| text == after))
    });
    child.text(attribute).is_some_and(|before| before != after) && !stays
}

pub(super) fn identity(graph: &ResourceGraph, id: NodeId) -> Option<Identity> {
    let node = graph.node(id)?;
    Some(Identity { address: node.address.clone(), deposed: node.deposed.clone() })
}

fn is_store(facts: &ChangeFacts) -> bool {
    facts.catalog.stakes.as_ref().is_some_and(|stakes| stakes.class.is_data_store())
}
