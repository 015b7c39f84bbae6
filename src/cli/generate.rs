//! `plangate completions` and `plangate man`: one page for the program, one for each subcommand, one after another.

use clap::CommandFactory as _;

use super::args::Args;
use super::{UNDECIDED, output};

/// Prints completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "plangate", &mut text);
    output::print_bytes(&text)
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
