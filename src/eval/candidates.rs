//! Which statement of a rule stopped each candidate, folded and masked: for `--trace`.
//!
//! The rule is looked at on the input it was judged by. Judges nothing; what leaves here holds no secret of the plan that a
//! report would not show either.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::engine_input::Inputs;
use super::masking::LazyMasker;
use super::subject::Subjects;
use super::{Judged, Settings};
use crate::finding::{Level, RuleId};
use crate::plan::json::{self, Interest, KeepValues};
use crate::plan::sink::NoSink;
use crate::plan::value::{PathStep, Side, is_secret_name};
use crate::plan::{Change, ResourceChange};
use crate::policy::{PolicySet, Rule};
use crate::problem::Problem;
use crate::rego::{Candidate, Compared, Followed, Job, LATE, Stop};
use crate::source::{SourceFile, Span};
use crate::text::truncate;

/// Most characters of a value that is shown.
const MAX_SHOWN: usize = 120;
/// Most different values that are told of one expression.
const MAX_VALUES: usize = 6;
/// Most values that are told of one candidate.
const MAX_EACH: usize = 3;
/// Most rules that candidates are taken from, which are looked at too.
const MAX_HELPERS: usize = 8;

const SENSITIVE: &str = "(sensitive)";

/// What became of the candidates of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleId,
    /// Why nothing of it can be followed.
    pub not_followed: Option<String>,
    /// Its definitions, then those of the rules its candidates are taken from.
    pub definitions: Vec<DefinitionTrace>,
}

/// What became of the candidates of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionTrace {
    /// How the engine calls its rule, where that is another than the rule that is traced.
    pub helper: Option<String>,
    /// The file.
    pub file: SourceFile,
    /// Its head.
    pub head: Span,
    /// Why it cannot be followed.
    pub not_followed: Option<String>,
    /// The statement that finds the candidates; `None` where the plan as a whole is the only one.
    pub iterated: Option<Span>,
    /// How many candidates there are.
    pub considered: usize,
    /// Those for which everything holds.
    pub held: Vec<String>,
    /// Everything holds for the plan as a whole.
    pub held_as_a_whole: bool,
    /// Where the others stop.
    pub stops: Vec<StopTrace>,
}

/// A statement at which candidates stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopTrace {
    /// The statement.
    pub at: Span,
    /// Who stops; `None` where the body stops as a whole, for no candidate is known yet.
    pub candidates: Option<Vec<String>>,
    /// What its parts are.
    pub compared: Vec<ComparedTrace>,
}

/// What a part of a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTrace {
    /// As the file has it.
    pub expression: String,
    /// Its values, and for how many candidates it has each; the most frequent first.
    pub values: Vec<(String, usize)>,
    /// Candidates whose values are not told.
    pub others: usize,
}

/// Follows the candidates of rules through their definitions.
///
/// # Errors
/// As [`super::derived`], and a context that names what the plan has.
pub fn follow(
    judged: &Judged<'_>,
    policies: &PolicySet,
    settings: &Settings,
    rules: &[RuleId],
) -> Result<Vec<RuleTrace>, Problem> {
    let mut inputs = Inputs::new(judged, judged.facts, settings);
    // All values with their marks, also of changes that do nothing: the plan as it was judged may have left them out.
    let interest = Interest { values: KeepValues::All, ..Interest::builtin() };
    let whole = json::load(judged.document, &interest, NoSink)?.plan;
    let mut show = Show {
        masker: LazyMasker::new(judged.document, &settings.context),
        subjects: Subjects::new(&whole, judged.sources),
        marked: BTreeMap::new(),
    };
    let mut traces = Vec::new();
    for rule in policies.rules().iter().filter(|rule| rules.contains(&rule.id)) {
        let mut trace = RuleTrace { rule: rule.id.clone(), not_followed: None, definitions: Vec::new() };
        match &rule.path {
            _ if settings.level_of(rule) == Some(Level::Off) => {
                trace.not_followed = Some("it is off by configuration".to_owned());
            }
            None => trace.not_followed = Some("it is written in Rust and has no statements".to_owned()),
            Some(_) if rule.resources.is_some() => {
                trace.not_followed = Some("it judges Regula's view of the resources".to_owned());
            }
            Some(path) => {
                let job = Job { rule: path.clone(), input: inputs.of(rule)? };
                trace.definitions = definitions(policies, rule, &job, &mut show);
            }
        }
        traces.push(trace);
    }
    Ok(traces)
}

/// The definitions of a rule, then those of the rules it takes its candidates from.
fn definitions(policies: &PolicySet, rule: &Rule, job: &Job, show: &mut Show<'_>) -> Vec<DefinitionTrace> {
    let mut traced = Vec::new();
    let mut waiting = vec![job.rule.clone()];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if seen.len() > MAX_HELPERS || !seen.insert(path.clone()) {
            continue;
        }
        let helper = (Some(&path) != rule.path.as_ref()).then(|| path.clone());
        let defined = policies.program().modules().iter().flat_map(|module| {
            let of_path = module.rules.iter().filter(|info| info.path == path);
            of_path.flat_map(|info| &info.definitions).map(|definition| (&module.file, definition.span))
        });
        for (file, span) in defined {
            match policies.program().follow(job.clone(), file, span) {
                Ok(followed) => {
                    for followed in followed {
                        waiting.extend(followed.uses.iter().cloned());
                        let mut definition = show.definition(followed, helper.clone());
                        if file.slice(definition.head).is_empty() {
                            // A body without a head of its own.
                            definition.head = first_line(file, span);
                        }
                        traced.push(definition);
                    }
                }
                Err(why) if why == LATE && traced.iter().any(|other| other.not_followed.is_some()) => return traced,
                Err(why) => traced.push(DefinitionTrace {
                    helper: helper.clone(),
                    file: file.clone(),
                    head: first_line(file, span),
                    not_followed: Some(show.masker.mask(&why)),
                    iterated: None,
                    considered: 0,
                    held: Vec::new(),
                    held_as_a_whole: false,
                    stops: Vec::new(),
                }),
            }
        }
    }
    traced
}

fn first_line(file: &SourceFile, span: Span) -> Span {
    let length = file.slice(span).split('\n').next().unwrap_or_default().len();
    Span::new(span.start, span.start + length)
}

/// Makes what was found fit to be shown.
struct Show<'a> {
    masker: LazyMasker<'a>,
    subjects: Subjects<'a>,
    /// What changes mark as sensitive, as text, by address.
    marked: BTreeMap<String, BTreeSet<String>>,
}

impl Show<'_> {
    fn definition(&mut self, followed: Followed, helper: Option<String>) -> DefinitionTrace {
        let mut held: Vec<String> = Vec::new();
        if followed.iterated.is_some() {
            held = followed.held.iter().map(|candidate| self.name(candidate)).collect();
            held.sort();
        }
        let stops = followed.stops.iter().map(|stop| self.stop(stop)).collect();
        DefinitionTrace {
            helper,
            head: followed.span,
            not_followed: None,
            iterated: followed.iterated,
            considered: followed.considered,
            held_as_a_whole: followed.iterated.is_none() && !followed.held.is_empty(),
            held,
            stops,
            file: followed.file,
        }
    }

    fn stop(&mut self, stop: &Stop) -> StopTrace {
        let names = stop.candidates.as_ref().map(|candidates| {
            let mut names: Vec<String> = candidates.iter().map(|candidate| self.name(candidate)).collect();
            names.sort();
            names
        });
        let nobody = [Candidate { address: None, deposed: None, value: None }];
        let candidates = stop.candidates.as_deref().unwrap_or(&nobody);
        let compared = stop.compared.iter().filter_map(|compared| self.compared(compared, candidates)).collect();
        StopTrace { at: stop.span, candidates: names, compared }
    }

    /// What a candidate is called: its address, else its bindings.
    fn name(&mut self, candidate: &Candidate) -> String {
        if let Some(address) = &candidate.address {
            let deposed = candidate.deposed.as_ref().map_or_else(String::new, |key| format!(" (deposed {key})"));
            return self.masker.mask(&format!("{address}{deposed}"));
        }
        let bindings = match &candidate.value {
            Some(Value::Array(bindings)) if bindings.len() == 1 => bindings.first(),
            other => other.as_ref(),
        };
        match bindings.cloned() {
            Some(value) => self.value(value, &BTreeSet::new()),
            None => "(too large to be shown)".to_owned(),
        }
    }

    /// `None` for the candidate itself.
    fn compared(&mut self, compared: &Compared, candidates: &[Candidate]) -> Option<ComparedTrace> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut is_itself = true;
        for (candidate, values) in candidates.iter().zip(&compared.values) {
            let address = candidate.address.as_deref().unwrap_or_default();
            let text = if is_secret(self.subjects.at(address), compared) && !values.is_empty() {
                SENSITIVE.to_owned()
            } else {
                let marked = self.marked(address);
                let mut shown: Vec<String> =
                    values.iter().take(MAX_EACH).map(|value| self.shown(value.as_ref(), &marked)).collect();
                if values.len() > MAX_EACH {
                    shown.push(format!("… ({} values)", values.len()));
                }
                if shown.is_empty() { "undefined".to_owned() } else { shown.join(" or ") }
            };
            is_itself &= candidate.address.is_some() && text == self.name(candidate);
            *counts.entry(text).or_default() += 1;
        }
        let mut values: Vec<(String, usize)> = counts.into_iter().collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        values.truncate(MAX_VALUES);
        let told: usize = values.iter().map(|(_, count)| count).sum();
        let others = candidates.len().saturating_sub(told);
        (!is_itself).then(|| ComparedTrace { expression: compared.expression.clone(), values, others })
    }

    /// What the changes at an address mark as sensitive: also what is too short, or no text, and so not found by the masker.
    fn marked(&mut self, address: &str) -> BTreeSet<String> {
        let changes = self.subjects.at(address);
        let texts = || changes.iter().flat_map(|change| marked_texts(&change.change)).collect();
        self.marked.entry(address.to_owned()).or_insert_with(texts).clone()
    }

    fn shown(&mut self, value: Option<&Value>, marked: &BTreeSet<String>) -> String {
        match value {
            Some(value) => self.value(value.clone(), marked),
            None => "(too large to be shown)".to_owned(),
        }
    }

    fn value(&mut self, value: Value, marked: &BTreeSet<String>) -> String {
        // Masked as a whole first: what is cut is not recognised any more.
        let masked = self.masker.mask_value(hide(value, marked));
        let text = match masked {
            Value::String(text) if text == SENSITIVE => text,
            // A change is called by its address.
            Value::Object(map) if map.get("address").is_some_and(Value::is_string) => {
                map.get("address").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            masked => masked.to_string(),
        };
        truncate(&self.masker.mask(&text), MAX_SHOWN).into_owned()
    }
}

/// Takes out what stands under a secret-like name, and what is marked.
fn hide(value: Value, marked: &BTreeSet<String>) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (String, Value)| {
                let value = if is_secret_name(&key) { SENSITIVE.into() } else { hide(value, marked) };
                (key, value)
            };
            Value::Object(map.into_iter().map(entry).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| hide(item, marked)).collect()),
        Value::Null => Value::Null,
        scalar if marked.contains(&scalar.to_string()) => SENSITIVE.into(),
        scalar => scalar,
    }
}

/// Whether an expression leads to what one of the changes at its address hides.
fn is_secret(changes: &[&ResourceChange], compared: &Compared) -> bool {
    let steps = &compared.steps;
    if steps.iter().any(|step| is_secret_name(step)) {
        return true;
    }
    let side = steps.iter().position(|step| step == "before" || step == "after");
    let Some(at) = side else { return false };
    let side = if steps.get(at).is_some_and(|step| step == "before") { Side::Before } else { Side::After };
    let path: Vec<PathStep> = steps.iter().skip(at + 1).map(|key| PathStep::Key(key.as_str().into())).collect();
    // The object as a whole is taken apart instead.
    !path.is_empty() && changes.iter().any(|change| change.change.is_secret(side, &path))
}

fn marked_texts(change: &Change) -> BTreeSet<String> {
    let sides = [(&change.before, &change.before_sensitive), (&change.after, &change.after_sensitive)];
    let mut texts = BTreeSet::new();
    for (object, mask) in sides {
        for value in mask.marked().iter().filter_map(|path| object.at(&path.0)) {
            scalars(value, &mut texts);
        }
    }
    texts
}

fn scalars(value: &crate::plan::value::Value, texts: &mut BTreeSet<String>) {
    use crate::plan::value::Value as Planned;
    match value {
        Planned::List(items) => items.iter().for_each(|item| scalars(item, texts)),
        Planned::Map(map) => map.iter().for_each(|(_, item)| scalars(item, texts)),
        Planned::Null => {}
        Planned::String(text) => {
            texts.insert(Value::String(text.to_string()).to_string());
        }
        scalar => {
            texts.insert(scalar.to_string());
        }
    }
}
