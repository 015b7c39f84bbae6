//! `plangate check`.

use plangate::gate;
use plangate::problem::Problem;
use plangate::report::Report;

use super::args::CheckArgs;
use super::output::Outputs;
use super::{limits, output, plans, setup};

/// Judges the plans and writes the reports; returns the exit code.
pub(crate) fn run(args: &CheckArgs) -> u8 {
    let outputs = match Outputs::of(args) {
        Ok(outputs) => outputs,
        Err(problem) => return output::fail(&[problem]),
    };
    let report = check(args).unwrap_or_else(Report::undecided);
    outputs.write(report)
}

fn check(args: &CheckArgs) -> Result<Report, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let plans = plans::select(&args.plans)?;
    let limit = match &args.setup.max_memory {
        Some(size) => limits::parse_size(size),
        None => Ok(limits::default_limit(plans::largest(&plans), settings.threads)),
    };
    limit.and_then(limits::set).map_err(|problem| vec![problem])?;
    let stages = setup::open(&args.setup, settings, setup::Overrides { expect: args.expect, fail_on: args.fail_on })?;
    Ok(gate::check(&stages, plans))
}
