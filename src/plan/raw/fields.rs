//! Small shapes that parts of a plan are made of.
//!
//! Must not know which part they stand in.

use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess};

use crate::plan::json::keep::Keep;
use crate::plan::json::read::{Item, Kind, Loader, Scalar, Target, read_item};
use crate::plan::sink::DocumentSink;
use crate::plan::value::{Number, Value};

/// A string that matters; `null` counts as absent.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) Option<String>);

impl<S: DocumentSink> Target<'_, S> for Text {
    const WHAT: &'static str = "a string";

    fn accepts(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Null | Kind::String)
    }

    fn scalar(&mut self, scalar: Scalar<'_>) {
        if let Scalar::String(text) = scalar {
            self.0 = Some(text.to_owned());
        }
    }
}

/// A string for display; any other value counts as absent.
#[derive(Debug, Default)]
pub(super) struct Words(pub(super) Option<String>);

impl<S: DocumentSink> Target<'_, S> for Words {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        if let Scalar::String(text) = scalar {
            self.0 = Some(text.to_owned());
        }
    }
}

/// Strings of an array that is for display, shared; any other value counts as absent.
#[derive(Debug, Default)]
pub(super) struct SharedTexts(Vec<Arc<str>>);

impl<'de, S: DocumentSink> Target<'de, S> for SharedTexts {
    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let mut item = Words::default();
        let node = read_item(loader, seq, &mut item)?;
        if matches!(node, Item::Read(_)) {
            self.0.extend(item.0.map(|text| loader.shared(&text)));
        }
        Ok(node)
    }
}

impl From<SharedTexts> for Box<[Arc<str>]> {
    fn from(texts: SharedTexts) -> Self {
        texts.0.into_boxed_slice()
    }
}

/// `true` or `false` that matters; `null` counts as absent.
#[derive(Debug, Default)]
pub(super) struct Flag(pub(super) Option<bool>);

impl<S: DocumentSink> Target<'_, S> for Flag {
    const WHAT: &'static str = "true or false";

    fn accepts(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Null | Kind::Bool)
    }

    fn scalar(&mut self, scalar: Scalar<'_>) {
        if let Scalar::Bool(value) = scalar {
            self.0 = Some(value);
        }
    }
}

/// A target that becomes a part of the plan.
pub(super) trait Part {
    /// The part.
    type Of;

    /// The part, complete.
    fn finish(self) -> Self::Of;
}

/// An array; `null` counts as absent.
#[derive(Debug)]
pub(super) struct List<T: Part> {
    items: Option<Vec<T::Of>>,
    lenient: bool,
}

impl<T: Part> Default for List<T> {
    fn default() -> Self {
        Self { items: None, lenient: false }
    }
}

impl<T: Part> List<T> {
    /// An array for display: any other value counts as absent.
    pub(super) fn lenient() -> Self {
        Self { items: None, lenient: true }
    }

    pub(super) fn into_vec(self) -> Vec<T::Of> {
        self.items.unwrap_or_default()
    }
}

impl<T: Part> From<List<T>> for Option<Vec<T::Of>> {
    fn from(list: List<T>) -> Self {
        list.items
    }
}

impl<'de, S: DocumentSink, T: Target<'de, S> + Part + Default> Target<'de, S> for List<T> {
    const WHAT: &'static str = "an array";

    fn accepts(&self, kind: Kind) -> bool {
        self.lenient || matches!(kind, Kind::Null | Kind::List)
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let items = self.items.get_or_insert_default();
        let mut item = T::default();
        let node = read_item(loader, seq, &mut item)?;
        if matches!(node, Item::Read(_)) {
            items.push(item.finish());
        }
        Ok(node)
    }
}

/// An object whose keys are names; `null` counts as absent.
#[derive(Debug)]
pub(super) struct Named<T: Part>(Vec<(String, T::Of)>);

impl<T: Part> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Part> Named<T> {
    pub(super) fn into_vec(self) -> Vec<(String, T::Of)> {
        self.0
    }
}

impl<'de, S: DocumentSink, T: Target<'de, S> + Part + Default> Target<'de, S> for Named<T> {
    const WHAT: &'static str = "an object";

    fn accepts(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Null | Kind::Map)
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let mut value = T::default();
        let node = loader.read(map, &mut value)?;
        self.0.push((key.to_owned(), value.finish()));
        Ok(node)
    }
}

/// Any value, kept whole.
impl Part for Keep {
    type Of = Value;

    fn finish(self) -> Value {
        self.value
    }
}

/// `index`: a number, a string, or absent; kept as the key it is in an address, brackets included.
#[derive(Debug, Default)]
pub(super) struct Index(pub(super) Option<String>);

impl<S: DocumentSink> Target<'_, S> for Index {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.0 = match scalar {
            Scalar::Number(Number::Int(number)) => Some(format!("[{number}]")),
            Scalar::String(text) => Some(format!("[\"{}\"]", quote(text))),
            _ => None,
        };
    }
}

/// A string key as addresses quote it (Terraform `internal/addrs`, `toHCLQuotedString`), but for unprintable characters.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c => out.push(c),
        }
    }
    out
}
