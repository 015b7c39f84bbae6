//! Sorts the strings of a plan: secret, or shown in the open.
//!
//! Judges entries (changes, resources, outputs, variables) as trees, because masks stand beside values. An
//! unexpected shape is never an error, and where it leaves doubt the string is a secret.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::super::value::is_secret_name;
use crate::address::{Address, InstanceKey};

/// Shorter strings are too common to be taken out of a text.
const MIN_CHARS: usize = 6;

/// Shorter lines of a secret say too little, and too often stand elsewhere.
const MIN_LINE_CHARS: usize = 12;

/// Larger JSON inside a secret is masked as a whole only.
const MAX_INNER_JSON: usize = 1 << 20;

/// What the strings of a document are.
#[derive(Default)]
pub(super) struct Collector {
    secrets: BTreeSet<String>,
    /// 128-bit digests of what stands in the open: most strings of a plan, so not the strings themselves.
    shown: HashSet<[u64; 2]>,
}

fn is_long(text: &str, chars: usize) -> bool {
    text.chars().nth(chars - 1).is_some()
}

fn digest(text: &str) -> [u64; 2] {
    [0_u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        (salt, text).hash(&mut hasher);
        hasher.finish()
    })
}

impl Collector {
    pub(super) fn secret(&mut self, text: &str) {
        if is_long(text, MIN_CHARS) && !self.secrets.contains(text) {
            self.secrets.insert(text.to_owned());
        }
    }

    pub(super) fn show(&mut self, text: &str) {
        if is_long(text, MIN_CHARS) {
            self.shown.insert(digest(text));
        }
    }

    pub(super) fn show_address(&mut self, text: &str) {
        self.show(text);
        let address = Address::new(text);
        let Ok(parts) = address.parts() else {
            text.split(['.', '[', ']', '"']).for_each(|word| self.show(word));
            return;
        };
        self.show(&address.config_address());
        self.show(&format!("{}.{}", parts.resource_type, parts.name));
        self.show(&parts.resource_type);
        self.show(&parts.name);
        let names = parts.modules.iter().map(|module| (module.name.as_str(), &module.key));
        for (name, key) in names.chain([(parts.name.as_str(), &parts.key)]) {
            self.show(name);
            if let Some(InstanceKey::Str(key)) = key {
                self.show(key.value());
            }
        }
    }

    pub(super) fn show_provider(&mut self, text: &str) {
        self.show(text);
        text.split('/').chain(text.split(['/', '.'])).for_each(|word| self.show(word));
    }

    /// The strings under secret-like names, the value's own among them.
    pub(super) fn named(&mut self, name: &str, value: &Value) {
        self.leaves(value, is_secret_name(name));
    }

    /// All strings in a value, or only those under a secret-like name.
    fn leaves(&mut self, value: &Value, secret: bool) {
        match value {
            Value::String(text) if secret => self.secret(text),
            Value::Array(items) => items.iter().for_each(|item| self.leaves(item, secret)),
            Value::Object(map) => map.iter().for_each(|(key, value)| self.leaves(value, secret || is_secret_name(key))),
            _ => {}
        }
    }

    /// The strings of a value beside its masks.
    fn masked(&mut self, value: &Value, masks: Masks<'_>) {
        match value {
            Value::String(text) if masks.is_secret() => self.secret(text),
            Value::String(text) if masks.shows => self.show(text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.masked(item, masks.at(|mask| mask.as_array().map(|items| items.get(index))));
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let mut inner = masks.at(|mask| mask.as_object().map(|map| map.get(key)));
                    inner.secret_name |= is_secret_name(key);
                    self.masked(value, inner);
                }
            }
            _ => {}
        }
    }

    /// One side of something: its values and their mask. Without a mask every string is a secret.
    fn side(&mut self, owner: &Value, [value, mask]: [&str; 2], masks: Masks<'_>) {
        let Some(value) = owner.get(value) else { return };
        match owner.get(mask) {
            None | Some(Value::Null) => self.leaves(value, true),
            sensitive => self.masked(value, Masks { sensitive, ..masks }),
        }
    }

    /// What is marked on one side is secret on both: the mark says what the attribute is.
    fn change(&mut self, change: &Value, name: &str) {
        let mark = |key: &str| change.get(key).filter(|mask| !mask.is_null());
        let masks = Masks { secret_name: is_secret_name(name), shows: true, ..Masks::default() };
        self.side(change, ["before", "before_sensitive"], Masks { other: mark("after_sensitive"), ..masks });
        if let Some(config) = change.get("generated_config").and_then(Value::as_str) {
            self.configuration(config);
        }
        let masks = Masks { unknown: change.get("after_unknown"), other: mark("before_sensitive"), ..masks };
        self.side(change, ["after", "after_sensitive"], masks);
    }

    /// Configuration that Terraform wrote for an imported object: the text, and the literals on its lines.
    fn configuration(&mut self, text: &str) {
        self.secret(text);
        for line in text.lines() {
            let quoted = line.split_once('=').and_then(|(_, value)| value.split_once('"'));
            if let Some((literal, _)) = quoted.and_then(|(_, rest)| rest.rsplit_once('"')) {
                self.secret(literal);
            }
        }
    }

    /// The fields that say what something is and where.
    fn identity(&mut self, entry: &Value) {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        for key in ["address", "previous_address"] {
            self.show_address(text(key));
        }
        for key in ["module_address", "type", "name", "index", "deposed"] {
            self.show(text(key));
        }
        self.show_provider(text("provider_name"));
    }

    pub(super) fn entry(&mut self, entry: Entry, name: &str, value: &Value) {
        match entry {
            Entry::ResourceChange => {
                self.identity(value);
                self.change(part(value, "change"), "");
            }
            Entry::Deferred => {
                self.entry(Entry::ResourceChange, name, part(value, "resource_change"));
            }
            Entry::DeferredAction => {
                self.entry(Entry::Action, name, part(value, "action_invocation"));
            }
            Entry::Action => {
                self.identity(value);
                self.side(value, ["config_values", "config_sensitive"], Masks::default());
            }
            Entry::OutputChange => self.change(value, name),
            Entry::Variable => self.leaves(value, true),
            Entry::StateResource => {
                self.identity(value);
                self.side(value, ["values", "sensitive_values"], Masks::default());
            }
            Entry::StateOutput => {
                let open = value.get("sensitive").and_then(Value::as_bool) == Some(false) && !is_secret_name(name);
                self.leaves(part(value, "value"), !open);
            }
        }
    }

    /// All secrets in all spellings that a message may carry.
    pub(super) fn into_secrets(self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for secret in self.secrets.iter().filter(|secret| !self.is_shown(secret)) {
            for text in [secret.clone()].into_iter().chain(inner_secrets(secret)) {
                if is_long(&text, MIN_CHARS) && !self.is_shown(&text) {
                    all.extend(spellings(&text));
                    all.insert(text);
                }
            }
        }
        all
    }

    fn is_shown(&self, text: &str) -> bool {
        self.shown.contains(&digest(text))
    }
}

/// A part of an entry; `null` where it is absent.
fn part<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// What gives a secret away though it is not the whole of it.
fn inner_secrets(secret: &str) -> Vec<String> {
    let mut inner = vec![secret.trim().to_owned()];
    if secret.contains('\n') {
        inner.extend(secret.lines().map(str::trim).filter(|line| is_long(line, MIN_LINE_CHARS)).map(str::to_owned));
    }
    if secret.trim_start().starts_with(['{', '[']) && secret.len() <= MAX_INNER_JSON {
        let mut strings = Collector::default();
        strings.leaves(&serde_json::from_str(secret).unwrap_or_default(), true);
        inner.extend(strings.secrets);
    }
    inner
}

/// The text as JSON (also as Go writes it, with `<`, `>` and `&` escaped) and Rust quote it, where that differs.
fn spellings(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    let go = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let rust = format!("{text:?}");
    let unquoted = [json, go, rust].map(|quoted| quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned());
    unquoted.into_iter().filter(|spelling| spelling != text).collect()
}

/// Masks beside a value, followed step by step.
#[derive(Clone, Copy, Default)]
struct Masks<'a> {
    sensitive: Option<&'a Value>,
    /// That of the other side of a change.
    other: Option<&'a Value>,
    unknown: Option<&'a Value>,
    secret_name: bool,
    /// Whether unmarked values count as shown in the open.
    shows: bool,
}

static MARKED: Value = Value::Bool(true);

impl<'a> Masks<'a> {
    /// The masks of an element; `step` is `None` where the mask has another shape than the value.
    fn at(&self, step: impl Fn(&'a Value) -> Option<Option<&'a Value>>) -> Self {
        let follow = |mask: Option<&'a Value>| match mask {
            None | Some(Value::Bool(_)) => mask,
            Some(mask) if is_unmarked(mask) => None,
            Some(mask) => step(mask).unwrap_or(Some(&MARKED)),
        };
        let unknown = follow(self.unknown);
        let shows = self.shows && unknown != Some(&MARKED);
        Self { sensitive: follow(self.sensitive), other: follow(self.other), unknown, shows, ..*self }
    }

    fn is_secret(&self) -> bool {
        let marks = [self.sensitive, self.other];
        self.secret_name || marks.into_iter().flatten().any(|mask| !is_unmarked(mask))
    }
}

fn is_unmarked(mask: &Value) -> bool {
    match mask {
        Value::Bool(marked) => !marked,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// The parts of a document that are judged as trees.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    ResourceChange,
    Deferred,
    Action,
    DeferredAction,
    OutputChange,
    Variable,
    StateResource,
    StateOutput,
}
