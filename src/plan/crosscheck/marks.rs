//! Masks by what they mark, whatever they look like.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a mask marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marked {
    /// Nothing.
    Nothing,
    /// The whole value.
    Whole,
    /// Parts of an object.
    Keys(BTreeMap<String, Marked>),
    /// Elements of a list.
    Items(BTreeMap<usize, Marked>),
    /// No mask at all.
    Odd,
}

impl Marked {
    /// Reads a mask.
    pub(super) fn of(mask: Option<&Value>) -> Self {
        match mask {
            None | Some(Value::Null | Value::Bool(false)) => Self::Nothing,
            Some(Value::Bool(true)) => Self::Whole,
            Some(Value::Object(map)) => {
                let below = map.iter().map(|(key, mask)| (key.clone(), Self::of(Some(mask))));
                Self::keys(below.filter(|(_, mask)| *mask != Self::Nothing).collect())
            }
            Some(Value::Array(items)) => {
                let below = items.iter().enumerate().map(|(at, mask)| (at, Self::of(Some(mask))));
                Self::items(below.filter(|(_, mask)| *mask != Self::Nothing).collect())
            }
            Some(_) => Self::Odd,
        }
    }

    fn keys(below: BTreeMap<String, Self>) -> Self {
        if below.is_empty() { Self::Nothing } else { Self::Keys(below) }
    }

    fn items(below: BTreeMap<usize, Self>) -> Self {
        if below.is_empty() { Self::Nothing } else { Self::Items(below) }
    }

    /// The same without what the other marks as a whole.
    pub(super) fn without(self, other: &Self) -> Self {
        match (self, other) {
            (_, Self::Whole) => Self::Nothing,
            (Self::Keys(mine), Self::Keys(others)) => {
                let less = |(key, mask): (String, Self)| {
                    let mask = others.get(&key).map_or_else(|| mask.clone(), |other| mask.clone().without(other));
                    (key, mask)
                };
                Self::keys(mine.into_iter().map(less).filter(|(_, mask)| *mask != Self::Nothing).collect())
            }
            (Self::Items(mine), Self::Items(others)) => {
                let less = |(at, mask): (usize, Self)| {
                    let mask = others.get(&at).map_or_else(|| mask.clone(), |other| mask.clone().without(other));
                    (at, mask)
                };
                Self::items(mine.into_iter().map(less).filter(|(_, mask)| *mask != Self::Nothing).collect())
            }
            (mine, _) => mine,
        }
    }
}
