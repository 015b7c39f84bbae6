//! The rules in force: built-in ones and those of the repository, with their METADATA.
//!
//! Turns loaded modules into [`Rule`]s by the table of conventions and the entry points people name. Must not evaluate
//! anything nor know plans.

pub mod builtin;
pub mod contract;
pub mod conventions;
pub mod entry;
mod idle;
pub mod metadata;
pub mod native;
pub mod parameters;
pub mod reading;
mod register;
pub mod resource_rules;
pub mod set;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::data::Data;
use crate::finding::{Location, RuleId, Severity};
use crate::policy::contract::DeclaredLevel;
use crate::policy::entry::EntryPoint;
use crate::policy::metadata::RuleMeta;
use crate::policy::reading::Reading;
use crate::policy::resource_rules::ResourceRule;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Dialect, Limits, Module, Program, Reads};
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
    /// What it reads of `input`; nothing for native rules.
    pub reads: Arc<Reads>,
    /// The package of a scripted rule, without `data.`.
    pub package: Option<String>,
    /// Its name within the package.
    pub name: Option<String>,
    /// How many definitions it has.
    pub definitions: usize,
    /// How its value is read.
    pub reading: Reading,
    /// Whose convention it follows; `None` for built-in rules and for those that people name.
    pub tool: Option<&'static str>,
    /// What may except it.
    pub exception: Option<Exception>,
    /// Where it judges resources instead of the plan: how.
    pub resources: Option<ResourceRule>,
}

/// The rule of a package by which other rules of it can be excepted for a plan, as in conftest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// That rule.
    pub by: RuleId,
    /// The name by which it means this one.
    pub name: String,
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
    exceptions: Vec<Rule>,
    notes: Vec<String>,
    libraries: BTreeSet<String>,
}

/// What is loaded.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Policy files of the repository.
    pub files: Vec<PolicyFile>,
    /// Rules that are run whatever their names.
    pub entry_points: Vec<EntryPoint>,
    /// What policies see under `data` beside rules.
    pub data: Data,
    /// Remarks on what is loaded, for the report.
    pub notes: Vec<String>,
    /// It is to be tested or linted, not to judge: a package that nothing runs is no mistake.
    pub tested: bool,
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
        Self::load_all(Sources { files, ..Sources::default() }, limits)
    }

    /// Loads the built-in modules and everything the repository brings.
    ///
    /// # Errors
    /// As [`load`](Self::load), and for an entry point that no rule answers, a policy that can judge no plan, a package
    /// that nothing runs.
    pub fn load_all(sources: Sources, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let Sources { files, entry_points, data, mut notes, tested } = sources;
        let refused = conventions::refused(&files.iter().map(|file| &file.file).collect::<Vec<_>>());
        if !refused.is_empty() {
            return Err(refused);
        }
        let program = program(files, data, limits)?;
        let mut rules = native::rules();
        let found = register::rules(program.modules(), &entry_points, tested);
        let (mut problems, exceptions) = (found.problems, found.exceptions);
        notes.extend(found.notes);
        rules.extend(found.rules);
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        problems.extend(duplicate_ids(&rules));
        problems.extend(undeclared_parameters(&rules, &program));
        let libraries = found.libraries;
        if problems.is_empty() { Ok(Self { program, rules, exceptions, notes, libraries }) } else { Err(problems) }
    }

    /// The rules that say which others do not count for a plan; none of them makes findings.
    #[must_use]
    pub fn exceptions(&self) -> &[Rule] {
        &self.exceptions
    }

    /// What is not run, for the report.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether a package of the repository has no entry point, and rules that run use it.
    #[must_use]
    pub fn is_library(&self, package: &str) -> bool {
        self.libraries.contains(package)
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
pub fn program(files: Vec<PolicyFile>, data: Data, limits: &Limits) -> Result<Program, Vec<Problem>> {
    let mut modules = builtin::modules(builtin::notes().map_err(|problem| vec![problem])?);
    modules.extend(files.into_iter().map(|f| Module { file: f.file, dialect: f.dialect, trusted: false, known: None }));
    Program::load_with(modules, data, limits)
}

/// A parameter that METADATA does not declare has no value: the rule would be silent.
fn undeclared_parameters(rules: &[Rule], program: &Program) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in rules {
        for name in parameters::undeclared(rule) {
            let message =
                format!("rule `{}` reads the parameter `{name}`, which its METADATA does not declare", rule.id);
            let problem = Problem::new(ProblemCode::PolicyLoad, message)
                .help(format!("add `{name}: {{type: string, default: …}}` under `custom.parameters`"));
            let module = rule.location.as_ref().and_then(|at| {
                let module = program.modules().iter().find(|module| module.file.name() == at.file)?;
                let info = module.rules.iter().find(|info| Some(&info.path) == rule.path.as_ref())?;
                Some((&module.file, info.span))
            });
            problems.push(match module {
                Some((file, span)) => problem.at(file, span, "read by this rule"),
                None => problem,
            });
        }
    }
    problems
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
