//! `plangate explain`: what a finding rests on and what one can do about it.

use std::collections::BTreeMap;

use plangate::eval::trace::Mark;
use plangate::explain::{Explanation, Query, StepKind};
use plangate::finding::{Fingerprint, RuleId, Subject, VerbClass};
use plangate::gate::{self, ExplainRequest, PlanInput, PlanSource, Stages};
use plangate::report::Report;
use plangate::workspace;
use serde_json::{Value, json};

use crate::harness::{built_in, judge, plangate, read, setup};

const CASCADE: &str = "fixtures/scenarios/05-replace-force-new/plan.json";
const RENAME: &str = "fixtures/scenarios/19-rename-without-moved/plan.json";
const SENSITIVE: &str = "fixtures/scenarios/61-sensitive-forces-replace/plan.json";

fn ids(stages: &Stages) -> Vec<RuleId> {
    stages.policies.rules().iter().map(|rule| rule.id.clone()).collect()
}

fn explain_in(stages: &Stages, bytes: Vec<u8>, word: &str, depth: u8) -> Vec<Explanation> {
    let query = Query::parse(word, None, &ids(stages)).unwrap();
    let plan = PlanInput { name: "plan.json".to_owned(), source: PlanSource::Bytes(bytes) };
    gate::explain(stages, plan, &ExplainRequest { query, depth }).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn kinds(explanation: &Explanation) -> Vec<StepKind> {
    explanation.forward.iter().map(|step| step.kind).collect()
}

fn paste(explanation: &Explanation, kind: StepKind) -> &str {
    let step = explanation.forward.iter().find(|step| step.kind == kind).unwrap();
    step.paste.as_ref().unwrap().text.as_str()
}

/// A plan with one change.
fn one(resource_type: &str, address: &str, actions: &Value, rest: Value) -> Vec<u8> {
    let mut entry = json!({"address": address, "mode": "managed", "type": resource_type,
        "change": {"actions": actions, "before": {}, "after": null}});
    merge(&mut entry, rest);
    json!({"format_version": "1.2", "resource_changes": [entry]}).to_string().into_bytes()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

#[test]
fn a_rename_gets_the_moved_block_first() {
    let found = explain_in(&built_in(), read(RENAME), "azurerm_mssql_database.dwh", 1);
    assert_eq!(kinds(&found[0]), [StepKind::Moved, StepKind::Waiver]);
    assert_eq!(
        paste(&found[0], StepKind::Moved),
        "moved {\n  from = azurerm_mssql_database.dwh\n  to   = azurerm_mssql_database.warehouse\n}"
    );
    assert_eq!(found[0].sentence, "azurerm_mssql_database.dwh will be destroyed.");
}

#[test]
fn a_store_that_left_the_configuration_gets_a_removed_block_without_keys() {
    let reason = json!({"action_reason": "delete_because_no_resource_config"});
    let plan = one("aws_s3_bucket", "module.lake[\"eu\"].aws_s3_bucket.raw[0]", &json!(["delete"]), reason.clone());
    let found = explain_in(&built_in(), plan, "stateful/destroy-data-store", 1);
    assert_eq!(kinds(&found[0]), [StepKind::Removed, StepKind::Waiver]);
    let block = paste(&found[0], StepKind::Removed);
    assert!(block.starts_with("removed {\n  from = module.lake.aws_s3_bucket.raw\n"), "{block}");
    assert!(block.contains("destroy = false"), "{block}");
    assert!(found[0].forward[0].text.contains("takes no instance keys"), "{:#?}", found[0].forward);
    let plain = one("aws_s3_bucket", "aws_s3_bucket.raw", &json!(["delete"]), reason);
    let found = explain_in(&built_in(), plain, "aws_s3_bucket.raw", 1);
    assert!(!found[0].forward[0].text.contains("instance keys"), "{:#?}", found[0].forward);
}

/// Terraform refuses a removed block for a resource the configuration still has.
#[test]
fn an_instance_whose_block_stays_gets_no_removed_block() {
    for (reason, moved) in [("delete_because_each_key", true), ("delete_because_no_module", false)] {
        let plan =
            one("aws_s3_bucket", "aws_s3_bucket.raw[\"it's\"]", &json!(["delete"]), json!({"action_reason": reason}));
        let found = explain_in(&built_in(), plan, "stateful/destroy-data-store", 1);
        let expected: &[StepKind] = if moved {
            &[StepKind::Moved, StepKind::StateRm, StepKind::Waiver]
        } else {
            &[StepKind::StateRm, StepKind::Waiver]
        };
        assert_eq!(kinds(&found[0]), expected, "{reason}");
        assert_eq!(paste(&found[0], StepKind::StateRm), r#"terraform state rm 'aws_s3_bucket.raw["it'\''s"]'"#);
    }
}

#[test]
fn what_holds_no_data_gets_the_advice_of_its_rule() {
    let plan = one("acme_widget", "acme_widget.w", &json!(["delete"]), json!({}));
    let found = explain_in(&built_in(), plan, "acme_widget.w", 1);
    assert_eq!(kinds(&found[0]), [StepKind::Advice, StepKind::Waiver]);
    let unknown = one("aws_s3_bucket", "aws_s3_bucket.b", &json!(["shred"]), json!({}));
    for explanation in explain_in(&built_in(), unknown, "aws_s3_bucket.b", 1) {
        assert_eq!(kinds(&explanation), [StepKind::Advice, StepKind::Waiver], "{}", explanation.finding.rule);
    }
}

#[test]
fn a_weakened_protection_is_put_back() {
    let change = json!({"change": {"before": {"deletion_protection": true, "backup_retention_period": 7, "tags": {}},
        "after": {"deletion_protection": false, "backup_retention_period": 7, "tags": {}},
        "before_sensitive": {}, "after_sensitive": {}, "after_unknown": {}}});
    let plan = one("aws_db_instance", "aws_db_instance.dwh", &json!(["update"]), change);
    let found = explain_in(&built_in(), plan, "protection/guard-disabled@aws_db_instance.dwh", 1);
    assert_eq!(kinds(&found[0]), [StepKind::Restore, StepKind::Waiver]);
    assert_eq!(paste(&found[0], StepKind::Restore), "deletion_protection = true");
}

#[test]
fn a_replacement_is_undone_where_its_cause_lies() {
    let found = explain_in(&built_in(), read(CASCADE), "azurerm_storage_container.zone[0]", 2);
    let restore = &found[0].forward[0];
    assert_eq!(restore.kind, StepKind::Restore);
    assert!(restore.text.contains("its cause, azurerm_storage_account.lake"), "{}", restore.text);
    assert_eq!(paste(&found[0], StepKind::Restore), "is_hns_enabled = true");
    let relations = &found[0].detail.as_ref().unwrap().relations;
    assert!(relations.iter().any(|relation| relation.kind == "root_cause"), "{relations:#?}");
    let tainted = one(
        "aws_s3_bucket",
        "aws_s3_bucket.b",
        &json!(["delete", "create"]),
        json!({"action_reason": "replace_because_tainted"}),
    );
    let found = explain_in(&built_in(), tainted, "aws_s3_bucket.b", 1);
    assert_eq!(paste(&found[0], StepKind::Untaint), "terraform untaint 'aws_s3_bucket.b'");
}

#[test]
fn a_secret_is_shown_at_no_depth() {
    let mut plan: Value = serde_json::from_slice(&read(SENSITIVE)).unwrap();
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let server = changes.iter_mut().find(|change| change["address"] == "azurerm_mssql_server.sql").unwrap();
    for (side, secret) in [("before", "hush-before"), ("after", "hush-after")] {
        assert_eq!(server["change"][format!("{side}_sensitive")]["administrator_login"], true, "{side}");
        server["change"][side]["administrator_login"] = json!(secret);
        // Not marked here, and masked all the same.
        server["change"][side]["version"] = json!(format!("12 of {secret}"));
    }
    server["change"]["replace_paths"] = json!([["administrator_login"], ["version"]]);
    let plan = plan.to_string();
    for depth in ["1", "2", "3"] {
        for format in ["human", "json"] {
            let ran = plangate()
                .args(["explain", "azurerm_mssql_server.sql", "-", "--depth", depth, "--format", format])
                .stdin(plan.as_bytes())
                .run();
            ran.exits(0).says("administrator_login").hides("hush");
        }
    }
}

/// The pasted waiver is refused as it stands, and waives the finding and no other rule once it is filled in.
#[test]
fn a_pasted_waiver_waives_its_finding() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_str().unwrap();
    let file = dir.path().join("plangate.waivers.toml");
    let refreshed = "fixtures/scenarios/62-destroy-target/plan.json";
    for plan in [CASCADE, RENAME, refreshed, "fixtures/scenarios/64-aws-disarm/plan.json"] {
        let report: Report = judge(&built_in(), &[(plan, read(plan))]);
        for finding in &report.plans[0].findings {
            let found = explain_in(&built_in(), read(plan), finding.fingerprint.as_str(), 1);
            let waiver = paste(&found[0], StepKind::Waiver);
            std::fs::write(&file, waiver).unwrap();
            assert!(workspace::open(&setup(root)).is_err(), "a waiver without reason: {waiver}");
            let filled = waiver.replace("\"\" ", "\"x\" ").replace("YYYY-MM-DD", "2027-01-31");
            std::fs::write(&file, &filled).unwrap();
            let stages = workspace::open(&setup(root)).unwrap_or_else(|problems| panic!("{filled}\n{problems:#?}"));
            let waived = judge(&stages, &[(plan, read(plan))]);
            for other in &waived.plans[0].findings {
                let same = other.fingerprint == finding.fingerprint;
                assert_eq!(other.waiver.is_some(), same, "{filled}\n{other:#?}");
            }
        }
    }
}

const TWO: &str = "package main

import rego.v1

deny contains result if {
	some change in input.plangate.changes
	change.destroys
	change.type == \"aws_db_instance\"
	result := {\"msg\": \"a database\", \"plangate\": {\"address\": change.address}}
}

deny contains result if {
	some change in input.plangate.changes
	change.destroys
	change.type == \"aws_s3_bucket\"
	result := {\"msg\": \"a bucket\", \"plangate\": {\"address\": change.address}}
}
";

/// A repository with one policy.
fn repository(policy: &str) -> (tempfile::TempDir, Stages) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("policy")).unwrap();
    std::fs::write(dir.path().join("policy/p.rego"), policy).unwrap();
    let stages = workspace::open(&setup(dir.path().to_str().unwrap())).unwrap();
    (dir, stages)
}

fn held(explanation: &Explanation) -> Vec<usize> {
    let trace = explanation.trace.as_ref().unwrap().as_ref().unwrap();
    assert!(trace.alone);
    trace.files[0].lines.iter().filter(|line| line.mark == Mark::Held).map(|line| line.number).collect()
}

#[test]
fn of_two_definitions_the_one_that_held_is_marked() {
    let (_dir, stages) = repository(TWO);
    let both = json!({"format_version": "1.2", "resource_changes": [
        {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "change": {"actions": ["delete"]}},
        {"address": "aws_db_instance.d", "mode": "managed", "type": "aws_db_instance", "change": {"actions": ["delete"]}},
    ]});
    let plan = || both.to_string().into_bytes();
    let bucket = explain_in(&stages, plan(), "main.deny@aws_s3_bucket.b", 3);
    assert_eq!(held(&bucket[0]), [12, 13, 14, 15, 16]);
    let database = explain_in(&stages, plan(), "main.deny@aws_db_instance.d", 3);
    assert_eq!(held(&database[0]), [5, 6, 7, 8, 9]);
}

#[test]
fn the_second_definition_of_a_built_in_rule_is_marked_and_the_first_is_not() {
    let case = "policies/protection/expiry-introduced/cases/deny_with_warning_policy_created.json";
    let found = explain_in(&built_in(), read(case), "protection/expiry-introduced", 3);
    let trace = found[0].trace.as_ref().unwrap().as_ref().unwrap();
    let lines = &trace.files[0].lines;
    let heads: Vec<Mark> =
        lines.iter().filter(|line| line.text.starts_with("deny contains")).map(|line| line.mark).collect();
    assert_eq!(heads.len(), 2);
    assert!(heads.contains(&Mark::Held) && heads.iter().any(|mark| *mark != Mark::Held), "{lines:#?}");
}

/// A rule that says nothing about one object alone is run on the whole plan.
#[test]
fn a_rule_about_the_plan_is_traced_over_the_plan() {
    let case = "policies/stateful/mass-destruction/cases/deny_half.json";
    let found = explain_in(&built_in(), read(case), "stateful/mass-destruction", 3);
    assert!(!found[0].trace.as_ref().unwrap().as_ref().unwrap().alone);
    let native = explain_in(&built_in(), read("fixtures/scenarios/62-destroy-target/plan.json"), "plan/incomplete", 3);
    assert!(native[0].trace.is_none());
}

#[test]
fn rules_of_every_origin_have_a_page() {
    plangate()
        .args(["explain", "stateful/destroy-data-store"])
        .run()
        .exits(0)
        .says("level: each finding")
        .says("moved block");
    plangate().args(["explain", "plan/incomplete"]).run().exits(0).says("native").says("-target");
    plangate()
        .args(["explain", "waiver/unused", "--format", "markdown"])
        .run()
        .exits(0)
        .says("## What to do")
        .hides("[[waiver]]");
    let ran = plangate().args(["explain", "plan/deferred", "--format", "json"]).run();
    let written: Value = serde_json::from_str(&ran.exits(0).stdout).unwrap();
    assert_eq!((&written["schema"], &written["rule"]["level"]), (&json!("plangate/explain/v1-draft"), &json!("info")));
    let (dir, _) = repository(&TWO.replacen(
        "deny contains",
        "# METADATA\n# title: No stores go\n# scope: document\ndeny contains",
        1,
    ));
    plangate()
        .dir(dir.path())
        .args(["explain", "main.deny"])
        .run()
        .exits(0)
        .says("No stores go")
        .says("policy/p.rego:8")
        .says("change.type == \"aws_s3_bucket\"");
}

#[test]
fn problem_codes_are_explained() {
    plangate().args(["explain", "errored-plan"]).run().exits(0).says("exit code 2").says("plan again");
    let ran = plangate().args(["explain", "truncated", "--format", "json"]).run();
    let written: Value = serde_json::from_str(&ran.exits(0).stdout).unwrap();
    assert_eq!(written["problem"]["code"], "truncated");
}

#[test]
fn near_misses_are_suggested() {
    plangate().args(["explain", "stateful/destroy-datastore"]).run().exits(2).says("stateful/destroy-data-store");
    plangate().args(["explain", "errored-paln"]).run().exits(2).says("errored-plan");
    plangate()
        .args(["explain", "azurerm_storage_account.lak", CASCADE])
        .run()
        .exits(2)
        .says("azurerm_storage_account.lake");
    plangate()
        .args(["explain", "statefull/destroy-data-store@azurerm_storage_account.lake", CASCADE])
        .run()
        .exits(2)
        .says("did you mean");
    plangate().args(["explain", "38d8becf"]).run().exits(2).says("name the plan");
    plangate().args(["explain", "38d8b", CASCADE]).run().exits(2).says("6 to 64 digits");
    plangate().args(["explain", "ffffffffffff", CASCADE]).run().exits(2).says("no finding has a fingerprint");
    plangate().args(["explain", "x.y", "nowhere.json"]).run().exits(2).says("nowhere.json");
    plangate().args(["explain", "azurerm_storage_account.lake", CASCADE, "--format", "markdown"]).run().exits(2);
}

#[test]
fn a_fingerprint_that_several_share_is_listed() {
    let rule = RuleId::new("stateful/uncatalogued-destroy");
    let address = |index: usize| format!("acme_widget.w[{index}]");
    let fingerprint = |index: usize| {
        let subject = Subject {
            address: address(index),
            deposed: None,
            previous_address: None,
            resource_type: Some("acme_widget".to_owned()),
            actions: Vec::new(),
            verb_class: VerbClass::Destroy,
        };
        Fingerprint::of_change(&rule, &subject, &[])
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let shared = (0..300_000).find_map(|index| {
        let start = fingerprint(index).as_str()[..8].to_owned();
        Some((seen.insert(start.clone(), index)?, index, start))
    });
    let (one, other, start) = shared.expect("two that start alike");
    let entry = |index| json!({"address": address(index), "mode": "managed", "type": "acme_widget", "change": {"actions": ["delete"]}});
    let plan = json!({"format_version": "1.2", "resource_changes": [entry(one), entry(other)]}).to_string();
    let ran = plangate().args(["explain", &start, "-"]).stdin(plan.as_bytes()).run();
    ran.exits(2).says("several fingerprints start").says(&address(one)).says(&address(other));
    let whole = fingerprint(other);
    plangate().args(["explain", whole.as_str(), "-"]).stdin(plan.as_bytes()).run().exits(0).hides(&address(one));
    // A report cites them by as many digits as tell one from the other.
    let ran = plangate().args(["check", "-"]).stdin(plan.as_bytes()).run();
    let cited = |index| ran.stdout.contains(&fingerprint(index).as_str()[..9]);
    assert!(cited(one) || cited(other), "{}", ran.stdout);
}

#[test]
fn a_rule_narrows_an_address() {
    let ran = plangate()
        .args([
            "explain",
            "aws_db_instance.dwh",
            "fixtures/scenarios/64-aws-disarm/plan.json",
            "--rule",
            "protection/guard-disabled",
        ])
        .run();
    ran.exits(0).says("protection/guard-disabled").hides("protection/retention-reduced");
}

#[test]
fn explanations_look_as_they_should() {
    for (name, plan, address) in
        [("cascade", CASCADE, "azurerm_storage_container.zone[0]"), ("rename", RENAME, "azurerm_mssql_database.dwh")]
    {
        for depth in ["1", "2", "3"] {
            let ran = plangate().args(["explain", address, plan, "--depth", depth]).run();
            let path = crate::harness::package(&format!("tests/it/snapshots/explain-{name}-{depth}.txt"));
            snapbox::assert_data_eq!(ran.exits(0).stdout.clone(), snapbox::Data::read_from(&path, None).raw());
        }
    }
}
