//! Checks and action invocations as they are written.

use serde::de::MapAccess;

use super::fields::{Part, Text, Words};
use crate::plan::json::read::{Failure, Kind, Loader, Target};
use crate::plan::segments::MAX_MODULES;
use crate::plan::sink::DocumentSink;
use crate::plan::{ActionInvocation, Check};
use crate::problem::ProblemCode;

/// An object that matters has the wrong shape.
pub(super) fn missing(key: &str) -> Failure {
    Failure { code: ProblemCode::Malformed, message: format!("an entry has no `{key}`"), whole: true }
}

/// An address that no Terraform configuration has.
pub(super) fn too_deep() -> Failure {
    let message = format!("an address lies in more than {MAX_MODULES} modules");
    Failure { code: ProblemCode::Malformed, message, whole: true }
}

/// An entry of `checks`, for display: any shape goes.
#[derive(Debug, Default)]
pub(super) struct CheckEntry {
    address: DisplayAddress,
    status: Words,
}

#[derive(Debug, Default)]
struct DisplayAddress(Words);

impl<'de, S: DocumentSink> Target<'de, S> for DisplayAddress {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "to_display" => loader.read(map, &mut self.0),
            _ => loader.skip(map),
        }
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for CheckEntry {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "address" => loader.read(map, &mut self.address),
            "status" => loader.read(map, &mut self.status),
            _ => loader.skip(map),
        }
    }
}

impl Part for CheckEntry {
    type Of = Check;

    fn finish(self) -> Check {
        Check { address: self.address.0.0.unwrap_or_default(), status: self.status.0.unwrap_or_default() }
    }
}

/// An entry of `action_invocations` (Terraform `internal/command/jsonplan/action_invocations.go`).
#[derive(Debug, Default)]
pub(super) struct Invocation {
    address: Text,
    action_type: Text,
    trigger: Trigger,
}

impl<'de, S: DocumentSink> Target<'de, S> for Invocation {
    const WHAT: &'static str = "an action invocation (an object)";

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
            "type" => loader.read(map, &mut self.action_type),
            "lifecycle_action_trigger" | "invoke_action_trigger" => loader.read(map, &mut self.trigger),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        if self.address.0.is_none() { Err(missing("address")) } else { Ok(()) }
    }
}

impl Part for Invocation {
    type Of = ActionInvocation;

    fn finish(self) -> ActionInvocation {
        ActionInvocation {
            address: self.address.0.unwrap_or_default(),
            action_type: self.action_type.0,
            triggering_address: self.trigger.address.0,
            event: self.trigger.event.0,
        }
    }
}

/// What triggers an action; `invoke_action_trigger` has a caller (Terraform ≥ 1.16) and no event.
#[derive(Debug, Default)]
struct Trigger {
    address: Text,
    event: Text,
}

impl<'de, S: DocumentSink> Target<'de, S> for Trigger {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "triggering_resource_address" | "calling_resource_address" => loader.read(map, &mut self.address),
            "action_trigger_event" => loader.read(map, &mut self.event),
            _ => loader.skip(map),
        }
    }
}

/// An entry of `deferred_action_invocations`.
#[derive(Debug, Default)]
pub(super) struct DeferredInvocation(Option<Invocation>);

impl<'de, S: DocumentSink> Target<'de, S> for DeferredInvocation {
    const WHAT: &'static str = "a deferred action invocation (an object)";

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
            "action_invocation" => loader.read(map, self.0.get_or_insert_default()),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        if self.0.is_none() { Err(missing("action_invocation")) } else { Ok(()) }
    }
}

impl Part for DeferredInvocation {
    type Of = ActionInvocation;

    fn finish(self) -> ActionInvocation {
        self.0.unwrap_or_default().finish()
    }
}
