//! What the rules written in Rust say of themselves; their logic is in `eval::native` and `waiver`.

use std::sync::Arc;

use super::contract::DeclaredLevel;
use super::metadata::RuleMeta;
use super::reading::Reading;
use super::{Origin, Rule};
use crate::finding::{Level, RuleId, Severity};

/// The plan shows only part of what it would do.
pub const INCOMPLETE: &str = "plan/incomplete";
/// The plan holds an action this version does not know.
pub const UNKNOWN_ACTION: &str = "plan/unknown-action";
/// The plan runs actions of providers.
pub const ACTION_INVOCATION: &str = "plan/action-invocation";
/// The plan leaves changes for a later one.
pub const DEFERRED: &str = "plan/deferred";
/// An entry of the repository's own catalogue is past its last day.
pub const CATALOG_EXPIRED: &str = "catalog/expired";
/// An entry of the repository's own catalogue matched no change.
pub const CATALOG_UNUSED: &str = "catalog/unused";
/// A waiver is past its last day.
pub const WAIVER_EXPIRED: &str = "waiver/expired";
/// A waiver matched no finding.
pub const WAIVER_UNUSED: &str = "waiver/unused";

/// Every native rule.
#[must_use]
pub fn rules() -> Vec<Rule> {
    vec![
        strict(rule(
            INCOMPLETE,
            Level::Warn,
            Severity::Medium,
            "The plan shows only part of what it would do",
            "A targeted or deferred plan, or one in which managed instances of the prior state appear in no change: \
             what is left out was not judged.",
            "Plan again without -target or -exclude and judge that plan. Where a partial apply is meant, \
             waive this finding by its message, with a last day.",
        )),
        rule(
            UNKNOWN_ACTION,
            Level::Deny,
            Severity::Critical,
            "The plan holds an action this version does not know",
            "An action list that no known Terraform or OpenTofu release writes counts as destroying.",
            "Use a release of plangate that knows this version of Terraform. Until there is one, look at the \
             change by hand and waive it by address.",
        ),
        rule(
            ACTION_INVOCATION,
            Level::Warn,
            Severity::Medium,
            "The plan runs an action of a provider",
            "A provider action (Terraform 1.14 and later) can do anything, deletion of data included, and a plan does not \
             show what: it was not judged.",
            "Read what the action does in the documentation of its provider. If it deletes nothing that must \
             stay, waive it by its address.",
        ),
        rule(
            DEFERRED,
            Level::Info,
            Severity::Low,
            "The plan leaves changes for a later one",
            "What is shown of a deferred change is judged like any other; how many instances there are and what their \
             values will be is known only to the next plan.",
            "Apply this plan, plan again, and judge that plan too.",
        ),
        rule(
            CATALOG_EXPIRED,
            Level::Warn,
            Severity::Low,
            "An entry of the repository's catalogue is past its last day",
            "It says nothing any more: renew it with a reason, or delete it.",
            "Look whether the reason still holds. If so, give the entry a new last day; otherwise delete it.",
        ),
        rule(
            CATALOG_UNUSED,
            Level::Info,
            Severity::Info,
            "An entry of the repository's catalogue matched no change",
            "Judged over all plans of the run. An entry that outlives its cause lowers the next thing it matches.",
            "Delete the entry, or mend its address, type or attribute if it was meant to match.",
        ),
        rule(
            WAIVER_EXPIRED,
            Level::Warn,
            Severity::Low,
            "A waiver is past its last day",
            "It no longer waives anything: renew it with a reason, or delete it.",
            "Look whether the reason still holds. If so, give the waiver a new last day; otherwise delete \
             it.",
        ),
        rule(
            WAIVER_UNUSED,
            Level::Info,
            Severity::Info,
            "A waiver matched no finding",
            "Judged over all plans of the run. A waiver that outlives its cause hides the next one.",
            "Delete the waiver, or mend its address, actions or message if it was meant to match.",
        ),
    ]
}

/// The rule, denying under the strict preset.
fn strict(rule: Rule) -> Rule {
    Rule { meta: RuleMeta { strict: Some(Level::Deny), ..rule.meta }, ..rule }
}

fn rule(id: &str, level: Level, severity: Severity, title: &str, description: &str, help: &str) -> Rule {
    Rule {
        id: RuleId::new(id),
        origin: Origin::Native,
        meta: RuleMeta {
            id: Some(id.to_owned()),
            title: Some(title.to_owned()),
            description: Some(description.to_owned()),
            help: Some(help.to_owned()),
            ..RuleMeta::default()
        },
        declared: DeclaredLevel::Fixed(level),
        severity,
        location: None,
        path: None,
        reads: Arc::default(),
        package: None,
        name: None,
        definitions: 1,
        reading: Reading::default(),
        tool: None,
        exception: None,
        resources: None,
    }
}
