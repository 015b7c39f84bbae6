//! Goes through the syntax trees: references, comparisons, strings, who refers to whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compared, Comparison, Read, Spot, Written, spot};
use crate::rego::ast::{AssignOp, Expr, Head, Literal, Query, Rule, Step};
use crate::rego::names::{Callee, Names, Parts, Visit, Walker, define};
use crate::rego::reads::watch::{Expressions, Seen, Sight};
use crate::source::Span;

/// Calls `visit` with every expression of a rule, from outside inwards.
pub(super) fn each_expr<'a>(rule: &'a Rule, visit: &mut impl FnMut(&'a Expr)) {
    let (_, steps) = rule.refr().reference();
    steps.iter().filter_map(Step::dynamic).for_each(|step| expr(step, visit));
    match rule {
        Rule::Default { value, args, .. } => args.iter().chain([value]).for_each(|at| expr(at, visit)),
        Rule::Spec { head, bodies, .. } => {
            match head {
                Head::Func { args, assign, .. } => {
                    args.iter().chain(assign.iter().map(|assign| &assign.value)).for_each(|at| expr(at, visit));
                }
                Head::Compr { assign, .. } => assign.iter().for_each(|assign| expr(&assign.value, visit)),
                Head::Set { key, .. } => key.iter().for_each(|key| expr(key, visit)),
            }
            for body in bodies {
                if let Some(assign) = &body.assign {
                    expr(&assign.value, visit);
                }
                query(&body.query, visit);
            }
        }
    }
}

fn query<'a>(of: &'a Query, visit: &mut impl FnMut(&'a Expr)) {
    for stmt in &of.stmts {
        for with in &stmt.with_mods {
            expr(&with.r#as, visit);
        }
        match &stmt.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|at| expr(at, visit));
            }
            Literal::Expr { expr: at } | Literal::NotExpr { expr: at } => expr(at, visit),
            Literal::Every { domain, query: inner, .. } => {
                expr(domain, visit);
                query(inner, visit);
            }
        }
    }
}

fn expr<'a>(at: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    visit(at);
    match at.comprehension() {
        Some((inner, outputs)) => {
            query(inner, visit);
            for output in outputs {
                expr(output, visit);
            }
        }
        None => at.children().into_iter().for_each(|child| expr(child, visit)),
    }
}

/// Every expression of every file of the repository.
fn each_own<'a>(names: &Names<'a>, mut visit: impl FnMut(usize, &'a Expr)) {
    for (index, module) in names.modules.iter().enumerate().filter(|(_, module)| !module.trusted) {
        for rule in &module.ast.rules {
            each_expr(rule, &mut |expr| visit(index, expr));
        }
    }
}

/// The strings that are written down.
pub(super) fn literals(names: &Names<'_>) -> BTreeMap<String, Vec<Spot>> {
    let mut found: BTreeMap<String, Vec<Spot>> = BTreeMap::new();
    each_own(names, |module, expr| {
        if let (Some((text, span)), Some(file)) = (string(expr), names.modules.get(module)) {
            found.entry(text.to_owned()).or_default().push(Spot { file: file.file.clone(), span });
        }
    });
    for spots in found.values_mut() {
        spots.sort_by(|a, b| a.key().cmp(&b.key()));
    }
    found
}

fn string(expr: &Expr) -> Option<(&str, Span)> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => Some((value, expr.span())),
        _ => None,
    }
}

/// References and `object.get` whose value is a piece of the input.
pub(super) fn reads(names: &Names<'_>, seen: &Expressions) -> Vec<Read> {
    let mut found = Vec::new();
    each_own(names, |module, expr| {
        let (steps, at): (Vec<Taken>, Option<&Seen>) = match expr {
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                (steps(expr), seen.get(&(module, expr.span())).filter(|seen| seen.is_input))
            }
            // Its default is no piece of the input.
            Expr::Call { fcn, params, .. } => match (names_builtin(names, module, fcn), params.as_slice()) {
                (Some("object.get"), [_, key, ..]) => (keys(key), seen.get(&(module, expr.span()))),
                _ => return,
            },
            _ => return,
        };
        if let (Some(seen), Some(spot)) = (at, spot(names, module, expr.span()))
            && !seen.paths.is_empty()
            && !steps.is_empty()
        {
            found.push(Read { spot, paths: seen.paths.clone(), steps });
        }
    });
    found
}

/// Where references and `object.get` take steps.
pub(super) fn steps_taken(names: &Names<'_>) -> BTreeSet<(usize, Span)> {
    let mut found = BTreeSet::new();
    each_own(names, |module, expr| {
        if matches!(expr, Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::Call { .. }) {
            found.insert((module, expr.span()));
        }
    });
    found
}

fn names_builtin(names: &Names<'_>, module: usize, fcn: &Expr) -> Option<&'static str> {
    match names.callee(module, &fcn.path()?.parts) {
        Callee::Builtin(builtin) => Some(builtin.name),
        _ => None,
    }
}

/// A step with the place of its key; nothing where the key is computed.
type Taken = Option<(String, Span)>;

fn steps(expr: &Expr) -> Vec<Taken> {
    let mut steps = Vec::new();
    let mut at = expr;
    loop {
        at = match at {
            Expr::RefDot { refr, field, .. } => {
                steps.push(field.1.as_str().map(|key| (key.to_owned(), field.0.span())));
                refr
            }
            Expr::RefBrack { refr, index, .. } => {
                steps.push(string(index).map(|(key, span)| (key.to_owned(), span)));
                refr
            }
            _ => break,
        };
    }
    steps.reverse();
    steps
}

fn keys(key: &Expr) -> Vec<Taken> {
    let owned = |expr: &Expr| string(expr).map(|(key, span)| (key.to_owned(), span));
    match key {
        Expr::Array { items, .. } => items.iter().map(owned).collect(),
        other => vec![owned(other)],
    }
}

/// Comparisons of a piece of the input with strings.
pub(super) fn comparisons(names: &Names<'_>, seen: &Sight, literals: &BTreeMap<String, Vec<Spot>>) -> Vec<Comparison> {
    let mut found = Vec::new();
    each_own(names, |module, expr| {
        let Some(place) = spot(names, module, expr.span()) else { return };
        let at = |expr: &Expr| seen.expressions.get(&(module, expr.span())).cloned().unwrap_or_default();
        let mut compare = |input: &Seen, strings: &BTreeSet<String>, kind: Compared| {
            let written: Vec<Written> = strings.iter().filter_map(|text| written(text, &place, literals)).collect();
            if input.is_input && !written.is_empty() {
                found.push(Comparison { spot: place.clone(), paths: input.paths.clone(), strings: written, kind });
            }
        };
        match expr {
            Expr::BoolExpr { lhs, rhs, .. } | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
                let (left, right) = (at(lhs), at(rhs));
                for (input, other) in [(&left, &right), (&right, &left)] {
                    compare(input, &other.strings, Compared::Itself);
                    compare(input, &other.listed, Compared::Elements);
                }
            }
            Expr::Membership { value, collection, .. } => {
                let (value, collection) = (at(value), at(collection));
                compare(&value, &collection.listed, Compared::Itself);
                compare(&collection, &value.strings, Compared::Elements);
            }
            // `set[x]`, `object[x]`.
            Expr::RefBrack { index, .. } => {
                if let Some(container) = seen.containers.get(&(module, index.span())) {
                    compare(&at(index), &container.listed, Compared::Itself);
                    compare(&at(index), &container.keys, Compared::Key);
                }
            }
            _ => {}
        }
    });
    found
}

/// Where a string is written: within the place, else where it stands first.
fn written(text: &str, within: &Spot, literals: &BTreeMap<String, Vec<Spot>>) -> Option<Written> {
    let spots = literals.get(text)?;
    let inside = |spot: &&Spot| {
        spot.file.name() == within.file.name()
            && within.span.start <= spot.span.start
            && spot.span.end <= within.span.end
    };
    let same_file = |spot: &&Spot| spot.file.name() == within.file.name();
    let spot = spots.iter().find(inside).or_else(|| spots.iter().find(same_file)).or_else(|| spots.first())?;
    Some(Written { text: text.to_owned(), spot: spot.clone() })
}

/// The rules that some other rule refers to, but for tests.
pub(super) fn referred_to(names: &Names<'_>) -> BTreeSet<Parts> {
    let mut found = BTreeSet::new();
    for (index, module) in names.modules.iter().enumerate() {
        for rule in &module.ast.rules {
            let (own, _) = define(rule, names.package(index), index, &module.text);
            if own.last().is_some_and(|name| name.starts_with("test_")) {
                continue;
            }
            let mut walker = Walker::new(names, index, References(BTreeSet::new()));
            walker.rule(rule);
            for path in walker.visit.0 {
                found.extend(names.reached(&path).filter(|rule| **rule != own).cloned());
            }
        }
    }
    found
}

struct References(BTreeSet<Parts>);

impl Visit for References {
    fn global(&mut self, path: &[String], _: &[Step<'_>], _: Span) {
        self.0.insert(path.to_vec());
    }

    fn call(&mut self, _: &[String], callee: &Callee, _: &[Expr], _: Span, _: bool) {
        if let Callee::User { path, .. } = callee {
            self.0.insert(path.clone());
        }
    }
}
