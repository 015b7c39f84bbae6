//! Runs one rule and records which lines it evaluated.
//!
//! For explanations alone: slower than a run, lax about builtin errors, and nothing is judged by it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};

use regorus::Value;
use regorus::utils::limits::ExecutionTimerConfig;

use super::run::{CHECK_INTERVAL, GRACE, Prepared};
use super::{Input, Job, Traced, error, value};

/// Runs a job on a thread that may be lost, as all jobs do.
pub(super) fn run(prepared: &Arc<Prepared>, job: Job) -> Result<Traced, String> {
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::clone(prepared);
    prepared.pool.spawn(move || {
        let traced = std::panic::catch_unwind(AssertUnwindSafe(|| trace(&shared, job)));
        // A closed channel means that the caller gave up; nobody is left to tell.
        let _ = sender.send(traced.unwrap_or_else(|_| Err("the policy engine panicked".to_owned())));
    });
    receiver
        .recv_timeout(prepared.rule_limit + GRACE)
        .unwrap_or_else(|_| Err("the rule did not end in time".to_owned()))
}

fn trace(prepared: &Prepared, job: Job) -> Result<Traced, String> {
    let mut engine = prepared.engine.clone();
    let Input(input) = job.input;
    engine.set_input(input);
    engine.set_gather_prints(true);
    engine.set_strict_builtin_errors(false);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: prepared.rule_limit,
        check_interval: CHECK_INTERVAL,
    });
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
