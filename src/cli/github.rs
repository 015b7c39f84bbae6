//! What a step of GitHub Actions leaves in the files its environment names.

use std::cell::Cell;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use plangate::problem::{Problem, ProblemCode};
use plangate::report::format::Options;
use plangate::report::{Report, github, markdown};

use super::output::Beside;

/// The files of this step: its outputs and its summary. None outside GitHub Actions.
pub(crate) fn files() -> Vec<Box<dyn Beside<Report>>> {
    let named = |variable: &str| std::env::var_os(variable).filter(|path| !path.is_empty());
    let outputs = named("GITHUB_OUTPUT").map(|path| Added::new(path, |report, _, _| github::outputs(report)));
    let summary = named("GITHUB_STEP_SUMMARY").map(|path| {
        Added::new(path, |report, options, before| {
            // The step may have written a part of it already.
            let room = github::SUMMARY_LIMIT.saturating_sub(before);
            markdown::render(report, options.human.show, room)
        })
    });
    outputs.into_iter().chain(summary).map(|file| Box::new(file) as Box<dyn Beside<Report>>).collect()
}

/// What is added to a file, given the report and how long the file was before.
type Text = fn(&Report, &Options, usize) -> String;

/// A file at whose end this run adds something.
struct Added {
    path: std::ffi::OsString,
    text: Text,
    /// How long it was before this run wrote to it.
    before: Cell<Option<u64>>,
}

impl Added {
    fn new(path: std::ffi::OsString, text: Text) -> Self {
        Self { path, text, before: Cell::new(None) }
    }
}

impl Beside<Report> for Added {
    fn write(&self, report: &Report, options: &Options) -> Result<(), Problem> {
        let failed = |error: std::io::Error| {
            let path = self.path.to_string_lossy();
            Problem::new(ProblemCode::ReportWrite, format!("`{path}` could not be written: {error}"))
                .help("`GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY` name files that a step may write to")
        };
        let mut file = File::options().write(true).create(true).truncate(false).open(&self.path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let before = self.before.get().unwrap_or(length);
        self.before.set(Some(before));
        let text = (self.text)(report, options, usize::try_from(before).unwrap_or(usize::MAX));
        file.set_len(before).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)
    }
}
