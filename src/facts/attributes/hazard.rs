//! Types whose creation overwrites, deletes or runs something.

use serde_json::Value as Json;

use super::Certainty;
use super::words;
use crate::catalog::{self, Generic, HazardKind, Level};
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

/// The hazard of creating this object, if the change creates one. Conditions on the provider's configuration
/// are not read here.
pub(in crate::facts) fn create_hazard(change: &Change, resource_type: &str, generic: &Generic) -> Option<CreateHazard> {
    let creates = matches!(
        change.action,
        Action::Create
            | Action::DeleteThenCreate
            | Action::CreateThenDelete
            | Action::CreateThenForget
            | Action::ForgetThenCreate
    );
    let mut hazards = generic.create_hazards.iter().filter(|hazard| creates && hazard.resource_type == resource_type);
    hazards.find_map(|hazard| {
        Some(CreateHazard {
            kind: hazard.kind,
            effect: hazard.effect.clone(),
            level: hazard.level,
            certainty: meets(change, hazard)?,
        })
    })
}

/// Whether all conditions hold on the object as planned.
fn meets(change: &Change, hazard: &catalog::CreateHazard) -> Option<Certainty> {
    let mut certainty = Certainty::Certain;
    for (attr, wanted) in hazard.when.iter().flatten() {
        if attr.starts_with('@') {
            return None;
        }
        certainty = certainty.max(holds(change, attr, wanted)?);
    }
    Some(certainty)
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
