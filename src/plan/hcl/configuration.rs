//! From sources to the same shape that a plan's `configuration` is read into.
//!
//! Sources say more: local values, and what dynamic blocks refer to. What is written as an expression in a plan is one here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::module::provider_name;
use super::syntax::{Block, Body, Expr, Form, Union};
use super::{Module, Sources, child_key};
use crate::plan::configuration::{ConfigModule, ConfigResource, ModuleCall, ProviderConfig, References};
use crate::plan::json::Names;
use crate::plan::segments::{MAX_MODULES, segments};
use crate::plan::value::{Map, Number};
use crate::plan::{Configuration, Value};

/// Arguments of a resource that are no attributes of it.
const META: [&str; 4] = ["count", "for_each", "depends_on", "provider"];
/// Blocks of a resource that are no attributes of it.
const META_BLOCKS: [&str; 3] = ["lifecycle", "provisioner", "connection"];
/// Arguments of a module call that are no variables of the module.
const CALL_META: [&str; 6] = ["source", "version", "count", "for_each", "depends_on", "providers"];
/// Most modules that are looked at: a call may call its own module, where a snapshot was made up.
const MAX_CALLS: usize = 20_000;

/// The configuration that sources declare; of the settings of providers only those named are kept.
#[must_use]
pub fn configuration(sources: &Sources, settings: &Names) -> Configuration {
    let Some(root) = sources.module("") else { return Configuration::default() };
    let mut reader = Reader { sources, settings, providers: BTreeMap::new(), managed: 0, left: MAX_CALLS };
    let module = reader.module(root, 0);
    Configuration {
        managed_resources: reader.managed,
        declares_variables: root.body().blocks("variable").next().is_some(),
        root: module,
        providers: reader.providers.into_values().collect(),
    }
}

/// Adds to the configuration of a plan what sources know better: local values, and references of dynamic blocks.
/// What the plan does not have is not added.
pub fn enrich(configuration: &mut Configuration, sources: &Sources) {
    let from = self::configuration(sources, &Names::default());
    enrich_module(&mut configuration.root, from.root);
}

/// The provider configuration of every managed block, as Terraform keys it, by the address of the block.
#[must_use]
pub fn providers(sources: &Sources) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect_providers(&configuration(sources, &Names::default()).root, "", &mut found);
    found
}

fn collect_providers(module: &ConfigModule, path: &str, found: &mut BTreeMap<String, String>) {
    let is_managed =
        |block: &&ConfigResource| !["data.", "ephemeral."].iter().any(|kind| block.address.starts_with(kind));
    for block in module.resources.iter().filter(is_managed) {
        let key = block.provider_config_key.as_deref().map(str::to_owned);
        found.extend(key.map(|key| (format!("{path}{}", block.address), key)));
    }
    for (name, call) in &module.calls {
        collect_providers(&call.module, &format!("{path}module.{name}."), found);
    }
}

fn enrich_module(module: &mut ConfigModule, from: ConfigModule) {
    let mut resources: BTreeMap<Arc<str>, ConfigResource> =
        from.resources.into_iter().map(|block| (Arc::clone(&block.address), block)).collect();
    for block in &mut module.resources {
        let Some(from) = resources.remove(&block.address) else { continue };
        add_named(&mut block.references, from.references);
        add(&mut block.repetition, &from.repetition);
        add(&mut block.depends_on, &from.depends_on);
    }
    let mut calls: BTreeMap<Arc<str>, ModuleCall> = from.calls.into_iter().collect();
    for (name, call) in &mut module.calls {
        let Some(from) = calls.remove(name) else { continue };
        add_named(&mut call.arguments, from.arguments);
        add(&mut call.repetition, &from.repetition);
        add(&mut call.depends_on, &from.depends_on);
        enrich_module(&mut call.module, from.module);
    }
    add_named(&mut module.outputs, from.outputs);
    module.locals = from.locals;
}

fn add_named(into: &mut Vec<(Arc<str>, References)>, from: Vec<(Arc<str>, References)>) {
    let known: HashMap<Arc<str>, usize> =
        into.iter().enumerate().rev().map(|(at, (name, _))| (Arc::clone(name), at)).collect();
    for (name, references) in from {
        match known.get(&name).and_then(|at| into.get_mut(*at)) {
            Some((_, known)) => add(known, &references),
            None => into.push((name, references)),
        }
    }
}

fn add(into: &mut References, from: &[Arc<str>]) {
    *into = Union::of([&**into, from]).into_boxed_slice();
}

struct Reader<'a> {
    sources: &'a Sources,
    settings: &'a Names,
    providers: BTreeMap<String, ProviderConfig>,
    managed: usize,
    left: usize,
}

impl Reader<'_> {
    fn module(&mut self, module: &Module, depth: usize) -> ConfigModule {
        let mut out = ConfigModule::default();
        self.implied(module);
        for block in &module.body().blocks {
            match (&*block.ident, block.labels.as_slice()) {
                ("resource" | "data" | "ephemeral", [of, name]) => {
                    self.managed += usize::from(&*block.ident == "resource");
                    out.resources.push(self.resource(module, block, of, name));
                }
                ("module", [name]) => out.calls.push((Arc::clone(name), self.call(module, block, name, depth))),
                ("output", [name]) => {
                    let value = block.body.attribute("value").map(|value| valid(&value.expr.references));
                    out.outputs.push((Arc::clone(name), value.unwrap_or_default()));
                }
                ("locals", []) => out.locals.extend(
                    block.body.attributes.iter().map(|local| (local.name.clone(), valid(&local.expr.references))),
                ),
                ("provider", [name]) => self.provider(module, block, name),
                _ => {}
            }
        }
        out
    }

    fn resource(&mut self, module: &Module, block: &Block, of: &str, name: &str) -> ConfigResource {
        let prefix = if &*block.ident == "resource" { String::new() } else { format!("{}.", block.ident) };
        let provider = block.body.attribute("provider").and_then(|provider| provider.expr.word());
        let provider = provider.unwrap_or_else(|| of.split('_').next().unwrap_or(of)).to_owned();
        let mut references = named(&block.body, &META);
        add_named(&mut references, blocks_named(&block.body));
        references.retain(|(_, references)| !references.is_empty());
        ConfigResource {
            address: format!("{prefix}{of}.{name}").into(),
            provider_config_key: Some(self.provider_key(module.key(), &provider).into()),
            references,
            repetition: repetition(&block.body),
            depends_on: listed(&block.body, "depends_on"),
        }
    }

    fn call(&mut self, module: &Module, block: &Block, name: &str, depth: usize) -> ModuleCall {
        let key = child_key(module.key(), name);
        self.left = self.left.saturating_sub(1);
        let inner = self.sources.module(&key).filter(|_| depth < MAX_MODULES && self.left > 0);
        let mut arguments = named(&block.body, &CALL_META);
        arguments.retain(|(_, references)| !references.is_empty());
        ModuleCall {
            arguments,
            repetition: repetition(&block.body),
            depends_on: listed(&block.body, "depends_on"),
            module: inner.map(|inner| self.module(inner, depth + 1)).unwrap_or_default(),
        }
    }

    fn provider(&mut self, module: &Module, block: &Block, name: &str) {
        let local = provider_name(block).unwrap_or_else(|| name.to_owned());
        let key = config_key(module.key(), &local);
        let expressions = self.settings.only(body_value(&block.body, &["alias", "version"]));
        let provider = ProviderConfig {
            key: key.as_str().into(),
            name: Some(name.into()),
            full_name: full_name(self.sources, module, name).map(Into::into),
            expressions,
        };
        self.providers.insert(key, provider);
    }

    /// Providers of a module that no block sets up: those it requires, and those its resources name.
    fn implied(&mut self, module: &Module) {
        for name in &module.content().implied {
            let key = config_key(module.key(), name);
            let full_name = full_name(self.sources, module, name).map(Into::into);
            self.providers.entry(key.clone()).or_insert_with(|| ProviderConfig {
                key: key.into(),
                name: Some(name.as_str().into()),
                full_name,
                expressions: Value::Null,
            });
        }
    }

    /// The key of the block that a name means in a module: its own, or what it was given by its callers.
    fn provider_key(&self, module: &str, local: &str) -> String {
        let (mut module, mut local) = (module.to_owned(), local.to_owned());
        for _ in 0..MAX_MODULES {
            let has_own =
                self.sources.module(&module).is_some_and(|module| module.content().configured.contains(&local));
            if has_own || module.is_empty() {
                break;
            }
            let (parent, call) = module.rsplit_once('.').unwrap_or(("", &module));
            let given = self.sources.module(parent).and_then(|parent| parent.call_block(call)).and_then(|call| {
                let providers = call.body.attribute("providers")?;
                match &providers.expr.form {
                    Form::Object(entries) => {
                        let (_, expr) = entries.iter().find(|(name, _)| **name == *local)?;
                        Some(expr.word()?.to_owned())
                    }
                    _ => None,
                }
            });
            // Only a provider without alias is inherited by itself, from a caller that has it.
            let inherits = || {
                !local.contains('.')
                    && self.sources.module(parent).is_some_and(|parent| {
                        parent.content().configured.contains(&local) || parent.content().implied.contains(&local)
                    })
            };
            if given.is_none() && !inherits() {
                break;
            }
            local = given.unwrap_or(local);
            module = parent.to_owned();
        }
        config_key(&module, &local)
    }
}

/// A key of `provider_config`.
fn config_key(module: &str, local: &str) -> String {
    if module.is_empty() {
        return local.to_owned();
    }
    let steps: Vec<String> = module.split('.').map(|step| format!("module.{step}")).collect();
    format!("{}:{local}", steps.join("."))
}

/// The source address of a provider, as far as the sources say it: without host it is Terraform's registry.
fn full_name(sources: &Sources, module: &Module, name: &str) -> Option<String> {
    let source = module.required(name).or_else(|| sources.module("")?.required(name));
    let source = match source {
        Some(source) => source.to_owned(),
        None if name == "terraform" => "terraform.io/builtin/terraform".to_owned(),
        None => format!("hashicorp/{name}"),
    };
    match source.split('/').count() {
        1 => Some(format!("registry.terraform.io/hashicorp/{source}")),
        2 => Some(format!("registry.terraform.io/{source}")),
        3 => Some(source),
        _ => None,
    }
}

/// References of each attribute but some.
fn named(body: &Body, except: &[&str]) -> Vec<(Arc<str>, References)> {
    let attributes = body.attributes.iter().filter(|attribute| !except.contains(&&*attribute.name));
    attributes.map(|attribute| (Arc::clone(&attribute.name), valid(&attribute.expr.references))).collect()
}

/// References of the blocks of a resource, together for each name.
fn blocks_named(body: &Body) -> Vec<(Arc<str>, References)> {
    let mut names: Vec<&str> = Vec::new();
    let mut found: HashMap<&str, Union> = HashMap::new();
    for inner in body.blocks.iter().filter(|inner| !META_BLOCKS.contains(&&*inner.ident)) {
        let union = found.entry(nested_name(inner)).or_insert_with_key(|name| {
            names.push(name);
            Union::default()
        });
        union.add(&nested(inner));
    }
    let of = |name: &str| Some((name.into(), valid(&found.remove(name)?.into_vec())));
    names.into_iter().filter_map(of).collect()
}

/// The attribute that a block makes.
fn nested_name(block: &Block) -> &str {
    match block.labels.first() {
        Some(label) if &*block.ident == "dynamic" => label,
        _ => &block.ident,
    }
}

/// Everything a nested block refers to. What a dynamic block is iterated with is its own.
fn nested(block: &Block) -> Vec<Arc<str>> {
    let mut within = Union::default();
    for attribute in block.body.attributes.iter().filter(|attribute| &*attribute.name != "iterator") {
        within.add(&attribute.expr.references);
    }
    for inner in &block.body.blocks {
        within.add(&nested(inner));
    }
    let mut within = within.into_vec();
    if &*block.ident == "dynamic" {
        let iterator = block.body.attribute("iterator").and_then(|iterator| iterator.expr.word());
        let iterator = iterator.unwrap_or_else(|| nested_name(block)).to_owned();
        within.retain(|reference| segments(reference).first().is_none_or(|root| root.name != iterator));
    }
    within
}

fn repetition(body: &Body) -> References {
    let attributes = ["count", "for_each"].into_iter().filter_map(|name| body.attribute(name));
    valid(&Union::of(attributes.map(|attribute| attribute.expr.references.as_slice())))
}

fn listed(body: &Body, name: &str) -> References {
    body.attribute(name).map(|attribute| valid(&attribute.expr.references)).unwrap_or_default()
}

/// Only what may refer to an object: a bare word is a keyword.
fn valid(references: &[Arc<str>]) -> References {
    references.iter().filter(|reference| reference.contains('.') || ***reference == *"self").cloned().collect()
}

/// A body as `configuration` writes expressions: blocks of a name are a list of objects.
fn body_value(body: &Body, except: &[&str]) -> Value {
    let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
    for attribute in body.attributes.iter().filter(|attribute| !except.contains(&&*attribute.name)) {
        entries.push((Arc::clone(&attribute.name), expr_value(&attribute.expr)));
    }
    let mut blocks: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for block in &body.blocks {
        blocks.entry(nested_name(block)).or_default().push(match &*block.ident {
            // Nobody knows which blocks it makes.
            "dynamic" => references_value(&[]),
            _ => body_value(&block.body, &[]),
        });
    }
    entries.extend(blocks.into_iter().map(|(name, blocks)| (name.into(), Value::List(blocks.into_boxed_slice()))));
    Value::Map(Map::new(entries))
}

/// An expression as `configuration` writes it. Objects and lists of them may be blocks of the JSON syntax.
fn expr_value(expr: &Expr) -> Value {
    let constant = |value: &Json| Value::Map(Map::new(vec![("constant_value".into(), json_value(value))]));
    match &expr.form {
        Form::Constant(Json::Object(entries)) => Value::Map(Map::new(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().into(), expr_value(&Expr::constant(value.clone()))))
                .collect(),
        )),
        Form::Constant(Json::Array(items)) if !items.is_empty() && items.iter().all(Json::is_object) => {
            Value::List(items.iter().map(|item| expr_value(&Expr::constant(item.clone()))).collect())
        }
        Form::Constant(value) => constant(value),
        Form::Object(entries) => {
            Value::Map(Map::new(entries.iter().map(|(key, expr)| (Arc::clone(key), expr_value(expr))).collect()))
        }
        Form::List(items) if items.iter().all(|item| matches!(item.form, Form::Object(_))) => {
            Value::List(items.iter().map(expr_value).collect())
        }
        Form::List(_) | Form::Unread | Form::Other => references_value(&expr.references),
    }
}

fn references_value(references: &[Arc<str>]) -> Value {
    let references = references.iter().map(|reference| Value::String((**reference).into())).collect();
    Value::Map(Map::new(vec![("references".into(), Value::List(references))]))
}

fn json_value(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_f64().map_or(Value::Null, |value| Value::Number(Number::from_f64(value))),
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(json_value).collect()),
        Json::Object(entries) => {
            Value::Map(Map::new(entries.iter().map(|(key, value)| (key.as_str().into(), json_value(value))).collect()))
        }
    }
}
