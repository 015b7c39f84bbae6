use serde_json::{Value, json};

use super::*;

fn masker(document: &Value) -> Masker {
    Masker::from_json(document.to_string().as_bytes()).unwrap()
}

fn change(before: &Value, mask: &Value) -> Value {
    json!({"address": "aws_x.this", "type": "aws_x", "name": "this", "change":
        {"actions": ["update"], "before": before, "after": null, "before_sensitive": mask, "after_sensitive": false}})
}

/// What the masker of `document` leaves of the words.
fn left(document: &Value, words: &[&str]) -> Vec<String> {
    let masker = masker(document);
    words.iter().map(|word| masker.mask(word)).filter(|word| word != "(sensitive)").collect()
}

#[test]
fn marks_in_changes_drift_and_deferred_changes_count() {
    let marked = change(
        &json!({"plain": "plain-value", "whole": {"a": ["whole-secret"]}, "list": ["open-item", "list-secret"]}),
        &json!({"whole": true, "list": [false, true]}),
    );
    for document in [
        json!({"resource_changes": [marked]}),
        json!({"resource_drift": [marked]}),
        json!({"deferred_changes": [{"reason": "unknown", "resource_change": marked}]}),
        json!({"output_changes": {"o": marked["change"]}}),
        json!({"plan": {"resource_changes": [marked]}, "run": {}}),
        json!({"tfplan": {"resource_changes": [marked]}}),
    ] {
        let words = ["plain-value", "whole-secret", "open-item", "list-secret"];
        assert_eq!(left(&document, &words), ["plain-value", "open-item"], "{document}");
    }
}

#[test]
fn what_is_marked_on_one_side_is_secret_on_both() {
    let document = json!({"resource_changes": [{"address": "aws_x.this", "type": "aws_x", "change": {"actions": ["update"],
        "before": {"a": "old-secret", "b": "open-value"}, "before_sensitive": {},
        "after": {"a": "new-secret", "b": "open-value"}, "after_sensitive": {"a": true}}}]});
    assert_eq!(left(&document, &["old-secret", "new-secret", "open-value"]), ["open-value"]);
}

#[test]
fn a_side_without_mask_is_secret_as_a_whole() {
    let mut old = change(&json!({"name": "nobody-marked"}), &json!({}));
    old["change"].as_object_mut().unwrap().remove("before_sensitive");
    assert_eq!(left(&json!({"resource_changes": [old]}), &["nobody-marked"]), [] as [&str; 0]);
    let state =
        json!({"values": {"root_module": {"resources": [{"address": "t.n", "values": {"name": "nobody-marked"}}]}}});
    assert_eq!(left(&json!({"prior_state": state}), &["nobody-marked"]), [] as [&str; 0]);
}

#[test]
fn a_mask_of_another_shape_marks_everything() {
    for mask in [json!({"a": ["x"]}), json!({"a": {"b": true}}), json!({"a": 1}), json!([1]), json!("x")] {
        let document = json!({"resource_changes": [change(&json!({"a": ["odd-secret"]}), &mask)]});
        assert_eq!(left(&document, &["odd-secret"]), [] as [&str; 0], "{mask}");
    }
}

#[test]
fn secret_names_count_anywhere_on_the_path() {
    let before = json!({"settings": [{"db_password": {"value": "by-name-1"}, "note": "not-secret"}]});
    let document = json!({
        "resource_changes": [change(&before, &json!({}))],
        "output_changes": {"api_token": {"before": "by-name-2", "before_sensitive": false}},
        "planned_values": {"outputs": {"x_secret": {"sensitive": false, "value": "by-name-3"}}},
    });
    assert_eq!(left(&document, &["by-name-1", "by-name-2", "by-name-3", "not-secret"]), ["not-secret"]);
}

#[test]
fn state_and_planned_values_count() {
    let module = json!({
        "resources": [{"address": "t.n", "values": {"a": "state-open", "b": "state-secret"}, "sensitive_values": {"b": true}}],
        "child_modules": [{"address": "module.m", "resources": [
            {"address": "module.m.t.n", "values": {"b": "child-secret"}, "sensitive_values": {"b": true}}]}],
    });
    let outputs = json!({"o": {"sensitive": true, "value": ["output-secret"]}, "p": {"sensitive": false, "value": "output-open"}});
    let state = json!({"outputs": outputs, "root_module": module});
    for document in [json!({"prior_state": {"values": state}}), json!({"planned_values": state})] {
        let words = ["state-open", "state-secret", "child-secret", "output-secret", "output-open"];
        assert_eq!(left(&document, &words), ["state-open", "output-open"]);
    }
}

#[test]
fn variables_and_constants_of_the_configuration_count() {
    let document = json!({
        "variables": {"v": {"value": {"deep": ["variable-value"]}}},
        "configuration": {
            "provider_config": {"p": {"name": "provider-name", "version_constraint": ">= 1.2.3", "expressions": {
                "auth": [{"token": {"constant_value": "provider-constant"}}], "region": {"constant_value": "region-1"},
                "ref": {"references": ["var.some_reference"]}}}},
            "root_module": {
                "variables": {"d": {"default": "root-default", "description": "description"}},
                "outputs": {"my_password": {"expression": {"constant_value": "output-constant"}}},
                "resources": [{"address": "t.n", "expressions": {
                    "admin_password": {"constant_value": "resource-constant"}, "size": {"constant_value": "open-constant"},
                    "env": {"constant_value": {"PRIVATE_KEY": "nested-constant", "MODE": "open-nested"}}}}],
                "module_calls": {"m": {"source": "./source-dir", "expressions": {"api_token": {"constant_value": "call-constant"}},
                    "module": {"variables": {"d": {"default": "child-default"}}}}},
            },
        },
    });
    let secret = ["variable-value", "provider-constant", "region-1", "root-default", "output-constant"];
    assert_eq!(left(&document, &secret), [] as [&str; 0]);
    assert_eq!(
        left(&document, &["resource-constant", "nested-constant", "call-constant", "child-default"]),
        [] as [&str; 0]
    );
    let open = [
        "provider-name",
        ">= 1.2.3",
        "var.some_reference",
        "description",
        "open-constant",
        "open-nested",
        "./source-dir",
    ];
    assert_eq!(left(&document, &open), open);
}

#[test]
fn action_invocations_count() {
    let action = json!({"address": "action.t.n", "config_values": {"a": "action-secret", "b": "action-open"}, "config_sensitive": {"a": true}});
    for document in [
        json!({"action_invocations": [action]}),
        json!({"deferred_action_invocations": [{"reason": "r", "action_invocation": action}]}),
    ] {
        assert_eq!(left(&document, &["action-secret", "action-open"]), ["action-open"]);
    }
}

#[test]
fn names_and_components_of_addresses_are_no_secrets() {
    let document = json!({
        "variables": {"all": {"value": [
            "customers.a", "databricks_schema", "databricks_schema.orders", "orders", "dataset", "registry.terraform.io",
            "databricks", "module.dataset[\"customers.a\"]", "secret-value"]}},
        "resource_changes": [{
            "address": "module.dataset[\"customers.a\"].databricks_schema.orders", "type": "databricks_schema",
            "module_address": "module.dataset[\"customers.a\"]", "name": "orders",
            "provider_name": "registry.terraform.io/databricks/databricks", "change": {"actions": ["no-op"]}}],
    });
    let text =
        "module.dataset[\"customers.a\"].databricks_schema.orders by registry.terraform.io/databricks/databricks";
    assert_eq!(masker(&document).mask(&format!("{text}: secret-value")), format!("{text}: (sensitive)"));
}

#[test]
fn what_a_change_shows_in_the_open_is_no_secret_whatever_the_order() {
    let marked = change(&json!({"a": "westeurope"}), &json!({"a": true}));
    let open = change(&json!({"location": "westeurope"}), &json!({}));
    for changes in [json!([marked, open]), json!([open, marked])] {
        let document = json!({"resource_changes": changes, "variables": {"l": {"value": "westeurope"}}});
        assert_eq!(left(&document, &["westeurope"]), ["westeurope"]);
    }
    for hidden in [
        change(&json!({"secret": "westeurope"}), &json!({})),
        json!({"change": {"after": {"location": "westeurope"}, "after_sensitive": {}, "after_unknown": {"location": true}}}),
        json!({"change": {"before": {"location": "westeurope"}}}),
    ] {
        assert_eq!(left(&json!({"resource_changes": [marked, hidden]}), &["westeurope"]), [] as [&str; 0], "{hidden}");
    }
}

#[test]
fn lines_json_leaves_and_quoted_forms_of_a_secret_are_secret_too() {
    let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nshort\n-----END KEY-----\n";
    let blob = r#"{"user": "service-user", "n": [1, "inner<secret>"], "s": "tiny"}"#;
    let document = json!({"variables": {"a": {"value": [pem, blob, "quote\"d\tsecret"]}}});
    let masker = masker(&document);
    assert_eq!(masker.mask("key MIIEvQIBADANBg!"), "key (sensitive)!");
    assert_eq!(
        masker.mask("service-user inner<secret> inner\\u003csecret\\u003e tiny"),
        "(sensitive) (sensitive) (sensitive) tiny"
    );
    assert_eq!(masker.mask(&format!("{:?}", "a quote\"d\tsecret")), "\"a (sensitive)\"");
    assert_eq!(masker.mask(&json!([pem]).to_string()), "[\"(sensitive)\"]");
    assert_eq!(masker.mask(pem.trim()), "(sensitive)");
}

#[test]
fn short_strings_numbers_and_plans_without_secrets_mask_nothing() {
    let document = json!({"variables": {"a": {"value": ["12345", "äöüäö", 123_456_789, true, null]}}});
    assert!(masker(&document).is_empty());
    assert_eq!(masker(&document).mask("12345 123456789"), "12345 123456789");
    assert!(masker(&json!({})).is_empty());
    assert!(masker(&json!({"resource_changes": {"odd": 1}, "variables": "odd", "prior_state": [[]]})).is_empty());
    assert_eq!(Masker::default().mask("any text"), "any text");
}

#[test]
fn a_document_that_cannot_be_read_is_a_problem_that_quotes_nothing() {
    for (text, code) in [
        ("", ProblemCode::NotAPlan),
        ("[\"secret-text\"]", ProblemCode::NotAPlan),
        ("{\"variables\": {\"secret-text", ProblemCode::Truncated),
        ("{\"variables\": secret-text}", ProblemCode::Malformed),
        ("{} secret-text", ProblemCode::Malformed),
    ] {
        let problem = Masker::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(problem.code, code, "{text}");
        assert!(!problem.message.contains("secret-text"));
    }
}

#[test]
fn debug_output_discloses_nothing() {
    let masker = masker(&json!({"variables": {"a": {"value": "secret-value"}}}));
    assert_eq!(format!("{masker:?}"), "Masker(..)");
}

fn scenario(bytes: &[u8]) -> Masker {
    Masker::from_json(bytes).unwrap()
}

#[test]
fn a_sensitive_attribute_that_forces_replacement_stays_hidden() {
    let masker = scenario(include_bytes!("../../../fixtures/scenarios/61-sensitive-forces-replace/plan.json"));
    let text =
        "azurerm_mssql_server.sql sql-etl-prod: login S3cr3t-in-state, key primary_access_key-1369d363, in westeurope";
    let masked = "azurerm_mssql_server.sql sql-etl-prod: login (sensitive), key (sensitive), in westeurope";
    assert_eq!(masker.mask(text), masked);
    assert_eq!(masker.mask("customers of module.dataset[\"customers\"]"), "customers of module.dataset[\"customers\"]");
}

#[test]
fn constants_of_a_provider_stay_hidden() {
    let masker = scenario(include_bytes!("../../../fixtures/scenarios/66-provider-secret-in-config/plan.json"));
    let text = "AKIAIOSFODNN7EXAMPLE wJalr-constant-secret registry.terraform.io/hashicorp/aws postgres";
    assert_eq!(masker.mask(text), "(sensitive) (sensitive) registry.terraform.io/hashicorp/aws postgres");
}
