//! Tests of the layer as a whole.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

mod functions;
mod parity;
mod running;

pub(super) fn limits() -> Limits {
    Limits {
        load: Duration::from_mins(5),
        rule: Duration::from_mins(5),
        max_items: 100_000,
        max_bytes: 16 << 20,
        threads: 2,
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
    }
}

pub(super) fn modules(files: &[(&str, &str)]) -> Vec<Module> {
    files
        .iter()
        .map(|(name, text)| Module {
            file: SourceFile::new(*name, *text),
            dialect: Dialect::Auto,
            trusted: false,
            known: None,
        })
        .collect()
}

pub(super) fn load(files: &[(&str, &str)]) -> Program {
    Program::load(modules(files), &limits()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// A v1 file of package `main` with these rules.
pub(super) fn main_v1(rules: &str) -> String {
    format!("package main\n\nimport rego.v1\n\n{rules}\n")
}

/// Message and marked text of every problem.
fn refused(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let problems = Program::load(modules(files), &limits()).expect_err("loads");
    let shown = problems.into_iter().map(|problem| {
        assert_eq!(problem.code, crate::problem::ProblemCode::PolicyLoad);
        let place = problem.place.expect("has a place");
        (problem.message, place.file.slice(place.span).to_owned())
    });
    shown.collect()
}

fn refused_rules(rules: &str) -> Vec<(String, String)> {
    refused(&[("main.rego", &main_v1(rules))])
}

fn run(program: &Program, rule: &str, input: &Value) -> Run {
    program.run(vec![Job { rule: rule.to_owned(), input: Input::from_json(input) }]).remove(0)
}

fn value(rules: &str, rule: &str, input: &Value) -> Option<Value> {
    let run = run(&load(&[("main.rego", &main_v1(rules))]), &format!("data.main.{rule}"), input);
    assert!(run.builtin_errors.is_empty(), "{:?}", run.builtin_errors);
    run.value.unwrap_or_else(|failure| panic!("{failure:?}"))
}

#[test]
fn a_v0_and_a_v1_file_run_side_by_side() {
    let program = load(&[
        (
            "old.rego",
            "package old\nimport input as tfplan\nimport input\ndeny[msg] { msg := sprintf(\"%s\", [tfplan.a]) }",
        ),
        ("new.rego", "package new\ndeny contains msg if { msg := input.a }"),
    ]);
    let dialects: Vec<_> = program.modules().iter().map(|m| (m.file.name(), m.dialect)).collect();
    assert_eq!(dialects, [("new.rego", Dialect::V1), ("old.rego", Dialect::V0)]);
    for rule in ["data.old.deny", "data.new.deny"] {
        assert_eq!(run(&program, rule, &json!({"a": "x"})).value.unwrap(), Some(json!(["x"])), "{rule}");
    }
}

#[test]
fn what_other_engines_refuse_when_they_compile_is_refused_at_load() {
    let cases = [
        ("deny contains 1 if { false; startwith(input.a, \"x\") }", "there is no function `startwith`", "startwith"),
        ("deny contains 1 if { false; startswith(input.a) }", "`startswith` takes 2 arguments, not 1", "startswith"),
        ("deny contains 1 if { false; http.send({}) }", "there is no function `http.send`", "http.send"),
        (
            "deny contains 1 if { false; json.match_schema({}, {}) }",
            "there is no function `json.match_schema`",
            "json.match_schema",
        ),
        ("deny contains 1 if { rand.intn(\"x\", 2) == 1 }", "there is no function `rand.intn`", "rand.intn"),
        ("deny contains 1 if { opa.runtime().env.HOME }", "there is no function `opa.runtime`", "opa.runtime"),
        ("deny contains uuid.rfc4122(\"x\")", "there is no function `uuid.rfc4122`", "uuid.rfc4122"),
        ("deny contains internal.json(\"1\")", "there is no function `internal.json`", "internal.json"),
        (
            "deny contains x if rego.metadata.rule(x)",
            "`rego.metadata.rule` cannot take its result as a last argument",
            "rego.metadata.rule",
        ),
        (
            "deny contains msg if { false; msg := undefined_name }",
            "the variable `undefined_name` never gets a value",
            "undefined_name",
        ),
        ("deny contains msg if { input.x }", "the variable `msg` never gets a value", "msg"),
        ("deny contains 1 if { not input.tags[k] == 1 }", "the variable `k` never gets a value", "input.tags[k] == 1"),
        ("f(x) := f(x - 1) if x > 0\nf(0) := 0", "the rule depends on itself: data.main.f → data.main.f", "f"),
        ("a := b\nb := a", "the rule depends on itself: data.main.a → data.main.b → data.main.a", "a"),
        (
            "a := data.main[x] if some x in [\"b\"]",
            "the rule depends on itself: data.main.a → data.main.a",
            "data.main[x]",
        ),
        ("deny[msg] if { msg := \"x\" }", "`deny[…] if` yields an object, not a set of messages", "deny[msg]"),
        ("warn_x[msg] if { msg := \"x\" }", "`warn_x[…] if` yields an object, not a set of messages", "warn_x[msg]"),
        (
            "deny contains 1 if data.lib.tags.missing",
            "nothing provides `data.lib.tags.missing`",
            "data.lib.tags.missing",
        ),
        ("deny contains 1 if data.main.denyy", "nothing provides `data.main.denyy`", "data.main.denyy"),
        (
            "default deny := []\ndeny contains 1 if input.x",
            "`data.main.deny` is declared in two ways: once as a single value, once as a set",
            "deny contains 1",
        ),
        ("a := 1\na.b := 2", "the rule `data.main.a.b` lies below the rule `data.main.a`", "a.b := 2"),
        (
            "deny contains x if sprintf(\"%d\", [1], x)",
            "`sprintf` cannot take its result as a last argument",
            "sprintf",
        ),
        (
            "deny contains 1 if time.date([0, \"Local\"])[0] > 0",
            "the time zone \"Local\" is that of the machine",
            "time.date",
        ),
        (
            "deny contains 1 if { input.x with nothing as 1 }",
            "`with` replaces `nothing`, which is nothing that can be replaced",
            "nothing",
        ),
        ("__target__ := 1", "`__target__` is reserved by the policy engine", "__target__"),
    ];
    for (rules, message, marked) in cases {
        assert_eq!(refused_rules(rules), [(message.to_owned(), marked.to_owned())], "{rules}");
    }
}

#[test]
fn all_problems_of_all_files_are_reported_at_once_in_order() {
    let problems =
        refused(&[("b.rego", "package b\nx := nope(1)\ny := gone(2)"), ("a.rego", "package a\nx := nowhere(1)")]);
    let marked: Vec<_> = problems.iter().map(|(_, marked)| marked.as_str()).collect();
    assert_eq!(marked, ["nowhere", "nope", "gone"]);
    let broken = refused(&[("b.rego", "package b\nx := := 1"), ("a.rego", "package a\nx := 1 1 }")]);
    assert_eq!(broken.len(), 2, "{broken:?}");
}

#[test]
fn declarations_in_different_files_that_hide_each_other_are_refused() {
    let problems = refused(&[("a.rego", "package a\nb := 1"), ("b.rego", "package a.b\nc := 1")]);
    assert_eq!(problems[0].0, "the package `data.a.b` lies over the rule `data.a.b` of a.rego");
    assert_eq!(problems[0].1, "package a.b");
    let lib = [("x.rego", "package lib.x\nf(a) := a"), ("y.rego", "package lib.y\nf(a) := a")];
    let clash = [
        ("a.rego", "package main\nimport data.lib.x as lib\na := lib.f(1)"),
        ("b.rego", "package main\nimport data.lib.y as lib\nb := lib.f(1)"),
    ];
    // Imports hold for their file alone.
    let program =
        load(&[("x.rego", "package lib.x\nf(_) := 1"), ("y.rego", "package lib.y\nf(_) := 2"), clash[0], clash[1]]);
    assert_eq!(run(&program, "data.main.a", &json!({})).value.unwrap(), Some(json!(1)));
    assert_eq!(run(&program, "data.main.b", &json!({})).value.unwrap(), Some(json!(2)));
    let variable = [
        ("a.rego", "package main\nimport data.lib.x as v\na := v.f(1)"),
        ("b.rego", "package main\nb contains v if input.xs[v]"),
    ];
    let program = load(&[lib[0], variable[0], variable[1]]);
    assert_eq!(run(&program, "data.main.b", &json!({"xs": [true]})).value.unwrap(), Some(json!([0])));
    let hidden = refused(&[lib[0], ("a.rego", "package main\nimport data.lib.x\nx := 1")]);
    assert!(hidden[0].0.contains("the import `x` and a rule of this package"), "{hidden:?}");
    let same = refused(&[("a.rego", "package a\nx := 1"), ("a.rego", "package a\ny := 1")]);
    assert_eq!(same[0].0, "the policy a.rego is given twice");
    assert!(refused(&[("a.rego", "package a\nimport data.gone.lib\nx := 1")])[0].0.contains("data.gone.lib"));
}

#[test]
fn a_file_the_engine_cannot_load_is_refused_with_its_place() {
    let cases = [
        ("package main\nx := [", "\n"),
        ("package main\ndeny contains m if { m := \"open }", "\""),
        ("package main\nx := 1\n\0y := 2", "\0"),
        ("package main\n# a \0 comment\nx := 2", "\0"),
        ("package main\nallow { input.x }\nb contains 1 if true", "{"),
    ];
    for (text, _) in cases {
        assert_eq!(refused(&[("a.rego", text)]).len(), 1, "{text:?}");
    }
    let nested = format!("package main\nx := {}input.a{}", "[".repeat(31), "]".repeat(31));
    let (message, _) = refused(&[("a.rego", &nested)]).remove(0);
    assert_eq!(message, "brackets are nested more than 12 levels deep");
    let chain = format!("package main\nx := 1{}", " + 1".repeat(100));
    assert!(refused(&[("a.rego", &chain)])[0].0.contains("nested too deep"));
}

#[test]
fn defects_of_the_engine_are_named_not_passed_over() {
    let late = main_v1("y := a if { a := [b | b := lim]; lim := 1 }");
    assert!(refused(&[("a.rego", &late)])[0].0.contains("used before definition"));
    let otherwise = refused(&[("a.rego", "package a\np[x] { x := 1 } else { x := 2 }")]);
    assert!(otherwise[0].0.contains("else cannot be used with set rules"), "{otherwise:?}");
}

#[test]
fn a_file_that_takes_too_long_to_read_is_a_problem_and_the_others_are_still_read() {
    // Twelve levels take a moment; the deadline here is shorter.
    let nested = format!("package a\nx := {}1{}", "{\"a\": ".repeat(12), "}".repeat(12));
    let slow = std::iter::repeat_n(nested.replace("package a\nx", "y"), 20).enumerate();
    let text: String = std::iter::once("package a\n".to_owned())
        .chain(slow.map(|(i, rule)| rule.replacen('y', &format!("y{i}"), 1) + "\n"))
        .collect();
    let limits = Limits { load: Duration::from_millis(50), ..limits() };
    let files = modules(&[("a.rego", &text), ("b.rego", "package b\nx := := 1")]);
    let problems = Program::load(files, &limits).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].message.contains("was not read within"), "{problems:?}");
}

#[test]
fn constants_may_be_nested_as_deep_as_json() {
    let levels = 40;
    let nested = |inner: &str| format!("{}{inner}{}", "{\"a\": [\n# why\n".repeat(levels), ",],}".repeat(levels));
    let deep = nested("{\"b\": \"\u{e9}`\\n\\\"\"}");
    let rules = [
        format!("x := {deep}"),
        format!("y if {{ not f({deep}, input.k); z := {deep}; z == x }}"),
        "f(one, k) if one == k".to_owned(),
        format!("w contains [{deep}, n] if {{ n := input.k }} {{ n := 2 }}"),
        format!("v := o if {{ o := object.get(input, [], {{}}) with input as {deep} }}"),
        "late := 1 / input.k".to_owned(),
    ];
    let text = main_v1(&rules.join("\n"));
    let program = load(&[("main.rego", &text)]);
    let value = |rule: &str| run(&program, &format!("data.main.{rule}"), &json!({"k": 0})).value.unwrap().unwrap();
    let mut expected = json!({"b": "\u{e9}`\n\""});
    for _ in 0..levels {
        expected = json!({"a": [expected]});
    }
    assert_eq!(value("x"), expected);
    assert_eq!(value("y"), json!(true));
    assert_eq!(value("w"), json!([[expected.clone(), 0], [expected.clone(), 2]]));
    assert_eq!(value("v"), expected);
    let failed = run(&program, "data.main.late", &json!({"k": 0}));
    let place = failed
        .builtin_errors
        .first()
        .map(|error| error.span)
        .or(failed.value.err().map(|error| error.place.map(|(_, span)| span)));
    assert_eq!(place.flatten().map(|span| text[..span.start].contains("late")), Some(true), "{place:?}");
    assert_eq!(program.modules()[0].rules.last().map(|rule| rule.line), Some(text.matches('\n').count()));
}

#[test]
fn a_variable_in_brackets_behind_not_has_its_value_from_elsewhere() {
    // The engine orders statements by the names of variables: `a` comes before `k` and `r`.
    let rules = "ids := {\"x\"}\nof := {\"p\": {\"t\": 1}}\n\
                 by_value if { t = of[k].t; r = {\"k\": k}; a = r.k; not ids[a] }\n\
                 by_part if { t = of[k].t; r = {\"k\": k}; not ids[r.k]; not ids[r[\"k\"]] }\n\
                 found if { t = of[k].t; a = concat(\"\", [\"x\", substring(k, 1, -1)]); not ids[a] }\n\
                 within if { t = of[k].t; a = k; not of[a].t == 2; not of[a].u; not count(of[a]) == 2 }";
    for (rule, expected) in [("by_value", true), ("by_part", true), ("found", false), ("within", true)] {
        assert_eq!(value(rules, rule, &json!({})), expected.then_some(json!(true)), "{rule}");
    }
}

#[test]
fn a_module_says_what_it_declares() {
    let text = "# METADATA\n# title: All\npackage main\n\nimport rego.v1\n\n# METADATA\n# title: T\n# custom:\n#   level: warn\n\
                deny contains msg if { msg := \"x\" }\n\n# not METADATA\np[x] := 1 if x := \"a\"\n\nf(x) := x\n\na.b := 2\n# METADATA\n# end: 1\n";
    let program = load(&[("main.rego", text)]);
    let module = &program.modules()[0];
    assert_eq!((module.package.as_str(), module.file.slice(module.package_span)), ("main", "package main"));
    let rules: Vec<_> = module.rules.iter().map(|r| (r.name.as_str(), r.path.as_str(), r.shape, r.line)).collect();
    assert_eq!(
        rules,
        [
            ("deny", "data.main.deny", RuleShape::PartialSet, 11),
            ("p", "data.main.p", RuleShape::PartialObject, 14),
            ("f", "data.main.f", RuleShape::Function, 16),
            ("a.b", "data.main.a.b", RuleShape::Complete, 18),
        ]
    );
    assert_eq!(module.file.slice(module.rules[0].span), "deny contains msg");
    let blocks: Vec<_> = module.metadata.iter().map(|b| (b.yaml.as_str(), b.attaches_to.clone())).collect();
    assert_eq!(
        blocks,
        [
            ("title: All\n", Attachment::Package),
            ("title: T\ncustom:\n  level: warn\n", Attachment::Rule("deny".to_owned())),
            ("end: 1\n", Attachment::Nothing),
        ]
    );
}

/// The rules of these files on an input, by an import and by the full path.
#[test]
fn an_import_of_the_own_package_finds_its_rules() {
    let helpers = "helper := {x | some x in input.xs}\nisd(x) if x == \"a\"\nps contains x if some x in input.xs\n\
                   po[x] := 1 if some x in input.xs\n";
    let input = json!({"xs": ["a", "b"]});
    let uses = [
        ("import data.main", "some msg in main.helper"),
        ("import data.main as m", "some msg in m.ps"),
        ("import data.main as m", "m.ps[msg]"),
        ("import data.main as m", "some msg, _ in m.po"),
        ("import data.main as m", "some msg in m[\"helper\"]"),
        ("import data as d", "d.main.ps[msg]"),
        ("import data.main.ps as own", "own[msg]"),
        (
            "import data.main as m",
            "msg := input.xs[_]; m.isd(msg); msg == \"a\"\n}\ndeny contains msg if {\n\tmsg := m.helper[_]",
        ),
        ("import input as plan\nimport data.main as m", "some msg in plan.xs; m.ps[msg]"),
    ];
    for (import, body) in uses {
        let text = format!("package main\n{import}\ndeny contains msg if {{ {body} }}\n{helpers}");
        let found = run(&load(&[("a.rego", &text)]), "data.main.deny", &input).value.unwrap();
        assert_eq!(found, Some(json!(["a", "b"])), "{text}");
    }
    let v0 = "package main\nimport input\nimport data.main as m\nh[x] { x := input.xs[_] }\ndeny[msg] { m.h[msg] }\n";
    assert_eq!(run(&load(&[("a.rego", v0)]), "data.main.deny", &input).value.unwrap(), Some(json!(["a", "b"])));
    let parent = "package org.a\nimport data.org as t\ndeny contains m if some m in t.a.helper\nhelper := {\"x\"}";
    assert_eq!(run(&load(&[("a.rego", parent)]), "data.org.a.deny", &input).value.unwrap(), Some(json!(["x"])));
    let local =
        "package main\nimport data.main as m\ndeny contains y if { some m in input.xs; y := f(m) }\nf(m) := upper(m)";
    assert_eq!(run(&load(&[("a.rego", local)]), "data.main.deny", &input).value.unwrap(), Some(json!(["A", "B"])));
    let with = "package main\nimport data.lib as l\nimport input as tf\n\
                deny contains x if { some x in l.r with l.r as [\"r\"] }\n\
                deny contains x if { x := tf.y with tf.y as \"y\" }\ndeny contains x if { x := upper(\"a\") with upper as l.up }";
    let lib = ("lib.rego", "package lib\nr := []\nup(_) := \"up\"");
    let found = run(&load(&[("a.rego", with), lib]), "data.main.deny", &input).value.unwrap();
    assert_eq!(found, Some(json!(["r", "up", "y"])));
    let itself = refused(&[("a.rego", "package main\nimport data.main as m\ndeny contains x if some x in m.deny")]);
    assert!(itself[0].0.contains("depends on itself"), "{itself:?}");
    let whole = refused(&[("a.rego", "package main\nimport data.main as m\ndeny contains 1 if count(m) > 0")]);
    assert!(whole[0].0.contains("depends on itself"), "{whole:?}");
}

#[test]
fn packages_may_import_each_other() {
    let a = "package x.a\nimport data.x.b\nhelper contains r if some r in input.xs\ndeny contains m if b.y[m]";
    let b = "package x.b\nimport data.x.a\ny contains z if a.helper[z]";
    let program = load(&[("a.rego", a), ("b.rego", b)]);
    let found = run(&program, "data.x.a.deny", &json!({"xs": ["a"]})).value.unwrap();
    assert_eq!(found, Some(json!(["a"])));
}

#[test]
fn a_reference_through_all_packages_is_refused() {
    let bodies = [
        "some n; some m in data[n].res",
        "m := data[_].res[_]",
        "some n; m := data[n].a.res; n",
        "m := data",
        "walk(data, [_, m])",
    ];
    for body in bodies {
        let problems = refused(&[
            ("m.rego", &format!("package main\ndeny contains m if {{ {body} }}")),
            ("l.rego", "package lib\nres := {\"a\"}"),
        ]);
        assert_eq!(problems[0].0, "a reference to `data` must name the package it reads", "{body}");
    }
    let alias = "package main\nimport data as d\ndeny contains m if { some n; m := d[n].res }";
    assert_eq!(refused(&[("m.rego", alias)]).len(), 1);
    let known = [
        "n := \"lib\"; some m in data[n].res",
        "some n in [\"lib\"]; some m in data[n].res",
        "some n; n = \"lib\"; some m in data[n].res",
        "some k, n in {1: \"lib\"}; k; some m in data[n].res",
        "some m in g(\"lib\")",
        "some m in data.lib.res",
        "some n; some m in data.grp[n].res",
    ];
    let libs = [("l.rego", "package lib\nres := {\"a\"}"), ("g.rego", "package grp.x\nres := {\"a\"}")];
    for body in known {
        let main = format!("package main\ndeny contains m if {{ {body} }}\ng(x) := data[x].res");
        let found = run(&load(&[("m.rego", &main), libs[0], libs[1]]), "data.main.deny", &json!({})).value.unwrap();
        assert_eq!(found, Some(json!(["a"])), "{body}");
    }
}

#[test]
fn a_file_of_neither_version_shows_the_error_of_the_likelier() {
    let problem = |text: &str| Program::load(modules(&[("a.rego", text)]), &limits()).unwrap_err().remove(0);
    let old = problem("package a\ndeny[x] {\n\tx := := 1\n}\n");
    assert!(!old.message.contains("`if` keyword"), "{}", old.message);
    assert!(
        old.help.as_ref().is_some_and(|help| help.contains("read as Rego version 0; as version 1 it fails too")),
        "{old:?}"
    );
    let otherwise = problem("package a\np[x] { x := 1 } else { x := 2 }\n");
    assert!(otherwise.help.is_some_and(|help| help.contains("no `else`")), "{}", otherwise.message);
    let new = problem("package a\nx := := 1\n");
    assert!(new.help.is_some_and(|help| help.contains("read as Rego version 1; as version 0 it fails too")));
}

#[test]
fn ordinary_policies_load() {
    let cases = [
        "deny contains msg if {\n\tsome i\n\trc := input.resource_changes[i]\n\trc.change.actions[_] == \"delete\"\n\tnot rc.type in {\"x\"}\n\tmsg := rc.address\n}",
        "deny contains msg if { rc := input.rcs[_]; tags := {t | some t in rc.tags}; count(tags & {\"a\"}) == 0; msg := rc.address }",
        "by_type[t] contains rc if { some rc in input.rcs; t := rc.type }\ndeny contains t if { some t, rcs in by_type; count(rcs) > 1 }",
        "deny contains msg if { walk(input, [path, value]); value == \"secret\"; msg := concat(\".\", [sprintf(\"%v\", [p]) | some p in path]) }",
        "f(x) := y if { y := x.a } else := 0\ndeny contains 1 if f(input) == 0",
        "deny contains 1 if { every rc in input.rcs { rc.ok; x := rc.n; x > 1 } }",
        "deny contains msg if { [_, msg] = [1, \"a\"]; {\"k\": v} = {\"k\": msg}; v }",
        "default allow := false\nallow if not deny_any\ndeny_any if { input.x with input as {\"x\": 1} }",
        "deny contains msg if { lim := 3; x := [y | some z in input.xs; y := z.a; y > lim]; msg := x[_] }",
        "a[k] := v if { some k, v in input.o }\nb := {k: v | v := a[k]}\nc := [i | input.xs[i] == input.ys[i]]",
        "deny contains input.rcs[i].address if input.rcs[i].bad",
        "deny contains k if { some k in input.ks; not input.tags[k]; every x in input.xs { not input.m[x][k] } }",
        "deny contains 1 if { count(input.a) == 1 with count as one }\none(_) := 1",
        "p[x].q := 1 if x := input.a\nr if p[input.b].q == 1\ndefault f(_) := 1\ng if f(1) == 1",
        "g := time.now_ns() \ndeny contains 1 if g == 5 with time.now_ns as 5",
        "x := object.get(input, [\"a\", \"b\"], null)\ny := input.a[\"b-c\"].d[0]\nz if { some a, b; input.m[a][b] == 1 }",
        "p if { x := 1; x == 1 } else := false if { x := 2; x > 3 }\nq := sum([n | n := input.ns[_]]) / 2",
        "r contains {\"msg\": m, \"k\": k} if { m := {\"a\": k}.a; some k in [1] }\nmain := data.main.r",
        "count_things(xs) := count(xs)\ns := count_things([1])\nt := json.unmarshal(json.marshal({\"a\": 1})).a",
    ];
    for rules in cases {
        let loaded = Program::load(modules(&[("main.rego", &main_v1(rules))]), &limits());
        assert!(loaded.is_ok(), "{rules}\n{:#?}", loaded.err());
    }
}

#[test]
fn a_circle_of_variables_is_refused_before_the_engine_complains_of_it_on_stderr() {
    let problems = refused_rules("deny contains x if { x = y + 1; y = x + 1 }");
    let marked: Vec<_> = problems.iter().map(|(_, marked)| marked.as_str()).collect();
    assert_eq!(marked, ["x", "y"]);
}
