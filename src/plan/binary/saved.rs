//! What only a saved plan says: facts that Terraform leaves out of its JSON.
//!
//! Owns their types. Must not judge them.

use std::fmt;
use std::sync::Arc;

use super::snapshot::CarriedSources;

/// Who made the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// `HashiCorp` Terraform.
    Terraform,
    /// `OpenTofu`.
    OpenTofu,
    /// One of the two: the plan has no provider of a registry.
    Unknown,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terraform => "Terraform",
            Self::OpenTofu => "OpenTofu",
            Self::Unknown => "Terraform or OpenTofu",
        })
    }
}

/// Which kind of plan was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `terraform plan`.
    Normal,
    /// `terraform plan -destroy`.
    Destroy,
    /// `terraform plan -refresh-only`.
    RefreshOnly,
}

impl Mode {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Destroy => "destroy",
            Self::RefreshOnly => "refresh-only",
        }
    }
}

/// Which state a plan starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateId {
    /// `lineage`; empty where there was no state yet.
    pub lineage: String,
    /// `serial`.
    pub serial: u64,
}

/// A provider that the dependency lock file pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedProvider {
    /// Full source address.
    pub source: String,
    /// Version.
    pub version: String,
    /// Checksums, as written.
    pub hashes: Vec<String>,
}

/// The provider configuration of an object, where it is not the default one of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAlias {
    /// Address of the object.
    pub address: String,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// The alias.
    pub alias: String,
}

/// Facts of a saved plan.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    /// Who made it.
    pub product: Product,
    /// Which kind of plan it is.
    pub mode: Mode,
    /// `-target`, also of actions.
    pub targets: Vec<String>,
    /// `-exclude` (`OpenTofu`).
    pub excludes: Vec<String>,
    /// `-replace`, where the file says so: Terraform 1.11 has the field and leaves it empty, and `OpenTofu` may not.
    pub force_replace: Vec<String>,
    /// Type of the backend, or of the state store.
    pub backend: String,
    /// Workspace.
    pub workspace: String,
    /// Objects whose provider has an alias, in the order of changes.
    pub aliases: Vec<ProviderAlias>,
    /// The state after refresh, from which the plan starts.
    pub state: StateId,
    /// The state before refresh.
    pub previous_state: Option<StateId>,
    /// Objects of the state that are created before their predecessors are destroyed, by address and deposed key.
    pub create_before_destroy: Vec<(String, Option<String>)>,
    /// What the lock file pins, sorted by source.
    pub locked: Vec<LockedProvider>,
    /// Names of the variables that the caller set, sorted.
    pub set_variables: Vec<String>,
    /// Names of the variables whose value is known, or that have none, sorted: those that were set, and those whose default
    /// the source files tell.
    pub known_variables: Vec<String>,
    /// Whether these are all that the root module declares: then `variables` is that of Terraform's JSON.
    pub variables_complete: bool,
    /// Whether the file says which attributes the schemas of providers call sensitive.
    pub marks_schema: bool,
    /// What was taken of the JSON that was printed of the file, as `configuration` or `variables.NAME`: no file vouches for
    /// it. `None` where no JSON was compared.
    pub unverified: Option<Vec<String>>,
    /// The source files of all modules.
    pub sources: Arc<CarriedSources>,
}

impl SavedPlan {
    /// Whether a part of the document is not of the file.
    #[must_use]
    pub fn is_unverified(&self, part: &str) -> bool {
        self.unverified.iter().flatten().any(|unverified| unverified == part)
    }

    /// Whether the plan was told to leave something out.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }
}
