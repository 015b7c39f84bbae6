//! Entries of a ZIP archive that holds plans: the same strict reader, in the words of an archive of something else.
//!
//! Must not know what a plan is, beyond the entry that makes an archive a saved plan.

use super::PLAN;
use super::archive::Archive;
use super::fault::Fault;
use crate::problem::{Problem, ProblemCode};

/// The entries of an archive, in the order of the file. Every byte of it belongs to one of them, under one name.
#[derive(Debug)]
pub struct ZipEntries<'a>(Archive<'a>);

impl<'a> ZipEntries<'a> {
    /// Reads the directory of an archive; `None` where it is itself a saved plan.
    ///
    /// # Errors
    /// What two readers could understand in two ways, and what is cut off.
    pub fn open(bytes: &'a [u8]) -> Result<Option<Self>, Problem> {
        let archive = Archive::open(bytes).map_err(problem)?;
        let is_plan = archive.names().any(|name| name == PLAN);
        Ok((!is_plan).then_some(Self(archive)))
    }

    /// Name and inflated size of each entry, in bytes; names of directories end with `/`.
    pub fn list(&self) -> impl Iterator<Item = (&'a str, u64)> {
        self.0.names().zip(self.0.sizes())
    }

    /// The content of the entry of a number.
    ///
    /// # Errors
    /// What cannot be inflated, or does not have the checksum it should have.
    pub fn content(&self, index: usize) -> Result<Vec<u8>, Problem> {
        self.0.content(index).map_err(problem)
    }
}

fn problem(fault: Fault) -> Problem {
    let help = "make the archive again, of plan files alone, with `zip` or the CI system";
    match fault {
        Fault::Truncated => Problem::new(ProblemCode::Truncated, "the archive ends in the middle"),
        Fault::TooLarge(what) => Problem::new(ProblemCode::Unreadable, format!("the archive is too large: {what}")),
        Fault::Odd(what) | Fault::Unsupported(what) => {
            Problem::new(ProblemCode::Malformed, format!("the archive could be read in two ways: {what}"))
        }
        Fault::NotAPlan => Problem::new(ProblemCode::NotAPlan, "the archive holds no plan"),
    }
    .help(help)
}
