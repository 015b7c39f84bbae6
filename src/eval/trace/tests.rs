use super::*;
use crate::policy::PolicyFile;
use crate::rego::Input;
use crate::rego::{Dialect, Limits};
use crate::source::SourceFile;

const LIMITS: fn() -> Limits = || Limits {
    load: std::time::Duration::from_secs(30),
    rule: std::time::Duration::from_secs(30),
    max_items: 1000,
    max_bytes: 100_000,
    threads: 1,
    now: jiff::Timestamp::UNIX_EPOCH,
};

/// The marks of `data.main.deny` on an input, a character for each line from its first definition.
fn marks_of(policy: &str, input: &serde_json::Value) -> String {
    let file = SourceFile::new("p.rego", policy);
    let policies = PolicySet::load(vec![PolicyFile { file, dialect: Dialect::Auto }], &LIMITS()).unwrap();
    let job = Job { rule: "data.main.deny".to_owned(), input: Input::from_json(input) };
    let traced = policies.program().trace(job).unwrap();
    let files = source(&policies, "data.main.deny", &traced.lines);
    let mark = |line: &SourceLine| match line.mark {
        Mark::None => ' ',
        Mark::Evaluated => '.',
        Mark::Held => '>',
    };
    files[0].lines.iter().map(mark).collect()
}

#[test]
fn a_definition_that_fails_on_the_way_did_not_hold() {
    let policy = "package main\n\ndeny contains \"m\" if {\n\tinput.a\n\tinput.b\n\thelps(input.b)\n}\n\nhelps(x) if {\n\tx == 1\n}\n";
    assert_eq!(marks_of(policy, &serde_json::json!({"a": 1, "b": 1})), ">>>>   . ");
    let fails = marks_of(policy, &serde_json::json!({"a": 1}));
    assert!(!fails.contains('>') && fails.contains('.'), "{fails}");
}

/// The head's line was evaluated for the part of the body on it, which says nothing of the rest.
#[test]
fn a_body_that_begins_in_the_head_cannot_be_told_to_hold() {
    let policy = "package main\n\ndeny contains \"m\" if { input.a\n\tinput.b\n}\n";
    assert_eq!(marks_of(policy, &serde_json::json!({"a": 1})), ".. ");
    assert_eq!(marks_of(policy, &serde_json::json!({"a": 1, "b": 1})), ".. ");
}

#[test]
fn old_rego_is_traced_in_the_lines_people_wrote() {
    let policy = "package main\n\ndeny[msg] {\n\tinput.a == 2\n\tmsg := \"two\"\n}\n\ndeny[msg] {\n\tinput.a == 1\n\tmsg := \"one\"\n}\n";
    let marks = marks_of(policy, &serde_json::json!({"a": 1}));
    assert_eq!(marks.get(..3), Some(" . "), "{marks:?}");
    assert_eq!(marks.get(5..8), Some(">>>"), "{marks:?}");
}

#[test]
fn a_rule_that_fails_is_no_trace() {
    let file = SourceFile::new("p.rego", "package main\n\ndeny contains \"m\" if input.a\n");
    let policies = PolicySet::load(vec![PolicyFile { file, dialect: Dialect::Auto }], &LIMITS()).unwrap();
    let job = Job { rule: "data.main.no_such".to_owned(), input: Input::object() };
    assert!(policies.program().trace(job).is_err());
}
