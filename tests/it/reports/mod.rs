//! Reports of `plangate check` in every format, read as their consumers read them.

mod audits;
mod hostile;
mod html;
mod options;
pub(crate) mod parsers;
mod sample;
mod secrets;

use plangate::finding::Level;
use plangate::report::Report;
use plangate::report::format::{FORMATS, Options, render};
use plangate::report::human;
use serde_json::{Value, json};

/// The report in a format, with everything shown.
fn written(report: &Report, format: &str) -> String {
    let human = human::Options { show: Level::Info, verbose: true, timings: false };
    written_with(report, format, &Options { human, ..Options::default() })
}

fn written_with(report: &Report, format: &str, options: &Options) -> String {
    render(report, format, options).unwrap().unwrap()
}

/// Every format with the report in it; a new one is here without being named.
fn in_every_format(report: &Report) -> Vec<(&'static str, String)> {
    FORMATS.iter().map(|format| (*format, written(report, format))).collect()
}

/// What programs of others are to read (`.ci/formats`): the sample, and what is hostile, that as an audit too, in every format.
#[test]
#[ignore = "writes into the directory that REPORTS names"]
fn reports_are_written_for_validators() {
    let directory = std::path::PathBuf::from(std::env::var_os("REPORTS").expect("REPORTS names a directory"));
    for (name, report) in [("sample", sample::report()), ("hostile", hostile::report())] {
        for (format, text) in in_every_format(&report) {
            std::fs::write(directory.join(format!("{name}.{format}")), text).unwrap();
        }
        let options = Options { category: Some(name.to_owned()), suppressed: true, ..Options::default() };
        std::fs::write(directory.join(format!("{name}-category.sarif")), written_with(&report, "sarif", &options))
            .unwrap();
    }
    let audit = hostile::audited();
    for format in FORMATS {
        let text = audit.render(format, &Options::default()).unwrap().unwrap();
        std::fs::write(directory.join(format!("hostile-audit.{format}")), text).unwrap();
    }
}

/// A change of a plan that destroys an object with these attributes.
fn destroyed(address: &str, resource_type: &str, before: &Value, sensitive: &Value) -> Value {
    json!({
        "address": address, "mode": "managed", "type": resource_type, "name": "x",
        "provider_name": "registry.terraform.io/hashicorp/azurerm",
        "change": {
            "actions": ["delete"], "before": before, "after": null, "after_unknown": {},
            "before_sensitive": sensitive, "after_sensitive": false
        }
    })
}

/// A plan with these changes.
fn plan(changes: &[Value]) -> Vec<u8> {
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "complete": true, "applyable": true, "errored": false,
        "planned_values": {"root_module": {}}, "resource_changes": changes, "configuration": {"root_module": {}}
    });
    serde_json::to_vec(&plan).unwrap()
}

/// SARIF fits the schema of the standard.
fn is_sarif(text: &str) -> Value {
    let schema: Value =
        serde_json::from_slice(&crate::harness::read("tests/it/formats/sarif-schema-2.1.0.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document
}
