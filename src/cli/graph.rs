//! `plangate graph`.

use std::sync::Arc;

use plangate::gate::{self, GraphRequest};
use plangate::graph::view::Format;
use plangate::problem::Problem;
use plangate::sources;
use plangate::text::without_commands;

use super::args::{GraphArgs, GraphFormat};
use super::{output, plans};

/// Prints the graph of every document of a plan file; returns the exit code.
pub(crate) fn run(args: &GraphArgs) -> u8 {
    match render(args) {
        Ok(text) => output::print_bytes(without_commands(&text).as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(args: &GraphArgs) -> Result<String, Vec<Problem>> {
    let request = GraphRequest {
        format: match args.format {
            GraphFormat::Dot => Format::Dot,
            GraphFormat::Mermaid => Format::Mermaid,
            GraphFormat::Json => Format::Json,
        },
        around: args.around.clone(),
        destroyed: args.destroyed,
        sources: match &args.source {
            Some(directory) => Some(Arc::new(sources::read(directory).map_err(|problem| vec![problem])?)),
            None => None,
        },
    };
    let mut text = String::new();
    for plan in plans::select(std::slice::from_ref(&args.plan))? {
        text.push_str(&gate::graph(plan, &request)?);
    }
    Ok(text)
}
