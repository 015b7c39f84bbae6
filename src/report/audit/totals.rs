//! What an audit counts: plans and findings, by rule, type, severity and group; the worst plans; why plans are undecided.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, Kind, Row};
use crate::finding::Level;
use crate::problem::{Problem, ProblemCode};
use crate::report::{ChangeCounts, FindingCounts, PlanReport};
use crate::verdict::Verdict;

/// Findings without a resource, in the table of types.
const NO_TYPE: &str = "(the plan itself)";
/// Plans that the pattern does not match, in the table of groups.
const NO_GROUP: &str = "(no group)";

/// Everything that is counted over all plans.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// How many plans got each verdict, from `allowed` to `undecided`.
    pub allowed: usize,
    /// Blocked plans.
    pub blocked: usize,
    /// Undecided plans.
    pub undecided: usize,
    /// Findings of all plans and of the run.
    pub findings: FindingCounts,
    /// Findings that are counted and not listed.
    pub left_out: usize,
    /// What all plans do.
    pub changes: ChangeCounts,
    /// By rule, by resource type, by severity.
    pub by_rule: Table,
    /// By the type of the resource.
    pub by_type: Table,
    /// By severity.
    pub by_severity: Table,
    /// By group, if plans are grouped.
    pub by_group: Option<Table>,
    /// Why plans are undecided, what most of them have in common first.
    pub reasons: Vec<Undecided>,
}

/// Findings or plans by what they have in common; the worst first.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What the lines are by.
    pub by: &'static str,
    /// One line for each.
    pub lines: Vec<Line>,
}

/// A line of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// What is counted here, unescaped.
    pub name: String,
    /// The captures of a group; none elsewhere.
    pub group: Vec<String>,
    /// Findings of level `deny`.
    pub deny: usize,
    /// Findings of level `warn`.
    pub warn: usize,
    /// Findings of level `info`.
    pub info: usize,
    /// Findings that are waived or excepted.
    pub set_aside: usize,
    /// Plans that have such findings; of a group, all of it.
    pub plans: usize,
    /// Of a group: its plans that are blocked.
    pub blocked: usize,
    /// Of a group: its plans that are undecided.
    pub undecided: usize,
}

/// Plans that are undecided for the same kind of reason.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// The kind.
    pub code: ProblemCode,
    /// What the first of them says.
    pub first: Problem,
    /// How many other texts there are.
    pub others: usize,
    /// The plans, by their place in the report.
    pub plans: Vec<usize>,
}

impl Line {
    fn add(&mut self, kind: &Kind, n: usize) {
        *match kind.level {
            _ if kind.set_aside => &mut self.set_aside,
            Level::Deny => &mut self.deny,
            Level::Warn => &mut self.warn,
            Level::Info | Level::Off => &mut self.info,
        } += n;
    }

    fn order(&self, other: &Self) -> Ordering {
        let key = |line: &Self| {
            Reverse((line.undecided, line.blocked, line.deny, line.warn, line.info, line.set_aside, line.plans))
        };
        key(self).cmp(&key(other)).then_with(|| self.name.cmp(&other.name))
    }
}

/// Lines by name while they are counted.
#[derive(Default)]
struct Lines<'a>(BTreeMap<&'a str, Line>);

impl<'a> Lines<'a> {
    /// Adds what one plan has.
    fn add_plan(&mut self, row: &'a Row, name: impl Fn(&'a Kind) -> &'a str) {
        let mut seen: Vec<&str> = Vec::new();
        for (kind, n) in &row.kinds {
            let name = name(kind);
            let line = self.0.entry(name).or_insert_with(|| Line { name: name.to_owned(), ..Line::default() });
            line.add(kind, *n);
            if !seen.contains(&name) {
                line.plans += 1;
                seen.push(name);
            }
        }
    }

    fn table(self, by: &'static str) -> Table {
        let mut lines: Vec<Line> = self.0.into_values().collect();
        lines.sort_by(Line::order);
        Table { by, lines }
    }
}

impl Totals {
    pub(super) fn of(audit: &Audit) -> Self {
        let mut totals = Self {
            findings: FindingCounts::of(&audit.report.findings),
            left_out: audit.report.left_out.findings.total(),
            ..Self::default()
        };
        let (mut rules, mut types, mut severities) = (Lines::default(), Lines::default(), Lines::default());
        for (plan, row) in audit.plans() {
            *match plan.verdict {
                Verdict::Allowed => &mut totals.allowed,
                Verdict::Blocked => &mut totals.blocked,
                Verdict::Undecided => &mut totals.undecided,
            } += 1;
            totals.findings.add(row.counts);
            totals.changes.add(plan.counts);
            rules.add_plan(row, |kind| kind.rule.as_str());
            types.add_plan(row, |kind| kind.resource_type.as_deref().unwrap_or(NO_TYPE));
            severities.add_plan(row, |kind| kind.severity.as_str());
        }
        totals.by_rule = rules.table("rule");
        totals.by_type = types.table("resource type");
        totals.by_severity = severities.table("severity");
        totals.by_group = audit.grouping.as_ref().map(|_| groups(audit));
        totals.reasons = reasons(audit);
        totals
    }

    /// How many plans there are.
    #[must_use]
    pub fn plans(&self) -> usize {
        self.allowed + self.blocked + self.undecided
    }
}

fn groups(audit: &Audit) -> Table {
    let mut lines: BTreeMap<Option<&[String]>, Line> = BTreeMap::new();
    for (plan, row) in audit.plans() {
        let line = lines.entry(row.group.as_deref()).or_default();
        line.plans += 1;
        line.blocked += usize::from(plan.verdict == Verdict::Blocked);
        line.undecided += usize::from(plan.verdict == Verdict::Undecided);
        row.kinds.iter().for_each(|(kind, n)| line.add(kind, *n));
    }
    let mut lines: Vec<Line> = lines
        .into_iter()
        .map(|(group, line)| Line {
            name: group.map_or_else(|| NO_GROUP.to_owned(), |group| group.join("/")),
            group: group.unwrap_or_default().to_vec(),
            ..line
        })
        .collect();
    lines.sort_by(Line::order);
    Table { by: "group", lines }
}

fn reasons(audit: &Audit) -> Vec<Undecided> {
    let mut reasons: BTreeMap<ProblemCode, (Undecided, BTreeSet<&str>)> = BTreeMap::new();
    for (index, plan) in audit.report.plans.iter().enumerate() {
        for problem in &plan.problems {
            let (reason, texts) = reasons.entry(problem.code).or_insert_with(|| {
                let first = problem.clone();
                (Undecided { code: problem.code, first, others: 0, plans: Vec::new() }, BTreeSet::new())
            });
            texts.insert(&problem.message);
            if reason.plans.last() != Some(&index) {
                reason.plans.push(index);
            }
        }
    }
    let mut reasons: Vec<Undecided> = reasons
        .into_values()
        .map(|(reason, texts)| Undecided { others: texts.len().saturating_sub(1), ..reason })
        .collect();
    reasons.sort_by_key(|reason| (Reverse(reason.plans.len()), reason.code));
    reasons
}

impl Audit {
    /// The plans that block, the worst first: by how much they deny, how severe it is, and how much they warn of.
    #[must_use]
    pub fn worst(&self) -> Vec<(&PlanReport, &Row)> {
        let mut worst: Vec<(&PlanReport, &Row)> =
            self.plans().filter(|(plan, _)| plan.verdict == Verdict::Blocked).collect();
        // Stable: what weighs the same stays in the order of names.
        worst.sort_by_key(|(_, row)| Reverse((row.counts.deny, row.worst_severity(), row.counts.warn)));
        worst
    }
}
