//! `plangate completions` and `plangate man`.

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
    let mut text = Vec::new();
    if clap_mangen::Man::new(Args::command()).render(&mut text).is_err() {
        return UNDECIDED;
    }
    output::print_bytes(&text)
}
