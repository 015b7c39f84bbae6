//! `input.plangate`: what policies see beside the plan itself.
//!
//! The one definition of its shape and the one converter from facts. It derives nothing, so that two rules
//! can never disagree about a fact. An optional key is left out where it does not apply (in Rego an absent
//! key is undefined, while `null` would count as true); lists are always there.

mod links;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::Level;
use crate::facts::{AttributeChange, ChangeFacts, Facts, Guard, Guards, Stakes, TypeFacts};
use crate::finding::VerbClass;
use crate::plan::{Action, Mode};

pub use links::LinksInput;

/// Version of the shape: raised when a key goes or changes its meaning, not when one is added.
pub const VERSION: u32 = 1;

/// Settings that rules read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Settings {
    /// What the destruction of a resource type that nobody has looked at counts as.
    pub unknown_types: UnknownTypes,
}

/// What the destruction of a resource type that nobody has looked at counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownTypes {
    /// A warning, unless its name looks like a data store.
    #[default]
    Warn,
    /// Always a denial.
    Deny,
}

/// The document under `input.plangate`: what plangate derived from the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "input.plangate")]
pub struct PolicyInput<'a> {
    /// Version of this shape.
    pub version: u32,
    /// Settings that rules read.
    pub settings: Settings,
    /// About the plan as a whole.
    pub plan: PlanInput<'a>,
    /// Every change that does something (no-op and read are left out), deferred ones included; sorted by address, deposed key and actions.
    pub changes: Vec<ChangeInput<'a>>,
    /// Objects that were deleted outside Terraform, in the same shape.
    pub drift: Vec<ChangeInput<'a>>,
    /// Objects that nothing happens to, but that are lost with what they lie in, in the same shape.
    pub collateral: Vec<ChangeInput<'a>>,
}

/// About the plan as a whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanInput<'a> {
    /// Version of Terraform or `OpenTofu`, for display only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform_version: Option<&'a str>,
    /// The plan has no `resource_changes`: it only refreshes the state.
    pub refresh_only: bool,
    /// `complete` as it stands in the plan; absent before Terraform 1.8 and in every `OpenTofu` plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// `errored` as it stands in the plan; absent before Terraform 1.6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errored: Option<bool>,
}

/// One change.
#[expect(clippy::struct_excessive_bools, reason = "facts that policies ask for by name, not states of a machine")]
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangeInput<'a> {
    /// Address as Terraform prints it.
    pub address: &'a str,
    /// Key of a deposed object; with `address` it is the identity of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<&'a str>,
    /// Address before a move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<&'a str>,
    /// Resource type.
    #[serde(rename = "type")]
    pub resource_type: &'a str,
    /// `managed`, `data`, `ephemeral`, or a word this version does not know.
    pub mode: &'a str,
    /// Full source address of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<&'a str>,
    /// `actions` as they stand in the plan.
    pub actions: &'a [String],
    /// One word for the actions: `create`, `update`, `delete`, `replace`, `forget`, `replace-forget`, `unknown`.
    pub verb: &'a str,
    /// What it comes to: `keep`, `update`, `destroy`, `forget`.
    pub verb_class: &'a str,
    /// The object that exists is destroyed, or may be: delete, replace, and every unknown action.
    pub destroys: bool,
    /// The object that exists is left behind unmanaged.
    pub forgets: bool,
    /// The action is none this version knows; it counts as destroying.
    pub unknown_action: bool,
    /// It is left for a later plan.
    pub deferred: bool,
    /// Terraform's word for why it is left for a later plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred_reason: Option<&'a str>,
    /// How many instances there are is not known: the address, ending in `[*]`, stands for all of them.
    pub instances_unknown: bool,
    /// It tells what happened outside Terraform.
    pub drift: bool,
    /// The object is imported by this plan.
    pub importing: bool,
    /// Why Terraform does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonInput<'a>>,
    /// Attributes that force the replacement, sorted by path.
    pub replaced_by: Vec<AttributeInput<'a>>,
    /// What is known about the type.
    pub catalog: CatalogInput<'a>,
    /// Settings of the object, read from its state, that decide what a destroy does.
    pub guard: GuardsInput<'a>,
    /// How it hangs together with other changes.
    #[serde(flatten)]
    pub links: LinksInput<'a>,
}

/// Why Terraform does it; for display, unknown words are normal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReasonInput<'a> {
    /// `action_reason` as it stands in the plan.
    pub code: &'a str,
    /// The same as a clause that follows "because"; absent for words this version does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
}

/// An attribute that changes. Values are text that may be shown: `(sensitive)` in place of secrets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttributeInput<'a> {
    /// Path of the attribute.
    pub path: &'a str,
    /// Old value, `(sensitive)` or `(absent)`.
    pub before: &'a str,
    /// New value, `(sensitive)`, `(known after apply)` or `(absent)`.
    pub after: &'a str,
}

/// What is known about the type of a resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CatalogInput<'a> {
    /// `catalogued`; `known`: looked at and left out; `unseen`: nobody has looked at it.
    pub status: &'a str,
    /// The object holds data, contains what does, or cannot be made again as it was.
    pub data_store: bool,
    /// What kind of thing it is; catalogued types only, like all keys below but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'a str>,
    /// How bad its loss is: `low`, `medium`, `high`, `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'a str>,
    /// The level the catalogue suggests for its destruction: `info`, `warn`, `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'a str>,
    /// The level under the strict preset, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<&'a str>,
    /// What is lost with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loses: Option<&'a str>,
    /// Whether that can be had again: `no`, `maybe`, `elsewhere`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<&'a str>,
    /// How, as a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<&'a str>,
    /// Why this object is not what its type usually is (a read replica, an external table).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<&'a str>,
    /// What a generic resource carries (`Microsoft.Storage/storageAccounts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carries: Option<&'a str>,
    /// The name pattern that makes an unseen type look like a data store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_glob: Option<&'a str>,
}

/// Settings of the object that decide what a destroy does; all empty unless it is destroyed by an action
/// this version knows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GuardsInput<'a> {
    /// The provider refuses: the apply would fail.
    pub blocked: Vec<GuardInput<'a>>,
    /// The object outlives its resource.
    pub harmless: Vec<GuardInput<'a>>,
    /// The provider takes a snapshot first.
    pub snapshot: Vec<GuardInput<'a>>,
    /// The destroy goes further than usual.
    pub escalates: Vec<GuardInput<'a>>,
}

/// A setting and its value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GuardInput<'a> {
    /// Attribute path.
    pub attribute: &'a str,
    /// Its value as text.
    pub value: &'a str,
}

impl<'a> PolicyInput<'a> {
    /// The document for these facts.
    #[must_use]
    pub fn new(facts: &'a Facts, settings: Settings) -> Self {
        Self {
            version: VERSION,
            settings,
            plan: PlanInput {
                terraform_version: facts.plan.terraform_version.as_deref(),
                refresh_only: facts.plan.refresh_only,
                complete: facts.plan.complete,
                errored: facts.plan.errored,
            },
            changes: facts.changes.iter().map(ChangeInput::new).collect(),
            drift: facts.drift.iter().map(ChangeInput::new).collect(),
            collateral: facts.collateral.iter().map(ChangeInput::new).collect(),
        }
    }
}

impl<'a> ChangeInput<'a> {
    fn new(facts: &'a ChangeFacts) -> Self {
        Self {
            address: facts.address.as_str(),
            deposed: facts.deposed.as_deref(),
            previous_address: facts.previous_address.as_ref().map(crate::address::Address::as_str),
            resource_type: &facts.resource_type,
            mode: mode_word(&facts.mode),
            provider: facts.provider.as_deref(),
            actions: &facts.actions,
            verb: facts.action.verb(),
            verb_class: verb_class(facts.action).as_str(),
            destroys: facts.action.destroys(),
            forgets: facts.action.forgets(),
            unknown_action: facts.action == Action::Unknown,
            deferred: facts.deferred.is_some(),
            deferred_reason: facts.deferred.as_ref().and_then(|deferral| deferral.reason.as_deref()),
            instances_unknown: facts.deferred.as_ref().is_some_and(|deferral| deferral.instances_unknown),
            drift: facts.drift,
            importing: facts.importing,
            reason: facts.reason.as_ref().map(|reason| ReasonInput { code: &reason.code, text: reason.text }),
            replaced_by: facts.replaced_by.iter().map(AttributeInput::new).collect(),
            catalog: CatalogInput::new(&facts.catalog),
            guard: GuardsInput::new(&facts.guards),
            links: LinksInput::new(&facts.links),
        }
    }
}

/// What an action comes to, as coarse as a fingerprint needs it.
#[must_use]
pub const fn verb_class(action: Action) -> VerbClass {
    match action {
        Action::NoOp | Action::Create | Action::Read | Action::Ephemeral => VerbClass::Keep,
        Action::Update => VerbClass::Update,
        Action::Delete | Action::DeleteThenCreate | Action::CreateThenDelete | Action::Unknown => VerbClass::Destroy,
        Action::Forget | Action::CreateThenForget | Action::ForgetThenCreate => VerbClass::Forget,
    }
}

fn mode_word(mode: &Mode) -> &str {
    match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
        Mode::Other(word) => word,
    }
}

impl<'a> AttributeInput<'a> {
    fn new(attribute: &'a AttributeChange) -> Self {
        Self { path: &attribute.path, before: &attribute.before, after: &attribute.after }
    }
}

impl<'a> CatalogInput<'a> {
    fn new(facts: &'a TypeFacts) -> Self {
        let stakes = facts.stakes.as_ref();
        let word = |of: fn(&Stakes) -> &str| stakes.map(of);
        Self {
            status: facts.status.as_str(),
            data_store: stakes.is_some_and(|stakes| stakes.class.is_data_store()),
            class: word(|stakes| stakes.class.as_str()),
            severity: word(|stakes| stakes.severity.as_str()),
            default: word(|stakes| stakes.default.as_str()),
            strict: stakes.and_then(|stakes| stakes.strict).map(Level::as_str),
            loses: word(|stakes| &stakes.loses),
            recoverable: word(|stakes| stakes.recovery.recoverable.as_str()),
            recovery: word(|stakes| &stakes.recovery.text),
            variant: stakes.and_then(|stakes| stakes.variant.as_deref()),
            carries: stakes.and_then(|stakes| stakes.carries.as_deref()),
            fallback_glob: facts.fallback_glob.as_deref(),
        }
    }
}

impl<'a> GuardsInput<'a> {
    fn new(guards: &'a Guards) -> Self {
        let list = |guards: &'a [Guard]| guards.iter().map(GuardInput::new).collect();
        Self {
            blocked: list(&guards.blocked),
            harmless: list(&guards.harmless),
            snapshot: list(&guards.snapshot),
            escalates: list(&guards.escalates),
        }
    }
}

impl<'a> GuardInput<'a> {
    fn new(guard: &'a Guard) -> Self {
        Self { attribute: &guard.attribute, value: &guard.value }
    }
}

#[cfg(test)]
mod tests;
