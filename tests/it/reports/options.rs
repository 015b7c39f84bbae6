//! What arguments and the environment change about reports.

use plangate::report::format::Options;
use plangate::report::{Report, markdown};
use serde_json::{Value, json};

use super::parsers::{azure, github, github_outputs};
use super::{destroyed, hostile, is_sarif, plan, sample, written, written_with};
use crate::harness::{built_in, judge, plangate, repository};

const REPLACE: &str = "fixtures/scenarios/05-replace-force-new/plan.json";

/// A report with a finding of each of so many objects.
pub(super) fn many(count: usize) -> Report {
    let change = destroyed("azurerm_storage_account.x", "azurerm_storage_account", &json!({"name": "x"}), &json!({}));
    let mut report = judge(&built_in(), &[("plan.json", plan(&[change]))]);
    let found = &mut report.plans[0].findings;
    let one = found.remove(0);
    found.extend((0..count).map(|n| {
        let mut finding = one.clone();
        finding.subject.as_mut().unwrap().address = format!("azurerm_storage_account.x[{n}]");
        finding
    }));
    report
}

#[test]
fn markdown_fits_any_limit_and_loses_whole_findings_alone() {
    let report = hostile::report();
    let whole = markdown::render(&report, plangate::finding::Level::Info, usize::MAX);
    let blocks: Vec<&str> = whole.split("\n\n").collect();
    for limit in [1000, 1500, 4000, 10_000, markdown::LIMIT, 150_000] {
        let text = markdown::render(&report, plangate::finding::Level::Info, limit);
        assert!(text.len() <= limit, "{} > {limit}", text.len());
        assert!(text.starts_with("## plangate: undecided\n"), "{text}");
        let left = text
            .lines()
            .find_map(|line| line.strip_prefix("**")?.split_once(" more did not fit here.**"))
            .map(|(n, _)| n.parse::<usize>().unwrap());
        let shown =
            text.split("\n\n").filter(|block| block.starts_with("**deny**") || block.starts_with("**undecided**"));
        assert!(shown.clone().all(|block| blocks.contains(&block)), "a finding was cut at {limit}");
        assert_eq!(
            left.is_none(),
            shown.count()
                == blocks
                    .iter()
                    .filter(|block| block.starts_with("**deny**") || block.starts_with("**undecided**"))
                    .count(),
            "{limit}"
        );
    }
}

#[test]
fn sarif_stops_at_the_limit_and_counts_the_rest() {
    let document = is_sarif(&written(&many(5200), "sarif"));
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5000);
    assert_eq!(results[0]["level"], "error");
    let last = results.last().unwrap();
    assert_eq!(last["ruleId"], "plangate/more-results");
    assert!(last["message"]["text"].as_str().unwrap().contains("results are not listed here"), "{last}");
}

#[test]
fn what_is_waived_is_in_sarif_on_request_alone() {
    let report = sample::report();
    let of = |suppressed: bool| {
        let document = is_sarif(&written_with(&report, "sarif", &Options { suppressed, ..Options::default() }));
        document["runs"][0]["results"].as_array().unwrap().clone()
    };
    let is_suppressed = |result: &&Value| result.get("suppressions").is_some();
    assert_eq!(of(false).iter().filter(is_suppressed).count(), 0);
    let set_aside = report.all_findings().filter(|finding| finding.is_set_aside()).count();
    assert!(set_aside > 1);
    assert_eq!(of(true).iter().filter(is_suppressed).count(), set_aside);
    assert_eq!(of(true).len(), of(false).len() + set_aside);
}

/// Names that GitHub Advanced Security for Azure DevOps requires; a category, which GitHub's upload action leaves alone.
#[test]
fn sarif_names_its_tool_its_rules_and_on_request_its_category() {
    let of = |category: Option<&str>| {
        let options = Options { category: category.map(str::to_owned), ..Options::default() };
        is_sarif(&written_with(&sample::report(), "sarif", &options))["runs"][0].take()
    };
    let run = of(None);
    assert!(run.get("automationDetails").is_none(), "the action's own category would be ignored");
    assert_eq!(run["tool"]["driver"]["fullName"], concat!("plangate ", env!("CARGO_PKG_VERSION")));
    let name = |id: &str| {
        let mut rules = run["tool"]["driver"]["rules"].as_array().unwrap().iter();
        rules.find(|rule| rule["id"] == id).unwrap()["name"].clone()
    };
    assert_eq!(name("stateful/destroy-data-store"), "StatefulDestroyDataStore");
    assert_eq!(name("main.deny"), "MainDeny");
    assert_eq!(of(Some("prod"))["automationDetails"]["id"], "prod/");
    assert_eq!(of(Some("team/prod/"))["automationDetails"]["id"], "team/prod/");
}

#[test]
fn one_evaluation_writes_every_report() {
    let (dir, _) =
        repository(&[(".git/HEAD", ""), ("plan.json", &String::from_utf8(crate::harness::read(REPLACE)).unwrap())]);
    let args = ["check", "plan.json", "-o", "sarif=a.sarif", "-o", "markdown=b.md", "-o", "junit=c.xml", "-o", "azure"];
    let ran = plangate().dir(dir.path()).args(args).run();
    ran.exits(1);
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    is_sarif(&read("a.sarif"));
    assert!(read("b.md").starts_with("## plangate: blocked\n") && read("c.xml").contains("<failure "));
    let commands: Vec<_> = ran.stdout.lines().filter_map(azure).collect();
    let upload = commands.iter().find(|command| command.name == "task.uploadsummary").unwrap();
    assert!(upload.data.starts_with('/') && upload.data.ends_with("/b.md"), "{upload:?}");
    assert_eq!(commands.last().unwrap().properties["result"], "Failed");
    plangate().args(["check", REPLACE, "--markdown-limit", "10"]).run().exits(2);
    plangate().args(["check", REPLACE, "-o", "no-such-format"]).run().exits(2).says("sarif");
}

#[test]
fn a_step_of_github_actions_gets_annotations_outputs_and_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let (outputs, summary) = (dir.path().join("outputs"), dir.path().join("summary"));
    std::fs::write(&outputs, "before=1\n").unwrap();
    std::fs::write(&summary, "before\n\n").unwrap();
    let run = |args: &[&str]| {
        let program = plangate()
            .env("GITHUB_OUTPUT", outputs.to_str().unwrap())
            .env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
        program.args(args.iter().copied()).run()
    };
    let ran = run(&["check", REPLACE, "-o", "github"]);
    ran.exits(1);
    let commands: Vec<_> = ran.stdout.lines().map(|line| github(line).unwrap()).collect();
    assert!(commands.len() > 1 && commands[0].data.starts_with("blocked: 1 plan: "), "{commands:?}");
    let text = std::fs::read_to_string(&outputs).unwrap();
    let written = github_outputs(text.strip_prefix("before=1\n").unwrap());
    assert_eq!((written["verdict"].as_str(), written["destructive"].as_str()), ("blocked", "true"));
    assert!(std::fs::read_to_string(&summary).unwrap().starts_with("before\n\n## plangate: blocked\n"));

    // Without the format nothing is added.
    run(&["check", REPLACE]).exits(1);
    assert_eq!(std::fs::read_to_string(&outputs).unwrap(), text);

    // A file that cannot be written leaves the run undecided, and what was written says so.
    std::fs::remove_file(&summary).unwrap();
    std::fs::create_dir(&summary).unwrap();
    std::fs::write(&outputs, "").unwrap();
    run(&["check", REPLACE, "-o", "github"]).exits(2).says("could not be written");
    let written = github_outputs(&std::fs::read_to_string(&outputs).unwrap());
    assert_eq!(written["verdict"], "undecided");
}

#[test]
fn only_a_plan_that_was_judged_and_destroys_nothing_is_not_destructive() {
    let of = |path: &str| {
        let report = judge(&built_in(), &[("plan.json", crate::harness::read(path))]);
        github_outputs(&plangate::report::github::outputs(&report))["destructive"].clone()
    };
    assert_eq!(of("fixtures/scenarios/01-create-all/plan.json"), "false");
    assert_eq!(of(REPLACE), "true");
    assert_eq!(of("fixtures/inputs/truncated.json"), "true");
    assert_eq!(of("fixtures/inputs/unknown-action.json"), "true");
}

#[test]
fn an_undecided_run_is_never_an_empty_report() {
    let problem = plangate::problem::Problem::new(plangate::problem::ProblemCode::Config, "`plangate.toml` is wrong");
    let report = Report::undecided(vec![problem]);
    for (format, text) in super::in_every_format(&report) {
        assert!(text.contains("is wrong"), "{format}: {text}");
        assert!(text.contains("ndecided") || format == "csv" || format == "gitlab", "{format}: {text}");
    }
}

/// The action, the templates and the pages name formats, options and outputs that there are.
#[test]
fn what_is_set_up_for_ci_systems_exists() {
    let text = |path: &str| std::fs::read_to_string(crate::harness::package(path)).unwrap();
    let action: Value = yaml_serde::from_str(&text("action.yml")).unwrap();
    let report = judge(&built_in(), &[("plan.json", crate::harness::read(REPLACE))]);
    let outputs = github_outputs(&plangate::report::github::outputs(&report));
    let passed: std::collections::BTreeSet<&str> =
        action["outputs"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(passed, outputs.keys().map(String::as_str).collect());
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert_eq!(output["value"], format!("${{{{ steps.check.outputs.{name} }}}}"));
    }
    let documented = text("docs/reports.md");
    for format in plangate::report::format::FORMATS {
        assert!(documented.contains(&format!("| `{format}` |")), "{format} is not in docs/reports.md");
    }
    let pages = std::fs::read_dir(crate::harness::package("docs/ci")).unwrap().map(|entry| entry.unwrap().path());
    let written = regex::Regex::new(r#"-o "?([a-z]+)"#).unwrap();
    let mut seen = 0;
    for page in pages.map(|path| std::fs::read_to_string(path).unwrap()).chain([text("action.yml"), documented]) {
        for format in written.captures_iter(&page).map(|found| found[1].to_owned()) {
            assert!(plangate::report::format::FORMATS.contains(&format.as_str()), "{format}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
    let hooks: Value = yaml_serde::from_str(&text(".pre-commit-hooks.yaml")).unwrap();
    for hook in hooks.as_array().unwrap() {
        let command = hook["entry"].as_str().unwrap().strip_prefix("plangate ").unwrap();
        plangate().args([command, "--help"]).run().exits(0);
    }
}
