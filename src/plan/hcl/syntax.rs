//! What both notations of the language come to: blocks, attributes, expressions.
//!
//! Owns the shape only. An expression is kept as far as it can be told without evaluating it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Spot;

/// What stands between the braces of a block, or in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    pub(super) name: Arc<str>,
    pub(super) spot: Spot,
    pub(super) expr: Expr,
}

/// A block with its labels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) ident: Arc<str>,
    pub(super) labels: Vec<Arc<str>>,
    pub(super) spot: Spot,
    /// Path of the construct that made it (CDK for Terraform).
    pub(super) construct: Option<Arc<str>>,
    pub(super) body: Body,
}

/// An expression.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expr {
    pub(super) form: Form,
    /// What it refers to, each once, in the order of the text: of each traversal the longest part that is constant.
    pub(super) references: Vec<Arc<str>>,
}

/// What is known of an expression without evaluating it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Form {
    /// A constant.
    Constant(Json),
    /// An object whose keys are constant.
    Object(Vec<(Arc<str>, Expr)>),
    /// A list or tuple.
    List(Vec<Expr>),
    /// Anything else.
    #[default]
    Other,
}

impl Body {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    pub(super) fn blocks<'a>(&'a self, ident: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.ident == ident)
    }
}

impl Expr {
    pub(super) fn constant(value: Json) -> Self {
        Self { form: Form::Constant(value), references: Vec::new() }
    }

    /// The text of a constant string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.form {
            Form::Constant(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A constant truth value; Terraform converts `"true"` too.
    pub(super) fn truth(&self) -> Option<bool> {
        match &self.form {
            Form::Constant(Json::Bool(value)) => Some(*value),
            Form::Constant(Json::String(text)) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.form, Form::Constant(Json::Null))
    }

    /// A bare word, quoted or not: `when = destroy`, `provider = azurerm.dr`.
    pub(super) fn word(&self) -> Option<&str> {
        self.text().or_else(|| self.references.first().map(|reference| &**reference))
    }

    /// A list of bare words or references.
    pub(super) fn words(&self) -> Vec<Arc<str>> {
        match &self.form {
            Form::List(items) => items.iter().filter_map(|item| item.word().map(Arc::from)).collect(),
            Form::Constant(Json::Array(items)) => {
                items.iter().filter_map(|item| item.as_str().map(Arc::from)).collect()
            }
            Form::Constant(Json::String(text)) => vec![text.as_str().into()],
            _ => self.references.clone(),
        }
    }

    /// An object of these entries, a constant where all of them are.
    pub(super) fn object(entries: Vec<(Arc<str>, Self)>, mut references: Vec<Arc<str>>) -> Self {
        let constants: Option<serde_json::Map<String, Json>> = entries
            .iter()
            .map(|(key, expr)| match &expr.form {
                Form::Constant(value) => Some((key.to_string(), value.clone())),
                _ => None,
            })
            .collect();
        for (_, expr) in &entries {
            merge(&mut references, &expr.references);
        }
        let form = match constants {
            Some(constants) => Form::Constant(Json::Object(constants)),
            None => Form::Object(entries),
        };
        Self { form, references }
    }

    /// A list of these items, a constant where all of them are.
    pub(super) fn list(items: Vec<Self>) -> Self {
        let constants: Option<Vec<Json>> = items
            .iter()
            .map(|item| match &item.form {
                Form::Constant(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let mut references = Vec::new();
        for item in &items {
            merge(&mut references, &item.references);
        }
        Self {
            form: constants.map_or(Form::List(items), |constants| Form::Constant(Json::Array(constants))),
            references,
        }
    }
}

/// Adds references that are not there yet.
pub(super) fn merge(into: &mut Vec<Arc<str>>, from: &[Arc<str>]) {
    if into.is_empty() {
        into.extend(from.iter().cloned());
        return;
    }
    let known: std::collections::BTreeSet<Arc<str>> = into.iter().cloned().collect();
    into.extend(from.iter().filter(|reference| !known.contains(*reference)).cloned());
}
