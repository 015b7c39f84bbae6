//! Saved plan files (`terraform plan -out`), read without Terraform: rendered to the JSON that `terraform show -json` prints.
//!
//! Owns the file format. The JSON then goes the way of every plan; what only the file says stands in [`SavedPlan`]. A file
//! that is odd in any way is refused: Terraform checks neither hash nor signature of what it applies, so the file read here
//! must be read as Terraform will read it. Must not judge a plan.
//!
//! Layout: Terraform `internal/plans/planfile`: a ZIP archive of `tfplan` (protobuf), `tfstate` and `tfstate-prev` (state
//! files after and before refresh), `tfconfig/` (the source files) and `.terraform.lock.hcl`. `OpenTofu` ≥ 1.13 adds
//! `tfschemas`.

mod actions;
mod archive;
mod change;
mod checks;
mod entries;
mod fault;
mod json;
mod lock;
mod marks;
mod message;
mod msgpack;
mod parallel;
mod place;
mod render;
mod replaced;
mod saved;
mod snapshot;
mod state;
mod types;
mod value;
mod version;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plan::hcl::Defaults;
use crate::plan::sink::Projection;
use crate::problem::Problem;
use crate::text::{count, one_line, truncate};
use archive::Archive;
pub use entries::ZipEntries;
use fault::{Fault, odd};
use message::PlanMessage;
pub use saved::{LockedProvider, Mode, Product, ProviderAlias, SavedPlan, StateId};
pub use snapshot::CarriedSources;
use state::StateFile;
use version::Release;

/// The only version of the format there has been since Terraform 0.12.
const FORMAT: u64 = 3;

const PLAN: &str = "tfplan";
const STATE: &str = "tfstate";
const PREVIOUS_STATE: &str = "tfstate-prev";
const LOCK: &str = ".terraform.lock.hcl";
/// Schemas of providers, which nothing here needs yet.
const SCHEMAS: &str = "tfschemas";

/// A saved plan, read.
pub(super) struct Rendered {
    /// The plan as JSON.
    pub(super) text: String,
    /// What the JSON does not say.
    pub(super) saved: SavedPlan,
    /// Remarks for the report.
    pub(super) notes: Vec<String>,
}

/// Whether bytes are those of a ZIP archive, also of an empty one.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Reads a saved plan for a reader of these parts.
pub(super) fn read(bytes: &[u8], wanted: &Projection) -> Result<Rendered, Problem> {
    read_archive(bytes, wanted).map_err(Problem::from)
}

fn read_archive(bytes: &[u8], wanted: &Projection) -> Result<Rendered, Fault> {
    let mut archive = Archive::open(bytes)?;
    let content = archive.read(PLAN)?.ok_or(Fault::NotAPlan)?;
    let state_bytes = archive.read(STATE)?;
    let previous_state = archive.read(PREVIOUS_STATE)?.map(|bytes| state::identify(&bytes)).transpose()?;
    let lock = archive.read(LOCK)?.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let sources = CarriedSources::new(snapshot::read(&mut archive)?);
    let defaults = sources.defaults();

    let mut unknown = 0;
    let plan = PlanMessage::read(&content, &mut unknown)?;
    let release = check_version(&plan)?;
    let state = state_bytes.as_deref().map(StateFile::read).transpose()?;
    let product = product(&plan, &lock, &content);
    let mode = match plan.mode {
        0 => Mode::Normal,
        1 => Mode::Destroy,
        2 => Mode::RefreshOnly,
        other => return Err(Fault::Unsupported(format!("its mode is {other}, which this version does not know"))),
    };
    let values: BTreeMap<&str, String> =
        defaults.known.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_ref()?.to_string()))).collect();
    let planned = wanted.key(wanted.root(), "planned_values").anything();
    let source =
        render::Source { plan: &plan, mode, product, release, state: state.as_ref(), defaults: &values, planned };
    let room = content.len().saturating_mul(4).saturating_add(state_bytes.as_ref().map_or(0, Vec::len));
    let (text, found) = render::render(&source, room)?;
    let notes = notes(&source, unknown + found.unknown_fields, &archive);
    let backend = plan.backend.as_ref();
    let saved = SavedPlan {
        product,
        mode,
        targets: owned(plan.targets.iter().chain(&plan.action_targets)),
        excludes: owned(&plan.excludes),
        force_replace: owned(&plan.force_replace),
        backend: backend.map_or("", |backend| backend.kind).to_owned(),
        workspace: backend.map_or("", |backend| backend.workspace).to_owned(),
        aliases: found.aliases,
        state: state.as_ref().map(StateFile::id).unwrap_or_default(),
        previous_state,
        create_before_destroy: found.create_before_destroy,
        locked: lock::read(&lock),
        known_variables: known_variables(&plan, &defaults),
        variables_complete: defaults.is_complete(|name| is_set(&plan, name)),
        set_variables: set_variables(&plan),
        marks_schema: source.marks_schema(),
        unverified: None,
        sources: Arc::new(sources),
    };
    Ok(Rendered { text, saved, notes })
}

fn owned<'a>(texts: impl IntoIterator<Item = &'a &'a str>) -> Vec<String> {
    texts.into_iter().map(|text| (*text).to_owned()).collect()
}

fn set_variables(plan: &PlanMessage<'_>) -> Vec<String> {
    let mut names: Vec<String> = plan.variables.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.sort();
    names
}

fn is_set(plan: &PlanMessage<'_>, name: &str) -> bool {
    plan.variables.iter().any(|(set, _)| *set == name)
}

fn known_variables(plan: &PlanMessage<'_>, defaults: &Defaults) -> Vec<String> {
    let names: BTreeSet<String> = set_variables(plan).into_iter().chain(defaults.known.keys().cloned()).collect();
    names.into_iter().collect()
}

/// The release that made the plan, if this is a plan of the known format.
fn check_version(plan: &PlanMessage<'_>) -> Result<Release, Fault> {
    if plan.version != FORMAT {
        return Err(Fault::Unsupported(format!("its format has version {}, not {FORMAT}", plan.version)));
    }
    let made_by = one_line(&truncate(plan.terraform_version, 40)).into_owned();
    Release::parse(plan.terraform_version).ok_or_else(|| odd(format!("it was made by version \"{made_by}\"")))
}

/// Who made the plan: by the lock file, by what only one of the two writes, by where the providers come from.
fn product(plan: &PlanMessage<'_>, lock: &str, content: &[u8]) -> Product {
    let from = |host: &str| content.windows(host.len()).any(|window| window == host.as_bytes());
    if !plan.excludes.is_empty() {
        return Product::OpenTofu;
    }
    if plan.applyable || plan.complete {
        return Product::Terraform;
    }
    match lock::product(lock) {
        Some(product) => product,
        None if from("[\"registry.opentofu.org/") => Product::OpenTofu,
        None if from("[\"registry.terraform.io/") => Product::Terraform,
        None => Product::Unknown,
    }
}

fn notes(source: &render::Source<'_>, unknown: usize, archive: &Archive<'_>) -> Vec<String> {
    let version = one_line(&truncate(source.plan.terraform_version, 40)).into_owned();
    let mut notes = vec![format!("read from a saved plan of {} {version}", source.product)];
    if !source.marks_schema() {
        notes.push(
            "plans before 1.8 do not say which attributes a provider calls sensitive: every value is treated as secret"
                .to_owned(),
        );
    }
    if unknown > 0 {
        notes.push(format!("skipped {} of the saved plan that this version does not know", count(unknown, "field")));
    }
    let known = |name: &str| [PLAN, STATE, PREVIOUS_STATE, LOCK, SCHEMAS].contains(&name) || snapshot::is_part(name);
    let others = archive.names().filter(|name| !known(name)).count();
    if others > 0 {
        notes.push(format!("skipped {} of the archive that this version does not know", count(others, "entry")));
    }
    notes
}

#[cfg(test)]
mod tests;
