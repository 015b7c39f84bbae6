//! What a rule can read of `input`: paths, by abstract interpretation of the syntax tree.
//!
//! An over-approximation that follows variables, iteration, destructuring, functions with their arguments, and the rules a rule
//! refers to, in whatever module. Whoever keeps only these paths of an input changes no answer. Where a value is used as a
//! whole, everything below it counts as read. Owns the paths and the first steps behind `input` with how they are asked for;
//! must not know what a plan is.

mod builtin;
mod definition;
mod expr;
mod frame;
mod interpreter;
mod parts;
mod query;
#[cfg(test)]
mod tests;
mod value;
pub(super) mod watch;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::ast::Rule;
use super::load::Parsed;
use super::mentions;
use super::names::{Names, Parts};
use crate::plan::sink::PathSet;
use crate::source::Span;

use interpreter::{Found, Interpreter};

/// Keys of `input` that policies know as other names for the document itself.
pub const ALIASES: [&str; 3] = ["plan", "tfplan", "terraform"];

/// What a rule can read of `input`, directly or through what it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Reads {
    /// The paths.
    pub paths: PathSet,
    /// Keys of `input` that it reads by name, also where it reads `input` as a whole.
    #[cfg_attr(test, serde(skip_serializing_if = "BTreeSet::is_empty"))]
    pub names: BTreeSet<String>,
    /// The beginnings of these paths, and how they are asked for.
    #[cfg_attr(test, serde(skip_serializing_if = "Vec::is_empty"))]
    pub parts: Vec<PartRead>,
    /// Strings that it compares with the `type` of an element of some list.
    #[cfg_attr(test, serde(skip_serializing_if = "BTreeSet::is_empty"))]
    pub types: BTreeSet<String>,
    /// Lists of `input.plangate` of whose elements it reads `source` by name, also where it uses the element as a whole.
    #[cfg_attr(test, serde(skip_serializing_if = "BTreeSet::is_empty"))]
    pub sources_of: BTreeSet<String>,
    /// It reads `input.plangate`, or may: it reads the input as a whole, or by computed keys, and has the word `plangate`
    /// where it can be such a key.
    #[cfg_attr(test, serde(skip_serializing_if = "std::ops::Not::not"))]
    pub mentions_plangate: bool,
}

/// A read of `input.a`, or of `input.a.b`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct PartRead {
    /// The keys behind `input`, one or two.
    pub keys: Vec<String>,
    /// The rule asks whether it is there: `not input.a`, `object.get(input, "a", …)`.
    #[cfg_attr(test, serde(skip_serializing_if = "std::ops::Not::not"))]
    pub asked: bool,
    /// Some read of it has no alternative.
    #[cfg_attr(test, serde(skip_serializing_if = "std::ops::Not::not"))]
    pub needed: bool,
    /// Of each read that has alternatives, these: parts that another definition of the same rule or function takes its value
    /// from.
    #[cfg_attr(test, serde(skip_serializing_if = "Vec::is_empty"))]
    pub alternatives: Vec<Vec<Vec<String>>>,
    /// Where it is read first: the name of the file and the place.
    #[cfg_attr(test, serde(skip_serializing_if = "Option::is_none"))]
    pub place: Option<(String, Span)>,
}

/// Of every rule that is no function, by its path.
pub(super) fn of_all(names: &Names<'_>, has_token: &[bool]) -> BTreeMap<Parts, Reads> {
    let in_constants = |module: &Parsed| module.constants.iter().any(|constant| constant.json.contains(mentions::KEY));
    let mentions: Vec<bool> =
        names.modules.iter().map(|module| mentions::mentions(&module.ast.rules) || in_constants(module)).collect();
    let mut interpreter = Interpreter::new(names);
    let rules = names.rules.iter().filter(|(_, definitions)| definitions.iter().all(|one| one.arity.is_none()));
    rules
        .map(|(path, _)| {
            let found = interpreter.entry(path);
            let any = |flags: &[bool]| found.modules.iter().any(|at| flags.get(*at).copied().unwrap_or_default());
            let whole = found.paths.is_whole() || found.paths.wildcard().is_some();
            let mentions_plangate =
                found.names.contains(mentions::KEY) || (whole && any(&mentions)) || (found.computed && any(has_token));
            let parts = found.parts.export(names);
            let Found { paths, names, types, sources_of, .. } = found;
            let reads = Reads { paths, names, parts, types, sources_of, mentions_plangate };
            (path.clone(), reads)
        })
        .collect()
}

/// The definitions of a rule as they stand in the tree.
struct Definitions<'a>(BTreeMap<Parts, Vec<(usize, &'a Rule)>>);

impl<'a> Definitions<'a> {
    fn new(names: &'a Names<'_>) -> Self {
        let mut found: BTreeMap<Parts, Vec<(usize, &Rule)>> = BTreeMap::new();
        for (index, module) in names.modules.iter().enumerate() {
            for rule in &module.ast.rules {
                let (path, _) = super::names::define(rule, names.package(index), index, &module.text);
                found.entry(path).or_default().push((index, rule));
            }
        }
        Self(found)
    }
}
