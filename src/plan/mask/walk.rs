//! Walks a plan document in one streaming pass, from place to place.
//!
//! Knows which part of a document stands where; what its strings are, [`Collector`] says. Only single
//! entries are ever held as a tree.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::value::is_secret_name;
use super::collect::{Collector, Entry};

/// Where the walk is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Skip,
    Document,
    /// An array, or an object by name, of entries.
    Entries(Entry),
    Entry(Entry),
    State,
    /// A module of the state, or an array of them.
    StateModule,
    Configuration,
    Providers,
    Provider,
    ConfigModule,
    ConfigVariables,
    ConfigVariable,
    ModuleCalls,
    ModuleCall,
    /// A resource block, or an array of them.
    ConfigResource,
    /// Anything with expressions in it; whether their constants are secrets.
    Expressions(bool),
    /// A constant; whether it is a secret.
    Constant(bool),
    Word,
    AddressText,
    ProviderName,
}

impl Place {
    /// The place of the value under `key`.
    fn child(self, key: &str) -> Self {
        match (self, key) {
            (Self::Document, _) => Self::of_document(key),
            (Self::Entries(entry), _) => Self::Entry(entry),
            (Self::State, "values") => Self::State,
            (Self::State, "root_module") | (Self::StateModule, "child_modules") => Self::StateModule,
            (Self::State, "outputs") => Self::Entries(Entry::StateOutput),
            (Self::StateModule, "resources") => Self::Entries(Entry::StateResource),
            (Self::Configuration, "provider_config") => Self::Providers,
            (Self::Configuration, "root_module") | (Self::ModuleCall, "module") => Self::ConfigModule,
            (Self::Providers, _) => Self::Provider,
            (Self::Provider, "name" | "full_name") => Self::ProviderName,
            (Self::Provider, _) => Self::Expressions(true),
            (Self::ConfigModule, "variables") => Self::ConfigVariables,
            (Self::ConfigModule, "module_calls") => Self::ModuleCalls,
            (Self::ConfigModule, "resources") => Self::ConfigResource,
            (Self::ConfigVariables, _) => Self::ConfigVariable,
            (Self::ConfigVariable, "default") => Self::Constant(true),
            (Self::ModuleCalls, _) => Self::ModuleCall,
            (Self::ConfigResource, "address") => Self::AddressText,
            (Self::ConfigResource, "type" | "name") => Self::Word,
            (Self::Expressions(secret), "constant_value" | "default") => Self::Constant(secret),
            (Self::Expressions(secret), _) => Self::Expressions(secret || is_secret_name(key)),
            (Self::Constant(secret), _) => Self::Constant(secret || is_secret_name(key)),
            (Self::ConfigModule | Self::ModuleCall | Self::ConfigResource, _) => Self::Expressions(is_secret_name(key)),
            _ => Self::Skip,
        }
    }

    fn of_document(key: &str) -> Self {
        match key {
            "resource_changes" | "resource_drift" => Self::Entries(Entry::ResourceChange),
            "deferred_changes" => Self::Entries(Entry::Deferred),
            "action_invocations" => Self::Entries(Entry::Action),
            "deferred_action_invocations" => Self::Entries(Entry::DeferredAction),
            "output_changes" => Self::Entries(Entry::OutputChange),
            "variables" => Self::Entries(Entry::Variable),
            "prior_state" | "planned_values" => Self::State,
            "configuration" => Self::Configuration,
            // HCP's and Scalr's wrappers.
            "plan" | "tfplan" => Self::Document,
            // What others put there: only names can tell.
            _ => Self::Constant(is_secret_name(key)),
        }
    }

    fn element(self) -> Self {
        match self {
            Self::Entries(entry) => Self::Entry(entry),
            Self::StateModule | Self::ConfigResource | Self::Expressions(_) | Self::Constant(_) => self,
            _ => Self::Skip,
        }
    }
}

/// The streaming pass, at one place.
pub(super) struct Walk<'c, 'k> {
    place: Place,
    /// The key of the value, where it is a name.
    name: &'k str,
    out: &'c mut Collector,
}

impl<'c> Walk<'c, '_> {
    pub(super) fn new(place: Place, out: &'c mut Collector) -> Self {
        Self { place, name: "", out }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.place {
            Place::Skip => IgnoredAny::deserialize(deserializer).map(|_| ()),
            Place::Entry(entry) => {
                let value = Value::deserialize(deserializer)?;
                self.out.entry(entry, self.name, &value);
                Ok(())
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if matches!(self.place, Place::ModuleCalls) {
                self.out.show(&key);
            }
            map.next_value_seed(Walk { place: self.place.child(&key), name: &key, out: self.out })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Walk::new(self.place.element(), self.out))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.place {
            Place::Constant(true) => self.out.secret(text),
            Place::Word => self.out.show(text),
            Place::AddressText => self.out.show_address(text),
            Place::ProviderName => self.out.show_provider(text),
            _ => {}
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
