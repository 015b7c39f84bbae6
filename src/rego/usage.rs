//! What policies do with their input, expression by expression: for tools that advise authors.
//!
//! Owns reads with the place of each key, comparisons with constants, what flows into messages, and who refers to whom. Says
//! nothing of what is right; must not run anything.

mod collect;
mod message;

use std::collections::{BTreeMap, BTreeSet};

use crate::data::Data;
use crate::plan::sink::Selector;
use crate::problem::Problem;
use crate::source::{SourceFile, Span};

use super::known;
use super::load::{self, Parsed};
use super::names::{Names, Parts};
use super::reads::watch::{self, Expressions};
use super::{Limits, Module, ModuleInfo, ast};

/// A path into the input.
pub type Path = Vec<Selector>;

/// A place in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: SourceFile,
    /// The bytes.
    pub span: Span,
}

impl Spot {
    /// What places are sorted by.
    #[must_use]
    pub fn key(&self) -> (&str, Span) {
        (self.file.name(), self.span)
    }
}

/// What policies do.
#[derive(Debug)]
pub struct Usage {
    /// The files of the repository, sorted by name.
    pub modules: Vec<ModuleInfo>,
    /// References that can be nothing but pieces of the input.
    pub reads: Vec<Read>,
    /// Comparisons of a piece of the input with strings.
    pub comparisons: Vec<Comparison>,
    /// Every string that is written down, with its places.
    pub literals: BTreeMap<String, Vec<Spot>>,
    /// What each rule does, functions left out.
    pub rules: Vec<RuleUsage>,
}

/// A reference: `rc.change.after`, `object.get(rc, ["change", "after"], {})`.
#[derive(Debug)]
pub struct Read {
    /// Where the whole of it stands.
    pub spot: Spot,
    /// What it may be.
    pub paths: Vec<Path>,
    /// Its own steps, the last of each path: a key with its place; nothing where the key is computed.
    pub steps: Vec<Option<(String, Span)>>,
}

/// A comparison, or a look-up in a set.
#[derive(Debug)]
pub struct Comparison {
    /// Where it stands.
    pub spot: Spot,
    /// The side that is a piece of the input.
    pub paths: Vec<Path>,
    /// The strings it is compared with.
    pub strings: Vec<Written>,
    /// How.
    pub kind: Compared,
}

/// How a piece of the input is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// It is the string.
    Itself,
    /// Its elements are the strings.
    Elements,
    /// It is a key of an object, which may have keys for other uses.
    Key,
}

/// A string, and where it is written.
#[derive(Debug)]
pub struct Written {
    /// The string.
    pub text: String,
    /// Where.
    pub spot: Spot,
}

/// What a rule does, in all its definitions and through what it refers to.
#[derive(Debug)]
pub struct RuleUsage {
    /// Its path: `data.main.deny`.
    pub path: String,
    /// Some other rule refers to it.
    pub is_referred_to: bool,
    /// Pieces of the input that it looks at, each with the first place in a file of the repository.
    pub looks_at: Vec<(Path, Spot)>,
    /// Pieces of the input in its result.
    pub yields: Vec<(Path, Spot)>,
}

/// Looks at what modules do that load. Those that ship are looked through, not at.
///
/// # Errors
/// A file that cannot be parsed.
pub fn of(modules: Vec<Module>, data: &Data, limits: &Limits) -> Result<Usage, Vec<Problem>> {
    let refers = modules.iter().any(|module| !module.trusted && known::may_refer(module.file.text()));
    let mut modules: Vec<Module> = modules.into_iter().filter(|module| refers || !module.trusted).collect();
    modules.sort_by(|a, b| a.file.name().cmp(b.file.name()));
    let mut parsed: Vec<Parsed> = Vec::new();
    let mut problems = Vec::new();
    for outcome in load::parse_in_halves(&modules, limits) {
        match outcome {
            Ok(module) => parsed.push(module),
            Err(found) => problems.extend(found),
        }
    }
    load::fail(problems)?;
    Ok(study(&Names::new(&parsed).with_data(data)))
}

fn study(names: &Names<'_>) -> Usage {
    let is_rule =
        |path: &&Parts| names.rules.get(*path).into_iter().flatten().all(|definition| definition.arity.is_none());
    let rules: Vec<&Parts> = names.rules.keys().filter(is_rule).collect();
    let all = watch::watch(names, rules.iter().copied());
    let literals = collect::literals(names);
    let referred = collect::referred_to(names);
    Usage {
        modules: load::describe(names).into_iter().filter(|module| !module.trusted).collect(),
        reads: collect::reads(names, &all.expressions),
        comparisons: collect::comparisons(names, &all, &literals),
        literals,
        rules: rules.into_iter().filter(|path| is_own(names, path)).map(|path| rule(names, path, &referred)).collect(),
    }
}

/// Whether some definition stands in a file of the repository.
fn is_own(names: &Names<'_>, path: &Parts) -> bool {
    let own = |module: usize| names.modules.get(module).is_some_and(|module| !module.trusted);
    names.rules.get(path).into_iter().flatten().any(|definition| own(definition.module))
}

fn rule(names: &Names<'_>, path: &Parts, referred: &BTreeSet<Parts>) -> RuleUsage {
    let expressions = watch::watch(names, [path]).expressions;
    RuleUsage {
        path: ast::join(path),
        is_referred_to: referred.contains(path),
        looks_at: looks_at(names, &expressions),
        yields: message::yields(names, path, &expressions),
    }
}

fn looks_at(names: &Names<'_>, expressions: &Expressions) -> Vec<(Path, Spot)> {
    let taken = collect::steps_taken(names);
    let mut first: BTreeMap<Path, (bool, Spot)> = BTreeMap::new();
    // Places are in the order of files, which are sorted by name. Where a step is taken says more than where its value is used.
    for ((module, span), seen) in expressions {
        let Some(spot) = spot(names, *module, *span) else { continue };
        let takes = taken.contains(&(*module, *span));
        for path in &seen.paths {
            let known = first.entry(path.clone()).or_insert_with(|| (takes, spot.clone()));
            if takes && !known.0 {
                *known = (takes, spot.clone());
            }
        }
    }
    first.into_iter().map(|(path, (_, spot))| (path, spot)).collect()
}

/// A place in a file of the repository; nothing in one that ships.
fn spot(names: &Names<'_>, module: usize, span: Span) -> Option<Spot> {
    let module = names.modules.get(module).filter(|module| !module.trusted)?;
    Some(Spot { file: module.file.clone(), span })
}
