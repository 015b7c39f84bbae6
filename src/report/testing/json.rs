//! Tests as JSON: types of their own, versioned, apart from the data they are made of.
//!
//! `plangate/tests/v1-draft`: keys are added, never renamed or given another meaning. The schema in docs/schema/tests.json is
//! generated from these types.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::json::{JsonProblem, JsonTool};
use crate::testing::{Counts, Coverage, FailedAt, FileCoverage, Operand, TestReport, TestResult};

/// The version of this format.
pub const SCHEMA: &str = "plangate/tests/v1-draft";

/// The report of one run of `plangate test`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "plangate tests")]
struct JsonTests<'a> {
    /// Always `plangate/tests/v1-draft`.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program that wrote it.
    tool: JsonTool,
    /// `passed`, `failed` or `error`.
    #[schemars(extend("enum" = ["passed", "failed", "error"]))]
    outcome: &'static str,
    /// 0 passed, 1 failed, 2 error; the exit code of the process.
    #[schemars(extend("enum" = [0, 1, 2]))]
    exit_code: u8,
    /// Why nothing, or not everything, could be tested.
    problems: Vec<JsonProblem<'a>>,
    /// How many tests there are of each status.
    counts: JsonCounts,
    /// Every test, in the order of files and places.
    tests: Vec<JsonTest<'a>>,
    /// What the tests evaluated; null without `--coverage`.
    coverage: Option<JsonCoverage<'a>>,
}

/// How many tests there are of each status.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonCounts {
    /// As expected.
    passed: usize,
    /// Not as expected.
    failed: usize,
    /// Not run to the end.
    error: usize,
    /// Left out on purpose.
    skipped: usize,
}

/// One test.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonTest<'a> {
    /// `data.main.test_x`, or the path of a case without `.json`.
    name: &'a str,
    /// `rule`, `case` or `mock`.
    #[schemars(extend("enum" = ["rule", "case", "mock"]))]
    kind: &'static str,
    /// The file it stands in.
    file: &'a str,
    /// Its line there, from 1; null where the whole file is the test.
    line: Option<usize>,
    /// How it ended.
    #[schemars(extend("enum" = ["passed", "failed", "error", "skipped"]))]
    status: &'static str,
    /// Why it did not pass.
    message: Option<&'a str>,
    /// The place that decided it.
    at: Option<JsonPlace<'a>>,
    /// Parts of what did not hold.
    values: Vec<JsonOperand<'a>>,
    /// What stands beside: findings of a case, builtin errors.
    notes: &'a [String],
    /// What `print` was given, as `file:line: text`.
    prints: &'a [String],
}

/// A place in a policy.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonPlace<'a> {
    /// The file.
    file: &'a str,
    /// Line, from 1.
    line: usize,
    /// Column in characters, from 1.
    column: usize,
    /// What is to be said of it.
    label: &'a str,
    /// Its text.
    text: &'a str,
}

/// An expression and what it is.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonOperand<'a> {
    /// As the file has it.
    expression: &'a str,
    /// Its values in Rego's notation, cut where they are long; none where it is undefined.
    values: &'a [String],
}

/// What the tests evaluated.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonCoverage<'a> {
    /// Of all lines, cut to one decimal; null where there is none.
    percent: Option<f64>,
    /// Fewest percent that suffice.
    minimum: Option<f64>,
    /// Whether they are reached.
    enough: bool,
    /// Each policy file.
    files: Vec<JsonFile<'a>>,
}

/// Lines of one file, from 1.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonFile<'a> {
    /// The file.
    file: &'a str,
    /// As in the whole.
    percent: Option<f64>,
    /// Evaluated by some test.
    covered: Vec<usize>,
    /// Evaluated by none.
    not_covered: Vec<usize>,
}

/// The report as JSON, indented.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn render(report: &TestReport) -> serde_json::Result<String> {
    let counts = Counts::of(&report.tests);
    let outcome = report.outcome();
    let tests = JsonTests {
        schema: SCHEMA,
        tool: JsonTool::this(),
        outcome: outcome.as_str(),
        exit_code: outcome.exit_code(),
        problems: report.problems.iter().map(JsonProblem::of).collect(),
        counts: JsonCounts {
            passed: counts.passed,
            failed: counts.failed,
            error: counts.errors,
            skipped: counts.skipped,
        },
        tests: report.tests.iter().map(JsonTest::of).collect(),
        coverage: report.coverage.as_ref().map(JsonCoverage::of),
    };
    let mut text = crate::text::json(&serde_json::to_string_pretty(&tests)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// The JSON Schema of the report, indented, with a final line feed.
///
/// # Errors
/// None in practice, as for [`render`].
pub fn schema() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(JsonTests<'_>))?;
    text.push('\n');
    Ok(text)
}

impl<'a> JsonTest<'a> {
    fn of(test: &'a TestResult) -> Self {
        let operand = |operand: &'a Operand| JsonOperand { expression: &operand.expression, values: &operand.values };
        Self {
            name: &test.name,
            kind: test.kind.as_str(),
            file: &test.file,
            line: test.line,
            status: test.status.as_str(),
            message: test.message.as_deref(),
            at: test.at.as_ref().map(JsonPlace::of),
            values: test.operands.iter().map(operand).collect(),
            notes: &test.notes,
            prints: &test.prints,
        }
    }
}

impl<'a> JsonPlace<'a> {
    fn of(at: &'a FailedAt) -> Self {
        let position = at.file.position(at.span.start);
        let text = at.file.slice(at.span);
        Self { file: at.file.name(), line: position.line, column: position.column, label: at.label, text }
    }
}

impl<'a> JsonCoverage<'a> {
    fn of(coverage: &'a Coverage) -> Self {
        Self {
            percent: coverage.percent(),
            minimum: coverage.minimum,
            enough: coverage.is_enough(),
            files: coverage.files.iter().map(JsonFile::of).collect(),
        }
    }
}

impl<'a> JsonFile<'a> {
    fn of(file: &'a FileCoverage) -> Self {
        Self {
            file: &file.file,
            percent: file.percent(),
            covered: file.covered.iter().copied().collect(),
            not_covered: file.uncovered.iter().copied().collect(),
        }
    }
}
