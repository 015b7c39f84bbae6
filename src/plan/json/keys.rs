//! Object keys while a document is read: shared strings, and the proof that none stands twice.
//!
//! Must not know what a key means.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// One `Arc<str>` per distinct key: a plan repeats a few hundred names many thousand times.
#[derive(Debug, Default)]
pub(super) struct Interner(HashSet<Arc<str>>);

impl Interner {
    /// The shared string of a key.
    pub(super) fn intern(&mut self, key: &str) -> Arc<str> {
        if let Some(known) = self.0.get(key) {
            return Arc::clone(known);
        }
        let new: Arc<str> = key.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// Number of keys up to which comparing each with each beats a hash set.
const FEW: usize = 24;

/// The keys of the objects that are open just now, innermost last: one stack, so that small objects allocate nothing.
#[derive(Debug, Default)]
pub(super) struct OpenKeys<'de>(Vec<Cow<'de, str>>);

/// The keys of one open object.
#[derive(Debug)]
pub(super) struct Frame<'de> {
    start: usize,
    many: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> OpenKeys<'de> {
    /// Opens an object.
    pub(super) fn open(&self) -> Frame<'de> {
        Frame { start: self.0.len(), many: None }
    }

    /// Notes a key of the innermost object; false where it stands there already.
    pub(super) fn insert(&mut self, frame: &mut Frame<'de>, key: Cow<'de, str>) -> bool {
        if let Some(many) = frame.many.as_mut() {
            return many.insert(key);
        }
        let mine = self.0.get(frame.start..).unwrap_or_default();
        if mine.contains(&key) {
            return false;
        }
        if mine.len() == FEW {
            frame.many = Some(self.0.drain(frame.start..).chain([key]).collect());
        } else {
            self.0.push(key);
        }
        true
    }

    /// Closes the innermost object.
    pub(super) fn close(&mut self, frame: &Frame<'de>) {
        self.0.truncate(frame.start);
    }
}

/// Reads a key, borrowed from the document unless it holds escapes.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }

    fn visit_string<E>(self, key: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_seen_in_small_and_large_objects() {
        for size in [1, FEW - 1, FEW, FEW + 1, 10 * FEW] {
            let mut open = OpenKeys::default();
            let mut outer = open.open();
            assert!(open.insert(&mut outer, "outer".into()));
            let mut inner = open.open();
            for n in 0..size {
                assert!(open.insert(&mut inner, format!("k{n}").into()));
            }
            assert!(open.insert(&mut inner, "outer".into()), "another object's key is no duplicate");
            assert!(!open.insert(&mut inner, "k0".into()), "{size}");
            open.close(&inner);
            assert!(!open.insert(&mut outer, "outer".into()));
        }
    }
}
