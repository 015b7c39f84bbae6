//! The last line of defence: no destruction leaves here unjudged.
//!
//! Rules are text, and a phrase that is undefined for some combination of facts makes a rule stay silent.
//! So every object that is destroyed, or lost with what it lies in, is checked against the findings of the rule that owns it. Must not make findings.

use std::collections::BTreeSet;

use super::Settings;
use crate::facts::{ChangeFacts, Facts, TypeStatus};
use crate::finding::{Finding, Level, RuleId};
use crate::problem::{Problem, ProblemCode};

/// One problem for each destroyed or lost object that the built-in rule for its kind did not report; none where
/// configuration switched that rule off.
pub(super) fn unjudged(facts: &Facts, findings: &[Finding], settings: &Settings) -> Vec<Problem> {
    let judged: BTreeSet<(&str, &str, Option<&str>)> = findings
        .iter()
        .filter_map(|finding| {
            let subject = finding.subject.as_ref()?;
            Some((finding.rule.as_str(), subject.address.as_str(), subject.deposed.as_deref()))
        })
        .collect();
    facts
        .changes
        .iter()
        .chain(&facts.collateral)
        .filter_map(|change| Some((change, owner(change)?)))
        .filter(|(change, rule)| {
            settings.levels.get(&RuleId::new(*rule)) != Some(&Level::Off)
                && !judged.contains(&(*rule, change.address.as_str(), change.deposed.as_deref()))
        })
        .map(|(change, rule)| {
            let message = format!("no rule judged the destruction of {}, though `{rule}` should have", change.address);
            Problem::new(ProblemCode::RuleUndetermined, message)
                .help("this is a fault of plangate: please report it with the type and the actions of the change")
        })
        .collect()
}

/// The built-in rule that must report the destruction, or the loss with a container, of this object.
pub(super) fn owner(change: &ChangeFacts) -> Option<&'static str> {
    let data_store = change.catalog.stakes.as_ref().is_some_and(|stakes| stakes.class.is_data_store());
    if change.action.destroys() {
        return Some(match change.catalog.status {
            TypeStatus::Catalogued if data_store => "stateful/destroy-data-store",
            TypeStatus::Catalogued => "stateful/destroy-catalogued",
            TypeStatus::Known | TypeStatus::Unseen => "stateful/uncatalogued-destroy",
        });
    }
    let lost = !change.links.collateral_of.is_empty();
    (lost && (data_store || change.catalog.fallback_glob.is_some())).then_some("stateful/collateral-loss")
}
