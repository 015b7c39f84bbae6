//! Results of checks, as Terraform prints them.
//!
//! Source: Terraform `internal/command/jsonchecks`.

use super::fault::{Fault, odd};
use super::json::Json;
use super::message::CheckMessage;
use crate::plan::segments::{Segment, segments};

/// The result of one checkable block.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub(super) kind: Kind,
    pub(super) address: &'a str,
    pub(super) status: &'static str,
    pub(super) instances: Vec<Instance<'a>>,
}

/// The result of one instance of it.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    pub(super) address: &'a str,
    pub(super) status: &'static str,
    pub(super) messages: Vec<&'a str>,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Resource,
    Output,
    Check,
    Variable,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Output => "output_value",
            Self::Check => "check",
            Self::Variable => "var",
        }
    }
}

impl<'a> Check<'a> {
    /// Of a plan.
    pub(super) fn of(message: CheckMessage<'a>) -> Result<Self, Fault> {
        let kind = match message.kind {
            1 => Kind::Resource,
            2 => Kind::Output,
            3 => Kind::Check,
            4 => Kind::Variable,
            _ => return Err(odd("a check is of a kind that this version does not know")),
        };
        let instances = message.objects.into_iter().map(|object| {
            Ok(Instance { address: object.address, status: status(object.status)?, messages: object.messages })
        });
        let instances = instances.collect::<Result<_, Fault>>()?;
        Ok(Self { kind, address: message.address, status: status(message.status)?, instances })
    }
}

/// `CheckResults.Status`.
fn status(number: u64) -> Result<&'static str, Fault> {
    match number {
        0 => Ok("unknown"),
        1 => Ok("pass"),
        2 => Ok("fail"),
        3 => Ok("error"),
        _ => Err(odd("a check has a status that this version does not know")),
    }
}

/// Writes the list of all checks.
pub(super) fn write(mut checks: Vec<Check<'_>>, out: &mut Json) {
    checks.sort_by(|a, b| a.address.cmp(b.address));
    out.array(checks, |out, mut check| {
        check.instances.sort_by(|a, b| a.address.cmp(b.address));
        out.open();
        out.field("address", |out| write_block(check.kind, check.address, out));
        out.text("status", check.status);
        if !check.instances.is_empty() {
            out.field("instances", |out| {
                out.array(check.instances, |out, instance| write_instance(check.kind, instance, out));
            });
        }
        out.close();
    });
}

fn write_block(kind: Kind, address: &str, out: &mut Json) {
    let all = segments(address);
    let (modules, own) = split(&all);
    out.open();
    out.text("kind", kind.word());
    write_module(modules, out);
    match (kind, own) {
        (Kind::Resource, [Segment { name: mode @ ("data" | "ephemeral"), key: None }, of, name]) => {
            write_resource(mode, of.name, name.name, out);
        }
        (Kind::Resource, [of, name]) => write_resource("managed", of.name, name.name, out),
        (_, [.., name]) => out.text("name", name.name),
        (_, []) => {}
    }
    out.text("to_display", address);
    out.close();
}

fn write_resource(mode: &str, of: &str, name: &str, out: &mut Json) {
    out.text("mode", mode);
    out.text("name", name);
    out.text("type", of);
}

fn write_instance(kind: Kind, mut instance: Instance<'_>, out: &mut Json) {
    let all = segments(instance.address);
    let (modules, own) = split(&all);
    out.open();
    out.field("address", |out| {
        out.open();
        if kind == Kind::Resource
            && let Some(key) = own.last().and_then(|last| last.key)
        {
            // Both spellings of a key are JSON but for escapes of HCL, which only a parser of addresses knows.
            let place = super::place::Place::of(instance.address).ok();
            match place.and_then(|place| place.parts.key) {
                Some(crate::address::InstanceKey::Str(key)) => out.text("instance_key", key.value()),
                Some(crate::address::InstanceKey::Int(key)) => {
                    out.field("instance_key", |out| out.raw(&key.to_string()));
                }
                _ => out.text("instance_key", key),
            }
        }
        write_module(modules, out);
        out.text("to_display", instance.address);
        out.close();
    });
    out.text("status", instance.status);
    if !instance.messages.is_empty() {
        instance.messages.sort_unstable();
        out.field("problems", |out| {
            out.array(instance.messages, |out, message| out.object([("message", message)], Json::string));
        });
    }
    out.close();
}

/// The module path and what is in it.
fn split<'s, 'a>(all: &'s [Segment<'a>]) -> (&'s [Segment<'a>], &'s [Segment<'a>]) {
    let mut at = 0;
    while let Some([Segment { name: "module", key: None }, _, ..]) = all.get(at..)
        && all.len() > at + 2
    {
        at += 2;
    }
    all.split_at_checked(at).unwrap_or((&[], all))
}

fn write_module(modules: &[Segment<'_>], out: &mut Json) {
    if modules.is_empty() {
        return;
    }
    let steps: Vec<String> = modules
        .iter()
        .map(|segment| match segment.key {
            Some(key) => format!("{}[{key}]", segment.name),
            None => segment.name.to_owned(),
        })
        .collect();
    out.text("module", &steps.join("."));
}
