//! Which block of a list before is which block after.
//!
//! Lists in plans may be sets, in any order. Equal elements pair first, then those with the same name, and only
//! then by position. Where something unknown could change the answer, the answer is "perhaps", so that an unknown
//! value never hides what a known one would show.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::plan::Value;
use crate::plan::value::Number;

/// What became of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// The one at the first index became the one at the second.
    Both(usize, usize),
    /// It is gone.
    Removed(usize),
    /// It is new.
    Added(usize),
    /// What becomes of it is known only after apply.
    Perhaps(usize),
}

/// How much of an element after is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mask {
    /// Nothing.
    Known,
    /// Something in it.
    Partial,
    /// All of it.
    Whole,
}

/// A list after, with what is unknown in it.
pub(super) struct After<'a> {
    pub(super) items: &'a [Value],
    /// Of the element, or of an attribute of it.
    pub(super) mask: &'a dyn Fn(usize, Option<&str>) -> Mask,
}

/// Attributes that name a block, the best first.
const NAMES: [&str; 19] = [
    "name",
    "key",
    "rule_id",
    "rule_name",
    "column_name",
    "attribute_name",
    "index_name",
    "family",
    "region_name",
    "region",
    "location",
    "zone_name",
    "availability_domain",
    "node_id",
    "shard_id",
    "identifier",
    "principal",
    "priority",
    "id",
];

/// The attribute that names the elements: each has one, and each its own. What is unknown after counts as fitting.
pub(super) fn name_of(before: &[Value], after: &After<'_>) -> Option<&'static str> {
    NAMES.into_iter().find(|key| {
        let mut seen = BTreeSet::new();
        let named_before = before.iter().all(|item| name(item, key).is_some_and(|name| seen.insert(name)));
        seen.clear();
        let fits = |(index, item): (usize, &Value)| {
            (after.mask)(index, Some(key)) != Mask::Known || name(item, key).is_some_and(|name| seen.insert(name))
        };
        named_before && after.items.iter().enumerate().all(fits)
    })
}

/// The name of an element under a key.
pub(super) fn name(item: &Value, key: &str) -> Option<String> {
    match item {
        Value::Map(map) => map.get(key).filter(|value| words::is_scalar(value)).map(ToString::to_string),
        _ => None,
    }
}

/// Pairs two lists; elements that are equal are left out.
pub(super) fn pair(before: &[Value], after: &After<'_>) -> Vec<Pair> {
    match (before.len(), after.items.len()) {
        (0, 0) => return Vec::new(),
        (1, 1) => return vec![Pair::Both(0, 0)],
        _ => {}
    }
    let (left_before, left_after) = without_equal(before, after);
    let named = name_of(before, after);
    let unknown = |index: &usize| (after.mask)(*index, named) != Mask::Known;
    if left_after.iter().any(unknown) {
        let perhaps = left_before.into_iter().map(Pair::Perhaps);
        return perhaps.chain(left_after.into_iter().map(Pair::Added)).collect();
    }
    match named {
        Some(key) => by_name(before, after.items, key, &left_before, &left_after),
        None => by_position(&left_before, &left_after),
    }
}

/// The indexes on both sides that are left when equal elements are paired; order plays no part.
pub(super) fn without_equal(before: &[Value], after: &After<'_>) -> (Vec<usize>, Vec<usize>) {
    let mut texts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut rest_after = BTreeSet::new();
    for (index, item) in after.items.iter().enumerate().rev() {
        rest_after.insert(index);
        if (after.mask)(index, None) == Mask::Known && is_exact(item) {
            texts.entry(item.to_string()).or_default().push(index);
        }
    }
    let mut rest_before = Vec::new();
    for (index, item) in before.iter().enumerate() {
        let equal = texts.get_mut(&item.to_string()).filter(|_| is_exact(item)).and_then(Vec::pop);
        match equal {
            Some(found) => {
                rest_after.remove(&found);
            }
            None => rest_before.push(index),
        }
    }
    (rest_before, rest_after.into_iter().collect())
}

fn by_name(before: &[Value], after: &[Value], key: &str, left: &[usize], left_after: &[usize]) -> Vec<Pair> {
    let name_at = |items: &[Value], index: usize| items.get(index).and_then(|item| name(item, key));
    let mut names: BTreeMap<String, usize> =
        left_after.iter().filter_map(|index| Some((name_at(after, *index)?, *index))).collect();
    let mut pairs: Vec<Pair> = left
        .iter()
        .map(|index| match name_at(before, *index).and_then(|name| names.remove(&name)) {
            Some(found) => Pair::Both(*index, found),
            None => Pair::Removed(*index),
        })
        .collect();
    let mut added: Vec<usize> = names.into_values().collect();
    added.sort_unstable();
    pairs.extend(added.into_iter().map(Pair::Added));
    pairs
}

fn by_position(left: &[usize], left_after: &[usize]) -> Vec<Pair> {
    let both = left.iter().zip(left_after).map(|(before, after)| Pair::Both(*before, *after));
    let removed = left.iter().skip(left_after.len()).map(|index| Pair::Removed(*index));
    let added = left_after.iter().skip(left.len()).map(|index| Pair::Added(*index));
    both.chain(removed).chain(added).collect()
}

/// Whether equal text means equal value.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(Number::Inexact(_)) => false,
        Value::List(items) => items.iter().all(is_exact),
        Value::Map(map) => map.iter().all(|(_, value)| is_exact(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
