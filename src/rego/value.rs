//! Values between the engine and the rest: the input that policies read, and results as JSON.
//!
//! Must not know plans; what stands in an input is the caller's business.

mod build;

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::Value;

use crate::plan::sink::DocumentSink;
use crate::text;

pub use build::{Builder, Unrepresentable};

/// A document for policies; opaque, immutable, cheap to clone and to extend.
#[derive(Debug, Clone)]
pub struct Input(pub(super) Value);

impl Input {
    /// The same document as a JSON value. Numbers beyond 64 bits become the nearest `f64`.
    pub fn from_json(value: &serde_json::Value) -> Self {
        let mut sink = InputSink;
        Self::from_json_with(&mut sink, value)
    }

    fn from_json_with(sink: &mut InputSink, value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => sink.null(),
            serde_json::Value::Bool(value) => sink.bool(*value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => sink.int(value),
                (None, Some(value)) => sink.uint(value),
                (None, None) => sink.float(number.as_f64().unwrap_or_default()),
            },
            serde_json::Value::String(text) => sink.string(text),
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|item| Self::from_json_with(sink, item)).collect();
                sink.array(items)
            }
            serde_json::Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), Self::from_json_with(sink, value)))
                    .collect();
                sink.object(entries)
            }
        }
    }

    /// No document: whatever is read of it is undefined.
    #[must_use]
    pub const fn undefined() -> Self {
        Self(Value::Undefined)
    }

    /// The empty object.
    #[must_use]
    pub fn object() -> Self {
        Self(Value::new_object())
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self(Value::from(items.into_iter().map(|item| item.0).collect::<Vec<_>>()))
    }

    /// The elements, where it is a list.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        let Value::Array(items) = &self.0 else { return Vec::new() };
        items.iter().cloned().map(Self).collect()
    }

    /// The value under a top-level key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        let Value::Object(object) = &self.0 else { return None };
        object.get(&Value::from(key)).cloned().map(Self)
    }

    /// The entries of an object whose keys are strings, sorted; none of anything else.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Self)> {
        let Value::Object(object) = &self.0 else { return Vec::new() };
        let entry = |(key, value): (&Value, &Value)| match key {
            Value::String(key) => Some((key.to_string(), Self(value.clone()))),
            _ => None,
        };
        object.iter_sorted().filter_map(entry).collect()
    }

    /// The string it is.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match &self.0 {
            Value::String(text) => Some(text.to_string()),
            _ => None,
        }
    }

    /// The same object, where the list under a top-level key keeps only the objects in which `field` is `text`.
    #[must_use]
    pub fn with_only(&self, key: &str, field: &str, text: &str) -> Self {
        let Value::Object(object) = &self.0 else { return self.clone() };
        let Some(Value::Array(items)) = object.get(&Value::from(key)) else { return self.clone() };
        let (field, text) = (Value::from(field), Value::from(text));
        let is_meant = |item: &&Value| matches!(item, Value::Object(item) if item.get(&field) == Some(&text));
        let kept: Vec<Value> = items.iter().filter(is_meant).cloned().collect();
        self.with(key, Self(Value::from(kept)))
    }

    /// The same object with one top-level key added or replaced; everything below is shared. A document that
    /// is no object becomes one that has only this key.
    #[must_use]
    pub fn with(&self, key: &str, value: Self) -> Self {
        let mut entries: BTreeMap<Value, Value> = match &self.0 {
            Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            _ => BTreeMap::new(),
        };
        entries.insert(Value::String(Arc::from(key)), value.0);
        Self(Value::from(entries))
    }
}

/// Builds an [`Input`] while the document is being read, without an intermediate tree. Keys and short strings
/// that recur arrive shared from the loader; nothing is copied twice.
#[derive(Debug, Clone, Copy, Default)]
pub struct InputSink;

impl DocumentSink for InputSink {
    type Node = Input;

    fn null(&mut self) -> Input {
        Input(Value::Null)
    }

    fn bool(&mut self, value: bool) -> Input {
        Input(Value::Bool(value))
    }

    fn int(&mut self, value: i64) -> Input {
        Input(Value::from(value))
    }

    fn uint(&mut self, value: u64) -> Input {
        Input(Value::from(value))
    }

    fn float(&mut self, value: f64) -> Input {
        Input(Value::from(value))
    }

    fn string(&mut self, value: &str) -> Input {
        Input(Value::String(Arc::from(value)))
    }

    fn array(&mut self, items: Vec<Input>) -> Input {
        Input::list(items)
    }

    fn object(&mut self, entries: Vec<(Arc<str>, Input)>) -> Input {
        let entries: BTreeMap<Value, Value> =
            entries.into_iter().map(|(key, value)| (Value::String(key), value.0)).collect();
        Input(Value::from(entries))
    }
}

/// How much of a result is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    pub(super) max_items: usize,
    pub(super) max_bytes: usize,
}

/// A result as JSON: sets become arrays, keys that are no strings become their JSON text.
///
/// # Errors
/// A sentence when the result has more items or bytes than allowed.
pub(super) fn to_json(value: &Value, caps: Caps) -> Result<serde_json::Value, String> {
    let mut meter = Meter { items: 0, bytes: 0, caps };
    meter.convert(value)
}

/// Most characters of a value that is shown to people.
const MAX_SHOWN: usize = 300;

/// A value in Rego's notation, for people: unlike in JSON a set does not look like an array. Cut where it is long.
pub(super) fn to_rego(value: &Value) -> String {
    let mut out = String::new();
    write_rego(value, &mut out);
    text::truncate(&out, MAX_SHOWN).into_owned()
}

fn write_rego(value: &Value, out: &mut String) {
    // What is cut anyway is not written.
    if out.len() > 4 * MAX_SHOWN {
        return;
    }
    match value {
        Value::Undefined => out.push_str("undefined"),
        Value::Array(items) => list(items.iter(), ["[", "]"], out),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => list(items.iter(), ["{", "}"], out),
        Value::Object(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter_sorted().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_rego(key, out);
                out.push_str(": ");
                write_rego(value, out);
            }
            out.push('}');
        }
        Value::Number(number) => out.push_str(&number.format_decimal()),
        scalar => out.push_str(&scalar.to_json_str().unwrap_or_default()),
    }
}

fn list<'a>(items: impl Iterator<Item = &'a Value>, [open, close]: [&str; 2], out: &mut String) {
    out.push_str(open);
    for (at, item) in items.enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        write_rego(item, out);
    }
    out.push_str(close);
}

struct Meter {
    items: usize,
    bytes: usize,
    caps: Caps,
}

impl Meter {
    fn count_item(&mut self) -> Result<(), String> {
        self.items += 1;
        if self.items > self.caps.max_items {
            return Err(format!("the result has more than {} items", self.caps.max_items));
        }
        // The brackets, quotes and commas around a value.
        self.count_bytes(2)
    }

    fn count_bytes(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.caps.max_bytes {
            return Err(format!("the result has more than {} bytes", self.caps.max_bytes));
        }
        Ok(())
    }

    fn convert(&mut self, value: &Value) -> Result<serde_json::Value, String> {
        self.count_item()?;
        Ok(match value {
            Value::Null | Value::Undefined => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Number(_) => {
                self.count_bytes(8)?;
                number_to_json(value)
            }
            Value::String(text) => {
                self.count_bytes(text.len())?;
                serde_json::Value::String(text.to_string())
            }
            Value::Array(items) => {
                serde_json::Value::Array(items.iter().map(|item| self.convert(item)).collect::<Result<_, _>>()?)
            }
            Value::Set(items) => {
                serde_json::Value::Array(items.iter().map(|item| self.convert(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => {
                let mut object = serde_json::Map::new();
                for (key, value) in entries.iter_sorted() {
                    let key = match key {
                        Value::String(text) => text.to_string(),
                        other => self.convert(other)?.to_string(),
                    };
                    self.count_bytes(key.len())?;
                    object.insert(key, self.convert(value)?);
                }
                serde_json::Value::Object(object)
            }
        })
    }
}

fn number_to_json(value: &Value) -> serde_json::Value {
    let Value::Number(number) = value else { return serde_json::Value::Null };
    if let Some(value) = number.as_i64() {
        return value.into();
    }
    if let Some(value) = number.as_u64() {
        return value.into();
    }
    // Beyond 64 bits JSON readers disagree: exact digits are kept as text.
    match (number.is_integer(), number.as_f64().and_then(serde_json::Number::from_f64)) {
        (false, Some(value)) => serde_json::Value::Number(value),
        _ => serde_json::Value::String(number.format_decimal()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WIDE: Caps = Caps { max_items: 1_000, max_bytes: 1_000 };

    #[test]
    fn integers_stay_exact_and_keys_stay_in_place() {
        let value = json!({"a": [9_007_199_254_740_993_i64, u64::MAX, -1, 0.5, null, true, "x"], "b": {"c": {}}});
        assert_eq!(to_json(&Input::from_json(&value).0, WIDE), Ok(value));
    }

    #[test]
    fn a_key_is_added_or_replaced_without_touching_the_rest() {
        let input = Input::from_json(&json!({"a": {"big": 1}, "b": 1}));
        let more = input.with("b", Input::from_json(&json!(2))).with("c", Input::object());
        assert_eq!(to_json(&more.0, WIDE), Ok(json!({"a": {"big": 1}, "b": 2, "c": {}})));
        assert_eq!(to_json(&input.0, WIDE), Ok(json!({"a": {"big": 1}, "b": 1})));
        let shared = |input: &Input| match &input.0 {
            Value::Object(object) => match object.get(&Value::from("a")) {
                Some(Value::Object(inner)) => Arc::as_ptr(inner),
                _ => panic!("no object"),
            },
            _ => panic!("no object"),
        };
        assert_eq!(shared(&input), shared(&more));
    }

    #[test]
    fn a_result_is_cut_off_by_items_and_by_bytes() {
        let wide = Input::from_json(&json!([1, [2, 3], {"a": 4}]));
        assert!(to_json(&wide.0, Caps { max_items: 7, max_bytes: 1_000 }).is_ok_and(|v| v[1][1] == 3));
        assert!(to_json(&wide.0, Caps { max_items: 6, max_bytes: 1_000 }).is_err_and(|e| e.contains("6 items")));
        let long = Input::from_json(&json!("x".repeat(50)));
        assert!(to_json(&long.0, Caps { max_items: 9, max_bytes: 49 }).is_err_and(|e| e.contains("49 bytes")));
        let key = Input::from_json(&json!({"x".repeat(50): 1}));
        assert!(to_json(&key.0, Caps { max_items: 9, max_bytes: 49 }).is_err());
    }
}
