//! A saved plan as the JSON that Terraform prints of it, but for `configuration`.
//!
//! Owns the order of the whole and what is left out as Terraform leaves it out. Source: Terraform
//! `internal/command/jsonplan/plan.go` and `values.go`.

use std::collections::{BTreeMap, HashMap};

use super::actions;
use super::change::{Change, Era, ResourceChange, write_path};
use super::checks::{self, Check};
use super::fault::{Fault, odd};
use super::json::Json;
use super::message::{self, CheckMessage, OutputMessage, PlanMessage, RelevantAttribute, Unknown};
use super::msgpack;
use super::parallel;
use super::place::{Modules, Place};
use super::saved::{Mode, Product, ProviderAlias};
use super::state::{Known, KnownObjects, StateFile};
use super::types::Types;
use super::value::Dynamic;
use super::version::Release;

/// What is rendered.
pub(super) struct Source<'a> {
    pub(super) plan: &'a PlanMessage<'a>,
    pub(super) mode: Mode,
    pub(super) product: Product,
    pub(super) release: Release,
    pub(super) state: Option<&'a StateFile<'a>>,
    /// Values, as JSON, of variables that the caller did not set.
    pub(super) defaults: &'a BTreeMap<&'a str, String>,
    /// Whether somebody reads `planned_values`: else its resources are named alone. What they will be stands in the changes.
    pub(super) planned: bool,
}

/// What is found on the way.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) aliases: Vec<ProviderAlias>,
    pub(super) create_before_destroy: Vec<(String, Option<String>)>,
    /// How many fields this version does not know.
    pub(super) unknown_fields: Unknown,
}

/// The JSON text.
pub(super) fn render(source: &Source<'_>, room: usize) -> Result<(String, Found), Fault> {
    let mut renderer = Renderer { source, found: Found::default(), out: Json::with_capacity(room) };
    renderer.run()?;
    Ok((renderer.out.finish()?, renderer.found))
}

struct Renderer<'a, 's> {
    source: &'s Source<'a>,
    found: Found,
    out: Json,
}

/// What later parts need of the changes.
#[derive(Default)]
struct Changes<'a> {
    places: Vec<Place<'a>>,
    objects: KnownObjects<'a>,
    planned: Modules,
}

impl<'a> Renderer<'a, '_> {
    fn run(&mut self) -> Result<(), Fault> {
        let plan = self.source.plan;
        self.out.open();
        self.out.text("format_version", "1.2");
        self.out.text("terraform_version", plan.terraform_version);
        self.variables()?;
        let changes = self.changes()?;
        let outputs = self.outputs()?;
        self.planned_values(&changes.planned, &outputs);
        self.drift()?;
        self.deferred()?;
        self.list("action_invocations", &plan.actions, |renderer, bytes| {
            actions::write(bytes, &mut renderer.found.unknown_fields, &mut renderer.out)
        })?;
        self.list("deferred_action_invocations", &plan.deferred_actions, |renderer, bytes| {
            actions::write_deferred(bytes, &mut renderer.found.unknown_fields, &mut renderer.out)
        })?;
        self.prior_state(&changes)?;
        self.relevant_attributes()?;
        self.checks()?;
        self.flags();
        self.out.close();
        Ok(())
    }

    /// Writes a list, unless it is empty.
    fn list(
        &mut self,
        key: &str,
        items: &[&'a [u8]],
        mut write: impl FnMut(&mut Self, &'a [u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if items.is_empty() {
            return Ok(());
        }
        self.out.field(key, |out| out.raw("["));
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.raw(",");
            }
            write(self, item).map_err(|fault| fault.within(key))?;
            self.out.check()?;
        }
        self.out.raw("]");
        self.out.after_value();
        Ok(())
    }

    /// What the caller set, and the defaults that are known.
    fn variables(&mut self) -> Result<(), Fault> {
        let mut all: BTreeMap<&str, Dynamic<'_>> = BTreeMap::new();
        for (name, bytes) in &self.source.plan.variables {
            let value = msgpack::decode(bytes).map_err(|fault| fault.within("variables"))?;
            if all.insert(name, value).is_some() {
                return Err(odd("a variable stands twice"));
            }
        }
        let defaults = self.source.defaults.iter().filter(|(name, _)| !all.contains_key(*name));
        let defaults: Vec<(&str, &str)> = defaults.map(|(name, json)| (*name, json.as_str())).collect();
        if all.is_empty() && defaults.is_empty() {
            return Ok(());
        }
        self.out.field("variables", |out| {
            out.open();
            for (name, value) in &all {
                out.field(name, |out| out.object([("value", value)], |out, value| value.write(out)));
            }
            for (name, json) in defaults {
                out.field(name, |out| out.object([("value", json)], Json::raw));
            }
            out.close();
        });
        Ok(())
    }

    fn read(&mut self, list: &str, entries: &[&'a [u8]]) -> Result<Vec<ResourceChange<'a>>, Fault> {
        let source = self.source;
        let parts = parallel::goes(entries, |entries| {
            let (types, mut unknown) = (Types::default(), Unknown::default());
            let era = source.era(&types);
            let read = |bytes: &&'a [u8]| ResourceChange::read(bytes, era, &mut unknown);
            let changes = entries.iter().map(read).collect::<Result<Vec<_>, Fault>>()?;
            Ok((changes, unknown))
        });
        let mut changes = Vec::with_capacity(entries.len());
        for part in parts {
            let (part, unknown) = part.map_err(|fault: Fault| fault.within(list))?;
            changes.extend(part);
            self.found.unknown_fields += unknown;
        }
        changes.sort_by(ResourceChange::order);
        Ok(changes)
    }

    fn write(&mut self, key: &str, changes: &[ResourceChange<'a>]) {
        if changes.is_empty() {
            return;
        }
        let written = |changes: &[ResourceChange<'a>]| {
            let mut out = Json::default();
            out.list(changes, |out, change| change.write(out));
            out
        };
        let parts = parallel::goes(changes, written);
        self.out.field(key, |out| out.array(&parts, Json::append));
    }

    fn changes(&mut self) -> Result<Changes<'a>, Fault> {
        let mut entries = self.read("resource_changes", &self.source.plan.changes)?;
        entries.retain(|entry| !entry.is_data_removal());
        let (source, mut changes) = (self.source, Changes::default());
        let mut planned: Vec<&ResourceChange<'_>> =
            entries.iter().filter(|entry| self.source.is_planned(entry)).collect();
        planned.sort_by_key(|entry| entry.place.address);
        let texts = parallel::map(&planned, |entry| entry.planned(source.planned))?;
        for (entry, text) in planned.into_iter().zip(texts) {
            changes.planned.add(&entry.place, text);
        }
        self.write("resource_changes", &entries);
        for entry in entries {
            if let Some(alias) = entry.provider.alias {
                self.found.aliases.push(ProviderAlias {
                    address: entry.place.address.to_owned(),
                    deposed: entry.deposed.map(str::to_owned),
                    alias: alias.to_owned(),
                });
            }
            if entry.change.before != Dynamic::Null {
                let known = Known { value: entry.change.before, marks: entry.change.before_marks };
                changes.objects.insert((entry.place.address, entry.deposed), known);
            }
            changes.places.push(entry.place);
        }
        Ok(changes)
    }

    /// Moves alone are no drift, unless nothing else is planned.
    fn drift(&mut self) -> Result<(), Fault> {
        let mut drift = self.read("resource_drift", &self.source.plan.drift)?;
        let moves = self.source.mode == Mode::RefreshOnly;
        drift.retain(|entry| (moves || !entry.change.is("no-op")) && !entry.is_data_removal());
        self.write("resource_drift", &drift);
        Ok(())
    }

    /// Changes that wait for a later plan.
    fn deferred(&mut self) -> Result<(), Fault> {
        let types = Types::default();
        let (era, unknown) = (self.source.era(&types), &mut self.found.unknown_fields);
        let mut read = |bytes: &&'a [u8]| {
            let (reason, inner) = actions::read_deferred(bytes, unknown)?;
            Ok((reason, ResourceChange::read(inner, era, unknown)?))
        };
        let all = self.source.plan.deferred.iter().map(&mut read).collect::<Result<Vec<_>, Fault>>();
        let mut all = all.map_err(|fault| fault.within("deferred_changes"))?;
        if all.is_empty() {
            return Ok(());
        }
        all.sort_by(|(_, a), (_, b)| a.order(b));
        self.out.field("deferred_changes", |out| {
            out.array(&all, |out, (reason, change)| {
                out.open();
                out.text("reason", reason);
                out.field("resource_change", |out| change.write(out));
                out.close();
            });
        });
        Ok(())
    }

    fn outputs(&mut self) -> Result<BTreeMap<&'a str, (Change<'a>, bool)>, Fault> {
        let types = Types::default();
        let mut outputs = BTreeMap::new();
        for bytes in &self.source.plan.outputs {
            let message = OutputMessage::read(bytes, &mut self.found.unknown_fields)?;
            let change = message.change.ok_or_else(|| odd("an output has no change"))?;
            let change = Change::read(change, self.source.era(&types), &mut self.found.unknown_fields)
                .map_err(|fault| fault.within("output_changes"))?;
            if outputs.insert(message.name, (change, message.sensitive)).is_some() {
                return Err(odd("an output stands twice"));
            }
        }
        if !outputs.is_empty() {
            self.out.field("output_changes", |out| {
                let entries = outputs.iter().map(|(name, output)| (*name, output));
                out.object(entries, |out, (change, sensitive)| change.write_output(*sensitive, out));
            });
        }
        Ok(outputs)
    }

    fn planned_values(&mut self, planned: &Modules, outputs: &BTreeMap<&str, (Change<'_>, bool)>) {
        self.out.field("planned_values", |out| {
            out.open();
            let kept = || outputs.iter().filter(|(_, (change, _))| !change.is("delete"));
            if kept().next().is_some() {
                out.field("outputs", |out| {
                    out.object(kept().map(|(name, output)| (*name, output)), |out, (change, sensitive)| {
                        out.open();
                        out.field("sensitive", |out| out.flag(*sensitive));
                        if change.after.is_known() {
                            out.field("type", |out| out.raw(change.after_type.unwrap_or("\"dynamic\"")));
                            out.field("value", |out| change.after.write(out));
                        }
                        out.close();
                    });
                });
            }
            out.field("root_module", |out| planned.write("", out));
            out.close();
        });
    }

    fn prior_state(&mut self, changes: &Changes<'a>) -> Result<(), Fault> {
        let Some(state) = self.source.state.filter(|state| !state.is_empty()) else { return Ok(()) };
        let spelled: HashMap<_, _> = changes.places.iter().map(|place| (&place.parts, place.address)).collect();
        let mut created_first = Ok(Vec::new());
        self.out.field("prior_state", |out| created_first = state.write(&changes.objects, &spelled, out));
        self.found.create_before_destroy = created_first.map_err(|fault| fault.within("prior_state"))?;
        Ok(())
    }

    fn relevant_attributes(&mut self) -> Result<(), Fault> {
        self.list("relevant_attributes", &self.source.plan.relevant_attributes, |renderer, bytes| {
            let unknown = &mut renderer.found.unknown_fields;
            let attribute = RelevantAttribute::read(bytes, unknown)?;
            let path = message::path(attribute.path, unknown)?;
            renderer.out.open();
            renderer.out.text("resource", attribute.resource);
            renderer.out.field("attribute", |out| write_path(&path, out));
            renderer.out.close();
            Ok(())
        })
    }

    fn checks(&mut self) -> Result<(), Fault> {
        // Terraform 1.2 kept conditions under the same number, in another shape.
        if self.source.plan.checks.is_empty() || self.source.release < Release::new(1, 3, 0) {
            return Ok(());
        }
        let mut all = Vec::with_capacity(self.source.plan.checks.len());
        for bytes in &self.source.plan.checks {
            all.push(Check::of(CheckMessage::read(bytes, &mut self.found.unknown_fields)?)?);
        }
        self.out.field("checks", |out| checks::write(all, out));
        Ok(())
    }

    fn flags(&mut self) {
        let (plan, source) = (self.source.plan, self.source);
        self.out.optional("timestamp", Some(plan.timestamp).filter(|text| !text.is_empty()));
        // OpenTofu has neither, and Terraform had none before 1.8.
        if source.product == Product::Terraform && source.release >= Release::new(1, 8, 0)
            || plan.applyable
            || plan.complete
        {
            self.out.field("applyable", |out| out.flag(plan.applyable));
            self.out.field("complete", |out| out.flag(plan.complete));
        }
        if source.release >= Release::new(1, 6, 0) || plan.errored {
            self.out.field("errored", |out| out.flag(plan.errored));
        }
    }
}

impl Source<'_> {
    fn era<'t>(&self, types: &'t Types) -> Era<'t> {
        Era { product: self.product, marks_schema: self.marks_schema(), ephemeral: false, types }
    }

    /// Whether the plan marks what the schemas call sensitive: since 1.8 of either product.
    pub(super) fn marks_schema(&self) -> bool {
        self.release >= Release::new(1, 8, 0)
    }

    /// Whether `planned_values` has the object. Terraform before 1.15.6 and `OpenTofu` list what they forget, too.
    fn is_planned(&self, entry: &ResourceChange<'_>) -> bool {
        let forgotten =
            entry.change.is("forget") && self.product != Product::OpenTofu && self.release >= Release::new(1, 15, 6);
        entry.deposed.is_none() && !entry.change.is("delete") && !forgotten
    }
}
