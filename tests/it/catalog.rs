//! `plangate catalog`, and catalogues of a repository.

use serde_json::Value;

use plangate::finding::{Level, LevelFrom};

use crate::harness::{judge, plangate, setup};

fn json(args: &[&str]) -> Value {
    let ran = plangate().args(args.iter().copied()).run();
    serde_json::from_str(&ran.exits(0).stdout).unwrap()
}

#[test]
fn a_type_is_shown_with_all_that_is_known() {
    let ran = plangate().args(["catalog", "show", "aws_db_instance"]).run();
    ran.exits(0);
    for part in [
        "aws_db_instance (hashicorp/aws)\n",
        "  class        database\n",
        "  level        deny\n",
        "deletion_protection is true, \"Enabled\", \"ENABLED\", \"ACTIVE\" or \"PROTECTED\": the provider refuses the destroy",
        "skip_final_snapshot is true: the destroy goes further than usual",
        "if replicate_source_db is set: ",
        "deletion_protection is switched off: weakens protection (warn)",
        "  source       https://registry.terraform.io/providers/hashicorp/aws/",
    ] {
        ran.says(part);
    }
    plangate()
        .args(["catalog", "show", "azurerm_storage_container"])
        .run()
        .exits(0)
        .says("lies in azurerm_storage_account (storage_account_id)")
        .says("(storage_account_name, older versions of the provider)")
        .says("goes from \"private\" to \"blob\" or \"container\": widens access (warn)");
    plangate()
        .args(["catalog", "show", "aws_s3_bucket_versioning"])
        .run()
        .exits(0)
        .says("warn; deny under the strict preset");
}

#[test]
fn json_says_the_same() {
    let shown = json(&["catalog", "show", "aws_db_instance", "--format", "json"]);
    assert_eq!(shown["schema"], "plangate/catalog/v1-draft");
    assert_eq!(
        (&shown["class"], &shown["default"], &shown["data_store"]),
        (&"database".into(), &"deny".into(), &true.into())
    );
    assert_eq!(
        shown["guard"]["escalates"][0],
        serde_json::json!({"attribute": "skip_final_snapshot", "values": [true]})
    );
    assert!(shown["variants"][0]["when"].as_object().unwrap().contains_key("replicate_source_db"));
    assert!(shown["risky"].as_array().unwrap().iter().all(|risk| risk["effect"].is_string()));
}

#[test]
fn a_type_without_data_is_known_and_a_misspelt_one_is_an_error() {
    plangate().args(["catalog", "show", "aws_lambda_permission"]).run().exits(0).says("looked at and left out");
    assert_eq!(json(&["catalog", "show", "aws_lambda_permission", "--format", "json"])["status"], "known");
    plangate()
        .args(["catalog", "show", "azurerm_storage_acount"])
        .run()
        .exits(2)
        .says("no resource type is called `azurerm_storage_acount`")
        .says("did you mean `azurerm_storage_account`?");
    plangate().args(["catalog", "show", "acme_nothing_of_the_kind"]).run().exits(2).says("plangate catalog list");
}

#[test]
fn the_list_is_cut_by_class_and_provider() {
    let all = json(&["catalog", "list", "--format", "json"]);
    let all = all["types"].as_array().unwrap();
    assert!(all.len() >= 2_053);
    let keys = json(&["catalog", "list", "--class", "secret_key", "--provider", "azurerm", "--format", "json"]);
    let keys = keys["types"].as_array().unwrap();
    assert!(keys.len() > 5 && keys.len() < 100);
    assert!(keys.iter().all(|page| page["class"] == "secret_key" && page["provider"] == "hashicorp/azurerm"));
    let expected: Vec<&Value> =
        all.iter().filter(|page| page["class"] == "secret_key" && page["provider"] == "hashicorp/azurerm").collect();
    assert_eq!(keys.iter().collect::<Vec<_>>(), expected);
    plangate()
        .args(["catalog", "list", "--provider", "hashicorp/null"])
        .run()
        .exits(0)
        .says("info medium   state_only               null_resource\n1 type\n");
}

#[test]
fn an_unknown_class_or_provider_is_an_error_with_a_suggestion() {
    plangate().args(["catalog", "list", "--class", "databse"]).run().exits(2).says("did you mean `database`?");
    plangate().args(["catalog", "list", "--class", "things"]).run().exits(2).says("`artifact_registry`, ");
    plangate().args(["catalog", "list", "--provider", "azure-rm"]).run().exits(2).says("did you mean `azurerm`?");
}

/// A repository with this configuration, judging destroyed buckets with these objects before.
fn destroyed(config: &str, objects: &[(&str, &str, &str)]) -> plangate::report::Report {
    changed(config, "delete", objects)
}

fn changed(config: &str, action: &str, objects: &[(&str, &str, &str)]) -> plangate::report::Report {
    let entries: Vec<String> = objects
        .iter()
        .map(|(address, before, rest)| {
            let resource_type = address.rsplit('.').nth(1).unwrap();
            format!(
                r#"{{"address": "{address}", "mode": "managed", "type": "{resource_type}", "name": "x", "change": {{
                    "actions": ["{action}"], "before": {before}, "after": null {rest}}}}}"#
            )
        })
        .collect();
    let plan = format!(r#"{{"format_version": "1.2", "resource_changes": [{}]}}"#, entries.join(","));
    judge(&stages(config), &[("plan", plan.into_bytes())])
}

/// Those of a repository with this configuration.
fn stages(config: &str) -> plangate::gate::Stages {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("plangate.toml"), config).unwrap();
    plangate::workspace::open(&setup(directory.path().to_str().unwrap())).unwrap()
}

/// Address and level of each finding about a change.
fn levels(report: &plangate::report::Report) -> Vec<(&str, Level)> {
    let findings = report.plans[0].findings.iter();
    let mut levels: Vec<_> = findings.filter_map(|f| Some((f.subject.as_ref()?.address.as_str(), f.level))).collect();
    levels.sort_unstable();
    levels
}

const PLAIN: &str = r#", "before_sensitive": {}"#;

#[test]
fn an_override_lowers_where_it_matches_and_the_report_says_so() {
    let config = "[[catalog]]\nmatch = { type = 'aws_s3_bucket', where = { 'tags.data-class' = ['scratch'] } }\n\
                  default = 'warn'\nreason = 'scratch buckets'\n";
    let scratch = r#"{"tags": {"data-class": "scratch"}}"#;
    let report = destroyed(
        config,
        &[
            ("aws_s3_bucket.a", scratch, PLAIN),
            ("aws_s3_bucket.b", r#"{"tags": {"data-class": "gold"}}"#, PLAIN),
            ("aws_s3_bucket.c", r#"{"tags": null}"#, PLAIN),
        ],
    );
    let expected =
        [("aws_s3_bucket.a", Level::Warn), ("aws_s3_bucket.b", Level::Deny), ("aws_s3_bucket.c", Level::Deny)];
    assert_eq!(levels(&report), expected);
    let lowered = report.plans[0].findings.iter().find(|f| f.level == Level::Warn).unwrap();
    assert_eq!((lowered.declared_level, lowered.level_from), (Level::Deny, LevelFrom::Config));
    assert!(lowered.message.contains("makes it warn instead of deny: scratch buckets."), "{}", lowered.message);
    assert_eq!(lowered.details["overlaid"]["reason"], "scratch buckets");
    assert_eq!(plangate::report::FindingCounts::of(report.all_findings()).lowered, 1);
    assert!(report.findings.is_empty(), "the entry is used: {:?}", report.findings);
}

#[test]
fn an_override_reaches_objects_that_nothing_happens_to() {
    let config = "[[catalog]]\nmatch = { type = 'azurerm_storage_account', where = { 'tags.zone' = ['scratch'] } }\n\
                  default = 'warn'\nreason = 'scratch zone'\n";
    let entry = |address: &str, actions: &str, before: &str| {
        let kind = address.split('.').next().unwrap();
        let after = if actions == "no-op" { before } else { "null" };
        format!(
            r#"{{"address": "{address}", "mode": "managed", "type": "{kind}", "name": "x",
               "change": {{"actions": ["{actions}"], "before": {before}, "after": {after}, "before_sensitive": {{}}}}}}"#
        )
    };
    let account = |name: &str, zone: &str| {
        let before = format!(r#"{{"name": "{name}", "resource_group_name": "g", "tags": {{"zone": "{zone}"}}}}"#);
        entry(&format!("azurerm_storage_account.{name}"), "no-op", &before)
    };
    let changes = [
        entry("azurerm_resource_group.g", "delete", r#"{"name": "g"}"#),
        account("a", "scratch"),
        account("b", "gold"),
    ];
    let plan = format!(r#"{{"format_version": "1.2", "resource_changes": [{}]}}"#, changes.join(","));
    let report = judge(&stages(config), &[("plan", plan.into_bytes())]);
    let lost: Vec<_> =
        levels(&report).into_iter().filter(|(address, _)| address.starts_with("azurerm_storage_account")).collect();
    assert_eq!(lost, [("azurerm_storage_account.a", Level::Warn), ("azurerm_storage_account.b", Level::Deny)]);
}

#[test]
fn nothing_secret_unknown_or_not_understood_lowers_a_level() {
    let config = "[[catalog]]\nmatch = { type = 'aws_s3_bucket', where = { 'tags.data-class' = ['scratch'] } }\n\
                  default = 'warn'\nreason = 'scratch buckets'\n";
    let scratch = r#"{"tags": {"data-class": "scratch"}}"#;
    let report = destroyed(
        config,
        &[("aws_s3_bucket.a", scratch, r#", "before_sensitive": {"tags": true}"#), ("aws_s3_bucket.b", scratch, "")],
    );
    assert!(levels(&report).iter().all(|(_, level)| *level == Level::Deny), "{:?}", levels(&report));
    assert_eq!(report.findings[0].rule.as_str(), "catalog/unused");
    let plain = "[[catalog]]\nmatch = { type = 'aws_s3_bucket' }\ndefault = 'warn'\nreason = 'r'\n";
    for (action, level) in [("delete", Level::Warn), ("shred", Level::Deny)] {
        let report = changed(plain, action, &[("aws_s3_bucket.a", "{}", PLAIN)]);
        let of_rule = |f: &&plangate::finding::Finding| f.rule.as_str() == "stateful/destroy-data-store";
        assert_eq!(report.plans[0].findings.iter().find(of_rule).unwrap().level, level, "{action}");
    }
}

#[test]
fn entries_add_types_raise_levels_and_the_last_one_wins() {
    let config = "preset = 'standard'\n\
        [[catalog]]\ntype = 'acme_dataset'\nclass = 'dataset_store'\nseverity = 'critical'\ndefault = 'deny'\n\
        loses = 'the published dataset'\nrecover = 'none'\n\
        [[catalog]]\nmatch = { type = 'acme_*', address = 'module.preview.**' }\ndefault = 'info'\nreason = 'previews'\n\
        [[catalog]]\nmatch = { type = 'aws_lambda_permission' }\nclass = 'service_discovery'\nseverity = 'high'\ndefault = 'deny'\n\
        [[catalog]]\nmatch = { type = 'azurerm_data_factory_dataset_*' }\ndefault = 'warn'\nreason = 'r'\n\
        [[catalog]]\nmatch = { type = 'azurerm_data_factory_dataset_*' }\ndefault = 'deny'\n";
    let report = destroyed(
        config,
        &[
            ("acme_dataset.a", "{}", PLAIN),
            ("module.preview.acme_dataset.a", "{}", PLAIN),
            ("aws_lambda_permission.a", "{}", PLAIN),
            ("azurerm_data_factory_dataset_json.a", "{}", PLAIN),
        ],
    );
    assert_eq!(
        levels(&report),
        [
            ("acme_dataset.a", Level::Deny),
            ("aws_lambda_permission.a", Level::Deny),
            ("azurerm_data_factory_dataset_json.a", Level::Deny),
            ("module.preview.acme_dataset.a", Level::Info),
        ]
    );
    assert!(report.plans[0].problems.is_empty(), "{:?}", report.plans[0].problems);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn what_nobody_catalogued_is_lowered_visibly() {
    let report = destroyed(
        "[[catalog]]\nmatch = { type = 'acme_*' }\nclass = 'cache'\nseverity = 'low'\ndefault = 'info'\nreason = 'r'\n",
        &[("acme_database.a", "{}", PLAIN)],
    );
    let found = &report.plans[0].findings[0];
    assert_eq!((found.level, found.declared_level, found.level_from), (Level::Info, Level::Deny, LevelFrom::Config));
}

#[test]
fn files_of_entries_are_read_and_shown() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("plangate.toml", "catalog = [\"a.json\", \"b.toml\"]\n");
    write(
        "a.json",
        r#"{"types": [{"type": "aws_s3_bucket", "default": "warn", "reason": "all our buckets are caches"}]}"#,
    );
    write(
        "b.toml",
        "[[types]]\ntype = 'acme_x'\nprovider = 'acme/acme'\nclass = 'cache'\nseverity = 'low'\ndefault = 'info'\nloses = 'a'\nrecover = 'none'\nreason = 'r'\n",
    );
    let run = |args: &[&str]| plangate().dir(directory.path()).args(args.iter().copied()).run();
    run(&["catalog", "show", "aws_s3_bucket"]).exits(0).says(
        "  level        warn\n  repository   entries of its own; deny without that: all our buckets are caches\n",
    );
    run(&["catalog", "show", "acme_x"]).exits(0).says("acme_x (acme/acme)").says("a type of its own");
    run(&["catalog", "list", "--class", "cache"]).exits(0).says("acme_x");
    write("a.json", "{\"types\": [");
    run(&["rules"]).exits(2).says("`a.json` is no catalogue").says("line 1");
    write("plangate.toml", "catalog = [\"a.yaml\"]\n");
    run(&["rules"]).exits(2).says("neither .json nor .toml");
    write("plangate.toml", "catalog = [\"none.json\"]\n");
    run(&["rules"]).exits(2).says("none.json").says("named here");
}

#[test]
fn every_example_of_the_documentation_is_taken() {
    let page = include_str!("../../docs/catalog.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let file = plangate::source::SourceFile::new("plangate.toml", example);
        plangate::config::parse(&file, camino::Utf8Path::new("")).unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
}

/// A repository with this configuration, judging one update.
fn updated(config: &str, address: &str, before: &str, after: &str) -> plangate::report::Report {
    let resource_type = address.split('.').next().unwrap();
    let plan = format!(
        r#"{{"format_version": "1.2", "resource_changes": [{{"address": "{address}", "mode": "managed", "type": "{resource_type}",
           "name": "x", "change": {{"actions": ["update"], "before": {before}, "after": {after}, "after_unknown": {{}},
           "before_sensitive": {{}}, "after_sensitive": {{}}}}}}]}}"#
    );
    judge(&stages(config), &[("plan", plan.into_bytes())])
}

fn lowered(report: &plangate::report::Report) -> usize {
    plangate::report::FindingCounts::of(report.all_findings()).lowered
}

#[test]
fn an_attribute_rule_that_ships_stays_in_force_beside_one_that_says_less() {
    let retention = |risk: &str| {
        let config = format!("[[catalog]]\ntype = 'kafka_topic'\nreason = 'r'\nrisky = [{{ {risk} }}]\n");
        updated(
            &config,
            "kafka_topic.a",
            r#"{"name": "n", "config": {"retention.ms": "100"}}"#,
            r#"{"name": "n", "config": {"retention.ms": "10"}}"#,
        )
    };
    for risk in [
        "attr = 'config.retention.ms', kind = 'decrease', effect = 'review', level = 'deny'",
        "attr = 'config.retention.ms', kind = 'decrease', effect = 'data_loss', level = 'info', infinite = ['100']",
        "attr = 'config', kind = 'change', effect = 'data_loss', level = 'info'",
    ] {
        let report = retention(risk);
        assert!(levels(&report).contains(&("kafka_topic.a", Level::Deny)), "{risk}: {:?}", levels(&report));
    }
    let key = updated(
        "[[catalog]]\ntype = 'aws_kms_key'\nreason = 'r'\nrisky = [{ attr = 'is_enabled', kind = 'disable', from = ['nope'], effect = 'weaken', level = 'warn' }]\n",
        "aws_kms_key.a",
        r#"{"is_enabled": true}"#,
        r#"{"is_enabled": false}"#,
    );
    let rules: Vec<&str> = key.plans[0].findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains(&"protection/key-destroyed"), "{rules:?}");
    let protection = updated(
        "[[catalog]]\ntype = 'acme_x'\nclass = 'cache'\nseverity = 'low'\ndefault = 'deny'\nloses = 'a'\nrecover = 'none'\n\
         risky = [{ attr = 'deletion_protection', kind = 'enable', effect = 'review', level = 'info' }]\n",
        "acme_x.a",
        r#"{"deletion_protection": true}"#,
        r#"{"deletion_protection": false}"#,
    );
    assert_eq!(levels(&protection), [("acme_x.a", Level::Warn)], "the rules about every type stay, too");
}

#[test]
fn an_attribute_rule_is_lowered_by_its_level_and_the_report_says_so() {
    let report = updated(
        "[[catalog]]\ntype = 'kafka_topic'\nreason = 'all our topics are replayed'\n\
         risky = [{ attr = 'config.retention.ms', kind = 'decrease', infinite = ['-1'], effect = 'data_loss', level = 'info' }]\n",
        "kafka_topic.a",
        r#"{"name": "n", "config": {"retention.ms": "100"}}"#,
        r#"{"name": "n", "config": {"retention.ms": "10"}}"#,
    );
    // The same attribute is worth a look, too.
    let lost = report.plans[0].findings.iter().filter(|found| !found.rule.as_str().starts_with("review/"));
    let [found] = lost.collect::<Vec<_>>()[..] else { panic!("{:?}", levels(&report)) };
    assert_eq!((found.level, found.declared_level, found.level_from), (Level::Info, Level::Deny, LevelFrom::Config));
    assert_eq!(lowered(&report), 1);
    let said = "a change of config.retention.ms info instead of deny: all our topics are replayed.";
    assert!(found.message.contains(said), "{}", found.message);
}

#[test]
fn variants_and_guards_of_a_repository_lower_visibly() {
    let bucket = [("aws_s3_bucket.a", r#"{"name": "n1"}"#, PLAIN)];
    for (says, level, said) in [
        (
            "variants = [{ when = { name = 'set' }, class = 'network', severity = 'low', default = 'info', note = 'fine' }]",
            Level::Info,
            "makes it info instead of deny: r.",
        ),
        (
            "destroy_guard = { harmless_when = [{ attr = 'name', in = ['n1'] }] }",
            Level::Warn,
            "the object outlives its resource by the catalogue of this repository: r.",
        ),
    ] {
        let text = format!("[[catalog]]\ntype = 'aws_s3_bucket'\n{says}\n");
        let report = destroyed(&format!("{text}reason = 'r'\n"), &bucket);
        let found = &report.plans[0].findings[0];
        assert_eq!((found.rule.as_str(), found.level), ("stateful/destroy-data-store", level), "{says}");
        assert_eq!((found.declared_level, found.level_from, lowered(&report)), (Level::Deny, LevelFrom::Config, 1));
        assert!(found.message.contains(said), "{}", found.message);
        assert!(!found.message.contains("the provider should keep"), "{}", found.message);
    }
}

#[test]
fn a_repository_cannot_take_a_type_out_of_the_rules_about_its_class() {
    let config = "[[catalog]]\ntype = 'aws_s3_bucket'\nclass = 'network'\nreason = 'r'\n\
                  [[catalog]]\nmatch = { type = 'aws_db_instance' }\nclass = 'network'\nreason = 'r'\n";
    let objects = [("aws_db_instance.a", "{}", PLAIN), ("aws_s3_bucket.a", "{}", PLAIN)];
    let report = changed(config, "forget", &objects);
    let expected = [("aws_db_instance.a", Level::Warn), ("aws_s3_bucket.a", Level::Warn)];
    assert_eq!(levels(&report), expected, "forgotten stores are reported");
    let strict =
        "preset = 'strict'\n[[catalog]]\ntype = 'aws_s3_bucket_versioning'\ndefault = 'warn'\nstrict = 'warn'\n";
    let report = destroyed(strict, &[("aws_s3_bucket_versioning.a", "{}", PLAIN)]);
    assert_eq!(levels(&report), [("aws_s3_bucket_versioning.a", Level::Deny)]);
}
