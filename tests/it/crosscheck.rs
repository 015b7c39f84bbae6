//! A saved plan file against the JSON that was printed of it.

use plangate::gate::{self, PlanInput, PlanSource, Stages};
use plangate::report::Report;
use plangate::verdict::Verdict;
use plangate::workspace;
use serde_json::{Value, json};

use crate::harness::{built_in, judge, package, plangate, read, repository};

fn scenarios() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(package("fixtures/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn file(scenario: &str, name: &str) -> Vec<u8> {
    read(&format!("fixtures/scenarios/{scenario}/{name}"))
}

fn plan_json(scenario: &str) -> Value {
    serde_json::from_slice(&file(scenario, "plan.json")).unwrap()
}

/// Judges the plan file of a scenario with a JSON.
fn both(stages: &Stages, scenario: &str, json: Vec<u8>) -> Report {
    joined(stages, file(scenario, "tfplan"), json)
}

/// Judges a plan file with a JSON.
pub(crate) fn joined(stages: &Stages, tfplan: Vec<u8>, json: Vec<u8>) -> Report {
    let json = PlanInput { name: "plan.json".to_owned(), source: PlanSource::Bytes(json) };
    let plan = Box::new(PlanSource::Bytes(tfplan));
    let source = PlanSource::WithJson { plan, json: Box::new(json) };
    gate::check(stages, vec![PlanInput { name: "tfplan".to_owned(), source }])
}

pub(crate) fn problems(report: &Report) -> Vec<String> {
    let plan = &report.plans[0];
    plan.problems.iter().map(|problem| format!("{}: {}", problem.code.as_str(), problem.message)).collect()
}

#[test]
fn the_json_of_every_scenario_agrees_and_changes_no_verdict() {
    let stages = built_in();
    for scenario in scenarios() {
        let alone = judge(&stages, &[("tfplan", file(&scenario, "tfplan"))]);
        let joined = both(&stages, &scenario, file(&scenario, "plan.json"));
        assert_eq!(problems(&joined), problems(&alone), "{scenario}");
        assert_eq!(joined.verdict, alone.verdict, "{scenario}");
        let ids = |report: &Report| -> Vec<String> {
            report.plans[0].findings.iter().map(|finding| format!("{:?}", finding.fingerprint)).collect()
        };
        assert_eq!(ids(&joined), ids(&alone), "{scenario}");
        let unverified = joined.plans[0].saved.as_ref().unwrap().unverified.as_ref().unwrap();
        assert!(unverified.contains(&"configuration".to_owned()), "{scenario}: {unverified:?}");
        let only_known = |part: &String| part == "configuration" || part.starts_with("variables.");
        assert!(unverified.iter().all(only_known), "{scenario}: {unverified:?}");
    }
}

#[test]
fn the_json_of_another_plan_never_passes() {
    let (stages, names) = (built_in(), scenarios());
    for (scenario, other) in names.iter().zip(names.iter().cycle().skip(1)) {
        let report = both(&stages, scenario, file(other, "plan.json"));
        assert_eq!(report.verdict, Verdict::Undecided, "{scenario} with {other}");
        assert!(problems(&report)[0].starts_with("json-differs: "), "{:?}", problems(&report));
    }
}

/// The problem with a JSON that was changed.
fn changed(scenario: &str, change: impl Fn(&mut Value)) -> String {
    let mut json = plan_json(scenario);
    change(&mut json);
    let report = both(&built_in(), scenario, serde_json::to_vec(&json).unwrap());
    assert_eq!(report.verdict, Verdict::Undecided);
    problems(&report).join("\n")
}

const DELETED: &str = "04-delete-resource-block";

/// The first change of the scenario that deletes.
fn deletion(json: &mut Value) -> &mut Value {
    let changes = json["resource_changes"].as_array_mut().unwrap();
    changes.iter_mut().find(|entry| entry["change"]["actions"] == json!(["delete"])).unwrap()
}

#[test]
fn what_was_changed_is_named_and_no_value_shown() {
    let mut whole = plan_json(DELETED);
    let address = deletion(&mut whole)["address"].as_str().unwrap().to_owned();
    let flipped = changed(DELETED, |json| {
        let entry = deletion(json);
        entry["change"]["actions"] = json!(["no-op"]);
        entry["change"]["after"] = entry["change"]["before"].clone();
    });
    assert!(flipped.contains(&format!("{address}: change.actions")), "{flipped}");
    assert!(flipped.contains(&format!("{address}: change.after")), "{flipped}");
    let value = changed(DELETED, |json| deletion(json)["change"]["before"]["name"] = json!("hush-hush"));
    assert!(value.contains(&format!("{address}: change.before.name")) && !value.contains("hush"), "{value}");
    let removed = changed(DELETED, |json| {
        let changes = json["resource_changes"].as_array_mut().unwrap();
        changes.retain(|entry| entry["address"] != json!(address));
    });
    assert!(removed.contains(&format!("{address}: only in the plan file")), "{removed}");
    let added = changed(DELETED, |json| {
        let mut entry = deletion(json).clone();
        let kind = entry["type"].as_str().unwrap().to_owned();
        entry["address"] = json!(format!("{kind}.new"));
        entry["name"] = json!("new");
        json["resource_changes"].as_array_mut().unwrap().push(entry);
    });
    assert!(added.contains(".new: only in the JSON"), "{added}");
    let doubled = changed(DELETED, |json| {
        let entry = deletion(json).clone();
        json["resource_changes"].as_array_mut().unwrap().push(entry);
    });
    assert!(doubled.contains(&format!("{address}: only in the JSON")), "{doubled}");
    let marked = changed(DELETED, |json| deletion(json)["change"]["before_sensitive"]["name"] = json!(true));
    assert!(marked.contains(&format!("{address}: change.before_sensitive")), "{marked}");
    for (key, value) in [
        ("timestamp", json!("2026-01-01T00:00:00Z")),
        ("terraform_version", json!("1.11.5")),
        ("errored", json!(true)),
        ("applyable", json!(false)),
        ("complete", json!(false)),
    ] {
        let said = changed(DELETED, |json| json[key] = value.clone());
        assert!(said.ends_with(&format!("\n{key}")), "{said}");
    }
    for key in ["resource_changes", "timestamp"] {
        let said = changed(DELETED, |json| {
            json.as_object_mut().unwrap().remove(key);
        });
        assert!(said.starts_with("json-differs: "), "{said}");
    }
}

/// A key of a map under a mark may be a secret.
#[test]
fn keys_below_a_mark_are_not_named() {
    let said = changed("61-sensitive-forces-replace", |json| {
        for entry in json["resource_changes"].as_array_mut().unwrap() {
            let change = &mut entry["change"];
            change["before"]["hushhush"] = json!({ "quiet": 1 });
            change["before_sensitive"]["hushhush"] = json!(true);
        }
    });
    assert!(said.contains("change.before") && !said.contains("quiet"), "{said}");
}

#[test]
fn two_plans_of_one_second_are_told_apart() {
    let (one, other) = (plan_json(DELETED), plan_json("02-noop"));
    let said = changed(DELETED, |json| {
        *json = other.clone();
        json["timestamp"] = one["timestamp"].clone();
    });
    assert!(said.starts_with("json-differs: "), "{said}");
}

#[test]
fn the_order_of_changes_and_the_writing_of_numbers_say_nothing() {
    let mut json = plan_json(DELETED);
    json["resource_changes"].as_array_mut().unwrap().reverse();
    let report = both(&built_in(), DELETED, serde_json::to_vec_pretty(&json).unwrap());
    assert!(!problems(&report).iter().any(|problem| problem.starts_with("json-differs")), "{:?}", problems(&report));
}

#[test]
fn a_json_that_is_none_is_undecided() {
    for (json, code) in [
        (b"{}".to_vec(), "not-a-plan"),
        (b"[]".to_vec(), "not-a-plan"),
        (Vec::new(), ""),
        (file("02-noop", "tfplan"), "not-a-plan"),
        (file("02-noop", "plan.json")[..300].to_vec(), "truncated"),
        ([file("02-noop", "plan.json"), file("02-noop", "plan.json")].concat(), ""),
        (serde_json::to_vec(&json!({ "plan": plan_json("02-noop"), "run": {} })).unwrap(), "not-a-plan"),
    ] {
        let report = both(&built_in(), "02-noop", json);
        assert_eq!(report.verdict, Verdict::Undecided);
        assert!(
            problems(&report)[0].starts_with(code) && problems(&report)[0].contains("plan.json"),
            "{:?}",
            problems(&report)
        );
    }
    // A key that stands twice is read in two ways.
    let twice = String::from_utf8(file("02-noop", "plan.json")).unwrap().replacen('{', "{\"output_changes\":{},", 1);
    let report = both(&built_in(), "02-noop", twice.replacen('{', "{\"output_changes\":{},", 1).into_bytes());
    assert!(problems(&report)[0].starts_with("duplicate-key"), "{:?}", problems(&report));
}

/// Rules of a repository over a plan file with its JSON: problems and messages.
fn ruled(rule: &str, scenario: &str) -> (Vec<String>, Vec<String>) {
    let text = format!("package main\nimport rego.v1\n{rule}\n");
    let (_dir, setup) = repository(&[("policy/main.rego", &text)]);
    let report = both(&workspace::open(&setup).unwrap(), scenario, file(scenario, "plan.json"));
    let own = report.plans[0].findings.iter().filter(|finding| !finding.rule.as_str().contains('/'));
    (problems(&report), own.map(|finding| finding.message.clone()).collect())
}

#[test]
fn rules_see_what_only_the_json_has() {
    for rule in [
        "deny contains \"seen\" if count(input.configuration.root_module.resources) > 0",
        "deny contains \"seen\" if input.configuration",
        "deny contains \"seen\" if { some name; input.variables[name].value }",
        "deny contains \"seen\" if { walk(input, [path, _]); path == [\"configuration\"] }",
        "deny contains \"seen\" if input.resource_changes[_].change.actions[_] == \"delete\"",
    ] {
        assert_eq!(ruled(rule, DELETED), (Vec::new(), vec!["seen".to_owned()]), "{rule}");
    }
}

/// What no file vouches for has no say in a built-in rule.
#[test]
fn a_made_up_configuration_changes_no_built_in_finding() {
    let stages = built_in();
    for scenario in [DELETED, "05-replace-force-new", "56-parent-replaced-unmanaged-children"] {
        let mut json = plan_json(scenario);
        json["configuration"] = json!({ "root_module": {} });
        let alone = judge(&stages, &[("tfplan", file(scenario, "tfplan"))]);
        let joined = both(&stages, scenario, serde_json::to_vec(&json).unwrap());
        let messages = |report: &Report| -> Vec<String> {
            report.plans[0].findings.iter().map(|finding| finding.message.clone()).collect()
        };
        assert_eq!((alone.verdict, messages(&alone)), (joined.verdict, messages(&joined)));
    }
}

#[test]
fn the_program_compares_one_plan_with_its_json() {
    let at = |scenario: &str, name: &str| format!("fixtures/scenarios/{scenario}/{name}");
    let (plan, json) = (at("02-noop", "tfplan"), at("02-noop", "plan.json"));
    let agreed = plangate().args(["check", &plan, "--json", &json]).run();
    agreed.exits(0).says("note: unverified, because only the JSON has it: configuration");
    plangate().args(["check", &plan, "--json", "-"]).stdin(file("02-noop", "plan.json")).run().exits(0);
    let report = plangate().args(["check", &plan, "--json", &json, "--format", "json"]).run();
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["plans"][0]["saved_plan"]["unverified"][0], json!("configuration"));
    let swapped = at(DELETED, "plan.json");
    plangate().args(["check", &plan, "--json", &swapped]).run().exits(2).says("json-differs").says("change.actions");
    for wrong in [
        vec!["check", &plan, &swapped, "--json", &json],
        vec!["check", &json, "--json", &json],
        vec!["check", &plan, "--json", "no-such-file"],
        vec!["check", "-", "--json", "-"],
    ] {
        plangate().args(wrong).run().exits(2);
    }
    plangate().args(["inspect", &plan, "--json", &json]).run().exits(0).says("\"configuration\"");
}

#[test]
fn show_prints_what_terraform_prints() {
    let shown = |args: &[&str]| -> Value {
        let ran = plangate().args(["show"]).args(args.iter().copied()).run();
        serde_json::from_str(&ran.exits(0).stdout).unwrap()
    };
    let plan = "fixtures/scenarios/04-delete-resource-block/tfplan";
    let (ours, theirs) = (shown(&[plan, "--reveal-secrets"]), plan_json(DELETED));
    for key in ["format_version", "terraform_version", "resource_changes", "output_changes", "prior_state", "timestamp"]
    {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
    assert!(ours.get("plangate").is_none());
    let json = "fixtures/scenarios/04-delete-resource-block/plan.json";
    assert_eq!(shown(&[json, "--reveal-secrets"]), theirs);
    // What is printed of the file is judged as the file's JSON.
    let again = serde_json::to_vec(&ours).unwrap();
    assert!(!problems(&both(&built_in(), DELETED, again)).iter().any(|problem| problem.starts_with("json-differs")));
}

#[test]
fn show_masks_secrets_unless_told() {
    let plan = "fixtures/scenarios/61-sensitive-forces-replace/tfplan";
    let masked = plangate().args(["show", plan]).run();
    masked.exits(0).says("(sensitive)");
    let revealed = plangate().args(["show", plan, "--reveal-secrets"]).run();
    revealed.exits(0).hides("(sensitive)");
    plangate().args(["show", "Cargo.toml"]).run().exits(2);
}
