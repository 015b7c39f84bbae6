//! What a saved plan file says beside its changes, for both reports.
//!
//! Must not judge it. Where the state is kept is not shown: it is not read either.

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::SavedPlan;
use crate::plan::binary::{Mode, StateId};
use crate::text::{count, one_line};

/// Most addresses named on one line.
const NAMED: usize = 5;

/// What only a saved plan file says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JsonSavedPlan<'a> {
    /// `Terraform`, `OpenTofu`, or both where the file does not tell.
    product: String,
    /// Which kind of plan it is.
    #[schemars(extend("enum" = ["normal", "destroy", "refresh-only"]))]
    mode: &'static str,
    /// Addresses of `-target`.
    targets: &'a [String],
    /// Addresses of `-exclude`.
    excludes: &'a [String],
    /// Addresses of `-replace`.
    force_replace: &'a [String],
    /// Type of the backend.
    backend: &'a str,
    /// Workspace.
    workspace: &'a str,
    /// The state it starts from; null where there was none.
    state: Option<JsonState<'a>>,
    /// Objects whose provider has an alias.
    provider_aliases: Vec<JsonAlias<'a>>,
    /// Providers that the lock file pins.
    providers: Vec<JsonProvider<'a>>,
    /// Parts of the policy input that come of the JSON given with the file, which nothing vouches for; null where none was
    /// given.
    unverified: Option<&'a [String]>,
}

/// Which state it is.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonState<'a> {
    /// `lineage`.
    lineage: &'a str,
    /// `serial`.
    serial: u64,
}

/// An object whose provider has an alias.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonAlias<'a> {
    /// Address of the object.
    address: &'a str,
    /// Key of a deposed object.
    deposed: Option<&'a str>,
    /// The alias.
    alias: &'a str,
}

/// A provider that the lock file pins.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonProvider<'a> {
    /// Full source address.
    source: &'a str,
    /// Version.
    version: &'a str,
    /// Checksums, as the file has them.
    hashes: &'a [String],
}

impl<'a> JsonSavedPlan<'a> {
    pub(super) fn of(saved: &'a SavedPlan) -> Self {
        let state = |state: &'a StateId| JsonState { lineage: &state.lineage, serial: state.serial };
        Self {
            product: saved.product.to_string(),
            mode: saved.mode.as_str(),
            targets: &saved.targets,
            excludes: &saved.excludes,
            force_replace: &saved.force_replace,
            backend: &saved.backend,
            workspace: &saved.workspace,
            state: Some(&saved.state).filter(|state| !state.lineage.is_empty()).map(state),
            provider_aliases: saved
                .aliases
                .iter()
                .map(|of| JsonAlias { address: &of.address, deposed: of.deposed.as_deref(), alias: &of.alias })
                .collect(),
            providers: saved
                .locked
                .iter()
                .map(|of| JsonProvider { source: &of.source, version: &of.version, hashes: &of.hashes })
                .collect(),
            unverified: saved.unverified.as_deref(),
        }
    }
}

/// The same in lines for people; untrusted text is not escaped yet.
pub(super) fn lines(saved: &SavedPlan) -> Vec<String> {
    let mut lines = Vec::new();
    if saved.mode != Mode::Normal {
        lines.push(format!("mode: {}", saved.mode.as_str()));
    }
    for (argument, addresses) in
        [("-target", &saved.targets), ("-exclude", &saved.excludes), ("-replace", &saved.force_replace)]
    {
        if !addresses.is_empty() {
            lines.push(format!("made with {argument}: {}", named(addresses.iter().map(String::as_str))));
        }
    }
    lines.push(format!("backend: {}, workspace: {}", saved.backend, saved.workspace));
    if !saved.state.lineage.is_empty() {
        lines.push(format!("starts from state {}, serial {}", saved.state.lineage, saved.state.serial));
    }
    if !saved.aliases.is_empty() {
        let objects: Vec<String> = saved.aliases.iter().map(|of| format!("{} ({})", of.address, of.alias)).collect();
        lines.push(format!("by an aliased provider: {}", named(objects.iter().map(String::as_str))));
    }
    if !saved.locked.is_empty() {
        let pinned: Vec<String> = saved.locked.iter().map(|of| format!("{} {}", of.source, of.version)).collect();
        lines.push(format!("{} pinned: {}", count(pinned.len(), "provider"), named(pinned.iter().map(String::as_str))));
    }
    lines
}

/// What of the policy input nothing vouches for, for people; `None` where there is no such part.
pub(super) fn unverified(saved: &SavedPlan) -> Option<String> {
    let parts = saved.unverified.as_ref().filter(|parts| !parts.is_empty())?;
    Some(format!("unverified, because only the JSON has it: {}", named(parts.iter().map(String::as_str))))
}

fn named<'a>(all: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let shown: Vec<String> = all.take(NAMED).map(|text| one_line(text).into_owned()).collect();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
