//! Every built-in rule fires on its `deny_*` cases, as `expected.json` says, and on none of its `allow_*` cases.

use camino::Utf8PathBuf;
use plangate::finding::RuleId;
use plangate::gate::{self, TestRequest};
use plangate::source::SourceFile;
use plangate::testing::{self, Case, Folder, Status, Suite};
use serde_json::{Value, json};

use crate::harness::{built_in, judge, package, plangate, setup};

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

/// The cases beside a built-in rule, as those of a repository are found.
fn cases(rule: &str) -> Vec<Case> {
    let path = Utf8PathBuf::from_path_buf(package("policies").join(rule).join("cases")).unwrap();
    let names = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // Directories beside a case hold its sources.
    let mut files: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
    files.sort();
    let expected = std::fs::read_to_string(path.join("expected.json")).unwrap();
    let expected = Some(SourceFile::new(path.join("expected.json").as_str(), expected));
    testing::cases_of(&Folder { path, rules: vec![RuleId::new(rule)], files, expected })
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn every_case_gives_what_its_rule_expects() {
    let mut stages = built_in();
    // The rule about limits says nothing without them.
    let limits = &mut stages.eval.input.limits;
    (limits.destroyed, limits.replaced, limits.changed) = (Some(10), Some(3), Some(20));
    let rules = rule_directories();
    assert!(rules.len() >= 4, "{rules:?}");
    let cases: Vec<Case> = rules.iter().flat_map(|rule| cases(rule)).collect();
    let all = cases.len();
    let program = stages.policies.program().clone();
    let suite = Suite { program, rules: Vec::new(), cases, policies: std::collections::BTreeSet::new() };
    let report = gate::test(&stages, suite, &TestRequest::default());
    let wrong: Vec<_> = report.tests.iter().filter(|test| test.status != Status::Passed).collect();
    assert!(wrong.is_empty() && report.problems.is_empty(), "{wrong:#?} {:#?}", report.problems);
    assert_eq!(report.tests.len(), all);
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
        known: None,
    });
    plangate::rego::Program::load(modules.collect(), &limits).unwrap_or_else(|problems| panic!("{problems:#?}"));
}

/// Owner rule of what is destroyed, and of what is gone when a refresh-only plan is accepted; none where nothing must be
/// said.
struct Kind {
    resource_type: &'static str,
    before: &'static str,
    destroys: &'static str,
    gone: Option<&'static str>,
}

impl Kind {
    /// The owner of a destroyed object; deposed stores have their own.
    fn owner(&self, deposed: bool) -> &'static str {
        if deposed && [STORE, KEY].contains(&self.destroys) { DEPOSED } else { self.destroys }
    }
}

const STORE: &str = "stateful/destroy-data-store";
const KEY: &str = "protection/key-destroyed";
const DISCOVERY: &str = "discovery/destroyed";
const DEPOSED: &str = "stateful/deposed";
const CATALOGUED: &str = "stateful/destroy-catalogued";
const UNCATALOGUED: &str = "stateful/uncatalogued-destroy";
const FORGET: Option<&str> = Some("stateful/forget-data-store");

/// One type for each status of the catalogue, with and without variants and guards.
const KINDS: [Kind; 12] = [
    Kind { resource_type: "aws_dynamodb_table", before: "{}", destroys: STORE, gone: FORGET },
    Kind {
        resource_type: "azurerm_postgresql_flexible_server",
        before: r#"{"create_mode": "Replica"}"#,
        destroys: STORE,
        gone: FORGET,
    },
    Kind {
        resource_type: "google_sql_database_instance",
        before: r#"{"deletion_policy": "ABANDON", "deletion_protection": true}"#,
        destroys: STORE,
        gone: FORGET,
    },
    Kind { resource_type: "aws_s3_bucket", before: r#"{"force_destroy": true}"#, destroys: STORE, gone: FORGET },
    Kind {
        resource_type: "azapi_resource",
        before: r#"{"type": "Microsoft.Storage/storageAccounts@2023-01-01"}"#,
        destroys: STORE,
        gone: FORGET,
    },
    Kind { resource_type: "aws_s3_bucket_versioning", before: "{}", destroys: "protection/guard-removed", gone: None },
    Kind { resource_type: "azurerm_data_factory_pipeline", before: "{}", destroys: DISCOVERY, gone: None },
    Kind { resource_type: "aws_vpc", before: "{}", destroys: CATALOGUED, gone: None },
    Kind { resource_type: "aws_kms_key", before: "{}", destroys: KEY, gone: FORGET },
    Kind { resource_type: "aws_security_group", before: "{}", destroys: UNCATALOGUED, gone: None },
    Kind { resource_type: "acme_widget", before: "{}", destroys: UNCATALOGUED, gone: None },
    Kind { resource_type: "acme_database", before: "{}", destroys: UNCATALOGUED, gone: FORGET },
];

/// Every combination of what a phrase depends on: an entry of a list of changes each, with the rule that owns it.
fn entries(kind: &Kind, place: &str) -> Vec<(Value, Option<&'static str>)> {
    let before: Value = serde_json::from_str(kind.before).unwrap();
    let mut entries = Vec::new();
    let verbs = [
        (json!(["delete"]), true),
        (json!(["delete", "create"]), true),
        (json!(["create", "delete"]), true),
        (json!(["shred"]), true),
        (json!([]), true),
        (json!(["forget"]), false),
        (json!(["create", "forget"]), false),
        (json!(["forget", "create"]), false),
    ];
    let reasons = [None, Some("delete_because_no_resource_config"), Some("delete_because_mercury")];
    for (actions, destroys) in &verbs {
        for deposed in [false, true] {
            for reason in reasons {
                for paths in [0, 1, 4] {
                    for moved in [false, true] {
                        let key = format!("{place}-{}", entries.len());
                        let paths: Vec<Value> = (0..paths).map(|at| json!([format!("attribute_{at}")])).collect();
                        let mut entry = json!({
                            "address": format!("{}.x[\"{key}\"]", kind.resource_type),
                            "type": kind.resource_type,
                            "change": {"actions": actions, "before": before, "after": null, "before_sensitive": {},
                                "after_sensitive": {}, "replace_paths": paths},
                        });
                        if deposed {
                            entry["deposed"] = json!("0badcafe");
                        }
                        if let Some(reason) = reason {
                            entry["action_reason"] = json!(reason);
                        }
                        if moved {
                            entry["previous_address"] = json!(format!("{}.y[\"{key}\"]", kind.resource_type));
                        }
                        entries.push((entry, if *destroys { Some(kind.owner(deposed)) } else { FORGET }));
                    }
                }
            }
        }
    }
    entries
}

/// The rules that own what happens to an object: exactly one of them reports it.
const OWNERS: [&str; 9] = [
    "discovery/destroyed",
    "discovery/renamed",
    "protection/guard-removed",
    "protection/key-destroyed",
    "stateful/deposed",
    "stateful/destroy-catalogued",
    "stateful/destroy-data-store",
    "stateful/forget-data-store",
    "stateful/uncatalogued-destroy",
];

/// Judges a plan and demands exactly one finding of its owner for each entry.
fn demand(stages: &plangate::gate::Stages, plan: &Value, expected: &[(Value, Option<&'static str>)]) {
    let report = judge(stages, &[("product", plan.to_string().into_bytes())]);
    let plan = &report.plans[0];
    assert!(plan.problems.is_empty(), "{:#?}", plan.problems);
    let mut found: std::collections::BTreeMap<(&str, Option<&str>), Vec<&str>> = std::collections::BTreeMap::new();
    for finding in plan.findings.iter().filter(|finding| OWNERS.contains(&finding.rule.as_str())) {
        let subject = finding.subject.as_ref().unwrap();
        assert!(!finding.message.contains("  ") && !finding.message.contains("cannot put in words"), "{finding:#?}");
        found.entry((subject.address.as_str(), subject.deposed.as_deref())).or_default().push(finding.rule.as_str());
    }
    for (entry, owner) in expected {
        let key = (entry["address"].as_str().unwrap(), entry["deposed"].as_str());
        let rules = found.remove(&key).unwrap_or_default();
        assert_eq!(rules, owner.iter().copied().collect::<Vec<_>>(), "{entry:#}");
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A phrase that is undefined for some combination of facts would silence its rule.
#[test]
fn no_combination_of_facts_silences_a_rule() {
    let mut stages = built_in();
    for kind in &KINDS {
        let (now, later) = (entries(kind, "now"), entries(kind, "later"));
        let changes: Vec<&Value> = now.iter().map(|(entry, _)| entry).collect();
        let deferred: Vec<Value> = later
            .iter()
            .map(|(entry, _)| json!({"reason": "provider_config_unknown", "resource_change": entry}))
            .collect();
        let plan = json!({"format_version": "1.2", "resource_changes": changes, "deferred_changes": deferred});
        demand(&stages, &plan, &[now, later].concat());
    }
    stages.expect = plangate::plan::completeness::Expect::RefreshOnly;
    for kind in &KINDS {
        let gone: Vec<(Value, Option<&'static str>)> = entries(kind, "gone")
            .into_iter()
            .filter(|(_, owner)| *owner == Some(kind.destroys) || *owner == Some(DEPOSED))
            .map(|(entry, _)| (entry, kind.gone))
            .collect();
        let drift: Vec<&Value> = gone.iter().map(|(entry, _)| entry).collect();
        demand(&stages, &json!({"format_version": "1.2", "configuration": {}, "resource_drift": drift}), &gone);
    }
}

#[test]
fn an_unknown_action_in_drift_is_shown_on_one_line() {
    let drift = json!({"address": "aws_s3_bucket.b", "type": "aws_s3_bucket",
        "change": {"actions": ["van\nished", {"password": "hunter2"}], "before": {}, "before_sensitive": {}}});
    let plan = json!({"format_version": "1.2", "resource_changes": [], "resource_drift": [drift]});
    let report = judge(&built_in(), &[("drift", plan.to_string().into_bytes())]);
    let finding =
        report.plans[0].findings.iter().find(|finding| finding.rule.as_str() == "plan/unknown-action").unwrap();
    assert!(finding.message.contains("[van\\nished, (not a word)]"), "{}", finding.message);
    assert_eq!(report.verdict, plangate::verdict::Verdict::Blocked);
}

/// A plan that says it is complete names deposed objects too.
#[test]
fn a_removed_entry_of_a_deposed_object_is_missed() {
    let mut plan: Value =
        serde_json::from_slice(&crate::harness::read("fixtures/scenarios/29-deposed/plan.json")).unwrap();
    assert_eq!(plan["complete"], true);
    plan["resource_changes"].as_array_mut().unwrap().retain(|entry| entry.get("deposed").is_none());
    let report = judge(&built_in(), &[("29", plan.to_string().into_bytes())]);
    assert_eq!(report.verdict, plangate::verdict::Verdict::Undecided);
    assert!(report.plans[0].problems[0].message.contains("(deposed object "), "{:#?}", report.plans[0].problems);
}

/// The header of a finding names the deposed object; the text below does not say it again.
#[test]
fn a_deposed_object_is_named_once_for_people() {
    let ran = plangate().args(["check", "fixtures/scenarios/29-deposed/plan.json"]).run();
    ran.exits(1).says("(deposed ").hides("(deposed object ");
}

/// What a setting keeps alive need not be copied.
#[test]
fn advice_fits_what_a_setting_keeps() {
    let message = |policy: &str| {
        let values = json!({"name": "a", "deletion_policy": policy});
        let entry = json!({"address": "google_sql_database_instance.x", "type": "google_sql_database_instance",
            "change": {"actions": ["delete", "create"], "before": values, "after": values, "before_sensitive": {},
                "after_sensitive": {}}});
        let plan = json!({"format_version": "1.2", "resource_changes": [entry]});
        let report = judge(&built_in(), &[("kept", plan.to_string().into_bytes())]);
        report.plans[0].findings.iter().find(|finding| finding.rule.as_str() == STORE).unwrap().message.clone()
    };
    assert!(message("DELETE").contains("Copy what must survive"), "{}", message("DELETE"));
    assert!(message("ABANDON").contains("nothing manages the old one"), "{}", message("ABANDON"));
    assert!(!message("ABANDON").contains("Copy what"), "{}", message("ABANDON"));
}

/// A deletion is not hidden by calling the resource a data source.
#[test]
fn no_mode_hides_a_destruction() {
    for mode in ["data", "ephemeral"] {
        for address in [String::from("aws_db_instance.x"), format!("{mode}.aws_db_instance.x")] {
            for actions in [json!(["delete"]), json!(["delete", "create"]), json!(["forget"])] {
                let entry = json!({"address": address, "mode": mode, "type": "aws_db_instance", "change": {"actions": actions}});
                let plan = json!({"format_version": "1.2", "resource_changes": [entry]});
                let report = judge(&built_in(), &[("mode", plan.to_string().into_bytes())]);
                let rules: Vec<&str> = report.plans[0].findings.iter().map(|finding| finding.rule.as_str()).collect();
                let is_forget = actions == json!(["forget"]) && address.starts_with("aws");
                let owner = if is_forget { "stateful/forget-data-store" } else { "stateful/destroy-data-store" };
                assert!(rules.contains(&owner), "{address} {mode} {actions}: {rules:?}");
            }
        }
    }
}
