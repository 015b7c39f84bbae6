//! Generated schemas are current, and what is written fits them.

use plangate::report;
use serde_json::Value;

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
