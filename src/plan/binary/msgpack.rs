//! `MessagePack` as go-cty writes values: decoded without the type, within bounds.
//!
//! Must not know where a value stands in a plan. What cty never writes is refused.
//!
//! Sources: <https://github.com/msgpack/msgpack/blob/master/spec.md>; go-cty `cty/msgpack` (`marshal.go`, `unknown.go`,
//! `dynamic.go`): an unknown value is an extension of type 0, or of type 12 with refinements; a value of a dynamically typed
//! attribute is an array of its type, as JSON in a `bin`, and the value; `bin` stands nowhere else. A number that is no
//! 64-bit integer and not exactly a 64-bit float is a string of decimal digits.

use std::borrow::Cow;

use super::fault::{Fault, cut_off, odd};
use super::types::{Type, Types};
use super::value::Dynamic;

/// Deepest nesting of a value; JSON readers give up at 127 levels, with what is around the value.
const MAX_DEPTH: usize = 100;
/// Most values within one: more than any resource has, and little enough to be held in memory.
const MAX_VALUES: usize = 4 << 20;
/// Extensions that mean "unknown" (go-cty `cty/msgpack/unknown.go`).
const UNKNOWN: u8 = 0;
const UNKNOWN_WITH_REFINEMENTS: u8 = 12;

/// Decodes one value and nothing behind it.
pub(super) fn decode(bytes: &[u8]) -> Result<Dynamic<'_>, Fault> {
    decode_with(bytes, &Types::default())
}

/// The same, where types that values carry may have been read before.
pub(super) fn decode_with<'a>(bytes: &'a [u8], types: &Types) -> Result<Dynamic<'a>, Fault> {
    if bytes.is_empty() {
        return Err(odd("a value is empty"));
    }
    let mut reader = Reader { rest: bytes, budget: MAX_VALUES, types };
    let value = reader.value(&Type::Dynamic, MAX_DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(odd("there is something behind the end of a value")) }
}

/// The type that a dynamically typed value carries, as JSON.
pub(super) fn type_of(bytes: &[u8]) -> Option<&str> {
    let types = Types::default();
    let mut reader = Reader { rest: bytes, budget: MAX_VALUES, types: &types };
    (reader.byte().ok()? == TYPED).then_some(())?;
    std::str::from_utf8(reader.type_bytes().ok()??).ok()
}

/// An array of two.
const TYPED: u8 = 0x92;

struct Reader<'a, 't> {
    rest: &'a [u8],
    budget: usize,
    types: &'t Types,
}

impl<'a> Reader<'a, '_> {
    fn value(&mut self, of: &Type, depth: usize) -> Result<Dynamic<'a>, Fault> {
        let deeper = depth.checked_sub(1).ok_or_else(|| odd("a value is nested too deep"))?;
        self.budget = self.budget.checked_sub(1).ok_or_else(|| odd("a value has too many parts"))?;
        match self.byte()? {
            0xc0 => Ok(Dynamic::Null),
            0xc2 => Ok(Dynamic::Bool(false)),
            0xc3 => Ok(Dynamic::Bool(true)),
            byte @ 0x00..=0x7f => Ok(Dynamic::Int(i64::from(byte))),
            byte @ 0xe0..=0xff => Ok(Dynamic::Int(i64::from(i8::from_le_bytes([byte])))),
            0xca => finite(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => finite(f64::from_be_bytes(self.array()?)),
            0xcc => Ok(unsigned(self.uint::<1>()?)),
            0xcd => Ok(unsigned(self.uint::<2>()?)),
            0xce => Ok(unsigned(self.uint::<4>()?)),
            0xcf => Ok(unsigned(self.uint::<8>()?)),
            0xd0 => Ok(Dynamic::Int(i64::from(i8::from_be_bytes(self.array()?)))),
            0xd1 => Ok(Dynamic::Int(i64::from(i16::from_be_bytes(self.array()?)))),
            0xd2 => Ok(Dynamic::Int(i64::from(i32::from_be_bytes(self.array()?)))),
            0xd3 => Ok(Dynamic::Int(i64::from_be_bytes(self.array()?))),
            byte @ (0xa0..=0xbf | 0xd9..=0xdb) => self.text(byte).and_then(|text| string(text, of)),
            byte @ (0x90..=0x9f | 0xdc | 0xdd) => self.list(byte, of, deeper),
            byte @ (0x80..=0x8f | 0xde | 0xdf) => self.map(byte, of, deeper),
            byte @ (0xc7..=0xc9 | 0xd4..=0xd8) => self.unknown(byte),
            0xc4..=0xc6 => Err(odd("a value holds bytes where none can be")),
            0xc1 => Err(odd("a value holds a byte that is not used in MessagePack")),
        }
    }

    fn list(&mut self, byte: u8, of: &Type, depth: usize) -> Result<Dynamic<'a>, Fault> {
        let length = match byte {
            0x90..=0x9f => u64::from(byte & 0x0f),
            0xdc => self.uint::<2>()?,
            _ => self.uint::<4>()?,
        };
        if length == 2
            && let Some(json) = self.type_bytes()?
        {
            let of = self.types.parse(json)?;
            return self.value(&of, depth);
        }
        let mut items = Vec::with_capacity(self.room(length));
        for at in 0..length {
            items.push(self.value(of.item(at), depth)?);
        }
        Ok(Dynamic::List(items))
    }

    fn map(&mut self, byte: u8, of: &Type, depth: usize) -> Result<Dynamic<'a>, Fault> {
        let length = match byte {
            0x80..=0x8f => u64::from(byte & 0x0f),
            0xde => self.uint::<2>()?,
            _ => self.uint::<4>()?,
        };
        let mut entries = Vec::with_capacity(self.room(length));
        for _ in 0..length {
            let byte = self.byte()?;
            let key = match byte {
                0xa0..=0xbf | 0xd9..=0xdb => self.text(byte)?,
                _ => return Err(odd("a key of a value is no string")),
            };
            entries.push((Cow::Borrowed(key), self.value(of.key(key), depth)?));
        }
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        if entries.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            return Err(odd("a key stands twice in one value"));
        }
        Ok(Dynamic::Map(entries))
    }

    fn unknown(&mut self, byte: u8) -> Result<Dynamic<'a>, Fault> {
        let length = match byte {
            0xc7 => self.uint::<1>()?,
            0xc8 => self.uint::<2>()?,
            0xc9 => self.uint::<4>()?,
            fixed => 1 << (fixed - 0xd4),
        };
        match self.byte()? {
            UNKNOWN | UNKNOWN_WITH_REFINEMENTS => self.take(length).map(|_| Dynamic::Unknown),
            _ => Err(odd("a value holds an extension that no plan has")),
        }
    }

    /// The type before a dynamically typed value, if that is what stands here.
    fn type_bytes(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        let length = match self.rest.first() {
            Some(0xc4) => self.byte().and_then(|_| self.uint::<1>())?,
            Some(0xc5) => self.byte().and_then(|_| self.uint::<2>())?,
            Some(0xc6) => self.byte().and_then(|_| self.uint::<4>())?,
            _ => return Ok(None),
        };
        self.take(length).map(Some)
    }

    fn text(&mut self, byte: u8) -> Result<&'a str, Fault> {
        let length = match byte {
            0xa0..=0xbf => u64::from(byte & 0x1f),
            0xd9 => self.uint::<1>()?,
            0xda => self.uint::<2>()?,
            _ => self.uint::<4>()?,
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| odd("a string of a value is not valid UTF-8"))
    }

    /// How many elements are made room for before they are read: each takes a byte at least.
    fn room(&self, length: u64) -> usize {
        usize::try_from(length).unwrap_or(usize::MAX).min(self.rest.len()).min(1024)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(length).map_err(|_| cut_off())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.rest.split_first().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn uint<const N: usize>(&mut self) -> Result<u64, Fault> {
        Ok(self.array::<N>()?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

fn unsigned<'a>(value: u64) -> Dynamic<'a> {
    i64::try_from(value).map_or(Dynamic::UInt(value), Dynamic::Int)
}

fn finite<'a>(value: f64) -> Result<Dynamic<'a>, Fault> {
    // Terraform has infinite numbers and cannot print them as JSON either.
    if value.is_finite() { Ok(Dynamic::Float(value)) } else { Err(odd("a number of a value is not finite")) }
}

fn string<'a>(text: &'a str, of: &Type) -> Result<Dynamic<'a>, Fault> {
    if *of != Type::Number {
        return Ok(Dynamic::String(Cow::Borrowed(text)));
    }
    let is_number = serde_json::from_str::<serde_json::Number>(text).is_ok() && text.trim() == text;
    if is_number { Ok(Dynamic::Number(Cow::Borrowed(text))) } else { Err(odd("a number of a value has no digits")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: Vec<(&'static str, Dynamic<'static>)>) -> Dynamic<'static> {
        Dynamic::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    #[test]
    fn every_form_is_decoded() {
        let cases: Vec<(&[u8], Dynamic<'_>)> = vec![
            (&[0xc0], Dynamic::Null),
            (&[0xc3], Dynamic::Bool(true)),
            (&[0x7f], Dynamic::Int(127)),
            (&[0xff], Dynamic::Int(-1)),
            (&[0xd0, 0x80], Dynamic::Int(-128)),
            (&[0xd1, 0x80, 0], Dynamic::Int(-32768)),
            (&[0xcd, 1, 0], Dynamic::Int(256)),
            (&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255], Dynamic::UInt(u64::MAX)),
            (&[0xd3, 255, 255, 255, 255, 255, 255, 255, 254], Dynamic::Int(-2)),
            (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], Dynamic::Float(0.5)),
            (&[0xa2, b'h', b'i'], Dynamic::String("hi".into())),
            (&[0xd9, 1, b'x'], Dynamic::String("x".into())),
            (&[0xd4, 0, 0], Dynamic::Unknown),
            (&[0xc7, 2, 12, 0x81, 1], Dynamic::Unknown),
            (&[0x92, 1, 2], Dynamic::List(vec![Dynamic::Int(1), Dynamic::Int(2)])),
            (&[0x82, 0xa1, b'b', 1, 0xa1, b'a', 2], map(vec![("a", Dynamic::Int(2)), ("b", Dynamic::Int(1))])),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(bytes).unwrap(), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn a_value_that_carries_its_type_keeps_every_digit() {
        let typed = |json: &str, value: &[u8]| {
            let length = u8::try_from(json.len()).unwrap();
            [&[0x92, 0xc4, length], json.as_bytes(), value].concat()
        };
        let digits = "123456789012345678901234567890";
        let text = [&[0xbe], digits.as_bytes()].concat();
        let number = typed("\"number\"", &text);
        assert_eq!(decode(&number).unwrap(), Dynamic::Number(digits.into()));
        assert_eq!(type_of(&number), Some("\"number\""));
        assert_eq!(decode(&typed("\"string\"", &text)).unwrap(), Dynamic::String(digits.into()));
        let object = typed(r#"["object",{"n":["list","number"]}]"#, &[&[0x81, 0xa1, b'n', 0x91][..], &text].concat());
        assert_eq!(decode(&object).unwrap(), map(vec![("n", Dynamic::List(vec![Dynamic::Number(digits.into())]))]));
        assert!(decode(&typed("\"number\"", &[0xa1, b'x'])).is_err());
        assert!(decode(&typed("{", &[0xc0])).is_err());
        assert_eq!(type_of(&[0x92, 1, 2]), None);
    }

    #[test]
    fn what_cty_never_writes_is_refused() {
        for bytes in [
            &[][..],
            &[0xc1],
            &[0xc4, 1, 1],
            &[0xa2, b'x'],
            &[0xa1, 0xff],
            &[0x91],
            &[0xdd, 255, 255, 255, 255, 0xc0],
            &[0xdf, 255, 255, 255, 255],
            &[0x81, 1, 1],
            &[0x82, 0xa1, b'a', 1, 0xa1, b'a', 2],
            &[0xd4, 5, 0],
            &[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
            &[0xc0, 0xc0],
            &[0x91; 2000],
        ] {
            assert!(decode(bytes).is_err(), "{bytes:x?}");
        }
    }
}
