//! The graph around what a plan destroys, and what one can do about its findings, for the reports that show them.
//!
//! Nothing of it has a say in a verdict. Bounded, whatever the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::Stages;
use super::explain::{help, page};
use crate::address::Address;
use crate::explain::{Known, Step, explain};
use crate::facts::{self, Facts};
use crate::finding::{Finding, Fingerprint};
use crate::graph::view::{Link, View};
use crate::graph::{NodeId, ResourceGraph};
use crate::plan::Plan;
use crate::plan::detect::Document;
use crate::plan::mask::Masker;
use crate::problem::Problem;
use crate::report::scene::{Scene, SceneEdge, SceneNode};

/// Most objects that are drawn.
const DRAWN: usize = 150;
/// Most objects among which those are looked for that hang together.
const CANDIDATES: usize = 4 * DRAWN;
/// Most findings that a way forward is looked for.
const FORWARD: usize = 500;

/// What is shown around the findings of a plan.
pub(super) fn scene(
    stages: &Stages,
    document: &Document,
    plan: &Plan,
    facts: &Facts,
    findings: &[Finding],
) -> Result<Scene, Problem> {
    let (graph, lost) = facts::graph(plan, &stages.catalog)?;
    let scene = draw(&graph, &lost, findings);
    Ok(Scene { forward: forward(stages, document, facts, findings)?, ..scene })
}

/// The objects that go and hang together with others, as many as there is room for, with what is directly around them.
fn draw(graph: &ResourceGraph, lost: &BTreeSet<NodeId>, findings: &[Finding]) -> Scene {
    let gone = View::all(graph, lost).destroyed();
    let all: BTreeSet<NodeId> = gone.shown().collect();
    let mut ranked = Ranked::default();
    let subjects = findings.iter().filter_map(|finding| finding.subject.as_ref());
    let found = subjects.filter_map(|s| graph.find(&Address::new(s.address.as_str()), s.deposed.as_deref()));
    found.filter(|id| all.contains(id)).for_each(|id| ranked.push(id));
    for id in &all {
        ranked.push(*id);
    }
    let considered = ranked.order.len().min(CANDIDATES);
    for at in 0..considered {
        if let Some(id) = ranked.order.get(at).copied() {
            let room = CANDIDATES.saturating_sub(ranked.around.len());
            ranked.around.extend(graph.around_some(id, room).into_iter().filter(|id| !all.contains(id)));
        }
    }
    let candidates: Vec<NodeId> = ranked.order.iter().take(considered).chain(&ranked.around).copied().collect();
    let links = View::all(graph, lost).only(&candidates).links();
    // What is around something that goes matters; how the others hang together does not.
    let links: Vec<Link> =
        links.into_iter().filter(|link| all.contains(&link.from) || all.contains(&link.to)).collect();
    let linked: BTreeSet<NodeId> = links.iter().flat_map(|link| [link.from, link.to]).collect();
    let drawn: Vec<NodeId> = candidates.iter().copied().filter(|id| linked.contains(id)).take(DRAWN).collect();
    let alone = candidates.iter().filter(|id| all.contains(id) && !linked.contains(id)).count();
    let drawn_gone = drawn.iter().filter(|id| all.contains(id)).count();
    let view = View::all(graph, lost);
    let places: BTreeMap<NodeId, usize> = drawn.iter().copied().zip(0..).collect();
    let node = |id: &NodeId| {
        let node = graph.node(*id)?;
        Some(SceneNode {
            address: node.address.to_string(),
            deposed: node.deposed.clone(),
            resource_type: node.resource_type.clone(),
            state: view.state(*id),
            gone: all.contains(id),
        })
    };
    let edge = |link: Link| {
        let (from, to) = (*places.get(&link.from)?, *places.get(&link.to)?);
        Some(SceneEdge { from, to, why: link.why, contained: link.contained })
    };
    Scene {
        nodes: drawn.iter().filter_map(node).collect(),
        edges: direct(links.into_iter().filter_map(edge).collect(), drawn.len()),
        left_out: all.len().saturating_sub(drawn_gone + alone),
        alone,
        forward: BTreeMap::new(),
    }
}

/// The edges without those that say no more than a way round over other objects: drawn, they would run behind these.
/// Those by which something lies in something stay.
fn direct(edges: Vec<SceneEdge>, nodes: usize) -> Vec<SceneEdge> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for edge in &edges {
        out.iter_mut().skip(edge.from).take(1).for_each(|out| out.push(edge.to));
    }
    let reach: Vec<BTreeSet<usize>> = (0..nodes).map(|node| reached(node, &out)).collect();
    let reaches = |from: usize, to: usize| reach.get(from).is_some_and(|reached| reached.contains(&to));
    let has_way_round = |edge: &SceneEdge| {
        let over = |other: usize| other != edge.to && reaches(other, edge.to) && !reaches(edge.to, other);
        !reaches(edge.to, edge.from) && out.get(edge.from).is_some_and(|out| out.iter().any(|other| over(*other)))
    };
    let redundant: Vec<bool> = edges.iter().map(|edge| !edge.contained && has_way_round(edge)).collect();
    edges.into_iter().zip(redundant).filter(|(_, redundant)| !redundant).map(|(edge, _)| edge).collect()
}

/// What can be reached from a node, itself left out unless a circle leads back to it.
fn reached(start: usize, out: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for next in out.get(node).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(*next);
            }
        }
    }
    reached
}

/// Objects in the order in which they get room.
#[derive(Debug, Default)]
struct Ranked {
    order: Vec<NodeId>,
    seen: BTreeSet<NodeId>,
    /// What is directly around them and stays.
    around: BTreeSet<NodeId>,
}

impl Ranked {
    fn push(&mut self, id: NodeId) {
        if self.seen.insert(id) {
            self.order.push(id);
        }
    }
}

/// What one can do about the first findings; secrets are masked.
fn forward(
    stages: &Stages,
    document: &Document,
    facts: &Facts,
    findings: &[Finding],
) -> Result<BTreeMap<Fingerprint, Vec<Step>>, Problem> {
    let mut forward = BTreeMap::new();
    if findings.is_empty() {
        return Ok(forward);
    }
    let masker = Masker::from_json(document.bytes())?;
    let mask = |text: &str| masker.mask(text);
    let mut pages = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.is_set_aside()).take(FORWARD) {
        let resource_type = finding.subject.as_ref().and_then(|subject| subject.resource_type.clone());
        if !pages.contains_key(&resource_type) {
            pages.insert(resource_type.clone(), page(stages, finding)?);
        }
        let page = pages.get(&resource_type).and_then(Option::as_ref);
        let known = Known { facts: Some(facts), help: help(stages, finding), page, mask: &mask };
        let mut steps = explain("", 0, finding, &known, 1).forward;
        for step in &mut steps {
            step.text = masker.mask(&step.text);
            step.paste.iter_mut().for_each(|paste| paste.text = masker.mask(&paste.text));
        }
        forward.insert(finding.fingerprint.clone(), steps);
    }
    Ok(forward)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: usize, to: usize, contained: bool) -> SceneEdge {
        SceneEdge { from, to, why: String::new(), contained }
    }

    #[test]
    fn a_way_round_stands_for_a_direct_edge_but_not_for_containment_nor_in_a_circle() {
        let edges = vec![edge(1, 0, false), edge(2, 1, false), edge(2, 0, false), edge(3, 2, true), edge(3, 0, true)];
        let kept: Vec<_> = direct(edges, 4).iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(kept, [(1, 0), (2, 1), (3, 2), (3, 0)]);
        let circle = vec![edge(0, 1, false), edge(1, 2, false), edge(2, 0, false), edge(0, 2, false)];
        assert_eq!(direct(circle.clone(), 3), circle);
    }
}
