//! What a step of GitHub Actions leaves in the files its environment names.

use std::cell::Cell;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use plangate::problem::{Problem, ProblemCode};
use plangate::report::github::SUMMARY_LIMIT;

use super::output::{Beside, Written};

/// What is added to a file, given the report, how it is written, and the bytes there is room for.
type Text<R> = fn(&R, &<R as Written>::Options, usize) -> String;

/// The files of this step: its outputs and its summary. None outside GitHub Actions.
pub(crate) fn files<R: Written + 'static>(outputs: Text<R>, summary: Text<R>) -> Vec<Box<dyn Beside<R>>> {
    let named = [("GITHUB_OUTPUT", outputs, usize::MAX), ("GITHUB_STEP_SUMMARY", summary, SUMMARY_LIMIT)];
    let files = named.into_iter().filter_map(|(variable, text, limit)| {
        let path = std::env::var_os(variable).filter(|path| !path.is_empty())?;
        Some(Box::new(Added { path, text, limit, before: Cell::new(None) }) as Box<dyn Beside<R>>)
    });
    files.collect()
}

/// A file at whose end this run adds something.
struct Added<R: Written> {
    path: std::ffi::OsString,
    text: Text<R>,
    /// Bytes that the file may have.
    limit: usize,
    /// How long it was before this run wrote to it: the step may have written a part of it already.
    before: Cell<Option<u64>>,
}

impl<R: Written> Beside<R> for Added<R> {
    fn write(&self, report: &R, options: &R::Options) -> Result<(), Problem> {
        let failed = |error: std::io::Error| {
            let path = self.path.to_string_lossy();
            Problem::new(ProblemCode::ReportWrite, format!("`{path}` could not be written: {error}"))
                .help("`GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY` name files that a step may write to")
        };
        let mut file = File::options().write(true).create(true).truncate(false).open(&self.path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let before = self.before.get().unwrap_or(length);
        self.before.set(Some(before));
        let room = self.limit.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX));
        let text = (self.text)(report, options, room);
        file.set_len(before).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)
    }
}
