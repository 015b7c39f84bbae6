//! Finds any of many strings in a text.
//!
//! A sorted list, not an automaton: an old plan has every string of tens of megabytes as a secret, and texts
//! are short. Each position costs one look-up in the list; memory is that of the strings.

use std::collections::{BTreeSet, HashSet};

/// Every pattern is at least this long, in bytes (and characters).
const MIN_BYTES: usize = 6;

/// Longer strings are searched in pieces, which bounds the work per position.
const PIECE_BYTES: usize = 1024;

#[derive(Clone, Default)]
pub(super) struct Matcher {
    /// Sorted, without duplicates.
    patterns: Vec<Box<str>>,
    /// For each pattern the longest other one that it starts with.
    parents: Vec<Option<usize>>,
    /// The first bytes of the patterns: most positions end here.
    starts: HashSet<[u8; MIN_BYTES]>,
}

impl Matcher {
    pub(super) fn new(strings: impl IntoIterator<Item = String>) -> Self {
        let pieces: BTreeSet<Box<str>> = strings.into_iter().flat_map(pieces).collect();
        let patterns: Vec<Box<str>> = pieces.into_iter().filter(|piece| piece.len() >= MIN_BYTES).collect();
        let starts = patterns.iter().filter_map(|pattern| start(pattern)).collect();
        Self { parents: parents(&patterns), patterns, starts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// `text` with all that any pattern covers replaced; what overlaps or touches is replaced once.
    pub(super) fn replace(&self, text: &str, by: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut covered_to: Option<usize> = None;
        for (at, _) in text.char_indices() {
            let Some(len) = text.get(at..).and_then(|rest| self.longest_start(rest)) else { continue };
            if covered_to.is_none_or(|end| end < at) {
                out.push_str(text.get(covered_to.unwrap_or(0)..at).unwrap_or_default());
                out.push_str(by);
            }
            covered_to = covered_to.max(Some(at + len));
        }
        out.push_str(text.get(covered_to.unwrap_or(0)..).unwrap_or_default());
        out
    }

    /// The length of the longest pattern that `text` starts with.
    fn longest_start(&self, text: &str) -> Option<usize> {
        if !self.starts.contains(&start(text)?) {
            return None;
        }
        // The patterns that `text` starts with are the last one not after `text`, or what that one starts with.
        let mut candidate = self.patterns.partition_point(|pattern| **pattern <= *text).checked_sub(1);
        while let Some(index) = candidate {
            let pattern = self.patterns.get(index)?;
            if text.starts_with(&**pattern) {
                return Some(pattern.len());
            }
            candidate = self.parents.get(index).copied().flatten();
        }
        None
    }
}

fn start(text: &str) -> Option<[u8; MIN_BYTES]> {
    text.as_bytes().first_chunk().copied()
}

/// In sorted order, what a string starts with comes before it: a stack holds the chain.
fn parents(patterns: &[Box<str>]) -> Vec<Option<usize>> {
    let mut chain: Vec<(usize, &str)> = Vec::new();
    let mut parents = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().enumerate() {
        while chain.pop_if(|(_, last)| !pattern.starts_with(&**last)).is_some() {}
        parents.push(chain.last().map(|(parent, _)| *parent));
        chain.push((index, pattern));
    }
    parents
}

/// The string, or the pieces of a long one; none is short.
fn pieces(text: String) -> Vec<Box<str>> {
    if text.len() <= 2 * PIECE_BYTES {
        return vec![text.into()];
    }
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while rest.len() > 2 * PIECE_BYTES {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        pieces.push(piece.into());
        rest = after;
    }
    pieces.push(rest.into());
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher(strings: &[&str]) -> Matcher {
        Matcher::new(strings.iter().map(|s| (*s).to_owned()))
    }

    #[test]
    fn the_longest_wins_and_overlaps_leave_no_remainder() {
        let matcher = matcher(&["abcdef", "abcdefgh", "abcdefzz", "cdefghij", "secret"]);
        assert_eq!(matcher.replace("xabcdefghx", "*"), "x*x");
        assert_eq!(matcher.replace("abcdefg abcdef", "*"), "*g *");
        assert_eq!(matcher.replace("abcdefghij!", "*"), "*!");
        assert_eq!(matcher.replace("abcdefsecretabcdefzz.", "*"), "*.");
        assert_eq!(matcher.replace("abcde", "*"), "abcde");
    }

    #[test]
    fn a_long_string_is_found_whole() {
        let long: String = ('a'..='z').cycle().take(10_000).chain("ü".repeat(3_000).chars()).collect();
        let matcher = matcher(&[&long]);
        assert!(matcher.patterns.iter().all(|piece| (PIECE_BYTES - 4..=2 * PIECE_BYTES).contains(&piece.len())));
        assert_eq!(matcher.replace(&format!("<{long}>"), "*"), "<*>");
    }

    #[test]
    fn deep_chains_and_repetitive_texts_end_soon() {
        let strings: Vec<String> = (6..1_000).map(|n| "a".repeat(n) + "b").collect();
        let matcher = Matcher::new(strings);
        let text = "a".repeat(100_000);
        assert_eq!(matcher.replace(&text, "*"), text);
    }

    /// What `replace` must do, told slowly.
    fn covered(text: &str, strings: &[String]) -> Vec<bool> {
        let mut covered = vec![false; text.len()];
        for string in strings {
            for at in 0..text.len() {
                if text.as_bytes()[at..].starts_with(string.as_bytes()) {
                    covered[at..at + string.len()].fill(true);
                }
            }
        }
        covered
    }

    proptest! {
        #[test]
        fn exactly_the_covered_bytes_go(text in "[abü]{0,40}", strings in proptest::collection::vec("[abü]{6,9}", 0..6)) {
            let covered = covered(&text, &strings);
            let kept: Vec<u8> = text.bytes().zip(&covered).filter(|(_, covered)| !**covered).map(|(b, _)| b).collect();
            let masked = Matcher::new(strings).replace(&text, "*");
            prop_assert_eq!(masked.replace('*', "").into_bytes(), kept);
            prop_assert_eq!(masked.contains("**"), false);
        }
    }
}
