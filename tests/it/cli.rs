//! What a person or a CI system sees of the program.

use serde_json::Value;

use crate::harness::{plangate, read};

const NOOP: &str = "fixtures/scenarios/02-noop/plan.json";
const REPLACE: &str = "fixtures/scenarios/05-replace-force-new/plan.json";
const STATE: &str = "fixtures/inputs/terraform-show-json-state.json";

fn report(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap()
}

#[test]
fn exit_code_0_allowed() {
    plangate().args(["check", NOOP]).run().exits(0).says("allowed");
}

#[test]
fn exit_code_1_blocked() {
    plangate().args(["check", REPLACE]).run().exits(1).says("blocked").says("azurerm_storage_account.lake");
}

#[test]
fn exit_code_2_undecided() {
    plangate().args(["check", STATE]).run().exits(2).says("state").says("terraform show -json");
}

#[test]
fn undecided_outweighs_blocked_outweighs_allowed() {
    plangate().args(["check", NOOP, REPLACE]).run().exits(1);
    plangate().args(["check", NOOP, STATE, REPLACE]).run().exits(2).says("azurerm_storage_account.lake");
}

#[test]
fn without_a_plan_there_is_a_usage_error_not_a_hang() {
    plangate().args(["check"]).run().exits(2).says("PLAN");
    plangate().run().exits(2);
    plangate().args(["check", "--no-such-flag", NOOP]).run().exits(2);
}

#[test]
fn standard_input_is_read_only_when_named() {
    plangate().args(["check", "-"]).stdin(read(REPLACE)).run().exits(1);
    plangate().args(["check", "-"]).stdin("").run().exits(2).says("empty");
    plangate().args(["check", "-", "-"]).stdin(read(NOOP)).run().exits(2);
}

#[test]
fn a_glob_that_matches_nothing_is_an_error() {
    plangate().args(["check", "fixtures/none/*.json"]).run().exits(2).says("matches no file");
    plangate()
        .args(["check", "fixtures/scenarios/0[23]-*/plan.json"])
        .run()
        .exits(0)
        .says("02-noop")
        .says("03-update-inplace");
}

#[test]
fn an_existing_file_is_never_a_glob() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plan[1].json"), read(REPLACE)).unwrap();
    std::fs::write(dir.path().join("plan1.json"), read(NOOP)).unwrap();
    plangate().dir(dir.path()).args(["check", "plan[1].json"]).run().exits(1);
}

#[test]
fn missing_files_and_directories_are_undecided_with_a_reason() {
    plangate().args(["check", "nowhere.json"]).run().exits(2).says("nowhere.json");
    plangate().args(["check", "fixtures"]).run().exits(2).says("directory");
    plangate().args(["check", NOOP, "nowhere.json"]).run().exits(2).says("02-noop");
}

#[test]
fn reports_go_to_files_and_one_to_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("report.json");
    let output = format!("json={}", file.display());
    plangate().args(["check", REPLACE, "-o", &output]).run().exits(1).says("blocked");
    let written = report(&std::fs::read_to_string(&file).unwrap());
    assert_eq!((written["verdict"].as_str(), written["exit_code"].as_u64()), (Some("blocked"), Some(1)));
    let ran = plangate().args(["check", REPLACE, "--format", "json"]).run();
    assert_eq!(report(&ran.stdout), written);
    plangate().args(["check", NOOP, "-o", "json", "-o", "human"]).run().exits(2).says("standard output");
    plangate().args(["check", NOOP, "-o", "yaml"]).run().exits(2).says("yaml");
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_run_undecided() {
    plangate().args(["check", NOOP, "-o", "json=/no/such/directory/report.json"]).run().exits(2).says("report.json");
}

#[test]
fn a_broken_configuration_still_gives_a_json_report() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plangate.toml"), "polices = 1\n").unwrap();
    std::fs::write(dir.path().join("plan.json"), read(NOOP)).unwrap();
    let ran = plangate().dir(dir.path()).args(["check", "plan.json", "--format", "json"]).run();
    let written = report(&ran.exits(2).stdout);
    assert_eq!(written["problems"][0]["code"], "config");
    assert_eq!(written["problems"][0]["location"]["line"], 1);
}

#[test]
fn the_configuration_is_found_from_a_directory_below_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("a/b");
    std::fs::create_dir_all(dir.path().join(".git")).unwrap();
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(dir.path().join("plangate.toml"), "fail-on = \"warn\"\npolicies = [\"rules\"]\n").unwrap();
    std::fs::create_dir_all(dir.path().join("rules")).unwrap();
    std::fs::write(dir.path().join("rules/p.rego"), "package main\nwarn contains \"m\"\n").unwrap();
    std::fs::write(below.join("plan.json"), read(NOOP)).unwrap();
    plangate().dir(&below).args(["check", "plan.json"]).run().exits(1).says("../../rules/p.rego");
}

#[test]
fn an_escape_sequence_in_a_file_name_or_a_value_is_shown_harmlessly() {
    let dir = tempfile::tempdir().unwrap();
    let name = "plan\u{1b}[31m.json";
    std::fs::write(dir.path().join(name), read(STATE)).unwrap();
    plangate().dir(dir.path()).args(["check", name]).run().exits(2).hides("\u{1b}").says("\\u{1b}");
    std::fs::write(dir.path().join("plangate.toml"), "fail-on = \"a\\u001b[31mb\"\n").unwrap();
    plangate().dir(dir.path()).args(["check", name]).run().exits(2).hides("\u{1b}");
}

#[test]
fn an_error_far_right_in_a_one_line_plan_is_located_without_showing_the_plan() {
    let mut text =
        String::from("{\"format_version\":\"1.2\",\"variables\":{\"password\":{\"value\":\"Tr0ub4dor\"}},\"pad\":\"");
    text.push_str(&"x".repeat(100_000));
    text.push_str("\",\"resource_changes\":[nonsense]}");
    let ran = plangate().args(["check", "-"]).stdin(text).run();
    ran.exits(2).says("column 100").hides("Tr0ub4dor").hides("xxxxxxxxxx");
}

#[test]
fn inspect_shows_the_policy_input_without_secrets() {
    let ran = plangate().args(["inspect", REPLACE]).run();
    ran.exits(0).hides("S3cr3t-in-state");
    let shown = report(&ran.stdout);
    assert_eq!(shown["format_version"], "1.2");
    assert_eq!(shown["plangate"]["version"], 1);
    plangate().args(["inspect", REPLACE, "--reveal-secrets"]).run().exits(0).says("S3cr3t-in-state");
    plangate().args(["inspect", STATE]).run().exits(2);
}

#[test]
fn rules_lists_level_and_origin() {
    let ran = plangate().args(["rules"]).run();
    ran.exits(0).says("stateful/destroy-data-store").says("built-in").says("plan/unknown-action");
    let listed = report(&plangate().args(["rules", "--format", "json"]).run().stdout);
    let ids: Vec<&str> = listed["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.contains(&"waiver/unused"), "{ids:?}");
}

#[test]
fn every_report_states_the_exit_code_of_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let good = format!("json={}", dir.path().join("good.json").display());
    plangate().args(["check", NOOP, "-o", &good, "-o", "human=/no/such/directory/x"]).run().exits(2);
    let written = report(&std::fs::read_to_string(dir.path().join("good.json")).unwrap());
    assert_eq!((written["verdict"].as_str(), written["exit_code"].as_u64()), (Some("undecided"), Some(2)));
}

#[test]
fn outputs_that_would_destroy_something_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plan.json"), read(NOOP)).unwrap();
    for outputs in
        [["json=x", "human=x"], ["json=plan.json", "human=y"], ["json=-", "human"], ["json=/dev/stdout", "human"]]
    {
        let ran = plangate().dir(dir.path()).args(["check", "plan.json", "-o", outputs[0], "-o", outputs[1]]).run();
        ran.exits(2);
    }
    assert_eq!(std::fs::read(dir.path().join("plan.json")).unwrap(), read(NOOP));
    plangate().args(["check", NOOP, "--format", "json=x"]).run().exits(2);
}

#[test]
fn machine_output_keeps_every_character() {
    let plan = br#"{"format_version": "1.2", "resource_changes": [{"address": "aws_s3_bucket.x[\"\u007f\"]", "mode": "managed",
        "type": "aws_s3_bucket", "change": {"actions": ["delete"], "before": {}, "after": null}}]}"#;
    let ran = plangate().args(["check", "-", "--format", "json"]).stdin(plan.to_vec()).run();
    assert_eq!(report(&ran.exits(1).stdout)["plans"][0]["findings"][0]["address"], "aws_s3_bucket.x[\"\u{7f}\"]");
}

#[test]
fn arguments_out_of_range_are_usage_errors() {
    for args in [
        ["--threads", "0"],
        ["--threads", "100000"],
        ["--rule-timeout", "0"],
        ["--rule-timeout", "18446744073709551615"],
        ["--max-memory", "1"],
        ["--max-memory", "nonsense"],
    ] {
        plangate().args(["check", NOOP]).args(args).run().exits(2).hides("internal error");
        plangate().args(["rules"]).args(args).run().exits(2).hides("internal error");
    }
}

#[test]
fn configuration_and_policies_can_be_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("c.toml"), "policies = []\n").unwrap();
    std::fs::write(dir.path().join("p.rego"), "package main\nwarn contains \"careful\"\n").unwrap();
    std::fs::write(dir.path().join("plan.json"), read(NOOP)).unwrap();
    let here = |args: &[&'static str]| {
        plangate().dir(dir.path()).args(["check", "plan.json"]).args(args.iter().copied()).run()
    };
    here(&["--config", "c.toml"]).exits(0).says("policies = []");
    here(&["--policy", "p.rego"]).exits(0).says("careful");
    here(&["--policy", "p.rego", "--fail-on", "warn"]).exits(1);
    here(&["--config", "none.toml"]).exits(2).says("none.toml");
    here(&["--policy", "none.rego"]).exits(2).says("none.rego");
    here(&["--verbose"]).exits(0).says("stateful/destroy-data-store");
    here(&["--expect", "refresh-only"]).exits(0);
    here(&["--color", "always"]).exits(0).says("\u{1b}[");
    here(&["--color", "never"]).exits(0).hides("\u{1b}");
}

#[test]
fn the_day_of_the_run_is_the_utc_day_of_now() {
    let dir = tempfile::tempdir().unwrap();
    let waiver = "[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"a.b\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-11-23\n";
    std::fs::write(dir.path().join("plangate.waivers.toml"), waiver).unwrap();
    std::fs::write(dir.path().join("plan.json"), read(NOOP)).unwrap();
    let at = |now: &'static str| plangate().dir(dir.path()).args(["check", "plan.json", "--now", now]).run();
    at("2026-11-23T23:59:59Z").exits(0).hides("waiver/expired");
    at("2026-11-24T00:30:00+01:00").exits(0).hides("waiver/expired");
    at("2026-11-24T00:00:00Z").exits(0).says("waiver/expired");
}

#[test]
fn completions_and_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        plangate().args(["completions", shell]).run().exits(0).says("plangate");
    }
    plangate().args(["man"]).run().exits(0).says(".TH plangate").says("rule\\-timeout");
    plangate().args(["--version"]).run().exits(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_info_finding_is_hidden_but_counted_and_a_deny_is_never_hidden() {
    let ran = plangate().args(["check", REPLACE, "--show", "deny"]).run();
    ran.exits(1).says("azurerm_storage_account.lake");
    plangate().args(["check", REPLACE, "--show", "info"]).run().exits(1).hides("hidden");
}

#[test]
fn now_must_be_a_time() {
    plangate().args(["check", NOOP, "--now", "yesterday"]).run().exits(2).says("RFC 3339");
}

#[cfg(unix)]
#[test]
fn running_out_of_memory_is_not_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("policy")).unwrap();
    std::fs::write(
        dir.path().join("policy/p.rego"),
        "package main\ndeny contains \"x\" if { count([[a, b] | some a in numbers.range(1, 20000); some b in numbers.range(1, 20000)]) == 0 }\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("plan.json"), read(NOOP)).unwrap();
    let ran = plangate().dir(dir.path()).args(["check", "plan.json", "--max-memory", "700MiB", "--threads", "1"]).run();
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert!(!ran.stderr.is_empty(), "{ran:#?}");
}

#[test]
fn threads_change_no_byte() {
    let plans = ["check", REPLACE, NOOP, STATE, "--format", "json", "--threads"];
    let one = plangate().args(plans).args(["1"]).run();
    let eight = plangate().args(plans).args(["8"]).run();
    assert_eq!(one.stdout, eight.stdout);
}

#[test]
fn the_human_report_reads_as_agreed() {
    let ran = plangate().args(["check", REPLACE]).run();
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["snapshots/replace.txt"]);
    let ran = plangate().args(["check", "fixtures/scenarios/24-destroy-mode/plan.json"]).run();
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["snapshots/destroy-mode.txt"]);
    let ran = plangate().args(["check", "fixtures/scenarios/19-rename-without-moved/plan.json"]).run();
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["snapshots/rename.txt"]);
    let ran = plangate().args(["check", STATE, "fixtures/inputs/truncated.json"]).run();
    snapbox::assert_data_eq!(ran.stdout, snapbox::file!["snapshots/refused.txt"]);
}

#[test]
fn the_graph_is_printed_around_an_address_and_for_what_is_destroyed() {
    let destroyed = plangate().args(["graph", REPLACE, "--destroyed", "--format", "json"]).run();
    let graph = report(&destroyed.exits(0).stdout);
    let lost: Vec<&str> = graph["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["lost_with_container"] == true)
        .map(|node| node["address"].as_str().unwrap())
        .collect();
    assert_eq!(
        lost,
        [
            "module.dataset[\"customers\"].databricks_sql_table.delta",
            "module.dataset[\"orders\"].databricks_sql_table.delta"
        ]
    );
    let around =
        plangate().args(["graph", REPLACE, "--around", "azurerm_storage_container.zone", "--format", "mermaid"]).run();
    around.exits(0).says("flowchart LR").says("storage_account_id").hides("azurerm_mssql_server").hides("S3cr3t");
    plangate().args(["graph", REPLACE]).run().exits(0).says("digraph plan {").hides("S3cr3t");
    let unknown = plangate().args(["graph", REPLACE, "--around", "azurerm_storage_acount.lake"]).run();
    unknown.exits(2).says("did you mean `azurerm_storage_account.lake`?");
}
