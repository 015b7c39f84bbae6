//! The report of many plans: what is kept of each, totals, and its renderers.
//!
//! Of each plan a row is kept whose size has a bound, so that memory does not grow with what plans hold: everything is counted,
//! and as many findings as asked for are listed, what blocks first. What is left out is counted too. Must not judge.

mod csv;
mod grouping;
mod html;
mod human;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod tap;
mod totals;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use grouping::{Grouping, PathTemplate};
pub use json::schema;
pub use totals::{Line, Table, Totals, Undecided};

use super::{FindingCounts, LeftOut, PlanReport, Report, format};
use crate::finding::{Finding, Level, RuleId, Severity};
use crate::plan::names::Names;
use crate::problem::{Problem, ProblemCode};
use crate::text::{count, truncate};
use crate::verdict::Verdict;

/// Findings and problems that are listed for each plan, unless told otherwise.
pub const LISTED: usize = 100;
/// Longest text of a finding or a problem that is kept, in characters.
const TEXT: usize = 2_000;

/// The result of an audit.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The run and its plans, each cut down to its row, in their order.
    report: Report,
    /// What is known of each plan beside that; as many as there are plans.
    rows: Vec<Row>,
    /// Files that are no plans by their names.
    skipped: Vec<String>,
    /// How plans are grouped.
    grouping: Option<Grouping>,
}

/// What is counted of a plan before its findings are cut to those listed.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// How many findings of each kind there are.
    pub counts: FindingCounts,
    /// The same by rule, type and level.
    kinds: BTreeMap<Kind, usize>,
    /// What is not listed.
    pub left_out: LeftOut,
    /// How many problems there are.
    pub problems: usize,
    /// Captures of the pattern by which plans are grouped; `None` where the path does not match it.
    pub group: Option<Vec<String>>,
}

/// What findings are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    rule: RuleId,
    level: Level,
    severity: Severity,
    set_aside: bool,
    resource_type: Option<String>,
}

impl Kind {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            level: finding.level,
            severity: finding.severity,
            set_aside: finding.is_set_aside(),
            resource_type: finding.subject.as_ref().and_then(|subject| subject.resource_type.clone()),
        }
    }
}

fn shorten(text: &mut String) {
    if let Cow::Owned(short) = truncate(text, TEXT) {
        *text = short;
    }
    text.shrink_to_fit();
}

impl Row {
    /// Cuts the report of a plan down to what is kept of it, with at most `listed` findings and problems; the rest is counted.
    #[must_use]
    pub fn fold(plan: &mut PlanReport, listed: usize, grouping: Option<&Grouping>) -> Self {
        let mut row = Self {
            counts: FindingCounts::of(&plan.findings),
            kinds: BTreeMap::new(),
            left_out: LeftOut {
                findings: FindingCounts::of(plan.findings.iter().skip(listed)),
                problems: plan.problems.len().saturating_sub(listed.max(1)),
            },
            problems: plan.problems.len(),
            group: grouping.and_then(|grouping| grouping.captures(&plan.path)),
        };
        for finding in &plan.findings {
            *row.kinds.entry(Kind::of(finding)).or_default() += 1;
        }
        plan.findings.truncate(listed);
        plan.findings.shrink_to_fit();
        for finding in &mut plan.findings {
            finding.details.clear();
            finding.metadata.clear();
            shorten(&mut finding.message);
        }
        plan.problems.truncate(listed.max(1));
        plan.problems.iter_mut().for_each(|problem| shorten(&mut problem.message));
        plan.rules = Vec::new();
        plan.traces = Vec::new();
        plan.saved = None;
        plan.names = Names::default();
        row
    }

    fn worst_severity(&self) -> Option<Severity> {
        self.kinds.keys().filter(|kind| !kind.set_aside).map(|kind| kind.severity).max()
    }
}

impl Audit {
    /// Puts the parts together: the rows belong to the plans of the report, one to one.
    ///
    /// A pattern to group by that no plan matches is a problem of the run.
    #[must_use]
    pub fn build(mut report: Report, rows: Vec<Row>, skipped: Vec<String>, grouping: Option<Grouping>) -> Self {
        for row in &rows {
            report.left_out.add(row.left_out);
        }
        let left_out = report.left_out.findings.total();
        if left_out > 0 {
            let plans = rows.iter().filter(|row| row.left_out.findings.total() > 0).count();
            let (findings, plans) = (count(left_out, "finding"), count(plans, "plan"));
            report.notes.push(format!("{findings} of {plans} are counted and not listed: see --max-listed"));
        }
        if let Some(grouping) = grouping.as_ref().filter(|_| rows.iter().all(|row| row.group.is_none())) {
            let message = format!("`--group-by {}` matches no plan", grouping.pattern());
            let example = report.plans.first().map_or_else(String::new, |plan| format!(", such as `{}`", plan.path));
            report.problems.push(
                Problem::new(ProblemCode::NothingSelected, message)
                    .help(format!("the pattern is held against paths as the report names them{example}")),
            );
        }
        let mut audit = Self { report, rows, skipped, grouping };
        audit.report = Report::build(audit.report);
        audit
    }

    /// The result of an audit that could not start.
    #[must_use]
    pub fn undecided(problems: Vec<Problem>) -> Self {
        Self { report: Report::undecided(problems), rows: Vec::new(), skipped: Vec::new(), grouping: None }
    }

    /// The same with one more problem.
    #[must_use]
    pub fn with_problem(mut self, problem: Problem) -> Self {
        self.report.problems.push(problem);
        self.report = Report::build(self.report);
        self
    }

    /// The worst verdict of all plans and of the run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.report.verdict
    }

    /// The run and its plans, without what is not listed.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Every plan with what was counted of it, in the order of their names.
    pub fn plans(&self) -> impl Iterator<Item = (&PlanReport, &Row)> {
        self.report.plans.iter().zip(&self.rows)
    }

    /// Files in folders and archives that are no plans by their names.
    #[must_use]
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The pattern by which plans are grouped.
    #[must_use]
    pub fn grouping(&self) -> Option<&Grouping> {
        self.grouping.as_ref()
    }

    /// Everything counted.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::of(self)
    }

    /// The report as Markdown of at most `limit` bytes.
    #[must_use]
    pub fn markdown(&self, show: Level, limit: usize) -> String {
        markdown::render(self, show, limit)
    }

    /// The report in a format, one of [`format::FORMATS`]; `None` for a word that names none.
    pub fn render(&self, format: &str, options: &format::Options) -> Option<Result<String, Problem>> {
        let unwritten = |what: &str, error: &dyn std::fmt::Display| {
            Problem::new(ProblemCode::ReportWrite, format!("could not write {what}: {error}"))
        };
        Some(match format {
            "human" => Ok(human::render(self, options.human)),
            "json" => json::render(self).map_err(|error| unwritten("JSON", &error)),
            "jsonl" => jsonl::render(self).map_err(|error| unwritten("JSON lines", &error)),
            "csv" => csv::render(self).map_err(|error| unwritten("CSV", &error)),
            "markdown" => Ok(self.markdown(options.human.show, options.markdown_limit)),
            "junit" => junit::render(self).map_err(|error| unwritten("JUnit", &error)),
            "tap" => Ok(tap::render(self)),
            "html" => Ok(html::render(self)),
            // These list findings one by one, whosever they are.
            "sarif" | "github" | "gitlab" | "azure" => return format::render(&self.report, format, options),
            _ => return None,
        })
    }
}
