//! The catalogue's attribute rules for one type: its own, and the generic ones for attributes it has none for.

use crate::catalog::{Class, Effect, Entry, Generic, GenericRule, Risk, RiskKind};

/// The rules of a type.
#[derive(Debug, Clone, Default)]
pub(in crate::facts) struct TypeRules {
    pub(super) rules: Vec<Rule>,
    /// Its objects are settings of something else.
    pub(super) configures: bool,
}

/// A rule of the catalogue with what follows from its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) risk: Risk,
    /// Providers read the attribute when they destroy the object.
    pub(super) arms_destroy: bool,
    /// A shipped rule of the type says that the provider renames the elements of this list in place.
    pub(super) renames_in_place: bool,
}

impl TypeRules {
    /// The rules for a type; `entry` is that of the catalogue, if it has one.
    pub(in crate::facts) fn new(entry: Option<&Entry>, generic: &Generic) -> Self {
        let own: &[Risk] = entry.map_or(&[], |entry| &entry.risky);
        // What a repository adds stands beside the generic rules: only what ships knows better than they do.
        let is_shipped = |attr: &str| own.iter().any(|risk| !risk.own && risk.attr == attr);
        let general: Vec<Risk> =
            generic.generic_rules.iter().filter(|rule| !is_shipped(&rule.attr)).map(GenericRule::risk).collect();
        let says_all = |risk: &Risk| risk.own && general.iter().any(|rule| rule.is_same_change(risk));
        let others = own.iter().filter(|risk| !says_all(risk)).cloned();
        let overlaid = |rule: &Risk| match own.iter().rfind(|risk| risk.own && rule.is_same_change(risk)) {
            Some(risk) => rule.overlaid_by(risk),
            None => rule.clone(),
        };
        let rules = others.chain(general.iter().map(overlaid));
        let rule = |risk: Risk| Rule {
            arms_destroy: risk.effect == Effect::Weaken
                && (guards(entry, &risk.attr) || is_known_guard(generic, &risk)),
            renames_in_place: risk.kind == RiskKind::Shrink && renames(own, &risk.attr),
            risk,
        };
        let configures = entry.is_some_and(|entry| entry.class == Class::ProtectionConfig);
        Self { rules: rules.map(rule).collect(), configures }
    }
}

impl Rule {
    /// A new object has nothing to lose; but a new setting of an existing store can make that lose.
    pub(super) fn matters_on_create(&self, of: &TypeRules) -> bool {
        of.configures
            && matches!(self.risk.effect, Effect::DataLoss | Effect::HiddenDestroy)
            && matches!(self.risk.kind, RiskKind::Set | RiskKind::Grow | RiskKind::Enable)
    }
}

/// Whether the entry names the attribute among what decides a destroy.
fn guards(entry: Option<&Entry>, attr: &str) -> bool {
    let Some(guard) = entry.map(|entry| &entry.destroy_guard) else { return false };
    [&guard.blocked_when, &guard.harmless_when, &guard.snapshot_when, &guard.escalates_when]
        .into_iter()
        .flatten()
        .any(|clause| clause.attr == attr)
}

/// Whether an attribute of this name decides a destroy on any type.
fn is_known_guard(generic: &Generic, risk: &Risk) -> bool {
    const NAMES: [&str; 6] = ["protect", "deletion", "termination", "release", "drop_", "is_prevent"];
    let name = risk.attr.rsplit('.').next().unwrap_or(&risk.attr);
    generic.generic_rules.iter().any(|rule| {
        rule.attr == name
            && match rule.kind {
                RiskKind::Enable => true,
                RiskKind::Disable => NAMES.iter().any(|part| name.contains(part)),
                _ => false,
            }
    })
}

fn renames(own: &[Risk], attr: &str) -> bool {
    own.iter().any(|risk| {
        // It makes a loss doubtful, which is not for a repository to add.
        risk.kind == RiskKind::Change
            && !risk.own
            && risk.attr.strip_prefix(attr).and_then(|rest| rest.strip_prefix('.')) == Some("name")
    })
}
