//! Runs the rules over one plan and makes findings of what they say.
//!
//! Owns the engine's input document, outcomes and masking of engine output. Must not know
//! configuration files, waivers or reports; a finding is final when it leaves here (only `waiver`
//! sets one field).

mod causes;
mod coverage;
mod engine_input;
pub mod input;
mod masking;
pub mod native;
mod outcome;
mod subject;
pub mod trace;

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::finding::{Finding, Level, RuleId};
use crate::plan::Plan;
use crate::plan::completeness::Completeness;
use crate::plan::detect::Document;
use crate::policy::contract::{DeclaredLevel, effective_level};
use crate::policy::{Origin, PolicySet, Rule};
use crate::problem::Problem;
use crate::rego::{Input, Job, Run};

pub use engine_input::{DERIVED_KEY, derived};
pub use outcome::{Outcome, RuleRecord};

use masking::LazyMasker;
use subject::Subjects;

/// One plan with everything derived from it.
pub struct Judged<'a> {
    /// The bytes it came from; read again only when free text must be masked.
    pub document: &'a Document,
    /// The typed plan.
    pub plan: &'a Plan,
    /// The whole document as the engine reads it, if some rule may read it.
    pub input: Option<Input>,
    /// What was derived from plan and catalogue.
    pub facts: &'a Facts,
    /// Whether the plan is all there.
    pub completeness: &'a Completeness,
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

/// Evaluates every rule that is not off.
#[must_use]
pub fn evaluate(judged: &Judged<'_>, policies: &PolicySet, settings: &Settings) -> Evaluation {
    let subjects = Subjects::new(judged.plan);
    let mut masker = LazyMasker::new(judged.document);
    let mut evaluation = Evaluation::default();

    let running: Vec<&Rule> =
        policies.rules().iter().filter(|rule| settings.level_of(rule) != Some(Level::Off)).collect();
    let scripted: Vec<(&Rule, &String)> =
        running.iter().filter_map(|rule| Some((*rule, rule.path.as_ref()?))).collect();
    let inputs = match engine_input::inputs(judged, &running, settings.input) {
        Ok(inputs) => inputs,
        Err(problem) => return Evaluation { problems: vec![problem], ..Evaluation::default() },
    };
    let jobs = scripted.iter().zip(inputs).map(|((_, path), input)| Job { rule: (*path).clone(), input }).collect();
    let runs = policies.program().run(jobs);

    for ((rule, _), run) in scripted.into_iter().zip(runs) {
        evaluation.take_run(rule, run, &subjects, &mut masker, settings);
    }
    for rule in running.into_iter().filter(|rule| rule.origin == Origin::Native) {
        if let Some(results) = native::run(rule.id.as_str(), judged) {
            evaluation.take_native(rule, results, &subjects, settings);
        }
    }
    for rule in policies.rules().iter().filter(|rule| settings.level_of(rule) == Some(Level::Off)) {
        evaluation.rules.push(RuleRecord::new(rule, Outcome::Off, None));
    }
    causes::link(&mut evaluation.findings, judged.facts);
    evaluation.problems.extend(coverage::unjudged(judged.facts, &evaluation.findings, settings));
    evaluation.problems.extend(masker.problem());
    evaluation.sort();
    evaluation
}

/// What is run for the scripted rules that are not off, in the order of the rules.
///
/// # Errors
/// None in practice: see [`derived`].
pub fn jobs(judged: &Judged<'_>, policies: &PolicySet, settings: &Settings) -> Result<Vec<Job>, Problem> {
    let running: Vec<&Rule> =
        policies.rules().iter().filter(|rule| settings.level_of(rule) != Some(Level::Off)).collect();
    let inputs = engine_input::inputs(judged, &running, settings.input)?;
    let paths = running.iter().filter_map(|rule| rule.path.clone());
    Ok(paths.zip(inputs).map(|(rule, input)| Job { rule, input }).collect())
}

impl Evaluation {
    fn take_run(
        &mut self,
        rule: &Rule,
        run: Run,
        subjects: &Subjects<'_>,
        masker: &mut LazyMasker<'_>,
        settings: &Settings,
    ) {
        let context =
            outcome::Context { rule, subjects, config_level: settings.level_of(rule), preset: settings.input.preset };
        let judged = outcome::of_run(&context, run, masker, settings.builtin_errors);
        self.take(judged);
    }

    fn take_native(
        &mut self,
        rule: &Rule,
        results: Vec<crate::policy::contract::RawResult>,
        subjects: &Subjects<'_>,
        settings: &Settings,
    ) {
        let context =
            outcome::Context { rule, subjects, config_level: settings.level_of(rule), preset: settings.input.preset };
        let judged = outcome::of_native(&context, results);
        self.take(judged);
    }

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
