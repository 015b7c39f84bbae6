//! Saved plans of other releases than the scenarios', each against the JSON that its own program prints.

use plangate::plan::binary::{Mode, Product};
use plangate::plan::detect::recognise;

use crate::harness::{built_in, judge, plangate, read};
use crate::saved_plan::{facts, plan};

/// With whether the file says what a provider's schema calls sensitive: before 1.8 everything is secret.
const PLANS: [(&str, bool); 7] = [
    ("opentofu-1.9-normal", true),
    ("opentofu-1.9-target", true),
    ("opentofu-1.9-exclude", true),
    ("opentofu-1.9-destroy", true),
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
            let known = binary.remove(&place);
            assert!(
                known.as_ref() == Some(&said) || masked || silent,
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
