//! The last line of defence: nothing that is destroyed or forgotten leaves here unjudged.
//!
//! Rules are text, and a phrase that is undefined for some combination of facts makes a rule stay silent.
//! So every object that is destroyed, let go, or lost with what it lies in is checked against the findings of the rule
//! that owns it. Must not make findings.

use std::collections::BTreeSet;

use super::{Outcome, RuleRecord, Settings};
use crate::catalog::Class;
use crate::facts::{ChangeFacts, Facts, TypeStatus};
use crate::finding::{Finding, Level, RuleId};
use crate::problem::{Problem, ProblemCode};
use crate::text::one_line;

/// One problem for each object that the built-in rule for its fate did not report; none where configuration switched
/// that rule off, and none where it failed as a whole, which is a problem of its own.
pub(super) fn unjudged(facts: &Facts, findings: &[Finding], rules: &[RuleRecord], settings: &Settings) -> Vec<Problem> {
    let failed: BTreeSet<&str> =
        rules.iter().filter(|record| record.outcome == Outcome::Failed).map(|record| record.id.as_str()).collect();
    let judged: BTreeSet<(&str, &str, Option<&str>)> = findings
        .iter()
        .filter_map(|finding| {
            let subject = finding.subject.as_ref()?;
            Some((finding.rule.as_str(), subject.address.as_str(), subject.deposed.as_deref()))
        })
        .collect();
    let gone = facts.drift.iter().filter(|change| facts.plan.refresh_only && is_store(change));
    let let_go = facts.changes.iter().filter(|change| change.action.forgets());
    let lost = facts.changes.iter().chain(&facts.collateral).filter_map(|change| Some((change, owner(change)?)));
    lost.chain(let_go.chain(gone).map(|change| (change, FORGET)))
        .filter(|(change, rule)| {
            settings.levels.get(&RuleId::new(*rule)) != Some(&Level::Off)
                && !failed.contains(rule)
                && !judged.contains(&(*rule, change.address.as_str(), change.deposed.as_deref()))
        })
        .map(|(change, rule)| {
            let fate = if matches!(rule, FORGET | COLLATERAL) { "loss" } else { "destruction" };
            let address = one_line(change.address.as_str());
            let message = format!("no rule judged the {fate} of {address}, though `{rule}` should have");
            Problem::new(ProblemCode::RuleUndetermined, message)
                .help("this is a fault of plangate: please report it with the type and the actions of the change")
        })
        .collect()
}

/// Owns what leaves the state.
const FORGET: &str = "stateful/forget-data-store";

/// Owns what goes down with what it lies in.
const COLLATERAL: &str = "stateful/collateral-loss";

/// The built-in rule that must report the destruction, or the loss with a container, of this object.
pub(super) fn owner(change: &ChangeFacts) -> Option<&'static str> {
    if change.action.destroys() {
        return Some(match change.catalog.status {
            TypeStatus::Catalogued if is_store(change) && change.deposed.is_some() => "stateful/deposed",
            TypeStatus::Catalogued if is_key(change) => "protection/key-destroyed",
            TypeStatus::Catalogued if is_store(change) => "stateful/destroy-data-store",
            TypeStatus::Catalogued if is_of(change, Class::ProtectionConfig) => "protection/guard-removed",
            TypeStatus::Catalogued if is_of(change, Class::ServiceDiscovery) => "discovery/destroyed",
            TypeStatus::Catalogued => "stateful/destroy-catalogued",
            TypeStatus::Known | TypeStatus::Unseen => "stateful/uncatalogued-destroy",
        });
    }
    (!change.links.collateral_of.is_empty() && is_store(change)).then_some(COLLATERAL)
}

/// Whether what others hold is unreadable without it.
fn is_key(change: &ChangeFacts) -> bool {
    change.catalog.stakes.as_ref().is_some_and(|stakes| stakes.encryption_key)
}

fn is_of(change: &ChangeFacts, class: Class) -> bool {
    change.catalog.stakes.as_ref().is_some_and(|stakes| stakes.class == class)
}

/// Whether it holds data, or is of a type nobody has looked at that is named like what does.
fn is_store(change: &ChangeFacts) -> bool {
    let stakes = change.catalog.stakes.as_ref();
    stakes.is_some_and(|stakes| stakes.class.is_data_store()) || change.catalog.fallback_glob.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::facts::{derive, testing::plan};

    #[test]
    fn silence_about_what_is_destroyed_or_let_go_is_a_problem() {
        let unjudged = |text: &str| {
            let facts = derive(&plan(text), Catalog::builtin()).unwrap();
            super::unjudged(&facts, &[], &[], &Settings::default()).into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        let entry = |kind: &str, actions: &str| {
            format!(r#"{{"address": "{kind}.x", "type": "{kind}", "change": {{"actions": {actions}}}}}"#)
        };
        for (kind, actions, rule) in [
            ("aws_db_instance", r#"["delete"]"#, "stateful/destroy-data-store"),
            ("aws_db_instance", r#"["forget"]"#, "stateful/forget-data-store"),
            ("acme_database", r#"["create", "forget"]"#, "stateful/forget-data-store"),
            ("acme_widget", r#"["forget"]"#, "stateful/forget-data-store"),
            ("aws_vpc", r#"["forget"]"#, "stateful/forget-data-store"),
            ("acme_database", "[]", "stateful/uncatalogued-destroy"),
        ] {
            let messages = unjudged(&format!(r#"{{"resource_changes": [{}]}}"#, entry(kind, actions)));
            assert!(matches!(messages.as_slice(), [one] if one.contains(rule)), "{kind} {actions}: {messages:?}");
        }
        let gone = entry("aws_db_instance", r#"["delete"]"#);
        assert_eq!(unjudged(&format!(r#"{{"resource_drift": [{gone}]}}"#)).len(), 1, "a refresh-only plan");
        assert!(unjudged(&format!(r#"{{"resource_changes": [], "resource_drift": [{gone}]}}"#)).is_empty());

        let failed = RuleRecord {
            id: RuleId::new("stateful/destroy-data-store"),
            origin: crate::policy::Origin::BuiltIn,
            outcome: Outcome::Failed,
            considered: None,
            fired: 0,
            builtin_errors: Vec::new(),
            prints: Vec::new(),
            exception: None,
            path: None,
            package: None,
            definitions: 1,
            location: None,
            took: None,
            needs: None,
        };
        let facts = derive(&plan(&format!(r#"{{"resource_changes": [{gone}]}}"#)), Catalog::builtin()).unwrap();
        let silent = super::unjudged(&facts, &[], &[failed], &Settings::default());
        assert!(silent.is_empty(), "a rule that failed is one problem, whatever it was about: {silent:?}");

        let of_group = |kind: &str, actions: &str, key: &str| {
            let change = format!(r#"{{"actions": {actions}, "before": {{"{key}": "g"}}, "after": null}}"#);
            format!(r#"{{"address": "{kind}.x", "type": "{kind}", "change": {change}}}"#)
        };
        let group = of_group("azurerm_resource_group", r#"["delete"]"#, "name");
        for (actions, rules) in [
            (r#"["no-op"]"#, &["stateful/collateral-loss"][..]),
            (r#"["forget"]"#, &["stateful/collateral-loss", "stateful/forget-data-store"]),
        ] {
            let account = of_group("azurerm_storage_account", actions, "resource_group_name");
            let messages = unjudged(&format!(r#"{{"resource_changes": [{group}, {account}]}}"#));
            let of_account: Vec<_> = messages.iter().filter(|message| message.contains("storage_account")).collect();
            assert_eq!(of_account.len(), rules.len(), "{messages:?}");
            assert!(rules.iter().zip(of_account).all(|(rule, message)| message.contains(rule)), "{messages:?}");
        }
    }
}
