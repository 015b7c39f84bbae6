//! What is wrong with an entry of the right shape.
//!
//! Must not know where entries are written: the caller says where a key stands.

use std::collections::BTreeMap;

use globset::GlobBuilder;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use crate::address::AddressPattern;
use crate::catalog::{Catalog, Class, Level, Override, Severity, TypePatch, TypeSelector};
use crate::suggest;
use crate::toml_file::quoted;

/// An override as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideShape {
    #[serde(rename = "match")]
    pub(super) matches: Match,
    class: Option<Class>,
    severity: Option<Severity>,
    default: Option<Level>,
    strict: Option<Level>,
    reason: Option<String>,
    expires: Option<String>,
}

/// `match` of an override.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Match {
    #[serde(rename = "type")]
    resource_type: Option<String>,
    address: Option<String>,
    #[serde(default)]
    r#where: BTreeMap<String, Vec<Value>>,
}

/// A mistake: the key it is about (`match.address`), what is wrong, what to do.
pub(super) struct Mistake {
    pub(super) key: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

fn mistake(key: &'static str, message: impl Into<String>, help: impl Into<String>) -> Mistake {
    Mistake { key, message: message.into(), help: help.into() }
}

/// What is wrong with an entry about a type, and its last day.
pub(super) fn type_patch(patch: &TypePatch) -> Result<Option<Date>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let name = &patch.resource_type;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || !name.bytes().all(plain) {
        let help = "an entry is about one type; for patterns write an override with `match`";
        mistakes.push(mistake("type", format!("{} is no type name", quoted(name)), help));
        return Err(mistakes);
    }
    // The shipped catalogue is tested to be readable: an error here is one of plangate, found when it is used.
    let lowers_generic = Catalog::builtin().generic().is_ok_and(|generic| patch.lowers_generic(generic));
    match Catalog::builtin().entry(name).ok().flatten() {
        None => {
            mistakes.extend(missing(patch));
            let level = Catalog::builtin().shipped_level(name).unwrap_or(Level::Deny);
            let default = patch.default.into_iter().chain(patch.variants.iter().map(|variant| variant.default)).min();
            if (lowers_generic || default.is_some_and(|default| default < level)) && patch.reason.is_none() {
                let message = format!("the entry about {} lowers it without `reason`", quoted(name));
                let help = format!("without the entry it is `{}`; say why: reason = \"…\"", level.as_str());
                mistakes.push(mistake("type", message, help));
            }
        }
        Some(base) if (lowers_generic || patch.lowers(&base)) && patch.reason.is_none() => {
            let help = "say why: reason = \"…\"";
            mistakes.push(mistake(
                "type",
                format!("the entry about {} lowers it without `reason`", quoted(name)),
                help,
            ));
        }
        Some(_) => {}
    }
    finish(mistakes, patch.reason.as_deref(), patch.expires.as_deref())
}

/// Fields that a new type needs and does not have.
fn missing(patch: &TypePatch) -> Vec<Mistake> {
    let has = [
        ("class", patch.class.is_some()),
        ("severity", patch.severity.is_some()),
        ("default", patch.default.is_some()),
        ("loses", patch.loses.is_some()),
        ("recover", patch.recover.is_some()),
    ];
    let name = &patch.resource_type;
    let near = suggest::nearest(name, Catalog::builtin().names());
    let help = near.map_or_else(
        || "a type that the catalogue does not have needs class, severity, default, loses and recover".to_owned(),
        |near| format!("a new type needs class, severity, default, loses and recover; or did you mean `{near}`?"),
    );
    let absent: Vec<&str> = has.iter().filter(|(_, there)| !there).map(|(key, _)| *key).collect();
    if absent.is_empty() {
        return Vec::new();
    }
    vec![mistake("type", format!("the new type {} has no {}", quoted(name), suggest::list(&absent)), help)]
}

/// The override, and its last day.
pub(super) fn override_of(shape: OverrideShape, types: &[String]) -> Result<(Override, Option<Date>), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let selector = shape.matches.resource_type.as_deref().map(|text| type_selector(text, types));
    let address = shape.matches.address.as_deref().map(address);
    if selector.is_none() && address.is_none() {
        let help = "name a type, an address, or both";
        mistakes.push(mistake("match", "the override matches everything", help));
    }
    if [shape.class.is_some(), shape.severity.is_some(), shape.default.is_some(), shape.strict.is_some()] == [false; 4]
    {
        let help = "set `default`, `strict`, `severity` or `class`";
        mistakes.push(mistake("match", "the override sets nothing", help));
    }
    // Whether it lowers something depends on the type: only a denial cannot.
    if shape.default != Some(Level::Deny) && shape.reason.is_none() {
        let help = "say why: reason = \"…\"; only an override with default = \"deny\" needs none";
        mistakes.push(mistake("match", "the override has no `reason`", help));
    }
    let mut conditions = BTreeMap::new();
    for (path, values) in &shape.matches.r#where {
        let attr = path.strip_prefix("before.").unwrap_or(path);
        if attr.is_empty() || path.starts_with("after.") {
            let help = "name an attribute of the object as it is, such as tags.data-class";
            mistakes.push(mistake("match.where", format!("{} is no attribute of the object", quoted(path)), help));
        } else if values.is_empty()
            || values.iter().any(|value| value.is_array() || value.is_object() || value.is_f64())
        {
            let help = "write a list of strings, whole numbers, true, false or null";
            mistakes.push(mistake("match.where", format!("{} has no values to compare with", quoted(path)), help));
        }
        conditions.insert(attr.to_owned(), values.clone());
    }
    let mut take = |result: Option<Result<_, Mistake>>| match result {
        Some(Ok(found)) => Some(found),
        Some(Err(wrong)) => {
            mistakes.push(wrong);
            None
        }
        None => None,
    };
    let types = take(selector);
    let address = match address {
        Some(Ok(found)) => Some(found),
        Some(Err(wrong)) => {
            mistakes.push(wrong);
            None
        }
        None => None,
    };
    let expires = finish(mistakes, shape.reason.as_deref(), shape.expires.as_deref())?;
    let (class, severity, default, strict) = (shape.class, shape.severity, shape.default, shape.strict);
    let reason = shape.reason;
    Ok((Override { id: 0, types, address, conditions, class, severity, default, strict, reason }, expires))
}

/// An exact name must exist, a pattern must match something.
fn type_selector(text: &str, own: &[String]) -> Result<TypeSelector, Mistake> {
    let names = || Catalog::builtin().names().chain(own.iter().map(String::as_str));
    if !text.contains(['*', '?', '[', '{']) {
        if names().any(|name| name == text) {
            return Ok(TypeSelector::Exact(text.to_owned()));
        }
        let help = match suggest::nearest(text, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the type to the catalogue, or write a pattern".to_owned(),
        };
        return Err(mistake("match.type", format!("no resource type is called {}", quoted(text)), help));
    }
    match GlobBuilder::new(text).build() {
        Err(error) => {
            let message = format!("{} is not a valid pattern: {}", quoted(text), error.kind());
            Err(mistake("match.type", message, "`*` stands for any characters"))
        }
        Ok(glob) => Ok(TypeSelector::Glob(glob.compile_matcher())),
    }
}

fn address(text: &str) -> Result<AddressPattern, Mistake> {
    let help = "`[*]` stands for any instance key, `*` for any part of a name";
    match AddressPattern::parse(text) {
        Err(error) => Err(mistake("match.address", format!("`address` is not a pattern: {}", error.message), help)),
        Ok(pattern) if pattern.is_broad() => {
            Err(mistake("match.address", "`address` matches everything", "name a module, a type or a resource"))
        }
        Ok(pattern) => Ok(pattern),
    }
}

/// The last day, if nothing is wrong.
fn finish(
    mut mistakes: Vec<Mistake>,
    reason: Option<&str>,
    expires: Option<&str>,
) -> Result<Option<Date>, Vec<Mistake>> {
    if reason.is_some_and(|reason| !reason.contains(char::is_alphanumeric)) {
        mistakes.push(mistake("reason", "`reason` says nothing", "say why"));
    }
    let mut day = None;
    if let Some(text) = expires {
        let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        day = is_day.then(|| text.parse().ok()).flatten();
        if day.is_none() {
            let help = "write the last day on which it holds: expires = 2027-01-31";
            mistakes.push(mistake("expires", "`expires` is not a date", help));
        }
    }
    if mistakes.is_empty() { Ok(day) } else { Err(mistakes) }
}
