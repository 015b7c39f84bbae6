//! Data and policy lists that lie beside tests.

use plangate::gate::TestRequest;
use plangate::testing::Outcome;

use super::{Repository, statuses};

const RULE: &str = "package main\nimport rego.v1\ndeny contains msg if {\n\tsome msg in input.bad\n}\n";
const BY_DATA: &str = "package main\nimport rego.v1\ntest_denied if count(deny) == 1 with input as data.mock.bad\n\
                       test_allowed if count(deny) == 0 with input as data.mock.good\n";
const MOCK: &str = r#"{"mock": {"bad": {"bad": ["x"]}, "good": {"bad": []}}, "main": {"deny": ["of no interest"]}}"#;

fn passed(files: &[(&str, &str)], paths: &[&str]) -> String {
    let report = Repository::new(files).try_test(paths, &TestRequest::default()).unwrap_or_else(|p| panic!("{p:#?}"));
    assert_eq!(report.outcome(), Outcome::Passed, "{report:#?}");
    statuses(&report).into_keys().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_tests_name_under_data_is_found_beside_them() {
    let files = [
        ("policy/p.rego", RULE),
        ("policy/p_test.rego", BY_DATA),
        ("policy/p_mock.json", MOCK),
        // Nothing that is named: it need not be data at all.
        ("policy/other/list.json", "[1]"),
        ("policy/other/broken.yaml", "a: ["),
    ];
    assert_eq!(passed(&files, &[]), "test_allowed test_denied");
    // A file of mocks may be data as well.
    let test = "package main\nimport rego.v1\ntest_denied if count(deny) == 1 with input as data.mock.invalid\n";
    let mocks = r#"{"mock": {"invalid": {"bad": ["x"]}, "valid": {"bad": []}}}"#;
    let files_of_one = [files[0], ("policy/p_test.rego", test), ("policy/p.mock.json", mocks)];
    assert_eq!(passed(&files_of_one, &[]), "invalid test_denied valid");
    let yaml = ("policy/p_mock.yaml", "mock:\n  bad: {bad: [x]}\n  good: {bad: []}\n");
    assert_eq!(passed(&[files[0], files[1], yaml], &[]), "test_allowed test_denied");
}

#[test]
fn data_lies_at_the_path_of_its_directory() {
    let at = |name: &str| BY_DATA.replace("data.mock", name);
    let below = at("data.sets.mock");
    let files = [("policy/p.rego", RULE), ("policy/p_test.rego", &below), ("policy/sets/p_mock.json", MOCK)];
    assert_eq!(passed(&files, &[]), "test_allowed test_denied");
    let files = [("policy/a/p.rego", RULE), ("policy/a/p_test.rego", BY_DATA), ("policy/a/p_mock.json", MOCK)];
    assert_eq!(passed(&files, &["policy/a"]), "test_allowed test_denied");
    Repository::new(&files).refused(&[], "nothing provides `data.mock.bad`");
}

#[test]
fn data_of_tests_that_cannot_be_read_or_stands_twice_is_an_error() {
    let files = |second: &'static str| {
        Repository::new(&[
            ("policy/p.rego", RULE),
            ("policy/p_test.rego", BY_DATA),
            ("policy/p_mock.json", MOCK),
            ("policy/second.json", second),
        ])
    };
    files(r#"{"mock": {"bad": 1}}"#).refused(&[], "as another data file does");
    files("{").refused(&[], "cannot be read");
}

#[test]
fn a_check_loads_no_data_of_tests() {
    let rule = "package main\nimport rego.v1\ndeny contains msg if some msg in data.mock.bad.bad\n";
    let repository = Repository::new(&[("policy/p.rego", rule), ("policy/p_mock.json", MOCK)]);
    let Err(problems) = plangate::workspace::open(&crate::harness::setup(repository.root().as_str())) else {
        panic!("was accepted")
    };
    assert!(problems[0].message.contains("nothing provides"), "{problems:#?}");
}

#[test]
fn tests_of_a_listed_policy_are_in_its_package() {
    let list = "version = \"v1\"\npolicy \"sizes\" {\n  enabled = true\n  enforcement_level = \"advisory\"\n}\n";
    let rule = "package terraform\nimport input.tfplan as tfplan\ndeny[msg] { msg := tfplan.bad[_] }\n";
    let test = "package terraform\ntest_denied { count(deny) == 1 with input as {\"tfplan\": {\"bad\": [\"x\"]}} }\n";
    for folder in ["policy/sizes", "policy"] {
        let at = |name: &str| format!("{folder}/{name}");
        let (hcl, policy, tests) = (at("scalr-policy.hcl"), at("sizes.rego"), at("sizes_test.rego"));
        let files = [(hcl.as_str(), list), (policy.as_str(), rule), (tests.as_str(), test)];
        assert_eq!(passed(&files, &[]), "test_denied", "{folder}");
        Repository::new(&[files[0], files[2]]).refused(&[], "has no file");
    }
}
