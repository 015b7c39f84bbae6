//! What is generated from the program itself: shell completions, manual pages (one for the program, one for each
//! subcommand, one after another), JSON Schemas.

use clap::CommandFactory as _;

use super::args::{Args, Schema};
use super::{UNDECIDED, output};

/// Prints completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "plangate", &mut text);
    output::print_bytes(&text)
}

/// Prints a JSON Schema; tests keep the files what the program reads and writes.
pub(crate) fn schema(what: Schema) -> u8 {
    output::print_bytes(match what {
        Schema::Config => include_bytes!("../../docs/schema/config.json"),
        Schema::Plan => include_bytes!("../../docs/schema/plan.json"),
        Schema::Input => include_bytes!("../../docs/schema/policy-input.json"),
        Schema::Report => include_bytes!("../../docs/schema/report.json"),
        Schema::Lines => include_bytes!("../../docs/schema/report-lines.json"),
        Schema::Audit => include_bytes!("../../docs/schema/audit.json"),
        Schema::Waivers => include_bytes!("../../docs/schema/waivers.json"),
        Schema::Tests => include_bytes!("../../docs/schema/tests.json"),
    })
}

/// Prints the manual page.
pub(crate) fn man() -> u8 {
    let mut command = Args::command();
    command.build();
    let mut text = Vec::new();
    let subcommands = command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned();
    let pages: Vec<_> = std::iter::once(command.clone()).chain(subcommands).collect();
    for page in pages {
        if clap_mangen::Man::new(page).render(&mut text).is_err() {
            return UNDECIDED;
        }
    }
    output::print_bytes(&text)
}
