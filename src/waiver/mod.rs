//! Waivers: findings people decided to accept, with a reason, an owner and an end.
//!
//! Owns matching, and the audit of waivers that are expired or match nothing. A waiver never
//! changes a level; it sets one field of a finding. Must not read files or the clock.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::address::{Address, AddressPattern};
use crate::finding::{
    AppliedWaiver, Finding, Fingerprint, Level, LevelFrom, Location, RuleId, Severity, Subject, VerbClass,
};
use crate::plan::{Action, Mode};
use crate::problem::{Place, Problem, ProblemCode};
use crate::suggest;
use crate::text;
use crate::toml_file::quoted;

pub use file::parse;

/// The rule that says a waiver has expired.
pub const EXPIRED_RULE: &str = "waiver/expired";
/// The rule that says a waiver matches nothing.
pub const UNUSED_RULE: &str = "waiver/unused";
/// Rules about waivers; no waiver can waive them.
const OWN_RULES: &str = "waiver/";

/// One `[[waiver]]`. Every criterion that is given must hold.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The rules, by exact id; empty only where there is a fingerprint.
    pub rules: Vec<WaivedRule>,
    /// The current or previous address of the change.
    pub address: Option<AddressPattern>,
    /// What the change does; any where `None`.
    pub verbs: Option<BTreeSet<String>>,
    /// The fingerprint of the finding, lower case.
    pub fingerprint: Option<String>,
    /// The exact message; alone it waives only findings that name no change.
    pub message: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it holds.
    pub expires: Option<Date>,
    /// Where it stands.
    pub place: Place,
}

/// A rule id in a waiver.
#[derive(Debug, Clone)]
pub struct WaivedRule {
    /// The id.
    pub id: RuleId,
    /// Where it was written.
    pub place: Place,
}

impl Waiver {
    /// Whether it is past its last day.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether the finding is one it means, be it expired or not.
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> bool {
        let subject = finding.subject.as_ref();
        let names_it = self.fingerprint.is_some() || self.address.is_some() || subject.is_none();
        names_it
            && !finding.rule.as_str().starts_with(OWN_RULES)
            && (self.rules.is_empty() || self.rules.iter().any(|rule| rule.id == finding.rule))
            && self.fingerprint.as_deref().is_none_or(|wanted| wanted == finding.fingerprint.as_str())
            && self.message.as_deref().is_none_or(|wanted| wanted == finding.message)
            && self.address.as_ref().is_none_or(|pattern| subject.is_some_and(|s| is_at(pattern, s)))
            && self.verbs.as_ref().is_none_or(|verbs| subject.is_some_and(|s| verbs.contains(verb(s))))
    }

    fn location(&self) -> Location {
        Location { file: self.place.file.name().to_owned(), position: self.place.position() }
    }

    fn applied(&self) -> AppliedWaiver {
        AppliedWaiver {
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires.map(|date| date.to_string()),
            location: self.location(),
        }
    }

    /// What it is for, in words.
    fn describe(&self) -> String {
        let rules: Vec<String> = self.rules.iter().map(|rule| format!("`{}`", rule.id)).collect();
        let of_rules = (!rules.is_empty()).then(|| format!("of {}", rules.join(", ")));
        let at = self.address.as_ref().map(|address| format!("at `{}`", address.as_str()));
        let short = |fingerprint: &String| format!("with fingerprint {}", text::truncate(fingerprint, 12));
        let with_message = self.message.as_ref().map(|message| format!("with message {}", quoted(message)));
        let parts = [of_rules, at, self.fingerprint.as_ref().map(short), with_message];
        std::iter::once("the waiver".to_owned()).chain(parts.into_iter().flatten()).collect::<Vec<_>>().join(" ")
    }
}

fn is_at(pattern: &AddressPattern, subject: &Subject) -> bool {
    let at = |address: &str| pattern.matches(&Address::new(address));
    at(&subject.address) || subject.previous_address.as_deref().is_some_and(at)
}

/// The verb of a change, read by the one reader of actions.
/// The word by which `actions` of a waiver means what a change does.
#[must_use]
pub fn verb(subject: &Subject) -> &'static str {
    // The mode matters only to `open`, `renew` and `close`, which destroy nothing in an ephemeral resource.
    let mode = if subject.verb_class == VerbClass::Destroy { Mode::Managed } else { Mode::Ephemeral };
    Action::read(&subject.actions, &mode).verb()
}

/// Which waivers did something, by their index; over one plan or several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Waivers in force that match a finding.
    pub used: BTreeSet<usize>,
    /// Expired waivers that would have matched one.
    pub expired: BTreeSet<usize>,
}

impl Usage {
    /// Adds the usage over another plan; the order does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.used.extend(&other.used);
        self.expired.extend(&other.expired);
    }
}

/// The waivers of an invocation.
#[derive(Debug, Clone, Default)]
pub struct WaiverSet {
    waivers: Vec<Waiver>,
}

impl WaiverSet {
    /// A set of these, in the order of the file.
    #[must_use]
    pub fn new(waivers: Vec<Waiver>) -> Self {
        Self { waivers }
    }

    /// The waivers, in the order of the file.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// Sets `waiver` of each finding that a waiver in force matches: the first in the file. Every
    /// matching waiver counts as used. Depends on nothing but its arguments, so plans can be
    /// judged in any order and their usage merged.
    #[must_use = "unused waivers are judged over all plans"]
    pub fn apply(&self, findings: &mut [Finding], today: Date) -> Usage {
        let mut usage = Usage::default();
        for finding in findings {
            for (index, waiver) in self.waivers.iter().enumerate() {
                if !waiver.matches(finding) {
                    continue;
                }
                if waiver.is_expired(today) {
                    usage.expired.insert(index);
                } else {
                    usage.used.insert(index);
                    finding.waiver.get_or_insert_with(|| waiver.applied());
                }
            }
        }
        usage
    }

    /// What is wrong with the waivers, given their usage over the whole invocation: an expired one is a
    /// warning whether or not it matches, one in force that matches nothing is for information.
    /// Levels are the declared ones; configuration comes after.
    #[must_use]
    pub fn audit(&self, usage: &Usage, today: Date) -> Vec<Finding> {
        let judge = |(index, waiver): (usize, &Waiver)| {
            if waiver.is_expired(today) {
                Some(expired(waiver, usage.expired.contains(&index)))
            } else if usage.used.contains(&index) {
                None
            } else {
                Some(finding(UNUSED_RULE, Level::Info, Severity::Info, waiver, unused_message(waiver)))
            }
        };
        self.waivers.iter().enumerate().filter_map(judge).collect()
    }

    /// One problem for each rule id that is not among the rules there are: a misspelt waiver would
    /// else only show as unused.
    #[must_use]
    pub fn check_rules(&self, ids: &[RuleId]) -> Vec<Problem> {
        let named = self.waivers.iter().flat_map(|waiver| &waiver.rules);
        named.filter(|rule| !ids.contains(&rule.id)).map(|rule| unknown_rule(rule, ids)).collect()
    }
}

fn unused_message(waiver: &Waiver) -> String {
    format!("{} matches no finding", waiver.describe())
}

fn expired(waiver: &Waiver, would_match: bool) -> Finding {
    let last = waiver.expires.map(|date| date.to_string()).unwrap_or_default();
    let message = format!("{} expired after {last} and waives nothing any more", waiver.describe());
    let mut finding = finding(EXPIRED_RULE, Level::Warn, Severity::Low, waiver, message);
    // Not in the message: the fingerprint must not depend on what a plan happens to hold.
    finding.details.insert("would_match".to_owned(), would_match.into());
    finding
}

fn finding(rule: &str, level: Level, severity: Severity, waiver: &Waiver, message: String) -> Finding {
    let rule = RuleId::new(rule);
    let owner = (String::from("owner"), waiver.owner.clone().into());
    Finding {
        fingerprint: Fingerprint::of_message(&rule, &message),
        rule,
        level,
        declared_level: level,
        level_from: LevelFrom::Rule,
        severity,
        subject: None,
        message,
        location: Some(waiver.location()),
        source: None,
        root_cause: None,
        details: BTreeMap::from([owner]),
        metadata: BTreeMap::new(),
        waiver: None,
        exception: None,
    }
}

fn unknown_rule(rule: &WaivedRule, ids: &[RuleId]) -> Problem {
    let help = match suggest::nearest(rule.id.as_str(), ids.iter().map(RuleId::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`plangate rules` lists the rules in force".to_owned(),
    };
    Problem::new(
        ProblemCode::Waiver,
        format!("a waiver names the rule `{}`, which does not exist", text::truncate(rule.id.as_str(), 80)),
    )
    .at(&rule.place.file, rule.place.span, "no such rule")
    .help(help)
}

#[cfg(test)]
mod tests;
