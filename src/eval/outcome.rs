//! From what a rule returned to findings and an outcome.

use std::time::Duration;

use serde_json::Value;

use super::masking::LazyMasker;
use super::needs::Needs;
use super::subject::{Subjects, subject_of};
use super::{BuiltinErrors, Settings};
use crate::finding::{AppliedException, Finding, Fingerprint, Level, Location, Preset, RuleId, Subject, VerbClass};
use crate::policy::contract::{self, FindingLevel, RawResult};
use crate::policy::reading;
use crate::policy::{Origin, Rule};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{BuiltinError, Failure, Run};
use crate::source::{Position, SourceFile, Span};
use crate::text::{multi_line, one_line};

/// How a rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It ran and found nothing.
    Clean,
    /// It ran and found something.
    Findings,
    /// It could not be decided on this plan.
    Undetermined,
    /// It failed.
    Failed,
    /// Configuration switched it off.
    Off,
    /// It needs the sources of the plan, or those before, and they were not given.
    NotRun,
}

impl Outcome {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Undetermined => "undetermined",
            Self::Failed => "failed",
            Self::Off => "off",
            Self::NotRun => "not-run",
        }
    }
}

/// What became of one rule on one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRecord {
    /// The rule.
    pub id: RuleId,
    /// Where it comes from.
    pub origin: Origin,
    /// How it ended.
    pub outcome: Outcome,
    /// Changes its selector picks, or of the types it compares with; `None` where it has neither.
    pub considered: Option<usize>,
    /// Findings it made.
    pub fired: usize,
    /// Builtin errors that made parts of it undefined, masked.
    pub builtin_errors: Vec<String>,
    /// What it printed, masked.
    pub prints: Vec<String>,
    /// The query by which its policy excepts it for this plan.
    pub exception: Option<String>,
    /// How the engine calls it; `None` for native rules.
    pub path: Option<String>,
    /// Its package, without `data.`; `None` for native rules.
    pub package: Option<String>,
    /// How many definitions it has.
    pub definitions: usize,
    /// Where the first of them stands.
    pub location: Option<Location>,
    /// How long the engine took; `None` for native rules and those that are off. Never the same twice.
    pub took: Option<Duration>,
    /// What it needed and was not given.
    pub needs: Option<Needs>,
}

impl RuleRecord {
    pub(super) fn new(rule: &Rule, outcome: Outcome, considered: Option<usize>) -> Self {
        Self {
            id: rule.id.clone(),
            origin: rule.origin,
            outcome,
            considered,
            fired: 0,
            builtin_errors: Vec::new(),
            prints: Vec::new(),
            exception: None,
            path: rule.path.clone(),
            package: rule.package.clone(),
            definitions: rule.definitions,
            location: rule.location.clone(),
            took: None,
            needs: None,
        }
    }
}

/// What the judgement of one rule needs to know.
pub(super) struct Context<'a> {
    pub(super) rule: &'a Rule,
    pub(super) subjects: &'a Subjects<'a>,
    pub(super) config_level: Option<Level>,
    pub(super) preset: Preset,
    /// By which the rule does not count for this plan.
    pub(super) exception: Option<AppliedException>,
}

/// Everything that comes of one rule.
pub(super) struct Judgement {
    pub(super) findings: Vec<Finding>,
    pub(super) problems: Vec<Problem>,
    pub(super) record: RuleRecord,
}

impl<'a> Context<'a> {
    pub(super) fn new(rule: &'a Rule, subjects: &'a Subjects<'a>, settings: &Settings) -> Self {
        let (config_level, preset) = (settings.level_of(rule), settings.input.preset);
        Self { rule, subjects, config_level, preset, exception: None }
    }

    fn judgement(&self) -> Judgement {
        let rule = self.rule;
        let considered = match &rule.meta.selector {
            Some(selector) => Some(self.subjects.count(selector)),
            None => (!rule.reads.types.is_empty()).then(|| self.subjects.count_types(&rule.reads.types)),
        };
        let record = RuleRecord::new(self.rule, Outcome::Clean, considered);
        let exception = self.exception.as_ref().map(|exception| exception.query.clone());
        Judgement { findings: Vec::new(), problems: Vec::new(), record: RuleRecord { exception, ..record } }
    }

    /// Makes findings of results; a result without the level its rule leaves to it is a problem.
    fn add(&self, judgement: &mut Judgement, results: Vec<RawResult>) {
        for result in results {
            match self.finding(result) {
                Ok(finding) => judgement.findings.push(finding),
                Err(problem) => judgement.fail(problem),
            }
        }
    }

    fn finding(&self, result: RawResult) -> Result<Finding, Problem> {
        let rule = self.rule;
        let level = self.level(&result)?;
        let change =
            result.address.as_deref().and_then(|address| self.subjects.find(address, result.deposed.as_deref()));
        let subject = match (change, result.address) {
            (Some(change), _) => Some(subject_of(change)),
            (None, Some(address)) => Some(unplanned(address, result.deposed)),
            (None, None) => None,
        };
        let replaced_by = change.iter().flat_map(|change| {
            change.change.replace_paths.iter().map(|path| change.change.shown_path(&path.0).to_string())
        });
        let paths: Vec<String> = replaced_by.chain(result.attributes).collect();
        let fingerprint = subject.as_ref().map_or_else(
            || Fingerprint::of_message(&rule.id, &result.message),
            |subject| Fingerprint::of_change(&rule.id, subject, &paths),
        );
        let placed = result.place.map(|(file, line)| Location { file, position: Position { line, column: 1 } });
        let named = subject.as_ref().filter(|_| placed.is_none()).map(|subject| subject.address.as_str());
        let (in_sources, source) = named.and_then(|address| self.subjects.place(address)).unzip();
        Ok(Finding {
            rule: rule.id.clone(),
            level: level.level,
            declared_level: level.declared,
            level_from: level.from,
            severity: result.severity.unwrap_or(rule.severity),
            subject,
            message: result.message,
            fingerprint,
            location: placed.or(in_sources.flatten()).or_else(|| self.location().filter(|_| source.is_none())),
            source,
            root_cause: None,
            details: result.details,
            metadata: result.metadata,
            waiver: None,
            exception: self.exception.clone(),
        })
    }

    fn level(&self, result: &RawResult) -> Result<FindingLevel, Problem> {
        let preset = contract::preset_level(self.preset, self.rule.meta.strict, result.strict);
        let decided = contract::effective_level(self.rule.declared, result.level, preset, self.config_level);
        decided.map(|level| level.lowered_from(result.lowered_from)).map_err(|_| {
            Problem::new(
                ProblemCode::RuleFailed,
                format!("rule `{}` leaves the level to each result, and a result has none", self.rule.id),
            )
            .help("add `\"plangate\": {\"level\": \"deny\"}` (or warn, info) to the result")
        })
    }

    /// Findings of the repository's rules point at the rule; built-in ones at nothing the reader could open.
    fn location(&self) -> Option<Location> {
        self.rule.location.clone().filter(|_| self.rule.origin == Origin::Repository)
    }

    fn problem(&self, code: ProblemCode, what: &str, place: Option<(SourceFile, Span)>) -> Problem {
        let problem = Problem::new(code, format!("rule `{}` {what}", self.rule.id));
        match place {
            Some((file, span)) => problem.at(&file, span, "here"),
            None => problem,
        }
    }
}

impl Judgement {
    fn fail(&mut self, problem: Problem) {
        self.problems.push(problem);
        self.record.outcome = Outcome::Failed;
    }

    /// The same of a rule that read in vain: what it found stands, but it may have missed something.
    pub(super) fn without(mut self, missing: Vec<Problem>) -> Self {
        if !missing.is_empty() && self.record.outcome != Outcome::Failed {
            self.record.outcome = Outcome::Undetermined;
        }
        self.problems.extend(missing);
        self
    }

    fn finish(mut self) -> Self {
        self.record.fired = self.findings.len();
        if self.record.outcome == Outcome::Clean && !self.findings.is_empty() {
            self.record.outcome = Outcome::Findings;
        }
        self
    }
}

/// A result that names an address this plan does not have.
fn unplanned(address: String, deposed: Option<String>) -> Subject {
    Subject {
        address,
        deposed,
        previous_address: None,
        resource_type: None,
        actions: Vec::new(),
        verb_class: VerbClass::Keep,
    }
}

/// What comes of a native rule's results.
pub(super) fn of_native(context: &Context<'_>, results: Vec<RawResult>) -> Judgement {
    let mut judgement = context.judgement();
    context.add(&mut judgement, results.into_iter().map(shipped).collect());
    judgement.finish()
}

/// What plans put into a message stays on its line; a block to paste keeps its own.
fn shipped(result: RawResult) -> RawResult {
    let message = one_line(&result.message).into_owned();
    let block = result.details.get("rename").and_then(|rename| rename.get("moved_block")).and_then(Value::as_str);
    let message = match block {
        Some(block) => {
            let block = format!("\n{}", multi_line(block));
            message.replace(&*one_line(&block), &block)
        }
        None => message,
    };
    RawResult { message, ..result }
}

/// What comes of an engine run.
pub(super) fn of_run(
    context: &Context<'_>,
    run: Run,
    masker: &mut LazyMasker<'_>,
    builtin_errors: BuiltinErrors,
) -> Judgement {
    let mut judgement = context.judgement();
    judgement.record.took = Some(run.took);
    judgement.record.prints = run.prints.iter().map(|line| masker.mask(line)).collect();
    match run.value {
        Err(failure) => {
            let problem = failed(context, failure, masker);
            judgement.fail(problem);
        }
        Ok(value) => match reading::read(context.rule.reading, context.rule.id.as_str(), value.as_ref()) {
            Ok(results) => {
                let results = results.into_iter().map(|result| mask(context, result, masker)).collect();
                context.add(&mut judgement, results);
            }
            Err(shape) => judgement.fail(
                context
                    .problem(ProblemCode::RuleFailed, &format!("gave {}", masker.mask(&shape.to_string())), None)
                    .help("a rule yields strings, or objects with a string `msg` or `message`"),
            ),
        },
    }
    take_builtin_errors(context, &mut judgement, run.builtin_errors, masker, builtin_errors);
    judgement.finish()
}

fn failed(context: &Context<'_>, failure: Failure, masker: &mut LazyMasker<'_>) -> Problem {
    let message = masker.mask(&failure.message);
    context
        .problem(ProblemCode::RuleFailed, &format!("failed: {message}"), failure.place)
        .help("a rule that fails has judged nothing: mend it, or set its level to \"off\" in plangate.toml, which the report will say")
}

fn take_builtin_errors(
    context: &Context<'_>,
    judgement: &mut Judgement,
    errors: Vec<BuiltinError>,
    masker: &mut LazyMasker<'_>,
    setting: BuiltinErrors,
) {
    let undecided = context.rule.origin != Origin::Repository || setting == BuiltinErrors::Undecided;
    for error in errors {
        let message = masker.mask(&error.message);
        let place = error.file.zip(error.span);
        let at = place
            .as_ref()
            .map_or_else(String::new, |(file, span)| format!("{}:{}: ", file.name(), file.position(span.start).line));
        judgement.record.builtin_errors.push(format!("{at}{message}"));
        if undecided && judgement.record.outcome != Outcome::Failed {
            judgement.record.outcome = Outcome::Undetermined;
            judgement.problems.push(
                context
                    .problem(ProblemCode::RuleUndetermined, &format!("met a builtin error: {message}"), place)
                    .help("the expression was undefined, so the rule may have missed something"),
            );
        }
    }
}

/// Masks what a rule of the repository wrote. Built-in rules write facts only, which are redacted already; what
/// they quote of the plan must not break their one line.
fn mask(context: &Context<'_>, result: RawResult, masker: &mut LazyMasker<'_>) -> RawResult {
    if context.rule.origin != Origin::Repository {
        return shipped(result);
    }
    // An address of the plan may hold a text that is secret elsewhere; every report shows it, and masked it leads nowhere.
    let known = result.address.as_deref().and_then(|at| context.subjects.find(at, result.deposed.as_deref()));
    let is_known = known.is_some();
    RawResult {
        message: masker.mask(&result.message),
        details: masker.mask_map(result.details),
        metadata: masker.mask_map(result.metadata),
        address: if is_known { result.address } else { result.address.map(|address| masker.mask(&address)) },
        deposed: result.deposed.map(|deposed| masker.mask(&deposed)),
        level: result.level,
        strict: result.strict,
        lowered_from: result.lowered_from,
        severity: result.severity,
        place: result.place.map(|(file, line)| (masker.mask(&file), line)),
        attributes: result.attributes.iter().map(|attribute| masker.mask(attribute)).collect(),
    }
}
