//! Takes secrets out of free text: messages, prints, traces and errors of policies.
//!
//! Owns which strings of a plan are secrets and how they are replaced. Must not know who produced the
//! text; where a value's place in the plan is known, [`super::Change::display`] is the better tool.

mod collect;
mod matcher;
mod walk;

use std::fmt;

use serde::de::DeserializeSeed as _;

use crate::problem::{Problem, ProblemCode};

use collect::Collector;
use matcher::Matcher;
use walk::{Place, Walk};

/// Replaces the secrets of one document in any text.
///
/// Secrets are strings of six or more characters that
/// - are marked sensitive, in changes, drift, deferred changes, action invocations, outputs and state;
/// - have a secret-like name on their path ([`super::value::is_secret_name`]);
/// - are constants of provider configurations, or values or defaults of variables;
/// - stand in a change, or in a resource of the state, that has no masks (old Terraform);
/// - stand in configuration that Terraform generated for an import.
///
/// So are the lines of twelve or more characters of a secret, and the strings inside a secret that is JSON.
///
/// Not a secret is what also stands elsewhere in the open: as (a component of) an address, a type or a provider
/// name, or as a value that a change with masks leaves unmarked, without a secret-like name.
///
/// It cannot catch secrets under six characters, parts of a secret (other than its lines), numbers, and copies
/// in another encoding, letter case or spelling than JSON's and Rust's quoting: base64, hashes, URLs.
#[derive(Clone, Default)]
pub struct Masker {
    matcher: Matcher,
}

impl Masker {
    /// The masker of one document: the UTF-8 JSON of a plan, or of an HCP or Scalr wrapper around one.
    pub fn from_json(document: &[u8]) -> Result<Self, Problem> {
        Self::with_context(document, std::iter::empty())
    }

    /// The same, and of what stands beside the document every string under a secret-like name.
    pub fn with_context<'a>(
        document: &[u8],
        context: impl IntoIterator<Item = (&'a str, &'a serde_json::Value)>,
    ) -> Result<Self, Problem> {
        if document.trim_ascii_start().first() != Some(&b'{') {
            let message = "the secrets to be masked can only be found in a plan, and this is no JSON object";
            return Err(Problem::new(ProblemCode::NotAPlan, message));
        }
        let mut collector = Collector::default();
        let mut json = serde_json::Deserializer::from_slice(document);
        Walk::new(Place::Document, &mut collector)
            .deserialize(&mut json)
            .and_then(|()| json.end())
            .map_err(|error| unreadable(&error))?;
        for (key, value) in context {
            collector.named(key, value);
        }
        Ok(Self { matcher: Matcher::new(collector.into_secrets()) })
    }

    /// The text with every occurrence of every secret replaced by `(sensitive)`; occurrences that overlap or
    /// touch become one.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.matcher.replace(text, "(sensitive)")
    }

    /// Whether the document holds no secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(..)")
    }
}

/// Never the parser's own words: they may quote the document.
fn unreadable(error: &serde_json::Error) -> Problem {
    let code = if error.is_eof() { ProblemCode::Truncated } else { ProblemCode::Malformed };
    let (line, column) = (error.line(), error.column());
    Problem::new(code, format!("not valid JSON at line {line}, column {column}: its secrets cannot be told"))
}

#[cfg(test)]
mod tests;
