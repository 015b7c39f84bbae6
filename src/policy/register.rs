//! From what loaded files define to rules: names of the conventions, their METADATA, and what must not be.
//!
//! A rule may have several definitions, in several files; they are one rule only if they agree on what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::contract::{DeclaredLevel, level_from_name};
use super::metadata::{self, RuleMeta, Scope};
use super::{Origin, Rule};
use crate::finding::{Level, Location, RuleId, Severity};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Attachment, ModuleInfo, RuleInfo, RuleShape};

/// Packages below this one are the product's own.
const RESERVED_PACKAGE: &str = "plangate";

/// A rule as one file defines it.
struct Part<'a> {
    module: &'a ModuleInfo,
    info: &'a RuleInfo,
    /// What its METADATA blocks say, completed by the package's.
    metas: Vec<RuleMeta>,
    /// What a definition without a block says: what the package says. `None` where every definition has one.
    bare: Option<RuleMeta>,
}

/// All rules of the loaded files, and everything that keeps them from being what they seem.
pub(super) fn rules(modules: &[ModuleInfo]) -> (Vec<Rule>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut parts: BTreeMap<&str, Vec<Part<'_>>> = BTreeMap::new();
    for module in modules {
        problems.extend(reserved(module));
        for info in &module.rules {
            match verdict_name(module, info) {
                Ok(None) => {}
                Ok(Some(_)) => match part(module, info) {
                    Ok(part) => parts.entry(&info.path).or_default().push(part),
                    Err(problem) => problems.push(problem),
                },
                Err(problem) => problems.push(problem),
            }
        }
    }
    let mut rules = Vec::new();
    for parts in parts.values() {
        match merge(parts) {
            Ok(rule) => rules.extend(rule),
            Err(problem) => problems.push(problem),
        }
    }
    (rules, problems)
}

fn reserved(module: &ModuleInfo) -> Option<Problem> {
    let own = module.package == RESERVED_PACKAGE || module.package.starts_with("plangate.");
    (own && !module.trusted).then(|| {
        Problem::new(ProblemCode::PolicyLoad, format!("package `{}` is reserved for built-in rules", module.package))
            .at(&module.file, module.package_span, "this package")
            .help("choose a package of your own; helpers may be imported from `data.plangate.lib`")
    })
}

/// The level a rule's name stands for: its last step decides (`checks.storage.deny`). A name of the conventions
/// further in front would look like a rule and never be one.
fn verdict_name(module: &ModuleInfo, info: &RuleInfo) -> Result<Option<Level>, Problem> {
    let mut steps = info.name.split(['.', '[', ']', '"']).filter(|step| !step.is_empty()).rev();
    let last = steps.next().unwrap_or_default();
    let level = level_from_name(last);
    if let Some(step) = steps.find(|step| level_from_name(step).is_some()) {
        let help = format!("name the rule `{step}`, `{step}_{last}` or `{last}.{step}`: the last step decides");
        return Err(Problem::new(ProblemCode::PolicyLoad, format!("`{}` looks like a rule and is none", info.name))
            .at(&module.file, info.span, "defined here")
            .help(help));
    }
    let refuse = |what: &str, help: &str| {
        Problem::new(ProblemCode::PolicyLoad, format!("`{}` is {what}, so it can never be a finding", info.name))
            .at(&module.file, info.span, "defined here")
            .help(help)
    };
    match (level, info.shape) {
        (None, _) => Ok(None),
        (Some(_), RuleShape::Function) => {
            Err(refuse("a function", "give the rule no arguments, or the function another name"))
        }
        (Some(_), RuleShape::PartialObject) => {
            Err(refuse("an object of keys and values", "write `deny contains msg if { … }` (v0: `deny[msg] { … }`)"))
        }
        (Some(level), RuleShape::PartialSet | RuleShape::Complete) => Ok(Some(level)),
    }
}

fn part<'a>(module: &'a ModuleInfo, info: &'a RuleInfo) -> Result<Part<'a>, Problem> {
    let package = blocks(module, &Attachment::Package)?.into_iter().next().unwrap_or_default();
    let own = blocks(module, &Attachment::Rule(info.name.clone()))?;
    let bare = (own.len() < info.definitions.len()).then(|| package.clone());
    Ok(Part { module, info, metas: own.into_iter().map(|meta| meta.inherit(&package)).collect(), bare })
}

/// The METADATA blocks above a declaration; every one is read, so that none is wrong unnoticed.
fn blocks(module: &ModuleInfo, target: &Attachment) -> Result<Vec<RuleMeta>, Problem> {
    module
        .metadata
        .iter()
        .filter(|block| block.attaches_to == *target)
        .map(|block| metadata::parse(&block.yaml, &module.file, block.span))
        .collect()
}

/// One rule of all its parts; `None` where there are none.
fn merge(parts: &[Part<'_>]) -> Result<Option<Rule>, Problem> {
    let Some(first) = parts.first() else { return Ok(None) };
    // `scope: document` speaks for every definition that has no block of its own, in whatever file.
    let documented = parts.iter().flat_map(|part| &part.metas).any(|meta| meta.scope == Some(Scope::Document));
    let bare = |part: &Part<'_>| part.bare.clone().filter(|_| !documented);
    let all: Vec<RuleMeta> = parts.iter().flat_map(|part| part.metas.iter().cloned().chain(bare(part))).collect();
    let metas = || all.iter();
    let says = |meta: &RuleMeta| (meta.level, meta.id.clone());
    if metas().any(|meta| all.first().is_some_and(|first| says(first) != says(meta))) {
        return Err(disagreement(parts));
    }
    // Whatever else they say (a title, a severity) is taken from the first that says it.
    let meta = metas().fold(RuleMeta::default(), RuleMeta::inherit);
    let by_name = verdict_name(first.module, first.info)?.unwrap_or(Level::Deny);
    let declared = meta.level.unwrap_or(DeclaredLevel::Fixed(by_name));
    let (file, span) = (&first.module.file, first.info.span);
    Ok(Some(Rule {
        id: RuleId::new(meta.id.clone().unwrap_or_else(|| format!("{}.{}", first.module.package, first.info.name))),
        origin: if first.module.trusted { Origin::BuiltIn } else { Origin::Repository },
        severity: meta.severity.unwrap_or_else(|| severity_of(declared)),
        declared,
        location: Some(Location { file: file.name().to_owned(), position: file.position(span.start) }),
        path: Some(first.info.path.clone()),
        reads: Arc::clone(&first.info.reads),
        meta,
    }))
}

/// Definitions of one rule give different levels or ids: the level of a finding would depend on which comes first.
fn disagreement(parts: &[Part<'_>]) -> Problem {
    let places: Vec<String> =
        parts.iter().map(|part| format!("{}:{}", part.module.file.name(), part.info.line)).collect();
    let name = parts.first().map_or("", |part| part.info.name.as_str());
    let problem = Problem::new(
        ProblemCode::PolicyLoad,
        format!("the definitions of `{name}` do not agree on its level or id ({})", places.join(", ")),
    )
    .help(
        "a level or id in METADATA holds for a whole rule: write `scope: document` above one definition if it is meant \
         for all in that file, say the same in every file, or give the definitions names of their own (`deny_…`)",
    );
    match parts.first() {
        Some(part) => problem.at(&part.module.file, part.info.span, "defined here"),
        None => problem,
    }
}

/// The severity of a rule that names none.
fn severity_of(declared: DeclaredLevel) -> Severity {
    match declared {
        DeclaredLevel::Fixed(Level::Deny) => Severity::High,
        DeclaredLevel::Fixed(Level::Warn) | DeclaredLevel::PerFinding => Severity::Medium,
        DeclaredLevel::Fixed(Level::Info | Level::Off) => Severity::Info,
    }
}
