//! Every document under fixtures/ gets the answer written here.

use std::path::{Path, PathBuf};

use super::*;
use crate::plan::completeness::{Expect, assess};

fn files(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(directory)];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// `ok 3`, or the code and first words of each problem.
fn answer(path: &Path) -> String {
    let found = recognise(std::fs::read(path).unwrap());
    let answers: Vec<_> = found
        .into_iter()
        .map(|found| {
            let builtin = found.clone().and_then(|document| load(&document, &Interest::builtin(), NoSink));
            let everything = found.and_then(|document| load(&document, &Interest::everything(), Echo));
            match (builtin, everything) {
                (Ok(loaded), Ok(_)) => loaded.plan.changes.map_or("ok none".to_owned(), |c| format!("ok {}", c.len())),
                (Err(problem), Err(_)) => format!("{}: {}", problem.code.as_str(), problem.message),
                (builtin, everything) => panic!("{builtin:?} / {:?}", everything.map(|_| ())),
            }
        })
        .collect();
    answers.join(" + ")
}

/// What each file of fixtures/inputs is taken for: the start of the answer.
const INPUTS: [(&str, &str); 37] = [
    ("array-of-plans.json", "not-a-plan: this is a JSON array"),
    ("array.json", "not-a-plan: this is a JSON array"),
    ("binary-plan.tfplan", "ok 16"),
    ("crlf-pretty.json", "ok 16"),
    ("duplicate-key-resource_changes.json", "duplicate-key: a key stands twice"),
    ("empty.json", "not-a-plan: the input is empty"),
    ("future-format-1.9-unknown-fields.json", "ok 16"),
    ("future-format-2.0.json", "unsupported-format: "),
    ("hcp-bookmark", "not-a-plan: this is a bookmark"),
    ("human-plan.txt", "not-a-plan: this is a plan printed for people"),
    ("null.json", "not-a-plan: this is JSON `null`"),
    ("old-0.11-plan", "not-a-plan: this is a binary plan of Terraform before 0.12"),
    ("opentofu-encrypted-plan", "not-a-plan: this is an OpenTofu plan file, encrypted"),
    ("opentofu-encrypted-state", "not-a-plan: this is an OpenTofu state, encrypted"),
    ("opentofu-forget-create.json", "ok 16"),
    ("output.json", "not-a-plan: this is the output of `terraform output -json`"),
    ("plan.json.gz", "ok 16"),
    ("providers-schema.json", "not-a-plan: this is the output of `terraform providers schema -json`"),
    ("raw-state-v4.tfstate", "not-a-plan: this is a Terraform state file"),
    ("setup-terraform-v1-wrapper-setoutput.json", "ok 16"),
    ("setup-terraform-v2-wrapper.json", "ok 16"),
    ("show-json-no-state.json", "not-a-plan: this is an empty state"),
    ("terraform-plan-json-ui.jsonl", "not-a-plan: this is the progress stream"),
    ("terraform-show-json-state.json", "not-a-plan: this is a state as `terraform show -json` prints it"),
    ("terraform116-create-forget.json", "ok 16"),
    ("terragrunt-log-prefix-lines.txt", "ok 16 + ok 16"),
    ("terragrunt-prefixed.json", "ok 16"),
    ("terragrunt-run-all-concat.jsonl", "ok 16 + ok 16"),
    ("truncated.json", "truncated: the JSON ends in the middle"),
    ("unknown-action.json", "ok 16"),
    ("utf16be-bom.json", "ok 16"),
    ("utf16le-bom-powershell5.json", "ok 16"),
    ("utf16le-nobom.json", "ok 16"),
    ("utf8-bom.json", "ok 16"),
    ("validate.json", "not-a-plan: this is the output of `terraform validate -json`"),
    ("version.json", "not-a-plan: this is the output of `terraform version -json`"),
    ("warning-before-json.json", "ok 16"),
];

#[test]
fn every_input_people_pass_gets_its_answer() {
    let files = files("inputs");
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, INPUTS.map(|(name, _)| name));
    let wrong: Vec<_> = files
        .iter()
        .zip(INPUTS)
        .map(|(path, (name, expected))| (name, expected, answer(path)))
        .filter(|(_, expected, answer)| !answer.starts_with(expected))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_edge_case_is_a_plan_but_those_that_are_none() {
    for path in files("edge-cases") {
        let answer = answer(&path);
        let expected = match path.file_stem().unwrap().to_str().unwrap() {
            "18_empty_object" => "not-a-plan: this is an empty JSON object",
            "19_state_json" => "not-a-plan: this is a state",
            "21_future_format_v2" => "unsupported-format",
            _ => "ok ",
        };
        assert!(answer.starts_with(expected), "{}: {answer}", path.display());
    }
}

#[test]
fn every_scenario_loads_and_only_partial_plans_miss_instances() {
    let mut partial = Vec::new();
    for path in files("scenarios").iter().filter(|path| path.ends_with("plan.json")) {
        let mut found = recognise(std::fs::read(path).unwrap());
        let loaded = load(&found.remove(0).unwrap(), &Interest::builtin(), NoSink).unwrap();
        let judged = assess(&loaded.plan, Expect::Ordinary);
        let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        if !judged.missing.is_empty() || !judged.problems.is_empty() {
            partial.push(name);
        }
    }
    let expected = [
        "25-target",
        "26-refresh-only-drift",
        "34-prevent-destroy-error",
        "37-errored-precondition",
        "62-destroy-target",
    ];
    assert_eq!(partial, expected);
}
