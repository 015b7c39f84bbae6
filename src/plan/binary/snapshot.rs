//! The source files that a saved plan carries.
//!
//! Owns how they lie in the archive, and that they are parsed once at most. Layout: Terraform `internal/plans/planfile/config_snapshot.go`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::archive::Archive;
use super::fault::{Fault, odd};
use crate::plan::hcl::{Defaults, Module, Snapshot, SnapshotModule, Sources};

/// The source files that a saved plan carries, read as far as somebody asks.
#[derive(Default)]
pub struct CarriedSources {
    snapshot: Snapshot,
    root: OnceLock<Option<Module>>,
    parsed: OnceLock<Sources>,
}

impl CarriedSources {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, ..Self::default() }
    }

    /// The files.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether the plan has none at all. Terraform writes them even where they declare nothing.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.snapshot.modules.is_empty()
    }

    /// What they declare.
    #[must_use]
    pub fn parsed(&self) -> &Sources {
        self.parsed.get_or_init(|| {
            let others = Sources::of_modules(self.snapshot.modules.iter().filter(|module| !module.key.is_empty()));
            Sources::assemble(others.into_iter().chain(self.root().cloned()))
        })
    }

    /// The root module alone.
    fn root(&self) -> Option<&Module> {
        let root = || self.snapshot.modules.iter().find(|module| module.key.is_empty()).map(Module::parse);
        self.root.get_or_init(root).as_ref()
    }

    /// Defaults of the variables of the root module.
    pub(super) fn defaults(&self) -> Defaults {
        self.root().map(Module::variable_defaults).unwrap_or_default()
    }
}

/// Without the text, which may hold secrets.
impl fmt::Debug for CarriedSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot.fmt(f)
    }
}

/// Entries of the manifest and of files.
const MANIFEST: &str = "tfconfig/modules.json";
const FILE: &str = "tfconfig/m-";

/// Whether an entry of the archive is part of the snapshot.
pub(super) fn is_part(name: &str) -> bool {
    name == MANIFEST || name.starts_with(FILE)
}

/// A module in the manifest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    key: String,
    #[serde(default)]
    dir: String,
}

/// Reads all of it; a plan without it has an empty one.
pub(super) fn read(archive: &mut Archive<'_>) -> Result<Snapshot, Fault> {
    let mut files: BTreeMap<String, Vec<(String, Arc<str>)>> = BTreeMap::new();
    let names: Vec<&str> = archive.names().filter(|name| name.starts_with(FILE)).collect();
    for name in names {
        let (key, file) = name.strip_prefix(FILE).and_then(|rest| rest.rsplit_once('/')).unwrap_or_default();
        if file.is_empty() {
            return Err(odd("a source file in it has no name"));
        }
        let bytes = archive.read(name)?.unwrap_or_default();
        let text = String::from_utf8(bytes).map_err(|_| odd("a source file in it is not valid UTF-8"))?;
        files.entry(key.to_owned()).or_default().push((file.to_owned(), text.into()));
    }
    let Some(manifest) = archive.read(MANIFEST)? else {
        return if files.is_empty() { Ok(Snapshot::default()) } else { Err(odd("its source files have no manifest")) };
    };
    let records: Vec<Record> =
        serde_json::from_slice(&manifest).map_err(|_| odd("the manifest of its source files cannot be read"))?;
    let mut modules = Vec::with_capacity(records.len());
    for Record { key, dir } in records {
        let mut files = files.remove(&key).unwrap_or_default();
        files.sort();
        modules.push(SnapshotModule { key, dir, files });
    }
    modules.sort_by(|a, b| a.key.cmp(&b.key));
    let twice = modules.windows(2).any(|pair| matches!(pair, [a, b] if a.key == b.key));
    if twice || !files.is_empty() {
        return Err(odd("its source files and their manifest contradict each other"));
    }
    Ok(Snapshot { modules })
}
