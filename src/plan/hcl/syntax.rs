//! What both notations of the language come to: blocks, attributes, expressions.
//!
//! Owns the shape only. An expression is kept as far as it can be told without evaluating it.

use std::collections::HashSet;
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
    /// One that could not be read: its references are all that its text seems to name.
    Unread,
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

    /// Where its expressions are that could not be read.
    pub(super) fn unread(&self) -> Vec<Spot> {
        let mut found = Vec::new();
        self.find_unread(&mut found);
        found
    }

    fn find_unread(&self, found: &mut Vec<Spot>) {
        let unread = self.attributes.iter().filter(|attribute| attribute.expr.is_unread());
        found.extend(unread.map(|attribute| attribute.spot.clone()));
        self.blocks.iter().for_each(|block| block.body.find_unread(found));
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

    /// Whether it, or a part of it, could not be read.
    fn is_unread(&self) -> bool {
        match &self.form {
            Form::Unread => true,
            Form::Object(entries) => entries.iter().any(|(_, expr)| expr.is_unread()),
            Form::List(items) => items.iter().any(Self::is_unread),
            Form::Constant(_) | Form::Other => false,
        }
    }

    /// The text under a key of an object.
    pub(super) fn entry(&self, key: &str) -> Option<String> {
        match &self.form {
            Form::Constant(Json::Object(entries)) => entries.get(key)?.as_str().map(str::to_owned),
            Form::Object(entries) => {
                entries.iter().find(|(name, _)| &**name == key).and_then(|(_, expr)| expr.text().map(str::to_owned))
            }
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
    pub(super) fn object(entries: Vec<(Arc<str>, Self)>) -> Self {
        let constants: Option<serde_json::Map<String, Json>> = entries
            .iter()
            .map(|(key, expr)| match &expr.form {
                Form::Constant(value) => Some((key.to_string(), value.clone())),
                _ => None,
            })
            .collect();
        let references = Union::of(entries.iter().map(|(_, expr)| expr.references.as_slice()));
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
        let references = Union::of(items.iter().map(|item| item.references.as_slice()));
        Self {
            form: constants.map_or(Form::List(items), |constants| Form::Constant(Json::Array(constants))),
            references,
        }
    }
}

/// References, each once, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Union {
    found: Vec<Arc<str>>,
    known: HashSet<Arc<str>>,
}

impl Union {
    pub(super) fn of<'a>(lists: impl IntoIterator<Item = &'a [Arc<str>]>) -> Vec<Arc<str>> {
        let mut union = Self::default();
        lists.into_iter().for_each(|list| union.add(list));
        union.found
    }

    pub(super) fn add(&mut self, references: &[Arc<str>]) {
        for reference in references {
            if self.known.insert(Arc::clone(reference)) {
                self.found.push(Arc::clone(reference));
            }
        }
    }

    pub(super) fn into_vec(self) -> Vec<Arc<str>> {
        self.found
    }
}
