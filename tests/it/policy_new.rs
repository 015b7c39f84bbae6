//! `plangate policy`: what it writes is a rule that works.

use plangate::gate::{self, PlanInput, PlanSource};
use plangate::scaffold::{self, RuleName};
use plangate::verdict::Verdict;

use plangate::workspace;

use crate::harness::{judge, plangate, read, setup};

/// The files of a new rule, by their paths below the directory of policies.
fn scaffolded(from: Option<(&str, Option<&str>)>) -> Vec<(String, String)> {
    let excerpt = from.map(|(plan, address)| {
        let plan = PlanInput { name: plan.to_owned(), source: PlanSource::Bytes(read(plan)) };
        gate::excerpt(plan, address).unwrap()
    });
    scaffold::files(&RuleName::parse("storage/keep-it").unwrap(), excerpt.as_ref())
}

#[test]
fn a_new_rule_fires_on_its_deny_case_and_not_on_its_allow_case() {
    let replace = "fixtures/scenarios/05-replace-force-new/plan.json";
    let sources = [
        None,
        Some((replace, None)),
        Some((replace, Some("azurerm_storage_container.zone[1]"))),
        Some(("fixtures/scenarios/03-update-inplace/plan.json", None)),
        Some(("fixtures/scenarios/01-create-all/plan.json", None)),
    ];
    for from in sources {
        let repository = tempfile::tempdir().unwrap();
        let root = camino::Utf8Path::from_path(repository.path()).unwrap();
        let files = scaffolded(from);
        for (path, text) in &files {
            plangate::io::write_below(&root.join("policy").join(path), text.as_bytes()).unwrap();
        }
        let stages = workspace::open(&setup(root.as_str())).unwrap();
        for (path, text) in files.iter().filter(|(path, _)| path.contains("/cases/")) {
            let report = judge(&stages, &[(path, text.clone().into_bytes())]);
            let plan = &report.plans[0];
            assert!(plan.problems.is_empty(), "{path}: {:?}", plan.problems);
            let fired = plan.findings.iter().filter(|finding| finding.rule.as_str() == "storage/keep-it").count();
            assert_eq!(fired, usize::from(path.contains("/deny_")), "{from:?} {path}");
            if path.contains("/allow_") {
                assert_eq!(report.verdict, Verdict::Allowed, "{from:?} {path}");
            }
        }
    }
}

#[test]
fn cases_of_a_real_plan_hold_no_secrets() {
    let secret = "fixtures/scenarios/61-sensitive-forces-replace/plan.json";
    let text: String =
        scaffolded(Some((secret, Some("azurerm_mssql_server.sql")))).into_iter().map(|(_, text)| text).collect();
    assert!(text.contains("(sensitive)"), "{text}");
}

#[test]
fn an_address_that_is_not_there_is_an_error_with_a_suggestion() {
    let plan = PlanInput {
        name: "p".to_owned(),
        source: PlanSource::Bytes(read("fixtures/scenarios/05-replace-force-new/plan.json")),
    };
    let problem = gate::excerpt(plan, Some("azurerm_storage_account.lakes")).unwrap_err();
    assert_eq!(problem.help.as_deref(), Some("did you mean `azurerm_storage_account.lake`?"));
}

#[test]
fn policy_new_writes_once_and_policy_docs_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    let run = |args: &[&str]| plangate().dir(directory.path()).args(args.iter().copied()).run();
    let written = run(&["policy", "new", "storage/keep-it"]);
    assert_eq!(
        written.exits(0).stdout,
        "policy/storage/keep-it/policy.rego\npolicy/storage/keep-it/cases/deny_destroyed.json\n\
         policy/storage/keep-it/cases/allow_no_change.json\n"
    );
    run(&["policy", "new", "storage/keep-it"]).exits(2).says("exists already");
    let page = run(&["policy", "docs"]);
    assert!(
        page.exits(0).stdout.starts_with("# Say in one line what must not happen\n\n`storage/keep-it`\n"),
        "{page:?}"
    );
    run(&["policy", "docs", "--out", "out"]).exits(0);
    let index = std::fs::read_to_string(directory.path().join("out/README.md")).unwrap();
    assert!(index.contains("| [storage/keep-it](storage/keep-it.md) | deny |"), "{index}");
    assert!(directory.path().join("out/storage/keep-it.md").is_file());
}
