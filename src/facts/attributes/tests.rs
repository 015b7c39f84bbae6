//! Every kind of risky change, over every shape a value can have; and that what is unknown never silences.

use serde_json::{Value as Json, json};

use super::*;
use crate::catalog::{Catalog, Risk};
use crate::facts::testing;

/// The change of an update from `before` to `after` with a mask.
fn change(action: &str, before: &Json, after: &Json, unknown: &Json) -> Change {
    let plan = json!({"resource_changes": [{"address": "a.b", "type": "a", "change": {"actions": [action],
        "before": before, "after": after, "after_unknown": unknown, "before_sensitive": {}, "after_sensitive": {}}}]});
    testing::plan(&plan.to_string()).changes.unwrap().remove(0).change
}

/// A rule on `attr`.
fn rules(rule: &Json) -> TypeRules {
    let mut full = json!({"effect": "data_loss", "level": "deny"});
    full.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    let risk: Risk = serde_json::from_value(full).unwrap();
    let rule = rules::Rule { risk, arms_destroy: false, renames_in_place: false };
    TypeRules { rules: vec![rule], ..TypeRules::default() }
}

fn found(rule: &Json, before: &Json, after: &Json, unknown: &Json) -> Vec<AttributeFact> {
    of_change(&change("update", before, after, unknown), &rules(rule))
}

/// The verdict of a rule of this kind on `x`, changing between two values.
fn verdict(rule: &Json, before: &Json, after: &Json) -> Option<Certainty> {
    let mut rule = rule.clone();
    rule["attr"] = json!("x");
    found(&rule, &json!({"x": before}), &json!({"x": after}), &json!({})).first().map(|fact| fact.certainty)
}

const CERTAIN: Option<Certainty> = Some(Certainty::Certain);
const MAYBE: Option<Certainty> = Some(Certainty::Maybe);

fn check(rule: &Json, cases: &[(Json, Json, Option<Certainty>)]) {
    for (before, after, expected) in cases {
        assert_eq!(verdict(rule, before, after), *expected, "{rule}: {before} → {after}");
    }
}

#[test]
fn disable_needs_something_that_was_on() {
    let t = json!(true);
    check(
        &json!({"kind": "disable"}),
        &[
            (t.clone(), json!(false), CERTAIN),
            (t.clone(), json!(null), CERTAIN),
            (t.clone(), json!([]), CERTAIN),
            (json!("Enabled"), json!("disabled"), CERTAIN),
            (json!("PREVENT"), json!("DELETE"), MAYBE),
            (t.clone(), t.clone(), None),
            (json!(null), json!(false), None),
            (json!([]), json!(false), None),
            (json!(false), json!(null), None),
            (json!(false), t, None),
        ],
    );
    check(
        &json!({"kind": "disable", "from": ["PREVENT", 1]}),
        &[
            (json!("PREVENT"), json!("DELETE"), CERTAIN),
            (json!("prevent"), json!(null), CERTAIN),
            (json!(1), json!(0), CERTAIN),
            (json!("DELETE"), json!("ABANDON"), None),
        ],
    );
}

#[test]
fn enable_needs_something_that_was_off_or_absent() {
    check(
        &json!({"kind": "enable"}),
        &[
            (json!(false), json!(true), CERTAIN),
            (json!(null), json!(true), CERTAIN),
            (json!([]), json!("on"), CERTAIN),
            (json!(null), json!(false), None),
            (json!(true), json!(true), None),
            (json!(true), json!(false), None),
            (json!(false), json!("sometimes"), MAYBE),
        ],
    );
}

#[test]
fn set_and_unset_take_false_null_and_empty_alike() {
    for nothing in [json!(null), json!(false), json!(""), json!([]), json!({})] {
        for something in [json!(5), json!("P1D"), json!([{"a": 1}]), json!(true)] {
            assert_eq!(verdict(&json!({"kind": "set"}), &nothing, &something), CERTAIN, "{nothing} {something}");
            assert_eq!(verdict(&json!({"kind": "unset"}), &something, &nothing), CERTAIN, "{nothing} {something}");
            assert_eq!(verdict(&json!({"kind": "set"}), &something, &nothing), None);
            assert_eq!(verdict(&json!({"kind": "unset"}), &nothing, &something), None);
        }
        assert_eq!(verdict(&json!({"kind": "change"}), &nothing, &json!(null)), None, "{nothing}");
    }
    check(
        &json!({"kind": "set", "infinite": ["-1"]}),
        &[(json!(-1), json!(5), CERTAIN), (json!(null), json!(-1), None)],
    );
}

#[test]
fn amounts_are_compared_in_every_notation() {
    let plain = json!({"kind": "decrease"});
    check(
        &plain,
        &[
            (json!(14), json!(1), CERTAIN),
            (json!(14), json!(0), CERTAIN),
            (json!("14"), json!(7), CERTAIN),
            (json!("604800s"), json!("24h"), CERTAIN),
            (json!("P7D"), json!("PT24H"), CERTAIN),
            (json!("72h30m"), json!("72h"), CERTAIN),
            (json!("10Gi"), json!("5Gi"), CERTAIN),
            (json!([14]), json!([7]), CERTAIN),
            (json!({"storage": "10Gi"}), json!({"storage": "5Gi"}), CERTAIN),
            (json!({"storage": "10Gi"}), json!({}), MAYBE),
            (json!(1), json!(14), None),
            (json!("7d"), json!("168h"), None),
            (json!(null), json!(7), None),
            (json!(14), json!(null), MAYBE),
            (json!("a while"), json!("less"), MAYBE),
            (json!("7d"), json!(7), MAYBE),
            (json!("a while"), json!("a while"), None),
        ],
    );
    check(&json!({"kind": "increase"}), &[(json!("1h"), json!("90m"), CERTAIN), (json!(5), json!(4), None)]);
}

#[test]
fn leaving_for_ever_is_a_decrease_and_reaching_it_is_none() {
    check(
        &json!({"kind": "decrease", "infinite": ["0", "-1", "null", ""]}),
        &[
            (json!(0), json!(30), CERTAIN),
            (json!("-1"), json!(30), CERTAIN),
            (json!(null), json!(30), CERTAIN),
            (json!(""), json!("30d"), CERTAIN),
            (json!(30), json!(0), None),
            (json!(30), json!(null), None),
            (json!(0), json!(-1), None),
        ],
    );
    // When data ends, absent means never.
    let expiry = json!({"kind": "decrease", "attr": "rule.expiration.days"});
    let with = |days: Json| json!({"rule": [{"name": "a", "expiration": days}]});
    let of = |before, after| found(&expiry, &with(before), &with(after), &json!({})).first().map(|fact| fact.certainty);
    assert_eq!(of(json!([]), json!([{"days": 30}])), CERTAIN);
    assert_eq!(of(json!([{"days": 30}]), json!([])), None);
}

#[test]
fn transitions_name_both_ends() {
    check(
        &json!({"kind": "transition", "from": ["Enabled"], "to": ["Suspended"]}),
        &[
            (json!("Enabled"), json!("Suspended"), CERTAIN),
            (json!("enabled"), json!("SUSPENDED"), CERTAIN),
            (json!("Enabled"), json!("Frozen"), None),
            (json!("Enabled"), json!(null), MAYBE),
            (json!("Suspended"), json!("Enabled"), None),
            (json!(null), json!("Suspended"), None),
        ],
    );
    check(
        &json!({"kind": "transition", "from": ["PREVENT", "ABANDON"], "to": ["*"]}),
        &[
            (json!("PREVENT"), json!("DELETE"), CERTAIN),
            (json!("PREVENT"), json!(null), CERTAIN),
            (json!("PREVENT"), json!("ABANDON"), MAYBE),
            (json!("PREVENT"), json!("PREVENT"), None),
            (json!(null), json!("DELETE"), None),
        ],
    );
    check(
        &json!({"kind": "transition", "from": ["*"], "to": ["trial"]}),
        &[(json!("premium"), json!("trial"), CERTAIN), (json!("trial"), json!("trial"), None)],
    );
}

#[test]
fn elements_are_told_apart_by_name_and_not_by_place() {
    let column =
        |names: &[&str]| json!(names.iter().map(|name| json!({"name": name, "type": "int"})).collect::<Vec<_>>());
    let shrink = json!({"kind": "shrink", "attr": "column"});
    let gone = |before: &[&str], after: &[&str]| {
        let facts = found(&shrink, &json!({"column": column(before)}), &json!({"column": column(after)}), &json!({}));
        facts.first().map(|fact| (fact.certainty, fact.elements.clone()))
    };
    assert_eq!(gone(&["a", "b"], &["b"]), Some((Certainty::Certain, vec!["\"a\"".into()])));
    assert_eq!(gone(&["a", "b"], &["b", "c"]), Some((Certainty::Certain, vec!["\"a\"".into()])));
    assert_eq!(gone(&["a"], &[]), Some((Certainty::Certain, vec!["\"a\"".into()])));
    assert_eq!(gone(&["a", "b"], &["c", "b", "a"]), None);
    check(
        &json!({"kind": "shrink"}),
        &[
            (json!(["a", "b"]), json!(["b"]), CERTAIN),
            (json!(["a"]), json!(null), CERTAIN),
            (json!({"k": 1}), json!({}), CERTAIN),
            (json!({"k": 1}), json!({"k": 2, "l": 1}), None),
            (json!([{"v": 1}, {"v": 2}]), json!([{"v": 2}]), CERTAIN),
            (json!([{"v": 1}, {"v": 2}]), json!([{"v": 2}, {"v": 3}]), MAYBE),
            (json!([]), json!(["a"]), None),
        ],
    );
}

#[test]
fn a_rule_that_is_added_is_a_loss_only_if_it_deletes() {
    let rule = |days: Json, status: &str| json!({"name": "r", "expiration": days, "status": status});
    check(
        &json!({"kind": "grow"}),
        &[
            (json!([]), json!([rule(json!([{"days": 1}]), "Enabled")]), CERTAIN),
            (json!([]), json!([rule(json!([{"days": 1}]), "Disabled")]), MAYBE),
            (json!([]), json!([{"name": "r", "transition": [{"days": 1}]}]), MAYBE),
            (json!([{"name": "r"}]), json!([]), None),
            (json!([]), json!([{"action": "DELETE"}]), CERTAIN),
        ],
    );
}

#[test]
fn blocks_are_paired_by_name_before_place_and_removed_ones_count() {
    let rule = json!({"kind": "decrease", "attr": "r.keep.days"});
    let block = |name: &str, days: Json| json!({"name": name, "keep": [{"days": days}]});
    let of = |before: Json, after: Json| {
        let facts = found(&rule, &json!({"r": before}), &json!({"r": after}), &json!({}));
        facts.into_iter().map(|fact| (fact.path, fact.certainty)).collect::<Vec<_>>()
    };
    let (a, b) = (block("a", json!(30)), block("b", json!(7)));
    assert_eq!(of(json!([a, b]), json!([b, a])), []);
    let less = of(json!([a, b]), json!([b, block("a", json!(3))]));
    assert_eq!(less, [("r[0].keep[0].days".to_owned(), Certainty::Certain)]);
    assert_eq!(of(json!([a, b]), json!([b])), [("r[0].keep[0].days".to_owned(), Certainty::Maybe)]);
}

#[test]
fn a_map_key_with_dots_is_found() {
    let rule = json!({"kind": "decrease", "attr": "config.retention.ms", "infinite": ["-1"]});
    let config = |ms: &str| json!({"config": {"retention.ms": ms, "x": "y"}});
    let facts = found(&rule, &config("-1"), &config("1000"), &json!({}));
    assert_eq!(facts[0].path, "config[\"retention.ms\"]");
    let unknown = found(&rule, &config("1000"), &json!({"config": {}}), &json!({"config": {"retention.ms": true}}));
    assert_eq!(unknown[0].certainty, Certainty::Maybe);
    assert_eq!(unknown[0].after, "(known after apply)");
}

#[test]
fn secrets_are_compared_and_not_shown() {
    let plan = r#"{"resource_changes": [{"address": "a.b", "type": "a", "change": {"actions": ["update"],
        "before": {"x": "31d", "tags": [{"name": "hunter2"}]}, "after": {"x": "30d", "tags": []},
        "before_sensitive": {"x": true, "tags": true}, "after_sensitive": {"x": true}}}]}"#;
    let change = testing::plan(plan).changes.unwrap().remove(0).change;
    let mut both = rules(&json!({"kind": "decrease", "attr": "x"}));
    both.rules.extend(rules(&json!({"kind": "shrink", "attr": "tags"})).rules);
    let facts = of_change(&change, &both);
    assert_eq!(facts.len(), 2);
    let shown = format!("{facts:?}");
    assert!(!shown.contains("hunter") && !shown.contains("31d") && !shown.contains("30d"), "{shown}");
}

#[test]
fn a_type_has_its_own_rules_and_the_generic_ones_it_lacks() {
    let catalog = Catalog::builtin();
    let rules = |name: &str| TypeRules::new(catalog.entry(name).unwrap().as_ref(), catalog.generic().unwrap());
    let count = |of: &TypeRules, attr: &str| of.rules.iter().filter(|rule| rule.risk.attr == attr).count();
    let instance = rules("aws_db_instance");
    assert_eq!((count(&instance, "deletion_protection"), count(&instance, "hard_delete")), (1, 1));
    let unseen = rules("acme_thing");
    assert_eq!((count(&unseen, "deletion_protection"), count(&unseen, "allocated_storage")), (1, 0));
    for (name, attr) in [
        ("aws_db_instance", "deletion_protection"),
        ("aws_s3_bucket", "force_destroy"),
        ("google_sql_database_instance", "settings.deletion_protection_enabled"),
        ("acme_thing", "skip_final_snapshot"),
    ] {
        let rules = rules(name);
        let rule = rules.rules.iter().find(|rule| rule.risk.attr == attr).expect(attr);
        assert!(rule.arms_destroy, "{name} {attr}");
    }
    let rules = rules("azurerm_storage_account");
    assert!(rules.rules.iter().all(|rule| !rule.arms_destroy || !rule.risk.attr.starts_with("blob_properties")));
}

#[test]
fn only_a_new_setting_of_a_store_matters_when_it_is_created() {
    let catalog = Catalog::builtin();
    let of = |name: &str, after: Json| {
        let rules = TypeRules::new(catalog.entry(name).unwrap().as_ref(), catalog.generic().unwrap());
        of_change(&change("create", &json!(null), &after, &json!({})), &rules)
    };
    let policy =
        of("azurerm_storage_management_policy", json!({"rule": [{"name": "r", "actions": [{"delete_after": 1}]}]}));
    assert_eq!(
        policy.iter().map(|fact| (fact.kind, fact.certainty)).collect::<Vec<_>>(),
        [(RiskKind::Grow, Certainty::Maybe)]
    );
    assert_eq!(
        of("aws_s3_bucket", json!({"lifecycle_rule": [{"expiration": [{"days": 1}]}], "force_destroy": true})),
        []
    );
}

#[test]
fn creating_can_harm_where_the_conditions_hold_or_may_hold() {
    let generic = Catalog::builtin().generic().unwrap();
    let of = |actions: &str, after: Json, unknown: Json| {
        let hazard = create_hazard(&change(actions, &json!(null), &after, &unknown), "aws_ssm_parameter", &[], generic);
        hazard.map(|hazard| hazard.certainty)
    };
    assert_eq!(of("create", json!({"overwrite": true}), json!({})), CERTAIN);
    assert_eq!(of("create", json!({}), json!({"overwrite": true})), MAYBE);
    assert_eq!(of("create", json!({"overwrite": false}), json!({})), None);
    assert_eq!(of("create", json!({}), json!({})), None);
    assert_eq!(of("update", json!({"overwrite": true}), json!({})), None);
    let always =
        create_hazard(&change("create", &json!(null), &json!({}), &json!({})), "snowflake_execute", &[], generic);
    assert_eq!(always.map(|hazard| hazard.kind), Some(crate::catalog::HazardKind::Runs));
}

#[test]
fn unknown_paths_are_sorted_and_tell_no_keys_of_a_secret_map() {
    let plan = r#"{"resource_changes": [{"address": "a.b", "type": "a", "change": {"actions": ["create"], "before": null,
        "after": {}, "after_unknown": {"id": true, "b": [{"c": true, "d": false}], "s": {"hunter2": true}},
        "before_sensitive": false, "after_sensitive": {"s": true}}}]}"#;
    let change = testing::plan(plan).changes.unwrap().remove(0).change;
    assert_eq!(unknown_paths(&change), ["b[0].c", "id", "s"]);
}

mod masking;
