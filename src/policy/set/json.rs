//! `policy` blocks of a file in the JSON form of HCL.

use serde_json::Value as Json;

use super::{Attribute, Block, Value};
use crate::problem::{Place, Problem, ProblemCode};
use crate::source::{SourceFile, Span};

/// The `policy` blocks in the order of their names; `None` where the file has no key `policy`.
pub(super) fn blocks(file: &SourceFile) -> Result<Option<Vec<Block>>, Problem> {
    let json = crate::data::parse(file)?;
    let Some(policies) = json.get("policy") else { return Ok(None) };
    let mut found = Vec::new();
    for object in objects(policies) {
        let Json::Object(named) = object else {
            return Err(wrong(file, format!("`policy` of `{}` is no object of policies", file.name())));
        };
        for (name, bodies) in named {
            for body in objects(bodies) {
                let Json::Object(body) = body else {
                    return Err(wrong(file, format!("the policy `{name}` of `{}` is no object", file.name())));
                };
                found.push(block(file, name, body));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some((twice, _)) = found.iter().zip(found.iter().skip(1)).find(|(a, b)| a.name == b.name) {
        return Err(wrong(file, format!("the policy `{}` is listed twice", twice.name)));
    }
    if found.is_empty() {
        return Err(wrong(file, format!("`{}` lists no policy", file.name())));
    }
    Ok(Some(found))
}

/// Blocks of one kind are an object, or a list of objects.
fn objects(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn block(file: &SourceFile, name: &str, body: &serde_json::Map<String, Json>) -> Block {
    let attributes = body.iter().map(|(key, value)| Attribute {
        key: key.clone(),
        key_place: place(file, key),
        value: match value {
            Json::String(text) => Value::Text(text.clone()),
            Json::Bool(value) => Value::Bool(*value),
            _ => Value::Other,
        },
        place: value.as_str().map_or_else(|| place(file, key), |text| place(file, text)),
    });
    Block { name: name.to_owned(), place: place(file, name), attributes: attributes.collect() }
}

/// Where a string stands first; the reader keeps no places.
fn place(file: &SourceFile, text: &str) -> Place {
    let quoted = Json::String(text.to_owned()).to_string();
    let span = file.text().find(&quoted).map_or_else(Span::default, |at| Span::new(at, at + quoted.len()));
    Place::new(file, span, "here")
}

fn wrong(file: &SourceFile, message: String) -> Problem {
    Problem::new(ProblemCode::Config, message).at(file, Span::default(), "this file").help(
        "write {\"policy\": {\"name\": {\"query\": \"data.terraform.deny\", \"enforcement_level\": \"mandatory\"}}}",
    )
}
