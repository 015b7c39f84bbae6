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
    let plans = plans::select_with_json(std::slice::from_ref(&args.plan), &args.json)?;
    // The document is shown as a tree, which takes several times the room of the text.
    let room = plans::largest(&plans).saturating_mul(2);
    let stages = setup::open_with_sources(&args.setup, &args.sources, settings, room, Overrides::default())?;
    let mut text = String::new();
    for plan in plans {
        text.push_str(&gate::inspect(&stages, plan, args.reveal_secrets)?);
    }
    Ok(text)
}
