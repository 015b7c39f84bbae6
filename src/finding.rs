//! A finding: one thing a rule says about a plan, as data.
//!
//! Owns rule ids, levels, severities and fingerprints. Must not know how findings are made,
//! waived or shown, and does not implement `Serialize` (only `report` has output shapes).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::source::Position;

/// What a finding does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The rule does not run.
    Off,
    /// Shown on request.
    Info,
    /// Shown; blocks only under `fail-on = "warn"`.
    Warn,
    /// Blocks.
    Deny,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Info, Self::Warn, Self::Deny];

    /// The word used in configuration and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// The level with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad it would be; sorts and labels, never decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information.
    Info,
    /// Little harm.
    Low,
    /// Some harm.
    Medium,
    /// Much harm.
    High,
    /// Data or identity lost for good.
    Critical,
}

impl Severity {
    /// Every severity, lowest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in the catalogue, in METADATA and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a rule: `stateful/destroy-data-store` for built-in ones, `main.deny_public` (package
/// and rule name) for those of a repository, unless their METADATA names an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// A rule id of any text.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much a repository wants to be stopped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Preset {
    /// Deny what loses data, or what contains data.
    #[default]
    Standard,
    /// Also deny what weakens protection, leaves the state, or was not judged.
    Strict,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Strict];

    /// The word used in configuration and in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }
}

/// Which of the inputs to a level decided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LevelFrom {
    /// The rule: METADATA or name.
    Rule,
    /// The result raised it, or the rule leaves it to each result.
    Result,
    /// The preset of this repository raised it.
    Preset,
    /// The configuration of this repository.
    Config,
}

impl LevelFrom {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Result => "result",
            Self::Preset => "preset",
            Self::Config => "config",
        }
    }
}

/// What a change does, as coarse as a fingerprint needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerbClass {
    /// Creates, reads, or does nothing.
    Keep,
    /// Changes in place.
    Update,
    /// Destroys: delete, replace in either order, or an unknown verb.
    Destroy,
    /// Leaves the object behind unmanaged.
    Forget,
}

impl VerbClass {
    /// The word that goes into fingerprints; must never change.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Update => "update",
            Self::Destroy => "destroy",
            Self::Forget => "forget",
        }
    }
}

/// The change a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The address as Terraform prints it.
    pub address: String,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// The address before a move.
    pub previous_address: Option<String>,
    /// Resource type.
    pub resource_type: Option<String>,
    /// The actions as they stand in the plan.
    pub actions: Vec<String>,
    /// What they come to.
    pub verb_class: VerbClass,
}

/// Where a finding points: a place in a file people wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, as the user named it.
    pub file: String,
    /// Line and column.
    pub position: Position,
}

/// What the location of a finding is to its object, where that is in the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceAt {
    /// The block of the resource.
    Block,
    /// The call of its module: its own block is gone, or the module is not at hand.
    ModuleCall,
    /// The `removed` block about it.
    RemovedBlock,
    /// Nowhere: it was removed from the configuration.
    Removed,
}

impl SourceAt {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Block, Self::ModuleCall, Self::RemovedBlock, Self::Removed];

    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "resource-block",
            Self::ModuleCall => "module-call",
            Self::RemovedBlock => "removed-block",
            Self::Removed => "removed",
        }
    }
}

/// Where the object of a finding stands in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// What the place is to the object.
    pub at: SourceAt,
    /// Path of the construct that made its block (CDK for Terraform).
    pub construct_path: Option<String>,
    /// First line of the block there: its kind and labels, no value.
    pub header: Option<String>,
}

/// The waiver that applies to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedWaiver {
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Where it stands.
    pub location: Location,
}

/// The rule of the policy itself by which a finding does not count for this plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedException {
    /// The query that holds, as conftest writes it: `data.main.exception[_][_] == "public"`.
    pub query: String,
    /// Where that rule stands.
    pub location: Option<Location>,
}

/// Identifies a finding across runs: SHA-256, lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a finding about a change. A moved resource keeps the one of its old address;
    /// values never enter, so a fingerprint discloses nothing and survives a re-plan.
    #[must_use]
    pub fn of_change(rule: &RuleId, subject: &Subject, attribute_paths: &[String]) -> Self {
        let mut paths: Vec<&str> = attribute_paths.iter().map(String::as_str).collect();
        paths.sort_unstable();
        paths.dedup();
        let address = subject.previous_address.as_deref().unwrap_or(&subject.address);
        let deposed = if subject.deposed.is_some() { "deposed" } else { "current" };
        let mut parts = vec![
            "change",
            rule.as_str(),
            subject.resource_type.as_deref().unwrap_or_default(),
            address,
            deposed,
            subject.verb_class.as_str(),
        ];
        parts.extend(paths);
        Self::hash(&parts)
    }

    /// The fingerprint of a finding that names no change: rule and masked message.
    #[must_use]
    pub fn of_message(rule: &RuleId, masked_message: &str) -> Self {
        Self::hash(&["message", rule.as_str(), masked_message])
    }

    /// Each part is preceded by its length, so that no two lists of parts hash alike.
    fn hash(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        Self(crate::text::hex(&hasher.finalize()))
    }

    /// A fingerprint made of another one under a key: 64 hex digits.
    #[must_use]
    pub(crate) fn keyed(hex: &str) -> Self {
        Self(hex.to_owned())
    }

    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing a rule says about a plan. All text is masked already; escaping is each sink's duty.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// The level in force.
    pub level: Level,
    /// The level before configuration.
    pub declared_level: Level,
    /// What decided `level`.
    pub level_from: LevelFrom,
    /// Sorts and labels.
    pub severity: Severity,
    /// The change it is about.
    pub subject: Option<Subject>,
    /// What is wrong.
    pub message: String,
    /// Identity across runs.
    pub fingerprint: Fingerprint,
    /// Place in a file people wrote.
    pub location: Option<Location>,
    /// What that place is to the object; `None` where it is none of the sources.
    pub source: Option<SourcePlace>,
    /// Fingerprint of the finding that caused this one.
    pub root_cause: Option<Fingerprint>,
    /// `plangate.details` of the result.
    pub details: BTreeMap<String, serde_json::Value>,
    /// All other keys of the result.
    pub metadata: BTreeMap<String, serde_json::Value>,
    /// The waiver in force.
    pub waiver: Option<AppliedWaiver>,
    /// The exception of its policy that holds.
    pub exception: Option<AppliedException>,
}

impl Finding {
    /// The order of findings everywhere: what blocks first, then by severity, rule and address.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |finding: &Self| {
            (
                std::cmp::Reverse(finding.level),
                std::cmp::Reverse(finding.severity),
                finding.rule.clone(),
                finding.subject.clone(),
            )
        };
        key(self).cmp(&key(other)).then_with(|| self.message.cmp(&other.message))
    }

    /// Whether it is shown but does not count: waived, or excepted by its policy.
    #[must_use]
    pub const fn is_set_aside(&self) -> bool {
        self.waiver.is_some() || self.exception.is_some()
    }

    /// Whether it blocks apply, given the lowest level that does.
    #[must_use]
    pub fn blocks(&self, fail_on: Level) -> bool {
        !self.is_set_aside() && self.level >= fail_on
    }
}
