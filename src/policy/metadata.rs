//! What a `# METADATA` block says about a rule or a package.
//!
//! Keys and their types follow OPA ("Annotations", openpolicyagent.org/docs/policy-language#annotations);
//! plangate's own stand under `custom`. Must not know where blocks come from, nor resolve which
//! rule has which id.

mod parse;
mod shape;

use std::collections::BTreeMap;

use globset::GlobMatcher;
use serde_json::Value;

use super::contract::DeclaredLevel;
use super::parameters::Parameter;
use crate::finding::{Level, Severity};

pub use parse::parse;

/// What is known about a rule, as far as METADATA says it.
#[derive(Debug, Clone, Default)]
pub struct RuleMeta {
    /// To what the block applies; OPA's default is the rule or package right below it.
    pub scope: Option<Scope>,
    /// `title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `related_resources`.
    pub related_resources: Vec<RelatedResource>,
    /// `custom.id`.
    pub id: Option<String>,
    /// `custom.severity`.
    pub severity: Option<Severity>,
    /// `custom.level`.
    pub level: Option<DeclaredLevel>,
    /// `custom.strict`: the level under the strict preset, if that is higher.
    pub strict: Option<Level>,
    /// `custom.category`.
    pub category: Option<String>,
    /// `custom.help`: what to do about a finding.
    pub help: Option<String>,
    /// `custom.selector`.
    pub selector: Option<Selector>,
    /// `custom.parameters`: what a repository may set, by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Every other key of `custom`, as written.
    pub custom: BTreeMap<String, Value>,
}

impl RuleMeta {
    /// This metadata of a rule, completed by that of its package: what the rule says wins, key by key.
    #[must_use]
    pub fn inherit(mut self, package: &Self) -> Self {
        fn complete<T: Clone>(own: &mut Option<T>, package: Option<&T>) {
            if own.is_none() {
                *own = package.cloned();
            }
        }
        complete(&mut self.title, package.title.as_ref());
        complete(&mut self.description, package.description.as_ref());
        complete(&mut self.id, package.id.as_ref());
        complete(&mut self.severity, package.severity.as_ref());
        complete(&mut self.level, package.level.as_ref());
        complete(&mut self.strict, package.strict.as_ref());
        complete(&mut self.category, package.category.as_ref());
        complete(&mut self.help, package.help.as_ref());
        complete(&mut self.selector, package.selector.as_ref());
        if self.related_resources.is_empty() {
            self.related_resources.clone_from(&package.related_resources);
        }
        for (name, parameter) in &package.parameters {
            self.parameters.entry(name.clone()).or_insert_with(|| parameter.clone());
        }
        for (key, value) in &package.custom {
            self.custom.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self
    }
}

/// `scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The rule right below.
    Rule,
    /// Every rule of that name in the package.
    Document,
    /// The package.
    Package,
    /// The package and those below it.
    Subpackages,
}

impl Scope {
    /// Every scope and its word.
    pub const ALL: [(&'static str, Self); 4] = [
        ("rule", Self::Rule),
        ("document", Self::Document),
        ("package", Self::Package),
        ("subpackages", Self::Subpackages),
    ];

    /// Whether it covers every rule of a package.
    #[must_use]
    pub const fn is_package_wide(self) -> bool {
        matches!(self, Self::Package | Self::Subpackages)
    }
}

/// An entry of `related_resources`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedResource {
    /// The URL.
    pub reference: String,
    /// What is found there.
    pub description: Option<String>,
}

/// The changes a rule considers: `custom.selector`. For counting (`considered`) and for choosing
/// rules; it does not filter what a policy sees.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// Patterns of resource types; empty for any.
    pub types: Vec<GlobMatcher>,
    /// Verbs as [`crate::plan::Action::verb`] gives them; empty for any.
    pub verbs: Vec<String>,
}

impl Selector {
    /// Whether it selects a change of this resource type and verb.
    #[must_use]
    pub fn matches(&self, resource_type: &str, verb: &str) -> bool {
        (self.types.is_empty() || self.types.iter().any(|glob| glob.is_match(resource_type)))
            && (self.verbs.is_empty() || self.verbs.iter().any(|word| word == verb))
    }
}

#[cfg(test)]
mod tests;
