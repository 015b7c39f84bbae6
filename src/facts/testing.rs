//! A plan from JSON, for tests of this layer: no checks, no streaming.

use serde_json::Value as Json;

use crate::address::Address;
use crate::plan::value::{Map, Number};
use crate::plan::{
    Action, AttributePath, Change, DeferredChange, Importing, Mode, PathStep, Plan, ResourceChange, Shadow, Value,
};

/// The plan of a JSON text.
pub(crate) fn plan(text: &str) -> Plan {
    let json: Json = serde_json::from_str(text).unwrap();
    let list = |key: &str| json.get(key).and_then(Json::as_array);
    Plan {
        terraform_version: text_at(&json, "terraform_version"),
        changes: list("resource_changes").map(|entries| entries.iter().map(change).collect()),
        drift: list("resource_drift").into_iter().flatten().map(change).collect(),
        deferred: list("deferred_changes").into_iter().flatten().map(deferred).collect(),
        complete: json.get("complete").and_then(Json::as_bool),
        errored: json.get("errored").and_then(Json::as_bool),
        ..Plan::default()
    }
}

fn deferred(entry: &Json) -> DeferredChange {
    DeferredChange { reason: text_at(entry, "reason"), resource_change: change(&entry["resource_change"]) }
}

fn change(entry: &Json) -> ResourceChange {
    let mode = match text_at(entry, "mode").as_deref() {
        None | Some("managed") => Mode::Managed,
        Some("data") => Mode::Data,
        Some("ephemeral") => Mode::Ephemeral,
        Some(other) => Mode::Other(other.to_owned()),
    };
    let json = &entry["change"];
    let shadow = |key: &str| json.get(key).map_or_else(Shadow::default, |mask| Shadow::new(value(mask)));
    let actions: Vec<String> = json["actions"].as_array().into_iter().flatten().map(word).collect();
    ResourceChange {
        address: Address::new(text_at(entry, "address").unwrap()),
        previous_address: text_at(entry, "previous_address").map(Address::new),
        resource_type: text_at(entry, "type").unwrap_or_default(),
        provider: text_at(entry, "provider_name"),
        deposed: text_at(entry, "deposed"),
        action_reason: text_at(entry, "action_reason"),
        change: Change {
            action: Action::read(&actions, &mode),
            actions,
            before: value(&json["before"]),
            after: value(&json["after"]),
            after_unknown: shadow("after_unknown"),
            before_sensitive: shadow("before_sensitive"),
            after_sensitive: shadow("after_sensitive"),
            replace_paths: json["replace_paths"].as_array().into_iter().flatten().map(path).collect(),
            importing: json.get("importing").map(|_| Importing::default()),
            ..Change::default()
        },
        mode,
    }
}

fn text_at(json: &Json, key: &str) -> Option<String> {
    json.get(key)?.as_str().map(str::to_owned)
}

fn word(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn path(json: &Json) -> AttributePath {
    let step = |step: &Json| step.as_u64().map_or_else(|| PathStep::Key(word(step).into()), PathStep::Index);
    AttributePath(json.as_array().unwrap().iter().map(step).collect())
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(
            number.as_i64().map_or_else(|| Number::from_f64(number.as_f64().unwrap_or_default()), Number::Int),
        ),
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => {
            Value::Map(Map::new(map.iter().map(|(key, item)| (key.as_str().into(), value(item))).collect()))
        }
    }
}
