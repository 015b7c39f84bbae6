//! `plangate check`.

use plangate::gate;
use plangate::problem::Problem;
use plangate::report::Report;

use super::args::{CheckArgs, Compat};
use super::output::Outputs;
use super::{output, plans, setup};

/// Judges the plans and writes the reports; returns the exit code.
pub(crate) fn run(args: &CheckArgs) -> u8 {
    let outputs = match Outputs::of(args) {
        Ok(outputs) => outputs,
        Err(problem) => return output::fail(&[problem]),
    };
    let report = check(args).unwrap_or_else(Report::undecided);
    match args.compat {
        None => outputs.write(report),
        Some(Compat::Conftest) => outputs.write_as_conftest(report, args.fail_on_warn),
    }
}

fn check(args: &CheckArgs) -> Result<Report, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let plans = plans::select(&args.plans)?;
    let overrides = setup::Overrides { expect: args.expect, fail_on: args.fail_on };
    let stages = setup::open_with_sources(&args.setup, &args.sources, settings, plans::largest(&plans), overrides)?;
    Ok(gate::check(&stages, plans))
}
