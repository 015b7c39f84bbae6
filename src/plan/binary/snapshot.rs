//! The source files that a saved plan carries.
//!
//! Must not parse them. Layout: Terraform `internal/plans/planfile/config_snapshot.go`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::archive::Archive;
use super::fault::{Fault, odd};

/// The modules of a configuration, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The modules.
    pub modules: Vec<SnapshotModule>,
}

/// One module.
#[derive(Clone, PartialEq, Eq)]
pub struct SnapshotModule {
    /// Names of the calls that lead to it, joined by dots; empty for the root module.
    pub key: String,
    /// Its directory, as Terraform named it.
    pub dir: String,
    /// Name and text of each file, sorted by name.
    pub files: Vec<(String, Arc<str>)>,
}

/// Without the text, which may hold secrets.
impl fmt::Debug for SnapshotModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SnapshotModule").field("key", &self.key).field("dir", &self.dir).field("files", &names).finish()
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
