//! What `rego.metadata.rule()` and `rego.metadata.chain()` answer: the METADATA around the rule they stand in.
//!
//! An extension of the engine cannot know its caller, so `rewrite` puts the answer in place of the call. Shapes and scopes
//! follow OPA (<https://www.openpolicyagent.org/docs/policy-language#annotations>). Must not judge what METADATA says.

use serde_json::{Map, Value, json};

use crate::source::{self, MAX_DEPTH, Span};

use super::Attachment;
use super::ast::Rule;
use super::dialect::Fault;
use super::load::Parsed;
use super::names::Names;

/// The METADATA of all files.
pub(super) struct Annotations {
    blocks: Vec<Block>,
}

/// A block that could be read, and what it is about.
struct Block {
    module: usize,
    /// Index of the rule below it; `None` for the package.
    rule: Option<usize>,
    start: usize,
    value: Value,
}

impl Block {
    fn scope(&self) -> &str {
        self.value.get("scope").and_then(Value::as_str).unwrap_or_default()
    }
}

impl Annotations {
    /// Empty where no file can ask for it: reading YAML takes time.
    pub(super) fn new(modules: &[Parsed]) -> Self {
        let mut blocks = Vec::new();
        let modules = if is_mentioned(modules) { modules } else { &[] };
        for (index, module) in modules.iter().enumerate() {
            for block in &module.metadata {
                let rule = match block.attaches_to {
                    Attachment::Nothing => continue,
                    Attachment::Package => None,
                    Attachment::Rule(_) => match below(&module.ast.rules, block.span.end) {
                        None => continue,
                        found => found,
                    },
                };
                // What cannot be read is a fault where somebody asks for it.
                let Ok(value) = read(&block.yaml, rule.is_none()) else { continue };
                blocks.push(Block { module: index, rule, start: block.span.start, value });
            }
        }
        // A block above several bodies of one head is listed once for each.
        blocks.dedup_by_key(|block| (block.module, block.start));
        Self { blocks }
    }

    /// The blocks of one rule alone, the closest first.
    fn of_rule(&self, module: usize, rule: usize) -> impl Iterator<Item = &Block> {
        let own = move |block: &&Block| block.module == module && block.rule == Some(rule) && block.scope() == "rule";
        self.blocks.iter().rev().filter(own)
    }

    /// The answer of `rego.metadata.rule()` at a place in this rule.
    pub(super) fn rule(&self, names: &Names<'_>, module: usize, rule: usize, at: Span) -> Value {
        let own = self.of_rule(module, rule).next().filter(|_| !in_else(names, module, rule, at));
        own.map_or_else(|| json!({}), |block| block.value.clone())
    }

    /// The answer of `rego.metadata.chain()` at a place in this rule: from the rule outwards.
    pub(super) fn chain(&self, names: &Names<'_>, module: usize, rule: usize, at: Span) -> Value {
        let Some(path) = rule_path(names, module, rule) else { return json!([]) };
        let package = names.package(module);
        let link = |path: &[String], block: &Block| json!({"path": shown(path), "annotations": block.value});
        let own = self.of_rule(module, rule).filter(|_| !in_else(names, module, rule, at));
        let mut links: Vec<Value> = own.map(|block| link(&path, block)).collect();
        if links.is_empty() {
            links.push(json!({"path": shown(&path)}));
        }
        let document = self.blocks.iter().find(|block| {
            let of = block.rule.and_then(|rule| rule_path(names, block.module, rule));
            block.scope() == "document" && of.as_ref() == Some(&path)
        });
        links.extend(document.map(|block| link(&path, block)));
        let of_package = |scope: &str, path: &[String]| {
            let about = |block: &&Block| block.rule.is_none() && block.scope() == scope;
            self.blocks.iter().filter(about).find(|block| names.package(block.module) == path)
        };
        links.extend(of_package("package", package).map(|block| link(package, block)));
        for length in (1..=package.len()).rev() {
            let path = package.get(..length).unwrap_or_default();
            links.extend(of_package("subpackages", path).map(|block| link(path, block)));
        }
        Value::Array(links)
    }
}

/// Whether some file has the word.
pub(super) fn is_mentioned(modules: &[Parsed]) -> bool {
    modules.iter().any(|module| module.mentions_metadata())
}

/// The blocks of a file that cannot be read.
pub(super) fn faults(module: &Parsed) -> Vec<Fault> {
    let wrong = module.metadata.iter().filter_map(|block| {
        let reason = read(&block.yaml, block.attaches_to == Attachment::Package).err()?;
        Some(Fault {
            message: format!("the METADATA block is wrong: {reason}"),
            help: "METADATA is YAML, a mapping of keys to values; `rego.metadata` is to answer with it".to_owned(),
            span: block.span,
        })
    });
    wrong.collect()
}

/// The path of a rule without its computed steps.
fn rule_path(names: &Names<'_>, module: usize, rule: usize) -> Option<Vec<String>> {
    let rule = names.modules.get(module)?.ast.rules.get(rule)?;
    Some([names.package(module), &rule.refr().path()?.parts].concat())
}

/// A path without `data`.
fn shown(path: &[String]) -> &[String] {
    path.get(1..).unwrap_or_default()
}

/// The rule that follows.
fn below(rules: &[Rule], end: usize) -> Option<usize> {
    rules.iter().position(|rule| rule.span().start >= end)
}

/// Whether a place lies in an `else`, which no METADATA is about.
fn in_else(names: &Names<'_>, module: usize, rule: usize, at: Span) -> bool {
    let rule = names.modules.get(module).and_then(|module| module.ast.rules.get(rule));
    let Some(Rule::Spec { bodies, .. }) = rule else { return false };
    bodies.iter().skip(1).map(|body| body.span.span()).any(|body| body.start <= at.start && at.end <= body.end)
}

/// The value of a block: the keys OPA knows, in the shapes it gives them.
fn read(yaml: &str, package: bool) -> Result<Value, String> {
    if source::too_deep(yaml).is_some() {
        return Err(format!("it is nested more than {MAX_DEPTH} deep"));
    }
    let mut raw: Map<String, Value> = yaml_serde::from_str(yaml).map_err(|error| error.to_string())?;
    let mut value = Map::new();
    let entrypoint = raw.get("entrypoint") == Some(&Value::Bool(true));
    let scope = match raw.get("scope").and_then(Value::as_str).filter(|scope| !scope.is_empty()) {
        Some(scope) => scope,
        None if package => "package",
        None if entrypoint => "document",
        None => "rule",
    };
    value.insert("scope".to_owned(), Value::from(scope));
    if entrypoint {
        value.insert("entrypoint".to_owned(), Value::Bool(true));
    }
    for key in ["title", "description", "organizations", "custom"] {
        value.extend(raw.remove(key).filter(|value| !is_empty(value)).map(|value| (key.to_owned(), value)));
    }
    for (key, shape) in [("related_resources", related as fn(&Value) -> Value), ("authors", author)] {
        if let Some(Value::Array(items)) = raw.get(key).filter(|value| !is_empty(value)) {
            value.insert(key.to_owned(), items.iter().map(shape).collect());
        }
    }
    if let Some(Value::Array(schemas)) = raw.get("schemas").filter(|value| !is_empty(value)) {
        let pairs = schemas.iter().filter_map(Value::as_object).flatten();
        value.insert("schemas".to_owned(), pairs.map(|(path, schema)| schema_of(path, schema)).collect());
    }
    Ok(Value::Object(value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The entries of an object that are not empty.
fn object<const N: usize>(entries: [(&str, &str); N]) -> Value {
    let filled = entries.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(filled.map(|(key, value)| (key.to_owned(), Value::from(value))).collect())
}

fn trimmed<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

fn related(value: &Value) -> Value {
    match value {
        Value::String(url) => object([("ref", url)]),
        other => object([("ref", trimmed(other, "ref")), ("description", trimmed(other, "description"))]),
    }
}

/// `John Doe <john@example.com>`, or an object of both.
fn author(value: &Value) -> Value {
    let Value::String(text) = value else {
        return object([("name", trimmed(value, "name")), ("email", trimmed(value, "email"))]);
    };
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let email = words.last().and_then(|last| last.strip_prefix('<')?.strip_suffix('>'));
    if email.is_some() {
        words.pop();
    }
    object([("name", &words.join(" ")), ("email", email.unwrap_or_default())])
}

fn schema_of(path: &str, schema: &Value) -> Value {
    let steps = |path: &str| path.split('.').map(Value::from).collect::<Value>();
    match schema {
        Value::String(name) => json!({"path": steps(path), "schema": steps(name)}),
        definition => json!({"path": steps(path), "definition": definition}),
    }
}
