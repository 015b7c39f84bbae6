//! The sources of a plan: blocks of `.tf` and `.tf.json` files with their places.
//!
//! Owns both notations, override files, lifecycle settings, references, and finding the block of an address. Works
//! from a [`Snapshot`], however that was had; must not touch files, evaluate expressions, or judge. What does not parse is
//! kept as a gap: that a block is not found there says nothing.

mod configuration;
mod defaults;
mod json;
mod lifecycle;
mod lines;
mod locate;
mod native;
mod overrides;
mod references;
mod scan;
mod syntax;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::segments::segments;
use crate::source::Position;
use overrides::Notation;
use syntax::{Block, Body};

pub use configuration::{configuration, enrich};
pub use defaults::Defaults;
pub use lifecycle::{DestroyProvisioner, Lifecycle, Listed, Setting};
pub use locate::{Placed, PlacedAt};
pub use overrides::is_source_file;

/// All source files of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The root module and every module it calls, directly or not.
    pub modules: Vec<SnapshotModule>,
}

/// The source files of a module.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SnapshotModule {
    /// Names of the calls that lead to it, joined with dots; `""` is the root.
    pub key: String,
    /// Its directory, as messages name it.
    pub dir: String,
    /// Names and texts of its files.
    pub files: Vec<(String, Arc<str>)>,
}

/// Without the texts, which may hold secrets.
impl std::fmt::Debug for SnapshotModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SnapshotModule").field("key", &self.key).field("dir", &self.dir).field("files", &names).finish()
    }
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, as messages name it.
    pub file: Arc<str>,
    /// Line and column.
    pub position: Position,
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.position.line)
    }
}

/// A source that could not be read: what it declares is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparsed {
    /// Where reading stopped.
    pub spot: Spot,
    /// Why, without quoting the text: it may hold secrets.
    pub message: String,
}

/// A module call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: Arc<str>,
    /// `source`, where it is constant.
    pub source: Option<String>,
    /// `version`, where it is constant.
    pub version: Option<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// What is known of a resource block: a managed resource, a data source, an ephemeral resource or an action.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceBlock {
    /// Its first line, as it would be written: no value of an attribute.
    pub header: String,
    /// Where it is written.
    pub spot: Spot,
    /// Path of the construct that made it (CDK for Terraform).
    pub construct: Option<Arc<str>>,
    /// `lifecycle`.
    pub lifecycle: Lifecycle,
    /// Provisioners that run before its objects are destroyed.
    pub destroy_provisioners: Vec<DestroyProvisioner>,
    /// `provider`, as written.
    pub provider: Option<Arc<str>>,
}

/// A module.
#[derive(Debug, Clone, Default)]
pub struct Module {
    key: String,
    dir: String,
    body: Body,
    /// By address relative to the module.
    blocks: HashMap<String, SourceBlock>,
    /// Module calls by name: where they are in the body.
    calls: HashMap<Arc<str>, usize>,
    /// Providers that a block sets up, with alias.
    configured: BTreeSet<String>,
    /// Providers that are required or that resources name, without alias.
    implied: BTreeSet<String>,
    unparsed: Vec<Unparsed>,
}

/// The modules of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    modules: Arc<BTreeMap<String, Module>>,
}

impl Module {
    /// Parses the files of a module and merges override files; what cannot be parsed is a gap.
    #[must_use]
    pub fn parse(module: &SnapshotModule) -> Self {
        let texts: HashMap<&str, &Arc<str>> = module.files.iter().map(|(name, text)| (name.as_str(), text)).collect();
        let mut out = Self { key: module.key.clone(), dir: module.dir.clone(), ..Self::default() };
        for (name, notation, overrides) in overrides::ordered(texts.keys().copied()) {
            let Some(text) = texts.get(name) else { continue };
            let file = joined(&module.dir, name);
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let parsed = match notation {
                Notation::Native => native::parse(&file, text),
                Notation::Json => json::parse(&file, text),
            };
            match parsed {
                Ok(body) if overrides => overrides::merge(&mut out.body, body),
                Ok(body) => out.body.blocks.extend(body.blocks),
                Err(unparsed) => out.unparsed.push(unparsed),
            }
        }
        out.index();
        out
    }

    fn index(&mut self) {
        self.blocks = self.body.blocks.iter().filter_map(resource).collect();
        self.configured = self.body.blocks("provider").filter_map(provider_name).collect();
        for (at, block) in self.body.blocks.iter().enumerate().rev().filter(|(_, block)| &*block.ident == "module") {
            self.calls.extend(block.labels.first().map(|name| (Arc::clone(name), at)));
        }
        let required = self.body.blocks("terraform").flat_map(|block| block.body.blocks("required_providers"));
        let required = required.flat_map(|block| block.body.attributes.iter().map(|each| each.name.to_string()));
        self.implied = required.chain(self.body.blocks.iter().filter_map(provider_of)).collect();
    }

    /// The same module under another key: it is called more than once.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// Notes a file that could not be had.
    pub fn add_unread(&mut self, file: &str, message: String) {
        let spot = Spot { file: joined(&self.dir, file), position: Position { line: 1, column: 1 } };
        self.add_gap(spot, message);
    }

    /// Notes a place from which on it is not known what the module declares.
    pub fn add_gap(&mut self, spot: Spot, message: String) {
        self.unparsed.push(Unparsed { spot, message });
    }

    /// Names of the calls that lead to it, joined with dots.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What addresses of its blocks begin with: `module.a.module.b.`, and nothing in the root.
    #[must_use]
    pub fn address_prefix(&self) -> String {
        let mut prefix = String::new();
        for step in self.key.split('.').filter(|step| !step.is_empty()) {
            prefix.extend(["module.", step, "."]);
        }
        prefix
    }

    /// Its directory, as messages name it.
    #[must_use]
    pub fn dir(&self) -> &str {
        &self.dir
    }

    /// Files that could not be read.
    #[must_use]
    pub fn unparsed(&self) -> &[Unparsed] {
        &self.unparsed
    }

    /// Its module calls, in the order of the files.
    pub fn calls(&self) -> impl Iterator<Item = Call> {
        let text = |block: &Block, name: &str| {
            block.body.attribute(name).and_then(|attribute| attribute.expr.text()).map(str::to_owned)
        };
        self.body.blocks("module").filter_map(move |block| {
            Some(Call {
                name: block.labels.first()?.clone(),
                source: text(block, "source"),
                version: text(block, "version"),
                spot: block.spot.clone(),
            })
        })
    }

    /// Its resource blocks by relative address, sorted.
    #[must_use]
    pub fn blocks(&self) -> BTreeMap<&str, &SourceBlock> {
        self.blocks.iter().map(|(address, block)| (address.as_str(), block)).collect()
    }

    /// Whether it declares nothing and has no file that could not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.blocks.is_empty() && self.unparsed.is_empty()
    }
}

impl Sources {
    /// The sources of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        Self::assemble(Self::of_modules(&snapshot.modules))
    }

    /// Parses modules; those of one directory, which are called more than once, only once.
    #[must_use]
    pub fn of_modules<'a>(modules: impl IntoIterator<Item = &'a SnapshotModule>) -> Vec<Module> {
        let mut parsed: HashMap<&str, Vec<(&SnapshotModule, usize)>> = HashMap::new();
        let mut out: Vec<Module> = Vec::new();
        for module in modules {
            let alike = parsed.entry(&module.dir).or_default();
            let known = alike.iter().find(|(other, _)| other.files == module.files);
            let known = known.and_then(|(_, at)| out.get(*at)).map(|known| known.keyed(&module.key));
            let next = known.unwrap_or_else(|| {
                alike.push((module, out.len()));
                Module::parse(module)
            });
            out.push(next);
        }
        out
    }

    /// The sources of these modules; of equal keys the last counts.
    #[must_use]
    pub fn assemble(modules: impl IntoIterator<Item = Module>) -> Self {
        Self { modules: Arc::new(modules.into_iter().map(|module| (module.key.clone(), module)).collect()) }
    }

    /// The module with that key.
    #[must_use]
    pub fn module(&self, key: &str) -> Option<&Module> {
        self.modules.get(key)
    }

    /// Every module, by key.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// `moved` blocks of all modules: addresses of blocks or modules before and after, without keys.
    #[must_use]
    pub fn moved(&self) -> Vec<(String, String)> {
        let end = |module: &Module, block: &Block, name: &str| {
            let text = block.body.attribute(name)?.expr.word()?;
            let steps = module.key.split('.').filter(|step| !step.is_empty()).map(|step| format!("module.{step}"));
            let own = segments(text).into_iter().map(|segment| segment.name.to_owned());
            Some(steps.chain(own).collect::<Vec<_>>().join("."))
        };
        let ends = |module: &Module| -> Vec<(String, String)> {
            let moved = module.body.blocks("moved");
            moved.filter_map(|block| Some((end(module, block, "from")?, end(module, block, "to")?))).collect()
        };
        let all = self.modules.values().flat_map(ends);
        all.filter(|(from, to)| from != to).collect()
    }

    /// Calls whose module is not at hand, with the key it would have.
    pub fn missing_modules(&self) -> impl Iterator<Item = (String, Call)> {
        self.modules.values().flat_map(|module| {
            let missing = |call: Call| {
                let key = child_key(&module.key, &call.name);
                (!self.modules.contains_key(&key)).then_some((key, call))
            };
            module.calls().filter_map(missing)
        })
    }

    /// Whether every module is at hand and every file of it was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_read = self.modules.values().all(|module| module.unparsed.is_empty());
        is_read && self.modules.contains_key("") && self.missing_modules().next().is_none()
    }
}

/// The key of the module that a call in another makes.
#[must_use]
pub fn child_key(parent: &str, call: &str) -> String {
    if parent.is_empty() { call.to_owned() } else { format!("{parent}.{call}") }
}

/// A path as messages name it.
fn joined(dir: &str, name: &str) -> Arc<str> {
    match dir.trim_end_matches('/') {
        "" if dir.starts_with('/') => format!("/{name}").into(),
        "" | "." => name.into(),
        // A directory of a commit, as git writes it: `main:`.
        dir if dir.ends_with(':') => format!("{dir}{name}").into(),
        dir => format!("{dir}/{name}").into(),
    }
}

/// A resource block by its address.
fn resource(block: &Block) -> Option<(String, SourceBlock)> {
    let [of, name] = block.labels.as_slice() else { return None };
    let address = match &*block.ident {
        "resource" => format!("{of}.{name}"),
        kind @ ("data" | "ephemeral" | "action") => format!("{kind}.{of}.{name}"),
        _ => return None,
    };
    let block = SourceBlock {
        header: header(block),
        spot: block.spot.clone(),
        construct: block.construct.clone(),
        lifecycle: Lifecycle::of(&block.body),
        destroy_provisioners: lifecycle::destroy_provisioners(&block.body),
        provider: block.body.attribute("provider").and_then(|provider| provider.expr.word().map(Arc::from)),
    };
    Some((address, block))
}

/// `azurerm` or `azurerm.dr`, of a provider block.
fn provider_name(block: &Block) -> Option<String> {
    let name = block.labels.first()?;
    let alias = block.body.attribute("alias").and_then(|alias| alias.expr.text());
    Some(alias.map_or_else(|| name.to_string(), |alias| format!("{name}.{alias}")))
}

/// The provider of a resource block, without alias: the one it names, or the one its type begins with.
fn provider_of(block: &Block) -> Option<String> {
    let [of, _] = block.labels.as_slice() else { return None };
    let named = block.body.attribute("provider").and_then(|provider| provider.expr.word());
    let name = named.map_or_else(|| of.split('_').next(), |named| named.split('.').next());
    Some(name.unwrap_or(of).to_owned())
}

/// The first line of a block.
fn header(block: &Block) -> String {
    let labels: Vec<String> = block.labels.iter().map(|label| format!(" \"{label}\"")).collect();
    format!("{}{} {{", block.ident, labels.concat())
}

#[cfg(test)]
mod tests;
