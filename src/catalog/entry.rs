//! One type of the catalogue, as it stands in `policies/catalog/<provider>.json`.
//!
//! Only shapes: strict, so that a misspelt key is a test failure and not a lost guard.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What the catalogue says about a resource type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Exact type name.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Whether the provider still has it.
    pub status: Status,
    /// When it left the provider's documentation.
    pub removed: Option<String>,
    /// Where it is documented, relative to the `source` of the file.
    pub doc: Option<String>,
    /// Where it is documented, if elsewhere.
    pub source: Option<String>,
    /// What kind of thing it is.
    pub class: Class,
    /// What others hold is unreadable without it: a key, or what gives access to keys.
    #[serde(default)]
    pub encryption_key: bool,
    /// Others find its data by its name, which an update can change.
    #[serde(default)]
    pub found_by_name: bool,
    /// How bad its loss is.
    pub severity: Severity,
    /// Suggested level of its destruction.
    pub default: Level,
    /// Suggested level under the strict preset, where it differs.
    pub strict: Option<Level>,
    /// What is lost with it.
    pub loses: String,
    /// Whether it can be recovered: a word, and details in parentheses.
    pub recover: String,
    /// Attributes that protect it; `@…` is a flag of the provider.
    #[serde(default)]
    pub protect: Vec<String>,
    /// What decides whether a destroy destroys.
    #[serde(default)]
    pub destroy_guard: DestroyGuard,
    /// Objects of this type that are something else; the first that fits counts.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// What it lies in, uses, configures or protects.
    #[serde(default)]
    pub parents: Vec<Parent>,
    /// Attribute changes that lose data or protection in place.
    #[serde(default)]
    pub risky: Vec<Risk>,
    /// Attributes documented to force a replacement; for explanation only.
    #[serde(default)]
    pub force_new: Vec<String>,
}

/// Declares an enum of words with `ALL`, `as_str` and `Deserialize`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in the catalogue and in `input.plangate`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

pub(super) use words;

words! {
    /// Whether the provider still has a type.
    Status {
        /// It is documented.
        Current = "current",
        /// Old plans and states may still have it.
        Removed = "removed",
    }
}

words! {
    /// A level the catalogue suggests, lowest first.
    Level {
        /// Shown on request.
        Info = "info",
        /// Shown.
        Warn = "warn",
        /// Blocks.
        Deny = "deny",
    }
}

words! {
    /// How bad a loss is, lowest first.
    Severity {
        /// Little harm.
        Low = "low",
        /// Some harm.
        Medium = "medium",
        /// Much harm.
        High = "high",
        /// Data or identity lost for good.
        Critical = "critical",
    }
}

words! {
    /// What kind of thing a type is.
    Class {
        /// Images, packages, git repositories, models.
        ArtifactRegistry = "artifact_registry",
        /// Recovery points, snapshots, vaults.
        Backup = "backup",
        /// Disks, volumes.
        BlockStorage = "block_storage",
        /// In-memory stores.
        Cache = "cache",
        /// Machines with local or attached disks.
        ComputeLocalDisk = "compute_local_disk",
        /// Destroying it destroys other things.
        Container = "container",
        /// A logical database or a database server.
        Database = "database",
        /// Tables, collections, indexes, topics of rows or documents.
        DatasetStore = "dataset_store",
        /// File systems and shares.
        FileShare = "file_share",
        /// Ids, names, addresses, DNS, principals that cannot be made again as they were.
        IdentityIrreplaceable = "identity_irreplaceable",
        /// Networks.
        Network = "network",
        /// Buckets, containers, objects.
        ObjectStore = "object_store",
        /// Logs, metrics, audit trails.
        ObservabilityData = "observability_data",
        /// Settings whose loss weakens the protection of a store.
        ProtectionConfig = "protection_config",
        /// Messages, retained events, consumer positions.
        QueueStream = "queue_stream",
        /// Keys, secrets, certificates.
        SecretKey = "secret_key",
        /// No data, but others find data through it.
        ServiceDiscovery = "service_discovery",
        /// Values that live only in Terraform state.
        StateOnly = "state_only",
    }
}

impl Class {
    /// Whether its objects hold data, contain what does, or cannot be made again.
    #[must_use]
    pub const fn is_data_store(self) -> bool {
        !matches!(
            self,
            Self::ProtectionConfig | Self::ServiceDiscovery | Self::Network | Self::StateOnly | Self::ComputeLocalDisk
        )
    }

    /// The class a repository gives to what ships with this one. Rules choose by class: another is taken only where
    /// no rule loses sight of the object, so that all a repository can lower is the level, which is shown.
    #[must_use]
    pub fn overlaid_by(self, own: Self) -> Self {
        let is_free = matches!(self, Self::Network | Self::StateOnly | Self::ComputeLocalDisk);
        if is_free || (self.is_data_store() && own.is_data_store()) { own } else { self }
    }
}

words! {
    /// What a risky change does.
    Effect {
        /// Loses data now or soon.
        DataLoss = "data_loss",
        /// Deletes and re-creates the object behind an update.
        HiddenDestroy = "hidden_destroy",
        /// Removes a protection.
        Weaken = "weaken",
        /// Widens access.
        Exposure = "exposure",
        /// Shrinks; the provider rejects or replaces.
        Capacity = "capacity",
        /// Worth a look.
        Review = "review",
    }
}

words! {
    /// How an attribute changes.
    RiskKind {
        /// From one value to another.
        Change = "change",
        /// A number or duration gets smaller.
        Decrease = "decrease",
        /// True becomes false.
        Disable = "disable",
        /// False becomes true.
        Enable = "enable",
        /// A list gets longer.
        Grow = "grow",
        /// A number or duration gets larger.
        Increase = "increase",
        /// Absent becomes present.
        Set = "set",
        /// A list gets shorter.
        Shrink = "shrink",
        /// From one of `from` to one of `to`.
        Transition = "transition",
        /// Present becomes absent.
        Unset = "unset",
    }
}

words! {
    /// What the creation of an object does to what exists already.
    HazardKind {
        /// It deletes what it finds.
        Deletes = "deletes",
        /// It lets data expire.
        Expires = "expires",
        /// It replaces what has the same name.
        Overwrites = "overwrites",
        /// It runs what its author wrote.
        Runs = "runs",
    }
}

words! {
    /// How a type is related to a parent.
    Relation {
        /// Destroying the parent destroys it.
        Contains = "contains",
        /// It is a setting of the parent.
        Configures = "configures",
        /// It protects the parent.
        Protects = "protects",
        /// It needs the parent.
        Uses = "uses",
    }
}

/// That the repository's own catalogue has a say in something that ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlaid {
    /// The level without it; of what nobody catalogued, the one it has for that.
    pub was: Level,
    /// Why.
    pub reason: Option<String>,
}

/// What decides whether a destroy destroys; judged on the object as it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DestroyGuard {
    /// The provider refuses.
    pub blocked_when: Vec<GuardClause>,
    /// The object outlives its resource.
    pub harmless_when: Vec<GuardClause>,
    /// The provider takes a snapshot first.
    pub snapshot_when: Vec<GuardClause>,
    /// The destroy goes further than usual.
    pub escalates_when: Vec<GuardClause>,
}

/// An attribute that has one of some values.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardClause {
    /// Attribute path; lists of blocks are passed through.
    pub attr: String,
    /// The values.
    #[serde(rename = "in")]
    pub values: Vec<Value>,
    /// The repository's own catalogue says so, for this reason.
    #[serde(skip)]
    pub own: Option<OwnClause>,
}

/// That a clause is the repository's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnClause {
    /// Why.
    pub reason: Option<String>,
}

/// Objects of a type that are something else.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// All must hold; empty: always.
    pub when: BTreeMap<String, Condition>,
    /// In place of the entry's.
    pub class: Class,
    /// In place of the entry's.
    pub severity: Severity,
    /// In place of the entry's.
    pub default: Level,
    /// Why.
    pub note: String,
}

/// When a variant applies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Condition {
    /// The attribute is there and not empty.
    Set,
    /// The attribute has one of these values.
    In(Vec<Value>),
}

impl TryFrom<Value> for Condition {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(word) if word == "set" => Ok(Self::Set),
            Value::Array(values) => Ok(Self::In(values)),
            other => Err(format!("neither \"set\" nor a list of values: {other}")),
        }
    }
}

/// What a type lies in, uses, configures or protects.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// The attribute that names the parent.
    pub attr: String,
    /// The parent's type, or a glob.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The relation.
    pub rel: Relation,
    /// `blocked`: the parent cannot be destroyed while it has children.
    pub mode: Option<String>,
    /// An attribute of older provider versions.
    #[serde(default)]
    pub legacy: bool,
}

/// A change of an attribute that loses data or protection in place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// Attribute path; lists of blocks are passed through, map keys may contain dots.
    pub attr: String,
    /// How it changes.
    pub kind: RiskKind,
    /// Old values of a transition.
    #[serde(default)]
    pub from: Vec<Value>,
    /// New values of a transition.
    #[serde(default)]
    pub to: Vec<Value>,
    /// Values that mean "for ever".
    #[serde(default)]
    pub infinite: Vec<Value>,
    /// What it does.
    pub effect: Effect,
    /// Suggested level.
    pub level: Level,
    /// Why.
    pub note: Option<String>,
    /// A key cannot be used any more: what it encrypts is unreadable from then on.
    #[serde(default)]
    pub stops_key: bool,
    /// Not found in the documentation of the type.
    #[serde(default)]
    pub undocumented_or_legacy: bool,
    /// Nothing like it ships: it stands beside what does.
    #[serde(skip)]
    pub own: bool,
    /// The level with which it ships, where the repository gave it one.
    #[serde(skip)]
    pub overlaid: Option<Overlaid>,
}

impl Risk {
    /// Whether another entry is about the very same change, so that one of the two says all.
    #[must_use]
    pub fn is_same_change(&self, other: &Self) -> bool {
        (&self.attr, self.kind, self.effect) == (&other.attr, other.kind, other.effect)
            && (&self.from, &self.to, &self.infinite) == (&other.from, &other.to, &other.infinite)
    }

    /// This entry with the level and the remark of the repository's entry about the same change.
    #[must_use]
    pub fn overlaid_by(&self, own: &Self) -> Self {
        let was = self.overlaid.as_ref().map_or(self.level, |overlaid| overlaid.was);
        let reason = own.overlaid.as_ref().and_then(|overlaid| overlaid.reason.clone());
        Self {
            level: own.level,
            note: own.note.clone().or_else(|| self.note.clone()),
            stops_key: self.stops_key || own.stops_key,
            overlaid: Some(Overlaid { was, reason }),
            ..self.clone()
        }
    }
}
