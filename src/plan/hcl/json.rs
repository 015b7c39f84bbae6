//! The JSON syntax (`.tf.json`, `.tofu.json`), read with places.
//!
//! Terraform tells attributes from blocks by schemas, which are not at hand: beside the blocks that every resource may
//! have, everything in a block is an attribute. Every string there is a template (Terraform language, "JSON
//! Configuration Syntax").

use std::str::FromStr as _;
use std::sync::Arc;

use hcl_edit::expr::Expression;
use hcl_edit::template::Template;
use serde_json::Value as Json;

use super::lines::Lines;
use super::scan::{self, Entry, Node};
use super::syntax::{Attribute, Block, Body, Expr, Form};
use super::{Unparsed, native, references};

/// The blocks of a file, and how many labels each has.
const BLOCKS: [(&str, usize); 18] = [
    ("action", 2),
    ("check", 1),
    ("data", 2),
    ("ephemeral", 2),
    ("import", 0),
    ("list", 2),
    ("locals", 0),
    ("module", 1),
    ("moved", 0),
    ("output", 1),
    ("provider", 1),
    ("removed", 0),
    ("resource", 2),
    ("terraform", 0),
    ("variable", 1),
    ("encryption", 0),
    ("language", 0),
    ("store", 1),
];

/// The blocks that every resource may have, and how many labels each has.
const NESTED: [(&str, usize); 7] = [
    ("connection", 0),
    ("dynamic", 1),
    ("lifecycle", 0),
    ("provisioner", 1),
    ("postcondition", 0),
    ("precondition", 0),
    ("required_providers", 0),
];

/// Attributes whose strings are references, not templates, by their block.
const REFERENCES: [(&str, &[&str]); 11] = [
    ("resource", &["depends_on", "provider"]),
    ("data", &["depends_on", "provider"]),
    ("ephemeral", &["depends_on", "provider"]),
    ("action", &["depends_on", "provider"]),
    ("module", &["depends_on", "providers"]),
    ("output", &["depends_on"]),
    ("lifecycle", &["ignore_changes", "replace_triggered_by"]),
    ("provisioner", &["when", "on_failure"]),
    ("moved", &["from", "to"]),
    ("removed", &["from"]),
    ("import", &["to"]),
];

/// The key of comments.
const COMMENT: &str = "//";

/// The blocks of a file.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Result<Body, Unparsed> {
    let lines = Lines::new(file, text);
    let root = scan::scan(text).map_err(|broken| Unparsed { spot: lines.spot(broken.at), message: broken.message })?;
    let reader = Reader { lines };
    let mut body = Body::default();
    for entry in objects(&root).flatten().filter(|entry| &*entry.key != COMMENT) {
        let Some((_, labels)) = BLOCKS.iter().find(|(name, _)| *name == &*entry.key) else { continue };
        reader.blocks((entry, *labels), &mut Vec::new(), entry.at, &entry.value, &mut body.blocks);
    }
    Ok(body)
}

/// An object, or each of a list of objects.
fn objects(node: &Node) -> Box<dyn Iterator<Item = &Vec<Entry>> + '_> {
    match node {
        Node::Object(entries) => Box::new(std::iter::once(entries)),
        Node::Array(items) => Box::new(items.iter().flat_map(objects)),
        Node::Scalar(_) => Box::new(std::iter::empty()),
    }
}

struct Reader<'a> {
    lines: Lines<'a>,
}

impl Reader<'_> {
    /// The blocks under a key, once its labels are taken.
    fn blocks(
        &self,
        (entry, labels): (&Entry, usize),
        taken: &mut Vec<Arc<str>>,
        at: usize,
        node: &Node,
        found: &mut Vec<Block>,
    ) {
        for entries in objects(node) {
            if labels == taken.len() {
                found.push(self.block(entry, taken, at, entries));
                continue;
            }
            for inner in entries.iter().filter(|inner| &*inner.key != COMMENT) {
                taken.push(Arc::clone(&inner.key));
                self.blocks((entry, labels), taken, inner.at, &inner.value, found);
                taken.pop();
            }
        }
    }

    fn block(&self, entry: &Entry, labels: &[Arc<str>], at: usize, entries: &[Entry]) -> Block {
        let mut body = Body::default();
        let mut construct = None;
        for inner in entries {
            if &*inner.key == COMMENT {
                construct = construct_path(&inner.value);
            } else if let Some((_, labels)) = NESTED.iter().find(|(name, _)| *name == &*inner.key) {
                self.blocks((inner, *labels), &mut Vec::new(), inner.at, &inner.value, &mut body.blocks);
            } else {
                let expr = expression(&inner.value, is_reference(&entry.key, &inner.key));
                body.attributes.push(Attribute {
                    name: Arc::clone(&inner.key),
                    spot: self.lines.spot(inner.at),
                    expr: if &*entry.key == "variable" { of_variable(inner, expr) } else { expr },
                });
            }
        }
        Block { ident: Arc::clone(&entry.key), labels: labels.to_vec(), spot: self.lines.spot(at), construct, body }
    }
}

/// What a variable says is constant: no template in it is evaluated, and a number may have been rounded.
fn of_variable(entry: &Entry, expr: Expr) -> Expr {
    let is_default = &*entry.key == "default";
    if !matches!(expr.form, Form::Constant(_)) || is_default && has_fraction(&entry.value) {
        return Expr::default();
    }
    expr
}

/// Whether a number in it may have been rounded.
fn has_fraction(node: &Node) -> bool {
    match node {
        Node::Scalar(value) => value.is_f64(),
        Node::Array(items) => items.iter().any(has_fraction),
        Node::Object(entries) => entries.iter().any(|entry| has_fraction(&entry.value)),
    }
}

fn is_reference(block: &str, key: &str) -> bool {
    REFERENCES.iter().any(|(name, keys)| *name == block && keys.contains(&key))
}

/// `"//": {"metadata": {"path": "stack/construct", …}}`, as CDK for Terraform writes it.
fn construct_path(comment: &Node) -> Option<Arc<str>> {
    let mut node = comment;
    for key in ["metadata", "path"] {
        let Node::Object(entries) = node else { return None };
        node = &entries.iter().find(|entry| &*entry.key == key)?.value;
    }
    match node {
        Node::Scalar(Json::String(path)) => Some(path.as_str().into()),
        _ => None,
    }
}

fn expression(node: &Node, is_reference: bool) -> Expr {
    match node {
        Node::Scalar(Json::String(text)) if is_reference => reference(text),
        Node::Scalar(Json::String(text)) => template(text),
        Node::Scalar(value) => Expr::constant(value.clone()),
        Node::Array(items) => Expr::list(items.iter().map(|item| expression(item, is_reference)).collect()),
        Node::Object(entries) => {
            let entries = entries.iter().filter(|entry| &*entry.key != COMMENT);
            let entries = entries.map(|entry| (Arc::clone(&entry.key), expression(&entry.value, is_reference)));
            Expr::object(entries.collect())
        }
    }
}

/// A string that is an expression by itself.
fn reference(text: &str) -> Expr {
    match Expression::from_str(text) {
        Ok(parsed) => Expr { references: references::of(&parsed), ..Expr::default() },
        Err(_) => unread(text),
    }
}

/// A string that is no expression this version can read. What it refers to must not be lost: an object would seem not to
/// depend on another that goes.
fn unread(text: &str) -> Expr {
    Expr { form: Form::Unread, references: references::named_in(text) }
}

/// A string that is a template: `"${…}"` alone is the expression within.
fn template(text: &str) -> Expr {
    if !text.contains("${") && !text.contains("%{") {
        return Expr::constant(Json::String(text.to_owned()));
    }
    let Ok(parsed) = Template::from_str(text) else { return unread(text) };
    let mut elements = parsed.iter();
    match (elements.next().and_then(|element| element.as_interpolation()), elements.next()) {
        (Some(only), None) => native::expression(&only.expr),
        _ => Expr { references: references::of_template(&parsed), ..Expr::default() },
    }
}
