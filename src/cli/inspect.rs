//! `plangate inspect`.

use plangate::gate;
use plangate::problem::Problem;

use super::args::InspectArgs;
use super::setup::{self, Overrides};
use super::{output, plans};

/// Prints the policy input of every document of a plan file; returns the exit code.
pub(crate) fn run(args: &InspectArgs) -> u8 {
    match render(args) {
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(args: &InspectArgs) -> Result<String, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let stages = setup::open(&args.setup, settings, Overrides::default())?;
    let mut text = String::new();
    for plan in plans::select(std::slice::from_ref(&args.plan))? {
        text.push_str(&gate::inspect(&stages, plan, args.reveal_secrets)?);
    }
    Ok(text)
}
