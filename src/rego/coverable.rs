//! The lines of a file that can be evaluated: those on which an expression of a head's value or of a body begins.
//!
//! Follows what the engine's own report counts (regorus `src/interpreter.rs`, `gather_coverage_in_query`), which leaves out
//! files of which nothing ran. Must not run anything.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{self, Ast, Body, Expr, Literal, Query, Rule};
use super::rewrite::EngineText;
use super::run::Prepared;
use super::{BodyLines, names, probe};

/// The lines of each of these files, by name.
pub(super) fn of_all(
    prepared: &Prepared,
    files: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<usize>>, String> {
    let texts = prepared.texts().iter().filter(|text| files.contains(text.file.name()));
    let of = |text: &EngineText| {
        let ast = probe::parse(text).ok_or_else(|| format!("{} cannot be read again", text.file.name()))?;
        let starts = line_starts(text.text());
        let line = |at: usize| starts.partition_point(|start| *start <= at);
        Ok((text.file.name().to_owned(), lines(&ast, &line)))
    };
    texts.map(of).collect()
}

/// Where each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The lines of one file, from 1; `line` finds the line of an offset.
fn lines(ast: &Ast, line: &impl Fn(usize) -> usize) -> BTreeSet<usize> {
    let mut found = Vec::new();
    for rule in &ast.rules {
        if let Some(value) = rule.value() {
            expressions(value, &mut found);
        }
        if let Rule::Spec { bodies, .. } = rule {
            for body in bodies {
                query(&body.query, &mut found);
            }
        }
    }
    found.into_iter().map(line).collect()
}

/// For each rule of each file that is not built in, by its path: the lines of each of its bodies that are evaluated wherever
/// that body holds.
pub(super) fn bodies(prepared: &Prepared) -> Result<BTreeMap<String, Vec<BodyLines>>, String> {
    let mut found: BTreeMap<String, Vec<BodyLines>> = BTreeMap::new();
    let own: BTreeSet<&str> =
        prepared.modules().iter().filter(|module| !module.trusted).map(|m| m.file.name()).collect();
    for text in prepared.texts().iter().filter(|text| own.contains(text.file.name())) {
        let ast = probe::parse(text).ok_or_else(|| format!("{} cannot be read again", text.file.name()))?;
        let starts = line_starts(text.text());
        let line = |at: usize| starts.partition_point(|start| *start <= at);
        let reported = lines(&ast, &line);
        let package = names::data_path(&ast.package.refr);
        for rule in &ast.rules {
            let (path, _) = names::define(rule, &package, 0, text.text());
            // The engine's report leaves out values of `else`.
            let bodies = held(rule).into_iter().map(|places| BodyLines {
                file: text.file.name().to_owned(),
                lines: places.into_iter().map(line).filter(|line| reported.contains(line)).collect(),
            });
            found.entry(ast::join(&path)).or_default().extend(bodies);
        }
    }
    Ok(found)
}

/// What is evaluated wherever a body holds: the first expression of each statement, and the value. What stands within them
/// (the bodies of comprehensions) need not be.
fn held(rule: &Rule) -> Vec<Vec<usize>> {
    let start = |value: &Expr| value.comprehension().is_none().then(|| value.span().start);
    let value = rule.value().and_then(start);
    let Rule::Spec { bodies, .. } = rule else { return Vec::new() };
    if bodies.is_empty() {
        return vec![value.into_iter().collect()];
    }
    let of = |(index, body): (usize, &Body)| {
        let own = body.assign.as_ref().and_then(|assign| start(&assign.value));
        let value = own.or_else(|| value.filter(|_| index == 0));
        body.query.stmts.iter().filter_map(|statement| first(&statement.literal)).chain(value).collect()
    };
    bodies.iter().enumerate().map(of).collect()
}

/// Where the first expression of a statement begins that is evaluated whatever becomes of it.
fn first(literal: &Literal) -> Option<usize> {
    let expr = match literal {
        Literal::SomeVars { .. } => return None,
        Literal::Expr { expr: Expr::AssignExpr { rhs, .. } } => rhs,
        Literal::SomeIn { collection: expr, .. }
        | Literal::Every { domain: expr, .. }
        | Literal::Expr { expr }
        | Literal::NotExpr { expr } => expr,
    };
    expr.comprehension().is_none().then(|| expr.span().start)
}

fn query(of: &Query, found: &mut Vec<usize>) {
    for statement in &of.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { value, collection, .. } => {
                expressions(value, found);
                expressions(collection, found);
            }
            Literal::Expr { expr } | Literal::NotExpr { expr } => expressions(expr, found),
            Literal::Every { domain, query: body, .. } => {
                expressions(domain, found);
                query(body, found);
            }
        }
    }
}

fn expressions(expr: &Expr, found: &mut Vec<usize>) {
    if let Some((inner, _)) = expr.comprehension() {
        query(inner, found);
        return;
    }
    found.push(expr.span().start);
    for child in expr.children() {
        expressions(child, found);
    }
}
