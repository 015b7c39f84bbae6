//! Findings that are shown together: what says the same, and what another causes.
//!
//! Folds for people and changes nothing: levels and waivers stay each finding's own.

use std::collections::BTreeMap;

use super::{PlanReport, destroys};
use crate::finding::{Finding, Fingerprint};

/// Findings that are shown together: same rule and level, and either set aside (waived, excepted) or not.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Findings that say the same of several changes are one entry.
    pub entries: Vec<Entry<'a>>,
    /// Whether they are waived or excepted.
    pub set_aside: bool,
    /// Whether the rule ships with the product.
    pub shipped: bool,
}

/// A finding, and others that say the same of other changes.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The first in the order of findings.
    pub finding: &'a Finding,
    /// What it says, without the address and the deposed key it starts with.
    pub text: &'a str,
    /// The others.
    pub also: Vec<&'a Finding>,
    /// What they cause, by rule and level: told here and nowhere else.
    pub victims: Vec<Vec<&'a Finding>>,
}

impl<'a> Entry<'a> {
    fn new(finding: &'a Finding) -> Self {
        let subject = finding.subject.as_ref();
        let address = subject.map_or("", |subject| subject.address.as_str());
        let text = finding.message.strip_prefix(address).map_or(finding.message.as_str(), str::trim_start);
        let deposed = subject.and_then(|subject| subject.deposed.as_ref());
        let text =
            deposed.and_then(|key| text.strip_prefix(&format!("(deposed object {key})"))).map_or(text, str::trim_start);
        Self { finding, text, also: Vec::new(), victims: Vec::new() }
    }

    /// Takes in a victim of one of its findings; `false` if none caused it.
    fn take_in(&mut self, victim: &'a Finding) -> bool {
        let causes = |finding: &Finding| victim.root_cause.as_ref() == Some(&finding.fingerprint);
        if !causes(self.finding) && !self.also.iter().any(|finding| causes(finding)) {
            return false;
        }
        let alike = |group: &&mut Vec<&Finding>| {
            group.first().is_some_and(|first| first.rule == victim.rule && first.level == victim.level)
        };
        match self.victims.iter_mut().find(alike) {
            Some(group) => group.push(victim),
            None => self.victims.push(vec![victim]),
        }
        true
    }

    /// Whether another says the same of a change that differs in nothing but its address.
    fn says_what(&self, other: &Self) -> bool {
        let actions = |entry: &Self| {
            entry
                .finding
                .subject
                .as_ref()
                .map(|subject| (subject.actions.clone(), subject.deposed.clone(), subject.previous_address.clone()))
        };
        self.text == other.text
            && self.finding.severity == other.finding.severity
            && self.finding.subject.is_some()
            && actions(self) == actions(other)
            && self.finding.waiver == other.finding.waiver
            && self.finding.exception == other.finding.exception
    }
}

impl<'a> Group<'a> {
    fn new(finding: &'a Finding, set_aside: bool, shipped: bool) -> Self {
        Self { entries: vec![Entry::new(finding)], set_aside, shipped }
    }

    /// The finding that stands for rule, level and severity of all.
    #[must_use]
    pub fn first(&self) -> Option<&'a Finding> {
        self.entries.first().map(|entry| entry.finding)
    }

    /// All findings, in the order of entries.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.entries.iter().flat_map(|entry| std::iter::once(entry.finding).chain(entry.also.iter().copied()))
    }

    fn push(&mut self, finding: &'a Finding) {
        let entry = Entry::new(finding);
        match self.entries.iter_mut().find(|other| other.says_what(&entry)) {
            Some(other) => other.also.push(finding),
            None => self.entries.push(entry),
        }
    }

    fn takes(&self, finding: &Finding, set_aside: bool) -> bool {
        let alike = |first: &Finding| {
            first.rule == finding.rule
                && first.level == finding.level
                && first.waiver.is_some() == finding.waiver.is_some()
        };
        self.set_aside == set_aside && self.entries.first().is_some_and(|first| alike(first.finding))
    }
}

impl PlanReport {
    /// The findings in groups of rule and level, in the order of findings; waived ones last. A finding that another
    /// one causes is told with that one, unless that is waived or weighs less, or everything is destroyed.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let roots: BTreeMap<&Fingerprint, &Finding> =
            self.findings.iter().map(|finding| (&finding.fingerprint, finding)).collect();
        let is_victim = |finding: &&Finding| {
            let root = finding.root_cause.as_ref().and_then(|root| roots.get(root));
            !finding.is_set_aside()
                && !self.counts.all_deleted
                && root.is_some_and(|root| {
                    !root.is_set_aside() && root.level >= finding.level && root.root_cause.is_none()
                })
        };
        let (victims, told): (Vec<&Finding>, Vec<&Finding>) = self.findings.iter().partition(is_victim);
        for set_aside in [false, true] {
            for finding in told.iter().copied().filter(|finding| finding.is_set_aside() == set_aside) {
                match groups.iter_mut().find(|group| group.takes(finding, set_aside)) {
                    Some(group) => group.push(finding),
                    None => groups.push(Group::new(finding, set_aside, self.is_shipped(finding))),
                }
            }
        }
        // Among what weighs the same comes first what destroys, or is about the plan as a whole.
        groups.sort_by_key(|group| {
            let first = group.first();
            (
                group.set_aside,
                std::cmp::Reverse(first.map(|first| first.level)),
                !first.is_some_and(|first| first.subject.is_none() || destroys(first)),
            )
        });
        for victim in victims {
            groups.iter_mut().flat_map(|group| &mut group.entries).any(|entry| entry.take_in(victim));
        }
        groups
    }
}
