//! What of the catalogue is not about one type: `policies/catalog/generic.json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::entry::{Class, Effect, GuardClause, HazardKind, Level, Risk, RiskKind, Severity, words};

/// Types whose objects are told apart by an attribute and a table; `dispatch` of the file has the rest.
pub(super) const CARRIERS: [&str; 2] = ["azapi_resource", "aws_cloudcontrolapi_resource"];

/// The parts of the catalogue that hold for many types.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generic {
    /// Version of the shape.
    pub schema: String,
    /// Where the tables come from: repository, commit, path.
    pub source: BTreeMap<String, String>,
    /// The classes in words.
    pub classes: BTreeMap<String, String>,
    /// The effects in words.
    pub effects: BTreeMap<String, String>,
    /// Resources that can be anything.
    pub dispatch: Vec<Carrier>,
    azapi_arm_types: Vec<Carried>,
    cfn_stateful: Vec<Carried>,
    /// Settings of a provider that decide what a destroy does.
    pub provider_flags: Vec<ProviderFlag>,
    /// Types whose creation can overwrite or delete.
    pub create_hazards: Vec<CreateHazard>,
    /// Attribute changes that are risky on any type.
    pub generic_rules: Vec<GenericRule>,
    /// Names that look like data stores, for types nobody has looked at.
    pub fallback_globs: Vec<FallbackGlob>,
    /// Families of types of one kind.
    pub pure_prefixes: Vec<PurePrefix>,
    /// What the words of references in JSON texts mean: word → types or globs.
    pub reference_types: BTreeMap<String, Vec<String>>,
    /// Attributes that name other objects, beside the parents of the entries.
    pub references: Vec<Reference>,
    /// Attributes by which others find an object; the first that an object has counts.
    pub name_attributes: Vec<String>,
    /// Attributes that name a key, whatever the type is.
    pub key_attributes: Vec<String>,
}

/// An attribute that names objects of other types.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Types or globs of what has the attribute.
    pub from: Vec<String>,
    /// Attribute path; lists of blocks are passed through.
    pub attr: String,
    /// How it names them.
    pub form: ReferenceForm,
    /// Types or globs of what it names; of a JSON text, whatever its references say.
    #[serde(default)]
    pub to: Vec<String>,
    /// The attribute of the named object that has the start of a path.
    pub by: Option<String>,
    /// The parts of the attribute that are enough to know; absent: all of it.
    #[serde(default)]
    pub keep: Vec<String>,
}

impl Reference {
    /// The attribute paths that must be known of every object.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        let whole = self.keep.is_empty().then_some(&self.attr);
        self.keep.iter().chain(whole).map(String::as_str)
    }
}

words! {
    /// How an attribute names another object.
    ReferenceForm {
        /// Its value is what the object is called.
        Name = "name",
        /// Its value is a path that starts with the object's.
        Path = "path",
        /// It holds `{"referenceName": …, "type": …}` somewhere, as JSON text or as a value.
        TypedJson = "typed_json",
    }
}

/// A resource type whose objects can be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The attribute that says what it carries.
    pub attr: String,
    /// What to cut the attribute's value at (`@` before an API version).
    pub split: Option<String>,
    /// The table of [`Generic`] that classifies the value.
    pub table: Option<String>,
}

/// What a carrier can carry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Name in the cloud's own words (`Microsoft.Storage/storageAccounts`).
    pub name: String,
    /// What kind of thing it is.
    pub class: Class,
    /// How bad its loss is.
    pub severity: Severity,
    /// Suggested level of its destruction.
    pub default: Level,
    /// The catalogued type that is the same thing.
    pub same_as: Option<String>,
    /// What is lost, where no catalogued type says so.
    pub loses: Option<String>,
}

/// A setting of a provider that decides what a destroy does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFlag {
    /// Provider.
    pub provider: String,
    /// Path of the setting.
    pub path: String,
    /// Its value where it is not set.
    pub default: Value,
    /// The value that is dangerous.
    pub danger: Value,
    /// Types it is about.
    pub affects: Vec<String>,
    /// Where it stands in plan JSON.
    pub plan_json: String,
    /// Remark.
    pub note: Option<String>,
    /// Unless the object is like this, as it is.
    pub unless: Option<GuardClause>,
    /// At the dangerous value a destroy goes further than usual: how, as a clause.
    pub escalates: Option<String>,
    /// At any other value the provider refuses the destroy: when, as a clause.
    pub blocked: Option<String>,
    /// At any other value the object outlives its resource: how, as a clause.
    pub harmless: Option<String>,
}

impl ProviderFlag {
    /// Whether it is about a type; a name that ends in `*` stands for all that start like it.
    #[must_use]
    pub fn affects(&self, resource_type: &str) -> bool {
        self.affects.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => resource_type.starts_with(start),
            None => name == resource_type,
        })
    }

    /// Whether it is about a whole family of types.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.affects.iter().any(|name| name.ends_with('*'))
    }
}

/// A type whose creation can overwrite or delete.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateHazard {
    /// The type or a glob.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Attribute values that make it so; absent: always.
    pub when: Option<BTreeMap<String, Value>>,
    /// What kind of harm it is.
    pub kind: HazardKind,
    /// Suggested level.
    pub level: Level,
    /// What happens.
    pub effect: String,
    /// Where this was read.
    pub source: Option<String>,
}

/// An attribute change that is risky on any type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenericRule {
    /// Attribute name.
    pub attr: String,
    /// How it changes.
    pub kind: RiskKind,
    /// Old values, where they matter.
    #[serde(default)]
    pub from: Vec<Value>,
    /// What it does.
    pub effect: Effect,
    /// Suggested level.
    pub level: Level,
}

impl GenericRule {
    /// The same as a rule of a type.
    #[must_use]
    pub fn risk(&self) -> Risk {
        Risk {
            attr: self.attr.clone(),
            kind: self.kind,
            from: self.from.clone(),
            to: Vec::new(),
            infinite: Vec::new(),
            effect: self.effect,
            level: self.level,
            note: None,
            stops_key: false,
            undocumented_or_legacy: false,
            own: false,
            overlaid: None,
        }
    }
}

/// A name pattern, and how often it is right.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackGlob {
    /// `*` and an ending.
    pub glob: String,
    /// Share of known types it matches that hold data.
    pub precision_pct: u8,
}

/// A family of types of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurePrefix {
    /// Glob with braces.
    pub glob: String,
    /// How many types it matches.
    pub types: u32,
    /// Classes of those types.
    pub classes: BTreeMap<String, u32>,
}

impl Generic {
    pub(super) fn carrier(&self, resource_type: &str) -> Option<&Carrier> {
        self.dispatch.iter().find(|carrier| carrier.resource_type == resource_type)
    }

    /// What a carrier carries, given its attribute. ARM and `CloudFormation` names ignore case.
    #[must_use]
    pub fn carried(&self, carrier: &Carrier, value: &str) -> Option<&Carried> {
        let name = match carrier.split.as_deref() {
            Some(mark) => value.split(mark).next().unwrap_or(value),
            None => value,
        };
        self.table(carrier).iter().find(|carried| carried.name.eq_ignore_ascii_case(name))
    }

    /// Everything a carrier's table lists; empty without a table.
    #[must_use]
    pub fn table(&self, carrier: &Carrier) -> &[Carried] {
        match carrier.table.as_deref() {
            Some("azapi_arm_types") => &self.azapi_arm_types,
            Some("cfn_stateful") => &self.cfn_stateful,
            _ => &[],
        }
    }

    /// The first fallback glob that matches a type name. A plain ending is enough: all of them are `*` and one.
    /// A version at the end of a name (`…_volume_v3`) says nothing of what the type is.
    pub(super) fn fallback_glob(&self, resource_type: &str) -> Option<&str> {
        let name = resource_type.to_ascii_lowercase();
        let name = match name.rsplit_once("_v") {
            Some((kind, version)) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => kind,
            _ => name.as_str(),
        };
        let ends = |glob: &&FallbackGlob| glob.glob.strip_prefix('*').is_some_and(|ending| name.ends_with(ending));
        self.fallback_globs.iter().find(ends).map(|glob| glob.glob.as_str())
    }
}
