//! Entries written in TOML: in `plangate.toml` as `[[catalog]]`, or in a file of their own.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::check::{self, Mistake, OverrideShape};
use super::{Entry, Says};
use crate::catalog::TypePatch;
use crate::finding::Location;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};
use crate::toml_file::{self, Reader, Section};

const TYPE_KEYS: [&str; 15] = [
    "type",
    "provider",
    "class",
    "severity",
    "default",
    "strict",
    "loses",
    "recover",
    "protect",
    "risky",
    "parents",
    "destroy_guard",
    "variants",
    "reason",
    "expires",
];
const OVERRIDE_KEYS: [&str; 7] = ["match", "class", "severity", "default", "strict", "reason", "expires"];
const MATCH_KEYS: [&str; 3] = ["type", "address", "where"];

/// Reads a catalogue of its own file: `[[types]]` and `[[overrides]]`; the error holds every mistake.
pub fn parse(file: &SourceFile) -> Result<Vec<Entry>, Vec<Problem>> {
    let table = toml_file::parse(file, ProblemCode::Config)?;
    let mut reader = Reader::new(file, ProblemCode::Config);
    let section = reader.section("the catalogue", &table, &["schema", "types", "overrides"]);
    let mut entries = Vec::new();
    let types = section.get("types").map(|entry| reader.tables(entry, "write [[types]] above each type"));
    for (table, at) in types.into_iter().flatten() {
        entries.extend(type_entry(&mut reader, file, table, at));
    }
    let own = names(&entries);
    let overrides = section.get("overrides").map(|entry| reader.tables(entry, "write [[overrides]] above each"));
    for (table, at) in overrides.into_iter().flatten() {
        entries.extend(override_entry(&mut reader, file, table, at, &own));
    }
    reader.finish(entries)
}

/// Reads one `[[catalog]]`: an override where there is `match`, else a type. `own` are the types added before.
/// `None` goes with at least one problem.
pub fn entry<'t>(
    reader: &mut Reader<'_>,
    file: &SourceFile,
    table: &'t DeTable<'t>,
    at: Span,
    own: &[Entry],
) -> Option<Entry> {
    if table.contains_key("match") {
        override_entry(reader, file, table, at, &names(own))
    } else {
        type_entry(reader, file, table, at)
    }
}

/// Names of the types among entries.
pub(super) fn names(entries: &[Entry]) -> Vec<String> {
    let name = |entry: &Entry| match &entry.says {
        Says::Type(patch) => Some(patch.resource_type.clone()),
        Says::Override(_) => None,
    };
    entries.iter().filter_map(name).collect()
}

fn type_entry<'t>(reader: &mut Reader<'_>, file: &SourceFile, table: &'t DeTable<'t>, at: Span) -> Option<Entry> {
    let section = reader.section("an entry of the catalogue", table, &TYPE_KEYS);
    if section.get("type").is_none() {
        let help = "an entry is about a `type`, or has `match` and is an override";
        reader.report(at, "an entry of the catalogue without `type`", "has no `type`", help);
        return None;
    }
    let patch: TypePatch = shaped(reader, &section, &TYPE_KEYS)?;
    match check::type_patch(&patch) {
        Ok(expires) => Some(Entry { says: Says::Type(Box::new(patch)), expires, location: location(file, at) }),
        Err(mistakes) => report(reader, &section, at, mistakes),
    }
}

fn override_entry<'t>(
    reader: &mut Reader<'_>,
    file: &SourceFile,
    table: &'t DeTable<'t>,
    at: Span,
    own: &[String],
) -> Option<Entry> {
    let section = reader.section("an override", table, &OVERRIDE_KEYS);
    let Some(matches) = section.get("match") else {
        let help = "say what it is about: match = { type = \"…\" }";
        reader.report(at, "an override without `match`", "has no `match`", help);
        return None;
    };
    let inner = reader.table(matches, "write match = { type = \"…\" }")?;
    let inner_section = reader.section("`match`", inner, &MATCH_KEYS);
    if inner.len() != MATCH_KEYS.iter().filter(|key| inner_section.get(key).is_some()).count() {
        return None;
    }
    let shape: OverrideShape = shaped(reader, &section, &OVERRIDE_KEYS)?;
    match check::override_of(shape, own) {
        Ok((o, expires)) => Some(Entry { says: Says::Override(Box::new(o)), expires, location: location(file, at) }),
        Err(mistakes) => report(reader, &section, at, mistakes),
    }
}

fn location(file: &SourceFile, at: Span) -> Location {
    Location { file: file.name().to_owned(), position: file.position(at.start) }
}

fn report(reader: &mut Reader<'_>, section: &Section<'_>, at: Span, mistakes: Vec<Mistake>) -> Option<Entry> {
    for mistake in mistakes {
        let mut keys = mistake.key.split('.');
        let outer = keys.next().and_then(|key| section.get(key));
        let inner = keys.next().and_then(|key| match outer?.value.get_ref() {
            DeValue::Table(table) => toml_file::entries(table).into_iter().find(|entry| entry.key == key),
            _ => None,
        });
        let span = inner.or(outer).map_or(at, |entry| entry.span());
        reader.report(span, mistake.message, "here", mistake.help);
    }
    None
}

/// The section as a value of this shape. A key whose value has another is found by leaving keys out.
fn shaped<T: DeserializeOwned>(reader: &mut Reader<'_>, section: &Section<'_>, keys: &[&str]) -> Option<T> {
    let mut object: Map<String, Value> = Map::new();
    for key in keys {
        if let Some(entry) = section.get(key) {
            object.insert((*key).to_owned(), value(entry.value.get_ref()));
        }
    }
    let read = |object: &Map<String, Value>| serde_json::from_value::<T>(Value::Object(object.clone()));
    let first = match read(&object) {
        Ok(shaped) => return Some(shaped),
        Err(error) => error.to_string(),
    };
    let mut found = false;
    for key in keys.iter().filter(|key| !matches!(**key, "type" | "match")) {
        let Some(removed) = object.remove(*key) else { continue };
        let without = read(&object).map_err(|error| error.to_string());
        object.insert((*key).to_owned(), removed);
        if without.as_ref().err() != Some(&first) {
            wrong(reader, section, key, &first);
            found = true;
            break;
        }
    }
    if !found {
        let key = if section.get("match").is_some() { "match" } else { "type" };
        wrong(reader, section, key, &first);
    }
    None
}

fn wrong(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, message: &str) {
    if let Some(entry) = section.get(key) {
        let help = "docs/catalog.md lists the keys and their values";
        reader.report(entry.span(), format!("`{key}` is wrong: {message}"), "not of the right shape", help);
    }
}

/// A TOML value as JSON; dates become their text.
fn value(toml: &DeValue<'_>) -> Value {
    match toml {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(table) => {
            toml_file::entries(table).into_iter().map(|e| (e.key.to_owned(), value(e.value.get_ref()))).collect()
        }
    }
}
