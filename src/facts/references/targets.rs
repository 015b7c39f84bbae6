//! What a plan takes away that others may reference, and the names by which they do.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::guard::paths_of;
use super::super::objects::text_at;
use super::super::scene::All;
use super::super::{ChangeFacts, Deriver};
use super::{is_found_by_name, is_renamed_store};
use crate::catalog::{Carrier, Entry, Generic, Relation};
use crate::graph::{NodeId, ResourceGraph};
use crate::plan::{Action, PathStep, Plan, ResourceChange, Value};
use crate::problem::Problem;

/// Attributes that name an object the same way everywhere, so that it does not matter in what it lies.
const GLOBAL: [&str; 9] = [
    "id",
    "arn",
    "self_link",
    "fully_qualified_name",
    "full_name",
    "key_id",
    "versionless_id",
    "resource_id",
    "resource_versionless_id",
];

/// Why references to an object are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// Others find data through it.
    Found,
    /// It encrypts what others hold.
    Key,
}

/// Why a change's object matters to others; `None` for all that stays as it is.
pub(super) fn purpose(facts: &ChangeFacts) -> Option<Purpose> {
    let goes = facts.action.destroys() || facts.action.forgets();
    if is_found_by_name(&facts.catalog) {
        // Another object stands at the address of a deposed one, and has its name.
        return (facts.deposed.is_none() && (goes || facts.name_change.is_some())).then_some(Purpose::Found);
    }
    let is_key = facts.catalog.stakes.as_ref().is_some_and(|stakes| stakes.encryption_key);
    let stopped = || facts.attributes.iter().any(|attribute| attribute.stops_key);
    if is_key && (goes || stopped()) {
        return Some(Purpose::Key);
    }
    is_renamed_store(facts).then_some(Purpose::Found)
}

/// An object that goes or is renamed.
pub(super) struct Target<'a> {
    pub(super) id: NodeId,
    pub(super) change: &'a ResourceChange,
    pub(super) purpose: Purpose,
    /// Which of the groups it is in.
    pub(super) group: usize,
}

/// Targets that no name tells apart: of the same type, in the same place, called alike. What names one of them names all,
/// so that names are looked for once, however many there are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) purpose: Purpose,
    /// They stay, under another name.
    pub(super) renamed_in_place: bool,
    /// Their type and, of a generic resource, the type that is the same thing.
    pub(super) types: Vec<String>,
    pub(super) place: Place,
    /// Texts that call them: whether the name is the same everywhere, and whether it is the one others use.
    names: BTreeMap<String, (bool, bool)>,
    /// Starts of paths that lead to them.
    paths: Vec<(String, String)>,
}

/// How the targets of a group are called by a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) group: usize,
    /// The name is the same wherever the object lies.
    pub(super) global: bool,
    /// It is the attribute by which others find it.
    pub(super) own_name: bool,
}

/// All targets with an index of their names, in lower case.
pub(super) struct Targets<'a> {
    pub(super) list: Vec<Target<'a>>,
    pub(super) groups: Vec<Group>,
    called: HashMap<String, Vec<Call>>,
    /// By the start of paths that lead to them.
    pub(super) by_path: HashMap<(String, String), Vec<usize>>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        graph: &ResourceGraph,
        types: &mut Deriver<'_>,
        all: &All,
    ) -> Result<Self, Problem> {
        let generic = types.catalog.generic()?;
        let starts: BTreeSet<&String> =
            generic.references.iter().filter_map(|reference| reference.by.as_ref()).collect();
        let (mut list, mut groups) = (Vec::new(), BTreeMap::new());
        for id in all.nodes() {
            let Some(purpose) = all.get(id).and_then(purpose) else { continue };
            let Some(change) = graph.node(id).and_then(|node| node.source.change(plan)) else { continue };
            let entry = types.known_type(&change.resource_type)?.entry;
            let carrier = types.catalog.carrier(&change.resource_type)?;
            let mut known_as = vec![change.resource_type.clone()];
            known_as.extend(carrier.and_then(|carrier| same_as(change, carrier, generic)));
            let place = Place::of(&change.change.before, entry.as_deref(), carrier.is_some());
            let names = names(change, purpose, generic);
            let is_start = |start: &&&String| {
                let text = text_at(&change.change.before, start)?;
                Some(((**start).clone(), path_text(&text)))
            };
            let renamed_in_place = is_renamed_in_place(change, purpose);
            let starts = starts.iter().filter(|_| !renamed_in_place);
            let paths = starts.filter_map(|start| is_start(&start)).collect();
            let next = groups.len();
            let group = *groups
                .entry(Group { purpose, renamed_in_place, types: known_as, place, names, paths })
                .or_insert(next);
            list.push(Target { id, change, purpose, group });
        }
        let mut numbered: Vec<(usize, Group)> = groups.into_iter().map(|(group, number)| (number, group)).collect();
        numbered.sort_unstable_by_key(|(number, _)| *number);
        Ok(Self::indexed(list, numbered.into_iter().map(|(_, group)| group).collect()))
    }

    fn indexed(list: Vec<Target<'a>>, groups: Vec<Group>) -> Self {
        let mut called: HashMap<String, Vec<Call>> = HashMap::new();
        let mut by_path: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (at, group) in groups.iter().enumerate() {
            for (text, (global, own_name)) in &group.names {
                let call = Call { group: at, global: *global, own_name: *own_name };
                called.entry(text.clone()).or_default().push(call);
            }
            for path in &group.paths {
                by_path.entry(path.clone()).or_default().push(at);
            }
        }
        Self { list, groups, called, by_path }
    }

    /// The groups that a text names.
    pub(super) fn called(&self, text: &str) -> Vec<Call> {
        let spelt = spellings(text);
        spelt.iter().find_map(|text| self.called.get(text)).cloned().unwrap_or_default()
    }

    /// Whether any target is of one of these types.
    pub(super) fn has_type(&self, globs: &[String]) -> bool {
        self.groups.iter().any(|group| group.is_like(globs))
    }
}

impl Group {
    /// Whether they are of one of these types.
    pub(super) fn is_like(&self, globs: &[String]) -> bool {
        globs.iter().any(|glob| self.types.iter().any(|name| super::super::containment::is_like(name, glob)))
    }
}

/// The texts by which others call an object.
fn names(change: &ResourceChange, purpose: Purpose, generic: &Generic) -> BTreeMap<String, (bool, bool)> {
    let before = &change.change.before;
    let name = name_path(before, generic).map(|(attribute, _)| attribute);
    let renamed = is_renamed_in_place(change, purpose);
    let mut names = BTreeMap::new();
    for attribute in GLOBAL.iter().copied().filter(|_| !renamed).chain(name) {
        let Some(text) = text_at(before, attribute) else { continue };
        for text in spellings(&text) {
            let (global, own_name) = names.entry(text).or_insert((false, false));
            *global |= GLOBAL.contains(&attribute);
            *own_name |= Some(attribute) == name;
        }
    }
    names
}

/// What is renamed in place keeps its id, and what lies under its path.
fn is_renamed_in_place(change: &ResourceChange, purpose: Purpose) -> bool {
    change.change.action == Action::Update && purpose == Purpose::Found
}

/// A text as it is compared, the longest form first. Names of Azure, AWS and Snowflake ignore case where they are not
/// quoted. A key's id may or may not have its version: `…/keys/name/version`, `…/cryptoKeyVersions/1`.
fn spellings(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut all = vec![text.clone()];
    if let Some((start, _)) = text.split_once("/cryptokeyversions/") {
        all.push(start.to_owned());
    }
    if let Some((start, rest)) = text.split_once("/keys/")
        && let Some((name, _)) = rest.split_once('/')
        && (text.starts_with("https://") || rest.contains("/versions/"))
    {
        all.push(format!("{start}/keys/{name}"));
    }
    all
}

/// A path as it is compared: without a slash at its end.
pub(super) fn path_text(text: &str) -> String {
    text.trim_end_matches('/').to_lowercase()
}

/// The attribute by which others find an object, with where it is.
pub(super) fn name_path<'g>(before: &Value, generic: &'g Generic) -> Option<(&'g str, Vec<PathStep>)> {
    generic.name_attributes.iter().find_map(|attribute| {
        text_at(before, attribute)?;
        Some((attribute.as_str(), paths_of(before, attribute).into_iter().next()?))
    })
}

fn same_as(change: &ResourceChange, carrier: &Carrier, generic: &Generic) -> Option<String> {
    let carried = text_at(&change.change.before, &carrier.attr)?;
    generic.carried(carrier, &carried)?.same_as.clone()
}

/// What an object says it lies in.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Attribute of the type's containers → value.
    containers: Vec<(String, Option<String>)>,
    /// The parent's id, of generic resources.
    parent: Option<String>,
}

impl Place {
    pub(super) fn of(value: &Value, entry: Option<&Entry>, is_carrier: bool) -> Self {
        let text = |attribute: &str| text_at(value, attribute).map(Cow::into_owned).map(|text| text.to_lowercase());
        let parents = entry.into_iter().flat_map(|entry| &entry.parents);
        let contains = parents.filter(|parent| parent.rel == Relation::Contains && !parent.legacy);
        Self {
            containers: contains.map(|parent| (parent.attr.clone(), text(&parent.attr))).collect(),
            parent: if is_carrier { text("parent_id") } else { None },
        }
    }

    /// Whether a name that one of two objects uses can mean the other; `None` where one does not say where it lies.
    pub(super) fn meets(&self, other: &Self) -> Option<bool> {
        if let (Some(a), Some(b)) = (&self.parent, &other.parent) {
            return Some(a == b);
        }
        for (carrier, typed) in [(self, other), (other, self)] {
            if let Some(parent) = &carrier.parent {
                let mut ids = typed.containers.iter().filter_map(|(_, value)| value.as_ref());
                return if typed.containers.is_empty() { None } else { Some(ids.any(|id| id == parent)) };
            }
        }
        let mut certain = true;
        for (attribute, mine) in &self.containers {
            let Some((_, theirs)) = other.containers.iter().find(|(name, _)| name == attribute) else { continue };
            match (mine, theirs) {
                (Some(a), Some(b)) if a != b => return Some(false),
                (Some(_), Some(_)) => {}
                _ => certain = false,
            }
        }
        certain.then_some(true)
    }
}
