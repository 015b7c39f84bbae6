//! Saved plans of other releases than the scenarios', each against the JSON that its own program prints.

use plangate::plan::binary::{Mode, Product};
use plangate::plan::detect::recognise;
use serde_json::json;

use crate::crosscheck::{joined, problems};
use crate::harness::{built_in, judge, plangate, read};
use crate::saved_plan::{facts, plan};

/// With whether the file says what a provider's schema calls sensitive: before 1.8 everything is secret.
const PLANS: [(&str, bool); 14] = [
    ("opentofu-1.12-example", true),
    ("opentofu-1.12-forget", true),
    ("opentofu-1.11-example", true),
    ("opentofu-1.10-exclude", true),
    ("opentofu-1.9-normal", true),
    ("opentofu-1.9-target", true),
    ("opentofu-1.9-exclude", true),
    ("opentofu-1.9-destroy", true),
    ("terraform-1.16-example", true),
    ("terraform-1.16-deferred", true),
    ("terraform-1.8-example", true),
    ("terraform-1.5-normal", false),
    ("terraform-1.5-target", false),
    ("terraform-1.5-destroy", false),
];

fn file(name: &str, file: &str) -> Vec<u8> {
    read(&format!("fixtures/releases/{name}/{file}"))
}

#[test]
fn the_typed_plan_of_other_releases_is_that_of_their_json() {
    for (name, marks_schema) in PLANS {
        let (json, mut binary) = (facts(&plan(file(name, "plan.json"))), facts(&plan(file(name, "tfplan"))));
        for (place, said) in json {
            let masked = place.ends_with("sensitive") && !marks_schema;
            // What a partial plan is silent about is secret in the binary.
            let silent = place.starts_with("prior ") && place.ends_with(" sensitive");
            // Blocks that a replaced object had none of.
            let unseen = place == "example_thing.grown after_sensitive";
            let known = binary.remove(&place);
            assert!(
                known.as_ref() == Some(&said) || masked || silent || unseen,
                "{name}: {place}\n  JSON:   {said}\n  binary: {known:?}"
            );
        }
        assert!(binary.is_empty(), "{name}: {binary:?}");
    }
}

#[test]
fn the_findings_of_other_releases_are_those_of_their_json() {
    let stages = built_in();
    for (name, _) in PLANS {
        let judged = |bytes: Vec<u8>| {
            let report = judge(&stages, &[("plan", bytes)]);
            let of = |finding: &plangate::finding::Finding| {
                let subject = finding.subject.as_ref().map(|subject| subject.address.clone());
                format!("{} {} {subject:?}", finding.level, finding.rule)
            };
            let findings: Vec<String> = report.plans[0].findings.iter().map(of).collect();
            (report.verdict, report.plans[0].problems.len(), findings)
        };
        let json = judged(file(name, "plan.json"));
        assert!(!json.2.is_empty(), "{name}");
        assert_eq!(json, judged(file(name, "tfplan")), "{name}");
    }
}

#[test]
fn the_json_of_other_releases_agrees_with_their_files() {
    let stages = built_in();
    for (name, _) in PLANS {
        let report = joined(&stages, file(name, "tfplan"), file(name, "plan.json"));
        assert_eq!(problems(&report), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_json_that_hides_less_of_a_replaced_object_agrees_and_one_that_hides_more_does_not() {
    let stages = built_in();
    let name = "terraform-1.16-example";
    let with = |pointer: &str, mask: serde_json::Value| {
        let mut json: serde_json::Value = serde_json::from_slice(&file(name, "plan.json")).unwrap();
        let changes = json["resource_changes"].as_array_mut().unwrap();
        let anew = changes.iter_mut().find(|change| change["address"] == "example_thing.anew").unwrap();
        *anew.pointer_mut(pointer).unwrap() = mask;
        problems(&joined(&stages, file(name, "tfplan"), serde_json::to_vec(&json).unwrap()))
    };
    assert!(with("/change/after_sensitive", json!({})).is_empty());
    assert_eq!(with("/change/after_sensitive", json!({"name": true})).len(), 1);
    assert_eq!(with("/change/before_sensitive", json!({})).len(), 1);
}

#[test]
fn what_a_replaced_object_keeps_secret_is_secret_anew() {
    for name in ["terraform-1.8-example", "terraform-1.16-example", "opentofu-1.11-example", "opentofu-1.12-example"] {
        let path = format!("fixtures/releases/{name}/tfplan");
        let shown = plangate().args(["show", &path, "--reveal-secrets"]).run();
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        let masks = |address: &str| {
            let of = |list: &serde_json::Value, mask: &str| {
                let list = list.as_array().unwrap();
                let entry = list.iter().find(|entry| entry["address"] == address).unwrap();
                entry.pointer(mask).unwrap().clone()
            };
            let planned = of(&shown["planned_values"]["root_module"]["resources"], "/sensitive_values");
            assert_eq!(of(&shown["resource_changes"], "/change/after_sensitive"), planned, "{name}");
            planned
        };
        assert_eq!(masks("example_thing.anew"), json!({"password": true, "user": [{"key": true}, {"key": true}]}));
        assert_eq!(masks("example_thing.grown"), json!({"password": true, "user": true}));
    }
}

#[test]
fn planned_values_have_the_identity_that_the_change_has() {
    for name in ["terraform-1.16-example", "opentofu-1.12-example"] {
        let shown = plangate().args(["show", &format!("fixtures/releases/{name}/tfplan")]).run();
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        let planned = shown["planned_values"]["root_module"]["resources"].as_array().unwrap();
        let by_id = planned.iter().find(|object| object["address"] == "example_thing.by_id").unwrap();
        assert_eq!(by_id["identity"], json!({"name": "by-id", "zone": 7}), "{name}");
    }
}

#[test]
fn what_only_opentofu_does_is_no_unknown_action() {
    let verbs = |name: &str| -> Vec<String> {
        let plan = plan(file(name, "tfplan"));
        plan.changes.iter().flatten().map(|entry| format!("{} {}", entry.address, entry.change.action.verb())).collect()
    };
    assert!(verbs("opentofu-1.12-forget").contains(&"terraform_data.anew replace-forget".to_owned()));
    assert!(verbs("opentofu-1.11-example").contains(&"ephemeral.example_token.later ephemeral".to_owned()));
}

#[test]
fn an_action_alone_is_a_plan_that_its_json_does_not_tell() {
    let path = |file: &str| format!("fixtures/releases/terraform-1.16-invoke/{file}");
    let ran = plangate().args(["check", &path("tfplan")]).run();
    ran.exits(0).says("action.example_run.drain").says("plan/incomplete").hides("hunter");
    let ran = plangate().args(["check", &path("tfplan"), "--json", &path("plan.json")]).run();
    ran.exits(0).hides("hunter");
    plangate().args(["check", &path("plan.json")]).run().exits(2).says("terraform plan -invoke").hides("hunter");
}

#[test]
fn a_plan_of_another_release_says_what_its_json_does_not() {
    let saved = |name: &str| recognise(file(name, "tfplan")).remove(0).unwrap().saved().unwrap().clone();
    let exclude = saved("opentofu-1.9-exclude");
    assert_eq!(
        (exclude.product, exclude.excludes.as_slice()),
        (Product::OpenTofu, &["terraform_data.aside".to_owned()][..])
    );
    assert_eq!(saved("opentofu-1.9-destroy").mode, Mode::Destroy);
    assert_eq!(saved("terraform-1.5-destroy").mode, Mode::Destroy);
    assert!(saved("terraform-1.5-target").targets.contains(&"terraform_data.store".to_owned()));
    for (name, marks_schema) in PLANS {
        let saved = saved(name);
        assert_eq!((saved.marks_schema, saved.variables_complete), (marks_schema, true), "{name}");
        assert!(saved.sources.parsed().is_whole(), "{name}");
    }
}

#[test]
fn nothing_of_a_plan_of_another_release_is_shown_that_is_secret() {
    for (name, _) in PLANS {
        for form in ["plan.json", "tfplan"] {
            let path = format!("fixtures/releases/{name}/{form}");
            plangate().args(["check", &path, "--verbose"]).run().hides("hunter");
            plangate().args(["inspect", &path]).run().hides("hunter");
        }
    }
}

#[test]
fn an_encrypted_plan_is_refused_by_name() {
    let ran = plangate().args(["check", "fixtures/releases/opentofu-1.9-encrypted/tfplan"]).run();
    ran.exits(2).says("this is an OpenTofu plan file, encrypted").says("tofu show -json");
}
