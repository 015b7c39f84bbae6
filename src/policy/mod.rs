//! The rules in force: built-in ones and those of the repository, with their METADATA.
//!
//! Turns loaded modules into [`Rule`]s by the names of the conventions (`deny`, `violation`, `warn`
//! and suffixed forms). Must not evaluate anything nor know plans.

pub mod builtin;
pub mod contract;
pub mod metadata;
pub mod native;
mod register;

use std::collections::BTreeMap;

use crate::finding::{Location, RuleId, Severity};
use crate::policy::contract::DeclaredLevel;
use crate::policy::metadata::RuleMeta;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Dialect, InputUse, Limits, Module, Program};
use crate::source::SourceFile;

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Written in Rust: judges the document or the process.
    Native,
    /// A Rego rule of the product.
    BuiltIn,
    /// A Rego rule of the repository.
    Repository,
}

impl Origin {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::BuiltIn => "built-in",
            Self::Repository => "repository",
        }
    }

    /// Whether the rule ships with the product.
    #[must_use]
    pub const fn is_shipped(self) -> bool {
        matches!(self, Self::Native | Self::BuiltIn)
    }
}

/// A rule in force.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// Where it comes from.
    pub origin: Origin,
    /// What it says of itself.
    pub meta: RuleMeta,
    /// The level it declares, by METADATA or by its name.
    pub declared: DeclaredLevel,
    /// The severity of its findings, unless a result says otherwise.
    pub severity: Severity,
    /// Where it is defined.
    pub location: Option<Location>,
    /// How the engine calls it (`data.main.deny`); `None` for native rules.
    pub path: Option<String>,
    /// What it reads of `input`.
    pub input: InputUse,
}

/// A policy file of the repository.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// The text.
    pub file: SourceFile,
    /// The dialect its configuration names.
    pub dialect: Dialect,
}

/// All rules, loaded and checked.
#[derive(Clone)]
pub struct PolicySet {
    program: Program,
    rules: Vec<Rule>,
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicySet").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl PolicySet {
    /// Loads the built-in modules and the repository's files, and checks everything before anything runs.
    ///
    /// # Errors
    /// Every problem of every file at once: what the engine's loader refuses, wrong METADATA, a rule with the
    /// name of a convention that cannot be one, a package of the product, two rules of one id.
    pub fn load(files: Vec<PolicyFile>, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let program = program(files, limits)?;
        let mut rules = native::rules();
        let (found, mut problems) = register::rules(program.modules());
        rules.extend(found);
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        problems.extend(duplicate_ids(&rules));
        if problems.is_empty() { Ok(Self { program, rules }) } else { Err(problems) }
    }

    /// All rules, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The program that evaluates them.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Whether some rule comes from the repository.
    #[must_use]
    pub fn has_repository_rules(&self) -> bool {
        self.rules.iter().any(|rule| rule.origin == Origin::Repository)
    }
}

/// The built-in modules and the repository's files, loaded and checked; which of their rules are in force is not asked.
///
/// # Errors
/// Every problem of every file at once: what the engine's loader refuses.
pub fn program(files: Vec<PolicyFile>, limits: &Limits) -> Result<Program, Vec<Problem>> {
    let mut modules = builtin::modules(builtin::notes().map_err(|problem| vec![problem])?);
    modules.extend(files.into_iter().map(|f| Module { file: f.file, dialect: f.dialect, trusted: false, known: None }));
    Program::load(modules, limits)
}

/// Two rules under one id would hide each other in reports and waivers.
fn duplicate_ids(rules: &[Rule]) -> Vec<Problem> {
    let mut seen: BTreeMap<&RuleId, &Rule> = BTreeMap::new();
    let mut problems = Vec::new();
    for rule in rules {
        if let Some(other) = seen.insert(&rule.id, rule) {
            let place = |rule: &Rule| {
                rule.location
                    .as_ref()
                    .map_or_else(|| "a native rule".to_owned(), |l| format!("{}:{}", l.file, l.position.line))
            };
            problems.push(
                Problem::new(
                    ProblemCode::PolicyLoad,
                    format!("two rules have the id `{}`: {} and {}", rule.id, place(other), place(rule)),
                )
                .help("give each a `custom.id` of its own in its METADATA"),
            );
        }
    }
    problems
}
