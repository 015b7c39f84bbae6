//! What stands beside the plan in the input: keys that CI systems add, from a file (`--context`) and from their environment.
//!
//! Owns the file, what wins over what, and collisions with what a plan and plangate bring. Must not know which rule gets what.

use std::collections::BTreeMap;

use serde_json::Value;

use super::DERIVED_KEY;
use super::missing::is_plan_key;
use crate::problem::{Problem, ProblemCode};
use crate::rego::ALIASES;
use crate::source::{self, MAX_DEPTH, SourceFile};
use crate::text::truncate;

/// Top-level keys that rules find beside those of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Value>,
    /// Keys that the environment has a part in, and whether it alone has.
    environment: BTreeMap<String, bool>,
}

impl Context {
    /// Reads a file: YAML by its name (`.yaml`, `.yml`), else JSON.
    ///
    /// # Errors
    /// What is no object, and keys that the plan or plangate brings. Never a value of the file: it may be a secret.
    pub fn parse(file: &SourceFile) -> Result<Self, Problem> {
        let problem = |what: String| {
            Problem::new(ProblemCode::Config, format!("the context file `{}` {what}", file.name())).help(
                "write an object of what your CI system adds to the input of policies, such as \
                 `{\"run\": {\"is_destroy\": false}}`",
            )
        };
        let is_yaml = [".yaml", ".yml"].iter().any(|end| file.name().ends_with(end));
        if is_yaml && source::too_deep(file.text()).is_some() {
            return Err(problem(format!("is nested more than {MAX_DEPTH} deep")));
        }
        let value: Value = if is_yaml {
            yaml_serde::from_str(file.text()).map_err(|error| {
                let at = error.location().map_or_else(String::new, |at| format!(" (line {})", at.line()));
                problem(format!("is not valid YAML{at}"))
            })?
        } else {
            serde_json::from_str(file.text()).map_err(|error| {
                problem(format!("is not valid JSON (line {}, column {})", error.line(), error.column()))
            })?
        };
        let Value::Object(map) = value else { return Err(problem("is no object".to_owned())) };
        let values: BTreeMap<String, Value> = map.into_iter().collect();
        let taken = values.keys().find(|key| is_taken(key));
        match taken {
            Some(key) => Err(collision(key, "that key is the plan's own")),
            None => Ok(Self { values, environment: BTreeMap::new() }),
        }
    }

    /// The same with what the environment says of the run; where both say something, the file wins.
    #[must_use]
    pub fn with_environment(mut self, environment: &serde_json::Map<String, Value>) -> Self {
        for (key, value) in environment.iter().filter(|(key, _)| !is_taken(key)) {
            self.environment.insert(key.clone(), !self.values.contains_key(key));
            match self.values.get_mut(key) {
                Some(own) => complete(own, value),
                None => {
                    self.values.insert(key.clone(), value.clone());
                }
            }
        }
        self
    }

    /// Whether the environment has a part in the value of a key: such a value holds what it tells and no more.
    pub(super) fn is_partial(&self, key: &str) -> bool {
        self.environment.contains_key(key)
    }

    /// Whether the value of a key is the environment's alone: one that comes with the plan is better.
    pub(super) fn is_default(&self, key: &str) -> bool {
        self.environment.get(key).is_some_and(|alone| *alone)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Its values.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// A key that this plan has too.
    pub(super) fn check(&self, mut has: impl FnMut(&str) -> bool) -> Result<(), Problem> {
        match self.keys().find(|key| !self.is_default(key) && has(key)) {
            Some(key) => Err(collision(key, "the document with the plan has that key too")),
            None => Ok(()),
        }
    }
}

/// Adds what is missing.
fn complete(own: &mut Value, other: &Value) {
    let (Value::Object(own), Value::Object(other)) = (own, other) else { return };
    for (key, value) in other {
        match own.get_mut(key) {
            Some(own) => complete(own, value),
            None => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_taken(key: &str) -> bool {
    is_plan_key(key) || key == DERIVED_KEY || ALIASES.contains(&key)
}

fn collision(key: &str, why: &str) -> Problem {
    let key = truncate(key, 60);
    Problem::new(ProblemCode::Config, format!("the context file sets `{key}`, but {why}"))
        .help("take the key out of the context file: it may add to the plan, not replace any of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, text: &str) -> Result<Context, String> {
        Context::parse(&SourceFile::new(name, text)).map_err(|problem| format!("{problem}"))
    }

    #[test]
    fn json_and_yaml_are_read() {
        let json = parse("c.json", r#"{"run": {"is_destroy": true}}"#).unwrap();
        assert_eq!(parse("c.yaml", "run:\n  is_destroy: true\n"), Ok(json.clone()));
        assert_eq!(json.keys().collect::<Vec<_>>(), ["run"]);
    }

    #[test]
    fn the_file_wins_over_the_environment() {
        let file = parse("c.json", r#"{"run": {"id": "mine", "is_destroy": true}}"#).unwrap();
        let environment =
            serde_json::json!({"run": {"id": "theirs", "commit_sha": "c"}, "ci": {"system": "x"}, "plan": {}});
        let context = file.with_environment(environment.as_object().unwrap());
        let run = serde_json::json!({"id": "mine", "is_destroy": true, "commit_sha": "c"});
        assert_eq!(context.get("run"), Some(&run));
        assert_eq!(context.keys().collect::<Vec<_>>(), ["ci", "run"], "no key of the plan");
        assert!(context.is_default("ci") && !context.is_default("run") && context.is_partial("run"));
        assert!(context.check(|key| key == "ci").is_ok() && context.check(|key| key == "run").is_err());
    }

    #[test]
    fn what_is_no_object_or_takes_a_key_of_the_plan_is_refused() {
        for (name, text, words) in [
            ("c.json", "[1]", "is no object"),
            ("c.json", "{\"run\": s3cr3t}", "not valid JSON (line 1, column 9)"),
            ("c.yml", "run: [s3cr3t", "not valid YAML"),
            ("c.json", r#"{"resource_changes": []}"#, "`resource_changes`"),
            ("c.json", r#"{"plangate": {}}"#, "`plangate`"),
            ("c.json", r#"{"plan": {}}"#, "`plan`"),
        ] {
            let message = parse(name, text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
            assert!(!message.contains("s3cr3t"), "{message}");
        }
    }
}
