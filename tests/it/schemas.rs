//! Generated schemas are current, and what is written fits them.

use plangate::plan::schema;
use plangate::report;
use serde_json::{Value, json};

use plangate::source::SourceFile;

use crate::harness::{built_in, judge, package, plangate, read};

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
    is_current("docs/schema/audit.json", &report::audit::schema().unwrap());
    is_current("docs/schema/report-lines.json", &report::jsonl::schema().unwrap());
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

fn schema(name: &str) -> (Value, jsonschema::Validator) {
    let schema: Value = serde_json::from_slice(&read(&format!("docs/schema/{name}.json"))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    (schema, validator)
}

/// The TOML blocks of a page, as JSON; dates are texts.
fn blocks(page: &str) -> Vec<(String, Value)> {
    let text = String::from_utf8(read(page)).unwrap();
    let date = regex::Regex::new(r"(?m)= (\d{4}-\d{2}-\d{2})$").unwrap();
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.map(|block| (block.clone(), toml::from_str(&date.replace_all(&block, "= \"$1\"")).unwrap())).collect()
}

#[test]
fn documented_configuration_and_waivers_fit_their_schemas() {
    let mut seen = 0;
    for (page, names) in [("docs/configuration.md", ["config", "config"]), ("docs/waivers.md", ["waivers", "config"])] {
        let validators = names.map(|name| schema(name).1);
        for (text, document) in blocks(page) {
            seen += 1;
            let fits = validators.iter().any(|validator| validator.is_valid(&document));
            assert!(fits, "{page}: {text}");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_schema_of_the_configuration_has_the_keys_that_are_read() {
    let (schema, validator) = schema("config");
    let problems = |text: &str| {
        let file = SourceFile::new("plangate.toml", text);
        plangate::config::parse(&file, "".into()).err().unwrap_or_default()
    };
    let patterns = schema["patternProperties"]
        .as_object()
        .unwrap()
        .keys()
        .map(|key| key.trim_matches(['^', '$']).replace("[-_]", "-"));
    let keys: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().chain(patterns).collect();
    for key in &keys {
        let unknown = problems(&format!("{key} = 1")).iter().any(|problem| problem.message.contains("unknown key"));
        assert!(!unknown, "`{key}` is not read");
    }
    // A key that is read and not in the schema: the message about an unknown key lists all that are read.
    let refused = problems("nosuch = 1");
    let help = refused[0].help.as_deref().unwrap();
    let read: Vec<String> = help.split('`').skip(1).step_by(2).map(|key| key.replace('_', "-")).collect();
    assert!(read.len() > 10 && read.iter().all(|key| keys.contains(key)), "{read:?} {keys:?}");
    assert!(!validator.is_valid(&json!({"nosuch": 1})));
}

#[test]
fn schemas_are_printed() {
    for (what, title) in [
        ("config", "plangate.toml"),
        ("plan", ""),
        ("input", "input.plangate"),
        ("report", "plangate report"),
        ("waivers", "plangate.waivers.toml"),
        ("lines", "line of a plangate report"),
        ("tests", ""),
    ] {
        let ran = plangate().args(["schema", what]).run();
        let document: Value = serde_json::from_str(&ran.exits(0).stdout).unwrap();
        assert!(title.is_empty() || document["title"] == title, "{what}: {}", document["title"]);
        assert!(jsonschema::validator_for(&document).is_ok(), "{what}");
    }
}
