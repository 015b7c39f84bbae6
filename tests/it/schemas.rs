//! Generated schemas are current, and what is written fits them.

use plangate::plan::schema;
use plangate::report;
use serde_json::{Value, json};

use crate::harness::{built_in, judge, package, read};

/// Compares a generated file with the disk; `UPDATE=1` rewrites it.
pub(crate) fn is_current(path: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(package(path), text).unwrap();
    }
    let on_disk = std::fs::read_to_string(package(path)).unwrap_or_default();
    assert!(on_disk == text, "{path} is stale: run `UPDATE=1 cargo test`");
}

#[test]
fn schemas_are_current() {
    is_current("docs/schema/report.json", &report::json::schema().unwrap());
    is_current("docs/schema/plan.json", &(serde_json::to_string_pretty(&schema::json_schema()).unwrap() + "\n"));
}

/// Every plan of the scenarios, which real Terraform wrote, has the keys of the schema and no others.
#[test]
fn every_plan_fits_the_schema_and_has_no_key_beside_it() {
    let mut closed = schema::json_schema();
    for object in closed["$defs"].as_object_mut().unwrap().values_mut() {
        object["additionalProperties"] = json!(false);
    }
    closed["additionalProperties"] = json!(false);
    let validator = jsonschema::validator_for(&closed).unwrap();
    let scenarios = std::fs::read_dir(package("fixtures/scenarios")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for scenario in scenarios.map(|entry| entry.unwrap().path().join("plan.json")) {
        let plan: Value = serde_json::from_slice(&std::fs::read(&scenario).unwrap()).unwrap();
        count += 1;
        let errors = validator.iter_errors(&plan);
        wrong.extend(errors.map(|error| format!("{}: {error} at {}", scenario.display(), error.instance_path())));
    }
    assert!(count > 40, "{count} plans");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_plan_may_have_keys_that_nobody_knows_yet() {
    let validator = jsonschema::validator_for(&schema::json_schema()).unwrap();
    assert!(validator.is_valid(&json!({"format_version": "1.9", "new": 1, "run": {"id": "run-1"}})));
    assert!(!validator.is_valid(&json!({"format_version": "1.2", "resource_changes": {}})));
    assert!(!validator.is_valid(&json!({"resource_changes": []})));
}

#[test]
fn every_report_fits_the_schema() {
    let schema: Value = serde_json::from_slice(&read("docs/schema/report.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let stages = built_in();
    for fixture in [
        "fixtures/scenarios/05-replace-force-new/plan.json",
        "fixtures/scenarios/29-deposed/plan.json",
        "fixtures/inputs/truncated.json",
        "fixtures/edge-cases/20_future_action.json",
    ] {
        let text = report::json::render(&judge(&stages, &[(fixture, read(fixture))])).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&serde_json::from_str(&text).unwrap()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{fixture}: {errors:#?}");
    }
}
