//! The targets without structure: one keeps a value whole, one its named attributes, one nothing.
//!
//! Must not know what a value means.

use std::collections::HashMap;
use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess};

use super::read::{Failure, Item, Kind, Loader, Scalar, Target, read_item};
use crate::plan::sink::DocumentSink;
use crate::plan::value::{Map, Value};

/// Takes any value and keeps nothing of it.
pub(in crate::plan) struct Anything;

impl<S: DocumentSink> Target<'_, S> for Anything {}

/// Keeps a value whole.
#[derive(Debug, Default)]
pub(in crate::plan) struct Keep {
    pub(in crate::plan) value: Value,
    entries: Vec<(Arc<str>, Value)>,
    items: Vec<Value>,
}

impl Keep {
    /// A value at hand.
    pub(in crate::plan) fn of(value: Value) -> Self {
        Self { value, ..Self::default() }
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for Keep {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.value = scalar.into();
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let key = loader.shared(key);
        let mut inner = Self::default();
        let node = loader.read(map, &mut inner)?;
        self.entries.push((key, inner.value));
        Ok(node)
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let mut inner = Self::default();
        let node = read_item(loader, seq, &mut inner)?;
        if matches!(node, Item::Read(_)) {
            self.items.push(inner.value);
        }
        Ok(node)
    }

    fn close(&mut self, _: &Loader<'de, S>, kind: Kind) -> Result<(), Failure> {
        self.value = match kind {
            Kind::List => Value::List(std::mem::take(&mut self.items).into_boxed_slice()),
            _ => Value::Map(Map::new(std::mem::take(&mut self.entries))),
        };
        Ok(())
    }
}

/// Names of attributes that are kept of objects whose other values nobody reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(HashMap<Box<str>, Option<Arc<Names>>>);

impl Names {
    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a path with dots; lists of blocks on it are passed through. A name covers everything below it.
    pub fn insert(&mut self, path: &str) {
        let Some((first, rest)) = path.split_once('.') else {
            self.0.insert(path.into(), None);
            return;
        };
        if let Some(inner) = self.0.entry(first.into()).or_insert_with(|| Some(Arc::default())) {
            Arc::make_mut(inner).insert(rest);
        }
    }

    /// What is left of a value that was read whole.
    pub(in crate::plan) fn only(&self, value: Value) -> Value {
        match value {
            Value::Map(map) => Value::Map(Map::new(
                map.into_entries().filter_map(|(key, value)| Some((key.clone(), self.named(&key, value)?))).collect(),
            )),
            Value::List(items) => Value::List(items.into_iter().map(|item| self.only(item)).collect()),
            scalar => scalar,
        }
    }

    fn named(&self, key: &str, value: Value) -> Option<Value> {
        self.0.get(key).map(|inner| match inner {
            None => value,
            Some(inner) => inner.only(value),
        })
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<I: IntoIterator<Item = &'a str>>(paths: I) -> Self {
        let mut names = Self::default();
        paths.into_iter().for_each(|path| names.insert(path));
        names
    }
}

/// Keeps the named attributes of an object, and a value that is no object whole.
#[derive(Debug, Default)]
pub(in crate::plan) struct KeepNamed {
    names: Arc<Names>,
    kept: Keep,
}

impl KeepNamed {
    pub(in crate::plan) fn new(names: &Arc<Names>) -> Self {
        Self { names: Arc::clone(names), kept: Keep::default() }
    }

    pub(in crate::plan) fn into_value(self) -> Value {
        self.kept.value
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for KeepNamed {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.kept.value = scalar.into();
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match self.names.0.get(key) {
            None => loader.skip(map),
            Some(None) => Target::<'de, S>::field(&mut self.kept, loader, key, map),
            Some(Some(inner)) => {
                let mut target = Self::new(inner);
                let node = loader.read(map, &mut target)?;
                self.kept.entries.push((loader.shared(key), target.into_value()));
                Ok(node)
            }
        }
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let mut inner = Self::new(&self.names);
        let node = read_item(loader, seq, &mut inner)?;
        if matches!(node, Item::Read(_)) {
            self.kept.items.push(inner.into_value());
        }
        Ok(node)
    }

    fn close(&mut self, loader: &Loader<'de, S>, kind: Kind) -> Result<(), Failure> {
        Target::<'de, S>::close(&mut self.kept, loader, kind)
    }
}
