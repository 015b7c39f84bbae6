//! Compares entries of two documents, value by value, and says where they differ.
//!
//! Exceptions stand in `table`. Must not show a value, nor a key below a secret.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::marks::Marked;
use super::table::{self, Field};
use crate::text::{one_line, truncate};

/// Longest place that is named, in characters.
const PLACE: usize = 200;

/// Where two documents differ.
#[derive(Debug)]
pub(super) struct Differences {
    has_marks: bool,
    places: BTreeSet<String>,
}

impl Differences {
    /// None yet.
    pub(super) fn new(has_marks: bool) -> Self {
        Self { has_marks, places: BTreeSet::new() }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Where they are, escaped: what is done differently first, then the rest, each sorted.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        let is_grave = |place: &&String| place.contains(": change.actions") || place.contains(": only in the ");
        let grave = self.places.iter().filter(is_grave);
        grave.chain(self.places.iter().filter(move |place| !is_grave(place))).map(String::as_str)
    }

    fn add(&mut self, place: &str) {
        self.places.insert(truncate(&one_line(place), PLACE).into_owned());
    }
}

/// The way to a value.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    place: String,
    /// Whether keys from here on may tell a secret.
    hidden: bool,
}

impl Trail {
    /// A part of the plan.
    pub(super) fn of(part: &str) -> Self {
        Self { place: part.to_owned(), hidden: false }
    }

    /// The entry at an address.
    fn entry(part: &str, identity: &[String]) -> Self {
        let place = match (part, identity) {
            (_, []) => part.to_owned(),
            ("resource_changes", [address]) => format!("{address}:"),
            (_, [address]) => format!("{part} {address}:"),
            ("resource_changes", [address, key, ..]) => format!("{address} (deposed object {key}):"),
            (_, [address, key, ..]) => format!("{part} {address} (deposed object {key}):"),
        };
        Self { place, hidden: false }
    }

    /// A key of an object.
    fn key(&self, key: &str) -> Self {
        let joint = if self.place.ends_with(':') { " " } else { "." };
        self.below(|place| format!("{place}{joint}{key}"))
    }

    fn item(&self, at: usize) -> Self {
        self.below(|place| format!("{place}[{at}]"))
    }

    fn below(&self, name: impl FnOnce(&str) -> String) -> Self {
        if self.hidden { self.clone() } else { Self { place: name(&self.place), hidden: false } }
    }

    /// The same, where nothing below is named.
    fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }
}

type Pair<'a> = (Vec<&'a RawValue>, Vec<&'a RawValue>);

/// Compares two lists whose entries have an identity; their order says nothing.
pub(super) fn entries(
    part: &str,
    identity: &[&str],
    ours: &[&RawValue],
    theirs: &[&RawValue],
    out: &mut Differences,
) -> Result<(), serde_json::Error> {
    let mut pairs: BTreeMap<Vec<String>, Pair<'_>> = BTreeMap::new();
    for entry in ours {
        pairs.entry(identify(entry, identity)?).or_default().0.push(entry);
    }
    for entry in theirs {
        pairs.entry(identify(entry, identity)?).or_default().1.push(entry);
    }
    for (identity, (ours, mut theirs)) in pairs {
        let trail = Trail::entry(part, &identity);
        for one in ours {
            // Of several entries with one identity the first that is alike, else the first.
            let found = first_alike(one, &theirs, out.has_marks)?;
            if theirs.is_empty() {
                out.add(&format!("{} only in the plan file", trail.place));
                continue;
            }
            let other = theirs.remove(found.unwrap_or(0));
            if found.is_none() {
                structure(&read(one)?, &read(other)?, &trail, out);
            }
        }
        for _ in theirs {
            out.add(&format!("{} only in the JSON", trail.place));
        }
    }
    Ok(())
}

fn read(raw: &RawValue) -> Result<Value, serde_json::Error> {
    serde_json::from_str(raw.get())
}

fn identify(entry: &RawValue, identity: &[&str]) -> Result<Vec<String>, serde_json::Error> {
    let entry = read(entry)?;
    let word = |pointer: &&str| {
        entry.pointer(pointer).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    Ok(identity.iter().filter_map(word).collect())
}

fn first_alike(one: &RawValue, others: &[&RawValue], has_marks: bool) -> Result<Option<usize>, serde_json::Error> {
    let one = read(one)?;
    for (at, other) in others.iter().enumerate() {
        let mut differences = Differences::new(has_marks);
        structure(&one, &read(other)?, &Trail::of(""), &mut differences);
        if differences.is_empty() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Compares the value of a variable, of which nothing is named.
pub(super) fn variable(name: &str, ours: &Value, theirs: &Value, out: &mut Differences) {
    let secret = &Marked::Whole;
    values(ours, theirs, &[secret, secret], Trail::of("variables").key(name), out);
}

/// Compares what is planned for outputs.
pub(super) fn outputs(part: &str, ours: &Value, theirs: &Value, out: &mut Differences) {
    let (nothing, trail) = (Map::new(), Trail::of(part));
    let (ours, theirs) = (ours.as_object().unwrap_or(&nothing), theirs.as_object().unwrap_or(&nothing));
    for name in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let below = trail.key(name);
        match (ours.get(name), theirs.get(name)) {
            (Some(one), Some(other)) => structure(one, other, &below, out),
            (Some(_), None) => out.add(&format!("{}: only in the plan file", below.place)),
            _ => out.add(&format!("{}: only in the JSON", below.place)),
        }
    }
}

/// Compares values of Terraform's own making, field by field.
pub(super) fn structure(ours: &Value, theirs: &Value, trail: &Trail, out: &mut Differences) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                let below = trail.key(key);
                match table::field(key) {
                    Some(field) => by_field(field, key, (ours, theirs), below, out),
                    None => match (ours.get(key), theirs.get(key)) {
                        (Some(one), Some(other)) => structure(one, other, &below, out),
                        _ => out.add(&below.place),
                    },
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (at, (one, other)) in ours.iter().zip(theirs).enumerate() {
                structure(one, other, &trail.item(at), out);
            }
        }
        (one, other) if same_scalar(one, other) => {}
        _ => out.add(&trail.place),
    }
}

fn by_field(
    field: Field,
    key: &str,
    (ours, theirs): (&Map<String, Value>, &Map<String, Value>),
    trail: Trail,
    out: &mut Differences,
) {
    let (one, other) = (ours.get(key), theirs.get(key));
    let alike = match field {
        Field::Whole => true,
        Field::SecretMask if !out.has_marks => true,
        Field::Mask => Marked::of(one) == Marked::of(other),
        Field::SecretMask => {
            // What is unknown has been compared by itself.
            let unknown =
                if key == "after_sensitive" { Marked::of(ours.get("after_unknown")) } else { Marked::Nothing };
            let (one, other) = (Marked::of(one), Marked::of(other));
            // Of a new object in the place of an old one a rendering marks what may be secret.
            let more =
                key == "after_sensitive" && is_replacement(ours) && other.clone().without(&one) == Marked::Nothing;
            more || one.without(&unknown) == other.without(&unknown)
        }
        Field::Unordered => sorted(one) == sorted(other),
        Field::Values(mask) => match (one, other) {
            (Some(one), Some(other)) => {
                let masks = [Marked::of(ours.get(mask)), Marked::of(theirs.get(mask))];
                return values(one, other, &[&masks[0], &masks[1]], trail, out);
            }
            (None, None) => true,
            _ => false,
        },
    };
    if !alike {
        out.add(&trail.place);
    }
}

/// Whether a change makes an object anew.
fn is_replacement(change: &Map<String, Value>) -> bool {
    let actions = change.get("actions").and_then(Value::as_array);
    actions.is_some_and(|actions| actions.len() > 1)
}

fn sorted(list: Option<&Value>) -> Option<Vec<String>> {
    let mut all: Vec<String> = list?.as_array()?.iter().map(Value::to_string).collect();
    all.sort();
    Some(all)
}

/// Compares values of attributes. No key below a mark is named.
fn values(ours: &Value, theirs: &Value, masks: &[&Marked; 2], trail: Trail, out: &mut Differences) {
    let marked = masks.iter().any(|mask| matches!(mask, Marked::Whole | Marked::Odd));
    let trail = if marked { trail.hidden() } else { trail };
    let nothing = Marked::Nothing;
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                let below = trail.key(key);
                let masks = masks.map(|mask| match mask {
                    Marked::Keys(keys) => keys.get(key).unwrap_or(&nothing),
                    _ => &nothing,
                });
                match (ours.get(key), theirs.get(key)) {
                    (Some(one), Some(other)) => values(one, other, &masks, below, out),
                    _ => out.add(&below.place),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (at, (one, other)) in ours.iter().zip(theirs).enumerate() {
                let masks = masks.map(|mask| match mask {
                    Marked::Items(items) => items.get(&at).unwrap_or(&nothing),
                    _ => &nothing,
                });
                values(one, other, &masks, trail.item(at), out);
            }
        }
        (one, other) if same_scalar(one, other) || same_inexact(one, other) => {}
        _ => out.add(&trail.place),
    }
}

fn same_scalar(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => same_number(ours, theirs),
        (ours, theirs) => ours == theirs && !ours.is_array() && !ours.is_object(),
    }
}

/// `1`, `1.0` and `1e0` are one number; integers are compared exactly, as far as they fit.
fn same_number(ours: &Number, theirs: &Number) -> bool {
    ours == theirs || ((ours.is_f64() || theirs.is_f64()) && ours.as_f64() == theirs.as_f64())
}

/// A file says a number that is not exactly a float (`0.1`) as text, and does not say that it is a number.
fn same_inexact(ours: &Value, theirs: &Value) -> bool {
    let (Value::String(text), Value::Number(number)) = (ours, theirs) else { return false };
    serde_json::from_str::<Number>(text).is_ok_and(|read| read.is_f64() && same_number(&read, number))
}
