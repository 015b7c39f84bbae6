//! Invocations of provider actions (Terraform ≥ 1.14), as Terraform prints them.
//!
//! Source: Terraform `internal/command/jsonplan/action_invocations.go`.

use std::borrow::Cow;

use super::fault::{Fault, odd};
use super::json::Json;
use super::message::{self, ActionMessage, DeferredMessage, LifecycleTrigger, Unknown};
use super::msgpack;
use super::place::{Place, Provider};

/// Writes one invocation.
pub(super) fn write(bytes: &[u8], unknown: &mut Unknown, out: &mut Json) -> Result<(), Fault> {
    let action = ActionMessage::read(bytes, unknown)?;
    let place = Place::of_action(action.address)?;
    let config = action.config.map(msgpack::decode).transpose()?;
    for path in &action.sensitive {
        message::path(path, unknown)?;
    }
    out.open();
    out.text("address", action.address);
    out.text("type", &place.parts.resource_type);
    out.text("name", &place.parts.name);
    if let Some(config) = config {
        out.field("config_values", |out| config.write(out));
        // The schema of an action may call more of it sensitive than the plan marks: all of it is.
        out.field("config_sensitive", |out| out.flag(true));
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

/// Reads what waits for a later plan: why, and the thing itself.
pub(super) fn read_deferred<'a>(bytes: &'a [u8], unknown: &mut Unknown) -> Result<(&'static str, &'a [u8]), Fault> {
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
    Ok((reason, inner))
}

/// Writes an invocation that waits for a later plan.
pub(super) fn write_deferred(bytes: &[u8], unknown: &mut Unknown, out: &mut Json) -> Result<(), Fault> {
    let (reason, inner) = read_deferred(bytes, unknown)?;
    out.open();
    out.text("reason", reason);
    let mut result = Ok(());
    out.field("action_invocation", |out| result = write(inner, unknown, out));
    out.close();
    result
}
