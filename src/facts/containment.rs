//! What lies in what: three ways of knowing, for objects as they are before the plan.
//!
//! 1. The object's id starts with the container's (Azure, Google).
//! 2. The attribute the catalogue lists has a value by which the container is called.
//! 3. The expression of that attribute refers to the container.
//!
//! The first that answers decides; where none can tell, several containers may be meant, and all are named.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::objects::{Called, Object};
use crate::graph::{Edge, NodeId, Origin, ResourceGraph};

/// How it is known that an object lies in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownBy {
    /// Its id starts with the container's.
    IdPrefix,
    /// An attribute has a value by which the container is called.
    Value,
    /// An attribute's expression, or the state, refers to the container.
    Reference,
}

impl KnownBy {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdPrefix => "id_prefix",
            Self::Value => "value",
            Self::Reference => "reference",
        }
    }
}

/// An object lies in another; both as indexes of the objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) child: usize,
    pub(super) parent: usize,
    pub(super) attribute: Arc<str>,
    pub(super) known_by: KnownBy,
}

impl Held {
    pub(super) fn edge(&self, objects: &[Object<'_>]) -> Option<Edge> {
        let (from, to) = (objects.get(self.child)?.id, objects.get(self.parent)?.id);
        Some(Edge { from, to, origin: Origin::Containment(Arc::clone(&self.attribute)) })
    }
}

/// What lies in what; sorted.
pub(super) fn find(objects: &[Object<'_>], graph: &ResourceGraph) -> Vec<Held> {
    let mut finder = Finder::new(objects, graph);
    let mut held = BTreeSet::new();
    for child in 0..objects.len() {
        held.extend(finder.containers_of(child));
    }
    held.into_iter().collect()
}

struct Finder<'a> {
    objects: &'a [Object<'a>],
    /// Where each object says it lies.
    places: Vec<Place<'a>>,
    graph: &'a ResourceGraph,
    by_node: HashMap<NodeId, usize>,
    /// Objects by type, those that are destroyed first.
    by_type: BTreeMap<&'a str, Vec<usize>>,
    /// Data stores by their hierarchical id, in lower case.
    by_id: Called,
    /// For a type of children: objects of a type by what an attribute may call them; filled on demand.
    called: HashMap<(&'a str, &'a str, String), Called>,
}

impl<'a> Finder<'a> {
    fn new(objects: &'a [Object<'a>], graph: &'a ResourceGraph) -> Self {
        let mut by_type: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_id = Called::default();
        let (destroyed, others): (Vec<_>, Vec<_>) =
            objects.iter().enumerate().partition(|(_, object)| object.is_destroyed());
        for (index, object) in destroyed.into_iter().chain(others) {
            by_type.entry(object.resource_type).or_default().push(index);
            // Settings of an object often have its very id: only what holds something is a container.
            let holds = object.entry.as_ref().is_some_and(|entry| entry.class.is_data_store());
            if let Some(id) = object.text("id").filter(|id| holds && is_hierarchical(id)) {
                by_id.add(&id.to_lowercase(), None, &object.module, index);
            }
        }
        let by_node = objects.iter().enumerate().map(|(index, object)| (object.id, index)).collect();
        let places = objects.iter().map(Place::of).collect();
        Self { objects, places, graph, by_node, by_type, by_id, called: HashMap::new() }
    }

    fn containers_of(&mut self, index: usize) -> Vec<Held> {
        let objects = self.objects;
        let Some(child) = objects.get(index) else { return Vec::new() };
        let mut found: Vec<Held> = self
            .by_prefix(child)
            .into_iter()
            .map(|parent| Held { child: index, parent, attribute: "id".into(), known_by: KnownBy::IdPrefix })
            .collect();
        for (attribute, parent_type) in child.containers() {
            let (parents, known_by) = self.by_attribute(index, attribute, parent_type);
            let attribute: Arc<str> = attribute.into();
            let held = |parent| Held { child: index, parent, attribute: Arc::clone(&attribute), known_by };
            found.extend(parents.into_iter().filter(|parent| *parent != index).map(held));
        }
        found.sort_by_key(|held| (held.parent, held.known_by));
        found.dedup_by_key(|held| held.parent);
        found
    }

    /// The nearest objects whose id the child's starts with.
    fn by_prefix(&self, child: &Object<'_>) -> Vec<usize> {
        let Some(id) = child.text("id").filter(|id| is_hierarchical(id)) else { return Vec::new() };
        let id = id.to_lowercase();
        let cuts = id.rmatch_indices('/').map(|(at, _)| at);
        let mut found = cuts.map(|at| self.by_id.get(id.get(..at).unwrap_or_default(), None, &child.module, |_| true));
        found.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The objects of a type that an attribute names.
    fn by_attribute(&mut self, index: usize, attribute: &str, parent_type: &str) -> (Vec<usize>, KnownBy) {
        let objects = self.objects;
        let Some(child) = objects.get(index) else { return (Vec::new(), KnownBy::Value) };
        let types: Vec<&'a str> = if parent_type.contains('*') {
            self.by_type.keys().copied().filter(|name| is_like(name, parent_type)).collect()
        } else {
            self.by_type.get_key_value(parent_type).map(|(name, _)| *name).into_iter().collect()
        };
        if types.is_empty() {
            return (Vec::new(), KnownBy::Value);
        }
        let value = child.text(attribute);
        let mut named: Vec<usize> = Vec::new();
        if let Some(value) = &value {
            for name in types.iter().copied() {
                let shared = shared_containers(child, name, self);
                let scope = scope_of(child, &shared);
                self.call(child.resource_type, name, attribute, &shared);
                let key = (child.resource_type, name, attribute.to_owned());
                let Some((called, mine)) = self.called.get(&key).zip(self.places.get(index)) else { continue };
                let may_be = |parent: usize| self.places.get(parent).is_some_and(|place| mine.fits(place));
                named.extend(called.get(value, scope.as_deref(), &child.module, may_be));
            }
        }
        if named.len() == 1 {
            return (named, KnownBy::Value);
        }
        let referenced = self.referenced(child, attribute, &types);
        if !named.is_empty() {
            let both: Vec<usize> = named.iter().copied().filter(|parent| referenced.contains(parent)).collect();
            return (if both.is_empty() { named } else { both }, KnownBy::Value);
        }
        // The expression tells where the object goes; where it is now only as long as it does not move.
        let moves = value.is_some() && child.change.is_some_and(|change| changes(change, attribute));
        (if moves { Vec::new() } else { referenced }, KnownBy::Reference)
    }

    /// The objects of these types that the attribute's expression refers to or, where nobody knows its expression,
    /// that the prior state says the object depends on.
    fn referenced(&self, child: &Object<'_>, attribute: &str, types: &[&str]) -> Vec<usize> {
        let top = attribute.split('.').next().unwrap_or(attribute);
        let is_meant = |id: NodeId| {
            let index = *self.by_node.get(&id)?;
            self.objects.get(index).filter(|object| types.contains(&object.resource_type)).map(|_| index)
        };
        let found: Vec<usize> = self.graph.referenced(child.id, top).into_iter().filter_map(is_meant).collect();
        let node = self.graph.node(child.id);
        let known = node.is_some_and(|node| node.declared && !node.opaque.iter().any(|name| &**name == top));
        if !found.is_empty() || known || child.text(attribute).is_some() {
            return found;
        }
        let stated = self.graph.dependencies(child.id).into_iter();
        stated.filter(|(_, origin)| *origin == Origin::PriorState).filter_map(|(id, _)| is_meant(id)).collect()
    }

    /// Notes for children of a type what the objects of another are called where `attribute` names them.
    fn call(&mut self, child_type: &'a str, resource_type: &'a str, attribute: &str, shared: &[String]) {
        self.called.entry((child_type, resource_type, attribute.to_owned())).or_insert_with(|| {
            let mut called = Called::default();
            for index in self.by_type.get(resource_type).into_iter().flatten().copied() {
                let Some(object) = self.objects.get(index) else { continue };
                let scope = scope_of(object, shared);
                for text in object.called(attribute) {
                    called.add(&text, scope.as_deref(), &object.module, index);
                }
            }
            called
        });
    }
}

/// The attributes by which children and containers both say what they lie in.
fn shared_containers(child: &Object<'_>, parent_type: &str, finder: &Finder<'_>) -> Vec<String> {
    let parent = finder.by_type.get(parent_type).and_then(|all| finder.objects.get(*all.first()?));
    let mine: BTreeSet<(&str, &str)> = child.containers().collect();
    let shared = parent.into_iter().flat_map(Object::containers).filter(|container| mine.contains(container));
    shared.map(|(attribute, _)| attribute.to_owned()).collect()
}

/// What an object says it lies in, as one text; `None` where it does not say all.
fn scope_of(object: &Object<'_>, attributes: &[String]) -> Option<String> {
    let values: Option<Vec<_>> = attributes.iter().map(|attribute| object.text(attribute)).collect();
    values.map(|values| values.join("\u{0}"))
}

/// Ids that are paths from a root: Azure's, and Google's.
fn is_hierarchical(id: &str) -> bool {
    ["/subscriptions/", "/providers/", "projects/", "organizations/", "folders/"]
        .iter()
        .any(|root| id.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root)))
}

/// Where an object says it lies.
struct Place<'a> {
    /// Values of the attributes that name what it lies in, with the type meant.
    said: Vec<(&'a str, &'a str, Cow<'a, str>)>,
    /// Its Azure resource group.
    group: Option<String>,
}

impl<'a> Place<'a> {
    fn of(object: &'a Object<'a>) -> Self {
        let said = object.containers().filter_map(|(attribute, kind)| Some((attribute, kind, object.text(attribute)?)));
        Self { said: said.collect(), group: object.text("id").and_then(|id| resource_group(&id)) }
    }

    /// Whether an object here can be meant by a name that fits: what both say they lie in is the same, and so is the
    /// resource group.
    fn fits(&self, other: &Self) -> bool {
        let differs = |(attribute, kind, value): &(&str, &str, Cow<'_, str>)| {
            other.said.iter().any(|(a, k, other)| a == attribute && k == kind && other != value)
        };
        let groups_differ = matches!((&self.group, &other.group), (Some(a), Some(b)) if a != b);
        !groups_differ && !self.said.iter().any(differs)
    }
}

/// `/subscriptions/…/resourcegroups/…` of an Azure id, in lower case.
fn resource_group(id: &str) -> Option<String> {
    let id = id.to_lowercase();
    let mut parts = id.split('/');
    let is_group = parts.next() == Some("") && parts.next() == Some("subscriptions");
    parts.next()?;
    let is_group = is_group && parts.next() == Some("resourcegroups");
    parts.next()?;
    let rest = parts.map(|part| part.len() + 1).sum::<usize>();
    is_group.then(|| id.get(..id.len() - rest).map(str::to_owned))?
}

/// Whether an update changes the attribute, or may.
fn changes(change: &crate::plan::ResourceChange, attribute: &str) -> bool {
    let before = super::objects::text_at(&change.change.before, attribute);
    change.change.action == crate::plan::Action::Update
        && super::objects::text_after(&change.change, attribute) != before
}

/// Whether a name is like a glob that has only `*`.
pub(super) fn is_like(name: &str, glob: &str) -> bool {
    match glob.split_once('*') {
        None => name == glob,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| is_like(tail.get(at..).unwrap_or(""), rest))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_group_of_an_id_is_its_first_part() {
        let group = resource_group("/subscriptions/0/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/a");
        assert_eq!(group.as_deref(), Some("/subscriptions/0/resourcegroups/rg"));
        assert_eq!(resource_group("/subscriptions/0/resourceGroups/RG"), group);
        for other in ["/subscriptions/0", "projects/a/b/c", "", "/subscriptions/0/providers/x"] {
            assert_eq!(resource_group(other), None, "{other}");
        }
    }

    #[test]
    fn globs_have_stars_only() {
        assert!(is_like("azurerm_data_factory_linked_service_x", "azurerm_data_factory_linked_service_*"));
        assert!(is_like("a", "*") && is_like("", "*") && is_like("abc", "a*c"));
        assert!(!is_like("ab", "a*c") && !is_like("b", "a"));
    }
}
