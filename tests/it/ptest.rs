//! `plangate test`: which tests there are, what passes, why one fails, what is covered, and what is written.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use plangate::gate::{self, TestRequest};
use plangate::problem::Problem;
use plangate::report::testing::{human, json, junit};
use plangate::testing::{Filter, Outcome, Status, TestReport, TestResult};
use plangate::workspace;
use serde_json::{Value, json};

use crate::harness::{Ran, package, plangate, setup};
use crate::schemas::is_current;

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
        ("test_twice", "several definitions"),
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
fn version_0_tests_run_and_are_explained() {
    let old = "package old\ndeny[msg] { input.bad; msg := \"bad\" }\n";
    let test = "package old\ntest_bad { count(deny) == 1 with input as {\"bad\": true} }\ntest_wrong {\n  found := deny with input as {\"bad\": true}\n  count(found) == 2\n}\n";
    let report = Repository::new(&[("policy/old.rego", old), ("policy/old_test.rego", test)]).test();
    assert_eq!(statuses(&report), BTreeMap::from([("test_bad", "passed"), ("test_wrong", "failed")]));
    assert_eq!(
        explained(named(&report, "test_wrong")),
        ("count(found) == 2", "count(found) = 1; found = {\"bad\"}".into())
    );
}

/// The text that does not hold, and its values.
fn explained(test: &TestResult) -> (&str, String) {
    let at = test.at.as_ref().unwrap();
    let values: Vec<String> = test
        .operands
        .iter()
        .map(|operand| format!("{} = {}", operand.expression, operand.values.join(" | ")))
        .collect();
    (at.file.slice(at.span), values.join("; "))
}

#[test]
fn a_failing_test_names_the_first_statement_that_does_not_hold_and_its_values() {
    let with = format!("with input as {DELETE}");
    let rows: Vec<(String, &str, &str)> = vec![
        (format!("count(deny) == 2 {with}"), "count(deny) == 2", "count(deny) = 1; deny = {\"aws_sns_topic.a goes\"}"),
        (format!("x := deny {with}\nx == [\"aws_sns_topic.a goes\"]"), "x == [", "x = {\"aws_sns_topic.a goes\"}"),
        (format!("not deny[\"aws_sns_topic.a goes\"] {with}"), "not deny[", "deny = {\"aws_sns_topic.a goes\"}"),
        (format!("deny[\"other\"] {with}"), "deny[\"other\"]", "deny[\"other\"] = ; deny = {"),
        (format!("\"other\" in deny {with}"), "\"other\" in deny", "deny = {\"aws_sns_topic.a goes\"}"),
        (format!("deny == set() {with}"), "deny == set()", "deny = {\"aws_sns_topic.a goes\"}"),
        ("some x in [1, 2]\nx > 2\ntrue".to_owned(), "x > 2", "x = 1 | 2"),
        ("some x in numbers.range(1, 9)\nx > 9".to_owned(), "x > 9", "x = 1 | 2 | 3 | … (9 values)"),
        ("x := 1\ny = 2\nx = y".to_owned(), "x = y", "x = 1; y = 2"),
        ("some x in deny\nx".to_owned(), "some x in deny", "deny = set()"),
        ("x := {1, 2}\nevery y in x { y > 1 }".to_owned(), "every y in x { y > 1 }", "x = {1, 2}"),
        ("x := input.a".to_owned(), "x := input.a", "input.a = "),
        ("x := \"a\" # why\n  startswith(x, \"b\") # because\n  true".to_owned(), "startswith(x, \"b\")", "x = \"a\""),
        ("x := 1; x == 1; x == 2; x == 3".to_owned(), "x == 2", "x = 1"),
        ("x := [y | y := deny[_]]\n count(x) > 0".to_owned(), "count(x) > 0", "count(x) = 0; x = []"),
        ("\"a\" == \"b\"".to_owned(), "\"a\" == \"b\"", ""),
    ];
    for (at, (body, statement, values)) in rows.iter().enumerate() {
        let text = format!("package main\ntest_x if {{\n{body}\n}}\n");
        let report = tests(&text).test();
        let test = named(&report, "test_x");
        assert_eq!(test.status, Status::Failed, "{at} {body}");
        let (found, shown) = explained(test);
        assert!(found.starts_with(statement) && shown.contains(values), "{at} {body}\n{found}\n{shown}");
        assert_eq!(test.at.as_ref().unwrap().label, "does not hold", "{body}");
    }
}

#[test]
fn imports_and_helpers_of_the_file_are_known_where_a_test_is_explained() {
    let text = "package far\nimport data.main as policy\nplan := {\"resource_changes\": []}\nsize(x) := count(x)\n\ntest_x if size(policy.deny) == 1 with input as plan\n";
    let report = tests(text).test();
    let expected = "size(policy.deny) = 0; policy.deny = set()";
    assert_eq!(explained(named(&report, "test_x")), ("size(policy.deny) == 1 with input as plan", expected.into()));
}

#[test]
fn the_value_of_a_head_is_explained_like_a_statement() {
    let report = tests("package main\ntest_x := count(deny) == 1\ntest_y := deny if true\n").test();
    assert_eq!(explained(named(&report, "test_x")).0, "count(deny) == 1");
    assert!(explained(named(&report, "test_x")).1.contains("count(deny) = 0; deny = set()"));
    assert_eq!(explained(named(&report, "test_y")), ("deny", "deny = set()".to_owned()));
}

#[test]
fn where_a_test_cannot_be_taken_apart_the_last_line_is_shown() {
    let report = tests("package main\ntest_x if {\n\ttrue\n\tcount(deny) == 1\n\tcount(deny) == 2\n} else := false if {\n\tcount(deny) == 7\n}\n").test();
    let test = named(&report, "test_x");
    let at = test.at.as_ref().unwrap();
    assert_eq!((at.label, at.file.slice(at.span)), ("the last line that was evaluated", "count(deny) == 7"));
}

#[test]
fn prints_of_a_test_are_shown_where_it_fails_and_on_request() {
    let text = format!("package main\ntest_good if count(deny) == 1 with input as {DELETE}\n");
    let repository = tests(&text);
    repository.run([]).exits(0).hides("sees");
    repository
        .run(["-v"])
        .exits(0)
        .says("print: policy/p.rego:6: sees aws_sns_topic.a")
        .says("passed  data.main.test_good");
    let failing = tests(&text.replace("== 1", "== 2"));
    failing.run([]).exits(1).says("print: policy/p.rego:6: sees aws_sns_topic.a");
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
fn cases_are_judged_by_their_names() {
    let repository = Repository::new(&[
        ("policy/p.rego", POLICY),
        ("policy/cases/deny_delete.json", DELETE),
        ("policy/cases/warn_queue.json", QUEUE),
        ("policy/cases/allow_nothing.json", NOTHING),
        ("policy/cases/deny_nothing.json", NOTHING),
        ("policy/cases/deny_queue.json", QUEUE),
        ("policy/cases/warn_delete.json", DELETE),
        ("policy/cases/allow_queue.json", QUEUE),
    ]);
    let report = repository.test();
    let expected = [
        ("deny_delete", "passed"),
        ("warn_queue", "passed"),
        ("allow_nothing", "passed"),
        ("deny_nothing", "failed"),
        ("deny_queue", "failed"),
        ("warn_delete", "failed"),
        ("allow_queue", "failed"),
    ];
    assert_eq!(statuses(&report), BTreeMap::from(expected));
    let message = |name| named(&report, name).message.as_deref().unwrap();
    assert_eq!(message("deny_nothing"), "expected a deny, got no finding of main.deny, main.warn");
    assert_eq!(message("deny_queue"), "expected a deny, got findings up to warn");
    assert_eq!(message("allow_queue"), "expected no finding, got 1");
    assert_eq!(named(&report, "allow_queue").notes, ["warn main.warn: a queue"]);
    assert!(named(&report, "warn_delete").prints[0].contains("sees aws_sns_topic.a"));
}

#[test]
fn a_case_belongs_to_the_rules_of_the_files_beside_its_folder() {
    let other = "package other\ndeny contains \"always\"\n";
    let files = [
        ("policy/p.rego", POLICY),
        ("policy/other/o.rego", other),
        ("policy/cases/allow_nothing.json", NOTHING),
        ("policy/other/cases/deny_nothing.json", NOTHING),
    ];
    assert_eq!(Repository::new(&files).test().outcome(), Outcome::Passed);
    Repository::new(&[("policy/p.rego", POLICY), ("policy/empty/cases/allow_x.json", NOTHING)])
        .refused(&[], "defines no rule");
}

#[test]
fn a_case_is_judged_as_a_check_judges_a_plan() {
    let policy = "package main\ndeny contains change.address if {\n\tsome change in input.plangate.changes\n\tchange.catalog.data_store\n}\n";
    let store = r#"{"resource_changes": [{"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "change": {"actions": ["delete"], "before": {}}}]}"#;
    let with_format = store.replacen('{', r#"{"format_version": "1.2", "#, 1);
    let wrapped = format!(r#"{{"plan": {with_format}}}"#);
    let errored = with_format.replacen('{', r#"{"errored": true, "#, 1);
    let config = "[rules.\"main.deny\"]\nlevel = \"off\"\n";
    let files = [
        ("plangate.toml", config),
        ("policy/p.rego", policy),
        ("policy/cases/deny_full.json", &*with_format),
        ("policy/cases/deny_wrapped.json", &wrapped),
        ("policy/cases/deny_fragment.json", store),
        ("policy/cases/deny_errored.json", &errored),
        ("policy/cases/allow_other.json", DELETE),
    ];
    let report = Repository::new(&files).test();
    assert_eq!(report.outcome(), Outcome::Passed, "{report:#?}");
    assert_eq!(report.tests.len(), 5);
}

#[test]
fn a_case_that_cannot_be_judged_is_an_error() {
    let facts = "package main\ndeny contains \"x\" if input.plangate.plan.complete\n";
    let twice = format!("{NOTHING}\n{NOTHING}\n");
    for (policy, case, words) in [
        (POLICY, "{", "JSON ends in the middle"),
        (POLICY, "[]", "array"),
        (POLICY, r#"{"format_version": "9.0", "resource_changes": []}"#, "format"),
        (POLICY, r#"{"format_version": "1.2", "resource_changes": 7}"#, "resource_changes"),
        (POLICY, &twice, "2 documents"),
        (facts, r#"{"resource_changes": 7}"#, "resource_changes"),
        ("package main\ndeny contains 7\n", NOTHING, "gave a number"),
    ] {
        let files = [("policy/p.rego", policy), ("policy/cases/allow_x.json", case)];
        let repository = Repository::new(&files);
        let report = repository.test();
        let test = named(&report, "allow_x");
        let said = format!("{:?} {:?}", test.message, test.notes);
        assert!(test.status == Status::Error && said.contains(words), "{case}: {test:#?}");
        repository.run([]).exits(2);
    }
}

#[test]
fn expected_json_says_exactly_what_a_case_yields() {
    let policy = "package main\ndeny contains {\"msg\": \"m\", \"plangate\": {\"address\": rc.address}} if some rc in input.resource_changes\n";
    let with = |expected: &str| {
        Repository::new(&[
            ("policy/p.rego", policy),
            ("policy/cases/deny_delete.json", DELETE),
            ("policy/cases/allow_nothing.json", NOTHING),
            ("policy/cases/expected.json", expected),
        ])
    };
    let right = r#"{"deny_delete": [{"address": "aws_sns_topic.a", "level": "deny"}], "allow_nothing": []}"#;
    assert_eq!(with(right).test().outcome(), Outcome::Passed);
    assert_eq!(with("{}").test().outcome(), Outcome::Passed, "what is not listed goes by its name");
    let report = with(r#"{"deny_delete": [{"address": "aws_sns_topic.b", "level": "deny"}]}"#).test();
    let test = named(&report, "deny_delete");
    assert_eq!(test.message.as_deref(), Some("1 expected finding missing, 1 unexpected finding"));
    assert_eq!(test.notes, ["missing: deny aws_sns_topic.b", "unexpected: deny main.deny aws_sns_topic.a: m"]);
    with(r#"{"deny_delete": []}"#).refused(&[], "what its name says");
    with(r#"{"deny_delte": [{"level": "deny"}]}"#).refused(&[], "did you mean `deny_delete`?");
    with(r#"{"deny_delete": [{"level": "deny", "adress": "x"}]}"#).refused(&[], "adress");
}

#[test]
fn a_case_whose_name_says_nothing_is_refused() {
    Repository::new(&[("policy/p.rego", POLICY), ("policy/cases/delete.json", DELETE)])
        .refused(&[], "does not say what is expected");
}

#[test]
fn mocks_named_invalid_must_be_denied_and_others_pass() {
    let mocks = format!(
        r#"{{"mock": {{"invalid_delete": {DELETE}, "invalid_quiet": {QUEUE}, "queue_warns_only": {QUEUE}, "deletes": {DELETE}}}}}"#
    );
    let plain = format!(r#"{{"invalid": {QUEUE}, "valid": {NOTHING}}}"#);
    let other = "package other\nwarn contains \"queue\" if input.resource_changes[_].type == \"aws_sqs_queue\"\n";
    let files = [
        ("policy/p.rego", POLICY),
        ("policy/p.mock.json", &*mocks),
        ("policy/other.rego", other),
        ("policy/other.mock.json", &plain),
    ];
    let report = Repository::new(&files).test();
    let expected = [
        ("invalid_delete", "passed"),
        ("invalid_quiet", "failed"),
        ("queue_warns_only", "passed"),
        ("deletes", "failed"),
        // The highest level of the file's rules counts as denied.
        ("invalid", "passed"),
        ("valid", "passed"),
    ];
    assert_eq!(statuses(&report), BTreeMap::from(expected));
    assert!(named(&report, "invalid_quiet").name.ends_with("policy/p.mock/invalid_quiet"));
}

#[test]
fn a_mock_that_is_no_plan_is_the_input_as_it_is() {
    let policy = "package main\ndeny contains \"b\" if input.plan.resource_changes[_].address == \"a.b\"\ndeny contains \"odd\" if input.odd == 1\n";
    let mocks = r#"{"invalid_wrapped": {"plan": {"resource_changes": [{"address": "a.b"}]}}, "invalid_odd": {"odd": 1}, "valid": {"odd": 2}}"#;
    let report = Repository::new(&[("policy/p.rego", policy), ("policy/p.mock.json", mocks)]).test();
    assert_eq!((report.outcome(), report.tests.len()), (Outcome::Passed, 3), "{report:#?}");
}

#[test]
fn a_mock_file_of_another_shape_is_refused() {
    for (mocks, words) in [
        ("[]", "no object of inputs"),
        (r#"{"mock": {"a": {}}, "b": {}}"#, "and beside it"),
        (r#"{"a": []}"#, "is no object"),
    ] {
        Repository::new(&[("policy/p.rego", POLICY), ("policy/p.mock.json", mocks)]).refused(&[], words);
    }
    Repository::new(&[("policy/p.rego", POLICY), ("policy/q.mock.json", "{}")]).refused(&[], "defines no rule");
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
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["snapshots/test-failures.txt"]);
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

/// Elements of an XML document with their attributes, and all text. Panics where it is not well-formed.
fn parse_xml(text: &str) -> (Vec<(String, BTreeMap<String, String>)>, String) {
    use quick_xml::events::Event;
    let is_xml =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_xml), "characters that XML 1.0 does not have: {text:?}");
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut all, mut depth) = (Vec::new(), String::new(), 0_i32);
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                depth += i32::from(matches!(event, Event::Start(_)));
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                elements.push((start.name().as_ref().to_owned(), attributes.collect()));
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => all.push_str(text),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    (elements, all)
}

#[test]
fn junit_is_well_formed_whatever_the_names_and_counts_right() {
    let request = TestRequest { coverage: true, min_coverage: Some(99.0), run: None };
    let report = colourful().try_test(&[], &request).unwrap();
    let text = junit::render(&report).unwrap();
    let (elements, words) = parse_xml(&text);
    let (root, attributes) = &elements[0];
    assert_eq!(root, "testsuites");
    let counts = ["tests", "failures", "errors", "skipped"].map(|key| attributes[key].as_str());
    assert_eq!(counts, ["8", "4", "1", "1"], "coverage below the minimum is a failure too");
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

#[test]
fn exit_codes_are_those_of_the_documentation() {
    tests("package main\ntest_x if true\n").run([]).exits(0).says("Passed. 1 test: 1 passed, 0 failed");
    tests("package main\ntest_x if false\n").run([]).exits(1).says("Failed. 1 test: 0 passed, 1 failed");
    let text = std::fs::read_to_string(package("docs/exit-codes.md")).unwrap();
    assert!(text.contains("`plangate test`"));
}

#[test]
fn people_see_no_escape_sequence_of_a_name() {
    let report = colourful().test();
    let text = anstream::adapter::strip_str(&human::render(&report, true)).to_string();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{1}'), "{text}");
}
