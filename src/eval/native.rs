//! Rules about the document and the process, written in Rust.

use super::Judged;
use super::subject::judged_changes;
use crate::plan::Action;
use crate::policy::contract::RawResult;
use crate::policy::native::{INCOMPLETE, UNKNOWN_ACTION};
use crate::text;

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
        let named: Vec<&str> = missing.iter().take(NAMED).map(crate::address::Address::as_str).collect();
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
    judged_changes(judged.plan)
        .filter(|change| change.change.action == Action::Unknown)
        .map(|change| RawResult {
            message: format!(
                "the action list [{}] is none that this version knows, so it counts as destroying. \
                 Use a plangate release that knows this Terraform version, or look at the change by hand.",
                change.change.actions.join(", ")
            ),
            address: Some(change.address.to_string()),
            deposed: change.deposed.clone(),
            ..RawResult::default()
        })
        .collect()
}
