//! What single values mean: on or off, there or not, one of the catalogue's words.

use serde_json::Value as Json;

use crate::plan::Value;

/// Whether a value says yes or no; `None` where it says neither.
pub(super) fn truth(value: Option<&Value>) -> Option<bool> {
    match value {
        None | Some(Value::Null) => Some(false),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(number @ Value::Number(_)) => match number.to_string().as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        },
        Some(Value::String(text)) => word(text),
        Some(Value::List(items)) => match items.as_ref() {
            [] => Some(false),
            [only] if is_scalar(only) => truth(Some(only)),
            _ => Some(true),
        },
        Some(Value::Map(map)) => Some(!map.is_empty()),
    }
}

fn word(text: &str) -> Option<bool> {
    const YES: [&str; 9] = ["true", "on", "yes", "1", "enabled", "enable", "active", "protected", "locked"];
    const NO: [&str; 10] =
        ["", "false", "off", "no", "0", "disabled", "disable", "inactive", "unprotected", "unlocked"];
    let is = |word: &str| word.eq_ignore_ascii_case(text.trim());
    if YES.iter().any(|word| is(word)) {
        Some(true)
    } else if NO.iter().any(|word| is(word)) {
        Some(false)
    } else {
        None
    }
}

/// Whether there is something: not null, `false`, `""`, `[]` or `{}`.
pub(super) fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Bool(true) | Value::Number(_)) => true,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::List(items)) => !items.is_empty(),
        Some(Value::Map(map)) => !map.is_empty(),
    }
}

/// Whether a scalar is one of the catalogue's values. Compared as text without case: providers write `true` and
/// `"true"`, `Locked` and `LOCKED`. `null` stands for absent.
pub(super) fn is_one_of(value: Option<&Value>, wanted: &[Json]) -> bool {
    let value = value.filter(|value| **value != Value::Null);
    let matches = |wanted: &Json| match (value, wanted) {
        (None, Json::Null) => true,
        (None, Json::String(word)) => word == "null",
        (Some(value), Json::String(word)) => scalar_text(value).is_some_and(|text| text.eq_ignore_ascii_case(word)),
        (Some(value), Json::Bool(_) | Json::Number(_)) => {
            scalar_text(value).is_some_and(|text| text.eq_ignore_ascii_case(&wanted.to_string()))
        }
        _ => false,
    };
    wanted.iter().any(matches)
}

/// Whether the catalogue's values include "any".
pub(super) fn has_any(wanted: &[Json]) -> bool {
    wanted.iter().any(|word| word.as_str() == Some("*"))
}

/// A scalar as text, unquoted; also the only element of a list.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::List(items) => match items.as_ref() {
            [only] if is_scalar(only) => scalar_text(only),
            _ => None,
        },
        Value::Null | Value::Map(_) => None,
    }
}

pub(super) fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

/// Parts of attribute names that speak of the end of data: there, absent means "never".
const EXPIRY: [&str; 13] = [
    "expir",
    "ttl",
    "time_to_live",
    "delete",
    "older_than",
    "max_age",
    "min_age",
    "condition.age",
    "noncurrent_days",
    "valid_to",
    "time_of_deletion",
    "life_cycle",
    "purge",
];

/// Whether an attribute says when data ends rather than how long it is kept at least.
pub(super) fn is_expiry(attr: &str) -> bool {
    // A soft-delete retention keeps what was deleted; `deletion_…`, `delete_retention_…` delay a deletion.
    !attr.contains("retention") && EXPIRY.iter().any(|part| attr.contains(part))
}

/// Whether an attribute is an amount of space or machines rather than of time or copies.
pub(super) fn is_size(attr: &str) -> bool {
    const SIZE: [&str; 9] =
        ["storage", "size", "_gb", "acu", "quorum", "redundancy", "node_num", "requests", "capacity"];
    const TIME: [&str; 9] = ["retention", "ttl", "duration", "_days", "_hours", "period", "expir", "delete", "time"];
    SIZE.iter().any(|part| attr.contains(part)) && !TIME.iter().any(|part| attr.contains(part))
}

/// Whether something that was added says that data is deleted: a key or word of that meaning that is on.
pub(super) fn speaks_of_deletion(value: &Value) -> bool {
    match value {
        Value::String(text) => is_deletion(text),
        Value::List(items) => items.iter().any(speaks_of_deletion),
        Value::Map(map) => {
            map.iter().any(|(key, value)| (is_deletion(key) && is_on(value)) || speaks_of_deletion(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a rule that was added is switched off.
pub(super) fn is_switched_off(value: &Value) -> bool {
    let Value::Map(map) = value else { return false };
    ["enabled", "status"]
        .into_iter()
        .any(|key| map.get(key).is_some_and(|value| *value != Value::Null && truth(Some(value)) == Some(false)))
}

fn is_deletion(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["expir", "delet", "purge"].iter().any(|part| text.contains(part))
}

/// Set, and not a block of nothing but unset attributes.
fn is_on(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(is_on),
        Value::Map(map) => map.iter().any(|(_, value)| is_on(value)),
        other => is_set(Some(other)),
    }
}
