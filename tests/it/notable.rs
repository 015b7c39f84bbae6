//! Changes that built-in rules do not see make none of them say anything.

use plangate::catalog::Catalog;
use plangate::plan::detect;
use plangate::plan::json;
use plangate::plan::sink::NoSink;
use plangate::policy::{Origin, PolicySet};
use plangate::rego::{Input, Job};
use plangate::{eval, facts};
use serde_json::{Value, json};

use crate::harness::{built_in, plans};

/// What every built-in rule says where `plangate` is this.
fn answers(policies: &PolicySet, derived: &Value) -> Vec<String> {
    let input = Input::from_json(&json!({"plangate": derived}));
    let rules = policies.rules().iter().filter(|rule| rule.origin == Origin::BuiltIn);
    let jobs: Vec<Job> =
        rules.filter_map(|rule| Some(Job { rule: rule.path.clone()?, input: input.clone() })).collect();
    assert!(jobs.len() > 15, "{}", jobs.len());
    let paths: Vec<String> = jobs.iter().map(|job| job.rule.clone()).collect();
    let runs = policies.program().run(jobs);
    paths
        .into_iter()
        .zip(runs)
        .map(|(path, run)| format!("{path}: {:?}", run.value.map_err(|failure| failure.kind)))
        .collect()
}

#[test]
fn every_rule_says_the_same_where_it_sees_every_change() {
    let policies = built_in().policies;
    let (mut quiet, mut notable) = (0, 0);
    for path in plans() {
        for document in detect::recognise(std::fs::read(&path).unwrap()).into_iter().flatten() {
            let interest = facts::interest(Catalog::builtin()).unwrap().without_document();
            let Ok(loaded) = json::load(&document, &interest, NoSink) else { continue };
            let facts = facts::derive(&loaded.plan, Catalog::builtin()).unwrap();
            let few = eval::derived(&facts, eval::input::Settings::default()).unwrap();
            let mut all = few.clone();
            all["notable"] = all["changes"].clone();
            assert_eq!(answers(&policies, &few), answers(&policies, &all), "{}", path.display());
            notable += few["notable"].as_array().unwrap().len();
            quiet += few["changes"].as_array().unwrap().len() - few["notable"].as_array().unwrap().len();
        }
    }
    assert!(quiet > 100 && notable > 100, "{quiet} and {notable}");
}
