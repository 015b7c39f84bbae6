//! `plangate check`.

use plangate::gate;
use plangate::problem::Problem;
use plangate::report::private;
use plangate::report::{Report, prints, trace};

use super::args::{CheckArgs, Compat};
use super::output::Outputs;
use super::{output, plans, setup};

/// Judges the plans and writes the reports; returns the exit code.
pub(crate) fn run(args: &CheckArgs) -> u8 {
    let outputs = match Outputs::of(args) {
        Ok(outputs) => outputs,
        Err(problem) => return output::fail(&[problem]),
    };
    let key = match setup::key(&args.report) {
        Ok(key) => key,
        Err(problem) => return output::fail(&[problem]),
    };
    let mut report = check(args, outputs.wants("html")).unwrap_or_else(Report::undecided);
    if let Some(key) = key {
        report = private::hide(report, &key);
    }
    // Before the report, whose last line is the verdict.
    if args.verbose {
        for line in prints::of_run(&report) {
            output::error(&line);
        }
    }
    let traces = trace::render(&report, args.verbose);
    if !traces.is_empty() {
        output::error(traces.trim_end());
        output::error("");
    }
    match args.compat {
        None => outputs.write(report),
        Some(Compat::Conftest) => outputs.write_as_conftest(report, args.fail_on_warn),
    }
}

fn check(args: &CheckArgs, scene: bool) -> Result<Report, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let plans = plans::select_with_json(&args.plans, &args.json)?;
    let overrides = setup::Overrides { expect: args.expect, fail_on: args.fail_on };
    let mut stages = setup::open_with_sources(&args.setup, &args.sources, settings, plans::largest(&plans), overrides)?;
    stages.collect_names = args.report.private_key_file.is_some();
    stages.collect_scene = scene;
    let traced = gate::rules_called(&stages, &args.trace)?;
    let report = gate::check_and_trace(&stages, plans, &traced);
    // The process ends soon: to free policies value by value takes as long as to judge a small plan.
    std::mem::forget(stages);
    Ok(report)
}
