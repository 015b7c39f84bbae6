//! What a repository says about resource types beside the catalogue that ships.
//!
//! Shapes, and how an entry is patched. Must not read files nor know when an entry has expired: only those in
//! force arrive here.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;
use serde::Deserialize;
use serde_json::Value;

use super::entry::{Class, DestroyGuard, Entry, GuardClause, Level, Overlaid, OwnClause, Parent, Relation, Risk};
use super::entry::{Severity, Status, Variant};
use super::generic::Generic;
use crate::address::AddressPattern;

/// A type that is added, or of which some fields are replaced.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypePatch {
    /// Exact type name.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The provider, for display.
    pub provider: Option<String>,
    /// What kind of thing it is.
    pub class: Option<Class>,
    /// How bad its loss is.
    pub severity: Option<Severity>,
    /// Level of its destruction.
    pub default: Option<Level>,
    /// Level under the strict preset.
    pub strict: Option<Level>,
    /// What is lost with it.
    pub loses: Option<String>,
    /// Whether it can be recovered: a word, and details in parentheses.
    pub recover: Option<String>,
    /// Attributes that protect it; added to those of the catalogue.
    #[serde(default)]
    pub protect: Vec<String>,
    /// Attribute changes that lose data or protection; one about the very change of another gives that its level.
    #[serde(default)]
    pub risky: Vec<Risk>,
    /// What it lies in, uses, configures or protects; added.
    #[serde(default)]
    pub parents: Vec<Parent>,
    /// What decides whether a destroy destroys; added.
    pub destroy_guard: Option<DestroyGuard>,
    /// Objects that are something else; they come before those of the catalogue.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// Why; required where it lowers something.
    pub reason: Option<String>,
    /// Last day it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// Levels for some objects of some types.
#[derive(Debug, Clone)]
pub struct Override {
    /// Identifies it among all entries of the repository.
    pub id: usize,
    /// Which types; any where `None`.
    pub types: Option<TypeSelector>,
    /// Current or previous address.
    pub address: Option<AddressPattern>,
    /// Attribute of the object as it is → values of which it must have one.
    pub conditions: BTreeMap<String, Vec<Value>>,
    /// In place of the catalogue's.
    pub class: Option<Class>,
    /// In place of the catalogue's.
    pub severity: Option<Severity>,
    /// In place of the catalogue's.
    pub default: Option<Level>,
    /// In place of the catalogue's.
    pub strict: Option<Level>,
    /// Why.
    pub reason: Option<String>,
}

/// Which types an override is about.
#[derive(Debug, Clone)]
pub enum TypeSelector {
    /// This one.
    Exact(String),
    /// Those whose name matches.
    Glob(GlobMatcher),
}

impl TypeSelector {
    /// The name or pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exact(name) => name,
            Self::Glob(glob) => glob.glob().glob(),
        }
    }

    /// Whether it selects a type.
    #[must_use]
    pub fn matches(&self, resource_type: &str) -> bool {
        match self {
            Self::Exact(name) => name == resource_type,
            Self::Glob(glob) => glob.is_match(resource_type),
        }
    }
}

/// Everything a repository says, in the order it was written; later entries win.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Types by name, each with the id of its entry.
    pub types: BTreeMap<String, Vec<(usize, TypePatch)>>,
    /// Overrides.
    pub overrides: Vec<Override>,
}

impl Overlay {
    /// The overrides that may be about objects of a type.
    pub fn overrides_of(&self, resource_type: &str) -> impl Iterator<Item = &Override> {
        self.overrides.iter().filter(move |o| o.types.as_ref().is_none_or(|types| types.matches(resource_type)))
    }

    /// The attributes by which it tells objects apart, or what lies in what.
    pub(super) fn identifying_attributes(&self) -> impl Iterator<Item = &str> {
        let patches = || self.types.values().flatten().map(|(_, patch)| patch);
        let parents = patches().flat_map(|patch| &patch.parents).filter(|parent| parent.rel == Relation::Contains);
        let variants = patches().flat_map(|patch| &patch.variants).flat_map(|variant| variant.when.keys());
        let conditions = self.overrides.iter().flat_map(|over| over.conditions.keys());
        parents.map(|parent| parent.attr.as_str()).chain(variants.chain(conditions).map(String::as_str))
    }

    /// The entry of a type with everything the repository says of it; `None` if neither says enough.
    pub(super) fn patched(&self, resource_type: &str, base: Option<Entry>) -> Option<Entry> {
        let Some(patches) = self.types.get(resource_type) else { return base };
        patches.iter().fold(base, |entry, (_, patch)| patch.apply(entry))
    }

    /// Ids of the entries about a type.
    pub(super) fn ids_of(&self, resource_type: &str) -> BTreeSet<usize> {
        self.types.get(resource_type).into_iter().flatten().map(|(id, _)| *id).collect()
    }

    /// The last reason given for what is said of a type.
    pub(super) fn reason_of(&self, resource_type: &str) -> Option<&str> {
        self.types.get(resource_type)?.iter().rev().find_map(|(_, patch)| patch.reason.as_deref())
    }
}

impl TypePatch {
    /// The entry with these fields; a new one needs class, severity, default, loses and recover. What ships stays in
    /// force: of it the repository replaces levels and words, and adds the rest.
    #[must_use]
    pub fn apply(&self, base: Option<Entry>) -> Option<Entry> {
        let mut entry = match base {
            Some(entry) => entry,
            None => self.new_entry()?,
        };
        (entry.default, entry.strict) = levels(entry.default, entry.strict, self.default, self.strict);
        entry.class = self.class.map_or(entry.class, |class| entry.class.overlaid_by(class));
        entry.severity = self.severity.unwrap_or(entry.severity);
        entry.loses = self.loses.clone().unwrap_or(entry.loses);
        entry.recover = self.recover.clone().unwrap_or(entry.recover);
        self.guard(&mut entry.destroy_guard);
        entry
            .protect
            .extend(self.protect.iter().filter(|name| !entry.protect.contains(name)).cloned().collect::<Vec<_>>());
        for own in self.own_risks() {
            match entry.risky.iter_mut().find(|shipped| shipped.is_same_change(&own)) {
                Some(shipped) => *shipped = shipped.overlaid_by(&own),
                None => entry.risky.push(own),
            }
        }
        entry.parents.extend(self.parents.iter().cloned());
        entry.variants = self.variants.iter().cloned().chain(entry.variants).collect();
        Some(entry)
    }

    fn own_risks(&self) -> impl Iterator<Item = Risk> {
        self.risky.iter().map(|risk| {
            let overlaid = Some(Overlaid { was: risk.level, reason: self.reason.clone() });
            Risk { own: true, overlaid, ..risk.clone() }
        })
    }

    fn guard(&self, guard: &mut DestroyGuard) {
        let Some(own) = &self.destroy_guard else { return };
        let mark = |clause: &GuardClause| {
            let own = Some(OwnClause { reason: self.reason.clone() });
            GuardClause { own, ..clause.clone() }
        };
        guard.blocked_when.extend(own.blocked_when.iter().map(mark));
        guard.harmless_when.extend(own.harmless_when.iter().map(mark));
        guard.snapshot_when.extend(own.snapshot_when.iter().map(mark));
        guard.escalates_when.extend(own.escalates_when.iter().map(mark));
    }

    fn new_entry(&self) -> Option<Entry> {
        Some(Entry {
            resource_type: self.resource_type.clone(),
            status: Status::Current,
            removed: None,
            doc: None,
            source: None,
            class: self.class?,
            encryption_key: false,
            found_by_name: false,
            severity: self.severity?,
            default: self.default?,
            strict: self.strict,
            loses: self.loses.clone()?,
            recover: self.recover.clone()?,
            protect: Vec::new(),
            destroy_guard: DestroyGuard::default(),
            variants: Vec::new(),
            parents: Vec::new(),
            risky: Vec::new(),
            force_new: Vec::new(),
        })
    }

    /// Whether it makes a change of an attribute count for less than the rules about every type do.
    #[must_use]
    pub fn lowers_generic(&self, generic: &Generic) -> bool {
        self.risky.iter().any(|own| {
            generic.generic_rules.iter().any(|rule| own.level < rule.level && rule.risk().is_same_change(own))
        })
    }

    /// Whether it makes a loss count for less than the entry it patches.
    #[must_use]
    pub fn lowers(&self, base: &Entry) -> bool {
        self.default.is_some_and(|level| level < base.default)
            || self.severity.is_some_and(|severity| severity < base.severity)
            || self.class.is_some_and(|class| base.class.is_data_store() && !class.is_data_store())
            || self.destroy_guard.is_some()
            || !self.variants.is_empty()
            || self
                .risky
                .iter()
                .any(|own| base.risky.iter().any(|shipped| own.level < shipped.level && shipped.is_same_change(own)))
    }
}

/// Levels after the repository had its say. The strict level goes only with the default it belongs to: nothing else
/// shows that it was lowered.
#[must_use]
pub fn levels(
    default: Level,
    strict: Option<Level>,
    own: Option<Level>,
    own_strict: Option<Level>,
) -> (Level, Option<Level>) {
    let (default, strict) = match own {
        Some(own) if own < default => (own, own_strict),
        _ => (own.unwrap_or(default), own_strict.max(strict)),
    };
    (default, strict.filter(|strict| *strict > default))
}
