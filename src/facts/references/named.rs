//! Which targets the attributes of an object name, as they are after the plan where it changes them.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::attributes::Certainty;
use super::super::containment::is_like;
use super::super::guard::paths_of;
use super::Hit;
use super::targets::{Call, Place, Purpose, Targets, path_text};
use super::typed::{quoted, references};
use crate::catalog::{Entry, Generic, ReferenceForm, Relation};
use crate::graph::Node;
use crate::plan::{Action, Change, Lookup, PathStep, ResourceChange, Side, Value};

/// An attribute of a type that may name a target.
#[derive(Debug, Clone)]
struct Naming {
    attr: String,
    form: Form,
    /// It says what the object lies in, which keeps its name where it goes: only a rename makes that a reference.
    within: bool,
}

#[derive(Debug, Clone)]
enum Form {
    /// The value is a name of one of these types.
    Name(Vec<String>),
    /// The value is a path under this attribute of one of these types.
    Path(Vec<String>, String),
    /// It holds references with a word for the type.
    Typed,
    /// The value is a name of a key.
    Key,
}

/// A group that a value names; not sure where its text cannot be read.
struct Named {
    call: Call,
    certainty: Certainty,
}

/// Looks through objects, with what their types can name worked out once each.
pub(super) struct Scanner<'s, 'a> {
    targets: &'s Targets<'a>,
    generic: &'s Generic,
    by_type: HashMap<String, Rc<Vec<Naming>>>,
}

impl<'s, 'a> Scanner<'s, 'a> {
    pub(super) fn new(targets: &'s Targets<'a>, generic: &'s Generic) -> Self {
        Self { targets, generic, by_type: HashMap::new() }
    }

    /// The targets an object names; `values` are those it has before the plan.
    pub(super) fn scan(
        &mut self,
        node: &Node,
        change: Option<&ResourceChange>,
        values: &Value,
        entry: Option<&Entry>,
    ) -> Vec<Hit> {
        let namings = self.namings(&node.resource_type, entry);
        let change = change.map(|change| &change.change);
        let is_carrier = self.generic.dispatch.iter().any(|carrier| carrier.resource_type == node.resource_type);
        let mut hits = Vec::new();
        let mut last: Option<(&Value, Place)> = None;
        for naming in namings.iter() {
            for (named, side) in self.stated(naming, change, values) {
                let Some(group) = self.targets.groups.get(named.call.group) else { continue };
                if naming.within && !group.renamed_in_place {
                    continue;
                }
                if last.as_ref().is_none_or(|(value, _)| !std::ptr::eq(*value, side)) {
                    last = Some((side, Place::of(side, entry, is_carrier)));
                }
                let meets = || last.as_ref().and_then(|(_, place)| place.meets(&group.place));
                let met = if named.call.global { Some(true) } else { meets() };
                let certainty = match met {
                    Some(false) => continue,
                    Some(true) => named.certainty,
                    None => Certainty::Maybe,
                };
                hits.push(Hit { group: named.call.group, attribute: naming.attr.clone(), certainty });
            }
        }
        hits
    }

    fn namings(&mut self, resource_type: &str, entry: Option<&Entry>) -> Rc<Vec<Naming>> {
        if let Some(known) = self.by_type.get(resource_type) {
            return Rc::clone(known);
        }
        let mut namings = Vec::new();
        let listed = self.generic.references.iter();
        for reference in listed.filter(|row| row.from.iter().any(|glob| is_like(resource_type, glob))) {
            let form = match (reference.form, &reference.by) {
                (ReferenceForm::TypedJson, _) => Form::Typed,
                (ReferenceForm::Path, Some(by)) => Form::Path(reference.to.clone(), by.clone()),
                (ReferenceForm::Name | ReferenceForm::Path, _) => Form::Name(reference.to.clone()),
            };
            namings.push(Naming { attr: reference.attr.clone(), form, within: false });
        }
        let parents = entry.into_iter().flat_map(|entry| &entry.parents);
        let named = parents.filter(|parent| matches!(parent.rel, Relation::Uses | Relation::Contains));
        namings.extend(named.map(|parent| Naming {
            attr: parent.attr.clone(),
            form: Form::Name(vec![parent.resource_type.clone()]),
            within: parent.rel == Relation::Contains,
        }));
        namings.retain(|naming| match &naming.form {
            Form::Name(types) | Form::Path(types, _) => self.targets.has_type(types),
            Form::Typed => self.generic.reference_types.values().any(|types| self.targets.has_type(types)),
            Form::Key => true,
        });
        if self.targets.groups.iter().any(|group| group.purpose == Purpose::Key) {
            let key = |attr: &String| Naming { attr: attr.clone(), form: Form::Key, within: false };
            namings.extend(self.generic.key_attributes.iter().map(key));
        }
        let namings = Rc::new(namings);
        self.by_type.insert(resource_type.to_owned(), Rc::clone(&namings));
        namings
    }

    /// What an attribute names after the plan, with the values it stands among; what it named before, where it becomes
    /// unknown.
    fn stated<'v>(&self, naming: &Naming, change: Option<&'v Change>, values: &'v Value) -> Vec<(Named, &'v Value)> {
        let Some(change) = change.filter(|change| makes_values(change.action)) else {
            return self.on(naming, values).into_iter().map(|named| (named, values)).collect();
        };
        let mut all: Vec<_> = self.on(naming, &change.after).into_iter().map(|named| (named, &change.after)).collect();
        // What was written under an old key needs it still, and what becomes unknown may stay as it is.
        if matches!(naming.form, Form::Key) || is_unknown(change, &naming.attr) {
            let before = self.on(naming, values).into_iter();
            all.extend(before.map(|named| (Named { certainty: Certainty::Maybe, ..named }, values)));
        }
        all
    }

    /// What an attribute of a value names.
    fn on(&self, naming: &Naming, value: &Value) -> Vec<Named> {
        let mut found = Vec::new();
        for path in paths_of(value, &naming.attr) {
            if let Some(at) = value.at(&path) {
                self.read(naming, at, &mut found);
            }
        }
        found
    }

    fn read(&self, naming: &Naming, value: &Value, found: &mut Vec<Named>) {
        let certain = |call| Named { call, certainty: Certainty::Certain };
        match (&naming.form, value) {
            (Form::Typed, value) => match (references(value), value) {
                (Some(references), _) => {
                    for one in references {
                        let Some(types) = self.generic.reference_types.get(&one.word) else { continue };
                        found.extend(self.named(&one.name, types).filter(|call| call.own_name).map(certain));
                    }
                }
                (None, Value::String(text)) => {
                    let all: Vec<String> = self.generic.reference_types.values().flatten().cloned().collect();
                    let calls = quoted(text).flat_map(|part| self.named(part, &all).collect::<Vec<_>>());
                    let calls = calls.filter(|call| call.own_name);
                    found.extend(calls.map(|call| Named { call, certainty: Certainty::Maybe }));
                }
                (None, _) => {}
            },
            (_, Value::List(items)) => items.iter().for_each(|item| self.read(naming, item, found)),
            (Form::Name(types), Value::String(text)) => found.extend(self.named(text, types).map(certain)),
            (Form::Name(types), Value::Number(number)) => {
                found.extend(self.named(&number.to_string(), types).map(certain));
            }
            (Form::Key, Value::String(text)) => {
                let is_key = |call: &Call| {
                    let group = self.targets.groups.get(call.group);
                    call.global && group.is_some_and(|group| group.purpose == Purpose::Key)
                };
                found.extend(self.targets.called(text).into_iter().filter(is_key).map(certain));
            }
            (Form::Path(types, by), Value::String(text)) => found.extend(self.under(text, types, by).map(certain)),
            _ => {}
        }
    }

    fn named<'t>(&'t self, text: &str, types: &'t [String]) -> impl Iterator<Item = Call> + use<'t, 's, 'a> {
        let is_meant = |call: &Call| self.targets.groups.get(call.group).is_some_and(|group| group.is_like(types));
        self.targets.called(text).into_iter().filter(is_meant)
    }

    /// The targets that a path lies under.
    fn under<'t>(&'t self, text: &str, types: &'t [String], by: &str) -> impl Iterator<Item = Call> + use<'t, 's, 'a> {
        let path = path_text(text);
        let cuts = std::iter::once(path.len()).chain(path.rmatch_indices('/').map(|(at, _)| at));
        let at = |cut| self.targets.by_path.get(&(by.to_owned(), path.get(..cut).unwrap_or_default().to_owned()));
        let found: Vec<usize> = cuts.filter_map(at).flatten().copied().collect();
        let is_meant = |group: &usize| self.targets.groups.get(*group).is_some_and(|group| group.is_like(types));
        found.into_iter().filter(is_meant).map(|group| Call { group, global: true, own_name: false })
    }
}

/// Whether the values after the plan are the plan's own: those of all others are not kept, or are gone.
fn makes_values(action: Action) -> bool {
    matches!(action, Action::Create | Action::Update | Action::CreateThenForget | Action::ForgetThenCreate)
        || action.replaces()
}

/// Whether an attribute, or a part of it, is known only after apply.
fn is_unknown(change: &Change, attr: &str) -> bool {
    let unknown = |path: &[PathStep]| change.lookup(Side::After, path) == Lookup::Unknown;
    let top = [PathStep::Key(attr.split('.').next().unwrap_or(attr).into())];
    unknown(&top) || paths_of(&change.before, attr).iter().any(|path| unknown(path))
}
