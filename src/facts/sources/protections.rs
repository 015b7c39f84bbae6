//! Protections that the configuration before had and that is gone.

use std::collections::BTreeMap;

use super::{ChangeFacts, Facts, Gap, Moves, is_guard, is_managed};
use crate::address::Address;
use crate::catalog::Catalog;
use crate::facts::{Certainty, Identity};
use crate::plan::Plan;
use crate::plan::hcl::{Module, Setting, SourceBlock, Sources, Spot};
use crate::problem::Problem;
use crate::text::one_line;

/// What protected an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// `prevent_destroy = true`.
    PreventDestroy,
    /// `destroy = false`: it would have been forgotten.
    Forget,
    /// A resource of its own: a lock, a policy.
    Guard,
}

impl Protection {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreventDestroy => "prevent_destroy",
            Self::Forget => "destroy_false",
            Self::Guard => "guard",
        }
    }
}

/// A protection that is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Unprotected {
    /// The block, by its address now.
    pub address: String,
    /// Its address before, where that was another.
    pub previous_address: Option<String>,
    /// What protected it.
    pub protection: Protection,
    /// Where that was written.
    pub was: Spot,
    /// Where the block is now; `None` where it is gone.
    pub now: Option<Spot>,
    /// `maybe` where an expression decides.
    pub certainty: Certainty,
    /// Its objects that the plan destroys.
    pub destroyed: Vec<Identity>,
    /// Whether the plan lets go of one of its objects.
    pub forgotten: bool,
}

/// What was found, and what could not be told.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) unprotected: Vec<Unprotected>,
    pub(super) gaps: Vec<Gap>,
}

/// Compares every block of the configuration before with what it is now.
pub(super) fn gone(
    facts: &Facts,
    plan: &Plan,
    now: &Sources,
    base: &Sources,
    moves: &Moves,
    catalog: &Catalog,
) -> Result<Found, Problem> {
    let mut by_block: BTreeMap<String, Vec<&ChangeFacts>> = BTreeMap::new();
    for change in &facts.changes {
        by_block.entry(change.address.config_address()).or_default().push(change);
    }
    let mut found = Found::default();
    for module in base.modules() {
        for (relative, block) in module.blocks().into_iter().filter(|(address, _)| is_managed(address)) {
            let old = format!("{}{relative}", path(module));
            let new = moves.follow(&old);
            let changes = by_block.get(&new).map(Vec::as_slice).unwrap_or_default();
            let compared = Compared { old: &old, new: Address::new(new.as_str()), changes, now };
            compared.settings(block, &mut found);
            if is_guard(&compared.new, catalog)? {
                compared.guard(block, plan, &mut found);
            }
        }
    }
    for change in facts.changes.iter().filter(|change| change.action.destroys()) {
        let old = change.previous_address.as_ref().unwrap_or(&change.address);
        if !base.is_known(old) {
            found.gaps.push(Gap {
                base: true,
                message: format!(
                    "the plan destroys {}, and whether the configuration before protected it is not known: a source \
                     file or module of it was not read",
                    one_line(change.address.as_str())
                ),
                help: "mend the file that the notes name, or name a checkout with its modules by `--base-source DIR`",
            });
        }
    }
    found.unprotected.sort_by(|a, b| (&a.address, a.protection).cmp(&(&b.address, b.protection)));
    Ok(found)
}

fn path(module: &Module) -> String {
    module.key().split('.').filter(|step| !step.is_empty()).map(|step| format!("module.{step}.")).collect()
}

/// A block before, and what there is of it now.
struct Compared<'a> {
    old: &'a str,
    new: Address,
    changes: &'a [&'a ChangeFacts],
    now: &'a Sources,
}

impl Compared<'_> {
    /// Settings of the block itself.
    fn settings(&self, before: &SourceBlock, found: &mut Found) {
        let prevent = before.lifecycle.prevent_destroy.as_ref().filter(|setting| setting.may_hold());
        // Here `false` is what protects.
        let forget = before.lifecycle.destroy.as_ref().filter(|setting| setting.value != Some(true));
        if prevent.is_none() && forget.is_none() {
            return;
        }
        let after = self.now.block(&self.new);
        if after.is_none() && !self.now.is_known(&self.new) {
            found.gaps.push(Gap {
                base: true,
                message: format!(
                    "{} was protected at {}, and whether it still is is not known: a source file or module was not read",
                    one_line(self.old),
                    one_line(&before.spot.to_string())
                ),
                help: "mend the file that the notes name, or run `terraform init` first",
            });
            return;
        }
        let lifecycle = after.map(|block| &block.lifecycle);
        if let Some(was) = prevent {
            let is = lifecycle.and_then(|lifecycle| lifecycle.prevent_destroy.as_ref());
            let holds = |setting: &Setting| setting.value;
            self.lost(Protection::PreventDestroy, was, holds(was), is.map_or(Some(false), holds), found);
        }
        if let Some(was) = forget {
            let is = lifecycle.and_then(|lifecycle| lifecycle.destroy.as_ref());
            let holds = |setting: &Setting| setting.value.map(|destroy| !destroy);
            let let_go = after.is_none() && self.changes.iter().any(|change| change.action.forgets());
            if !let_go {
                self.lost(Protection::Forget, was, holds(was), is.map_or(Some(false), holds), found);
            }
        }
    }

    /// A protection that held, or may have held, and holds no more, or may hold no more.
    fn lost(&self, protection: Protection, was: &Setting, held: Option<bool>, holds: Option<bool>, found: &mut Found) {
        let certainty = match (held, holds) {
            (Some(true), Some(false)) => Certainty::Certain,
            (Some(true), None) | (None, Some(false)) => Certainty::Maybe,
            // The same expression may have another value now; that is not to be read from sources.
            _ => return,
        };
        found.unprotected.push(self.unprotected(protection, was.spot.clone(), certainty));
    }

    /// A resource that protected others, is in the state, and has neither block nor change any more: the plan leaves it out.
    fn guard(&self, before: &SourceBlock, plan: &Plan, found: &mut Found) {
        let exists = plan
            .prior_instances
            .iter()
            .flatten()
            .any(|instance| instance.address.config_address() == self.new.as_str());
        let gone = self.now.block(&self.new).is_none() && self.now.is_known(&self.new);
        if exists && gone && self.changes.is_empty() {
            found.unprotected.push(self.unprotected(Protection::Guard, before.spot.clone(), Certainty::Certain));
        }
    }

    fn unprotected(&self, protection: Protection, was: Spot, certainty: Certainty) -> Unprotected {
        let identity =
            |change: &&ChangeFacts| Identity { address: change.address.clone(), deposed: change.deposed.clone() };
        let destroyed =
            self.changes.iter().copied().filter(|change| change.action.destroys() && change.deposed.is_none());
        Unprotected {
            address: self.new.as_str().to_owned(),
            previous_address: (self.old != self.new.as_str()).then(|| self.old.to_owned()),
            protection,
            was,
            now: self.now.block(&self.new).map(|block| block.spot.clone()),
            certainty,
            destroyed: destroyed.map(|change| identity(&change)).collect(),
            forgotten: self.changes.iter().any(|change| change.action.forgets()),
        }
    }
}
