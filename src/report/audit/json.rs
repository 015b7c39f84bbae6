//! An audit as JSON: its own types, versioned; totals first, then a row for each plan.
//!
//! `plangate/audit/v1-draft`: keys are added, never renamed or given another meaning. Rows are made one at a time. The schema in
//! docs/schema/audit.json is generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Audit, Line, Row, Table, Totals};
use crate::finding::Finding;
use crate::report::PlanReport;
use crate::report::json::{JsonChanges, JsonCounts, JsonProblem, JsonTool};
use crate::text;

/// The version of this format.
pub(super) const SCHEMA: &str = "plangate/audit/v1-draft";

/// The report of one run of `plangate audit`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "plangate audit")]
struct JsonAudit<'a> {
    #[serde(flatten)]
    head: JsonHead<'a>,
    /// One entry for each document, in the order of names.
    plans: Vec<JsonRow<'a>>,
}

/// Everything but the plans.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonHead<'a> {
    /// Always `plangate/audit/v1-draft`.
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
    /// How many plans there are of each verdict.
    plan_counts: JsonPlanCounts,
    /// How many findings of the run and of its plans there are of each kind, listed or not.
    counts: JsonCounts,
    /// How many findings are counted and not listed.
    findings_left_out: usize,
    /// What all plans do together.
    changes: JsonChanges,
    /// Why the run itself is undecided.
    problems: Vec<JsonProblem<'a>>,
    /// Findings about the run: waivers that are expired or unused.
    findings: Vec<JsonListed<'a>>,
    /// Remarks on how the run was set up.
    notes: &'a [String],
    /// Findings by rule, the worst first.
    by_rule: Vec<JsonLine>,
    /// Findings by resource type.
    by_resource_type: Vec<JsonLine>,
    /// Findings by severity.
    by_severity: Vec<JsonLine>,
    /// The pattern of `--group-by`; null without.
    group_by: Option<&'a str>,
    /// Plans and findings by group; empty without a pattern. `group` is null for plans that it does not match.
    by_group: Vec<JsonGroup<'a>>,
    /// Files in folders and archives that were taken for no plan by their names.
    skipped: &'a [String],
}

/// How many plans there are of each verdict.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonPlanCounts {
    /// All plans.
    total: usize,
    /// Judged, and nothing blocks.
    allowed: usize,
    /// Something blocks.
    blocked: usize,
    /// Could not be judged.
    undecided: usize,
}

/// Findings that have something in common.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonLine {
    /// What they have in common.
    name: String,
    /// Level `deny`, not set aside.
    deny: usize,
    /// Level `warn`, not set aside.
    warn: usize,
    /// Level `info`, not set aside.
    info: usize,
    /// Waived or excepted.
    set_aside: usize,
    /// Plans that have any.
    plans: usize,
}

/// A group of plans.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonGroup<'a> {
    /// What the pattern captured, by name.
    group: Option<BTreeMap<&'a str, String>>,
    /// Its plans.
    plans: usize,
    /// Those that are blocked.
    blocked: usize,
    /// Those that are undecided.
    undecided: usize,
    /// Findings of level `deny`, not set aside.
    deny: usize,
    /// Findings of level `warn`, not set aside.
    warn: usize,
    /// Findings of level `info`, not set aside.
    info: usize,
    /// Findings that are waived or excepted.
    set_aside: usize,
}

/// The result for one document.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonRow<'a> {
    /// The file as named; `archive.zip!dir/plan.json` is a file in an archive.
    path: &'a str,
    /// Which document of the file, from 0.
    document: usize,
    /// SHA-256 of the file's bytes as read; null where it could not be read.
    sha256: Option<&'a str>,
    /// `allowed`, `blocked` or `undecided`.
    #[schemars(extend("enum" = ["allowed", "blocked", "undecided"]))]
    verdict: &'static str,
    /// What the pattern of `--group-by` captured of the path.
    group: Option<BTreeMap<&'a str, &'a str>>,
    /// How many findings of each kind there are, listed or not.
    counts: JsonCounts,
    /// What the plan does.
    changes: JsonChanges,
    /// Why it is undecided.
    problems: Vec<JsonProblem<'a>>,
    /// Problems that are not listed.
    problems_left_out: usize,
    /// What blocks first, then by severity, rule and address.
    findings: Vec<JsonListed<'a>>,
    /// Findings that are not listed.
    findings_left_out: usize,
}

/// A finding, in short; `plangate check --format json` says all of it.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonListed<'a> {
    /// Rule id.
    rule: &'a str,
    /// The level in force.
    #[schemars(extend("enum" = ["info", "warn", "deny"]))]
    level: &'static str,
    /// `info`, `low`, `medium`, `high` or `critical`.
    #[schemars(extend("enum" = ["info", "low", "medium", "high", "critical"]))]
    severity: &'static str,
    /// Address of the change; null for a finding about the plan or the run.
    address: Option<&'a str>,
    /// Key of a deposed object.
    deposed: Option<&'a str>,
    /// Resource type.
    resource_type: Option<&'a str>,
    /// Actions as they stand in the plan.
    actions: &'a [String],
    /// What is wrong; secrets are masked.
    message: &'a str,
    /// Identity across runs.
    fingerprint: &'a str,
    /// Why it is waived, if it is.
    waived: Option<&'a str>,
    /// Whether its policy excepts it.
    excepted: bool,
}

impl<'a> JsonListed<'a> {
    fn of(finding: &'a Finding) -> Self {
        let subject = finding.subject.as_ref();
        Self {
            rule: finding.rule.as_str(),
            level: finding.level.as_str(),
            severity: finding.severity.as_str(),
            address: subject.map(|subject| subject.address.as_str()),
            deposed: subject.and_then(|subject| subject.deposed.as_deref()),
            resource_type: subject.and_then(|subject| subject.resource_type.as_deref()),
            actions: subject.map(|subject| subject.actions.as_slice()).unwrap_or_default(),
            message: &finding.message,
            fingerprint: finding.fingerprint.as_str(),
            waived: finding.waiver.as_ref().map(|waiver| waiver.reason.as_str()),
            excepted: finding.exception.is_some(),
        }
    }
}

impl<'a> JsonRow<'a> {
    pub(super) fn of(audit: &'a Audit, plan: &'a PlanReport, row: &'a Row) -> Self {
        let names =
            || audit.grouping().map(|grouping| grouping.names().iter().map(String::as_str)).into_iter().flatten();
        Self {
            path: &plan.path,
            document: plan.document,
            sha256: plan.sha256.as_deref(),
            verdict: plan.verdict.as_str(),
            group: row.group.as_ref().map(|group| names().zip(group.iter().map(String::as_str)).collect()),
            counts: JsonCounts::of(row.counts),
            changes: JsonChanges::of(plan.counts),
            problems: plan.problems.iter().map(JsonProblem::of).collect(),
            problems_left_out: row.left_out.problems,
            findings: plan.findings.iter().map(JsonListed::of).collect(),
            findings_left_out: row.left_out.findings.total(),
        }
    }
}

impl<'a> JsonHead<'a> {
    pub(super) fn of(audit: &'a Audit) -> Self {
        let totals = Totals::of(audit);
        let report = audit.report();
        Self {
            schema: SCHEMA,
            tool: JsonTool::this(),
            verdict: report.verdict.as_str(),
            exit_code: report.verdict.exit_code(),
            plan_counts: JsonPlanCounts {
                total: totals.plans(),
                allowed: totals.allowed,
                blocked: totals.blocked,
                undecided: totals.undecided,
            },
            counts: JsonCounts::of(totals.findings),
            findings_left_out: totals.left_out,
            changes: JsonChanges::of(totals.changes),
            problems: report.problems.iter().map(JsonProblem::of).collect(),
            findings: report.findings.iter().map(JsonListed::of).collect(),
            notes: &report.notes,
            by_rule: lines(totals.by_rule),
            by_resource_type: lines(totals.by_type),
            by_severity: lines(totals.by_severity),
            group_by: audit.grouping().map(super::Grouping::pattern),
            by_group: totals.by_group.map(|table| groups(audit, table)).unwrap_or_default(),
            skipped: audit.skipped(),
        }
    }
}

fn lines(table: Table) -> Vec<JsonLine> {
    let line = |line: Line| JsonLine {
        name: line.name,
        deny: line.deny,
        warn: line.warn,
        info: line.info,
        set_aside: line.set_aside,
        plans: line.plans,
    };
    table.lines.into_iter().map(line).collect()
}

fn groups(audit: &Audit, table: Table) -> Vec<JsonGroup<'_>> {
    let names = audit.grouping().map(super::Grouping::names).unwrap_or_default();
    let group = |line: Line| JsonGroup {
        group: (!line.group.is_empty()).then(|| names.iter().map(String::as_str).zip(line.group).collect()),
        plans: line.plans,
        blocked: line.blocked,
        undecided: line.undecided,
        deny: line.deny,
        warn: line.warn,
        info: line.info,
        set_aside: line.set_aside,
    };
    table.lines.into_iter().map(group).collect()
}

/// The JSON Schema of this report, indented, with a final line feed.
///
/// # Errors
/// None in practice.
pub fn schema() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(JsonAudit<'_>))?;
    text.push('\n');
    Ok(text)
}

/// The audit as JSON: the totals, then each plan on a line of its own.
pub(super) fn render(audit: &Audit) -> serde_json::Result<String> {
    let head = serde_json::to_string(&JsonHead::of(audit))?;
    let mut out = String::new();
    // The plans are the last key of the object.
    out.push_str(&text::json(head.strip_suffix('}').unwrap_or(&head)));
    out.push_str(",\"plans\":[");
    for (index, (plan, row)) in audit.plans().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&text::json(&serde_json::to_string(&JsonRow::of(audit, plan, row))?));
    }
    out.push_str("\n]}\n");
    Ok(out)
}
