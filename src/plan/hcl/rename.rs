//! The same sources under other names of their files.
//!
//! A saved plan names its files by the directory it was made in; people want to see them by theirs. Nothing is parsed again.

use std::collections::HashMap;
use std::sync::Arc;

use super::module::{Content, Module};
use super::syntax::Body;
use super::{Snapshot, SnapshotModule, Sources, Spot, joined};

/// New names of files by old ones.
type Names = HashMap<Arc<str>, Arc<str>>;

impl Sources {
    /// The sources of `from`, with the names that the same files have in `to`.
    #[must_use]
    pub fn renamed(&self, from: &Snapshot, to: &Snapshot) -> Self {
        let to: HashMap<&str, &SnapshotModule> =
            to.modules.iter().map(|module| (module.key.as_str(), module)).collect();
        let from: HashMap<&str, &SnapshotModule> =
            from.modules.iter().map(|module| (module.key.as_str(), module)).collect();
        // Calls of a module share what it declares, before and after.
        let mut shared: HashMap<(*const Content, &str), Arc<Content>> = HashMap::new();
        Self::assemble(self.modules().map(|module| {
            let both = from.get(module.key()).zip(to.get(module.key()));
            let Some((from, to)) = both.filter(|(from, to)| from.dir != to.dir) else { return module.clone() };
            let names = names(from, to);
            let known = shared.entry((Arc::as_ptr(module.content()), to.dir.as_str()));
            let content = known.or_insert_with(|| Arc::new(rename_content(module, &names)));
            let mut unparsed = module.unparsed().to_vec();
            for unparsed in &mut unparsed {
                rename(&mut unparsed.spot, &names);
            }
            module.placed(&to.dir, Arc::clone(content), unparsed)
        }))
    }
}

fn names(from: &SnapshotModule, to: &SnapshotModule) -> Names {
    from.files.iter().map(|(name, _)| (joined(&from.dir, name), joined(&to.dir, name))).collect()
}

fn rename_content(module: &Module, names: &Names) -> Content {
    let mut body = module.body().clone();
    rename_body(&mut body, names);
    Content::of(body)
}

fn rename_body(body: &mut Body, names: &Names) {
    for attribute in &mut body.attributes {
        rename(&mut attribute.spot, names);
    }
    for block in &mut body.blocks {
        rename(&mut block.spot, names);
        rename_body(&mut block.body, names);
    }
}

fn rename(spot: &mut Spot, names: &Names) {
    if let Some(name) = names.get(&spot.file) {
        spot.file = Arc::clone(name);
    }
}
