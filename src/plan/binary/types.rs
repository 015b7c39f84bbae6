//! Types that values carry with them, as far as they tell a number from a string.
//!
//! Source: go-cty `cty/json/type.go`: `"number"`, `["list", T]`, `["object", {…}, […]]`, `["tuple", [T, …]]`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::{Fault, odd};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// One that is not known here.
    Dynamic,
    /// A number, which may be written as a string of digits.
    Number,
    /// Another one without elements.
    Scalar,
    /// A list, set or map.
    Of(Box<Type>),
    /// An object.
    Object(BTreeMap<String, Type>),
    /// A tuple.
    Tuple(Vec<Type>),
}

impl Type {
    /// Reads the JSON of a type.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Fault> {
        let json: Value = serde_json::from_slice(json).map_err(|_| odd("the type of a value is not valid JSON"))?;
        Self::of(&json).ok_or_else(|| odd("a value has a type that no plan has"))
    }

    fn of(json: &Value) -> Option<Self> {
        match json {
            Value::String(name) => match name.as_str() {
                "number" => Some(Self::Number),
                "string" | "bool" => Some(Self::Scalar),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(kind), of] if matches!(kind.as_str(), "list" | "set" | "map") => {
                    Some(Self::Of(Box::new(Self::of(of)?)))
                }
                [Value::String(kind), Value::Object(of), rest @ ..] if kind == "object" && rest.len() < 2 => {
                    let attributes = of.iter().map(|(name, of)| Some((name.clone(), Self::of(of)?)));
                    attributes.collect::<Option<_>>().map(Self::Object)
                }
                [Value::String(kind), Value::Array(of)] if kind == "tuple" => {
                    of.iter().map(Self::of).collect::<Option<_>>().map(Self::Tuple)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The type of an element of a list, set or tuple.
    pub(super) fn item(&self, at: u64) -> &Self {
        match self {
            Self::Of(of) => of,
            Self::Tuple(of) => usize::try_from(at).ok().and_then(|at| of.get(at)).unwrap_or(&Self::Dynamic),
            _ => &Self::Dynamic,
        }
    }

    /// The type of a value of a map or object.
    pub(super) fn key(&self, key: &str) -> &Self {
        match self {
            Self::Of(of) => of,
            Self::Object(of) => of.get(key).unwrap_or(&Self::Dynamic),
            _ => &Self::Dynamic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_say_where_numbers_are() {
        let of = Type::parse(br#"["object",{"a":["tuple",["string",["map","number"]]],"b":"dynamic"},["b"]]"#).unwrap();
        assert_eq!(*of.key("a").item(1).key("any"), Type::Number);
        assert_eq!(*of.key("a").item(0), Type::Scalar);
        assert_eq!(
            (of.key("b"), of.key("none"), of.key("a").item(9)),
            (&Type::Dynamic, &Type::Dynamic, &Type::Dynamic)
        );
    }

    #[test]
    fn other_words_are_no_types() {
        for json in ["", "null", "\"capsule\"", "[\"list\"]", "[\"object\",[]]", "[\"set\",\"x\"]", "[\"tuple\",{}]"] {
            assert!(Type::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
