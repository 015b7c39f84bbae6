//! Pages of the catalogue (`plangate catalog`), for people and as JSON.
//!
//! Must not decide which types are shown.

pub(super) mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::catalog::{GuardClause, Page, Parent, Risk, Status, Variant};
use crate::facts::Recovery;
use crate::text::{count, one_line};

/// The version of the JSON forms.
pub const SCHEMA: &str = "plangate/catalog/v1-draft";

/// Columns the names of the lines take.
const INDENT: usize = 12;

/// What is known about one type, a line for each fact.
#[must_use]
pub fn human(page: &Page) -> String {
    let entry = &page.entry;
    let mut out = format!("{} ({})\n", one_line(&entry.resource_type), one_line(&page.provider));
    if entry.status == Status::Removed {
        let when = entry.removed.as_deref().map_or_else(String::new, |date| format!(" ({date})"));
        line(&mut out, "status", &format!("removed from the provider{when}; old plans and states may still have it"));
    }
    let store = if entry.class.is_data_store() { "" } else { " (holds no data of its own)" };
    line(&mut out, "class", &format!("{}{store}", entry.class.as_str()));
    line(&mut out, "severity", entry.severity.as_str());
    let strict = entry.strict.map_or_else(String::new, |level| format!("; {} under the strict preset", level.as_str()));
    line(&mut out, "level", &format!("{}{strict}", entry.default.as_str()));
    if let Some(own) = &page.own {
        line(&mut out, "repository", &words::own(own));
    }
    line(&mut out, "loses", &entry.loses);
    line(&mut out, "recovery", &Recovery::read(&entry.recover).text);
    for (clauses, what) in words::guards(&entry.destroy_guard) {
        for clause in clauses {
            line(&mut out, "guard", &format!("{}: {what}", words::clause(clause)));
        }
    }
    if !entry.protect.is_empty() {
        line(&mut out, "protected by", &entry.protect.join(", "));
    }
    for variant in &entry.variants {
        line(&mut out, "variant", &words::variant(variant));
    }
    for risk in &entry.risky {
        line(&mut out, "risky", &words::risk(risk));
    }
    for parent in &entry.parents {
        line(&mut out, "parent", &words::parent(parent));
    }
    if let Some(source) = &page.source {
        line(&mut out, "source", source);
    }
    out
}

fn line(out: &mut String, name: &str, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  {name:<INDENT$} {}", one_line(text));
}

/// What is said of a type that was looked at and left out.
#[must_use]
pub fn human_known(resource_type: &str) -> String {
    format!(
        "{}\n  {:<INDENT$} known: looked at and left out, it holds no data of its own; its destruction is information\n",
        one_line(resource_type),
        "status"
    )
}

/// One line for each type: level, class, severity, name.
#[must_use]
pub fn human_list(pages: &[Page]) -> String {
    let mut out = String::new();
    for page in pages {
        let entry = &page.entry;
        let removed = if entry.status == Status::Removed { "  (removed)" } else { "" };
        let _ = writeln!(
            out,
            "{:<4} {:<8} {:<24} {}{removed}",
            entry.default.as_str(),
            entry.severity.as_str(),
            entry.class.as_str(),
            one_line(&entry.resource_type)
        );
    }
    let _ = writeln!(out, "{}", count(pages.len(), "type"));
    out
}

#[derive(Serialize)]
struct JsonKnown<'a> {
    schema: &'static str,
    #[serde(rename = "type")]
    resource_type: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
struct JsonShown<'a> {
    schema: &'static str,
    #[serde(flatten)]
    page: JsonPage<'a>,
}

#[derive(Serialize)]
struct JsonList<'a> {
    schema: &'static str,
    types: Vec<JsonPage<'a>>,
}

/// One type. `status` is `current`, `removed`, or `known` for a type that was looked at and left out, of which
/// nothing else is said.
#[derive(Serialize)]
struct JsonPage<'a> {
    #[serde(rename = "type")]
    resource_type: &'a str,
    status: &'static str,
    removed: Option<&'a str>,
    provider: &'a str,
    class: &'static str,
    data_store: bool,
    severity: &'static str,
    default: &'static str,
    strict: Option<&'static str>,
    loses: &'a str,
    recoverable: &'static str,
    recovery: String,
    protect: &'a [String],
    guard: JsonGuard<'a>,
    variants: Vec<JsonVariant<'a>>,
    risky: Vec<JsonRisk<'a>>,
    parents: Vec<JsonParent<'a>>,
    force_new: &'a [String],
    source: Option<&'a str>,
    repository: Option<JsonOwn<'a>>,
}

/// What the repository's own catalogue has to say in it: the level without it, and why.
#[derive(Serialize)]
struct JsonOwn<'a> {
    was: &'static str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonGuard<'a> {
    blocked: Vec<JsonClause<'a>>,
    harmless: Vec<JsonClause<'a>>,
    snapshot: Vec<JsonClause<'a>>,
    escalates: Vec<JsonClause<'a>>,
}

#[derive(Serialize)]
struct JsonClause<'a> {
    attribute: &'a str,
    values: &'a [Value],
}

/// `when`: attribute → values, or null for "set".
#[derive(Serialize)]
struct JsonVariant<'a> {
    when: BTreeMap<&'a str, Option<&'a [Value]>>,
    class: &'static str,
    severity: &'static str,
    default: &'static str,
    note: &'a str,
}

#[derive(Serialize)]
struct JsonRisk<'a> {
    attribute: &'a str,
    kind: &'static str,
    from: &'a [Value],
    to: &'a [Value],
    infinite: &'a [Value],
    effect: &'static str,
    level: &'static str,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonParent<'a> {
    attribute: &'a str,
    #[serde(rename = "type")]
    resource_type: &'a str,
    relation: &'static str,
    legacy: bool,
}

/// One type as JSON, indented.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(page: &Page) -> serde_json::Result<String> {
    text(&JsonShown { schema: SCHEMA, page: JsonPage::new(page) })
}

/// A type that was looked at and left out, as JSON.
///
/// # Errors
/// None in practice, as for [`json`].
pub fn json_known(resource_type: &str) -> serde_json::Result<String> {
    text(&JsonKnown { schema: SCHEMA, resource_type, status: "known" })
}

/// Many types as JSON, indented.
///
/// # Errors
/// None in practice, as for [`json`].
pub fn json_list(pages: &[Page]) -> serde_json::Result<String> {
    text(&JsonList { schema: SCHEMA, types: pages.iter().map(JsonPage::new).collect() })
}

fn text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = crate::text::json(&serde_json::to_string_pretty(value)?).into_owned();
    text.push('\n');
    Ok(text)
}

impl<'a> JsonPage<'a> {
    fn new(page: &'a Page) -> Self {
        let entry = &page.entry;
        let recovery = Recovery::read(&entry.recover);
        Self {
            resource_type: &entry.resource_type,
            status: entry.status.as_str(),
            removed: entry.removed.as_deref(),
            provider: &page.provider,
            class: entry.class.as_str(),
            data_store: entry.class.is_data_store(),
            severity: entry.severity.as_str(),
            default: entry.default.as_str(),
            strict: entry.strict.map(crate::catalog::Level::as_str),
            loses: &entry.loses,
            recoverable: recovery.recoverable.as_str(),
            recovery: recovery.text,
            protect: &entry.protect,
            guard: JsonGuard {
                blocked: clauses(&entry.destroy_guard.blocked_when),
                harmless: clauses(&entry.destroy_guard.harmless_when),
                snapshot: clauses(&entry.destroy_guard.snapshot_when),
                escalates: clauses(&entry.destroy_guard.escalates_when),
            },
            variants: entry.variants.iter().map(JsonVariant::new).collect(),
            risky: entry.risky.iter().map(JsonRisk::new).collect(),
            parents: entry.parents.iter().map(JsonParent::new).collect(),
            force_new: &entry.force_new,
            source: page.source.as_deref(),
            repository: page.own.as_ref().map(|own| JsonOwn { was: own.was.as_str(), reason: own.reason.as_deref() }),
        }
    }
}

fn clauses(clauses: &[GuardClause]) -> Vec<JsonClause<'_>> {
    clauses.iter().map(|clause| JsonClause { attribute: &clause.attr, values: &clause.values }).collect()
}

impl<'a> JsonVariant<'a> {
    fn new(variant: &'a Variant) -> Self {
        Self {
            when: variant.when.iter().map(|(attr, condition)| (attr.as_str(), words::values(condition))).collect(),
            class: variant.class.as_str(),
            severity: variant.severity.as_str(),
            default: variant.default.as_str(),
            note: &variant.note,
        }
    }
}

impl<'a> JsonRisk<'a> {
    fn new(risk: &'a Risk) -> Self {
        Self {
            attribute: &risk.attr,
            kind: risk.kind.as_str(),
            from: &risk.from,
            to: &risk.to,
            infinite: &risk.infinite,
            effect: risk.effect.as_str(),
            level: risk.level.as_str(),
            note: risk.note.as_deref(),
        }
    }
}

impl<'a> JsonParent<'a> {
    fn new(parent: &'a Parent) -> Self {
        Self {
            attribute: &parent.attr,
            resource_type: &parent.resource_type,
            relation: parent.rel.as_str(),
            legacy: parent.legacy,
        }
    }
}
