//! The shape of a plan as Terraform and OpenTofu write it: every key of plan JSON format 1.x.
//!
//! One table ([`table`]) of objects and their keys, each with its type and the release that brought it; the JSON Schema in
//! docs/schema/plan.json is made from it. A plan may have keys that this table does not know yet. Must not read plans: the
//! loader decides what it needs of one by itself.

mod table;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

pub use table::PLAN;

/// An object with known keys.
#[derive(Debug)]
pub struct Object {
    /// Its name among the definitions of the schema.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

/// A key of an object.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// The type of its value.
    pub of: Type,
    /// The release that brought it, where that is not Terraform 0.12.
    pub since: &'static str,
    /// Whether it can be left out, by an old release or because there is nothing to say.
    pub optional: bool,
}

/// The type of a value.
#[derive(Debug)]
pub enum Type {
    /// Text.
    Text,
    /// Text that is one of these words; releases to come may add some.
    Word(&'static [&'static str]),
    /// A whole number.
    Number,
    /// True or false.
    Bool,
    /// Anything: it depends on the provider, the configuration or the system that adds it.
    Free,
    /// A list.
    List(&'static Type),
    /// An object whose keys are names.
    Map(&'static Type),
    /// An object with known keys.
    Is(&'static Object),
}

/// Keys beside the plan's own that systems put around or into the document they give to policies: HCP Terraform, Scalr and
/// Spacelift. What is in them is not Terraform's.
pub const CONTEXT: [&str; 8] =
    ["run", "tfrun", "spacelift", "plan", "tfplan", "terraform", "cost_estimate", "third_party_metadata"];

/// The JSON Schema of a plan. It allows keys that nobody knows yet.
#[must_use]
pub fn json_schema() -> Json {
    let mut definitions = BTreeMap::new();
    define(&PLAN, &mut definitions);
    let mut schema = definitions.remove(PLAN.name).unwrap_or_default();
    let mut root = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), json!("Terraform plan")),
    ]);
    if let Some(Json::Object(context)) = schema.get_mut("properties") {
        for key in CONTEXT {
            let about = "Added by the system that runs the policy; not part of the plan.";
            context.insert(key.to_owned(), json!({"description": about}));
        }
    }
    if let Json::Object(own) = schema {
        root.extend(own);
    }
    root.insert("$defs".to_owned(), json!(definitions));
    Json::Object(root)
}

/// Adds an object and all that its keys lead to.
fn define(object: &'static Object, definitions: &mut BTreeMap<&'static str, Json>) {
    if definitions.contains_key(object.name) {
        return;
    }
    // Taken before its keys are looked at: a module holds modules.
    definitions.insert(object.name, Json::Null);
    let mut properties = Map::new();
    for field in object.fields {
        let mut schema = of_type(&field.of, definitions);
        if let (Json::Object(schema), false) = (&mut schema, field.since.is_empty()) {
            schema.insert("description".to_owned(), json!(format!("Since {}.", field.since)));
        }
        properties.insert(field.key.to_owned(), schema);
    }
    let required: Vec<&str> = object.fields.iter().filter(|field| !field.optional).map(|field| field.key).collect();
    let mut schema = json!({"description": object.about, "type": "object", "properties": properties});
    if let (Json::Object(schema), false) = (&mut schema, required.is_empty()) {
        schema.insert("required".to_owned(), json!(required));
    }
    definitions.insert(object.name, schema);
}

fn of_type(of: &'static Type, definitions: &mut BTreeMap<&'static str, Json>) -> Json {
    match of {
        Type::Text => json!({"type": "string"}),
        Type::Word(words) => json!({"type": "string", "examples": words}),
        Type::Number => json!({"type": "integer"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Free => json!({}),
        Type::List(item) => json!({"type": "array", "items": of_type(item, definitions)}),
        Type::Map(item) => json!({"type": "object", "additionalProperties": of_type(item, definitions)}),
        Type::Is(object) => {
            define(object, definitions);
            json!({"$ref": format!("#/$defs/{}", object.name)})
        }
    }
}
