//! Which attributes are known only after apply.

use crate::plan::{AttributePath, Change};

/// Paths of what is unknown, sorted; cut where everything is sensitive, for keys of a secret map are secret.
pub(in crate::facts) fn unknown_paths(change: &Change) -> Vec<String> {
    let cut = |path: AttributePath| {
        let end = (0..=path.0.len())
            .find(|end| path.0.get(..*end).is_some_and(|start| change.after_sensitive.covers(start)))
            .unwrap_or(path.0.len());
        AttributePath(path.0.into_iter().take(end).collect()).to_string()
    };
    let mut paths: Vec<String> = change.after_unknown.marked().into_iter().map(cut).collect();
    paths.sort();
    paths.dedup();
    paths
}
