//! A saved plan file against the JSON that was printed of it: whether the one is the rendering of the other.
//!
//! Owns the comparison and what is taken of the JSON: parts that the file does not have, by name, for the policy input alone.
//! Whatever the file says comes of the file. Must not judge a plan, and shows no value.

mod compare;
mod marks;
mod table;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::detect::{self, Document};
use super::json::{self, Interest};
use super::sink::NoSink;
use crate::problem::{Problem, ProblemCode};
use crate::text::{count, one_line, truncate};
use compare::{Differences, Trail};
use table::Part;

/// Most differences that are named.
const NAMED: usize = 10;

/// The parts of a document at its top level, as they are written.
type Parts<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// The document of a saved plan file, with the parts that only the JSON printed of it has; `name` is what the JSON is called.
///
/// # Errors
/// Whatever keeps either from being read, a first that is no plan file, a second that is no JSON of one plan, and a JSON that
/// is not of this file.
pub fn recognise(file: Vec<u8>, json: Vec<u8>, name: &str) -> Result<Document, Problem> {
    let file = only(detect::recognise(file))?;
    if file.saved().is_none() {
        let message =
            format!("`{}` can be compared with a saved plan file only, and this is the JSON of a plan", shown(name));
        return Err(Problem::new(ProblemCode::Config, message)
            .help("name the file of `terraform plan -out=tfplan` as PLAN, or leave off `--json`"));
    }
    let json = only(detect::recognise(json)).map_err(|problem| about(name, problem))?;
    if json.saved().is_some() {
        let message = format!("`{}` is a saved plan file, not the JSON of one", shown(name));
        return Err(Problem::new(ProblemCode::NotAPlan, message).help(PRINT));
    }
    join(file, &json, name)
}

fn only(found: Vec<Result<Document, Problem>>) -> Result<Document, Problem> {
    let several = found.len() > 1;
    match found.into_iter().next() {
        Some(only) if !several => only,
        _ => Err(Problem::new(ProblemCode::NotAPlan, "it holds several plans, not one").help(PRINT)),
    }
}

/// Compares the rendering of a saved plan with the JSON.
fn join(file: Document, json: &Document, name: &str) -> Result<Document, Problem> {
    // Everything goes to the sink: then no key may stand twice anywhere, and both readings of the text see the same.
    let loaded = json::load(json, &Interest::everything(), NoSink).map_err(|problem| about(name, problem))?;
    if !loaded.plan.wrapper_keys.is_empty() {
        let message = format!("`{}` holds a plan in a wrapper", shown(name));
        return Err(Problem::new(ProblemCode::NotAPlan, message).help(PRINT));
    }
    let (ours, theirs) = (parts(&file)?, parts(json).map_err(|problem| about(name, problem))?);
    let has_marks = file.saved().is_some_and(|saved| saved.marks_schema);
    let mut differences = Differences::new(has_marks);
    let mut unverified = BTreeSet::new();
    for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (one, other) = (ours.get(key).copied(), theirs.get(key).copied());
        match table::part(key) {
            Part::OfFile => {}
            Part::OfJson => unverified.extend(other.map(|_| key.to_string())),
            part => part_differs(part, key, (one, other), &mut differences).map_err(|problem| about(name, problem))?,
        }
    }
    let defaults = defaults(ours.get("variables").copied(), theirs.get("variables").copied(), &mut differences)?;
    if !differences.is_empty() {
        return Err(differs(name, &differences));
    }
    unverified.extend(defaults.keys().map(|name| format!("variables.{name}")));
    let unverified: Vec<String> = unverified.into_iter().collect();
    let text = joined(&ours, &theirs, &defaults)?;
    let note = format!("compared with `{}`, which is the JSON of this plan file", shown(name));
    Ok(file.joined(text, note, unverified))
}

const PRINT: &str = "print the JSON of this very file: terraform show -json tfplan > plan.json";

fn shown(name: &str) -> String {
    truncate(&one_line(name), 120).into_owned()
}

/// A problem with the JSON, not with the file.
fn about(name: &str, problem: Problem) -> Problem {
    Problem { message: format!("`{}`: {}", shown(name), problem.message), ..problem }
}

fn differs(name: &str, differences: &Differences) -> Problem {
    let named: Vec<&str> = differences.places().take(NAMED).collect();
    let more = match differences.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\nand {more} more"),
    };
    let message = format!(
        "`{}` is not the JSON of this plan file: {}:\n{}{more}",
        shown(name),
        count(differences.len(), "difference"),
        named.join("\n")
    );
    Problem::new(ProblemCode::JsonDiffers, message).help(format!(
        "Terraform applies the file, whatever the JSON says. Find out which of the two was changed or mixed up with another \
         plan's, then {PRINT}"
    ))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemCode::Malformed, format!("not readable once more, at line {}", error.line()))
}

fn parts(document: &Document) -> Result<Parts<'_>, Problem> {
    serde_json::from_str(document.json()).map_err(|error| malformed(&error))
}

fn read(raw: Option<&RawValue>) -> Result<Value, Problem> {
    raw.map_or(Ok(Value::Null), |raw| serde_json::from_str(raw.get()).map_err(|error| malformed(&error)))
}

/// Compares one part of two documents.
fn part_differs(
    part: Part,
    key: &str,
    (ours, theirs): (Option<&RawValue>, Option<&RawValue>),
    differences: &mut Differences,
) -> Result<(), Problem> {
    match part {
        Part::Entries(identity) => {
            let (ours, theirs) = (entries(ours)?, entries(theirs)?);
            compare::entries(key, identity, &ours, &theirs, differences).map_err(|error| malformed(&error))?;
        }
        Part::Outputs => compare::outputs(key, &read(ours)?, &read(theirs)?, differences),
        Part::Value => compare::structure(&read(ours)?, &read(theirs)?, &Trail::of(key), differences),
        Part::Flag => {
            let on = |raw: Option<&RawValue>| {
                read(raw).map(|value| if value.is_null() { Value::Bool(false) } else { value })
            };
            compare::structure(&on(ours)?, &on(theirs)?, &Trail::of(key), differences);
        }
        Part::Variables | Part::OfFile | Part::OfJson => {}
    }
    Ok(())
}

/// The entries of a list, each to be read by itself: lists are the large parts of a plan.
fn entries(raw: Option<&RawValue>) -> Result<Vec<&RawValue>, Problem> {
    raw.map_or_else(|| Ok(Vec::new()), |raw| serde_json::from_str(raw.get()).map_err(|error| malformed(&error)))
}

/// Variables that only the JSON has, with their values: defaults. The others must be alike.
fn defaults<'a>(
    ours: Option<&'a RawValue>,
    theirs: Option<&'a RawValue>,
    differences: &mut Differences,
) -> Result<BTreeMap<Cow<'a, str>, &'a RawValue>, Problem> {
    let all = |raw: Option<&'a RawValue>| -> Result<Parts<'a>, Problem> {
        raw.map_or_else(|| Ok(Parts::new()), |raw| serde_json::from_str(raw.get()).map_err(|error| malformed(&error)))
    };
    let (ours, mut theirs) = (all(ours)?, all(theirs)?);
    for (name, value) in ours {
        let other = theirs.remove(&name);
        compare::variable(&name, &read(Some(value))?, &read(other)?, differences);
    }
    Ok(theirs)
}

/// The document of the file, with what is taken of the JSON.
fn joined(ours: &Parts<'_>, theirs: &Parts<'_>, defaults: &Parts<'_>) -> Result<String, Problem> {
    let mut all: BTreeMap<&str, Cow<'_, RawValue>> = BTreeMap::new();
    for (key, value) in theirs.iter().filter(|(key, _)| table::part(key) == Part::OfJson) {
        all.insert(key, Cow::Borrowed(*value));
    }
    for (key, value) in ours {
        all.insert(key, Cow::Borrowed(*value));
    }
    if !defaults.is_empty() {
        let mut variables: Parts<'_> = defaults.clone();
        let set = ours.get("variables").map(|raw| serde_json::from_str::<Parts<'_>>(raw.get())).transpose();
        variables.extend(set.map_err(|error| malformed(&error))?.into_iter().flatten());
        let text = serde_json::value::to_raw_value(&variables).map_err(|error| malformed(&error))?;
        all.insert("variables", Cow::Owned(text));
    }
    serde_json::to_string(&all).map_err(|error| malformed(&error))
}
