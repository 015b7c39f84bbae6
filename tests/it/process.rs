//! Rules about the document as a whole: what of it is no change of a resource.

use plangate::finding::{Finding, Level};
use serde_json::{Value, json};

use crate::harness::{built_in, judge};

/// The findings of one rule over a plan with these keys.
fn findings(rule: &str, keys: &Value) -> Vec<Finding> {
    let mut plan = json!({"format_version": "1.2", "terraform_version": "1.14.0", "resource_changes": []});
    plan.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let report = judge(&built_in(), &[("plan", serde_json::to_vec(&plan).unwrap())]);
    report.plans[0].findings.iter().filter(|finding| finding.rule.as_str() == rule).cloned().collect()
}

#[test]
fn an_action_is_reported_once_with_all_that_triggers_it() {
    let by = |address: &str, event: &str| {
        json!({"address": "action.aws_lambda_invoke.wipe", "type": "aws_lambda_invoke",
            "lifecycle_action_trigger": {"triggering_resource_address": address, "action_trigger_event": event}})
    };
    let keys = json!({
        "action_invocations": [by("aws_s3_bucket.b", "AfterUpdate"), by("aws_s3_bucket.a", "AfterCreate"),
            by("aws_s3_bucket.a", "AfterCreate"), {"address": "action.x.y", "type": "x", "invoke_action_trigger": {}}],
        "deferred_action_invocations": [{"reason": "instance_count_unknown", "action_invocation": by("aws_s3_bucket.c", "BeforeCreate")}],
    });
    let found = findings("plan/action-invocation", &keys);
    let addresses: Vec<&str> = found.iter().map(|f| f.subject.as_ref().unwrap().address.as_str()).collect();
    assert_eq!(addresses, ["action.aws_lambda_invoke.wipe", "action.x.y"]);
    assert!(found.iter().all(|finding| finding.level == Level::Warn));
    let message = &found[0].message;
    assert!(
        message.contains(
            "will run (in a later plan, triggered by aws_s3_bucket.c, event BeforeCreate; \
         triggered by aws_s3_bucket.a, event AfterCreate; triggered by aws_s3_bucket.b, event AfterUpdate)"
        ),
        "{message}"
    );
    assert!(found[1].message.contains("invoked by itself"), "{}", found[1].message);
}

#[test]
fn an_action_with_a_thousand_triggers_has_a_short_message() {
    let invocations: Vec<Value> = (0..1000)
        .map(|i| {
            json!({"address": "action.x.y", "lifecycle_action_trigger": {"triggering_resource_address": format!("a.b[{i}]")}})
        })
        .collect();
    let found = findings("plan/action-invocation", &json!({"action_invocations": invocations}));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("and 995 more triggers") && found[0].message.len() < 400, "{}", found[0].message);
}

#[test]
fn deferred_changes_are_counted_by_reason_and_judged_beside() {
    let entry = |address: &str, reason: &str, action: &str| {
        json!({"reason": reason, "resource_change": {"address": address, "mode": "managed", "type": "aws_db_instance",
            "name": "x", "change": {"actions": [action], "before": {}, "after": null}}})
    };
    let keys = json!({"complete": false, "deferred_changes": [
        entry("aws_db_instance.x[\"b\"]", "instance_count_unknown", "delete"),
        entry("aws_db_instance.x[\"a\"]", "instance_count_unknown", "create"),
        entry("aws_db_instance.y", "provider_config_unknown", "create")]});
    let found = findings("plan/deferred", &keys);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].level, Level::Info);
    assert!(found[0].message.starts_with(
        "3 changes wait for a later plan: aws_db_instance.x[\"a\"], aws_db_instance.x[\"b\"] (instance_count_unknown); \
         aws_db_instance.y (provider_config_unknown)."
    ), "{}", found[0].message);
    assert_eq!(findings("stateful/destroy-data-store", &keys).len(), 1, "deferral hides no destruction");
    assert_eq!(findings("plan/deferred", &json!({})), []);
}
