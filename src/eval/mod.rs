//! Runs the rules over one plan and makes findings of what they say.
//!
//! Owns the engine's input document, outcomes and masking of engine output. Must not know
//! configuration files, waivers or reports; a finding is final when it leaves here (only `waiver`
//! sets one field).

pub mod candidates;
mod causes;
pub mod context;
mod coverage;
mod engine_input;
mod exceptions;
pub mod input;
mod masking;
mod missing;
pub mod native;
mod needs;
mod outcome;
mod resources;
mod subject;
pub mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::Facts;
use crate::finding::{Finding, Level, RuleId};
use crate::plan::Plan;
use crate::plan::completeness::Completeness;
use crate::plan::detect::Document;
use crate::plan::hcl::Sources;
use crate::plan::sink::{PathSet, Selector};
use crate::policy::contract::{DeclaredLevel, effective_level};
use crate::policy::parameters::Values;
use crate::policy::{Origin, PolicySet, Rule};
use crate::problem::Problem;
use crate::rego::{ALIASES, Input, Job};

pub use engine_input::{DERIVED_KEY, derived};
pub use needs::Needs;
pub use outcome::{Outcome, RuleRecord};

use context::Context;
use engine_input::Inputs;
use exceptions::Exceptions;
use masking::LazyMasker;
use missing::Available;
use subject::Subjects;

/// One plan with everything derived from it.
pub struct Judged<'a> {
    /// The bytes it came from; read again only when free text must be masked.
    pub document: &'a Document,
    /// The typed plan.
    pub plan: &'a Plan,
    /// The document as the engine reads it, as far as the rules that run can read it.
    pub input: Option<Input>,
    /// What stands beside the plan where it came in a wrapper.
    pub beside: Option<Input>,
    /// What was derived from plan and catalogue.
    pub facts: &'a Facts,
    /// Whether the plan is all there.
    pub completeness: &'a Completeness,
    /// Its source files, if they are given; findings are placed in them.
    pub sources: Option<&'a Sources>,
}

/// What a builtin error (a `null` where a string is needed, say) in a rule of the repository means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuiltinErrors {
    /// Counted and shown; the rule's other results stand, as in OPA.
    #[default]
    Warn,
    /// The rule is undetermined.
    Undecided,
}

/// What this stage needs of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Levels set for rules by configuration.
    pub levels: BTreeMap<RuleId, Level>,
    /// For rules of the repository; built-in rules are always undetermined.
    pub builtin_errors: BuiltinErrors,
    /// What built-in rules read.
    pub input: input::Settings,
    /// What rules find beside the plan.
    pub context: Arc<Context>,
    /// Values of rules' parameters that differ from their defaults.
    pub parameters: Values,
    /// A rule that reads a part which is not there is judged all the same: inputs of tests hold what their authors thought of.
    pub parts_may_be_missing: bool,
}

impl Settings {
    /// Gives findings of native rules outside a plan (waivers) the level configuration sets; drops those that are off.
    #[must_use]
    pub fn relevel(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let relevel = |finding: Finding| {
            let config = self.levels.get(&finding.rule).copied();
            let level = effective_level(DeclaredLevel::Fixed(finding.declared_level), None, None, config).ok()?;
            (level.level != Level::Off).then_some(Finding { level: level.level, level_from: level.from, ..finding })
        };
        findings.into_iter().filter_map(relevel).collect()
    }

    fn level_of(&self, rule: &Rule) -> Option<Level> {
        self.levels.get(&rule.id).copied()
    }
}

/// What the rules say about one plan.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Everything found, sorted.
    pub findings: Vec<Finding>,
    /// One record for each rule, sorted by id.
    pub rules: Vec<RuleRecord>,
    /// Rules that failed or could not be decided.
    pub problems: Vec<Problem>,
}

/// What the rules that are not off can read of a plan document.
#[must_use]
pub fn reads(policies: &PolicySet, settings: &Settings) -> PathSet {
    let mut paths = PathSet::default();
    let running = policies.rules().iter().filter(|rule| settings.level_of(rule) != Some(Level::Off));
    for rule in running.chain(policies.exceptions()) {
        paths.merge(&rule.reads.paths);
    }
    let mut paths = paths.with_aliases(&ALIASES).without(DERIVED_KEY);
    // Explanations look at one change alone.
    if paths.names().any(|(name, _)| name == "resource_changes") {
        let name = |name: &str| Selector::Name(name.into());
        paths.insert(&[name("resource_changes"), Selector::Wildcard, name("address")], false);
    }
    paths
}

/// Evaluates every rule that is not off.
#[must_use]
pub fn evaluate(judged: &Judged<'_>, policies: &PolicySet, settings: &Settings) -> Evaluation {
    let subjects = Subjects::new(judged.plan, judged.sources);
    let mut masker = LazyMasker::new(judged.document, &settings.context);
    let mut evaluation = Evaluation::default();

    let (running, idle): (Vec<&Rule>, Vec<&Rule>) = policies
        .rules()
        .iter()
        .filter(|rule| settings.level_of(rule) != Some(Level::Off))
        .partition(|rule| needs::are_met(rule, judged.facts));
    let (of_resources, scripted): (Vec<&Rule>, Vec<&Rule>) =
        running.iter().copied().filter(|rule| rule.path.is_some()).partition(|rule| rule.resources.is_some());
    let asked = |other: &&Rule| scripted.iter().any(|rule| rule.exception.as_ref().is_some_and(|by| by.by == other.id));
    let exceptions: Vec<&Rule> = policies.exceptions().iter().filter(asked).collect();
    let all: Vec<&Rule> = scripted.iter().chain(&exceptions).copied().collect();
    let jobs = match jobs_of(judged, &all, settings) {
        Ok(jobs) => jobs,
        Err(problem) => return Evaluation { problems: vec![problem], ..Evaluation::default() },
    };
    let mut runs = policies.program().run(jobs);
    let of_view = resources::run(policies.program(), &judged.plan_input(), &of_resources);
    let exceptions = Exceptions::of(&exceptions, runs.split_off(scripted.len().min(runs.len())), &mut masker);

    let available = Available::new(judged.plan, &settings.context);
    for (rule, run) in scripted.into_iter().zip(runs).chain(of_resources.into_iter().zip(of_view)) {
        let exception = exceptions.of_rule(rule);
        let context = outcome::Context { exception, ..outcome::Context::new(rule, &subjects, settings) };
        let may_miss = settings.parts_may_be_missing;
        let mut missing = if may_miss { Vec::new() } else { available.missing(rule, policies.program()) };
        missing.extend(needs::unmet(rule, judged.facts));
        missing.extend(needs::in_vain(rule, judged.facts).filter(|_| !may_miss));
        evaluation.take(outcome::of_run(&context, run, &mut masker, settings.builtin_errors).without(missing));
    }
    evaluation.problems.extend(exceptions.problems);
    for rule in running.into_iter().filter(|rule| rule.origin == Origin::Native) {
        if let Some(results) = native::run(rule.id.as_str(), judged) {
            evaluation.take(outcome::of_native(&outcome::Context::new(rule, &subjects, settings), results));
        }
    }
    for rule in idle {
        let needs = Needs::of(rule);
        evaluation.rules.push(RuleRecord { needs, ..RuleRecord::new(rule, Outcome::NotRun, None) });
    }
    for rule in policies.rules().iter().filter(|rule| settings.level_of(rule) == Some(Level::Off)) {
        evaluation.rules.push(RuleRecord::new(rule, Outcome::Off, None));
    }
    causes::link(&mut evaluation.findings, judged.facts);
    evaluation.problems.extend(coverage::unjudged(judged.facts, &evaluation.findings, &evaluation.rules, settings));
    evaluation.problems.extend(masker.problem());
    evaluation.sort();
    evaluation
}

/// What is run for the scripted rules that are not off, in the order of the rules.
///
/// # Errors
/// As [`derived`], and a context that names what the plan has.
pub fn jobs(judged: &Judged<'_>, policies: &PolicySet, settings: &Settings) -> Result<Vec<Job>, Problem> {
    let running = policies.rules().iter().filter(|rule| settings.level_of(rule) != Some(Level::Off));
    let (of_resources, scripted): (Vec<&Rule>, Vec<&Rule>) = running.partition(|rule| rule.resources.is_some());
    let mut jobs = jobs_of(judged, &scripted, settings)?;
    jobs.extend(resources::jobs(policies.program(), &judged.plan_input(), &of_resources));
    Ok(jobs)
}

fn jobs_of(judged: &Judged<'_>, rules: &[&Rule], settings: &Settings) -> Result<Vec<Job>, Problem> {
    settings.context.check(|key| judged.plan.keys.contains(key) || judged.plan.wrapper_keys.contains(key))?;
    let mut inputs = Inputs::new(judged, judged.facts, settings);
    let paths = rules.iter().filter_map(|rule| Some((rule, rule.path.clone()?)));
    paths.map(|(rule, path)| Ok(Job { rule: path, input: inputs.of(rule)? })).collect()
}

impl Judged<'_> {
    /// The plan alone.
    fn plan_input(&self) -> Input {
        self.input.clone().unwrap_or_else(Input::object)
    }
}

impl Evaluation {
    fn take(&mut self, judged: outcome::Judgement) {
        self.findings.extend(judged.findings);
        self.problems.extend(judged.problems);
        self.rules.push(judged.record);
    }

    /// Puts everything in an order that depends on nothing but its content.
    fn sort(&mut self) {
        self.findings.sort_by(Finding::order);
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
    }
}
