//! Advice to authors of policies: what would make a rule never fire, or say too much, without anyone noticing.
//!
//! Owns the lints: what each looks for and says. Works on policies alone; must not evaluate rules, know a plan, or decide
//! whether apply may run. A lint that cannot be precise does not belong here.

mod comparisons;
mod fields;
mod rules;
mod shape;
mod table;
mod tested;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::policy::{self, PolicyFile, PolicySet, Sources};
use crate::problem::Problem;
use crate::rego::usage::{self, Spot, Usage};
use crate::rego::{Dialect, Limits, Module};
use crate::source::SourceFile;

pub use table::{ALL, Lint, NEVER_TESTED};
pub use tested::Tested;

/// What a finding of a lint means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not looked for.
    Off,
    /// It is shown.
    Warn,
    /// It is shown, and the run fails.
    Error,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Off, Self::Warn, Self::Error];

    /// The word used in the configuration and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What is looked for, and what is known beside the policies.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Levels that differ from those of the table.
    pub levels: Levels,
    /// What the tests of the policies make fire.
    pub tested: Tested,
    /// Rules that run whatever their names, by path, whether or not they are among these policies.
    pub named: BTreeSet<String>,
}

/// Levels that differ from those of the table, by the id of the lint.
pub type Levels = BTreeMap<&'static str, Level>;

/// The level in force for a lint.
#[must_use]
pub fn level_of(lint: &Lint, levels: &Levels) -> Level {
    levels.get(lint.id).copied().unwrap_or(lint.level)
}

/// What a lint found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which lint.
    pub lint: &'static Lint,
    /// The level in force; never [`Level::Off`].
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What is wrong just at the place.
    pub label: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub spot: Spot,
}

/// The lint with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    ALL.into_iter().find(|lint| lint.id == id)
}

/// Loads the files of a repository as `check` does, and looks for what the levels leave on. Sorted by place.
///
/// # Errors
/// What keeps the policies from being loaded.
pub fn run(
    sources: Sources,
    limits: &Limits,
    catalog: &Catalog,
    settings: &Settings,
) -> Result<Vec<Finding>, Vec<Problem>> {
    let shipped = policy::builtin::MODULES.iter().map(|(path, text)| Module {
        file: SourceFile::new(format!("built-in:{path}"), *text),
        dialect: Dialect::V1,
        trusted: true,
        known: None,
    });
    let own = sources.files.iter().cloned().map(|PolicyFile { file, dialect }| Module {
        file,
        dialect,
        trusted: false,
        known: None,
    });
    let modules = shipped.chain(own).collect();
    let data = sources.data.clone();
    let entry_points = sources.entry_points.iter().map(|entry| crate::rego::path_of(&entry.path));
    let named = settings.named.iter().cloned().chain(entry_points).collect();
    // What nothing runs may be what a lint is about.
    let policies = PolicySet::load_all(Sources { tested: true, ..sources }, limits)?;
    let usage = usage::of(modules, &data, limits)?;
    let mut found = Found { levels: &settings.levels, findings: Vec::new() };
    tested::look(&policies, &settings.tested, &mut found);
    look(&usage, catalog, &named, found)
}

/// Adds what is in the text of policies to what was found. Sorted by place.
///
/// # Errors
/// A catalogue that cannot be read.
fn look(
    usage: &Usage,
    catalog: &Catalog,
    named: &BTreeSet<String>,
    mut found: Found<'_>,
) -> Result<Vec<Finding>, Vec<Problem>> {
    let shapes = shape::Shapes::new();
    fields::unknown(usage, &shapes, &mut found);
    comparisons::unknown_values(usage, &shapes, &mut found);
    rules::look(usage, named, &mut found);
    types::unknown(usage, catalog, &mut found).map_err(|problem| vec![problem])?;
    let mut findings = found.findings;
    findings.sort_by(|a, b| (a.spot.key(), a.lint.id, &a.message).cmp(&(b.spot.key(), b.lint.id, &b.message)));
    findings.dedup_by(|a, b| a.spot == b.spot && a.lint.id == b.lint.id && a.message == b.message);
    Ok(findings)
}

/// Findings, with the levels in force.
struct Found<'l> {
    levels: &'l Levels,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn report(&mut self, lint: &'static Lint, spot: Spot, message: String, label: &str, help: String) {
        let level = level_of(lint, self.levels);
        if level > Level::Off {
            self.findings.push(Finding { lint, level, message, label: label.to_owned(), help, spot });
        }
    }
}

#[cfg(test)]
mod tests;
