//! Resource addresses: a quote-aware parser and a pattern matcher.
//!
//! Must not know plans. Addresses are never split on dots nor given to a glob library:
//! `["orders"]` is an instance key here and a character class there.

mod lex;
mod parse;
mod pattern;

use std::fmt;
use std::sync::Arc;

pub use lex::{AddressError, InstanceKey, QuotedKey};
pub use parse::{Kind, ModuleStep, Parts};
pub use pattern::AddressPattern;

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

    /// The parts of a resource address; an error for anything else (a module, an output, a check).
    pub fn parts(&self) -> Result<Parts, AddressError> {
        parse::parts(&self.0)
    }

    /// The address of the block in the configuration: all instance keys removed. The text itself
    /// where it cannot be parsed.
    #[must_use]
    pub fn config_address(&self) -> String {
        match self.parts() {
            Ok(parts) => parts.without_keys().to_string(),
            Err(_) => self.0.to_string(),
        }
    }

    /// The module instance around it, as text: `""` in the root, or where the address cannot be parsed.
    #[must_use]
    pub fn module(&self) -> String {
        let modules = self.parts().map(|parts| parts.modules).unwrap_or_default();
        modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
    }

    /// Whether this is a data source. What cannot be parsed is none, so that it is judged.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.parts().is_ok_and(|parts| parts.kind == Kind::Data)
    }
}

impl Default for Address {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
