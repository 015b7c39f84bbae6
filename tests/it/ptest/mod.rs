//! `plangate test`: which tests there are, what passes, why one fails, what is covered, and what is written.

mod beside;
mod cases;
mod explained;
mod reports;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use plangate::gate::{self, TestRequest};
use plangate::problem::Problem;
use plangate::testing::{Outcome, Status, TestReport, TestResult};
use plangate::workspace;

use crate::harness::{Ran, package, plangate, setup};

/// A repository made of these files, gone when dropped.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(dir)
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn try_test(&self, paths: &[&str], request: &TestRequest) -> Result<TestReport, Vec<Problem>> {
        let paths: Vec<Utf8PathBuf> = paths.iter().map(|path| self.root().join(path)).collect();
        let (stages, suite) = workspace::open_tests(&setup(self.root().as_str()), &paths)?;
        Ok(gate::test(&stages, suite, request))
    }

    fn test(&self) -> TestReport {
        self.try_test(&[], &TestRequest::default()).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        plangate().dir(self.0.path()).args(std::iter::once("test").chain(args)).run()
    }

    #[track_caller]
    fn refused(&self, paths: &[&str], words: &str) {
        let Err(problems) = self.try_test(paths, &TestRequest::default()) else { panic!("was accepted") };
        assert!(problems.iter().any(|p| format!("{p} {:?}", p.help).contains(words)), "{words}: {problems:#?}");
    }
}

/// The tests of one file beside [`POLICY`].
fn tests(text: &str) -> Repository {
    Repository::new(&[("policy/p.rego", POLICY), ("policy/p_test.rego", text)])
}

/// The only test of that name.
#[track_caller]
fn named<'a>(report: &'a TestReport, name: &str) -> &'a TestResult {
    let found: Vec<&TestResult> = report.tests.iter().filter(|test| test.name.ends_with(name)).collect();
    assert_eq!(found.len(), 1, "{name}: {:#?}", report.tests);
    found[0]
}

/// Status by the last part of the name.
fn statuses(report: &TestReport) -> BTreeMap<&str, &'static str> {
    let last = |name| str::rsplit(name, ['.', '/']).next().unwrap();
    report.tests.iter().map(|test| (last(test.name.as_str()), test.status.as_str())).collect()
}

const POLICY: &str = "package main

deny contains msg if {
	some rc in input.resource_changes
	\"delete\" in rc.change.actions
	print(\"sees\", rc.address)
	msg := sprintf(\"%s goes\", [rc.address])
}

warn contains \"a queue\" if {
	some rc in input.resource_changes
	rc.type == \"aws_sqs_queue\"
}
";

const DELETE: &str = r#"{"resource_changes": [{"address": "aws_sns_topic.a", "type": "aws_sns_topic", "change": {"actions": ["delete"]}}]}"#;
const QUEUE: &str = r#"{"resource_changes": [{"address": "aws_sqs_queue.a", "type": "aws_sqs_queue", "change": {"actions": ["no-op"]}}]}"#;
const NOTHING: &str = r#"{"format_version": "1.2", "resource_changes": []}"#;

#[test]
fn a_test_passes_where_its_value_is_true() {
    let repository = tests(
        "package main_test
         test_true if true
         test_false := false
         test_undefined if false
         test_number := 1
         test_text := \"true\"
         test_object := {\"a\": true}
         todo_test_later if false
         nested.test_deep if true
         deny_test_is_none if false
         test_fails if sum([\"a\"]) == 1 + count(5)
        ",
    );
    let report = repository.test();
    let expected = [
        ("test_true", "passed"),
        ("test_false", "failed"),
        ("test_undefined", "failed"),
        ("test_number", "failed"),
        ("test_text", "failed"),
        ("test_object", "failed"),
        ("todo_test_later", "skipped"),
        ("test_deep", "passed"),
        ("test_fails", "failed"),
    ];
    assert_eq!(statuses(&report), BTreeMap::from(expected));
    assert_eq!(named(&report, "test_true").name, "data.main_test.test_true");
    assert_eq!(named(&report, "test_true").line, Some(2));
    assert!(
        named(&report, "test_fails").notes.iter().any(|note| note.contains("builtin error")),
        "as in OPA: undefined"
    );
    assert_eq!(report.outcome(), Outcome::Failed);
}

#[test]
fn a_test_that_cannot_be_run_is_an_error() {
    let repository = tests(
        "package main_test
         test_twice if true
         test_twice if false
         test_function(x) if x == 1
         test_set contains \"a\"
         test_cases[name] if { some name in [\"a\", \"b\"]; name == \"a\" }
         test_type_error if { x := {\"a\": \"b\"}; x.a + 1 == 2 }
         test_fine if true
        ",
    );
    let report = repository.test();
    for (name, words) in [
        ("test_twice", "several bodies"),
        ("test_function", "a function"),
        ("test_set", "a set"),
        ("test_cases", "leaves no trace"),
        ("test_type_error", "numeric"),
    ] {
        let test = named(&report, name);
        let message = test.message.as_deref().unwrap_or_default();
        assert!(test.status == Status::Error && message.contains(words), "{test:#?}");
        assert!(test.at.is_some(), "{test:#?}");
    }
    assert_eq!(named(&report, "test_fine").status, Status::Passed);
    assert_eq!(report.outcome(), Outcome::Error);
    repository.run([]).exits(2);
}

#[test]
fn a_chain_of_bodies_is_several_tests_and_branches_of_else_are_one() {
    let old = "package old\ntest_chain { false } { true }\ntest_else = false { false } else = true { true }\n";
    let report = Repository::new(&[("policy/old_test.rego", old)]).test();
    assert_eq!(statuses(&report), BTreeMap::from([("test_chain", "error"), ("test_else", "passed")]));
}

#[test]
fn the_same_name_in_two_files_is_an_error_too() {
    let twice = "package a\ntest_x if true\n";
    let report = Repository::new(&[("policy/a_test.rego", twice), ("policy/b_test.rego", twice)]).test();
    assert!(report.tests.len() == 2 && report.tests.iter().all(|test| test.status == Status::Error), "{report:#?}");
}

#[test]
fn tests_stand_in_any_package_and_any_file() {
    let policy = format!("{POLICY}\ntest_inside if count(deny) == 0 with input as {{}}\n");
    let other = "package far.away.tests\nfits if count(input.x) <= data.limits.max\n\
                 test_far if fits with input as {\"x\": [1]} with data.limits as {\"max\": 1}\n";
    let repository = Repository::new(&[("policy/p.rego", &policy), ("policy/deep/er/any_name.rego", other)]);
    assert_eq!(
        statuses(&repository.test()),
        BTreeMap::from([("test_inside", "passed"), ("test_far", "passed")]),
        "with data.x as works as well"
    );
}

#[test]
fn rules_of_test_files_are_in_force_in_no_check_and_no_case() {
    let test = "package main\ndeny contains \"from a test file\"\ntest_it if count(deny) == 1\n";
    let repository = Repository::new(&[
        ("policy/p.rego", POLICY),
        ("policy/p_test.rego", test),
        ("policy/cases/allow_nothing.json", NOTHING),
        ("plan.json", NOTHING),
    ]);
    assert_eq!(statuses(&repository.test()), BTreeMap::from([("test_it", "passed"), ("allow_nothing", "passed")]));
    plangate().dir(repository.0.path()).args(["check", "plan.json"]).run().exits(0).hides("from a test file");
}

#[test]
fn nothing_to_test_is_an_error() {
    let one = tests("package main\ntest_x if true\ntodo_test_y if true\n");
    one.run(["--run", "nothing_like_it"]).exits(2).says("no test is named like");
    one.run(["--run", "todo"]).exits(2).says("every test is skipped");
    one.run(["--run", "("]).exits(2).says("no regular expression");
    one.run(["--run", "^data\\.main\\.test_x$"]).exits(0).says("1 test: 1 passed");
    one.run(["-r", "test_x", "-v"]).exits(0).says("data.main.test_x");
    one.run(["elsewhere"]).exits(2).says("does not exist");
    Repository::new(&[("policy/p.rego", POLICY)]).run([]).exits(2).says("there is no test");
    Repository::new(&[("README.md", "")]).run([]).exits(2).says("there is no test");
    let files = [("policy/a/p.rego", POLICY), ("policy/b/b_test.rego", "package b\ntest_x if true\n")];
    Repository::new(&files).run(["policy/a"]).exits(2).says("there is no test at `policy/a`");
    Repository::new(&files).run(["policy/b", "policy/a"]).exits(2).says("there is no test at `policy/a`");
}

#[test]
fn a_policy_that_does_not_load_is_an_error() {
    tests("package main\ntest_x if nosuch(1)\n").run([]).exits(2).says("nosuch").says("p_test.rego");
    Repository::new(&[
        ("policy/p.rego", "package main\ndeny[msg] if { msg := \"lost contains\" }\n"),
        ("policy/p_test.rego", "package main\ntest_x if true\n"),
    ])
    .run([])
    .exits(2);
}

#[test]
fn paths_within_the_repositorys_policies_are_loaded_with_all_of_them() {
    let lib = "package lib\nf(x) := x\ntest_lib if true\n";
    let files = [
        ("policy/lib/lib.rego", lib),
        ("policy/a/p.rego", "package a\nimport data.lib\ndeny contains \"x\" if lib.f(input.x) == 1\n"),
        ("policy/a/p_test.rego", "package a\ntest_a if deny[\"x\"] with input as {\"x\": 1}\n"),
        ("policy/a/cases/allow_nothing.json", NOTHING),
        ("policy/a/p.mock.json", r#"{"invalid": {"x": 1}}"#),
        ("other/q.rego", "package q\ndeny contains \"q\" if input.q\n"),
        ("other/q_test.rego", "package q\ntest_q if deny[\"q\"] with input as {\"q\": 1}\n"),
        ("other/broken.rego", "package broken\ndeny if {\n"),
    ];
    let repository = Repository::new(&files);
    let picked = |paths: &[&str]| {
        let report = repository.try_test(paths, &TestRequest::default()).unwrap_or_else(|p| panic!("{paths:?} {p:#?}"));
        assert_eq!(report.outcome(), Outcome::Passed, "{report:#?}");
        let mut names: Vec<String> = statuses(&report).into_keys().map(str::to_owned).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(picked(&[]), "allow_nothing invalid test_a test_lib");
    assert_eq!(picked(&["policy/a"]), "allow_nothing invalid test_a");
    assert_eq!(picked(&["policy/a/p_test.rego"]), "test_a");
    assert_eq!(picked(&["policy/a/p.rego"]), "invalid test_a");
    assert_eq!(picked(&["policy/a/p.mock.json"]), "invalid");
    assert_eq!(picked(&["policy/a/cases/allow_nothing.json", "policy/lib"]), "allow_nothing test_lib");
    // By itself: the broken file beside it is not loaded.
    assert_eq!(picked(&["other/q_test.rego"]), "test_q");
    repository.refused(&["other"], "cannot load");
}

#[test]
fn exit_codes_are_those_of_the_documentation() {
    tests("package main\ntest_x if true\n").run([]).exits(0).says("Passed. 1 test: 1 passed, 0 failed");
    tests("package main\ntest_x if false\n").run([]).exits(1).says("Failed. 1 test: 0 passed, 1 failed");
    let text = std::fs::read_to_string(package("docs/exit-codes.md")).unwrap();
    assert!(text.contains("`plangate test`"));
}
