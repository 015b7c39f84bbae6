//! The messages of `tfplan`: which field number means what.
//!
//! Owns the numbers. What is repeated is kept as bytes and decoded one at a time. Fields that are not known are counted.
//!
//! Sources: Terraform `internal/plans/planproto/planfile.proto` at 1.17.0-dev, `OpenTofu`
//! `internal/plans/internal/planproto/planfile.proto` at 1.13.0-dev. Where the two use one number for different things, the
//! comment says so and the wire type or the product decides.

use super::fault::{Fault, odd};
use super::marks::Step;
use super::msgpack;
use super::value::Dynamic;
use super::wire::{Message, Wire};

/// How many fields were met that this version does not know.
pub(super) type Unknown = usize;

/// Reads every field of a message: those named once go to their place, repeated ones to theirs, others are counted.
macro_rules! fields {
    ($bytes:expr, $unknown:expr, { $($once:literal => |$wire:ident| $take:expr),* $(,)? },
     { $($many:literal => |$each:ident| $push:expr),* $(,)? }) => {{
        let mut message = Message::new($bytes);
        while let Some((number, wire)) = message.next()? {
            match number {
                $($once => { message.once(number)?; let $wire: Wire<'_> = wire; $take; })*
                $($many => { let $each: Wire<'_> = wire; $push; })*
                _ => *$unknown += 1,
            }
        }
    }};
}

/// `Plan`.
#[derive(Debug, Default)]
pub(super) struct PlanMessage<'a> {
    pub(super) version: u64,
    pub(super) variables: Vec<(&'a str, &'a [u8])>,
    pub(super) changes: Vec<&'a [u8]>,
    pub(super) outputs: Vec<&'a [u8]>,
    pub(super) targets: Vec<&'a str>,
    /// `OpenTofu` ≥ 1.9.
    pub(super) excludes: Vec<&'a str>,
    pub(super) backend: Option<Backend<'a>>,
    pub(super) terraform_version: &'a str,
    pub(super) relevant_attributes: Vec<&'a [u8]>,
    pub(super) force_replace: Vec<&'a str>,
    pub(super) mode: u64,
    pub(super) drift: Vec<&'a [u8]>,
    pub(super) checks: Vec<&'a [u8]>,
    pub(super) errored: bool,
    pub(super) timestamp: &'a str,
    pub(super) applyable: bool,
    pub(super) complete: bool,
    pub(super) deferred: Vec<&'a [u8]>,
    /// Names of ephemeral variables (Terraform ≥ 1.10).
    pub(super) apply_time_variables: Vec<&'a str>,
    pub(super) actions: Vec<&'a [u8]>,
    pub(super) deferred_actions: Vec<&'a [u8]>,
    pub(super) action_targets: Vec<&'a str>,
}

impl<'a> PlanMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut plan = Self::default();
        let mut entries = Vec::new();
        fields!(bytes, unknown, {
            1 => |wire| plan.version = wire.number()?,
            13 => |wire| plan.backend = Some(Backend::read(wire.bytes()?, unknown)?),
            14 => |wire| plan.terraform_version = wire.text()?,
            17 => |wire| plan.mode = wire.number()?,
            20 => |wire| plan.errored = wire.flag()?,
            21 => |wire| plan.timestamp = wire.text()?,
            25 => |wire| plan.applyable = wire.flag()?,
            26 => |wire| plan.complete = wire.flag()?,
            // A state store (Terraform ≥ 1.13) stands in for the backend; its first and third fields are the same.
            29 => |wire| {
                if plan.backend.is_some() {
                    return Err(odd("it has both a backend and a state store"));
                }
                plan.backend = Some(Backend::read(wire.bytes()?, unknown)?);
            },
        }, {
            2 => |wire| entries.push(wire.bytes()?),
            3 => |wire| plan.changes.push(wire.bytes()?),
            4 => |wire| plan.outputs.push(wire.bytes()?),
            5 => |wire| plan.targets.push(wire.text()?),
            6 => |wire| plan.excludes.push(wire.text()?),
            // Hashes of providers up to Terraform 1.0, whose changes have no address in one field and are refused.
            15 => |wire| plan.relevant_attributes.push(wire.bytes()?),
            16 => |wire| plan.force_replace.push(wire.text()?),
            18 => |wire| plan.drift.push(wire.bytes()?),
            // Conditions in Terraform 1.2, which have the same first field and are told by the version.
            19 => |wire| plan.checks.push(wire.bytes()?),
            // Results of functions (Terraform ≥ 1.8), names of ephemeral variables (OpenTofu ≥ 1.11): neither says what
            // happens to anything.
            22 => |wire| { wire.bytes()?; },
            27 => |wire| plan.deferred.push(wire.bytes()?),
            28 => |wire| plan.apply_time_variables.push(wire.text()?),
            30 => |wire| plan.actions.push(wire.bytes()?),
            31 => |wire| plan.deferred_actions.push(wire.bytes()?),
            32 => |wire| plan.action_targets.push(wire.text()?),
            // What OpenTofu's next runtime would do (≥ 1.12, where experiments are allowed), in place of the changes.
            500_000_000 => |_graph| {
                return Err(Fault::Unsupported("it is one of OpenTofu's experimental runtime".to_owned()));
            },
        });
        for entry in entries {
            plan.variables.push(map_entry(entry, unknown)?);
        }
        Ok(plan)
    }
}

/// An entry of `map<string, DynamicValue>`.
fn map_entry<'a>(bytes: &'a [u8], unknown: &mut Unknown) -> Result<(&'a str, &'a [u8]), Fault> {
    let (mut key, mut value) = ("", None);
    fields!(bytes, unknown, {
        1 => |wire| key = wire.text()?,
        2 => |wire| value = Some(dynamic(wire, unknown)?),
    }, {});
    Ok((key, value.ok_or_else(|| odd("a variable has no value"))?))
}

/// The content of a `DynamicValue`.
fn dynamic<'a>(wire: Wire<'a>, unknown: &mut Unknown) -> Result<&'a [u8], Fault> {
    let mut content = None;
    fields!(wire.bytes()?, unknown, { 1 => |wire| content = Some(wire.bytes()?) }, {});
    content.ok_or_else(|| odd("a value is empty"))
}

/// `Backend`, or what `StateStore` has in common with it.
#[derive(Debug, Default)]
pub(super) struct Backend<'a> {
    pub(super) kind: &'a str,
    pub(super) workspace: &'a str,
}

impl<'a> Backend<'a> {
    fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut backend = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| backend.kind = wire.text()?,
            // Where the state is kept, and often with what password: not read.
            2 => |wire| { wire.bytes()?; },
            3 => |wire| backend.workspace = wire.text()?,
            4 => |wire| { wire.bytes()?; },
        }, {});
        Ok(backend)
    }
}

/// `ResourceInstanceChange`.
#[derive(Debug, Default)]
pub(super) struct ResourceMessage<'a> {
    pub(super) address: &'a str,
    pub(super) previous_address: &'a str,
    pub(super) deposed: &'a str,
    pub(super) provider: &'a str,
    pub(super) change: Option<ChangeMessage<'a>>,
    pub(super) replace_paths: Vec<&'a [u8]>,
    pub(super) reason: u64,
}

impl<'a> ResourceMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut resource = Self::default();
        let mut old_address = false;
        fields!(bytes, unknown, {
            7 => |wire| resource.deposed = wire.text()?,
            8 => |wire| resource.provider = wire.text()?,
            9 => |wire| resource.change = Some(ChangeMessage::read(wire.bytes()?, unknown)?),
            // What the provider keeps to itself.
            10 => |wire| { wire.bytes()?; },
            12 => |wire| resource.reason = wire.number()?,
            13 => |wire| resource.address = wire.text()?,
            14 => |wire| resource.previous_address = wire.text()?,
        }, {
            // Parts of the address, up to Terraform 1.0.
            1 => |_wire| old_address = true,
            2 => |_wire| old_address = true,
            3 => |_wire| old_address = true,
            4 => |_wire| old_address = true,
            5 => |_wire| old_address = true,
            6 => |_wire| old_address = true,
            11 => |wire| resource.replace_paths.push(wire.bytes()?),
        });
        if resource.address.is_empty() && old_address {
            return Err(Fault::Unsupported("Terraform before 1.1 made it".to_owned()));
        }
        Ok(resource)
    }
}

/// `Change`.
#[derive(Debug, Default)]
pub(super) struct ChangeMessage<'a> {
    pub(super) action: u64,
    pub(super) values: Vec<&'a [u8]>,
    pub(super) before_sensitive: Vec<&'a [u8]>,
    pub(super) after_sensitive: Vec<&'a [u8]>,
    pub(super) importing: Option<ImportingMessage<'a>>,
    pub(super) generated_config: &'a str,
    pub(super) before_identity: Option<&'a [u8]>,
    pub(super) after_identity: Option<&'a [u8]>,
}

impl<'a> ChangeMessage<'a> {
    fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut change = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| change.action = wire.number()?,
            5 => |wire| change.importing = Some(ImportingMessage::read(wire.bytes()?, unknown)?),
            6 => |wire| change.generated_config = wire.text()?,
            7 => |wire| change.before_identity = Some(dynamic(wire, unknown)?),
            8 => |wire| change.after_identity = Some(dynamic(wire, unknown)?),
        }, {
            2 => |wire| change.values.push(dynamic(wire, unknown)?),
            3 => |wire| change.before_sensitive.push(wire.bytes()?),
            4 => |wire| change.after_sensitive.push(wire.bytes()?),
        });
        Ok(change)
    }
}

/// `Importing`.
#[derive(Debug, Default)]
pub(super) struct ImportingMessage<'a> {
    pub(super) id: &'a str,
    pub(super) unknown: bool,
    pub(super) identity: Option<&'a [u8]>,
}

impl<'a> ImportingMessage<'a> {
    fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut importing = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| importing.id = wire.text()?,
            // Terraform: whether the id is unknown. OpenTofu: the identity.
            2 => |wire| match wire {
                Wire::Bytes(_) => importing.identity = Some(dynamic(wire, unknown)?),
                _ => importing.unknown = wire.flag()?,
            },
            3 => |wire| importing.identity = Some(dynamic(wire, unknown)?),
        }, {});
        Ok(importing)
    }
}

/// `OutputChange`.
#[derive(Debug, Default)]
pub(super) struct OutputMessage<'a> {
    pub(super) name: &'a str,
    pub(super) change: Option<ChangeMessage<'a>>,
    pub(super) sensitive: bool,
}

impl<'a> OutputMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut output = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| output.name = wire.text()?,
            2 => |wire| output.change = Some(ChangeMessage::read(wire.bytes()?, unknown)?),
            3 => |wire| output.sensitive = wire.flag()?,
        }, {});
        Ok(output)
    }
}

/// `DeferredResourceInstanceChange` and `DeferredActionInvocation`: a reason and what waits.
#[derive(Debug, Default)]
pub(super) struct DeferredMessage<'a> {
    pub(super) reason: u64,
    pub(super) what: Option<&'a [u8]>,
}

impl<'a> DeferredMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut deferred = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| {
                let mut reason = 0;
                fields!(wire.bytes()?, unknown, { 1 => |wire| reason = wire.number()? }, {});
                deferred.reason = reason;
            },
            2 => |wire| deferred.what = Some(wire.bytes()?),
        }, {});
        Ok(deferred)
    }
}

/// `ActionInvocationInstance`.
#[derive(Debug, Default)]
pub(super) struct ActionMessage<'a> {
    pub(super) address: &'a str,
    pub(super) provider: &'a str,
    pub(super) config: Option<&'a [u8]>,
    pub(super) sensitive: Vec<&'a [u8]>,
    pub(super) lifecycle: Option<LifecycleTrigger<'a>>,
    /// Address of the caller; empty where it was invoked by itself.
    pub(super) invoked_by: Option<&'a str>,
}

/// `ResourceActionTrigger`.
#[derive(Debug, Default)]
pub(super) struct LifecycleTrigger<'a> {
    pub(super) resource: &'a str,
    pub(super) event: u64,
    pub(super) block: u64,
    pub(super) index: u64,
    pub(super) on_failure: u64,
}

impl<'a> ActionMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut action = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| action.address = wire.text()?,
            2 => |wire| action.provider = wire.text()?,
            4 => |wire| action.config = Some(dynamic(wire, unknown)?),
            6 => |wire| action.lifecycle = Some(LifecycleTrigger::read(wire.bytes()?, unknown)?),
            7 => |wire| {
                let mut caller = "";
                fields!(wire.bytes()?, unknown, { 1 => |wire| caller = wire.text()? }, {});
                action.invoked_by = Some(caller);
            },
        }, {
            5 => |wire| action.sensitive.push(wire.bytes()?),
        });
        if action.lifecycle.is_some() == action.invoked_by.is_some() {
            return Err(odd("an action has no trigger, or two"));
        }
        Ok(action)
    }
}

impl<'a> LifecycleTrigger<'a> {
    fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut trigger = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| trigger.resource = wire.text()?,
            2 => |wire| trigger.event = wire.number()?,
            3 => |wire| trigger.block = wire.number()?,
            4 => |wire| trigger.index = wire.number()?,
            5 => |wire| trigger.on_failure = wire.number()?,
        }, {});
        Ok(trigger)
    }
}

/// `CheckResults`.
#[derive(Debug, Default)]
pub(super) struct CheckMessage<'a> {
    pub(super) kind: u64,
    pub(super) address: &'a str,
    pub(super) status: u64,
    pub(super) objects: Vec<CheckObject<'a>>,
}

/// `CheckResults.ObjectResult`.
#[derive(Debug, Default)]
pub(super) struct CheckObject<'a> {
    pub(super) address: &'a str,
    pub(super) status: u64,
    pub(super) messages: Vec<&'a str>,
}

impl<'a> CheckMessage<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut check = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| check.kind = wire.number()?,
            2 => |wire| check.address = wire.text()?,
            3 => |wire| check.status = wire.number()?,
        }, {
            4 => |wire| check.objects.push(CheckObject::read(wire.bytes()?, unknown)?),
        });
        Ok(check)
    }
}

impl<'a> CheckObject<'a> {
    fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut object = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| object.address = wire.text()?,
            2 => |wire| object.status = wire.number()?,
        }, {
            3 => |wire| object.messages.push(wire.text()?),
        });
        Ok(object)
    }
}

/// `Plan.resource_attr`.
#[derive(Debug, Default)]
pub(super) struct RelevantAttribute<'a> {
    pub(super) resource: &'a str,
    pub(super) path: &'a [u8],
}

impl<'a> RelevantAttribute<'a> {
    pub(super) fn read(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Self, Fault> {
        let mut attribute = Self::default();
        fields!(bytes, unknown, {
            1 => |wire| attribute.resource = wire.text()?,
            2 => |wire| attribute.path = wire.bytes()?,
        }, {});
        Ok(attribute)
    }
}

/// One step of a `Path`.
#[derive(Debug)]
pub(super) enum PathStep<'a> {
    Attribute(&'a str),
    Element(Dynamic<'a>),
}

impl PathStep<'_> {
    /// The step, as marks need it.
    pub(super) fn mark(&self) -> Step {
        match self {
            Self::Attribute(name) => Step::Key((*name).to_owned()),
            Self::Element(Dynamic::String(key)) => Step::Key(key.clone().into_owned()),
            Self::Element(Dynamic::Int(index @ 0..)) => Step::Index(index.unsigned_abs()),
            Self::Element(_) => Step::Other,
        }
    }
}

/// Reads a `Path`.
pub(super) fn path<'a>(bytes: &'a [u8], unknown: &mut Unknown) -> Result<Vec<PathStep<'a>>, Fault> {
    let mut steps = Vec::new();
    fields!(bytes, unknown, {}, {
        1 => |wire| {
            let mut step = None;
            // One of two: the last one would win elsewhere.
            let mut message = Message::new(wire.bytes()?);
            while let Some((number, wire)) = message.next()? {
                let found = match number {
                    1 => PathStep::Attribute(wire.text()?),
                    2 => PathStep::Element(msgpack::decode(dynamic(wire, unknown)?)?),
                    _ => {
                        *unknown += 1;
                        continue;
                    }
                };
                if step.replace(found).is_some() {
                    return Err(odd("a step of a path goes two ways"));
                }
            }
            steps.push(step.ok_or_else(|| odd("a step of a path goes nowhere"))?);
        },
    });
    Ok(steps)
}
