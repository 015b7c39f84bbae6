//! Saved plan files, read without Terraform, against the JSON that Terraform prints of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plangate::plan::binary::{Mode, Product};
use plangate::plan::completeness::Expect;
use plangate::plan::detect::recognise;
use plangate::plan::json::{Interest, KeepValues, Names, load};
use plangate::plan::sink::NoSink;
use plangate::plan::{Change, Plan, ResourceChange, SavedPlan, Shadow};
use plangate::report::Report;
use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};

use crate::harness::{built_in, judge, package, plangate, read, setup};

/// Where the binary says less than the JSON, by scenario and place. Terraform marks no attribute of a replaced object that its
/// schema calls sensitive while it is unknown; there is nothing to hide then.
const UNKNOWN_MARKS: [(&str, &str); 2] = [
    ("05-replace-force-new", "azurerm_storage_account.lake after_sensitive"),
    ("06-replace-create-before-destroy", "azurerm_storage_account.lake after_sensitive"),
];

/// Plans that are silent about objects of the state, of which the binary then does not say what is sensitive: all of it is.
const SILENT: [&str; 4] = ["25-target", "26-refresh-only-drift", "37-errored-precondition", "62-destroy-target"];

fn scenarios() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(package("fixtures/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn file(scenario: &str, name: &str) -> Vec<u8> {
    read(&format!("fixtures/scenarios/{scenario}/{name}"))
}

fn plan(bytes: Vec<u8>) -> Plan {
    let names: Names = ["id", "name", "input", "location", "administrator_login_password"].into_iter().collect();
    let interest = Interest { values: KeepValues::All, ..Interest::builtin() }.identified_by(Arc::new(names));
    let document = recognise(bytes).remove(0).unwrap();
    load(&document, &interest, NoSink).unwrap().plan
}

fn saved(scenario: &str) -> Arc<SavedPlan> {
    Arc::clone(recognise(file(scenario, "tfplan")).remove(0).unwrap().saved().unwrap())
}

type Facts = BTreeMap<String, String>;

fn of_mask(mask: &Shadow) -> String {
    format!("{:?}", mask.marked())
}

fn of_change(at: &str, change: &Change, facts: &mut Facts) {
    let mut paths: Vec<String> = change.replace_paths.iter().map(|path| format!("{path:?}")).collect();
    paths.sort();
    for (field, text) in [
        ("action", format!("{:?} {:?}", change.action, change.actions)),
        ("before", format!("{:?} {:?}", change.before_stated, change.before)),
        ("after", format!("{:?} {:?}", change.after_stated, change.after)),
        ("after_unknown", of_mask(&change.after_unknown)),
        ("before_sensitive", of_mask(&change.before_sensitive)),
        ("after_sensitive", of_mask(&change.after_sensitive)),
        ("replace_paths", format!("{paths:?}")),
        ("importing", format!("{:?}", change.importing)),
        ("generated_config", format!("{:?}", change.generated_config)),
        ("identity", format!("{:?} {:?}", change.before_identity, change.after_identity)),
    ] {
        assert!(facts.insert(format!("{at} {field}"), text).is_none(), "{at} stands twice");
    }
}

fn of_resource(list: &str, at: usize, entry: &ResourceChange, facts: &mut Facts) {
    let key = entry.deposed.as_deref().map(|key| format!(" deposed {key}")).unwrap_or_default();
    let place = format!("{list}{}{key}", entry.address);
    facts.insert(
        format!("{place} entry"),
        format!(
            "{at} {:?} {:?} {} {:?} {:?}",
            entry.previous_address, entry.mode, entry.resource_type, entry.provider, entry.action_reason
        ),
    );
    of_change(&place, &entry.change, facts);
}

/// Every field of every part of a plan but the configuration, by place.
fn facts(plan: &Plan) -> Facts {
    let mut facts = Facts::new();
    for (at, entry) in plan.changes.iter().flatten().enumerate() {
        of_resource("", at, entry, &mut facts);
    }
    for (at, entry) in plan.drift.iter().enumerate() {
        of_resource("drift ", at, entry, &mut facts);
    }
    for (name, change) in &plan.output_changes {
        of_change(&format!("output {name}"), change, &mut facts);
    }
    for (at, instance) in plan.prior_instances.iter().flatten().enumerate() {
        let mask = of_mask(&instance.sensitive);
        let rest = format!("{:?} {:?} {:?}", instance.resource_type, instance.depends_on, instance.values);
        let place = format!("prior {instance}");
        facts.insert(format!("{place} sensitive"), mask);
        assert!(facts.insert(place, format!("{at} {rest}")).is_none());
    }
    let listed = [plan.changes.is_some(), plan.prior_instances.is_some()];
    for (field, text) in [
        ("versions", format!("{} {:?} {:?}", plan.format_version, plan.terraform_version, plan.timestamp)),
        ("flags", format!("{:?} {:?} {:?}", plan.errored, plan.applyable, plan.complete)),
        ("checks", format!("{:?}", plan.checks)),
        ("planned", plan.planned_resources.to_string()),
        ("deferred", format!("{:?} {:?}", plan.deferred, plan.action_invocations)),
        ("unknown", format!("{:?} {:?}", plan.unknown_keys, plan.wrapper_keys)),
        ("listed", format!("{listed:?}")),
    ] {
        facts.insert(field.to_owned(), text);
    }
    facts
}

#[test]
fn the_typed_plan_is_that_of_the_json() {
    for scenario in scenarios() {
        let json = facts(&plan(file(&scenario, "plan.json")));
        let binary = facts(&plan(file(&scenario, "tfplan")));
        let places: BTreeSet<&String> = json.keys().chain(binary.keys()).collect();
        let differing: Vec<&String> =
            places.into_iter().filter(|place| json.get(*place) != binary.get(*place)).collect();
        for place in differing {
            let silent = place.starts_with("prior ") && place.ends_with(" sensitive") && SILENT.contains(&&*scenario);
            assert!(
                silent || UNKNOWN_MARKS.contains(&(&*scenario, place)),
                "{scenario}: {place}\n  JSON:   {:?}\n  binary: {:?}",
                json.get(place),
                binary.get(place)
            );
        }
    }
}

/// Keys that the JSON has and the binary does not, of any scenario.
#[test]
fn the_keys_are_those_of_the_json() {
    for scenario in scenarios() {
        let json = plan(file(&scenario, "plan.json")).keys;
        let binary = plan(file(&scenario, "tfplan")).keys;
        let missing: Vec<&str> = json.difference(&binary).map(String::as_str).collect();
        assert!(missing.iter().all(|key| ["configuration", "variables"].contains(key)), "{scenario}: {missing:?}");
        assert_eq!(binary.difference(&json).count(), 0, "{scenario}");
    }
}

fn lines(report: &Report) -> BTreeSet<String> {
    let plan = &report.plans[0];
    let mut lines: BTreeSet<String> =
        plan.problems.iter().map(|problem| format!("{}", problem.code.as_str())).collect();
    for finding in &plan.findings {
        let subject = finding.subject.as_ref().map(|subject| format!("{} {:?}", subject.address, subject.deposed));
        lines.insert(format!("{} {} {subject:?}", finding.level, finding.rule));
    }
    lines
}

/// The binary says that it is a refresh-only plan; of the JSON the user has to.
const REFRESH_ONLY: &str = "26-refresh-only-drift";

#[test]
fn the_verdict_and_the_findings_are_those_of_the_json() {
    let stages = built_in();
    let mut wrong = Vec::new();
    for scenario in scenarios().into_iter().filter(|scenario| scenario != REFRESH_ONLY) {
        let json = judge(&stages, &[("plan", file(&scenario, "plan.json"))]);
        let binary = judge(&stages, &[("plan", file(&scenario, "tfplan"))]);
        if json.verdict != binary.verdict {
            wrong.push(format!("{scenario}: {:?} != {:?}", json.verdict, binary.verdict));
        }
        let (json, binary) = (lines(&json), lines(&binary));
        wrong.extend(json.difference(&binary).map(|line| format!("{scenario}: only in JSON: {line}")));
        wrong.extend(binary.difference(&json).map(|line| format!("{scenario}: only in binary: {line}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_refresh_only_plan_is_one_without_being_told() {
    let expecting = |plan: &str, expect: Expect| {
        let stages = workspace::open(&Setup { expect: Some(expect), ..setup("no-such-repository") }).unwrap();
        judge(&stages, &[("plan", file(plan, "tfplan"))])
    };
    let json = workspace::open(&Setup { expect: Some(Expect::RefreshOnly), ..setup("no-such-repository") }).unwrap();
    let json = judge(&json, &[("plan", file(REFRESH_ONLY, "plan.json"))]);
    let told = expecting(REFRESH_ONLY, Expect::RefreshOnly);
    assert_eq!((json.verdict, lines(&json)), (told.verdict, lines(&told)));
    assert_eq!(lines(&expecting(REFRESH_ONLY, Expect::Ordinary)), lines(&told));
    let other = expecting("02-noop", Expect::RefreshOnly);
    assert_eq!(other.verdict, Verdict::Undecided);
    assert!(lines(&other).contains("inconsistent-plan"));
}

#[test]
fn a_saved_plan_says_what_its_json_does_not() {
    let of = |scenario| saved(scenario);
    assert_eq!((of("24-destroy-mode").mode, of("26-refresh-only-drift").mode), (Mode::Destroy, Mode::RefreshOnly));
    assert_eq!(of("25-target").targets, ["azurerm_storage_account.lake"]);
    assert_eq!(of("07-replace-by-request").force_replace.len(), 1);
    assert_eq!(of("58-workspace").workspace, "prod");
    let alias = &of("39-provider-alias-change").aliases;
    assert_eq!(alias.len(), 1);
    let noop = of("02-noop");
    assert_eq!((noop.product, noop.backend.as_str(), noop.mode), (Product::Terraform, "local", Mode::Normal));
    assert!(!noop.state.lineage.is_empty() && noop.state.serial > 0);
    let keys: Vec<&str> = noop.sources.modules.iter().map(|module| module.key.as_str()).collect();
    assert_eq!(keys, ["", "dataset"]);
    assert!(noop.sources.modules[0].files.iter().any(|(name, text)| name == "main.tf" && text.contains("resource")));
    assert!(!format!("{:?}", noop.sources).contains("resource \""), "sources may hold secrets");
}

#[test]
fn the_reports_show_what_only_a_saved_plan_says() {
    let shown = plangate().args(["check", "fixtures/scenarios/25-target/tfplan", "--verbose"]).run();
    for line in [
        "read from a saved plan of Terraform 1.11.4",
        "made with -target: azurerm_storage_account.lake",
        "backend: local",
    ] {
        shown.says(line);
    }
}

/// Bytes that were changed are refused, or judged no better than the plan they were made of.
#[test]
fn a_damaged_plan_never_passes_where_the_whole_one_did_not() {
    let stages = built_in();
    let whole = file("04-delete-resource-block", "tfplan");
    assert_eq!(judge(&stages, &[("plan", whole.clone())]).verdict, Verdict::Blocked);
    let judged = |bytes: Vec<u8>| judge(&stages, &[("plan", bytes)]).verdict;
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        assert_eq!(judged(whole[..length].to_vec()), Verdict::Undecided, "cut at {length}");
    }
    for at in (0..whole.len()).step_by(whole.len() / 200) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_ne!(judged(flipped), Verdict::Allowed, "byte {at}");
    }
}
