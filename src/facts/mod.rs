//! What the catalogue says about each change of a plan: facts, no judgement.
//!
//! Owns the derivation; a rule selects among facts and phrases them. Must not set levels beyond stating what
//! the catalogue suggests, and must not know rules or findings. `old → new` goes through
//! [`Change::display`](crate::plan::Change::display), so nothing secret is stated.

mod attributes;
mod cause;
mod containment;
mod guard;
mod links;
mod loss;
mod notation;
mod objects;
mod outside;
mod overlay;
mod provider;
mod reason;
mod references;
mod rename;
mod scene;
pub mod sources;
mod stakes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
pub use crate::catalog::Overlaid;
use crate::catalog::{Catalog, Entry, Level};
use crate::graph::{NodeId, ResourceGraph};
use crate::plan::json::{Interest, Names};
use crate::plan::{Action, Mode, Plan, ResourceChange, Side};
use crate::problem::Problem;

use attributes::TypeRules;
use outside::Answers;
use provider::Providers;

pub use attributes::{AttributeFact, Certainty, CreateHazard};
pub use containment::KnownBy;
pub use guard::{Guard, Guards};
pub use links::{Cause, Container, Dependents, Identity, Links, Rename, Shift, Takes};
pub use loss::{Recoverable, Recovery};
pub use outside::{OutsideAttribute, OutsideChange};
pub use provider::{Danger, ProviderSetting, SettingFrom};
pub use reason::reason_text;
pub use references::{NameChange, ReferenceBy, Referrer, Referrers};
pub use sources::{PlanSources, SourceFacts};
pub use stakes::{Stakes, TypeFacts, TypeStatus};

/// What is derived from a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// About the plan as a whole.
    pub plan: PlanFacts,
    /// Every change that does something, deferred ones included; sorted by address, deposed key and actions.
    pub changes: Vec<ChangeFacts>,
    /// Objects that are gone already: deletes among `resource_drift`, sorted alike.
    pub drift: Vec<ChangeFacts>,
    /// Objects that were changed outside Terraform: the rest of `resource_drift`, sorted alike.
    pub drifted: Vec<OutsideChange>,
    /// Objects that nothing happens to, but that are lost with what they lie in, sorted alike.
    pub collateral: Vec<ChangeFacts>,
    /// What its source files say; `None` where there are none.
    pub sources: Option<PlanSources>,
}

impl Facts {
    /// Entries of the repository's own catalogue that have a say in any change, by their ids.
    pub fn overlay_entries(&self) -> impl Iterator<Item = usize> {
        let drifted = self.drifted.iter().map(|outside| &outside.change);
        self.changes
            .iter()
            .chain(&self.drift)
            .chain(&self.collateral)
            .chain(drifted)
            .flat_map(|change| change.overlay_entries.iter().copied())
    }
}

/// Facts about the plan as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFacts {
    /// `terraform_version`, for display.
    pub terraform_version: Option<String>,
    /// There is no `resource_changes`: the plan only refreshes the state.
    pub refresh_only: bool,
    /// `complete` as written.
    pub complete: Option<bool>,
    /// `errored` as written.
    pub errored: Option<bool>,
    /// How many objects the plan does what to.
    pub counts: Counts,
}

/// How many objects a plan does what to, deferred changes included; data sources are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that exist and are managed, as far as the plan shows.
    pub managed: usize,
    /// Objects with a change that does something.
    pub changed: usize,
    /// Objects that are destroyed, or may be: deleted, replaced, or under an unknown action.
    pub destroyed: usize,
    /// Those of them that are made anew.
    pub replaced: usize,
}

/// Facts about one change.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeFacts {
    /// Where it is.
    pub address: Address,
    /// Key of a deposed object.
    pub deposed: Option<String>,
    /// Where it was before a move.
    pub previous_address: Option<Address>,
    /// Resource type.
    pub resource_type: String,
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Full source address of the provider.
    pub provider: Option<String>,
    /// What happens.
    pub action: Action,
    /// `actions` as written.
    pub actions: Vec<String>,
    /// Why it waits for a later plan, if it does.
    pub deferred: Option<Deferral>,
    /// Whether it tells what happened outside Terraform.
    pub drift: bool,
    /// For what happened outside Terraform: what the plan does to the object; `None` if it does not name it.
    pub answer: Option<Action>,
    /// Whether it creates what drift shows as deleted: the new object is empty.
    pub recreates_lost: bool,
    /// Whether the object is imported by this plan.
    pub importing: bool,
    /// Terraform's reason.
    pub reason: Option<Reason>,
    /// Attributes that force the replacement, sorted by path.
    pub replaced_by: Vec<AttributeChange>,
    /// What is known about the type.
    pub catalog: Arc<TypeFacts>,
    /// Entries of the repository's own catalogue that have a say in it.
    pub overlay_entries: Vec<usize>,
    /// What decides whether the destroy destroys; empty for everything that destroys nothing.
    pub guards: Guards,
    /// Settings of its provider that say something about its destroy or its creation.
    pub provider_settings: Vec<ProviderSetting>,
    /// Attributes that change in a way that loses data or protection, sorted by effect, path and kind.
    pub attributes: Vec<AttributeFact>,
    /// What creating the object does to what exists already.
    pub create_hazard: Option<CreateHazard>,
    /// That it gets another name, where others find data by its name.
    pub name_change: Option<NameChange>,
    /// Paths of what is known only after apply, sorted.
    pub unknown_paths: Vec<String>,
    /// How it hangs together with other changes.
    pub links: Links,
    /// What its source files say; `None` where there are none, or where they cannot tell.
    pub source: Option<SourceFacts>,
}

/// Why a change waits for a later plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    /// Terraform's word for it.
    pub reason: Option<String>,
    /// How many instances there are is not known: the address stands for all of them.
    pub instances_unknown: bool,
}

/// `action_reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Terraform's word.
    pub code: String,
    /// The same as a clause that follows "because"; `None` for words this version does not know.
    pub text: Option<&'static str>,
}

/// An attribute that changes; both sides as text that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeChange {
    /// Path of the attribute.
    pub path: String,
    /// Old value, or `(sensitive)`, `(absent)`.
    pub before: String,
    /// New value, or `(sensitive)`, `(known after apply)`, `(absent)`.
    pub after: String,
}

/// Derives the facts of a plan. Fails only if the catalogue itself cannot be read.
pub fn derive(plan: &Plan, catalog: &Catalog) -> Result<Facts, Problem> {
    let mut deriver = Deriver::new(plan, catalog);
    let mut changes = Vec::new();
    for change in plan.changes.iter().flatten().filter(|change| is_judged(change)) {
        changes.push(deriver.facts(change)?);
    }
    for deferred in plan.deferred.iter().filter(|deferred| is_judged(&deferred.resource_change)) {
        let mut facts = deriver.facts(&deferred.resource_change)?;
        let instances_unknown = facts.address.as_str().ends_with("[*]");
        facts.deferred = Some(Deferral { reason: deferred.reason.clone(), instances_unknown });
        changes.push(facts);
    }
    let mut drift = Vec::new();
    let mut drifted = Vec::new();
    let answers = Answers::new(plan);
    for change in plan.drift.iter().filter(|change| is_judged(change)) {
        let facts = ChangeFacts { drift: true, answer: answers.to(change), ..deriver.facts(change)? };
        if outside::is_changed(change) {
            let entry = deriver.known_type(&change.resource_type)?.entry;
            let attributes = outside::attributes(change, entry.as_deref(), catalog)?;
            drifted.push(OutsideChange { change: facts, attributes });
        } else {
            drift.push(facts);
        }
    }
    let (mut changes, mut collateral) = scene::attach(plan, &mut deriver, changes)?;
    changes.sort_by(|a, b| a.key().cmp(&b.key()));
    collateral.sort_by(|a, b| a.key().cmp(&b.key()));
    drift.sort_by(|a, b| a.key().cmp(&b.key()));
    drifted.sort_by(|a, b| (a.change.key(), &a.attributes).cmp(&(b.change.key(), &b.attributes)));
    outside::mark_recreated(&mut changes, &drift);
    Ok(Facts { plan: PlanFacts::of(plan, &changes), changes, drift, drifted, collateral, sources: None })
}

/// What the derivation reads of a plan: the values of changes, of all other objects what identifies them by this
/// catalogue, and the settings of providers it knows.
pub fn interest(catalog: &Catalog) -> Result<Interest, Problem> {
    let settings: Names = catalog.generic()?.provider_flags.iter().map(|flag| flag.path.as_str()).collect();
    let identifying: Names = catalog.identifying_attributes().collect();
    Ok(Interest::builtin().identified_by(Arc::new(identifying)).with_provider_settings(Arc::new(settings)))
}

/// What depends on what, with what lies in what, and which objects are lost with what they lie in.
pub fn graph(plan: &Plan, catalog: &Catalog) -> Result<(ResourceGraph, BTreeSet<NodeId>), Problem> {
    scene::graph(plan, catalog)
}

/// Whether a change does anything to a managed object. An action nobody knows does, whatever the mode says.
fn is_judged(change: &ResourceChange) -> bool {
    let action = change.change.action;
    action == Action::Unknown || (change.is_managed() && !action.is_quiet())
}

impl PlanFacts {
    fn of(plan: &Plan, changes: &[ChangeFacts]) -> Self {
        Self {
            terraform_version: plan.terraform_version.clone(),
            refresh_only: plan.changes.is_none(),
            complete: plan.complete,
            errored: plan.errored,
            counts: Counts::of(plan, changes),
        }
    }
}

impl Counts {
    fn of(plan: &Plan, changes: &[ChangeFacts]) -> Self {
        let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
        let entries = plan.changes.iter().flatten().chain(deferred).filter(|change| change.is_managed());
        let existing = entries.filter(|change| change.change.action != Action::Create).count();
        let count = |holds: fn(&ChangeFacts) -> bool| changes.iter().filter(|change| holds(change)).count();
        Self {
            // A targeted plan names only some of what exists, and a stripped one has no prior state.
            managed: existing.max(plan.prior_instances.as_ref().map_or(0, Vec::len)),
            changed: changes.len(),
            destroyed: count(|change| change.action.destroys()),
            replaced: count(|change| change.action.replaces()),
        }
    }

    /// The share of the managed objects that is destroyed, in whole percent.
    #[must_use]
    pub fn destroyed_percent(&self) -> usize {
        self.destroyed.saturating_mul(100).checked_div(self.managed).unwrap_or_default().min(100)
    }
}

impl ChangeFacts {
    /// Whether it creates or updates an object, in this plan, and nothing derived says that more happens than that.
    ///
    /// Built-in rules do not see such changes, so what is not certain is not quiet.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let plain = matches!(self.action, Action::Create | Action::Update) && self.mode == Mode::Managed;
        let moved = self.previous_address.is_some() || self.importing || self.deposed.is_some();
        let outside = self.drift || self.answer.is_some() || self.recreates_lost;
        let harmful = !self.attributes.is_empty() || self.create_hazard.is_some() || self.name_change.is_some();
        let guarded = self.guards != Guards::default() || !self.replaced_by.is_empty();
        let linked = self.links != Links::default();
        let runs = self.source.as_ref().is_some_and(|source| !source.runs.is_empty());
        plain && self.deferred.is_none() && !(moved || outside || harmful || guarded || linked || runs)
    }

    /// Identity first; the rest only settles the order of entries that contradict each other.
    fn key(&self) -> impl Ord + use<'_> {
        (
            (&self.address, &self.deposed, &self.actions, self.deferred.is_some()),
            (&self.resource_type, &self.previous_address, self.reason.as_ref().map(|reason| &reason.code)),
            &self.replaced_by,
        )
    }
}

/// Looks up every type once, however many changes it has.
struct Deriver<'a> {
    catalog: &'a Catalog,
    types: BTreeMap<String, KnownType>,
    providers: Providers<'a>,
}

#[derive(Clone)]
struct KnownType {
    entry: Option<Arc<Entry>>,
    /// What ships, where the repository has entries about the type.
    beside: Option<Arc<Beside>>,
    /// The facts that hold for every object without variant.
    facts: Arc<TypeFacts>,
    /// Which attribute changes are risky.
    rules: Arc<TypeRules>,
}

/// A type without what the repository says of it.
struct Beside {
    entry: Option<Entry>,
    level: Level,
}

impl<'a> Deriver<'a> {
    fn new(plan: &'a Plan, catalog: &'a Catalog) -> Self {
        let providers = Providers::new(plan.configuration.as_ref());
        Self { catalog, types: BTreeMap::new(), providers }
    }

    fn known_type(&mut self, resource_type: &str) -> Result<KnownType, Problem> {
        if let Some(known) = self.types.get(resource_type) {
            return Ok(known.clone());
        }
        let entry = self.catalog.entry(resource_type)?.map(Arc::new);
        let facts = Arc::new(TypeFacts::of_type(resource_type, entry.as_deref(), self.catalog)?);
        let rules = Arc::new(TypeRules::new(entry.as_deref(), self.catalog.generic()?));
        let beside = if self.catalog.overlaid(resource_type).is_empty() {
            None
        } else {
            let (entry, level) = (self.catalog.shipped(resource_type)?, self.catalog.shipped_level(resource_type)?);
            Some(Arc::new(Beside { entry, level }))
        };
        let known = KnownType { entry, beside, facts, rules };
        self.types.insert(resource_type.to_owned(), known.clone());
        Ok(known)
    }

    fn facts(&mut self, change: &ResourceChange) -> Result<ChangeFacts, Problem> {
        let known = self.known_type(&change.resource_type)?;
        let action = change.change.action;
        let (mut catalog, mut guards) = (known.facts, Guards::default());
        if let Some(entry) = known.entry.as_deref() {
            if let Some(stakes) = stakes::of_object(change, entry, self.catalog)? {
                catalog = Arc::new(TypeFacts { stakes: Some(stakes), ..TypeFacts::clone(&catalog) });
            }
            // Of an action nobody knows, nobody knows what stops it.
            if action.destroys() && action != Action::Unknown {
                guards = Guards::of(&change.change, &entry.destroy_guard);
            }
        }
        if let Some(beside) = known.beside.as_deref() {
            let shipped = match &beside.entry {
                Some(entry) => Some(stakes::of_object(change, entry, self.catalog)?.unwrap_or(Stakes::of_entry(entry))),
                None => None,
            };
            let reason = self.catalog.reason(&change.resource_type);
            catalog = Arc::new(overlay::beside_shipped(&catalog, shipped, beside.level, reason));
        }
        let generic = self.catalog.generic()?;
        let settings = self.providers.settings(change, &generic.provider_flags);
        if action.destroys() && action != Action::Unknown {
            provider::extend(&mut guards, change, &settings);
        }
        let create_hazard = attributes::create_hazard(&change.change, &change.resource_type, &settings, generic);
        let mut overlay_entries: Vec<usize> = self.catalog.overlaid(&change.resource_type).into_iter().collect();
        let mut overrides = self.catalog.overlay().overrides_of(&change.resource_type).peekable();
        if overrides.peek().is_some() {
            let shipped = self.catalog.shipped_level(&change.resource_type)?;
            if let Some((overlaid, used)) = overlay::apply(change, &catalog, shipped, overrides) {
                catalog = Arc::new(overlaid);
                overlay_entries.extend(used);
            }
        }
        let generic = self.catalog.generic()?;
        let name_change = references::name_change(change, &catalog, generic);
        Ok(ChangeFacts {
            address: change.address.clone(),
            deposed: change.deposed.clone(),
            previous_address: change.previous_address.clone(),
            resource_type: change.resource_type.clone(),
            mode: change.mode.clone(),
            provider: change.provider.clone(),
            action,
            actions: change.change.actions.clone(),
            deferred: None,
            drift: false,
            answer: None,
            recreates_lost: false,
            importing: change.change.importing.is_some(),
            reason: change.action_reason.clone().map(|code| Reason { text: reason_text(&code), code }),
            replaced_by: replaced_by(change),
            catalog,
            overlay_entries,
            guards,
            attributes: attributes::of_change(&change.change, &known.rules),
            create_hazard,
            provider_settings: settings.into_iter().map(|(_, setting)| setting).collect(),
            name_change,
            unknown_paths: attributes::unknown_paths(&change.change),
            links: Links::default(),
            source: None,
        })
    }
}

fn replaced_by(change: &ResourceChange) -> Vec<AttributeChange> {
    let display = |side, path: &crate::plan::AttributePath| change.change.display(side, &path.0);
    let attribute = |path: &crate::plan::AttributePath| AttributeChange {
        path: change.change.shown_path(&path.0).to_string(),
        before: display(Side::Before, path),
        after: display(Side::After, path),
    };
    let mut attributes: Vec<AttributeChange> = change.change.replace_paths.iter().map(attribute).collect();
    attributes.sort();
    attributes.dedup();
    attributes
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
