//! `plangate show`.

use plangate::gate;
use plangate::problem::Problem;

use super::args::ShowArgs;
use super::{limits, output, plans};

/// Prints every plan of a file as JSON; returns the exit code.
pub(crate) fn run(args: &ShowArgs) -> u8 {
    match render(args) {
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(args: &ShowArgs) -> Result<String, Vec<Problem>> {
    let plans = plans::select(std::slice::from_ref(&args.plan))?;
    // The document is masked as a tree, which takes several times the room of the text.
    let room = plans::largest(&plans).saturating_mul(2);
    limits::set(limits::default_limit(room, 1)).map_err(|problem| vec![problem])?;
    let mut text = String::new();
    for plan in plans {
        text.push_str(&gate::show(plan, args.reveal_secrets)?);
    }
    Ok(text)
}
