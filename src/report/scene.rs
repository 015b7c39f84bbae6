//! What the HTML report alone shows beside findings: the graph around what goes, and ways forward.
//!
//! Plain data, made by `gate` where such a report is wanted. Must not judge, nor know the graph it was taken from.

use std::collections::BTreeMap;

use crate::explain::Step;
use crate::finding::Fingerprint;

/// What stands around the destroyed objects of a plan.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The objects that are drawn, the weightiest first.
    pub nodes: Vec<SceneNode>,
    /// How they hang together.
    pub edges: Vec<SceneEdge>,
    /// Objects that go and are not drawn, because there is no room for them.
    pub left_out: usize,
    /// Objects that go and hang together with no other.
    pub alone: usize,
    /// What one can do about a finding, the best first; for as many findings as reports of people have room for.
    pub forward: BTreeMap<Fingerprint, Vec<Step>>,
}

/// An object that is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneNode {
    /// Its address.
    pub address: String,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// Resource type.
    pub resource_type: String,
    /// What becomes of it, in a word or a few.
    pub state: &'static str,
    /// Whether it is destroyed, or lost with what it lies in.
    pub gone: bool,
}

/// A line between two objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneEdge {
    /// The dependent: an index into the nodes.
    pub from: usize,
    /// What it needs or lies in.
    pub to: usize,
    /// Attributes, or a word for what else makes it depend.
    pub why: String,
    /// Whether it lies in it.
    pub contained: bool,
}
