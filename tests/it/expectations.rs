//! Verdict and findings of every fixture, as `fixtures/expectations.txt` states them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use camino::Utf8PathBuf;
use plangate::gate::Stages;
use plangate::report::Report;
use plangate::sources::{self, Given};

use crate::harness::{built_in, judge, package, read};

/// Capabilities a `pending` line may wait for.
const CAPABILITIES: [&str; 2] = ["what a plan can lose", "the state of the providers"];

/// One fixture: its verdict and lines.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    verdict: String,
    lines: Vec<String>,
    pending: Vec<String>,
}

fn parse(text: &str) -> BTreeMap<String, Expected> {
    let mut all = BTreeMap::new();
    let mut current: Option<(String, Expected)> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(detail) = line.strip_prefix("    ") {
            let (_, expected) = current.as_mut().expect("an indented line follows a fixture");
            match detail.strip_prefix("pending ") {
                Some(pending) => expected.pending.push(pending.to_owned()),
                None => expected.lines.push(detail.to_owned()),
            }
        } else {
            all.extend(current.take());
            let (path, verdict) = line.split_once(' ').expect("a fixture and its verdict");
            current = Some((
                path.to_owned(),
                Expected { verdict: verdict.to_owned(), lines: Vec::new(), pending: Vec::new() },
            ));
        }
    }
    all.extend(current);
    all
}

/// The report in the words of the table.
fn actual(report: &Report) -> Expected {
    let mut lines = Vec::new();
    for plan in &report.plans {
        if report.plans.len() > 1 {
            lines.push(format!("document {} {}", plan.document, plan.verdict.as_str()));
        }
        lines.extend(plan.problems.iter().map(|problem| format!("problem {}", problem.code.as_str())));
        for finding in &plan.findings {
            let mut line = format!("{} {}", finding.level, finding.rule);
            if let Some(subject) = &finding.subject {
                let _ = write!(line, " {}", subject.address);
                if let Some(key) = &subject.deposed {
                    let _ = write!(line, " deposed={key}");
                }
            }
            lines.push(line);
        }
    }
    Expected { verdict: report.verdict.as_str().to_owned(), lines, pending: Vec::new() }
}

/// Every fixture: a directory of `scenarios` (its `plan.json`), a file of `edge-cases` and `inputs`.
fn fixtures() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for directory in ["scenarios", "edge-cases", "inputs"] {
        for entry in std::fs::read_dir(package("fixtures").join(directory)).unwrap() {
            let name = format!("{directory}/{}", entry.unwrap().file_name().to_str().unwrap());
            let file = if directory == "scenarios" {
                format!("fixtures/{name}/plan.json")
            } else {
                format!("fixtures/{name}")
            };
            found.push((name, file));
        }
    }
    found.sort();
    found
}

/// The stages with the sources of a scenario, and those before it where it has them.
fn with_sources(stages: &Stages, name: &str) -> Stages {
    let path = |folder: &str| Utf8PathBuf::from_path_buf(package("fixtures").join(name).join(folder)).unwrap();
    if !name.starts_with("scenarios/") {
        return stages.clone();
    }
    let now = sources::read(&path("config")).unwrap();
    let base = path("base").exists().then(|| sources::read_base(&path("base"), &now).unwrap());
    Stages { sources: Some(Arc::new(Given { now, base })), ..stages.clone() }
}

/// Sources add findings of the rules that need them, and change nothing else.
#[test]
fn without_sources_every_other_finding_is_the_same() {
    let stages = built_in();
    let needing = ["plan/destroy-provisioner", "protection/prevent-destroy-removed", "protection/provider-changed"];
    for (name, file) in fixtures().into_iter().filter(|(name, _)| name.starts_with("scenarios/")) {
        let bare = actual(&judge(&stages, &[(&name, read(&file))]));
        let mut with = actual(&judge(&with_sources(&stages, &name), &[(&name, read(&file))]));
        with.lines.retain(|line| !needing.iter().any(|rule| line.contains(rule)));
        assert_eq!(bare.lines, with.lines, "{name}");
    }
}

#[test]
fn every_fixture_has_the_verdict_and_findings_the_table_states() {
    let table = parse(&String::from_utf8(read("fixtures/expectations.txt")).unwrap());
    let stages = built_in();
    let mut wrong = String::new();
    for (name, file) in fixtures() {
        let actual = actual(&judge(&with_sources(&stages, &name), &[(&name, read(&file))]));
        let expected = table.get(&name);
        if expected.is_none_or(|expected| (&expected.verdict, &expected.lines) != (&actual.verdict, &actual.lines)) {
            let _ = writeln!(wrong, "{name} {}", actual.verdict);
            for line in actual.lines {
                let _ = writeln!(wrong, "    {line}");
            }
        }
    }
    assert!(wrong.is_empty(), "fixtures/expectations.txt says otherwise of these:\n{wrong}");
}

#[test]
fn the_table_states_nothing_of_fixtures_that_do_not_exist() {
    let table = parse(&String::from_utf8(read("fixtures/expectations.txt")).unwrap());
    let names: Vec<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    let strays: Vec<&String> = table.keys().filter(|name| !names.contains(name)).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn what_is_pending_waits_for_a_named_capability() {
    let table = parse(&String::from_utf8(read("fixtures/expectations.txt")).unwrap());
    for (name, expected) in table {
        for pending in expected.pending {
            let known = CAPABILITIES.iter().any(|capability| pending.starts_with(&format!("({capability})")));
            assert!(known, "{name}: `pending {pending}` names no capability of {CAPABILITIES:?}");
        }
    }
}
