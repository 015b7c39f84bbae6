//! A catalogue written in JSON: `{"types": […], "overrides": […]}`.
//!
//! A mistake of shape is underlined; one of content is named by its path.

use serde::Deserialize;

use super::check::{self, Mistake, OverrideShape};
use super::{Entry, Says, start_of};
use crate::catalog::TypePatch;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: Option<String>,
    #[serde(default)]
    types: Vec<TypePatch>,
    #[serde(default)]
    overrides: Vec<OverrideShape>,
}

/// Reads a catalogue; the error holds the first mistake of shape, or every one of content.
pub fn parse(file: &SourceFile) -> Result<Vec<Entry>, Vec<Problem>> {
    let read: File = serde_json::from_str(file.text()).map_err(|error| vec![misshapen(file, &error)])?;
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for (index, patch) in read.types.into_iter().enumerate() {
        match check::type_patch(&patch) {
            Ok(expires) => {
                entries.push(Entry { says: Says::Type(Box::new(patch)), expires, location: start_of(file.name()) });
            }
            Err(mistakes) => problems.extend(named(file, &format!("types[{index}]"), mistakes)),
        }
    }
    let own = super::toml::names(&entries);
    for (index, shape) in read.overrides.into_iter().enumerate() {
        match check::override_of(shape, &own) {
            Ok((o, expires)) => {
                entries.push(Entry { says: Says::Override(Box::new(o)), expires, location: start_of(file.name()) });
            }
            Err(mistakes) => problems.extend(named(file, &format!("overrides[{index}]"), mistakes)),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

fn named<'a>(file: &'a SourceFile, path: &'a str, mistakes: Vec<Mistake>) -> impl Iterator<Item = Problem> + 'a {
    mistakes.into_iter().map(move |mistake| {
        let message = format!("{} (`{}`, {path}.{})", mistake.message, file.name(), mistake.key);
        Problem::new(ProblemCode::Config, message).help(mistake.help)
    })
}

fn misshapen(file: &SourceFile, error: &serde_json::Error) -> Problem {
    let text = file.text();
    let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // serde counts columns in bytes and names the last one it read.
    let mut at = (start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Problem::new(ProblemCode::Config, format!("`{}` is no catalogue: {error}", file.name()))
        .at(file, Span::new(at, at + width), "up to here")
        .help("docs/catalog.md lists the keys and their values")
}
