//! The lines of a file that can be evaluated: those on which an expression of a head's value or of a body begins.
//!
//! Follows what the engine's own report counts (regorus `src/interpreter.rs`, `gather_coverage_in_query`), which leaves out
//! files of which nothing ran. Must not run anything.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Ast, Expr, Literal, Query, Rule};
use super::probe;
use super::rewrite::EngineText;
use super::run::Prepared;

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
