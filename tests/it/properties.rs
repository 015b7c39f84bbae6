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
