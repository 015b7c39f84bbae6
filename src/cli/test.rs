//! `plangate test`.

use plangate::gate::{self, TestRequest};
use plangate::problem::{Problem, ProblemCode};
use plangate::report::prints;
use plangate::report::testing::{human, json, junit};
use plangate::testing::{Filter, TestReport};
use plangate::workspace;

use super::args::TestArgs;
use super::output::{self, Format, HUMAN, Outputs, Wanted, Written};
use super::setup::{self, Overrides};

/// Runs the tests and writes the reports; returns the exit code.
pub(crate) fn run(args: &TestArgs) -> u8 {
    let inputs = args.paths.iter().map(|path| path.as_str()).collect();
    let wanted =
        Wanted { format: args.format.as_deref(), outputs: &args.outputs, inputs, printed: TestReport::FORMATS, of: "" };
    match Outputs::new(&wanted, Options { verbose: args.verbose }) {
        Ok(outputs) => {
            let report = test(args).unwrap_or_else(TestReport::of_problems);
            if args.verbose {
                for line in prints::of_tests(&report) {
                    output::error(&line);
                }
            }
            outputs.write(report)
        }
        Err(problem) => output::fail(&[problem]),
    }
}

fn test(args: &TestArgs) -> Result<TestReport, Vec<Problem>> {
    let run = args.run.as_deref().map(Filter::parse).transpose().map_err(|problem| vec![problem])?;
    let settings = setup::settings(&args.setup)?;
    let setup = setup::prepare(&args.setup, settings, 0, Overrides::default())?;
    let (stages, suite) = workspace::open_tests(&setup, &args.paths)?;
    let coverage = args.coverage || args.min_coverage.is_some();
    Ok(gate::test(&stages, suite, &TestRequest { run, coverage, min_coverage: args.min_coverage }))
}

/// How much the human report shows.
#[derive(Debug)]
pub(crate) struct Options {
    verbose: bool,
}

impl Written for TestReport {
    type Options = Options;
    const FORMATS: &'static [&'static str] = &[HUMAN, "json", "junit"];

    fn render(&self, format: Format, options: &Options) -> Result<String, Problem> {
        match format.as_str() {
            "json" => json::render(self).map_err(output::not_json),
            "junit" => junit::render(self)
                .map_err(|error| Problem::new(ProblemCode::ReportWrite, format!("could not write JUnit: {error}"))),
            _ => Ok(human::render(self, options.verbose)),
        }
    }

    fn with_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    fn problems(&self) -> Vec<&Problem> {
        self.problems.iter().collect()
    }

    fn exit_code(&self) -> u8 {
        self.outcome().exit_code()
    }
}
