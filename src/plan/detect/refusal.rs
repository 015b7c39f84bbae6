//! The names of everything that is no plan, and the exact command to run instead.
//!
//! Owns those words. Must not show text of the input.

use std::collections::BTreeSet;

use crate::problem::{Problem, ProblemCode};
use crate::text::{one_line, truncate};

/// What to run for a usable document.
pub(in crate::plan) const SHOW_AGAIN: &str =
    "save the plan and print it again: terraform plan -out=tfplan && terraform show -json tfplan > plan.json";

const SHOW_PLAN_FILE: &str = "print the plan file as JSON: terraform show -json tfplan > plan.json";

fn not_a_plan(message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::NotAPlan, message).help(help)
}

/// Inputs that their first bytes give away.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<Problem> {
    if bytes.is_empty() {
        return Some(empty());
    }
    // Terraform before 0.12 wrote the magic "tfplan" and a version byte (terraform/plan.go, planFormatMagic).
    if bytes.starts_with(b"tfplan") && bytes.get(6).is_none_or(|byte| !byte.is_ascii_graphic()) {
        return Some(not_a_plan(
            "this is a binary plan of Terraform before 0.12, which has no JSON form",
            "upgrade to Terraform 0.12 or later, then: terraform plan -out=tfplan && terraform show -json tfplan > plan.json",
        ));
    }
    None
}

/// Inputs that are no JSON object at all, told by their first word.
pub(super) fn of_text(text: &str) -> Option<Problem> {
    let trimmed = text.trim();
    match trimmed {
        "" => Some(empty()),
        "null" => Some(not_a_plan("this is JSON `null`, not a plan", SHOW_AGAIN)),
        "true" | "false" => Some(not_a_plan("this is a JSON boolean, not a plan", SHOW_AGAIN)),
        _ if is_array(trimmed) => Some(array()),
        _ if serde_json::from_str::<f64>(trimmed).is_ok() => {
            Some(not_a_plan("this is a JSON number, not a plan", SHOW_AGAIN))
        }
        _ if trimmed.starts_with('"') && serde_json::from_str::<serde::de::IgnoredAny>(trimmed).is_ok() => {
            Some(not_a_plan("this is a JSON string, not a plan", SHOW_AGAIN))
        }
        _ => None,
    }
}

/// `[` and then something that starts a JSON value: not `[command]/usr/bin/terraform …`.
fn is_array(trimmed: &str) -> bool {
    let inner = trimmed.strip_prefix('[').map(str::trim_start);
    inner.is_some_and(|inner| inner.is_empty() || inner.starts_with(['{', '[', ']', '"']))
}

fn empty() -> Problem {
    not_a_plan(
        "the input is empty",
        "`terraform show` probably failed before it: run `terraform show -json tfplan > plan.json` and look at its exit code",
    )
}

/// A JSON array, most often of plans.
pub(super) fn array() -> Problem {
    not_a_plan(
        "this is a JSON array, not a plan",
        "give each plan on its own; an array of plans is split by: jq -c '.[]' plans.json > plans.jsonl",
    )
}

/// The output of `terraform plan -json`.
pub(super) fn ui_stream() -> Problem {
    not_a_plan(
        "this is the progress stream of `terraform plan -json`, which has no values and cannot be judged",
        SHOW_AGAIN,
    )
}

/// Phrases of Terraform's own output for people.
const HUMAN: [&str; 5] = [
    "Terraform used the selected providers",
    "OpenTofu used the selected providers",
    "will perform the following actions",
    "No changes.",
    "Plan: ",
];

/// The refusal of one unit's part of a log; the unit's name is a path of the repository.
pub(super) fn of_unit(key: &str, problem: Problem) -> Problem {
    const MAX: usize = 120;
    let unit = one_line(&truncate(key, MAX)).into_owned();
    Problem { message: format!("behind the log prefix {unit}: {}", problem.message), ..problem }
}

/// Text without any JSON object in it.
pub(super) fn no_json(text: &str) -> Problem {
    if HUMAN.iter().any(|phrase| text.contains(phrase)) {
        return not_a_plan("this is a plan printed for people, not plan JSON", SHOW_AGAIN);
    }
    not_a_plan("this is neither plan JSON nor anything else that Terraform writes", SHOW_AGAIN)
}

/// Top-level keys that only a plan has (Terraform `internal/command/jsonplan/plan.go`).
const PLAN_KEYS: [&str; 11] = [
    "resource_changes",
    "planned_values",
    "configuration",
    "resource_drift",
    "deferred_changes",
    "output_changes",
    "prior_state",
    "action_invocations",
    "deferred_action_invocations",
    "relevant_attributes",
    "proposed_unknown",
];

/// Whether these top-level keys are those of a plan.
pub(in crate::plan) fn has_plan_keys(keys: &BTreeSet<String>) -> bool {
    PLAN_KEYS.iter().any(|key| keys.contains(*key))
}

/// Says why an object with these top-level keys is no plan; `None` where it is one. `outputs` tells whether every
/// value looks like one of `terraform output -json`.
pub(in crate::plan) fn of_keys(keys: &BTreeSet<String>, outputs: bool) -> Option<Problem> {
    let has = |key: &str| keys.contains(key);
    let special = [
        (keys.is_empty(), "this is an empty JSON object, not a plan", SHOW_AGAIN),
        (
            has("encrypted_data") && (has("serial") || has("lineage")),
            "this is an OpenTofu state, encrypted",
            "a state says nothing about changes; with the encryption configuration at hand: tofu plan -out=tfplan && tofu show -json tfplan > plan.json",
        ),
        (
            has("encrypted_data") || has("encryption_version"),
            "this is an OpenTofu plan file, encrypted",
            "print it where the encryption configuration is at hand: tofu show -json tfplan > plan.json",
        ),
        (
            has("remote_plan_format"),
            "this is a bookmark of a plan saved in HCP Terraform, not the plan",
            "print it in the directory it was made in: terraform show -json tfplan > plan.json",
        ),
        (
            has("plan_format_version"),
            "this is the redacted JSON of an HCP Terraform plan, which lacks values and configuration",
            "fetch the full one (needs admin access to the workspace): curl -H \"Authorization: Bearer $TOKEN\" -L https://app.terraform.io/api/v2/plans/PLAN_ID/json-output > plan.json",
        ),
        (
            has("@level") || has("@message"),
            "this is the progress stream of `terraform plan -json`, which has no values and cannot be judged",
            SHOW_AGAIN,
        ),
        (has("provider_schemas"), "this is the output of `terraform providers schema -json`", SHOW_PLAN_FILE),
        (
            (has("lineage") && has("serial")) || (has("version") && (has("resources") || has("modules"))),
            "this is a Terraform state file, not a plan",
            SHOW_AGAIN,
        ),
        (has("valid") && has("diagnostics"), "this is the output of `terraform validate -json`", SHOW_AGAIN),
        (
            has("provider_selections") || has("terraform_outdated"),
            "this is the output of `terraform version -json`",
            SHOW_AGAIN,
        ),
    ];
    if let Some((_, message, help)) = special.into_iter().find(|(applies, ..)| *applies) {
        return Some(not_a_plan(message, help));
    }
    match (has("format_version"), has_plan_keys(keys)) {
        (true, true) => None,
        (false, true) => Some(not_a_plan(
            "this plan has no `format_version`: it was stripped or made by hand",
            "judge the document as Terraform writes it: terraform show -json tfplan > plan.json",
        )),
        (true, false) => Some(versioned(keys)),
        (false, false) if outputs => Some(not_a_plan("this is the output of `terraform output -json`", SHOW_PLAN_FILE)),
        (false, false) => Some(not_a_plan("this JSON object is nothing that Terraform writes for a plan", SHOW_AGAIN)),
    }
}

/// An object with a format version that is no plan.
fn versioned(keys: &BTreeSet<String>) -> Problem {
    let about_state = "name the plan file: without one, `terraform show -json` prints the state; terraform show -json tfplan > plan.json";
    if keys.contains("values") {
        return not_a_plan("this is a state as `terraform show -json` prints it, not a plan", about_state);
    }
    if keys.iter().all(|key| key == "format_version" || key == "terraform_version") {
        return not_a_plan("this is an empty state as `terraform show -json` prints it, not a plan", about_state);
    }
    if keys.contains("root_module") {
        return not_a_plan("this is a configuration as `show -json -config` prints it, not a plan", SHOW_PLAN_FILE);
    }
    not_a_plan("this JSON has a format version but nothing of a plan", SHOW_AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(keys: &[&str]) -> Option<String> {
        of_keys(&keys.iter().map(|key| (*key).to_owned()).collect(), false).map(|problem| problem.message)
    }

    #[test]
    fn one_plan_key_beside_the_version_makes_a_plan() {
        for key in PLAN_KEYS {
            assert_eq!(refused(&["format_version", key]), None, "{key}");
            assert!(refused(&[key]).unwrap().contains("no `format_version`"), "{key}");
        }
    }

    #[test]
    fn an_empty_state_and_a_single_ui_event_are_named() {
        assert!(refused(&["format_version"]).unwrap().contains("empty state"));
        assert!(refused(&["@level", "@message", "type", "change"]).unwrap().contains("progress stream"));
        assert!(refused(&["format_version", "function_signatures"]).unwrap().contains("nothing of a plan"));
    }

    #[test]
    fn bare_json_values_are_no_plans() {
        for text in ["null", " true\n", "12", "\"x\"", "[]", "[1]", "[ {\"a\":1} ]", "\n\n"] {
            let problem = of_text(text).or_else(|| Some(no_json(text)));
            assert_eq!(problem.unwrap().code, ProblemCode::NotAPlan, "{text}");
        }
        assert!(of_text("[command]/usr/bin/terraform show\n{}").is_none());
    }
}
