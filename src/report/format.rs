//! Every format of a report, by its word.
//!
//! What goes through all of them (tests of escaping and of masking, the arguments) goes through this table.

use super::{Report, azure, csv, github, gitlab, html, human, json, jsonl, junit, markdown, sarif, tap};
use crate::problem::{Problem, ProblemCode};

/// The formats, the first for people.
pub const FORMATS: &[&str] =
    &["human", "json", "jsonl", "sarif", "junit", "tap", "csv", "markdown", "github", "gitlab", "azure", "html"];

/// What changes how a report is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much the reports for people show; `show` is that of annotations and Markdown too.
    pub human: human::Options,
    /// Whether SARIF has what is waived or excepted, as suppressed results.
    pub suppressed: bool,
    /// What tells the SARIF of this run from that of others of the same commit.
    pub category: Option<String>,
    /// Longest Markdown, in bytes.
    pub markdown_limit: usize,
    /// Where the run was started, relative to the root of the repository; empty for the root itself.
    pub directory: String,
    /// Absolute path of a Markdown report that Azure Pipelines is to show.
    pub summary: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            human: human::Options::default(),
            suppressed: false,
            category: None,
            markdown_limit: markdown::LIMIT,
            directory: String::new(),
            summary: None,
        }
    }
}

/// The report in a format; `None` for a word that names none.
pub fn render(report: &Report, format: &str, options: &Options) -> Option<Result<String, Problem>> {
    let show = options.human.show;
    Some(match format {
        "human" => Ok(human::render(report, options.human)),
        "json" if options.human.timings => json::render_with_timings(report).map_err(|error| unwritten("JSON", &error)),
        "json" => json::render(report).map_err(|error| unwritten("JSON", &error)),
        "jsonl" => jsonl::render(report).map_err(|error| unwritten("JSON lines", &error)),
        "sarif" => {
            let category = options.category.as_deref();
            let options = sarif::Options { suppressed: options.suppressed, category, directory: &options.directory };
            sarif::render(report, options).map_err(|error| unwritten("SARIF", &error))
        }
        "junit" => junit::render(report).map_err(|error| unwritten("JUnit", &error)),
        "tap" => Ok(tap::render(report)),
        "csv" => csv::render(report).map_err(|error| unwritten("CSV", &error)),
        "markdown" => Ok(markdown::render(report, show, options.markdown_limit)),
        "github" => Ok(github::commands(report, show, &options.directory)),
        "gitlab" => gitlab::render(report, &options.directory).map_err(|error| unwritten("Code Quality", &error)),
        "azure" => Ok(azure::commands(report, show, &options.directory, options.summary.as_deref())),
        "html" => Ok(html::render(report)),
        _ => return None,
    })
}

fn unwritten(what: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::ReportWrite, format!("could not write {what}: {error}"))
}
