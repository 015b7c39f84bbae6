//! The last line of defence: no destruction leaves here unjudged.
//!
//! Rules are text, and a phrase that is undefined for some combination of facts makes a rule stay silent.
//! So every destroyed object is checked against the findings of the rule that owns it. Must not make findings.

use std::collections::BTreeSet;

use super::Settings;
use crate::catalog::Class;
use crate::facts::{ChangeFacts, Facts, TypeStatus};
use crate::finding::{Finding, Level, RuleId};
use crate::problem::{Problem, ProblemCode};

/// One problem for each destroyed object that the built-in rule for its kind did not report; none where
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
        .filter(|change| change.action.destroys())
        .filter(|change| {
            let rule = owner(change);
            settings.levels.get(&RuleId::new(rule)) != Some(&Level::Off)
                && !judged.contains(&(rule, change.address.as_str(), change.deposed.as_deref()))
        })
        .map(|change| {
            let message =
                format!("no rule judged the destruction of {}, though `{}` should have", change.address, owner(change));
            Problem::new(ProblemCode::RuleUndetermined, message)
                .help("this is a fault of plangate: please report it with the type and the actions of the change")
        })
        .collect()
}

/// The built-in rule that must report the destruction of this object.
fn owner(change: &ChangeFacts) -> &'static str {
    let class = change.catalog.stakes.as_ref().map(|stakes| stakes.class);
    match change.catalog.status {
        TypeStatus::Catalogued if class.is_some_and(Class::is_data_store) => "stateful/destroy-data-store",
        TypeStatus::Catalogued if class == Some(Class::ProtectionConfig) => "protection/guard-removed",
        TypeStatus::Catalogued => "stateful/destroy-catalogued",
        TypeStatus::Known | TypeStatus::Unseen => "stateful/uncatalogued-destroy",
    }
}
