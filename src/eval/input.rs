//! `input.plangate`: what policies see beside the plan itself.
//!
//! The one definition of its shape and the one converter from facts. It derives nothing, so that two rules
//! can never disagree about a fact. An optional key is left out where it does not apply (in Rego an absent
//! key is undefined, while `null` would count as true); lists are always there.

mod known;
mod links;
mod risks;
mod sources;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::Effect;
use crate::facts::{ChangeFacts, Counts, Facts, OutsideAttribute, OutsideChange};
use crate::finding::{Preset, VerbClass};
use crate::plan::{Action, Mode};

pub use known::{CatalogInput, GuardInput, GuardsInput, OverlaidInput, SettingInput};
pub use links::LinksInput;
use risks::risks;
pub use risks::{AttributeInput, HazardInput, NameChangeInput, RiskInput};
pub use sources::{SourceInput, SourcesInput};

/// Version of the shape: raised when a key goes or changes its meaning, not when one is added.
pub const VERSION: u32 = 1;

/// Settings that rules read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Settings {
    /// What the destruction of a resource type that nobody has looked at counts as.
    pub unknown_types: UnknownTypes,
    /// Numbers from which a plan is worth a finding of its own.
    pub limits: Limits,
    /// `standard` or `strict`; what it demands is written beside each level.
    #[serde(serialize_with = "preset_word")]
    #[schemars(with = "String")]
    pub preset: Preset,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn preset_word<S: serde::Serializer>(preset: &Preset, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(preset.as_str())
}

/// Numbers from which a plan is worth a finding of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limits {
    /// Share of the managed objects that may be destroyed, in percent.
    pub mass_destruction_percent: u32,
    /// Fewer destroyed objects than this are no mass.
    pub mass_destruction_at_least: u32,
    /// Objects that may be destroyed; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<u32>,
    /// Objects that may be replaced; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u32>,
    /// Objects that may be changed in any way; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mass_destruction_percent: 50,
            mass_destruction_at_least: 5,
            destroyed: None,
            replaced: None,
            changed: None,
        }
    }
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
    /// Those of `changes` that a rule about dangers has to look at: all but creates and updates of which nothing is known that
    /// does harm. In a plan of thousands of changes they are few.
    pub notable: Vec<ChangeInput<'a>>,
    /// Objects that were deleted outside Terraform, in the same shape.
    pub drift: Vec<ChangeInput<'a>>,
    /// Objects that were changed outside Terraform, in the same shape with `attributes`.
    pub drifted: Vec<OutsideInput<'a>>,
    /// Objects that nothing happens to, but that are lost with what they lie in, in the same shape.
    pub collateral: Vec<ChangeInput<'a>>,
    /// What the source files say; absent where they are not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<SourcesInput<'a>>,
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
    /// How many objects it does what to, deferred changes included.
    pub counts: CountsInput,
}

/// How many objects a plan does what to; data sources are not counted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CountsInput {
    /// Objects that exist and are managed, as far as the plan shows.
    pub managed: usize,
    /// Objects with a change that does something.
    pub changed: usize,
    /// Objects that are destroyed, or may be.
    pub destroyed: usize,
    /// Those of them that are made anew.
    pub replaced: usize,
    /// `destroyed` as a share of `managed`, in whole percent.
    pub destroyed_percent: usize,
}

/// An object that was changed outside Terraform.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutsideInput<'a> {
    /// The change.
    #[serde(flatten)]
    pub change: ChangeInput<'a>,
    /// What differs from what Terraform left, sorted by path.
    pub attributes: Vec<OutsideAttributeInput<'a>>,
}

/// An attribute that differs from what Terraform left.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutsideAttributeInput<'a> {
    /// Path, old and new value; an empty path stands for the whole object, of which the plan shows nothing.
    #[serde(flatten)]
    pub attribute: AttributeInput<'a>,
    /// The catalogue names it: a protection, or something whose change loses data.
    pub watched: bool,
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
    /// Where it tells what happened outside: the verb of what the plan does to the object; absent if the plan does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<&'a str>,
    /// It creates an empty object in place of one that was deleted outside Terraform; `catalog` is about the lost one.
    pub recreates_lost: bool,
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
    /// Settings of its provider that say something about its destroy or its creation.
    pub provider_settings: Vec<SettingInput<'a>>,
    /// Attributes whose change removes a protection.
    pub weakened: Vec<RiskInput<'a>>,
    /// Attributes whose change loses data in place, now or soon.
    pub data_loss: Vec<RiskInput<'a>>,
    /// Attributes whose change widens access.
    pub exposure: Vec<RiskInput<'a>>,
    /// Attributes whose change destroys something behind an update.
    pub hidden_destroy: Vec<RiskInput<'a>>,
    /// Attributes whose change shrinks capacity: the provider rejects it or replaces the object.
    pub capacity: Vec<RiskInput<'a>>,
    /// Attributes whose change is worth a look.
    pub review: Vec<RiskInput<'a>>,
    /// What creating the object does to what exists already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_hazard: Option<HazardInput<'a>>,
    /// The name by which others find it changes, or may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_change: Option<NameChangeInput<'a>>,
    /// Paths of attributes known only after apply, sorted.
    pub unknown_paths: &'a [String],
    /// What the source files say about it; absent where they are not given, or cannot tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInput<'a>>,
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

impl<'a> PolicyInput<'a> {
    /// The document for these facts.
    #[must_use]
    pub fn new(facts: &'a Facts, settings: Settings) -> Self {
        Self {
            changes: facts.changes.iter().map(ChangeInput::new).collect(),
            notable: facts.changes.iter().filter(|change| !change.is_quiet()).map(ChangeInput::new).collect(),
            ..Self::without_changes(facts, settings)
        }
    }

    /// The same, where the lists of changes are empty.
    pub(super) fn without_changes(facts: &'a Facts, settings: Settings) -> Self {
        Self {
            version: VERSION,
            settings,
            plan: PlanInput {
                terraform_version: facts.plan.terraform_version.as_deref(),
                refresh_only: facts.plan.refresh_only,
                complete: facts.plan.complete,
                errored: facts.plan.errored,
                counts: CountsInput::new(facts.plan.counts),
            },
            changes: Vec::new(),
            notable: Vec::new(),
            drift: facts.drift.iter().map(ChangeInput::new).collect(),
            drifted: facts.drifted.iter().map(OutsideInput::new).collect(),
            collateral: facts.collateral.iter().map(ChangeInput::new).collect(),
            sources: facts.sources.as_ref().map(SourcesInput::new),
        }
    }
}

impl CountsInput {
    fn new(counts: Counts) -> Self {
        Self {
            managed: counts.managed,
            changed: counts.changed,
            destroyed: counts.destroyed,
            replaced: counts.replaced,
            destroyed_percent: counts.destroyed_percent(),
        }
    }
}

impl<'a> OutsideInput<'a> {
    fn new(outside: &'a OutsideChange) -> Self {
        let attribute = |attribute: &'a OutsideAttribute| OutsideAttributeInput {
            attribute: AttributeInput::new(&attribute.change),
            watched: attribute.watched,
        };
        Self {
            change: ChangeInput::new(&outside.change),
            attributes: outside.attributes.iter().map(attribute).collect(),
        }
    }
}

impl<'a> ChangeInput<'a> {
    pub(super) fn new(facts: &'a ChangeFacts) -> Self {
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
            answer: facts.answer.map(Action::verb),
            recreates_lost: facts.recreates_lost,
            importing: facts.importing,
            reason: facts.reason.as_ref().map(|reason| ReasonInput { code: &reason.code, text: reason.text }),
            replaced_by: facts.replaced_by.iter().map(AttributeInput::new).collect(),
            catalog: CatalogInput::new(&facts.catalog),
            guard: GuardsInput::new(&facts.guards),
            provider_settings: facts.provider_settings.iter().map(SettingInput::new).collect(),
            weakened: risks(facts, Effect::Weaken),
            data_loss: risks(facts, Effect::DataLoss),
            exposure: risks(facts, Effect::Exposure),
            hidden_destroy: risks(facts, Effect::HiddenDestroy),
            capacity: risks(facts, Effect::Capacity),
            review: risks(facts, Effect::Review),
            create_hazard: facts.create_hazard.as_ref().map(HazardInput::new),
            name_change: facts.name_change.as_ref().map(NameChangeInput::new),
            unknown_paths: &facts.unknown_paths,
            source: facts.source.as_ref().map(SourceInput::new),
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

#[cfg(test)]
mod tests;
