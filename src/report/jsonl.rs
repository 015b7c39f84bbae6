//! JSON lines: one object a line for each problem and finding, one for each plan, and a last one with the verdict.
//!
//! Objects have the keys of the JSON report ([`super::json`]) beside `type`. Since the last line is always there, an empty
//! or cut-off file is never taken for a clean plan.

use schemars::JsonSchema;
use serde::Serialize;

use super::FindingCounts;
use super::Report;
use super::items::Said;
use super::json::{JsonCounts, JsonFinding, JsonProblem, JsonTool, SCHEMA};
use crate::text;

/// A line of the report.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "line of a plangate report")]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    /// Why something is undecided.
    Problem {
        /// The plan as named; null for the run.
        plan: Option<&'a str>,
        /// Which document of the file, from 0.
        document: Option<usize>,
        /// What is wrong.
        #[serde(flatten)]
        problem: JsonProblem<'a>,
    },
    /// One thing a rule says.
    Finding {
        /// The plan as named; null for the run.
        plan: Option<&'a str>,
        /// Which document of the file, from 0.
        document: Option<usize>,
        /// What it says.
        #[serde(flatten)]
        finding: Box<JsonFinding<'a>>,
    },
    /// The result for one document.
    Plan {
        /// The file as named.
        plan: &'a str,
        /// Which document of the file, from 0.
        document: usize,
        /// SHA-256 of the file's bytes as read.
        sha256: Option<&'a str>,
        /// `allowed`, `blocked` or `undecided`.
        verdict: &'static str,
    },
    /// The last line.
    Summary {
        /// The version of the keys.
        schema: &'static str,
        /// The program that wrote it.
        tool: JsonTool,
        /// `allowed`, `blocked` or `undecided`: the worst of all plans and of the run.
        verdict: &'static str,
        /// 0 allowed, 1 blocked, 2 undecided.
        exit_code: u8,
        /// How many plans there are.
        plans: usize,
        /// How many problems there are.
        problems: usize,
        /// How many findings of each kind there are.
        counts: JsonCounts,
        /// Whether something is, or may be, destroyed.
        destructive: bool,
    },
}

/// The JSON Schema of a line, indented, with a final line feed.
///
/// # Errors
/// None in practice, as for [`render`].
pub fn schema() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Line<'_>))?;
    text.push('\n');
    Ok(text)
}

/// The report, a line for each object.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let items = report.items();
    let said = items.iter().map(|item| {
        let (plan, document) = (item.plan.map(|plan| plan.path.as_str()), item.plan.map(|plan| plan.document));
        match item.said {
            Said::Problem(problem) => Line::Problem { plan, document, problem: JsonProblem::of(problem) },
            Said::Finding(finding) => Line::Finding { plan, document, finding: Box::new(JsonFinding::of(finding)) },
        }
    });
    let plans = report.plans.iter().map(|plan| Line::Plan {
        plan: &plan.path,
        document: plan.document,
        sha256: plan.sha256.as_deref(),
        verdict: plan.verdict.as_str(),
    });
    let summary = Line::Summary {
        schema: SCHEMA,
        tool: JsonTool::this(),
        verdict: report.verdict.as_str(),
        exit_code: report.verdict.exit_code(),
        plans: report.plans.len(),
        problems: report.problem_count(),
        counts: JsonCounts::of(FindingCounts::of(report.all_findings())),
        destructive: report.may_destroy(),
    };
    let mut out = String::new();
    for line in said.chain(plans).chain(std::iter::once(summary)) {
        out.push_str(&text::json(&serde_json::to_string(&line)?));
        out.push('\n');
    }
    Ok(out)
}
