//! Repositories with policies, configuration and waivers of their own.

use std::time::Duration;

use camino::Utf8Path;
use plangate::finding::Level;
use plangate::gate::Stages;
use plangate::policy::Origin;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::{PlanReport, Report};
use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};

use crate::harness::{judge, read, setup};

/// A repository made of these files, gone when dropped.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(dir)
    }

    fn setup(&self) -> Setup {
        setup(Utf8Path::from_path(self.0.path()).unwrap().as_str())
    }

    fn open(&self) -> Result<Stages, Vec<Problem>> {
        workspace::open(&self.setup())
    }

    fn check(&self, scenario: &str) -> Report {
        let stages = self.open().unwrap_or_else(|problems| panic!("{problems:#?}"));
        judge(&stages, &[(scenario, read(&format!("fixtures/scenarios/{scenario}/plan.json")))])
    }

    #[track_caller]
    fn refused(&self, code: ProblemCode, words: &str) -> Vec<Problem> {
        let Err(problems) = self.open() else { panic!("was accepted") };
        let texts: Vec<String> = problems.iter().map(|p| format!("{:?} {p} {:?}", p.code, p.help)).collect();
        assert!(
            problems.iter().any(|p| p.code == code && format!("{p} {:?} {:?}", p.help, p.place).contains(words)),
            "{words}: {texts:#?}"
        );
        problems
    }
}

/// Findings of the repository's own rules: rule, level, message.
fn own(report: &Report) -> Vec<(String, Level, String)> {
    report.plans[0]
        .findings
        .iter()
        .filter(|finding| !finding.rule.as_str().contains('/'))
        .map(|finding| (finding.rule.to_string(), finding.level, finding.message.clone()))
        .collect()
}

fn policy(text: &str) -> Repository {
    Repository::new(&[("policy/p.rego", text)])
}

fn only(report: &Report) -> &PlanReport {
    assert_eq!(report.plans.len(), 1);
    &report.plans[0]
}

const QUIET: &str = "02-noop";
const REPLACE: &str = "05-replace-force-new";

#[test]
fn v0_and_v1_policies_work_side_by_side() {
    let repository = Repository::new(&[
        (
            "policy/old.rego",
            "package old\ndeny[msg] { input.resource_changes[_].change.actions[_] == \"delete\"; msg := \"old\" }",
        ),
        (
            "policy/new.rego",
            "package new\nwarn contains msg if { some rc in input.resource_changes; rc.change.actions[_] == \"delete\"; msg := \"new\" }",
        ),
        (
            "policy/keywords.rego",
            "package keywords\nimport future.keywords\nviolation contains {\"msg\": msg} if { input.format_version; msg := \"kw\" }",
        ),
    ]);
    let found = own(&repository.check(REPLACE));
    assert_eq!(
        found,
        [
            ("keywords.violation".into(), Level::Deny, "kw".into()),
            ("old.deny".into(), Level::Deny, "old".into()),
            ("new.warn".into(), Level::Warn, "new".into()),
        ]
    );
}

#[test]
fn the_plan_may_be_imported_under_another_name() {
    let repository = policy(
        "package main\nimport input as tfplan\ndeny contains msg if { some rc in tfplan.resource_changes; rc.type == \"azurerm_storage_account\"; msg := rc.address }",
    );
    assert_eq!(own(&repository.check(REPLACE)).len(), 1);
}

#[test]
fn results_may_be_strings_objects_or_true() {
    let repository = policy(
        "package main\n\
         deny_text contains \"plain\"\n\
         deny_object contains {\"msg\": \"object\", \"team\": \"data\", \"plangate\": {\"address\": \"azurerm_storage_account.lake\", \"details\": {\"k\": 1}}}\n\
         deny_message contains {\"message\": \"other key\"}\n\
         deny_bool if true\n\
         deny_no if false\n",
    );
    let report = repository.check(REPLACE);
    let ids: Vec<String> = own(&report).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
    let finding = report.plans[0].findings.iter().find(|finding| finding.message == "object").unwrap();
    let subject = finding.subject.as_ref().unwrap();
    assert_eq!(subject.address, "azurerm_storage_account.lake");
    assert_eq!(subject.actions, ["delete", "create"]);
    assert_eq!(finding.metadata["team"], "data");
    assert_eq!(finding.details["k"], 1);
}

#[test]
fn a_result_of_another_shape_is_undecided_and_named() {
    for (value, words) in [
        ("deny contains 7", "number"),
        ("deny contains {\"text\": \"x\"}", "msg"),
        ("deny := {\"a\": 1}", "object"),
        ("deny contains {\"msg\": 5}", "msg"),
    ] {
        let report = policy(&format!("package main\n{value}\n")).check(QUIET);
        assert_eq!(report.verdict, Verdict::Undecided, "{value}");
        let problem = &only(&report).problems[0];
        assert_eq!(problem.code, ProblemCode::RuleFailed);
        assert!(problem.message.contains("main.deny") && problem.message.contains(words), "{}", problem.message);
    }
}

#[test]
fn metadata_names_level_severity_and_id() {
    let repository = policy(
        "package main\n\n# METADATA\n# title: No deletes\n# custom:\n#   id: team/no-deletes\n#   level: warn\n#   severity: low\n#   selector:\n#     verbs: [delete, replace]\ndeny contains \"m\" if { some rc in input.resource_changes; \"delete\" in rc.change.actions }\n",
    );
    let report = repository.check(REPLACE);
    let finding = only(&report).findings.iter().find(|f| f.rule.as_str() == "team/no-deletes").unwrap();
    assert_eq!((finding.level, finding.severity.as_str()), (Level::Warn, "low"));
    let record = only(&report).rules.iter().find(|r| r.id.as_str() == "team/no-deletes").unwrap();
    assert_eq!((record.considered, record.fired, record.origin), (Some(7), 1, Origin::Repository));
}

const INFO_DENY: &str = "package main\n# METADATA\n# custom:\n#   level: info\ndeny contains \"a nicety\"\n";
const PLAIN_DENY: &str = "package main\ndeny contains \"real\"\n";

#[test]
fn metadata_above_one_definition_does_not_lower_the_others() {
    let two_files = [("policy/a.rego", INFO_DENY), ("policy/b.rego", PLAIN_DENY)];
    Repository::new(&two_files).refused(ProblemCode::PolicyLoad, "do not agree");
    policy(&format!("{INFO_DENY}deny contains \"real\"\n")).refused(ProblemCode::PolicyLoad, "do not agree");
    let second_is_wrong = format!("{INFO_DENY}# METADATA\n# custom:\n#   level: denny\ndeny contains \"real\"\n");
    policy(&second_is_wrong).refused(ProblemCode::PolicyLoad, "denny");
    let document = format!("{}deny contains \"real\"\n", INFO_DENY.replace("# custom", "# scope: document\n# custom"));
    assert!(own(&policy(&document).check(QUIET)).iter().all(|(_, level, _)| *level == Level::Info));
}

#[test]
fn an_id_in_one_of_two_files_is_refused() {
    let named = "package main\n# METADATA\n# custom:\n#   id: team/x\ndeny contains \"a\"\n";
    Repository::new(&[("policy/a.rego", named), ("policy/b.rego", PLAIN_DENY)]).refused(ProblemCode::PolicyLoad, "id");
}

#[test]
fn a_rule_cannot_switch_itself_off() {
    policy(&INFO_DENY.replace("info", "off")).refused(ProblemCode::PolicyLoad, "off");
}

#[test]
fn the_last_step_of_a_name_makes_a_rule() {
    let repository = policy(
        "package main\nchecks.storage.deny contains \"nested\"\na.warn_x contains \"w\"\nwarn contains \"top\"\n",
    );
    let found: Vec<(String, String)> =
        own(&repository.check(QUIET)).into_iter().map(|(rule, _, m)| (rule, m)).collect();
    let expected = [("main.checks.storage.deny", "nested"), ("main.a.warn_x", "w"), ("main.warn", "top")];
    assert_eq!(found, expected.map(|(rule, message)| (rule.to_owned(), message.to_owned())));
    policy("package main\ndeny.storage contains \"x\"\nwarn contains \"y\"\n")
        .refused(ProblemCode::PolicyLoad, "looks like a rule");
}

#[test]
fn two_paths_may_define_one_rule() {
    let repository = Repository::new(&[
        ("plangate.toml", "policies = [\"policy/a\", \"policy/b\"]\n"),
        ("policy/a/p.rego", PLAIN_DENY),
        ("policy/b/p.rego", "package main\ndeny contains \"other\"\n"),
    ]);
    assert_eq!(own(&repository.check(QUIET)).len(), 2);
}

#[test]
fn one_directory_under_two_names_is_loaded_once() {
    let repository = policy(PLAIN_DENY);
    let mut setup = repository.setup();
    setup.extra_policies = vec![setup.root.join("policy/../policy")];
    let stages = workspace::open(&setup).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(stages.policies.rules().iter().filter(|rule| rule.origin == Origin::Repository).count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_absent() {
    for name in ["policy", "plangate.toml", "plangate.waivers.toml"] {
        let repository = Repository::new(&[]);
        std::os::unix::fs::symlink("/no/such/target", repository.0.path().join(name)).unwrap();
        assert!(repository.open().is_err(), "{name}");
    }
}

#[test]
fn a_configuration_elsewhere_keeps_the_policies_and_waivers_of_the_root() {
    let repository = Repository::new(&[("policy/p.rego", PLAIN_DENY), ("ci/plangate.toml", "fail-on = \"deny\"\n")]);
    let mut setup = repository.setup();
    setup.config = Some(setup.root.join("ci/plangate.toml"));
    let stages = workspace::open(&setup).unwrap();
    assert!(stages.policies.has_repository_rules());
}

#[test]
fn a_file_called_policy_is_no_directory_of_policies() {
    assert_eq!(Repository::new(&[("policy", "{}")]).check(QUIET).verdict, Verdict::Allowed);
}

#[test]
fn what_blocks_is_always_shown() {
    let repository = Repository::new(&[
        ("policy/p.rego", "package main\nwarn contains \"careful\"\n"),
        ("plangate.toml", "fail-on = \"warn\"\n"),
    ]);
    let options = plangate::report::human::Options { show: Level::Deny, verbose: false, timings: false };
    assert!(plangate::report::human::render(&repository.check(QUIET), options).contains("careful"));
}

#[test]
fn a_plan_that_destroys_everything_still_shows_what_the_repository_says() {
    let repository = policy(
        "package main\ndeny contains {\"msg\": \"PROD FREEZE until Monday\", \"plangate\": {\"address\": rc.address}} if some rc in input.resource_changes\n",
    );
    let text = plangate::report::human::render(
        &repository.check("24-destroy-mode"),
        plangate::report::human::Options::default(),
    );
    assert!(
        text.contains("destroys everything it manages (16 resources)") && text.contains("PROD FREEZE until Monday"),
        "{text}"
    );
    let partial = Repository::new(&[]).check("62-destroy-target");
    let text = plangate::report::human::render(&partial, plangate::report::human::Options::default());
    assert!(!text.contains("destroys everything"), "{text}");
}

#[test]
fn inspect_shows_what_policies_see() {
    let plan = br#"{"format_version": "1.2", "resource_changes": [{"address": "aws_s3_bucket.raw", "mode": "managed",
        "type": "aws_s3_bucket", "change": {"actions": ["delete"], "before": {"bucket": "raw", "n": [1, 2.5, null, true]},
        "after": null, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": false}}]}"#;
    let repository =
        policy("package main\nwarn contains {\"msg\": \"m\", \"seen\": input} if input.plangate.version == 1\n");
    let stages = repository.open().unwrap();
    let report = judge(&stages, &[("plan", plan.to_vec())]);
    let seen =
        &only(&report).findings.iter().find(|finding| finding.rule.as_str() == "main.warn").unwrap().metadata["seen"];
    let plan =
        plangate::gate::PlanInput { name: "plan".into(), source: plangate::gate::PlanSource::Bytes(plan.to_vec()) };
    let shown: serde_json::Value =
        serde_json::from_str(&plangate::gate::inspect(&stages, plan, false).unwrap()).unwrap();
    assert_eq!(*seen, shown);
}

#[test]
fn secrets_in_every_part_of_a_result_are_masked() {
    for text in [
        "deny contains {\"msg\": \"m\", \"plangate\": {\"address\": \"a.b\", \"deposed\": input.variables.admin_password.value}}",
        "deny contains {\"msg\": \"m\", \"plangate\": {\"level\": input.variables.admin_password.value}}",
        "deny contains {\"msg\": \"m\", \"plangate\": {input.variables.admin_password.value: 1}}",
        "deny contains {\"msg\": \"m\", \"plangate\": {\"details\": {input.variables.admin_password.value: [input.variables.admin_password.value]}}}",
        "deny contains \"m\" if { print(input.variables.admin_password.value) }",
    ] {
        let report = policy(&format!("package main\n{text}\n")).check(REPLACE);
        let options = plangate::report::human::Options { show: Level::Info, verbose: true, timings: false };
        let texts = [
            plangate::report::json::render(&report).unwrap(),
            plangate::report::human::render(&report, options),
            plangate::report::prints::of_run(&report).join("\n"),
        ];
        assert!(texts.iter().all(|shown| !shown.contains("S3cr3t")), "{text}");
    }
}

#[test]
fn a_result_may_raise_its_level_but_never_lower_it() {
    let raise = "package main\nwarn contains {\"msg\": \"m\", \"plangate\": {\"level\": \"deny\"}}\n";
    assert_eq!(own(&policy(raise).check(QUIET))[0].1, Level::Deny);
    let lower = "package main\ndeny contains {\"msg\": \"m\", \"plangate\": {\"level\": \"info\"}}\n";
    assert_eq!(own(&policy(lower).check(QUIET))[0].1, Level::Deny);
}

#[test]
fn a_rule_that_leaves_levels_to_its_results_needs_one_in_each() {
    let head = "package main\n# METADATA\n# custom:\n#   level: per-finding\n";
    let with = format!("{head}deny contains {{\"msg\": \"m\", \"plangate\": {{\"level\": \"info\"}}}}\n");
    assert_eq!(own(&policy(&with).check(QUIET))[0].1, Level::Info);
    let without = format!("{head}deny contains {{\"msg\": \"m\"}}\n");
    assert_eq!(policy(&without).check(QUIET).verdict, Verdict::Undecided);
}

#[test]
fn configuration_replaces_the_level_and_the_report_counts_it() {
    let lower = |rule: &str| format!("[rules.\"stateful/{rule}\"]\nlevel = \"warn\"\n");
    let one = lower("destroy-data-store");
    let report = Repository::new(&[("plangate.toml", &one)]).check(REPLACE);
    assert_eq!(report.verdict, Verdict::Blocked, "what is lost with it has a rule of its own");
    let both = one + &lower("collateral-loss");
    let report = Repository::new(&[("plangate.toml", &both)]).check(REPLACE);
    assert_eq!(report.verdict, Verdict::Allowed);
    let counts = plangate::report::FindingCounts::of(report.all_findings());
    assert!(counts.lowered >= 1);
    assert!(
        plangate::report::human::render(&report, plangate::report::human::Options::default())
            .contains("lowered from deny by configuration")
    );
}

#[test]
fn a_built_in_rule_that_is_off_is_named_in_the_report() {
    let repository =
        Repository::new(&[("plangate.toml", "[rules.\"stateful/destroy-data-store\"]\nlevel = \"off\"\n")]);
    let report = repository.check(REPLACE);
    let text = plangate::report::human::render(&report, plangate::report::human::Options::default());
    assert!(text.contains("by configuration: stateful/destroy-data-store"), "{text}");
}

#[test]
fn fail_on_warn_blocks_on_a_warning() {
    let rules = ("policy/p.rego", "package main\nwarn contains \"m\"\n");
    assert_eq!(Repository::new(&[rules]).check(QUIET).verdict, Verdict::Allowed);
    let strict = Repository::new(&[rules, ("plangate.toml", "fail-on = \"warn\"\n")]);
    assert_eq!(strict.check(QUIET).verdict, Verdict::Blocked);
}

#[test]
fn mistakes_in_the_configuration_are_all_reported_and_underlined() {
    let repository = Repository::new(&[(
        "plangate.toml",
        "polices = [\"policy\"]\nfail-on = \"never\"\n[rules.\"stateful/destroy-data-store\"]\nlevel = \"wran\"\n",
    )]);
    let problems = repository.refused(ProblemCode::Config, "policies");
    assert_eq!(problems.len(), 3);
    assert!(problems.iter().all(|problem| problem.place.is_some()));
}

#[test]
fn selectors_and_paths_that_match_nothing_are_errors() {
    Repository::new(&[("plangate.toml", "[rules.\"stateful/destroy-data-stores\"]\nlevel = \"warn\"\n")])
        .refused(ProblemCode::Config, "stateful/destroy-data-store");
    Repository::new(&[("plangate.toml", "policies = [\"rules\"]\n")]).refused(ProblemCode::Config, "does not exist");
    Repository::new(&[("policy/helpers.rego", "package lib\nx := 1\n")])
        .refused(ProblemCode::PolicyLoad, "no rule is defined");
    Repository::new(&[("policy/README.md", "nothing")]).refused(ProblemCode::PolicyLoad, "no rule is defined");
}

#[test]
fn a_function_that_rules_call_is_a_helper_whatever_its_name() {
    let library = ("policy/lib.rego", "package lib\nimport rego.v1\ndeny_because(why) := sprintf(\"no: %s\", [why])\n");
    let rule =
        ("policy/p.rego", "package main\nimport rego.v1\nimport data.lib\ndeny contains lib.deny_because(\"m\")\n");
    let report = Repository::new(&[library, rule]).check(QUIET);
    assert_eq!(own(&report), [("main.deny".to_owned(), Level::Deny, "no: m".to_owned())]);
    // Where none calls it, it was meant to be a rule.
    let other = ("policy/p.rego", "package main\nimport rego.v1\nimport data.lib\ndeny contains \"m\"\n");
    Repository::new(&[library, other]).refused(ProblemCode::PolicyLoad, "`deny_because` is a function");
}

#[test]
fn a_path_of_libraries_is_one_that_rules_of_another_path_use() {
    let files = [
        ("plangate.toml", "policies = [\"rules\", \"lib\"]\n"),
        ("lib/names.rego", "package lib.names\nimport rego.v1\nshort(text) if count(text) < 3\n"),
    ];
    let used =
        ("rules/p.rego", "package main\nimport data.lib.names\ndeny contains \"m\" if not names.short(\"long\")\n");
    let repository = Repository::new(&[files[0], files[1], used]);
    assert_eq!(own(&repository.check(QUIET)), [("main.deny".to_owned(), Level::Deny, "m".to_owned())]);
    let unused = ("rules/p.rego", "package main\ndeny contains \"m\"\n");
    Repository::new(&[files[0], files[1], unused]).refused(ProblemCode::PolicyLoad, "no rule is defined under `");
}

#[test]
fn policies_can_be_skipped_on_purpose_and_the_report_says_so() {
    let repository =
        Repository::new(&[("plangate.toml", "policies = []\n"), ("policy/broken.rego", "this is no Rego")]);
    let report = repository.check(QUIET);
    assert_eq!(report.verdict, Verdict::Allowed);
    assert!(report.notes[0].contains("policies = []"));
}

#[test]
fn a_package_of_the_product_cannot_be_extended() {
    policy("package plangate.stateful.destroy_data_store\ndeny contains \"x\"\n")
        .refused(ProblemCode::PolicyLoad, "reserved");
    policy("package plangate\ndeny contains \"x\"\n").refused(ProblemCode::PolicyLoad, "reserved");
}

#[test]
fn derived_facts_are_there_for_policies_that_name_them() {
    let repository = policy(
        "package main\ndeny contains {\"msg\": c.type, \"plangate\": {\"address\": c.address}} if { some c in input.plangate.changes; c.destroys; c.catalog.class == \"object_store\" }\n",
    );
    let found = own(&repository.check(REPLACE));
    assert!(!found.is_empty());
}

#[test]
fn a_policy_that_walks_the_input_sees_the_plan_alone() {
    let repository = policy(
        "package main\ndeny contains key if { some key, _ in input; not key in {\"format_version\", \"terraform_version\", \"variables\", \"planned_values\", \"resource_changes\", \"resource_drift\", \"output_changes\", \"prior_state\", \"configuration\", \"relevant_attributes\", \"checks\", \"timestamp\", \"applyable\", \"complete\", \"errored\"} }\n",
    );
    assert_eq!(own(&repository.check(REPLACE)), []);
}

#[test]
fn an_expected_refresh_only_plan_still_reports_a_store_that_is_gone() {
    let refresh_only = "26-refresh-only-drift";
    assert_eq!(Repository::new(&[]).check(refresh_only).verdict, Verdict::Undecided);
    let report = Repository::new(&[("plangate.toml", "expect = \"refresh-only\"\n")]).check(refresh_only);
    assert_eq!(report.verdict, Verdict::Allowed);
    let finding = &only(&report).findings[0];
    assert_eq!(
        (finding.level, finding.subject.as_ref().unwrap().address.as_str()),
        (Level::Warn, "azurerm_mssql_database.dwh")
    );
}

#[test]
fn an_object_listed_twice_is_undecided_and_each_entry_is_judged() {
    let mut plan: serde_json::Value =
        serde_json::from_slice(&read("fixtures/scenarios/04-delete-resource-block/plan.json")).unwrap();
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let mut again = changes.iter().find(|entry| entry["change"]["actions"][0] == "delete").unwrap().clone();
    again["change"]["actions"] = serde_json::json!(["delete", "create"]);
    changes.insert(0, again);
    let stages = Repository::new(&[]).open().unwrap();
    let report = judge(&stages, &[("plan", serde_json::to_vec(&plan).unwrap())]);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert_eq!(only(&report).problems[0].code, ProblemCode::InconsistentPlan);
    assert_eq!(only(&report).findings.iter().filter(|finding| finding.level == Level::Deny).count(), 2);
}

// --- policies that cannot be trusted to have run ---

#[test]
fn what_cannot_be_evaluated_is_refused_before_anything_runs() {
    for (text, words) in [
        ("deny contains msg if { startwith(\"a\", \"b\"); msg := \"x\" }", "startwith"),
        ("deny contains msg if { startswith(\"a\"); msg := \"x\" }", "startswith"),
        ("deny contains msg if { false; nosuch(1); msg := \"x\" }", "nosuch"),
        ("deny contains msg if { http.send({\"url\": \"http://127.0.0.1\"}); msg := \"x\" }", "http.send"),
        ("f(x) := f(x)\ndeny contains msg if { f(1); msg := \"x\" }", "itself"),
        ("deny[msg] if { msg := \"x\" }", "contains"),
        ("deny contains msg if { opa.runtime(); msg := \"x\" }", "opa.runtime"),
        ("deny contains msg if { msg := undeclared }", "undeclared"),
        ("import data.nothing.here\ndeny contains msg if { here.x; msg := \"x\" }", "nothing"),
    ] {
        policy(&format!("package main\n{text}\n")).refused(ProblemCode::PolicyLoad, words);
    }
}

#[test]
fn a_rule_that_never_ends_is_undecided_not_a_hang() {
    let repository = policy(
        "package main\ndeny contains msg if { count([1 | some a in numbers.range(1, 90000); some b in numbers.range(1, 90000); a + b == 0]) > 0; msg := \"x\" }\n",
    );
    let stages = workspace::open(&Setup { rule_timeout: Duration::from_millis(300), ..repository.setup() }).unwrap();
    let report = judge(&stages, &[("p", read("fixtures/scenarios/05-replace-force-new/plan.json"))]);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(!only(&report).findings.is_empty(), "findings of other rules are kept");
}

#[test]
fn outputs_and_ranges_without_bound_are_undecided() {
    for text in [
        "deny contains msg if { some i in numbers.range(1, 1000000000); msg := sprintf(\"%d\", [i]) }",
        "deny contains msg if { some i in numbers.range(1, 400); some j in numbers.range(1, 400); msg := sprintf(\"%d-%d\", [i, j]) }",
        "deny contains msg if { msg := concat(\"\", [sprintf(\"%01000d\", [i]) | some i in numbers.range(1, 20000)]) }",
    ] {
        let report = policy(&format!("package main\n{text}\n")).check(QUIET);
        assert_eq!(report.verdict, Verdict::Undecided, "{text}");
    }
}

#[test]
fn builtin_errors_are_counted_and_can_be_made_undecided() {
    let rule = (
        "policy/p.rego",
        "package main\ndeny contains \"bad\" if { startswith(input.resource_changes[_].change.after, \"x\") }\nwarn contains \"kept\"\n",
    );
    let report = Repository::new(&[rule]).check("04-delete-resource-block");
    assert!(only(&report).builtin_errors() > 0, "{:?}", only(&report).rules);
    assert!(own(&report).iter().any(|(rule, ..)| rule == "main.warn"));
    let strict = Repository::new(&[rule, ("plangate.toml", "builtin_errors = \"undecided\"\n")]);
    assert_eq!(strict.check("04-delete-resource-block").verdict, Verdict::Undecided);
}

#[test]
fn secrets_in_messages_are_masked() {
    let repository = policy(
        "package main\ndeny contains sprintf(\"password is %s\", [input.variables.admin_password.value])\nwarn contains {\"msg\": \"m\", \"leak\": input.variables.admin_password.value}\n",
    );
    let report = repository.check(REPLACE);
    let json = plangate::report::json::render(&report).unwrap();
    assert!(!json.contains("S3cr3t-in-state"));
    assert!(json.contains("password is (sensitive)"));
}

// --- waivers ---

fn waived(waiver: &str) -> Repository {
    Repository::new(&[("plangate.waivers.toml", waiver)])
}

const LAKE: &str = "[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"azurerm_storage_account.lake\"\nreason = \"rebuilt on purpose\"\nowner = \"data-platform\"\n";

#[test]
fn a_waived_finding_stays_in_the_report_and_does_not_block() {
    let all = "[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"azurerm_storage_account.*\"\nreason = \"r\"\nowner = \"o\"\nactions = [\"replace\"]\nexpires = 2026-11-23\n";
    let report = waived(all).check(REPLACE);
    let lake = only(&report)
        .findings
        .iter()
        .find(|f| f.subject.as_ref().is_some_and(|s| s.address == "azurerm_storage_account.lake"))
        .unwrap();
    assert!(lake.waiver.is_some() && lake.level == Level::Deny);
    assert_eq!(report.verdict, Verdict::Blocked, "the containers are not waived");
}

#[test]
fn an_expired_waiver_no_longer_waives_and_warns_at_its_line() {
    let report = waived(&format!("{LAKE}expires = 2026-11-22\n")).check(REPLACE);
    assert!(only(&report).findings.iter().all(|finding| finding.waiver.is_none()));
    let finding = &report.findings[0];
    assert_eq!((finding.rule.as_str(), finding.level), ("waiver/expired", Level::Warn));
    assert_eq!(finding.location.as_ref().unwrap().position.line, 1);
}

#[test]
fn an_unused_waiver_is_judged_over_all_plans() {
    let repository = waived(LAKE);
    let stages = repository.open().unwrap();
    let quiet = ("a", read("fixtures/scenarios/02-noop/plan.json"));
    let replace = ("b", read("fixtures/scenarios/05-replace-force-new/plan.json"));
    let unused = judge(&stages, std::slice::from_ref(&quiet));
    assert_eq!(unused.findings[0].rule.as_str(), "waiver/unused");
    assert_eq!(unused.findings[0].level, Level::Info);
    assert!(judge(&stages, &[quiet, replace]).findings.is_empty());
}

#[test]
fn a_waiver_matches_the_previous_address() {
    let repository = waived(
        "[[waiver]]\nrule = \"main.deny\"\naddress = \"azurerm_mssql_database.dwh\"\nreason = \"r\"\nowner = \"o\"\n",
    );
    std::fs::create_dir_all(repository.0.path().join("policy")).unwrap();
    std::fs::write(
        repository.0.path().join("policy/p.rego"),
        "package main\ndeny contains {\"msg\": \"moved\", \"plangate\": {\"address\": rc.address}} if { some rc in input.resource_changes; rc.previous_address == \"azurerm_mssql_database.dwh\" }\n",
    )
    .unwrap();
    let report = repository.check("17-moved-update");
    let finding = only(&report)
        .findings
        .iter()
        .find(|f| f.rule.as_str() == "main.deny")
        .expect("the scenario moves the database");
    assert!(finding.waiver.is_some());
}

#[test]
fn a_finding_without_address_is_waived_by_message_or_fingerprint() {
    let policy = ("policy/p.rego", "package main\ndeny contains \"no address\"\n");
    let by_message = "[[waiver]]\nrule = \"main.deny\"\nmessage = \"no address\"\nreason = \"r\"\nowner = \"o\"\n";
    assert_eq!(
        Repository::new(&[policy, ("plangate.waivers.toml", by_message)]).check(QUIET).verdict,
        Verdict::Allowed
    );
    let fingerprint = Repository::new(&[policy]).check(QUIET).plans[0].findings[0].fingerprint.clone();
    let by_fingerprint = format!(
        "[[waiver]]\nrule = \"main.deny\"\nfingerprint = \"{}\"\nreason = \"r\"\nowner = \"o\"\n",
        fingerprint.as_str()
    );
    assert_eq!(
        Repository::new(&[policy, ("plangate.waivers.toml", &by_fingerprint)]).check(QUIET).verdict,
        Verdict::Allowed
    );
}

#[test]
fn a_waiver_without_reason_owner_or_target_is_refused() {
    waived("[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"a.b\"\nowner = \"o\"\n")
        .refused(ProblemCode::Waiver, "reason");
    waived("[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"a.b\"\nreason = \"r\"\n")
        .refused(ProblemCode::Waiver, "owner");
    waived("[[waiver]]\nrule = \"stateful/destroy-data-store\"\nreason = \"r\"\nowner = \"o\"\n")
        .refused(ProblemCode::Waiver, "address");
    waived("[[waiver]]\nrule = \"stateful/destroy-data-store\"\naddress = \"**\"\nreason = \"r\"\nowner = \"o\"\n")
        .refused(ProblemCode::Waiver, "everything");
    waived("[[waiver]]\nrule = \"no/such-rule\"\naddress = \"a.b\"\nreason = \"r\"\nowner = \"o\"\n")
        .refused(ProblemCode::Waiver, "no/such-rule");
}

#[test]
fn waiving_the_root_cause_waives_none_of_its_victims() {
    let waiver = r#"
[[waiver]]
rule = "stateful/destroy-data-store"
address = "azurerm_resource_group.etl"
reason = "the group moves to another region"
owner = "data"
expires = "2026-12-31"
"#;
    let report = waived(waiver).check("56-parent-replaced-unmanaged-children");
    let findings = &only(&report).findings;
    let root = findings.iter().find(|finding| finding.rule.as_str() == "stateful/destroy-data-store").unwrap();
    assert!(root.waiver.is_some() && root.root_cause.is_none());
    let victims: Vec<_> = findings.iter().filter(|finding| finding.root_cause.is_some()).collect();
    assert_eq!(victims.len(), 7);
    let fingerprints: std::collections::BTreeSet<_> = findings.iter().map(|finding| &finding.fingerprint).collect();
    assert_eq!(fingerprints.len(), findings.len(), "each has one of its own");
    for victim in victims {
        assert_eq!(victim.root_cause.as_ref(), Some(&root.fingerprint));
        assert!(victim.waiver.is_none(), "{victim:?}");
    }
    assert_eq!(report.verdict, Verdict::Blocked);
    let text = plangate::report::human::render(&report, plangate::report::human::Options::default());
    assert!(
        text.contains("it lies in azurerm_mssql_server.sql, which is"),
        "told in full once its root is waived: {text}"
    );
}

#[test]
fn rules_that_no_plan_of_several_touches_are_named() {
    let text = "package main\nimport rego.v1\n\
                deny_lake contains \"x\" if { some rc in input.resource_changes; rc.type == \"aws_glue_job\" }\n\
                deny_store contains \"y\" if { some rc in input.resource_changes; rc.type == \"azurerm_storage_account\" }\n\
                deny_any contains \"z\" if { some rc in input.resource_changes; rc.address == \"none\" }\n";
    let stages = policy(text).open().unwrap();
    let plan = || read(&format!("fixtures/scenarios/{QUIET}/plan.json"));
    let report = judge(&stages, &[("a", plan()), ("b", plan())]);
    assert_eq!(report.notes, ["no plan has a change that these rules look at: main.deny_lake"]);
    let considered = |id: &str| report.plans[0].rules.iter().find(|rule| rule.id.as_str() == id).unwrap().considered;
    assert_eq!(["main.deny_lake", "main.deny_store", "main.deny_any"].map(considered), [Some(0), Some(1), None]);
    assert!(judge(&stages, &[("a", plan())]).notes.is_empty(), "of one plan it says nothing");
}
