//! `plangate rules`.

use plangate::problem::{Problem, ProblemCode};
use plangate::report::listing;

use super::args::{Listing, RulesArgs};
use super::output;
use super::setup::{self, Overrides};

/// Lists the rules in force; returns the exit code.
pub(crate) fn run(args: &RulesArgs) -> u8 {
    match render(args) {
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(args: &RulesArgs) -> Result<String, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let stages = setup::open(&args.setup, settings, 0, Overrides::default())?;
    let (rules, levels, preset) = (stages.policies.rules(), &stages.eval.levels, stages.eval.input.preset);
    match args.format {
        Listing::Human => Ok(listing::human(rules, levels, preset)),
        Listing::Json => listing::json(rules, levels, preset)
            .map_err(|error| vec![Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}"))]),
    }
}
