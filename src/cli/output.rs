//! Where output goes: formats and their targets, standard streams, colour.

use std::io::{ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use camino::{Utf8Path, Utf8PathBuf};
use plangate::finding::Level;
use plangate::io;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::format::{self, FORMATS};
use plangate::report::{Report, conftest, github as github_report, human, markdown};
use plangate::text::{one_line, without_commands};

use super::args::{CheckArgs, Color, Compat, ReportArgs, Show, Suppressed};
use super::{UNDECIDED, github, setup};

/// What a command reports, in one of several formats.
pub(crate) trait Written: Sized {
    /// Beside how it is written, what changes it.
    type Options;
    /// The formats it has, by their words; the first is for people.
    const FORMATS: &'static [&'static str];

    /// The text in a format.
    fn render(&self, format: Format, options: &Self::Options) -> Result<String, Problem>;

    /// The same, with one more problem.
    fn with_problem(self, problem: Problem) -> Self;

    /// Files that are written beside a format, because the environment names them.
    fn beside(_format: Format) -> Vec<Box<dyn Beside<Self>>> {
        Vec::new()
    }

    /// Everything that could not be judged.
    fn problems(&self) -> Vec<&Problem>;

    /// What the process ends with.
    fn exit_code(&self) -> u8;
}

/// A file that a report is added to, beside where its format goes.
pub(crate) trait Beside<R: Written> {
    /// Adds the report, in place of what this run added before.
    fn write(&self, report: &R, options: &R::Options) -> Result<(), Problem>;
}

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format(&'static str);

impl Format {
    /// `of` says of what, where that is not plangate itself.
    fn parse(word: &str, formats: &[&'static str], of: &str) -> Result<Self, Problem> {
        formats.iter().find(|format| **format == word).map(|format| Self(format)).ok_or_else(|| {
            wrong(format!("`{word}` is no output format{of}")).help(format!("formats: {}", formats.join(", ")))
        })
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }

    fn is_human(self) -> bool {
        self.0 == HUMAN
    }
}

/// The format for people.
pub(crate) const HUMAN: &str = "human";

impl Written for Report {
    type Options = format::Options;
    const FORMATS: &'static [&'static str] = FORMATS;

    fn render(&self, format: Format, options: &format::Options) -> Result<String, Problem> {
        format::render(self, format.as_str(), options).unwrap_or_else(|| {
            let message = format!("no report is written as {}", format.as_str());
            Err(Problem::new(ProblemCode::ReportWrite, message))
        })
    }

    fn beside(format: Format) -> Vec<Box<dyn Beside<Self>>> {
        if format.as_str() != "github" {
            return Vec::new();
        }
        github::files(
            |report, _, _| github_report::outputs(report),
            |report, options, room| markdown::render(report, options.human.show, room),
        )
    }

    fn with_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        Self::build(self)
    }

    fn problems(&self) -> Vec<&Problem> {
        self.problems.iter().chain(self.plans.iter().flat_map(|plan| &plan.problems)).collect()
    }

    fn exit_code(&self) -> u8 {
        self.verdict.exit_code()
    }
}

/// JSON that could not be written.
pub(crate) fn not_json(error: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}"))
}

fn wrong(message: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Config, message)
}

/// What the arguments say about outputs.
pub(crate) struct Wanted<'a> {
    /// `--format`.
    pub(crate) format: Option<&'a str>,
    /// `--output`.
    pub(crate) outputs: &'a [String],
    /// Files that are read, and must not be written to.
    pub(crate) inputs: Vec<&'a str>,
    /// The formats that may go to standard output; the first does, unless another is named.
    pub(crate) printed: &'static [&'static str],
    /// Of what these are formats, where that is not plangate itself.
    pub(crate) of: &'static str,
}

impl<'a> Wanted<'a> {
    /// What these arguments say: any format, and nothing is read.
    pub(crate) fn of(args: &'a ReportArgs) -> Self {
        let (format, outputs) = (args.format.as_deref(), args.outputs.as_slice());
        Self { format, outputs, inputs: Vec::new(), printed: FORMATS, of: "" }
    }
}

/// The outputs of a run.
pub(crate) struct Outputs<R: Written> {
    stdout: Format,
    files: Vec<(Format, Utf8PathBuf)>,
    beside: Vec<Box<dyn Beside<R>>>,
    options: R::Options,
}

/// What goes to standard output under `--compat conftest`, in conftest's words.
const CONFTEST: &[&str] = &["stdout", "json"];

impl Outputs<Report> {
    /// The outputs the arguments of `plangate check` ask for.
    pub(crate) fn of(args: &CheckArgs) -> Result<Self, Problem> {
        let inputs = args.plans.iter().map(String::as_str).collect();
        let (printed, of) = match args.compat {
            None => (Report::FORMATS, ""),
            Some(Compat::Conftest) => (CONFTEST, " of `--compat conftest`"),
        };
        let human = human::Options { show: level(args.report.show), verbose: args.verbose, timings: args.timings };
        Self::of_reports(&args.report, &Wanted { inputs, printed, of, ..Wanted::of(&args.report) }, human)
    }

    /// Writes the files, prints what conftest prints, and returns its exit code.
    pub(crate) fn write_as_conftest(&self, report: Report, fail_on_warn: bool) -> u8 {
        let print = |report: &Report| {
            // conftest has no place for them.
            report.notes.iter().for_each(|note| error(&format!("note: {}", one_line(note))));
            let checks = conftest::checks(report);
            if self.stdout.as_str() == "json" {
                return printed(conftest::json(&checks).map_err(not_json), |text| print_bytes(text.as_bytes()));
            }
            print_styled(&conftest::lines(&checks))
        };
        self.write_and(report, print, |report| conftest::exit_code(&conftest::checks(report), fail_on_warn))
    }
}

impl<R: Written<Options = format::Options>> Outputs<R> {
    /// The outputs that these arguments ask for.
    pub(crate) fn of_reports(args: &ReportArgs, wanted: &Wanted<'_>, human: human::Options) -> Result<Self, Problem> {
        let mut outputs = Self::new(wanted, format::Options::default())?;
        let markdown = outputs.files.iter().find(|(format, _)| format.as_str() == "markdown");
        outputs.options = format::Options {
            human,
            suppressed: args.sarif_suppressed == Suppressed::Include,
            category: args.sarif_category.clone(),
            markdown_limit: args.markdown_limit,
            directory: setup::directory_in_repository(),
            summary: markdown.and_then(|(_, path)| absolute(path)),
        };
        Ok(outputs)
    }
}

/// The lowest level that is shown.
pub(crate) const fn level(show: Show) -> Level {
    match show {
        Show::Info => Level::Info,
        Show::Warn => Level::Warn,
        Show::Deny => Level::Deny,
    }
}

/// The path as any process finds the file.
fn absolute(path: &Utf8Path) -> Option<String> {
    std::path::absolute(path).ok()?.into_os_string().into_string().ok()
}

/// Prints a text if there is one, else why not.
fn printed(text: Result<String, Problem>, print: impl Fn(&str) -> u8) -> u8 {
    match text {
        Ok(text) => print(&text),
        Err(problem) => {
            error(&problem.to_string());
            UNDECIDED
        }
    }
}

impl<R: Written> Outputs<R> {
    /// The outputs that are wanted.
    pub(crate) fn new(wanted: &Wanted<'_>, options: R::Options) -> Result<Self, Problem> {
        let parse = |word: &str| Format::parse(word, wanted.printed, wanted.of);
        let mut stdout = Vec::new();
        let mut files: Vec<(Format, Utf8PathBuf)> = Vec::new();
        if let Some(format) = wanted.format {
            stdout.push(parse(format)?);
        }
        for output in wanted.outputs {
            match output.split_once('=') {
                Some((_, "")) => return Err(wrong(format!("`--output {output}` names no file"))),
                None => stdout.push(parse(output)?),
                Some((format, "-" | "/dev/stdout")) => stdout.push(parse(format)?),
                Some((format, path)) => {
                    files.push((Format::parse(format, R::FORMATS, "")?, target(path, &files, &wanted.inputs)?));
                }
            }
        }
        if stdout.len() > 1 {
            return Err(wrong("more than one report goes to standard output")
                .help("give all but one a file: `--output json=report.json`"));
        }
        let default = Format(wanted.printed.first().copied().unwrap_or(HUMAN));
        let stdout = stdout.pop().unwrap_or(default);
        let beside = R::beside(stdout);
        Ok(Self { stdout, files, beside, options })
    }

    /// Whether some output is of this format.
    pub(crate) fn wants(&self, format: &str) -> bool {
        self.stdout.as_str() == format || self.files.iter().any(|(wanted, _)| wanted.as_str() == format)
    }

    /// Writes the report everywhere it belongs and returns the exit code. A report that could not be written leaves
    /// the run undecided, and what was written before is written again: every report states the code the process
    /// ends with.
    pub(crate) fn write(&self, report: R) -> u8 {
        let print = |report: &R| {
            if !self.stdout.is_human() {
                for problem in report.problems() {
                    error(human::problem(problem).trim_end());
                }
            }
            let styled =
                |text: &str| if self.stdout.is_human() { print_styled(text) } else { print_bytes(text.as_bytes()) };
            printed(report.render(self.stdout, &self.options), styled)
        };
        self.write_and(report, print, R::exit_code)
    }

    fn write_and(&self, mut report: R, print: impl Fn(&R) -> u8, exit_code: impl Fn(&R) -> u8) -> u8 {
        let mut failed = vec![false; self.files.len() + self.beside.len()];
        while let Some((at, problem)) = self.write_files(&report, &failed) {
            failed.iter_mut().skip(at).take(1).for_each(|failed| *failed = true);
            report = report.with_problem(problem);
        }
        let printed = print(&report);
        if printed > report.exit_code() {
            let problem = Problem::new(ProblemCode::ReportWrite, "standard output could not be written");
            report = report.with_problem(problem);
            // What fails now has been said already.
            let _ = self.write_files(&report, &failed);
        }
        exit_code(&report).max(printed)
    }

    /// Writes the files that have not failed; the first that fails ends it.
    fn write_files(&self, report: &R, failed: &[bool]) -> Option<(usize, Problem)> {
        (0..failed.len()).filter(|at| failed.get(*at) == Some(&false)).find_map(|at| {
            let written = match self.files.get(at) {
                Some((format, path)) => self.write_file(report, *format, path),
                None => self.beside.get(at - self.files.len())?.write(report, &self.options),
            };
            written.err().map(|problem| (at, problem))
        })
    }

    fn write_file(&self, report: &R, format: Format, path: &Utf8Path) -> Result<(), Problem> {
        let text = report.render(format, &self.options)?;
        let text = if format.is_human() { anstream::adapter::strip_str(&text).to_string() } else { text };
        io::write_atomic(path, text.as_bytes())
    }
}

/// The file a report goes to: not one that another report goes to, nor one that is read.
fn target(path: &str, others: &[(Format, Utf8PathBuf)], inputs: &[&str]) -> Result<Utf8PathBuf, Problem> {
    let real = |path: &str| io::canonical(Utf8Path::new(path));
    if others.iter().any(|(_, other)| real(other.as_str()) == real(path)) {
        return Err(wrong(format!("two reports go to `{path}`")).help("give each a file of its own"));
    }
    if io::exists(Utf8Path::new(path)) && inputs.iter().any(|input| real(input) == real(path)) {
        return Err(wrong(format!("`{path}` is an input of this run; the report would overwrite it")));
    }
    Ok(Utf8PathBuf::from(path))
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
    print(AutoStream::auto(std::io::stdout()), without_commands(text).as_bytes())
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
    let _ = writeln!(AutoStream::auto(std::io::stderr()), "{}", without_commands(line));
}

/// Prints problems to standard error and returns the exit code for them.
pub(crate) fn fail(problems: &[Problem]) -> u8 {
    for problem in problems {
        error(human::problem(problem).trim_end());
    }
    UNDECIDED
}
