//! The document, its schema and its explanation agree.

use super::*;
use crate::catalog::{Level, Severity};
use crate::plan::hcl;

#[test]
fn words_of_the_catalogue_are_words_of_findings() {
    for level in Level::ALL {
        assert!(crate::finding::Level::parse(level.as_str()).is_some(), "{level:?}");
    }
    for severity in Severity::ALL {
        assert!(crate::finding::Severity::parse(severity.as_str()).is_some(), "{severity:?}");
    }
}

/// `UPDATE=1 cargo test` rewrites the file.
#[test]
fn schema_in_docs_is_the_one_of_the_types() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/policy-input.json");
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<PolicyInput<'_>>();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "stale; run UPDATE=1 cargo test");
}

fn document(plan: &str) -> serde_json::Value {
    let facts = crate::facts::derive(&crate::facts::testing::plan(plan), crate::catalog::Catalog::builtin());
    serde_json::to_value(PolicyInput::new(&facts.unwrap(), Settings::default())).unwrap()
}

/// A document in which the sources say everything they can.
fn with_sources() -> serde_json::Value {
    let sources = |text: &str| {
        let files = vec![("main.tf".to_owned(), std::sync::Arc::from(text))];
        let root = hcl::SnapshotModule { key: String::new(), dir: ".".to_owned(), files };
        hcl::Sources::of(&hcl::Snapshot { modules: vec![root] })
    };
    let lifecycle = "lifecycle {\n prevent_destroy = var.x\n create_before_destroy = true\n destroy = true\n \
                     ignore_changes = all\n replace_triggered_by = [t.b]\n }";
    let now =
        format!("resource \"t\" \"a\" {{\n {lifecycle}\n provisioner \"local-exec\" {{\n when = destroy\n }}\n}}");
    let before = "resource \"t\" \"a\" {\n lifecycle {\n prevent_destroy = true\n }\n}";
    let plan = crate::facts::testing::plan(
        r#"{"resource_changes": [{"address": "t.a", "type": "t", "change": {"actions": ["delete"], "before": {}}}]}"#,
    );
    let catalog = crate::catalog::Catalog::builtin();
    let mut facts = crate::facts::derive(&plan, catalog).unwrap();
    crate::facts::sources::attach(&mut facts, &plan, &sources(&now), Some(&sources(before)), catalog).unwrap();
    let document = serde_json::to_value(PolicyInput::new(&facts, Settings::default())).unwrap();
    assert_eq!(document["changes"][0]["source"]["runs"][0]["type"], "local-exec");
    assert_eq!(document["sources"]["unprotected"][0]["certainty"], "maybe");
    document
}

fn cases() -> Vec<String> {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let below = |path: std::path::PathBuf| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let rules = ["blast-radius", "plan", "protection", "stateful"]
        .into_iter()
        .flat_map(|category| below(policies.join(category)));
    let folders = rules.map(|rule| rule.join("cases"));
    let files = folders.flat_map(below);
    let is_case = |file: &std::path::PathBuf| file.extension().is_some_and(|ending| ending == "json");
    files
        .filter(|file| is_case(file) && !file.ends_with("expected.json"))
        .map(|f| std::fs::read_to_string(f).unwrap())
        .collect()
}

#[test]
fn documents_fit_the_schema_and_hold_no_null() {
    fn holds_null(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Null => true,
            serde_json::Value::Array(items) => items.iter().any(holds_null),
            serde_json::Value::Object(map) => map.values().any(holds_null),
            _ => false,
        }
    }
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/schema/policy-input.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let cases = cases();
    assert!(cases.len() > 40);
    for document in cases.iter().map(|case| document(case)).chain([with_sources()]) {
        assert!(validator.is_valid(&document), "{document}");
        assert!(!holds_null(&document), "null is true in Rego: {document}");
    }
}

#[test]
fn verb_and_class_agree_with_what_the_action_does() {
    for actions in [
        r#"["create"]"#,
        r#"["update"]"#,
        r#"["delete"]"#,
        r#"["delete","create"]"#,
        r#"["create","delete"]"#,
        r#"["forget"]"#,
        r#"["create","forget"]"#,
        r#"["forget","create"]"#,
        r#"["shred"]"#,
        "[]",
        r#"["delete","shred"]"#,
    ] {
        let plan = format!(
            r#"{{"resource_changes": [{{"address": "a.b", "type": "a", "change": {{"actions": {actions}}}}}]}}"#
        );
        let document = document(&plan);
        let change = &document["changes"][0];
        assert_eq!(change["destroys"] == true, change["verb_class"] == "destroy", "{actions}");
        assert_eq!(change["forgets"] == true, change["verb_class"] == "forget", "{actions}");
        assert_eq!(change["unknown_action"] == true, change["verb"] == "unknown", "{actions}");
    }
}

#[test]
fn every_key_is_explained_to_authors() {
    fn keys(schema: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            found.extend(properties.keys().cloned());
        }
        for definition in schema["$defs"].as_object().into_iter().flat_map(serde_json::Map::values) {
            keys(definition, found);
        }
    }
    let schema = serde_json::from_str(include_str!("../../../docs/schema/policy-input.json")).unwrap();
    let mut found = std::collections::BTreeSet::new();
    keys(&schema, &mut found);
    let readme = include_str!("../../../policies/README.md");
    assert!(found.len() > 40, "{found:?}");
    for key in found {
        let explained =
            [format!("`{key}`"), format!("`{key}."), format!(".{key}`"), format!("{{{key},"), format!(" {key}}}")];
        assert!(explained.iter().any(|form| readme.contains(form)), "policies/README.md does not explain {key}");
    }
}
