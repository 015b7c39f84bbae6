//! Reports of `plangate audit`, read as their consumers read them.

use std::collections::BTreeMap;
use std::fs;

use plangate::gate::AuditRequest;
use plangate::report::audit::{Audit, Grouping, PathTemplate};
use plangate::report::format::{FORMATS, Options};
use plangate::report::private::Key;
use plangate::verdict::Verdict;
use serde_json::{Value, json};

use super::html::links_hold;
use super::parsers::{azure, github, github_outputs, parse_xml, tap};
use super::{destroyed, is_sarif, plan};
use crate::audit::{audit_with, estate, folder, path};
use crate::harness::{plangate, read};

const REPLACE: &str = "fixtures/scenarios/05-replace-force-new";
/// Has one source file.
const DISARM: &str = "fixtures/scenarios/64-aws-disarm";

fn written(audit: &Audit, format: &str) -> String {
    audit.render(format, &Options::default()).unwrap().unwrap()
}

/// An audit of which not everything is listed.
fn cut() -> Audit {
    let dir = estate();
    let grouping = Some(Grouping::parse("**/plans/{team}/**").unwrap());
    let audit = audit_with(&[path(&dir, "plans")], &AuditRequest { listed: 1, grouping, ..AuditRequest::default() });
    assert!(audit.verdict() == Verdict::Undecided && audit.report().left_out.counting() > 0);
    audit
}

#[test]
fn code_scanning_gets_what_is_listed_and_a_result_for_the_rest() {
    let audit = cut();
    let run = is_sarif(&written(&audit, "sarif"))["runs"][0].clone();
    let results = run["results"].as_array().unwrap();
    let last = results.last().unwrap();
    assert_eq!((&last["ruleId"], &last["level"]), (&json!("plangate/more-results"), &json!("error")));
    let rest = audit.report().left_out.counting();
    assert!(last["message"]["text"].as_str().unwrap().starts_with(&format!("{rest} results are not listed here")));
    let issues: Vec<Value> = serde_json::from_str(&written(&audit, "gitlab")).unwrap();
    assert_eq!(issues.len(), results.len());
    assert_eq!(
        (&issues[issues.len() - 1]["severity"], &issues[0]["severity"]),
        (&json!("critical"), &json!("blocker"))
    );
}

#[test]
fn nothing_of_a_plan_is_listed_and_it_blocks_all_the_same() {
    let dir = folder(&[("plan.json", read(&format!("{REPLACE}/plan.json")))]);
    let audit = audit_with(&[path(&dir, "plan.json")], &AuditRequest { listed: 0, ..AuditRequest::default() });
    let results = is_sarif(&written(&audit, "sarif"))["runs"][0]["results"].clone();
    assert_eq!((results.as_array().unwrap().len(), &results[0]["level"]), (1, &json!("error")));
    let issues: Vec<Value> = serde_json::from_str(&written(&audit, "gitlab")).unwrap();
    assert_eq!((issues.len(), &issues[0]["severity"]), (1, &json!("critical")));
    assert!(!tap(&written(&audit, "tap"))[0].ok);
    assert!(written(&audit, "azure").contains("result=Failed;"));
    assert!(written(&audit, "html").contains("8 deny") || written(&audit, "html").contains("<dd>8</dd>"));
}

#[test]
fn ci_systems_see_commands_and_the_worst_verdict() {
    let audit = cut();
    let text = written(&audit, "github");
    let commands: Vec<_> = text.lines().map(|line| github(line).unwrap_or_else(|| panic!("{line}"))).collect();
    assert_eq!((commands[0].name.as_str(), commands[0].properties["title"].as_str()), ("error", "plangate"));
    let totals = audit.totals();
    assert!(commands[0].data.contains(&format!(", {} deny, ", totals.findings.deny)), "{:?}", commands[0]);
    let outputs = github_outputs(&plangate::report::github::outputs(audit.report()));
    assert_eq!((&outputs["deny"], &outputs["plans"]), (&totals.findings.deny.to_string(), &totals.plans().to_string()));
    let text = written(&audit, "azure");
    let commands: Vec<_> = text.lines().filter_map(azure).collect();
    assert_eq!(commands.last().unwrap().properties["result"], "Failed");
}

#[test]
fn tap_has_a_point_for_each_plan() {
    let audit = cut();
    let points = tap(&written(&audit, "tap"));
    let of_run = audit.report().problems.len() + audit.report().findings.len();
    assert_eq!(points.len(), audit.plans().count() + of_run);
    for (point, (plan, row)) in points.iter().skip(of_run).zip(audit.plans()) {
        assert_eq!(point.ok, plan.verdict == Verdict::Allowed, "{point:?}");
        assert!(point.description.starts_with(plan.verdict.as_str()) && point.directive.is_none());
        let said = point.diagnostics.get("message").map_or("", String::as_str);
        assert_eq!(said.contains("not listed"), row.left_out.findings.total() > 0, "{point:?}");
    }
}

#[test]
fn the_page_has_tables_and_links_that_hold() {
    let audit = cut();
    let text = written(&audit, "html");
    links_hold(&text);
    for title in ["By {team}", "By rule", "By resource type", "By severity"] {
        assert!(text.contains(title), "{title}");
    }
    let sections = text.matches("<section class=\"plan\"").count();
    let told = audit.plans().filter(|(plan, _)| !plan.findings.is_empty() || !plan.problems.is_empty()).count();
    assert_eq!(sections, told);
    assert!(sections < audit.plans().count(), "of a plan without findings there is a row and no section");
    parse_xml(&written(&audit, "junit"));
}

#[test]
fn a_step_of_github_actions_gets_the_totals() {
    let dir = folder(&[("plans/a.json", read(&format!("{REPLACE}/plan.json")))]);
    let (outputs, summary) = (dir.path().join("outputs"), dir.path().join("summary"));
    let program = plangate()
        .dir(dir.path())
        .env("GITHUB_OUTPUT", outputs.to_str().unwrap())
        .env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    program.args(["audit", "plans", "--max-listed", "1", "-o", "github"]).run().exits(1);
    let outputs = github_outputs(&fs::read_to_string(&outputs).unwrap());
    assert_eq!((outputs["verdict"].as_str(), outputs["deny"].as_str()), ("blocked", "8"));
    assert!(fs::read_to_string(&summary).unwrap().contains("### By rule"));
}

#[test]
fn no_format_shows_a_name_under_a_private_key() {
    let change = |address: &str, name: &str| {
        let before = json!({"name": name, "id": format!("/subscriptions/acme-subscription/{name}")});
        destroyed(address, "azurerm_storage_account", &before, &json!({}))
    };
    let mut broken = change("azurerm_storage_account.acme_broken", "acme-broken");
    broken["change"]["actions"] = json!(["no-op"]);
    let dir = folder(&[
        ("one.json", plan(&[change("module.acme_module[\"k\"].azurerm_storage_account.acme_label", "acmename")])),
        ("two.json", plan(&[broken])),
    ]);
    let key = Key::new(b"0123456789abcdef").unwrap();
    let audit = |key: Option<Key>| {
        let mut stages = crate::harness::built_in();
        stages.collect_names = true;
        let selection = plangate::selection::select(&[path(&dir, "")], &mut || panic!("reads no stream"));
        plangate::gate::audit(&stages, selection, &AuditRequest { key, ..AuditRequest::default() }, &|_| {}).unwrap()
    };
    let (hidden, open) = (audit(Some(key)), audit(None));
    assert_eq!(hidden.totals().findings, open.totals().findings);
    let mut options = Options::default();
    options.human.verbose = true;
    for format in FORMATS.iter().filter(|format| **format != "markdown") {
        let text = |audit: &Audit| audit.render(format, &options).unwrap().unwrap();
        assert!(text(&open).contains("acme_label"), "{format}");
        assert!(!text(&hidden).contains("acme") && text(&hidden).contains("hmac-"), "{format}: {}", text(&hidden));
    }
}

#[test]
fn plans_of_a_group_have_the_sources_of_their_group() {
    let source = |name: &str| (format!("infra/{name}/main.tf"), read(&format!("{DISARM}/config/main.tf")));
    let of_plan = |name: &str| (format!("plans/{name}/plan.json"), read(&format!("{DISARM}/plan.json")));
    let files: Vec<(String, Vec<u8>)> = vec![source("a"), of_plan("a"), of_plan("b"), of_plan("deep/er")];
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let dir = folder(&files);
    let grouping = Grouping::parse("**/plans/{pipeline}/plan.json").unwrap();
    let sources = PathTemplate::parse(&path(&dir, "infra/{pipeline}"), Some(&grouping)).unwrap();
    let request = AuditRequest { grouping: Some(grouping), sources, ..AuditRequest::default() };
    let audit = audit_with(&[path(&dir, "plans")], &request);
    let plans: BTreeMap<String, _> = audit.plans().map(|(plan, _)| (plan.path.clone(), plan)).collect();
    let of = |name: &str| plans[&path(&dir, &format!("plans/{name}/plan.json"))];
    let file = of("a").findings.iter().find_map(|finding| finding.location.as_ref()).map(|at| at.file.clone());
    assert_eq!(file, Some(path(&dir, "infra/a/main.tf")));
    assert_eq!(of("a").verdict, Verdict::Blocked);
    for (name, says) in [("b", "infra/b"), ("deep/er", "is of no group")] {
        assert_eq!(of(name).verdict, Verdict::Undecided);
        assert!(of(name).problems[0].message.contains(says), "{:?}", of(name).problems);
    }

    let run = |args: &[&str]| plangate().dir(dir.path()).args(["audit", "plans"].iter().chain(args).copied()).run();
    run(&["--source", "infra/{pipeline}"]).exits(2).says("which `--group-by` does not capture");
    let one = run(&["--source", "infra/a", "-o", "csv=a.csv", "-o", "sarif"]);
    one.exits(1);
    assert!(one.stdout.contains("\"infra/a/main.tf\""));
    run(&["--source", "infra/none"]).exits(2).says("infra/none");
}
