//! Resource addresses: a quote-aware parser and a pattern matcher.
//!
//! Must not know plans. Addresses are never split on dots nor given to a glob library:
//! `["orders"]` is an instance key here and a character class there.

use std::fmt;
use std::sync::Arc;

/// An address as Terraform printed it; cheap to clone. Compared as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Arc<str>);

impl Address {
    /// An address of any text; it need not be one this version can parse.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
