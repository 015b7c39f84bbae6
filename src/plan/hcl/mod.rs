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
mod module;
mod native;
mod overrides;
mod read;
mod references;
mod rename;
mod scan;
mod syntax;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::segments::segments;
use crate::source::Position;
use syntax::Block;

pub use configuration::{configuration, enrich, providers};
pub use defaults::Defaults;
pub use lifecycle::{DestroyProvisioner, Lifecycle, Listed, Setting};
pub use locate::{Placed, PlacedAt};
pub use module::Module;
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

/// The modules of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    modules: Arc<BTreeMap<String, Module>>,
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
        let mut alike: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut distinct: Vec<&SnapshotModule> = Vec::new();
        let mut of = Vec::new();
        for module in modules {
            let there = alike.entry(&module.dir).or_default();
            let is_it = |at: &usize| distinct.get(*at).is_some_and(|other| other.files == module.files);
            let at = there.iter().copied().find(is_it).unwrap_or_else(|| {
                there.push(distinct.len());
                distinct.push(module);
                distinct.len() - 1
            });
            of.push((&module.key, at));
        }
        let parsed = module::parse_all(&distinct);
        of.into_iter().filter_map(|(key, at)| Some(parsed.get(at)?.keyed(key))).collect()
    }

    /// The sources of these modules; of equal keys the last counts.
    #[must_use]
    pub fn assemble(modules: impl IntoIterator<Item = Module>) -> Self {
        Self { modules: Arc::new(modules.into_iter().map(|module| (module.key().to_owned(), module)).collect()) }
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
            let steps = module.key().split('.').filter(|step| !step.is_empty()).map(|step| format!("module.{step}"));
            let own = segments(text).into_iter().map(|segment| segment.name.to_owned());
            Some(steps.chain(own).collect::<Vec<_>>().join("."))
        };
        let ends = |module: &Module| -> Vec<(String, String)> {
            let moved = module.body().blocks("moved");
            moved.filter_map(|block| Some((end(module, block, "from")?, end(module, block, "to")?))).collect()
        };
        let all = self.modules.values().flat_map(ends);
        all.filter(|(from, to)| from != to).collect()
    }

    /// Calls whose module is not at hand, with the key it would have.
    pub fn missing_modules(&self) -> impl Iterator<Item = (String, Call)> {
        self.modules.values().flat_map(|module| {
            let missing = |call: Call| {
                let key = child_key(module.key(), &call.name);
                (!self.modules.contains_key(&key)).then_some((key, call))
            };
            module.calls().filter_map(missing)
        })
    }

    /// Whether every module is at hand and every file of it was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_read = self.modules.values().all(|module| module.unparsed().is_empty());
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

#[cfg(test)]
mod tests;
