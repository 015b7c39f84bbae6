//! What `else` of functions is in OPA and not in the engine (regorus 0.14.1 `src/interpreter.rs`, `eval_rule_bodies`, which is right
//! about rules). Whatever asks such a function would be silent.
//!
//! In OPA a value that is undefined makes its body fail, and the next one is tried; in the engine the function then has no value. As
//! a statement of the body the value makes it fail there too. And a body that names no value, behind one that does, has the value
//! true; in the engine it has none, until it is written out. Must not judge.

use std::collections::BTreeSet;

use super::{Edit, Rewrites, is_closed, rendered};
use crate::rego::Dialect;
use crate::rego::ast::{Assign, Body, Expr, Head, Rule};
use crate::source::Span;

/// Moves the values that may be undefined, of all bodies but the last, and names those that are true.
pub(super) fn write_out(rule: &Rule, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    // What ships is written so that values are defined where bodies hold.
    let Rule::Spec { head: Head::Func { assign, .. }, bodies, .. } = rule else { return };
    if names.module.trusted || bodies.len() < 2 {
        return;
    }
    let name = names.fresh("value");
    let assigns = std::iter::once(assign.as_ref()).chain(bodies.iter().skip(1).map(|body| body.assign.as_ref()));
    for ((body, next), assign) in bodies.iter().zip(bodies.iter().skip(1)).zip(assigns) {
        if let Some(assign) = assign.filter(|assign| may_be_undefined(&assign.value, names))
            && let Some(place) = Place::of(assign, body, next, names)
        {
            place.move_value(&name, names, edits);
        }
    }
    for body in bodies.iter().skip(1).filter(|body| assign.is_some() && body.assign.is_none()) {
        name_true(body, names, edits);
    }
}

/// Writes out the value of a body behind `else` that names none.
fn name_true(body: &Body, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    let start = body.span.span().start;
    let behind = start + "else".len();
    if names.module.text.get(start..behind) == Some("else") {
        let operator = if names.module.dialect == Dialect::V0 { "=" } else { ":=" };
        edits.insert(Edit { span: Span::new(behind, behind), text: format!(" {operator} true") });
    }
}

/// Whether an expression is more than constants, variables of the function, and collections of these.
fn may_be_undefined(value: &Expr, names: &Rewrites<'_>) -> bool {
    match value {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => false,
        Expr::Var { value, .. } => {
            matches!(value.as_str(), "input" | "data")
                || names.names.alias(names.index, value).is_some()
                || names.names.is_rule_name(names.index, value)
        }
        Expr::Array { .. } | Expr::Set { .. } | Expr::Object { .. } => {
            value.children().into_iter().any(|child| may_be_undefined(child, names))
        }
        _ => true,
    }
}

/// Where a value stands, and where its body is.
struct Place {
    value: Span,
    body: Around,
}

/// How a body is written.
enum Around {
    /// In brackets, of which the last is here.
    Braces(Span),
    /// One statement behind `if`.
    Bare(Span),
    /// Not at all.
    Nothing,
}

impl Place {
    /// `None` where the text is not what the tree says.
    fn of(assign: &Assign, body: &Body, next: &Body, names: &Rewrites<'_>) -> Option<Self> {
        let text = &names.module.text;
        let tokens = &names.tokens().tokens;
        let word = |at: usize| tokens.get(at).and_then(|token| text.get(token.span.start..token.span.end));
        let place = |offset: usize| tokens.partition_point(|token| token.span.start < offset);
        // The operator, then the value: spans of the tree leave out quotes and brackets at the ends.
        let first = place(assign.span.span().start) + 1;
        let end = place(next.span.span().start);
        let start = tokens.get(first)?.span.start;
        let value_end = assign.value.span().end.max(assign.span.span().end);
        let behind = (place(value_end).max(first + 1)..=end).find(|at| {
            let value = tokens.get(at - 1).map_or(start, |token| token.span.end);
            matches!(word(*at), Some("if" | "{" | "else")) && is_closed(text.get(start..value).unwrap_or_default())
        })?;
        let value = Span::new(start, tokens.get(behind - 1)?.span.end);
        let last = tokens.get(end.checked_sub(1)?)?.span;
        let braces = || (word(end - 1) == Some("}")).then_some(Around::Braces(last));
        let around = match word(behind)? {
            "{" => braces()?,
            "if" if word(behind + 1) == Some("{")
                && body.query.stmts.first().is_none_or(|first| {
                    tokens.get(behind + 1).is_some_and(|brace| brace.span.start < first.span.span().start)
                }) =>
            {
                braces()?
            }
            "if" => Around::Bare(Span::new(tokens.get(behind + 1)?.span.start, last.end)),
            _ => Around::Nothing,
        };
        Some(Self { value, body: around })
    }

    /// The name where the value stood, and the value as the last statement of the body.
    fn move_value(&self, name: &str, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
        let text = &names.module.text;
        let (inner, kept): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(edits)
            .into_iter()
            .partition(|edit| self.value.start <= edit.span.start && edit.span.end <= self.value.end);
        *edits = kept;
        let statement = format!("{name} := {}", rendered(text, self.value, inner));
        let lines = "\n".repeat(text.get(self.value.start..self.value.end).unwrap_or_default().matches('\n').count());
        edits.insert(Edit { span: self.value, text: format!("{lines}{name}") });
        let mut insert = |at: usize, text: String| edits.insert(Edit { span: Span::new(at, at), text });
        match self.body {
            Around::Braces(last) => {
                let before = names.tokens().before(last.start).map_or(last.start, |token| token.span.end);
                let begins_line = text.get(before..last.start).is_some_and(|gap| gap.contains('\n'));
                insert(last.start, format!("{}{statement} ", if begins_line { "" } else { "; " }))
            }
            Around::Bare(body) => {
                insert(body.start, "{ ".to_owned());
                insert(body.end, format!("; {statement} }}"))
            }
            Around::Nothing => {
                let when = if names.module.dialect == Dialect::V0 { "" } else { " if" };
                insert(self.value.end, format!("{when} {{ {statement} }}"))
            }
        };
    }
}
