//! Masks the free text of rules, building the masker only when some rule wrote any.

use std::collections::BTreeMap;

use serde_json::Value;

use super::context::Context;
use crate::plan::detect::Document;
use crate::plan::mask::Masker;
use crate::problem::Problem;

/// Stands for a text that could not be masked and is therefore not shown.
const WITHHELD: &str = "(withheld: the plan could not be searched for secrets)";

/// A [`Masker`] made from the plan's bytes and the context at first use: plans judged by built-in rules alone never need it.
pub(super) struct LazyMasker<'a> {
    document: &'a Document,
    context: &'a Context,
    masker: Option<Result<Masker, Problem>>,
}

impl<'a> LazyMasker<'a> {
    pub(super) fn new(document: &'a Document, context: &'a Context) -> Self {
        Self { document, context, masker: None }
    }

    pub(super) fn mask(&mut self, text: &str) -> String {
        let make = || Masker::with_context(self.document.bytes(), self.context.values());
        match self.masker.get_or_insert_with(make) {
            Ok(masker) => masker.mask(text),
            Err(_) => WITHHELD.to_owned(),
        }
    }

    /// Masks every string of a JSON value, keys included.
    pub(super) fn mask_value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(&text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.mask_value(item)).collect()),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(k, v)| (self.mask(&k), self.mask_value(v))).collect())
            }
            scalar => scalar,
        }
    }

    pub(super) fn mask_map(&mut self, map: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        map.into_iter().map(|(key, value)| (self.mask(&key), self.mask_value(value))).collect()
    }

    /// Why text was withheld, if it was.
    pub(super) fn problem(self) -> Option<Problem> {
        self.masker.and_then(Result::err)
    }
}
