//! Where output goes: formats and their targets, standard streams, colour.

use std::io::{ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use camino::{Utf8Path, Utf8PathBuf};
use plangate::io;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::{Report, conftest, human, json};
use plangate::text::one_line;

use super::UNDECIDED;
use super::args::{CheckArgs, Color, Compat, Show};

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Human,
    Json,
    /// What conftest prints for people.
    ConftestLines,
    /// Its JSON.
    ConftestJson,
}

impl Format {
    /// What goes to standard output under `--compat conftest`.
    fn of_conftest(word: &str) -> Result<Self, Problem> {
        match word {
            "stdout" => Ok(Self::ConftestLines),
            "json" => Ok(Self::ConftestJson),
            _ => Err(wrong(format!("`{word}` is no output format of `--compat conftest`"))
                .help("formats: stdout, json; a report of plangate's own goes to a file: `--output json=report.json`")),
        }
    }

    fn parse(word: &str) -> Result<Self, Problem> {
        match word {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(wrong(format!("`{word}` is no output format")).help("formats: human, json")),
        }
    }
}

fn wrong(message: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Config, message)
}

/// The outputs of a run.
#[derive(Debug)]
pub(crate) struct Outputs {
    stdout: Format,
    files: Vec<(Format, Utf8PathBuf)>,
    options: human::Options,
    fail_on_warn: bool,
}

impl Outputs {
    /// The outputs the arguments ask for; standard output gets the human report unless another claims it.
    pub(crate) fn of(args: &CheckArgs) -> Result<Self, Problem> {
        let (parse, default): (fn(&str) -> _, _) = match args.compat {
            None => (Format::parse, Format::Human),
            Some(Compat::Conftest) => (Format::of_conftest, Format::ConftestLines),
        };
        let mut stdout = Vec::new();
        let mut files: Vec<(Format, Utf8PathBuf)> = Vec::new();
        if let Some(format) = &args.format {
            stdout.push(parse(format)?);
        }
        for output in &args.outputs {
            match output.split_once('=') {
                Some((_, "")) => return Err(wrong(format!("`--output {output}` names no file"))),
                None => stdout.push(parse(output)?),
                Some((format, "-" | "/dev/stdout")) => stdout.push(parse(format)?),
                Some((format, path)) => files.push((Format::parse(format)?, target(path, &files, args)?)),
            }
        }
        if stdout.len() > 1 {
            return Err(wrong("more than one report goes to standard output")
                .help("give all but one a file: `--output json=report.json`"));
        }
        let show = match args.show {
            Show::Info => plangate::finding::Level::Info,
            Show::Warn => plangate::finding::Level::Warn,
            Show::Deny => plangate::finding::Level::Deny,
        };
        let options = human::Options { show, verbose: args.verbose };
        let stdout = stdout.pop().unwrap_or(default);
        Ok(Self { stdout, files, options, fail_on_warn: args.fail_on_warn })
    }

    /// Writes the report everywhere it belongs and returns the exit code. A report that could not be written leaves
    /// the run undecided, and what was written before is written again: every report states the code the process
    /// ends with.
    pub(crate) fn write(&self, mut report: Report) -> u8 {
        let mut failed = vec![false; self.files.len()];
        while let Some((at, problem)) = self.write_files(&report, &failed) {
            failed.iter_mut().skip(at).take(1).for_each(|failed| *failed = true);
            report = with_problem(report, problem);
        }
        if self.stdout == Format::Json {
            problems_to_stderr(&report);
        }
        if matches!(self.stdout, Format::ConftestLines | Format::ConftestJson) {
            // conftest has no place for them.
            report.notes.iter().for_each(|note| error(&format!("note: {}", one_line(note))));
        }
        let printed = match (self.stdout, self.render(self.stdout, &report)) {
            (Format::Human | Format::ConftestLines, Ok(text)) => print_styled(&text),
            (Format::Json | Format::ConftestJson, Ok(text)) => print_bytes(text.as_bytes()),
            (_, Err(problem)) => {
                error(&problem.to_string());
                UNDECIDED
            }
        };
        if printed > report.verdict.exit_code() {
            let problem = Problem::new(ProblemCode::ReportWrite, "standard output could not be written");
            report = with_problem(report, problem);
            // What fails now has been said already.
            let _ = self.write_files(&report, &failed);
        }
        self.exit_code(&report).max(printed)
    }

    fn exit_code(&self, report: &Report) -> u8 {
        match self.stdout {
            Format::Human | Format::Json => report.verdict.exit_code(),
            Format::ConftestLines | Format::ConftestJson => {
                conftest::exit_code(&conftest::checks(report), self.fail_on_warn)
            }
        }
    }

    /// Writes the files that have not failed; the first that fails ends it.
    fn write_files(&self, report: &Report, failed: &[bool]) -> Option<(usize, Problem)> {
        self.files.iter().zip(failed).enumerate().filter(|(_, (_, failed))| !**failed).find_map(
            |(at, ((format, path), _))| {
                let text = self.render(*format, report).map(|text| match format {
                    Format::Human | Format::ConftestLines => anstream::adapter::strip_str(&text).to_string(),
                    Format::Json | Format::ConftestJson => text,
                });
                text.and_then(|text| io::write_atomic(path, text.as_bytes())).err().map(|problem| (at, problem))
            },
        )
    }

    fn render(&self, format: Format, report: &Report) -> Result<String, Problem> {
        let json = match format {
            Format::Human => return Ok(human::render(report, self.options)),
            Format::ConftestLines => return Ok(conftest::lines(&conftest::checks(report))),
            Format::Json => json::render(report),
            Format::ConftestJson => conftest::json(&conftest::checks(report)),
        };
        json.map_err(|error| Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}")))
    }
}

/// The file a report goes to: not one that another report goes to, nor a plan.
fn target(path: &str, others: &[(Format, Utf8PathBuf)], args: &CheckArgs) -> Result<Utf8PathBuf, Problem> {
    let real = |path: &str| io::canonical(Utf8Path::new(path));
    if others.iter().any(|(_, other)| real(other.as_str()) == real(path)) {
        return Err(wrong(format!("two reports go to `{path}`")).help("give each a file of its own"));
    }
    if io::exists(Utf8Path::new(path)) && args.plans.iter().any(|plan| real(plan) == real(path)) {
        return Err(wrong(format!("`{path}` is a plan to be judged; the report would overwrite it")));
    }
    Ok(Utf8PathBuf::from(path))
}

fn with_problem(mut report: Report, problem: Problem) -> Report {
    report.problems.push(problem);
    Report::build(report)
}

/// Sets colour for both standard streams.
pub(crate) fn set_color(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
}

/// Prints text with styles to standard output, which are left out where it takes none.
pub(crate) fn print_styled(text: &str) -> u8 {
    print(AutoStream::auto(std::io::stdout()), text.as_bytes())
}

/// Prints to standard output, byte for byte.
pub(crate) fn print_bytes(bytes: &[u8]) -> u8 {
    print(std::io::stdout(), bytes)
}

/// A reader that went away changes nothing (0), any other failure is 2.
fn print(mut out: impl Write, bytes: &[u8]) -> u8 {
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
