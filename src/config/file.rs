//! `plangate.toml` as it was written: keys and shapes, each value with its place.
//!
//! Must not judge values; that is [`super::validate`].

use serde_json::Value;
use toml::de::DeTable;

use super::Limits;
use crate::toml_file::{Entry, Reader, Written, entries, quoted};

/// The keys of the file. Lists and tables keep the order of the file.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) policies: Option<Vec<Written<String>>>,
    pub(super) waivers: Option<Written<String>>,
    pub(super) source: Option<Written<String>>,
    pub(super) preset: Option<Written<String>>,
    pub(super) fail_on: Option<Written<String>>,
    pub(super) expect: Option<Written<String>>,
    pub(super) unknown_types: Option<Written<String>>,
    pub(super) builtin_errors: Option<Written<String>>,
    pub(super) limits: Limits,
    pub(super) rules: Vec<RuleEntry>,
    pub(super) rego_version: Vec<(Written<String>, Written<String>)>,
    pub(super) lint: Vec<(Written<String>, Written<String>)>,
    pub(super) decisions: Vec<DecisionEntry>,
    pub(super) data: Vec<Written<String>>,
}

/// One `[[decision]]`.
#[derive(Debug)]
pub(super) struct DecisionEntry {
    pub(super) path: Written<String>,
    pub(super) level: Option<Written<String>>,
}

/// One `[rules."…"]`.
#[derive(Debug)]
pub(super) struct RuleEntry {
    pub(super) selector: Written<String>,
    pub(super) level: Option<Written<String>>,
    pub(super) parameters: Vec<(Written<String>, Written<Value>)>,
}

const KEYS: [&str; 15] = [
    "policies",
    "waivers",
    "source",
    "preset",
    "fail-on",
    "expect",
    "unknown_types",
    "builtin_errors",
    "limits",
    "catalog",
    "rules",
    "rego-version",
    "decision",
    "data",
    "lint",
];
const LIMITS: [&str; 5] = ["mass-destruction-percent", "mass-destruction-at-least", "destroyed", "replaced", "changed"];

/// Reads the keys of the file; problems go to the reader.
pub(super) fn read<'t>(reader: &mut Reader<'_>, table: &'t DeTable<'t>) -> ConfigFile {
    let section = reader.section("the configuration", table, &KEYS);
    let mut string = |key: &str, help: &str| section.get(key).and_then(|entry| reader.string(entry, help));
    ConfigFile {
        waivers: string("waivers", "write waivers = \"plangate.waivers.toml\""),
        source: string("source", "write source = \"infra\", the directory of the root module"),
        preset: string("preset", "write preset = \"standard\""),
        fail_on: string("fail-on", "write fail-on = \"deny\""),
        expect: string("expect", "write expect = \"ordinary\""),
        unknown_types: string("unknown_types", "write unknown_types = \"warn\""),
        builtin_errors: string("builtin_errors", "write builtin_errors = \"warn\""),
        policies: section
            .get("policies")
            .and_then(|entry| reader.strings(entry, "write policies = [\"policy\"], or [] for none")),
        limits: section.get("limits").map(|entry| limits(reader, entry)).unwrap_or_default(),
        rules: section.get("rules").map(|entry| rules(reader, entry)).unwrap_or_default(),
        decisions: section.get("decision").map(|entry| decisions(reader, entry)).unwrap_or_default(),
        data: section
            .get("data")
            .and_then(|entry| reader.strings(entry, "write data = [\"policy/data\"]"))
            .unwrap_or_default(),
        rego_version: section.get("rego-version").map(|entry| rego_version(reader, entry)).unwrap_or_default(),
        lint: section.get("lint").map(|entry| lint(reader, entry)).unwrap_or_default(),
    }
}

fn key(entry: Entry<'_>) -> Written<String> {
    Written { value: entry.key.to_owned(), span: entry.key_span }
}

fn limits(reader: &mut Reader<'_>, entry: Entry<'_>) -> Limits {
    let help = "write [limits] and below it mass-destruction-percent = 50";
    let Some(table) = reader.table(entry, help) else { return Limits::default() };
    let section = reader.section("`limits`", table, &LIMITS);
    let mut number = |key: &str, range| section.get(key).and_then(|entry| reader.whole(entry, range, help));
    Limits {
        mass_destruction_percent: number("mass-destruction-percent", 1..=100),
        mass_destruction_at_least: number("mass-destruction-at-least", 1..=u32::MAX),
        destroyed: number("destroyed", 0..=u32::MAX),
        replaced: number("replaced", 0..=u32::MAX),
        changed: number("changed", 0..=u32::MAX),
    }
}

fn rules(reader: &mut Reader<'_>, entry: Entry<'_>) -> Vec<RuleEntry> {
    let help = "write [rules.\"stateful/destroy-data-store\"] and below it level = \"warn\"";
    let Some(table) = reader.table(entry, help) else { return Vec::new() };
    let mut rules = Vec::new();
    for rule in entries(table) {
        let Some(body) = reader.table(rule, help) else { continue };
        let section = reader.section(&format!("the rule {}", quoted(rule.key)), body, &["level", "parameters"]);
        if body.is_empty() {
            let message = format!("the rule {} has no `level`", quoted(rule.key));
            reader.report(rule.key_span, message, "says nothing", "add level = \"warn\", or remove the table");
        }
        let level = section.get("level").and_then(|entry| reader.string(entry, "write level = \"warn\""));
        let parameters = section.get("parameters").map(|entry| parameters(reader, entry)).unwrap_or_default();
        rules.push(RuleEntry { selector: key(rule), level, parameters });
    }
    rules
}

fn parameters(reader: &mut Reader<'_>, entry: Entry<'_>) -> Vec<(Written<String>, Written<Value>)> {
    let help = "write parameters = { max_age_days = 30 }";
    let Some(table) = reader.table(entry, help) else { return Vec::new() };
    entries(table).into_iter().filter_map(|entry| Some((key(entry), reader.value(entry, help)?))).collect()
}

fn decisions(reader: &mut Reader<'_>, entry: Entry<'_>) -> Vec<DecisionEntry> {
    let help = "write [[decision]] and below it path = \"terraform/analysis/authz\"";
    let mut decisions = Vec::new();
    for (table, span) in reader.tables(entry, help) {
        let section = reader.section("a decision", table, &["path", "level"]);
        let level = section.get("level").and_then(|entry| reader.string(entry, "write level = \"warn\""));
        match section.get("path") {
            Some(path) => {
                decisions.extend(reader.text(path, help).map(|path| DecisionEntry { path, level }));
            }
            None => reader.report(span, "a decision has no `path`", "names no rule", help),
        }
    }
    decisions
}

fn rego_version(reader: &mut Reader<'_>, entry: Entry<'_>) -> Vec<(Written<String>, Written<String>)> {
    let help = "write [rego-version] and below it \"policy/legacy\" = \"v0\"";
    let Some(table) = reader.table(entry, help) else { return Vec::new() };
    entries(table)
        .into_iter()
        .filter_map(|entry| Some((key(entry), reader.string(entry, "write \"v0\" or \"v1\"")?)))
        .collect()
}

fn lint(reader: &mut Reader<'_>, entry: Entry<'_>) -> Vec<(Written<String>, Written<String>)> {
    let Some(table) = reader.table(entry, "write [lint] and below it unknown-field = \"warn\"") else {
        return Vec::new();
    };
    entries(table)
        .into_iter()
        .filter_map(|entry| Some((key(entry), reader.string(entry, "write \"off\", \"warn\" or \"error\"")?)))
        .collect()
}
