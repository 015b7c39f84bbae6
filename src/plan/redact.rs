//! A copy of a plan document with secrets masked in place, for people who look at what policies see.
//!
//! Works on the structure (masks beside values), then on the text of every string that is left.
//! Holds the whole document in memory: for looking at one plan, not for judging many.

use serde_json::{Map, Value};

use super::mask::Masker;
use super::value::is_secret_name;

/// Stands where a value is not shown.
const MASKED: &str = "(sensitive)";

/// Masks a plan document, or anything that holds one.
#[must_use]
pub fn redact(mut document: Value, masker: &Masker) -> Value {
    walk(&mut document);
    mask_strings(&mut document, masker);
    document
}

/// Masks, at every depth, what stands beside a mask, under a secret-like name, or is a variable's value.
fn walk(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(map) => {
            walk_object(map);
            for (key, value) in map.iter_mut() {
                // Masks themselves say where, not what.
                if !key.ends_with("_sensitive") && key != "sensitive_values" {
                    walk(value);
                }
            }
        }
        _ => {}
    }
}

fn walk_object(map: &mut Map<String, Value>) {
    if map.contains_key("actions") {
        mask_beside(map, "before", "before_sensitive");
        mask_beside(map, "after", "after_sensitive");
    }
    if map.contains_key("values") {
        mask_beside(map, "values", "sensitive_values");
    }
    if map.get("sensitive").and_then(Value::as_bool) == Some(true) {
        map.entry("value").and_modify(mask_all);
    }
    for key in ["variables", "provider_config"] {
        if let Some(Value::Object(entries)) = map.get_mut(key) {
            entries.iter_mut().for_each(|(_, entry)| mask_constants(entry));
        }
    }
    for (key, value) in map.iter_mut() {
        if is_secret_name(key) && !key.ends_with("_sensitive") && !is_structure(value) {
            mask_all(value);
        }
    }
}

/// Terraform's own objects under names of resources or variables are structure, not values.
fn is_structure(value: &Value) -> bool {
    matches!(value, Value::Object(map) if map.contains_key("value") || map.contains_key("references")
        || map.contains_key("constant_value") || map.contains_key("actions") || map.contains_key("module")
        || map.contains_key("expression"))
}

/// Masks `value`, `default` and `constant_value` at every depth.
fn mask_constants(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask_constants),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if matches!(key.as_str(), "value" | "default" | "constant_value") {
                    mask_all(value);
                } else {
                    mask_constants(value);
                }
            }
        }
        _ => {}
    }
}

/// Masks the parts of `key` that `mask_key` marks; everything where there is no mask.
fn mask_beside(map: &mut Map<String, Value>, key: &str, mask_key: &str) {
    let mask = map.get(mask_key).cloned();
    if let Some(value) = map.get_mut(key) {
        match mask {
            Some(mask) => apply(value, &mask),
            None => mask_all(value),
        }
    }
}

fn apply(value: &mut Value, mask: &Value) {
    match (value, mask) {
        (value, Value::Bool(true)) => mask_all(value),
        (Value::Object(map), Value::Object(masks)) => {
            for (key, value) in map.iter_mut() {
                masks.get(key).into_iter().for_each(|mask| apply(value, mask));
            }
        }
        (Value::Array(items), Value::Array(masks)) => {
            items.iter_mut().zip(masks).for_each(|(item, mask)| apply(item, mask));
        }
        _ => {}
    }
}

/// Replaces every leaf that says something; `null` says only that there is nothing.
fn mask_all(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(mask_all),
        Value::Object(map) => map.iter_mut().for_each(|(_, value)| mask_all(value)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = Value::String(MASKED.to_owned()),
    }
}

fn mask_strings(value: &mut Value, masker: &Masker) {
    match value {
        Value::String(text) => *text = masker.mask(text),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_strings(item, masker)),
        Value::Object(map) => map.iter_mut().for_each(|(_, value)| mask_strings(value, masker)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(document: Value) -> Value {
        let masker = Masker::from_json(document.to_string().as_bytes()).unwrap();
        redact(document, &masker)
    }

    #[test]
    fn marked_short_and_numeric_values_are_masked_where_they_stand() {
        let plan = json!({"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": {
            "actions": ["update"],
            "before": {"pin": 42, "name": "x"}, "before_sensitive": {"pin": true},
            "after": {"pin": "abc", "name": "x"}, "after_sensitive": {"pin": true}}}]});
        let change = &redacted(plan)["resource_changes"][0]["change"];
        assert_eq!(change["before"], json!({"pin": MASKED, "name": "x"}));
        assert_eq!(change["after"], json!({"pin": MASKED, "name": "x"}));
        assert_eq!(change["after_sensitive"], json!({"pin": true}));
    }

    #[test]
    fn without_masks_every_value_is_masked() {
        let plan = json!({"format_version": "0.1", "resource_changes": [{"address": "a.b", "change": {
            "actions": ["delete"], "before": {"name": "x", "n": null}, "after": null}}]});
        assert_eq!(redacted(plan)["resource_changes"][0]["change"]["before"], json!({"name": MASKED, "n": null}));
    }

    #[test]
    fn variables_outputs_and_provider_constants_are_masked() {
        let plan = json!({"format_version": "1.2", "variables": {"password": {"value": "p"}, "env": {"value": "prod"}},
            "configuration": {"provider_config": {"aws": {"expressions": {"secret_key": {"constant_value": "k"}, "region": {"constant_value": "eu"}}}}},
            "planned_values": {"outputs": {"o": {"sensitive": true, "value": "s"}}}});
        let plan = redacted(plan);
        assert_eq!(plan["variables"]["password"]["value"], MASKED);
        assert_eq!(plan["variables"]["env"]["value"], MASKED);
        assert_eq!(plan["configuration"]["provider_config"]["aws"]["expressions"]["region"]["constant_value"], MASKED);
        assert_eq!(plan["planned_values"]["outputs"]["o"]["value"], MASKED);
    }
}
