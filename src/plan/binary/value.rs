//! Values of a saved plan, without their types, and the masks over them.
//!
//! Owns the shapes in which Terraform prints what is unknown and what is sensitive. Must not know where a value stands.
//!
//! Sources: Terraform `internal/command/jsonplan/plan.go` (`omitUnknowns`, `unknownAsBool`) and
//! `internal/command/jsonstate/state.go` (`SensitiveAsBool`).

use std::borrow::Cow;

use super::json::Json;
use super::marks::Marks;

/// A value as it was encoded. Without the schema of its type a set is a list, and a number that is neither a 64-bit integer
/// nor exactly a 64-bit float is a string.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Dynamic<'a> {
    /// No value.
    Null,
    /// Known only after apply.
    Unknown,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    UInt(u64),
    /// Any other finite number.
    Float(f64),
    /// A number of any precision, as JSON.
    Number(Cow<'a, str>),
    /// A string.
    String(Cow<'a, str>),
    /// A list, set or tuple.
    List(Vec<Dynamic<'a>>),
    /// A map or object, sorted by key.
    Map(Vec<(Cow<'a, str>, Dynamic<'a>)>),
}

impl Dynamic<'_> {
    /// Whether nothing in it is unknown.
    pub(super) fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_known()),
            _ => true,
        }
    }

    const fn has_elements(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Writes it without what is unknown: left out of objects, null in lists. A value that is unknown itself is null.
    pub(super) fn write(&self, out: &mut Json) {
        match self {
            Self::Null | Self::Unknown => out.raw("null"),
            Self::Bool(value) => out.flag(*value),
            Self::Int(value) => out.raw(&value.to_string()),
            Self::UInt(value) => out.raw(&value.to_string()),
            Self::Float(value) => out.raw(&value.to_string()),
            Self::Number(text) => out.raw(text),
            Self::String(text) => out.string(text),
            Self::List(items) => out.array(items, |out, item| item.write(out)),
            Self::Map(entries) => {
                let known = entries.iter().filter(|(_, value)| *value != Self::Unknown);
                out.object(known.map(|(key, value)| (&**key, value)), |out, value| value.write(out));
            }
        }
    }

    /// Writes what of it is unknown: only such keys of objects, every element of lists.
    pub(super) fn write_unknown(&self, out: &mut Json) {
        match self {
            Self::Unknown => out.flag(true),
            Self::List(items) => out.array(items, |out, item| item.write_unknown(out)),
            Self::Map(entries) => {
                let shown = entries.iter().filter(|(_, value)| value.has_elements() || *value == Self::Unknown);
                out.object(shown.map(|(key, value)| (&**key, value)), |out, value| value.write_unknown(out));
            }
            _ => out.flag(false),
        }
    }

    /// Writes what of it is sensitive, in the same way.
    pub(super) fn write_sensitive(&self, marks: Option<&Marks>, out: &mut Json) {
        match self {
            _ if marks.is_some_and(|marks| marks.covers(self)) => out.flag(true),
            Self::List(items) => {
                let item = |(at, item)| (marks.and_then(|marks| marks.item(at)), item);
                let items = items.iter().enumerate().map(item);
                out.array(items, |out, (marks, item): (_, &Self)| item.write_sensitive(marks, out));
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key, marks.and_then(|marks| marks.key(key)), value));
                let shown = entries
                    .filter(|(_, marks, value)| value.has_elements() || marks.is_some_and(|marks| marks.covers(value)));
                let pairs = shown.map(|(key, marks, value)| (&**key, (marks, value)));
                out.object(pairs, |out, (marks, value)| value.write_sensitive(marks, out));
            }
            _ => out.flag(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::binary::marks::Step;

    fn text(write: impl FnOnce(&mut Json)) -> String {
        let mut out = Json::default();
        write(&mut out);
        out.finish().unwrap()
    }

    fn sample() -> Dynamic<'static> {
        let map = |entries: Vec<(&'static str, Dynamic<'static>)>| {
            Dynamic::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
        };
        map(vec![
            ("a", Dynamic::Unknown),
            ("b", Dynamic::List(vec![Dynamic::Unknown, Dynamic::Int(1), map(vec![])])),
            ("c", map(vec![("x", Dynamic::String("q\"\n".into()))])),
            ("d", Dynamic::Float(0.5)),
            ("e", Dynamic::List(vec![])),
            ("f", Dynamic::Null),
        ])
    }

    #[test]
    fn unknown_values_leave_objects_and_are_null_in_lists() {
        let known = text(|out| sample().write(out));
        assert_eq!(known, r#"{"b":[null,1,{}],"c":{"x":"q\"\n"},"d":0.5,"e":[],"f":null}"#);
        assert!(!sample().is_known() && Dynamic::Null.is_known());
    }

    #[test]
    fn masks_keep_what_is_marked_and_the_places_in_lists() {
        let unknown = text(|out| sample().write_unknown(out));
        assert_eq!(unknown, r#"{"a":true,"b":[true,false,{}],"c":{},"e":[]}"#);
        assert_eq!(text(|out| Dynamic::Unknown.write_unknown(out)), "true");
        assert_eq!(text(|out| Dynamic::Null.write_unknown(out)), "false");
    }

    #[test]
    fn sensitive_paths_become_masks() {
        let key = |key: &str| Step::Key(key.into());
        let paths =
            [vec![key("c"), key("x")], vec![key("b"), Step::Index(1)], vec![key("a")], vec![key("gone"), key("x")]];
        let marks = Marks::of(paths);
        let masked = text(|out| sample().write_sensitive(Some(&marks), out));
        assert_eq!(masked, r#"{"a":true,"b":[false,true,{}],"c":{"x":true},"e":[]}"#);
        let whole = Marks::of([vec![key("b"), Step::Other]]);
        let masked = text(|out| sample().write_sensitive(Some(&whole), out));
        assert_eq!(masked, r#"{"b":true,"c":{},"e":[]}"#, "which element of a set is meant cannot be told");
        assert_eq!(text(|out| Dynamic::Null.write_sensitive(None, out)), "false");
        assert_eq!(text(|out| Dynamic::Null.write_sensitive(Some(&Marks::all()), out)), "true");
    }
}
