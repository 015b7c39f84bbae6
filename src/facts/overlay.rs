//! What the repository's own catalogue says about an object, in place of what ships.
//!
//! An override that makes a loss count for less must be plain to see: its attributes known and not secret, and the
//! action one that is understood. One that makes it count for more needs neither.

use super::guard;
use super::loss::Recovery;
use super::stakes::{Stakes, TypeFacts, TypeStatus};
use crate::catalog::{self, Condition, Level, Overlaid, Override};
use crate::plan::{Action, ResourceChange, Side};

/// The facts of an object of a type the repository has entries about: what they lower is known as lowered.
/// `shipped` is what ships says of this very object.
pub(super) fn beside_shipped(
    facts: &TypeFacts,
    shipped: Option<Stakes>,
    was: Level,
    reason: Option<&str>,
) -> TypeFacts {
    let mut facts = facts.clone();
    if let Some(stakes) = &mut facts.stakes {
        let was = shipped.as_ref().map_or(was, |shipped| shipped.default);
        if let Some(shipped) = shipped {
            stakes.class = shipped.class.overlaid_by(stakes.class);
            (stakes.default, stakes.strict) =
                catalog::levels(shipped.default, shipped.strict, Some(stakes.default), stakes.strict);
        }
        stakes.overlaid = Some(Overlaid { was, reason: reason.map(str::to_owned) });
    }
    facts
}

/// The facts with the overrides that are about this object, and the ids of these.
pub(super) fn apply<'a>(
    change: &ResourceChange,
    facts: &TypeFacts,
    shipped: Level,
    overrides: impl Iterator<Item = &'a Override>,
) -> Option<(TypeFacts, Vec<usize>)> {
    let mut used = Vec::new();
    let mut stakes = facts.stakes.clone();
    for candidate in overrides.filter(|candidate| is_at(change, candidate)) {
        let Some(after) = overridden(stakes.as_ref(), shipped, candidate) else { continue };
        let milder = stakes.as_ref().map_or(after.default < shipped, |before| is_milder(before, &after));
        if milder && change.change.action == Action::Unknown || !holds(change, candidate, milder) {
            continue;
        }
        used.push(candidate.id);
        stakes = Some(after);
    }
    if used.is_empty() {
        return None;
    }
    Some((TypeFacts { status: TypeStatus::Catalogued, stakes, fallback_glob: None }, used))
}

fn is_at(change: &ResourceChange, candidate: &Override) -> bool {
    let addresses = || std::iter::once(&change.address).chain(&change.previous_address);
    candidate.address.as_ref().is_none_or(|pattern| addresses().any(|address| pattern.matches(address)))
}

fn holds(change: &ResourceChange, candidate: &Override, milder: bool) -> bool {
    candidate.conditions.iter().all(|(attr, values)| {
        let object = &change.change;
        let paths = guard::paths_of(&object.before, attr);
        let secret = || paths.iter().any(|path| object.is_secret(Side::Before, path));
        guard::meets(object, &paths, &Condition::In(values.clone())) && !(milder && secret())
    })
}

/// The stakes with the fields of an override; of what nobody catalogued it must say class, severity and level.
fn overridden(before: Option<&Stakes>, shipped: Level, candidate: &Override) -> Option<Stakes> {
    let own = |stakes: &Stakes| stakes.overlaid.as_ref().map_or(stakes.default, |overlaid| overlaid.was);
    let was = before.map_or(shipped, own);
    let mut after = match before {
        Some(stakes) => stakes.clone(),
        None => Stakes {
            class: candidate.class?,
            encryption_key: false,
            found_by_name: false,
            severity: candidate.severity?,
            default: candidate.default?,
            strict: None,
            loses: "what the catalogue of this repository stands for".to_owned(),
            recovery: Recovery::read("unknown"),
            variant: None,
            carries: None,
            overlaid: None,
        },
    };
    after.class = candidate.class.map_or(after.class, |class| after.class.overlaid_by(class));
    after.severity = candidate.severity.unwrap_or(after.severity);
    (after.default, after.strict) = catalog::levels(after.default, after.strict, candidate.default, candidate.strict);
    let reason = candidate.reason.clone().or_else(|| after.overlaid.and_then(|overlaid| overlaid.reason));
    after.overlaid = Some(Overlaid { was, reason });
    Some(after)
}

fn is_milder(before: &Stakes, after: &Stakes) -> bool {
    after.default < before.default
        || after.severity < before.severity
        || after.strict < before.strict
        || (before.class.is_data_store() && !after.class.is_data_store())
}
