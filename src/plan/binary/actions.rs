//! Invocations of provider actions (Terraform ≥ 1.14), as Terraform prints them.
//!
//! Source: Terraform `internal/command/jsonplan/action_invocations.go`.

use std::borrow::Cow;

use super::fault::{Fault, odd};
use super::json::Json;
use super::marks::{Marks, Step};
use super::message::{self, ActionMessage, DeferredMessage, LifecycleTrigger, PathStep, Unknown};
use super::msgpack;
use super::place::{Place, Provider};

/// Writes one invocation.
pub(super) fn write(bytes: &[u8], unknown: &mut Unknown, out: &mut Json) -> Result<(), Fault> {
    let action = ActionMessage::read(bytes, unknown)?;
    let place = Place::of_action(action.address)?;
    let config = action.config.map(msgpack::decode).transpose()?;
    let mut paths: Vec<Vec<Step>> = Vec::with_capacity(action.sensitive.len());
    for path in &action.sensitive {
        paths.push(message::path(path, unknown)?.iter().map(PathStep::mark).collect());
    }
    let marks = Marks::of(paths);
    out.open();
    out.text("address", action.address);
    out.text("type", &place.parts.resource_type);
    out.text("name", &place.parts.name);
    if let Some(config) = config {
        out.field("config_values", |out| config.write(out));
        // The schema of an action may call more of it sensitive than the plan marks.
        out.field("config_sensitive", |out| config.write_sensitive(Some(&marks), out));
        out.field("config_unknown", |out| config.write_unknown(out));
    }
    let provider = Provider::of(action.provider).ok_or_else(|| odd("an action names no provider"))?;
    out.text("provider_name", provider.source);
    if let Some(trigger) = &action.lifecycle {
        out.field("lifecycle_action_trigger", |out| write_trigger(trigger, out));
    }
    if let Some(caller) = action.invoked_by {
        out.field("invoke_action_trigger", |out| {
            out.open();
            out.optional("calling_resource_address", Some(caller).filter(|caller| !caller.is_empty()));
            out.close();
        });
    }
    out.close();
    Ok(())
}

fn write_trigger(trigger: &LifecycleTrigger<'_>, out: &mut Json) {
    out.open();
    out.text("triggering_resource_address", trigger.resource);
    out.text("action_trigger_event", &event(trigger.event));
    out.field("action_trigger_block_index", |out| out.raw(&trigger.block.to_string()));
    out.field("actions_list_index", |out| out.raw(&trigger.index.to_string()));
    let on_failure = match trigger.on_failure {
        0 => "ActionOnFailureHalt",
        1 => "ActionOnFailureTaint",
        2 => "ActionOnFailureContinue",
        _ => "unknown",
    };
    out.text("on_failure", on_failure);
    out.close();
}

/// `ActionTriggerEvent`.
fn event(number: u64) -> Cow<'static, str> {
    Cow::Borrowed(match number {
        1 => "BeforeCreate",
        2 => "AfterCreate",
        3 => "BeforeUpdate",
        4 => "AfterUpdate",
        5 => "BeforeDestroy",
        6 => "AfterDestroy",
        7 => "Invoke",
        other => return Cow::Owned(format!("unknown event {other}")),
    })
}

/// Writes what waits for a later plan: `what` writes the thing itself.
pub(super) fn write_deferred(
    bytes: &[u8],
    unknown: &mut Unknown,
    key: &str,
    out: &mut Json,
    what: impl FnOnce(&[u8], &mut Unknown, &mut Json) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let deferred = DeferredMessage::read(bytes, unknown)?;
    let inner = deferred.what.ok_or_else(|| odd("an entry that waits for a later plan is empty"))?;
    // `DeferredReason`.
    let reason = match deferred.reason {
        1 => "instance_count_unknown",
        2 => "resource_config_unknown",
        3 => "provider_config_unknown",
        4 => "absent_prereq",
        5 => "deferred_prereq",
        _ => "unknown",
    };
    out.open();
    out.text("reason", reason);
    let mut result = Ok(());
    out.field(key, |out| result = what(inner, unknown, out));
    out.close();
    result
}
