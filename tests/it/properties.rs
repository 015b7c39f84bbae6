//! What must hold for any plan.

use std::collections::BTreeSet;

use plangate::gate::Stages;
use plangate::report::{Report, json};
use plangate::verdict::Verdict;
use plangate::workspace;
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::{built_in, judge, package, read, setup};

const SCENARIOS: [&str; 8] = [
    "02-noop",
    "05-replace-force-new",
    "11-count-index-shift",
    "24-destroy-mode",
    "27-drift-deleted",
    "29-deposed",
    "50-weird-keys",
    "62-destroy-target",
];

fn scenario(name: &str) -> Vec<u8> {
    read(&format!("fixtures/scenarios/{name}/plan.json"))
}

/// The report without the digest of the bytes.
fn rendered(mut report: Report) -> String {
    for plan in &mut report.plans {
        plan.sha256 = None;
    }
    json::render(&report).unwrap()
}

fn judged(stages: &Stages, plan: &Value) -> Report {
    judge(stages, &[("plan", serde_json::to_vec(plan).unwrap())])
}

/// Built-in rules, and one of a repository that reads every change.
fn with_own_rules() -> Stages {
    let mut setup = setup("no-such-repository");
    setup.extra_policies = vec![package("tests/it/policies").to_str().unwrap().into()];
    workspace::open(&setup).unwrap()
}

/// What identifies findings of rules about changes.
fn identities(report: &Report) -> BTreeSet<(String, String, Option<String>, String)> {
    report.plans[0]
        .findings
        .iter()
        .filter(|finding| !finding.rule.as_str().starts_with("plan/"))
        .filter_map(|finding| {
            let subject = finding.subject.clone()?;
            Some((finding.rule.to_string(), subject.address, subject.deposed, finding.fingerprint.as_str().to_owned()))
        })
        .collect()
}

/// Scenarios whose findings must survive that less is known.
const MASKED: [&str; 9] = [
    "05-replace-force-new",
    "06-replace-create-before-destroy",
    "11-count-index-shift",
    "14-count-to-foreach-no-moved",
    "19-rename-without-moved",
    "24-destroy-mode",
    "56-parent-replaced-unmanaged-children",
    "60-computed-name-replace",
    "62-destroy-target",
];

/// Takes knowledge away from one change: an attribute after it becomes unknown, one before it is left out, or a mask is.
fn know_less(change: &mut Value, way: u8, which: prop::sample::Index) {
    let names = |side: &Value| side.as_object().map_or_else(Vec::new, |map| map.keys().cloned().collect::<Vec<_>>());
    match way {
        0 => {
            let names = names(&change["after"]);
            if !names.is_empty() {
                let name = names[which.index(names.len())].clone();
                change["after"].as_object_mut().unwrap().remove(&name);
                change["after_unknown"][name] = Value::Bool(true);
            }
        }
        1 => {
            let names = names(&change["before"]);
            if !names.is_empty() {
                change["before"].as_object_mut().unwrap().remove(&names[which.index(names.len())]);
            }
        }
        _ => {
            let mask = ["before_sensitive", "after_sensitive"][which.index(2)];
            change.as_object_mut().unwrap().remove(mask);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_plan_never_panics(name in prop::sample::select(&SCENARIOS[..]), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = scenario(name);
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        judge(&built_in(), &[("plan", bytes)]);
    }

    #[test]
    fn a_truncated_plan_is_never_allowed(name in prop::sample::select(&SCENARIOS[..]), at in any::<prop::sample::Index>()) {
        let mut bytes = scenario(name);
        let end = bytes.iter().rposition(|byte| *byte == b'}').unwrap();
        bytes.truncate(at.index(end));
        prop_assert_eq!(judge(&built_in(), &[("plan", bytes)]).verdict, Verdict::Undecided);
    }

    #[test]
    fn the_order_of_changes_alters_nothing(name in prop::sample::select(&SCENARIOS[..]), seed in any::<u64>()) {
        let stages = with_own_rules();
        let mut plan: Value = serde_json::from_slice(&scenario(name)).unwrap();
        let before = rendered(judged(&stages, &plan));
        let changes = plan["resource_changes"].as_array_mut().unwrap();
        let len = changes.len();
        let mut state = seed | 1;
        for i in (1..len).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            changes.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        prop_assert_eq!(before, rendered(judged(&stages, &plan)));
    }

    #[test]
    fn knowing_less_takes_no_finding_away(name in prop::sample::select(&MASKED[..]), masks in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, any::<prop::sample::Index>()), 1..8)) {
        let stages = built_in();
        let mut plan: Value = serde_json::from_slice(&scenario(name)).unwrap();
        let before = identities(&judged(&stages, &plan));
        let changes = plan["resource_changes"].as_array_mut().unwrap();
        for (at, way, which) in masks {
            let at = at.index(changes.len());
            know_less(&mut changes[at]["change"], way, which);
        }
        let after = judged(&stages, &plan);
        prop_assert!(before.is_subset(&identities(&after)), "{:?}", before.difference(&identities(&after)).collect::<Vec<_>>());
    }

    #[test]
    fn an_unrelated_change_takes_no_finding_away(name in prop::sample::select(&SCENARIOS[..]), action in prop::sample::select(vec!["create", "delete", "update", "no-op", "mystery"])) {
        let stages = built_in();
        let mut plan: Value = serde_json::from_slice(&scenario(name)).unwrap();
        let before = identities(&judged(&stages, &plan));
        plan["resource_changes"].as_array_mut().unwrap().push(serde_json::json!({
            "address": "aws_s3_bucket.unrelated", "mode": "managed", "type": "aws_s3_bucket", "name": "unrelated",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": [action], "before": {}, "after": {}, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}}
        }));
        let after = identities(&judged(&stages, &plan));
        prop_assert!(before.is_subset(&after), "{:?}", before.difference(&after).collect::<Vec<_>>());
    }
}

#[test]
fn any_unknown_verb_on_a_managed_resource_blocks() {
    let stages = built_in();
    let plan: Value = serde_json::from_slice(&scenario("02-noop")).unwrap();
    for actions in [
        serde_json::json!(["destroy"]),
        serde_json::json!([]),
        serde_json::json!(null),
        serde_json::json!("delete"),
        serde_json::json!(["delete", "delete"]),
        serde_json::json!(["update", "delete"]),
        serde_json::json!([7]),
        serde_json::json!(["No-Op"]),
        serde_json::json!(["open"]),
    ] {
        let mut plan = plan.clone();
        plan["resource_changes"][0]["change"]["actions"] = actions.clone();
        assert_eq!(judged(&stages, &plan).verdict, Verdict::Blocked, "{actions}");
        plan["resource_changes"][0]["change"].as_object_mut().unwrap().remove("actions");
        assert_eq!(judged(&stages, &plan).verdict, Verdict::Blocked, "absent");
    }
}

/// Rule, address and level of every finding.
fn levels(report: &Report) -> BTreeSet<(String, Option<String>, plangate::finding::Level)> {
    let findings = report.plans[0].findings.iter();
    findings.map(|f| (f.rule.to_string(), f.subject.clone().map(|subject| subject.address), f.level)).collect()
}

/// Each plan with one attribute of its drift unknown, or without masks: what was found stays found.
#[test]
fn drift_that_is_not_shown_is_found_as_well() {
    let stages = built_in();
    let mut masked = 0;
    for name in ["27-drift-deleted", "28-drift-changed", "57-ignore-changes"] {
        let plan: Value = serde_json::from_slice(&scenario(name)).unwrap();
        let before = levels(&judged(&stages, &plan));
        assert!(before.iter().any(|(_, _, level)| *level >= plangate::finding::Level::Warn), "{name}: {before:?}");
        let change = |plan: &mut Value| plan["resource_drift"][0]["change"].take();
        let original = change(&mut plan.clone());
        let mut variants = Vec::new();
        for key in original["before"].as_object().unwrap().keys() {
            let mut unknown = original.clone();
            unknown["after_unknown"][key] = Value::Bool(true);
            if let Some(after) = unknown["after"].as_object_mut() {
                after.remove(key);
            }
            variants.push(unknown);
        }
        let mut bare = original.clone();
        for key in ["before_sensitive", "after_sensitive", "after_unknown"] {
            bare.as_object_mut().unwrap().remove(key);
        }
        variants.push(bare);
        for variant in variants {
            let mut plan = plan.clone();
            plan["resource_drift"][0]["change"] = variant;
            let after = levels(&judged(&stages, &plan));
            assert!(before.is_subset(&after), "{name}: {:?}", before.difference(&after).collect::<Vec<_>>());
            masked += 1;
        }
    }
    assert!(masked > 20, "{masked}");
}

/// A plan with one update of a database, from `before` to `after`.
fn update(before: &Value, after: &Value) -> Vec<u8> {
    let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [{
        "address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "name": "main",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": {},
            "before_sensitive": {}, "after_sensitive": {}}}]});
    serde_json::to_vec(&plan).unwrap()
}

#[test]
fn a_fingerprint_covers_the_attributes_and_not_their_values() {
    let of = |before: Value, after: Value| {
        let report = judge(&built_in(), &[("plan", update(&before, &after))]);
        let [finding] = report.plans[0].findings.as_slice() else { panic!("one finding: {report:?}") };
        finding.fingerprint.as_str().to_owned()
    };
    let retention = |from: u8, to: u8| {
        of(serde_json::json!({"backup_retention_period": from}), serde_json::json!({"backup_retention_period": to}))
    };
    let flag = |name: &str, from: bool| of(serde_json::json!({name: from}), serde_json::json!({name: !from}));
    assert_eq!(retention(14, 7), retention(30, 0));
    assert_ne!(flag("deletion_protection", true), flag("skip_final_snapshot", false));
}

/// The cases of rules about risky attribute changes on which they fire.
fn risky_cases() -> Vec<(String, Value)> {
    let rules = [
        "protection/expiry-introduced",
        "protection/exposure-widened",
        "protection/guard-disabled",
        "protection/retention-reduced",
        "stateful/create-overwrites",
        "stateful/hidden-destroy",
        "stateful/in-place-loss",
    ];
    let mut found = Vec::new();
    for rule in rules {
        for entry in std::fs::read_dir(package("policies").join(rule).join("cases")).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap().starts_with("deny_") {
                found.push((rule.to_owned(), serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap()));
            }
        }
    }
    found
}

/// Variants of a plan with each attribute of its change unknown in turn, all of it, and without sensitive masks.
fn less_known(plan: &Value) -> Vec<Value> {
    let Some(change) = plan.pointer("/resource_changes/0/change") else { return Vec::new() };
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut plan = plan.clone();
        edit(&mut plan["resource_changes"][0]["change"]);
        plan
    };
    let mut variants = vec![
        with(&|change| {
            change["after"] = serde_json::json!({});
            change["after_unknown"] = serde_json::json!(true);
        }),
        with(&|change| {
            change.as_object_mut().unwrap().retain(|key, _| !key.ends_with("_sensitive"));
        }),
    ];
    for key in change["after"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        variants.push(with(&|change| {
            change["after"].as_object_mut().unwrap().remove(key);
            if change["after_unknown"].is_object() {
                change["after_unknown"][key] = serde_json::json!(true);
            }
        }));
    }
    variants
}

#[test]
fn what_becomes_unknown_or_loses_its_masks_takes_no_finding_away() {
    let mut plans = Vec::new();
    let mut rules = Vec::new();
    for (rule, plan) in risky_cases() {
        for variant in less_known(&plan) {
            plans.push((rule.clone(), serde_json::to_vec(&variant).unwrap()));
            rules.push((rule.clone(), variant));
        }
    }
    assert!(plans.len() > 80, "{}", plans.len());
    let mut stages = built_in();
    stages.expect = plangate::plan::completeness::Expect::Ordinary;
    let named: Vec<(&str, Vec<u8>)> = plans.iter().map(|(rule, bytes)| (rule.as_str(), bytes.clone())).collect();
    let report = judge(&stages, &named);
    for ((rule, variant), plan) in rules.iter().zip(&report.plans) {
        let visible = plan.findings.iter().any(|finding| finding.rule.as_str() == rule);
        assert!(visible, "{rule} is silent on {variant}: {:?}", plan.problems);
    }
}
