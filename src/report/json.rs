//! The JSON report: its own types, versioned, apart from the data they are made of.
//!
//! `plangate/report/v1-draft`: keys are added, never renamed or given another meaning. The schema in
//! docs/schema/report.json is generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::saved::JsonSavedPlan;
use super::{ChangeCounts, FindingCounts, PlanReport, Report, milliseconds};
use crate::eval::RuleRecord;
use crate::finding::{AppliedWaiver, Finding, Fingerprint, Location};
use crate::problem::Problem;
use crate::text;

/// The version of this format.
pub const SCHEMA: &str = "plangate/report/v1-draft";

/// The report of one run of `plangate check`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "plangate report")]
pub struct JsonReport<'a> {
    /// Always `plangate/report/v1-draft`.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program that wrote it.
    tool: JsonTool,
    /// `allowed`, `blocked` or `undecided`: the worst of all plans and of the run.
    #[schemars(extend("enum" = ["allowed", "blocked", "undecided"]))]
    verdict: &'static str,
    /// 0 allowed, 1 blocked, 2 undecided; the exit code of the process.
    #[schemars(extend("enum" = [0, 1, 2]))]
    exit_code: u8,
    /// Why the run itself is undecided: configuration, waivers, policies, nothing selected.
    problems: Vec<JsonProblem<'a>>,
    /// Findings about the run: waivers that are expired or unused.
    findings: Vec<JsonFinding<'a>>,
    /// How many findings of the run and of its plans there are of each kind.
    counts: JsonCounts,
    /// Remarks on how the run was set up.
    notes: &'a [String],
    /// One entry for each document, in the order given; an array even for one plan.
    plans: Vec<JsonPlan<'a>>,
}

/// How many findings there are of each kind; each counts once, lowered ones also by their level.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonCounts {
    /// Level `deny`, neither waived nor excepted.
    deny: usize,
    /// Level `warn`, neither waived nor excepted.
    warn: usize,
    /// Level `info`, neither waived nor excepted.
    info: usize,
    /// Waived, of any level.
    waived: usize,
    /// Excepted by their policy and not waived, of any level.
    excepted: usize,
    /// Lowered by configuration below what the rule declares.
    lowered: usize,
}

/// The program that wrote a report.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonTool {
    /// Always `plangate`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

impl JsonTool {
    /// This program.
    pub(super) const fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// The result for one document.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonPlan<'a> {
    /// The file as named on the command line; `-` is standard input.
    path: &'a str,
    /// Which document of the file, from 0.
    document: usize,
    /// SHA-256 of the file's bytes as read, lower-case hex; null where it could not be read.
    sha256: Option<&'a str>,
    /// `allowed`, `blocked` or `undecided`.
    #[schemars(extend("enum" = ["allowed", "blocked", "undecided"]))]
    verdict: &'static str,
    /// Why it is undecided.
    problems: Vec<JsonProblem<'a>>,
    /// What the rules found: what blocks first, then by severity, rule and address.
    findings: Vec<JsonFinding<'a>>,
    /// One record for each rule, sorted by id.
    rules: Vec<JsonRule<'a>>,
    /// What the plan does.
    changes: JsonChanges,
    /// What only a saved plan file says; null of a plan that was JSON.
    saved_plan: Option<JsonSavedPlan<'a>>,
}

/// How many entries of each kind a plan has, deferred ones included.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonChanges {
    /// All entries.
    total: usize,
    /// Objects created.
    create: usize,
    /// Objects changed in place.
    update: usize,
    /// Objects destroyed and made anew.
    replace: usize,
    /// Objects destroyed.
    delete: usize,
    /// Objects left behind unmanaged.
    forget: usize,
    /// Entries with an unknown action.
    unknown: usize,
    /// Entries that change nothing.
    quiet: usize,
}

/// A reason why something is undecided.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonProblem<'a> {
    /// Stable code, see docs/exit-codes.md.
    code: &'static str,
    /// What happened.
    message: &'a str,
    /// What to do next.
    help: Option<&'a str>,
    /// Where, in a file people wrote.
    location: Option<JsonLocation>,
}

/// A place in a file people wrote.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonLocation {
    /// The file, as named.
    file: String,
    /// Line, from 1.
    line: usize,
    /// Column in characters, from 1.
    column: usize,
}

/// One thing a rule says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonFinding<'a> {
    /// Rule id.
    rule: &'a str,
    /// The level in force: `info`, `warn` or `deny`.
    #[schemars(extend("enum" = ["info", "warn", "deny"]))]
    level: &'static str,
    /// The level before configuration.
    #[schemars(extend("enum" = ["info", "warn", "deny"]))]
    declared_level: &'static str,
    /// What decided `level`: `rule`, `result`, `preset` or `config`.
    #[schemars(extend("enum" = ["rule", "result", "preset", "config"]))]
    level_from: &'static str,
    /// `info`, `low`, `medium`, `high` or `critical`; never decides the verdict.
    #[schemars(extend("enum" = ["info", "low", "medium", "high", "critical"]))]
    severity: &'static str,
    /// Address of the change; null for a finding about the plan or the run.
    address: Option<&'a str>,
    /// Key of a deposed object.
    deposed: Option<&'a str>,
    /// Address before a move.
    previous_address: Option<&'a str>,
    /// Actions as they stand in the plan.
    actions: &'a [String],
    /// What is wrong; secrets are masked.
    message: &'a str,
    /// Identity across runs: SHA-256, lower-case hex.
    fingerprint: &'a str,
    /// Where, in a file people wrote.
    location: Option<JsonLocation>,
    /// What that is to the object, where it is in its sources (`--source DIR`): its `resource-block`; the `module-call` of
    /// its module, where its own block is gone or not at hand; the `removed-block` about it; `removed` where the
    /// configuration has none of these, and then there is no location. Null where the location is none of the sources.
    #[schemars(extend("enum" = ["resource-block", "module-call", "removed-block", "removed", null]))]
    located: Option<&'static str>,
    /// Path of the construct that made its block (CDK for Terraform).
    construct_path: Option<&'a str>,
    /// Fingerprint of the finding that caused this one.
    root_cause: Option<&'a str>,
    /// `plangate.details` of the result.
    details: &'a BTreeMap<String, serde_json::Value>,
    /// All other keys of the result.
    metadata: &'a BTreeMap<String, serde_json::Value>,
    /// The waiver in force; a waived finding does not block.
    waiver: Option<JsonWaiver<'a>>,
    /// The exception of its policy that holds; an excepted finding does not block.
    exception: Option<JsonException<'a>>,
}

/// The rule of the policy itself by which a finding does not count.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonException<'a> {
    /// The query that holds: `data.main.exception[_][_] == "public"`.
    query: &'a str,
    /// Where the exception stands.
    location: Option<JsonLocation>,
}

/// The waiver that applies to a finding.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonWaiver<'a> {
    /// Why.
    reason: &'a str,
    /// Who answers for it.
    owner: &'a str,
    /// Last day it holds, `YYYY-MM-DD`.
    expires: Option<&'a str>,
    /// Where it stands.
    location: JsonLocation,
}

/// What became of one rule.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonRule<'a> {
    /// Rule id.
    id: &'a str,
    /// `native`, `built-in` or `repository`.
    #[schemars(extend("enum" = ["native", "built-in", "repository"]))]
    origin: &'static str,
    /// `clean`, `findings`, `undetermined`, `failed`, `off`, or `not-run`: it needs sources that were not given.
    #[schemars(extend("enum" = ["clean", "findings", "undetermined", "failed", "off", "not-run"]))]
    outcome: &'static str,
    /// Changes its selector picks, or of the types it compares with; null where it has neither.
    considered: Option<usize>,
    /// Findings it made.
    fired: usize,
    /// Builtin errors that made parts of it undefined.
    builtin_errors: &'a [String],
    /// The query by which its policy excepts it for this plan; its findings then do not count.
    exception: Option<&'a str>,
    /// Milliseconds the engine took; only with `--timings`, for it is never the same twice. Absent for native rules and rules
    /// that are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_ms: Option<f64>,
}

/// The report as JSON text, indented, with a final line feed.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn render(report: &Report) -> serde_json::Result<String> {
    write(&JsonReport::of(report))
}

/// The same, with the time each rule took.
///
/// # Errors
/// As for [`render`].
pub fn render_with_timings(report: &Report) -> serde_json::Result<String> {
    let mut json = JsonReport::of(report);
    for (written, plan) in json.plans.iter_mut().zip(&report.plans) {
        for (written, record) in written.rules.iter_mut().zip(&plan.rules) {
            written.time_ms = record.took.map(milliseconds);
        }
    }
    write(&json)
}

fn write(report: &JsonReport<'_>) -> serde_json::Result<String> {
    let mut text = text::json(&serde_json::to_string_pretty(report)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// The JSON Schema of the report, indented, with a final line feed.
///
/// # Errors
/// None in practice, as for [`render`].
pub fn schema() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(JsonReport<'_>))?;
    text.push('\n');
    Ok(text)
}

impl<'a> JsonReport<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA,
            tool: JsonTool::this(),
            verdict: report.verdict.as_str(),
            exit_code: report.verdict.exit_code(),
            problems: report.problems.iter().map(JsonProblem::of).collect(),
            findings: report.findings.iter().map(JsonFinding::of).collect(),
            counts: JsonCounts::of(FindingCounts::of(report.all_findings())),
            notes: &report.notes,
            plans: report.plans.iter().map(JsonPlan::of).collect(),
        }
    }
}

impl JsonChanges {
    pub(super) fn of(counts: ChangeCounts) -> Self {
        Self {
            total: counts.total,
            create: counts.create,
            update: counts.update,
            replace: counts.replace,
            delete: counts.delete,
            forget: counts.forget,
            unknown: counts.unknown,
            quiet: counts.quiet,
        }
    }
}

impl JsonCounts {
    pub(super) fn of(counts: FindingCounts) -> Self {
        let FindingCounts { deny, warn, info, waived, excepted, lowered } = counts;
        Self { deny, warn, info, waived, excepted, lowered }
    }
}

impl<'a> JsonPlan<'a> {
    fn of(plan: &'a PlanReport) -> Self {
        Self {
            path: &plan.path,
            document: plan.document,
            sha256: plan.sha256.as_deref(),
            verdict: plan.verdict.as_str(),
            problems: plan.problems.iter().map(JsonProblem::of).collect(),
            findings: plan.findings.iter().map(JsonFinding::of).collect(),
            rules: plan.rules.iter().map(JsonRule::of).collect(),
            saved_plan: plan.saved.as_deref().map(JsonSavedPlan::of),
            changes: JsonChanges::of(plan.counts),
        }
    }
}

impl<'a> JsonProblem<'a> {
    pub(super) fn of(problem: &'a Problem) -> Self {
        Self {
            code: problem.code.as_str(),
            message: &problem.message,
            help: problem.help.as_deref(),
            location: problem.place.as_ref().map(|place| JsonLocation {
                file: place.file.name().to_owned(),
                line: place.position().line,
                column: place.position().column,
            }),
        }
    }
}

impl From<&Location> for JsonLocation {
    fn from(location: &Location) -> Self {
        Self { file: location.file.clone(), line: location.position.line, column: location.position.column }
    }
}

impl<'a> JsonFinding<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        let subject = finding.subject.as_ref();
        Self {
            rule: finding.rule.as_str(),
            level: finding.level.as_str(),
            declared_level: finding.declared_level.as_str(),
            level_from: finding.level_from.as_str(),
            severity: finding.severity.as_str(),
            address: subject.map(|subject| subject.address.as_str()),
            deposed: subject.and_then(|subject| subject.deposed.as_deref()),
            previous_address: subject.and_then(|subject| subject.previous_address.as_deref()),
            actions: subject.map_or(&[], |subject| subject.actions.as_slice()),
            message: &finding.message,
            fingerprint: finding.fingerprint.as_str(),
            location: finding.location.as_ref().map(JsonLocation::from),
            located: finding.source.as_ref().map(|source| source.at.as_str()),
            construct_path: finding.source.as_ref().and_then(|source| source.construct_path.as_deref()),
            root_cause: finding.root_cause.as_ref().map(Fingerprint::as_str),
            details: &finding.details,
            metadata: &finding.metadata,
            waiver: finding.waiver.as_ref().map(JsonWaiver::of),
            exception: finding.exception.as_ref().map(|exception| JsonException {
                query: &exception.query,
                location: exception.location.as_ref().map(JsonLocation::from),
            }),
        }
    }
}

impl<'a> JsonWaiver<'a> {
    fn of(waiver: &'a AppliedWaiver) -> Self {
        Self {
            reason: &waiver.reason,
            owner: &waiver.owner,
            expires: waiver.expires.as_deref(),
            location: JsonLocation::from(&waiver.location),
        }
    }
}

impl<'a> JsonRule<'a> {
    fn of(rule: &'a RuleRecord) -> Self {
        Self {
            id: rule.id.as_str(),
            origin: rule.origin.as_str(),
            outcome: rule.outcome.as_str(),
            considered: rule.considered,
            fired: rule.fired,
            builtin_errors: &rule.builtin_errors,
            exception: rule.exception.as_deref(),
            time_ms: None,
        }
    }
}
