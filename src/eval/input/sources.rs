//! The part of `input.plangate` that tells what the source files say.

use schemars::JsonSchema;
use serde::Serialize;

use super::links::IdentityInput;
use crate::facts::sources::{BeforeFacts, Reassigned, Unprotected};
use crate::facts::{PlanSources, SourceFacts};
use crate::plan::hcl::{DestroyProvisioner, Listed, PlacedAt, Setting, Spot};

/// What the source files say about the plan as a whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourcesInput<'a> {
    /// Whether the sources before the change are there to compare with.
    pub base: bool,
    /// Protections that the sources before had and that are gone, sorted by address; empty without them.
    pub unprotected: Vec<UnprotectedInput<'a>>,
    /// Data stores that another provider configuration manages than before, sorted by address; empty without the sources before.
    pub reassigned: Vec<ReassignedInput<'a>>,
}

/// A block of a data store that another provider configuration manages than before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReassignedInput<'a> {
    /// Address of the block, without keys.
    pub address: &'a str,
    /// Its address in the sources before, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<&'a str>,
    /// The provider configuration before, as Terraform keys it: `azurerm`, `azurerm.dr`, `module.m:aws`.
    pub before: &'a str,
    /// That of now.
    pub after: &'a str,
    /// Where the block is now.
    pub now: PlaceInput<'a>,
}

/// A place in a source file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceInput<'a> {
    /// The file, as the user named its directory.
    pub file: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A protection that is gone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnprotectedInput<'a> {
    /// Address of the block, without keys.
    pub address: &'a str,
    /// Its address in the sources before, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<&'a str>,
    /// `prevent_destroy`; `destroy_false`: it would have been forgotten; `guard`: a lock or policy of its own, which the
    /// state still has and the plan leaves out.
    pub protection: &'a str,
    /// Where that was written.
    pub was: PlaceInput<'a>,
    /// Where the block is now; absent where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<PlaceInput<'a>>,
    /// `certain`, or `maybe` where an expression decides.
    pub certainty: &'a str,
    /// Its objects that the plan destroys.
    pub destroyed: Vec<IdentityInput<'a>>,
    /// The plan lets go of one of its objects without destroying it.
    pub forgotten: bool,
}

/// What the source files say about a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceInput<'a> {
    /// What the place is to the object: `resource-block`, `module-call` (its block is gone, or its module is not at hand),
    /// `removed-block`, `removed`.
    pub located: &'a str,
    /// The place; absent where it was removed from the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceInput<'a>>,
    /// Path of the construct that made its block (CDK for Terraform).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct_path: Option<&'a str>,
    /// `true`, `false`, or `expression`; absent where the block does not set it, like the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_destroy: Option<SettingInput<'a>>,
    /// The new object is made before the old one is destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_before_destroy: Option<SettingInput<'a>>,
    /// `destroy` in `lifecycle`: `false` lets go of the object instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroy: Option<SettingInput<'a>>,
    /// Attributes whose changes are not planned; `all` stands for every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_changes: Option<ListedInput<'a>>,
    /// What replaces the object when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_triggered_by: Option<ListedInput<'a>>,
    /// Provisioners with `when = destroy` that this change runs.
    pub runs: Vec<ProvisionerInput<'a>>,
    /// Its block in the sources before; absent where they have none, or are not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<BeforeInput<'a>>,
}

/// A setting of `lifecycle`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingInput<'a> {
    /// `true`, `false`, or `expression`.
    pub value: &'a str,
    /// Where it is written.
    pub place: PlaceInput<'a>,
}

/// A list of `lifecycle`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListedInput<'a> {
    /// What it lists, as written.
    pub names: Vec<&'a str>,
    /// Where it is written.
    pub place: PlaceInput<'a>,
}

/// A provisioner with `when = destroy`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProvisionerInput<'a> {
    /// `local-exec`, `remote-exec`, `file`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// `on_failure = continue`: its failure stops nothing.
    pub continues: bool,
    /// Where it is written.
    pub place: PlaceInput<'a>,
}

/// A block in the sources before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BeforeInput<'a> {
    /// Where it was.
    pub place: PlaceInput<'a>,
    /// `prevent_destroy` there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_destroy: Option<SettingInput<'a>>,
}

const fn word(at: PlacedAt) -> &'static str {
    match at {
        PlacedAt::Resource => "resource-block",
        PlacedAt::ModuleCall => "module-call",
        PlacedAt::RemovedBlock => "removed-block",
        PlacedAt::Removed => "removed",
    }
}

impl<'a> PlaceInput<'a> {
    fn new(spot: &'a Spot) -> Self {
        Self { file: &spot.file, line: spot.position.line, column: spot.position.column }
    }
}

impl<'a> SettingInput<'a> {
    fn new(setting: &'a Setting) -> Self {
        Self { value: setting.as_str(), place: PlaceInput::new(&setting.spot) }
    }
}

impl<'a> ListedInput<'a> {
    fn new(listed: &'a Listed) -> Self {
        Self { names: listed.names.iter().map(|name| &**name).collect(), place: PlaceInput::new(&listed.spot) }
    }
}

impl<'a> ProvisionerInput<'a> {
    fn new(provisioner: &'a DestroyProvisioner) -> Self {
        Self { kind: &provisioner.kind, continues: provisioner.continues, place: PlaceInput::new(&provisioner.spot) }
    }
}

impl<'a> BeforeInput<'a> {
    fn new(before: &'a BeforeFacts) -> Self {
        Self {
            place: PlaceInput::new(&before.spot),
            prevent_destroy: before.prevent_destroy.as_ref().map(SettingInput::new),
        }
    }
}

impl<'a> SourceInput<'a> {
    pub(super) fn new(facts: &'a SourceFacts) -> Self {
        let lifecycle = &facts.lifecycle;
        Self {
            located: word(facts.at),
            place: facts.spot.as_ref().map(PlaceInput::new),
            construct_path: facts.construct.as_deref(),
            prevent_destroy: lifecycle.prevent_destroy.as_ref().map(SettingInput::new),
            create_before_destroy: lifecycle.create_before_destroy.as_ref().map(SettingInput::new),
            destroy: lifecycle.destroy.as_ref().map(SettingInput::new),
            ignore_changes: lifecycle.ignore_changes.as_ref().map(ListedInput::new),
            replace_triggered_by: lifecycle.replace_triggered_by.as_ref().map(ListedInput::new),
            runs: facts.runs.iter().map(ProvisionerInput::new).collect(),
            before: facts.before.as_ref().map(BeforeInput::new),
        }
    }
}

impl<'a> SourcesInput<'a> {
    pub(super) fn new(facts: &'a PlanSources) -> Self {
        Self {
            base: facts.base,
            unprotected: facts.unprotected.iter().map(UnprotectedInput::new).collect(),
            reassigned: facts.reassigned.iter().map(ReassignedInput::new).collect(),
        }
    }
}

impl<'a> ReassignedInput<'a> {
    fn new(item: &'a Reassigned) -> Self {
        Self {
            address: &item.address,
            previous_address: item.previous_address.as_deref(),
            before: &item.before,
            after: &item.after,
            now: PlaceInput::new(&item.now),
        }
    }
}

impl<'a> UnprotectedInput<'a> {
    fn new(item: &'a Unprotected) -> Self {
        Self {
            address: &item.address,
            previous_address: item.previous_address.as_deref(),
            protection: item.protection.as_str(),
            was: PlaceInput::new(&item.was),
            now: item.now.as_ref().map(PlaceInput::new),
            certainty: item.certainty.as_str(),
            destroyed: item
                .destroyed
                .iter()
                .map(|object| IdentityInput { address: object.address.as_str(), deposed: object.deposed.as_deref() })
                .collect(),
            forgotten: item.forgotten,
        }
    }
}
