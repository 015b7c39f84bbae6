//! Values and keys in heads, put into the body that they belong to.
//!
//! In OPA a head is evaluated with its body: where a value is undefined the body does not hold for these variables, others may, and
//! then comes `else`. The engine (regorus 0.14.1 `src/interpreter.rs`, `eval_output_expr`, `eval_rule_bodies`) loses what other
//! variables gave when the last ones give nothing; functions do not go on to `else`, or are true. A rule would be silent where OPA denies.
//! As statements of the body they make it fail as they should. And a body of a function behind `else` that names no value, after one
//! that does, has the value true; in the engine it has none, until it is written out. Must not judge.

use std::collections::BTreeSet;

use super::{Edit, Rewrites, is_closed, rendered};
use crate::rego::Dialect;
use crate::rego::ast::{Body, Expr, Head, Rule, Step};
use crate::rego::negation::may_be_undefined;
use crate::source::Span;

/// Moves the values and keys that may be undefined, and names values that are true.
pub(super) fn write_out(rule: &Rule, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    // Heads of what ships are defined where their bodies hold.
    let Rule::Spec { head, bodies, .. } = rule else { return };
    // Cases of tests are told by their keys, which must not depend on the whole body.
    if names.module.trusted || is_test(rule) {
        return;
    }
    // Without `else` functions are right.
    let is_right = matches!(head, Head::Func { .. }) && bodies.len() < 2;
    for (at, body) in bodies.iter().enumerate().filter(|_| !is_right) {
        let next = bodies.get(at + 1);
        let moved: Vec<&Expr> =
            if at == 0 { in_head(rule, head) } else { body.assign.iter().map(|assign| &assign.value).collect() };
        let moved: Vec<&Expr> =
            moved.into_iter().filter(|expr| may_be_undefined(expr, &|name| is_global(name, names))).collect();
        if !moved.is_empty() {
            move_into(&moved, body, next, names, edits);
        }
    }
    if let Head::Func { assign: Some(_), .. } = head {
        for body in bodies.iter().skip(1).filter(|body| body.assign.is_none()) {
            name_true(body, names, edits);
        }
    }
}

fn is_test(rule: &Rule) -> bool {
    let name = rule.refr().path().and_then(|path| path.parts.into_iter().next());
    name.is_some_and(|name| name.starts_with("test_") || name.starts_with("todo_test_"))
}

/// What of a head is evaluated with its first body.
fn in_head<'r>(rule: &'r Rule, head: &'r Head) -> Vec<&'r Expr> {
    let (value, has_keys) = match head {
        Head::Func { assign, .. } => (assign.as_ref().map(|assign| &assign.value), false),
        Head::Compr { assign, .. } => (assign.as_ref().map(|assign| &assign.value), true),
        Head::Set { key, .. } => (key.as_ref(), true),
    };
    let (_, steps) = rule.refr().reference();
    let keys = steps.iter().filter(|_| has_keys).filter_map(Step::dynamic);
    let mut all: Vec<&Expr> = keys.chain(value).collect();
    all.dedup_by_key(|expr| expr.span());
    all
}

/// Whether a variable is the name of something outside of the rule.
fn is_global(variable: &str, names: &Rewrites<'_>) -> bool {
    matches!(variable, "input" | "data")
        || names.names.alias(names.index, variable).is_some()
        || names.names.is_rule_name(names.index, variable)
}

/// Puts names where expressions stand, and the expressions at the end of a body. Where the text is not what the tree says, nothing.
fn move_into(moved: &[&Expr], body: &Body, next: Option<&Body>, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    let text = &names.module.text;
    let places: Vec<Span> = moved.iter().filter_map(|expr| closed(expr.span(), names)).collect();
    let Some(around) = Around::of(body, next, places.iter().map(|place| place.end).max(), names) else { return };
    if places.len() < moved.len() {
        return;
    }
    let origin = places.first().copied();
    let mut statements = Vec::new();
    for (number, place) in places.into_iter().enumerate() {
        let name = names.value(number);
        let is_inner = |edit: &Edit| place.start <= edit.span.start && edit.span.end <= place.end;
        let (inner, kept): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(edits).into_iter().partition(is_inner);
        *edits = kept;
        statements.push(format!("{name} := {}", rendered(text, place, inner)));
        let lines = "\n".repeat(text.get(place.start..place.end).unwrap_or_default().matches('\n').count());
        edits.insert(Edit::new(place, format!("{lines}{name}")));
    }
    around.add(&statements.join("; "), origin, names, edits);
}

/// How a body is written.
enum Around {
    /// In brackets, of which the last is here.
    Braces(Span),
    /// Statements behind `if` without brackets.
    Bare(Span),
    /// Not at all: the value ends here.
    Nothing(usize),
}

impl Around {
    /// `value` is where what stands before the body ends.
    fn of(body: &Body, next: Option<&Body>, value: Option<usize>, names: &Rewrites<'_>) -> Option<Self> {
        let text = &names.module.text;
        let tokens = names.tokens();
        let Some(first) = body.query.stmts.first() else {
            return value.map(Self::Nothing);
        };
        let word = |span: Span| text.get(span.start..span.end).unwrap_or_default();
        // Statements may begin with a bracket that the tree leaves out.
        let mut before = tokens.before(first.span.span().start)?;
        while word(before.span) == "(" {
            before = tokens.before(before.span.start)?;
        }
        let statements = Span::new(before.span.end, first.span.span().start);
        match (word(before.span), next) {
            ("{", Some(next)) => {
                let last = tokens.before(next.span.span().start)?.span;
                (word(last) == "}").then_some(Self::Braces(last))
            }
            ("{", None) => {
                let end = closed(Span::new(before.span.start, body.end()), names)?.end;
                let last = tokens.before(end)?.span;
                (word(last) == "}").then_some(Self::Braces(last))
            }
            ("if", Some(next)) => {
                let last = tokens.before(next.span.span().start)?.span;
                Some(Self::Bare(Span::new(statements.start, last.end)))
            }
            ("if", None) => {
                let end = closed(Span::new(statements.start, body.end()), names)?.end;
                Some(Self::Bare(Span::new(statements.start, end)))
            }
            _ => None,
        }
    }

    /// Adds statements at the end of the body, which stood elsewhere.
    fn add(&self, statements: &str, origin: Option<Span>, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
        let text = &names.module.text;
        let mut insert = |at: usize, text: String| {
            edits.insert(Edit { origin, ..Edit::new(Span::new(at, at), text) });
        };
        match *self {
            Self::Braces(last) => {
                let before = names.tokens().before(last.start).map_or(last.start, |token| token.span.end);
                let begins_line = text.get(before..last.start).is_some_and(|gap| gap.contains('\n'));
                insert(last.start, format!("{}{statements} ", if begins_line { "" } else { "; " }));
            }
            Self::Bare(body) => {
                insert(body.start, " {".to_owned());
                insert(body.end, format!("; {statements} }}"));
            }
            Self::Nothing(value) => {
                let when = if names.module.dialect == Dialect::V0 { "" } else { " if" };
                insert(value, format!("{when} {{ {statements} }}"));
            }
        }
    }
}

impl Body {
    /// Where its last statement ends.
    fn end(&self) -> usize {
        let last = self.query.stmts.last();
        let with = last.and_then(|last| last.with_mods.last()).map(|with| with.span.span().end);
        let last = last.map(|last| last.span.span().end);
        self.span.span().end.max(with.unwrap_or_default()).max(last.unwrap_or_default())
    }
}

/// A span of the tree with what it leaves out at its ends: quotes, and brackets whose other halves it has.
fn closed(span: Span, names: &Rewrites<'_>) -> Option<Span> {
    let text = &names.module.text;
    let tokens = names.tokens();
    let mut span = tokens.widen(span);
    while !is_closed(text.get(span.start..span.end)?) {
        let opens = |word: &str| matches!(word, "(" | "[" | "{");
        let inside: Vec<&str> = tokens
            .tokens
            .iter()
            .filter(|token| span.start <= token.span.start && token.span.end <= span.end)
            .filter_map(|token| text.get(token.span.start..token.span.end))
            .collect();
        let mut open = 0_usize;
        let lacks_start = inside.iter().any(|word| match *word {
            word if opens(word) => {
                open += 1;
                false
            }
            ")" | "]" | "}" if open == 0 => true,
            ")" | "]" | "}" => {
                open -= 1;
                false
            }
            _ => false,
        });
        if lacks_start {
            span = Span::new(tokens.before(span.start)?.span.start, span.end);
        } else {
            let next = tokens.tokens.get(tokens.tokens.partition_point(|token| token.span.start < span.end))?;
            span = Span::new(span.start, next.span.end);
        }
    }
    Some(span)
}

/// Writes out the value of a body behind `else` that names none.
fn name_true(body: &Body, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    let start = body.span.span().start;
    let behind = start + "else".len();
    if names.module.text.get(start..behind) == Some("else") {
        let operator = if names.module.dialect == Dialect::V0 { "=" } else { ":=" };
        edits.insert(Edit::new(Span::new(behind, behind), format!(" {operator} true")));
    }
}
