//! What depends on what: resources of a plan and the edges between them, each with its origin.
//!
//! Owns the resolution of configuration references (through module variables and outputs, to instances), of
//! `depends_on` and of the dependencies in the prior state. Containment comes in as plain data. Must not know the
//! catalogue, facts or rules. Linear in the size of the plan: where many instances refer to many, the edges meet in a
//! junction instead of multiplying.

mod build;
mod place;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::address::Address;
use crate::plan::{Action, Plan, ResourceChange};

/// How many resources behind one reference are looked at: more are a crowd of which nobody can say which is meant.
const CROWD: usize = 1000;

/// A node of the graph; smaller ones come first by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// An object of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it is.
    pub address: Address,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// Resource type.
    pub resource_type: String,
    /// What happens to it; `None` where only the prior state has it.
    pub action: Option<Action>,
    /// Where the plan has it.
    pub source: Source,
    /// Attributes whose references lead to a local value, where the plan does not say further.
    pub opaque: Vec<Arc<str>>,
    /// Whether the configuration has its block.
    pub declared: bool,
}

/// Where the plan has an object: an index into a list of [`Plan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `changes`.
    Change(usize),
    /// `deferred`.
    Deferred(usize),
    /// `prior_instances`.
    Prior(usize),
}

impl Source {
    /// The change there; `None` for the prior state.
    #[must_use]
    pub fn change(self, plan: &Plan) -> Option<&ResourceChange> {
        match self {
            Self::Change(index) => plan.changes.as_ref()?.get(index),
            Self::Deferred(index) => plan.deferred.get(index).map(|deferred| &deferred.resource_change),
            Self::Prior(_) => None,
        }
    }
}

/// Why there is an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An expression of this attribute refers to it.
    Reference(Arc<str>),
    /// `count` or `for_each` refers to it.
    Repetition,
    /// An explicit `depends_on`, of the resource or of a module around it.
    DependsOn,
    /// It lies in it, as this attribute, or `id`, says.
    Containment(Arc<str>),
    /// The prior state says so; such edges are closed under dependency.
    PriorState,
}

impl Origin {
    /// One word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Reference(_) => "reference",
            Self::Repetition => "repetition",
            Self::DependsOn => "depends_on",
            Self::Containment(_) => "containment",
            Self::PriorState => "prior_state",
        }
    }

    /// The attribute, if it is about one.
    #[must_use]
    pub fn attribute(&self) -> Option<&str> {
        match self {
            Self::Reference(attribute) | Self::Containment(attribute) => Some(attribute),
            Self::Repetition | Self::DependsOn | Self::PriorState => None,
        }
    }
}

/// `from` needs `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The dependent.
    pub from: NodeId,
    /// What it needs.
    pub to: NodeId,
    /// Why.
    pub origin: Origin,
}

/// What refers to a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Referrer {
    /// What refers.
    pub from: NodeId,
    /// Why there is an edge.
    pub origin: Origin,
    /// The same reference leads to other resources as well.
    pub crowd: bool,
}

/// Resources and what they need.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceGraph {
    /// Resources by address and deposed key; a node beyond them is a junction.
    nodes: Vec<Node>,
    /// Every edge, sorted, each once.
    edges: Vec<Edge>,
    /// Edges by what they lead to.
    reverse: Vec<u32>,
    by_address: BTreeMap<Address, Vec<NodeId>>,
}

impl ResourceGraph {
    /// The graph of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let (nodes, edges) = build::build(plan);
        let mut by_address: BTreeMap<Address, Vec<NodeId>> = BTreeMap::new();
        for (id, node) in (0u32..).zip(&nodes) {
            by_address.entry(node.address.clone()).or_default().push(NodeId(id));
        }
        Self { nodes, by_address, ..Self::default() }.with(edges)
    }

    /// The graph with more edges.
    #[must_use]
    pub fn with(mut self, edges: impl IntoIterator<Item = Edge>) -> Self {
        self.edges.extend(edges);
        self.edges.sort_unstable();
        self.edges.dedup();
        let mut reverse: Vec<u32> = (0u32..).take(self.edges.len()).collect();
        reverse.sort_by_key(|index| (self.edge(*index).map(|edge| edge.to), *index));
        self.reverse = reverse;
        self
    }

    fn edge(&self, index: u32) -> Option<&Edge> {
        self.edges.get(usize::try_from(index).ok()?)
    }

    /// Every resource, in order.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0u32..).map(NodeId).zip(&self.nodes)
    }

    /// A resource; `None` for a junction.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    /// The resource with that identity.
    #[must_use]
    pub fn find(&self, address: &Address, deposed: Option<&str>) -> Option<NodeId> {
        let at = self.by_address.get(address)?;
        at.iter().copied().find(|id| self.node(*id).is_some_and(|node| node.deposed.as_deref() == deposed))
    }

    /// Everything at an address, the deposed objects included.
    #[must_use]
    pub fn at(&self, address: &Address) -> &[NodeId] {
        self.by_address.get(address).map_or(&[], Vec::as_slice)
    }

    /// The edges that leave a node.
    fn leaving(&self, id: NodeId) -> &[Edge] {
        let start = self.edges.partition_point(|edge| edge.from < id);
        let end = self.edges.partition_point(|edge| edge.from <= id);
        self.edges.get(start..end).unwrap_or_default()
    }

    /// The edges that lead to a node.
    fn entering(&self, id: NodeId) -> impl Iterator<Item = &Edge> {
        let to = |index: &u32| self.edge(*index).map_or(NodeId(0), |edge| edge.to);
        let start = self.reverse.partition_point(|index| to(index) < id);
        let end = self.reverse.partition_point(|index| to(index) <= id);
        let range: Range<usize> = start..end;
        self.reverse.get(range).unwrap_or_default().iter().filter_map(|index| self.edge(*index))
    }

    /// What a resource needs, with why; each resource once for each reason.
    #[must_use]
    pub fn dependencies(&self, id: NodeId) -> Vec<(NodeId, Origin)> {
        let mut found = BTreeSet::new();
        for edge in self.leaving(id) {
            found.extend(
                self.beyond(edge.to, usize::MAX)
                    .into_iter()
                    .filter(|end| *end != id)
                    .map(|end| (end, edge.origin.clone())),
            );
        }
        found.into_iter().collect()
    }

    /// What an attribute of a resource refers to; of a crowd only as many as [`CROWD`], those that are named first.
    #[must_use]
    pub fn referenced(&self, id: NodeId, attribute: &str) -> Vec<NodeId> {
        let mut found = BTreeSet::new();
        // Resources come before junctions.
        for edge in self.leaving(id) {
            if found.len() < CROWD && matches!(&edge.origin, Origin::Reference(name) if &**name == attribute) {
                found.extend(self.beyond(edge.to, CROWD));
            }
        }
        found.remove(&id);
        found.into_iter().collect()
    }

    /// What needs a resource, in order, each once, and `false` if it stopped at `limit` steps; dependencies that only the prior state knows of declared
    /// resources are left out, for they are closed: nobody knows which of them are direct.
    #[must_use]
    pub fn dependents(&self, id: NodeId, limit: usize) -> (Vec<NodeId>, bool) {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::from([id]);
        let mut open = vec![id];
        let mut steps = 0;
        while let Some(at) = open.pop() {
            for edge in self.entering(at).take(limit.saturating_sub(steps)) {
                steps += 1;
                match self.node(edge.from) {
                    Some(node) if node.declared && edge.origin == Origin::PriorState => {}
                    Some(_) => {
                        found.insert(edge.from);
                    }
                    None if seen.insert(edge.from) => open.push(edge.from),
                    None => {}
                }
            }
        }
        found.remove(&id);
        (found.into_iter().collect(), steps < limit)
    }

    /// Everything that needs a resource, directly or not, in order; `false` if it stopped at `limit` steps.
    #[must_use]
    pub fn all_dependents(&self, id: NodeId, limit: usize) -> (Vec<NodeId>, bool) {
        let mut seen = BTreeSet::from([id]);
        let mut open = vec![id];
        let mut steps = 0;
        while let Some(at) = open.pop() {
            for edge in self.entering(at) {
                steps += 1;
                if steps > limit {
                    return (self.resources(&seen, id), false);
                }
                if seen.insert(edge.from) {
                    open.push(edge.from);
                }
            }
        }
        (self.resources(&seen, id), true)
    }

    /// Who refers to a resource, each with every origin of its own, within so many steps.
    #[must_use]
    pub fn referrers(&self, id: NodeId, limit: usize) -> Vec<Referrer> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::from([id]);
        let mut open = vec![(id, false)];
        let mut steps = 0;
        while let Some((at, crowd)) = open.pop() {
            for edge in self.entering(at).take(limit.saturating_sub(steps)) {
                steps += 1;
                if self.node(edge.from).is_some() {
                    found.insert(Referrer { from: edge.from, origin: edge.origin.clone(), crowd });
                } else if seen.insert(edge.from) {
                    // Several resources behind one junction: nobody can say which of them is meant.
                    open.push((edge.from, crowd || self.leaving(edge.from).len() > 1));
                }
            }
        }
        found.retain(|referrer| referrer.from != id);
        found.into_iter().collect()
    }

    /// The resources around one: what it needs and what needs it, directly.
    #[must_use]
    pub fn around(&self, id: NodeId) -> BTreeSet<NodeId> {
        let needed = self.dependencies(id).into_iter().filter(|(_, origin)| *origin != Origin::PriorState);
        let mut all: BTreeSet<NodeId> = needed.map(|(id, _)| id).collect();
        all.extend(self.dependents(id, usize::MAX).0);
        all.insert(id);
        all
    }

    /// Some of the resources around one, in order, each once, within about so many steps in each direction.
    #[must_use]
    pub fn around_some(&self, id: NodeId, limit: usize) -> BTreeSet<NodeId> {
        let mut all: BTreeSet<NodeId> = self.dependents(id, limit).0.into_iter().collect();
        for edge in self.leaving(id).iter().filter(|edge| edge.origin != Origin::PriorState).take(limit) {
            all.extend(self.beyond(edge.to, limit));
        }
        all.remove(&id);
        all.into_iter().take(limit).collect()
    }

    fn resources(&self, seen: &BTreeSet<NodeId>, but: NodeId) -> Vec<NodeId> {
        seen.iter().copied().filter(|id| *id != but && self.node(*id).is_some()).collect()
    }

    /// The resource itself, or those where the junctions from a node lead, within so many steps.
    fn beyond(&self, start: NodeId, limit: usize) -> Vec<NodeId> {
        if self.node(start).is_some() {
            return vec![start];
        }
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for edge in self.leaving(at).iter().take(limit.saturating_sub(seen.len())) {
                if seen.insert(edge.to) && self.node(edge.to).is_none() {
                    open.push(edge.to);
                }
            }
        }
        seen.into_iter().filter(|id| self.node(*id).is_some()).collect()
    }
}

#[cfg(test)]
mod tests;
