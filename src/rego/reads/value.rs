//! What a value may be: pieces of the input, things made of them, constants.
//!
//! A join of all that it may be. Must not register reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::sink::Selector;

/// Longest path that is followed; what lies deeper is read whole.
pub(super) const MAX_STEPS: usize = 14;
/// Deepest value that is followed, and most pieces of the input it may be made of.
const MAX_DEPTH: usize = 8;
const MAX_PIECES: usize = 96;

/// A piece of the input that nobody has looked at yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) path: Vec<Selector>,
    /// Keys below it that `with` replaced.
    pub(super) hidden: BTreeSet<String>,
}

/// What a value may be beside all that has a name here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    /// Nothing.
    #[default]
    Nothing,
    /// A value without elements.
    Scalar,
    /// Anything, none of it a piece of the input that is still to be read.
    Anything,
}

/// What a value may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    pub(super) origins: BTreeSet<Origin>,
    /// One of these strings.
    pub(super) strings: BTreeSet<String>,
    /// An object that has these keys.
    pub(super) fields: BTreeMap<String, Value>,
    /// An array or object with such elements.
    pub(super) items: Option<Box<Value>>,
    /// A set of such elements.
    pub(super) members: Option<Box<Value>>,
    pub(super) other: Other,
}

impl Value {
    pub(super) fn anything() -> Self {
        Self { other: Other::Anything, ..Self::default() }
    }

    pub(super) fn scalar() -> Self {
        Self { other: Other::Scalar, ..Self::default() }
    }

    pub(super) fn string(text: &str) -> Self {
        Self { strings: BTreeSet::from([text.to_owned()]), ..Self::default() }
    }

    pub(super) fn input() -> Self {
        Self::origin(Origin::default())
    }

    pub(super) fn origin(origin: Origin) -> Self {
        Self { origins: BTreeSet::from([origin]), ..Self::default() }
    }

    pub(super) fn list(items: Self) -> Self {
        Self { items: Some(Box::new(items)), ..Self::default() }
    }

    pub(super) fn set(members: Self) -> Self {
        Self { members: Some(Box::new(members)), ..Self::default() }
    }

    /// An object with one key more.
    pub(super) fn with_field(mut self, key: &str, value: Self) -> Self {
        self.fields.entry(key.to_owned()).or_default().join(value);
        self
    }

    /// An object whose keys may be what they are made of here: not only strings.
    pub(super) fn keyed_by(mut self, key: &Self) -> Self {
        if !key.is_scalar() {
            self.other = Other::Anything;
        }
        self
    }

    /// Whether nothing is known to give it a value yet.
    pub(super) fn is_unbound(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it has no elements, whatever it is.
    pub(super) fn is_scalar(&self) -> bool {
        self.origins.is_empty()
            && self.fields.is_empty()
            && self.items.is_none()
            && self.members.is_none()
            && self.other != Other::Anything
            && !self.is_unbound()
    }

    /// The strings it can be, if it can be nothing else.
    pub(super) fn constants(&self) -> Option<&BTreeSet<String>> {
        (self.is_scalar() && self.other == Other::Nothing).then_some(&self.strings)
    }

    /// Adds what another value may be.
    pub(super) fn join(&mut self, other: Self) {
        self.origins.extend(other.origins);
        self.strings.extend(other.strings);
        for (key, value) in other.fields {
            self.fields.entry(key).or_default().join(value);
        }
        for (mine, theirs) in [(&mut self.items, other.items), (&mut self.members, other.members)] {
            match (mine.as_mut(), theirs) {
                (_, None) => {}
                (Some(mine), Some(theirs)) => mine.join(*theirs),
                (None, theirs) => *mine = theirs,
            }
        }
        self.other = self.other.max(other.other);
    }

    pub(super) fn joined(mut self, other: Self) -> Self {
        self.join(other);
        self
    }

    /// The values it is made of, directly.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Self> {
        self.fields.values().chain(self.items.as_deref()).chain(self.members.as_deref())
    }

    /// What an element can be found by: its key, or itself where it is in a set.
    pub(super) fn keys(&self) -> Self {
        if self.other == Other::Anything {
            return Self::anything();
        }
        let only_fields = self.origins.is_empty()
            && self.items.is_none()
            && self.members.is_none()
            && self.other == Other::Nothing
            && !self.fields.is_empty();
        let names = Self { strings: self.fields.keys().cloned().collect(), ..Self::default() };
        let others = if only_fields { Self::default() } else { Self::scalar() };
        self.members.as_deref().cloned().unwrap_or_default().joined(names).joined(others)
    }

    /// All pieces of the input in it.
    pub(super) fn pieces(&self) -> BTreeSet<&Origin> {
        self.origins.iter().chain(self.inner().flat_map(Self::pieces)).collect()
    }

    /// Whether it is too big to be followed.
    pub(super) fn is_too_big(&self) -> bool {
        self.depth() > MAX_DEPTH || self.size() > MAX_PIECES
    }

    fn depth(&self) -> usize {
        1 + self.inner().map(Self::depth).max().unwrap_or_default()
    }

    fn size(&self) -> usize {
        self.origins.len() + self.fields.len() + self.inner().map(Self::size).sum::<usize>()
    }

    /// Whether it may be the `type` of an element of a list.
    pub(super) fn is_type(&self) -> bool {
        self.origins.iter().any(|origin| {
            matches!(origin.path.as_slice(), [.., Selector::Wildcard, Selector::Name(last)] if &**last == "type")
        })
    }
}
