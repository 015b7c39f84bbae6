//! The result contract: what the value of a policy rule means, and the level of a finding.
//!
//! Pure functions over JSON values. Must not know the engine, plans, masking or findings' subjects:
//! every text here is as the policy made it, and the caller masks it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::finding::{Level, LevelFrom, Preset, Severity};
use crate::text;

/// The message of a rule that is `true` and says no more.
pub const BARE_TRUE_MESSAGE: &str = "the rule holds";
/// The message of a result whose own message is blank.
pub const BLANK_MESSAGE: &str = "the rule gives no message";

/// The level a rule has by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredLevel {
    /// This one, for every result that does not raise it.
    Fixed(Level),
    /// `level: per-finding`: every result carries its own.
    PerFinding,
}

/// The level that the name of a rule stands for, as in conftest: `deny`, `violation`, `warn` and
/// these with suffixes (`deny_public`); `None` for names that make no rule.
#[must_use]
pub fn level_from_name(rule: &str) -> Option<Level> {
    let (word, suffixes) = rule.split_once('_').map_or((rule, None), |(word, rest)| (word, Some(rest)));
    let is_suffix = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !suffixes.is_none_or(|suffixes| suffixes.split('_').all(is_suffix)) {
        return None;
    }
    match word {
        "deny" | "violation" => Some(Level::Deny),
        "warn" => Some(Level::Warn),
        _ => None,
    }
}

/// The level of one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingLevel {
    /// In force.
    pub level: Level,
    /// Before configuration.
    pub declared: Level,
    /// What decided `level`.
    pub from: LevelFrom,
}

/// A rule with `level: per-finding` gave a result without `plangate.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rule leaves the level to each result (`level: per-finding`), and this result has no `plangate.level`")]
pub struct MissingLevel;

/// Decides the level of a finding. The rule gives it; the result may raise it, and a lower level of
/// the result has no effect; what the preset demands may raise it; the configuration replaces all of
/// these, up or down.
pub fn effective_level(
    declared: DeclaredLevel,
    result: Option<Level>,
    preset: Option<Level>,
    config: Option<Level>,
) -> Result<FindingLevel, MissingLevel> {
    let (own, own_from) = match (declared, result) {
        (DeclaredLevel::PerFinding, None) => return Err(MissingLevel),
        (DeclaredLevel::PerFinding, Some(result)) => (result, LevelFrom::Result),
        (DeclaredLevel::Fixed(rule), Some(result)) if result > rule => (result, LevelFrom::Result),
        (DeclaredLevel::Fixed(rule), _) => (rule, LevelFrom::Rule),
    };
    let (own, own_from) = match preset {
        Some(preset) if preset > own => (preset, LevelFrom::Preset),
        _ => (own, own_from),
    };
    let (level, from) = config.map_or((own, own_from), |level| (level, LevelFrom::Config));
    Ok(FindingLevel { level, declared: own, from })
}

impl FindingLevel {
    /// The same where the repository's own catalogue lowered what the result says: the level counts as lowered by
    /// configuration. It changes no level.
    #[must_use]
    pub fn lowered_from(self, before: Option<Level>) -> Self {
        match before {
            Some(before) if before > self.declared => {
                let from = if self.level < before { LevelFrom::Config } else { self.from };
                Self { declared: before, from, ..self }
            }
            _ => self,
        }
    }
}

/// The level a preset demands of a finding, whose rule and result may each name one for the strict preset.
#[must_use]
pub fn preset_level(preset: Preset, rule: Option<Level>, result: Option<Level>) -> Option<Level> {
    match preset {
        Preset::Standard => None,
        Preset::Strict => rule.max(result),
    }
}

/// One result of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawResult {
    /// What is wrong.
    pub message: String,
    /// `plangate.address`.
    pub address: Option<String>,
    /// `plangate.deposed`: the key of the deposed object that is meant.
    pub deposed: Option<String>,
    /// `plangate.level`.
    pub level: Option<Level>,
    /// `plangate.strict`: the level under the strict preset.
    pub strict: Option<Level>,
    /// `plangate.lowered_from`: the level before the repository's own catalogue lowered it.
    pub lowered_from: Option<Level>,
    /// `plangate.severity`.
    pub severity: Option<Severity>,
    /// `plangate.attributes`: paths the finding is about; part of its fingerprint.
    pub attributes: Vec<String>,
    /// `_loc`: a file and a line in it, as in conftest.
    pub place: Option<(String, usize)>,
    /// `plangate.details`.
    pub details: BTreeMap<String, Value>,
    /// All keys that are not plangate's.
    pub metadata: BTreeMap<String, Value>,
}

impl RawResult {
    /// A result that is a message and no more.
    fn of_message(message: &str) -> Self {
        let message = if message.trim().is_empty() { BLANK_MESSAGE } else { message };
        Self { message: message.to_owned(), ..Self::default() }
    }
}

/// The value of a rule has a shape that means nothing; reads on after "the rule `x` gave ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError {
    /// What was found.
    pub message: String,
    /// The element of the set or array, from 0.
    pub index: Option<usize>,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{} as element {index}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ShapeError {}

/// Reads the value of a rule: a set (which arrives as an array) or array of strings or of objects
/// with string `msg` or `message`, one string, or a boolean. Anything else is an error: a value that was
/// passed over could be a finding that never shows.
pub fn interpret(value: &Value) -> Result<Vec<RawResult>, ShapeError> {
    match value {
        Value::Bool(false) => Ok(Vec::new()),
        Value::Bool(true) => Ok(vec![RawResult::of_message(BARE_TRUE_MESSAGE)]),
        Value::String(message) => Ok(vec![RawResult::of_message(message)]),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| element(index, item)).collect(),
        other => Err(ShapeError {
            message: format!("{}; expected a set of strings or of objects with `msg`", shape(other)),
            index: None,
        }),
    }
}

fn element(index: usize, item: &Value) -> Result<RawResult, ShapeError> {
    let result = match item {
        Value::String(message) => Ok(RawResult::of_message(message)),
        Value::Object(object) => from_object(object),
        other => Err(format!("{}, where a string or an object with `msg` must stand,", shape(other))),
    };
    result.map_err(|message| ShapeError { message, index: Some(index) })
}

fn from_object(object: &Map<String, Value>) -> Result<RawResult, String> {
    let (message_key, message) = match (object.get("msg"), object.get("message")) {
        (Some(message), _) => ("msg", message),
        (None, Some(message)) => ("message", message),
        (None, None) => return Err(format!("{} without `msg`", shape(&Value::Object(object.clone())))),
    };
    let Value::String(message) = message else {
        return Err(format!("an object whose `{message_key}` is {} instead of a string", shape(message)));
    };
    let mut result = RawResult::of_message(message);
    for (key, value) in object {
        match key.as_str() {
            "plangate" => own_keys(&mut result, value)?,
            key if key == message_key => {}
            key => {
                if key == "_loc" {
                    result.place = place(value);
                }
                result.metadata.insert(key.to_owned(), value.clone());
            }
        }
    }
    Ok(result)
}

/// Reads `plangate: {address, deposed, level, strict, lowered_from, severity, attributes, details}`. An unknown key is an
/// error: a misspelt
/// `levle` must not leave a finding at a lower level.
fn own_keys(result: &mut RawResult, value: &Value) -> Result<(), String> {
    let Value::Object(own) = value else {
        return Err(format!("an object whose `plangate` is {} instead of an object", shape(value)));
    };
    let wrong = |key: &str, value: &Value, expected: &str| {
        format!("an object whose `plangate.{key}` is {} instead of {expected}", shape(value))
    };
    for (key, value) in own {
        match (key.as_str(), value) {
            ("address", Value::String(address)) => result.address = Some(address.clone()),
            ("address", other) => return Err(wrong("address", other, "a string")),
            ("deposed", Value::Null) => {}
            ("deposed", Value::String(deposed)) => result.deposed = Some(deposed.clone()),
            ("deposed", other) => return Err(wrong("deposed", other, "a string or null")),
            ("level", value) => result.level = Some(own_level(value).ok_or_else(|| level_error(key, value))?),
            ("strict", value) => result.strict = Some(own_level(value).ok_or_else(|| level_error(key, value))?),
            ("lowered_from", value) => {
                result.lowered_from = Some(own_level(value).ok_or_else(|| level_error(key, value))?);
            }
            ("severity", value) => {
                result.severity = Some(own_severity(value).ok_or_else(|| wrong("severity", value, SEVERITIES))?);
            }
            ("attributes", value) => {
                result.attributes = strings(value).ok_or_else(|| wrong("attributes", value, "a list of strings"))?;
            }
            ("details", Value::Object(details)) => {
                result.details = details.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            }
            ("details", other) => return Err(wrong("details", other, "an object")),
            (unknown, _) => {
                return Err(format!("an object with the unknown key `plangate.{unknown}`"));
            }
        }
    }
    if result.deposed.is_some() && result.address.is_none() {
        return Err("an object with `plangate.deposed` but no `plangate.address`".to_owned());
    }
    Ok(())
}

/// A file and a line in it; the first where none is named.
fn place(value: &Value) -> Option<(String, usize)> {
    let line = value.get("line").and_then(Value::as_u64).and_then(|line| usize::try_from(line).ok());
    Some((value.get("file")?.as_str()?.to_owned(), line.unwrap_or(1)))
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// `off` is no level of a result: it would be a finding that is not there.
fn own_level(value: &Value) -> Option<Level> {
    value.as_str().and_then(Level::parse).filter(|level| *level != Level::Off)
}

/// The words of [`Severity`], for messages.
const SEVERITIES: &str = "info, low, medium, high or critical";

fn own_severity(value: &Value) -> Option<Severity> {
    value.as_str().and_then(Severity::parse)
}

fn level_error(key: &str, value: &Value) -> String {
    let found = value.as_str().map_or_else(|| shape(value), |word| format!("`{word}`"));
    format!("an object whose `plangate.{key}` is {found} instead of `info`, `warn` or `deny`")
}

/// What a value is, without showing it: it may hold secrets.
#[must_use]
pub fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(items) => format!("a list of {}", text::count(items.len(), "element")),
        Value::Object(object) => format!("an object of {}", text::count(object.len(), "key")),
    }
}

#[cfg(test)]
mod tests;
