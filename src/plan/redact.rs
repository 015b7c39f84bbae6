//! A copy of a plan document with secrets masked in place, for people who look at what policies see.
//!
//! Works on the structure (masks beside values), then on the text of every string that is left.
//! Holds the whole document in memory: for looking at one plan, not for judging many.

mod masks;

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

/// Masks the secrets within the strings of something that was derived from a plan: no attribute values stand in it.
#[must_use]
pub fn redact_derived(mut derived: Value, masker: &Masker) -> Value {
    mask_strings(&mut derived, masker);
    derived
}

/// Masks, at every depth, what stands beside a mask, under a secret-like name, or is a variable's value.
fn walk(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(map) => walk_object(map),
        _ => {}
    }
}

/// An object of Terraform's own making, or of unknown making: there everything under a secret-like name is masked.
fn walk_object(map: &mut Map<String, Value>) {
    let is_change = ["actions", "before", "after"].into_iter().any(|key| map.contains_key(key));
    // `values` also stands in a state, above the modules.
    let is_resource = map.contains_key("address");
    let is_sensitive = map.get("sensitive").and_then(Value::as_bool) == Some(true);
    mask_sides(map, is_change, is_resource);
    for (key, value) in map.iter_mut() {
        match (key.as_str(), value) {
            (key, _) if is_mask(key) => {}
            ("before" | "after" | "before_identity" | "after_identity", value) if is_change => mask_names(value),
            ("generated_config", value) if is_change => mask_all(value),
            ("values", value) if is_resource => mask_names(value),
            ("config_values", value) => mask_names(value),
            ("value", value) if is_sensitive => mask_all(value),
            // The keys below are names that people gave: the values are Terraform's objects, whatever the name is.
            ("variables" | "provider_config", Value::Object(entries)) => {
                entries.iter_mut().for_each(|(_, entry)| mask_constants(entry));
            }
            ("outputs" | "output_changes", Value::Object(entries)) => {
                entries.iter_mut().for_each(|(name, entry)| walk_output(entry, is_secret_name(name)));
            }
            ("module_calls", Value::Object(calls)) => calls.iter_mut().for_each(|(_, call)| walk_call(call)),
            ("expressions" | "count_expression" | "for_each_expression", value) => walk_expressions(value, false),
            // Names of Terraform's own that look like those of secrets.
            ("provider_config_key" | "deposed_key" | "instance_key", Value::String(_)) => {}
            (key, value) if is_secret_name(key) => mask_all(value),
            (_, value) => walk(value),
        }
    }
}

/// Masks themselves say where, not what.
fn is_mask(key: &str) -> bool {
    key.ends_with("_sensitive") || matches!(key, "sensitive_values" | "after_unknown" | "sensitive")
}

/// Masks what the masks of an object mark.
fn mask_sides(map: &mut Map<String, Value>, is_change: bool, is_resource: bool) {
    if is_change {
        mask_change(map);
    }
    if is_resource {
        mask_beside(map, "values", "sensitive_values");
    }
    mask_beside(map, "config_values", "config_sensitive");
}

/// An output of the state, of the configuration, or one that changes.
fn walk_output(output: &mut Value, has_secret_name: bool) {
    let Value::Object(map) = output else {
        return mask_all(output);
    };
    mask_sides(map, true, false);
    let marked = map.get("sensitive").and_then(Value::as_bool);
    for (key, value) in map.iter_mut() {
        match key.as_str() {
            key if is_mask(key) => {}
            "value" if has_secret_name || marked != Some(false) => mask_all(value),
            "before" | "after" if has_secret_name => mask_all(value),
            "before" | "after" | "value" => mask_names(value),
            "expression" => walk_expressions(value, has_secret_name || marked == Some(true)),
            _ => walk(value),
        }
    }
}

/// A module call: its other parts are as anywhere.
fn walk_call(call: &mut Value) {
    match call {
        Value::Object(map) => walk_object(map),
        // No module call looks like this.
        other => mask_all(other),
    }
}

/// Expressions of the configuration: constants are values, references are names.
fn walk_expressions(value: &mut Value, is_secret: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk_expressions(item, is_secret)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "constant_value" if is_secret => mask_all(value),
                    "constant_value" => mask_names(value),
                    "references" if is_words(value) => {}
                    key => walk_expressions(value, is_secret || is_secret_name(key)),
                }
            }
        }
        scalar if is_secret => mask_all(scalar),
        _ => {}
    }
}

fn is_words(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

/// Masks what stands under a secret-like name within attribute values, whatever it looks like.
fn mask_names(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask_names),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if is_secret_name(key) { mask_all(value) } else { mask_names(value) }
            }
        }
        _ => {}
    }
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

/// Masks on both sides what is marked on either; and cuts paths and masks where everything is sensitive, for keys of a
/// secret map are secret.
fn mask_change(map: &mut Map<String, Value>) {
    let mark = |key: &str| map.get(key).filter(|mask| !mask.is_null()).cloned();
    let (before, after) = (mark("before_sensitive"), mark("after_sensitive"));
    mask_beside(map, "before", "before_sensitive");
    mask_beside(map, "after", "after_sensitive");
    let either = match (before, after) {
        (Some(before), Some(after)) => masks::union(before, after),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    // Attributes of a type are no secret, whatever is marked.
    if !matches!(either, Value::Object(_)) {
        return;
    }
    for key in ["before", "after"] {
        map.get_mut(key).into_iter().for_each(|value| apply(value, &either));
    }
    for key in ["before_sensitive", "after_sensitive", "after_unknown"] {
        map.get_mut(key).into_iter().for_each(|mask| masks::close(mask, &either));
    }
    for path in map.get_mut("replace_paths").and_then(Value::as_array_mut).into_iter().flatten() {
        path.as_array_mut().into_iter().for_each(|steps| masks::cut(steps, &either));
    }
}

/// Masks the parts of `key` that `mask_key` marks; everything where there is no mask.
fn mask_beside(map: &mut Map<String, Value>, key: &str, mask_key: &str) {
    let mask = map.get(mask_key).cloned();
    if let Some(value) = map.get_mut(key) {
        match mask {
            // Attributes of a type are no secret, whatever is marked.
            Some(Value::Null | Value::Bool(true)) | None => mask_all(value),
            Some(mask) => apply(value, &mask),
        }
    }
}

fn apply(value: &mut Value, mask: &Value) {
    match (value, mask) {
        (Value::Object(map), Value::Object(masks)) => {
            for (key, value) in map.iter_mut() {
                masks.get(key).into_iter().for_each(|mask| apply(value, mask));
            }
        }
        (Value::Array(items), Value::Array(masks)) => {
            items.iter_mut().zip(masks).for_each(|(item, mask)| apply(item, mask));
        }
        (_, Value::Bool(false)) => {}
        (_, Value::Array(masks)) if masks.is_empty() => {}
        (_, Value::Object(masks)) if masks.is_empty() => {}
        // The keys of a map that is marked say something, too.
        (value @ Value::Object(_), Value::Bool(true)) => *value = Value::String(MASKED.to_owned()),
        // Marked as a whole. And a mask of another shape than its value says nothing of where the secrets are.
        (value, _) => mask_all(value),
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
    fn what_is_marked_on_one_side_is_masked_on_both() {
        let plan = json!({"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": {
            "actions": ["update"],
            "before": {"pin": 42, "list": ["a", "b"]}, "before_sensitive": {"list": [true]},
            "after": {"pin": 43, "list": ["c", "d"]}, "after_sensitive": {"pin": true}}}]});
        let change = &redacted(plan)["resource_changes"][0]["change"];
        assert_eq!(change["before"], json!({"pin": MASKED, "list": [MASKED, "b"]}));
        assert_eq!(change["after"], json!({"pin": MASKED, "list": [MASKED, "d"]}));
    }

    #[test]
    fn keys_of_a_map_that_is_marked_stand_nowhere() {
        let plan = json!({"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": {
            "actions": ["delete", "create"],
            "before": {"cfg": {"key-1": "x"}, "open": {"key-2": "y"}}, "before_sensitive": {"cfg": true, "open": {}},
            "after": {"cfg": {}}, "after_sensitive": {"cfg": {"key-1": true}},
            "after_unknown": {"cfg": {"key-3": true}, "open": {"key-2": true}},
            "replace_paths": [["cfg", "key-1"], ["open", "key-2"], ["cfg"]]}}]});
        let change = &redacted(plan)["resource_changes"][0]["change"];
        assert_eq!(change["before"], json!({"cfg": MASKED, "open": {"key-2": "y"}}));
        assert_eq!(change["after_sensitive"], json!({"cfg": true}));
        assert_eq!(change["after_unknown"], json!({"cfg": true, "open": {"key-2": true}}));
        assert_eq!(change["replace_paths"], json!([["cfg"], ["open", "key-2"], ["cfg"]]));
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

    #[test]
    fn short_secrets_of_action_invocations_are_masked() {
        let invocation = |rest: Value| {
            let mut map =
                json!({"address": "action.t.n", "type": "t", "config_values": {"pin": "1234", "mode": "fast"}});
            map.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            map
        };
        let plan = json!({"format_version": "1.2", "action_invocations": [
            invocation(json!({"config_sensitive": {"pin": true}})), invocation(json!({}))]});
        let plan = redacted(plan);
        assert_eq!(plan["action_invocations"][0]["config_values"], json!({"pin": MASKED, "mode": "fast"}));
        assert_eq!(plan["action_invocations"][1]["config_values"], json!({"pin": MASKED, "mode": MASKED}));
        assert_eq!(plan["action_invocations"][0]["address"], "action.t.n");
    }

    #[test]
    fn generated_configuration_is_masked_wherever_its_values_stand() {
        let config = "resource \"t\" \"x\" {\n  note = \"generated-literal\"\n}\n";
        let plan = json!({"format_version": "1.2",
            "resource_changes": [{"address": "t.x", "change": {"actions": ["no-op"], "before": {}, "before_sensitive": {},
                "after": {}, "after_sensitive": {}, "generated_config": config}}],
            "checks": [{"instances": [{"problems": [{"message": "saw generated-literal"}]}]}]});
        let plan = redacted(plan);
        assert_eq!(plan["resource_changes"][0]["change"]["generated_config"], MASKED);
        assert_eq!(plan["checks"][0]["instances"][0]["problems"][0]["message"], "saw (sensitive)");
    }

    #[test]
    fn the_prior_state_is_readable_but_for_its_secrets() {
        let resource = json!({"address": "module.m.t.x", "mode": "managed", "type": "t", "name": "x", "values": {"id": "i-1", "pin": "1234"}, "sensitive_values": {"pin": true}});
        let state = json!({"format_version": "1.0", "values": {
            "outputs": {"db_password": {"sensitive": false, "type": "string", "value": "pw"}, "o": {"sensitive": false, "value": {"token": {"value": "tk"}, "n": "open"}}},
            "root_module": {"child_modules": [{"address": "module.m", "resources": [resource]}]}}});
        let plan = redacted(json!({"format_version": "1.2", "prior_state": state}));
        let values = &plan["prior_state"]["values"];
        let shown = &values["root_module"]["child_modules"][0]["resources"][0];
        assert_eq!(shown["address"], "module.m.t.x");
        assert_eq!(shown["type"], "t");
        assert_eq!(shown["values"], json!({"id": "i-1", "pin": MASKED}));
        assert_eq!(values["outputs"]["db_password"]["value"], MASKED);
        assert_eq!(values["outputs"]["o"]["value"], json!({"token": {"value": MASKED}, "n": "open"}));
    }

    #[test]
    fn secret_names_within_attribute_values_count_whatever_stands_there() {
        let looks_like_structure = json!({"references": "a", "value": "b", "module": 1, "actions": ["c"]});
        let values = json!({"password": looks_like_structure, "env": {"expressions": {"token": "d"}, "variables": {"secret": "e"}}});
        let plan = json!({"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": {"actions": ["update"],
            "before": values, "after": values, "before_sensitive": {}, "after_sensitive": {}}}],
            "configuration": {"root_module": {"resources": [{"address": "a.b", "expressions": {
                "password": {"references": ["var.p"]}, "pin_secret": {"constant_value": "f"},
                "block": [{"env": {"constant_value": {"API_TOKEN": {"value": "g"}, "n": "open"}}}]}}],
                "module_calls": {"secrets": {"source": "./secrets", "module": {"resources": [{"address": "c.d", "type": "c"}]}}}}}});
        let plan = redacted(plan);
        for side in ["before", "after"] {
            let shown = &plan["resource_changes"][0]["change"][side];
            assert_eq!(
                shown["password"],
                json!({"references": MASKED, "value": MASKED, "module": MASKED, "actions": [MASKED]})
            );
            assert_eq!(shown["env"], json!({"expressions": {"token": MASKED}, "variables": {"secret": MASKED}}));
        }
        let module = &plan["configuration"]["root_module"];
        let expressions = &module["resources"][0]["expressions"];
        assert_eq!(expressions["password"], json!({"references": ["var.p"]}));
        assert_eq!(expressions["pin_secret"], json!({"constant_value": MASKED}));
        assert_eq!(
            expressions["block"][0]["env"]["constant_value"],
            json!({"API_TOKEN": {"value": MASKED}, "n": "open"})
        );
        assert_eq!(module["module_calls"]["secrets"]["module"]["resources"][0]["address"], "c.d");
    }

    #[test]
    fn a_mask_of_another_shape_marks_everything() {
        for mask in
            [json!({"a": ["x"]}), json!({"a": {"b": true}}), json!({"a": 1}), json!([1]), json!("x"), json!(null)]
        {
            let plan = json!({"resource_changes": [{"change": {"actions": ["delete"], "before": {"a": ["odd"]}, "before_sensitive": mask}}]});
            assert_eq!(redacted(plan)["resource_changes"][0]["change"]["before"], json!({"a": [MASKED]}), "{mask}");
        }
    }
}
