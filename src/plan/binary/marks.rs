//! Which parts of a value are sensitive, as paths say it.
//!
//! Errs on the side of secrecy: a step that cannot be followed for want of a type marks what it would lead into.

use std::collections::BTreeMap;

use super::value::Dynamic;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// An attribute, or a key of a map. In a list it can only be an element of a set.
    Key(String),
    /// A place in a list.
    Index(u64),
    /// An element of a set, which stands in no order that is known here.
    Other,
}

/// The marks on a value and below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    all: bool,
    /// Some path goes on to an element of a set.
    some_element: bool,
    keys: BTreeMap<String, Marks>,
    items: BTreeMap<u64, Marks>,
}

impl Marks {
    /// Marks of these paths.
    pub(super) fn of(paths: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let mut marks = Self::default();
        marks.extend(paths);
        marks
    }

    /// Adds marks of these paths.
    pub(super) fn extend(&mut self, paths: impl IntoIterator<Item = Vec<Step>>) {
        for path in paths {
            self.add(path);
        }
    }

    /// The mark of everything.
    pub(super) fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    fn add(&mut self, path: Vec<Step>) {
        let mut at = self;
        for step in path {
            at = match step {
                Step::Key(key) => at.keys.entry(key).or_default(),
                Step::Index(index) => at.items.entry(index).or_default(),
                Step::Other => {
                    at.some_element = true;
                    return;
                }
            };
        }
        at.all = true;
    }

    /// Whether the value they are on is sensitive as a whole.
    pub(super) fn covers(&self, value: &Dynamic<'_>) -> bool {
        self.all
            || match value {
                Dynamic::List(items) => {
                    let outside = |at: &u64| usize::try_from(*at).map_or(true, |at| at >= items.len());
                    self.some_element || !self.keys.is_empty() || self.items.keys().any(outside)
                }
                Dynamic::Map(_) => self.some_element,
                _ => false,
            }
    }

    /// The marks on an element of a list.
    pub(super) fn item(&self, at: usize) -> Option<&Self> {
        self.items.get(&u64::try_from(at).ok()?)
    }

    /// The marks on a value of an object.
    pub(super) fn key(&self, key: &str) -> Option<&Self> {
        self.keys.get(key)
    }
}
