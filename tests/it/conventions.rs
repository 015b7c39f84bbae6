//! Policies written for other tools, run unmodified.

use camino::Utf8PathBuf;
use plangate::finding::{Finding, Level};
use plangate::gate::Stages;
use plangate::policy::conventions::{Names, TABLE};
use plangate::report::{PlanReport, Report};
use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};

use crate::harness::{judge, package, plangate, read, refused, repository, setup};

const QUIET: &str = "02-noop";
const REPLACE: &str = "05-replace-force-new";

/// A run with the policies of `tests/it/conventions/<name>` alone.
fn with(name: &str) -> Setup {
    Setup { extra_policies: vec![directory(name)], ..setup("no-such-repository") }
}

fn directory(name: &str) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(package("tests/it/conventions").join(name)).unwrap()
}

fn open(setup: &Setup) -> Stages {
    workspace::open(setup).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn run(setup: &Setup, scenario: &str) -> Report {
    judge(&open(setup), &[(scenario, read(&format!("fixtures/scenarios/{scenario}/plan.json")))])
}

fn plan(report: &Report) -> &PlanReport {
    &report.plans[0]
}

/// Findings of rules that do not ship with the product.
fn own(report: &Report) -> Vec<&Finding> {
    plan(report).findings.iter().filter(|finding| !finding.rule.as_str().contains('/')).collect()
}

/// The same as rule, level, message.
fn told(report: &Report) -> Vec<(&str, Level, &str)> {
    own(report).into_iter().map(|finding| (finding.rule.as_str(), finding.level, finding.message.as_str())).collect()
}

#[track_caller]
fn finds(name: &str, scenario: &str, expected: &[(&str, Level, &str)]) {
    let report = run(&with(name), scenario);
    assert_eq!(told(&report), expected);
    assert_eq!(plan(&report).problems.len(), 0, "{:?}", plan(&report).problems);
}

#[test]
fn the_documentation_names_every_row_of_the_table() {
    let text = String::from_utf8(read("docs/conventions.md")).unwrap();
    for row in TABLE {
        let names = match row.names {
            Names::Verdicts => &["deny"],
            Names::These(names) => names,
        };
        for word in row.package.iter().chain(names) {
            let qualified = format!("`{}.{word}`", row.package.unwrap_or_default());
            assert!(text.contains(&format!("`{word}`")) || text.contains(&qualified), "{word} of {}", row.tool);
        }
    }
}

#[test]
fn spacelift() {
    let expected = [
        ("spacelift.deny", Level::Deny, "azurerm_storage_account.lake must not be replaced"),
        ("spacelift.warn", Level::Warn, "the account is the old one"),
    ];
    finds("spacelift", REPLACE, &expected);
}

#[test]
fn digger() {
    finds("digger", REPLACE, &[("digger.deny", Level::Deny, "azurerm_storage_account.lake is deleted")]);
    assert_eq!(run(&with("digger"), QUIET).notes, ["`digger.allow` is not run: it decides who may run Digger"]);
}

#[test]
fn scalr_and_hcp_terraform() {
    let message = "azurerm_storage_account.lake: deletions are not permitted";
    finds("terraform", REPLACE, &[("terraform.deny", Level::Deny, message)]);
}

#[test]
fn env0() {
    let expected =
        [("env0.deny", Level::Deny, "deletions are denied"), ("env0.pending", Level::Warn, "somebody has to look")];
    finds("env0", REPLACE, &expected);
    assert_eq!(run(&with("env0"), QUIET).notes, ["`env0.allow` is not run: approving is left to people"]);
}

#[test]
fn infracost() {
    finds("infracost", REPLACE, &[("infracost.deny", Level::Deny, "at most 3 changes")]);
}

#[test]
fn plural() {
    finds("plural", REPLACE, &[("plrl.stack.deny", Level::Deny, "a deletion")]);
    let notes = [
        "`plrl.stack.approve` is not run: approving is left to people",
        "`plrl.stack.defer` is not run: there is nobody to defer to",
    ];
    assert_eq!(run(&with("plural"), QUIET).notes, notes);
}

#[test]
fn the_opa_tutorial() {
    let authz = ("terraform.analysis.authz", Level::Deny, "`terraform.analysis.authz` does not hold");
    let score = |text| ("terraform.analysis.score", Level::Info, text);
    finds("opa", REPLACE, &[authz, score("`terraform.analysis.score` is 10")]);
    finds("opa", QUIET, &[score("`terraform.analysis.score` is 0")]);
}

#[test]
fn a_score_alone_decides_nothing() {
    let (_dir, setup) = repository(&[(
        "policy/a.rego",
        "package terraform.analysis\nscore := count(input.resource_changes)\nlow if score < 3\n",
    )]);
    refused(&setup, "the package `terraform.analysis` has no entry point");
}

#[test]
fn conftest_names_locations_and_exceptions() {
    let report = run(&with("conftest"), REPLACE);
    let excepted = "azurerm_storage_account.lake goes";
    let expected = [
        ("main.deny", Level::Deny, "every plan is denied"),
        ("main.deny_replaced", Level::Deny, excepted),
        ("main.warn", Level::Warn, "there are changes"),
    ];
    assert_eq!(told(&report), expected);
    let finding = own(&report).into_iter().find(|finding| finding.message == excepted).unwrap();
    let location = finding.location.as_ref().unwrap();
    assert_eq!((location.file.as_str(), location.position.line), ("main.tf", 3));
    assert_eq!(finding.metadata["team"], "data");
    let exception = finding.exception.as_ref().unwrap();
    assert_eq!(exception.query, "data.main.exception[_][_] == \"replaced\"");
    assert!(exception.location.as_ref().unwrap().file.ends_with("exceptions.rego"));
    assert!(!finding.blocks(Level::Warn));
    let text = plangate::report::human::render(&report, plangate::report::human::Options::default());
    assert!(text.contains("excepted by its policy") && text.contains("1 excepted"), "{text}");
}

#[test]
fn an_exception_reaches_only_rules_of_its_package() {
    let everything = "exception contains [\"\", \"destroy-data-store\", \"x\"]\n";
    let files = [
        (
            "policy/a.rego",
            &*format!("package a\nimport rego.v1\n{everything}deny contains \"a\"\nwarn_x contains \"x\"\n"),
        ),
        ("policy/b.rego", "package b\nimport rego.v1\ndeny contains \"b\"\n"),
    ];
    let (_dir, setup) = repository(&files);
    let report = run(&setup, REPLACE);
    let counts = |rule: &str| plan(&report).findings.iter().any(|f| f.rule.as_str() == rule && f.blocks(Level::Warn));
    let rules = ["stateful/destroy-data-store", "b.deny", "a.deny", "a.warn_x"];
    assert_eq!(rules.map(counts), [true, true, false, false]);
    assert_eq!(own(&report).iter().filter(|finding| finding.exception.is_some()).count(), 2);
}

#[test]
fn an_exception_may_be_written_in_any_form_conftest_takes() {
    for (exception, excepted) in [
        ("package a\nexception[rules] { rules = [\"x\", \"y\"] }\n", true),
        ("package a\nexception[rules] { input.nothing; rules = [\"x\"] }\n", false),
        ("package a\nimport rego.v1\nexception := [[\"x\"]]\n", true),
        ("package a\nimport rego.v1\nexception contains {\"x\"}\n", true),
        ("package a\nimport rego.v1\nexception := {\"k\": {\"l\": \"x\"}}\n", true),
        ("package a\nimport rego.v1\nexception contains \"x\"\n", false),
        ("package a\nimport rego.v1\nexception contains [\"deny_x\"]\n", false),
    ] {
        let policy = "package a\nimport rego.v1\ndeny_x contains \"x\"\n";
        let (_dir, setup) = repository(&[("policy/a.rego", policy), ("policy/e.rego", exception)]);
        let report = run(&setup, QUIET);
        assert_eq!(report.verdict, if excepted { Verdict::Allowed } else { Verdict::Blocked }, "{exception}");
        assert_eq!(own(&report).len(), 1, "shown in any case: {exception}");
    }
}

#[test]
fn an_exception_that_fails_leaves_the_plan_undecided() {
    let text = "package a\nimport rego.v1\nexception contains [x] if { x := {1} - 1 }\ndeny contains \"a\"\n";
    let (_dir, setup) = repository(&[("policy/a.rego", text)]);
    let report = run(&setup, QUIET);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(own(&report)[0].exception.is_none());
}

#[test]
fn a_text_or_true_of_a_complete_rule_is_a_finding() {
    let text = "package main\nimport rego.v1\ndeny := \"x\"\nviolation if true\nwarn := false\ndeny_list := [\"y\"]\n";
    let (_dir, setup) = repository(&[("policy/a.rego", text)]);
    let report = run(&setup, QUIET);
    let messages: Vec<&str> = told(&report).into_iter().map(|(_, _, message)| message).collect();
    assert_eq!(messages, ["x", "y", "the rule holds"]);
}

/// Regula's library is one directory, of which rules for plans use a part.
#[test]
fn what_lies_beside_the_library_of_regula_need_not_be_used() {
    let view = include_str!("conventions/regula/view.rego");
    let rule = include_str!("conventions/regula/refused.rego");
    let helper = "package k8s\n\npods[r] { r := input.resources[_]; r.kind == \"Pod\" }\n";
    let files = [("policy/lib/fugue/resource_view.rego", view), ("policy/rules/refused.rego", rule)];
    let (_dir, setup) = repository(&[files[0], files[1], ("policy/lib/k8s.rego", helper)]);
    assert_eq!(own(&run(&setup, REPLACE)).len(), 1);
    // Named one by one, as people do: the library has no rule, and is used.
    let (dir, _) = repository(&[files[0], files[1], ("policy/lib/k8s.rego", helper)]);
    let below = |path: &str| Utf8PathBuf::from_path_buf(dir.path().join("policy").join(path)).unwrap();
    let named =
        Setup { extra_policies: vec![below("lib"), below("rules")], ..crate::harness::setup("no-such-repository") };
    assert_eq!(own(&run(&named, REPLACE)).len(), 1);
    let (_dir, setup) = repository(&[files[0], files[1], ("policy/rules/k8s.rego", helper)]);
    refused(&setup, "the package `k8s` has no entry point");
    let deny = "package k8s\n\ndeny[\"seen\"] { input.resource_changes }\n";
    let (_dir, setup) = repository(&[files[0], files[1], ("policy/lib/k8s.rego", deny)]);
    assert_eq!(own(&run(&setup, REPLACE)).len(), 2, "a rule beside it is run all the same");
}

/// Regula's library in a repository takes no other package out of sight, and what it could not read is told.
#[test]
fn nothing_beside_rules_of_regula_is_silent() {
    let view = include_str!("conventions/regula/view.rego");
    let failing = view.replace("\tresource :=", "\tto_number(found.name)\n\tresource :=");
    let rule = "package rules.ok\n\nresource_type := \"azurerm_storage_account\"\n\nallow { true }\n";
    let with = |view: &str, rule: &str, other: &str| {
        repository(&[("policy/fugue/view.rego", view), ("policy/rule.rego", rule), ("policy/other.rego", other)])
    };
    let other =
        |package: &str, name: &str| format!("package {package}\n\n{name}[\"seen\"] {{ input.resource_changes }}\n");
    let (_dir, setup) = with(view, rule, &other("fugue.mine", "deny"));
    assert_eq!(own(&run(&setup, REPLACE)).len(), 1, "a package called like the library");
    let (_dir, setup) = with(view, rule, &other("rules.ok", "warn"));
    assert_eq!(own(&run(&setup, REPLACE)).len(), 1, "a rule about the plan in a package about resources");
    let (_dir, setup) = with(view, rule, &other("k8s", "denny"));
    refused(&setup, "the package `k8s` has no entry point");
    let (_dir, setup) =
        with(view, &rule.replace("resource_type", "input_type := \"terafform\"\nresource_type"), "package x\n");
    refused(&setup, "documents that plangate does not know");
    let (_dir, setup) = with(&failing, rule, "package x\n");
    let report = run(&setup, QUIET);
    assert_eq!(report.verdict, Verdict::Undecided);
    let problems: Vec<String> = plan(&report).problems.iter().map(|problem| problem.message.clone()).collect();
    assert!(
        problems.iter().any(|message| message.contains("makes no view of the plan: a builtin failed")),
        "{problems:?}"
    );
}

#[test]
fn regula() {
    let address = "azurerm_storage_account.lake";
    let report = run(&with("regula"), REPLACE);
    let expected = [
        ("rules.account_has_objects", address, "not Standard"),
        ("rules.account_has_words", address, "Standard, is refused"),
        ("rules.account_is_allowed", address, "it does not meet `rules.account_is_allowed`"),
        ("rules.account_is_premium", address, "Accounts are premium"),
        ("rules.account_is_refused", address, "it does not meet `rules.account_is_refused`"),
        ("rules.accounts_together", "", "none is there (aws_config)"),
        ("rules.accounts_together", address, "it is one of them"),
    ];
    let mut found: Vec<(&str, &str, &str)> = own(&report)
        .into_iter()
        .map(|finding| {
            let address = finding.subject.as_ref().map_or("", |subject| subject.address.as_str());
            (finding.rule.as_str(), address, finding.message.as_str())
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert!(own(&report).iter().all(|finding| finding.level == Level::Deny));
    assert_eq!(plan(&report).problems.len(), 0, "{:?}", plan(&report).problems);
    let premium = own(&report).into_iter().find(|finding| finding.rule.as_str() == "rules.account_is_premium").unwrap();
    assert_eq!(premium.severity.as_str(), "low");
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert!(report.notes[0].starts_with("1 rule of Regula not run"), "{:?}", report.notes);
    // What a plan destroys is not in the view.
    let report = run(&with("regula"), "04-delete-resource-block");
    assert!(
        own(&report).iter().all(|finding| finding.subject.as_ref().is_none_or(|subject| subject.address == address))
    );
}

#[test]
fn a_view_that_cannot_be_made_leaves_no_rule_clean() {
    let view = "package fugue.resource_view\nresource_view_input := ret { ret := {\"resources\": 1 / (count(input.planned_values) - count(input.planned_values))} }\n";
    let rule = "package rules.a\nresource_type := \"azurerm_storage_account\"\ndefault deny = true\n";
    let (_dir, setup) = repository(&[("policy/v.rego", view), ("policy/r.rego", rule)]);
    let report = run(&setup, QUIET);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(plan(&report).problems.iter().any(|problem| problem.message.contains("makes no view")));
    for (rule, words) in [
        ("package rules.a\nresource_type := \"MULTIPLE\"\ndefault deny = true\n", "judges nothing"),
        ("package rules.a\nresource_type := concat(\"_\", [\"a\", \"b\"])\ndefault deny = true\n", "must be a string"),
    ] {
        let (_dir, setup) = repository(&[("policy/v.rego", view), ("policy/r.rego", rule)]);
        refused(&setup, words);
    }
}

#[test]
fn policies_that_cannot_run_on_a_plan_are_refused_by_name() {
    for (text, words) in [
        (
            "package rules.tf_bucket\n\nimport data.fugue\n\nresource_type = \"aws_s3_bucket\"\n\ndefault allow = false\n",
            "policy of Regula",
        ),
        (
            "package rules.X_1.tf\n\nimport data.snyk\n\ninput_type := \"tf\"\nresource_type := \"a\"\n",
            "policy of snyk",
        ),
        (
            "package builtin.aws.s3.aws0001\n\nimport rego.v1\n\ndeny contains res if { res := result.new(\"x\", {}) }\n",
            "policy of Trivy",
        ),
    ] {
        let (_dir, setup) = repository(&[("policy/a.rego", text)]);
        refused(&setup, words);
    }
}

#[test]
fn a_package_that_nothing_runs_is_refused_unless_it_is_a_library() {
    let main = "package main\nimport rego.v1\nimport data.lib.names\nwarn contains \"w\" if names.known.x\n";
    let used =
        "package lib.names\nimport rego.v1\nimport data.lib.base\nknown[name] := true if some name in base.all\n";
    let base = "package lib.base\nall := [\"x\"]\n";
    let open_with = |path: &str, text: &str| {
        let files = [("policy/m.rego", main), ("policy/n.rego", used), ("policy/b.rego", base), (path, text)];
        let (dir, setup) = repository(&files);
        (dir, setup)
    };
    let (_dir, setup) =
        open_with("policy/x.rego", "package other\nimport rego.v1\ndefault allow := false\nallow if input.x\n");
    refused(&setup, "--decision other/allow");
    let (_dir, setup) = open_with("policy/x.rego", "package other\nimport rego.v1\nbad contains \"x\" if input.x\n");
    refused(&setup, "the package `other` has no entry point");
    let library = "# METADATA\n# scope: package\n# custom:\n#   library: true\npackage other\nimport rego.v1\nbad contains \"x\" if input.x\n";
    let (_dir, setup) = open_with("policy/x.rego", library);
    assert_eq!(run(&setup, QUIET).notes, ["no rule uses the package `other`"]);
    let (_dir, setup) = open_with("policy/x.rego", "package other\nimport rego.v1\nlimit := 3\nf(x) := x if x > 1\n");
    assert_eq!(run(&setup, QUIET).notes, ["no rule uses the package `other`"]);
}

#[test]
fn a_decision_is_run_whatever_its_name() {
    let decide = |path: &str, scenario: &str| {
        let setup = Setup { decisions: vec![path.to_owned()], ..with("decision") };
        let report = run(&setup, scenario);
        let told: Vec<String> =
            told(&report).into_iter().map(|(_, level, message)| format!("{level} {message}")).collect();
        (told, plan(&report).problems.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let none: Vec<String> = Vec::new();
    let denied = vec!["deny `team.release.allow` does not hold".to_owned()];
    assert_eq!(decide("team/release/allow", REPLACE), (denied.clone(), none.clone()));
    assert_eq!(decide("data.team.release.allow", REPLACE), (denied, none.clone()));
    assert_eq!(decide("team/release/allow", QUIET), (none.clone(), none.clone()));
    let reasons = vec!["deny azurerm_storage_account.lake is deleted".to_owned()];
    assert_eq!(decide("team/release/reasons", REPLACE), (reasons, none));
    let (findings, problems) = decide("team/release/verdict", QUIET);
    assert!(findings.is_empty() && problems[0].contains("an object of 1 key"), "{problems:?}");
}

#[test]
fn a_decision_that_no_rule_answers_is_refused() {
    let with_decision = |path: &str| Setup { decisions: vec![path.to_owned()], ..with("decision") };
    refused(&with_decision("team/release/alow"), "did you mean `data.team.release.allow`?");
    refused(&with_decision("team/release"), "no rule answers");
    refused(&with_decision("count(data.team.release.reasons)"), "no path of a rule");
    refused(&with("decision"), "--decision team/release/allow");
}

#[test]
fn the_configuration_names_decisions_with_levels() {
    let policy = include_str!("conventions/decision/policy.rego");
    let config = "[[decision]]\npath = \"team/release/allow\"\nlevel = \"warn\"\n";
    let (_dir, setup) = repository(&[("policy/p.rego", policy), ("plangate.toml", config)]);
    let message = "`team.release.allow` does not hold";
    assert_eq!(told(&run(&setup, REPLACE)), [("team.release.allow", Level::Warn, message)]);
    for (wrong, words) in [
        ("[[decision]]\npath = \"a/b\"\n", "no rule answers"),
        ("[[decision]]\nlevel = \"warn\"\n", "has no `path`"),
        ("[[decision]]\npath = \"team/release/allow\"\nlevel = \"off\"\n", "cannot be `off`"),
    ] {
        let (_dir, setup) = repository(&[("policy/p.rego", policy), ("plangate.toml", wrong)]);
        refused(&setup, words);
    }
}

const ONE: &str = "package terraform.one\n\ndeny[msg] { msg := \"one\" }\n";
const TWO: &str = "package terraform.two\nimport rego.v1\nrule contains \"two\"\nunset := 1 if input.nothing\n";
const EXTRA: &str = "package extra\nimport rego.v1\ndeny contains \"extra\"\n";

/// A policy set of HCP Terraform with these queries and levels.
fn hcp(queries: &[(&str, &str)]) -> (tempfile::TempDir, Setup) {
    use std::fmt::Write as _;
    let set = queries.iter().fold(String::new(), |mut out, (query, level)| {
        let name = query.replace('.', "-");
        let _ = write!(out, "policy \"{name}\" {{\n  query = \"{query}\"\n  enforcement_level = \"{level}\"\n}}\n");
        out
    });
    repository(&[
        ("policy/one.rego", ONE),
        ("policy/two.rego", TWO),
        ("policy/extra.rego", EXTRA),
        ("policy/policies.hcl", &set),
    ])
}

#[test]
fn a_policy_set_of_hcp_terraform_names_rules_and_levels() {
    let (_dir, setup) = hcp(&[("data.terraform.one.deny", "advisory"), ("data.terraform.two.rule", "mandatory")]);
    let report = run(&setup, QUIET);
    let expected = [
        ("extra.deny", Level::Deny, "extra"),
        ("terraform.two.rule", Level::Deny, "two"),
        ("terraform.one.deny", Level::Warn, "one"),
    ];
    assert_eq!(told(&report), expected);
    assert!(report.notes[0].ends_with("policies.hcl sets the levels of 2 rules"), "{:?}", report.notes);
}

#[test]
fn a_query_that_no_rule_answers_is_refused_and_one_without_a_list_undecided() {
    let (_dir, setup) = hcp(&[("data.terraform.one.denny", "advisory"), ("data.terraform.two.rule", "mandatory")]);
    refused(&setup, "no rule answers `data.terraform.one.denny`");
    let (_dir, setup) = hcp(&[("data.terraform.two.rule", "advisory"), ("data.terraform.two.unset", "advisory")]);
    let report = run(&setup, QUIET);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(plan(&report).problems[0].message.contains("no value; expected a set or an array"));
}

#[test]
fn policies_of_scalr_are_judged_apart_at_their_levels() {
    let policy =
        |name: &str| format!("package terraform\n\nlimit = \"{name}\"\n\ndeny[reason] {{\n\treason := limit\n}}\n");
    let list = "version = \"v1\"\n\npolicy \"first\" {\n  enabled = true\n  enforcement_level = \"advisory\"\n}\n\n\
                policy \"second-one\" {\n  enabled = true\n  enforcement_level = \"hard-mandatory\"\n}\n\n\
                policy \"third\" {\n  enabled = false\n  enforcement_level = \"hard-mandatory\"\n}\n";
    let (first, second, third) = (policy("first"), policy("second-one"), policy("third"));
    let files = |list: &'static str| {
        repository(&[
            ("policy/cost/scalr-policy.hcl", list),
            ("policy/cost/first.rego", &first),
            ("policy/cost/second-one.rego", &second),
            ("policy/cost/third.rego", &third),
            ("policy/cost/first.test.rego", "package terraform\nimport data.mock\n"),
        ])
    };
    let (_dir, setup) = files(list);
    let report = run(&setup, QUIET);
    let expected =
        [("terraform.second_one.deny", Level::Deny, "second-one"), ("terraform.first.deny", Level::Warn, "first")];
    assert_eq!(told(&report), expected);
    assert!(report.notes[0].starts_with("the policy `third` is not run"), "{:?}", report.notes);
    let (_dir, setup) = files("version = \"v1\"\npolicy \"fourth\" {\n  enabled = true\n}\n");
    refused(&setup, "has no file `fourth.rego`");
    let by_directory = "version = \"v1\"\npolicy \"cost\" {\n  enabled = true\n}\n";
    let (_dir, setup) =
        repository(&[("policy/cost/scalr-policy.hcl", by_directory), ("policy/cost/limit.rego", &first)]);
    assert_eq!(told(&run(&setup, QUIET)), [("terraform.cost.deny", Level::Deny, "first")]);
}

/// What conftest 0.71.1 printed for the same policies and plan:
/// `conftest test --no-color -p policy -n main -n team.other [-o json] fixtures/…/plan.json`.
mod conftest_output {
    use plangate::report::Report;
    use plangate::report::conftest::{self, Check};

    use super::{REPLACE, directory, open, setup};
    use crate::harness::{judge, read};

    fn report() -> (Report, Vec<Check>) {
        let mut setup = setup("no-such-repository");
        setup.extra_policies = vec![directory("conftest-output/policy")];
        let path = format!("fixtures/scenarios/{REPLACE}/plan.json");
        let report = judge(&open(&setup), &[(&path, read(&path))]);
        let checks = conftest::checks(&report).into_iter().filter(|check| check.namespace != conftest::NAMESPACE);
        (report.clone(), checks.collect())
    }

    fn recorded(name: &str) -> String {
        String::from_utf8(read(&format!("tests/it/conventions/conftest-output/{name}"))).unwrap()
    }

    #[test]
    fn lines_are_those_of_conftest() {
        let (_, checks) = report();
        assert_eq!(anstream::adapter::strip_str(&conftest::lines(&checks)).to_string(), recorded("stdout.txt"));
        assert_eq!([false, true].map(|warn| conftest::exit_code(&checks, warn)), [1, 2]);
    }

    #[test]
    fn json_is_that_of_conftest() {
        let (_, checks) = report();
        assert_eq!(conftest::json(&checks).unwrap(), recorded("stdout.json"));
    }

    #[test]
    fn what_ships_stands_in_a_namespace_of_its_own() {
        let (report, _) = report();
        let checks = conftest::checks(&report);
        let own = checks.last().unwrap();
        assert_eq!(own.namespace, conftest::NAMESPACE);
        let lost = own.failures.iter().find(|entry| entry.metadata["rule"] == "stateful/destroy-data-store").unwrap();
        assert_eq!(lost.metadata["query"], "data.plangate.stateful.destroy_data_store.deny");
        assert!(own.successes > 10, "{own:?}");
    }
}

#[test]
fn a_plan_that_cannot_be_judged_fails_for_conftest_too() {
    let ran = |args: &[&str], stdin: &str| {
        let args = ["check", "--compat", "conftest", "-"].into_iter().chain(args.iter().copied());
        plangate().args(args).stdin(stdin).run()
    };
    ran(&[], "{}").exits(1).says("FAIL - - plangate - undecided: ").says(" 1 failure, 0 exceptions\n");
    ran(&["--fail-on-warn"], "{}").exits(2);
    let written = ran(&["-o", "json"], "{}");
    let written: serde_json::Value = serde_json::from_str(&written.exits(1).stdout).unwrap();
    assert_eq!((&written[0]["filename"], &written[0]["namespace"]), (&"".into(), &"plangate".into()));
    assert_eq!(written[0]["failures"][0]["metadata"]["code"], "not-a-plan");
    ran(&["--policy", "no/such/path"], "{}").exits(1).says("FAIL - - plangate - undecided: the policy path");
    ran(&["-o", "table"], "{}").exits(2).says("no output format of `--compat conftest`");
}

#[test]
fn a_plan_that_passes_says_nothing_that_looks_like_a_failure() {
    let quiet = read(&format!("fixtures/scenarios/{QUIET}/plan.json"));
    let lines = plangate().args(["check", "--compat", "conftest", "-"]).stdin(quiet.clone()).run();
    lines.exits(0).says(" passed, 0 warnings, 0 failures, 0 exceptions\n").hides("FAIL");
    plangate().args(["check", "--compat", "conftest", "-o", "json", "-"]).stdin(quiet).run().exits(0).hides("failures");
}
