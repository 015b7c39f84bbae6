//! What rules let a repository set: parameters that METADATA declares with a default, and the values configuration gives them.
//!
//! Owns names, types and values of parameters. Must not know configuration files.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Rule;
use crate::finding::RuleId;
use crate::problem::{Place, Problem, ProblemCode};
use crate::suggest;
use crate::text::one_line;

/// A parameter of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// What it takes.
    pub kind: Kind,
    /// Its value where nobody sets another.
    pub default: Value,
    /// What it is for.
    pub description: Option<String>,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    String,
    /// A number, whole or not.
    Number,
    /// True or false.
    Boolean,
    /// A list of texts.
    List,
}

impl Kind {
    /// Every kind and its word.
    pub const ALL: [(&'static str, Self); 4] =
        [("string", Self::String), ("number", Self::Number), ("boolean", Self::Boolean), ("list", Self::List)];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether it takes a value.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        }
    }
}

/// A value that somebody sets.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The id of the rule.
    pub rule: String,
    /// The name of the parameter.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where it is set.
    pub place: Place,
}

/// The values that are set, by rule and name.
pub type Values = BTreeMap<RuleId, BTreeMap<String, Value>>;

/// Takes settings for rules.
///
/// # Errors
/// A problem for each rule that is not there, parameter it does not have, and value of another type.
pub fn settle(settings: &[Setting], rules: &[Rule]) -> Result<Values, Vec<Problem>> {
    let mut values = Values::new();
    let mut problems = Vec::new();
    for setting in settings {
        match check(setting, rules) {
            Ok(rule) => {
                values.entry(rule.id.clone()).or_default().insert(setting.name.clone(), setting.value.clone());
            }
            Err((message, label, help)) => problems.push(
                Problem::new(ProblemCode::Config, message)
                    .at(&setting.place.file, setting.place.span, label)
                    .help(help),
            ),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// The rule that is meant, or message, label and help.
fn check<'r>(setting: &Setting, rules: &'r [Rule]) -> Result<&'r Rule, (String, &'static str, String)> {
    let (id, name) = (one_line(&setting.rule), one_line(&setting.name));
    let Some(rule) = rules.iter().find(|rule| rule.id.as_str() == setting.rule) else {
        let help = "parameters belong to one rule, by the id that `plangate rules` lists".to_owned();
        return Err((format!("no rule is called `{id}`, so nothing has these parameters"), "set here", help));
    };
    let declared = &rule.meta.parameters;
    let Some(parameter) = declared.get(&setting.name) else {
        let help = match suggest::nearest(&setting.name, declared.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if declared.is_empty() => "its METADATA declares none under `custom.parameters`".to_owned(),
            None => format!("it has {}", suggest::list(&declared.keys().map(String::as_str).collect::<Vec<_>>())),
        };
        return Err((format!("the rule `{id}` has no parameter `{name}`"), "no such parameter", help));
    };
    if !parameter.kind.takes(&setting.value) {
        let help = format!("its METADATA says `type: {}`", parameter.kind.as_str());
        return Err((format!("`{name}` of `{id}` takes another type of value"), "not of its type", help));
    }
    Ok(rule)
}

/// A problem for each parameter that a rule reads and does not declare: it would be undefined, and the rule silent.
pub(super) fn undeclared(rule: &Rule) -> Vec<String> {
    let below = |paths: &crate::plan::sink::PathSet, key: &str| {
        paths.names().find(|(name, _)| *name == key).map(|(_, below)| below.clone())
    };
    let read = below(&rule.reads.paths, "plangate").and_then(|paths| below(&paths, "parameters"));
    let read = read.iter().flat_map(crate::plan::sink::PathSet::names).map(|(name, _)| name);
    read.filter(|name| !rule.meta.parameters.contains_key(*name)).map(str::to_owned).collect()
}

/// The values a rule sees: those that are set, else the defaults.
#[must_use]
pub fn of_rule(rule: &Rule, values: &Values) -> BTreeMap<String, Value> {
    let set = values.get(&rule.id);
    let value =
        |name: &String, parameter: &Parameter| set.and_then(|set| set.get(name)).unwrap_or(&parameter.default).clone();
    rule.meta.parameters.iter().map(|(name, parameter)| (name.clone(), value(name, parameter))).collect()
}
