//! Whether the plan says everything: what makes it undecidable, and what of the prior state it is silent about.
//!
//! Owns the comparison of the plan with itself. Must not judge changes; `plan/incomplete` is made elsewhere of what is
//! missing here.

use std::collections::{BTreeMap, BTreeSet};

use super::binary::{Mode, SavedPlan};
use super::segments::{Segment, segments};
use super::{Plan, PriorInstance, ResourceChange};
use crate::problem::{Problem, ProblemCode};
use crate::text::{count, one_line};

/// Most addresses named in one message.
const NAMED: usize = 5;

/// Which kind of plan the user expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// One with changes.
    #[default]
    Ordinary,
    /// One of `terraform plan -refresh-only`, which lists no changes.
    RefreshOnly,
}

/// What the plan says about itself.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Why it cannot be judged.
    pub problems: Vec<Problem>,
    /// Managed instances of the prior state that no change names, sorted.
    pub missing: Vec<PriorInstance>,
    /// The plan says that it is not complete (`complete: false`), or was told to leave something out.
    pub partial: bool,
}

/// Compares the plan with itself. Every change is still to be judged where there are problems.
///
/// The instance check is skipped where there is no list of changes to compare with: the missing list is the problem then.
/// A saved plan says which kind it is, and has a list of changes even where it is empty.
#[must_use]
pub fn assess(plan: &Plan, expect: Expect) -> Completeness {
    let mut problems = Vec::new();
    problems.extend(errored(plan));
    let changes = plan.changes.as_deref();
    problems.extend(repeated("the plan lists", planned(plan)));
    problems.extend(repeated("`resource_drift` lists", plan.drift.iter()));
    problems.extend(self_contradicting(plan));
    let saved = plan.saved.as_deref();
    problems.extend(saved.and_then(|saved| not_as_expected(saved, expect)));
    let expect = match saved.map(|saved| saved.mode) {
        Some(Mode::RefreshOnly) => Expect::RefreshOnly,
        Some(Mode::Normal | Mode::Destroy) => Expect::Ordinary,
        None => expect,
    };
    let missing = match (expect, changes.or(saved.map(|_| [].as_slice()))) {
        (Expect::RefreshOnly, _) => {
            problems.extend(not_refresh_only(changes.unwrap_or_default()));
            Vec::new()
        }
        (Expect::Ordinary, None) => {
            problems.extend(no_changes(plan));
            Vec::new()
        }
        (Expect::Ordinary, Some(changes)) => missing(plan, changes),
    };
    if plan.complete == Some(true) && !missing.is_empty() {
        problems.push(contradiction(&missing));
    }
    let partial = plan.complete == Some(false) || saved.is_some_and(SavedPlan::is_partial);
    Completeness { problems, missing, partial }
}

/// A saved plan that is none of `terraform plan -refresh-only`, though the user says so.
fn not_as_expected(saved: &SavedPlan, expect: Expect) -> Option<Problem> {
    (expect == Expect::RefreshOnly && saved.mode != Mode::RefreshOnly).then(|| {
        let message = format!("a refresh-only plan is expected, but this one is of mode {}", saved.mode.as_str());
        Problem::new(ProblemCode::InconsistentPlan, message)
            .help("leave off `--expect refresh-only`, or plan with: terraform plan -refresh-only -out=tfplan")
    })
}

fn errored(plan: &Plan) -> Option<Problem> {
    (plan.errored == Some(true)).then(|| {
        Problem::new(ProblemCode::ErroredPlan, "planning failed: the plan has `errored: true` and holds only a part")
            .help("fix the errors that `terraform plan` shows, then plan again")
    })
}

/// A list of changes is absent in a refresh-only plan, in one that somebody stripped, and in one of a configuration
/// without resources; only the last can be judged.
fn no_changes(plan: &Plan) -> Option<Problem> {
    let prior = plan.prior_instances.as_deref().map_or(0, <[_]>::len);
    let planned = plan.planned_resources;
    let message = match plan.configuration.as_ref() {
        // Terraform always writes `configuration`: who stripped it may have stripped the changes.
        None => "the plan has neither `resource_changes` nor `configuration`: nothing says what it does".to_owned(),
        Some(summary) if summary.managed_resources > 0 || prior > 0 || planned > 0 => {
            let has: Vec<_> = [
                (summary.managed_resources, "managed resource block", ""),
                (prior, "managed instance", " in the prior state"),
                (planned, "resource", " in `planned_values`"),
            ]
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, noun, place)| count(n, noun) + place)
            .collect();
            format!("the plan has no `resource_changes`, though it has {}", has.join(", "))
        }
        Some(_) => return None,
    };
    let help = if plan.action_invocations.is_empty() {
        "a plan of `terraform plan -refresh-only` looks like this: if it is one, say so with `--expect refresh-only`; \
         otherwise print the whole plan: terraform show -json tfplan > plan.json"
    } else {
        "a plan of `terraform plan -invoke` looks like this, and its JSON does not say so: judge the plan file itself \
         (plangate check tfplan)"
    };
    Some(Problem::new(ProblemCode::NoResourceChanges, message).help(help))
}

/// A refresh-only plan changes no managed resource; one that does is not what the user says it is.
fn not_refresh_only(changes: &[ResourceChange]) -> Option<Problem> {
    let loud: Vec<_> = changes
        .iter()
        .filter(|change| !change.change.action.is_quiet())
        .map(|change| one_line(change.address.as_str()).into_owned())
        .collect();
    (!loud.is_empty()).then(|| {
        let message = format!(
            "a refresh-only plan is expected, but this one changes {}: {}",
            count(loud.len(), "resource"),
            names(&loud)
        );
        Problem::new(ProblemCode::InconsistentPlan, message)
            .help("leave off `--expect refresh-only`, or plan with: terraform plan -refresh-only -out=tfplan")
    })
}

/// Everything that is or will be done. An address with a `[*]` stands for many objects, so it is none of them.
fn planned(plan: &Plan) -> impl Iterator<Item = &ResourceChange> {
    let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
    let one = |change: &&ResourceChange| !segments(change.address.as_str()).iter().any(|s| s.key == Some("*"));
    plan.changes.iter().flatten().chain(deferred.filter(one))
}

/// Entries with the same address and deposed key.
fn repeated<'p>(lists: &str, changes: impl Iterator<Item = &'p ResourceChange>) -> Option<Problem> {
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for change in changes {
        if !seen.insert((&change.address, change.deposed.as_deref())) {
            twice.insert(one_line(change.address.as_str()).into_owned());
        }
    }
    let twice: Vec<_> = twice.into_iter().collect();
    (!twice.is_empty()).then(|| {
        let message = format!("{lists} the same object more than once: {}", names(&twice));
        Problem::new(ProblemCode::InconsistentPlan, message)
            .help("Terraform never writes this: print the plan again with `terraform show -json tfplan > plan.json`")
    })
}

/// Entries whose objects say something else than their actions: an object that is not there afterwards though nothing
/// happens to it would go without a finding.
fn self_contradicting(plan: &Plan) -> Option<Problem> {
    let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
    let entries = plan.changes.iter().flatten().chain(deferred).chain(&plan.drift);
    let contradicting: BTreeSet<String> = entries
        .filter(|change| change.is_managed() && change.change.contradicts_itself())
        .map(|change| one_line(change.address.as_str()).into_owned())
        .collect();
    let contradicting: Vec<String> = contradicting.into_iter().collect();
    (!contradicting.is_empty()).then(|| {
        let message = format!(
            "the actions of {} contradict what stands under `before` and `after`: {}",
            count(contradicting.len(), "resource"),
            names(&contradicting)
        );
        Problem::new(ProblemCode::InconsistentPlan, message)
            .help("Terraform never writes this: print the plan again with `terraform show -json tfplan > plan.json`")
    })
}

fn contradiction(missing: &[PriorInstance]) -> Problem {
    let message = format!(
        "the plan says `complete: true`, but no change names {} of its prior state: {}",
        count(missing.len(), "managed instance"),
        names(&missing.iter().map(|instance| one_line(&instance.to_string()).into_owned()).collect::<Vec<_>>())
    );
    Problem::new(ProblemCode::InconsistentPlan, message)
        .help("entries were removed from the document: print it again with `terraform show -json tfplan > plan.json`")
}

fn names(addresses: &[String]) -> String {
    let shown: Vec<_> = addresses.iter().take(NAMED).map(String::as_str).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Managed instances of the prior state that the plan is silent about: it was targeted, or entries were removed.
fn missing(plan: &Plan, changes: &[ResourceChange]) -> Vec<PriorInstance> {
    let named = Named::new(plan, changes);
    let prior = plan.prior_instances.as_deref().unwrap_or_default();
    let missing = prior.iter().filter(|instance| !named.covers(instance));
    let by_object: BTreeMap<_, _> =
        missing.map(|instance| ((&instance.address, &instance.deposed), instance)).collect();
    by_object.into_values().cloned().collect()
}

/// What the entries of a plan name.
struct Named<'p> {
    /// Addresses, present and previous, with the deposed key of their entry.
    objects: BTreeSet<(&'p str, Option<&'p str>)>,
    /// Deferred addresses: nothing is said yet of the objects there.
    deferred: BTreeSet<&'p str>,
    /// Deferred addresses with a `[*]` in them, by their names without keys.
    wildcards: BTreeMap<Vec<&'p str>, Vec<Vec<Segment<'p>>>>,
}

impl<'p> Named<'p> {
    fn new(plan: &'p Plan, changes: &'p [ResourceChange]) -> Self {
        let mut named = Self { objects: BTreeSet::new(), deferred: BTreeSet::new(), wildcards: BTreeMap::new() };
        let deferred = plan.deferred.iter().map(|deferred| &deferred.resource_change);
        for change in changes.iter().chain(deferred.clone()) {
            for address in [Some(&change.address), change.previous_address.as_ref()].into_iter().flatten() {
                named.objects.insert((address.as_str(), change.deposed.as_deref()));
            }
        }
        for change in deferred {
            named.deferred.insert(change.address.as_str());
            let pattern = segments(change.address.as_str());
            if pattern.iter().any(|segment| segment.key == Some("*")) {
                named.wildcards.entry(bare(&pattern)).or_default().push(pattern);
            }
        }
        named
    }

    /// Every object needs its own entry, a deposed one too: Terraform always writes it. An entry that waits for a later
    /// plan stands for all objects at its address.
    fn covers(&self, instance: &PriorInstance) -> bool {
        let address = instance.address.as_str();
        if self.objects.contains(&(address, instance.deposed.as_deref())) || self.deferred.contains(address) {
            return true;
        }
        if self.wildcards.is_empty() {
            return false;
        }
        let wanted = segments(address);
        self.wildcards.get(&bare(&wanted)).is_some_and(|patterns| patterns.iter().any(|p| matches(p, &wanted)))
    }
}

fn bare<'a>(segments: &[Segment<'a>]) -> Vec<&'a str> {
    segments.iter().map(|segment| segment.name).collect()
}

/// `[*]` stands for every key and for none: `count` may be new.
fn matches(pattern: &[Segment<'_>], address: &[Segment<'_>]) -> bool {
    pattern.iter().zip(address).all(|(want, have)| want.key == Some("*") || want.key == have.key)
}

#[cfg(test)]
mod tests;
