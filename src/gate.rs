//! The pipeline and nothing else: plans and workspace in, report out.
//!
//! Pure but for the files it is told to read through `io`. Must not print, exit, nor know arguments.

mod audit;
mod excerpt;
mod explain;
mod fired;
mod plans;
mod scene;
mod show;
mod sources;
mod test;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::address::Address;
use crate::calibration;
use crate::catalog::Catalog;
use crate::eval::candidates::{self, RuleTrace};
use crate::eval::{self, Judged, RuleRecord};
use crate::explain::unknown_rule;
use crate::facts::{self, Facts};
use crate::finding::{Level, RuleId};
use crate::graph::{NodeId, ResourceGraph, view};
use crate::overlay;
use crate::plan::Plan;
use crate::plan::completeness::{self, Expect};
use crate::plan::detect::Document;
use crate::plan::hcl::{self, Sources};
use crate::plan::json::{self, Interest};
use crate::plan::mask::Masker;
use crate::plan::names::Names;
use crate::plan::redact::{redact, redact_derived};
use crate::policy::{Origin, PolicySet};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Input, InputSink};
use crate::report::{ChangeCounts, LeftOut, PlanReport, Report, RuleInfo};
use crate::sources::{Given, Whereabouts};
use crate::suggest;
use crate::text;
use crate::verdict::Verdict;
use crate::waiver::{Usage, WaiverSet};

pub use audit::{AuditRequest, BIG, Step, audit};
pub use excerpt::excerpt;
pub use explain::{ExplainRequest, explain};
pub use fired::fired;
pub use plans::{MAX_PLAN_BYTES, PlanInput, PlanSource};
pub use show::show;
pub use test::{TestRequest, test};

/// Everything that is the same for all plans of a run; made by `workspace` from files.
#[derive(Debug, Clone)]
pub struct Stages {
    /// Rules, loaded and checked.
    pub policies: PolicySet,
    /// Settings of the evaluation.
    pub eval: eval::Settings,
    /// Whether refresh-only plans are expected.
    pub expect: Expect,
    /// Lowest level that blocks.
    pub fail_on: Level,
    /// Waivers of the repository.
    pub waivers: WaiverSet,
    /// What is known of resource types, with what the repository says.
    pub catalog: Arc<Catalog>,
    /// What is read of a plan for the rules that run.
    pub interest: Interest,
    /// What the repository says of them, for the audit.
    pub own_types: overlay::Entries,
    /// The day of the run, UTC: waivers expire by it.
    pub today: jiff::civil::Date,
    /// Remarks for the report.
    pub notes: Vec<String>,
    /// The source files that the plans were made from, and those before. Saved plans have their own.
    pub sources: Option<Arc<Given>>,
    /// Where these are, and what to compare with the sources that a saved plan carries.
    pub sources_at: Whereabouts,
    /// Whether the names in plans are collected, so that the report can be written without them.
    pub collect_names: bool,
    /// Whether the graph around what goes, and ways forward, are collected: the HTML report shows them.
    pub collect_scene: bool,
}

/// Judges every plan on its own.
#[must_use]
pub fn check(stages: &Stages, plans: Vec<PlanInput>) -> Report {
    check_and_trace(stages, plans, &[])
}

/// Judges every plan on its own, and follows the candidates of these rules. That has no say in a verdict.
#[must_use]
pub fn check_and_trace(stages: &Stages, plans: Vec<PlanInput>, traced: &[RuleId]) -> Report {
    let mut usage = Used::default();
    let mut look = |_: usize, judged: &Judged<'_>| match traced {
        [] => Vec::new(),
        traced => candidates::follow(judged, &stages.policies, &stages.eval, traced).unwrap_or_default(),
    };
    let plans: Vec<PlanReport> = plans
        .into_iter()
        .flat_map(|plan| check_file(stages, &stages.sources_at, plan, &mut usage, &mut look))
        .collect();
    let mut findings = stages.waivers.audit(&usage.waivers, stages.today);
    findings.extend(stages.own_types.audit(&usage.own_types, stages.today));
    let findings = stages.eval.relevel(findings);
    let mut activity = Activity::default();
    for plan in &plans {
        activity.merge(&Activity::of(plan));
    }
    let notes = stages.notes.iter().cloned().chain(once_each(usage.notes)).chain(activity.note()).collect();
    Report::build(Report {
        verdict: Verdict::Allowed,
        problems: Vec::new(),
        findings,
        plans,
        left_out: LeftOut::default(),
        notes,
        fail_on: stages.fail_on,
        rules: stages.policies.rules().iter().map(RuleInfo::of).collect(),
    })
}

/// The rules that are meant by these ids, or by the names the engine has for them (`data.main.deny`).
///
/// # Errors
/// A problem for each that no rule has.
pub fn rules_called(stages: &Stages, names: &[String]) -> Result<Vec<RuleId>, Vec<Problem>> {
    let rules = stages.policies.rules();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match rules.iter().find(|rule| rule.id.as_str() == name || rule.path.as_ref() == Some(name)) {
            Some(rule) => found.push(rule.id.clone()),
            None => problems.push(unknown_rule(name, rules.iter().map(|rule| rule.id.as_str()))),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Which rules of the repository had a change to look at, in any plan.
#[derive(Debug, Default)]
struct Activity {
    plans: usize,
    idle: BTreeSet<RuleId>,
    busy: BTreeSet<RuleId>,
}

impl Activity {
    /// That of a plan; nothing of one that was not judged.
    fn of(plan: &PlanReport) -> Self {
        let own = plan.rules.iter().filter(|record| record.origin == Origin::Repository);
        let (idle, busy): (Vec<_>, Vec<_>) = own.partition(|record| record.considered == Some(0));
        let ids = |records: Vec<&RuleRecord>| records.into_iter().map(|record| record.id.clone()).collect();
        Self { plans: usize::from(!plan.rules.is_empty()), idle: ids(idle), busy: ids(busy) }
    }

    fn merge(&mut self, other: &Self) {
        self.plans += other.plans;
        self.idle.extend(other.idle.iter().cloned());
        self.busy.extend(other.busy.iter().cloned());
    }

    /// Of several plans: the rules for which none of them has a change. Of one plan that says nothing.
    fn note(&self) -> Option<String> {
        let names: Vec<&str> = self.idle.difference(&self.busy).map(RuleId::as_str).collect();
        (self.plans > 1 && !names.is_empty())
            .then(|| format!("no plan has a change that these rules look at: {}", names.join(", ")))
    }
}

/// What of the repository's files had a say in any plan of the run, and remarks about the sources of plans.
#[derive(Debug, Default)]
struct Used {
    waivers: Usage,
    own_types: BTreeSet<usize>,
    notes: Vec<String>,
}

/// Sources of the run belong to all its JSON plans: what is to be said of them stands once.
fn once_each(notes: Vec<String>) -> impl Iterator<Item = String> {
    let mut told = BTreeSet::new();
    notes.into_iter().filter(move |note| told.insert(note.clone()))
}

impl Used {
    fn merge(&mut self, other: &Self) {
        self.waivers.merge(&other.waivers);
        self.own_types.extend(&other.own_types);
        self.notes.extend(other.notes.iter().cloned());
    }
}

/// Judges every plan on its own and says at what level each change is judged; the rows are in the order of their keys.
#[must_use]
pub fn calibrate(stages: &Stages, plans: Vec<PlanInput>) -> Vec<calibration::Row> {
    let mut usage = Used::default();
    let mut rows = Vec::new();
    for plan in plans {
        let mut candidates = BTreeMap::new();
        let reports = check_file(stages, &stages.sources_at, plan, &mut usage, &mut |index, judged| {
            candidates.insert(index, calibration::candidates(judged.facts));
            Vec::new()
        });
        for report in &reports {
            let candidates = candidates.get(&report.document).map_or(&[][..], Vec::as_slice);
            rows.extend(calibration::rows(report, candidates));
        }
    }
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// Shown each judged document, by its number; says what of it goes into the report's traces.
type Look<'a> = dyn FnMut(usize, &Judged<'_>) -> Vec<RuleTrace> + 'a;

/// Judges every document of a file, whose source files are at `sources`.
fn check_file(
    stages: &Stages,
    sources: &Whereabouts,
    plan: PlanInput,
    usage: &mut Used,
    look: &mut Look<'_>,
) -> Vec<PlanReport> {
    let found = match plan.source.read_for(&stages.interest.document) {
        Ok(found) => found,
        Err(problem) => return vec![PlanReport::unread(plan.name, 0, None, problem)],
    };
    let sha256 = text::hex(&found.sha256);
    found
        .documents
        .into_iter()
        .enumerate()
        .map(|(index, document)| {
            let noted = usage.notes.len();
            let is_saved = document.as_ref().is_ok_and(|document| document.saved().is_some());
            let judged = document.and_then(|document| {
                check_document(stages, sources, &document, usage, &mut |judged| look(index, judged))
            });
            for note in usage.notes.iter_mut().skip(noted).filter(|_| is_saved) {
                *note = format!("{}: {note}", plan.name);
            }
            match judged {
                Ok(report) => {
                    PlanReport { path: plan.name.clone(), document: index, sha256: Some(sha256.clone()), ..report }
                }
                Err(problem) => PlanReport::unread(plan.name.clone(), index, Some(sha256.clone()), problem),
            }
        })
        .collect()
}

/// Judges one document: load, derive, evaluate, waive, decide.
fn check_document(
    stages: &Stages,
    sources: &Whereabouts,
    document: &Document,
    usage: &mut Used,
    look: &mut dyn FnMut(&Judged<'_>) -> Vec<RuleTrace>,
) -> Result<PlanReport, Problem> {
    let (mut plan, input, beside) = load(document, &stages.interest)?;
    let completeness = completeness::assess(&plan, stages.expect);
    let sources = sources::of(stages, sources, document)?;
    let facts = derive(stages, &mut plan, sources.given.as_deref())?;
    let judged = Judged {
        document,
        plan: &plan,
        input,
        beside,
        facts: &facts,
        completeness: &completeness,
        sources: sources.now(),
    };
    let evaluation = eval::evaluate(&judged, &stages.policies, &stages.eval);
    let traces = look(&judged);
    free_aside(judged.input);
    usage.notes.extend(sources.notes);

    let mut findings = evaluation.findings;
    usage.waivers.merge(&stages.waivers.apply(&mut findings, stages.today));
    usage.own_types.extend(facts.overlay_entries());
    let collect = stages.collect_scene;
    let scene = collect.then(|| scene::scene(stages, document, &plan, &facts, &findings)).transpose()?;
    let partial = completeness.partial || !completeness.missing.is_empty();
    let mut problems = completeness.problems;
    problems.extend(evaluation.problems);
    Ok(PlanReport {
        path: String::new(),
        document: document.index(),
        sha256: None,
        verdict: Verdict::of(problems.len(), &findings, stages.fail_on),
        problems,
        findings,
        rules: evaluation.rules,
        counts: ChangeCounts::of(&plan, partial),
        notes: document.notes().to_vec(),
        traces,
        saved: document.saved().cloned(),
        names: if stages.collect_names { Names::of(&plan) } else { Names::default() },
        scene,
    })
}

/// What is derived from a plan and its sources; the plan's configuration takes in what these know better.
fn derive(stages: &Stages, plan: &mut Plan, sources: Option<&Given>) -> Result<Facts, Problem> {
    // Of a saved plan the configuration was made of the same sources.
    if plan.saved.is_none()
        && let Some((given, configuration)) = sources.zip(plan.configuration.as_mut())
    {
        hcl::enrich(configuration, &given.now);
    }
    let mut facts = facts::derive(plan, &stages.catalog)?;
    if let Some(given) = sources {
        facts::sources::attach(&mut facts, plan, &given.now, given.base.as_ref(), &stages.catalog)?;
    }
    Ok(facts)
}

/// The document that policies see as `input`, as indented JSON; one after another where the file holds several.
/// Secrets are masked unless `reveal`.
///
/// # Errors
/// Whatever keeps a document from being judged at all.
pub fn inspect(stages: &Stages, plan: PlanInput, reveal: bool) -> Result<String, Vec<Problem>> {
    let mut text = String::new();
    for document in plan.source.read().map_err(|problem| vec![problem])?.documents {
        let shown = document
            .and_then(|document| inspect_document(stages, &document, reveal))
            .map_err(|problem| vec![problem])?;
        text.push_str(&shown);
        text.push('\n');
    }
    Ok(text)
}

fn inspect_document(stages: &Stages, document: &Document, reveal: bool) -> Result<String, Problem> {
    let (mut plan, ..) = load(document, &stages.interest.clone().without_document())?;
    let sources = sources::of(stages, &stages.sources_at, document)?;
    let facts = derive(stages, &mut plan, sources.given.as_deref())?;
    let mut derived = eval::derived(&facts, stages.eval.input)?;
    let malformed = |error: serde_json::Error| Problem::new(ProblemCode::Malformed, format!("not valid JSON: {error}"));
    let mut input = plan_of(serde_json::from_slice(document.bytes()).map_err(malformed)?);
    if !reveal {
        let masker = Masker::from_json(document.bytes())?;
        input = redact(input, &masker);
        derived = redact_derived(derived, &masker);
    }
    if let Value::Object(map) = &mut input {
        map.insert(eval::DERIVED_KEY.to_owned(), derived);
    }
    Ok(text::json(&serde_json::to_string_pretty(&input).map_err(malformed)?).into_owned())
}

/// What of a graph is wanted, and how.
#[derive(Debug, Clone)]
pub struct GraphRequest {
    /// How it is written.
    pub format: view::Format,
    /// Only the resources at this address, or of this block, and what is directly around them.
    pub around: Option<String>,
    /// Only what is destroyed, or lost with what it lies in.
    pub destroyed: bool,
    /// The source files that the plan was made from: they know local values and dynamic blocks. A saved plan has its own.
    pub sources: Option<Arc<Sources>>,
}

/// What depends on what, as text; one after another where the file holds several plans.
///
/// # Errors
/// Whatever keeps a document from being judged at all, and an address that no plan has.
pub fn graph(plan: PlanInput, request: &GraphRequest) -> Result<String, Vec<Problem>> {
    let mut text = String::new();
    for document in plan.source.read().map_err(|problem| vec![problem])?.documents {
        let drawn = document.and_then(|document| graph_document(&document, request));
        text.push_str(&drawn.map_err(|problem| vec![problem])?);
    }
    Ok(text)
}

fn graph_document(document: &Document, request: &GraphRequest) -> Result<String, Problem> {
    let (mut plan, ..) = load(document, &facts::interest(Catalog::builtin())?)?;
    if plan.saved.is_none()
        && let Some((sources, configuration)) = request.sources.as_deref().zip(plan.configuration.as_mut())
    {
        hcl::enrich(configuration, sources);
    }
    let (graph, lost) = facts::graph(&plan, Catalog::builtin())?;
    let mut view = view::View::all(&graph, &lost);
    if let Some(address) = &request.around {
        view = view.around(&centres(&graph, address)?);
    }
    if request.destroyed {
        view = view.destroyed();
    }
    Ok(view.render(request.format))
}

/// The resources at an address, or of a block.
fn centres(graph: &ResourceGraph, address: &str) -> Result<Vec<NodeId>, Problem> {
    let wanted = Address::new(address);
    let found: Vec<NodeId> = match graph.at(&wanted) {
        [] => graph.nodes().filter(|(_, node)| node.address.config_address() == address).map(|(id, _)| id).collect(),
        exact => exact.to_vec(),
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let problem =
        Problem::new(ProblemCode::NothingSelected, format!("the plan has no `{}`", text::truncate(address, 120)));
    Err(match suggest::nearest(address, graph.nodes().map(|(_, node)| node.address.as_str())) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("`plangate graph PLAN --format json` lists every resource"),
    })
}

/// The plan in a document: itself, or what a wrapper holds.
fn plan_of(mut document: Value) -> Value {
    let wrapped = ["plan", "tfplan"]
        .into_iter()
        .find(|key| document.get("format_version").is_none() && document.get(key).is_some_and(Value::is_object));
    match wrapped.and_then(|key| document.get_mut(key)) {
        Some(plan) => plan.take(),
        None => document,
    }
}

/// Frees the engine's input on a thread of its own: it holds millions of small values, and freeing them takes as
/// long as reading them did. Nobody waits for it, not even the end of the process.
fn free_aside(input: Option<Input>) {
    if let Some(input) = input {
        // Where no thread can be had, the closure is dropped here, and the input with it.
        let _ = std::thread::Builder::new().name("free".to_owned()).spawn(move || drop(input));
    }
}

/// One pass over the bytes: the typed plan and, where some rule may read it, the engine's input with what stands beside a
/// wrapped plan.
fn load(document: &Document, interest: &Interest) -> Result<(Plan, Option<Input>, Option<Input>), Problem> {
    let loaded = json::load(document, interest, InputSink)?;
    Ok((loaded.plan, loaded.node, loaded.beside))
}

impl PlanReport {
    /// The report of a document that could not be read: undecided.
    fn unread(path: String, document: usize, sha256: Option<String>, problem: Problem) -> Self {
        Self {
            path,
            document,
            sha256,
            verdict: Verdict::Undecided,
            problems: vec![problem],
            findings: Vec::new(),
            rules: Vec::new(),
            counts: ChangeCounts::default(),
            notes: Vec::new(),
            traces: Vec::new(),
            saved: None,
            names: Names::default(),
            scene: None,
        }
    }
}
