//! Changes of resources and outputs, as Terraform prints them.
//!
//! Sources: Terraform `internal/plans/planfile/tfplan.go` (`changeFromTfplan`) and `internal/command/jsonplan/plan.go`.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::fault::{Fault, odd};
use super::json::Json;
use super::marks::{Marks, Step};
use super::message::{self, ChangeMessage, ImportingMessage, ResourceMessage, Unknown};
use super::msgpack;
use super::place::{Place, Provider};
use super::replaced;
use super::saved::Product;
use super::types::Types;
use super::value::Dynamic;

/// What of the plan decides how a change is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Era<'t> {
    pub(super) product: Product,
    /// Whether attributes that a schema calls sensitive are marked in the plan.
    pub(super) marks_schema: bool,
    /// Whether it is the change of an ephemeral resource.
    pub(super) ephemeral: bool,
    /// Types that values carry, as far as they were met.
    pub(super) types: &'t Types,
}

/// What happens, and which of the values are before and after.
struct Action {
    words: Vec<Cow<'static, str>>,
    before: Option<usize>,
    after: Option<usize>,
    /// How many values there are; `None` where anything goes.
    values: Option<usize>,
}

impl Action {
    /// A number that is not known becomes a word that nobody knows: it counts as destroying.
    fn of(number: u64, era: Era<'_>) -> Self {
        let known = |words: &[&'static str], before, after, values| Self {
            words: words.iter().map(|word| Cow::Borrowed(*word)).collect(),
            before,
            after,
            values: Some(values),
        };
        match (number, era.product) {
            (0, _) => known(&["no-op"], Some(0), Some(0), 1),
            (1, _) => known(&["create"], None, Some(0), 1),
            (2, _) => known(&["read"], Some(0), Some(1), 2),
            (3, _) => known(&["update"], Some(0), Some(1), 2),
            (5, _) => known(&["delete"], Some(0), None, 1),
            (6, _) => known(&["delete", "create"], Some(0), Some(1), 2),
            (7, _) => known(&["create", "delete"], Some(0), Some(1), 2),
            (8, _) => known(&["forget"], Some(0), None, 1),
            // OpenTofu 1.11, of what it opens when it applies. Terraform has no such resources among the changes.
            (9, Product::OpenTofu | Product::Unknown) if era.ephemeral => known(&["open"], None, None, 0),
            (9, Product::Terraform) => known(&["create", "forget"], Some(0), Some(1), 2),
            (10, Product::OpenTofu) => known(&["forget", "create"], Some(0), Some(1), 2),
            _ => Self {
                words: vec![Cow::Owned(format!("unknown-action-{number}"))],
                before: Some(0),
                after: Some(1),
                values: None,
            },
        }
    }

    /// Whether there is an object before and another one after, or may be.
    fn is_replacement(&self) -> bool {
        self.words.len() > 1 || self.values.is_none()
    }
}

/// A change, decoded.
pub(super) struct Change<'a> {
    words: Vec<Cow<'static, str>>,
    pub(super) before: Dynamic<'a>,
    pub(super) after: Dynamic<'a>,
    /// The type of the value after, as JSON, where it carries one.
    pub(super) after_type: Option<&'a str>,
    pub(super) before_marks: Marks,
    pub(super) after_marks: Marks,
    importing: Option<ImportingMessage<'a>>,
    generated_config: &'a str,
    before_identity: Option<Dynamic<'a>>,
    after_identity: Option<Dynamic<'a>>,
}

impl<'a> Change<'a> {
    pub(super) fn read(message: ChangeMessage<'a>, era: Era<'_>, unknown: &mut Unknown) -> Result<Self, Fault> {
        let action = Action::of(message.action, era);
        if action.values.is_some_and(|expected| message.values.len() != expected) {
            return Err(odd("a change has more or fewer values than its action has"));
        }
        let bytes = |at: Option<usize>| at.and_then(|at| message.values.get(at)).copied();
        let decode = |bytes: &'a [u8]| msgpack::decode_with(bytes, era.types);
        let value = |at| bytes(at).map_or(Ok(Dynamic::Null), decode);
        let decoded = |bytes: Option<&'a [u8]>| bytes.map(decode).transpose();
        let before = value(action.before)?;
        let after = if action.after == action.before { before.clone() } else { value(action.after)? };
        let before_marks = marks(&message.before_sensitive, &before, era, unknown)?;
        let mut after_marks = marks(&message.after_sensitive, &after, era, unknown)?;
        if action.is_replacement() {
            after_marks.extend(replaced::secrets(&before, &before_marks, &after));
        }
        Ok(Self {
            words: action.words,
            after_type: bytes(action.after).and_then(msgpack::type_of),
            before_marks,
            after_marks,
            before,
            after,
            importing: message.importing,
            generated_config: message.generated_config,
            before_identity: decoded(message.before_identity)?,
            after_identity: decoded(message.after_identity)?,
        })
    }

    /// Whether it is this action alone.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.words.as_slice(), [only] if only == word)
    }

    /// Writes the change of a resource; `replace_paths` is written where it is not empty.
    fn write(&self, replace_paths: &[Vec<message::PathStep<'_>>], out: &mut Json) {
        out.open();
        self.write_objects(false, out);
        out.field("before_sensitive", |out| self.before.write_sensitive(Some(&self.before_marks), out));
        out.field("after_sensitive", |out| self.after.write_sensitive(Some(&self.after_marks), out));
        if !replace_paths.is_empty() {
            out.field("replace_paths", |out| out.array(replace_paths, |out, path| write_path(path, out)));
        }
        if let Some(importing) = &self.importing {
            out.field("importing", |out| write_importing(importing, out));
        }
        out.optional("generated_config", Some(self.generated_config).filter(|text| !text.is_empty()));
        for (key, identity) in [("before_identity", &self.before_identity), ("after_identity", &self.after_identity)] {
            if let Some(identity) = identity {
                out.field(key, |out| identity.write(out));
            }
        }
        out.close();
    }

    /// Writes the change of an output, of which only one bit says what is sensitive.
    pub(super) fn write_output(&self, sensitive: bool, out: &mut Json) {
        out.open();
        self.write_objects(true, out);
        out.field("before_sensitive", |out| out.flag(sensitive));
        out.field("after_sensitive", |out| out.flag(sensitive));
        out.close();
    }

    /// Writes `actions`, which come first so that loading may skip values, and the objects.
    fn write_objects(&self, output: bool, out: &mut Json) {
        out.field("actions", |out| out.array(&self.words, |out, word| out.string(word)));
        out.field("before", |out| self.before.write(out));
        if self.after != Dynamic::Unknown {
            out.field("after", |out| self.after.write(out));
        }
        out.field("after_unknown", |out| match (self.after.is_known(), output) {
            (true, true) => out.flag(false),
            (true, false) => out.raw("{}"),
            (false, _) => self.after.write_unknown(out),
        });
    }
}

/// Marks of paths. Of plans that leave out what the schema calls sensitive, everything is.
fn marks(paths: &[&[u8]], value: &Dynamic<'_>, era: Era<'_>, unknown: &mut Unknown) -> Result<Marks, Fault> {
    let mut steps: Vec<Vec<Step>> = Vec::with_capacity(paths.len());
    for path in paths {
        steps.push(message::path(path, unknown)?.iter().map(message::PathStep::mark).collect());
    }
    let all = !era.marks_schema && *value != Dynamic::Null;
    Ok(if all { Marks::all() } else { Marks::of(steps) })
}

/// Writes a path.
pub(super) fn write_path(path: &[message::PathStep<'_>], out: &mut Json) {
    out.array(path, |out, step| match step {
        message::PathStep::Attribute(name) => out.string(name),
        message::PathStep::Element(key) => key.write(out),
    });
}

fn write_importing(importing: &ImportingMessage<'_>, out: &mut Json) {
    out.open();
    // Read once more only to be written: it has been found readable.
    let identity = importing.identity.and_then(|identity| msgpack::decode(identity).ok());
    match identity {
        _ if importing.unknown => out.field("unknown", |out| out.flag(true)),
        _ if !importing.id.is_empty() => out.text("id", importing.id),
        Some(identity) => out.field("identity", |out| identity.write(out)),
        None => {}
    }
    out.close();
}

/// The change of a resource, decoded.
pub(super) struct ResourceChange<'a> {
    pub(super) place: Place<'a>,
    previous_address: Option<&'a str>,
    pub(super) deposed: Option<&'a str>,
    pub(super) provider: Provider<'a>,
    pub(super) change: Change<'a>,
    replace_paths: Vec<Vec<message::PathStep<'a>>>,
    reason: u64,
}

impl<'a> ResourceChange<'a> {
    pub(super) fn read(bytes: &'a [u8], era: Era<'_>, unknown: &mut Unknown) -> Result<Self, Fault> {
        let message = ResourceMessage::read(bytes, unknown)?;
        let place = Place::of(message.address)?;
        let era = Era { ephemeral: place.is_ephemeral(), ..era };
        let within = |fault: Fault| fault.within(message.address);
        let change = message.change.ok_or_else(|| odd("an entry has no change")).map_err(within)?;
        if let Some(identity) = change.importing.as_ref().and_then(|importing| importing.identity) {
            msgpack::decode(identity).map_err(within)?;
        }
        let mut replace_paths = Vec::with_capacity(message.replace_paths.len());
        for path in message.replace_paths {
            replace_paths.push(message::path(path, unknown).map_err(within)?);
        }
        // Terraform takes no other keys either.
        if !matches!(message.deposed.len(), 0 | 8) {
            return Err(within(odd("the key of a deposed object does not have eight characters")));
        }
        Ok(Self {
            place,
            previous_address: Some(message.previous_address).filter(|old| !old.is_empty() && *old != message.address),
            deposed: Some(message.deposed).filter(|key| !key.is_empty()),
            provider: Provider::of(message.provider).ok_or_else(|| within(odd("it names no provider")))?,
            change: Change::read(change, era, unknown).map_err(within)?,
            replace_paths,
            reason: message.reason,
        })
    }

    /// The order of Terraform's lists.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.place.order(&other.place).then_with(|| self.deposed.cmp(&other.deposed))
    }

    /// Whether it is the removal of a data source from the state, which Terraform shows nobody.
    pub(super) fn is_data_removal(&self) -> bool {
        self.place.is_data() && self.change.is("delete")
    }

    pub(super) fn write(&self, out: &mut Json) {
        out.open();
        out.text("address", self.place.address);
        out.optional("previous_address", self.previous_address);
        out.optional("module_address", Some(self.place.module.as_str()).filter(|module| !module.is_empty()));
        self.place.write_parts(out);
        out.text("provider_name", self.provider.source);
        out.optional("deposed", self.deposed);
        out.field("change", |out| self.change.write(&self.replace_paths, out));
        if let Some(reason) = reason(self.reason) {
            out.text("action_reason", &reason);
        }
        out.close();
    }

    /// The resource as it will be, for `planned_values`; with its values, or named alone.
    pub(super) fn planned(&self, values: bool) -> Result<String, Fault> {
        let mut out = Json::default();
        out.open();
        out.text("address", self.place.address);
        self.place.write_parts(&mut out);
        out.text("provider_name", self.provider.source);
        if !values {
            out.close();
            return out.finish();
        }
        let some =
            |value: &Dynamic<'_>| matches!(value, Dynamic::Map(all) if all.iter().any(|(_, v)| *v != Dynamic::Unknown));
        if some(&self.change.after) {
            out.field("values", |out| self.change.after.write(out));
        }
        out.field("sensitive_values", |out| {
            self.change.after.write_sensitive(Some(&self.change.after_marks), out);
        });
        if let Some(identity) = self.change.after_identity.as_ref().filter(|identity| **identity != Dynamic::Null) {
            out.field("identity", |out| identity.write(out));
        }
        out.close();
        out.finish()
    }
}

/// `ResourceInstanceActionReason`; 14 to 16 are `OpenTofu`'s.
fn reason(number: u64) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match number {
        0 => return None,
        1 => "replace_because_tainted",
        2 => "replace_by_request",
        3 => "replace_because_cannot_update",
        4 => "delete_because_no_resource_config",
        5 => "delete_because_wrong_repetition",
        6 => "delete_because_count_index",
        7 => "delete_because_each_key",
        8 => "delete_because_no_module",
        9 => "replace_by_triggers",
        10 => "read_because_config_unknown",
        11 => "read_because_dependency_pending",
        12 => "delete_because_no_move_target",
        13 => "read_because_check_nested",
        14 => "delete_because_enabled_false",
        15 => "forgot_because_lifecycle_destroy_in_state",
        16 => "forgot_because_lifecycle_destroy_in_config",
        other => return Some(Cow::Owned(format!("unknown_reason_{other}"))),
    }))
}
