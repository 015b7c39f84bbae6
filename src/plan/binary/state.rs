//! `tfstate`, the state a plan starts from, as Terraform prints it under `prior_state`.
//!
//! Values are passed on as they stand. Sources: Terraform `internal/states/statefile/version4.go`,
//! `internal/command/jsonstate/state.go`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::{Fault, odd};
use super::json::Json;
use super::marks::{Marks, Step};
use super::parallel;
use super::place::{Modules, Place, Provider, quoted_key};
use super::saved::StateId;
use super::types::Type;
use super::value::Dynamic;

/// A state file.
#[derive(Deserialize)]
pub(super) struct StateFile<'a> {
    version: u64,
    #[serde(borrow, default)]
    terraform_version: Option<Cow<'a, str>>,
    #[serde(default)]
    serial: u64,
    #[serde(borrow, default)]
    lineage: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    outputs: BTreeMap<Cow<'a, str>, Output<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    resources: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow, rename = "type")]
    of: &'a RawValue,
    #[serde(default)]
    sensitive: bool,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    module: Cow<'a, str>,
    #[serde(borrow)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    of: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    provider: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    instances: Vec<Instance<'a>>,
}

#[derive(Deserialize)]
struct Instance<'a> {
    #[serde(default)]
    index_key: Option<Index>,
    #[serde(borrow, default)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    deposed: Cow<'a, str>,
    #[serde(default)]
    schema_version: u64,
    #[serde(borrow, default)]
    attributes: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "or_default")]
    sensitive_attributes: Vec<Vec<StateStep>>,
    #[serde(default)]
    identity_schema_version: u64,
    #[serde(borrow, default)]
    identity: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    dependencies: Vec<Cow<'a, str>>,
    #[serde(default)]
    create_before_destroy: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Index {
    Int(i64),
    Str(String),
}

#[derive(Deserialize)]
struct StateStep {
    #[serde(rename = "type")]
    kind: String,
    value: serde_json::Value,
}

impl StateStep {
    fn mark(&self) -> Step {
        let key = if self.kind == "index" { self.value.get("value") } else { Some(&self.value) };
        match key {
            Some(serde_json::Value::String(key)) => Step::Key(key.clone()),
            Some(serde_json::Value::Number(at)) => at.as_u64().map_or(Step::Other, Step::Index),
            _ => Step::Other,
        }
    }
}

/// Go writes `null` for a list that is not there.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What a change says of the object as it is.
pub(super) struct Known<'a> {
    pub(super) value: Dynamic<'a>,
    pub(super) marks: Marks,
}

/// Objects that changes speak of, by address and deposed key.
pub(super) type KnownObjects<'a> = HashMap<(&'a str, Option<&'a str>), Known<'a>>;

/// Which state a file is, without reading what is in it.
pub(super) fn identify(bytes: &[u8]) -> Result<StateId, Fault> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        lineage: String,
        #[serde(default)]
        serial: u64,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| odd("a state in it is not valid JSON"))?;
    Ok(StateId { lineage: head.lineage, serial: head.serial })
}

impl<'a> StateFile<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let state: Self = serde_json::from_slice(bytes).map_err(|_| odd("the state in it cannot be read"))?;
        match state.version {
            4 => Ok(state),
            other => Err(Fault::Unsupported(format!("its state has version {other}, not 4"))),
        }
    }

    pub(super) fn id(&self) -> StateId {
        StateId { lineage: self.lineage.clone().into_owned(), serial: self.serial }
    }

    /// Whether there is nothing to print.
    pub(super) fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.resources.is_empty()
    }

    /// Writes `prior_state`, and yields the objects that are created before their predecessors are destroyed. `spelled` has
    /// the addresses of the plan, which spell keys as the product that made the plan does.
    pub(super) fn write(
        &self,
        known: &KnownObjects<'_>,
        spelled: &HashMap<&crate::address::Parts, &str>,
        out: &mut Json,
    ) -> Result<Vec<(String, Option<String>)>, Fault> {
        let mut objects = Vec::new();
        for resource in &self.resources {
            for instance in &resource.instances {
                objects.push(Object::of(resource, instance, spelled)?);
            }
        }
        let places = parallel::map(&objects, |object| Place::of(&object.address))?;
        let mut order: Vec<(&Object<'_, '_>, &Place<'_>)> = objects.iter().zip(&places).collect();
        order.sort_by(|(a, at), (b, bt)| at.order(bt).then_with(|| a.deposed().cmp(&b.deposed())));
        let write = |(object, place): &(&Object<'_, '_>, &Place<'_>)| {
            let mut text = Json::default();
            object.write(place, known, &mut text)?;
            text.finish()
        };
        let texts = parallel::map(&order, write)?;
        let mut modules = Modules::default();
        let mut created_first = Vec::new();
        for ((object, place), text) in order.into_iter().zip(texts) {
            modules.add(place, text);
            if object.instance.create_before_destroy {
                created_first.push((object.address.clone(), object.deposed().map(str::to_owned)));
            }
        }
        out.open();
        out.text("format_version", "1.0");
        out.optional("terraform_version", self.terraform_version.as_deref());
        out.field("values", |out| {
            out.open();
            if !self.outputs.is_empty() {
                out.field("outputs", |out| {
                    out.object(self.outputs.iter().map(|(name, output)| (&**name, output)), Output::write);
                });
            }
            out.field("root_module", |out| modules.write("", out));
            out.close();
        });
        out.close();
        Ok(created_first)
    }
}

impl Output<'_> {
    fn write(out: &mut Json, output: &Self) {
        out.open();
        out.field("sensitive", |out| out.flag(output.sensitive));
        out.field("value", |out| out.raw(output.value.get()));
        out.field("type", |out| out.raw(output.of.get()));
        out.close();
    }
}

/// An instance with the block it is of.
struct Object<'s, 'a> {
    resource: &'s Resource<'a>,
    instance: &'s Instance<'a>,
    address: String,
}

impl<'s, 'a> Object<'s, 'a> {
    fn of(
        resource: &'s Resource<'a>,
        instance: &'s Instance<'a>,
        spelled: &HashMap<&crate::address::Parts, &str>,
    ) -> Result<Self, Fault> {
        let mut address = String::new();
        if !resource.module.is_empty() {
            address.push_str(&resource.module);
            address.push('.');
        }
        match &*resource.mode {
            "managed" => {}
            mode @ ("data" | "ephemeral") => {
                address.push_str(mode);
                address.push('.');
            }
            _ => return Err(odd("its state has a resource of a mode that this version does not know")),
        }
        address.push_str(&resource.of);
        address.push('.');
        address.push_str(&resource.name);
        match &instance.index_key {
            Some(Index::Int(index)) => address.extend(["[", &index.to_string(), "]"]),
            Some(Index::Str(key)) => address.extend(["[", &quoted_key(key), "]"]),
            None => {}
        }
        if !address.is_ascii()
            && let Some(known) = spelled.get(&Place::of(&address)?.parts)
        {
            address = (*known).to_owned();
        }
        Ok(Self { resource, instance, address })
    }

    fn deposed(&self) -> Option<&str> {
        Some(&*self.instance.deposed).filter(|key| !key.is_empty())
    }

    fn write(&self, place: &Place<'_>, known: &KnownObjects<'_>, out: &mut Json) -> Result<(), Fault> {
        let Self { resource, instance, .. } = self;
        out.open();
        out.text("address", &self.address);
        place.write_parts(out);
        out.optional("provider_name", Provider::of(&resource.provider).map(|provider| provider.source));
        let version = if self.deposed().is_none() { instance.schema_version } else { 0 };
        out.field("schema_version", |out| out.raw(&version.to_string()));
        if let Some(attributes) = instance.attributes.map(RawValue::get).filter(|text| *text != "null") {
            self.write_values(attributes, known.get(&(self.address.as_str(), self.deposed())), out)?;
        }
        if !instance.dependencies.is_empty() {
            out.field("depends_on", |out| out.array(&instance.dependencies, |out, address| out.string(address)));
        }
        if instance.status == "tainted" {
            out.field("tainted", |out| out.flag(true));
        }
        out.optional("deposed_key", self.deposed());
        if let Some(identity) = instance.identity {
            out.field("identity_schema_version", |out| out.raw(&instance.identity_schema_version.to_string()));
            out.field("identity", |out| out.raw(identity.get()));
        }
        out.close();
        Ok(())
    }

    /// Writes the values, and what of them is sensitive. A state does not say what the schema calls so: of an object that no
    /// change speaks of all of it is.
    fn write_values(&self, attributes: &str, known: Option<&Known<'_>>, out: &mut Json) -> Result<(), Fault> {
        let mut value: Dynamic<'_> =
            serde_json::from_str(attributes).map_err(|_| odd("the state in it cannot be read"))?;
        // Where nothing carries its type, the text is passed on, with every digit of its numbers.
        let untyped = untype(&mut value, known.map(|known| &known.value));
        out.field("values", |out| if untyped { value.write(out) } else { out.raw(attributes) });
        let marks = known.map_or_else(Marks::all, |known| {
            let mut marks = known.marks.clone();
            let paths = &self.instance.sensitive_attributes;
            marks.extend(paths.iter().map(|path| path.iter().map(StateStep::mark).collect()));
            marks
        });
        out.field("sensitive_values", |out| value.write_sensitive(Some(&marks), out));
        Ok(())
    }
}

/// Takes values of dynamically typed attributes out of what a state wraps them in: an object of `type` and `value` (go-cty
/// `cty/json`). What a change has as such an object is one; whether there was any to take out.
fn untype(value: &mut Dynamic<'_>, model: Option<&Dynamic<'_>>) -> bool {
    let mut untyped = false;
    if let Dynamic::Map(entries) = value
        && let [(first, of), (second, inner)] = entries.as_mut_slice()
        && (&**first, &**second) == ("type", "value")
        && !matches!(model, Some(Dynamic::Map(entries)) if entries.iter().any(|(key, _)| key == "type"))
        && Type::of(of).is_some()
    {
        *value = std::mem::replace(inner, Dynamic::Null);
        untyped = true;
    }
    match value {
        Dynamic::List(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let model = match model {
                    Some(Dynamic::List(models)) => models.get(at),
                    _ => None,
                };
                untyped |= untype(item, model);
            }
        }
        Dynamic::Map(entries) => {
            for (key, item) in entries {
                let model = match model {
                    Some(Dynamic::Map(models)) => models.iter().find(|(name, _)| name == key).map(|(_, model)| model),
                    _ => None,
                };
                untyped |= untype(item, model);
            }
        }
        _ => {}
    }
    untyped
}

/// Reads JSON for its shape: numbers are not kept.
impl<'de: 'a, 'a> Deserialize<'de> for Dynamic<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Dynamic<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Dynamic::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Dynamic::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Dynamic::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Dynamic::UInt(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Dynamic::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Dynamic::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Dynamic::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Dynamic::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            entries.push((key, map.next_value()?));
        }
        entries.sort_by(|(a, _), (b, _): &(Cow<'_, str>, Dynamic<'_>)| a.cmp(b));
        Ok(Dynamic::Map(entries))
    }
}
