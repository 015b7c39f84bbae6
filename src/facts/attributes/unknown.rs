//! Which attributes are known only after apply.

use crate::plan::{AttributePath, Change};

/// Paths of what is unknown as they may be shown, sorted.
pub(in crate::facts) fn unknown_paths(change: &Change) -> Vec<String> {
    let shown = |path: AttributePath| change.shown_path(&path.0).to_string();
    let mut paths: Vec<String> = change.after_unknown.marked().into_iter().map(shown).collect();
    paths.sort();
    paths.dedup();
    paths
}
