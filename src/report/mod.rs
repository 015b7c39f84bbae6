//! The report as plain data, and its renderers.
//!
//! Order, grouping, folding and counts are decided here, once; a renderer contains no rule id, no
//! action verb and no threshold beyond its sink's size limit. Must not judge.

pub mod audit;
pub mod azure;
pub mod catalog;
pub mod conftest;
pub mod csv;
pub mod explain;
pub mod format;
pub mod github;
pub mod gitlab;
mod groups;
pub mod html;
pub mod human;
pub mod items;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod lint;
pub mod listing;
pub mod markdown;
pub mod prints;
pub mod private;
pub mod rule_page;
pub mod sarif;
mod saved;
pub mod scene;
pub mod tap;
pub mod testing;
pub mod trace;
mod wrap;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use groups::{Entry, Group};

use crate::eval::candidates::RuleTrace;
use crate::eval::{Outcome, RuleRecord};
use crate::finding::{Finding, Level, LevelFrom, Severity, VerbClass};
use crate::plan::names::Names;
use crate::plan::{Action, Plan, SavedPlan};
use crate::policy::contract::DeclaredLevel;
use crate::policy::{Origin, Rule};
use crate::problem::Problem;
use crate::text::count;
use crate::verdict::Verdict;

/// The result of a run over one or more plans.
#[derive(Debug, Clone)]
pub struct Report {
    /// The worst verdict of all plans and of the run itself.
    pub verdict: Verdict,
    /// Problems of the run: configuration, waivers, policies, nothing selected.
    pub problems: Vec<Problem>,
    /// Findings about the run: waivers, configuration.
    pub findings: Vec<Finding>,
    /// One entry for each document, in the order given.
    pub plans: Vec<PlanReport>,
    /// What is counted of the plans and not listed: nothing but in audits.
    pub left_out: LeftOut,
    /// Remarks on how the run was set up, for people (`policies = []`, rules switched off…).
    pub notes: Vec<String>,
    /// The lowest level that blocks.
    pub fail_on: Level,
    /// What the rules in force say of themselves, sorted by id; none where the run could not start.
    pub rules: Vec<RuleInfo>,
}

/// What is counted and not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Findings, by kind.
    pub findings: FindingCounts,
    /// Reasons for *undecided*.
    pub problems: usize,
}

impl LeftOut {
    /// Adds that of another plan.
    fn add(&mut self, other: Self) {
        self.findings.add(other.findings);
        self.problems += other.problems;
    }

    /// What of it counts: problems, and findings that are neither waived nor excepted.
    #[must_use]
    pub const fn counting(self) -> usize {
        self.problems + self.findings.deny + self.findings.warn + self.findings.info
    }
}

/// What a rule says of itself, for consumers that list rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Rule id.
    pub id: String,
    /// What it looks for, in a line.
    pub title: Option<String>,
    /// The same at length.
    pub description: Option<String>,
    /// What to do about a finding.
    pub help: Option<String>,
    /// The level it declares; `None` where each finding has its own.
    pub level: Option<Level>,
    /// Sorts and labels.
    pub severity: Severity,
}

impl RuleInfo {
    /// What a rule says.
    #[must_use]
    pub fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.as_str().to_owned(),
            title: rule.meta.title.clone(),
            description: rule.meta.description.clone(),
            help: rule.meta.help.clone(),
            level: match rule.declared {
                DeclaredLevel::Fixed(level) => Some(level),
                DeclaredLevel::PerFinding => None,
            },
            severity: rule.severity,
        }
    }
}

/// The result for one document.
#[derive(Debug, Clone)]
pub struct PlanReport {
    /// The file as the user named it, `-` for standard input.
    pub path: String,
    /// Which document of the file, from 0.
    pub document: usize,
    /// SHA-256 of the file's bytes as read, lower-case hex; `None` where it could not be read.
    pub sha256: Option<String>,
    /// The answer.
    pub verdict: Verdict,
    /// Why it is undecided, if it is.
    pub problems: Vec<Problem>,
    /// What the rules found, in [`Finding::order`].
    pub findings: Vec<Finding>,
    /// One record for each rule, sorted by id.
    pub rules: Vec<RuleRecord>,
    /// What the plan does.
    pub counts: ChangeCounts,
    /// Remarks of the loader (a byte-order mark, lines skipped).
    pub notes: Vec<String>,
    /// How far the candidates of some rules came, where that was asked for; no part of the report itself.
    pub traces: Vec<RuleTrace>,
    /// What only a saved plan says; `None` of a plan that was JSON.
    pub saved: Option<Arc<SavedPlan>>,
    /// The names in the plan, where they are to be hidden; see [`private`].
    pub names: Names,
    /// What is shown around the findings, where the HTML report is wanted; no part of the report itself.
    pub scene: Option<scene::Scene>,
}

/// Whether a finding is about a change that destroys.
fn destroys(finding: &Finding) -> bool {
    finding.subject.as_ref().is_some_and(|subject| subject.verb_class == VerbClass::Destroy)
}

/// How many changes of each kind a plan has; data and ephemeral resources count as reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeCounts {
    /// Entries of `resource_changes` and `deferred_changes`.
    pub total: usize,
    /// Created.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Destroyed and made anew.
    pub replace: usize,
    /// Destroyed.
    pub delete: usize,
    /// Left behind unmanaged.
    pub forget: usize,
    /// An unknown action.
    pub unknown: usize,
    /// Nothing happens.
    pub quiet: usize,
    /// Every managed change is a delete, there are at least two, and the plan leaves nothing out.
    pub all_deleted: bool,
}

impl ChangeCounts {
    /// Counts a plan's changes; `partial` says that the plan leaves something out.
    #[must_use]
    pub fn of(plan: &Plan, partial: bool) -> Self {
        let mut counts = Self::default();
        let changes =
            plan.changes.iter().flatten().chain(plan.deferred.iter().map(|deferred| &deferred.resource_change));
        let mut managed = 0;
        for change in changes {
            counts.total += 1;
            managed += usize::from(change.is_managed());
            *match change.change.action {
                Action::Create => &mut counts.create,
                Action::Update => &mut counts.update,
                Action::DeleteThenCreate | Action::CreateThenDelete => &mut counts.replace,
                Action::Delete => &mut counts.delete,
                Action::Forget | Action::CreateThenForget | Action::ForgetThenCreate => &mut counts.forget,
                Action::Unknown => &mut counts.unknown,
                Action::NoOp | Action::Read | Action::Ephemeral => &mut counts.quiet,
            } += 1;
        }
        counts.all_deleted = !partial && managed > 1 && counts.delete == managed;
        counts
    }
}

/// A time as reports state it, to the microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// How many findings there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FindingCounts {
    /// Neither waived nor excepted, level `deny`.
    pub deny: usize,
    /// Neither waived nor excepted, level `warn`.
    pub warn: usize,
    /// Neither waived nor excepted, level `info`.
    pub info: usize,
    /// Waived, any level.
    pub waived: usize,
    /// Excepted by their policy and not waived, any level.
    pub excepted: usize,
    /// Lowered by configuration below what the rule declares.
    pub lowered: usize,
}

impl ChangeCounts {
    /// Adds those of another plan; then nothing is said of one that destroys everything.
    fn add(&mut self, other: Self) {
        self.total += other.total;
        self.create += other.create;
        self.update += other.update;
        self.replace += other.replace;
        self.delete += other.delete;
        self.forget += other.forget;
        self.unknown += other.unknown;
        self.quiet += other.quiet;
        self.all_deleted = false;
    }

    /// What is done and how often, as tables show it.
    #[must_use]
    pub const fn columns(self) -> [(&'static str, usize); 5] {
        [
            ("create", self.create),
            ("update", self.update),
            ("replace", self.replace),
            ("destroy", self.delete),
            ("forget", self.forget),
        ]
    }
}

impl FindingCounts {
    /// Adds those of another plan.
    fn add(&mut self, other: Self) {
        self.deny += other.deny;
        self.warn += other.warn;
        self.info += other.info;
        self.waived += other.waived;
        self.excepted += other.excepted;
        self.lowered += other.lowered;
    }

    /// How many there are of all kinds.
    #[must_use]
    pub const fn total(self) -> usize {
        self.deny + self.warn + self.info + self.waived + self.excepted
    }

    /// Counts findings.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            counts.lowered +=
                usize::from(finding.level_from == LevelFrom::Config && finding.level < finding.declared_level);
            *match finding.level {
                _ if finding.waiver.is_some() => &mut counts.waived,
                _ if finding.exception.is_some() => &mut counts.excepted,
                Level::Deny => &mut counts.deny,
                Level::Warn => &mut counts.warn,
                Level::Info | Level::Off => &mut counts.info,
            } += 1;
        }
        counts
    }
}

impl Report {
    /// Puts the parts together and decides the verdict of the run.
    #[must_use]
    pub fn build(parts: Self) -> Self {
        let own = Verdict::of(parts.problems.len(), &parts.findings, parts.fail_on);
        let verdict = parts.plans.iter().map(|plan| plan.verdict).max().map_or(own, |worst| worst.max(own));
        Self { verdict, ..parts }
    }

    /// The report of a run that could not start: undecided, for these reasons.
    #[must_use]
    pub fn undecided(problems: Vec<Problem>) -> Self {
        Self {
            verdict: Verdict::Undecided,
            problems,
            findings: Vec::new(),
            plans: Vec::new(),
            left_out: LeftOut::default(),
            notes: Vec::new(),
            fail_on: Level::Deny,
            rules: Vec::new(),
        }
    }

    /// How many findings there are, those that are not listed too.
    #[must_use]
    pub fn finding_counts(&self) -> FindingCounts {
        let mut counts = FindingCounts::of(self.all_findings());
        counts.add(self.left_out.findings);
        counts
    }

    /// Every finding that is listed, of the run and of its plans.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.plans.iter().flat_map(|plan| &plan.findings))
    }
}

/// The first digits of each fingerprint of a run, as many as tell it from all others.
#[derive(Debug, Clone)]
pub struct ShortIds(BTreeMap<String, usize>);

/// Fewest digits of a short id.
const SHORT_DIGITS: usize = 8;

impl ShortIds {
    /// The ids of all findings of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let sorted: BTreeSet<&str> = report.all_findings().map(|finding| finding.fingerprint.as_str()).collect();
        let mut digits: BTreeMap<String, usize> = BTreeMap::new();
        let mut before: Option<&str> = None;
        for fingerprint in sorted {
            let shared =
                before.map_or(0, |before| before.bytes().zip(fingerprint.bytes()).take_while(|(a, b)| a == b).count());
            let needed = (shared + 1).max(SHORT_DIGITS);
            if let Some(before) = before.and_then(|before| digits.get_mut(before)) {
                *before = needed.max(*before);
            }
            digits.insert(fingerprint.to_owned(), needed);
            before = Some(fingerprint);
        }
        Self(digits)
    }

    /// The id of a finding.
    #[must_use]
    pub fn of_finding<'a>(&self, finding: &'a Finding) -> &'a str {
        let text = finding.fingerprint.as_str();
        let digits = self.0.get(text).copied().unwrap_or(SHORT_DIGITS);
        text.get(..digits).unwrap_or(text)
    }
}

impl PlanReport {
    /// Whether its changes were counted; not of a plan that could not be read.
    fn is_counted(&self) -> bool {
        !self.rules.is_empty() || self.counts.total > 0 || self.verdict != Verdict::Undecided
    }

    pub(super) fn is_shipped(&self, finding: &Finding) -> bool {
        self.rules.iter().any(|rule| rule.id == finding.rule && rule.origin.is_shipped())
    }

    /// Whether the plan destroys everything and something in it still says no: then there is one way forward for all.
    #[must_use]
    pub fn destroys_everything(&self) -> bool {
        self.counts.all_deleted
            && self.findings.iter().any(|finding| finding.level == Level::Deny && !finding.is_set_aside())
    }

    /// The one way forward for such a plan.
    fn destroys_everything_note(&self) -> String {
        format!(
            "This plan destroys everything it manages ({}). If that is not meant, look for a wrong working directory, an \
             empty configuration or `-destroy`. If it is, waive what is named here.",
            count(self.counts.delete, "resource")
        )
    }

    /// Rules that ran, by whether they ship with the product.
    #[must_use]
    pub fn rules_run(&self) -> (usize, usize) {
        let ran = || self.rules.iter().filter(|rule| !matches!(rule.outcome, Outcome::Off | Outcome::NotRun));
        let own = ran().filter(|rule| rule.origin == Origin::Repository).count();
        (ran().count() - own, own)
    }

    /// Shipped rules that configuration switched off.
    pub fn silenced(&self) -> impl Iterator<Item = &RuleRecord> {
        self.rules.iter().filter(|rule| rule.outcome == Outcome::Off && rule.origin.is_shipped())
    }

    /// Builtin errors met by rules whose other results stand.
    #[must_use]
    pub fn builtin_errors(&self) -> usize {
        self.rules.iter().map(|rule| rule.builtin_errors.len()).sum()
    }
}
