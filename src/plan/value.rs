//! Attribute values with their unknown and sensitive masks; redaction happens here, once.
//!
//! Owns [`Value`], [`Shadow`], paths and what may be shown. Must not know what an attribute means.

use std::fmt;
use std::sync::Arc;

use super::Change;

/// A JSON value of a resource attribute.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Box<str>),
    /// A list, set or tuple.
    List(Box<[Value]>),
    /// A map or object.
    Map(Map),
}

/// An object, sorted by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map(Box<[(Arc<str>, Value)]>);

impl Map {
    /// An object of these entries; of equal keys the last wins (the loader refuses them before).
    #[must_use]
    pub fn new(mut entries: Vec<(Arc<str>, Value)>) -> Self {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Self(entries.into_boxed_slice())
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let at = self.0.partition_point(|(k, _)| &**k <= key).checked_sub(1)?;
        self.0.get(at).filter(|(k, _)| &**k == key).map(|(_, value)| value)
    }

    /// Keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// The entries, sorted by key.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (Arc<str>, Value)> {
        self.0.into_iter()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A JSON number. Integers that fit 64 bits are exact.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// Any other number whose magnitude is below 2^53.
    Float(f64),
    /// A number that lost digits on reading; equal to nothing, not even itself.
    Inexact(f64),
}

impl Number {
    /// A number read as floating point: inexact from 2^53 on, where neighbours fall together.
    #[must_use]
    pub fn from_f64(value: f64) -> Self {
        const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
        if value.abs() < EXACT_BELOW { Self::Float(value) } else { Self::Inexact(value) }
    }

    /// Nearest floating point number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::UInt(value) => value as f64,
            Self::Float(value) | Self::Inexact(value) => value,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a == 0.0 && b == 0.0),
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => {
                a.abs() < (1 << 53) && Self::Int(a).as_f64().to_bits() == b.to_bits()
            }
            // Different kinds, and inexact numbers, which equal nothing.
            _ => false,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Inexact(value) => write!(f, "about {value:e}"),
        }
    }
}

impl Value {
    /// The value at a path; `None` where a step leads nowhere.
    #[must_use]
    pub fn at(&self, path: &[PathStep]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| value.step(step))
    }

    fn step(&self, step: &PathStep) -> Option<&Self> {
        match (self, step) {
            (Self::Map(map), PathStep::Key(key)) => map.get(key),
            (Self::List(items), PathStep::Index(index)) => items.get(usize::try_from(*index).ok()?),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A value as compact JSON-like text. Shows everything: only [`Change::display`] decides what may be shown.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::String(text) => write!(f, "{text:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key} = {value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// One step of a path. String indexes and attribute names cannot be told apart in plan JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// Attribute name or map key.
    Key(Arc<str>),
    /// List index.
    Index(u64),
}

/// A path into a resource's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttributePath(pub Vec<PathStep>);

impl fmt::Display for AttributePath {
    /// `blob_properties[0].versioning_enabled`; a key that is no identifier stands quoted in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Index(index) => write!(f, "[{index}]")?,
                PathStep::Key(key) if is_identifier(key) => write!(f, "{}{key}", if i == 0 { "" } else { "." })?,
                PathStep::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

fn is_identifier(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A mask beside a value: `true` marks a whole sub-tree, objects and lists descend.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shadow(Option<Value>);

impl Shadow {
    /// A mask as it stands in the plan.
    #[must_use]
    pub fn new(mask: Value) -> Self {
        Self(Some(mask))
    }

    /// Whether the plan has this mask at all (old Terraform has no sensitive masks).
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.0.is_some()
    }

    /// The attributes under which something may be marked, sorted; empty for a mask of another shape.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let map = match &self.0 {
            Some(Value::Map(map)) => Some(map),
            _ => None,
        };
        map.into_iter().flat_map(Map::iter).map(|(key, _)| key)
    }

    /// Whether the value at `path`, something around it or something in it is marked.
    #[must_use]
    pub fn touches(&self, path: &[PathStep]) -> bool {
        let Some(mut mask) = self.0.as_ref() else { return false };
        for step in path {
            match mask {
                Value::Bool(marked) => return *marked,
                _ => match mask.step(step) {
                    Some(next) => mask = next,
                    None => return false,
                },
            }
        }
        any_marked(mask)
    }

    /// Whether the value at `path` is marked as a whole: there, or around it.
    #[must_use]
    pub fn covers(&self, path: &[PathStep]) -> bool {
        let Some(mut mask) = self.0.as_ref() else { return false };
        for step in path {
            match mask {
                Value::Bool(marked) => return *marked,
                _ => match mask.step(step) {
                    Some(next) => mask = next,
                    None => return false,
                },
            }
        }
        matches!(mask, Value::Bool(true))
    }

    /// Every path that is marked, in the order of the mask; not what lies below a marked one.
    #[must_use]
    pub fn marked(&self) -> Vec<AttributePath> {
        let mut found = Vec::new();
        if let Some(mask) = &self.0 {
            collect_marked(mask, &mut Vec::new(), &mut found);
        }
        found
    }
}

fn collect_marked(mask: &Value, path: &mut Vec<PathStep>, found: &mut Vec<AttributePath>) {
    match mask {
        Value::Bool(true) => found.push(AttributePath(path.clone())),
        Value::List(items) => {
            for (index, item) in (0u64..).zip(items.iter()) {
                path.push(PathStep::Index(index));
                collect_marked(item, path, found);
                path.pop();
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                path.push(PathStep::Key(key.into()));
                collect_marked(item, path, found);
                path.pop();
            }
        }
        Value::Bool(false) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

fn any_marked(mask: &Value) -> bool {
    match mask {
        Value::Bool(marked) => *marked,
        Value::List(items) => items.iter().any(any_marked),
        Value::Map(map) => map.iter().any(|(_, value)| any_marked(value)),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// One side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The object as it is.
    Before,
    /// The object as planned.
    After,
}

/// What a plan says about an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'a> {
    /// The attribute is not there.
    Absent,
    /// Its value is known (also when it is `null`, and when it is sensitive).
    Known(&'a Value),
    /// Known only after apply, wholly or in part: "maybe", never "no".
    Unknown,
}

/// Parts of an attribute name that mean its value is a secret, whatever the masks say.
const SECRET_NAME_PARTS: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "token",
    "connection_string",
    "credential",
    "private_key",
    "access_key",
    "sas_url",
];

/// Whether an attribute or variable name says that the value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAME_PARTS.iter().any(|part| name.contains(part))
        || (name.ends_with("_key") && !name.ends_with("public_key"))
}

impl Change {
    /// What the plan says about the attribute at `path` on one side.
    #[must_use]
    pub fn lookup(&self, side: Side, path: &[PathStep]) -> Lookup<'_> {
        if side == Side::After && self.after_unknown.touches(path) {
            return Lookup::Unknown;
        }
        let value = match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        };
        value.at(path).map_or(Lookup::Absent, Lookup::Known)
    }

    /// Whether the value at `path` may not be shown: it is marked sensitive on either side, has a secret-like name
    /// on its path, or the plan has no sensitive mask for that side. A mark that comes or goes says nothing of the
    /// value: the old password is none the less one.
    #[must_use]
    pub fn is_secret(&self, side: Side, path: &[PathStep]) -> bool {
        let (shadow, other) = match side {
            Side::Before => (&self.before_sensitive, &self.after_sensitive),
            Side::After => (&self.after_sensitive, &self.before_sensitive),
        };
        !shadow.is_present()
            || shadow.touches(path)
            || other.touches(path)
            || path.iter().any(|step| matches!(step, PathStep::Key(key) if is_secret_name(key)))
            || match self.lookup(side, path) {
                Lookup::Known(value) => holds_secret_name(value) || self.holds_marked(value),
                Lookup::Absent | Lookup::Unknown => false,
            }
    }

    /// The path as it may be shown: it ends where everything is sensitive, for keys of a secret map are secret.
    #[must_use]
    pub fn shown_path(&self, path: &[PathStep]) -> AttributePath {
        let is_covered = |start: &[PathStep]| self.before_sensitive.covers(start) || self.after_sensitive.covers(start);
        // The first step is an attribute of the type, whatever is marked.
        let mut starts = (1..=path.len()).filter_map(|end| path.get(..end));
        AttributePath(starts.find(|start| is_covered(start)).unwrap_or(path).to_vec())
    }

    /// Whether a string in `value` holds, as a part of it, what the object marks elsewhere: a provider that builds a
    /// URL of a password does not always mark both. Strings under six characters are not looked for, as nowhere
    /// ([`super::mask::Masker`]), and what equals a marked one is shown elsewhere in the open.
    fn holds_marked(&self, value: &Value) -> bool {
        let sides = [(&self.before, &self.before_sensitive), (&self.after, &self.after_sensitive)];
        sides.into_iter().any(|(object, mask)| {
            mask.marked().iter().filter_map(|path| object.at(&path.0)).any(|secret| holds_part(value, secret))
        })
    }

    /// The value at `path` as text that may be shown: `(sensitive)`, `(known after apply)`, `(absent)` or the
    /// value itself, shortened.
    #[must_use]
    pub fn display(&self, side: Side, path: &[PathStep]) -> String {
        const MAX: usize = 120;
        if self.is_secret(side, path) {
            return "(sensitive)".to_owned();
        }
        match self.lookup(side, path) {
            Lookup::Absent => "(absent)".to_owned(),
            Lookup::Unknown => "(known after apply)".to_owned(),
            Lookup::Known(value) => crate::text::truncate(&value.to_string(), MAX).into_owned(),
        }
    }
}

/// Whether some string in `value` has one in `secret` as a proper part.
fn holds_part(value: &Value, secret: &Value) -> bool {
    const MIN_CHARS: usize = 6;
    match (value, secret) {
        (_, Value::List(items)) => items.iter().any(|item| holds_part(value, item)),
        (_, Value::Map(map)) => map.iter().any(|(_, item)| holds_part(value, item)),
        (Value::List(items), _) => items.iter().any(|item| holds_part(item, secret)),
        (Value::Map(map), _) => map.iter().any(|(_, item)| holds_part(item, secret)),
        (Value::String(text), Value::String(secret)) => {
            secret.chars().count() >= MIN_CHARS && text.len() > secret.len() && text.contains(&**secret)
        }
        _ => false,
    }
}

fn holds_secret_name(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.iter().any(|(key, value)| is_secret_name(key) || holds_secret_name(value)),
        Value::List(items) => items.iter().any(holds_secret_name),
        _ => false,
    }
}
