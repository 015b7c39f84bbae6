//! How the value of an entry point is read: what counts as a finding, and what is a shape nobody defined.
//!
//! Pure, like `contract`, whose elements it uses. A value that means nothing is an error: what is passed over could be a
//! finding that never shows.

use serde_json::Value;

use super::contract::{self, RawResult, ShapeError};

/// How the value of an entry point is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// Strings or objects with `msg`, each a finding, in a set or array; one string, or `true`, is one too.
    #[default]
    Results,
    /// The same, but an object is a finding only where its `failed` is true.
    Failed,
    /// `true` permits; `false` and no value are a finding.
    Permission,
    /// A number, for information.
    Score,
    /// Named by people who know what it yields: a boolean as [`Permission`](Self::Permission), all else messages.
    Decision,
    /// Named by a policy set: messages in a set or array, and nothing else.
    Query,
}

/// Reads the value of the rule `name`, `None` where it is undefined.
///
/// # Errors
/// What the value is, where it means nothing under this reading.
pub fn read(reading: Reading, name: &str, value: Option<&Value>) -> Result<Vec<RawResult>, ShapeError> {
    match reading {
        Reading::Results => value.map_or_else(|| Ok(Vec::new()), contract::interpret),
        Reading::Failed => value.map_or_else(|| Ok(Vec::new()), failed),
        Reading::Permission | Reading::Decision => match value {
            None | Some(Value::Bool(false)) => Ok(vec![not_permitted(name)]),
            Some(Value::Bool(true)) => Ok(Vec::new()),
            Some(value) if reading == Reading::Permission => Err(unexpected(value, "true or false")),
            // An object is one message. `{"allow": true}` is none: what it means is known to who wrote it.
            Some(Value::Object(object)) if !has_message(object) => {
                Err(unexpected(&Value::Object(object.clone()), "true or false, or messages"))
            }
            Some(object @ Value::Object(_)) => contract::interpret(&Value::Array(vec![object.clone()])),
            Some(value) => contract::interpret(value),
        },
        Reading::Score => match value {
            None => Ok(Vec::new()),
            Some(Value::Number(number)) => {
                Ok(vec![RawResult { message: format!("`{name}` is {number}"), ..RawResult::default() }])
            }
            Some(value) => Err(unexpected(value, "a number")),
        },
        Reading::Query => match value {
            Some(value @ Value::Array(_)) => contract::interpret(value),
            Some(value) => Err(unexpected(value, MESSAGES)),
            None => Err(ShapeError { message: format!("no value; expected {MESSAGES}"), index: None }),
        },
    }
}

fn has_message(object: &serde_json::Map<String, Value>) -> bool {
    ["msg", "message"].iter().any(|key| object.contains_key(*key))
}

const MESSAGES: &str = "a set or an array of messages";

fn unexpected(value: &Value, expected: &str) -> ShapeError {
    ShapeError { message: format!("{}; expected {expected}", contract::shape(value)), index: None }
}

fn not_permitted(name: &str) -> RawResult {
    RawResult { message: format!("`{name}` does not hold"), ..RawResult::default() }
}

/// Drops objects that say of themselves that they did not fail; one that does not say counts.
fn failed(value: &Value) -> Result<Vec<RawResult>, ShapeError> {
    let Value::Array(items) = value else { return contract::interpret(value) };
    let mut kept = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match item.get("failed") {
            None | Some(Value::Bool(true)) => kept.push(item.clone()),
            Some(Value::Bool(false)) => {}
            Some(other) => {
                let message =
                    format!("an object whose `failed` is {} instead of true or false", contract::shape(other));
                return Err(ShapeError { message, index: Some(index) });
            }
        }
    }
    contract::interpret(&Value::Array(kept))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The messages, or the error.
    fn messages(reading: Reading, value: Option<&Value>) -> Result<Vec<String>, String> {
        read(reading, "r", value)
            .map(|results| results.into_iter().map(|result| result.message).collect())
            .map_err(|error| error.to_string())
    }

    #[track_caller]
    fn finds(reading: Reading, value: impl Into<Option<Value>>, expected: &[&str]) {
        assert_eq!(
            messages(reading, value.into().as_ref()),
            Ok(expected.iter().map(|text| (*text).to_owned()).collect())
        );
    }

    #[track_caller]
    fn refuses(reading: Reading, value: impl Into<Option<Value>>, words: &str) {
        let error = messages(reading, value.into().as_ref()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn results_are_messages_or_the_rule_itself() {
        finds(Reading::Results, None, &[]);
        finds(Reading::Results, json!(false), &[]);
        finds(Reading::Results, json!(["a", {"msg": "b"}]), &["a", "b"]);
        finds(Reading::Results, json!("x"), &["x"]);
        finds(Reading::Results, json!(true), &[contract::BARE_TRUE_MESSAGE]);
        refuses(Reading::Results, json!(1), "a number");
        refuses(Reading::Results, json!(null), "null");
    }

    #[test]
    fn an_object_that_did_not_fail_is_no_finding() {
        let items = json!([{"msg": "a", "failed": true}, {"msg": "b", "failed": false}, {"msg": "c"}, "d"]);
        finds(Reading::Failed, items, &["a", "c", "d"]);
        refuses(Reading::Failed, json!([{"msg": "a", "failed": "no"}]), "`failed` is a string");
    }

    #[test]
    fn only_true_permits() {
        for reading in [Reading::Permission, Reading::Decision] {
            finds(reading, json!(true), &[]);
            finds(reading, json!(false), &["`r` does not hold"]);
            finds(reading, None, &["`r` does not hold"]);
            refuses(reading, json!(1), "a number");
        }
        refuses(Reading::Permission, json!([]), "a list of 0 elements; expected true or false");
    }

    #[test]
    fn a_decision_may_yield_messages_in_any_form() {
        finds(Reading::Decision, json!([]), &[]);
        finds(Reading::Decision, json!(["a", {"msg": "b"}]), &["a", "b"]);
        finds(Reading::Decision, json!({"msg": "a"}), &["a"]);
        for unclear in [json!({"allow": false}), json!({"allow": true}), json!({})] {
            refuses(Reading::Decision, unclear, "expected true or false, or messages");
        }
        refuses(Reading::Decision, json!(null), "null");
    }

    #[test]
    fn a_query_yields_a_set_or_an_array() {
        finds(Reading::Query, json!([]), &[]);
        finds(Reading::Query, json!(["a"]), &["a"]);
        for wrong in [json!(true), json!("a"), json!({})] {
            refuses(Reading::Query, wrong, "expected a set or an array");
        }
        refuses(Reading::Query, None, "no value");
    }

    #[test]
    fn a_score_is_told() {
        finds(Reading::Score, json!(11), &["`r` is 11"]);
        finds(Reading::Score, None, &[]);
        refuses(Reading::Score, json!("11"), "a string; expected a number");
    }
}
