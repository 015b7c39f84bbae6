//! Masks of sensitive values as trees: what two of them say together, and what may be shown of things beside them.
//!
//! Must not know values.

use serde_json::{Map, Value};

/// The marks of both masks; everything where they have different shapes.
pub(super) fn union(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Bool(false), mask) | (mask, Value::Bool(false)) => mask,
        (Value::Object(mut one), Value::Object(other)) => {
            for (key, mask) in other {
                let mine = one.remove(&key).unwrap_or(Value::Bool(false));
                one.insert(key, union(mine, mask));
            }
            Value::Object(one)
        }
        (Value::Array(mut one), Value::Array(other)) => {
            for (index, mask) in other.into_iter().enumerate() {
                match one.get_mut(index) {
                    Some(mine) => *mine = union(std::mem::take(mine), mask),
                    None => one.push(mask),
                }
            }
            Value::Array(one)
        }
        (mask, empty) | (empty, mask) if is_empty(&empty) => mask,
        _ => Value::Bool(true),
    }
}

fn is_empty(mask: &Value) -> bool {
    mask.as_array().is_some_and(Vec::is_empty) || mask.as_object().is_some_and(Map::is_empty)
}

/// Makes one mark of what a mask says within something that is sensitive as a whole.
pub(super) fn close(mask: &mut Value, sensitive: &Value) {
    match (mask, sensitive) {
        (mask @ (Value::Object(_) | Value::Array(_)), Value::Bool(true)) => *mask = Value::Bool(is_marked(mask)),
        (Value::Object(masks), Value::Object(sensitive)) => {
            for (key, mask) in masks.iter_mut() {
                sensitive.get(key).into_iter().for_each(|sensitive| close(mask, sensitive));
            }
        }
        (Value::Array(masks), Value::Array(sensitive)) => {
            masks.iter_mut().zip(sensitive).for_each(|(mask, sensitive)| close(mask, sensitive));
        }
        _ => {}
    }
}

fn is_marked(mask: &Value) -> bool {
    match mask {
        Value::Array(items) => items.iter().any(is_marked),
        Value::Object(map) => map.values().any(is_marked),
        mask => *mask == Value::Bool(true),
    }
}

/// Cuts a path where everything is sensitive.
pub(super) fn cut(steps: &mut Vec<Value>, sensitive: &Value) {
    let mut mask = Some(sensitive);
    let mut end = 0;
    while let Some(step) = steps.get(end)
        && mask != Some(&Value::Bool(true))
    {
        mask = match (mask, step) {
            (Some(Value::Object(masks)), Value::String(key)) => masks.get(key),
            (Some(Value::Array(masks)), Value::Number(index)) => {
                index.as_u64().and_then(|index| masks.get(usize::try_from(index).ok()?))
            }
            _ => None,
        };
        end += 1;
    }
    steps.truncate(end);
}
