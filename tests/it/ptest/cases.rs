//! Cases and mocks.

use std::collections::BTreeMap;

use plangate::testing::{Outcome, Status};

use super::{DELETE, NOTHING, POLICY, QUEUE, Repository, named, statuses};

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
