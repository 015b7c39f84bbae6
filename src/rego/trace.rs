//! Runs rules and records which lines they evaluated.
//!
//! For explanations and coverage alone: slower than a run, lax about builtin errors, and nothing is judged by it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::run::{CHECK_INTERVAL, GRACE, Prepared};
use super::{Input, Job, Traced, error, value};

/// Runs a job on a thread that may be lost, as all jobs do.
pub(super) fn run(prepared: &Arc<Prepared>, job: Job) -> Result<Traced, String> {
    wait(prepared, &spawn(prepared, move |prepared| trace(prepared, job)))
}

/// Runs jobs, as many at once as there are threads; the answers stand in the order of the jobs.
pub(super) fn run_all(prepared: &Arc<Prepared>, jobs: Vec<Job>) -> Vec<Result<Traced, String>> {
    let threads = prepared.pool.current_num_threads().max(1);
    let mut jobs = jobs.into_iter().peekable();
    let mut answers = Vec::new();
    while jobs.peek().is_some() {
        let running: Vec<_> =
            jobs.by_ref().take(threads).map(|job| spawn(prepared, move |prepared| trace(prepared, job))).collect();
        answers.extend(running.iter().map(|receiver| wait(prepared, receiver)));
    }
    answers
}

type Answer<T> = mpsc::Receiver<Result<T, String>>;

/// Starts work on a thread of the pool.
pub(super) fn spawn<T: Send + 'static>(
    prepared: &Arc<Prepared>,
    work: impl FnOnce(&Prepared) -> Result<T, String> + Send + 'static,
) -> Answer<T> {
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::clone(prepared);
    // The time of the work begins when it can run.
    prepared.settle();
    prepared.pool.spawn(move || {
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(&shared)));
        // A closed channel means that the caller gave up; nobody is left to tell.
        let _ = sender.send(done.unwrap_or_else(|_| Err("the policy engine panicked".to_owned())));
    });
    receiver
}

/// Why there is no answer, where it took too long.
pub const LATE: &str = "the rule did not end in time";

/// Waits for work no longer than one rule may take.
pub(super) fn wait<T>(prepared: &Prepared, answer: &Answer<T>) -> Result<T, String> {
    answer.recv_timeout(prepared.rule_limit + GRACE).unwrap_or_else(|_| Err(LATE.to_owned()))
}

fn trace(prepared: &Prepared, job: Job) -> Result<Traced, String> {
    let mut engine = lax_engine(prepared, job.input)?;
    engine.set_enable_coverage(true);
    let said = |rendered: String| error::parse(&rendered).message;
    let found = engine.eval_rule(job.rule).map_err(|error| said(error.to_string()))?;
    let report = engine.get_coverage_report().map_err(|error| said(error.to_string()))?;
    let mut lines: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for file in report.files {
        // Both texts of a file have the same lines.
        let covered = file.covered.into_iter().filter_map(|line| usize::try_from(line).ok());
        lines.entry(file.path).or_default().extend(covered);
    }
    let value = match found {
        Value::Undefined => None,
        found => Some(value::to_json(&found, prepared.caps)?),
    };
    Ok(Traced { value, lines })
}

/// An engine to look into a rule with: builtin errors are undefined.
pub(super) fn lax_engine(prepared: &Prepared, Input(input): Input) -> Result<Engine, String> {
    let mut engine = prepared.engine()?;
    engine.set_input(input);
    engine.set_gather_prints(true);
    engine.set_strict_builtin_errors(false);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: prepared.rule_limit,
        check_interval: CHECK_INTERVAL,
    });
    Ok(engine)
}
