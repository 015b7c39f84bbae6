//! What is known about resource types: which hold data, what is lost with them, what guards them.
//!
//! Owns look-up by exact type name in the data of `policies/catalog/`. States, never judges: levels are
//! what the catalogue suggests. Must not know plans, rules or findings; the words of levels and severities
//! are those of `finding`, which this layer may not use.
//!
//! Nothing is parsed until it is asked for: an entry is one line of a sorted file, found by binary search.

mod browse;
mod embedded;
mod entry;
mod generic;
mod lines;
mod overlay;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::problem::{Problem, ProblemCode};

pub use browse::{Own, Page};
pub use entry::{Class, Condition, DestroyGuard, Effect, Entry, GuardClause, Level, Parent, Risk, Severity, Status};
pub use entry::{HazardKind, Overlaid, OwnClause, Relation, RiskKind, Variant};
pub use generic::{Carried, Carrier, CreateHazard, Generic, GenericRule, ProviderFlag, Reference, ReferenceForm};
pub use overlay::{Overlay, Override, TypePatch, TypeSelector, levels};

/// The catalogue in force.
#[derive(Debug)]
pub struct Catalog {
    generic: OnceLock<Result<Generic, Problem>>,
    overlay: Overlay,
}

impl Catalog {
    /// The catalogue that ships with the program.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Catalog> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::with(Overlay::default()))
    }

    /// The catalogue that ships with the program, and what a repository says beside it.
    #[must_use]
    pub fn with(overlay: Overlay) -> Self {
        Self { generic: OnceLock::new(), overlay }
    }

    /// What the repository says.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Ids of the repository's entries about a type.
    #[must_use]
    pub fn overlaid(&self, resource_type: &str) -> BTreeSet<usize> {
        self.overlay.ids_of(resource_type)
    }

    /// Why the repository says what it says of a type.
    #[must_use]
    pub fn reason(&self, resource_type: &str) -> Option<&str> {
        self.overlay.reason_of(resource_type)
    }

    /// The entry of a type, by its exact name, with what the repository says of it; the provider's address plays
    /// no part.
    pub fn entry(&self, resource_type: &str) -> Result<Option<Entry>, Problem> {
        Ok(self.overlay.patched(resource_type, self.shipped(resource_type)?))
    }

    /// The entry of a type as it ships.
    pub fn shipped(&self, resource_type: &str) -> Result<Option<Entry>, Problem> {
        let Some(text) = embedded::provider_file(resource_type) else { return Ok(None) };
        let key = |line| lines::json_type(line);
        let Some(line) = lines::find(text, resource_type, key) else { return Ok(None) };
        serde_json::from_str(line.trim_end_matches(',')).map(Some).map_err(|error| broken(resource_type, &error))
    }

    /// The level of a type's destruction by what ships alone. What nobody catalogued has one, too: denied if its name
    /// looks like a data store, a warning if nobody has looked at it, else information.
    pub fn shipped_level(&self, resource_type: &str) -> Result<Level, Problem> {
        if let Some(entry) = self.shipped(resource_type)? {
            return Ok(entry.default);
        }
        if self.is_known(resource_type) {
            return Ok(Level::Info);
        }
        let looks_like_store = self.generic()?.fallback_glob(resource_type).is_some();
        Ok(if looks_like_store { Level::Deny } else { Level::Warn })
    }

    /// Attributes, as paths with dots, that tell which object a resource is, in what it lies, or what of its type it
    /// is: all that must be known of objects nothing happens to.
    pub fn identifying_attributes(&self) -> impl Iterator<Item = &str> {
        embedded::IDENTIFYING.lines().chain(self.overlay().identifying_attributes())
    }

    /// Whether the type is documented by one of the providers that were looked at.
    #[must_use]
    pub fn is_known(&self, resource_type: &str) -> bool {
        lines::find(embedded::KNOWN_TYPES, resource_type, Some).is_some()
    }

    /// The types documented by a provider that was looked at, by the first word of their names; none of any other.
    pub fn known_types(provider: &str) -> impl Iterator<Item = &'static str> {
        embedded::KNOWN_TYPES.lines().filter(move |name| name.split('_').next() == Some(provider))
    }

    /// The glob that makes a type nobody has looked at look like a data store.
    ///
    /// `None` for every type that is known or catalogued: for those a name says nothing.
    pub fn fallback_glob(&self, resource_type: &str) -> Result<Option<&str>, Problem> {
        if self.is_known(resource_type) || self.entry(resource_type)?.is_some() {
            return Ok(None);
        }
        Ok(self.generic()?.fallback_glob(resource_type))
    }

    /// The parts of the catalogue that are not about one type.
    pub fn generic(&self) -> Result<&Generic, Problem> {
        let parsed = self
            .generic
            .get_or_init(|| serde_json::from_str(embedded::GENERIC).map_err(|error| broken("generic.json", &error)));
        parsed.as_ref().map_err(Clone::clone)
    }

    /// How to tell what a generic resource (`azapi_resource`, `aws_cloudcontrolapi_resource`) carries;
    /// `None` for ordinary types, without parsing anything.
    pub fn carrier(&self, resource_type: &str) -> Result<Option<&Carrier>, Problem> {
        if generic::CARRIERS.contains(&resource_type) { Ok(self.generic()?.carrier(resource_type)) } else { Ok(None) }
    }
}

fn broken(what: &str, error: &serde_json::Error) -> Problem {
    Problem::new(ProblemCode::PolicyLoad, format!("the built-in catalogue cannot be read at {what}: {error}"))
        .help("This is a defect of plangate, please report it")
}

/// Attributes by which an object is known, whatever its type is.
pub const OWN_IDENTITY: [&str; 13] = [
    "id",
    "name",
    "arn",
    "self_link",
    "fully_qualified_name",
    "full_name",
    "path",
    "project_id",
    "dataset_id",
    "identifier",
    "bucket",
    "cluster_id",
    "metadata.name",
];

#[cfg(test)]
mod tests;
