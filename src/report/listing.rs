//! The list of rules in force (`plangate rules`), for people and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{Level, RuleId};
use crate::policy::Rule;
use crate::policy::contract::DeclaredLevel;
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
    severity: &'static str,
    origin: &'static str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
}

/// One line for each rule: level, id, origin, title.
#[must_use]
pub fn human(rules: &[Rule], levels: &Levels) -> String {
    let width = rules.iter().map(|rule| rule.id.as_str().chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let place = rule.location.as_ref().map_or_else(String::new, |at| format!("{}:{}", at.file, at.position.line));
        let title = rule.meta.title.as_deref().unwrap_or(&place);
        let line = format!(
            "{:<11} {:<width$}  {:<10}  {}",
            level(levels, rule),
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
pub fn json(rules: &[Rule], levels: &Levels) -> serde_json::Result<String> {
    let rules = rules.iter().map(|rule| JsonRule {
        id: rule.id.as_str(),
        level: level(levels, rule),
        declared_level: declared(rule),
        severity: rule.severity.as_str(),
        origin: rule.origin.as_str(),
        title: rule.meta.title.as_deref(),
        description: rule.meta.description.as_deref(),
        file: rule.location.as_ref().map(|at| at.file.as_str()),
        line: rule.location.as_ref().map(|at| at.position.line),
    });
    let mut text = serde_json::to_string_pretty(&JsonRules { schema: SCHEMA, rules: rules.collect() })?;
    text.push('\n');
    Ok(text)
}

/// The level in force.
fn level(levels: &Levels, rule: &Rule) -> &'static str {
    levels.get(&rule.id).copied().map_or_else(|| declared(rule), Level::as_str)
}

fn declared(rule: &Rule) -> &'static str {
    match rule.declared {
        DeclaredLevel::Fixed(level) => level.as_str(),
        DeclaredLevel::PerFinding => "per-finding",
    }
}
