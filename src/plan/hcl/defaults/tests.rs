use serde_json::{Value as Json, json};

use crate::plan::hcl::{Module, SnapshotModule};

fn module(name: &str, text: &str) -> Module {
    Module::parse(&SnapshotModule { files: vec![(name.to_owned(), text.into())], ..SnapshotModule::default() })
}

/// The default of a variable of that type; `None` where it is not told.
fn told(of: &str, default: &str) -> Option<Json> {
    let of = if of.is_empty() { String::new() } else { format!("type = {of}\n") };
    let text = format!("variable \"v\" {{\n{of}default = {default}\n}}");
    let found = module("main.tf", &text).variable_defaults();
    assert!(found.is_whole && (found.untold.is_empty() || found.untold == ["v"]));
    found.known.get("v").cloned().map(Option::unwrap)
}

#[test]
fn a_default_has_the_type_of_its_variable() {
    for (of, default, value) in [
        ("", r#"{ x = [1, -2.5, true, null, "s"] }"#, json!({"x": [1, -2.5, true, null, "s"]})),
        ("any", "[1, \"a\"]", json!([1, "a"])),
        ("string", "8080", json!("8080")),
        ("string", "true", json!("true")),
        ("string", "-0.5", json!("-0.5")),
        ("string", "null", Json::Null),
        ("\"string\"", "1", json!("1")),
        ("number", "\"8080\"", json!(8080)),
        ("number", "\"2.5\"", json!(2.5)),
        ("bool", "\"true\"", json!(true)),
        ("bool", "\"0\"", json!(false)),
        ("list(string)", "[1, \"b\", false]", json!(["1", "b", "false"])),
        ("list", "[\"b\", \"a\"]", json!(["b", "a"])),
        ("set(string)", "[\"b\", \"a\", \"b\"]", json!(["a", "b"])),
        ("set(number)", "[10, 9, 9]", json!([9, 10])),
        ("map(number)", "{ b = \"1\", a = 2 }", json!({"a": 2, "b": 1})),
        ("map(any)", "{}", json!({})),
        ("tuple([string, number])", "[1, \"2\"]", json!(["1", 2])),
        (
            "list(object({ name = string, size = optional(number, 3), tags = optional(map(string)) }))",
            "[{ name = 1, other = 2 }, { name = \"x\", size = null, tags = { a = 1 } }]",
            json!([{"name": "1", "size": 3, "tags": null}, {"name": "x", "size": 3, "tags": {"a": "1"}}]),
        ),
    ] {
        assert_eq!(told(of, default), Some(value), "{of} {default}");
    }
}

#[test]
fn what_cannot_be_told_exactly_is_not_told() {
    for (of, default) in [
        ("number", "0.1000000000000000055"),
        ("string", "\"e\u{301}\""),
        ("string", "\"a$${b}\""),
        ("string", "<<-EOT\n  a\n  EOT\n"),
        ("string", "upper(\"a\")"),
        ("string", "[]"),
        ("bool", "\"yes\""),
        ("bool", "1"),
        ("number", "\"1e3\""),
        ("list(any)", "[1, \"a\"]"),
        ("map(any)", "{ a = {} }"),
        ("set(list(string))", "[[\"b\"], [\"a\"]]"),
        ("object({ a = string })", "{}"),
        ("object({ a = optional(object({ b = optional(string, \"x\") }), {}) })", "{}"),
        ("tuple([string])", "[]"),
        ("dynamic", "1"),
    ] {
        assert_eq!(told(of, default), None, "{of} {default}");
    }
}

#[test]
fn a_variable_without_default_has_no_value_and_a_file_that_was_not_read_may_say_anything() {
    let found = module("main.tf", "variable \"a\" {}\nvariable \"b\" {\n default = f()\n}").variable_defaults();
    assert_eq!(found.known.get("a"), Some(&None));
    assert_eq!(found.untold, ["b"]);
    assert!(found.is_complete(|name| name == "b") && !found.is_complete(|_| false));
    let broken = module("main.tf", "variable \"a\" {\n default = 1\n}\n}").variable_defaults();
    assert!(broken.known.is_empty() && !broken.is_complete(|_| true));
}

#[test]
fn the_json_notation_says_the_same() {
    let text = r#"{"variable": {"a": {"type": "set(string)", "default": ["b", 1]}, "b": {"default": 0.5}, "c": {"default": 7}}}"#;
    let found = module("main.tf.json", text).variable_defaults();
    assert_eq!(found.known.get("a"), Some(&Some(json!(["1", "b"]))));
    assert_eq!(found.known.get("c"), Some(&Some(json!(7))));
    assert_eq!(found.untold, ["b"], "the digits that were written are not known");
}
