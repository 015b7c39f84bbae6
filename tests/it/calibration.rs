//! What `plangate calibrate` tells of folders of plans, and the record of a corpus of real ones.

use std::collections::BTreeSet;
use std::path::Path;

use camino::Utf8Path;
use plangate::calibration::{self, Judged, Record, Row};
use plangate::gate::{self, PlanInput, PlanSource};
use plangate::io;
use plangate::source::SourceFile;

use crate::harness::{built_in, package, plangate, read};

fn entry(address: &str, change: &str) -> String {
    let kind = address.split('.').next().unwrap();
    format!(r#"{{"address": "{address}", "mode": "managed", "type": "{kind}", "name": "x", "change": {change}}}"#)
}

fn plan(lists: &[(&str, &[String])]) -> Vec<u8> {
    let lists: Vec<String> =
        lists.iter().map(|(key, entries)| format!(r#""{key}": [{}]"#, entries.join(", "))).collect();
    format!(r#"{{"format_version": "1.2", {}}}"#, lists.join(", ")).into_bytes()
}

fn rows(plans: &[(&str, Vec<u8>)]) -> Vec<Row> {
    let input = |(name, bytes): &(&str, Vec<u8>)| PlanInput {
        name: (*name).to_owned(),
        source: PlanSource::Bytes(bytes.clone()),
    };
    gate::calibrate(&built_in(), plans.iter().map(input).collect())
}

/// Plan, address, verb and level of each row.
fn told(rows: &[Row]) -> Vec<[&str; 4]> {
    rows.iter().map(|row| [&*row.key.plan, &*row.key.address, &*row.key.verb, row.level.as_str()]).collect()
}

#[test]
fn every_judged_change_has_a_row_and_a_create_only_with_a_finding() {
    let gone = r#"{"actions": ["delete"], "before": {}, "after": null}"#;
    let update = r#"{"actions": ["update"], "before": {"tags": {}}, "after": {"tags": {"a": "b"}}}"#;
    let create = r#"{"actions": ["create"], "before": null, "after": {}}"#;
    let bytes = plan(&[
        (
            "resource_changes",
            &[
                entry("aws_s3_bucket.b", update),
                entry("aws_s3_bucket.a", gone).replace(r#""change""#, r#""deposed": "0a1b2c3d", "change""#),
                entry("aws_s3_bucket.a", gone),
                entry("aws_s3_bucket.new", create),
                entry("aws_s3_bucket.lost", create),
                entry("aws_s3_bucket.quiet", &update.replace("update", "no-op")),
            ],
        ),
        ("resource_drift", &[entry("aws_s3_bucket.lost", gone)]),
        (
            "deferred_changes",
            &[format!(r#"{{"reason": "x", "resource_change": {}}}"#, entry("aws_s3_bucket.later", gone))],
        ),
    ]);
    let rows = rows(&[("p.json", bytes)]);
    let managed: Vec<_> = told(&rows).into_iter().filter(|row| row[2] != "plan").collect();
    let [current, deposed, b, later, lost] = managed.as_slice() else { panic!("{rows:#?}") };
    assert_eq!(current, &["p.json", "aws_s3_bucket.a", "delete", "deny"]);
    assert_eq!(deposed[1..3], ["aws_s3_bucket.a (deposed object 0a1b2c3d)", "delete"]);
    assert_eq!(b, &["p.json", "aws_s3_bucket.b", "update", "none"]);
    assert_eq!(later[1..3], ["aws_s3_bucket.later", "deferred-delete"]);
    assert_eq!(lost[1..3], ["aws_s3_bucket.lost", "create"]);
    assert_ne!(lost[3], "none");
}

#[test]
fn collateral_and_findings_about_the_whole_plan_have_rows() {
    let of_group = |address: &str, actions: &str, key: &str, after: &str| {
        entry(address, &format!(r#"{{"actions": ["{actions}"], "before": {{"{key}": "g"}}, "after": {after}}}"#))
    };
    let bytes = plan(&[(
        "resource_changes",
        &[
            of_group("azurerm_resource_group.g", "delete", "name", "null"),
            of_group("azurerm_storage_account.a", "no-op", "resource_group_name", r#"{"resource_group_name": "g"}"#),
        ],
    )]);
    let found = rows(&[("p.json", bytes)]);
    let row = ["p.json", "azurerm_storage_account.a", "collateral", "deny"];
    assert!(told(&found).contains(&row), "{found:#?}");

    let fixture = "fixtures/scenarios/25-target/plan.json";
    let found = rows(&[("p.json", read(fixture))]);
    assert!(told(&found).contains(&["p.json", calibration::WHOLE_PLAN, "plan", "warn"]), "{found:#?}");
}

#[test]
fn a_plan_that_cannot_be_judged_has_a_row_of_its_own() {
    let mut two = plan(&[("resource_changes", &[])]);
    two.push(b'\n');
    two.extend(plan(&[("resource_changes", &[entry("aws_s3_bucket.a", r#"{"actions": ["delete"], "before": {}}"#)])]));
    let found = rows(&[("z.json", b"not a plan".to_vec()), ("two.json", two)]);
    assert_eq!(
        told(&found),
        [["two.json#2", "aws_s3_bucket.a", "delete", "deny"], ["z.json", calibration::WHOLE_PLAN, "plan", "undecided"],]
    );
    assert_eq!(found[1].rules, ["not-a-plan"]);
}

/// A folder with two plans, one of them in a folder of its own.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("plans")).unwrap();
    std::fs::create_dir(dir.path().join("plans/prod")).unwrap();
    for (from, to) in [("05-replace-force-new", "plans/prod/a.json"), ("03-update-inplace", "plans/b.tfplan")] {
        let bytes = read(&format!("fixtures/scenarios/{from}/plan.json"));
        std::fs::write(dir.path().join(to), bytes).unwrap();
    }
    dir
}

#[test]
fn the_program_records_compares_and_keeps_reasons() {
    let dir = folder();
    let run = |args: &[&str]| plangate().dir(dir.path()).args(["calibrate"].iter().chain(args).copied()).run();
    run(&["plans"]).exits(0).says("prod/a.json").says("b.tfplan").says("stateful/destroy-data-store").says("total");
    // The record may lie among the plans.
    run(&["plans", "--record", "plans/r.tsv"]).exits(0);
    let recorded = std::fs::read_to_string(dir.path().join("plans/r.tsv")).unwrap();
    assert!(recorded.contains("\tdeny\t\n") && !recorded.contains("r.tsv"), "{recorded}");
    run(&["plans", "--against", "plans/r.tsv"]).exits(0).hides("difference");

    let changed = recorded.replace("\tdeny\t\n", "\twarn\tscratch\n");
    std::fs::write(dir.path().join("plans/r.tsv"), &changed).unwrap();
    run(&["plans", "--against", "plans/r.tsv"]).exits(1).says("warn → deny").says("because: scratch");
    std::fs::write(dir.path().join("plangate.toml"), "[rules]\n\"stateful/destroy-data-store\" = { level = \"warn\" }\n\"stateful/collateral-loss\" = { level = \"warn\" }\n").unwrap();
    run(&["plans", "--against", "plans/r.tsv"]).exits(0);
    std::fs::remove_file(dir.path().join("plangate.toml")).unwrap();
    run(&["plans", "--record", "plans/r.tsv"]).exits(0);
    let again = std::fs::read_to_string(dir.path().join("plans/r.tsv")).unwrap();
    assert!(again.contains("\tdeny\tscratch\n"), "{again}");
}

#[test]
fn what_cannot_be_judged_or_read_exits_with_2_unless_it_was_recorded() {
    let dir = folder();
    let run = |args: &[&str]| plangate().dir(dir.path()).args(["calibrate"].iter().chain(args).copied()).run();
    run(&["plans", "--record", "r.tsv"]).exits(0);
    std::fs::write(dir.path().join("plans/README.md"), "# no plan").unwrap();
    run(&["plans", "--against", "r.tsv"]).exits(2).says("new: undecided").says("README.md").says("not-a-plan");
    run(&["plans", "--record", "r.tsv"]).exits(2);
    run(&["plans", "--against", "r.tsv"]).exits(0);
    run(&["plans", "--against", "plans/README.md"]).exits(2).says("header");
    run(&["plans", "--against", "none.tsv"]).exits(2).says("does not exist");
    run(&["none/*.json"]).exits(2).says("matches no file");
    run(&["plans", "plans/../plans"]).exits(2).says("two plans are called");
    run(&["plans/b.tfplan", "--record", "plans/b.tfplan"]).exits(2);
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    run(&["empty"]).exits(2).says("no file");
}

const CORPUS: &str = "fixtures/calibration.tsv";

#[test]
fn the_record_of_the_corpus_is_sorted_and_gives_a_reason_for_every_row() {
    let text = String::from_utf8(read(CORPUS)).unwrap();
    let record =
        Record::parse(&SourceFile::new(CORPUS, text.as_str())).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_ne!(record, Record::default());
    let mut before: Option<[&str; 3]> = None;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let key = [cells[0], cells[1], cells[2]];
        assert!(before.is_none_or(|before| before < key), "not sorted, or twice: {line}");
        assert!(Judged::parse(cells[3]).is_some_and(|level| level != Judged::Undecided || key[2] == "plan"), "{line}");
        assert!(!cells[4].trim().is_empty(), "no reason: {line}");
        assert!(!Path::new(cells[0]).is_absolute(), "{line}");
        before = Some(key);
    }
}

/// The corpus itself is not part of the project; `PLANGATE_CORPUS` names the folder that holds it.
#[test]
fn the_corpus_is_judged_as_recorded() {
    let Ok(folder) = std::env::var("PLANGATE_CORPUS") else {
        println!("skipped: PLANGATE_CORPUS names no folder of plans");
        return;
    };
    let folder = Utf8Path::new(&folder);
    let plans: Vec<PlanInput> = io::all_files_under(folder)
        .unwrap()
        .into_iter()
        .map(|path| PlanInput { name: path.strip_prefix(folder).unwrap().to_string(), source: PlanSource::File(path) })
        .collect();
    let names: BTreeSet<String> = plans.iter().map(|plan| plan.name.clone()).collect();
    let rows = gate::calibrate(&built_in(), plans);
    let file = io::read_text(Utf8Path::from_path(&package(CORPUS)).unwrap(), 1 << 24).unwrap();
    let differences = calibration::compare(&rows, &Record::parse(&file).unwrap());
    assert!(!names.is_empty() && differences.is_empty(), "{}", calibration::differences(&differences));
}
