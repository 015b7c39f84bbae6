//! The sources of a plan: against what Terraform says of them, and as people use them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use camino::Utf8PathBuf;
use plangate::catalog::Catalog;
use plangate::facts;
use plangate::plan::configuration::{ConfigModule, References};
use plangate::plan::hcl;
use plangate::plan::json::{self, Names};
use plangate::plan::{Configuration, Plan, detect};
use plangate::rego::InputSink;
use plangate::sources;
use serde_json::Value;

use crate::harness::{package, plangate, read, repository};

const LIFTED: &str = "fixtures/scenarios/35-prevent-destroy-removed-same-change";

fn plan(bytes: Vec<u8>) -> Plan {
    let document = detect::recognise(bytes).pop().unwrap().unwrap();
    let interest = facts::interest(Catalog::builtin()).unwrap().without_document();
    json::load(&document, &interest, InputSink).unwrap().plan
}

/// What a configuration says, flat: what stands where, and what it refers to.
fn flat(configuration: &Configuration) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    flatten(&configuration.root, "", &mut all);
    for provider in &configuration.providers {
        let said = format!("{:?} {:?}", provider.full_name, provider.expressions);
        all.insert(format!("provider {}", provider.key), BTreeSet::from([said]));
    }
    all
}

fn flatten(module: &ConfigModule, path: &str, all: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut put = |name: String, references: &References| {
        all.insert(format!("{path}{name}"), references.iter().map(ToString::to_string).collect());
    };
    for block in &module.resources {
        let key = block.provider_config_key.as_deref().unwrap_or_default();
        put(format!("{} provider {key}", block.address), &References::default());
        put(format!("{} repetition", block.address), &block.repetition);
        put(format!("{} depends_on", block.address), &block.depends_on);
        for (attribute, references) in &block.references {
            put(format!("{} {attribute}", block.address), references);
        }
    }
    for (name, references) in &module.outputs {
        put(format!("output {name}"), references);
    }
    for (name, call) in &module.calls {
        put(format!("module {name} repetition"), &call.repetition);
        put(format!("module {name} depends_on"), &call.depends_on);
        for (argument, references) in &call.arguments {
            put(format!("module {name} {argument}"), references);
        }
    }
    for (name, call) in &module.calls {
        flatten(&call.module, &format!("{path}module.{name}."), all);
    }
}

/// Terraform's own reading of the same files.
#[test]
fn sources_say_all_that_a_plan_says_of_its_configuration() {
    let settings: Names =
        Catalog::builtin().generic().unwrap().provider_flags.iter().map(|flag| flag.path.as_str()).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for scenario in std::fs::read_dir(package("fixtures/scenarios")).unwrap() {
        let scenario = Utf8PathBuf::from_path_buf(scenario.unwrap().path()).unwrap();
        let plan = plan(std::fs::read(scenario.join("plan.json")).unwrap());
        let Some(said) = &plan.configuration else { continue };
        let sources = sources::read(&scenario.join("config")).unwrap();
        let ours = hcl::configuration(&sources, &settings);
        assert_eq!(ours.managed_resources, said.managed_resources, "{scenario}");
        assert_eq!(ours.declares_variables, said.declares_variables, "{scenario}");
        count += 1;
        let ours = flat(&ours);
        for (name, references) in flat(said) {
            let known = ours.get(&name);
            if known.is_none_or(|known| !known.is_superset(&references)) {
                wrong.push(format!("{}: {name}: {references:?}, ours {known:?}", scenario.file_name().unwrap()));
            }
        }
    }
    assert!(count > 50, "{count}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn findings_say_where_the_block_is() {
    let ran = plangate()
        .args(["check", &format!("{LIFTED}/plan.json"), "--source", &format!("{LIFTED}/config"), "--verbose"])
        .run();
    ran.exits(1).says(&format!("--> {LIFTED}/config/main.tf:101:1"));
    ran.says("101 | resource \"azurerm_mssql_database\" \"dwh\" {").hides("S3cr3t");
    ran.says("not run protection/prevent-destroy-removed (it needs --base COMMIT, and a saved plan or --source DIR)");
    let json = plangate()
        .args(["check", &format!("{LIFTED}/plan.json"), "--source", &format!("{LIFTED}/config"), "--format", "json"])
        .run();
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    let finding = &report["plans"][0]["findings"][0];
    assert_eq!(finding["located"], "resource-block");
    assert_eq!(finding["location"]["file"], format!("{LIFTED}/config/main.tf"));
    assert_eq!((&finding["location"]["line"], &finding["location"]["column"]), (&101.into(), &1.into()));
    let rules = report["plans"][0]["rules"].as_array().unwrap();
    let not_run: Vec<&Value> = rules.iter().filter(|rule| rule["outcome"] == "not-run").collect();
    assert_eq!(not_run.len(), 2, "those that need the sources before: {not_run:?}");
}

#[test]
fn a_construct_is_named_by_its_path() {
    let scenario = "fixtures/scenarios/51-cdktf-json";
    let mut plan: Value = serde_json::from_slice(&read(&format!("{scenario}/plan.json"))).unwrap();
    plan["resource_changes"][0]["change"]["actions"] = serde_json::json!(["delete"]);
    plan["resource_changes"][0]["change"]["before"] = serde_json::json!({});
    plan["resource_changes"][0]["change"]["after"] = Value::Null;
    let kept = serde_json::json!({"address": "t.kept", "type": "t", "change": {"actions": ["no-op"], "before": {}, "after": {}}});
    plan["resource_changes"].as_array_mut().unwrap().push(kept);
    let ran = plangate().args(["check", "-", "--source", &format!("{scenario}/config")]).stdin(plan.to_string()).run();
    ran.says("cdk.tf.json:27:7 (construct etl-stack/rg)");
}

#[test]
fn what_is_gone_from_the_sources_is_said_to_be_gone() {
    let (dir, _) = repository(&[
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"),
        ("m/main.tf", "resource \"aws_s3_bucket\" \"kept\" {}\n"),
        (
            "plan.json",
            r#"{"format_version": "1.2", "resource_changes": [
            {"address": "aws_s3_bucket.a", "type": "aws_s3_bucket", "change": {"actions": ["delete"], "before": {}, "after": null}},
            {"address": "module.m.aws_dynamodb_table.b", "type": "aws_dynamodb_table",
             "change": {"actions": ["delete"], "before": {}, "after": null}},
            {"address": "t.kept", "type": "t", "change": {"actions": ["no-op"], "before": {}, "after": {}}}]}"#,
        ),
    ]);
    let ran = plangate().dir(dir.path()).args(["check", "plan.json", "--source", "."]).run();
    ran.exits(1).says("--> removed from the configuration").says("--> main.tf:1:1 (its module is called here)");
}

#[test]
fn the_configuration_names_the_sources_too() {
    let (dir, _) = repository(&[
        ("plangate.toml", "source = \"infra\"\n"),
        ("infra/main.tf", "resource \"aws_s3_bucket\" \"a\" {}\n"),
        (
            "plan.json",
            r#"{"format_version": "1.2", "resource_changes": [
            {"address": "aws_s3_bucket.a", "type": "aws_s3_bucket", "change": {"actions": ["delete"], "before": {}, "after": null}}]}"#,
        ),
    ]);
    plangate().dir(dir.path()).args(["check", "plan.json"]).run().exits(1).says("--> infra/main.tf:1:1");
    std::fs::remove_dir_all(dir.path().join("infra")).unwrap();
    plangate().dir(dir.path()).args(["check", "plan.json"]).run().exits(2).says("`infra` does not exist");
    // What judges no plan of now needs no sources.
    plangate().dir(dir.path()).args(["rules"]).run().exits(0);
    plangate().dir(dir.path()).args(["calibrate", "plan.json"]).run().exits(0);
}

#[test]
fn a_source_or_base_that_cannot_be_read_ends_with_two() {
    let plan = format!("{LIFTED}/plan.json");
    let check = |args: &[&str]| {
        let args: Vec<&str> = ["check", &plan].into_iter().chain(args.iter().copied()).collect();
        plangate().args(args).run()
    };
    let config = format!("{LIFTED}/config");
    check(&["--source", "nowhere"]).exits(2).says("`nowhere` does not exist");
    check(&["--source", "fixtures/inputs"]).exits(2).says("no Terraform source file");
    check(&["--source", &config, "--base-source", "nowhere"]).exits(2).says("`nowhere` does not exist");
    check(&["--base-source", &config]).exits(2).says("--source DIR");
    check(&["--source", &config, "--base", "no-such-commit"]).exits(2);
}

#[test]
fn a_file_that_does_not_parse_is_said_and_what_hangs_on_it_is_undecided() {
    let (dir, _) = repository(&[
        ("main.tf", "resource \"terraform_data\" \"a\" {}\n"),
        ("broken.tf", "resource \"terraform_data\" {{{ hunter2\n"),
        (
            "plan.json",
            r#"{"format_version": "1.2", "resource_changes": [
            {"address": "terraform_data.b", "type": "terraform_data",
             "change": {"actions": ["delete"], "before": {}, "after": null}}]}"#,
        ),
    ]);
    let ran = plangate().dir(dir.path()).args(["check", "plan.json", "--source", "."]).run();
    ran.exits(2)
        .says("the source broken.tf:1:")
        .says("rule `plan/destroy-provisioner` cannot be decided")
        .hides("hunter2");
}

/// Whether `git` can be run here; tests never need it.
fn git(dir: &Path, args: &[&str]) -> bool {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").arg("-C").arg(dir).args(identity).args(args).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_commit_is_compared_with_where_there_is_git() {
    let database = |inner: &str| {
        format!(
            "resource \"azurerm_mssql_database\" \"dwh\" {{\n  name = \"x\"\n{inner}}}\n\nmodule \"m\" {{\n  source = \"../m\"\n}}\n"
        )
    };
    let guarded = database("  lifecycle {\n    prevent_destroy = true\n  }\n");
    let bare = database("");
    let (dir, _) = repository(&[
        ("env/main.tf", guarded.as_str()),
        ("m/main.tf", "resource \"aws_s3_bucket\" \"b\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n"),
        (
            "plan.json",
            r#"{"format_version": "1.2", "resource_changes": [
            {"address": "azurerm_mssql_database.dwh", "type": "azurerm_mssql_database",
             "change": {"actions": ["delete", "create"], "before": {"name": "x"}, "after": {"name": "x"}}}]}"#,
        ),
    ]);
    let at = dir.path();
    if !(git(at, &["init", "-q"]) && git(at, &["add", "."]) && git(at, &["commit", "-qm", "before"])) {
        return;
    }
    std::fs::write(at.join("env/main.tf"), bare).unwrap();
    std::fs::write(at.join("m/main.tf"), "resource \"aws_s3_bucket\" \"b\" {}\n").unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let check = |args: &[&str]| plangate().dir(at).env("PATH", &path).args(args.iter().copied()).run();
    let ran = check(&["check", "plan.json", "--source", "env", "--base", "HEAD"]);
    ran.exits(1).says("deny protection/prevent-destroy-removed").says("HEAD:env/main.tf:4");
    ran.says("module.m.aws_s3_bucket.b").says("HEAD:m/main.tf:3").says("This plan does not destroy it");
    check(&["check", "plan.json", "--source", "env", "--base", "--upload-pack=x"]).exits(2);
    check(&["check", "plan.json", "--source", "env", "--base", "main~7"]).exits(2).says("no commit `main~7`");
    let explained = check(&["explain", "azurerm_mssql_database.dwh", "plan.json", "--source", "env", "--base", "HEAD"]);
    explained.exits(0).says("put prevent_destroy back").says("env/main.tf:1");
}

#[test]
fn the_graph_follows_local_values_of_the_sources() {
    let scenario = "fixtures/scenarios/52-nested-modules";
    let graph = |args: &[&str]| {
        let plan = format!("{scenario}/plan.json");
        let args: Vec<&str> = ["graph", &plan, "--format", "json"].into_iter().chain(args.iter().copied()).collect();
        let ran = plangate().args(args).run();
        ran.exits(0);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let opaque = |graph: &Value| graph.to_string().contains("opaque");
    let (bare, with) = (graph(&[]), graph(&["--source", &format!("{scenario}/config")]));
    assert_ne!(bare, with);
    assert!(!opaque(&with) || opaque(&bare), "{with:#}");
}

/// A rule that reads what is not there would find nothing, which looks like a clean plan.
#[test]
fn a_rule_of_the_repository_that_needs_sources_is_not_clean_without_them() {
    let rule = |meta: &str, body: &str| {
        format!(
            "package main\n\nimport rego.v1\n\n{meta}deny contains change.address if {{\n\tsome change in input.plangate.changes\n\t{body}\n}}\n"
        )
    };
    let plan = r#"{"format_version": "1.2", "resource_changes": [
        {"address": "aws_vpc.a", "type": "aws_vpc", "change": {"actions": ["update"], "before": {}, "after": {}}}]}"#;
    let reads = "change.source.prevent_destroy.value == \"true\"";
    let run = |policy: &str, args: &[&str]| {
        let guarded = "resource \"aws_vpc\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n";
        let (dir, _) = repository(&[("policy/a.rego", policy), ("plan.json", plan), ("infra/main.tf", guarded)]);
        let args: Vec<&str> = ["check", "plan.json", "--verbose"].into_iter().chain(args.iter().copied()).collect();
        plangate().dir(dir.path()).args(args).run()
    };
    run(&rule("", reads), &[]).exits(2).says("reads `input.plangate.changes[_].source`");
    let whole = format!("{reads}\n\tcontains(sprintf(\"%v\", [change]), \"vpc\")");
    run(&rule("", &whole), &[]).exits(2).says("reads `input.plangate.changes[_].source`");
    run(&rule("", reads), &["--source", "infra"]).exits(1).says("deny main.deny");
    let needs = "# METADATA\n# custom:\n#   needs: sources\n";
    run(&rule(needs, reads), &[]).exits(0).says("not run main.deny");
    run(&rule("", "not input.plangate.sources\n\tchange.type == \"x\""), &[]).exits(0);
}
