//! Types whose creation overwrites, deletes or runs something.

use serde_json::Value as Json;

use super::Certainty;
use super::words;
use crate::catalog::{self, Generic, HazardKind, Level, ProviderFlag};
use crate::facts::{Danger, ProviderSetting};
use crate::plan::{Action, Change, Lookup, PathStep, Side};

/// What the creation of an object does to what exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateHazard {
    /// What kind of harm it is.
    pub kind: HazardKind,
    /// What happens, in words.
    pub effect: String,
    /// The level the catalogue suggests.
    pub level: Level,
    /// Whether it holds for sure.
    pub certainty: Certainty,
}

/// The hazard of creating this object, if the change creates one; of its own type before that of a family.
pub(in crate::facts) fn create_hazard(
    change: &Change,
    resource_type: &str,
    settings: &[(&ProviderFlag, ProviderSetting)],
    generic: &Generic,
) -> Option<CreateHazard> {
    let creates = matches!(
        change.action,
        Action::Create
            | Action::DeleteThenCreate
            | Action::CreateThenDelete
            | Action::CreateThenForget
            | Action::ForgetThenCreate
    );
    let is_of = |name: &str| name.strip_suffix('*').is_some_and(|start| resource_type.starts_with(start));
    let own = generic.create_hazards.iter().filter(|hazard| hazard.resource_type == resource_type);
    let family = generic.create_hazards.iter().filter(|hazard| is_of(&hazard.resource_type));
    own.chain(family).filter(|_| creates).find_map(|hazard| {
        Some(CreateHazard {
            kind: hazard.kind,
            effect: hazard.effect.clone(),
            level: hazard.level,
            certainty: meets(change, settings, hazard)?,
        })
    })
}

/// Whether all conditions hold on the object as planned.
fn meets(
    change: &Change,
    settings: &[(&ProviderFlag, ProviderSetting)],
    hazard: &catalog::CreateHazard,
) -> Option<Certainty> {
    let mut certainty = Certainty::Certain;
    for (attr, wanted) in hazard.when.iter().flatten() {
        let holds = match attr.strip_prefix('@') {
            Some(path) => of_provider(settings, path)?,
            None => holds(change, attr, wanted)?,
        };
        certainty = certainty.max(holds);
    }
    Some(certainty)
}

/// Whether a setting of the provider has its dangerous value, which is the one hazards are about.
fn of_provider(settings: &[(&ProviderFlag, ProviderSetting)], path: &str) -> Option<Certainty> {
    match settings.iter().find(|(flag, _)| flag.path == path)?.1.danger {
        Danger::Yes => Some(Certainty::Certain),
        Danger::Maybe => Some(Certainty::Maybe),
        Danger::No => None,
    }
}

fn holds(change: &Change, attr: &str, wanted: &Json) -> Option<Certainty> {
    let value = match change.lookup(Side::After, &[PathStep::Key(attr.into())]) {
        Lookup::Unknown => return Some(Certainty::Maybe),
        Lookup::Absent => None,
        Lookup::Known(value) => Some(value),
    };
    let met = if wanted.as_str() == Some("*") {
        words::is_set(value)
    } else {
        words::is_one_of(value, std::slice::from_ref(wanted))
    };
    met.then_some(Certainty::Certain)
}
