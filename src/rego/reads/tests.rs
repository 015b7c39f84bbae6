use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::Reads;
use crate::plan::sink::{Projection, Wanted};
use crate::rego::tests::{limits, load, main_v1, modules};
use crate::rego::{Input, Job, Program};

/// What `data.main.deny` of these files reads.
fn reads(files: &[(&str, &str)]) -> Arc<Reads> {
    let program = load(files);
    let mut rules = program.modules().iter().flat_map(|module| &module.rules);
    Arc::clone(&rules.find(|rule| rule.path == "data.main.deny").expect("a rule").reads)
}

/// What the rule `deny` of a package with these rules reads.
fn of(rules: &str) -> Arc<Reads> {
    reads(&[("a.rego", &main_v1(rules))])
}

fn lines(rules: &str) -> String {
    of(rules).paths.to_lines().join(" ")
}

#[test]
fn a_document_beside_rules_may_be_what_is_meant() {
    let rules = "deny contains 1 if input[data.lib.key]\ndeny contains 2 if input[data.lib.made]";
    let files = [("a.rego", main_v1(rules)), ("lib.rego", "package lib\nmade := \"b\"".to_owned())];
    let file = crate::source::SourceFile::new("d.json", r#"{"key": "a"}"#.to_owned());
    let mut data = crate::data::Data::default();
    data.add(&["lib".to_owned()], &file).unwrap();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let program = Program::load_with(modules(&files), data, &limits()).unwrap();
    let mut rules = program.modules().iter().flat_map(|module| &module.rules);
    let reads = &rules.find(|rule| rule.path == "data.main.deny").expect("a rule").reads;
    assert_eq!(reads.paths.to_lines(), ["[*]", "b"], "the key in the document is not known");
}

#[test]
fn a_constant_that_is_nested_too_deep_may_be_any_key() {
    let deep = |inner: &str| format!("{}\"{inner}\"{}", "[".repeat(13), "]".repeat(13));
    let rules = |inner| format!("keys := {}\ndeny contains 1 if {{ walk(keys, [_, key]); input[key].c }}", deep(inner));
    let found = of(&rules("plangate"));
    assert_eq!(found.paths.to_lines(), ["[*].c"]);
    assert!(found.mentions_plangate);
    assert!(!of(&rules("b")).mentions_plangate);
}

/// Rules, and what `deny` among them reads.
const CASES: &[(&str, &str)] = &[
    ("deny contains 1 if input.a.b", "a.b"),
    ("res(x) := [res | some res in x; res.a]\ndeny contains 1 if res(input.r)[_].b == 1", "r[*].a r[*].b"),
    ("deny contains 1 if { deny := input.a; deny.b == 1 }", "a.b"),
    ("y := input.c\ndeny contains 1 if { some y in input.a; y.b == 1 }", "a[*].b"),
    ("deny contains input.m if { input.a } { input.b.c == 1 }", "a b.c m.**"),
    ("f(\"*\", _)\ndeny contains 1 if f(input.a, input.b)", "a b"),
    ("deny contains 1 if input[\"a b\"].c", "a b.c"),
    ("deny contains 1 if input.a[_].b == 1", "a[*].b"),
    ("deny contains 1 if { some i; input.a[i].b == input.c[i] }", "a[*].b.** c[*].**"),
    ("deny contains x.d if { some x in input.a; x.b.c == \"k\" }", "a[*].b.c a[*].d.**"),
    ("deny contains 1 if { x := input.a; y := x.b; y.c }", "a.b.c"),
    ("deny contains 1 if { y.c; y = x.b; x = input.a }", "a.b.c"),
    ("deny contains 1 if { x = input.a[_]; x.b == 1 }", "a[*].b"),
    ("deny contains 1 if { x = input.a; x = input.b }", "a.** b.**"),
    ("deny contains 1 if { i := input; i.a }", "a"),
    ("deny contains 1 if { k := \"a\"; input[k].b }", "a.b"),
    ("deny contains 1 if { some k in [\"a\", \"b\"]; input[k].c }", "a.c b.c"),
    ("deny contains 1 if { k := input.k; input.a[k].b }", "a[*].b k.**"),
    ("deny contains 1 if { some k, v in input.a; v.b == k }", "a[*].b"),
    ("deny contains 1 if every x in input.a { x.b == 1 }", "a[*].b"),
    ("deny contains 1 if every k, x in input.a { y := x.b; y.c == k }", "a[*].b.c"),
    ("deny contains 1 if { {\"c\": x, \"d\": {\"e\": y}} = input.a; x == 1; y == 2 }", "a.c a.d.e"),
    ("deny contains 1 if { [x, _] = input.a; x.b == 1 }", "a[*].b"),
    ("deny contains 1 if { some {\"c\": {\"d\": x}} in input.a; x > 1 }", "a[*].c.d"),
    ("deny contains 1 if \"x\" in input.a.b", "a.b[*]"),
    ("deny contains 1 if input.a.b in {1, 2}", "a.b"),
    ("deny contains 1 if input.a in input.b", "a.** b[*].**"),
    ("deny contains 1 if count(input.a) > 3", "a[*]"),
    ("deny contains 1 if is_string(input.a)", "a"),
    ("deny contains 1 if input.a == null", "a"),
    ("deny contains 1 if input.a == input.a", "a"),
    ("deny contains 1 if input.a == input.b", "a.** b.**"),
    ("deny contains 1 if input.a == [1]", "a.**"),
    ("deny contains 1 if not input.a.b", "a.b"),
    ("deny contains 1 if input.a - input.b == set()", "a.** b.**"),
    ("deny contains 1 if walk(input.a, [_, 1])", "a.**"),
    ("deny contains 1 if { walk(input.a, [p, v]); v.x }", "a.**"),
    ("deny contains 1 if walk(input, [_, 1])", "**"),
    ("deny contains input if true", "**"),
    ("deny contains 1 if json.marshal(input) == \"x\"", "**"),
    ("deny contains 1 if { some k, _ in input; k == \"x\" }", "[*]"),
    ("deny contains 1 if { x := [y | some y in input.a]; some z in x; z.b }", "a[*].b"),
    ("deny contains 1 if { x := {y | some y in input.a}; some z in x; z.b }", "a[*].**"),
    ("deny contains 1 if { x := {y.k: y.v | some y in input.a}; x[\"q\"].b }", "a[*].k.** a[*].v.**"),
    (
        "deny contains 1 if { x := {y.address: y | some y in input.resource_changes}; x[\"q\"].b }",
        "resource_changes[*].address.** resource_changes[*].b resource_changes[*].deposed",
    ),
    (
        "deny contains 1 if { x := [z | y := input.a[_]; z := [w | w := y.b[_]; w.c]]; x[_][_].d }",
        "a[*].b[*].c a[*].b[*].d",
    ),
    ("deny contains 1 if { x := {\"p\": input.a, \"q\": input.b}; x.p.c }", "a.c b"),
    ("deny contains 1 if { x := {\"p\": input.a, \"q\": input.b}; x[_].c }", "a.c b.c"),
    ("deny contains 1 if { x := [input.a, input.b]; x[0].c }", "a.c b.c"),
    ("deny contains sprintf(\"%v\", [input.a]) if true", "a.**"),
    ("deny contains 1 if { x := input.a; f(x) }\nf(y) if y.b.c", "a.b.c"),
    ("deny contains 1 if f(input)\nf(y) if y.b.c", "b.c"),
    ("deny contains 1 if f(input.a).c\nf(y) := y.b", "a.b.c"),
    ("deny contains 1 if f(input.a)[_].c\nf(y) := [z | some z in y; z.t == \"x\"]", "a[*].c a[*].t"),
    ("deny contains 1 if g(f(input.a))\nf(y) := y.b\ng(y) if y.c", "a.b.c"),
    ("deny contains 1 if f({\"a\": {\"b\": input.q}})\nf({\"a\": {\"b\": x}}) if x.c", "q.c"),
    ("deny contains 1 if f(input.a) == 1\nf(y) := y.b if y.c\nf(y) := y.d if y.e", "a.b.** a.c a.d.** a.e"),
    ("deny contains 1 if f(input.a, x)\nf(y) := y.b", "a.b"),
    ("deny contains 1 if { f(input.a, x); x.c }\nf(y) := y.b", "a.b.c"),
    ("deny contains 1 if { some x in p; x.c }\np contains x if some x in input.a", "a[*].**"),
    ("deny contains 1 if { p[x]; x.c }\np contains x if some x in input.a", "a[*].**"),
    ("deny contains 1 if { q[\"k\"].c }\nq[k] := x if some k, x in input.a", "a[*].**"),
    ("deny contains 1 if q.c\nq := input.a", "a.c"),
    ("deny contains 1 if q.c\ndefault q := {}\nq := input.a", "a.**"),
    ("deny contains 1 if q.r.s.c\nq.r.s := input.a\nq.t := input.b", "a.c"),
    ("deny contains 1 if data.main.q.r.c\nq.r := input.a", "a.c"),
    ("deny contains 1 if { some k; data.main.q[k].c }\nq.r := input.a\nq.s := input.b", "a.c b.c"),
    ("deny contains 1 if object.get(input, \"a\", {}).b", "a.b"),
    ("deny contains 1 if object.get(input, [\"a\", \"b\"], {}).c", "a.b.c"),
    ("deny contains 1 if object.get(input, [\"a\", 0, \"b\"], {}).c", "a[*].b.c"),
    ("deny contains 1 if { p := [\"a\", \"b\"]; object.get(input, p, 1) }", "**"),
    ("deny contains 1 if json.filter(input, [\"a/b\", \"c/0/d\"]).a", "a.b.** c[*].d.**"),
    ("deny contains 1 if json.filter(input, input.p).a", "**"),
    ("deny contains 1 if { x := object.union(input.a, input.b); x.c }", "a.c b.c"),
    ("deny contains 1 if { some x in array.concat(input.a, input.b); x.c }", "a[*].c b[*].c"),
    ("deny contains 1 if startswith(input.a.b, \"x\")", "a.b.**"),
    ("deny contains 1 if { f(input.a) with input as input.z }\nf(x) if x.b == input.c", "z.a.b.** z.c.**"),
    ("deny contains 1 if q with input.a as input.b\nq if input.a.c", "b.c"),
    ("deny contains 1 if q with input.a.d as input.b\nq if input.a.d.c", "a.d.c b.c"),
    ("deny contains 1 if q with input as {\"a\": 1}\nq if input.a.c", ""),
    ("deny contains 1 if f(input.a, input.b)\nf(x, x) if true", "a.** b.**"),
    ("deny contains 1 if { some [x, x] in input.a }", "a[*].**"),
    ("deny contains 1 if { [x, x] = input.a }", "a[*].**"),
    ("deny contains 1 if { x := {y.b: 1 | some y in input.a}; some k, _ in x; k == input.c }", "a[*].b.** c.**"),
    ("deny contains 1 if { some k, _ in x; k == input.c }\nx[y.b] := 1 if some y in input.a", "a[*].b.** c.**"),
    ("deny contains 1 if f(1) with f as g\nf(x) if x\ng(x) if input.a", "**"),
    ("deny := x if { x := input.a } else := y if { y := input.b.c }", "a.** b.c.**"),
];

#[test]
fn paths_follow_variables_and_iteration() {
    let mut wrong = Vec::new();
    for (rules, expected) in CASES {
        let found = lines(rules);
        if found != *expected {
            wrong.push(format!("{rules}\n  found    {found}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_follow_imports_and_other_files() {
    let read = reads(&[
        (
            "a.rego",
            "package main\nimport data.lib\nimport data.lib.g as h\nimport input as tf\nimport input.plan as p\n\
             deny contains 1 if { lib.f(tf.x); p.y; input[\"z w\"]; h(p.b); data.lib.r.k }",
        ),
        ("lib.rego", "package lib\nf(v) if v.w == input.q.r\ng(v) if v.c\nr := input.m\nunused := input.n"),
        ("old.rego", "package old\nother[x] { x = input.o }"),
    ]);
    let expected = ["m.k", "plan.b.c", "plan.y", "q.r.**", "x.w.**", "z w"];
    assert_eq!(read.paths.to_lines(), expected);
    assert_eq!(read.names.iter().map(String::as_str).collect::<Vec<_>>(), ["m", "plan", "q", "x", "z w"]);
}

#[test]
fn paths_of_version_0_are_followed() {
    let cases = [
        ("deny[msg] { r = input.a[_]; r.b.c == \"x\"; msg = r.d }", "a[*].b.c a[*].d.**"),
        ("deny[msg] { rs[r]; r.b.c == \"x\"; msg = 1 }\nrs[r] { r = input.a[_] }", "a[*].**"),
        ("deny[msg] { r := rs[_]; r.b.c == \"x\"; msg = 1 }\nrs = [r | r = input.a[_]; r.t]", "a[*].b.c a[*].t"),
        ("deny[1] { x := input.a[i]; x.b; input.c[i].d }", "a[*].b c[*].d"),
        ("deny[1] { ps[[x, y]]; x.b; y }\nps[[x, y]] { x = input.a; y = input.c }", "a.** c.**"),
        ("deny[1] { some i, j; input.a[i].b[j].c }", "a[*].b[*].c"),
        ("deny[1] { f(input.a) }\nf(x) = y { y = x.b } else = z { z = x.c }", "a.b.** a.c.**"),
        ("deny[1] { count([x | x := input.a[_]; x.b == 1]) > 0 }", "a[*].b"),
        ("import input as i\nimport input.plan as plan\ndeny[1] { i.a; plan.b }", "a plan.b"),
    ];
    for (rules, expected) in cases {
        let found = reads(&[("a.rego", &format!("package main\n{rules}"))]).paths.to_lines().join(" ");
        assert_eq!(found, expected, "{rules}");
    }
}

#[test]
fn what_takes_too_long_to_follow_reads_everything() {
    let doubled = |index: usize| format!("f{index}(x) := [f{}(x.a), f{}(x.b)]", index + 1, index + 1);
    let chain: Vec<String> = (0..20).map(doubled).collect();
    let rules = format!("deny contains 1 if f0(input) == 1\n{}\nf20(x) := x.c", chain.join("\n"));
    assert!(of(&rules).paths.is_whole());
    let deep = format!("deny contains 1 if input{}", ".a".repeat(40));
    assert_eq!(lines(&deep), format!("a{}.**", ".a".repeat(13)));
}

#[test]
fn types_that_are_compared_are_known() {
    let types = |rules: &str| of(rules).types.iter().cloned().collect::<Vec<_>>().join(" ");
    let cases = [
        ("deny contains 1 if { some rc in input.resource_changes; rc.type == \"a\" }", "a"),
        ("deny contains 1 if { some rc in input.resource_changes; rc.type in {\"a\", \"b\"} }", "a b"),
        (
            "deny contains 1 if { some rc in input.plan.resource_changes; types[rc.type] }\ntypes := {\"a\", \"b\"}",
            "a b",
        ),
        ("deny contains 1 if { some rc in input.resource_changes; max[rc.type] < 3 }\nmax := {\"a\": 1}", "a"),
        (
            "deny contains 1 if count(of(\"a\")) > 1\nof(t) := [rc | some rc in input.resource_changes; rc.type == t]",
            "a",
        ),
        ("deny contains 1 if { some {\"type\": \"a\"} in input.resource_changes }", "a"),
        ("deny contains 1 if { some rc in input.resource_changes; rc.name == \"a\" }", ""),
    ];
    for (rules, expected) in cases {
        assert_eq!(types(rules), expected, "{rules}");
    }
}

#[test]
fn only_what_can_read_it_mentions_plangate() {
    let mentions = |rules: &str| of(rules).mentions_plangate;
    let results = [
        "deny contains msg if { some k, _ in input; msg := {\"msg\": k, \"plangate\": {\"level\": \"deny\"}} }",
        "deny contains {\"msg\": \"m\", \"plangate\": {\"details\": {}}} if walk(input, [_, \"x\"])",
        "deny contains \"plangate\" if input.x",
    ];
    for rules in results {
        assert!(!mentions(rules), "{rules}");
    }
    let reads = [
        "deny contains 1 if input.plangate.x",
        "deny contains 1 if input[\"plangate\"]",
        "deny contains 1 if { x := input; x.plangate }",
        "deny contains 1 if { x := input; x[\"plangate\"] }",
        "deny contains 1 if object.get(input, [\"plangate\", \"x\"], 1) == 2",
        "deny contains 1 if { {\"plangate\": x} = input; x }",
        "deny contains 1 if { f(input) }\nf({\"plangate\": x}) if x",
        "deny contains 1 if { some \"plangate\", _ in input }",
        "deny contains 1 if { some k; input[k]; k == \"plangate\" }",
        "deny contains 1 if { some k, _ in {\"plangate\": 1}; input[k] }",
        "deny contains 1 if json.filter(input, [\"plangate/x\"]) != {}",
    ];
    for rules in reads {
        assert!(mentions(rules), "{rules}");
    }
}

/// Part, asked for, needed, alternatives.
fn parts(rules: &str) -> Vec<String> {
    let line = |part: &super::PartRead| {
        let alternatives: Vec<String> = part
            .alternatives
            .iter()
            .map(|parts| parts.iter().map(|keys| keys.join(".")).collect::<Vec<_>>().join("|"))
            .collect();
        let flags = [(part.asked, " asked"), (part.needed, " needed")];
        let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        let or = if alternatives.is_empty() { String::new() } else { format!(" or {}", alternatives.join(", ")) };
        format!("{}{flags}{or}", part.keys.join("."))
    };
    of(rules).parts.iter().map(line).collect()
}

#[test]
fn parts_say_how_they_are_asked_for() {
    let cases: [(&str, &[&str]); 9] = [
        ("deny contains 1 if input.run.x.y", &["run needed", "run.x needed"]),
        ("deny contains 1 if not input.run", &["run asked needed"]),
        ("deny contains 1 if not input.run.x", &["run needed", "run.x asked needed"]),
        ("deny contains 1 if object.get(input, \"run\", {}).x", &["run asked needed", "run.x needed"]),
        ("deny contains 1 if object.get(input, [\"plan\", \"a\"], {})", &["plan asked needed", "plan.a asked needed"]),
        (
            "deny contains 1 if f(input)[_].c\nf(i) := i.values.rs\nf(i) := i.resource_changes",
            &["resource_changes or values|values.rs", "values or resource_changes", "values.rs or resource_changes"],
        ),
        (
            "deny contains 1 if bad\nbad if input.run.x\nbad if input.resource_changes",
            &["resource_changes needed", "run needed", "run.x needed"],
        ),
        (
            "deny contains x if { some x in input.a }\ndeny contains x if { some x in input.b }",
            &["a needed", "b needed"],
        ),
        (
            "deny contains 1 if count(all) > 1\nall contains x if { some x in input.a }\nall contains x if { some x in input.b }",
            &["a or b", "b or a"],
        ),
    ];
    for (rules, expected) in cases {
        assert_eq!(parts(rules), expected, "{rules}");
    }
}

#[test]
fn the_place_of_a_part_is_where_its_key_stands() {
    let at = |rules: &str| {
        let text = main_v1(rules);
        let place = |part: &super::PartRead| {
            let (_, span) = part.place.clone().unwrap();
            format!("{}: {}", part.keys.join("."), &text[span.start..span.end])
        };
        of(rules).parts.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(at("deny contains 1 if object.get(input, \"run\", {}) == 1"), ["run: run"]);
    let path = "[\"plan\", \"a\"]";
    let both = [format!("plan: {path}"), format!("plan.a: {path}")];
    assert_eq!(at(&format!("deny contains 1 if object.get(input, {path}, {{}}) == 1")), both);
    let nested = "deny contains 1 if { x := object.get(object.get(input, \"a\", {}), \"b\", 1); x == 1 }";
    assert_eq!(at(nested), ["a: a", "a.b: b"]);
}

#[test]
fn under_with_no_part_is_read_that_is_replaced() {
    assert_eq!(parts("deny contains 1 if { q with input.run as {\"x\": 1} }\nq if input.run.x"), Vec::<String>::new());
    assert_eq!(parts("deny contains 1 if { q with input.a as 1 }\nq if input.run.x"), ["run needed", "run.x needed"]);
}

/// What a projection leaves of a value.
fn projected(projection: &Projection, at: Wanted, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter_map(|(key, value)| {
                let below = projection.key(at, key);
                below.anything().then(|| (key.clone(), projected(projection, below, value)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => {
            let below = projection.item(at);
            let kept = items.iter().filter(|_| below.anything());
            Value::Array(kept.map(|item| projected(projection, below, item)).collect())
        }
        scalar => scalar.clone(),
    }
}

/// Values with the keys and words of the rules above.
fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        prop::sample::select(vec!["a", "b", "k", "q", "x"]).prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 4, |inner| {
        let keys = prop::sample::select(vec!["a", "b", "c", "d", "e", "k", "t", "v", "x", "address", "deposed"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((keys, inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn inputs() -> impl Strategy<Value = Value> {
    let keys = ["a", "b", "c", "a b", "k", "q", "z", "resource_changes"];
    prop::collection::vec(prop::option::weighted(0.8, values()), keys.len()).prop_map(move |values| {
        let entries = keys.iter().zip(values).filter_map(|(key, value)| Some(((*key).to_owned(), value?)));
        Value::Object(entries.collect::<Map<_, _>>())
    })
}

/// What becomes of a rule, without the words of errors.
fn outcome(program: &Program, rule: &str, input: &Value) -> Result<Option<Value>, ()> {
    let run = program.run(vec![Job { rule: rule.to_owned(), input: Input::from_json(input) }]).remove(0);
    run.value.map_err(drop)
}

/// The rules above, a package for each.
fn all_cases() -> (Program, Vec<(String, Projection)>) {
    let texts: Vec<(String, String)> = CASES
        .iter()
        .enumerate()
        .map(|(index, (rules, _))| {
            let rules = rules.replace("data.main.", &format!("data.p{index}."));
            (format!("{index}.rego"), main_v1(&rules).replace("package main", &format!("package p{index}")))
        })
        .collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let program = load(&files);
    let rules = program.modules().iter().flat_map(|module| &module.rules).filter(|rule| rule.name == "deny");
    let rules = rules.map(|rule| (rule.path.clone(), Projection::of(&rule.reads.paths))).collect();
    (program, rules)
}

/// Whether no two entries of `resource_changes` are of one object: a plan in which two are is not judged, and what is kept of
/// them need not tell them apart.
fn tells_objects_apart(input: &Value) -> bool {
    let entries: Vec<&Value> = match input.get("resource_changes") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(map)) => map.values().collect(),
        _ => return true,
    };
    let mut names: Vec<String> =
        entries.iter().map(|entry| format!("{:?} {:?}", entry.get("address"), entry.get("deposed"))).collect();
    names.sort();
    names.windows(2).all(|pair| pair.first() != pair.last())
}

/// Nothing that a projection leaves out changes an answer.
#[test]
fn what_is_not_read_changes_no_answer() {
    let (program, rules) = all_cases();
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(input in inputs())| {
        prop_assume!(tells_objects_apart(&input));
        for (rule, projection) in &rules {
            let less = projected(projection, projection.root(), &input);
            let (whole, part) = (outcome(&program, rule, &input), outcome(&program, rule, &less));
            prop_assert_eq!(whole, part, "{}: {} as {}", rule, input, less);
        }
    });
}
