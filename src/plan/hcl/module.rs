//! A module: what its files declare, found by name and address.
//!
//! Owns the indexes over the blocks. What is declared is shared by all calls of a module, which differ in their key alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::syntax::{Block, Body};
use super::{
    Call, Lifecycle, Position, SnapshotModule, SourceBlock, Spot, Unparsed, joined, lifecycle, overrides, read,
};

/// A module.
#[derive(Debug, Clone, Default)]
pub struct Module {
    key: String,
    dir: String,
    content: Arc<Content>,
    pub(super) unparsed: Vec<Unparsed>,
}

/// What the files of a module declare.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) body: Body,
    /// By address relative to the module.
    pub(super) blocks: HashMap<String, SourceBlock>,
    /// Module calls by name: where they are in the body.
    calls: HashMap<Arc<str>, usize>,
    /// `removed` blocks by what they let go of: where they are in the body.
    removed: HashMap<String, usize>,
    /// Providers that a block sets up, with alias.
    pub(super) configured: BTreeSet<String>,
    /// Providers that are required or that resources name, without alias.
    pub(super) implied: BTreeSet<String>,
    /// Sources of the providers that are required, by name.
    required: HashMap<Arc<str>, String>,
    /// Expressions that could not be read.
    unread: Vec<Spot>,
}

/// Parses modules. The order of what is returned is that of the modules, whatever thread read them.
pub(super) fn parse_all(modules: &[&SnapshotModule]) -> Vec<Module> {
    let files: Vec<Vec<read::File<'_>>> = modules.iter().map(|module| read::files(module)).collect();
    let mut parsed = read::all(&files.concat()).into_iter();
    let of = |(module, files): (&&SnapshotModule, Vec<read::File<'_>>)| {
        let mut out = Module { key: module.key.clone(), dir: module.dir.clone(), ..Module::default() };
        let mut body = Body::default();
        for (file, parsed) in files.iter().zip(parsed.by_ref()) {
            match parsed {
                Ok(overriding) if file.overrides => overrides::merge(&mut body, overriding),
                Ok(declared) => body.blocks.extend(declared.blocks),
                Err(unparsed) => out.unparsed.push(unparsed),
            }
        }
        out.content = Arc::new(Content::of(body));
        out
    };
    modules.iter().zip(files).map(of).collect()
}

impl Content {
    pub(super) fn of(body: Body) -> Self {
        let mut out = Self {
            blocks: body.blocks.iter().filter_map(SourceBlock::of).collect(),
            configured: body.blocks("provider").filter_map(provider_name).collect(),
            implied: body.blocks.iter().filter_map(provider_of).collect(),
            unread: body.unread(),
            ..Self::default()
        };
        // Of several that are called alike the first counts.
        for (at, block) in body.blocks.iter().enumerate().rev() {
            match &*block.ident {
                "module" => out.calls.extend(block.labels.first().map(|name| (Arc::clone(name), at))),
                "removed" => {
                    let from = block.body.attribute("from").and_then(|from| from.expr.word());
                    out.removed.extend(from.map(|from| (from.to_owned(), at)));
                }
                "terraform" => {
                    for provider in block.body.blocks("required_providers").flat_map(|block| &block.body.attributes) {
                        out.implied.insert(provider.name.to_string());
                        let source = provider.expr.entry("source").map(|source| (Arc::clone(&provider.name), source));
                        out.required.extend(source);
                    }
                }
                _ => {}
            }
        }
        out.body = body;
        out
    }
}

impl Module {
    /// Parses the files of a module and merges override files; what cannot be parsed is a gap.
    #[must_use]
    pub fn parse(module: &SnapshotModule) -> Self {
        parse_all(&[module]).pop().unwrap_or_default()
    }

    /// The same module under another key: it is called more than once.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// The same module in another directory, with what it declares there.
    pub(super) fn placed(&self, dir: &str, content: Arc<Content>, unparsed: Vec<Unparsed>) -> Self {
        Self { key: self.key.clone(), dir: dir.to_owned(), content, unparsed }
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

    /// Expressions that could not be read. Whatever their text names counts as what they refer to.
    #[must_use]
    pub fn unread(&self) -> &[Spot] {
        &self.content.unread
    }

    /// Its module calls, in the order of the files.
    pub fn calls(&self) -> impl Iterator<Item = Call> {
        self.body().blocks("module").filter_map(Call::of)
    }

    /// The call of a name.
    #[must_use]
    pub fn call(&self, name: &str) -> Option<Call> {
        self.call_block(name).and_then(Call::of)
    }

    /// Its resource blocks by relative address, sorted.
    #[must_use]
    pub fn blocks(&self) -> BTreeMap<&str, &SourceBlock> {
        self.content.blocks.iter().map(|(address, block)| (address.as_str(), block)).collect()
    }

    /// Whether it declares nothing and has no file that could not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body().blocks.is_empty() && self.unparsed.is_empty()
    }

    pub(super) fn body(&self) -> &Body {
        &self.content.body
    }

    pub(super) fn content(&self) -> &Arc<Content> {
        &self.content
    }

    pub(super) fn call_block(&self, name: &str) -> Option<&Block> {
        self.body().blocks.get(*self.content.calls.get(name)?)
    }

    /// The source of a provider that is required by that name.
    pub(super) fn required(&self, provider: &str) -> Option<&str> {
        self.content.required.get(provider).map(String::as_str)
    }

    /// The `removed` block of an address, or of a module around it; neither has keys.
    pub(super) fn removed_block(&self, address: &str) -> Option<&Block> {
        let removed = &self.content.removed;
        if removed.is_empty() {
            return None;
        }
        let ends = address.match_indices('.').map(|(at, _)| at).chain([address.len()]);
        let found = ends.filter_map(|end| removed.get(address.get(..end)?));
        self.body().blocks.get(*found.min()?)
    }
}

impl Call {
    fn of(block: &Block) -> Option<Self> {
        let text =
            |name: &str| block.body.attribute(name).and_then(|attribute| attribute.expr.text()).map(str::to_owned);
        Some(Self {
            name: block.labels.first()?.clone(),
            source: text("source"),
            version: text("version"),
            spot: block.spot.clone(),
        })
    }
}

impl SourceBlock {
    /// A resource block by its address.
    fn of(block: &Block) -> Option<(String, Self)> {
        let [of, name] = block.labels.as_slice() else { return None };
        let address = match &*block.ident {
            "resource" => format!("{of}.{name}"),
            kind @ ("data" | "ephemeral" | "action") => format!("{kind}.{of}.{name}"),
            _ => return None,
        };
        let block = Self {
            header: header(block),
            spot: block.spot.clone(),
            construct: block.construct.clone(),
            lifecycle: Lifecycle::of(&block.body),
            destroy_provisioners: lifecycle::destroy_provisioners(&block.body),
            provider: block.body.attribute("provider").and_then(|provider| provider.expr.word().map(Arc::from)),
        };
        Some((address, block))
    }
}

/// `azurerm` or `azurerm.dr`, of a provider block.
pub(super) fn provider_name(block: &Block) -> Option<String> {
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
pub(super) fn header(block: &Block) -> String {
    let labels: Vec<String> = block.labels.iter().map(|label| format!(" \"{label}\"")).collect();
    format!("{}{} {{", block.ident, labels.concat())
}
