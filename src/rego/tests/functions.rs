//! Builtins: that they are there, and answer as those of OPA.

use super::*;

#[test]
fn messages_are_formatted_as_opa_formats_them() {
    let rules =
        "deny contains sprintf(\"%d|%s|%[1]v|%T\", [input.a])\ndeny contains sprintf(\"%-5s|%5.1f\", [input.a, 2.25])";
    let expected = json!(["%!d(string=x)|%!s(MISSING)|x|%!T(MISSING)", "x    |  2.2"]);
    let got = value(rules, "deny", &json!({"a": "x"})).unwrap();
    let mut got: Vec<_> = got.as_array().unwrap().clone();
    got.sort_by_key(Value::to_string);
    assert_eq!(json!(got), expected);
}

#[test]
fn patterns_know_classes_flags_and_double_stars() {
    let rules = r#"
        deny contains "d" if regex.match(`^\d+\s\w\b`, "12 a")
        deny contains "i" if regex.match(`(?i)^ABC`, "abc")
        deny contains "p" if regex.match(`^\p{L}+$`, "é")
        deny contains "g" if glob.match("a**", ["."], "a.b.c")
        deny contains "s" if glob.match("**x", ["."], "a.x")
        deny contains "n" if count("😀é") == 2
        deny contains "u" if upper("ß") == "ß"
        deny contains "r" if regex.replace("a1b", `\d`, "-") == "a-b""#;
    assert_eq!(value(rules, "deny", &json!({})), Some(json!(["d", "g", "i", "n", "p", "r", "s", "u"])));
}

#[test]
fn time_is_the_given_one_and_version_0_builtins_exist() {
    let rules =
        "now := time.now_ns()\nv := [any([false, true]), all([]), re_match(`^a`, \"ab\"), set_diff({1, 2}, {2})]";
    assert_eq!(value(rules, "now", &json!({})), Some(json!(1_795_435_200_000_000_000_i64)));
    assert_eq!(value(rules, "v", &json!({})), Some(json!([true, true, true, [1]])));
}

#[test]
fn a_pattern_that_is_none_is_refused_and_others_are_those_of_re2() {
    let refused = refused_rules("deny contains 1 if regex.match(`(?=a)`, input.x)");
    assert!(refused[0].0.starts_with("`regex.match` cannot use this pattern"), "{refused:?}");
    assert_eq!(refused[0].1, "(?=a)");
    let rules = r#"
        a := regex.split(`/`, "a/b//c")
        b := regex.split(``, "abc")
        c := regex.find_n(`a+`, "aab a", -1)
        d := regex.find_all_string_submatch_n(`(a)(x)?`, "ab a", 1)
        e := regex.replace("a.b", `(\w)\.(?P<n>\w)`, "${n}-$1$$")
        f := [regex.is_valid("("), regex.is_valid(`\${.*}`), regex.is_valid(input.n)]
        g := regex.template_match("urn:{[a-z]+}:x{.*}", "urn:foo:xy", "{", "}")
        h := re_match(`^\w$`, "é")"#;
    let expected = [
        ("a", json!(["a", "b", "", "c"])),
        ("b", json!(["a", "b", "c"])),
        ("c", json!(["aa", "a"])),
        ("d", json!([["a", "a", ""]])),
        ("e", json!("b-a$")),
        ("f", json!([false, true, false])),
        ("g", json!(true)),
        ("h", json!(false)),
    ];
    for (rule, expected) in expected {
        assert_eq!(value(rules, rule, &json!({"n": 1})), Some(expected), "{rule}");
    }
}

#[test]
fn builtins_answer_as_those_of_opa() {
    let rules = r#"
        a := [x | some x in ["v1.2.3", "1.2.3-rc.1+b", "1.2", "1.02.3", "1.2.3-01"]; semver.is_valid(x)]
        b := json.marshal({"a<b>&": "é\n", "s": {2, 1}, "n": [1.5, 9007199254740993, null, true]})
        c := [net.cidr_intersects("10.0.0.0/8", "10.1.2.3/32"), net.cidr_intersects("10.0.0.0/8", "::/0")]
        d := net.cidr_merge(["10.0.0.0/25", "10.0.0.128/25", "192.168.1.1", "192.168.0.0/24", "192.168.0.5/32"])
        e := net.cidr_merge({"10.0.0.3/32", "10.0.0.1/32", "10.0.0.2/32", "10.0.0.0/32", "::1/128", "::/127"})
        f := net.cidr_contains_matches(["10.0.0.0/8", ["172.16.0.0/12", 7]], {"a": "10.1.1.1", "b": ["172.17.0.0/16", 1], "c": "11.0.0.0/8"})
        g := net.cidr_contains_matches("10.0.0.0/8", "10.1.0.0/16")
        h := [plus(1, 2), minus(1, 2), mul(2, 3), div(6, 4), rem(7, 4), minus({1, 2}, {2}), and({1}, {2}), or({1}, {2})]
        i := [eq(1, 1), neq(1, 1), lt(1, 2), lte(2, 2), gt(1, 2), gte(2, 2), equal("a", "b")]
        j if { net.cidr_expand("10.0.0.0/30")["10.0.0.1"]; net.cidr_expand("10.0.0.0/30") & {"10.0.0.9"} == set() }
        k := array.flatten([1, [2, [3]]])"#;
    let expected = [
        ("a", json!(["v1.2.3", "1.2.3-rc.1+b"])),
        ("b", json!("{\"a\\u003cb\\u003e\\u0026\":\"é\\n\",\"n\":[1.5,9007199254740993,null,true],\"s\":[1,2]}")),
        ("c", json!([true, false])),
        ("d", json!(["10.0.0.0/24", "192.168.0.0/23"])),
        ("e", json!(["10.0.0.0/30", "::/127"])),
        ("f", json!([[0, "a"], [1, "b"]])),
        ("g", json!([["10.0.0.0/8", "10.1.0.0/16"]])),
        ("h", json!([3, -1, 6, 1.5, 3, [1], [], [1, 2]])),
        ("i", json!([true, false, true, true, false, true, false])),
        ("j", json!(true)),
        ("k", json!([1, 2, [3]])),
    ];
    for (rule, expected) in expected {
        assert_eq!(value(rules, rule, &json!({})), Some(expected), "{rule}");
    }
}

#[test]
fn every_builtin_of_the_table_exists_with_that_arity() {
    for builtin in builtins::all().iter().filter(|builtin| !builtin.ours) {
        let Some(arity) = builtin.arity else { continue };
        let args = vec!["1"; arity].join(", ");
        let program = load(&[("main.rego", &main_v1(&format!("x := {}({args})", builtin.name)))]);
        if let Err(failure) = run(&program, "data.main.x", &json!({})).value {
            panic!("{}: {}", builtin.name, failure.message);
        }
    }
    let names: Vec<_> = builtins::all().iter().map(|builtin| builtin.name).collect();
    assert!(names.is_sorted());
}
