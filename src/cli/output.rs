//! Where output goes: formats and their targets, standard streams, colour.

use std::io::{ErrorKind, Write as _};

use anstream::{AutoStream, ColorChoice};
use camino::Utf8PathBuf;
use plangate::io;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::{Report, human, json};

use super::UNDECIDED;
use super::args::{CheckArgs, Color, Show};

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Human,
    Json,
}

impl Format {
    fn parse(word: &str) -> Result<Self, Problem> {
        match word {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => {
                Err(Problem::new(ProblemCode::Config, format!("`{word}` is no output format"))
                    .help("formats: human, json"))
            }
        }
    }
}

/// The outputs of a run.
#[derive(Debug)]
pub(crate) struct Outputs {
    stdout: Format,
    files: Vec<(Format, Utf8PathBuf)>,
    options: human::Options,
}

impl Outputs {
    /// The outputs the arguments ask for; standard output gets the human report unless another claims it.
    pub(crate) fn of(args: &CheckArgs) -> Result<Self, Problem> {
        let mut stdout = Vec::new();
        let mut files = Vec::new();
        for output in args.format.iter().chain(&args.outputs) {
            match output.split_once('=') {
                Some((_, "")) => {
                    return Err(Problem::new(ProblemCode::Config, format!("`--output {output}` names no file")));
                }
                Some((format, path)) => files.push((Format::parse(format)?, Utf8PathBuf::from(path))),
                None => stdout.push(Format::parse(output)?),
            }
        }
        if stdout.len() > 1 {
            return Err(Problem::new(ProblemCode::Config, "more than one report goes to standard output")
                .help("give all but one a file: `--output json=report.json`"));
        }
        let show = match args.show {
            Show::Info => plangate::finding::Level::Info,
            Show::Warn => plangate::finding::Level::Warn,
            Show::Deny => plangate::finding::Level::Deny,
        };
        let options = human::Options { show, verbose: args.verbose };
        Ok(Self { stdout: stdout.pop().unwrap_or(Format::Human), files, options })
    }

    /// Writes the report everywhere it belongs; files first, so that what the screen says of them is true.
    /// Returns the exit code: a report that could not be written leaves the run undecided.
    pub(crate) fn write(&self, mut report: Report) -> u8 {
        for (format, path) in &self.files {
            let written =
                self.render(*format, &report).and_then(|text| io::write_atomic(path, plain(&text).as_bytes()));
            if let Err(problem) = written {
                report.problems.push(problem);
                report = Report::build(report);
            }
        }
        if self.stdout != Format::Human {
            problems_to_stderr(&report);
        }
        let code = report.verdict.exit_code();
        match self.render(self.stdout, &report) {
            Ok(text) => code.max(print_bytes(text.as_bytes())),
            Err(problem) => {
                error(&problem.to_string());
                UNDECIDED
            }
        }
    }

    fn render(&self, format: Format, report: &Report) -> Result<String, Problem> {
        match format {
            Format::Human => Ok(human::render(report, self.options)),
            Format::Json => json::render(report)
                .map_err(|error| Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}"))),
        }
    }
}

/// Sets colour for both standard streams.
pub(crate) fn set_color(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
}

/// Prints to standard output; a reader that went away changes nothing (0), any other failure is 2.
pub(crate) fn print_bytes(bytes: &[u8]) -> u8 {
    let mut out = AutoStream::auto(std::io::stdout());
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(problem) if problem.kind() != ErrorKind::BrokenPipe => {
            error(&format!("plangate: standard output could not be written: {problem}"));
            UNDECIDED
        }
        _ => 0,
    }
}

/// Prints a line to standard error.
pub(crate) fn error(line: &str) {
    // Nothing is left to do where even this cannot be written.
    let _ = writeln!(AutoStream::auto(std::io::stderr()), "{line}");
}

/// Prints problems to standard error and returns the exit code for them.
pub(crate) fn fail(problems: &[Problem]) -> u8 {
    for problem in problems {
        error(human::problem(problem).trim_end());
    }
    UNDECIDED
}

fn problems_to_stderr(report: &Report) {
    for problem in report.problems.iter().chain(report.plans.iter().flat_map(|plan| &plan.problems)) {
        error(human::problem(problem).trim_end());
    }
}

/// Without colour, for files.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
