//! `plangate lint`: outputs, levels, exit codes, and the pages of lints.

use std::collections::BTreeSet;
use std::path::Path;

use plangate::lint::{ALL, NEVER_TESTED};
use plangate::report::lint as pages;
use plangate::workspace;
use serde_json::Value;

use crate::harness::{Ran, package, plangate, setup};

const TYPO: &str = "package main\n\ndeny contains msg if {\n    some rc in input.resource_changes\n    \
                    rc.chnage.actions[_] == \"delete\"\n    msg := sprintf(\"%v\", [rc.change.before])\n}\n";
const WARNING: &str = "package main\n\ndeny contains rc.address if {\n    some rc in input.resource_changes\n    \
                       rc.change.after.public == true\n}\n";
const CLEAN: &str = "package main\n\ndeny contains rc.address if {\n    some rc in input.resource_changes\n    \
                     \"delete\" in rc.change.actions\n}\n";

/// The configuration of a repository whose policies have no tests.
const UNTESTED: &str = "[lint]\nnever-tested = \"off\"\n";

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn lint(directory: &Path, args: &[&str]) -> Ran {
    plangate().dir(directory).args(["lint"].into_iter().chain(args.iter().copied())).run()
}

#[test]
fn findings_are_shown_under_their_source() {
    let everything = ALL.iter().filter(|lint| **lint != &NEVER_TESTED).enumerate().map(|(index, lint)| {
        let package = lint.id.replace('-', "_");
        (format!("policy/{index}.rego"), format!("package {package}\n\n{}", lint.bad))
    });
    let files: Vec<(String, String)> = everything.collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("plangate.toml", UNTESTED));
    let directory = repository(&files);
    let ran = lint(directory.path(), &[]);
    ran.exits(1);
    snapbox::assert_data_eq!(ran.stdout.clone(), snapbox::file!["snapshots/lint.txt"]);
    assert_eq!(ran.stdout, lint(directory.path(), &["--threads", "1"]).stdout);
}

/// Rules of many shapes, half of which a test or a case makes fire.
const SHAPES: &str = "package shapes

deleted contains rc if {
    some rc in input.resource_changes
    \"delete\" in rc.change.actions
}

deny contains \"constant\" if {
    some rc in deleted
    rc.type == \"a\"
}

deny_never contains \"constant\" if {
    some rc in deleted
    rc.type == \"b\"
}

deny_object contains {\"msg\": rc.address} if {
    some rc in deleted
    rc.type == \"a\"
}

deny_object_never contains {\"msg\": rc.address} if {
    some rc in deleted
    rc.type == \"b\"
}

deny_complete := msg if {
    count(deleted) > 0
    msg := \"some go\"
}

deny_complete_never := msg if {
    count(deleted) > 9
    msg := \"many go\"
}

deny_plain if {
    count(deleted) > 0
    not input.errored
}

deny_plain_never if {
    count(deleted) > 9
    not input.errored
}

deny_else := \"many\" if {
    count(deleted) > 9
} else := \"some\" if {
    count(deleted) > 0
}

deny_else_never := \"many\" if {
    count(deleted) > 9
} else := \"some\" if {
    count(deleted) > 8
    not input.errored
}

deny_nested contains msg if {
    names := [name |
        some rc in deleted
        rc.type == \"b\"
        name := rc.address
    ]
    every name in names {
        name != \"x\"
    }
    count(names) == 0
    msg := \"none\"
}

deny_elsewhere contains \"x\" if {
    count(deleted) > 0
}

deny_elsewhere contains \"y\" if {
    count(deleted) > 9
}

deny_constant := \"always\"
";

const SHAPES_TEST: &str = "package shapes_test

import data.shapes

test_all if {
    count(shapes) > 0 with input as {\"resource_changes\": [{\"address\": \"a.b\", \"type\": \"a\", \"change\": {\"actions\": [\"delete\"]}}]}
}

todo_test_later if true
";

/// Ids of the rules that no test makes fire.
fn never_tested(directory: &Path, args: &[&str]) -> Vec<String> {
    let ran = lint(directory, &[&["-o", "json"], args].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["lint"] == NEVER_TESTED.id);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

fn named(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|rule| format!("no test makes `{rule}` fire")).collect()
}

#[test]
fn rules_that_a_test_makes_fire() {
    let directory = repository(&[("policy/shapes.rego", SHAPES), ("policy/shapes_test.rego", SHAPES_TEST)]);
    let never = ["deny_never", "deny_object_never", "deny_complete_never", "deny_plain_never", "deny_else_never"];
    let never = named(&never.map(|rule| format!("shapes.{rule}")).each_ref().map(String::as_str));
    assert_eq!(never_tested(directory.path(), &[]), never);
    assert_eq!(never_tested(directory.path(), &["policy/shapes.rego"]), never);
}

#[test]
fn the_example_of_never_tested_shows_it_and_what_is_right_does_not() {
    for (rules, expected) in [(NEVER_TESTED.bad, named(&["main.deny"])), (NEVER_TESTED.good, named(&[]))] {
        let directory = repository(&[("policy/a.rego", &format!("package main\n\n{rules}"))]);
        assert_eq!(never_tested(directory.path(), &[]), expected, "{rules}");
    }
    let directory = repository(&[("policy/a.rego", &format!("package main\n\n{}", NEVER_TESTED.bad))]);
    snapbox::assert_data_eq!(
        lint(directory.path(), &[]).exits(0).stdout.clone(),
        snapbox::file!["snapshots/lint-never-tested.txt"]
    );
}

#[test]
fn cases_and_mocks_make_rules_fire() {
    let queue = "\n\nwarn contains \"a queue\" if {\n    some rc in input.resource_changes\n    rc.type == \"aws_sqs_queue\"\n}\n";
    let policy = format!("{CLEAN}{queue}");
    let delete = r#"{"resource_changes": [{"address": "aws_sns_topic.a", "mode": "managed", "type": "aws_sns_topic", "name": "a", "provider_name": "p", "change": {"actions": ["delete"], "before": {}, "after": null}}]}"#;
    let case = repository(&[("policy/a.rego", &policy), ("policy/cases/deny_a.json", delete)]);
    assert_eq!(never_tested(case.path(), &[]), named(&["main.warn"]));
    let mock = r#"{"mock": {"invalid_a": {"resource_changes": [{"address": "x.y", "type": "aws_sqs_queue", "change": {"actions": ["no-op"]}}]}}}"#;
    let mock = repository(&[("policy/a.rego", &policy), ("policy/a.mock.json", mock)]);
    assert_eq!(never_tested(mock.path(), &[]), named(&["main.deny"]));
    // A finding that nobody expects is one as well: whether the case passes is told by `plangate test`.
    let wrong = repository(&[("policy/a.rego", &policy), ("policy/cases/warn_a.json", delete)]);
    assert_eq!(never_tested(wrong.path(), &[]), named(&["main.warn"]));
}

#[test]
fn without_tests_the_set_is_named_once_and_broken_ones_tell_nothing() {
    let only = |files: &[(&str, &str)]| {
        let directory = repository(files);
        let found = never_tested(directory.path(), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        found.concat()
    };
    let none = "these policies have no test";
    assert_eq!(only(&[("policy/a.rego", CLEAN), ("policy/b.rego", SHAPES)]), none);
    let todo = "package a_test\n\ntodo_test_a if true\n";
    assert_eq!(only(&[("policy/a.rego", CLEAN), ("policy/a_test.rego", todo)]), none);
    let unknown = |file: &str, text: &str, why: &str| {
        let said = only(&[("policy/a.rego", CLEAN), (file, text)]);
        assert!(said.starts_with("which rules are tested cannot be told: ") && said.contains(why), "{said}");
    };
    unknown("policy/a_test.rego", "package a_test\n\ntest_a if no_such(1)\n", "no function `no_such`");
    unknown("policy/a_test.rego", "package a_test\n\ntest_a(x) if x\n\ntest_b if true\n", "1 test could not be run");
    unknown("policy/cases/deny_a.json", "[1]", "1 test could not be run (policy/cases/deny_a: ");
    unknown("policy/cases/a.json", "{}", "does not say what is expected of it");
    let directory = repository(&[("policy/a.rego", CLEAN), ("plangate.toml", UNTESTED)]);
    lint(directory.path(), &[]).exits(0).says("No lint found anything.");
}

#[test]
fn exit_codes() {
    let directory = repository(&[
        ("plangate.toml", UNTESTED),
        ("policy/a.rego", CLEAN),
        ("warning/a.rego", WARNING),
        ("error/a.rego", TYPO),
        ("broken/a.rego", "package main\n\ndeny contains 1 if no_such(1)\n"),
        ("empty/readme.md", ""),
    ]);
    let run = |args: &[&str]| lint(directory.path(), args);
    run(&[]).exits(0).says("No lint found anything.");
    run(&["-D"]).exits(0);
    run(&["warning"]).exits(0).says("0 errors, 1 warning.");
    run(&["warning", "-D"]).exits(1);
    run(&["warning/a.rego", "--deny-warnings"]).exits(1);
    run(&["error"]).exits(1).says("did you mean `change`?");
    run(&["broken"]).exits(2).says("no function `no_such`");
    run(&["empty"]).exits(2).says("there is no policy to lint");
    run(&["absent"]).exits(2).says("does not exist");
    let none = repository(&[]);
    lint(none.path(), &[]).exits(2).says("there is no policy to lint");
}

#[test]
fn a_file_without_any_rule_can_be_linted() {
    let denny = CLEAN.replace("deny", "denny");
    let directory = repository(&[("policy/a.rego", denny.as_str())]);
    lint(directory.path(), &[]).exits(1).says("did you mean `deny`?");
}

#[test]
fn a_rule_that_a_decision_names_is_one() {
    let denny = CLEAN.replace("deny", "denny");
    let config = format!("{UNTESTED}\n[[decision]]\npath = \"main/denny\"\n");
    let directory = repository(&[("policy/a.rego", denny.as_str()), ("plangate.toml", config.as_str())]);
    lint(directory.path(), &[]).exits(0).says("No lint found anything.");
    lint(directory.path(), &["policy/a.rego"]).exits(0).says("No lint found anything.");
}

#[test]
fn levels_of_the_configuration() {
    let config = "[lint]\nunknown-field = \"off\"\nprints-sensitive = \"error\"\nnever-tested = \"off\"\n";
    let directory = repository(&[("policy/a.rego", TYPO), ("plangate.toml", config)]);
    lint(directory.path(), &[]).exits(1).says("1 error, 0 warnings").hides("unknown-field");
    let write = |text: &str| std::fs::write(directory.path().join("plangate.toml"), text).unwrap();
    write("[lint]\nunknown_field = \"off\"\n");
    lint(directory.path(), &[]).exits(0).says("0 errors, 2 warnings");
    write("[lint]\nunknown_field = \"off\"\nunknown-field = \"off\"\n");
    lint(directory.path(), &[]).exits(2).says("names `unknown-field` twice");
    write("[lint]\nunknown-fields = \"off\"\n");
    lint(directory.path(), &[]).exits(2).says("no lint is called").says("did you mean `unknown-field`?");
    write("[lint]\nunknown-field = \"deny\"\n");
    lint(directory.path(), &[]).exits(2).says("it takes `off`, `warn` or `error`");
}

#[test]
fn a_check_refuses_a_lint_that_is_not_there_too() {
    let directory = repository(&[("plangate.toml", "[lint]\nunknown-feild = \"off\"\n")]);
    let problems = workspace::open(&setup(directory.path().to_str().unwrap())).unwrap_err();
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `unknown-field`?"));
}

#[test]
fn types_of_the_repositorys_catalogue_are_known() {
    let policy = CLEAN.replace("\"delete\" in", "rc.type == \"aws_s3_buckets\"\n    \"delete\" in");
    let directory = repository(&[("policy/a.rego", policy.as_str())]);
    lint(directory.path(), &[]).exits(1).says("did you mean `aws_s3_bucket`?");
    let config = "[[catalog]]\ntype = \"aws_s3_buckets\"\nclass = \"database\"\nseverity = \"high\"\ndefault = \"deny\"\n\
                  loses = \"everything\"\nrecover = \"no\"\nreason = \"ours\"\n";
    std::fs::write(directory.path().join("plangate.toml"), config).unwrap();
    lint(directory.path(), &[]).exits(0);
}

#[test]
fn json_says_where() {
    let directory = repository(&[("policy/a.rego", TYPO), ("plangate.toml", UNTESTED)]);
    let ran = lint(directory.path(), &["-o", "json"]);
    let report: Value = serde_json::from_str(&ran.exits(1).stdout).unwrap();
    assert_eq!(report["schema"], "plangate/lint/v1-draft");
    assert_eq!((&report["errors"], &report["warnings"]), (&1.into(), &1.into()));
    let first = &report["findings"][0];
    assert_eq!(first["lint"], "unknown-field");
    assert_eq!(first["file"], "policy/a.rego");
    let place: Vec<u64> =
        ["line", "column", "end_line", "end_column"].iter().map(|key| first[key].as_u64().unwrap()).collect();
    assert_eq!(place, [5, 8, 5, 14]);
}

/// Compares a generated file with the disk; `UPDATE=1` rewrites it.
fn is_current(path: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(package(path), text).unwrap();
    }
    let on_disk = std::fs::read_to_string(package(path)).unwrap_or_default();
    assert!(on_disk == text, "{path} is stale: run `UPDATE=1 cargo test`");
}

#[test]
fn every_lint_has_its_page_and_no_page_is_left_over() {
    let mut names = BTreeSet::new();
    for lint in ALL {
        let name = format!("{}.md", lint.id);
        is_current(&format!("docs/lints/{name}"), &pages::markdown(lint));
        names.insert(name);
    }
    let on_disk = std::fs::read_dir(package("docs/lints")).unwrap();
    let on_disk: BTreeSet<String> = on_disk.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(on_disk, names);
    let text = std::fs::read_to_string(package("docs/lint.md")).unwrap();
    let marks = ("UPDATE=1 cargo test -->\n\n", "\n<!-- end -->");
    let (before, rest) = text.split_once(marks.0).expect("the table");
    let (_, after) = rest.split_once(marks.1).expect("the end of the table");
    let table = pages::markdown_table(&ALL, |lint| format!("lints/{}.md", lint.id));
    is_current("docs/lint.md", &format!("{before}{}{table}{}{after}", marks.0, marks.1));
}
