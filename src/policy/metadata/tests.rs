use serde_json::json;

use super::*;
use crate::finding::Level;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};

/// Puts YAML into a policy file as a comment block, and reads it.
fn read(yaml: &str) -> Result<RuleMeta, Problem> {
    let lines: Vec<String> = yaml.lines().map(|line| format!("  # {line}").trim_end().to_owned()).collect();
    let block = format!("  # METADATA\n{}", lines.join("\n"));
    let head = "package ü\n\n";
    let file = SourceFile::new("policy/a.rego", format!("{head}{block}\ndeny contains 1\n"));
    parse(yaml, &file, Span::new(head.len(), head.len() + block.len()))
}

/// Line in the file, underlined text and message of the mistake.
fn mistake(yaml: &str) -> (usize, String, String) {
    let problem = read(yaml).unwrap_err();
    assert_eq!(problem.code, ProblemCode::PolicyLoad);
    let place = problem.place.expect("underlined");
    (place.position().line, place.file.slice(place.span).to_owned(), place.label)
}

#[test]
fn every_key_is_read() {
    let meta = read(
        "scope: package
title: Stores
description: |
  Two
  lines
related_resources:
- https://a.example
- ref: https://b.example
  description: b
authors: [x]
custom:
  id: stateful/destroy-data-store
  severity: HIGH
  level: per-finding
  category: stateful
  help: do not
  selector: {types: ['aws_*', azurerm_x], verbs: [delete, replace]}
  avd_id: AVD-1
  input: {selector: [{type: cloud}]}",
    )
    .unwrap();
    assert_eq!((meta.scope, meta.title.as_deref()), (Some(Scope::Package), Some("Stores")));
    assert_eq!(meta.description.as_deref(), Some("Two\nlines\n"));
    let related: Vec<_> =
        meta.related_resources.iter().map(|r| (r.reference.as_str(), r.description.as_deref())).collect();
    assert_eq!(related, [("https://a.example", None), ("https://b.example", Some("b"))]);
    assert_eq!(meta.id.as_deref(), Some("stateful/destroy-data-store"));
    assert_eq!((meta.severity, meta.level), (Some(Severity::High), Some(DeclaredLevel::PerFinding)));
    assert_eq!((meta.category.as_deref(), meta.help.as_deref()), (Some("stateful"), Some("do not")));
    let kept = [("avd_id", json!("AVD-1")), ("input", json!({"selector": [{"type": "cloud"}]}))];
    assert_eq!(meta.custom, kept.map(|(key, value)| (key.to_owned(), value)).into());
}

#[test]
fn custom_may_stand_before_the_other_keys() {
    let meta = read("custom: {level: info}\ntitle: T\nscope: rule").unwrap();
    assert_eq!((meta.level, meta.title.as_deref()), (Some(DeclaredLevel::Fixed(Level::Info)), Some("T")));
    assert_eq!(meta.scope, Some(Scope::Rule));
}

#[test]
fn a_rule_cannot_switch_itself_off() {
    let (line, underlined, _) = mistake("custom:\n  level: off");
    assert_eq!((line, underlined.as_str()), (5, "off"));
}

#[test]
fn a_selector_selects_by_type_and_verb() {
    let selector = |yaml: &str| read(&format!("custom:\n  selector: {yaml}")).unwrap().selector.unwrap();
    let both = selector("{types: ['aws_*', 'azurerm_{a,b}'], verbs: [delete, unknown]}");
    assert!(both.matches("aws_x", "delete") && both.matches("azurerm_b", "unknown"));
    assert!(!both.matches("aws_x", "create") && !both.matches("google_x", "delete"));
    assert!(selector("{verbs: [delete]}").matches("anything", "delete"));
    assert!(selector("{types: [a]}").matches("a", "anything"));
}

#[test]
fn wrong_values_are_underlined_on_their_line_of_the_file() {
    let cases = [
        ("title: T\ncustom:\n  level: denied", 6, "denied", "custom.level: `denied` is not one of"),
        ("custom:\n  severity: 5", 5, "5", "custom.severity: invalid type: integer `5`, expected a word"),
        ("custom:\n  id: ''", 5, "''", "custom.id: it is blank"),
        ("custom:\n  help: [x]", 5, "[x]", "custom.help: invalid type: sequence, expected a string"),
        ("custom:\n  selector:\n    verbs: [destroy]", 6, "destroy]", "`destroy` is not one of `no-op`"),
        ("custom:\n  selector:\n    types: ['a[']", 6, "'a[']", "is not a pattern"),
        ("custom:\n  selector: {types: []}", 5, "[]}", "an empty list"),
        ("custom:\n  selector: {}", 5, "{}", "a selector without `types` and `verbs`"),
        ("custom:\n  selector: {tipes: [a]}", 5, "tipes: [a]}", "it takes `types` or `verbs`"),
        ("custom: x", 4, "x", "expected a map"),
        ("scope: global", 4, "global", "`global` is not one of `rule`, `document`, `package` or `subpackages`"),
        ("title: 1", 4, "1", "expected a string"),
        ("related_resources:\n- description: d", 5, "description: d", "without `ref`"),
    ];
    for (yaml, line, underlined, message) in cases {
        let found = mistake(yaml);
        assert_eq!((found.0, found.1.as_str()), (line, underlined), "{yaml}: {found:?}");
        assert!(found.2.contains(message) && !found.2.contains(" at line "), "{}", found.2);
    }
}

#[test]
fn broken_yaml_points_at_its_line() {
    assert_eq!(mistake("title: T\ncustom: [").0, 5);
    assert_eq!(mistake("title: T\n\n\tcustom: x").0, 6);
    assert_eq!(mistake("just words").0, 4);
    assert_eq!(mistake("- a\n- b").2, "invalid type: sequence, expected a map of keys such as `title` and `custom`");
}

#[test]
fn an_empty_block_is_a_mistake() {
    assert_eq!(mistake("").1, "# METADATA".to_owned().replace("# ", "  # "));
    assert!(mistake("  \n").2.contains("it is empty"));
}

#[test]
fn a_misplaced_or_misspelt_key_is_a_mistake_and_a_foreign_one_is_not() {
    assert_eq!(mistake("level: deny").2, "`level` must stand under `custom`");
    assert!(mistake("custm:\n  level: deny").2.contains("did you mean `custom`?"));
    assert!(mistake("custom:\n  levle: deny").2.contains("did you mean `level`?"));
    assert_eq!(mistake("title: a\ncustom:\n  severty: low").0, 6);
    assert!(read("owner: me\ncustom:\n  label: x\n  ids: [1]").is_ok());
}

#[test]
fn a_key_that_stands_twice_is_a_mistake() {
    assert!(mistake("title: a\ntitle: b").2.contains("`title` stands twice"));
    assert!(mistake("custom:\n  level: warn\n  level: deny").2.contains("`level` stands twice"));
}

#[test]
fn yaml_that_multiplies_itself_is_refused() {
    let level = |n: usize| format!("  a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", "));
    let levels: Vec<String> = (1..12).map(level).collect();
    let yaml = format!("custom:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{}", levels.join("\n"));
    assert!(read(&yaml).is_err());
}

#[test]
fn yaml_that_nests_without_end_is_refused_before_it_is_read() {
    let (_, _, message) = mistake(&format!("custom:\n  x: {}", "[".repeat(100_000)));
    assert!(message.contains("nested more than 1000 deep"), "{message}");
}

#[test]
fn a_rule_inherits_from_its_package_what_it_does_not_say() {
    let package = read(
        "title: P\ndescription: D\nrelated_resources: [u]\ncustom: {level: deny, severity: low, help: h, x: 1, y: 1}",
    )
    .unwrap();
    let rule = read("title: R\ncustom: {level: warn, x: 2}").unwrap().inherit(&package);
    assert_eq!((rule.title.as_deref(), rule.description.as_deref()), (Some("R"), Some("D")));
    assert_eq!(rule.level, Some(DeclaredLevel::Fixed(Level::Warn)));
    assert_eq!((rule.severity, rule.help.as_deref()), (Some(Severity::Low), Some("h")));
    assert_eq!((rule.custom["x"].clone(), rule.custom["y"].clone()), (json!(2), json!(1)));
    assert_eq!(rule.related_resources.len(), 1);
}

proptest::proptest! {
    /// Any text, also one made of pieces of YAML, is read or refused with a place inside the block.
    #[test]
    fn any_text_is_read_or_refused(yaml in "([ \\n:'\"\\[\\]{}&*!|>#ü-]|custom|level|deny|selector|types|title){0,60}") {
        if let Err(problem) = read(&yaml) {
            let place = problem.place.expect("underlined");
            proptest::prop_assert!(place.span.start >= "package ü\n\n".len());
            proptest::prop_assert!(place.span.end <= place.file.text().len());
        }
    }
}
