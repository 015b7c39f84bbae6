//! Ids of what can be linked to, each once in a report.
//!
//! A finding's id begins with its short fingerprint, so that a link to it holds in the next report as well.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Report, ShortIds};
use crate::finding::Finding;

/// The ids given so far, and who is where.
pub(super) struct Ids {
    short: ShortIds,
    given: BTreeSet<String>,
    /// Plan, address and deposed key → id of the first finding about it.
    about: BTreeMap<(usize, String, Option<String>), String>,
    /// The finding itself, by where it lies → its id.
    of: BTreeMap<*const Finding, String>,
}

impl Ids {
    pub(super) fn new(report: &Report) -> Self {
        Self { short: ShortIds::of(report), given: BTreeSet::new(), about: BTreeMap::new(), of: BTreeMap::new() }
    }

    /// Gives a finding its id; `plan` is the number of its plan.
    pub(super) fn give(&mut self, plan: usize, finding: &Finding) {
        let base = format!("f-{}", self.short.of_finding(finding));
        let mut id = base.clone();
        let mut number = 2;
        while !self.given.insert(id.clone()) {
            id = format!("{base}-{number}");
            number += 1;
        }
        if let Some(subject) = &finding.subject {
            let key = (plan, subject.address.clone(), subject.deposed.clone());
            self.about.entry(key).or_insert_with(|| id.clone());
        }
        self.of.insert(std::ptr::from_ref(finding), id);
    }

    /// The id of a finding; `None` of one that is not shown.
    pub(super) fn of(&self, finding: &Finding) -> Option<&str> {
        self.of.get(&std::ptr::from_ref(finding)).map(String::as_str)
    }

    /// The id of the first finding about an object.
    pub(super) fn about(&self, plan: usize, address: &str, deposed: Option<&str>) -> Option<&str> {
        self.about.get(&(plan, address.to_owned(), deposed.map(str::to_owned))).map(String::as_str)
    }

    /// As few digits of a fingerprint as tell it from all others.
    pub(super) fn short<'f>(&self, finding: &'f Finding) -> &'f str {
        self.short.of_finding(finding)
    }
}
