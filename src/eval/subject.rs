//! Finds the change a result is about.

use std::collections::{BTreeMap, BTreeSet};

use super::input::verb_class;
use crate::address::Address;
use crate::finding::{Location, SourceAt, SourcePlace, Subject};
use crate::plan::hcl::{PlacedAt, Sources};
use crate::plan::{Plan, ResourceChange};
use crate::policy::metadata::Selector;

/// The changes of a plan by address; an address may hold several entries.
pub(super) struct Subjects<'a> {
    sources: Option<&'a Sources>,
    by_address: BTreeMap<&'a str, Vec<&'a ResourceChange>>,
}

impl<'a> Subjects<'a> {
    pub(super) fn new(plan: &'a Plan, sources: Option<&'a Sources>) -> Self {
        let mut by_address: BTreeMap<&str, Vec<&ResourceChange>> = BTreeMap::new();
        for change in judged_changes(plan).chain(&plan.drift) {
            by_address.entry(change.address.as_str()).or_default().push(change);
        }
        Self { sources, by_address }
    }

    /// The change with that address: the named deposed object, else the current one, else the first.
    pub(super) fn find(&self, address: &str, deposed: Option<&str>) -> Option<&'a ResourceChange> {
        let entries = self.by_address.get(address)?;
        let exact = entries.iter().find(|change| change.deposed.as_deref() == deposed);
        exact.or_else(|| entries.first().filter(|_| deposed.is_none())).copied()
    }

    /// Where an address stands in the sources: no place where it was removed from them.
    pub(super) fn place(&self, address: &str) -> Option<(Option<Location>, SourcePlace)> {
        let placed = self.sources?.locate(&Address::new(address))?;
        let location = placed.spot.map(|spot| Location { file: spot.file.to_string(), position: spot.position });
        let at = match placed.at {
            PlacedAt::Resource => SourceAt::Block,
            PlacedAt::ModuleCall => SourceAt::ModuleCall,
            PlacedAt::RemovedBlock => SourceAt::RemovedBlock,
            PlacedAt::Removed => SourceAt::Removed,
        };
        let construct_path = placed.block.and_then(|block| block.construct.as_ref()).map(ToString::to_string);
        Some((location, SourcePlace { at, construct_path, header: placed.header }))
    }

    /// Every entry with that address, drift included.
    pub(super) fn at(&self, address: &str) -> &[&'a ResourceChange] {
        self.by_address.get(address).map_or(&[], Vec::as_slice)
    }

    /// How many changes are of one of these types.
    pub(super) fn count_types(&self, types: &BTreeSet<String>) -> usize {
        self.by_address.values().flatten().filter(|change| types.contains(&change.resource_type)).count()
    }

    /// How many changes a selector picks.
    pub(super) fn count(&self, plan_selector: &Selector) -> usize {
        self.by_address
            .values()
            .flatten()
            .filter(|change| plan_selector.matches(&change.resource_type, change.change.action.verb()))
            .count()
    }
}

/// Everything that is or will be done: `resource_changes` and deferred changes.
pub(super) fn judged_changes(plan: &Plan) -> impl Iterator<Item = &ResourceChange> {
    plan.changes.iter().flatten().chain(plan.deferred.iter().map(|deferred| &deferred.resource_change))
}

/// A change as findings name it.
pub(super) fn subject_of(change: &ResourceChange) -> Subject {
    Subject {
        address: change.address.to_string(),
        deposed: change.deposed.clone(),
        previous_address: change.previous_address.as_ref().map(ToString::to_string),
        resource_type: Some(change.resource_type.clone()),
        actions: change.change.actions.clone(),
        verb_class: verb_class(change.change.action),
    }
}
