//! The native syntax (`.tf`, `.tofu`), read with places.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Block as HclBlock, BlockLabel, Body as HclBody, Structure};
use serde_json::{Number, Value as Json};

use super::lines::Lines;
use super::syntax::{Attribute, Block, Body, Expr};
use super::{Unparsed, references};

/// The blocks of a file.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Result<Body, Unparsed> {
    let lines = Lines::new(file, text);
    let parsed = hcl_edit::parser::parse_body(text).map_err(|error| {
        let at = error.location();
        Unparsed { spot: lines.spot_at(at.line(), at.column()), message: error.message().to_owned() }
    })?;
    Ok(Reader { lines }.body(&parsed))
}

struct Reader<'a> {
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn body(&self, body: &HclBody) -> Body {
        let mut out = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => out.attributes.push(Attribute {
                    name: attribute.key.as_str().into(),
                    spot: self.lines.spot(attribute.key.span().map_or(0, |span| span.start)),
                    expr: expression(&attribute.value),
                }),
                Structure::Block(block) => out.blocks.push(self.block(block)),
            }
        }
        out
    }

    fn block(&self, block: &HclBlock) -> Block {
        let label = |label: &BlockLabel| match label {
            BlockLabel::Ident(ident) => ident.as_str().into(),
            BlockLabel::String(text) => text.as_str().into(),
        };
        let body = self.body(&block.body);
        Block {
            ident: block.ident.as_str().into(),
            labels: block.labels.iter().map(label).collect(),
            spot: self.lines.spot(block.ident.span().map_or(0, |span| span.start)),
            construct: None,
            body: if block.ident.as_str() == "variable" { variable(&block.body, body) } else { body },
        }
    }
}

/// The body of a variable, whose type is kept as it is written: it is no expression to evaluate. So is a default with
/// numbers that were rounded.
fn variable(written: &HclBody, mut body: Body) -> Body {
    let text = |name: &str| written.get_attribute(name).map(|written| written.value.to_string()).unwrap_or_default();
    for attribute in &mut body.attributes {
        match &*attribute.name {
            "type" => attribute.expr = Expr::constant(Json::String(text("type").trim().to_owned())),
            "default" if has_long_number(&text("default")) => attribute.expr = Expr::default(),
            _ => {}
        }
    }
    body
}

/// Whether a text has a number that a 64-bit float may not give back: more than 15 digits with a fraction or an exponent,
/// or more than 18.
fn has_long_number(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == 'e' || c == 'E')).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        digits > 18 || digits > 15 && digits < run.len()
    })
}

/// An expression as far as it is known without evaluating it.
pub(super) fn expression(expression: &Expression) -> Expr {
    match expression {
        Expression::Null(_) => Expr::constant(Json::Null),
        Expression::Bool(value) => Expr::constant(Json::Bool(**value)),
        Expression::Number(number) => Expr::constant(number_of(number.value())),
        Expression::String(text) => Expr::constant(Json::String(text.as_str().to_owned())),
        Expression::HeredocTemplate(heredoc) if references::of_template(&heredoc.template).is_empty() => {
            match heredoc_text(&heredoc.template) {
                Some(text) => Expr::constant(Json::String(text)),
                None => Expr::default(),
            }
        }
        Expression::Parenthesis(inner) => self::expression(inner.inner()),
        Expression::Array(items) => Expr::list(items.iter().map(self::expression).collect()),
        Expression::Object(items) => object(items, expression),
        Expression::UnaryOp(operation) => negative(operation).unwrap_or_else(|| other(expression)),
        _ => other(expression),
    }
}

fn other(expression: &Expression) -> Expr {
    Expr { references: references::of(expression), ..Expr::default() }
}

/// An object whose keys are all constant.
fn object(items: &Object, whole: &Expression) -> Expr {
    let mut entries: Vec<(Arc<str>, Expr)> = Vec::new();
    for (key, value) in items {
        let name: Arc<str> = match key {
            ObjectKey::Ident(name) => name.as_str().into(),
            ObjectKey::Expression(Expression::String(text)) => text.as_str().into(),
            // `azurerm.dr = azurerm.west` of a module call.
            ObjectKey::Expression(key) => match references::of(key).first() {
                Some(name) if matches!(key, Expression::Traversal(_)) => Arc::clone(name),
                _ => return other(whole),
            },
        };
        entries.push((name, expression(value.expr())));
    }
    Expr::object(entries)
}

fn number_of(number: &hcl_edit::Number) -> Json {
    let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    whole.or_else(|| number.as_f64().and_then(Number::from_f64)).map_or(Json::Null, Json::Number)
}

fn negative(operation: &hcl_edit::expr::UnaryOp) -> Option<Expr> {
    let Expression::Number(number) = &operation.expr else { return None };
    if *operation.operator.value() != hcl_edit::expr::UnaryOperator::Neg {
        return None;
    }
    let number = number.value();
    let whole = number.as_i64().and_then(i64::checked_neg).map(Number::from);
    let number = whole.or_else(|| number.as_f64().and_then(|value| Number::from_f64(-value)))?;
    Some(Expr::constant(Json::Number(number)))
}

/// The text of a heredoc without interpolation.
fn heredoc_text(template: &hcl_edit::template::Template) -> Option<String> {
    template.iter().map(|element| element.as_literal().map(|text| text.as_str())).collect()
}
