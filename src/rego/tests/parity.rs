//! What the engine lacks of OPA and loading makes up for. Expected values are those of OPA 1.22.2.

use super::*;

/// The value of a package of files, rule by rule.
fn answers(files: &[(&str, &str)], rules: &[&str], input: &Value) -> Vec<Option<Value>> {
    let program = load(files);
    let answer = |rule: &&str| {
        run(&program, &format!("data.{rule}"), input).value.unwrap_or_else(|failure| panic!("{failure:?}"))
    };
    rules.iter().map(answer).collect()
}

/// Rules of a v1 file and of a v0 file, with the value of their rule `x`.
fn agrees(rules: &str, input: &Value, expected: &Value) {
    let v1 = format!("package a\nimport rego.v1\n{rules}\n");
    assert_eq!(answers(&[("a.rego", &v1)], &["a.x"], input), [Some(expected.clone())], "{rules}");
}

#[test]
fn a_local_variable_may_be_named_like_a_rule_of_its_package() {
    let input = json!({"rs": [{"a": 1, "n": "x"}, {"a": false, "n": "y"}, {"n": "z"}]});
    let cases = [
        // Its own rule: a comprehension, an argument, `some`, `every`.
        (
            "resource(y) := [resource | some resource in y; resource.a]\nx := resource(input.rs)",
            json!([{"a": 1, "n": "x"}]),
        ),
        ("f(f) := [f, [g | some g in f]]\nx := f([1, 2])", json!([[1, 2], [1, 2]])),
        ("x contains x if some x in [1, 2]", json!([1, 2])),
        ("x := x if { x := 3 }", json!(3)),
        ("x if { every x in [1, 2] { x > 0 } }", json!(true)),
        // Another rule, read outside of the scope of the variable and hidden within.
        ("n := 7\nx := [n, [n | some n in [1, 2]], n]", json!([7, [1, 2], 7])),
        ("n := 7\nx := y if { y := [m | some n in [1, 2]; m := n + 1] }", json!([2, 3])),
        ("n := 7\nx := y if { every n in [1, 2] { n < 3 }; y := n }", json!(7)),
        ("n := 7\nx := y if { m := [n | n := 1]; y := [m, n] }", json!([[1], 7])),
        // Nested comprehensions with scopes of their own.
        ("n := 7\nx := [[n, [n | n := 2], n] | n := 1]", json!([[1, [2], 1]])),
        ("n := 7\nx := {n: v | some n, v in {\"a\": 7}}", json!({"a": 7})),
        // Keys: a variable as a key is the variable, a string or a step is itself.
        ("n := 7\nx := y if { n := \"k\"; o := {n: 1, \"n\": 2}; y := [o[n], o.n, o[\"n\"]] }", json!([1, 2, 2])),
        ("n := 7\nx := [r.n | some r in input.rs; n := r.n; n != \"y\"]", json!(["x", "z"])),
        ("n := 7\nx := y if { {\"n\": n} := input.rs[2]; y := n }", json!("z")),
        ("n := 7\nx := y if { [n, _] := [1, 2]; y := n }", json!(1)),
        // A variable that is bound by an index, with `some` and without.
        ("n := 1\nx := [n | some n; input.rs[n].a]", json!([0])),
        ("n := 1\nx := input.rs[n].n", json!("y")),
        ("n := 1\nx contains n if { some n; input.rs[n] }", json!([0, 1, 2])),
        // Closures over arguments, `with`, `else`.
        ("n := 7\nf(n) := [m | some m in [1, 2, 3]; m > n]\nx := f(1)", json!([2, 3])),
        ("n := input.k\nm := n + 1\nx := y if { n := m with input as {\"k\": 5}; y := n }", json!(6)),
        (
            "n := 7\nf(a) := n if { n := a; a > 1 } else := n if { a > 0 } else := a if { n := 1; a < n }\nx := [f(2), f(1), f(0)]",
            json!([2, 7, 0]),
        ),
        ("n := 7\nn_local := 8\nx := [n, n_local, m] if { m := [n | n := 1][0] }", json!([7, 8, 1])),
        // A call is no variable.
        ("n(a) := a + 1\nx := y if { n := [1, 2]; y := count(n) }", json!(2)),
        ("p[n] := v if { some n, v in {\"a\": 1} }\nn := 7\nx := [p, n]", json!([{"a": 1}, 7])),
    ];
    for (rules, expected) in cases {
        agrees(rules, &input, &expected);
    }
    let v0 = "package a\nn = 7\nresource(y) = r { r := [resource | resource := y[_]; resource.a] }\np[n] { n := input.rs[_].n; n != \"y\" }\n\
              q[m] { m := n }\ns[o] { o := [n | n := 1] }";
    assert_eq!(
        answers(&[("a.rego", v0)], &["a.p", "a.q", "a.s"], &input),
        [json!(["x", "z"]), json!([7]), json!([[1]])].map(Some)
    );
}

#[test]
fn a_rule_of_another_file_of_the_package_counts_too() {
    let files = [
        ("a.rego", "package a\nimport rego.v1\nx := [tags | some r in input; tags := r.t]"),
        ("b.rego", "package a\nimport rego.v1\ntags := {t | t := 1}"),
    ];
    assert_eq!(answers(&files, &["a.x", "a.tags"], &json!([{"t": "v"}])), [Some(json!(["v"])), Some(json!([1]))]);
}

#[test]
fn bodies_behind_one_head_are_rules_of_their_own() {
    let v0 = r#"package a
p[x] { x := 1 } { x := 2 }
{
	x := input.z
}
f(x) = y { x == 1; y := "one" } { x == 2; y := "two" }
q["a"]
q["b"]
g(1)
g(2) = 3
r = 1 { input.a } { input.b } { true }
s[k] = v { k := "a"; v := 1 } { k := "b"; v := 2 }
h(x) = 1 { x == 1 } else = 2 { x == 2 }
x = 9
t[[x, # first
   y]] { x := 1; y := {2} } { y := x; x == 9 }
all = [f(1), f(2), g(1), g(2), h(1), h(2)]"#;
    let rules = ["p", "q", "r", "s", "t", "all"].map(|rule| format!("a.{rule}"));
    let expected = [
        json!([1, 2]),
        json!(["a", "b"]),
        json!(1),
        json!({"a": 1, "b": 2}),
        json!([[1, [2]], [9, 9]]),
        json!(["one", "two", true, 3, 1, 2]),
    ];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    assert_eq!(answers(&[("a.rego", v0)], &rules, &json!({})), expected.map(Some));
    agrees("x contains y if { y := 1 } { some y in [2, 3] }", &json!({}), &json!([1, 2, 3]));
}

#[test]
fn mistakes_in_chained_bodies_have_their_own_place() {
    let unsafe_body = "package a\nq[x] { x := 1 }\np[x] { x := 1 }\n{ x := missing }";
    let problem = ("the variable `missing` never gets a value".to_owned(), "missing".to_owned());
    assert_eq!(refused(&[("a.rego", unsafe_body)]), [problem]);
    let program = load(&[("a.rego", "package a\np[x] { x := 1 }\n{ x := upper(input.n) }")]);
    let answer = run(&program, "data.a.p", &json!({"n": 1}));
    assert_eq!(answer.value.unwrap(), Some(json!([1])));
    let (file, span) = (answer.builtin_errors[0].file.as_ref().unwrap(), answer.builtin_errors[0].span.unwrap());
    assert_eq!(file.position(span.start).line, 3);
    for wrong in
        ["package a\np = 1 { input.a } { input.b } else = 2 { input.c }", "package a\np[x] { x := 1 } { x := }"]
    {
        assert_eq!(refused(&[("a.rego", wrong)]).len(), 1, "{wrong}");
    }
}

#[test]
fn metadata_above_several_bodies_is_about_each() {
    let text = "package a\n# METADATA\n# title: t\np[x] { x := 1 } { x := 2 }\n";
    let program = load(&[("a.rego", text)]);
    let [module] = program.modules() else { panic!("one file") };
    assert_eq!((module.metadata.len(), module.rules[0].definitions.len()), (2, 2));
}

const ANNOTATED: &str = r#"# METADATA
# title: the package
# authors:
# - John Doe <john@example.com>
# - name: Jane
# related_resources:
# - https://example.com/a
# - ref: https://example.com/b
#   description: b
# schemas:
# - input: schema.input
# custom:
#  b: [x, "é\n\"q\"\\"]
package a.b

import rego.v1

# METADATA
# scope: document
# title: all
# entrypoint: true

# METADATA
# title: first
# custom: {severity: HIGH}
deny contains x if { x := rego.metadata.rule() }

# METADATA
# title: second
deny contains sprintf("%s %d", [rego.metadata.rule().title, y]) if some y in [1, 2]

deny contains x if { x := [rego.metadata.rule() | true] }

# METADATA
# title: f
f(x) := rego.metadata.rule().title if x == 1
else := rego.metadata.rule() if x == 2
g := [f(1), f(2)]

# METADATA
# title: h
h.i[x] := [link.path | some link in rego.metadata.chain()] if some x in [1]

# METADATA
# entrypoint: true
k := [rego.metadata.rule(), rego.metadata.chain()[1].annotations]
chain := rego.metadata.chain()
"#;

#[test]
fn a_rule_is_answered_with_the_metadata_around_it() {
    let files = [
        (
            "a.rego",
            "# METADATA\n# scope: subpackages\n# title: below\npackage a\nimport rego.v1\nx := rego.metadata.chain()",
        ),
        ("b.rego", ANNOTATED),
        (
            "c.rego",
            "package a.c\nx := rego.metadata.rule()\n# METADATA\n# description: |\n#  two\n#  lines\ny := rego.metadata.rule()",
        ),
    ];
    let package = json!({
        "scope": "package",
        "title": "the package",
        "authors": [{"name": "John Doe", "email": "john@example.com"}, {"name": "Jane"}],
        "related_resources": [{"ref": "https://example.com/a"}, {"ref": "https://example.com/b", "description": "b"}],
        "schemas": [{"path": ["input"], "schema": ["schema", "input"]}],
        "custom": {"b": ["x", "é\n\"q\"\\"]}
    });
    let below = json!({"path": ["a"], "annotations": {"scope": "subpackages", "title": "below"}});
    let expected = [
        ("a.b.g", json!(["f", {}])),
        ("a.b.h.i", json!({"1": [["a", "b", "h", "i"], ["a", "b"], ["a"]]})),
        ("a.b.k", json!([{}, {"scope": "document", "entrypoint": true}])),
        ("a.b.chain", json!([{"path": ["a", "b", "chain"]}, {"path": ["a", "b"], "annotations": package}, below])),
        ("a.x", json!([{"path": ["a", "x"]}, below])),
        ("a.c.x", json!({})),
        ("a.c.y", json!({"scope": "rule", "description": "two\nlines\n"})),
    ];
    let (rules, values): (Vec<&str>, Vec<Value>) = expected.into_iter().unzip();
    assert_eq!(answers(&files, &rules, &json!({})), values.into_iter().map(Some).collect::<Vec<_>>());
    let denied = answers(&files, &["a.b.deny"], &json!({})).remove(0).unwrap();
    for message in [
        json!({"scope": "rule", "title": "first", "custom": {"severity": "HIGH"}}),
        json!("second 1"),
        json!("second 2"),
        json!([{}]),
    ] {
        assert!(denied.as_array().unwrap().contains(&message), "{denied}");
    }
    // Documents are outside of the rule and inside of the package.
    let two =
        ANNOTATED.replace("x := [rego.metadata.rule() | true]", "x := rego.metadata.chain()[1].annotations.title");
    let denied = answers(&[("b.rego", &two)], &["a.b.deny"], &json!({})).remove(0).unwrap();
    assert!(denied.as_array().unwrap().contains(&json!("all")), "{denied}");
}

#[test]
fn metadata_that_cannot_be_read_is_a_fault_where_it_is_asked_for() {
    let text = |rule: &str| format!("package a\n# METADATA\n# title: [\nx := 1\ny := {rule}");
    load(&[("a.rego", &text("1"))]);
    let (message, marked) = refused(&[("a.rego", &text("rego.metadata.rule()"))]).remove(0);
    assert!(message.starts_with("the METADATA block is wrong: ") && marked.starts_with("# METADATA"), "{message}");
}

#[test]
fn heads_without_a_body_go_through_collections_and_functions_need_no_value() {
    let v0 = "package a\nteam[input.xs[_]]\nu[f(input.xs[_])]\nf(x) = y { y := x * 10 }\no[input.xs[_]] = 2\nt[[1, 2]]";
    let expected = [json!([1, 2, 3]), json!([10, 20, 30]), json!({"1": 2, "2": 2, "3": 2}), json!([[1, 2]])];
    let input = json!({"xs": [1, 2, 3]});
    assert_eq!(answers(&[("a.rego", v0)], &["a.team", "a.u", "a.o", "a.t"], &input), expected.map(Some));
    agrees("x contains input.xs[_]", &input, &json!([1, 2, 3]));
    let absent = [json!([]), json!([]), json!({})].map(Some);
    assert_eq!(answers(&[("a.rego", v0)], &["a.team", "a.u", "a.o"], &json!({})), absent);
    let library = ("l.rego", "package l\nteams := [4, 5]");
    let v1 = (
        "a.rego",
        "package a\nimport rego.v1\nimport data.l\nx contains sprintf(\"%d%s\", [l.teams[_], # all\n  \"x\"])",
    );
    assert_eq!(answers(&[library, v1], &["a.x"], &input), [Some(json!(["4x", "5x"]))]);
    let covers =
        "covers(\"*\", _)\n\ncovers(range, port) if range == port\n# METADATA\n# title: t\ncovers(_, [0,\n 1])\n";
    agrees(
        &format!("{covers}x := [p | some p in [\"1\", \"*\", \"2\"]; covers(p, \"2\")]"),
        &input,
        &json!(["*", "2"]),
    );
    agrees(&format!("x := covers(1, [0, 1])\n{covers}"), &input, &json!(true));
}

/// Statements with `not`, and whether the rule holds.
const NEGATIONS: [(&str, bool); 32] = [
    ("not input.absent", true),
    ("not input.absent == 1", true),
    ("not input.absent.b[0] = 1", true),
    ("not (input.absent == 1)", true),
    ("not r", true),
    ("not r == 1", true),
    ("not count([y | y := input.absent]) > 0", true),
    ("not g(1) == 2", true),
    ("not f(2)", true),
    ("not startswith(input.s, \"b\")", true),
    ("not startswith(input.absent, \"a\")", false),
    ("not input.absent != 1", false),
    ("not input.absent > 2", false),
    ("not count(input.absent) > 0", false),
    ("not \"a\" in input.absent", false),
    ("not input.absent in {1}", false),
    ("not f(input.absent)", false),
    ("not f(g(input.absent))", false),
    ("not g(3) == 2", false),
    ("not input.s[input.absent]", false),
    ("not [input.absent] == [1]", false),
    ("not {\"a\": input.absent} == {\"a\": 1}", false),
    ("not sprintf(\"%v\", [input.absent]) == \"x\"", false),
    ("not is_null(r)", false),
    ("not {\"a\": 1}[input.absent]", false),
    ("not \"a\" == lower(input.absent)", false),
    ("not 1 - input.absent > 0", false),
    ("not startswith(input.s, \"a\") with input.s as \"b\"", true),
    ("not startswith(input.absent, \"a\") with input.absent as \"b\"", true),
    ("not f(\n  g( # absent\n    input.absent\n  )\n )", false),
    // For some of them.
    ("not lower(input.names[_]) == \"a\"", true),
    ("every n in input.names { not startswith(n, input.absent) }", false),
];

#[test]
fn what_is_negated_must_have_operands_with_a_value() {
    let helpers = "f(a) if a == 1\ng(a) := a if a < 2\nr := 1 if input.nothing\n";
    let input = json!({"s": "abc", "names": ["a", "b"]});
    for (statement, holds) in NEGATIONS {
        let text = format!("package a\nimport rego.v1\n{helpers}x if {{\n {statement}\n}}\n");
        assert_eq!(answers(&[("a.rego", &text)], &["a.x"], &input), [holds.then_some(json!(true))], "{statement}");
    }
}

#[test]
fn a_helper_that_negates_what_is_absent_does_not_silence_a_rule() {
    let helper = "named(rc) if not startswith(rc.name, \"tmp\")\n";
    let rule = "x contains rc.id if { some rc in input.rs; not named(rc) }";
    let input = json!({"rs": [{"id": 1}, {"id": 2, "name": "tmp-a"}, {"id": 3, "name": "b"}]});
    agrees(&format!("{helper}{rule}"), &input, &json!([1, 2]));
    let branches = "y := 1 if { input.none } else := 2 if not startswith(input.absent, \"a\") else := 3\nx := y";
    agrees(branches, &input, &json!(3));
    let v0 = "package a\nnamed(rc) { not startswith(rc.name, \"tmp\") }\nx[rc.id] { rc := input.rs[_]; not named(rc) }\n\
              y := [rc.id | rc := input.rs[_]; not endswith(rc.name, \"a\")]";
    let expected = [json!([1, 2]), json!([3])].map(Some);
    assert_eq!(answers(&[("a.rego", v0)], &["a.x", "a.y"], &input), expected);
}

#[test]
fn under_its_import_a_statement_is_negated_as_a_whole() {
    for keywords in ["future.keywords.not", "future.keywords"] {
        let text =
            format!("package a\nimport {keywords}\nx if not startswith(input.absent, \"a\")\ny contains 1 if true\n");
        assert_eq!(answers(&[("a.rego", &text)], &["a.x"], &json!({})), [Some(json!(true))], "{keywords}");
    }
    let v0 = "package a\nimport future.keywords.not\nx { not startswith(input.absent, \"a\") }";
    assert_eq!(answers(&[("a.rego", v0)], &["a.x"], &json!({})), [Some(json!(true))]);
}

#[test]
fn a_file_of_version_1_may_import_what_it_has() {
    let text = "package a\nimport future.keywords.in\nx contains y if some y in input.xs";
    assert_eq!(answers(&[("a.rego", text)], &["a.x"], &json!({"xs": [1]})), [Some(json!([1]))]);
}

#[test]
fn in_is_a_name_in_version_0() {
    let text = "package a\nx[in.a] { in := input.xs[_]\n in.b == 1\n has(in.c, 2) }\nhas(in, y) { in[_] = y }";
    let input = json!({"xs": [{"a": 1, "b": 1, "c": [2]}, {"a": 2, "b": 1, "c": [3]}, {"a": 3, "b": 2, "c": [2]}]});
    assert_eq!(answers(&[("a.rego", text)], &["a.x"], &input), [Some(json!([1]))]);
}

#[test]
fn a_package_below_is_no_rule_of_the_package() {
    let files = [
        ("a.rego", "package a\nimport data.a.sub\nimport rego.v1\nx := sub.y\nz := [sub | some sub in [1]]"),
        ("b.rego", "package a.sub\ny := 3"),
    ];
    assert_eq!(answers(&files, &["a.x"], &json!({})), [Some(json!(3))]);
}

/// The cells of the table below a heading of docs/rego.md.
fn table(heading: &str) -> Vec<Vec<String>> {
    let doc = include_str!("../../../docs/rego.md");
    let below = doc.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = below.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| {
        row.trim_matches('|').replace("\\|", "\u{0}").split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
    };
    rows.map(cells).collect()
}

/// The pieces of a cell that are code.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_documented_difference_is_one() {
    let rows = table("Expressions");
    for row in &rows {
        let [expression, opa, ours] = row.as_slice() else { panic!("{row:?}") };
        let expression = code(expression)[0];
        let body = if expression.starts_with("not ") {
            format!("x if {expression}")
        } else {
            format!("x := y if y := ({expression})")
        };
        let answer = match Program::load(modules(&[("main.rego", &main_v1(&body))]), &limits()) {
            Err(_) => "refused".to_owned(),
            Ok(program) => match run(&program, "data.main.x", &json!({"set": null})).value {
                Err(_) => "error".to_owned(),
                Ok(None) => "undefined".to_owned(),
                Ok(Some(value)) => value.to_string(),
            },
        };
        let said = match code(ours).first() {
            Some(json) => serde_json::from_str::<Value>(json).unwrap().to_string(),
            None => ours.clone(),
        };
        assert_eq!(answer, said, "{expression}");
        assert_ne!(opa, ours, "{expression}");
    }
    assert!(rows.len() > 10);
}

#[test]
fn every_builtin_documented_as_refused_is_refused_with_an_alternative() {
    let rows = table("Builtins that are refused");
    for name in rows.iter().flat_map(|row| code(&row[0])) {
        let problems =
            Program::load(modules(&[("main.rego", &main_v1(&format!("x := {name}(1)")))]), &limits()).unwrap_err();
        assert_eq!(problems[0].message, format!("there is no function `{name}`"));
        assert!(!problems[0].help.as_ref().unwrap().contains("no loaded file has it"), "{name}");
    }
    assert!(rows.len() > 5);
}

#[test]
fn every_rule_documented_as_refused_is_refused() {
    let rows = table("Rules that are refused");
    for row in &rows {
        let rule = code(&row[0])[0];
        assert!(Program::load(modules(&[("main.rego", &main_v1(rule))]), &limits()).is_err(), "{rule}");
    }
    assert!(rows.len() > 4);
}

#[test]
fn builtins_of_strings_and_numbers_answer_as_those_of_opa() {
    let cases = [
        (
            "[strings.split_n(\"a,b,c\", \",\", n) | some n in [-1, 1, 2, 3, 5]]",
            json!([["a", "b", "c"], ["a,b,c"], ["a", "b,c"], ["a", "b", "c"], ["a", "b", "c"]]),
        ),
        (
            "[strings.count(\"abc\", \"\"), strings.count(\"aaaa\", \"aa\"), strings.count(\"aaa\", \"aa\")]",
            json!([4, 2, 1]),
        ),
        (
            "[to_number(s) | some s in [\"1\", \"1.5\", \"1e3\", null, true, \"18446744073709551615\"]]",
            json!([1, 1.5, 1000, 0, 1, 18_446_744_073_709_551_615_u64]),
        ),
    ];
    for (expression, expected) in cases {
        agrees(&format!("x := {expression}"), &json!({}), &expected);
    }
    for wrong in ["\" 1\"", "\"1 \"", "\"0x10\"", "\"Inf\"", "\"\"", "[]"] {
        let program = load(&[("main.rego", &main_v1(&format!("x := to_number({wrong})")))]);
        let answer = run(&program, "data.main.x", &json!({}));
        assert!(answer.value.unwrap().is_none() && answer.builtin_errors.len() == 1, "{wrong}");
    }
}

#[test]
fn a_walk_has_one_value_for_every_pair_wherever_it_stands() {
    let rules = r#"o := {"x": {"refs": [1]}}
bad if walk(o)[1] == 7
w contains walk(o)[0]
f(y) := [k | [k, y] = walk(o)]
x := [
	[k | [k, v] = walk(o); v.refs],
	[k | [k, v] := walk(o); v.refs],
	count([p | p := walk(o)]),
	[v | some v in walk(o); v == ["x", "refs"]],
	w,
	f(1),
	[v | walk(o, [["x"], v])],
	[p | walk({{"s"}}, [p, "s"])],
	[p | [p, "s"] = walk({{"s"}})],
	[v | [_, v] := walk({"b": [1, 2], "a": 0}); is_number(v)],
	[p | p := walk(input.absent)],
] if not bad"#;
    let expected = json!([
        [["x"]],
        [["x"]],
        4,
        [["x", "refs"]],
        [[], ["x"], ["x", "refs"], ["x", "refs", 0]],
        [["x", "refs", 0]],
        [{"refs": [1]}],
        [[["s"], "s"]],
        [[["s"], "s"]],
        [0, 1, 2],
        []
    ]);
    agrees(rules, &json!({}), &expected);
    let doubled: Vec<String> = (1..25).map(|n| format!("a{n} := [a{0}, a{0}]", n - 1)).collect();
    let doubled = format!("a0 := [1, 1]\n{}\n", doubled.join("\n"));
    let program = load(&[("main.rego", &main_v1(&format!("{doubled}x := count([p | p := walk(a24)])")))]);
    let failure = run(&program, "data.main.x", &json!({})).value.unwrap_err();
    // On a slow machine time ends first; either way it is no answer.
    assert!(matches!(failure.kind, FailureKind::LimitExceeded | FailureKind::Timeout), "{failure:?}");
}

#[test]
fn what_is_documented_as_accepted_is() {
    agrees("n(a) := a + 1\nx := y if { n := n(1); y := n }", &json!({}), &json!(2));
    let twice = [
        ("l.rego", "package l\nv := 1"),
        ("a.rego", "package a\nimport data.l\nimport data.l as m\nx := [l.v, m.v, any([true])]"),
    ];
    assert_eq!(answers(&twice, &["a.x"], &json!({})), [Some(json!([1, 1, true]))]);
}

#[test]
fn a_value_that_is_undefined_leads_on_to_else() {
    let v1 = [
        ("f(y) := y.a if { true } else := \"else\"\nx := f({})", json!("else")),
        ("f(y) := y.a if { true } else := \"else\"\nx := f({\"a\": 1})", json!(1)),
        (
            "f(y) := y.a if y.b else := \"else\"\nx := [f({\"b\": 1}), f({\"a\": 2, \"b\": 1}), f({\"a\": 2})]",
            json!(["else", 2, "else"]),
        ),
        (
            "f(y) := {\"v\": y.a} if {\n\ty.b # one\n\t# two\n} else := [y.c] if y.c == \"q\" else := 3\nx := [f({\"b\": 1}), f({\"b\": 1, \"c\": \"q\"}), f({\"a\": 0, \"b\": 1})]",
            json!([3, ["q"], {"v": 0}]),
        ),
        (
            "f(y) := (y.a + 1) * (2 + y.b) if { true } else := \"else\"\nx := [f({}), f({\"a\": 1, \"b\": 1})]",
            json!(["else", 6]),
        ),
        (
            "f(y) := sprintf(\"%s\", [y.a]) if (y.b == 1) else := y.c if not y.d else := \"else\"\nx := [f({\"b\": 1}), f({\"b\": 1, \"c\": 2}), f({\"a\": \"s\", \"b\": 1})]",
            json!(["else", 2, "s"]),
        ),
        ("f(y) := g(y) if { some z in [1]; z } else := \"else\"\ng(y) := y.a\nx := f({})", json!("else")),
        (
            "f(y) := input.none if { y == {1} } else := r if { y } else := \"else\"\nr := 1 if false\nx := f({1})",
            json!("else"),
        ),
        ("f(y) := y.a if {\n\ty.b with input as {\"k\": 1}\n} else := input.k if true\nx := f({\"b\": 1})", json!(0)),
        ("f(y) := concat(\n\t\", \",\n\t[y.a],\n) if { true } else := \"else\"\nx := f({})", json!("else")),
        ("f(y) := y[_].a if { true } else := \"else\"\nx := [f([]), f([{}, {\"a\": 1}])]", json!(["else", 1])),
        (
            "f(y) := `{` if { y == \"}\" } else := y.a if { y } else := \"else\"\nx := [f(\"}\"), f({})]",
            json!(["{", "else"]),
        ),
        ("x := input.none if { true } else := \"else\"", json!("else")),
        (
            "f(y) := value if { value := y.a } else := y.b if { value_local := 1; value_local == 1 } else := 5\nx := f({})",
            json!(5),
        ),
    ];
    let without_value = [
        (
            "f(y) := 5 if { y.a } else if { y.b } else := 7\nx := [f({\"a\": 1}), f({\"b\": 1}), f({})]",
            json!([5, true, 7]),
        ),
        ("f(y) := y.c if y.a else if y.b\nx := [f({\"a\": 1, \"b\": 1}), [z | z := f({})]]", json!([true, []])),
        ("f(y) if { y.a } else if { y.b }\nx := [f({\"a\": 1}), f({\"b\": 1})]", json!([true, true])),
        ("x := 5 if { false } else if { true }", json!(true)),
    ];
    for (rules, expected) in v1.iter().chain(&without_value) {
        agrees(rules, &json!({"k": 0}), expected);
    }
    let v0 = [
        ("f(y) = 5 { y.a } else { y.b }\nx = [f({\"a\": 1}), f({\"b\": 1})]", json!([5, true])),
        ("f(y) = y.a { true } else = y.b { true } else = \"else\" { true }\nx = f({})", json!("else")),
        ("f(y) = {\"v\": y.a} { y.c; y.c == 1 } else = \"else\" { true }\nx = f({\"c\": 1})", json!("else")),
        ("f(y) = y.a {\n\ty.c\n} else = y.b {\n\tnot y.d\n}\nx = f({\"b\": 2, \"c\": 1})", json!(2)),
    ];
    for (rules, expected) in &v0 {
        let text = format!("package a\n{rules}\n");
        assert_eq!(answers(&[("a.rego", &text)], &["a.x"], &json!({})), [Some(expected.clone())], "{rules}");
    }
}

#[test]
fn a_head_is_evaluated_with_its_body() {
    let input = json!({"m": {"k": {"a": 1}, "l": {"b": "q"}}});
    let cases = [
        ("x := v.a if { some v in input.m }", json!(1)),
        ("x[k] := v.a if { some k, v in input.m }", json!({"k": 1})),
        ("x[v.a] := 1 if { some v in input.m }", json!({"1": 1})),
        ("p[v.a].b := 1 if { some v in input.m }\nx := p", json!({"1": {"b": 1}})),
        ("p[v.a] contains 1 if { some v in input.m }\nx := p", json!({"1": [1]})),
        ("x contains v.a if { some v in input.m }", json!([1])),
        ("x contains v.a if some v in input.m", json!([1])),
        ("x contains {\"k\": v.a} if {\n\tsome v in input.m # any\n}", json!([{"k": 1}])),
        ("x contains sprintf(\n\t\"%v\",\n\t[v.a],\n) if {\n\tsome v in input.m\n}", json!(["1"])),
        ("x contains ((v.a + 1) * (2)) if { some v in input.m; (v.a == 1) }", json!([4])),
        ("x contains input.m[k].a if { some k; input.m[k] }", json!([1])),
        ("r := 1 if false\nx contains r if { input.m }\nx contains [2] if { input.m }", json!([[2]])),
        ("f(y) if { y.a } else := {\"a\": y.b}\nx := [z | z := f({})]", json!([])),
        (
            "f(y) if { y.a } else := y.b if { y.c }\nx := [f({\"b\": 2, \"c\": 1}), [1 | not f({\"c\": 1})]]",
            json!([2, [1]]),
        ),
    ];
    for (rules, expected) in &cases {
        agrees(rules, &input, expected);
    }
    let v0 = [
        ("x[v.a] { v := input.m[_] }", json!([1])),
        ("x[sprintf(\"%v\", [v.a])] {\n\tv := input.m[_]\n}", json!(["1"])),
        ("x[k] = v.a { v := input.m[k] }", json!({"k": 1})),
        ("x = v.a { v := input.m[_] } else = 3 { true }", json!(1)),
        ("x[v.a] { v := input.m[_] } { v := input.m.l; v.a }", json!([1])),
    ];
    for (rules, expected) in &v0 {
        let text = format!("package a\n{rules}\n");
        assert_eq!(answers(&[("a.rego", &text)], &["a.x"], &input), [Some(expected.clone())], "{rules}");
    }
}
