//! Which lines of a rule made a finding: the rule once more, over an input that has this object alone.
//!
//! For explanations; judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::engine_input::Inputs;
use super::{Judged, Settings};
use crate::facts::{ChangeFacts, Facts};
use crate::finding::Subject;
use crate::policy::contract;
use crate::policy::{PolicySet, Rule};
use crate::rego::{Job, ModuleInfo, Traced};
use crate::source::Span;

/// What became of a line of a rule's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Nothing on it was evaluated, or there is nothing to evaluate.
    None,
    /// It was evaluated; whether it held cannot be told.
    Evaluated,
    /// Its definition held and gave a value.
    Held,
}

impl Mark {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Evaluated => "evaluated",
            Self::Held => "held",
        }
    }
}

/// A line of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// From 1.
    pub number: usize,
    /// Without its end.
    pub text: String,
    /// What became of it.
    pub mark: Mark,
}

/// The definitions of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFileLines {
    /// The file.
    pub file: String,
    /// From the first line of the rule's first definition, METADATA left out, to the end of the file.
    pub lines: Vec<SourceLine>,
}

/// The source of a rule, and what of it made a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its files.
    pub files: Vec<SourceFileLines>,
    /// The rule was run on this object alone; else it says nothing about an object by itself, and was run on the whole plan.
    pub alone: bool,
}

/// Runs a rule again for one finding; `None` for rules written in Rust, and for those that judge Regula's view of resources.
///
/// # Errors
/// A sentence, where the rule fails. It may hold values of the plan.
pub fn trace(
    judged: &Judged<'_>,
    policies: &PolicySet,
    settings: &Settings,
    rule: &Rule,
    subject: Option<&Subject>,
) -> Result<Option<Trace>, String> {
    let Some(path) = rule.path.as_ref().filter(|_| rule.resources.is_none()) else { return Ok(None) };
    let run = |facts: &Facts, subject: Option<&Subject>| -> Result<Traced, String> {
        let mut inputs = Inputs::new(judged, facts, settings);
        if let Some(subject) = subject {
            inputs = inputs.only(&subject.address);
        }
        let input = inputs.of(rule).map_err(|problem| problem.message)?;
        policies.program().trace(Job { rule: path.clone(), input })
    };
    if let Some(subject) = subject {
        let traced = run(&only(judged.facts, subject), Some(subject))?;
        if says_something(&traced, Some(subject)) {
            return Ok(Some(Trace { files: source(policies, path, &traced.lines), alone: true }));
        }
    }
    let traced = run(judged.facts, None)?;
    Ok(Some(Trace { files: source(policies, path, &traced.lines), alone: false }))
}

/// The source of a rule, without marks.
#[must_use]
pub fn untraced(policies: &PolicySet, rule: &Rule) -> Vec<SourceFileLines> {
    rule.path.as_ref().map(|path| source(policies, path, &BTreeMap::new())).unwrap_or_default()
}

/// The facts about one object.
fn only(facts: &Facts, subject: &Subject) -> Facts {
    let is_it = |change: &ChangeFacts| change.address.as_str() == subject.address && change.deposed == subject.deposed;
    let keep = |changes: &[ChangeFacts]| changes.iter().filter(|change| is_it(change)).cloned().collect();
    Facts {
        plan: facts.plan.clone(),
        changes: keep(&facts.changes),
        drift: keep(&facts.drift),
        drifted: facts.drifted.iter().filter(|outside| is_it(&outside.change)).cloned().collect(),
        collateral: keep(&facts.collateral),
        sources: facts.sources.clone(),
    }
}

fn says_something(traced: &Traced, subject: Option<&Subject>) -> bool {
    let results = traced.value.as_ref().and_then(|value| contract::interpret(value).ok()).unwrap_or_default();
    let address = subject.map(|subject| subject.address.as_str());
    results.iter().any(|result| result.address.is_none() || result.address.as_deref() == address)
}

/// The files that define a rule, with their lines marked.
fn source(policies: &PolicySet, path: &str, lines: &BTreeMap<String, BTreeSet<usize>>) -> Vec<SourceFileLines> {
    let none = BTreeSet::new();
    let defining = policies.program().modules().iter().filter_map(|module| {
        let rule = module.rules.iter().find(|rule| rule.path == path)?;
        let first = rule.definitions.iter().map(|definition| definition.span.start).min()?;
        Some((module, module.file.position(first).line))
    });
    defining
        .map(|(module, first)| {
            let covered = lines.get(module.file.name()).unwrap_or(&none);
            let marks = marks(module, covered);
            let numbered = module.file.text().lines().zip(1..).skip(first.saturating_sub(1));
            let line = |(text, number): (&str, usize)| SourceLine {
                number,
                text: text.trim_end().to_owned(),
                mark: marks.get(&number).copied().unwrap_or(Mark::None),
            };
            SourceFileLines { file: module.file.name().to_owned(), lines: numbered.map(line).collect() }
        })
        .collect()
}

/// What became of each line. An expression is evaluated until one of the body does not hold, and the head's value only
/// after all did: a definition held if the line of that value was evaluated. Where there is none, or a part of the body
/// stands on its line, that cannot be told.
fn marks(module: &ModuleInfo, covered: &BTreeSet<usize>) -> BTreeMap<usize, Mark> {
    let line = |offset: usize| module.file.position(offset).line;
    let mut marks: BTreeMap<usize, Mark> = covered.iter().map(|line| (*line, Mark::Evaluated)).collect();
    for definition in module.rules.iter().flat_map(|rule| &rule.definitions) {
        let Some(value) = definition.value.map(line) else { continue };
        let is_told = definition.body.is_none_or(|body| line(body) > value);
        if is_told && covered.contains(&value) {
            let Span { start, end } = definition.span;
            let lines = covered.range(line(start)..=line(end.saturating_sub(1).max(start)));
            marks.extend(lines.map(|line| (*line, Mark::Held)));
        }
    }
    marks
}

#[cfg(test)]
mod tests;
