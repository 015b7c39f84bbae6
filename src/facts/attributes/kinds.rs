//! The ten kinds of risky change, each judged on one place of an attribute.

use std::cmp::Ordering;

use super::quantity::Quantity;
use super::slots::{After, Slot};
use super::words::{self, is_set, truth};
use super::{Certainty, elements};
use crate::catalog::{Risk, RiskKind};
use crate::facts::notation::is_same_document;
use crate::plan::{Change, Value};

use Certainty::{Certain, Maybe};

/// Whether a place changes the way a rule says, and how certain that is.
pub(super) fn judge(risk: &Risk, slot: &Slot<'_>, change: &Change) -> Option<Certainty> {
    match risk.kind {
        RiskKind::Disable => disable(risk, slot),
        RiskKind::Enable => enable(slot),
        RiskKind::Decrease => amount(risk, slot, Ordering::Less),
        RiskKind::Increase => amount(risk, slot, Ordering::Greater),
        RiskKind::Set => set(risk, slot),
        RiskKind::Unset => unset(slot),
        RiskKind::Change => differ(slot),
        RiskKind::Shrink => elements::gone(risk, slot, change).map(|found| found.certainty),
        RiskKind::Grow => elements::added(risk, slot, change).map(|found| found.certainty),
        RiskKind::Transition => transition(risk, slot),
    }
}

/// `after` where it is wholly known.
fn known(after: After<'_>) -> Result<Option<&Value>, Certainty> {
    match after {
        After::Known(value) => Ok(value),
        After::Partial(_) | After::Unknown => Err(Maybe),
    }
}

/// On before, not on after. Only what was on can be switched off: a provider upgrade that writes `false` for
/// `null` changes nothing.
fn disable(risk: &Risk, slot: &Slot<'_>) -> Option<Certainty> {
    let was_on =
        if risk.from.is_empty() { truth(slot.before) } else { Some(words::is_one_of(slot.before, &risk.from)) };
    if was_on == Some(false) {
        return None;
    }
    let Ok(after) = known(slot.after) else { return Some(Maybe) };
    if slot.before == after {
        return None;
    }
    if !risk.from.is_empty() {
        return (!words::is_one_of(after, &risk.from)).then_some(Certain);
    }
    match (was_on, truth(after)) {
        (Some(true), Some(true)) => None,
        (Some(true), Some(false)) => Some(Certain),
        _ => Some(Maybe),
    }
}

/// Off or absent before, on after.
fn enable(slot: &Slot<'_>) -> Option<Certainty> {
    let was_on = truth(slot.before);
    if was_on == Some(true) {
        return None;
    }
    let Ok(after) = known(slot.after) else { return Some(Maybe) };
    match (was_on, truth(after)) {
        (_, Some(false)) => None,
        (Some(_), Some(true)) => Some(Certain),
        _ => (slot.before != after).then_some(Maybe),
    }
}

fn set(risk: &Risk, slot: &Slot<'_>) -> Option<Certainty> {
    let is_endless = |value: Option<&Value>| words::is_one_of(value, &risk.infinite);
    let was_zero = slot.before.and_then(words::scalar_text).as_deref() == Some("0");
    if is_set(slot.before) && !is_endless(slot.before) && !was_zero {
        return None;
    }
    match slot.after {
        After::Unknown => Some(Maybe),
        After::Known(after) | After::Partial(after) => {
            (is_set(after) && !is_endless(after) && slot.before != after).then_some(Certain)
        }
    }
}

fn unset(slot: &Slot<'_>) -> Option<Certainty> {
    if !is_set(slot.before) {
        return None;
    }
    match slot.after {
        After::Unknown => Some(Maybe),
        After::Known(after) => (!is_set(after)).then_some(Certain),
        // Blocks of which some attribute is unknown are there.
        After::Partial(after) => (!is_set(after)).then_some(Maybe),
    }
}

fn differ(slot: &Slot<'_>) -> Option<Certainty> {
    let Ok(after) = known(slot.after) else { return Some(Maybe) };
    let nothing = !is_set(slot.before) && !is_set(after);
    let same = slot.before.zip(after).is_some_and(|(before, after)| is_same_document(before, after));
    (!nothing && !same && slot.before != after).then_some(Certain)
}

fn transition(risk: &Risk, slot: &Slot<'_>) -> Option<Certainty> {
    let before = slot.before;
    let fits = match before {
        // What is absent counts only where the catalogue names it.
        None => words::is_one_of(None, &risk.from),
        Some(_) => words::has_any(&risk.from) || words::is_one_of(before, &risk.from),
    };
    if !fits {
        return None;
    }
    let Ok(after) = known(slot.after) else { return Some(Maybe) };
    let same = match (before.and_then(words::scalar_text), after.and_then(words::scalar_text)) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(&b),
        _ => before == after,
    };
    if same {
        return None;
    }
    if words::is_one_of(after, &risk.to) {
        return Some(Certain);
    }
    if words::has_any(&risk.to) {
        // From one guarded value to another is no step down.
        let still = !words::has_any(&risk.from) && words::is_one_of(after, &risk.from);
        return Some(if still { Maybe } else { Certain });
    }
    // What a provider takes for a value that is not given is not in the plan.
    (!is_set(after)).then_some(Maybe)
}

/// A value as an amount.
enum Amount {
    /// "For ever".
    Endless,
    Finite(Quantity),
    /// Not given: the provider's default.
    Absent,
    /// Not to be read.
    Opaque,
}

fn amount_of(risk: &Risk, value: Option<&Value>) -> Amount {
    let value = value.filter(|value| is_set(Some(value)));
    if words::is_one_of(value, &risk.infinite) {
        return Amount::Endless;
    }
    match value {
        None if words::is_expiry(&risk.attr) => Amount::Endless,
        None => Amount::Absent,
        Some(Value::List(items)) => match items.as_ref() {
            [only] => Quantity::of(only).map_or(Amount::Opaque, Amount::Finite),
            _ => Amount::Opaque,
        },
        Some(value) => Quantity::of(value).map_or(Amount::Opaque, Amount::Finite),
    }
}

/// A smaller (or larger) amount after. Leaving "for ever" is less, reaching it is more.
fn amount(risk: &Risk, slot: &Slot<'_>, towards: Ordering) -> Option<Certainty> {
    let before = amount_of(risk, slot.before);
    if let After::Known(Some(Value::Map(after))) = slot.after
        && let Some(Value::Map(before)) = slot.before
    {
        let entries = before.iter().filter_map(|(key, value)| {
            let entry = Slot { before: Some(value), after: After::Known(after.get(key)), ..slot.clone() };
            amount(risk, &entry, towards)
        });
        return entries.min();
    }
    let Ok(seen) = known(slot.after) else {
        return (!matches!(before, Amount::Absent)).then_some(Maybe);
    };
    if slot.before == seen {
        return None;
    }
    let order = match (before, amount_of(risk, seen)) {
        (Amount::Endless, Amount::Endless) | (Amount::Absent, _) => return None,
        (Amount::Endless, Amount::Absent) => return Some(Maybe),
        (Amount::Endless, _) => Some(Ordering::Less),
        (_, Amount::Endless) => Some(Ordering::Greater),
        (Amount::Finite(before), Amount::Finite(after)) => after.compare(before),
        _ => None,
    };
    match order {
        Some(order) => (order == towards).then_some(Certain),
        None => Some(Maybe),
    }
}
