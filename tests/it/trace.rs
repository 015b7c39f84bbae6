//! `--trace`, `--timings`, `print` on standard error, `--context-env`.

use plangate::eval::candidates::{DefinitionTrace, RuleTrace};
use plangate::gate::{self, PlanInput, PlanSource};
use plangate::workspace;
use serde_json::{Value, json};

use crate::harness::{Ran, plangate, read, repository};

const REPLACE: &str = "fixtures/scenarios/05-replace-force-new/plan.json";

/// The trace of `main.deny` on a plan of these changes.
fn traced(policy: &str, changes: &Value) -> RuleTrace {
    let (_dir, setup) = repository(&[("policy/p.rego", policy)]);
    let stages = workspace::open(&setup).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let plan = json!({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes});
    let plan = PlanInput { name: "plan".into(), source: PlanSource::Bytes(serde_json::to_vec(&plan).unwrap()) };
    let rules = gate::rules_called(&stages, &["main.deny".to_owned()]).unwrap();
    let mut report = gate::check_and_trace(&stages, vec![plan], &rules);
    report.plans.remove(0).traces.remove(0)
}

fn change(name: &str, kind: &str, after: &Value) -> Value {
    let change = json!({"actions": ["create"], "before": null, "after": after, "after_unknown": {},
        "before_sensitive": false, "after_sensitive": {"pin": true}});
    json!({"address": format!("{kind}.{name}"), "type": kind, "name": name, "mode": "managed",
        "provider_name": "registry.terraform.io/acme/acme", "change": change})
}

/// The same change, of which nothing comes.
fn quiet(mut change: Value) -> Value {
    change["change"]["actions"] = json!(["no-op"]);
    change["change"]["before"] = change["change"]["after"].clone();
    change["change"]["before_sensitive"] = change["change"]["after_sensitive"].clone();
    change
}

fn changes() -> Value {
    json!([
        change("a", "acme_store", &json!({"size": 1, "pin": 77})),
        change("b", "acme_store", &json!({"size": 20, "pin": 78})),
        change("c", "acme_thing", &json!({"size": 3})),
    ])
}

/// Each definition as `line: who` of its stops, then who it holds for.
fn lines(trace: &RuleTrace) -> Vec<String> {
    let stops = |definition: &DefinitionTrace| {
        let line = |span: plangate::source::Span| definition.file.position(span.start).line;
        let mut lines: Vec<String> = definition
            .stops
            .iter()
            .map(|stop| {
                let who = stop.candidates.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(" "));
                format!("{}: {who}", line(stop.at))
            })
            .collect();
        if definition.held_as_a_whole {
            lines.push("holds".to_owned());
        } else if !definition.held.is_empty() {
            lines.push(format!("holds: {}", definition.held.join(" ")));
        }
        lines.extend(definition.not_followed.clone());
        lines
    };
    trace.definitions.iter().flat_map(stops).collect()
}

/// What the parts of the first stop are.
fn values(trace: &RuleTrace) -> Vec<String> {
    let compared = trace.definitions.iter().flat_map(|definition| &definition.stops).flat_map(|stop| &stop.compared);
    compared.map(|compared| format!("{} is {:?}", compared.expression, compared.values)).collect()
}

#[test]
fn each_candidate_stops_at_the_statement_that_does_not_hold_for_it() {
    let body = "\tchange.type == \"acme_store\"\n\tchange.change.after.size > 10\n\tmsg := change.address\n}\n";
    let stops = ["5: acme_thing.c", "6: acme_store.a", "holds: acme_store.b"];
    for (head, iteration) in [
        ("deny contains msg if {", "some change in input.resource_changes"),
        ("deny contains msg if {", "change := input.resource_changes[_]"),
        ("deny[msg] {", "change := input.resource_changes[_]"),
        ("deny[msg] {", "some i; change := input.resource_changes[i]"),
    ] {
        let trace = traced(&format!("package main\n\n{head}\n\t{iteration}\n{body}"), &changes());
        assert_eq!(lines(&trace), stops, "{iteration}");
        assert_eq!(trace.definitions[0].considered, 3);
        assert_eq!(
            values(&trace),
            ["change.type is [(\"\\\"acme_thing\\\"\", 1)]", "change.change.after.size is [(\"1\", 1)]"]
        );
    }
}

#[test]
fn a_condition_on_an_index_is_asked_of_every_change() {
    let policy = "package main\n\ndeny[msg] {\n\tinput.resource_changes[i].type == \"acme_store\"\n\tinput.resource_changes[i].change.after.size > 10\n\tmsg := \"m\"\n}\n";
    assert_eq!(lines(&traced(policy, &changes())), ["4: acme_thing.c", "5: acme_store.a", "holds: acme_store.b"]);
    let nameless = "package main\n\ndeny[\"m\"] {\n\tinput.resource_changes[_].type == \"acme_stor\"\n}\n";
    assert_eq!(lines(&traced(nameless, &changes())), ["4: acme_store.a acme_store.b acme_thing.c"]);
}

#[test]
fn every_definition_is_followed_on_its_own() {
    let policy = "package main\n\ndeny contains \"one\" if {\n\tcount(input.resource_changes) > 5\n}\n\ndeny contains \"two\" if {\n\tsome change in input.resource_changes\n\tchange.type == \"acme_thing\"\n}\n\ndeny contains \"three\"\n";
    let lines = lines(&traced(policy, &changes()));
    assert_eq!(lines, ["4: all", "9: acme_store.a acme_store.b", "holds: acme_thing.c", "holds"]);
}

#[test]
fn what_candidates_are_taken_from_is_followed_too() {
    let policy = "package main\n\ndeny contains msg if {\n\tsome store in stores\n\tstore.change.after.size > 10\n\tmsg := store.address\n}\n\nstores contains change if {\n\tsome change in input.resource_changes\n\tchange.type == \"acme_store\"\n}\n";
    let trace = traced(policy, &changes());
    assert_eq!(trace.definitions[1].helper.as_deref(), Some("data.main.stores"));
    let expected = ["5: acme_store.a", "holds: acme_store.b", "11: acme_thing.c", "holds: acme_store.a acme_store.b"];
    assert_eq!(lines(&trace), expected);
}

#[test]
fn changes_come_before_other_iterations_and_the_head_counts() {
    let policy = "package main\n\ntypes := {\"acme_store\"}\n\ndeny contains sprintf(\"%s\", [change.nme]) if {\n\tsome kind in types\n\tsome change in input.resource_changes\n\tchange.type == kind\n}\n";
    assert_eq!(lines(&traced(policy, &changes())), ["8: acme_thing.c", "5: acme_store.a acme_store.b"]);
}

#[test]
fn what_a_change_hides_is_hidden_however_short() {
    for body in [
        "change.change.after.pin > 100",
        "pin := change.change.after.pin\n\tpin > 100",
        "after := change.change.after\n\tcount(after) > 100",
    ] {
        let policy = format!(
            "package main\n\ndeny contains \"m\" if {{\n\tsome change in input.resource_changes\n\tchange.type == \"acme_store\"\n\t{body}\n}}\n"
        );
        let quiet = json!([quiet(change("a", "acme_store", &json!({"size": 1, "pin": 77})))]);
        for changes in [changes(), quiet] {
            let shown = values(&traced(&policy, &changes)).join("\n");
            assert!(!shown.contains("77") && !shown.contains("78") && shown.contains("(sensitive)"), "{shown}");
        }
    }
}

#[test]
fn what_cannot_be_followed_says_so() {
    let branches = "package main\n\ndeny := \"a\" if {\n\tinput.errored\n} else := \"b\" if {\n\tinput.errored\n}\n";
    assert!(lines(&traced(branches, &changes()))[0].contains("`else`"));
}

fn with(policy: &str, args: &[&str], plan: &str) -> Ran {
    let (dir, _) = repository(&[(".git/HEAD", ""), ("policy/p.rego", policy)]);
    std::fs::write(dir.path().join("plan.json"), read(plan)).unwrap();
    plangate().dir(dir.path()).args(["check", "plan.json"]).args(args.iter().copied()).run()
}

const STORES: &str = "package main\n\ndeny contains msg if {\n\tsome change in input.resource_changes\n\tchange.type == \"azurerm_storage_acount\"\n\tmsg := change.address\n}\n\ndeny contains msg if {\n\tsome change in input.resource_changes\n\t\"delete\" in change.change.actions\n\tchange.type == \"azurerm_storage_account\"\n\tprint(\"seen\", change.address)\n\tmsg := change.address\n}\n";

#[test]
fn a_trace_is_on_standard_error_and_changes_nothing_else() {
    for format in ["human", "json"] {
        let plain = with(STORES, &["--format", format], REPLACE);
        let traced = with(STORES, &["--format", format, "--trace", "main.deny"], REPLACE);
        assert_eq!((plain.code, &plain.stdout), (traced.code, &traced.stdout));
        assert!(!plain.stderr.contains("stops"), "{}", plain.stderr);
        snapbox::assert_data_eq!(traced.stderr, snapbox::file!["snapshots/trace.txt"]);
    }
    let wrong = with(STORES, &["--trace", "main.deni"], REPLACE);
    wrong.exits(2).says("no rule is called `main.deni`").says("did you mean `main.deny`?");
    with(STORES, &["--trace", "data.main.deny"], REPLACE).exits(1).says("trace main.deny");
    with(STORES, &["--trace", "plan/incomplete"], REPLACE).exits(1).says("written in Rust");
    with(STORES, &["--trace", "stateful/destroy-data-store"], REPLACE)
        .exits(1)
        .says("data.plangate.lib.stateful.destroyed");
}

#[test]
fn prints_go_to_standard_error_with_the_name_of_the_rule() {
    for format in ["human", "json"] {
        let ran = with(STORES, &["-v", "--format", format], REPLACE);
        let line = "print main.deny on plan.json: policy/p.rego:13: seen azurerm_storage_account.lake";
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
        assert!(!ran.stdout.contains("seen azurerm"), "{}", ran.stdout);
    }
    assert!(!with(STORES, &[], REPLACE).stderr.contains("seen"));
}

#[test]
fn times_are_told_only_where_they_are_asked_for() {
    let report = |args: &[&str]| -> Value { serde_json::from_str(&with(STORES, args, REPLACE).stdout).unwrap() };
    let rule = |report: &Value, id: &str| {
        let rules = report["plans"][0]["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["id"] == id).unwrap().clone()
    };
    let timed = report(&["--format", "json", "--timings"]);
    assert!(rule(&timed, "main.deny")["time_ms"].is_f64() && rule(&timed, "plan/deferred").get("time_ms").is_none());
    assert_eq!(rule(&timed, "main.deny")["considered"], 1);
    let plain = report(&["--format", "json"]);
    assert!(rule(&plain, "main.deny").get("time_ms").is_none());
    let human = with(STORES, &["--timings"], REPLACE);
    assert!(human.stdout.lines().any(|line| line.contains("main.deny") && line.ends_with(" ms)")), "{}", human.stdout);
    assert!(!with(STORES, &["-v"], REPLACE).stdout.contains(" ms)"));
}

const BRANCH: &str = "package main\n\ndeny contains msg if {\n\tinput.ci.branch != \"main\"\n\tmsg := sprintf(\"not from %s\", [input.ci.branch])\n}\n";
const QUIET: &str = "fixtures/scenarios/02-noop/plan.json";

/// A check in a GitHub workflow, with `--context-env` and more.
fn in_github(policy: &str, variables: &[(&str, &str)], args: &[&str]) -> Ran {
    let files = [(".git/HEAD", ""), ("policy/p.rego", policy), ("context.json", r#"{"ci": {"branch": "main"}}"#)];
    let (dir, _) = repository(&files);
    std::fs::write(dir.path().join("plan.json"), read(QUIET)).unwrap();
    let mut program = plangate().dir(dir.path()).env("GITHUB_ACTIONS", "true").env("GITHUB_TOKEN", "ghs_hidden");
    for (name, value) in variables {
        program = program.env(name, value);
    }
    program.args(["check", "plan.json"]).args(args.iter().copied()).run()
}

#[test]
fn the_environment_is_read_only_on_demand() {
    let feature = [("GITHUB_REF", "refs/heads/feature")];
    in_github(BRANCH, &feature, &["--context-env"]).exits(1).says("not from feature");
    in_github(BRANCH, &feature, &[]).exits(2).says("`input.ci`").says("--context-env");
    in_github(BRANCH, &[("GITHUB_REF", "refs/heads/main")], &["--context-env"]).exits(0);
}

#[test]
fn a_file_wins_over_the_environment() {
    let args = ["--context-env", "--context", "context.json"];
    in_github(BRANCH, &[("GITHUB_REF", "refs/heads/feature")], &args).exits(0);
}

/// The environment tells less than a convention promises: what a rule reads in vain makes it undecided.
#[test]
fn what_the_environment_does_not_tell_is_not_silently_absent() {
    in_github(BRANCH, &[], &["--context-env"]).exits(2).says("`input.ci.branch`").says("does not tell it");
    let run = "package main\n\ndeny contains \"d\" if input.run.is_destroy\n";
    in_github(run, &[("TFC_RUN_ID", "run-1")], &["--context-env"]).exits(2).says("`input.run.is_destroy`");
    let deep = "package main\n\ndeny contains \"d\" if input.run.workspace.tags[_] == \"x\"\n";
    let workspace = [("TFC_RUN_ID", "run-1"), ("TFC_WORKSPACE_NAME", "prod")];
    in_github(deep, &workspace, &["--context-env"]).exits(2).says("`input.run.workspace.tags`");
    let asked = "package main\n\ndeny contains \"d\" if object.get(input.ci, \"branch\", \"main\") != \"main\"\n";
    in_github(asked, &[], &["--context-env"]).exits(0);
    let typo = "package main\n\ndeny contains \"d\" if input.ci.brnch != \"main\"\n";
    in_github(typo, &[("GITHUB_REF", "refs/heads/feature")], &["--context-env"]).exits(2).says("`input.ci.brnch`");
}

#[test]
fn no_secret_of_the_environment_is_in_reach() {
    let all = "package main\n\ndeny contains msg if {\n\twalk(input, [_, value])\n\tis_string(value)\n\tcontains(value, \"hidden\")\n\tmsg := value\n}\n\nwarn contains json.marshal(input.ci)\n";
    in_github(all, &[("GITHUB_REF", "refs/heads/feature")], &["--context-env"])
        .exits(0)
        .says("feature")
        .hides("hidden");
}
