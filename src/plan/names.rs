//! The names in a plan that people chose: addresses and their parts, and what identifies objects at the provider.
//!
//! Finds them in text, so that a report can be written without them. They leave this module only through
//! [`Names::replace`], which hands each to whoever makes the token in its place.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Bound;

use super::{Plan, ResourceChange, Value};
use crate::address::{Address, InstanceKey};

/// Shortest name that is looked for by itself, in bytes; shorter ones are in too many words.
const SHORTEST: usize = 3;
/// Names so common that they tell nothing.
const COMMON: [&str; 8] = ["this", "main", "default", "self", "example", "current", "primary", "name"];
/// Attributes whose values name an object, and endings of such attributes.
const IDENTIFYING: [&str; 7] = ["name", "id", "arn", "bucket", "fqdn", "hostname", "endpoint"];
const ENDINGS: [&str; 7] = ["_name", "_id", "_arn", "_prefix", "_identifier", "_uri", "_endpoint"];

/// The names of one or more plans.
#[derive(Clone, Default)]
pub struct Names(BTreeSet<String>);

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(..)")
    }
}

impl Names {
    /// The names in a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut names = Self::default();
        let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
        for change in plan.changes.iter().flatten().chain(&plan.drift).chain(deferred) {
            names.change(change);
        }
        for instance in plan.prior_instances.iter().flatten() {
            names.address(&instance.address);
            names.values(&instance.values);
            instance.depends_on.iter().for_each(|address| names.address(&Address::new(address.clone())));
        }
        for action in plan.action_invocations.iter().chain(&plan.deferred_action_invocations) {
            names.address(&Address::new(action.address.as_str()));
        }
        names
    }

    /// Takes in the names of another plan.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn change(&mut self, change: &ResourceChange) {
        self.address(&change.address);
        change.previous_address.iter().for_each(|address| self.address(address));
        self.values(&change.change.before);
        self.values(&change.change.after);
    }

    fn address(&mut self, address: &Address) {
        self.0.insert(address.as_str().to_owned());
        self.0.insert(address.config_address());
        let Ok(parts) = address.parts() else { return };
        let mut module = String::new();
        for step in &parts.modules {
            let dot = if module.is_empty() { "" } else { "." };
            module = format!("{module}{dot}{step}");
            self.0.insert(module.clone());
            self.word(&step.name);
            step.key.iter().for_each(|key| self.key(key));
        }
        self.word(&parts.name);
        parts.key.iter().for_each(|key| self.key(key));
    }

    fn key(&mut self, key: &InstanceKey) {
        if let InstanceKey::Str(text) = key {
            self.word(text.value());
        }
    }

    fn values(&mut self, object: &Value) {
        let Value::Map(map) = object else { return };
        for (key, value) in map.iter() {
            let identifies = IDENTIFYING.contains(&key) || ENDINGS.iter().any(|ending| key.ends_with(ending));
            if let (true, Some(text)) = (identifies, value.as_str()) {
                self.word(text);
            }
        }
    }

    fn word(&mut self, word: &str) {
        if word.len() >= SHORTEST && !COMMON.contains(&word) {
            self.0.insert(word.to_owned());
        }
    }

    /// The text with every name, and every text in double quotes, replaced by what `token` makes of it.
    pub fn replace(&self, text: &str, token: &impl Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let starts = !(is_word(before) && is_word(c));
            let length = if let Some(length) = self.longest(rest).filter(|_| starts) {
                out.push_str(&token(rest.get(..length).unwrap_or_default()));
                length
            } else {
                out.push(c);
                c.len_utf8()
            };
            let (done, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            before = done.chars().next_back().unwrap_or(' ');
            rest = after;
        }
        without_quotations(&out, token)
    }

    /// The length of the longest name that the text starts with, and that ends where a word does.
    fn longest(&self, text: &str) -> Option<usize> {
        let mut limit = text;
        loop {
            let candidate = self.0.range::<str, _>((Bound::Unbounded, Bound::Included(limit))).next_back()?;
            let shared = candidate.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
            let ends = || {
                let last = candidate.chars().next_back().is_some_and(is_word);
                !(last && text.get(shared..).and_then(|rest| rest.chars().next()).is_some_and(is_word))
            };
            if shared == candidate.len() && shared > 0 && ends() {
                return Some(shared);
            }
            let shorter = text.floor_char_boundary(shared.min(candidate.len().saturating_sub(1)));
            limit = text.get(..shorter).filter(|text| !text.is_empty())?;
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Values stand in double quotes in messages of built-in rules.
fn without_quotations(text: &str, token: &impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        let Some(end) = closing(after) else {
            // What is never closed is taken as quoted to its end.
            out.push_str(&token(after));
            return out;
        };
        out.push_str(&token(after.get(..end).unwrap_or_default()));
        rest = after.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Where the quotation ends, given what follows its start.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The text with everything that reads as a resource address replaced by what `token` makes of it; for text about which no
/// plan tells the names.
pub fn replace_addresses(text: &str, token: &impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut word, mut quoted) = (String::new(), false);
    let is_address = |word: &str| {
        let parts = Address::new(word).parts();
        parts.is_ok_and(|parts| parts.resource_type.contains('_') || !parts.modules.is_empty())
    };
    let flush = |out: &mut String, word: &mut String| {
        let bare = word.trim_end_matches(['.', ':']);
        if is_address(bare) {
            out.push_str(&token(bare));
            out.push_str(word.get(bare.len()..).unwrap_or_default());
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for c in text.chars() {
        quoted ^= c == '"';
        if !quoted && (c.is_whitespace() || "`,;()<>'".contains(c)) {
            flush(&mut out, &mut word);
            out.push(c);
        } else {
            word.push(c);
        }
    }
    flush(&mut out, &mut word);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Names {
        Names(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn token(name: &str) -> String {
        format!("<{}>", name.len())
    }

    #[test]
    fn the_longest_name_goes_where_it_is_a_word() {
        let names = names(&["aws_s3_bucket.logs", "aws_s3_bucket.logs[\"eu west\"]", "logs", "eu west", "log"]);
        let of = |text: &str| names.replace(text, &token);
        assert_eq!(of("aws_s3_bucket.logs[\"eu west\"] goes"), "<29> goes");
        assert_eq!(of("aws_s3_bucket.logs[0], logs-prod, blogs, logs_x"), "<18>[0], <4>-prod, blogs, logs_x");
        assert_eq!(of("changes (\"a\\\"b\" → \"c\")"), "changes (<4> → <1>)");
        assert_eq!(of("open \"never closed"), "open <12>");
        assert_eq!(of("äö log"), "äö <3>");
    }

    #[test]
    fn what_reads_as_an_address_goes_without_a_plan() {
        let of = |text: &str| replace_addresses(text, &token);
        assert_eq!(
            of("`module.a[\"x y\"].aws_s3_bucket.b` in plangate.toml: aws_s3_bucket.c."),
            "`<31>` in plangate.toml: <15>."
        );
    }
}
