//! The seam between loading a document and whoever wants it whole (the policy engine's input).
//!
//! One pass over the bytes fills the typed plan and feeds a sink. Must not know the engine.

mod paths;

use std::sync::Arc;

pub use paths::{PathSet, Projection, Selector, Wanted};

/// Receives a JSON document bottom-up; the only road by which raw values leave `plan`.
pub trait DocumentSink {
    /// What the sink makes of a JSON value.
    type Node;

    /// `null`.
    fn null(&mut self) -> Self::Node;
    /// `true` or `false`.
    fn bool(&mut self, value: bool) -> Self::Node;
    /// An integer that fits.
    fn int(&mut self, value: i64) -> Self::Node;
    /// An integer above `i64::MAX`.
    fn uint(&mut self, value: u64) -> Self::Node;
    /// Any other number.
    fn float(&mut self, value: f64) -> Self::Node;
    /// A string.
    fn string(&mut self, value: &str) -> Self::Node;
    /// An array, complete.
    fn array(&mut self, items: Vec<Self::Node>) -> Self::Node;
    /// An object, complete, in the order of the document; keys are unique.
    fn object(&mut self, entries: Vec<(Arc<str>, Self::Node)>) -> Self::Node;
}

/// A sink that keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl DocumentSink for NoSink {
    type Node = ();

    fn null(&mut self) {}
    fn bool(&mut self, _: bool) {}
    fn int(&mut self, _: i64) {}
    fn uint(&mut self, _: u64) {}
    fn float(&mut self, _: f64) {}
    fn string(&mut self, _: &str) {}
    fn array(&mut self, _: Vec<()>) {}
    fn object(&mut self, _: Vec<(Arc<str>, ())>) {}
}
