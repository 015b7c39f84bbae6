//! What an expression of the native syntax refers to, as Terraform's `configuration` writes it.
//!
//! Names that the expression binds itself (`for x in …`) are no references. Nothing is evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use hcl_edit::expr::{Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Directive, Element, ForDirective, Template};

/// The references of an expression, each once, in the order of the text.
pub(super) fn of(expression: &Expression) -> Vec<Arc<str>> {
    let mut collector = Collector::default();
    collector.expression(expression);
    collector.found
}

/// The references of a template.
pub(super) fn of_template(template: &Template) -> Vec<Arc<str>> {
    let mut collector = Collector::default();
    collector.template(template);
    collector.found
}

/// Everything in a text that may be a reference, where the text cannot be read as an expression: names joined by dots.
pub(super) fn named_in(text: &str) -> Vec<Arc<str>> {
    let mut collector = Collector::default();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let (mut name, mut after) = identifier(rest.get(at..).unwrap_or_default());
        let mut whole = name.to_owned();
        while let Some(next) = after.trim_start().strip_prefix('.') {
            (name, after) = identifier(next.trim_start());
            if name.is_empty() {
                break;
            }
            whole.extend([".", name]);
        }
        if whole.contains('.') {
            collector.add("", whole);
        }
        rest = after;
    }
    collector.found
}

/// The identifier a text begins with, and what follows.
fn identifier(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[derive(Default)]
struct Collector {
    bound: Vec<String>,
    found: Vec<Arc<str>>,
    seen: BTreeSet<Arc<str>>,
}

impl Collector {
    fn add(&mut self, root: &str, text: String) {
        if self.bound.iter().any(|bound| bound == root) {
            return;
        }
        let text: Arc<str> = text.into();
        if self.seen.insert(Arc::clone(&text)) {
            self.found.push(text);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => {}
            Expression::Array(items) => items.iter().for_each(|item| self.expression(item)),
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => template.iter().for_each(|element| self.element(element)),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => self.expression(inner.inner()),
            Expression::Variable(name) => self.add(name.as_str(), name.as_str().to_owned()),
            Expression::Conditional(choice) => {
                self.expression(&choice.cond_expr);
                self.expression(&choice.true_expr);
                self.expression(&choice.false_expr);
            }
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => self.expression(&operation.expr),
            Expression::BinaryOp(operation) => {
                self.expression(&operation.lhs_expr);
                self.expression(&operation.rhs_expr);
            }
            Expression::ForExpr(expression) => self.for_expression(expression),
        }
    }

    fn call(&mut self, call: &FuncCall) {
        call.args.iter().for_each(|argument| self.expression(argument));
    }

    fn object(&mut self, object: &Object) {
        for (key, value) in object {
            if let ObjectKey::Expression(key) = key {
                self.expression(key);
            }
            self.expression(value.expr());
        }
    }

    fn for_expression(&mut self, expression: &ForExpr) {
        let intro = &expression.intro;
        self.expression(&intro.collection_expr);
        let names = intro.key_var.iter().chain([&intro.value_var]).map(|name| name.as_str().to_owned()).collect();
        self.binding(names, |within| {
            expression.key_expr.iter().for_each(|key| within.expression(key));
            within.expression(&expression.value_expr);
            expression.cond.iter().for_each(|cond| within.expression(&cond.expr));
        });
    }

    fn binding(&mut self, names: Vec<String>, inner: impl FnOnce(&mut Self)) {
        let outer = self.bound.len();
        self.bound.extend(names);
        inner(self);
        self.bound.truncate(outer);
    }

    /// The longest constant part; what stands in an index that is not constant refers by itself.
    fn traversal(&mut self, traversal: &Traversal) {
        let Expression::Variable(root) = &traversal.expr else {
            self.expression(&traversal.expr);
            self.indexes(&traversal.operators);
            return;
        };
        let mut text = root.as_str().to_owned();
        let mut constant = true;
        for operator in &traversal.operators {
            match &**operator {
                TraversalOperator::GetAttr(name) if constant => {
                    text.push('.');
                    text.push_str(name.as_str());
                }
                TraversalOperator::LegacyIndex(index) if constant => text.extend(["[", &index.to_string(), "]"]),
                TraversalOperator::Index(index) if constant => match key(index) {
                    Some(key) => text.extend(["[", &key, "]"]),
                    None => constant = false,
                },
                _ => constant = false,
            }
        }
        self.add(root.as_str(), text);
        self.indexes(&traversal.operators);
    }

    fn indexes(&mut self, operators: &[hcl_edit::Decorated<TraversalOperator>]) {
        for operator in operators {
            if let TraversalOperator::Index(index) = &**operator {
                self.expression(index);
            }
        }
    }

    fn template(&mut self, template: &Template) {
        template.iter().for_each(|element| self.element(element));
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::Literal(_) => {}
            Element::Interpolation(interpolation) => self.expression(&interpolation.expr),
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => {
                    self.expression(&directive.if_expr.cond_expr);
                    self.template(&directive.if_expr.template);
                    directive.else_expr.iter().for_each(|other| self.template(&other.template));
                }
                Directive::For(directive) => self.for_directive(directive),
            },
        }
    }

    fn for_directive(&mut self, directive: &ForDirective) {
        let intro = &directive.for_expr;
        self.expression(&intro.collection_expr);
        let names = intro.key_var.iter().chain([&intro.value_var]).map(|name| name.as_str().to_owned()).collect();
        self.binding(names, |within| within.template(&intro.template));
    }
}

/// An index that is constant, as addresses write it.
fn key(index: &Expression) -> Option<String> {
    match index {
        Expression::Number(number) => Some(number.value().to_string()),
        Expression::String(text) => Some(quoted(text.as_str())),
        _ => None,
    }
}

/// A key in quotes, escaped as HCL does.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{}\"", escaped.replace("${", "$${").replace("%{", "%%{"))
}
