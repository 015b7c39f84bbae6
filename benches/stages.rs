//! Where the time of a check goes, stage by stage: `cargo bench`.
//!
//! `small` is one real plan (16 changes); `large` repeats its changes until there are 10,000.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot run should stop")]

use std::time::Duration;

use divan::Bencher;
use plangate::catalog::Catalog;
use plangate::gate::{self, PlanInput, PlanSource, Stages};
use plangate::plan::detect::{self, Document};
use plangate::plan::json::{self, Interest};
use plangate::plan::mask::Masker;
use plangate::plan::sink::NoSink;
use plangate::rego::InputSink;
use plangate::workspace::{self, Setup};
use plangate::{facts, report};
use serde_json::Value;

const SMALL: &str = include_str!("../fixtures/scenarios/05-replace-force-new/plan.json");
const SIZES: [&str; 2] = ["small", "large"];

fn main() {
    divan::main();
}

fn bytes(size: &str) -> Vec<u8> {
    if size == "small" {
        return SMALL.as_bytes().to_vec();
    }
    let mut plan: Value = serde_json::from_str(SMALL).unwrap();
    let entries = plan["resource_changes"].as_array().unwrap().clone();
    let changes = (0..10_000).zip(entries.iter().cycle()).map(|(n, entry)| {
        let mut entry = entry.clone();
        let (copy, address) = (n / entries.len(), entry["address"].as_str().unwrap());
        entry["address"] = format!("module.copy[{copy}].{address}").into();
        entry
    });
    plan["resource_changes"] = changes.collect();
    plan.as_object_mut().unwrap().remove("prior_state");
    serde_json::to_vec(&plan).unwrap()
}

fn document(size: &str) -> Document {
    detect::recognise(bytes(size)).remove(0).unwrap()
}

fn open() -> Stages {
    let setup = Setup {
        root: "no-such-repository".into(),
        config: None,
        extra_policies: Vec::new(),
        decisions: Vec::new(),
        extra_data: Vec::new(),
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        threads: 2,
        rule_timeout: Duration::from_secs(30),
        context: None,
        environment: serde_json::Map::new(),
        expect: None,
        fail_on: None,
        sources: workspace::SourceSetup::default(),
    };
    workspace::open(&setup).unwrap()
}

#[divan::bench]
fn load_policies() -> Stages {
    open()
}

#[divan::bench(args = SIZES)]
fn recognise(bencher: Bencher<'_, '_>, size: &str) {
    bencher.with_inputs(|| bytes(size)).bench_values(detect::recognise);
}

fn interest() -> Interest {
    facts::interest(Catalog::builtin()).unwrap()
}

#[divan::bench(args = SIZES)]
fn load_plan(bencher: Bencher<'_, '_>, size: &str) {
    let document = document(size);
    bencher.bench_local(|| json::load(&document, &interest(), NoSink).unwrap());
}

#[divan::bench(args = SIZES)]
fn load_plan_and_input(bencher: Bencher<'_, '_>, size: &str) {
    let document = document(size);
    bencher.bench_local(|| json::load(&document, &Interest::everything(), InputSink).unwrap());
}

#[divan::bench(args = SIZES)]
fn derive_facts(bencher: Bencher<'_, '_>, size: &str) {
    let plan = json::load(&document(size), &interest(), NoSink).unwrap().plan;
    bencher.bench_local(|| facts::derive(&plan, Catalog::builtin()).unwrap());
}

#[divan::bench(args = SIZES)]
fn build_masker(bencher: Bencher<'_, '_>, size: &str) {
    let document = document(size);
    bencher.bench_local(|| Masker::from_json(document.bytes()).unwrap());
}

#[divan::bench(args = SIZES)]
fn check(bencher: Bencher<'_, '_>, size: &str) {
    let stages = open();
    bencher.with_inputs(|| bytes(size)).bench_values(|bytes| {
        gate::check(&stages, vec![PlanInput { name: "plan".to_owned(), source: PlanSource::Bytes(bytes) }])
    });
}

#[divan::bench]
fn render_human(bencher: Bencher<'_, '_>) {
    let stages = open();
    let report =
        gate::check(&stages, vec![PlanInput { name: "plan".to_owned(), source: PlanSource::Bytes(bytes("small")) }]);
    bencher.bench_local(|| report::human::render(&report, report::human::Options::default()));
}
