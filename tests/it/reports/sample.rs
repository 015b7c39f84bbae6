//! One report in every format, as recorded: allowed, blocked, undecided, waived, excepted, with root causes.

use plangate::report::Report;
use plangate::report::format::FORMATS;
use snapbox::{Data, assert_data_eq};

use super::{is_sarif, written};
use crate::harness::{judge, package, read, setup};

/// The fixture repository over plans of several scenarios.
pub(super) fn report() -> Report {
    let mut stages = plangate::workspace::open(&setup("fixtures/reports")).unwrap();
    stages.collect_scene = true;
    let scenarios =
        ["01-create-all", "05-replace-force-new", "19-rename-without-moved", "55-parent-and-children-destroyed"];
    let mut plans: Vec<(String, Vec<u8>)> = scenarios
        .iter()
        .map(|scenario| {
            let path = format!("fixtures/scenarios/{scenario}/plan.json");
            (format!("plans/{scenario}.json"), read(&path))
        })
        .collect();
    plans.push(("plans/truncated.json".to_owned(), read("fixtures/inputs/truncated.json")));
    let plans: Vec<(&str, Vec<u8>)> = plans.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    judge(&stages, &plans)
}

#[test]
fn every_format_looks_as_recorded() {
    let report = report();
    for format in FORMATS {
        let path = package(&format!("tests/it/snapshots/report-{format}.txt"));
        let text = anstream::adapter::strip_str(&written(&report, format)).to_string();
        // Style and script have tests of their own.
        let text = if *format == "html" { super::html::without_assets(&text).0 } else { text };
        assert_data_eq!(text.replace("\r\n", "\n"), Data::read_from(&path, None).raw());
    }
}

#[test]
fn every_format_is_the_same_each_time() {
    let (one, other) = (report(), report());
    for format in FORMATS {
        assert_eq!(written(&one, format), written(&other, format), "{format}");
    }
}

#[test]
fn sarif_of_the_sample_fits_the_standard() {
    let document = is_sarif(&written(&report(), "sarif"));
    let results = document["runs"][0]["results"].as_array().unwrap();
    let uris: std::collections::BTreeSet<&str> = results
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(uris.iter().all(|uri| !uri.starts_with('/') && !uri.contains("plans/")), "{uris:?}");
}
