//! Serialisable values as the engine reads them, without a document in between.
//!
//! Owns how Rust's shapes become Rego's: as `serde_json` writes them. Must not know what is serialised.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use regorus::Value;
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};

use super::Input;

/// Builds documents that share the keys of their objects.
#[derive(Debug, Default)]
pub struct Builder {
    keys: HashMap<Box<str>, Value>,
}

/// A value whose shape is not built: bytes, a variant with values, a map whose keys are no strings.
#[derive(Debug)]
pub struct Unrepresentable(String);

impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unrepresentable {}

impl ser::Error for Unrepresentable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl Builder {
    /// The document of a value.
    ///
    /// # Errors
    /// Where the value has a shape that is not built.
    pub fn build(&mut self, value: &impl Serialize) -> Result<Input, Unrepresentable> {
        value.serialize(self).map(Input)
    }

    fn key(&mut self, key: &str) -> Value {
        if let Some(known) = self.keys.get(key) {
            return known.clone();
        }
        let value = Value::from(key);
        self.keys.insert(key.into(), value.clone());
        value
    }
}

type Built = Result<Value, Unrepresentable>;
type Unbuilt = Impossible<Value, Unrepresentable>;

fn unrepresentable<T>(what: &str) -> Result<T, Unrepresentable> {
    Err(Unrepresentable(format!("{what} cannot be given to policies")))
}

/// Scalars that Rust has in several widths.
macro_rules! widened {
    ($($method:ident: $narrow:ty => $wide:ident),*) => {
        $(fn $method(self, value: $narrow) -> Built {
            self.$wide(value.into())
        })*
    };
}

impl<'b> ser::Serializer for &'b mut Builder {
    type Ok = Value;
    type Error = Unrepresentable;
    type SerializeSeq = List<'b>;
    type SerializeTuple = List<'b>;
    type SerializeTupleStruct = Unbuilt;
    type SerializeTupleVariant = Unbuilt;
    type SerializeMap = Object<'b>;
    type SerializeStruct = Object<'b>;
    type SerializeStructVariant = Unbuilt;

    widened!(
        serialize_i8: i8 => serialize_i64,
        serialize_i16: i16 => serialize_i64,
        serialize_i32: i32 => serialize_i64,
        serialize_u8: u8 => serialize_u64,
        serialize_u16: u16 => serialize_u64,
        serialize_u32: u32 => serialize_u64,
        serialize_f32: f32 => serialize_f64
    );

    fn serialize_bool(self, value: bool) -> Built {
        Ok(Value::Bool(value))
    }

    fn serialize_i64(self, value: i64) -> Built {
        Ok(Value::from(value))
    }

    fn serialize_u64(self, value: u64) -> Built {
        Ok(i64::try_from(value).map_or_else(|_| Value::from(value), Value::from))
    }

    fn serialize_f64(self, value: f64) -> Built {
        Ok(if value.is_finite() { Value::from(value) } else { Value::Null })
    }

    fn serialize_char(self, value: char) -> Built {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Built {
        Ok(Value::String(Arc::from(value)))
    }

    fn serialize_bytes(self, _: &[u8]) -> Built {
        unrepresentable("bytes")
    }

    fn serialize_none(self) -> Built {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Built {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Built {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Built {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Built {
        Ok(self.key(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Built {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Built {
        unrepresentable(name)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'b>, Unrepresentable> {
        Ok(List { builder: self, items: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'b>, Unrepresentable> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Unbuilt, Unrepresentable> {
        unrepresentable(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Unbuilt, Unrepresentable> {
        unrepresentable(name)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Object<'b>, Unrepresentable> {
        Ok(Object { builder: self, entries: Vec::with_capacity(length.unwrap_or_default()), key: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Object<'b>, Unrepresentable> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Unbuilt, Unrepresentable> {
        unrepresentable(name)
    }
}

/// An array that grows.
#[derive(Debug)]
pub struct List<'b> {
    builder: &'b mut Builder,
    items: Vec<Value>,
}

impl SerializeSeq for List<'_> {
    type Ok = Value;
    type Error = Unrepresentable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unrepresentable> {
        let value = value.serialize(&mut *self.builder)?;
        self.items.push(value);
        Ok(())
    }

    fn end(self) -> Built {
        Ok(Value::from(self.items))
    }
}

impl SerializeTuple for List<'_> {
    type Ok = Value;
    type Error = Unrepresentable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unrepresentable> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Built {
        SerializeSeq::end(self)
    }
}

/// An object that grows.
#[derive(Debug)]
pub struct Object<'b> {
    builder: &'b mut Builder,
    entries: Vec<(Value, Value)>,
    key: Option<Value>,
}

impl SerializeStruct for Object<'_> {
    type Ok = Value;
    type Error = Unrepresentable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unrepresentable> {
        let key = self.builder.key(name);
        let value = value.serialize(&mut *self.builder)?;
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Built {
        let entries: BTreeMap<Value, Value> = self.entries.into_iter().collect();
        Ok(Value::from(entries))
    }
}

impl SerializeMap for Object<'_> {
    type Ok = Value;
    type Error = Unrepresentable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unrepresentable> {
        let Value::String(key) = key.serialize(&mut *self.builder)? else {
            return unrepresentable("a key that is no string");
        };
        self.key = Some(self.builder.key(&key));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unrepresentable> {
        let Some(key) = self.key.take() else { return unrepresentable("a value without a key") };
        let value = value.serialize(&mut *self.builder)?;
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Built {
        SerializeStruct::end(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Sample {
        words: Vec<&'static str>,
        #[serde(flatten)]
        inner: Inner,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
    }

    #[derive(Serialize)]
    struct Inner {
        flag: bool,
        numbers: (i8, u64, f64),
        kind: Kind,
        none: Option<u8>,
        map: BTreeMap<String, char>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Plain,
        Deep(u8),
    }

    #[test]
    fn a_built_value_is_the_one_that_json_gives() {
        let inner = Inner {
            flag: true,
            numbers: (-3, u64::MAX, 0.5),
            kind: Kind::Plain,
            none: None,
            map: BTreeMap::from([("é".to_owned(), 'x')]),
        };
        let sample = Sample { words: vec!["a", "a"], inner, absent: None };
        let built = Builder::default().build(&sample).unwrap();
        let through_json = Input::from_json(&serde_json::to_value(&sample).unwrap());
        assert_eq!(built.0, through_json.0);
    }

    #[test]
    fn what_has_no_counterpart_is_an_error_and_no_gap() {
        assert!(Builder::default().build(&Kind::Deep(1)).is_err());
        assert!(Builder::default().build(&BTreeMap::from([(1, 2)])).is_err());
    }
}
