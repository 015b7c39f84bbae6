//! The source files of a saved plan, named as they lie in a directory.
//!
//! Owns the comparison with what lies there. What the plan has counts, whatever that is.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::tree::{Disk, Place as _};
use super::{NAMED, normal};
use crate::plan::hcl::{Snapshot, is_source_file};

/// Where `terraform init` puts modules from elsewhere, below the root module.
const FETCHED: &str = ".terraform";

/// The same files with the names they have where the root module is in this directory, and a remark where they are others
/// there. Modules that are fetched need not be there.
#[must_use]
pub fn beside(snapshot: &Snapshot, root: &Utf8Path) -> (Snapshot, Option<String>) {
    let mut named = snapshot.clone();
    let mut different = BTreeSet::new();
    for module in named.modules.iter_mut().filter(|module| !Utf8Path::new(&module.dir).is_absolute()) {
        let is_fetched = normal(Utf8Path::new(&module.dir)).starts_with(FETCHED);
        let dir = normal(&root.join(&module.dir));
        module.dir = dir.to_string();
        let there = match Disk.names(&dir) {
            Ok(there) => there,
            Err(_) if is_fetched => continue,
            Err(_) => Vec::new(),
        };
        let carried: BTreeSet<&str> = module.files.iter().map(|(name, _)| name.as_str()).collect();
        let added = there.iter().filter(|file| is_source_file(&file.name) && !carried.contains(file.name.as_str()));
        different.extend(added.map(|file| dir.join(&file.name)));
        let is_same = |name: &str, text: &str| Disk.read(&dir.join(name)).is_ok_and(|there| same(&there, text));
        different
            .extend(module.files.iter().filter(|(name, text)| !is_same(name, text)).map(|(name, _)| dir.join(name)));
    }
    let remark = (!different.is_empty()).then(|| {
        let shown: Vec<String> = different.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
        let more = if different.len() > NAMED { ", …" } else { "" };
        format!(
            "the saved plan was made from other sources than those in `{root}` and is judged by its own; different there, with \
             other lines perhaps: {}{more}",
            shown.join(", ")
        )
    });
    (named, remark)
}

/// Whether two texts are the same but for the mark that some editors put before them.
fn same(a: &str, b: &str) -> bool {
    a.trim_start_matches('\u{feff}') == b.trim_start_matches('\u{feff}')
}
