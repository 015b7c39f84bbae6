//! The statement of a body that finds its candidates by going through something, and the variables it binds.
//!
//! Read from the syntax tree; must not evaluate.

use std::collections::BTreeSet;

use super::ast::{Ast, Expr, Literal, Stmt};
use crate::source::Span;

/// A statement that goes through something.
#[derive(Debug)]
pub(super) struct Iteration {
    /// Which statement.
    pub(super) at: usize,
    /// An expression that tells its bindings apart: `[[bindings], what is gone through]`.
    pub(super) key: String,
    /// What it goes through, where its statement also asks something of each element: that is a step of its own.
    pub(super) element: Option<String>,
    /// `_` that get a name, so that they can be told apart.
    wildcards: Vec<Span>,
}

/// Name of what stands as `_` in the text.
const WILDCARD: &str = "__candidate";

impl Iteration {
    /// The text of its statement, which begins at `start`, with names for what has none.
    pub(super) fn named(&self, text: &str, start: usize) -> String {
        let mut out = text.to_owned();
        for (at, span) in self.wildcards.iter().enumerate().rev() {
            if let (Some(from), Some(to)) = (span.start.checked_sub(start), span.end.checked_sub(start))
                && out.get(from..to).is_some()
            {
                out.replace_range(from..to, &format!("{WILDCARD}_{at}"));
            }
        }
        out
    }
}

/// Words in a statement that goes through changes.
const CHANGES: [&str; 4] = ["resource_changes", "resource_drift", "plangate.changes", "plangate.notable"];

/// The iteration of a body that finds its candidates: the first through changes, else the first. `text` is what the tree was
/// read from.
pub(super) fn of_candidates(statements: &[Stmt], ast: &Ast, text: &str) -> Option<Iteration> {
    let mut bound: BTreeSet<&str> = ast.rules.iter().filter_map(|rule| name(rule.refr().reference().0)).collect();
    bound.extend(["input", "data"]);
    let mut first = None;
    for (at, statement) in statements.iter().enumerate() {
        let found = match &statement.literal {
            Literal::SomeIn { key, value, .. } => {
                let patterns: Vec<&Expr> = key.iter().chain([value]).collect();
                for pattern in &patterns {
                    bind(pattern, &mut bound);
                }
                Some(of_patterns(&patterns))
            }
            Literal::Expr { expr } => of_expr(expr, &mut bound, text),
            Literal::SomeVars { .. } | Literal::NotExpr { .. } | Literal::Every { .. } => None,
        };
        let Some(Bindings { names, object, wildcards, is_condition }) = found else { continue };
        let key = format!("[[{}], {object}]", names.join(", "));
        let iteration = Iteration { at, key, element: is_condition.then_some(object), wildcards };
        let span = statement.span.span();
        let words = text.get(span.start..span.end).unwrap_or_default();
        if CHANGES.iter().any(|word| words.contains(word)) {
            return Some(iteration);
        }
        first = first.or(Some(iteration));
    }
    first
}

/// What a statement goes through.
pub(super) fn collections(literal: &Literal) -> Vec<&Expr> {
    match literal {
        Literal::SomeIn { collection, .. } => unwrapped(collection),
        Literal::Expr { expr: Expr::AssignExpr { rhs, .. } } => unwrapped(rhs),
        Literal::Expr { expr } => {
            let mut parts = vec![expr];
            parts.extend(expr.children());
            parts
        }
        _ => Vec::new(),
    }
}

/// A collection, and what stands in a call around it: the engine gets some collections guarded.
fn unwrapped(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Call { params, .. } => std::iter::once(expr).chain(params).collect(),
        other => vec![other],
    }
}

/// What a statement binds.
struct Bindings {
    names: Vec<String>,
    /// What is gone through.
    object: String,
    wildcards: Vec<Span>,
    /// The statement is more than the iteration.
    is_condition: bool,
}

/// `some key, value in …`
fn of_patterns(patterns: &[&Expr]) -> Bindings {
    let mut names = Vec::new();
    let mut wildcards = Vec::new();
    for pattern in patterns {
        variables(pattern, &mut names, &mut wildcards);
    }
    let last = patterns.last().and_then(|pattern| name(pattern)).filter(|name| *name != "_").map(str::to_owned);
    // An element that is called `_` is what the bindings must tell.
    let is_nameless = patterns.last().and_then(|pattern| name(pattern)) == Some("_");
    let mut renamed: Vec<Span> = Vec::new();
    if names.is_empty() || is_nameless {
        renamed = wildcards;
        names.extend((0..renamed.len()).map(|at| format!("{WILDCARD}_{at}")));
    }
    let object = last.or_else(|| names.last().cloned()).unwrap_or_else(|| "true".to_owned());
    Bindings { names, object, wildcards: renamed, is_condition: false }
}

/// `change := input.resource_changes[_]`, `input.resource_changes[i].type == "x"`, `walk(input, [path, value])`.
fn of_expr<'a>(expr: &'a Expr, bound: &mut BTreeSet<&'a str>, text: &str) -> Option<Bindings> {
    if let Expr::Call { fcn, params, .. } = expr
        && name(fcn) == Some("walk")
        && let [_, out] = params.as_slice()
    {
        return Some(of_patterns(&[out]));
    }
    let index = leftmost(expr, bound);
    if let Expr::AssignExpr { lhs, .. } = expr {
        let (mut names, mut wildcards) = (Vec::new(), Vec::new());
        variables(lhs, &mut names, &mut wildcards);
        if index.is_some() && !names.is_empty() && !names.iter().any(|name| bound.contains(name.as_str())) {
            let object = name(lhs).map_or_else(|| names.first().cloned().unwrap_or_default(), str::to_owned);
            return Some(Bindings { names, object, wildcards: Vec::new(), is_condition: false });
        }
        bind(lhs, bound);
    }
    let (element, index) = index?;
    let is_nameless = name(index) == Some("_");
    let called = if is_nameless { format!("{WILDCARD}_0") } else { name(index)?.to_owned() };
    if !is_nameless {
        bind(index, bound);
    }
    let (around, index) = (element.span(), index.span());
    let before = text.get(around.start..index.start)?;
    let object = format!("{before}{called}{}", text.get(index.end..around.end)?);
    let wildcards = if is_nameless { vec![index] } else { Vec::new() };
    Some(Bindings { names: vec![called], object, wildcards, is_condition: true })
}

/// The first reference, in the order of the text, with a step that is free; that step.
fn leftmost<'a>(expr: &'a Expr, bound: &BTreeSet<&str>) -> Option<(&'a Expr, &'a Expr)> {
    if let Expr::RefBrack { refr, index, .. } = expr {
        return leftmost(refr, bound).or_else(|| {
            let is_free = name(index).is_some_and(|name| name == "_" || !bound.contains(name));
            if is_free { Some((expr, &**index)) } else { leftmost(index, bound) }
        });
    }
    expr.children().into_iter().find_map(|child| leftmost(child, bound))
}

fn name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Var { value, .. } => Some(value),
        _ => None,
    }
}

fn variables(pattern: &Expr, names: &mut Vec<String>, wildcards: &mut Vec<Span>) {
    match pattern {
        Expr::Var { span, value } if value == "_" => wildcards.push(span.span()),
        Expr::Var { value, .. } => names.push(value.clone()),
        Expr::Array { items, .. } => items.iter().for_each(|item| variables(item, names, wildcards)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| variables(value, names, wildcards)),
        _ => {}
    }
}

fn bind<'a>(pattern: &'a Expr, bound: &mut BTreeSet<&'a str>) {
    match pattern {
        Expr::Var { value, .. } => {
            bound.insert(value);
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| bind(item, bound)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| bind(value, bound)),
        _ => {}
    }
}
