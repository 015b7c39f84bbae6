//! Entries of `resource_changes`, `resource_drift` and `deferred_changes` as they are written.
//!
//! Owns where type, mode and address come from when they are not written.

use serde::de::MapAccess;

use super::change::RawChange;
use super::fields::{Index, Part, Text, Words};
use super::others::{missing, too_deep};
use crate::address::Address;
use crate::plan::json::read::{Failure, Kind, Loader, Scalar, Target};
use crate::plan::segments::{is_too_deep, may_be_of_type, mode_of, resource_part};
use crate::plan::sink::DocumentSink;
use crate::plan::value::Value;
use crate::plan::{DeferredChange, Mode, ResourceChange};
use crate::problem::ProblemCode;

/// One entry.
#[derive(Debug, Default)]
pub(super) struct Entry {
    address: Text,
    /// What the address is made of, for the drift of Terraform 1.0, which has none.
    module_address: Words,
    name: Words,
    index: Index,
    previous_address: Text,
    mode: Label,
    resource_type: Text,
    provider: Words,
    deposed: Label,
    action_reason: Words,
    change: RawChange,
}

impl<'de, S: DocumentSink> Target<'de, S> for Entry {
    const WHAT: &'static str = "a resource change (an object)";

    fn accepts(&self, kind: Kind) -> bool {
        kind == Kind::Map
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "address" => loader.read(map, &mut self.address),
            "module_address" => loader.read(map, &mut self.module_address),
            "name" => loader.read(map, &mut self.name),
            "index" => loader.read(map, &mut self.index),
            "previous_address" => loader.read(map, &mut self.previous_address),
            "mode" => loader.read(map, &mut self.mode),
            "type" => loader.read(map, &mut self.resource_type),
            "provider_name" => loader.read(map, &mut self.provider),
            "deposed" => loader.read(map, &mut self.deposed),
            "action_reason" => loader.read(map, &mut self.action_reason),
            "change" => loader.read(map, &mut self.change),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, loader: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        if self.address.0.is_none() && loader.builds_addresses {
            self.address.0 = self.built_address();
        }
        let Some(address) = self.address.0.as_deref().filter(|address| !address.is_empty()) else {
            return Err(missing("address"));
        };
        if is_too_deep(address) || self.previous_address.0.as_deref().is_some_and(is_too_deep) {
            return Err(too_deep());
        }
        if let Some(resource_type) = self.resource_type.0.as_deref().filter(|name| !name.is_empty())
            && !may_be_of_type(address, resource_type)
        {
            return Err(contradiction());
        }
        let mode = mode_of(self.mode.0.as_deref(), address);
        if !self.change.present && matches!(mode, Mode::Managed | Mode::Other(_)) {
            return Err(missing("change"));
        }
        Ok(())
    }
}

impl Entry {
    /// The address as Terraform prints it, from its parts.
    fn built_address(&self) -> Option<String> {
        let module = self.module_address.0.as_deref().filter(|module| !module.is_empty());
        let mode = self.mode.0.as_deref().filter(|mode| *mode != "managed");
        let parts = [module, mode, Some(self.resource_type.0.as_deref()?), Some(self.name.0.as_deref()?)];
        let mut address = parts.into_iter().flatten().collect::<Vec<_>>().join(".");
        address.push_str(self.index.0.as_deref().unwrap_or_default());
        Some(address)
    }
}

impl Part for Entry {
    type Of = ResourceChange;

    fn finish(self) -> ResourceChange {
        let address = self.address.0.unwrap_or_default();
        let mode = mode_of(self.mode.0.as_deref(), &address);
        let resource_type = self.resource_type.0.filter(|name| !name.is_empty());
        ResourceChange {
            resource_type: resource_type.unwrap_or_else(|| resource_part(&address).resource_type.to_owned()),
            change: self.change.finish(&mode),
            address: Address::new(address),
            previous_address: self.previous_address.0.map(Address::new),
            mode,
            provider: self.provider.0,
            deposed: self.deposed.0.filter(|key| !key.is_empty()),
            action_reason: self.action_reason.0,
        }
    }
}

/// What is at stake is looked up by the type, what is destroyed is named by the address.
fn contradiction() -> Failure {
    let message = "the `type` of an entry is not the type in its `address`".to_owned();
    Failure { code: ProblemCode::Malformed, message, whole: true }
}

/// A string that tells things apart; `null` and `false` count as absent, anything else is taken by its kind: a value
/// of a strange shape must not be mistaken for an absent one.
#[derive(Debug, Default)]
struct Label(Option<String>);

impl<S: DocumentSink> Target<'_, S> for Label {
    const WHAT: &'static str = "a string";

    fn accepts(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::List | Kind::Map)
    }

    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.0 = match scalar {
            Scalar::Null | Scalar::Bool(false) => None,
            Scalar::String(text) => Some(text.to_owned()),
            other => Some(Value::from(other).to_string()),
        };
    }
}

/// An entry of `deferred_changes`.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    reason: Words,
    entry: Option<Entry>,
}

impl<'de, S: DocumentSink> Target<'de, S> for Deferred {
    const WHAT: &'static str = "a deferred change (an object)";

    fn accepts(&self, kind: Kind) -> bool {
        kind == Kind::Map
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "reason" => loader.read(map, &mut self.reason),
            "resource_change" => loader.read(map, self.entry.get_or_insert_default()),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        if self.entry.is_none() { Err(missing("resource_change")) } else { Ok(()) }
    }
}

impl Part for Deferred {
    type Of = DeferredChange;

    fn finish(self) -> DeferredChange {
        DeferredChange { reason: self.reason.0, resource_change: self.entry.unwrap_or_default().finish() }
    }
}
