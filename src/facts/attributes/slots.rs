//! Where an attribute path of the catalogue leads, before and after, block by block.
//!
//! A path passes through lists of blocks and through map keys with dots. Owns the descent; what a difference
//! means is said elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pairs::{self, Mask, Pair};
use crate::plan::{Change, PathStep, Value};

/// One place of an attribute on both sides; `null` counts as absent.
#[derive(Debug, Clone)]
pub(super) struct Slot<'a> {
    pub(super) before: Option<&'a Value>,
    pub(super) after: After<'a>,
    /// Where it is before, if the way there exists.
    pub(super) path_before: Vec<PathStep>,
    /// Where it is after.
    pub(super) path_after: Vec<PathStep>,
}

/// What is known of the value after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum After<'a> {
    Known(Option<&'a Value>),
    /// Something in it is unknown.
    Partial(Option<&'a Value>),
    Unknown,
}

impl<'a> After<'a> {
    /// What can be seen of it.
    pub(super) const fn seen(self) -> Option<&'a Value> {
        match self {
            Self::Known(value) | Self::Partial(value) => value,
            Self::Unknown => None,
        }
    }
}

/// Every place of an attribute where there is something on one side at least.
pub(super) fn slots<'a>(change: &'a Change, attr: &str) -> Vec<Slot<'a>> {
    let mut walk = Walk { change, before: Vec::new(), after: Vec::new(), found: Vec::new() };
    walk.descend(present(Some(&change.before)), After::Known(present(Some(&change.after))), Some(attr));
    walk.found
}

/// The top-level attributes of a change that differ, or may: most do not, and are looked at no further.
pub(super) struct Differing<'a> {
    keys: BTreeSet<&'a str>,
    unknown: BTreeSet<Arc<str>>,
    /// The whole object is unknown.
    all: bool,
}

impl<'a> Differing<'a> {
    pub(super) fn of(change: &'a Change) -> Self {
        let mut found = Self { keys: BTreeSet::new(), unknown: BTreeSet::new(), all: false };
        for (one, other) in [(&change.before, &change.after), (&change.after, &change.before)] {
            let Value::Map(map) = one else { continue };
            let differs = |key: &str, value: &Value| present(Some(value)) != field(Some(other), key);
            found.keys.extend(map.iter().filter(|(key, value)| differs(key, value)).map(|(key, _)| key));
        }
        for path in change.after_unknown.marked() {
            match path.0.into_iter().next() {
                Some(PathStep::Key(key)) => {
                    found.unknown.insert(key);
                }
                Some(PathStep::Index(_)) | None => found.all = true,
            }
        }
        found
    }

    /// Whether the attribute at a path of the catalogue is among them.
    pub(super) fn may_have(&self, attr: &str) -> bool {
        let first = attr.split('.').next().unwrap_or(attr);
        self.all || [first, attr].into_iter().any(|key| self.keys.contains(key) || self.unknown.contains(key))
    }
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| **value != Value::Null)
}

struct Walk<'a> {
    change: &'a Change,
    before: Vec<PathStep>,
    after: Vec<PathStep>,
    found: Vec<Slot<'a>>,
}

impl<'a> Walk<'a> {
    fn descend(&mut self, before: Option<&'a Value>, after: After<'a>, attr: Option<&str>) {
        let after = self.masked(after);
        if before.is_none() && after == After::Known(None) {
            return;
        }
        let Some(attr) = attr else {
            self.found.push(Slot { before, after, path_before: self.before.clone(), path_after: self.after.clone() });
            return;
        };
        match (before, after.seen()) {
            (Some(Value::List(_)), _) | (_, Some(Value::List(_))) => self.blocks(before, after, attr),
            (before, seen) => self.key(before, after, seen, attr),
        }
    }

    /// What the mask says of the place the walk is at.
    fn masked(&self, after: After<'a>) -> After<'a> {
        let mask = &self.change.after_unknown;
        match after {
            After::Known(value) if mask.touches(&self.after) => {
                if mask.covers(&self.after) {
                    After::Unknown
                } else {
                    After::Partial(value)
                }
            }
            other => other,
        }
    }

    fn key(&mut self, before: Option<&'a Value>, after: After<'a>, seen: Option<&'a Value>, attr: &str) {
        let (key, rest) = match attr.split_once('.') {
            Some((key, rest)) if !self.has_key(before, seen, attr) => (key, Some(rest)),
            _ => (attr, None),
        };
        let step = PathStep::Key(key.into());
        self.before.push(step.clone());
        self.after.push(step);
        let after = match after {
            After::Unknown => After::Unknown,
            After::Known(_) | After::Partial(_) => After::Known(field(seen, key)),
        };
        self.descend(field(before, key), after, rest);
        self.before.pop();
        self.after.pop();
    }

    /// Whether a map has what is left of the path as one key, on any side or in the mask.
    fn has_key(&self, before: Option<&Value>, seen: Option<&Value>, key: &str) -> bool {
        let has = |side: Option<&Value>| matches!(side, Some(Value::Map(map)) if map.get(key).is_some());
        let mut path = self.after.clone();
        path.push(PathStep::Key(key.into()));
        let mask = &self.change.after_unknown;
        has(before) || has(seen) || (mask.touches(&path) && !mask.covers(&self.after))
    }

    fn blocks(&mut self, before: Option<&'a Value>, after: After<'a>, attr: &str) {
        let before = items(before);
        let Some(after) = (match after {
            After::Unknown => None,
            After::Known(value) | After::Partial(value) => Some(items(value)),
        }) else {
            return self.all_perhaps(before, attr);
        };
        let path = self.after.clone();
        let change = self.change;
        let mask = |index: usize, key: Option<&str>| element_mask(change, &path, index, key);
        let list = pairs::After { items: after, mask: &mask };
        // The name of a block says which block it is: it changes only where blocks keep their places.
        let is_name = !before.is_empty() && !after.is_empty() && pairs::name_of(before, &list) == Some(attr);
        let is_vague = is_name && (0..after.len()).any(|index| mask(index, Some(attr)) != Mask::Known);
        let found = match (is_name, before.len() == after.len()) {
            _ if is_vague => {
                let perhaps = (0..before.len()).map(Pair::Perhaps);
                perhaps.chain((0..after.len()).map(Pair::Added)).collect()
            }
            (false, _) => pairs::pair(before, &list),
            (true, true) => (0..before.len()).map(|index| Pair::Both(index, index)).collect(),
            (true, false) => Vec::new(),
        };
        for pair in found {
            match pair {
                Pair::Both(b, a) => self.element(before.get(b), Some(b), After::Known(after.get(a)), Some(a), attr),
                Pair::Removed(b) => self.element(before.get(b), Some(b), After::Known(None), None, attr),
                Pair::Added(a) => self.element(None, None, After::Known(after.get(a)), Some(a), attr),
                Pair::Perhaps(b) => self.element(before.get(b), Some(b), After::Unknown, None, attr),
            }
        }
    }

    /// The list after is unknown: anything may become of the blocks, and there may be new ones.
    fn all_perhaps(&mut self, before: &'a [Value], attr: &str) {
        for (index, item) in before.iter().enumerate() {
            self.element(Some(item), Some(index), After::Unknown, None, attr);
        }
        self.element(None, None, After::Unknown, None, attr);
    }

    fn element(
        &mut self,
        before: Option<&'a Value>,
        at_before: Option<usize>,
        after: After<'a>,
        at_after: Option<usize>,
        attr: &str,
    ) {
        // Where there is no element, an index beyond the list stands for it.
        self.before.push(index_step(at_before));
        self.after.push(index_step(at_after));
        let after = match after {
            After::Known(value) => After::Known(present(value)),
            other => other,
        };
        self.descend(present(before), after, Some(attr));
        self.before.pop();
        self.after.pop();
    }
}

/// What the mask says of an element of the list at a path, or of an attribute of it.
pub(super) fn element_mask(change: &Change, list: &[PathStep], index: usize, key: Option<&str>) -> Mask {
    let mut path = list.to_vec();
    path.push(index_step(Some(index)));
    path.extend(key.map(|key| PathStep::Key(key.into())));
    if change.after_unknown.covers(&path) {
        Mask::Whole
    } else if change.after_unknown.touches(&path) {
        Mask::Partial
    } else {
        Mask::Known
    }
}

/// An index that no list has, for what is not there.
pub(super) const NOWHERE: u64 = u64::MAX;

pub(super) fn index_step(index: Option<usize>) -> PathStep {
    PathStep::Index(index.and_then(|index| u64::try_from(index).ok()).unwrap_or(NOWHERE))
}

fn field<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    match value {
        Some(Value::Map(map)) => present(map.get(key)),
        _ => None,
    }
}

/// The blocks of a list; a block that stands alone counts as a list of one.
fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        Some(other) => std::slice::from_ref(other),
        None => &[],
    }
}
