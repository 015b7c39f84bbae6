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
         test_function(x) if x == 1
         test_set contains \"a\"
         test_type_error if { x := {\"a\": \"b\"}; x.a + 1 == 2 }
         test_fine if true
        ",
    );
    let report = repository.test();
    for (name, words) in [("test_function", "a function"), ("test_set", "a set"), ("test_type_error", "numeric")] {
        let test = named(&report, name);
        let message = test.message.as_deref().unwrap_or_default();
        assert!(test.status == Status::Error && message.contains(words), "{test:#?}");
        assert!(test.at.is_some(), "{test:#?}");
    }
    assert_eq!(named(&report, "test_fine").status, Status::Passed);
    assert_eq!(report.outcome(), Outcome::Error);
    repository.run([]).exits(2);
}

/// As OPA 1.22 has it.
#[test]
fn every_definition_of_a_test_is_a_test_of_its_own() {
    let repository = tests(
        "package main_test
         import data.main
         test_two if true
         test_two if {
             x := 1 # one
             x == 2
         }
         default test_default := false
         test_default if true
         test_value := \"a\"
         test_value := true if count(main.deny) == 0 with input as {}
         test_else := false if false
         else := true
         test_else if false
         nested.test_deep if true
         nested.test_deep if false
         todo_test_two if false
         todo_test_two if true
        ",
    );
    let report = repository.test();
    let expected = [
        ("test_two", "passed"),
        ("test_two#01", "failed"),
        ("test_default", "failed"),
        ("test_default#01", "passed"),
        ("test_value", "failed"),
        ("test_value#01", "passed"),
        ("test_else", "passed"),
        ("test_else#01", "failed"),
        ("test_deep", "passed"),
        ("test_deep#01", "failed"),
        ("todo_test_two", "skipped"),
        ("todo_test_two#01", "skipped"),
    ];
    assert_eq!(statuses(&report), BTreeMap::from(expected), "{report:#?}");
    let second = named(&report, ".test_two#01");
    assert_eq!((second.line, second.name.as_str()), (Some(4), "data.main_test.test_two#01"));
    let at = second.at.as_ref().unwrap();
    assert_eq!((at.file.slice(at.span), at.label), ("x == 2", "does not hold"));
    repository.run(["--run", "\\.test_two#01"]).exits(1).says("1 test: 0 passed, 1 failed");
}

#[test]
fn a_chain_of_bodies_is_several_tests_and_branches_of_else_are_one() {
    let old = "package old\ntest_chain { false } { true }\n{\n  x := 1\n  x == 1\n}\n\
               test_else = false { false } else = true { true }\n";
    let report = Repository::new(&[("policy/old_test.rego", old)]).test();
    let expected =
        [("test_chain", "failed"), ("test_chain#01", "passed"), ("test_chain#02", "passed"), ("test_else", "passed")];
    assert_eq!(statuses(&report), BTreeMap::from(expected), "{report:#?}");
}

#[test]
fn the_same_name_in_two_files_is_two_tests() {
    let text = |value| format!("package a\ntest_x if {value}\n");
    let report =
        Repository::new(&[("policy/a_test.rego", &text("true")), ("policy/b_test.rego", &text("false"))]).test();
    assert_eq!(statuses(&report), BTreeMap::from([("test_x", "passed"), ("test_x#01", "failed")]));
}

#[test]
fn cases_of_a_test_must_all_hold() {
    let repository = tests(
        "package main_test
         import data.main
         test_all[note] if {
             some note, case in {\"none\": {\"changes\": [], \"want\": 0}, \"one\": {\"changes\": [{\"address\": \"a\", \"change\": {\"actions\": [\"delete\"]}}], \"want\": 1}}
             found := main.deny with input as {\"resource_changes\": case.changes}
             count(found) == case.want
         }
         test_one_fails[case.note] if {
             some case in [
                 {\"note\": \"fine\", \"x\": 1},
                 # the bad one
                 {\"note\": \"bad\", \"x\": 2},
             ]
             x := case.x
             x == 1
         }
         test_values[note] := ok if {
             some note, x in {\"a\": 1, \"b\": 2, \"c\": \"d\"}
             ok := x == 1
         }
         test_deep[a][b] if {
             some a in [\"x\", \"y\"]
             some b in [1, 2]
             a == \"x\"
         }
         test_inner[a].inner if { some a in [\"x\", \"y\"]; a == \"x\" }
         test_none[a] if { some a in [] }
         test_some[a] if { some a; [\"x\", \"y\"][a]; a != 1 }
         test_twice[a] if { some a in [\"x\"] }
         test_twice[a] if { some a in [\"y\"]; a != \"y\" }
         test_contradicts[a] := v if { some a in [\"x\"]; some v in [true, false] }
        ",
    );
    let report = repository.test();
    let expected = [
        ("test_all", "passed"),
        ("test_one_fails", "failed"),
        ("test_values", "failed"),
        ("test_deep", "failed"),
        ("test_inner", "failed"),
        ("test_none", "passed"),
        ("test_some", "failed"),
        ("test_twice", "passed"),
        ("test_twice#01", "failed"),
        ("test_contradicts", "error"),
    ];
    assert_eq!(statuses(&report), BTreeMap::from(expected), "{report:#?}");
    let notes = |name: &str| named(&report, name).notes.join("; ");
    assert_eq!(named(&report, "test_one_fails").message.as_deref(), Some("1 of 2 cases failed"));
    assert_eq!(notes("test_one_fails"), "case `bad`: it is undefined");
    assert_eq!(notes("test_values"), "case `b`: it is false; case `c`: it is false");
    assert_eq!(notes("test_deep"), "case `y` / `1`: it is undefined; case `y` / `2`: it is undefined");
    assert_eq!(notes("test_inner"), "case `y` / `inner`: it is undefined");
    assert_eq!(notes("test_some"), "case `1`: it is undefined");
    let covered = repository.try_test(&[], &TestRequest { coverage: true, ..TestRequest::default() }).unwrap();
    assert!(covered.coverage.unwrap().lines().0 > 0, "cases evaluate the policy");
}

#[test]
fn rules_and_functions_are_replaced_under_every_name_they_have() {
    let lib = "package lib\nlimit := 1\nis_big(x) if x > limit\n";
    let policy = "package main\nimport data.lib\ndeny contains \"big\" if { affected; lib.is_big(input.x) }\n\
                  affected if input.affected\nsmall(x) if x < 1\nwarn contains \"small\" if small(input.x)\n";
    let test = "package main
        import data.lib
        import data.lib.limit
        yes(_) := true
        test_rule_of_the_package if deny == {\"big\"} with input as {\"x\": 2} with affected as true
        test_rule_by_path if deny == {\"big\"} with data.main.affected as true with input as {\"x\": 2}
        test_not if count(deny) == 0 with input as {\"x\": 2} with affected as false
        test_rule_of_another if deny == {\"big\"} with input as {\"x\": 0, \"affected\": true} with lib.limit as -1
        test_imported_rule if deny == {\"big\"} with input as {\"x\": 0, \"affected\": true} with limit as -1
        test_function_of_another if deny == {\"big\"} with input as {\"x\": 0, \"affected\": true} with lib.is_big as yes
        test_function_by_path if deny == {\"big\"} with input as {\"x\": 0, \"affected\": true} with data.lib.is_big as true
        test_function_of_the_package if warn == {\"small\"} with input as {\"x\": 2} with small as yes
        test_builtin if deny == {\"big\"} with input as {\"x\": 2} with affected as true with count as 7
        ";
    let files = [("policy/lib.rego", lib), ("policy/p.rego", policy), ("policy/p_test.rego", test)];
    let report = Repository::new(&files).test();
    assert_eq!(report.outcome(), Outcome::Passed, "{report:#?}");
    let shadowed = "package a\np { input.x == 1 }\ntest_x { input := {\"x\": 1}; p with input as input }\n";
    assert_eq!(Repository::new(&[("policy/old_test.rego", shadowed)]).test().outcome(), Outcome::Passed);
    let old = "package spacelift\nignore { not affected }\naffected { input.x }\n\
               test_ignore { ignore with affected as false }\ntest_not { not ignore with affected as true }\n";
    let report = Repository::new(&[("policy/old.rego", old)]).test();
    assert_eq!(report.outcome(), Outcome::Passed, "{report:#?}");
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
