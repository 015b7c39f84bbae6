//! The command line: the only place that prints, reads the clock or the environment, and sets limits.
//!
//! One file per subcommand. Uses the library's public API; decides nothing about plans.

mod args;
mod audit;
mod calibrate;
mod catalog;
mod check;
mod context_env;
mod explain;
mod generate;
mod git;
mod github;
mod graph;
mod inspect;
mod limits;
mod lint;
mod output;
mod plans;
mod policy;
mod rules;
mod setup;
mod show;
mod test;

use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use args::{Args, Command};

/// Exit code of everything that could not be judged; see docs/exit-codes.md.
const UNDECIDED: u8 = 2;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    panic::catch_unwind(run).unwrap_or_else(|_| ExitCode::from(UNDECIDED))
}

fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    output::set_color(args.color);
    let code = match args.command {
        Command::Check(args) => check::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Schema { what } => generate::schema(what),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man => generate::man(),
    };
    ExitCode::from(code)
}

/// Help and version are answers (0); everything else is a usage error (2).
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to do where even this cannot be written.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(UNDECIDED),
    }
}

/// Says where, but not what: a panic message may hold values of the plan. Engine threads are caught
/// where they are waited for, and reported there.
fn report_panic(info: &panic::PanicHookInfo<'_>) {
    if std::thread::current().name().is_some_and(|name| name.starts_with("rego-")) {
        return;
    }
    let at = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    output::error(&format!("plangate: internal error{at}. Nothing was decided; please report this"));
}
