//! `plangate audit`.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plangate::gate::{self, AuditRequest, BIG, MAX_PLAN_BYTES, Step};
use plangate::io;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::audit::{Audit, Grouping, PathTemplate};
use plangate::report::private::Key;
use plangate::report::{format, github as github_report, human};
use plangate::selection::{self, Item, Limits, Selection};
use plangate::verdict::Verdict;

use super::args::AuditArgs;
use super::output::{self, Beside, Format, Outputs, Wanted, Written};
use super::{github, setup};

impl Written for Audit {
    type Options = format::Options;
    const FORMATS: &'static [&'static str] = format::FORMATS;

    fn render(&self, format: Format, options: &format::Options) -> Result<String, Problem> {
        Self::render(self, format.as_str(), options).unwrap_or_else(|| {
            let message = format!("no audit is written as {}", format.as_str());
            Err(Problem::new(ProblemCode::ReportWrite, message))
        })
    }

    fn beside(format: Format) -> Vec<Box<dyn Beside<Self>>> {
        if format.as_str() != "github" {
            return Vec::new();
        }
        github::files(
            |audit: &Self, _, _| github_report::outputs(audit.report()),
            |audit, options, room| audit.markdown(options.human.show, room),
        )
    }

    fn with_problem(self, problem: Problem) -> Self {
        Self::with_problem(self, problem)
    }

    /// Those of the run: each plan's own stand in its row.
    fn problems(&self) -> Vec<&Problem> {
        self.report().problems.iter().collect()
    }

    fn exit_code(&self) -> u8 {
        self.verdict().exit_code()
    }
}

/// Judges the plans and writes the reports; returns the exit code.
pub(crate) fn run(args: &AuditArgs) -> u8 {
    let inputs = args.paths.iter().map(|path| path.strip_prefix('@').unwrap_or(path)).collect();
    let wanted = Wanted { inputs, ..Wanted::of(&args.report) };
    let human = human::Options { show: output::level(args.report.show), verbose: args.verbose, timings: false };
    let outputs = Outputs::of_reports(&args.report, &wanted, human);
    match outputs.and_then(|outputs| Ok((outputs, setup::key(&args.report)?))) {
        Ok((outputs, key)) => outputs.write(audit(args, key).unwrap_or_else(Audit::undecided)),
        Err(problem) => output::fail(&[problem]),
    }
}

fn audit(args: &AuditArgs, key: Option<Key>) -> Result<Audit, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let grouping = args.group_by.as_deref().map(Grouping::parse).transpose().map_err(|problem| vec![problem])?;
    let mut stdin = || io::read_stream_bounded("standard input", std::io::stdin().lock(), MAX_PLAN_BYTES);
    let selection = selection::select(&args.paths, &mut stdin);
    if selection.items.is_empty() {
        return Err(selection.problems);
    }
    let overrides = setup::Overrides { expect: args.expect, fail_on: args.fail_on };
    let source = args.source.as_deref();
    let sources =
        source.map(|dir| PathTemplate::parse(dir, grouping.as_ref())).transpose().map_err(|problem| vec![problem])?;
    let sources = sources.flatten();
    let one = source.filter(|_| sources.is_none()).map(Into::into);
    let room = room(&selection, settings.threads);
    let mut stages = setup::open_with_source(&args.setup, one, settings, room, overrides)?;
    stages.collect_names = key.is_some();
    let request = AuditRequest {
        threads: settings.threads,
        listed: args.max_listed,
        grouping,
        limits: Limits::default(),
        sources,
        key,
    };
    let bar = Bar::new(selection.items.len());
    let audit = gate::audit(&stages, selection, &request, &|step| bar.step(step));
    bar.end();
    audit
}

/// Bytes of plans that are held at once: the largest, or a small one on each thread.
fn room(selection: &Selection, threads: usize) -> u64 {
    let small = BIG.saturating_mul(u64::try_from(threads).unwrap_or(u64::MAX));
    selection.items.iter().map(Item::size).max().unwrap_or(0).max(small)
}

/// How far the run is, on standard error: on a terminal alone, and not where a CI system keeps a log of it.
struct Bar(ProgressBar);

impl Bar {
    fn new(items: usize) -> Self {
        let is_watched = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        let target = if is_watched { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(u64::try_from(items).ok(), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} plans, {eta} left{msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        if is_watched {
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self(bar)
    }

    fn step(&self, step: Step) {
        match step {
            // Archives hold more plans than they are files.
            Step::Found => {
                let waiting = self.0.position() + 1;
                if self.0.length().is_some_and(|length| length < waiting) {
                    self.0.set_length(waiting);
                }
            }
            Step::Judged(Verdict::Blocked) => self.0.set_message(", some blocked"),
            Step::Judged(_) => {}
            Step::Done => self.0.inc(1),
        }
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
