//! From what loaded files define to rules: those the conventions know, those people name, their METADATA, and what
//! must not be.
//!
//! A rule may have several definitions, in several files; they are one rule only if they agree on what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::contract::{DeclaredLevel, level_from_name};
use super::conventions::{self, Role};
use super::entry::EntryPoint;
use super::metadata::{self, RuleMeta, Scope};
use super::reading::Reading;
use super::{Exception, Origin, Rule, idle, resource_rules};
use crate::finding::{Level, Location, RuleId, Severity};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{self, Attachment, ModuleInfo, RuleInfo, RuleShape};
use crate::suggest;

/// Packages below this one are the product's own.
const RESERVED_PACKAGE: &str = "plangate";

/// A rule as one file defines it.
struct Part<'a> {
    module: &'a ModuleInfo,
    info: &'a RuleInfo,
    role: Entry<'a>,
    /// What its METADATA blocks say, completed by the package's.
    metas: Vec<RuleMeta>,
    /// What a definition without a block says: what the package says. `None` where every definition has one.
    bare: Option<RuleMeta>,
}

/// Why a rule is run, and how.
#[derive(Clone, Copy)]
struct Entry<'a> {
    reading: Reading,
    level: Level,
    tool: Option<&'static str>,
    named: Option<&'a EntryPoint>,
}

/// What register finds in loaded files.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rules: Vec<Rule>,
    /// Rules that say which others do not count, by package.
    pub(super) exceptions: Vec<Rule>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
    /// Packages without an entry point that rules use.
    pub(super) libraries: BTreeSet<String>,
}

/// All rules of the loaded files, and everything that keeps them from being what they seem.
pub(super) fn rules(modules: &[ModuleInfo], named: &[EntryPoint], tested: bool) -> Found {
    let resources = resource_rules::find(modules);
    let mut found =
        Found { rules: resources.rules, problems: resources.problems, notes: resources.notes, ..Found::default() };
    let named = by_path(modules, named, &mut found.problems);
    let mut parts: BTreeMap<&str, Vec<Part<'_>>> = BTreeMap::new();
    let mut exceptions: BTreeMap<&str, Vec<Part<'_>>> = BTreeMap::new();
    let called: BTreeSet<&str> = modules.iter().flat_map(|module| &module.calls).map(String::as_str).collect();
    for module in modules {
        found.problems.extend(reserved(module));
        // A function that rules call is a helper, whatever its name.
        let is_helper = |info: &&RuleInfo| info.shape == RuleShape::Function && called.contains(info.path.as_str());
        for info in module.rules.iter().filter(|info| !is_helper(info)) {
            let of_resources =
                resources.packages.contains(module.package.as_str()) && resource_rules::judges(&info.name);
            // A function of the library judges nothing that rules do not ask it.
            let of_library = resources.library.contains(module.package.as_str()) && info.shape == RuleShape::Function;
            if (of_resources || of_library) && !named.contains_key(&info.path) {
                continue;
            }
            let made = match role(module, info, &named) {
                Ok(None) => continue,
                Ok(Some(Judging::Left(why))) => {
                    found.notes.push(format!("`{}.{}` is not run: {why}", module.package, info.name));
                    continue;
                }
                Ok(Some(Judging::Entry(entry))) => part(module, info, entry).map(|part| (&mut parts, part)),
                Ok(Some(Judging::Exceptions(entry))) => part(module, info, entry).map(|part| (&mut exceptions, part)),
                Err(problem) => Err(problem),
            };
            match made {
                Ok((into, part)) => into.entry(&info.path).or_default().push(part),
                Err(problem) => found.problems.push(problem),
            }
        }
    }
    // A number decides nothing.
    let decides = |part: &&Part<'_>| part.role.reading != Reading::Score;
    let run: BTreeSet<&str> = parts
        .values()
        .flatten()
        .filter(decides)
        .map(|part| part.module.package.as_str())
        .chain(resources.packages)
        .chain(resources.library.iter().copied())
        .collect();
    let idle = idle::packages(modules, &run);
    found.problems.extend(idle.problems.into_iter().filter(|_| !tested));
    found.notes.extend(idle.notes);
    found.libraries = idle.libraries;
    found.libraries.extend(resources.library.into_iter().map(str::to_owned));
    found.notes.sort();
    found.notes.dedup();
    for (parts, into) in [(&exceptions, true), (&parts, false)] {
        for parts in parts.values() {
            match merge(parts) {
                Ok(None) => {}
                Ok(Some(rule)) if into => found.exceptions.push(rule),
                Ok(Some(rule)) => found.rules.push(rule),
                Err(problem) => found.problems.push(problem),
            }
        }
    }
    except(&mut found);
    found
}

/// Says of each rule by which rule of its package it may be excepted, and under which name.
fn except(found: &mut Found) {
    for rule in &mut found.rules {
        let exception = found.exceptions.iter().find(|exception| exception.package == rule.package);
        // Other tools know no rules below a step of their own.
        let plain = rule.name.as_deref().filter(|name| level_from_name(name).is_some());
        rule.exception = exception.zip(plain).map(|(exception, name)| Exception {
            by: exception.id.clone(),
            name: conventions::excepted_name(name).to_owned(),
        });
    }
}

/// The named entry points by the path of their rule; of two for one rule the stricter holds. One that no rule answers
/// is a problem.
fn by_path<'a>(
    modules: &[ModuleInfo],
    named: &'a [EntryPoint],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, &'a EntryPoint> {
    let own = || modules.iter().filter(|module| !module.trusted).flat_map(|module| &module.rules);
    let mut by_path: BTreeMap<String, &EntryPoint> = BTreeMap::new();
    for entry in named {
        let path = rego::path_of(&entry.path);
        if !own().any(|rule| rule.path == path) {
            let problem = entry.problem(format!("no rule answers `{}`", entry.written), "no such rule");
            problems.push(match suggest::nearest(&path, own().map(|rule| rule.path.as_str())) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("name the package and the rule, and load the file that declares it (`policies`)"),
            });
        } else if by_path.get(&path).is_none_or(|other| other.level < entry.level) {
            by_path.insert(path, entry);
        }
    }
    by_path
}

fn reserved(module: &ModuleInfo) -> Option<Problem> {
    let own = module.package == RESERVED_PACKAGE || module.package.starts_with("plangate.");
    (own && !module.trusted).then(|| {
        Problem::new(ProblemCode::PolicyLoad, format!("package `{}` is reserved for built-in rules", module.package))
            .at(&module.file, module.package_span, "this package")
            .help("choose a package of your own; helpers may be imported from `data.plangate.lib`")
    })
}

enum Judging<'a> {
    Entry(Entry<'a>),
    Exceptions(Entry<'a>),
    Left(&'static str),
}

/// What a rule is for: what people name it for, or what its name stands for. The last step of a name decides
/// (`checks.storage.deny`); a name of the conventions further in front would look like a rule and never be one.
fn role<'a>(
    module: &ModuleInfo,
    info: &RuleInfo,
    named: &BTreeMap<String, &'a EntryPoint>,
) -> Result<Option<Judging<'a>>, Problem> {
    let named = named.get(&info.path).copied().filter(|_| !module.trusted);
    let last = conventions::last_step(&info.name);
    if let Some(step) = conventions::steps(&info.name).rev().skip(1).find(|step| level_from_name(step).is_some()) {
        let help = format!("name the rule `{step}`, `{step}_{last}` or `{last}.{step}`: the last step decides");
        return Err(Problem::new(ProblemCode::PolicyLoad, format!("`{}` looks like a rule and is none", info.name))
            .at(&module.file, info.span, "defined here")
            .help(help));
    }
    let convention = conventions::of(&module.package, &info.name);
    let mut entry = Entry {
        reading: named.map_or(Reading::Results, |named| named.reading),
        level: named.and_then(|named| named.level).unwrap_or(Level::Deny),
        tool: convention.map(|row| row.tool),
        named,
    };
    match convention.map(|row| (row, row.role)) {
        Some((row, Role::Entry(reading, _))) => {
            entry.reading = reading;
            entry.level = named.and_then(|named| named.level).or_else(|| row.level(&info.name)).unwrap_or(Level::Deny);
        }
        Some((_, Role::Exceptions)) if named.is_none() => {
            return Ok((info.shape != RuleShape::Function).then_some(Judging::Exceptions(entry)));
        }
        Some((_, Role::LeftOut(why))) if named.is_none() => return Ok(Some(Judging::Left(why))),
        Some((_, Role::Idle)) | None if named.is_none() => return Ok(None),
        _ => {}
    }
    shaped(module, info, entry).map(|entry| Some(Judging::Entry(entry)))
}

/// A rule that is run must be able to yield a finding.
fn shaped<'a>(module: &ModuleInfo, info: &RuleInfo, entry: Entry<'a>) -> Result<Entry<'a>, Problem> {
    let refuse = |what: &str, help: &str| {
        Problem::new(ProblemCode::PolicyLoad, format!("`{}` is {what}, so it can never be a finding", info.name))
            .at(&module.file, info.span, "defined here")
            .help(help)
    };
    match info.shape {
        RuleShape::Function => Err(refuse("a function", "give the rule no arguments, or the function another name")),
        RuleShape::PartialObject => {
            Err(refuse("an object of keys and values", "write `deny contains msg if { … }` (v0: `deny[msg] { … }`)"))
        }
        RuleShape::PartialSet | RuleShape::Complete => Ok(entry),
    }
}

fn part<'a>(module: &'a ModuleInfo, info: &'a RuleInfo, role: Entry<'a>) -> Result<Part<'a>, Problem> {
    let package = blocks(module, &Attachment::Package)?.into_iter().next().unwrap_or_default();
    let own = blocks(module, &Attachment::Rule(info.name.clone()))?;
    let bare = (own.len() < info.definitions.len()).then(|| package.clone());
    Ok(Part { module, info, role, metas: own.into_iter().map(|meta| meta.inherit(&package)).collect(), bare })
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
    let mut meta = metas().fold(RuleMeta::default(), RuleMeta::inherit);
    let role = first.role;
    // A level that a policy set or the configuration gives a rule by its path holds before what the rule says.
    let named_level = role.named.and_then(|named| named.level).map(DeclaredLevel::Fixed);
    let declared = named_level.or(meta.level).unwrap_or(DeclaredLevel::Fixed(role.level));
    if let Some(named) = role.named {
        meta.title = meta.title.or_else(|| named.title.clone());
        meta.description = meta.description.or_else(|| named.description.clone());
    }
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
        package: Some(first.module.package.clone()),
        name: Some(first.info.name.clone()),
        definitions: parts.iter().map(|part| part.info.definitions.len()).sum(),
        reading: role.reading,
        tool: role.tool.filter(|_| !first.module.trusted),
        exception: None,
        resources: None,
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
