//! The list of rules in force (`plangate rules`), for people and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{Level, Preset, RuleId};
use crate::policy::Rule;
use crate::policy::contract::{self, DeclaredLevel};
use crate::text::one_line;

/// The version of the JSON form.
pub const SCHEMA: &str = "plangate/rules/v1-draft";

/// Levels that configuration sets for rules.
pub type Levels = BTreeMap<RuleId, Level>;

#[derive(Serialize)]
struct JsonRules<'a> {
    schema: &'static str,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    level: &'static str,
    declared_level: &'static str,
    strict: Option<&'static str>,
    severity: &'static str,
    origin: &'static str,
    convention: Option<&'static str>,
    title: Option<&'a str>,
    description: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
}

/// One line for each rule: level, id, origin, title.
#[must_use]
pub fn human(rules: &[Rule], levels: &Levels, preset: Preset) -> String {
    let width = rules.iter().map(|rule| rule.id.as_str().chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let place = rule.location.as_ref().map_or_else(String::new, |at| format!("{}:{}", at.file, at.position.line));
        let title = rule.meta.title.as_deref().unwrap_or(&place);
        let line = format!(
            "{:<11} {:<width$}  {:<10}  {}",
            level(levels, preset, rule),
            one_line(rule.id.as_str()),
            rule.origin.as_str(),
            one_line(title)
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The list as JSON, indented.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(rules: &[Rule], levels: &Levels, preset: Preset) -> serde_json::Result<String> {
    let rules = rules.iter().map(|rule| JsonRule {
        id: rule.id.as_str(),
        level: level(levels, preset, rule),
        declared_level: declared(rule),
        strict: rule.meta.strict.map(Level::as_str),
        severity: rule.severity.as_str(),
        origin: rule.origin.as_str(),
        convention: rule.tool,
        title: rule.meta.title.as_deref(),
        description: rule.meta.description.as_deref(),
        file: rule.location.as_ref().map(|at| at.file.as_str()),
        line: rule.location.as_ref().map(|at| at.position.line),
    });
    let mut text =
        crate::text::json(&serde_json::to_string_pretty(&JsonRules { schema: SCHEMA, rules: rules.collect() })?)
            .into_owned();
    text.push('\n');
    Ok(text)
}

/// The level in force.
fn level(levels: &Levels, preset: Preset, rule: &Rule) -> &'static str {
    let config = levels.get(&rule.id).copied();
    let preset = contract::preset_level(preset, rule.meta.strict, None);
    match contract::effective_level(rule.declared, None, preset, config) {
        Ok(decided) => decided.level.as_str(),
        // Every result brings its own, unless the configuration replaces it.
        Err(_) => config.map_or_else(|| declared(rule), Level::as_str),
    }
}

fn declared(rule: &Rule) -> &'static str {
    match rule.declared {
        DeclaredLevel::Fixed(level) => level.as_str(),
        DeclaredLevel::PerFinding => "per-finding",
    }
}
