//! Every built-in rule fires on its `deny_*` cases, as `expected.json` says, and on none of its `allow_*` cases.

use plangate::report::Report;
use serde_json::{Map, Value, json};

use crate::harness::{built_in, judge, package, setup};

/// Directories of rules: `policies/<category>/<rule>`.
fn rule_directories() -> Vec<String> {
    let mut found = Vec::new();
    for category in std::fs::read_dir(package("policies")).unwrap() {
        let category = category.unwrap().path();
        if !category.is_dir() || category.ends_with("lib") || category.ends_with("catalog") {
            continue;
        }
        for rule in std::fs::read_dir(&category).unwrap() {
            let rule = rule.unwrap().path();
            found.push(rule.strip_prefix(package("policies")).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

/// What a rule found, in the shape of `expected.json`.
fn found(report: &Report, rule: &str) -> Value {
    let findings = report.plans[0].findings.iter().filter(|finding| finding.rule.as_str() == rule);
    let mut found: Vec<Value> = findings
        .map(|finding| {
            let mut entry = json!({"level": finding.level.as_str()});
            // A finding about the plan as a whole names no change.
            let Some(subject) = &finding.subject else { return entry };
            entry["address"] = json!(subject.address);
            if let Some(deposed) = &subject.deposed {
                entry["deposed"] = json!(deposed);
            }
            entry
        })
        .collect();
    found.sort_by_key(ToString::to_string);
    Value::Array(found)
}

#[test]
fn every_case_gives_what_its_rule_expects() {
    let mut stages = built_in();
    stages.expect = plangate::plan::completeness::Expect::Ordinary;
    // The rule about limits says nothing without them.
    let limits = &mut stages.eval.input.limits;
    (limits.destroyed, limits.replaced, limits.changed) = (Some(10), Some(3), Some(20));
    let rules = rule_directories();
    assert!(rules.len() >= 4, "{rules:?}");
    for rule in rules {
        let directory = package("policies").join(&rule).join("cases");
        let expected: Map<String, Value> =
            serde_json::from_slice(&std::fs::read(directory.join("expected.json")).unwrap()).unwrap();
        for (case, expected) in expected {
            let bytes = std::fs::read(directory.join(format!("{case}.json"))).unwrap();
            let report = judge(&stages, &[(&case, bytes)]);
            let mut expected: Vec<Value> = expected.as_array().unwrap().clone();
            expected.sort_by_key(ToString::to_string);
            assert_eq!(
                found(&report, &rule),
                Value::Array(expected.clone()),
                "{rule}/{case}: {:?}",
                report.plans[0].problems
            );
            assert_eq!(case.starts_with("deny_"), !expected.is_empty(), "{rule}/{case} is named for the wrong side");
        }
    }
}

#[test]
fn built_in_rules_say_everything_of_themselves() {
    let stages = built_in();
    for rule in stages.policies.rules() {
        assert!(rule.meta.title.is_some() && rule.meta.description.is_some(), "{}", rule.id);
        if rule.path.is_some() {
            assert!(
                rule.meta.severity.is_some() && rule.meta.level.is_some() && rule.meta.category.is_some(),
                "{}",
                rule.id
            );
            assert!(rule.meta.selector.is_some(), "{}", rule.id);
            assert_eq!(rule.meta.id.as_deref(), Some(rule.id.as_str()));
        }
    }
}

/// Built-in modules skip the static checks when the program runs; here they do not.
#[test]
fn built_in_policies_pass_the_checks_of_foreign_ones() {
    let limits = plangate::rego::Limits {
        load: std::time::Duration::from_secs(30),
        rule: std::time::Duration::from_secs(30),
        max_items: 1000,
        max_bytes: 1000,
        threads: 1,
        now: setup("").now,
    };
    let modules = plangate::policy::builtin::MODULES.iter().map(|(path, text)| plangate::rego::Module {
        file: plangate::source::SourceFile::new(*path, *text),
        dialect: plangate::rego::Dialect::Auto,
        trusted: false,
    });
    plangate::rego::Program::load(modules.collect(), &limits).unwrap_or_else(|problems| panic!("{problems:#?}"));
}
