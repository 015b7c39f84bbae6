//! The objects of a plan as they are before it: what a graph's nodes say of themselves.
//!
//! Owns reading of identifying values. They are compared and never stated.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::Deriver;
use super::guard::paths_of;
use crate::catalog::{Entry, OWN_IDENTITY, Relation};
use crate::graph::{NodeId, ResourceGraph, Source};
use crate::plan::{Action, Change, Lookup, Mode, Plan, PriorInstance, ResourceChange, Side, Value};
use crate::problem::Problem;

/// An object that exists before the plan.
pub(super) struct Object<'a> {
    pub(super) id: NodeId,
    pub(super) resource_type: &'a str,
    pub(super) action: Option<Action>,
    pub(super) before: &'a Value,
    /// The change, unless only the prior state has the object.
    pub(super) change: Option<&'a ResourceChange>,
    pub(super) entry: Option<Arc<Entry>>,
    /// The module instance it stands in, as text.
    pub(super) module: String,
}

impl Object<'_> {
    /// The text at a path with dots; of several the first. Absent where it is no text and no number.
    pub(super) fn text(&self, attribute: &str) -> Option<Cow<'_, str>> {
        text_at(self.before, attribute)
    }

    /// Whether the object is destroyed by its own change.
    pub(super) fn is_destroyed(&self) -> bool {
        self.action.is_some_and(Action::destroys)
    }

    /// Everything by which it may be called where `attribute` of another object names it.
    pub(super) fn called(&self, attribute: &str) -> Vec<String> {
        let names = OWN_IDENTITY.iter().copied().chain([attribute]);
        let mut texts: Vec<String> = names.filter_map(|name| self.text(name).map(Cow::into_owned)).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    /// The attributes that name what it lies in, with the types meant.
    pub(super) fn containers(&self) -> impl Iterator<Item = (&str, &str)> {
        let parents = self.entry.iter().flat_map(|entry| &entry.parents);
        parents
            .filter(|parent| parent.rel == Relation::Contains)
            .map(|parent| (parent.attr.as_str(), parent.resource_type.as_str()))
    }
}

/// The text at a path with dots.
pub(super) fn text_at<'v>(value: &'v Value, attribute: &str) -> Option<Cow<'v, str>> {
    let found = if attribute.contains('.') {
        paths_of(value, attribute).first().and_then(|path| value.at(path))
    } else if let Value::Map(map) = value {
        map.get(attribute)
    } else {
        None
    };
    match found? {
        Value::String(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// Every managed object that exists, in the order of the graph.
pub(super) fn objects<'a>(
    plan: &'a Plan,
    graph: &'a ResourceGraph,
    types: &mut Deriver<'_>,
) -> Result<Vec<Object<'a>>, Problem> {
    let mut found = Vec::new();
    for (id, node) in graph.nodes() {
        let change = node.source.change(plan);
        let before = match (change, node.source) {
            (Some(change), _) => &change.change.before,
            (None, Source::Prior(index)) => match plan.prior_instances.as_ref().and_then(|all| all.get(index)) {
                Some(prior) => &prior.values,
                None => continue,
            },
            (None, _) => continue,
        };
        let exists = !matches!(node.action, Some(Action::Create | Action::Read | Action::Ephemeral));
        if exists && change.is_none_or(ResourceChange::is_managed) {
            let entry = types.known_type(&node.resource_type)?.entry;
            let resource_type = node.resource_type.as_str();
            let module = node.address.module();
            found.push(Object { id, resource_type, action: node.action, before, change, entry, module });
        }
    }
    Ok(found)
}

/// An object only the prior state has, as a change that does nothing.
pub(super) fn untouched(prior: &PriorInstance) -> ResourceChange {
    ResourceChange {
        address: prior.address.clone(),
        previous_address: None,
        mode: Mode::Managed,
        resource_type: prior.resource_type.clone(),
        provider: None,
        deposed: prior.deposed.clone(),
        change: Change {
            action: Action::NoOp,
            actions: vec!["no-op".to_owned()],
            before: prior.values.clone(),
            before_sensitive: prior.sensitive.clone(),
            ..Change::default()
        },
        action_reason: None,
    }
}

/// The text of an attribute after the plan; `None` where it is unknown, absent or no text.
pub(super) fn text_after<'a>(change: &'a Change, attribute: &str) -> Option<Cow<'a, str>> {
    let path = paths_of(&change.after, attribute).into_iter().next()?;
    match change.lookup(Side::After, &path) {
        Lookup::Known(_) => text_at(&change.after, attribute),
        Lookup::Absent | Lookup::Unknown => None,
    }
}

/// How many objects of one name are looked at: more are a crowd of which nobody can say which is meant.
const CROWD: usize = 256;

/// How many of them are named.
const NAMED: usize = 8;

/// Objects by a text that names them, the nearest first: those of the same module that lie in the same place, those
/// that lie there in any module, and those that do not say where they lie.
#[derive(Debug, Default)]
pub(super) struct Called {
    near: HashMap<(String, String, String), Vec<usize>>,
    there: HashMap<(String, String), Vec<usize>>,
    anywhere: HashMap<String, Vec<usize>>,
}

impl Called {
    /// Adds an object; those that are destroyed must come before all others, for a crowd is cut.
    pub(super) fn add(&mut self, name: &str, place: Option<&str>, module: &str, index: usize) {
        let at = place.unwrap_or_default();
        self.near.entry((name.to_owned(), at.to_owned(), module.to_owned())).or_default().push(index);
        self.there.entry((name.to_owned(), at.to_owned())).or_default().push(index);
        self.anywhere.entry(name.to_owned()).or_default().push(index);
    }

    /// The first objects of a name that pass a test, of the first circle that has any. Objects that do not say where they
    /// lie have no place (`""`), and one that does not say is looked for everywhere. Of a crowd in which nobody looked at
    /// passes the first is taken: some other may, and those that are destroyed come first.
    pub(super) fn get(
        &self,
        name: &str,
        place: Option<&str>,
        module: &str,
        may_be: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let at = place.unwrap_or_default();
        let near = self.near.get(&(name.to_owned(), at.to_owned(), module.to_owned()));
        let there = self.there.get(&(name.to_owned(), at.to_owned())).filter(|_| place.is_some());
        let anywhere = self.anywhere.get(name);
        for circle in [near, there, anywhere].into_iter().flatten() {
            let looked_at = circle.iter().copied().take(CROWD);
            let found: Vec<usize> = looked_at.filter(|index| may_be(*index)).take(NAMED).collect();
            if !found.is_empty() {
                return found;
            }
            if circle.len() > CROWD {
                return circle.iter().copied().take(1).collect();
            }
        }
        Vec::new()
    }
}
