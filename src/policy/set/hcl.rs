//! `policy` blocks of an HCL file.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block as HclBlock, Structure};

use super::{Attribute, Block, Value};
use crate::problem::{Place, Problem, ProblemCode};
use crate::source::{Position, SourceFile, Span};

/// The `policy` blocks in their order; beside them only attributes of these names may stand.
pub(super) fn blocks(file: &SourceFile, attributes: &[&str]) -> Result<Vec<Block>, Vec<Problem>> {
    let body = hcl_edit::parser::parse_body(file.text()).map_err(|error| {
        let at = error.location();
        let offset = file.offset(Position { line: at.line(), column: at.column() });
        let message = format!("`{}` is not valid HCL: {}", file.name(), error.message());
        vec![Problem::new(ProblemCode::Config, message).at(file, Span::new(offset, offset + 1), "here")]
    })?;
    let (mut found, mut problems): (Vec<Block>, Vec<Problem>) = (Vec::new(), Vec::new());
    for structure in &body {
        match structure {
            Structure::Block(block) if block.has_ident("policy") => match policy(file, block) {
                Ok(block) if found.iter().any(|other| other.name == block.name) => {
                    problems.push(wrong(&block.place, format!("the policy `{}` is listed twice", block.name)));
                }
                Ok(block) => found.push(block),
                Err(problem) => problems.push(problem),
            },
            Structure::Block(block) => {
                let message = format!("`{}` is no block of a policy set", block.ident.as_str());
                problems.push(wrong(&place(file, block), message).help("write policy \"name\" { … }"));
            }
            Structure::Attribute(attribute) if attributes.iter().any(|name| attribute.has_key(name)) => {}
            Structure::Attribute(attribute) => {
                let message = format!("unknown key `{}`", attribute.key.as_str());
                problems.push(wrong(&place(file, attribute), message));
            }
        }
    }
    if found.is_empty() && problems.is_empty() {
        let message = format!("`{}` lists no policy", file.name());
        problems.push(
            Problem::new(ProblemCode::Config, message)
                .help("add policy \"name\" { … }, or remove the file if none is meant"),
        );
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn policy(file: &SourceFile, block: &HclBlock) -> Result<Block, Problem> {
    let place = self::place(file, &block.ident);
    let [label] = block.labels.as_slice() else {
        return Err(wrong(&place, "a `policy` block takes one name".to_owned()).help("write policy \"name\" { … }"));
    };
    let mut attributes = Vec::new();
    for structure in &block.body {
        let Structure::Attribute(attribute) = structure else {
            return Err(wrong(&place, format!("the policy `{}` holds a block", label.as_str())));
        };
        attributes.push(Attribute {
            key: attribute.key.as_str().to_owned(),
            key_place: self::place(file, &attribute.key),
            value: value(&attribute.value),
            place: self::place(file, &attribute.value),
        });
    }
    Ok(Block { name: label.as_str().to_owned(), place, attributes })
}

fn value(expression: &Expression) -> Value {
    match (expression.as_str(), expression.as_bool()) {
        (Some(text), _) => Value::Text(text.to_owned()),
        (None, Some(value)) => Value::Bool(value),
        (None, None) => Value::Other,
    }
}

fn place(file: &SourceFile, node: &impl hcl_edit::Span) -> Place {
    Place::new(file, node.span().map_or_else(Span::default, Span::from), "here")
}

fn wrong(place: &Place, message: String) -> Problem {
    Problem::new(ProblemCode::Config, message).at(&place.file, place.span, "here")
}
