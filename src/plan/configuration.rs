//! `configuration`: what is declared, and which expression refers to what.
//!
//! Owns the shape only. References stand as Terraform writes them; `crate::graph` resolves them. Constants are not
//! kept, they may be secrets, but for the provider settings an interest names.

use std::sync::Arc;

use super::Value;

/// References of an expression: of each traversal the most specific form.
pub type References = Box<[Arc<str>]>;

/// The configuration of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Configuration {
    /// Number of managed resource blocks in all modules.
    pub managed_resources: usize,
    /// Whether the root module declares variables.
    pub declares_variables: bool,
    /// The root module.
    pub root: ConfigModule,
    /// `provider_config`, in the order of the file.
    pub providers: Vec<ProviderConfig>,
}

/// A module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigModule {
    /// Resource blocks, data and ephemeral ones included.
    pub resources: Vec<ConfigResource>,
    /// Module calls by name.
    pub calls: Vec<(Arc<str>, ModuleCall)>,
    /// Outputs by name.
    pub outputs: Vec<(Arc<str>, References)>,
    /// Local values by name; only sources have them, a plan does not.
    pub locals: Vec<(Arc<str>, References)>,
}

/// A resource block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigResource {
    /// Address relative to the module, without instance keys.
    pub address: Arc<str>,
    /// Key of its provider in `provider_config`.
    pub provider_config_key: Option<Arc<str>>,
    /// References of each attribute or block at the top that has any.
    pub references: Vec<(Arc<str>, References)>,
    /// References of `count` and `for_each`.
    pub repetition: References,
    /// Explicit `depends_on`.
    pub depends_on: References,
}

/// A module call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModuleCall {
    /// References of each argument that has any.
    pub arguments: Vec<(Arc<str>, References)>,
    /// References of `count` and `for_each`.
    pub repetition: References,
    /// Explicit `depends_on`.
    pub depends_on: References,
    /// What is called.
    pub module: ConfigModule,
}

/// An entry of `provider_config`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderConfig {
    /// Key that resources name.
    pub key: Arc<str>,
    /// Its name in the module, without alias.
    pub name: Option<Arc<str>>,
    /// Its source address; absent before Terraform 1.1.
    pub full_name: Option<Arc<str>>,
    /// The settings the interest names, as expressions: `{"constant_value": …}` or `{"references": […]}` at the leaves.
    /// `null` where a module only passes on a provider it was given.
    pub expressions: Value,
}

impl Configuration {
    /// The provider with that key.
    #[must_use]
    pub fn provider(&self, key: &str) -> Option<&ProviderConfig> {
        self.providers.iter().find(|provider| &*provider.key == key)
    }
}
