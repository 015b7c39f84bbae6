//! Whether a path can lead anywhere in the input of a policy.
//!
//! Follows paths through the schema of plans and that of `input.plangate`. Must not know policies.

use serde_json::Value as Json;

use crate::eval::input::PolicyInput;
use crate::finding::VerbClass;
use crate::plan::Action;
use crate::plan::schema::{self, CONTEXT};
use crate::plan::sink::Selector;
use crate::rego::ALIASES;
use crate::suggest;

/// The key of what plangate derives from a plan.
const OWN: &str = "plangate";

/// The schemas.
pub(super) struct Shapes {
    plan: Json,
    own: Json,
}

/// What a path leads to.
pub(super) enum Look<'s> {
    /// Values of these shapes, nothing where the shape is open.
    Known(Vec<&'s Json>),
    /// Nothing, whatever the plan.
    Nowhere(Stop<'s>),
}

/// Where a path ends before it should.
pub(super) struct Stop<'s> {
    /// The step that leads nowhere.
    pub(super) at: usize,
    /// What stands there instead.
    pub(super) instead: Instead<'s>,
}

/// What a step is taken from.
pub(super) enum Instead<'s> {
    /// An object with these keys.
    Keys(Vec<&'s str>),
    /// A list, which has no keys.
    List,
    /// A value without elements.
    Scalar,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        let own = generator.into_root_schema_for::<PolicyInput<'_>>();
        Self { plan: schema::json_schema(), own: own.into() }
    }

    fn plan_keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.plan.get("properties").and_then(Json::as_object);
        keys.into_iter().flat_map(|keys| keys.keys().map(String::as_str)).filter(|key| !CONTEXT.contains(key))
    }

    /// Follows a path.
    pub(super) fn look(&self, path: &[Selector]) -> Look<'_> {
        let key = |at: usize| match path.get(at) {
            Some(Selector::Name(name)) => Some(&**name),
            _ => None,
        };
        let (root, skipped) = match key(0) {
            Some(OWN) => (&self.own, 1),
            // The plan itself under another name, or what the system adds.
            Some(first) if CONTEXT.contains(&first) => {
                let Some(second) = key(1) else { return Look::Known(Vec::new()) };
                let is_near = || self.plan_keys().any(|known| suggest::is_one_slip(second, known));
                if self.plan_keys().any(|known| known == second) || (ALIASES.contains(&first) && is_near()) {
                    (&self.plan, 1)
                } else {
                    return Look::Known(Vec::new());
                }
            }
            _ => (&self.plan, 0),
        };
        let mut nodes = vec![root];
        for (index, step) in path.iter().enumerate().skip(skipped) {
            let resolved: Vec<&Json> = nodes.iter().flat_map(|node| resolve(root, node)).collect();
            if resolved.iter().any(|node| is_open(node)) {
                return Look::Known(Vec::new());
            }
            nodes = resolved.iter().flat_map(|node| below(node, step)).collect();
            if nodes.is_empty() {
                let instead = instead(&resolved, index == 0);
                return Look::Nowhere(Stop { at: index, instead });
            }
        }
        let resolved: Vec<&Json> = nodes.iter().flat_map(|node| resolve(root, node)).collect();
        Look::Known(if resolved.iter().any(|node| is_open(node)) { Vec::new() } else { resolved })
    }
}

/// The words a value can be, if it is one of several.
pub(super) fn words<'s>(path: &[Selector], nodes: &[&'s Json]) -> Option<Vec<&'s str>> {
    if let (Some(Selector::Name(own)), Some(Selector::Name(last))) = (path.first(), path.last())
        && &**own == OWN
    {
        // The type says no more than that these are text.
        match &**last {
            "verb" => return Some(Action::verbs()),
            "verb_class" => {
                let all = [VerbClass::Keep, VerbClass::Update, VerbClass::Destroy, VerbClass::Forget];
                return Some(all.iter().map(|class| class.as_str()).collect());
            }
            _ => {}
        }
    }
    let mut words = Vec::new();
    for node in nodes {
        let listed = node.get("examples").or_else(|| node.get("enum")).and_then(Json::as_array);
        match (listed, node.get("const")) {
            (Some(listed), _) => words.extend(listed.iter().filter_map(Json::as_str)),
            (None, Some(word)) => words.extend(word.as_str()),
            (None, None) => return None,
        }
    }
    (!words.is_empty()).then_some(words)
}

/// The schemas a node stands for, references and alternatives followed; `null` left out.
fn resolve<'s>(root: &'s Json, node: &'s Json) -> Vec<&'s Json> {
    let target = |reference: &str| root.pointer(reference.strip_prefix('#')?);
    if let Some(target) = node.get("$ref").and_then(Json::as_str).and_then(target) {
        return resolve(root, target);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(alternatives) = node.get(key).and_then(Json::as_array) {
            return alternatives.iter().flat_map(|alternative| resolve(root, alternative)).collect();
        }
    }
    if is_of(node, "null") && node.get("type").is_some_and(Json::is_string) { Vec::new() } else { vec![node] }
}

fn is_of(node: &Json, kind: &str) -> bool {
    match node.get("type") {
        Some(Json::String(only)) => only == kind,
        Some(Json::Array(any)) => any.iter().any(|one| one == kind),
        _ => false,
    }
}

/// Whether anything can be in it.
fn is_open(node: &Json) -> bool {
    let has_kind = node.get("type").is_some() || node.get("const").is_some();
    let closed = node.get("properties").is_some() || node.get("additionalProperties").is_some_and(Json::is_object);
    !has_kind || (is_of(node, "object") && !closed) || (is_of(node, "array") && node.get("items").is_none())
}

fn below<'s>(node: &'s Json, step: &Selector) -> Vec<&'s Json> {
    let rest = node.get("additionalProperties").filter(|rest| rest.is_object());
    match step {
        Selector::Name(key) => {
            let own = node.get("properties").and_then(|keys| keys.get(&**key));
            own.or(rest).into_iter().collect()
        }
        Selector::Wildcard => {
            let keys = node.get("properties").and_then(Json::as_object);
            let keys = keys.into_iter().flat_map(serde_json::Map::values);
            node.get("items").into_iter().chain(keys).chain(rest).collect()
        }
    }
}

fn instead<'s>(nodes: &[&'s Json], is_root: bool) -> Instead<'s> {
    let mut keys: Vec<&str> = nodes
        .iter()
        .filter_map(|node| node.get("properties").and_then(Json::as_object))
        .flat_map(|keys| keys.keys().map(String::as_str))
        .collect();
    if is_root {
        keys.push(OWN);
    }
    if !keys.is_empty() {
        Instead::Keys(keys)
    } else if nodes.iter().any(|node| is_of(node, "array")) {
        Instead::List
    } else {
        Instead::Scalar
    }
}

/// Whether the shape is a list and nothing else.
pub(super) fn is_list(node: &Json) -> bool {
    is_of(node, "array") && node.get("type").is_some_and(Json::is_string)
}

/// A path as people write it: `input.resource_changes[_].change`.
pub(super) fn written(path: &[Selector]) -> String {
    let mut out = "input".to_owned();
    for step in path {
        match step {
            Selector::Name(name) => {
                out.push('.');
                out.push_str(name);
            }
            Selector::Wildcard => out.push_str("[_]"),
        }
    }
    out
}
