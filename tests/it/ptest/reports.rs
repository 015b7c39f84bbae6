//! What is written: for people, as JSON, as JUnit; coverage.

use plangate::gate::TestRequest;
use plangate::report::testing::{human, json, junit};
use plangate::testing::{Filter, TestReport};
use serde_json::{Value, json};

use super::{DELETE, POLICY, QUEUE, Repository, tests};
use crate::harness::package;
use crate::reports::parsers::parse_xml;
use crate::schemas::is_current;

#[test]
fn coverage_counts_the_lines_of_policies_that_tests_and_cases_evaluate() {
    let test = format!("package main\ntest_x if count(deny) == 1 with input as {DELETE}\n");
    let untouched = "package untouched\ndeny contains \"x\" if {\n\tinput.x\n\n\t# a remark\n\tinput.y\n}\n";
    let files = [("policy/p.rego", POLICY), ("policy/p_test.rego", &*test), ("policy/u.rego", untouched)];
    let repository = Repository::new(&files);
    let covered = |repository: &Repository| {
        let request = TestRequest { coverage: true, ..TestRequest::default() };
        let coverage = repository.try_test(&[], &request).unwrap().coverage.unwrap();
        let lines = |lines: &std::collections::BTreeSet<usize>| lines.iter().copied().collect::<Vec<_>>();
        let files = coverage.files.iter().map(|file| (lines(&file.covered), lines(&file.uncovered)));
        files.collect::<Vec<_>>()
    };
    assert_eq!(covered(&repository), [(vec![3, 4, 5, 6, 7], vec![10, 11, 12]), (vec![], vec![2, 3, 6])]);
    let with_case = [&files[..], &[("policy/cases/warn_q.json", QUEUE)]].concat();
    assert_eq!(covered(&Repository::new(&with_case))[0], (vec![3, 4, 5, 6, 7, 10, 11, 12], vec![]));

    let ran = repository.run(["--coverage"]);
    ran.exits(0)
        .says("62.5 %  policy/p.rego\n         not covered: 10-12")
        .says("0.0 %  policy/u.rego\n         not covered: 2-6");
    ran.says("Coverage: 45.4 % (5 of 11 lines)").hides("p_test.rego");
    repository.run(["--min-coverage", "45.4"]).exits(0);
    repository.run(["--min-coverage", "45.5"]).exits(1).says("below the minimum of 45.5 %");
    repository.run(["--coverage", "policy/p.rego"]).exits(0).says("Coverage: 62.5 % (5 of 8 lines)").hides("u.rego");
    repository.run(["--min-coverage", "101"]).exits(2);
    let json: Value = serde_json::from_str(&repository.run(["--coverage", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["coverage"]["percent"], 45.4);
    assert_eq!(json["coverage"]["files"][0]["not_covered"], json!([10, 11, 12]));
}

/// A repository in which something of each kind happens.
fn colourful() -> Repository {
    let test = format!(
        "package main\n\ntest_passes if count(deny) == 1 with input as {DELETE}\n\ntest_fails if {{\n\tfound := deny with input as \
         {DELETE}\n\tfound == {{\"something\\u001b[31m \\\"else\\\" <&>\"}}\n}}\n\ntodo_test_later if true\n\ntest_set contains 1\n"
    );
    Repository::new(&[
        ("policy/p.rego", POLICY),
        ("policy/p_test.rego", &test),
        ("policy/untested.rego", "package untested\n\nhelper(x) := y if {\n\ty := x + 1\n}\n"),
        ("policy/p.mock.json", &format!(r#"{{"invalid": {DELETE}, "valid]]>\u0001": {DELETE}}}"#)),
        ("policy/cases/allow_queue.json", QUEUE),
    ])
}

#[test]
fn failures_look_as_recorded() {
    let ran = colourful().run(["--coverage"]);
    ran.exits(2);
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["../snapshots/test-failures.txt"]);
}

#[test]
fn json_fits_its_schema() {
    is_current("docs/schema/tests.json", &json::schema().unwrap());
    let schema: Value = serde_json::from_str(&json::schema().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let request = TestRequest { coverage: true, min_coverage: Some(10.0), run: None };
    let report = colourful().try_test(&[], &request).unwrap();
    let refused = TestReport::of_problems(vec![Filter::parse("(").unwrap_err()]);
    for (report, code) in [(&report, 2), (&refused, 2), (&TestReport::default(), 0)] {
        let document: Value = serde_json::from_str(&json::render(report).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(document["exit_code"], code);
    }
    let document: Value = serde_json::from_str(&json::render(&report).unwrap()).unwrap();
    assert_eq!(document["counts"], json!({"passed": 2, "failed": 3, "error": 1, "skipped": 1}));
    let failed = document["tests"].as_array().unwrap().iter().find(|test| test["line"] == 5).unwrap();
    assert_eq!(failed["at"]["line"], 7);
    assert_eq!(failed["values"][0], json!({"expression": "found", "values": ["{\"aws_sns_topic.a goes\"}"]}));
}

#[test]
fn junit_is_well_formed_whatever_the_names_and_counts_right() {
    let request = TestRequest { coverage: true, min_coverage: Some(99.0), run: None };
    let report = colourful().try_test(&[], &request).unwrap();
    let text = junit::render(&report).unwrap();
    let (elements, words) = parse_xml(&text);
    let (root, attributes) = &elements[0];
    assert_eq!(root, "testsuites");
    let counts = ["tests", "failures", "errors"].map(|key| attributes[key].as_str());
    assert_eq!(counts, ["8", "4", "1"], "coverage below the minimum is a failure too");
    let of = |kind: &str| elements.iter().filter(|(name, _)| name == kind).count();
    assert_eq!((of("testcase"), of("failure"), of("error"), of("skipped")), (8, 4, 1, 1));
    let case = |name: &str| &elements.iter().find(|(kind, a)| kind == "testcase" && a["name"] == name).unwrap().1;
    assert_eq!((case("test_fails")["classname"].as_str(), case("test_fails")["line"].as_str()), ("data.main", "5"));
    assert_eq!(case("valid]]>\\u{1}")["classname"].rsplit('/').next(), Some("p.mock"));
    assert!(words.contains("p_test.rego:7: does not hold: found ==") && !text.contains(" time="), "{text}");

    let refused = junit::render(&TestReport::of_problems(vec![Filter::parse("(").unwrap_err()])).unwrap();
    let (elements, _) = parse_xml(&refused);
    assert_eq!(elements[0].1["errors"], "1");
}

#[test]
fn reports_go_where_the_arguments_say() {
    let repository = colourful();
    repository.run(["-o", "json=t.json", "-o", "junit=t.xml", "-o", "human=t.txt"]).exits(2).says("Error. 7 tests");
    let read = |name: &str| std::fs::read_to_string(repository.0.path().join(name)).unwrap();
    assert!(read("t.json").contains("plangate/tests/v1-draft") && read("t.txt").contains("Error. 7 tests"));
    assert_eq!(parse_xml(&read("t.xml")).0[0].0, "testsuites");
    assert_eq!(repository.run(["-o", "junit"]).stdout, read("t.xml"));
    repository.run(["-o", "sarif"]).exits(2).says("formats: human, json, junit");
    repository.run(["-o", "json=policy/p.mock.json", "policy/p.mock.json"]).exits(2).says("an input of this run");
    repository.run(["-o", "json=no/such/folder/t.json", "-r", "test_passes"]).exits(2).says("cannot be written");
    let unloadable = tests("package main\ntest_x if nosuch(1)\n").run(["-o", "json"]);
    let document: Value = serde_json::from_str(&unloadable.exits(2).stdout).unwrap();
    assert_eq!(document["problems"][0]["code"], "policy-load");
    unloadable.says("nosuch");
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let repository = colourful();
    let of = |threads: &str| repository.run(["-v", "--coverage", "--threads", threads]).stdout;
    assert_eq!(of("1"), of("7"));
}

/// The blocks of docs/testing.md in this language.
fn documented(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(package("docs/testing.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n').map(str::to_owned)).collect()
}

#[test]
fn what_the_documentation_shows_is_what_is_seen() {
    let policy = "package storage\ndeny contains \"x\" if input.nothing_like_it\n";
    let [test, cases] = documented("rego").try_into().unwrap();
    let files = [("policy/storage/buckets.rego", policy), ("policy/storage/buckets_test.rego", &*test)];
    let [shown] = documented("").try_into().unwrap();
    let ran = Repository::new(&files).run([]);
    assert!(ran.exits(1).stdout.starts_with(&shown), "{}", ran.stdout);

    let cases = format!("package storage_test\n\nimport data.storage\n\n{cases}");
    let policy = "package storage\nis_big(size) := size > 50\n";
    let files = [("policy/storage/sizes.rego", policy), ("policy/storage/sizes_test.rego", &*cases)];
    Repository::new(&files).run([]).exits(0).says("1 test: 1 passed");

    let policy = "package storage\ndeny contains rc.type if {\n\tsome rc in input.resource_changes\n\t\"delete\" in rc.change.actions\n}\n";
    let mock = documented("json").into_iter().find(|block| block.contains("\"mock\"")).unwrap();
    let files = [("policy/b.rego", policy), ("policy/b.mock.json", &*mock)];
    Repository::new(&files).run([]).exits(0).says("2 passed");
}

#[test]
fn people_see_no_escape_sequence_of_a_name() {
    let report = colourful().test();
    let text = anstream::adapter::strip_str(&human::render(&report, true)).to_string();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{1}'), "{text}");
}
