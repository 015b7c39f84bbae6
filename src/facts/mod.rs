//! What the catalogue says about each change of a plan: facts, no judgement.
//!
//! Owns the derivation; a rule selects among facts and phrases them. Must not set levels beyond stating what
//! the catalogue suggests, and must not know rules or findings. `old → new` goes through
//! [`Change::display`](crate::plan::Change::display), so nothing secret is stated.

mod cause;
mod containment;
mod guard;
mod links;
mod loss;
mod objects;
mod reason;
mod rename;
mod scene;
mod stakes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::catalog::{Catalog, Entry};
use crate::graph::{NodeId, ResourceGraph};
use crate::plan::{Action, Mode, Plan, ResourceChange, Side};
use crate::problem::Problem;

pub use containment::KnownBy;
pub use guard::{Guard, Guards};
pub use links::{Cause, Container, Dependents, Identity, Links, Rename, Shift, Takes};
pub use loss::{Recoverable, Recovery};
pub use reason::reason_text;
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
    /// Objects that nothing happens to, but that are lost with what they lie in, sorted alike.
    pub collateral: Vec<ChangeFacts>,
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
    /// Whether the object is imported by this plan.
    pub importing: bool,
    /// Terraform's reason.
    pub reason: Option<Reason>,
    /// Attributes that force the replacement, sorted by path.
    pub replaced_by: Vec<AttributeChange>,
    /// What is known about the type.
    pub catalog: Arc<TypeFacts>,
    /// What decides whether the destroy destroys; empty for everything that destroys nothing.
    pub guards: Guards,
    /// How it hangs together with other changes.
    pub links: Links,
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
    let mut deriver = Deriver::new(catalog);
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
    for change in plan.drift.iter().filter(|change| is_judged(change) && change.change.action.destroys()) {
        drift.push(ChangeFacts { drift: true, ..deriver.facts(change)? });
    }
    let (mut changes, mut collateral) = scene::attach(plan, &mut deriver, changes)?;
    changes.sort_by(|a, b| a.key().cmp(&b.key()));
    collateral.sort_by(|a, b| a.key().cmp(&b.key()));
    drift.sort_by(|a, b| a.key().cmp(&b.key()));
    Ok(Facts { plan: PlanFacts::of(plan), changes, drift, collateral })
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
    fn of(plan: &Plan) -> Self {
        Self {
            terraform_version: plan.terraform_version.clone(),
            refresh_only: plan.changes.is_none(),
            complete: plan.complete,
            errored: plan.errored,
        }
    }
}

impl ChangeFacts {
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
}

#[derive(Clone)]
struct KnownType {
    entry: Option<Arc<Entry>>,
    /// The facts that hold for every object without variant.
    facts: Arc<TypeFacts>,
}

impl<'a> Deriver<'a> {
    fn new(catalog: &'a Catalog) -> Self {
        Self { catalog, types: BTreeMap::new() }
    }

    fn known_type(&mut self, resource_type: &str) -> Result<KnownType, Problem> {
        if let Some(known) = self.types.get(resource_type) {
            return Ok(known.clone());
        }
        let entry = self.catalog.entry(resource_type)?.map(Arc::new);
        let facts = Arc::new(TypeFacts::of_type(resource_type, entry.as_deref(), self.catalog)?);
        let known = KnownType { entry, facts };
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
            importing: change.change.importing.is_some(),
            reason: change.action_reason.clone().map(|code| Reason { text: reason_text(&code), code }),
            replaced_by: replaced_by(change),
            catalog,
            guards,
            links: Links::default(),
        })
    }
}

fn replaced_by(change: &ResourceChange) -> Vec<AttributeChange> {
    let display = |side, path: &crate::plan::AttributePath| change.change.display(side, &path.0);
    let attribute = |path: &crate::plan::AttributePath| AttributeChange {
        path: path.to_string(),
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
