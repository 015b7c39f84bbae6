//! Saved plan files, read without Terraform, against the JSON that Terraform prints of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8PathBuf;
use plangate::gate::Stages;
use plangate::plan::binary::{Mode, Product};
use plangate::plan::completeness::Expect;
use plangate::plan::detect::{Document, recognise, recognise_for};
use plangate::plan::json::{Interest, KeepValues, Names, load};
use plangate::plan::sink::{NoSink, Projection};
use plangate::plan::{Change, Plan, ResourceChange, SavedPlan, Shadow};
use plangate::report::Report;
use plangate::sources::{self, Base, Given, Whereabouts};
use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};
use serde_json::Value;

use crate::harness::{built_in, judge, package, plangate, read, repository, setup};

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

pub(crate) fn plan(bytes: Vec<u8>) -> Plan {
    plan_of(&recognise(bytes).remove(0).unwrap())
}

fn plan_of(document: &Document) -> Plan {
    let names: Names = ["id", "name", "input", "location", "administrator_login_password"].into_iter().collect();
    let interest = Interest { values: KeepValues::All, ..Interest::builtin() }.identified_by(Arc::new(names));
    load(document, &interest, NoSink).unwrap().plan
}

fn saved(scenario: &str) -> Arc<SavedPlan> {
    Arc::clone(recognise(file(scenario, "tfplan")).remove(0).unwrap().saved().unwrap())
}

pub(crate) type Facts = BTreeMap<String, String>;

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
pub(crate) fn facts(plan: &Plan) -> Facts {
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
            assert!(silent, "{scenario}: {place}\n  JSON:   {:?}\n  binary: {:?}", json.get(place), binary.get(place));
        }
    }
}

/// What nobody reads is left out, and nothing else is: neither of the typed plan nor of the document.
#[test]
fn a_plan_rendered_for_built_in_rules_says_the_same() {
    for scenario in scenarios() {
        let of = |wanted| recognise_for(file(&scenario, "tfplan"), &wanted).remove(0).unwrap();
        let (whole, lean) = (of(Projection::everything()), of(Projection::nothing()));
        assert_eq!(facts(&plan_of(&whole)), facts(&plan_of(&lean)), "{scenario}");
        let parts = |document: &Document| {
            let mut json: Value = serde_json::from_slice(document.bytes()).unwrap();
            json["planned_values"].take();
            json
        };
        assert_eq!(parts(&whole), parts(&lean), "{scenario}");
    }
}

/// Keys that the JSON has and the binary does not, of any scenario.
#[test]
fn the_keys_are_those_of_the_json() {
    for scenario in scenarios() {
        let json = plan(file(&scenario, "plan.json")).keys;
        let binary = plan(file(&scenario, "tfplan")).keys;
        let missing: Vec<&str> = json.difference(&binary).map(String::as_str).collect();
        assert_eq!(missing, ["configuration"], "{scenario}");
        assert_eq!(binary.difference(&json).count(), 0, "{scenario}");
    }
}

fn lines(report: &Report) -> BTreeSet<String> {
    let plan = &report.plans[0];
    let mut lines: BTreeSet<String> = plan.problems.iter().map(|problem| problem.code.as_str().to_owned()).collect();
    for finding in &plan.findings {
        let subject = finding.subject.as_ref().map(|subject| format!("{} {:?}", subject.address, subject.deposed));
        let place = finding.location.as_ref().filter(|_| finding.source.is_some());
        let related = finding.root_cause.as_ref();
        lines.insert(format!(
            "{} {} {subject:?} {place:?} {:?} {related:?}",
            finding.level, finding.rule, finding.source
        ));
    }
    lines
}

/// Values of variables: those that were set, and defaults that the source files tell.
#[test]
fn the_variables_are_those_of_the_json() {
    for scenario in scenarios() {
        let document = recognise(file(&scenario, "tfplan")).remove(0).unwrap();
        assert!(document.saved().unwrap().variables_complete, "{scenario}");
        let variables = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap()["variables"].take();
        assert_eq!(variables(document.bytes()), variables(&file(&scenario, "plan.json")), "{scenario}");
    }
}

/// The binary says that it is a refresh-only plan; of the JSON the user has to.
const REFRESH_ONLY: &str = "26-refresh-only-drift";

/// The stages for the JSON of a scenario, whose sources lie beside it, and for its saved plan, which has them.
fn with_sources(stages: &Stages, scenario: &str) -> (Stages, Stages) {
    let beside = |folder: &str| Utf8PathBuf::from(format!("fixtures/scenarios/{scenario}/{folder}"));
    let base = Some(beside("base")).filter(|dir| dir.is_dir()).map(Base::Dir);
    let now = sources::read(&beside("config")).unwrap();
    let given = Given { base: base.as_ref().map(|base| sources::read_before(base, &now).unwrap()), now };
    let of_json = Stages { sources: Some(Arc::new(given)), ..stages.clone() };
    let sources_at = Whereabouts::new(Some(beside("config")), base);
    (of_json, Stages { sources_at, ..stages.clone() })
}

/// With the places that the sources give them.
#[test]
fn the_verdict_and_the_findings_are_those_of_the_json() {
    let stages = built_in();
    let mut wrong = Vec::new();
    for scenario in scenarios().into_iter().filter(|scenario| scenario != REFRESH_ONLY) {
        let (of_json, of_binary) = with_sources(&stages, &scenario);
        let json = judge(&of_json, &[("plan", file(&scenario, "plan.json"))]);
        let binary = judge(&of_binary, &[("plan", file(&scenario, "tfplan"))]);
        let differ = binary.notes.iter().filter(|note| note.contains("differ")).count();
        if differ > 0 {
            wrong.push(format!("{scenario}: {:?}", binary.notes));
        }
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
        judge(&with_sources(&stages, plan).1, &[("plan", file(plan, "tfplan"))])
    };
    let json = workspace::open(&Setup { expect: Some(Expect::RefreshOnly), ..setup("no-such-repository") }).unwrap();
    let json = judge(&with_sources(&json, REFRESH_ONLY).0, &[("plan", file(REFRESH_ONLY, "plan.json"))]);
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
    assert_eq!(of("58-workspace").workspace, "prod-eu");
    let alias = &of("39-provider-alias-change").aliases;
    assert_eq!(alias.len(), 1);
    let noop = of("02-noop");
    assert_eq!((noop.product, noop.backend.as_str(), noop.mode), (Product::Terraform, "local", Mode::Normal));
    assert!(!noop.state.lineage.is_empty() && noop.state.serial > 0);
    let keys: Vec<&str> = noop.sources.snapshot().modules.iter().map(|module| module.key.as_str()).collect();
    assert_eq!(keys, ["", "dataset"]);
    assert!(
        noop.sources.snapshot().modules[0]
            .files
            .iter()
            .any(|(name, text)| name == "main.tf" && text.contains("resource"))
    );
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

/// Plans that are blocked, of three kinds.
const SWEPT: [&str; 3] = ["04-delete-resource-block", "05-replace-force-new", "24-destroy-mode"];

/// Bytes from the start that are swept, and the distance of cuts.
const HEAD: usize = 4096;
const CUT: usize = 16;

/// Every bit of the start of a file, and every cut: long, run by hand with `--ignored`.
#[test]
#[ignore = "takes minutes"]
fn no_flipped_bit_and_no_cut_makes_a_blocked_plan_pass() {
    let stages = built_in();
    for scenario in SWEPT {
        let whole = file(scenario, "tfplan");
        assert_eq!(judge(&stages, &[("plan", whole.clone())]).verdict, Verdict::Blocked, "{scenario}");
        let rendered = recognise(whole.clone()).remove(0).unwrap().bytes().to_vec();
        let mut read = 0;
        let mut check = |bytes: Vec<u8>, what: &str| {
            let Ok(document) = recognise(bytes.clone()).remove(0) else { return };
            read += 1;
            if document.bytes() != rendered {
                assert_ne!(judge(&stages, &[("plan", bytes)]).verdict, Verdict::Allowed, "{scenario}: {what}");
            }
        };
        for bit in 0..HEAD.min(whole.len()) * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            check(flipped, &format!("bit {bit}"));
        }
        for length in (0..whole.len()).step_by(CUT) {
            check(whole[..length].to_vec(), &format!("cut at {length}"));
        }
        println!("{scenario}: {read} of the changed files are read");
    }
}

/// The same behind the checksum: what is changed there may be another plan that passes; it is read or refused.
#[test]
#[ignore = "takes minutes"]
fn no_flipped_bit_of_the_content_is_a_panic() {
    for scenario in SWEPT {
        let (mut read, mut refused) = (0, 0);
        for bit in 0..HEAD * 8 {
            let flipped = repacked(scenario, |content| {
                if let Some(byte) = content.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            });
            match recognise(flipped).remove(0).and_then(|found| load(&found, &Interest::everything(), NoSink)) {
                Ok(loaded) => {
                    let _ = plangate::plan::completeness::assess(&loaded.plan, Expect::Ordinary);
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        println!("{scenario}: {read} read, {refused} refused");
    }
}

/// Rules of a repository over a saved plan: the messages of its problems, and of its findings.
fn ruled(rule: &str, scenario: &str) -> (Vec<String>, Vec<String>) {
    ruled_bytes(rule, file(scenario, "tfplan"))
}

fn ruled_bytes(rule: &str, plan: Vec<u8>) -> (Vec<String>, Vec<String>) {
    let text = format!("package main\nimport rego.v1\n{rule}\n");
    let (_dir, setup) = repository(&[("policy/main.rego", &text)]);
    let report = judge(&workspace::open(&setup).unwrap(), &[("plan", plan)]);
    let plan = &report.plans[0];
    let problems =
        plan.problems.iter().map(|problem| format!("{problem}; {}", problem.help.as_deref().unwrap_or_default()));
    let own = plan.findings.iter().filter(|finding| !finding.rule.as_str().contains('/'));
    (problems.collect(), own.map(|finding| finding.message.clone()).collect())
}

#[test]
fn a_rule_that_reads_what_a_saved_plan_lacks_is_undecided() {
    for (rule, words) in [
        ("deny contains \"x\" if input.configuration.root_module.resources[_].type == \"x\"", "configuration"),
        ("deny contains \"x\" if count(object.get(input, \"configuration\", {})) > 0", "configuration"),
        ("deny contains \"x\" if not input.configuration", "configuration"),
        ("deny contains \"x\" if { some path; walk(input, [path, \"no such value\"]) }", "whole input"),
    ] {
        let (problems, _) = ruled(rule, "02-noop");
        assert!(
            problems.iter().any(|problem| problem.contains(words) && problem.contains("show -json")),
            "{rule}: {problems:#?}"
        );
    }
}

#[test]
fn a_rule_that_reads_a_default_that_cannot_be_told_is_undecided() {
    let text = "variable \"env\" {\n  type    = list(any)\n  default = [1, \"a\"]\n}\n";
    let rules = [
        "deny contains \"x\" if input.variables.env.value == \"prod\"",
        "deny contains \"x\" if input.plan.variables.env.value == \"prod\"",
        "deny contains \"x\" if { some name; input.variables[name].value == \"prod\" }",
    ];
    for rule in rules {
        assert_eq!(ruled(rule, "02-noop"), (Vec::new(), vec!["x".to_owned()]), "{rule}");
        for plan in [of_sources("02-noop", &[("main.tf", text)]), repacked("02-noop", |_| ())] {
            let (problems, findings) = ruled_bytes(rule, plan);
            let says = |problem: &&String| problem.contains("variables") && problem.contains("show -json");
            assert!(problems.iter().any(|problem| says(&problem)) && findings.is_empty(), "{rule}: {problems:#?}");
        }
    }
    let other = "deny contains \"x\" if input.variables.other.value == \"a\"";
    let text = format!("{text}variable \"other\" {{\n  default = \"a\"\n}}\n");
    assert_eq!(ruled_bytes(other, of_sources("02-noop", &[("main.tf", &text)])), (Vec::new(), vec!["x".to_owned()]));
}

/// What a rule says that needs sources, of plans whose sources are whole, do not parse, or are not there.
#[test]
fn rules_about_sources_are_decided_by_what_the_plan_carries() {
    let rule = "# METADATA\n# custom:\n#   needs: sources\ndeny contains change.source.place.file if {\n\
                some change in input.plangate.changes\nchange.source.place\nchange.verb != \"no-op\"\n}";
    let scenario = "03-update-inplace";
    let (problems, findings) = ruled(rule, scenario);
    assert_eq!((problems.len(), findings), (0, vec!["main.tf".to_owned()]), "{problems:#?}");
    let (problems, _) = ruled_bytes(rule, repacked(scenario, |_| ()));
    assert!(problems.iter().any(|problem| problem.contains("no source files")), "{problems:#?}");

    let broken = of_sources("04-delete-resource-block", &[("main.tf", "resource {{{")]);
    let report = judge(&built_in(), &[("plan", broken)]);
    let plan = &report.plans[0];
    assert!(report.notes.iter().any(|note| note.starts_with("plan: the source main.tf:1:")), "{:#?}", report.notes);
    let undetermined: Vec<&str> = plan.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(undetermined.iter().all(|message| message.contains("plan/destroy-provisioner")), "{undetermined:#?}");
    assert!(!undetermined.is_empty() && !plan.findings.is_empty(), "every other rule is decided");
}

#[test]
fn a_saved_plan_is_judged_by_its_own_sources_and_places_are_named_where_they_lie() {
    let plan = "fixtures/scenarios/46-destroy-provisioner/tfplan";
    let shown = plangate().args(["check", plan]).run();
    shown.says("plan/destroy-provisioner").says("--> main.tf:");
    let config = "fixtures/scenarios/46-destroy-provisioner/config";
    let named = plangate().args(["check", plan, "--source", config]).run();
    named.says(&format!("--> {config}/main.tf:")).hides("was made from other sources");
    let (dir, _) = repository(&[("infra/main.tf", "locals {}\n"), ("infra/new.tf", "")]);
    let bytes = read(plan);
    std::fs::write(dir.path().join("tfplan"), bytes).unwrap();
    let other = plangate().dir(dir.path()).args(["check", "tfplan", "--source", "infra"]).run();
    other.says("plan/destroy-provisioner").says("--> infra/main.tf:");
    other.says("lines perhaps: `infra/main.tf`, `infra/modules/dataset/main.tf`, `infra/new.tf`");
}

#[test]
fn a_saved_plan_is_compared_with_a_base_without_naming_its_sources() {
    let scenario = "fixtures/scenarios/35-prevent-destroy-removed-same-change";
    let (plan, base) = (format!("{scenario}/tfplan"), format!("{scenario}/base"));
    let ran = plangate().args(["check", &plan, "--base-source", &base]).run();
    ran.exits(1).says("protection/prevent-destroy-removed").says("--> main.tf:");
    let json = plangate().args(["check", &format!("{scenario}/plan.json"), "--base-source", &base]).run();
    json.exits(2).says("there are no sources to compare with").says("--source DIR");
}

#[test]
fn every_command_takes_a_saved_plan() {
    let plan = "fixtures/scenarios/05-replace-force-new/tfplan";
    plangate().args(["inspect", plan]).run().exits(0).says("\"place\"").hides("S3cr3t-in-state");
    let drawn =
        |plan: &str| plangate().args(["graph", &format!("fixtures/scenarios/01-create-all/{plan}")]).run().stdout;
    assert_eq!(drawn("tfplan"), drawn("plan.json"), "references of what is not in the state yet");
    assert!(drawn("tfplan").contains("->"));
    plangate().args(["calibrate", plan]).run().exits(0).says("azurerm_storage_account.lake");
    let rule = plangate().args(["explain", "stateful/destroy-data-store", plan]).run();
    rule.exits(0).says("main.tf:");
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let made = plangate().args(["policy", "new", "storage/kept", "--from", plan, "--dir", out]).run();
    made.exits(0).says("kept");
}

#[test]
fn what_a_saved_plan_has_is_read_by_rules() {
    for rule in [
        "deny contains \"seen\" if input.resource_changes[_].change.actions[_] == \"delete\"",
        "deny contains \"seen\" if input.terraform_version == \"1.11.4\"",
        "deny contains \"seen\" if input.prior_state.values.root_module.resources[_].depends_on",
        "deny contains \"seen\" if input.planned_values.root_module.resources[_].values.name",
        "deny contains \"seen\" if input.tfplan.planned_values.root_module.resources[_].values.name",
        "deny contains \"seen\" if { some key; input[key].root_module.resources[_].values.name }",
    ] {
        assert_eq!(ruled(rule, "04-delete-resource-block"), (Vec::new(), vec!["seen".to_owned()]), "{rule}");
    }
}

/// A plan packed anew, without its state and sources.
fn repacked(scenario: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut content = content(scenario);
    change(&mut content);
    stored(&[("tfplan", &content)])
}

/// A plan with these files as its root module, and without state.
fn of_sources(scenario: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let content = content(scenario);
    let manifest = br#"[{"Key": "", "Dir": "."}]"#;
    let names: Vec<String> = files.iter().map(|(name, _)| format!("tfconfig/m-/{name}")).collect();
    let mut entries: Vec<(&str, &[u8])> = vec![("tfplan", &content), ("tfconfig/modules.json", manifest)];
    entries.extend(names.iter().zip(files).map(|(name, (_, text))| (name.as_str(), text.as_bytes())));
    stored(&entries)
}

/// The entry `tfplan`.
fn content(scenario: &str) -> Vec<u8> {
    let bytes = file(scenario, "tfplan");
    let rest = &bytes[..];
    // The first entry is `tfplan`, deflated, with a descriptor of 16 bytes behind it.
    let directory = rest.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let length = u32::from_le_bytes(rest[directory + 20..directory + 24].try_into().unwrap()) as usize;
    let mut content = Vec::new();
    let name_length = u16::from_le_bytes(rest[26..28].try_into().unwrap()) as usize;
    let extra_length = u16::from_le_bytes(rest[28..30].try_into().unwrap()) as usize;
    let data = &rest[30 + name_length + extra_length..][..length];
    std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(data), &mut content).unwrap();
    content
}

/// An archive of these entries, none compressed.
fn stored(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let offset = u32::try_from(out.len()).unwrap();
        let (size, name_length) =
            (u32::try_from(content.len()).unwrap().to_le_bytes(), u16::try_from(name.len()).unwrap().to_le_bytes());
        let head =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &size, &size, &name_length, &[0, 0]]
                .concat();
        out.extend([b"PK\x03\x04", &head[..], name.as_bytes(), content].concat());
        directory.extend([b"PK\x01\x02\x14\0", &head[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let (size, start) =
        (u32::try_from(directory.len()).unwrap().to_le_bytes(), u32::try_from(out.len()).unwrap().to_le_bytes());
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat());
    out
}

fn refusal(bytes: Vec<u8>) -> String {
    let problem = recognise(bytes).remove(0).expect_err("was read");
    format!("{}: {}", problem.code.as_str(), problem.message)
}

#[test]
fn a_plan_of_another_format_or_with_doubled_fields_is_refused() {
    let same = repacked("02-noop", |_| ());
    assert!(recognise(same).remove(0).is_ok(), "another packing of the same plan is read");
    let newer = refusal(repacked("02-noop", |plan| plan[1] = 4));
    assert!(newer.starts_with("unsupported-format: ") && newer.contains("version 4"), "{newer}");
    // `errored` once more, and a second version.
    for field in [&[0xa0, 0x01, 0, 0xa0, 0x01, 1][..], &[0x08, 3]] {
        let twice = refusal(repacked("02-noop", |plan| plan.extend(field)));
        assert!(twice.starts_with("malformed: ") && twice.contains("stands twice"), "{twice}");
    }
    let wrong = refusal(repacked("02-noop", |plan| plan.extend([0x18, 1])));
    assert!(wrong.contains("another type"), "{wrong}");
    let two = refusal(stored(&[("tfplan", b""), ("tfplan", b"")]));
    assert!(two.contains("same name"), "{two}");
    assert!(refusal(stored(&[("README", b"x")])).starts_with("not-a-plan: this is a ZIP archive"));
}

#[test]
fn unknown_fields_are_counted_and_unknown_actions_destroy() {
    let found = recognise(repacked("02-noop", |plan| plan.extend([0xf8, 0x07, 1]))).remove(0).unwrap();
    assert!(
        found.notes().iter().any(|note| note == "skipped 1 field of the saved plan that this version does not know")
    );
    // The action of every change (field 1 of field 9) that deletes becomes one that nobody knows.
    let odd = repacked("04-delete-resource-block", |plan| {
        let at = plan.windows(2).position(|two| two == [0x08, 5]).unwrap();
        plan[at + 1] = 77;
    });
    let report = judge(&built_in(), &[("plan", odd)]);
    assert!(lines(&report).iter().any(|line| line.contains("plan/unknown-action")), "{:#?}", lines(&report));
}
