//! What no rule can read is not kept of a plan, and no answer depends on it.

use std::time::Duration;

use plangate::plan::completeness::{Expect, assess};
use plangate::plan::detect;
use plangate::plan::json::{self, Interest};
use plangate::plan::sink::NoSink;
use plangate::problem::ProblemCode;
use plangate::rego::{Dialect, Input, InputSink, Job, Limits, Module, Program};
use plangate::source::SourceFile;

use crate::harness::plans;

/// Policies as people write them; one package each.
const POLICIES: &[&str] = &[
    // By type, action and attribute.
    "import rego.v1\ndeny contains rc.address if { some rc in input.resource_changes; rc.type == \"azurerm_storage_account\"; \"delete\" in rc.change.actions }",
    "import rego.v1\ndeny contains msg if { some rc in input.resource_changes; rc.change.after.location != \"x\"; msg := sprintf(\"%s %v\", [rc.address, rc.change.after]) }",
    "import rego.v1\ndeny contains msg if { some i; rc := input.resource_changes[i]; rc.change.before.location != rc.change.after.location; msg := sprintf(\"%d\", [i]) }",
    // Helpers: arrays, sets, indexes, functions, objects, default, else.
    "import rego.v1\ndestroyed := [rc | some rc in input.resource_changes; \"delete\" in rc.change.actions]\ndeny contains msg if { count(destroyed) > 0; msg := concat(\",\", [rc.address | some rc in destroyed]) }",
    "import rego.v1\ndestroyed contains rc if { some rc in input.resource_changes; \"delete\" in rc.change.actions }\ndeny contains msg if { msg := concat(\",\", [sprintf(\"%s/%s\", [rc.address, object.get(rc, \"deposed\", \"\")]) | some rc in destroyed]) }",
    "import rego.v1\nby_address := {rc.address: rc | some rc in input.resource_changes}\ndeny contains a if { some a, rc in by_address; rc.mode == \"managed\" }",
    "import rego.v1\nby_type[rc.type] contains rc.address if some rc in input.resource_changes\ndeny contains msg if { some t, xs in by_type; msg := sprintf(\"%s %d\", [t, count(xs)]) }",
    "import rego.v1\nafter(rc) := rc.change.after if rc.change.after != null\nelse := rc.change.before\ndeny contains sprintf(\"%s\", [after(rc).name]) if some rc in input.resource_changes",
    "import rego.v1\ndefault first := {}\nfirst := input.resource_changes[0]\ndeny contains first.address",
    "import rego.v1\none(t) := rc if { some rc in input.resource_changes; rc.type == t }\ndeny contains one(\"azurerm_storage_account\").address",
    "import rego.v1\ndeny contains rc.address if { some rc in object.get(input, \"resource_changes\", []); every a in rc.change.actions { a == \"delete\" } }",
    "import rego.v1\ndeny contains {\"msg\": rc.address, \"n\": count(rc.change.after), \"u\": rc.change.after_unknown} if some rc in input.resource_changes",
    "import rego.v1\ndeny contains k if { some rc in input.resource_changes; some k, v in rc.change.after; v != rc.change.before[k] }",
    "import rego.v1\ndeny contains json.marshal(json.filter(rc, [\"address\", \"change/actions\"])) if some rc in input.resource_changes",
    "import rego.v1\ndeny contains sprintf(\"%v\", [object.union(rc.change.before, rc.change.after).id]) if some rc in input.resource_changes",
    // Other parts of the plan.
    "import rego.v1\ndeny contains r.address if some r in input.planned_values.root_module.resources",
    "import rego.v1\ndeny contains msg if { some r in input.configuration.root_module.resources; not r.expressions.tags; msg := r.address }",
    "import rego.v1\ndeny contains msg if { some name, v in input.variables; msg := sprintf(\"%s=%v\", [name, v.value]) }",
    "import rego.v1\ndeny contains o if { some o, c in input.output_changes; c.actions != [\"no-op\"] }",
    "import rego.v1\ndeny contains d.address if { some d in input.resource_drift; d.change.actions[_] == \"delete\" }",
    "import rego.v1\nmodules := [input.planned_values.root_module, input.prior_state.values.root_module]\ndeny contains r.address if { some m in modules; some r in m.resources }",
    "import rego.v1\ndeny contains p if { walk(input.configuration, [p, v]); v == \"managed\" }",
    "import rego.v1\ndeny contains concat(\".\", [k | some k in p; is_string(k)]) if { walk(input, [p, v]); v == \"delete\" }",
    "import rego.v1\ndeny contains k if some k, _ in input",
    // Version 0.
    "deny[msg] { rc = input.resource_changes[_]; rc.change.actions[_] == \"delete\"; msg = rc.address }",
    "rcs[rc] { rc := input.resource_changes[_]; rc.mode == \"managed\" }\ndeny[msg] { rcs[rc]; msg := rc.address }",
    "pairs[[t, a]] { rc := input.resource_changes[_]; t := rc.type; a := rc.change.actions }\ndeny[msg] { pairs[[t, [\"delete\"]]]; msg := t }",
    "import input as tf\ndeny[msg] { tf.resource_changes[i].change.before[k] != tf.resource_changes[i].change.after[k]; msg := sprintf(\"%d %s\", [i, k]) }",
];

fn program() -> Program {
    let limits = Limits {
        load: Duration::from_secs(30),
        rule: Duration::from_secs(30),
        max_items: 1_000_000,
        max_bytes: 64 << 20,
        threads: 2,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let module = |(index, text): (usize, &&str)| Module {
        file: SourceFile::new(format!("{index}.rego"), format!("package p{index}\n{text}\n")),
        dialect: Dialect::Auto,
        trusted: false,
        known: None,
    };
    Program::load(POLICIES.iter().enumerate().map(module).collect(), &limits)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn what_is_left_out_changes_no_answer() {
    let program = program();
    let rules: Vec<_> =
        program.modules().iter().flat_map(|module| &module.rules).filter(|rule| rule.name == "deny").collect();
    assert_eq!(rules.len(), POLICIES.len());
    let answers = |inputs: Vec<Input>| -> Vec<String> {
        let jobs = rules.iter().zip(inputs).map(|(rule, input)| Job { rule: rule.path.clone(), input }).collect();
        let runs = program.run(jobs).into_iter();
        runs.map(|run| {
            format!("{:?} {:?} {}", run.value.map_err(|failure| failure.kind), run.prints, run.builtin_errors.len())
        })
        .collect()
    };
    let all = plangate::plan::sink::PathSet::everything();
    let mut judged = 0;
    let mut fired = vec![0_usize; rules.len()];
    for path in plans() {
        for document in detect::recognise(std::fs::read(&path).unwrap()).into_iter().flatten() {
            let load = |paths| {
                json::load(&document, &Interest::builtin().with_paths(paths), InputSink)
                    .map(|loaded| loaded.node.unwrap())
            };
            // What is not kept may hold a key twice.
            let Ok(whole) = load(&all) else { continue };
            // Which of two entries for one object is meant nobody can say: such a plan is undecided anyway.
            let plan = json::load(&document, &Interest::builtin(), NoSink).unwrap().plan;
            let problems = assess(&plan, Expect::Ordinary).problems;
            if problems.iter().any(|problem| problem.code == ProblemCode::InconsistentPlan) {
                continue;
            }
            let projected = rules.iter().map(|rule| load(&rule.reads.paths).unwrap()).collect();
            let (whole, projected) = (answers(vec![whole; rules.len()]), answers(projected));
            for (((rule, whole), projected), fired) in rules.iter().zip(whole).zip(projected).zip(&mut fired) {
                assert_eq!(whole, projected, "{} on {}", rule.path, path.display());
                *fired += usize::from(!whole.starts_with("Ok(Some(Array []))") && !whole.starts_with("Ok(None)"));
            }
            judged += 1;
        }
    }
    assert!(judged > 80, "{judged}");
    let idle: Vec<_> = rules.iter().zip(fired).filter(|(_, fired)| *fired == 0).map(|(rule, _)| &rule.path).collect();
    assert!(idle.is_empty(), "these say nothing about any plan: {idle:?}");
}
