use super::*;
use crate::source::Span;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile::new(name, text)
}

const HCL: &str = r#"
policy "one" {
  query             = "data.terraform.one.deny"
  description       = "The first."
  enforcement_level = "mandatory"
}

policy "two" {
  query = "data.terraform.two.rule"
}
"#;

#[test]
fn hcp_lists_queries_with_levels() {
    let entries = hcp(&file("policies.hcl", HCL)).unwrap().unwrap();
    let told: Vec<_> =
        entries.iter().map(|entry| (entry.title.as_deref(), entry.written.as_str(), entry.level)).collect();
    let expected = [
        (Some("one"), "data.terraform.one.deny", Some(Level::Deny)),
        (Some("two"), "data.terraform.two.rule", Some(Level::Warn)),
    ];
    assert_eq!(told, expected);
    assert_eq!(entries[0].description.as_deref(), Some("The first."));
    assert_eq!(entries[1].place.as_ref().unwrap().position().line, 9);
}

#[test]
fn the_json_form_says_the_same() {
    for text in [
        r#"{"policy": {"one": {"query": "data.a.deny", "enforcement_level": "mandatory"}, "two": {"query": "data.b.deny"}}}"#,
        r#"{"policy": [{"two": [{"query": "data.b.deny"}]}, {"one": {"query": "data.a.deny", "enforcement_level": "mandatory"}}]}"#,
    ] {
        let entries = hcp(&file("policies.json", text)).unwrap().unwrap();
        let told: Vec<_> = entries.iter().map(|entry| (entry.written.as_str(), entry.level)).collect();
        assert_eq!(told, [("data.a.deny", Some(Level::Deny)), ("data.b.deny", Some(Level::Warn))], "{text}");
    }
    assert!(hcp(&file("policies.json", "{\"teams\": []}")).unwrap().is_none(), "about something else");
}

#[test]
fn scalr_lists_files_with_levels() {
    let text = "version = \"v1\"\npolicy \"a\" {\n enabled = true\n enforcement_level = \"soft-mandatory\"\n}\n\
                policy \"b-c\" {\n enabled = false\n enforcement_level = \"advisory\"\n}\n";
    let policies = scalr(&file("scalr-policy.hcl", text)).unwrap();
    let told: Vec<_> = policies.iter().map(|p| (p.name.as_str(), p.enabled, p.level)).collect();
    assert_eq!(told, [("a", true, Level::Deny), ("b-c", false, Level::Warn)]);
    assert_eq!(scalr_entry(&policies[1]).written, "data.terraform.b_c.deny");
    let isolated =
        isolated(&file("b-c.rego", "# c\npackage terraform # x\n\ndeny[\"x\"] { true }\n"), &policies[1]).unwrap();
    assert_eq!(isolated.text(), "# c\npackage terraform.b_c # x\n\ndeny[\"x\"] { true }\n");
}

#[test]
fn every_mistake_is_an_error() {
    for (name, text, words) in [
        ("policies.hcl", "policy \"a\" {\n}\n", "has no `query`"),
        (
            "policies.hcl",
            "policy \"a\" {\n query = \"data.a.deny\"\n enforcement_level = \"high\"\n}\n",
            "`enforcement_level`",
        ),
        (
            "policies.hcl",
            "policy \"a\" {\n query = \"data.a.deny\"\n enforcement-level = \"advisory\"\n}\n",
            "unknown key",
        ),
        ("policies.hcl", "policy \"a\" {\n query = \"count(data.a.deny)\"\n}\n", "no path of a rule"),
        ("policies.hcl", "policy \"a\" {\n query = var.q\n}\n", "must be a plain string"),
        (
            "policies.hcl",
            "policy \"a\" {\n query = \"data.a.deny\"\n}\npolicy \"a\" {\n query = \"data.b.deny\"\n}\n",
            "twice",
        ),
        ("policies.hcl", "policy {\n query = \"data.a.deny\"\n}\n", "takes one name"),
        ("policies.hcl", "policies \"a\" {\n}\n", "no block of a policy set"),
        ("policies.hcl", "policy \"a\" {\n", "not valid HCL"),
        ("policies.hcl", "# nothing\n", "lists no policy"),
        (
            "policies.json",
            "{\"policy\": {\"a\": {\"query\": \"data.a.deny\"}, \"a\": {\"query\": \"data.b.deny\"}}}",
            "cannot be read",
        ),
        ("policies.json", "{\"policy\": {}}", "lists no policy"),
        ("policies.json", "{\"policy\": {\"a\": 1}}", "is no object"),
    ] {
        let problems = hcp(&file(name, text)).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(words)), "{text}: {problems:?}");
    }
    for (text, words) in [
        ("policy \"a\" {\n enabled = \"yes\"\n}\n", "`enabled`"),
        ("policy \"a\" {\n enforcement_level = \"mandatory\"\n}\n", "`enforcement_level`"),
        ("revision = 1\npolicy \"a\" {\n}\n", "unknown key `revision`"),
    ] {
        let problems = scalr(&file("scalr-policy.hcl", text)).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(words)), "{text}: {problems:?}");
    }
    let policy = ScalrPolicy {
        name: "a".into(),
        enabled: true,
        level: Level::Deny,
        place: Place::new(&file("x", ""), Span::default(), ""),
    };
    assert!(isolated(&file("a.rego", "package main\n"), &policy).unwrap_err().message.contains("not `main`"));
}
