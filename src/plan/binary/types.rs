//! Types that values carry with them, as far as they tell a number from a string.
//!
//! Source: go-cty `cty/json/type.go`: `"number"`, `["list", T]`, `["object", {…}, […]]`, `["tuple", [T, …]]`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::fault::{Fault, odd};
use super::value::Dynamic;

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

/// Types that were read: the values of one attribute all carry the same one.
#[derive(Debug, Default)]
pub(super) struct Types(RefCell<HashMap<Box<[u8]>, Rc<Type>>>);

impl Types {
    /// Reads the JSON of a type, unless it was read before.
    pub(super) fn parse(&self, json: &[u8]) -> Result<Rc<Type>, Fault> {
        if let Some(known) = self.0.borrow().get(json) {
            return Ok(Rc::clone(known));
        }
        let parsed = Rc::new(Type::parse(json)?);
        self.0.borrow_mut().insert(json.into(), Rc::clone(&parsed));
        Ok(parsed)
    }
}

impl Type {
    /// Reads the JSON of a type.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Fault> {
        let json: Dynamic<'_> =
            serde_json::from_slice(json).map_err(|_| odd("the type of a value is not valid JSON"))?;
        Self::of(&json).ok_or_else(|| odd("a value has a type that no plan has"))
    }

    /// The type that JSON stands for, if it is one.
    pub(super) fn of(json: &Dynamic<'_>) -> Option<Self> {
        match json {
            Dynamic::String(name) => match &**name {
                "number" => Some(Self::Number),
                "string" | "bool" => Some(Self::Scalar),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Dynamic::List(parts) => match parts.as_slice() {
                [Dynamic::String(kind), of] if matches!(&**kind, "list" | "set" | "map") => {
                    Some(Self::Of(Box::new(Self::of(of)?)))
                }
                [Dynamic::String(kind), Dynamic::Map(of), rest @ ..] if kind == "object" && rest.len() < 2 => {
                    let attributes = of.iter().map(|(name, of)| Some((name.clone().into_owned(), Self::of(of)?)));
                    attributes.collect::<Option<_>>().map(Self::Object)
                }
                [Dynamic::String(kind), Dynamic::List(of)] if kind == "tuple" => {
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
