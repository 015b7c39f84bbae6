//! `plangate lint`.

use plangate::lint::Finding;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::lint;
use plangate::workspace;

use super::args::{LintArgs, Listing};
use super::output;
use super::setup::{self, Overrides};

/// Exit code where something is wrong with a policy.
const FOUND: u8 = 1;

/// Lints policies; returns the exit code.
pub(crate) fn run(args: &LintArgs) -> u8 {
    let findings = match look(args) {
        Ok(findings) => findings,
        Err(problems) => return output::fail(&problems),
    };
    let (errors, warnings) = lint::counts(&findings);
    let fails = errors > 0 || (args.deny_warnings && warnings > 0);
    let printed = match args.output {
        Listing::Human => output::print_styled(&lint::human(&findings)),
        Listing::Json => match lint::json(&findings) {
            Ok(text) => output::print_bytes(text.as_bytes()),
            Err(error) => {
                let message = format!("could not write JSON: {error}");
                output::fail(&[Problem::new(ProblemCode::ReportWrite, message)])
            }
        },
    };
    printed.max(if fails { FOUND } else { 0 })
}

fn look(args: &LintArgs) -> Result<Vec<Finding>, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let mut setup = setup::prepare(&args.setup, settings, 0, Overrides::default())?;
    setup.extra_policies.extend(args.paths.iter().cloned());
    workspace::lint(&setup)
}
