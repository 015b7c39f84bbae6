//! Rules about the document and the process, written in Rust.

use super::Judged;
use super::subject::judged_changes;
use crate::plan::Action;
use crate::policy::contract::RawResult;
use crate::policy::native::{INCOMPLETE, UNKNOWN_ACTION};
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
        _ => None,
    }
}

fn incomplete(judged: &Judged<'_>) -> Option<RawResult> {
    let missing = &judged.completeness.missing;
    if !judged.completeness.partial && missing.is_empty() {
        return None;
    }
    let message = if missing.is_empty() {
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
            "{} of the prior state {} not judged, for no change of this plan names {}: {}{more}. \
             A plan made with -target or -exclude looks like this.",
            text::count(missing.len(), "managed instance"),
            if missing.len() == 1 { "was" } else { "were" },
            if missing.len() == 1 { "it" } else { "them" },
            named.join(", "),
        )
    };
    Some(RawResult { message, ..RawResult::default() })
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
