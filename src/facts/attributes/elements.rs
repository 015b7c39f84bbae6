//! Which elements of a list or map go away, and which are new.

use std::collections::BTreeSet;

use super::Certainty;
use super::pairs::{self, Mask};
use super::slots::{self, After, Slot};
use super::words::{self, is_set};
use crate::catalog::{Effect, Risk};
use crate::plan::{Change, PathStep, Side, Value};

use Certainty::{Certain, Maybe};

/// What was found, and the elements by their names, as may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Elements {
    pub(super) certainty: Certainty,
    pub(super) names: Vec<String>,
    /// Where the new ones are.
    pub(super) paths: Vec<Vec<PathStep>>,
}

impl Elements {
    const fn unnamed(certainty: Certainty) -> Self {
        Self { certainty, names: Vec::new(), paths: Vec::new() }
    }
}

/// Elements of before that are not there after.
pub(super) fn gone(risk: &Risk, slot: &Slot<'_>, change: &Change) -> Option<Elements> {
    let before = slot.before.filter(|value| is_set(Some(value)))?;
    let after = match slot.after {
        After::Unknown => return Some(Elements::unnamed(Maybe)),
        After::Known(value) | After::Partial(value) => value,
    };
    match (before, after) {
        (Value::List(before), None | Some(Value::List(_))) => {
            let Differing { left, certainty, .. } = differing(risk, Side::Before, slot, change)?;
            let name = |index: &usize| name_at(change, Side::Before, &slot.path_before, *index, before);
            Some(Elements { certainty, names: left.iter().map(name).collect(), paths: Vec::new() })
        }
        (Value::Map(before), after) if matches!(after, None | Some(Value::Map(_))) => {
            let here =
                |key: &str| matches!(after, Some(Value::Map(map)) if map.get(key).is_some_and(|v| *v != Value::Null));
            let set = before.iter().filter(|(_, value)| **value != Value::Null);
            let keys: Vec<&str> = set.map(|(key, _)| key).filter(|key| !here(key)).collect();
            of_keys(&keys, Side::Before, &slot.path_before, slot, change)
        }
        (_, after) if !is_set(after) => Some(Elements::unnamed(Certain)),
        (before, after) => (Some(before) != after && loses(risk)).then_some(Elements::unnamed(Maybe)),
    }
}

/// Elements after that are not there before. Under a rule about loss it matters whether they delete.
pub(super) fn added(risk: &Risk, slot: &Slot<'_>, change: &Change) -> Option<Elements> {
    let before = slot.before.filter(|value| is_set(Some(value)));
    let after = match slot.after {
        After::Unknown => return Some(Elements::unnamed(Maybe)),
        After::Known(value) | After::Partial(value) => value?,
    };
    match (before, after) {
        (None | Some(Value::List(_)), Value::List(items)) => {
            let Differing { left, certainty, exact } = differing(risk, Side::After, slot, change)?;
            let name = |index: &usize| name_at(change, Side::After, &slot.path_after, *index, items);
            let harmless = loses(risk) && !deletes(&risk.attr, &left, items);
            let places = left.iter().filter(|_| exact);
            let paths = places.map(|index| within(&slot.path_after, slots::index_step(Some(*index)))).collect();
            let certainty = if harmless { Maybe } else { certainty };
            Some(Elements { certainty, names: left.iter().map(name).collect(), paths })
        }
        (None | Some(Value::Map(_)), Value::Map(map)) => {
            let had =
                |key: &str| matches!(before, Some(Value::Map(map)) if map.get(key).is_some_and(|v| *v != Value::Null));
            let set = map.iter().filter(|(_, value)| **value != Value::Null);
            let keys: Vec<&str> = set.map(|(key, _)| key).filter(|key| !had(key)).collect();
            of_keys(&keys, Side::After, &slot.path_after, slot, change)
        }
        (None, after) => is_set(Some(after)).then_some(Elements::unnamed(Certain)),
        (before, after) => (before != Some(after) && loses(risk)).then_some(Elements::unnamed(Maybe)),
    }
}

/// The elements on one side that have no counterpart.
struct Differing {
    left: Vec<usize>,
    certainty: Certainty,
    /// It is these and no others.
    exact: bool,
}

fn differing(risk: &Risk, side: Side, slot: &Slot<'_>, change: &Change) -> Option<Differing> {
    let (before, after) = (list(slot.before), list(slot.after.seen()));
    let mask = |index: usize, key: Option<&str>| slots::element_mask(change, &slot.path_after, index, key);
    let masked = pairs::After { items: after, mask: &mask };
    let (left_before, left_after) = pairs::without_equal(before, &masked);
    let named = pairs::name_of(before, &masked);
    let vague = left_after.iter().any(|index| mask(*index, named) != Mask::Known);
    let (these, others, left) = match side {
        Side::Before => (before, after, left_before),
        Side::After => (after, before, left_after),
    };
    let is_block = |item: &Value| matches!(item, Value::Map(_) | Value::List(_));
    let exact = !vague && named.is_some();
    let (left, certainty) = if vague {
        (left, if these.len() > others.len() { Certain } else { Maybe })
    } else if !these.iter().chain(others).any(is_block) {
        (left, Certain)
    } else if let Some(key) = named {
        let names: BTreeSet<String> = others.iter().filter_map(|item| pairs::name(item, key)).collect();
        let is_new = |index: &usize| {
            these.get(*index).and_then(|item| pairs::name(item, key)).is_some_and(|name| !names.contains(&name))
        };
        (left.into_iter().filter(is_new).collect(), Certain)
    } else if these.len() > others.len() {
        (left, Certain)
    } else if loses(risk) {
        // As many as before and nothing names them: a changed one may be another one.
        (left, Maybe)
    } else {
        return None;
    };
    (!left.is_empty()).then_some(Differing { left, certainty, exact })
}

fn of_keys(keys: &[&str], side: Side, path: &[PathStep], slot: &Slot<'_>, change: &Change) -> Option<Elements> {
    if keys.is_empty() {
        return match (side, slot.after) {
            // A key that is not seen may be there.
            (Side::After, After::Partial(_)) => Some(Elements::unnamed(Maybe)),
            _ => None,
        };
    }
    let unknown = |key: &&str| change.after_unknown.touches(&within(&slot.path_after, PathStep::Key((**key).into())));
    let certainty = if side == Side::Before && keys.iter().all(unknown) { Maybe } else { Certain };
    let hidden = change.is_secret(side, path);
    let names = keys.iter().filter(|_| !hidden).map(|key| format!("{key:?}")).collect();
    Some(Elements { certainty, names, paths: Vec::new() })
}

fn loses(risk: &Risk) -> bool {
    matches!(risk.effect, Effect::DataLoss | Effect::HiddenDestroy)
}

/// Whether something new deletes: the attribute says so, or a new element that is not switched off.
fn deletes(attr: &str, added: &[usize], items: &[Value]) -> bool {
    let does = |index: &usize| {
        items.get(*index).is_some_and(|item| words::speaks_of_deletion(item) && !words::is_switched_off(item))
    };
    attr.contains("delet") || added.iter().any(does)
}

/// The name of an element, or all of it if nothing names it; redacted.
fn name_at(change: &Change, side: Side, list: &[PathStep], index: usize, items: &[Value]) -> String {
    let mut path = within(list, slots::index_step(Some(index)));
    if let Some(Value::Map(map)) = items.get(index)
        && let Some((key, _)) = ["name", "id", "family", "region_name", "region", "location"]
            .into_iter()
            .find_map(|key| map.get(key).filter(|value| words::is_scalar(value)).map(|value| (key, value)))
    {
        path.push(PathStep::Key(key.into()));
    }
    change.display(side, &path)
}

fn within(path: &[PathStep], step: PathStep) -> Vec<PathStep> {
    let mut path = path.to_vec();
    path.push(step);
    path
}

fn list(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}
