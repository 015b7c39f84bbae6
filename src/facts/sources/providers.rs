//! Data stores that go to another provider configuration: an alias of another region or account.
//!
//! Terraform plans nothing for that, and writes the new provider into both states of a saved plan: only the configuration before
//! tells it.

use std::collections::BTreeSet;

use super::Moves;
use crate::address::Address;
use crate::catalog::Catalog;
use crate::plan::hcl::{self, Sources, Spot, child_key};
use crate::plan::{Action, Plan};
use crate::problem::Problem;

/// A block of a data store whose objects another provider configuration manages from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reassigned {
    /// The block, by its address now.
    pub address: String,
    /// Its address before, where that was another.
    pub previous_address: Option<String>,
    /// The provider configuration before, as Terraform keys it: `azurerm`, `azurerm.dr`, `module.m:aws`.
    pub before: String,
    /// That of now.
    pub after: String,
    /// Where the block is now.
    pub now: Spot,
}

/// Compares the provider configuration of every data store that exists, sorted by address.
pub(super) fn reassigned(
    plan: &Plan,
    now: &Sources,
    base: &Sources,
    moves: &Moves,
    catalog: &Catalog,
) -> Result<Vec<Reassigned>, Problem> {
    let existing = existing(plan);
    let after = hcl::providers(now);
    let mut found = Vec::new();
    for (old, before) in hcl::providers(base) {
        let new = moves.follow(&old);
        let Some(after) = after.get(&new).filter(|after| !alike(&before, after, old != new)) else { continue };
        if !existing.contains(&new) || !is_told(base, &old) || !is_told(now, &new) {
            continue;
        }
        let address = Address::new(new.as_str());
        if !holds_data(&address, catalog)? {
            continue;
        }
        let Some(block) = now.block(&address) else { continue };
        found.push(Reassigned {
            previous_address: (old != new).then_some(old),
            address: new,
            before,
            after: after.clone(),
            now: block.spot.clone(),
        });
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(found)
}

/// Whether two configurations are called alike. Where a module was moved, those in it have moved with it.
fn alike(before: &str, after: &str, moved: bool) -> bool {
    let local = |key: &str| key.rsplit_once(':').map_or_else(|| key.to_owned(), |(_, local)| local.to_owned());
    before == after || moved && before.contains(':') && after.contains(':') && local(before) == local(after)
}

/// Blocks that have an object before the plan.
fn existing(plan: &Plan) -> BTreeSet<String> {
    let prior = plan.prior_instances.iter().flatten().map(|instance| instance.address.config_address());
    let changed = plan.changes.iter().flatten().filter(|change| change.change.action != Action::Create);
    prior.chain(changed.map(|change| change.address.config_address())).collect()
}

/// Whether every file on the way to a block was read, so that it is told which provider its module is given.
fn is_told(sources: &Sources, address: &str) -> bool {
    let Ok(parts) = Address::new(address).parts() else { return false };
    let mut key = String::new();
    let mut keys = vec![key.clone()];
    for step in &parts.modules {
        key = child_key(&key, &step.name);
        keys.push(key.clone());
    }
    keys.iter().all(|key| sources.module(key).is_some_and(|module| module.unparsed().is_empty()))
}

fn holds_data(address: &Address, catalog: &Catalog) -> Result<bool, Problem> {
    let Ok(parts) = address.parts() else { return Ok(false) };
    Ok(catalog.entry(&parts.resource_type)?.is_some_and(|entry| entry.class.is_data_store()))
}
