//! Documents that policies see under `data`: JSON and YAML people wrote, merged by path.
//!
//! Must not read files, nor know what policies do with them.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemCode};
use crate::source::{self, MAX_DEPTH, SourceFile, Span};

/// The key under which everything is the product's own.
const RESERVED: &str = "plangate";

/// Everything under `data` that is no rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data(Map<String, Value>);

impl Data {
    /// Adds what a file holds at a path: the names of the directories it lies in.
    ///
    /// # Errors
    /// A document that is no object, a key of the product, a value where another file already has one.
    pub fn add(&mut self, path: &[String], file: &SourceFile) -> Result<(), Problem> {
        let Value::Object(mut document) = parse(file)? else {
            return Err(wrong(file, format!("`{}` is no object of keys and values", file.name()))
                .help("its keys are what policies find under `data`"));
        };
        for step in path.iter().rev() {
            document = Map::from_iter([(step.clone(), Value::Object(document))]);
        }
        if document.contains_key(RESERVED) {
            let help = "choose another name: helpers of the product are below `data.plangate`";
            return Err(wrong(file, format!("`{}` provides `data.{RESERVED}`", file.name())).help(help));
        }
        self.merge(document, file)
    }

    fn merge(&mut self, document: Map<String, Value>, file: &SourceFile) -> Result<(), Problem> {
        merge(&mut self.0, document, "data").map_err(|at| {
            wrong(file, format!("`{}` provides `{at}`, as another data file does", file.name()))
                .help("keep one of the two: which of them holds must not depend on their order")
        })
    }

    /// Adds what a file holds at a path, as far as it lies under one of these names directly below `data`. A file without any
    /// is none of ours, whatever it holds.
    ///
    /// # Errors
    /// As [`add`](Self::add); a file that may lie there and cannot be read.
    pub fn add_named(&mut self, path: &[String], file: &SourceFile, names: &BTreeSet<String>) -> Result<(), Problem> {
        if let Some(first) = path.first() {
            return if names.contains(first) { self.add(path, file) } else { Ok(()) };
        }
        let Value::Object(mut document) = parse(file)? else { return Ok(()) };
        document.retain(|key, _| names.contains(key) && key != RESERVED);
        self.merge(document, file)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value at a path below `data`.
    #[must_use]
    pub fn get(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(first)?, |value, step| value.get(step))
    }

    /// How many steps of a path lead into it before a value that has no keys, if that stands in the way.
    #[must_use]
    pub fn blocked(&self, path: &[String]) -> bool {
        (1..path.len()).any(|length| {
            path.get(..length).and_then(|before| self.get(before)).is_some_and(|value| !value.is_object())
        })
    }

    /// The whole document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// Reads a file: JSON by its name, else YAML. A key that stands twice in one object is an error.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(file: &SourceFile) -> Result<Value, Problem> {
    let failed = |error: &dyn fmt::Display, at: Span| {
        Problem::new(ProblemCode::Config, format!("`{}` cannot be read: {error}", file.name())).at(file, at, "here")
    };
    // The manifest of a bundle is all extension.
    let is_json = camino::Utf8Path::new(file.name()).extension().is_none_or(|extension| extension == "json");
    if is_json {
        return serde_json::from_str::<Unique>(file.text()).map(|unique| unique.0).map_err(|error| {
            let position = crate::source::Position { line: error.line(), column: error.column() };
            let at = file.offset(position);
            failed(&error, Span::new(at.saturating_sub(1), at))
        });
    }
    if let Some(at) = source::too_deep(file.text()) {
        return Err(failed(&format!("it is nested more than {MAX_DEPTH} deep"), Span::new(at, at + 1)));
    }
    yaml_serde::from_str::<yaml_serde::Value>(file.text()).and_then(yaml_serde::from_value).map_err(|error| {
        let at = error.location().map_or(0, |location| location.index());
        failed(&error, Span::new(at, at))
    })
}

fn wrong(file: &SourceFile, message: String) -> Problem {
    Problem::new(ProblemCode::Config, message).at(file, Span::default(), "this file")
}

/// Merges objects key by key; the error is the path at which both have a value.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>, path: &str) -> Result<(), String> {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from, &format!("{path}.{key}"))?,
            (Some(one), other) if *one == other => {}
            (Some(_), _) => return Err(format!("{path}.{key}")),
        }
    }
    Ok(())
}

/// A JSON value of objects without repeated keys.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut array = Vec::new();
                while let Some(Unique(item)) = items.next_element()? {
                    array.push(item);
                }
                Ok(Value::Array(array))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
                    if object.insert(key.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("the key `{key}` stands twice")));
                    }
                }
                Ok(Value::Object(object))
            }
        }
        deserializer.deserialize_any(Values).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(data: &mut Data, path: &[&str], name: &str, text: &str) -> Result<(), String> {
        let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
        data.add(&path, &SourceFile::new(name, text)).map_err(|problem| problem.message)
    }

    #[test]
    fn documents_are_merged_by_path() {
        let mut data = Data::default();
        add(&mut data, &[], "a.json", "{\"x\": {\"y\": 1},\n\t\"l\": [1, 2.5, null, true]}").unwrap();
        add(&mut data, &["x"], "b.yaml", "z: two\nmore:\n  - a\n").unwrap();
        add(&mut data, &["x"], "c.yml", "z: two\n").unwrap();
        let expected = json!({"x": {"y": 1, "z": "two", "more": ["a"]}, "l": [1, 2.5, null, true]});
        assert_eq!(data.to_json(), expected);
        let path = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>();
        assert_eq!(data.get(&path(&["x", "y"])), Some(&json!(1)));
        assert_eq!(data.get(&path(&["x", "q"])), None);
        assert!(data.blocked(&path(&["x", "y", "deny"])) && !data.blocked(&path(&["x", "deny"])));
    }

    #[test]
    fn what_is_no_document_of_keys_is_refused() {
        let mut data = Data::default();
        add(&mut data, &[], "a.json", "{\"x\": 1}").unwrap();
        for (path, name, text, words) in [
            (&[][..], "b.json", "{\"x\": 2}", "provides `data.x`, as another"),
            (&["x"], "b.json", "{\"y\": 2}", "provides `data.x`, as another"),
            (&[], "b.json", "[1]", "no object of keys"),
            (&[], "b.json", "{\"a\": 1, \"a\": 2}", "the key `a` stands twice"),
            (&[], "b.yaml", "a: 1\na: 2\n", "cannot be read"),
            (&[], "b.yaml", &format!("a: {}", "[".repeat(100_000)), "nested more than 1000 deep"),
            (&[], "b.json", "{", "cannot be read"),
            (&[], "b.yaml", "plangate: 1\n", "provides `data.plangate`"),
            (&["plangate", "lib"], "b.yaml", "x: 1\n", "provides `data.plangate`"),
        ] {
            let error = add(&mut data, path, name, text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
