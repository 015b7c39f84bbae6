//! Why something is destroyed: from an attribute that forces a replacement to what it refers to, and on to the root.
//!
//! Owns the chain. A step is taken only where it explains all of what forces the replacement; the first that explains
//! a part is named, and the chain ends there without a root.

use std::collections::{BTreeSet, HashMap};

use super::containment::Held;
use super::links::Cause;
use super::objects::Object;
use super::scene::{All, Lost, identity};
use crate::address::InstanceKey;
use crate::graph::{NodeId, Origin, ResourceGraph};
use crate::plan::{Action, Lookup, PathStep, Plan, ResourceChange, Side};

/// Longest chain that is told.
const MAX_STEPS: usize = 16;

/// A step of a chain.
#[derive(Debug, Clone)]
struct Step {
    to: NodeId,
    origin: &'static str,
    attribute: Option<String>,
    /// It explains everything that forces the replacement.
    whole: bool,
}

/// What is known of causes in a plan.
pub(super) struct Causes<'a> {
    plan: &'a Plan,
    graph: &'a ResourceGraph,
    /// What an object lies in that is destroyed, or lost, as well.
    containers: HashMap<NodeId, (NodeId, String)>,
}

impl<'a> Causes<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        graph: &'a ResourceGraph,
        objects: &[Object<'_>],
        held: &[Held],
        lost: &Lost,
    ) -> Self {
        let mut containers = HashMap::new();
        for held in held {
            let Some((child, parent)) = objects.get(held.child).zip(objects.get(held.parent)) else { continue };
            // A delete is explained by the delete of what it lies in; a loss by anything that destroys the container.
            let explains = if child.action == Some(Action::Delete) {
                parent.action == Some(Action::Delete)
            } else {
                let reported = lost.get(&held.child).is_some_and(|via| via.contains(held));
                reported && (parent.is_destroyed() || lost.contains_key(&held.parent))
            };
            if explains {
                containers.entry(child.id).or_insert((parent.id, held.attribute.to_string()));
            }
        }
        Self { plan, graph, containers }
    }

    /// Fills in the chains.
    pub(super) fn attach(&self, all: &mut All) {
        for id in all.nodes() {
            let (steps, root) = self.chain(id);
            let replaced_by = |id| all.get(id).map(|facts| facts.replaced_by.clone()).unwrap_or_default();
            let forced: Vec<_> = steps.iter().map(|step| replaced_by(step.to)).collect();
            let Some(facts) = all.get_mut(id) else { continue };
            facts.links.cause = steps
                .into_iter()
                .zip(forced)
                .filter_map(|(step, replaced_by)| {
                    Some(Cause {
                        identity: identity(self.graph, step.to)?,
                        action: self.graph.node(step.to)?.action.unwrap_or(Action::NoOp),
                        origin: step.origin,
                        attribute: step.attribute,
                        replaced_by,
                    })
                })
                .collect();
            facts.links.root = root.and_then(|root| identity(self.graph, root));
        }
    }

    /// The steps from an object, and where they end if every one explains all.
    fn chain(&self, start: NodeId) -> (Vec<Step>, Option<NodeId>) {
        let mut steps: Vec<Step> = Vec::new();
        let mut seen = BTreeSet::from([start]);
        let mut at = start;
        while let Some(step) = self.step(at) {
            if !seen.insert(step.to) || steps.len() == MAX_STEPS {
                break;
            }
            at = step.to;
            if !step.whole {
                // What comes later in a chain has a reason of its own, and is the root.
                if steps.is_empty() {
                    steps.push(step);
                    return (steps, None);
                }
                break;
            }
            steps.push(step);
        }
        let root = steps.last().map(|step| step.to);
        (steps, root)
    }

    /// What an object's change comes from.
    fn step(&self, id: NodeId) -> Option<Step> {
        let node = self.graph.node(id)?;
        let change = node.source.change(self.plan);
        match (node.action, change) {
            (Some(Action::DeleteThenCreate | Action::CreateThenDelete), Some(change)) => self.of_replace(id, change),
            (Some(Action::Read), Some(_)) => self.of_read(id),
            (Some(Action::Unknown), _) => None,
            _ => self.of_containment(id),
        }
    }

    fn of_containment(&self, id: NodeId) -> Option<Step> {
        let (to, attribute) = self.containers.get(&id)?;
        Some(Step { to: *to, origin: "containment", attribute: Some(attribute.clone()), whole: true })
    }

    /// A data source is read during apply because something it needs changes.
    fn of_read(&self, id: NodeId) -> Option<Step> {
        let needed = self.graph.dependencies(id).into_iter();
        let (to, origin) = needed.filter(|(to, _)| self.changes(*to)).max_by_key(|(to, _)| (self.weight(*to), *to))?;
        let attribute = origin.attribute().map(str::to_owned);
        Some(Step { to, origin: origin.word(), attribute, whole: true })
    }

    fn of_replace(&self, id: NodeId, change: &ResourceChange) -> Option<Step> {
        let mut first: Option<Step> = None;
        let mut whole = !change.change.replace_paths.is_empty();
        for path in &change.change.replace_paths {
            let Some(PathStep::Key(attribute)) = path.0.first() else {
                whole = false;
                continue;
            };
            match self.of_attribute(id, change, attribute, &path.0) {
                Some(step) => first = first.or(Some(step)),
                None => whole = false,
            }
        }
        first.map(|step| Step { whole, ..step })
    }

    /// What makes an attribute change: of all it refers to, what is destroyed, else what makes it unknown.
    fn of_attribute(&self, id: NodeId, change: &ResourceChange, attribute: &str, path: &[PathStep]) -> Option<Step> {
        let unknown = change.change.lookup(Side::After, path) == Lookup::Unknown;
        let explains = |to: &NodeId| self.destroys(*to) || (unknown && self.changes(*to));
        let referenced = self.graph.referenced(id, attribute).into_iter();
        let key = self.key(id);
        // `t.n[each.key]` and `t.n` look alike in a plan: the instance with the same key is the likelier one.
        let order = |to: &NodeId| (std::cmp::Reverse(self.weight(*to)), self.key(*to) != key, *to);
        if let Some(to) = referenced.filter(explains).min_by_key(order) {
            return Some(Step { to, origin: "reference", attribute: Some(attribute.to_owned()), whole: true });
        }
        let node = self.graph.node(id)?;
        if node.declared && !node.opaque.iter().any(|name| **name == *attribute) {
            return None;
        }
        // The expression leads nowhere: the nearest of what the object is known to depend on.
        let needed = self.graph.dependencies(id).into_iter();
        let (to, origin) = needed
            .filter(|(_, origin)| matches!(origin, Origin::PriorState | Origin::DependsOn))
            .filter(|(to, _)| self.destroys(*to))
            .min_by_key(|(to, _)| (std::cmp::Reverse(self.graph.dependencies(*to).len()), *to))?;
        Some(Step { to, origin: origin.word(), attribute: Some(attribute.to_owned()), whole: true })
    }

    fn key(&self, id: NodeId) -> Option<InstanceKey> {
        self.graph.node(id)?.address.parts().ok()?.key
    }

    fn destroys(&self, id: NodeId) -> bool {
        self.graph.node(id).and_then(|node| node.action).is_some_and(Action::destroys)
    }

    fn changes(&self, id: NodeId) -> bool {
        self.graph.node(id).and_then(|node| node.action).is_some_and(|action| action != Action::NoOp)
    }

    /// What is destroyed explains better than what is read, and that better than what is made or updated.
    fn weight(&self, id: NodeId) -> u8 {
        match self.graph.node(id).and_then(|node| node.action) {
            Some(action) if action.destroys() => 2,
            Some(Action::Read) => 1,
            _ => 0,
        }
    }
}
