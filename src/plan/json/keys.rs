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
pub(super) struct OpenKeys<'de> {
    stack: Vec<Cow<'de, str>>,
    twice: bool,
}

/// The keys of one open object.
#[derive(Debug)]
pub(super) struct Frame<'de> {
    start: usize,
    /// One bit per key seen, by [`mark`]: most keys are new, and this tells without comparing.
    marks: u128,
    many: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> OpenKeys<'de> {
    /// Opens an object.
    pub(super) fn open(&self) -> Frame<'de> {
        Frame { start: self.stack.len(), marks: 0, many: None }
    }

    /// Notes a key of the innermost object; an error where it stands there already.
    pub(super) fn insert<E: serde::de::Error>(&mut self, frame: &mut Frame<'de>, key: Cow<'de, str>) -> Result<(), E> {
        let mark = mark(&key);
        let maybe = frame.marks & mark != 0;
        frame.marks |= mark;
        if let Some(many) = frame.many.as_mut() {
            self.twice = !many.insert(key);
        } else {
            let mine = self.stack.get(frame.start..).unwrap_or_default();
            self.twice = maybe && mine.contains(&key);
            if mine.len() == FEW {
                frame.many = Some(self.stack.drain(frame.start..).chain([key]).collect());
            } else {
                self.stack.push(key);
            }
        }
        if self.twice { Err(E::custom("a key stands twice")) } else { Ok(()) }
    }

    /// Closes the innermost object.
    pub(super) fn close(&mut self, frame: &Frame<'de>) {
        self.stack.truncate(frame.start);
    }

    /// Whether the last key stood in its object already.
    pub(super) fn found_twice(&self) -> bool {
        self.twice
    }
}

/// One of 128 bits for a key, from its length and both ends; equal keys have equal marks.
fn mark(key: &str) -> u128 {
    let bytes = key.as_bytes();
    let ends = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29),
        _ => bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ (bytes.len() as u64).rotate_left(57)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    1 << (mixed >> 57)
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

    fn insert<'de>(open: &mut OpenKeys<'de>, frame: &mut Frame<'de>, key: impl Into<Cow<'de, str>>) -> bool {
        let result: Result<(), serde::de::value::Error> = open.insert(frame, key.into());
        assert_eq!(result.is_err(), open.found_twice());
        result.is_ok()
    }

    #[test]
    fn a_key_that_stands_twice_is_seen_in_small_and_large_objects() {
        for size in [1, FEW - 1, FEW, FEW + 1, 10 * FEW] {
            let mut open = OpenKeys::default();
            let mut outer = open.open();
            assert!(insert(&mut open, &mut outer, "outer"));
            let mut inner = open.open();
            for n in 0..size {
                assert!(insert(&mut open, &mut inner, format!("k{n}")));
            }
            assert!(insert(&mut open, &mut inner, "outer"), "another object's key is no duplicate");
            assert!(!insert(&mut open, &mut inner, "k0"), "{size}");
            open.close(&inner);
            assert!(!insert(&mut open, &mut outer, "outer"));
        }
    }

    #[test]
    fn long_keys_that_share_both_ends_are_told_apart() {
        let mut open = OpenKeys::default();
        let mut frame = open.open();
        assert!(insert(&mut open, &mut frame, "configurationXconfiguration"));
        assert!(insert(&mut open, &mut frame, "configurationYconfiguration"));
        assert!(!insert(&mut open, &mut frame, "configurationXconfiguration"));
    }
}
