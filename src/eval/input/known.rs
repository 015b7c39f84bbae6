//! What is known of the type of a change, of settings that decide what a destroy does, and of its provider.

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::{Level, Overlaid};
use crate::facts::{Guard, Guards, ProviderSetting, Stakes, TypeFacts};

/// What is known about the type of a resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CatalogInput<'a> {
    /// `catalogued`; `known`: looked at and left out; `unseen`: nobody has looked at it.
    pub status: &'a str,
    /// The object holds data, contains what does, or cannot be made again as it was.
    pub data_store: bool,
    /// What others hold is unreadable without it: a key, or what gives access to keys.
    pub encryption_key: bool,
    /// Others find its data by its name.
    pub found_by_name: bool,
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
    /// That the repository's own catalogue has a say in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaid: Option<OverlaidInput<'a>>,
    /// The name pattern that makes an unseen type look like a data store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_glob: Option<&'a str>,
}

/// That the repository's own catalogue has a say in what is known of an object or of a change of an attribute.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OverlaidInput<'a> {
    /// The level without it.
    pub was: &'a str,
    /// The level without it, where that is higher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowered_from: Option<&'a str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
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
    /// What it means for the destroy, as a clause; absent where the list says all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// The repository's own catalogue says so, and nothing that ships; left out where it does not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// A setting of the provider's block in the configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingInput<'a> {
    /// Path in the block, with dots.
    pub path: &'a str,
    /// Its value as text; `(not shown)` where it may be a secret, `(unknown)`.
    pub value: &'a str,
    /// `set`, `default`, or `unknown`: an expression, several providers that differ, no configuration in the plan.
    pub from: &'a str,
    /// Whether it is the value that makes a destroy or a create go further: `no`, `maybe`, `yes`.
    pub danger: &'a str,
}

impl<'a> CatalogInput<'a> {
    pub(super) fn new(facts: &'a TypeFacts) -> Self {
        let stakes = facts.stakes.as_ref();
        let word = |of: fn(&Stakes) -> &str| stakes.map(of);
        Self {
            status: facts.status.as_str(),
            data_store: stakes.is_some_and(|stakes| stakes.class.is_data_store()),
            encryption_key: stakes.is_some_and(|stakes| stakes.encryption_key),
            found_by_name: stakes.is_some_and(|stakes| stakes.found_by_name),
            class: word(|stakes| stakes.class.as_str()),
            severity: word(|stakes| stakes.severity.as_str()),
            default: word(|stakes| stakes.default.as_str()),
            strict: stakes.and_then(|stakes| stakes.strict).map(Level::as_str),
            loses: word(|stakes| &stakes.loses),
            recoverable: word(|stakes| stakes.recovery.recoverable.as_str()),
            recovery: word(|stakes| &stakes.recovery.text),
            variant: stakes.and_then(|stakes| stakes.variant.as_deref()),
            carries: stakes.and_then(|stakes| stakes.carries.as_deref()),
            overlaid: stakes.and_then(|stakes| Some(OverlaidInput::new(stakes.overlaid.as_ref()?, stakes.default))),
            fallback_glob: facts.fallback_glob.as_deref(),
        }
    }
}

impl<'a> OverlaidInput<'a> {
    pub(super) fn new(overlaid: &'a Overlaid, level: Level) -> Self {
        Self {
            was: overlaid.was.as_str(),
            lowered_from: Some(overlaid.was).filter(|was| *was > level).map(Level::as_str),
            reason: overlaid.reason.as_deref(),
        }
    }
}

impl<'a> GuardsInput<'a> {
    pub(super) fn new(guards: &'a Guards) -> Self {
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
    pub(super) fn new(guard: &'a Guard) -> Self {
        Self { attribute: &guard.attribute, value: &guard.value, note: guard.note.as_deref(), own: guard.own }
    }
}

impl<'a> SettingInput<'a> {
    pub(super) fn new(setting: &'a ProviderSetting) -> Self {
        Self {
            path: &setting.path,
            value: &setting.value,
            from: setting.from.as_str(),
            danger: setting.danger.as_str(),
        }
    }
}
