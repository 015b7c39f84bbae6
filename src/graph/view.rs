//! The graph, or a part of it, as text: for Graphviz, Mermaid, and as JSON.
//!
//! Owns what is shown and how it is escaped. Only addresses, types, verbs and attribute names are shown, no values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{NodeId, Origin, ResourceGraph};
use crate::text;

/// The version of the JSON.
pub const SCHEMA: &str = "plangate/graph/v1-draft";

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
    /// As data.
    Json,
}

/// That one resource depends on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The dependent.
    pub from: NodeId,
    /// What it needs or lies in.
    pub to: NodeId,
    /// Attributes, or a word for what else makes it depend.
    pub why: String,
    /// Whether it lies in it.
    pub contained: bool,
}

/// A part of a graph to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    graph: &'a ResourceGraph,
    shown: BTreeSet<NodeId>,
    /// Objects that are lost with what they lie in.
    lost: &'a BTreeSet<NodeId>,
}

impl<'a> View<'a> {
    /// Everything.
    #[must_use]
    pub fn all(graph: &'a ResourceGraph, lost: &'a BTreeSet<NodeId>) -> Self {
        Self { graph, shown: graph.nodes().map(|(id, _)| id).collect(), lost }
    }

    /// Only some resources and what is directly around them.
    #[must_use]
    pub fn around(mut self, centres: &[NodeId]) -> Self {
        let wanted: BTreeSet<NodeId> = centres.iter().flat_map(|id| self.graph.around(*id)).collect();
        self.shown.retain(|id| wanted.contains(id));
        self
    }

    /// Only what is destroyed, or lost with what it lies in.
    #[must_use]
    pub fn destroyed(mut self) -> Self {
        let (graph, lost) = (self.graph, self.lost);
        self.shown.retain(|id| lost.contains(id) || is_destroyed(graph, *id));
        self
    }

    /// Only these resources.
    #[must_use]
    pub fn only(mut self, ids: &[NodeId]) -> Self {
        self.shown = ids.iter().copied().collect();
        self
    }

    /// What is shown, in order.
    pub fn shown(&self) -> impl Iterator<Item = NodeId> {
        self.shown.iter().copied()
    }

    /// What depends on what among it.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let link = |((from, to), origins): ((NodeId, NodeId), BTreeSet<Origin>)| {
            let contained = origins.iter().any(|origin| matches!(origin, Origin::Containment(_)));
            Link { from, to, why: words(&origins), contained }
        };
        self.edges().into_iter().map(link).collect()
    }

    /// The text.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Dot => self.dot(),
            Format::Mermaid => self.mermaid(),
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    /// Edges between what is shown, with their reasons.
    fn edges(&self) -> BTreeMap<(NodeId, NodeId), BTreeSet<Origin>> {
        let mut edges: BTreeMap<(NodeId, NodeId), BTreeSet<Origin>> = BTreeMap::new();
        for from in &self.shown {
            let explained = self.graph.node(*from).is_some_and(|node| node.declared && node.opaque.is_empty());
            for (to, origin) in self.graph.dependencies(*from) {
                if self.shown.contains(&to) && !(explained && origin == Origin::PriorState) {
                    edges.entry((*from, to)).or_default().insert(origin);
                }
            }
        }
        for origins in edges.values_mut().filter(|origins| origins.len() > 1) {
            origins.remove(&Origin::PriorState);
        }
        edges
    }

    fn dot(&self) -> String {
        let mut out = String::from("digraph plan {\n  rankdir = LR\n  node [shape = box]\n");
        for id in &self.shown {
            let label = dot_text(&self.label(*id));
            let colour = if self.is_gone(*id) { ", color = red" } else { "" };
            let _ = writeln!(out, "  {label} [xlabel = {}{colour}]", dot_text(self.state(*id)));
        }
        for ((from, to), origins) in self.edges() {
            let (from, to) = (dot_text(&self.label(from)), dot_text(&self.label(to)));
            let _ = writeln!(out, "  {from} -> {to} [label = {}]", dot_text(&words(&origins)));
        }
        out.push_str("}\n");
        out
    }

    fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        let numbers: BTreeMap<NodeId, usize> = self.shown.iter().copied().zip(0..).collect();
        for (id, number) in &numbers {
            let class = if self.is_gone(*id) { ":::gone" } else { "" };
            let _ = writeln!(out, "  n{number}[\"{}<br>{}\"]{class}", mermaid_text(&self.label(*id)), self.state(*id));
        }
        for ((from, to), origins) in self.edges() {
            if let (Some(from), Some(to)) = (numbers.get(&from), numbers.get(&to)) {
                let _ = writeln!(out, "  n{from} -->|\"{}\"| n{to}", mermaid_text(&words(&origins)));
            }
        }
        out.push_str("  classDef gone stroke:red\n");
        out
    }

    fn json(&self) -> Value {
        let nodes: Vec<Value> = self.shown.iter().filter_map(|id| self.json_node(*id)).collect();
        let edges = self.edges().into_iter().flat_map(|((from, to), origins)| {
            let (from, to) = (self.label(from), self.label(to));
            origins.into_iter().map(move |origin| {
                let mut edge = json!({"from": from, "to": to, "origin": origin.word()});
                if let (Some(attribute), Some(edge)) = (origin.attribute(), edge.as_object_mut()) {
                    edge.insert("attribute".to_owned(), attribute.into());
                }
                edge
            })
        });
        json!({"schema": SCHEMA, "nodes": nodes, "edges": edges.collect::<Vec<_>>()})
    }

    fn json_node(&self, id: NodeId) -> Option<Value> {
        let node = self.graph.node(id)?;
        let mut json = json!({
            "id": self.label(id),
            "address": node.address.as_str(),
            "type": node.resource_type,
            "destroyed": is_destroyed(self.graph, id),
            "lost_with_container": self.lost.contains(&id),
        });
        if let Some(object) = json.as_object_mut() {
            let verb = node.action.map(|action| ("verb", action.verb().to_owned()));
            let deposed = node.deposed.clone().map(|key| ("deposed", key));
            object.extend([verb, deposed].into_iter().flatten().map(|(key, text)| (key.to_owned(), text.into())));
        }
        Some(json)
    }

    /// What tells the node from every other.
    fn label(&self, id: NodeId) -> String {
        let Some(node) = self.graph.node(id) else { return String::new() };
        match &node.deposed {
            Some(key) => format!("{} (deposed object {key})", node.address),
            None => node.address.to_string(),
        }
    }

    /// What becomes of a resource, in a word or a few.
    #[must_use]
    pub fn state(&self, id: NodeId) -> &'static str {
        match self.graph.node(id).and_then(|node| node.action) {
            _ if self.lost.contains(&id) => "lost with what it lies in",
            Some(action) => action.verb(),
            None => "in the prior state only",
        }
    }

    fn is_gone(&self, id: NodeId) -> bool {
        self.lost.contains(&id) || is_destroyed(self.graph, id)
    }
}

fn is_destroyed(graph: &ResourceGraph, id: NodeId) -> bool {
    graph.node(id).and_then(|node| node.action).is_some_and(crate::plan::Action::destroys)
}

fn words(origins: &BTreeSet<Origin>) -> String {
    let word = |origin: &Origin| match origin {
        Origin::Containment(attribute) => format!("in ({attribute})"),
        Origin::Reference(attribute) => attribute.to_string(),
        other => other.word().to_owned(),
    };
    origins.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// A quoted string of the DOT language.
fn dot_text(text: &str) -> String {
    format!("\"{}\"", text::one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text within a quoted label of Mermaid, where only entities escape.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in text::one_line(text).chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push_str("#96;"),
            c => out.push(c),
        }
    }
    out
}
