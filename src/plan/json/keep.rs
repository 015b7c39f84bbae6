//! The two targets without structure: one that keeps a value whole, one that keeps nothing.
//!
//! Must not know what a value means.

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
