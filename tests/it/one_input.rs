//! One input serves the policies of every system: other names of the plan, what CI systems add, and what a rule reads in vain.

use camino::Utf8Path;
use plangate::eval::Outcome;
use plangate::gate::Stages;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::PlanReport;
use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};
use serde_json::{Value, json};

use crate::harness::{judge, read, setup};

const REPLACE: &str = "05-replace-force-new";

/// A repository with these policies, and a context.
fn open(policies: &[&str], context: Option<(&str, &str)>) -> Result<Stages, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(dir.path()).unwrap();
    std::fs::create_dir(root.join("policy")).unwrap();
    for (index, text) in policies.iter().enumerate() {
        std::fs::write(root.join(format!("policy/{index}.rego")), text).unwrap();
    }
    let context = context.map(|(name, text)| {
        std::fs::write(root.join(name), text).unwrap();
        root.join(name)
    });
    workspace::open(&Setup { context, ..setup(root.as_str()) })
}

fn plan(scenario: &str) -> Value {
    serde_json::from_slice(&read(&format!("fixtures/scenarios/{scenario}/plan.json"))).unwrap()
}

fn check_plan(policies: &[&str], context: Option<&str>, plan: &Value) -> PlanReport {
    let stages =
        open(policies, context.map(|text| ("context.json", text))).unwrap_or_else(|problems| panic!("{problems:#?}"));
    judge(&stages, &[("plan.json", serde_json::to_vec(plan).unwrap())]).plans.remove(0)
}

fn check(policy: &str, context: Option<&str>) -> PlanReport {
    check_plan(&[policy], context, &plan(REPLACE))
}

/// Messages of the rules of the repository.
fn own(report: &PlanReport) -> Vec<&str> {
    let own = |finding: &&plangate::finding::Finding| !finding.rule.as_str().contains('/');
    report.findings.iter().filter(own).map(|finding| finding.message.as_str()).collect()
}

fn outcome(report: &PlanReport, rule: &str) -> Outcome {
    report.rules.iter().find(|record| record.id.as_str() == rule).unwrap().outcome
}

/// Message and help of every problem.
fn problems(report: &PlanReport) -> Vec<String> {
    let shown = |problem: &Problem| {
        assert_eq!(problem.code, ProblemCode::RuleUndetermined, "{problem:?}");
        format!("{problem}; {}", problem.help.as_deref().unwrap_or_default())
    };
    report.problems.iter().map(shown).collect()
}

fn v1(rules: &str) -> String {
    format!("package main\nimport rego.v1\n{rules}\n")
}

#[track_caller]
fn is_decided(rules: &str, plan: &Value) {
    let report = check_plan(&[&v1(rules)], None, plan);
    assert_eq!(problems(&report), Vec::<String>::new(), "{rules}");
}

#[track_caller]
fn is_undecided(rules: &str, plan: &Value, words: &str) {
    let report = check_plan(&[&v1(rules)], None, plan);
    assert_eq!(outcome(&report, "main.deny"), Outcome::Undetermined, "{rules}: {:?}", problems(&report));
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(problems(&report).iter().any(|problem| problem.contains(words)), "{rules}: {:?}", problems(&report));
}

#[test]
fn the_plan_is_found_under_the_names_other_systems_give_it() {
    for policy in [
        "package main\nimport input.plan as plan\ndeny[msg] { r := plan.resource_changes[_]; r.change.actions[_] == \"delete\"; msg := \"no\" }",
        "package terraform\nimport input.tfplan as tfplan\ndeny[msg] { tfplan.resource_changes[_].change.actions[_] == \"delete\"; msg := \"no\" }",
        "package spacelift\ndeny[msg] { input.terraform.resource_changes[_].change.actions[_] == \"delete\"; msg := \"no\" }",
        "package main\nimport rego.v1\ndeny contains \"no\" if \"delete\" in input.resource_changes[_].change.actions",
    ] {
        let report = check(policy, None);
        assert_eq!((own(&report), problems(&report)), (vec!["no"], Vec::new()), "{policy}");
    }
}

#[test]
fn a_policy_that_walks_the_input_sees_the_plan_alone() {
    let policy = "deny contains concat(\" \", sort(object.keys(input)))";
    let other =
        "package other\nimport rego.v1\nwarn contains 1 if { input.plan.x.y; input.run; input.plangate.changes == 1 }";
    let stages = open(&[&v1(policy), other], Some(("c.json", "{\"run\": {}}"))).unwrap();
    let plan = plan(REPLACE);
    let report = judge(&stages, &[("plan.json", serde_json::to_vec(&plan).unwrap())]).plans.remove(0);
    let keys: Vec<&str> = plan.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(own(&report), [keys.join(" ")]);
}

#[test]
fn a_plan_keeps_a_key_of_its_own() {
    let mut plan = plan(REPLACE);
    plan["tfplan"] = json!({"mine": "yes"});
    let report = check_plan(&[&v1("deny contains input.tfplan.mine")], None, &plan);
    assert_eq!(own(&report), ["yes"]);
}

#[test]
fn what_a_system_adds_comes_from_the_context() {
    let rules = v1("deny contains sprintf(\"by %s\", [input.run.created_by]) if input.run.is_destroy == false");
    let without = check(&rules, None);
    assert_eq!(outcome(&without, "main.deny"), Outcome::Undetermined);
    let text = &problems(&without)[0];
    for words in
        ["rule `main.deny` reads `input.run`", "HCP Terraform", "`--context FILE`", "object.get(input, \"run\", {})"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(without.problems[0].place.is_some());
    let with = check(&rules, Some(r#"{"run": {"created_by": "me", "is_destroy": false}}"#));
    assert_eq!((own(&with), problems(&with)), (vec!["by me"], Vec::new()));
    is_undecided("deny contains 1 if input.plan.run.x", &plan(REPLACE), "`input.plan.run`");
}

#[test]
fn what_stands_beside_a_plan_in_its_wrapper_is_found_by_name() {
    let rules = "deny contains concat(\" \", [input.run.api_token, input.run.author]) if input.plan.resource_changes";
    let run = json!({"api_token": "hunter2hunter2", "author": "somebody"});
    let wrapped = json!({"plan": plan(REPLACE), "run": run, "format": 1});
    let report = check_plan(&[&v1(rules)], None, &wrapped);
    assert_eq!((own(&report), problems(&report)), (vec!["(sensitive) somebody"], Vec::new()));
    let keys = "deny contains concat(\" \", object.keys(input) & {\"run\", \"format\", \"format_version\"})";
    assert_eq!(own(&check_plan(&[&v1(keys)], None, &wrapped)), ["format_version"]);
    let report = check_plan(&[&v1(rules)], Some(r#"{"run": {}}"#), &wrapped);
    assert!(report.problems[0].to_string().contains("has that key too"), "{:?}", report.problems);
}

#[test]
fn secrets_of_the_context_are_masked_where_their_name_says_so() {
    let rules = v1("deny contains concat(\" \", [input.run.api_token, input.run.author])");
    let report = check(&rules, Some(r#"{"run": {"api_token": "hunter2hunter2", "author": "somebody"}}"#));
    assert_eq!(own(&report), ["(sensitive) somebody"]);
}

#[test]
fn a_context_adds_and_replaces_nothing() {
    for (text, words) in [
        (r#"{"resource_changes": []}"#, "sets `resource_changes`"),
        (r#"{"plangate": {}}"#, "sets `plangate`"),
        (r#"{"plan": {}}"#, "sets `plan`"),
        ("[]", "is no object"),
    ] {
        let problems = open(&[&v1("deny contains 1 if false")], Some(("c.json", text))).unwrap_err();
        assert!(problems[0].to_string().contains(words), "{problems:?}");
        assert_eq!(problems[0].code, ProblemCode::Config);
    }
    let mut plan = plan(REPLACE);
    plan["foreign"] = json!(1);
    let report = check_plan(&[&v1("deny contains 1 if input.foreign.x")], Some(r#"{"foreign": {"x": 1}}"#), &plan);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(report.problems[0].to_string().contains("has that key too"), "{:?}", report.problems);
}

#[test]
fn a_part_that_was_taken_out_is_missed() {
    let whole = plan(REPLACE);
    for part in ["configuration", "planned_values", "prior_state", "timestamp", "terraform_version"] {
        let mut stripped = whole.clone();
        stripped.as_object_mut().unwrap().remove(part);
        for path in [part.to_owned(), format!("plan.{part}"), format!("terraform.{part}")] {
            let rules = format!("deny contains \"x\" if input.{path}.y == 1");
            is_decided(&rules, &whole);
            is_undecided(&rules, &stripped, &format!("`input.{path}`"));
        }
    }
    let mut stripped = whole.clone();
    stripped.as_object_mut().unwrap().remove("variables");
    let rules = "deny contains \"x\" if input.variables.y.value == 1";
    stripped["configuration"]["root_module"]["variables"] = json!({"y": {}});
    is_undecided(rules, &stripped, "declares variables");
    stripped["configuration"]["root_module"].as_object_mut().unwrap().remove("variables");
    is_decided(rules, &stripped);
}

#[test]
fn a_part_that_terraform_leaves_out_is_not_missed() {
    let mut whole = plan(REPLACE);
    for part in [
        "resource_drift",
        "output_changes",
        "checks",
        "deferred_changes",
        "action_invocations",
        "relevant_attributes",
        "applyable",
        "complete",
        "errored",
    ] {
        whole.as_object_mut().unwrap().remove(part);
        is_decided(&format!("deny contains \"x\" if input.{part}[_].y == 1"), &whole);
    }
    let mut created = plan("01-create-all");
    created.as_object_mut().unwrap().remove("prior_state");
    is_decided("deny contains \"x\" if input.prior_state.values.y == 1", &created);
}

#[test]
fn a_rule_that_asks_has_said_what_holds_without() {
    for rules in [
        "deny contains \"x\" if object.get(input, \"run\", {}).is_destroy",
        "deny contains \"x\" if object.get(input, [\"run\", \"is_destroy\"], false)",
        "deny contains \"x\" if { not input.run; 1 == 2 }\ndeny contains \"y\" if input.run.is_destroy",
        "import input.run as run\ndeny contains \"x\" if { not run; 1 == 2 }\ndeny contains \"y\" if run.is_destroy",
        "deny contains \"x\" if { object.get(input, \"plan\", input).resource_changes == [] }",
    ] {
        is_decided(rules, &plan(REPLACE));
    }
    for rules in [
        "deny contains \"x\" if { input.run; input.run.is_destroy }",
        "deny contains \"x\" if not input.run.is_destroy",
        "deny contains \"x\" if not fine\nfine if not input.run.is_destroy",
        "default destroy := false\ndestroy := input.run.is_destroy\ndeny contains \"x\" if destroy",
        "deny contains \"x\" if count([r | some r in input.run.xs]) > 0",
        "deny contains \"x\" if helper(input)\nhelper(i) if i.run.is_destroy\nhelper(i) if i.resource_changes == 1",
    ] {
        is_undecided(rules, &plan(REPLACE), "`input.run`");
    }
}

/// The shape of Azure's `common.utils`.
const SHAPES: &str = r#"
_resource(_input) := output if {
	_input.plan.resource_changes == _input.plan.resource_changes
	output := {body | r := _input.plan.resource_changes[_]; body := {"type": r.type, "actions": r.change.actions}}
}
_resource(_input) := output if {
	_input.resource_changes == _input.resource_changes
	output := {body | r := _input.resource_changes[_]; body := {"type": r.type, "actions": r.change.actions}}
}
_resource(_input) := output if {
	_input.values.root_module.resources == _input.values.root_module.resources
	output := {body | r := _input.values.root_module.resources[_]; body := {"type": r.type, "actions": []}}
}
"#;

#[test]
fn one_of_several_shapes_will_do() {
    let rules =
        format!("deny contains \"delete\" if {{ some r in _resource(input); \"delete\" in r.actions }}{SHAPES}");
    let report = check(&v1(&rules), None);
    assert_eq!((own(&report), problems(&report)), (vec!["delete"], Vec::new()));

    let configuration =
        "deny contains \"x\" if conf(input).x\nconf(i) := i.configuration\nconf(i) := i.plan.configuration";
    is_decided(configuration, &plan(REPLACE));
    let mut stripped = plan(REPLACE);
    stripped.as_object_mut().unwrap().remove("configuration");
    is_undecided(configuration, &stripped, "configuration");
    // The definitions of a rule itself are no alternatives.
    is_undecided(
        "deny contains x.address if some x in input.resource_changes\ndeny contains x.address if some x in input.values.xs",
        &plan(REPLACE),
        "`input.values`",
    );
}

#[test]
fn a_key_that_nobody_knows_is_missed_with_what_was_probably_meant() {
    let plan = plan(REPLACE);
    is_undecided(
        "deny contains \"x\" if input.resource_change[_].type == \"t\"",
        &plan,
        "did you mean `input.resource_changes`?",
    );
    is_undecided(
        "deny contains \"x\" if input.plan.resource_change[_].y",
        &plan,
        "did you mean `input.plan.resource_changes`?",
    );
    is_undecided("deny contains \"x\" if input.foo.bar", &plan, "no plan has such a key");
    // A slip in one of several shapes is none of them.
    is_undecided(
        "deny contains \"x\" if all[_].y\nall := input.resource_changes\nall := input.plan.resource_change",
        &plan,
        "did you mean",
    );
    // Not in a rule that only what does not run refers to.
    is_decided("deny contains \"x\" if false\nunused if input.foo.bar", &plan);
    is_decided("deny contains \"x\" if { some k in [\"resource_changes\"]; input[k][_].type == \"no\" }", &plan);
}
