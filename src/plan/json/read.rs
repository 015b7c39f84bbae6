//! The one pass over a document: every JSON value goes to a target (a typed part of the plan) and to the sink at once.
//!
//! Owns the walk, duplicate keys and skipping. Must not know what a plan is made of: that is [`crate::plan::raw`].

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::keep::{Anything, Names};
use super::keys::{Interner, Key, OpenKeys};
use super::unique::Unique;
use super::{Interest, KeepValues};
use crate::plan::sink::{DocumentSink, Projection, Wanted};
use crate::plan::value::{Number, Value};
use crate::problem::ProblemCode;

/// What the walk carries along.
pub(in crate::plan) struct Loader<'de, S> {
    sink: S,
    /// What of the document the sink gets.
    projection: Arc<Projection>,
    /// Whether it gets the value that is being read, and what of it.
    at: Wanted,
    /// Which values the typed plan keeps.
    pub(in crate::plan) values: KeepValues,
    /// Which attributes it keeps of every object.
    pub(in crate::plan) identifying: Arc<Names>,
    /// Which settings it keeps of every provider.
    pub(in crate::plan) provider_settings: Arc<Names>,
    /// Within a part where no key may stand twice, read or not.
    pub(in crate::plan) strict: bool,
    /// Within entries that may have no address, only its parts.
    pub(in crate::plan) builds_addresses: bool,
    interner: Interner,
    open: OpenKeys<'de>,
    failure: Option<Failure>,
}

/// Why the walk stopped, when the text itself is valid JSON.
#[derive(Debug)]
pub(in crate::plan) struct Failure {
    pub(in crate::plan) code: ProblemCode,
    pub(in crate::plan) message: String,
    /// It is about the innermost object, not about the key read last.
    pub(in crate::plan) whole: bool,
}

impl<'de, S: DocumentSink> Loader<'de, S> {
    pub(super) fn new(sink: S, interest: &Interest) -> Self {
        Self {
            sink,
            projection: Arc::clone(&interest.document),
            at: interest.document.root(),
            values: interest.values,
            identifying: Arc::clone(&interest.identifying),
            provider_settings: Arc::clone(&interest.provider_settings),
            strict: false,
            builds_addresses: false,
            interner: Interner::default(),
            open: OpenKeys::default(),
            failure: None,
        }
    }

    /// Why the walk stopped, if the text is not to blame.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        let twice = || Failure {
            code: ProblemCode::DuplicateKey,
            message: "a key stands twice in one JSON object, so that readers would disagree about the plan".to_owned(),
            whole: false,
        };
        self.failure.take().or_else(|| self.open.found_twice().then(twice))
    }

    /// Stops the walk.
    pub(in crate::plan) fn fail<E: serde::de::Error>(&mut self, failure: Failure) -> E {
        self.failure.get_or_insert(failure);
        E::custom("refused")
    }

    /// Reads the value of the current key into a target.
    pub(in crate::plan) fn read<A: MapAccess<'de>, T: Target<'de, S>>(
        &mut self,
        map: &mut A,
        target: &mut T,
    ) -> Result<Option<S::Node>, A::Error> {
        map.next_value_seed(Walk { loader: self, target })
    }

    /// Reads the value of the current key for the sink alone.
    pub(in crate::plan) fn skip<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Option<S::Node>, A::Error> {
        if self.at.anything() {
            self.read(map, &mut Anything)
        } else if self.strict {
            map.next_value_seed(Unique { open: &mut self.open }).map(|()| None)
        } else {
            map.next_value::<IgnoredAny>().map(|_| None)
        }
    }

    /// The value to be read stands in for the document itself.
    pub(in crate::plan) fn start_again(&mut self) {
        self.at = self.projection.root();
    }

    /// The shared string of a key.
    pub(in crate::plan) fn shared(&mut self, key: &str) -> Arc<str> {
        self.interner.intern(key)
    }
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Kind {
    Null,
    Bool,
    Number,
    String,
    List,
    Map,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "an array",
            Self::Map => "an object",
        }
    }
}

/// A value that is no array and no object.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(&'a str),
}

impl Scalar<'_> {
    pub(in crate::plan) const fn kind(self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
        }
    }
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Number(value) => Self::Number(value),
            Scalar::String(text) => Self::String(text.into()),
        }
    }
}

/// What became of reading the next item of an array.
#[derive(Debug)]
pub(in crate::plan) enum Item<N> {
    /// It was read; with its node where the sink is fed.
    Read(Option<N>),
    /// There is none.
    End,
}

impl<N> From<Option<Option<N>>> for Item<N> {
    fn from(item: Option<Option<N>>) -> Self {
        item.map_or(Self::End, Self::Read)
    }
}

/// What a JSON value is read into.
pub(in crate::plan) trait Target<'de, S: DocumentSink> {
    /// What belongs here, as words after "expected"; empty where anything goes.
    const WHAT: &'static str = "";

    /// Whether a value of this kind may stand here.
    fn accepts(&self, _: Kind) -> bool {
        true
    }

    /// Takes a scalar.
    fn scalar(&mut self, _: Scalar<'_>) {}

    /// Takes the value of a key.
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        _key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        loader.skip(map)
    }

    /// Takes the next item of an array.
    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        skip_item(loader, seq)
    }

    /// Takes note that the array or object is complete.
    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        Ok(())
    }
}

/// Reads the next item of an array into a new target.
pub(in crate::plan) fn read_item<'de, S: DocumentSink, A: SeqAccess<'de>, T: Target<'de, S>>(
    loader: &mut Loader<'de, S>,
    seq: &mut A,
    target: &mut T,
) -> Result<Item<S::Node>, A::Error> {
    seq.next_element_seed(Walk { loader, target }).map(Item::from)
}

/// Reads the next item of an array for the sink alone.
pub(in crate::plan) fn skip_item<'de, S: DocumentSink, A: SeqAccess<'de>>(
    loader: &mut Loader<'de, S>,
    seq: &mut A,
) -> Result<Item<S::Node>, A::Error> {
    if loader.at.anything() {
        read_item(loader, seq, &mut Anything)
    } else if loader.strict {
        seq.next_element_seed(Unique { open: &mut loader.open }).map(|item| item.map(|()| None).into())
    } else {
        seq.next_element::<IgnoredAny>().map(|item| item.map(|_| None).into())
    }
}

/// Walks over one value; yields the sink's node where the sink is fed.
pub(super) struct Walk<'l, 'de, S, T> {
    pub(super) loader: &'l mut Loader<'de, S>,
    pub(super) target: &'l mut T,
}

impl<'de, S: DocumentSink, T: Target<'de, S>> Walk<'_, 'de, S, T> {
    fn admit<E: serde::de::Error>(&mut self, kind: Kind) -> Result<(), E> {
        if self.target.accepts(kind) {
            return Ok(());
        }
        let message = format!("expected {}, found {}", T::WHAT, kind.words());
        Err(self.loader.fail(Failure { code: ProblemCode::Malformed, message, whole: false }))
    }

    fn close<E: serde::de::Error>(&mut self, kind: Kind) -> Result<(), E> {
        self.target.close(self.loader, kind).map_err(|failure| self.loader.fail(failure))
    }

    fn scalar<E: serde::de::Error>(
        mut self,
        scalar: Scalar<'_>,
        node: impl FnOnce(&mut S) -> S::Node,
    ) -> Result<Option<S::Node>, E> {
        self.admit(scalar.kind())?;
        self.target.scalar(scalar);
        Ok(self.loader.at.anything().then(|| node(&mut self.loader.sink)))
    }
}

impl<'de, S: DocumentSink, T: Target<'de, S>> DeserializeSeed<'de> for Walk<'_, 'de, S, T> {
    type Value = Option<S::Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: DocumentSink, T: Target<'de, S>> Visitor<'de> for Walk<'_, 'de, S, T> {
    type Value = Option<S::Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        self.scalar(Scalar::Null, DocumentSink::null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        self.scalar(Scalar::Bool(value), |sink| sink.bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.scalar(Scalar::Number(Number::Int(value)), |sink| sink.int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        match i64::try_from(value) {
            Ok(small) => self.visit_i64(small),
            Err(_) => self.scalar(Scalar::Number(Number::UInt(value)), |sink| sink.uint(value)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.scalar(Scalar::Number(Number::from_f64(value)), |sink| sink.float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        self.scalar(Scalar::String(value), |sink| sink.string(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Self::Value, A::Error> {
        self.admit(Kind::List)?;
        let mut nodes = Vec::new();
        let here = self.loader.at;
        self.loader.at = self.loader.projection.item(here);
        while let Item::Read(node) = self.target.item(self.loader, &mut seq)? {
            nodes.extend(node);
        }
        self.loader.at = here;
        self.close(Kind::List)?;
        Ok(here.anything().then(|| self.loader.sink.array(nodes)))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        self.admit(Kind::Map)?;
        let mut frame = self.loader.open.open();
        let mut nodes = Vec::new();
        let here = self.loader.at;
        while let Some(key) = map.next_key_seed(Key)? {
            self.loader.open.insert(&mut frame, key.clone())?;
            self.loader.at = self.loader.projection.key(here, &key);
            if let Some(node) = self.target.field(self.loader, &key, &mut map)? {
                nodes.push((self.loader.interner.intern(&key), node));
            }
        }
        self.loader.at = here;
        self.loader.open.close(&frame);
        self.close(Kind::Map)?;
        Ok(here.anything().then(|| self.loader.sink.object(nodes)))
    }
}
