//! Parameters of rules: declared in METADATA, set in `plangate.toml`.

use plangate::finding::Level;
use plangate::problem::{Problem, ProblemCode};
use plangate::workspace;

use crate::harness::{judge, read, setup};

const POLICY: &str = r#"package main

import rego.v1

# METADATA
# custom:
#   id: main/limit
#   parameters:
#     most:
#       type: number
#       default: 100
#       description: How many changes are too many.
#     verbs:
#       type: list
#       default: [create, delete]
deny contains msg if {
	p := input.plangate.parameters
	found := [c | some c in input.plangate.changes; c.verb in p.verbs]
	count(found) > p.most
	msg := sprintf("%d > %d", [count(found), p.most])
}

warn contains "sees no parameters" if not input.plangate.parameters
"#;

/// What the rules of a repository with this configuration say, or why it is refused.
fn run(policy: &str, config: &str) -> Result<Vec<(Level, String)>, Vec<Problem>> {
    let directory = tempfile::tempdir().unwrap();
    let root = camino::Utf8Path::from_path(directory.path()).unwrap();
    plangate::io::write_below(&root.join("policy/p.rego"), policy.as_bytes()).unwrap();
    plangate::io::write_below(&root.join("plangate.toml"), config.as_bytes()).unwrap();
    let stages = workspace::open(&setup(root.as_str()))?;
    let report = judge(&stages, &[("p", read("fixtures/scenarios/01-create-all/plan.json"))]);
    let own = report.plans[0].findings.iter().filter(|finding| finding.rule.as_str().starts_with("main"));
    Ok(own.map(|finding| (finding.level, finding.message.clone())).collect())
}

fn set(values: &str) -> String {
    format!("[rules.\"main/limit\".parameters]\n{values}\n")
}

#[test]
fn the_default_holds_until_the_repository_sets_another_value() {
    let quiet = vec![(Level::Warn, "sees no parameters".to_owned())];
    assert_eq!(run(POLICY, "").unwrap(), quiet, "only the rule that declares them sees them");
    let denied = vec![(Level::Deny, "16 > 3".to_owned()), quiet[0].clone()];
    assert_eq!(run(POLICY, &set("most = 3")).unwrap(), denied);
    assert_eq!(run(POLICY, &set("most = 0\nverbs = [\"update\"]")).unwrap(), quiet);
    let leveled = "[rules.\"main/limit\"]\nlevel = \"warn\"\nparameters = { most = 3 }\n";
    assert_eq!(run(POLICY, leveled).unwrap()[0].0, Level::Warn);
}

#[test]
fn what_is_wrong_with_a_parameter_is_said_before_anything_runs() {
    let undeclared = "package main\nimport rego.v1\ndeny contains \"x\" if input.plangate.parameters.most > 1\n";
    let no_default = POLICY.replace("#       default: 100\n", "");
    let wrong_default = POLICY.replace("default: 100", "default: many");
    let cases: [(&str, String, ProblemCode, &str); 7] = [
        (POLICY, set("mots = 3"), ProblemCode::Config, "did you mean `most`?"),
        (POLICY, set("most = \"3\""), ProblemCode::Config, "another type"),
        (POLICY, set("most = { a = 1 }"), ProblemCode::Config, "expected a string, a number"),
        (POLICY, "[rules.\"main/limti\".parameters]\nmost = 3".to_owned(), ProblemCode::Config, "no rule is called"),
        (undeclared, String::new(), ProblemCode::PolicyLoad, "which its METADATA does not declare"),
        (&no_default, String::new(), ProblemCode::PolicyLoad, "without `default`"),
        (&wrong_default, String::new(), ProblemCode::PolicyLoad, "`default` is no number"),
    ];
    for (policy, config, code, words) in cases {
        let problems = run(policy, &config).unwrap_err();
        let said = format!("{problems:?}");
        assert!(problems.iter().any(|problem| problem.code == code) && said.contains(words), "{words}: {said}");
        assert!(problems.iter().all(|problem| problem.place.is_some()), "{said}");
    }
}
