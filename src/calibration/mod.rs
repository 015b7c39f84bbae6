//! At what level every change of a set of plans is judged, and how that differs from what was recorded.
//!
//! Owns rows, their identity and the comparison; `file` is the recorded form, `show` what people read. Must not
//! judge: levels come from the findings of a report.

mod file;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::address::Address;
use crate::facts::{ChangeFacts, Facts};
use crate::finding::{Finding, Level, RuleId};
use crate::plan::Action;
use crate::report::PlanReport;

pub use file::Record;
pub use show::{differences, listing, summary};

/// The highest level of what is said about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judged {
    /// No finding.
    None,
    /// At most an info.
    Info,
    /// At most a warning.
    Warn,
    /// At least one deny.
    Deny,
    /// The plan could not be judged.
    Undecided,
}

impl Judged {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Info, Self::Warn, Self::Deny, Self::Undecided];

    /// The word in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Deny => "deny",
            Self::Undecided => "undecided",
        }
    }

    /// The level with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl From<Level> for Judged {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::None,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Deny => Self::Deny,
        }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a row is about; unique in a run. Ordered as rows are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The plan as named, with `#2` for the second document of a file and so on.
    pub plan: String,
    /// The address, with the key of a deposed object; [`WHOLE_PLAN`] for the plan itself.
    pub address: String,
    /// One word for what happens: a verb of [`Action`], `deferred-` before it where it is left for a later plan,
    /// `collateral`, `drift`, `other` or `plan`.
    pub verb: String,
}

/// Stands for the address in a row about a plan as a whole.
pub const WHOLE_PLAN: &str = "(plan)";

/// One change and how it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub key: Key,
    /// The highest level of its findings.
    pub level: Judged,
    /// The rules that found something, or the codes of the problems of an undecided plan.
    pub rules: Vec<String>,
}

/// An object that findings may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    address: Address,
    deposed: Option<String>,
    verb: String,
    /// Whether it has a row without any finding too.
    always: bool,
}

/// What of a plan has a row: every judged change and all collateral; creates, and what happened outside Terraform,
/// only where something is found.
#[must_use]
pub fn candidates(facts: &Facts) -> Vec<Candidate> {
    let of = |change: &ChangeFacts, verb: String, always| Candidate {
        address: change.address.clone(),
        deposed: change.deposed.clone(),
        verb,
        always,
    };
    let changes = facts.changes.iter().map(|change| {
        let prefix = if change.deferred.is_some() { "deferred-" } else { "" };
        of(change, format!("{prefix}{}", change.action.verb()), change.action != Action::Create)
    });
    let collateral = facts.collateral.iter().map(|change| of(change, "collateral".to_owned(), true));
    let drifted = facts.drifted.iter().map(|outside| &outside.change);
    let drift = facts.drift.iter().chain(drifted).map(|change| of(change, "drift".to_owned(), false));
    changes.chain(collateral).chain(drift).collect()
}

/// Address and deposed key.
type Object<'a> = (&'a str, Option<&'a str>);

/// The rows of one document, in the order of their keys. Waivers do not count: a row says how something is judged,
/// not whether somebody accepts it.
#[must_use]
pub fn rows(report: &PlanReport, candidates: &[Candidate]) -> Vec<Row> {
    let mut by_object: BTreeMap<Object<'_>, Vec<&Finding>> = BTreeMap::new();
    let mut rows = Rows { plan: plan_name(report), found: BTreeMap::new() };
    for finding in &report.findings {
        match &finding.subject {
            Some(subject) => {
                by_object.entry((&subject.address, subject.deposed.as_deref())).or_default().push(finding);
            }
            None => rows.add(WHOLE_PLAN, "plan", &[finding]),
        }
    }
    let mut told = BTreeSet::new();
    for candidate in candidates {
        let object = (candidate.address.as_str(), candidate.deposed.as_deref());
        let findings = by_object.get(&object).map_or(&[][..], Vec::as_slice);
        // What happened outside Terraform is told with the change that answers it, if there is one.
        if candidate.always || (!findings.is_empty() && !told.contains(&object)) {
            rows.add(&object_name(object), &candidate.verb, findings);
            told.insert(object);
        }
    }
    for (object, findings) in by_object.iter().filter(|(object, _)| !told.contains(*object)) {
        rows.add(&object_name(*object), "other", findings);
    }
    for problem in &report.problems {
        rows.put(WHOLE_PLAN, "plan", Judged::Undecided, problem.code.as_str());
    }
    rows.finish()
}

/// The path, with the number of the document where it is not the first.
fn plan_name(report: &PlanReport) -> String {
    if report.document > 0 { format!("{}#{}", report.path, report.document + 1) } else { report.path.clone() }
}

fn object_name((address, deposed): Object<'_>) -> String {
    match deposed {
        Some(key) => format!("{address} (deposed object {key})"),
        None => address.to_owned(),
    }
}

/// Rows of a plan while they are gathered. Entries that agree in everything that identifies them are one row.
struct Rows {
    plan: String,
    found: BTreeMap<Key, (Judged, BTreeSet<String>)>,
}

impl Rows {
    fn entry(&mut self, address: &str, verb: &str) -> &mut (Judged, BTreeSet<String>) {
        let key = Key { plan: self.plan.clone(), address: address.to_owned(), verb: verb.to_owned() };
        self.found.entry(key).or_insert_with(|| (Judged::None, BTreeSet::new()))
    }

    fn add(&mut self, address: &str, verb: &str, findings: &[&Finding]) {
        self.entry(address, verb);
        for finding in findings {
            self.put(address, verb, finding.level.into(), RuleId::as_str(&finding.rule));
        }
    }

    fn put(&mut self, address: &str, verb: &str, level: Judged, rule: &str) {
        let (highest, rules) = self.entry(address, verb);
        *highest = level.max(*highest);
        rules.insert(rule.to_owned());
    }

    fn finish(self) -> Vec<Row> {
        let row = |(key, (level, rules)): (Key, (Judged, BTreeSet<String>))| Row {
            key,
            level,
            rules: rules.into_iter().collect(),
        };
        self.found.into_iter().map(row).collect()
    }
}

/// A row that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub key: Key,
    /// The recorded level; `None` where there is no such row in the record.
    pub was: Option<Judged>,
    /// The level now; `None` where the row is gone.
    pub now: Option<Judged>,
    /// The rules that find something now.
    pub rules: Vec<String>,
    /// The reason in the record.
    pub reason: String,
}

/// What is not as recorded, in the order of keys.
#[must_use]
pub fn compare(rows: &[Row], record: &Record) -> Vec<Difference> {
    let now: BTreeMap<&Key, &Row> = rows.iter().map(|row| (&row.key, row)).collect();
    let keys: BTreeSet<&Key> = now.keys().copied().chain(record.rows.keys()).collect();
    let difference = |key: &Key| {
        let (row, recorded) = (now.get(key), record.rows.get(key));
        Difference {
            key: key.clone(),
            was: recorded.map(|recorded| recorded.level),
            now: row.map(|row| row.level),
            rules: row.map(|row| row.rules.clone()).unwrap_or_default(),
            reason: recorded.map(|recorded| recorded.reason.clone()).unwrap_or_default(),
        }
    };
    keys.into_iter().map(difference).filter(|difference| difference.was != difference.now).collect()
}

#[cfg(test)]
mod tests;
