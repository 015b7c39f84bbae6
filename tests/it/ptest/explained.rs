//! Why a test fails, as it is shown.

use std::collections::BTreeMap;

use plangate::testing::{Status, TestResult};

use super::{DELETE, Repository, named, statuses, tests};

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
    for format in ["human", "json"] {
        let ran = repository.run(["-v", "--format", format]);
        let line = "print data.main.test_good: policy/p.rego:6: sees aws_sns_topic.a";
        assert!(ran.exits(0).stderr.contains(line) && !ran.stdout.contains("print "), "{ran:#?}");
    }
    repository.run(["-v"]).exits(0).says("passed  data.main.test_good");
    let failing = tests(&text.replace("== 1", "== 2"));
    failing.run([]).exits(1).says("print: policy/p.rego:6: sees aws_sns_topic.a");
}
