//! Rules about the document and the process, written in Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::Judged;
use super::subject::judged_changes;
use crate::plan::{Action, ActionInvocation, SavedPlan};
use crate::policy::contract::RawResult;
use crate::policy::native::{ACTION_INVOCATION, DEFERRED, INCOMPLETE, UNKNOWN_ACTION};
use crate::text;

/// How many characters of an unknown action list a message shows.
const MAX_WORDS: usize = 200;

/// How many missing instances a message names.
const NAMED: usize = 5;

/// The results of a native rule over one plan; `None` for those that judge something else (waivers).
pub(super) fn run(rule: &str, judged: &Judged<'_>) -> Option<Vec<RawResult>> {
    match rule {
        INCOMPLETE => Some(incomplete(judged).into_iter().collect()),
        UNKNOWN_ACTION => Some(unknown_actions(judged)),
        ACTION_INVOCATION => Some(action_invocations(judged)),
        DEFERRED => Some(deferred(judged).into_iter().collect()),
        _ => None,
    }
}

fn incomplete(judged: &Judged<'_>) -> Option<RawResult> {
    let missing = &judged.completeness.missing;
    if !judged.completeness.partial && missing.is_empty() {
        return None;
    }
    let told = judged.plan.saved.as_deref().and_then(left_out);
    let message = if let (true, Some(told)) = (missing.is_empty(), &told) {
        format!("This plan was made with {told}: what it leaves out was not judged.")
    } else if missing.is_empty() {
        "Terraform marks this plan as incomplete (targeted, or with deferred changes): what it leaves out was not judged."
            .to_owned()
    } else {
        let named: Vec<String> =
            missing.iter().take(NAMED).map(|instance| text::one_line(&instance.to_string()).into_owned()).collect();
        let more = match missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "{} of the prior state {} not judged, for no change of this plan names {}: {}{more}. {}",
            text::count(missing.len(), "managed instance"),
            if missing.len() == 1 { "was" } else { "were" },
            if missing.len() == 1 { "it" } else { "them" },
            named.join(", "),
            told.map_or_else(
                || "A plan made with -target or -exclude looks like this.".to_owned(),
                |told| format!("It was made with {told}."),
            ),
        )
    };
    Some(RawResult { message, ..RawResult::default() })
}

/// The arguments by which a saved plan was told to leave something out.
fn left_out(saved: &SavedPlan) -> Option<String> {
    let arguments = [("-target", &saved.targets), ("-exclude", &saved.excludes)];
    let all: Vec<String> = arguments
        .into_iter()
        .flat_map(|(name, addresses)| addresses.iter().map(move |address| format!("{name}={address}")))
        .collect();
    if all.is_empty() {
        return None;
    }
    let named: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|argument| text::one_line(&text::truncate(argument, MAX_WORDS)).into_owned())
        .collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{}{more}", named.join(" ")))
}

fn unknown_actions(judged: &Judged<'_>) -> Vec<RawResult> {
    let planned = judged_changes(judged.plan).map(|change| (change, "so it counts as destroying"));
    let drifted = judged.plan.drift.iter().map(|change| (change, "so what happened outside Terraform is not known"));
    planned
        .chain(drifted)
        .filter(|(change, _)| change.change.action == Action::Unknown)
        .map(|(change, meaning)| RawResult {
            message: format!(
                "the action list [{}] is none that this version knows, {meaning}. \
                 Use a plangate release that knows this Terraform version, or look at the change by hand.",
                words(&change.change.actions)
            ),
            address: Some(change.address.to_string()),
            deposed: change.deposed.clone(),
            ..RawResult::default()
        })
        .collect()
}

/// Action words of somebody else's making: on one line, and not endless.
fn words(actions: &[String]) -> String {
    text::one_line(&text::truncate(&actions.join(", "), MAX_WORDS)).into_owned()
}

/// One result for each action, however often it is invoked.
fn action_invocations(judged: &Judged<'_>) -> Vec<RawResult> {
    let mut actions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let now = judged.plan.action_invocations.iter().map(|invocation| (invocation, ""));
    let later = judged.plan.deferred_action_invocations.iter().map(|invocation| (invocation, "in a later plan, "));
    for (invocation, when) in now.chain(later) {
        let whens = actions.entry(invocation.address.as_str()).or_default();
        whens.insert(format!("{when}{}", trigger(invocation)));
    }
    actions
        .into_iter()
        .map(|(address, whens)| {
            let more = whens.len().saturating_sub(NAMED);
            let named: Vec<String> = whens.into_iter().take(NAMED).collect();
            let more = if more > 0 { format!("; and {}", text::count(more, "more trigger")) } else { String::new() };
            RawResult {
                message: format!(
                    "{address} will run ({}{more}). What a provider action does is in no plan, so this was not judged: \
                     look at what it does before you apply.",
                    named.join("; ")
                ),
                address: Some(address.to_owned()),
                ..RawResult::default()
            }
        })
        .collect()
}

/// What makes an action run, as a clause.
fn trigger(invocation: &ActionInvocation) -> String {
    match (&invocation.triggering_address, &invocation.event) {
        (Some(address), Some(event)) => format!("triggered by {address}, event {event}"),
        (Some(address), None) => format!("triggered by {address}"),
        (None, _) => "invoked by itself".to_owned(),
    }
}

/// What waits for a later plan, by Terraform's reason.
fn deferred(judged: &Judged<'_>) -> Option<RawResult> {
    let deferred = &judged.plan.deferred;
    if deferred.is_empty() {
        return None;
    }
    let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for change in deferred {
        let reason = change.reason.as_deref().unwrap_or("no reason given");
        reasons.entry(reason).or_default().insert(change.resource_change.address.as_str());
    }
    let clauses: Vec<String> = reasons
        .iter()
        .map(|(reason, addresses)| {
            let named: Vec<&str> = addresses.iter().take(NAMED).copied().collect();
            let more = match addresses.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}{more} ({reason})", named.join(", "))
        })
        .collect();
    let message = format!(
        "{} {} for a later plan: {}. After this apply, plan again and judge that plan too.",
        text::count(deferred.len(), "change"),
        if deferred.len() == 1 { "waits" } else { "wait" },
        clauses.join("; "),
    );
    Some(RawResult { message, ..RawResult::default() })
}
