//! The rules in force: built-in ones and those of the repository, with their METADATA.
//!
//! Turns loaded modules into [`Rule`]s by the names of the conventions (`deny`, `violation`, `warn`
//! and suffixed forms). Must not evaluate anything nor know plans.

pub mod builtin;
pub mod contract;
pub mod metadata;
pub mod native;

use std::collections::BTreeMap;

use crate::finding::{Level, Location, RuleId, Severity};
use crate::policy::contract::{DeclaredLevel, level_from_name};
use crate::policy::metadata::RuleMeta;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Attachment, Dialect, InputUse, Limits, Module, ModuleInfo, Program, RuleInfo, RuleShape};
use crate::source::SourceFile;

/// Packages below this one are the product's own.
const RESERVED_PACKAGE: &str = "plangate";

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
        let mut modules: Vec<Module> = builtin::MODULES
            .iter()
            .map(|(path, text)| Module {
                file: SourceFile::new(format!("built-in:{path}"), *text),
                dialect: Dialect::V1,
                trusted: true,
            })
            .collect();
        modules.extend(files.into_iter().map(|f| Module { file: f.file, dialect: f.dialect, trusted: false }));
        let program = Program::load(modules, limits)?;

        let mut problems = Vec::new();
        let mut rules = native::rules();
        for module in program.modules() {
            match rules_of(module) {
                Ok(found) => rules.extend(found),
                Err(found) => problems.extend(found),
            }
        }
        merge_definitions(&mut rules);
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

/// The rules a module defines under names of the conventions.
fn rules_of(module: &ModuleInfo) -> Result<Vec<Rule>, Vec<Problem>> {
    let mut problems = Vec::new();
    if !module.trusted && (module.package == RESERVED_PACKAGE || module.package.starts_with("plangate.")) {
        problems.push(
            Problem::new(
                ProblemCode::PolicyLoad,
                format!("package `{}` is reserved for built-in rules", module.package),
            )
            .at(&module.file, module.package_span, "this package")
            .help("choose a package of your own; helpers may be imported from `data.plangate.lib`"),
        );
    }
    let package_meta = metadata_of(module, None).unwrap_or_else(|problem| {
        problems.push(problem);
        RuleMeta::default()
    });
    let mut rules = Vec::new();
    for info in &module.rules {
        let Some(by_name) = level_from_name(&info.name) else { continue };
        match rule_of(module, info, by_name, &package_meta) {
            Ok(rule) => rules.push(rule),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn rule_of(module: &ModuleInfo, info: &RuleInfo, by_name: Level, package_meta: &RuleMeta) -> Result<Rule, Problem> {
    let refuse = |what: &str, help: &str| {
        Problem::new(ProblemCode::PolicyLoad, format!("`{}` is {what}, so it can never be a finding", info.name))
            .at(&module.file, info.span, "defined here")
            .help(help)
    };
    match info.shape {
        RuleShape::Function => {
            return Err(refuse("a function", "give the rule no arguments, or the function another name"));
        }
        RuleShape::PartialObject => {
            return Err(refuse(
                "an object of keys and values",
                "write `deny contains msg if { … }` (v0: `deny[msg] { … }`)",
            ));
        }
        RuleShape::PartialSet | RuleShape::Complete => {}
    }
    let meta = metadata_of(module, Some(&info.name))?.inherit(package_meta);
    let declared = meta.level.unwrap_or(DeclaredLevel::Fixed(by_name));
    Ok(Rule {
        id: RuleId::new(meta.id.clone().unwrap_or_else(|| format!("{}.{}", module.package, info.name))),
        origin: if module.trusted { Origin::BuiltIn } else { Origin::Repository },
        severity: meta.severity.unwrap_or_else(|| severity_of(declared)),
        declared,
        location: Some(Location {
            file: module.file.name().to_owned(),
            position: module.file.position(info.span.start),
        }),
        path: Some(info.path.clone()),
        input: module.input.clone(),
        meta,
    })
}

/// The METADATA of the package (`rule` is `None`) or of the first block above a rule of that name.
fn metadata_of(module: &ModuleInfo, rule: Option<&str>) -> Result<RuleMeta, Problem> {
    let block = module.metadata.iter().find(|block| match (&block.attaches_to, rule) {
        (Attachment::Package, None) => true,
        (Attachment::Rule(name), Some(rule)) => name == rule,
        _ => false,
    });
    block.map_or_else(|| Ok(RuleMeta::default()), |block| metadata::parse(&block.yaml, &module.file, block.span))
}

/// The severity of a rule that names none.
fn severity_of(declared: DeclaredLevel) -> Severity {
    match declared {
        DeclaredLevel::Fixed(Level::Deny) => Severity::High,
        DeclaredLevel::Fixed(Level::Warn) | DeclaredLevel::PerFinding => Severity::Medium,
        DeclaredLevel::Fixed(Level::Info | Level::Off) => Severity::Info,
    }
}

/// One rule may be defined in several files of one package: the first (by file name) stands for all.
fn merge_definitions(rules: &mut Vec<Rule>) {
    rules.sort_by(|a, b| (&a.id, &a.path, &a.location).cmp(&(&b.id, &b.path, &b.location)));
    rules.dedup_by(|later, first| {
        let same = later.path.is_some() && later.path == first.path && later.id == first.id;
        if same {
            merge_input(&mut first.input, &later.input);
        }
        same
    });
}

/// A rule defined in two files reads what both read.
fn merge_input(into: &mut InputUse, from: &InputUse) {
    into.whole |= from.whole;
    into.mentions_plangate |= from.mentions_plangate;
    into.tokens.extend(from.tokens.iter().cloned());
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
