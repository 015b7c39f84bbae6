//! Runs rules: a pool of threads that may be lost, a deadline per job, strict before lax.
//!
//! Must not judge results. No engine call happens on the caller's thread: a job owns what it needs, answers through a
//! channel, and is given up when its deadline passes.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, LimitError, Value};

use crate::problem::{Problem, ProblemCode};

use super::builtins::recorder;
use super::load::Loaded;
use super::pending::Pending;
use super::rewrite::EngineText;
use super::value::{self, Caps};
use super::{BuiltinError, Failure, FailureKind, Input, Job, Limits, ModuleInfo, Run, error, trace};

/// The interpreter recurses with the data and with calls: 64 MiB hold more than 6,000 frames of functions, which
/// cannot recurse anyway, and any input that can be parsed.
pub(super) const STACK: usize = 64 << 20;
/// Work units between looks at the clock: below 1,000 the looking costs more than a few percent.
pub(super) const CHECK_INTERVAL: std::num::NonZeroU32 = std::num::NonZeroU32::new(1_000).unwrap();
/// How much later than the engine's own timer the watchdog fires: first the error with a place, then the loss of a thread.
pub(super) const GRACE: Duration = Duration::from_millis(250);

/// The shortest time in which a run is worth starting.
const SHORTEST: Duration = Duration::from_millis(1);

/// Everything needed to run rules.
pub(super) struct Prepared {
    modules: Vec<ModuleInfo>,
    texts: Arc<Vec<EngineText>>,
    engine: Pending,
    pub(super) pool: rayon::ThreadPool,
    threads: isize,
    pub(super) rule_limit: Duration,
    pub(super) caps: Caps,
    /// Threads in a job that was given up, right now.
    stuck: AtomicIsize,
    abandoned: AtomicUsize,
}

impl Prepared {
    pub(super) fn new(loaded: Loaded, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let threads = limits.threads.max(1);
        let pool = pool(threads).map_err(|message| vec![Problem::new(ProblemCode::PolicyLoad, message)])?;
        Ok(Self {
            modules: loaded.modules,
            texts: loaded.texts,
            engine: loaded.engine,
            pool,
            threads: isize::try_from(threads).unwrap_or(isize::MAX),
            rule_limit: limits.rule,
            caps: Caps { max_items: limits.max_items, max_bytes: limits.max_bytes },
            stuck: AtomicIsize::new(0),
            abandoned: AtomicUsize::new(0),
        })
    }

    /// The same policies with another engine, which has their rules and more.
    pub(super) fn with_engine(&self, engine: Engine) -> Result<Self, String> {
        Ok(Self {
            modules: self.modules.clone(),
            texts: Arc::clone(&self.texts),
            engine: engine.into(),
            pool: pool(self.threads.unsigned_abs())?,
            threads: self.threads,
            rule_limit: self.rule_limit,
            caps: self.caps,
            stuck: AtomicIsize::new(0),
            abandoned: AtomicUsize::new(0),
        })
    }

    /// Waits until there is an engine, or none will be.
    pub(super) fn settle(&self) {
        let _ = self.engine.get();
    }

    /// A copy of the engine, once it is built.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn engine(&self) -> Result<Engine, String> {
        let why = |problems: &[Problem]| {
            problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
        };
        self.engine.get().cloned().map_err(why)
    }

    pub(super) fn modules(&self) -> &[ModuleInfo] {
        &self.modules
    }

    pub(super) fn texts(&self) -> &[EngineText] {
        &self.texts
    }

    pub(super) fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }

    fn exhausted(&self) -> bool {
        self.stuck.load(Ordering::SeqCst) >= self.threads
    }
}

/// The threads that run jobs.
fn pool(threads: usize) -> Result<rayon::ThreadPool, String> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .thread_name(|index| format!("rego-{index}"))
        .build()
        .map_err(|error| format!("cannot start the threads that run policies: {error}"))
}

/// What a job's thread reports.
enum Message {
    Started(usize),
    Done(usize, Run),
}

/// State of a job, shared between its thread and the watchdog: each step is taken by exactly one of them.
#[derive(Default)]
struct Ticket(AtomicU8);

impl Ticket {
    const WAITING: u8 = 0;
    const RUNNING: u8 = 1;
    const ENDED: u8 = 2;
    const GIVEN_UP: u8 = 3;

    /// Goes from one state to the next, if it is in that one.
    fn step(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

pub(super) fn run(prepared: &Arc<Prepared>, jobs: Vec<Job>) -> Vec<Run> {
    // The time of a rule begins when it can run.
    prepared.settle();
    let (sender, receiver) = mpsc::channel();
    let tickets: Vec<Arc<Ticket>> = jobs.iter().map(|_| Arc::default()).collect();
    for (index, (job, ticket)) in jobs.into_iter().zip(&tickets).enumerate() {
        let (prepared, ticket, sender) = (Arc::clone(prepared), Arc::clone(ticket), sender.clone());
        let pool = Arc::clone(&prepared);
        pool.pool.spawn(move || work(&prepared, index, &job, &ticket, &sender));
    }
    drop(sender);
    collect(prepared, &tickets, &receiver)
}

/// The whole of a job, on its thread.
fn work(prepared: &Prepared, index: usize, job: &Job, ticket: &Ticket, sender: &mpsc::Sender<Message>) {
    if !ticket.step(Ticket::WAITING, Ticket::RUNNING) {
        return;
    }
    // A closed channel means that the caller gave up; nobody is left to tell.
    let _ = sender.send(Message::Started(index));
    let started = Instant::now();
    let caught = std::panic::catch_unwind(AssertUnwindSafe(|| evaluate(prepared, job, finish)));
    let run = caught.unwrap_or_else(|panic| Run {
        value: Err(Failure { kind: FailureKind::Panicked, message: panic_text(panic.as_ref()), place: None }),
        builtin_errors: Vec::new(),
        prints: Vec::new(),
        took: Duration::ZERO,
    });
    let run = Run { took: started.elapsed(), ..run };
    if !ticket.step(Ticket::RUNNING, Ticket::ENDED) {
        // It ended after all: the thread is of use again.
        prepared.stuck.fetch_sub(1, Ordering::SeqCst);
    }
    let _ = sender.send(Message::Done(index, run));
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the policy engine panicked: {}", text.unwrap_or("no message"))
}

fn timeout(message: String, took: Duration) -> Run {
    Run {
        value: Err(Failure { kind: FailureKind::Timeout, message, place: None }),
        builtin_errors: Vec::new(),
        prints: Vec::new(),
        took,
    }
}

fn collect(prepared: &Prepared, tickets: &[Arc<Ticket>], receiver: &mpsc::Receiver<Message>) -> Vec<Run> {
    let mut answers: Vec<Option<Run>> = tickets.iter().map(|_| None).collect();
    let mut deadlines: BTreeMap<usize, Instant> = BTreeMap::new();
    let mut open = tickets.len();
    while open > 0 {
        let wait = deadlines.values().min().map_or(GRACE, |at| at.saturating_duration_since(Instant::now()));
        match receiver.recv_timeout(wait.min(GRACE)) {
            Ok(Message::Started(index)) => {
                deadlines.insert(index, Instant::now() + prepared.rule_limit + GRACE);
            }
            Ok(Message::Done(index, run)) => {
                deadlines.remove(&index);
                if let Some(answer @ None) = answers.get_mut(index) {
                    *answer = Some(run);
                    open -= 1;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                open -= give_up(prepared, tickets, &mut deadlines, &mut answers);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| timeout("the rule never started".to_owned(), Duration::ZERO)))
        .collect()
}

/// Gives up the jobs past their deadline and, when no thread is left, those that never began. Says how many.
fn give_up(
    prepared: &Prepared,
    tickets: &[Arc<Ticket>],
    deadlines: &mut BTreeMap<usize, Instant>,
    answers: &mut [Option<Run>],
) -> usize {
    let now = Instant::now();
    let late: Vec<usize> = deadlines.iter().filter(|(_, at)| **at <= now).map(|(index, _)| *index).collect();
    let mut closed = 0;
    for index in late {
        deadlines.remove(&index);
        if !tickets.get(index).is_some_and(|ticket| ticket.step(Ticket::RUNNING, Ticket::GIVEN_UP)) {
            // Its answer is already on the way.
            continue;
        }
        prepared.stuck.fetch_add(1, Ordering::SeqCst);
        prepared.abandoned.fetch_add(1, Ordering::Relaxed);
        let message = format!("the rule did not end within {}", seconds(prepared.rule_limit));
        closed += answer(answers, index, &message, prepared.rule_limit);
    }
    if prepared.exhausted() && deadlines.is_empty() {
        for (index, ticket) in tickets.iter().enumerate() {
            if ticket.step(Ticket::WAITING, Ticket::GIVEN_UP) {
                let message = "no thread was left to run the rule: others did not end in time";
                closed += answer(answers, index, message, Duration::ZERO);
            }
        }
    }
    closed
}

fn answer(answers: &mut [Option<Run>], index: usize, message: &str, took: Duration) -> usize {
    match answers.get_mut(index) {
        Some(slot @ None) => {
            *slot = Some(timeout(message.to_owned(), took));
            1
        }
        _ => 0,
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Runs one job whose value is an input for others, on a thread that may be lost.
pub(super) fn run_for_input(prepared: &Arc<Prepared>, job: Job) -> Result<Run<Option<Input>>, String> {
    let input = |_: &Prepared, value: &Value| Ok((*value != Value::Undefined).then(|| Input(value.clone())));
    trace::wait(prepared, &trace::spawn(prepared, move |prepared| Ok(evaluate(prepared, &job, input))))
}

/// Evaluates strictly; where a builtin fails, once more, counting what depends on it as undefined. `finish` makes of the value
/// what is asked for.
fn evaluate<T>(prepared: &Prepared, job: &Job, finish: impl Fn(&Prepared, &Value) -> Result<T, Failure>) -> Run<T> {
    let files = || prepared.texts.iter();
    let started = Instant::now();
    // Set by whoever waits for this.
    let took = Duration::ZERO;
    recorder::start(true);
    let strict = evaluate_once(prepared, job, true, prepared.rule_limit);
    recorder::stop();
    let error = match strict.outcome {
        Ok(value) => {
            return Run { value: finish(prepared, &value), builtin_errors: Vec::new(), prints: strict.prints, took };
        }
        Err(error) => error,
    };
    if !error.may_be_builtin {
        return Run {
            value: Err(error.into_failure(files())),
            builtin_errors: Vec::new(),
            prints: strict.prints,
            took,
        };
    }
    let left = prepared.rule_limit.saturating_sub(started.elapsed());
    if left < SHORTEST {
        return unfinished(prepared, &error, strict.prints);
    }
    recorder::start(false);
    let lax = evaluate_once(prepared, job, false, left);
    let recorded = recorder::stop();
    match lax.outcome {
        Ok(value) => Run {
            value: finish(prepared, &value),
            builtin_errors: builtin_errors(&error, recorded, files()),
            prints: lax.prints,
            took,
        },
        // Both runs share the time of the rule.
        Err(lax) if lax.is_timeout() => Run { took, ..unfinished(prepared, &error, strict.prints) },
        // It fails either way, so the cause is no swallowed builtin; the second error is the one nothing could prevent.
        Err(error) => {
            Run { value: Err(error.into_failure(files())), builtin_errors: Vec::new(), prints: lax.prints, took }
        }
    }
}

/// A rule that failed at a builtin, with no time left to find out what it says without it.
fn unfinished<T>(prepared: &Prepared, error: &RunError, prints: Vec<String>) -> Run<T> {
    let parsed = error::parse(&error.rendered);
    let message = format!(
        "a builtin failed ({}), and what the rule says without it was not found: its {} were used up",
        parsed.message,
        seconds(prepared.rule_limit)
    );
    let place = parsed.place(prepared.texts.iter());
    let value = Err(Failure { kind: FailureKind::Timeout, message, place });
    Run { value, builtin_errors: Vec::new(), prints, took: Duration::ZERO }
}

fn builtin_errors<'a>(
    first: &RunError,
    mut recorded: Vec<String>,
    files: impl Iterator<Item = &'a EngineText>,
) -> Vec<BuiltinError> {
    let parsed = error::parse(&first.rendered);
    if let Some(same) = recorded.iter().position(|message| *message == parsed.message) {
        recorded.remove(same);
    }
    let (file, span) = parsed.place(files).unzip();
    let mut errors = vec![BuiltinError { message: parsed.message, file, span }];
    errors.extend(recorded.into_iter().map(|message| BuiltinError { message, file: None, span: None }));
    errors
}

fn finish(prepared: &Prepared, value: &Value) -> Result<Option<serde_json::Value>, Failure> {
    if *value == Value::Undefined {
        return Ok(None);
    }
    match value::to_json(value, prepared.caps) {
        Ok(json) => Ok(Some(json)),
        Err(message) => Err(Failure { kind: FailureKind::LimitExceeded, message, place: None }),
    }
}

struct Once {
    outcome: Result<Value, RunError>,
    prints: Vec<String>,
}

struct RunError {
    rendered: String,
    limit: Option<LimitError>,
    may_be_builtin: bool,
}

impl RunError {
    fn is_timeout(&self) -> bool {
        matches!(self.limit, Some(LimitError::TimeLimitExceeded { .. }))
    }

    fn into_failure<'a>(self, files: impl Iterator<Item = &'a EngineText>) -> Failure {
        let parsed = error::parse(&self.rendered);
        let place = parsed.place(files);
        let kind = match self.limit {
            Some(LimitError::TimeLimitExceeded { .. }) => FailureKind::Timeout,
            Some(_) => FailureKind::LimitExceeded,
            None if recorder::is_limit(&parsed.message) => FailureKind::LimitExceeded,
            None => FailureKind::Error,
        };
        let message = match self.limit {
            Some(LimitError::TimeLimitExceeded { limit, .. }) => {
                format!("the rule did not end within {}", seconds(limit))
            }
            _ => parsed.message,
        };
        Failure { kind, message, place }
    }
}

fn evaluate_once(prepared: &Prepared, job: &Job, strict: bool, limit: Duration) -> Once {
    let mut engine = match prepared.engine() {
        Ok(engine) => engine,
        Err(rendered) => {
            let error = RunError { rendered, limit: None, may_be_builtin: false };
            return Once { outcome: Err(error), prints: Vec::new() };
        }
    };
    let Input(input) = &job.input;
    // An `Arc` is moved, nothing copied; the caller keeps another, so that no job pays for freeing a big input.
    engine.set_input(input.clone());
    engine.set_gather_prints(true);
    if !strict {
        // The shared engine is strict; to change that copies all that was compiled.
        engine.set_strict_builtin_errors(false);
    }
    engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: CHECK_INTERVAL });
    let outcome = engine.eval_rule(job.rule.clone()).map_err(|error| {
        let limit = error.downcast_ref::<LimitError>().copied();
        let rendered = error.to_string();
        let may_be_builtin = strict && limit.is_none() && !recorder::is_limit(&rendered);
        RunError { rendered, limit, may_be_builtin }
    });
    let prints = engine.take_prints().unwrap_or_default();
    Once { outcome, prints }
}
