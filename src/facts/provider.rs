//! Settings of the provider that manages an object, as far as they decide what a destroy or a create does.
//!
//! Owns finding the provider's block in `configuration` and reading it. What nobody can tell is unknown, never a default.
//! Constants there may be secrets: only truth values and the words of the catalogue are shown.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::Value as Json;

use super::guard::{self, Guard, Guards};
use crate::catalog::ProviderFlag;
use crate::plan::configuration::{ConfigModule, ProviderConfig};
use crate::plan::value::Map;
use crate::plan::{Configuration, ResourceChange, Value};

/// A setting of the provider of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSetting {
    /// Path in the provider's block, with dots.
    pub path: String,
    /// Its value as text.
    pub value: String,
    /// How that is known.
    pub from: SettingFrom,
    /// Whether it is the value that makes a destroy or a create go further.
    pub danger: Danger,
}

/// How the value of a setting is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingFrom {
    /// The configuration sets it.
    Set,
    /// The configuration leaves it to the provider.
    Default,
    /// It is not known: an expression, several providers that differ, no configuration in the plan.
    Unknown,
}

/// Whether a setting has its dangerous value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// It has not.
    No,
    /// It is not known.
    Maybe,
    /// It has.
    Yes,
}

impl SettingFrom {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Default => "default",
            Self::Unknown => "unknown",
        }
    }
}

impl Danger {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
            Self::Yes => "yes",
        }
    }
}

/// The providers of a plan.
pub(super) struct Providers<'a> {
    configuration: Option<&'a Configuration>,
    /// Key of the provider of each resource block, by the block's address.
    keys: OnceCell<HashMap<String, &'a str>>,
}

impl<'a> Providers<'a> {
    pub(super) fn new(configuration: Option<&'a Configuration>) -> Self {
        Self { configuration, keys: OnceCell::new() }
    }

    /// The settings of the provider of an object that say something about it, in the order of `flags`. Those about
    /// whole families of types only where they are not left to the provider.
    pub(super) fn settings<'f>(
        &self,
        change: &ResourceChange,
        flags: &'f [ProviderFlag],
    ) -> Vec<(&'f ProviderFlag, ProviderSetting)> {
        let mut flags = flags.iter().filter(|flag| flag.affects(&change.resource_type)).peekable();
        if flags.peek().is_none() {
            return Vec::new();
        }
        let blocks = self.blocks_of(change);
        flags
            .map(|flag| (flag, setting(flag, &blocks)))
            .filter(|(flag, setting)| {
                !flag.is_general()
                    || (setting.from != SettingFrom::Default && setting.danger != Danger::No && !blocks.list.is_empty())
            })
            .collect()
    }

    /// The blocks of which one is the provider's: the one its configuration names, or all that may be meant.
    fn blocks_of(&self, change: &ResourceChange) -> Blocks<'a> {
        let Some(configuration) = self.configuration else { return Blocks::default() };
        let keys = self.keys.get_or_init(|| keys(&configuration.root));
        let key = keys.get(&change.address.config_address());
        let named = key.and_then(|key| configuration.provider(key)).filter(|provider| is_of(provider, change));
        if let Some(provider) = named.filter(|provider| configures(provider)) {
            return Blocks { list: vec![&provider.expressions], others: false };
        }
        // Its block is gone, or its module was given a provider: any of those there are may manage it. One that is
        // named and not there is none of them; but before version 1.1 Terraform named one for each module, given or not.
        let is_old = configuration.providers.iter().all(|provider| provider.full_name.is_none());
        let is_of_module = |key: &str| is_old && key.contains(':');
        let is_meant = |provider: &&ProviderConfig| configures(provider) && is_of(provider, change);
        let list = configuration.providers.iter().filter(is_meant).map(|provider| &provider.expressions).collect();
        Blocks { list, others: named.is_none() && key.is_some_and(|key| !is_of_module(key)) }
    }
}

/// Blocks of settings of which one is an object's provider's.
#[derive(Default)]
struct Blocks<'a> {
    list: Vec<&'a Value>,
    /// It may be one that the plan does not have.
    others: bool,
}

/// Adds to the guards of a destroy what the settings of the provider mean for it.
pub(super) fn extend(guards: &mut Guards, change: &ResourceChange, settings: &[(&ProviderFlag, ProviderSetting)]) {
    for (flag, setting) in settings {
        let shown = match setting.from {
            SettingFrom::Default => format!("{} (the provider's default)", setting.value),
            SettingFrom::Set | SettingFrom::Unknown => setting.value.clone(),
        };
        let guard = |note: &String| Guard {
            attribute: flag.path.clone(),
            value: shown.clone(),
            note: Some(note.clone()),
            own: false,
        };
        let excepted = flag.unless.as_ref().is_some_and(|clause| guard::holds(&change.change, clause));
        match setting.danger {
            Danger::Yes if !excepted => guards.escalates.extend(flag.escalates.as_ref().map(guard)),
            Danger::No => {
                guards.blocked.extend(flag.blocked.as_ref().map(guard));
                let keeps = flag.harmless.as_ref().filter(|_| setting.from == SettingFrom::Set);
                guards.harmless.extend(keeps.map(guard));
            }
            Danger::Yes | Danger::Maybe => {}
        }
    }
}

/// Key of the provider of each block.
fn keys(root: &ConfigModule) -> HashMap<String, &str> {
    let mut keys = HashMap::new();
    let mut open = vec![(String::new(), root)];
    while let Some((path, module)) = open.pop() {
        for block in &module.resources {
            if let Some(key) = &block.provider_config_key {
                keys.insert(format!("{path}{}", block.address), &**key);
            }
        }
        open.extend(module.calls.iter().map(|(name, call)| (format!("{path}module.{name}."), &call.module)));
    }
    keys
}

/// Whether the entry is a block of settings; one of a module without any only passes on what it was given.
fn configures(provider: &ProviderConfig) -> bool {
    provider.expressions != Value::Null || !provider.key.contains(':')
}

/// Whether the entry is of the provider that manages an object.
fn is_of(provider: &ProviderConfig, change: &ResourceChange) -> bool {
    let Some(source) = change.provider.as_deref() else { return true };
    match (provider.full_name.as_deref(), provider.name.as_deref()) {
        (Some(full), _) => full == source,
        (None, Some(name)) => source.rsplit('/').next() == Some(name),
        (None, None) => true,
    }
}

fn setting(flag: &ProviderFlag, blocks: &Blocks<'_>) -> ProviderSetting {
    let mut readings = blocks.list.iter().map(|block| reading(flag, block));
    let reading = match readings.next() {
        Some(first) if readings.all(|other| other == first) => first,
        _ => Reading::Unknown,
    };
    let danger = |is| if is { Danger::Yes } else { Danger::No };
    let (value, from, danger) = match reading {
        Reading::Set(value) => (shown(&value, flag), SettingFrom::Set, danger(value == flag.danger)),
        Reading::Default => (json_text(&flag.default), SettingFrom::Default, danger(flag.default == flag.danger)),
        Reading::Unknown => (UNKNOWN.to_owned(), SettingFrom::Unknown, Danger::Maybe),
    };
    if blocks.others && danger == Danger::No {
        let (value, from, danger) = (UNKNOWN.to_owned(), SettingFrom::Unknown, Danger::Maybe);
        return ProviderSetting { path: flag.path.clone(), value, from, danger };
    }
    ProviderSetting { path: flag.path.clone(), value, from, danger }
}

const UNKNOWN: &str = "(unknown)";

/// What a block says of a setting: a truth value or a word, as the flag has one.
#[derive(PartialEq)]
enum Reading {
    Set(Json),
    Default,
    Unknown,
}

/// Terraform converts constants to the type of the setting: a text may stand for a truth value. What it would not take
/// is unknown.
fn reading(flag: &ProviderFlag, block: &Value) -> Reading {
    match (read(block, &flag.path), &flag.danger) {
        (Constant::Absent, _) => Reading::Default,
        (Constant::Is(Value::Bool(set)), Json::Bool(_)) => Reading::Set(Json::Bool(*set)),
        (Constant::Is(Value::String(text)), Json::Bool(_)) => match &**text {
            "true" | "1" => Reading::Set(Json::Bool(true)),
            "false" | "0" => Reading::Set(Json::Bool(false)),
            _ => Reading::Unknown,
        },
        (Constant::Is(Value::String(text)), Json::String(_)) => Reading::Set(Json::String(text.to_string())),
        (Constant::Is(_) | Constant::Unknown, _) => Reading::Unknown,
    }
}

/// What stands in a block for a setting.
enum Constant<'a> {
    Is(&'a Value),
    Absent,
    Unknown,
}

/// Nested blocks are written as objects or as lists of them.
fn read<'a>(block: &'a Value, path: &str) -> Constant<'a> {
    let mut at = block;
    for name in path.split('.') {
        while let Value::List(items) = at {
            match &**items {
                [] => return Constant::Absent,
                [only] => at = only,
                _ => return Constant::Unknown,
            }
        }
        match at {
            Value::Map(map) => match map.get(name) {
                Some(inner) => at = inner,
                None => return Constant::Absent,
            },
            Value::Null => return Constant::Absent,
            _ => return Constant::Unknown,
        }
    }
    let constant = |map: &'a Map| map.get("constant_value");
    match at {
        Value::Map(map) => match constant(map) {
            Some(Value::Null) => Constant::Absent,
            Some(value) => Constant::Is(value),
            None => Constant::Unknown,
        },
        Value::Null => Constant::Absent,
        _ => Constant::Unknown,
    }
}

/// A value as text, if it is a truth value or a word the catalogue has: constants may be secrets.
fn shown(value: &Json, flag: &ProviderFlag) -> String {
    if value.is_boolean() || *value == flag.default || *value == flag.danger {
        json_text(value)
    } else {
        "(not shown)".to_owned()
    }
}

fn json_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
