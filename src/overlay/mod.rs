//! A repository's own catalogue: types to add, and levels for some types, addresses or attributes.
//!
//! Owns reading, strict validation, and the audit of entries that have expired or match nothing. What an entry
//! means for a type is [`crate::catalog`]'s. Must not read files or the clock.

mod check;
mod json;
mod toml;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::catalog::{Overlay, Override, TypePatch};
use crate::finding::{Finding, Fingerprint, Level, LevelFrom, Location, RuleId, Severity};
use crate::source::Position;

pub use json::parse as parse_json;
pub use toml::{entry, parse as parse_toml};

/// The rule that says an entry has expired.
pub const EXPIRED_RULE: &str = "catalog/expired";
/// The rule that says an entry matches nothing.
pub const UNUSED_RULE: &str = "catalog/unused";

/// One entry as it was written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it says.
    pub says: Says,
    /// Last day it holds.
    pub expires: Option<Date>,
    /// Where it stands.
    pub location: Location,
}

/// What an entry says.
#[derive(Debug, Clone)]
pub enum Says {
    /// Something about a type.
    Type(Box<TypePatch>),
    /// Something about some objects.
    Override(Box<Override>),
}

impl Entry {
    fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// What it is about, in words.
    fn describe(&self) -> String {
        match &self.says {
            Says::Type(patch) => format!("the entry of the catalogue about `{}`", patch.resource_type),
            Says::Override(o) => {
                let types = o.types.as_ref().map(|types| format!(" of `{}`", types.as_str()));
                let address = o.address.as_ref().map(|address| format!(" at `{}`", address.as_str()));
                let conditions: Vec<&str> = o.conditions.keys().map(String::as_str).collect();
                let conditions = (!conditions.is_empty()).then(|| format!(" by {}", conditions.join(", ")));
                [Some("the override".to_owned()), types, address, conditions].into_iter().flatten().collect()
            }
        }
    }
}

/// Everything a repository says, in order; later entries win.
#[derive(Debug, Clone, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// These entries, in the order of their files.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    /// What holds on a day. Ids are places in the order of all entries.
    #[must_use]
    pub fn in_force(&self, today: Date) -> Overlay {
        let mut overlay = Overlay::default();
        for (id, entry) in self.0.iter().enumerate().filter(|(_, entry)| !entry.is_expired(today)) {
            match &entry.says {
                Says::Type(patch) => {
                    overlay.types.entry(patch.resource_type.clone()).or_default().push((id, TypePatch::clone(patch)));
                }
                Says::Override(o) => overlay.overrides.push(Override { id, ..Override::clone(o) }),
            }
        }
        overlay
    }

    /// What is wrong with the entries, given the ids of those that had a say in any plan of the run. Levels are the
    /// declared ones; configuration comes after.
    #[must_use]
    pub fn audit(&self, used: &BTreeSet<usize>, today: Date) -> Vec<Finding> {
        let judge = |(id, entry): (usize, &Entry)| {
            let what = entry.describe();
            if let Some(last) = entry.expires.filter(|last| *last < today) {
                let message = format!("{what} expired after {last} and says nothing any more");
                return Some(finding(EXPIRED_RULE, Level::Warn, Severity::Low, entry, message));
            }
            let message = format!("{what} matches no change");
            (!used.contains(&id)).then(|| finding(UNUSED_RULE, Level::Info, Severity::Info, entry, message))
        };
        self.0.iter().enumerate().filter_map(judge).collect()
    }
}

fn finding(rule: &str, level: Level, severity: Severity, entry: &Entry, message: String) -> Finding {
    let rule = RuleId::new(rule);
    Finding {
        fingerprint: Fingerprint::of_message(&rule, &message),
        rule,
        level,
        declared_level: level,
        level_from: LevelFrom::Rule,
        severity,
        subject: None,
        message,
        location: Some(entry.location.clone()),
        source: None,
        root_cause: None,
        details: BTreeMap::new(),
        metadata: BTreeMap::new(),
        waiver: None,
        exception: None,
    }
}

/// A place in a file of which only the start is known.
fn start_of(file: &str) -> Location {
    Location { file: file.to_owned(), position: Position { line: 1, column: 1 } }
}

#[cfg(test)]
mod tests;
