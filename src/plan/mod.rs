//! The typed plan: what Terraform says it will do, with values behind masks.
//!
//! Owns recognition of documents, loading, the change algebra, values with their unknown and
//! sensitive masks, and redaction. Must not know catalogue, policies or findings. Raw values leave
//! by one road only: a [`sink::DocumentSink`].

pub mod action;
pub mod binary;
pub mod completeness;
pub mod configuration;
pub mod crosscheck;
pub mod detect;
pub mod hcl;
pub mod json;
pub mod mask;
pub mod names;
mod parallel;
mod raw;
pub mod redact;
pub mod schema;
pub(crate) mod segments;
pub mod sink;
pub mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::Address;
pub use action::Action;
pub use binary::{SavedPlan, ZipEntries};
pub use configuration::Configuration;
pub use value::{AttributePath, Lookup, PathStep, Shadow, Side, Value};

/// A plan, as far as a gate needs it.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// `format_version`, at least 0.1 and below 2.0.
    pub format_version: String,
    /// For display; never decides anything.
    pub terraform_version: Option<String>,
    /// `resource_changes`, in the order of the file; `None` where the key is absent.
    pub changes: Option<Vec<ResourceChange>>,
    /// `resource_drift`: what changed outside Terraform since the last apply.
    pub drift: Vec<ResourceChange>,
    /// `deferred_changes`: left for a later plan.
    pub deferred: Vec<DeferredChange>,
    /// `action_invocations`: provider-defined side effects.
    pub action_invocations: Vec<ActionInvocation>,
    /// `deferred_action_invocations`.
    pub deferred_action_invocations: Vec<ActionInvocation>,
    /// `output_changes` by name, sorted.
    pub output_changes: Vec<(String, Change)>,
    /// `checks`.
    pub checks: Vec<Check>,
    /// Managed instances of `prior_state`; `None` where the key is absent.
    pub prior_instances: Option<Vec<PriorInstance>>,
    /// `configuration`: what is declared and what refers to what; `None` where the key is absent.
    pub configuration: Option<Configuration>,
    /// Number of resources in `planned_values`; a check of the plan against itself, never a base of judgement.
    pub planned_resources: usize,
    /// `errored`; absent before Terraform 1.6.
    pub errored: Option<bool>,
    /// `applyable`; absent before Terraform 1.8 and in every OpenTofu plan.
    pub applyable: Option<bool>,
    /// `complete`; absent before Terraform 1.8 and in every OpenTofu plan.
    pub complete: Option<bool>,
    /// `timestamp`, RFC 3339.
    pub timestamp: Option<String>,
    /// All top-level keys of the document.
    pub keys: BTreeSet<String>,
    /// Of a wrapped plan, all keys of the wrapper.
    pub wrapper_keys: BTreeSet<String>,
    /// Top-level keys this version does not know, sorted.
    pub unknown_keys: Vec<String>,
    /// What only a saved plan says; `None` of a plan that was JSON.
    pub saved: Option<Arc<SavedPlan>>,
}

impl Plan {
    /// Drops what the prior state says of objects whose change says the same.
    fn forget_state_of_changes(&mut self) {
        let changed: std::collections::HashSet<(&str, Option<&str>)> =
            self.changes.iter().flatten().map(|change| (change.address.as_str(), change.deposed.as_deref())).collect();
        for instance in self.prior_instances.iter_mut().flatten() {
            if changed.contains(&(instance.address.as_str(), instance.deposed.as_deref())) {
                instance.values = Value::Null;
                instance.sensitive = Shadow::default();
            }
        }
    }
}

/// A managed instance of the prior state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriorInstance {
    /// Address of the instance.
    pub address: Address,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// Resource type; taken from the address where the key is absent.
    pub resource_type: String,
    /// Absolute addresses of blocks, without instance keys; closed under dependency.
    pub depends_on: Box<[Arc<str>]>,
    /// Identifying attributes, if the interest has any and no change has the object.
    pub values: Value,
    /// Which of them are sensitive.
    pub sensitive: Shadow,
}

impl std::fmt::Display for PriorInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.deposed {
            Some(key) => write!(f, "{} (deposed object {key})", self.address),
            None => self.address.fmt(f),
        }
    }
}

/// The `mode` of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// A managed resource; also what an absent mode means unless the address says otherwise.
    Managed,
    /// A data source.
    Data,
    /// An ephemeral resource (OpenTofu ≥ 1.11).
    Ephemeral,
    /// A mode this version does not know; judged like a managed resource.
    Other(String),
}

/// One entry of `resource_changes`, `resource_drift` or `deferred_changes`.
///
/// Its identity is ([`address`](Self::address), [`deposed`](Self::deposed)): an address stands twice where a
/// deposed object exists.
#[derive(Debug, Clone)]
pub struct ResourceChange {
    /// Where it is.
    pub address: Address,
    /// Where it was before a move.
    pub previous_address: Option<Address>,
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Resource type; taken from the address where the key is absent.
    pub resource_type: String,
    /// Full source address of the provider, without alias.
    pub provider: Option<String>,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// What happens.
    pub change: Change,
    /// Why, for display only: unrecognised values are normal.
    pub action_reason: Option<String>,
}

impl ResourceChange {
    /// Whether it is judged as a managed resource: everything but data and ephemeral ones.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        matches!(self.mode, Mode::Managed | Mode::Other(_))
    }
}

/// An entry of `deferred_changes`.
#[derive(Debug, Clone)]
pub struct DeferredChange {
    /// Why it waits.
    pub reason: Option<String>,
    /// What would happen.
    pub resource_change: ResourceChange,
}

/// `change` of a resource or output.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What happens.
    pub action: Action,
    /// `actions` as written; `(not a word)` stands for an element that is no string.
    pub actions: Vec<String>,
    /// The object before; [`Value::Null`] also where the interest left it out.
    pub before: Value,
    /// Whether there is an object before, whatever the interest kept of it.
    pub before_stated: Stated,
    /// Whether there is one after.
    pub after_stated: Stated,
    /// The object after, without what is unknown.
    pub after: Value,
    /// Marks of what is known only after apply.
    pub after_unknown: Shadow,
    /// Marks of what is sensitive before.
    pub before_sensitive: Shadow,
    /// Marks of what is sensitive after.
    pub after_sensitive: Shadow,
    /// Attributes that force the replacement.
    pub replace_paths: Vec<AttributePath>,
    /// Present where the object is imported.
    pub importing: Option<Importing>,
    /// Whether Terraform wrote the configuration of the imported object.
    pub generated_config: bool,
    /// Identity before (Terraform and OpenTofu ≥ 1.12).
    pub before_identity: Option<Value>,
    /// Identity after.
    pub after_identity: Option<Value>,
}

/// What stands in a plan for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stated {
    /// Nothing: the key is not there.
    #[default]
    Nowhere,
    /// `null`: there is no such object.
    Null,
    /// A value.
    Value,
}

impl Change {
    /// Whether the objects say something else than the action: it takes away, or makes, what the action keeps. No
    /// Terraform writes this.
    #[must_use]
    pub fn contradicts_itself(&self) -> bool {
        let had = self.before_stated == Stated::Value;
        // What is wholly unknown is there.
        let vanishes = had && self.after_stated == Stated::Null && !self.after_unknown.covers(&[]);
        match self.action {
            Action::NoOp | Action::Read => vanishes,
            Action::Update => vanishes || self.before_stated == Stated::Null,
            Action::Create => had,
            _ => false,
        }
    }
}

/// `importing`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Importing {
    /// The id; `None` where unknown or given by identity.
    pub id: Option<String>,
    /// Known only during apply.
    pub unknown: bool,
}

/// An entry of `action_invocations` (Terraform ≥ 1.14).
#[derive(Debug, Clone)]
pub struct ActionInvocation {
    /// Address of the action, as written.
    pub address: String,
    /// Type of the action.
    pub action_type: Option<String>,
    /// The resource whose lifecycle triggers it.
    pub triggering_address: Option<String>,
    /// `BeforeCreate`, `AfterUpdate`, …
    pub event: Option<String>,
}

/// An entry of `checks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `address.to_display`.
    pub address: String,
    /// `pass`, `fail`, `error`, `unknown`.
    pub status: String,
}
