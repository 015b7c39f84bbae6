//! What is at stake with a resource: the catalogue's entry, narrowed to the object at hand.

use crate::catalog::{Carried, Catalog, Class, Entry, Level, Overlaid, Severity, Variant};
use crate::plan::{Action, Lookup, ResourceChange, Side};
use crate::problem::Problem;

use super::guard;
use super::loss::Recovery;

/// What is known about a type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeFacts {
    /// How well it is known.
    pub status: TypeStatus,
    /// What is at stake; `None` unless catalogued.
    pub stakes: Option<Stakes>,
    /// The glob that makes an unseen type look like a data store.
    pub fallback_glob: Option<String>,
}

/// How well a type is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeStatus {
    /// The catalogue has it.
    Catalogued,
    /// It was looked at and left out: no data of its own.
    Known,
    /// Nobody has looked at it.
    Unseen,
}

impl TypeStatus {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalogued => "catalogued",
            Self::Known => "known",
            Self::Unseen => "unseen",
        }
    }
}

/// What is at stake with a catalogued resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Stakes {
    /// What kind of thing it is.
    pub class: Class,
    /// What others hold is unreadable without it.
    pub encryption_key: bool,
    /// Others find its data by its name.
    pub found_by_name: bool,
    /// How bad its loss is.
    pub severity: Severity,
    /// The level the catalogue suggests for its destruction.
    pub default: Level,
    /// The level under the strict preset, where it differs.
    pub strict: Option<Level>,
    /// What is lost with it.
    pub loses: String,
    /// Whether that can be recovered.
    pub recovery: Recovery,
    /// Why this object is not what its type usually is.
    pub variant: Option<String>,
    /// What a generic resource carries, in the cloud's own words.
    pub carries: Option<String>,
    /// That the repository's own catalogue has a say in it.
    pub overlaid: Option<Overlaid>,
}

impl TypeFacts {
    /// What holds for every object of a type.
    pub(super) fn of_type(resource_type: &str, entry: Option<&Entry>, catalog: &Catalog) -> Result<Self, Problem> {
        let status = match entry {
            Some(_) => TypeStatus::Catalogued,
            None if catalog.is_known(resource_type) => TypeStatus::Known,
            None => TypeStatus::Unseen,
        };
        let fallback_glob = match status {
            TypeStatus::Unseen => catalog.fallback_glob(resource_type)?.map(str::to_owned),
            TypeStatus::Catalogued | TypeStatus::Known => None,
        };
        Ok(Self { status, stakes: entry.map(Stakes::of_entry), fallback_glob })
    }
}

impl Stakes {
    pub(super) fn of_entry(entry: &Entry) -> Self {
        Self {
            class: entry.class,
            encryption_key: entry.encryption_key,
            found_by_name: entry.found_by_name,
            severity: entry.severity,
            default: entry.default,
            strict: entry.strict,
            loses: entry.loses.clone(),
            recovery: Recovery::read(&entry.recover),
            variant: None,
            carries: None,
            overlaid: None,
        }
    }
}

/// The stakes of an object that is not what its type usually is; `None` if it is.
pub(super) fn of_object(change: &ResourceChange, entry: &Entry, catalog: &Catalog) -> Result<Option<Stakes>, Problem> {
    if let Some(variant) = entry.variants.iter().find(|variant| applies(change, entry, variant)) {
        return Ok(Some(Stakes {
            class: variant.class,
            severity: variant.severity,
            default: variant.default,
            strict: None,
            variant: Some(variant.note.clone()),
            ..Stakes::of_entry(entry)
        }));
    }
    of_carried(change, entry, catalog)
}

/// A variant that makes a loss smaller must be plain to see: its attribute known and not secret, and the
/// action one that is understood. One that makes it larger needs neither.
fn applies(change: &ResourceChange, entry: &Entry, variant: &Variant) -> bool {
    let object = &change.change;
    let milder = variant.default < entry.default
        || variant.severity < entry.severity
        || (entry.class.is_data_store() && !variant.class.is_data_store());
    if milder && object.action == Action::Unknown {
        return false;
    }
    variant.when.iter().all(|(attr, condition)| {
        let paths = guard::paths_of(&object.before, attr);
        let secret = paths.iter().any(|path| object.is_secret(Side::Before, path));
        guard::meets(object, &paths, condition) && !(milder && secret)
    })
}

/// What a generic resource carries. Its name in the cloud's words is stated only if the plan shows it; the
/// class it leads to is stated in any case, for it comes from a closed table.
fn of_carried(change: &ResourceChange, entry: &Entry, catalog: &Catalog) -> Result<Option<Stakes>, Problem> {
    let Some(carrier) = catalog.carrier(&entry.resource_type)? else { return Ok(None) };
    let path = [crate::plan::PathStep::Key(carrier.attr.as_str().into())];
    // What goes is the object as it was; what comes in its place may be something else.
    let goes = change.change.action.destroys() || change.change.action.forgets();
    let sides = if goes { &[Side::Before][..] } else { &[Side::Before, Side::After] };
    let Some((side, value)) = sides.iter().find_map(|side| match change.change.lookup(*side, &path) {
        Lookup::Known(value) => value.as_str().map(|text| (*side, text)),
        Lookup::Absent | Lookup::Unknown => None,
    }) else {
        return Ok(None);
    };
    let Some(carried) = catalog.generic()?.carried(carrier, value) else { return Ok(None) };
    let same_as = match &carried.same_as {
        Some(name) => catalog.entry(name)?,
        None => None,
    };
    let carries = (!change.change.is_secret(side, &path)).then(|| carried.name.clone());
    Ok(Some(carried_stakes(carried, same_as.as_ref().unwrap_or(entry), carries)))
}

fn carried_stakes(carried: &Carried, same: &Entry, carries: Option<String>) -> Stakes {
    Stakes {
        class: carried.class,
        severity: carried.severity,
        default: carried.default,
        loses: carried.loses.clone().unwrap_or_else(|| same.loses.clone()),
        carries,
        ..Stakes::of_entry(same)
    }
}
