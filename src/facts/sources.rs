//! What the source files say about each change, and which protections of the configuration before are gone.
//!
//! States and never judges. What the sources cannot tell is a gap: a rule that needs it is then not decided.

use std::collections::{BTreeMap, BTreeSet};

use super::{ChangeFacts, Facts};
use crate::address::Address;
use crate::catalog::{Catalog, Class};
use crate::plan::configuration::ConfigModule;
use crate::plan::hcl::{
    DestroyProvisioner, Lifecycle, Placed, PlacedAt, Setting, SourceBlock, Sources, Spot, child_key,
};
use crate::plan::{Action, Plan};
use crate::problem::Problem;
use crate::text::one_line;

mod protections;
mod providers;

pub use protections::{Protection, Unprotected};
pub use providers::Reassigned;

/// Most names in one sentence.
const NAMED: usize = 3;

/// What the sources say about a change.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    /// What the place is to the object.
    pub at: PlacedAt,
    /// Where.
    pub spot: Option<Spot>,
    /// Path of the construct that made the block.
    pub construct: Option<String>,
    /// `lifecycle` of its block; empty where it has none.
    pub lifecycle: Lifecycle,
    /// Provisioners of its block that this change runs before the object is destroyed.
    pub runs: Vec<DestroyProvisioner>,
    /// Its block in the configuration before, if that is known.
    pub before: Option<BeforeFacts>,
}

/// What the configuration before said about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct BeforeFacts {
    /// Where its block was.
    pub spot: Spot,
    /// `prevent_destroy` there.
    pub prevent_destroy: Option<Setting>,
}

/// What the sources say about the plan as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanSources {
    /// Whether there is a configuration before to compare with.
    pub base: bool,
    /// Protections of the configuration before that are gone, sorted by address.
    pub unprotected: Vec<Unprotected>,
    /// Data stores that another provider configuration manages than before, sorted by address.
    pub reassigned: Vec<Reassigned>,
    /// What the sources cannot tell, though something of the plan hangs on it.
    pub gaps: Vec<Gap>,
}

/// Something the sources cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// It concerns the comparison with the configuration before alone.
    pub base: bool,
    /// What, as a sentence without full stop.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// Adds to the facts of a plan what its sources say, and those before it.
///
/// # Errors
/// A catalogue that cannot be read.
pub fn attach(
    facts: &mut Facts,
    plan: &Plan,
    now: &Sources,
    base: Option<&Sources>,
    catalog: &Catalog,
) -> Result<(), Problem> {
    let moved = Moves::of(plan, now);
    let mut gaps: Vec<Gap> = mismatches(plan, now).into_iter().chain(none(now)).collect();
    for change in facts.changes.iter_mut().chain(&mut facts.drift).chain(&mut facts.collateral) {
        change.source = about(change, now, base);
    }
    for outside in &mut facts.drifted {
        outside.change.source = about(&outside.change, now, base);
    }
    for change in facts.changes.iter().filter(|change| change.action.destroys()) {
        gaps.extend(contradiction(change, plan));
        if !now.is_known(&change.address) {
            gaps.push(unknown_now(change));
        }
    }
    let mut sources = PlanSources { base: base.is_some(), ..PlanSources::default() };
    if let Some(base) = base {
        let found = protections::gone(facts, plan, now, base, &moved, catalog)?;
        sources.unprotected = found.unprotected;
        sources.reassigned = providers::reassigned(plan, now, base, &moved, catalog)?;
        gaps.extend(found.gaps);
    }
    gaps.sort();
    gaps.dedup();
    sources.gaps = gaps;
    facts.sources = Some(sources);
    Ok(())
}

fn about(change: &ChangeFacts, now: &Sources, base: Option<&Sources>) -> Option<SourceFacts> {
    let Placed { at, spot, block, .. } = now.locate(&change.address)?;
    let old = change.previous_address.as_ref().unwrap_or(&change.address);
    let before = base.and_then(|base| base.block(old)).map(|block| BeforeFacts {
        spot: block.spot.clone(),
        prevent_destroy: block.lifecycle.prevent_destroy.clone(),
    });
    Some(SourceFacts {
        at,
        spot: spot.cloned(),
        construct: block.and_then(|block| block.construct.as_ref()).map(ToString::to_string),
        lifecycle: block.map(|block| block.lifecycle.clone()).unwrap_or_default(),
        runs: block.map(|block| runs(change, block)).unwrap_or_default(),
        before,
    })
}

/// The destroy-time provisioners that a change runs: not for a deposed object, a tainted one, or one that is destroyed
/// after its successor is made (Terraform language, "Provisioners" and "lifecycle").
fn runs(change: &ChangeFacts, block: &SourceBlock) -> Vec<DestroyProvisioner> {
    let tainted = change.reason.as_ref().is_some_and(|reason| reason.code == "replace_because_tainted");
    let may_run = change.action.destroys() && change.action != Action::CreateThenDelete;
    if !may_run || change.deposed.is_some() || tainted || change.drift {
        return Vec::new();
    }
    block.destroy_provisioners.clone()
}

/// A saved plan whose sources were taken out.
fn none(now: &Sources) -> Option<Gap> {
    now.modules().next().is_none().then(|| Gap {
        base: false,
        message: "the plan has no source files".to_owned(),
        help: "Terraform always writes them: find out who edited the file",
    })
}

/// A plan that does what its sources forbid was made from others.
fn contradiction(change: &ChangeFacts, plan: &Plan) -> Option<Gap> {
    let guard = change.source.as_ref()?.lifecycle.prevent_destroy.as_ref()?;
    let is_replaced = matches!(change.action, Action::DeleteThenCreate | Action::CreateThenDelete);
    let is_deleted = change.action == Action::Delete && change.reason.is_none();
    let forbidden = guard.value == Some(true) && change.deposed.is_none() && (is_replaced || is_deleted);
    (forbidden && plan.errored != Some(true)).then(|| Gap {
        base: false,
        message: format!(
            "the plan destroys {}, which `prevent_destroy` at {} forbids: it was not made from these sources",
            one_line(change.address.as_str()),
            one_line(&guard.spot.to_string())
        ),
        help: if plan.saved.is_some() { MADE_UP } else { OTHER_SOURCES },
    })
}

const MADE_UP: &str = "Terraform makes no such plan: find out who edited the file";
const OTHER_SOURCES: &str = "name the directory `terraform plan` ran in, as it was then, with `--source DIR`";

fn unknown_now(change: &ChangeFacts) -> Gap {
    Gap {
        base: false,
        message: format!(
            "the plan destroys {}, and its block is in a source file or module that was not read",
            one_line(change.address.as_str())
        ),
        help: "mend the file that the notes name, or run `terraform init` first, so that fetched modules are at hand",
    }
}

/// Blocks that only the plan or only its sources have.
fn mismatches(plan: &Plan, now: &Sources) -> Option<Gap> {
    // That of a saved plan was made of the same sources.
    let configuration = plan.configuration.as_ref().filter(|_| plan.saved.is_none())?;
    let mut planned = BTreeSet::new();
    collect(&configuration.root, "", "", now, &mut planned);
    let mut declared = BTreeSet::new();
    for module in now.modules().filter(|module| module.unparsed().is_empty()) {
        let path = module.address_prefix();
        declared.extend(
            module.blocks().into_keys().filter(|block| is_managed(block)).map(|block| format!("{path}{block}")),
        );
    }
    let only_planned: Vec<&String> = planned.difference(&declared).collect();
    let only_declared: Vec<&String> = declared.difference(&planned).filter(|_| !planned.is_empty()).collect();
    let (which, blocks) = match (only_planned.is_empty(), only_declared.is_empty()) {
        (true, true) => return None,
        (false, _) => ("the plan has, and the sources have not", only_planned),
        (true, false) => ("the sources have, and the plan has not", only_declared),
    };
    let named: Vec<String> = blocks.iter().take(NAMED).map(|block| one_line(block).into_owned()).collect();
    let more = if blocks.len() > NAMED { ", …" } else { "" };
    let message = format!("the plan was not made from these sources: {which} {}{more}", named.join(", "));
    Some(Gap { base: false, message, help: OTHER_SOURCES })
}

/// Managed blocks of the plan's configuration, in modules that the sources have whole.
fn collect(module: &ConfigModule, key: &str, path: &str, now: &Sources, found: &mut BTreeSet<String>) {
    let Some(known) = now.module(key) else { return };
    if known.unparsed().is_empty() {
        let managed = module.resources.iter().filter(|block| is_managed(&block.address));
        found.extend(managed.map(|block| format!("{path}{}", block.address)));
    }
    for (name, call) in &module.calls {
        collect(&call.module, &child_key(key, name), &format!("{path}module.{name}."), now, found);
    }
}

fn is_managed(block: &str) -> bool {
    !["data.", "ephemeral.", "action.", "list."].iter().any(|prefix| block.starts_with(prefix))
}

/// New block addresses by old ones: what `moved` blocks and the plan say.
struct Moves(BTreeMap<String, String>);

impl Moves {
    fn of(plan: &Plan, now: &Sources) -> Self {
        let mut moves: BTreeMap<String, String> = now.moved().into_iter().collect();
        for change in plan.changes.iter().flatten() {
            if let Some(previous) = &change.previous_address {
                moves.insert(previous.config_address(), change.address.config_address());
            }
        }
        Self(moves)
    }

    /// Where a block of the configuration before is now.
    fn follow(&self, address: &str) -> String {
        let mut at = address.to_owned();
        for _ in 0..32 {
            let moved = self.0.get(&at).cloned().or_else(|| {
                let around = |(from, to): (&String, &String)| {
                    at.strip_prefix(from.as_str())
                        .filter(|rest| rest.starts_with('.'))
                        .map(|rest| format!("{to}{rest}"))
                };
                self.0.iter().filter(|(from, _)| from.starts_with("module.")).find_map(around)
            });
            match moved {
                Some(next) if next != at && next != address => at = next,
                _ => break,
            }
        }
        at
    }
}

/// Whether a type protects others.
fn is_guard(address: &Address, catalog: &Catalog) -> Result<bool, Problem> {
    let Ok(parts) = address.parts() else { return Ok(false) };
    Ok(catalog.entry(&parts.resource_type)?.is_some_and(|entry| entry.class == Class::ProtectionConfig))
}

#[cfg(test)]
mod tests;
