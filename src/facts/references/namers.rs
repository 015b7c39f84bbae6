//! The objects that name targets, made into referrers once for each group of targets.
//!
//! Owns which of them count. Must not know how names are found.

use std::collections::{BTreeSet, HashMap};

use super::super::Deriver;
use super::super::scene::identity;
use super::targets::Purpose;
use super::{ByNode, Evidence, ReferenceBy, Referrer};
use crate::catalog::{Class, Entry};
use crate::graph::{Node, NodeId, ResourceGraph};
use crate::plan::Action;
use crate::problem::Problem;

/// The objects that name a group of targets.
pub(super) struct Namers {
    pub(super) by_node: ByNode,
    /// Those that count, in order.
    pub(super) list: Vec<(NodeId, Referrer)>,
    /// The same, and whether the plan leaves them.
    pub(super) survives: HashMap<NodeId, bool>,
    pub(super) surviving: usize,
}

impl Namers {
    pub(super) fn new(by_node: ByNode, purpose: Purpose, judge: &mut Judge<'_, '_>) -> Result<Self, Problem> {
        let mut list = Vec::new();
        for (id, evidence) in &by_node {
            let Some(evidence) = evidence.first() else { continue };
            list.extend(judge.referrer(*id, evidence, purpose)?.map(|referrer| (*id, referrer)));
        }
        list.sort_by(|(_, a), (_, b)| a.order().cmp(&b.order()));
        let survives: HashMap<NodeId, bool> = list.iter().map(|(id, referrer)| (*id, referrer.survives)).collect();
        let surviving = survives.values().filter(|survives| **survives).count();
        Ok(Self { by_node, list, survives, surviving })
    }
}

/// Makes referrers of evidence.
pub(super) struct Judge<'g, 't> {
    pub(super) graph: &'g ResourceGraph,
    pub(super) lost: &'g BTreeSet<NodeId>,
    pub(super) types: &'g mut Deriver<'t>,
}

impl Judge<'_, '_> {
    /// `None` where it does not count.
    pub(super) fn referrer(
        &mut self,
        id: NodeId,
        evidence: &Evidence,
        purpose: Purpose,
    ) -> Result<Option<Referrer>, Problem> {
        let (certainty, known_by, attribute) = evidence.clone();
        let Some((node, identity)) = self.graph.node(id).zip(identity(self.graph, id)) else { return Ok(None) };
        if purpose == Purpose::Key && !is_encrypted(node, attribute.as_deref(), known_by, self.types)? {
            return Ok(None);
        }
        let survives = node.action != Some(Action::Delete) && !self.lost.contains(&id);
        Ok(Some(Referrer { identity, attribute, known_by, certainty, survives }))
    }
}

/// Whether a referrer of a key holds data, or has data encrypted: by an attribute that names keys.
fn is_encrypted(
    node: &Node,
    attribute: Option<&str>,
    known_by: ReferenceBy,
    types: &mut Deriver<'_>,
) -> Result<bool, Problem> {
    let top = attribute.and_then(|attribute| attribute.split('.').next());
    let is_key = |path: &String| path.split('.').next() == top;
    let named = known_by == ReferenceBy::Name || types.catalog.generic()?.key_attributes.iter().any(is_key);
    let known = types.known_type(&node.resource_type)?;
    Ok(named
        && match known.entry.as_deref() {
            Some(entry) => entry.class.is_data_store() || configures_a_store(entry, types)?,
            None => !types.catalog.is_known(&node.resource_type),
        })
}

/// Whether objects of the type are settings of what holds data, and not of the key.
fn configures_a_store(entry: &Entry, types: &mut Deriver<'_>) -> Result<bool, Problem> {
    for parent in &entry.parents {
        let of = types.known_type(&parent.resource_type)?.entry;
        if of.is_some_and(|of| of.class.is_data_store() && !of.encryption_key) {
            return Ok(entry.class == Class::ProtectionConfig);
        }
    }
    Ok(false)
}
