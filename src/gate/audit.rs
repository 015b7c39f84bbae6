//! An audit: many plans judged side by side, of each of which a row is kept.
//!
//! Plans are judged by threads of their own, which wait for those that run rules: neither waits for the other's work to be
//! taken up. What is read of a plan is dropped with its row made; big plans are judged one at a time.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::{Activity, PlanInput, PlanSource, Stages, Used, check_file};
use crate::plan::names::Names;
use crate::problem::{Problem, ProblemCode};
use crate::report::audit::{Audit, Grouping, LISTED, PathTemplate, Row};
use crate::report::private::{self, Key};
use crate::report::{LeftOut, PlanReport, Report, RuleInfo};
use crate::selection::{self, Found, Item, Limits, Selection};
use crate::sources::Whereabouts;
use crate::text::count;
use crate::verdict::Verdict;

/// Bytes from which a plan is judged alone.
pub const BIG: u64 = 16 << 20;
/// What is packed grows about so much.
const PACKED: u64 = 8;
/// Stack of a thread that loads plans and derives facts, in bytes; as that of a process.
const STACK: usize = 8 << 20;

/// How an audit is run.
#[derive(Debug, Clone)]
pub struct AuditRequest {
    /// Plans judged side by side.
    pub threads: usize,
    /// Findings and problems listed for each plan.
    pub listed: usize,
    /// How plans are grouped.
    pub grouping: Option<Grouping>,
    /// Bounds of what is read of archives.
    pub limits: Limits,
    /// Where the source files of each plan are, by its group; without, where those of the run are.
    pub sources: Option<PathTemplate>,
    /// Hides the names in plans.
    pub key: Option<Key>,
}

impl Default for AuditRequest {
    fn default() -> Self {
        Self { threads: 1, listed: LISTED, grouping: None, limits: Limits::default(), sources: None, key: None }
    }
}

/// What happens during an audit, for who shows progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A file, of an archive too, waits to be judged.
    Found,
    /// A document was judged.
    Judged(Verdict),
    /// A file is done.
    Done,
}

/// Judges everything that is selected. The result does not depend on how many threads there are.
///
/// # Errors
/// Threads that the system does not give.
pub fn audit(
    stages: &Stages,
    selection: Selection,
    request: &AuditRequest,
    progress: &(dyn Fn(Step) + Sync),
) -> Result<Audit, Vec<Problem>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads.max(1))
        .stack_size(STACK)
        .thread_name(|index| format!("plan-{index}"))
        .build()
        .map_err(|error| vec![Problem::new(ProblemCode::Internal, format!("cannot start threads: {error}"))])?;
    let run = Run { stages, request, progress, alone: RwLock::new(()), kept: Mutex::default() };
    let mut places = Places::new(stages, request);
    let Selection { items, mut skipped, problems } = selection;
    // No more is read than is being judged: the next plan of an archive waits for a thread.
    let (sender, receiver) = sync_channel::<Task>(0);
    let receiver = Arc::new(Mutex::new(receiver));
    let sent = pool.in_place_scope(|scope| {
        for _ in 0..request.threads.max(1) {
            let (receiver, run) = (Arc::clone(&receiver), &run);
            scope.spawn(move |_| run.work(&receiver));
        }
        drop(receiver);
        let mut number = 0;
        let mut send = |input: Input, size: u64| {
            progress(Step::Found);
            // Where no thread is left to take it, `finish` misses the row.
            let sources = places.of(&input);
            let _ = sender.send(Task { number, input, size, sources });
            number += 1;
        };
        for item in items {
            feed(item, &request.limits, &mut skipped, &mut send);
        }
        drop(sender);
        number
    });
    Ok(run.finish(sent, problems, skipped))
}

/// A plan, or the name of what holds none and why.
type Input = Result<PlanInput, (String, Problem)>;

/// Hands on a file, or everything in an archive, with about how many bytes it takes.
fn feed(item: Item, limits: &Limits, skipped: &mut Vec<String>, send: &mut dyn FnMut(Input, u64)) {
    let size = item.size();
    let name = item.name().to_owned();
    match item {
        Item::Plan(path) => {
            let factor = if path.extension() == Some("json") { 1 } else { PACKED };
            send(Ok(PlanInput { name, source: PlanSource::File(path) }), size.saturating_mul(factor));
        }
        Item::Stdin(bytes) => send(Ok(PlanInput { name, source: PlanSource::Bytes(bytes) }), size),
        Item::Archive(path, kind) => selection::each_entry(&path, kind, limits, &mut |found| match found {
            Found::Skipped(name) => skipped.push(name),
            Found::Plan(name, bytes) => {
                let size = bytes.len() as u64;
                send(Ok(PlanInput { name, source: PlanSource::Bytes(bytes) }), size);
            }
            Found::Unreadable(name, problem) => send(Err((name, *problem)), 0),
        }),
    }
}

/// Something to judge.
struct Task {
    number: usize,
    input: Input,
    size: u64,
    sources: Whereabouts,
}

/// Where the source files of plans are.
struct Places<'a> {
    stages: &'a Stages,
    request: &'a AuditRequest,
    /// The last group and its sources: plans of a group mostly follow each other, and are read once.
    last: Option<(Vec<String>, Whereabouts)>,
}

impl<'a> Places<'a> {
    fn new(stages: &'a Stages, request: &'a AuditRequest) -> Self {
        Self { stages, request, last: None }
    }

    fn of(&mut self, input: &Input) -> Whereabouts {
        let (Some(template), Ok(plan)) = (&self.request.sources, input) else {
            return self.stages.sources_at.clone();
        };
        let Some(group) = self.request.grouping.as_ref().and_then(|grouping| grouping.captures(&plan.name)) else {
            let message = "the plan is of no group by which `--source` could name its source files";
            return Whereabouts::missing(
                Problem::new(ProblemCode::NothingSelected, message).help("make `--group-by` match its path"),
            );
        };
        match &self.last {
            Some((last, sources)) if *last == group => sources.clone(),
            _ => {
                let sources = template
                    .fill(&group)
                    .map_or_else(Whereabouts::missing, |dir| Whereabouts::new(Some(dir.into()), None));
                self.last = Some((group, sources.clone()));
                sources
            }
        }
    }
}

struct Run<'a> {
    stages: &'a Stages,
    request: &'a AuditRequest,
    progress: &'a (dyn Fn(Step) + Sync),
    /// Held by many small plans, or by one big one.
    alone: RwLock<()>,
    kept: Mutex<Kept>,
}

/// What is kept of the plans judged so far.
#[derive(Default)]
struct Kept {
    rows: Vec<(usize, PlanReport, Row)>,
    used: Used,
    /// The names in all plans, where they are to be hidden.
    names: Names,
    activity: Activity,
    silenced: BTreeSet<String>,
    builtin_errors: usize,
}

impl Run<'_> {
    fn work(&self, tasks: &Mutex<Receiver<Task>>) {
        loop {
            let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Task { number, input, size, sources }) = next else { return };
            let (mut reports, used) = match input {
                Ok(input) if size >= BIG => {
                    let _alone = self.alone.write().unwrap_or_else(PoisonError::into_inner);
                    self.judge(input, &sources)
                }
                Ok(input) => {
                    let _beside = self.alone.read().unwrap_or_else(PoisonError::into_inner);
                    self.judge(input, &sources)
                }
                Err((name, problem)) => (vec![PlanReport::unread(name, 0, None, problem)], Used::default()),
            };
            self.keep(number, &mut reports, &used);
            (self.progress)(Step::Done);
        }
    }

    /// A plan that makes the program fail is undecided; the others are judged all the same.
    fn judge(&self, input: PlanInput, sources: &Whereabouts) -> (Vec<PlanReport>, Used) {
        let name = input.name.clone();
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut used = Used::default();
            let reports = check_file(self.stages, sources, input, &mut used, &mut |_, _| Vec::new());
            (reports, used)
        }));
        judged.unwrap_or_else(|_| {
            let problem = Problem::new(ProblemCode::Internal, "plangate itself failed on this plan");
            let problem = problem.help("report it, with the place that standard error names");
            (vec![PlanReport::unread(name, 0, None, problem)], Used::default())
        })
    }

    fn keep(&self, number: usize, reports: &mut Vec<PlanReport>, used: &Used) {
        for report in &*reports {
            (self.progress)(Step::Judged(report.verdict));
        }
        let activity: Vec<Activity> = reports.iter().map(Activity::of).collect();
        let silenced: Vec<String> =
            reports.iter().flat_map(|plan| plan.silenced().map(|rule| rule.id.as_str().to_owned())).collect();
        let builtin_errors: usize = reports.iter().map(PlanReport::builtin_errors).sum();
        let mut names = Names::default();
        if let Some(key) = &self.request.key {
            for plan in reports.iter_mut() {
                names.merge(private::hide_plan(plan, key));
            }
        }
        let rows: Vec<Row> = reports
            .iter_mut()
            .map(|plan| Row::fold(plan, self.request.listed, self.request.grouping.as_ref()))
            .collect();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.used.merge(used);
        kept.names.merge(names);
        for activity in &activity {
            kept.activity.merge(activity);
        }
        kept.silenced.extend(silenced);
        kept.builtin_errors += builtin_errors;
        kept.rows.extend(reports.drain(..).zip(rows).map(|(plan, row)| (number, plan, row)));
    }

    fn finish(self, sent: usize, mut problems: Vec<Problem>, mut skipped: Vec<String>) -> Audit {
        let stages = self.stages;
        let mut kept = self.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        let answered: BTreeSet<usize> = kept.rows.iter().map(|(number, ..)| *number).collect();
        if answered.len() != sent {
            let lost = count(sent.saturating_sub(answered.len()), "plan");
            problems.push(Problem::new(ProblemCode::Internal, format!("{lost} got no answer")).help("report it"));
        }
        kept.rows.sort_by(|(one, a, _), (other, b, _)| {
            let by_name = selection::order(&a.path, &b.path);
            by_name.then_with(|| one.cmp(other)).then_with(|| a.document.cmp(&b.document))
        });
        skipped.sort_by(|one, other| selection::order(one, other));
        let mut findings = stages.waivers.audit(&kept.used.waivers, stages.today);
        findings.extend(stages.own_types.audit(&kept.used.own_types, stages.today));
        let mut notes = stages.notes.clone();
        // Plans end in any order.
        kept.used.notes.sort();
        kept.used.notes.dedup();
        notes.append(&mut kept.used.notes);
        notes.extend(kept.activity.note());
        notes.extend(kept.silenced.iter().map(|rule| format!("off by configuration: {rule}")));
        if kept.builtin_errors > 0 {
            let errors = count(kept.builtin_errors, "builtin error");
            notes.push(format!(
                "{errors} made parts of rules undefined: `plangate check --verbose` lists those of a plan"
            ));
        }
        let (plans, rows) = kept.rows.into_iter().map(|(_, plan, row)| (plan, row)).unzip();
        let report = Report {
            verdict: Verdict::Allowed,
            problems,
            findings: stages.eval.relevel(findings),
            plans,
            left_out: LeftOut::default(),
            notes,
            fail_on: stages.fail_on,
            rules: stages.policies.rules().iter().map(RuleInfo::of).collect(),
        };
        let report = match &self.request.key {
            Some(key) => private::hide_run(report, &kept.names, key),
            None => report,
        };
        Audit::build(report, rows, skipped, self.request.grouping.clone())
    }
}
