//! What of an object that is made anew is sensitive.
//!
//! Terraform and `OpenTofu` plan a replacement twice, and mark what came of the second time as the configuration says alone, not
//! as the schema does. The object as it is has the marks of the schema, and both have one schema: what is secret in it is in the
//! new one. What it says nothing of (a block it had none of) is secret too.
//!
//! Source: Terraform `internal/terraform/node_resource_abstract_instance.go` (`plan`).

use std::cell::LazyCell;
use std::collections::BTreeMap;

use super::marks::{Marks, Step};
use super::value::Dynamic;

/// Paths in the new object that are secret because they are in the old one, or may be.
pub(super) fn secrets(before: &Dynamic<'_>, marks: &Marks, after: &Dynamic<'_>) -> Vec<Vec<Step>> {
    let mut paths = Vec::new();
    Shape::of(before, Some(marks)).collect(after, &mut Vec::new(), &mut paths);
    paths
}

/// What a value tells of its type: which parts are secret.
#[derive(Debug, Clone)]
enum Shape {
    Secret,
    /// A value without parts: nothing is known of any that another may have.
    Flat,
    /// An object or a map.
    Keys(BTreeMap<String, Shape>),
    /// A list or a set, all elements taken together.
    Items(Box<Shape>),
}

impl Shape {
    fn of(value: &Dynamic<'_>, marks: Option<&Marks>) -> Self {
        if marks.is_some_and(|marks| marks.covers(value)) {
            return Self::Secret;
        }
        match value {
            Dynamic::Map(entries) if !entries.is_empty() => {
                let below = |key: &str, value| Self::of(value, marks.and_then(|marks| marks.key(key)));
                Self::Keys(entries.iter().map(|(key, value)| (key.to_string(), below(key, value))).collect())
            }
            Dynamic::List(items) if !items.is_empty() => {
                let item = |(at, item)| Self::of(item, marks.and_then(|marks| marks.item(at)));
                Self::Items(Box::new(Self::merged(items.iter().enumerate().map(item))))
            }
            _ => Self::Flat,
        }
    }

    fn merged(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::Flat, Self::merge)
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Flat, some) | (some, Self::Flat) => some,
            (Self::Keys(mut keys), Self::Keys(others)) => {
                for (key, other) in others {
                    let mine = keys.remove(&key).unwrap_or(Self::Flat);
                    keys.insert(key, mine.merge(other));
                }
                Self::Keys(keys)
            }
            (Self::Items(mine), Self::Items(other)) => Self::Items(Box::new(mine.merge(*other))),
            _ => Self::Secret,
        }
    }

    fn collect(&self, value: &Dynamic<'_>, at: &mut Vec<Step>, secret: &mut Vec<Vec<Step>>) {
        match (self, value) {
            (Self::Secret, _) => secret.push(at.clone()),
            (Self::Keys(keys), Dynamic::Map(entries)) => {
                // A key that only the new value has is one of a map, whose values are all of one type.
                let any = LazyCell::new(|| Self::merged(keys.values().cloned()));
                for (key, value) in entries {
                    at.push(Step::Key(key.to_string()));
                    keys.get(&**key).unwrap_or_else(|| &any).collect(value, at, secret);
                    at.pop();
                }
            }
            (Self::Items(any), Dynamic::List(items)) => {
                for (index, item) in (0..).zip(items) {
                    at.push(Step::Index(index));
                    any.collect(item, at, secret);
                    at.pop();
                }
            }
            // Of a list of plain values the whole would be marked.
            (Self::Flat, Dynamic::List(items)) if !items.iter().any(has_parts) => {}
            (_, value) if has_parts(value) => secret.push(at.clone()),
            _ => {}
        }
    }
}

fn has_parts(value: &Dynamic<'_>) -> bool {
    match value {
        Dynamic::List(items) => !items.is_empty(),
        Dynamic::Map(entries) => !entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is secret in the new value, as JSON pointers, where these keys and indices are in the old one.
    fn found(before: &str, secret: &[&[&str]], after: &str) -> Vec<String> {
        let step = |step: &&str| step.parse().map_or_else(|_| Step::Key((*step).to_owned()), Step::Index);
        let marks = Marks::of(secret.iter().map(|path| path.iter().map(step).collect()));
        let read = |text| serde_json::from_str::<Dynamic<'_>>(text).unwrap();
        let name = |step: &Step| match step {
            Step::Key(key) => format!("/{key}"),
            Step::Index(index) => format!("/{index}"),
            Step::Other => "/?".to_owned(),
        };
        secrets(&read(before), &marks, &read(after)).iter().map(|path| path.iter().map(name).collect()).collect()
    }

    #[test]
    fn what_was_secret_is_secret_anew() {
        let before = r#"{"password":null,"name":"a","size":1,"list":["x"]}"#;
        let after = r#"{"password":"new","name":"b","size":null,"list":["x","y"]}"#;
        assert_eq!(found(before, &[&["password"]], after), ["/password"]);
        assert!(found(before, &[], after).is_empty());
        assert_eq!(found("{}", &[&[]], after), [""]);
    }

    #[test]
    fn blocks_that_are_more_than_before_are_secret_where_the_others_are() {
        let before = r#"{"user":[{"name":"a","key":"k"}],"tags":{"a":"b"},"by_name":{"x":{"key":"k"}}}"#;
        let after =
            r#"{"user":[{"name":"a","key":"k"},{"name":"b","key":"l"}],"tags":{"c":"d"},"by_name":{"y":{"key":"k"}}}"#;
        let marked: &[&[&str]] = &[&["user", "0", "key"], &["by_name", "x", "key"]];
        assert_eq!(found(before, marked, after), ["/by_name/y/key", "/user/0/key", "/user/1/key"]);
    }

    #[test]
    fn blocks_of_which_there_was_none_are_secret() {
        let before = r#"{"user":[],"set":null,"map":{},"plain":[]}"#;
        let after = r#"{"user":[{"key":"k"}],"set":[{"key":"k"}],"map":{"a":{"key":"k"}},"plain":["a"]}"#;
        assert_eq!(found(before, &[], after), ["/map", "/set", "/user"]);
        assert!(found(before, &[], before).is_empty());
        assert_eq!(found(r#"{"any":[1]}"#, &[], r#"{"any":{"a":1}}"#), ["/any"], "of another type");
    }
}
