//! One streaming pass from a document to the typed plan and the sink.
//!
//! Owns the interest, the verdict "this is a plan" and the wording of what is wrong with the text. Never builds a tree
//! of the whole plan: parts that nobody reads are validated and dropped.

pub(super) mod keep;
mod keys;
mod position;
pub(super) mod read;
mod unique;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeSeed as _;

use super::Plan;
use super::detect::{Document, refusal};
use super::hcl;
use super::raw::{KeyNames, Top, Version};
use super::sink::{DocumentSink, NoSink, PathSet, Projection};
use crate::problem::{Problem, ProblemCode};
pub use keep::Names;
use read::{Failure, Loader, Walk};

/// Which `before`, `after` and masks the typed plan keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepValues {
    /// None.
    None,
    /// Those of every entry but quiet ones (`no-op`, `read`).
    Changed,
    /// All.
    All,
}

/// What the readers of a plan need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// The values in the typed plan.
    pub values: KeepValues,
    /// Attributes kept also of quiet entries and of the prior state: they tell which object lies in which.
    pub identifying: Arc<Names>,
    /// Settings of providers that are kept of `configuration`.
    pub provider_settings: Arc<Names>,
    /// What of the document the sink gets.
    pub document: Arc<Projection>,
}

impl Interest {
    /// What built-in rules read: the values of changes, no document.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            values: KeepValues::Changed,
            identifying: Arc::default(),
            provider_settings: Arc::default(),
            document: Arc::new(Projection::nothing()),
        }
    }

    /// What policies of unknown reach may read.
    #[must_use]
    pub fn everything() -> Self {
        Self::builtin().with_document()
    }

    /// The same, with the whole document for the sink.
    #[must_use]
    pub fn with_document(self) -> Self {
        self.with_projection(Projection::everything())
    }

    /// The same, with these parts of the document for the sink.
    #[must_use]
    pub fn with_paths(self, paths: &PathSet) -> Self {
        self.with_projection(Projection::of(paths))
    }

    /// The same, with nothing for the sink.
    #[must_use]
    pub fn without_document(self) -> Self {
        self.with_projection(Projection::nothing())
    }

    fn with_projection(self, projection: Projection) -> Self {
        Self { document: Arc::new(projection), ..self }
    }

    /// The same, with these attributes kept of every object.
    #[must_use]
    pub fn identified_by(self, identifying: Arc<Names>) -> Self {
        Self { identifying, ..self }
    }

    /// The same, with these settings kept of every provider.
    #[must_use]
    pub fn with_provider_settings(self, provider_settings: Arc<Names>) -> Self {
        Self { provider_settings, ..self }
    }
}

/// A plan, with what the sink made of it.
#[derive(Debug, Clone)]
pub struct Loaded<N> {
    /// The typed plan.
    pub plan: Plan,
    /// The plan as the sink took it; `None` where the interest has no document. Of a wrapped plan, the plan.
    pub node: Option<N>,
    /// What stands beside a wrapped plan in its wrapper, as the sink took it.
    pub beside: Option<N>,
}

/// Reads a document; anything but a well-formed plan of a known format is a problem.
///
/// No key may stand twice at the top level nor anywhere in an entry of changes, drift, deferred changes or action
/// invocations; where the sink gets the value, nowhere at all.
pub fn load<S: DocumentSink>(document: &Document, interest: &Interest, sink: S) -> Result<Loaded<S::Node>, Problem> {
    let mut loader = Loader::new(sink, interest);
    let mut top = Top::default();
    let mut json = serde_json::Deserializer::from_str(document.json());
    let walked = Walk { loader: &mut loader, target: &mut top }
        .deserialize(&mut json)
        .and_then(|node| json.end().map(|()| node));
    let node = match walked {
        Ok(node) => node,
        Err(error) => return Err(unreadable(document, &top, loader.take_failure(), &error)),
    };
    let (top, node, beside) = top.unwrap_plan(node)?;
    if let Some(problem) = refusal::of_keys(&top.keys, top.all_outputs()) {
        return Err(problem);
    }
    Version::check(&top.plan.format_version)?;
    let mut plan = Plan { saved: document.saved().cloned(), ..top.into_plan() };
    // Of a saved plan by its own sources alone: a configuration that came of a JSON beside it is for the repository's rules.
    if let Some(saved) = plan.saved.as_deref() {
        let sources = Some(saved.sources.parsed()).filter(|sources| sources.is_whole());
        plan.configuration = sources.map(|sources| hcl::configuration(sources, &interest.provider_settings));
    }
    Ok(Loaded { plan, node, beside })
}

/// Why the walk stopped. The parser's own words are used only where they hold no text of the document.
fn unreadable<N>(document: &Document, top: &Top<N>, failure: Option<Failure>, error: &serde_json::Error) -> Problem {
    if let Some(problem) = top.unsupported_version() {
        return problem;
    }
    let offset = position::offset(document.json(), error.line(), error.column());
    let whole = failure.as_ref().is_some_and(|failure| failure.whole);
    let place = position::describe(document, offset, whole);
    if let Some(failure) = failure {
        // The shape of something else than a plan is no mistake in a plan.
        if let Some(problem) = top_keys(document).and_then(|keys| refusal::of_keys(&keys, false)) {
            return problem;
        }
        let help = match failure.code {
            ProblemCode::DuplicateKey => "Terraform never writes this: find out who edited the file",
            _ => refusal::SHOW_AGAIN,
        };
        return Problem::new(failure.code, format!("{}, at {place}", failure.message)).help(help);
    }
    let (code, what) = match error.classify() {
        serde_json::error::Category::Eof => (ProblemCode::Truncated, "the JSON ends in the middle"),
        _ if says(error, "recursion limit") => (ProblemCode::Malformed, "the JSON is nested deeper than 127 levels"),
        _ if says(error, "trailing characters") => {
            (ProblemCode::Malformed, "there is other text after the end of the JSON")
        }
        _ if says(error, "number out of range") => (ProblemCode::Malformed, "a number is too large to be read"),
        _ => (ProblemCode::Malformed, "this is not valid JSON"),
    };
    Problem::new(code, format!("{what}, at {place}")).help(refusal::SHOW_AGAIN)
}

/// The top-level keys, if the whole text is valid JSON; none of a wrapper, which may hold a plan.
fn top_keys(document: &Document) -> Option<BTreeSet<String>> {
    let nothing = Interest { values: KeepValues::None, ..Interest::builtin() };
    let mut loader = Loader::new(NoSink, &nothing);
    let mut keys = KeyNames::default();
    let mut json = serde_json::Deserializer::from_str(document.json());
    Walk { loader: &mut loader, target: &mut keys }.deserialize(&mut json).ok()?;
    Some(keys.0).filter(|keys| !keys.contains("plan") && !keys.contains("tfplan"))
}

fn says(error: &serde_json::Error, words: &str) -> bool {
    error.is_syntax() && error.to_string().starts_with(words)
}

#[cfg(test)]
mod tests;
