//! Which pieces of the input get into the result of a rule.
//!
//! Follows what makes text of values, and the definitions of variables, rules and functions; a question about a value (a
//! count, a comparison) does not carry it on.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::each_expr;
use super::{Path, Spot, spot};
use crate::rego::ast::{Expr, Head, Rule, Step};
use crate::rego::names::{Callee, Names, Parts, define, variables};
use crate::rego::reads::watch::Expressions;
use crate::source::Span;

/// Builtins whose result holds what is in their arguments.
const CARRIERS: [&str; 24] = [
    "array.concat",
    "base64.encode",
    "concat",
    "format_int",
    "indent",
    "json.marshal",
    "json.marshal_with_options",
    "lower",
    "object.get",
    "object.union",
    "replace",
    "split",
    "sprintf",
    "strings.reverse",
    "substring",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "union",
    "upper",
    "yaml.marshal",
];

/// Each piece of the input in the result of a rule, with the first place that brings it there.
pub(super) fn yields(names: &Names<'_>, path: &Parts, seen: &Expressions) -> Vec<(Path, Spot)> {
    let mut flow = Flow { names, seen, found: BTreeMap::new(), visited: BTreeSet::new() };
    flow.rule(path);
    flow.found.into_iter().map(|((path, _), spot)| (path, spot)).collect()
}

struct Flow<'n, 'a> {
    names: &'n Names<'a>,
    seen: &'n Expressions,
    found: BTreeMap<(Path, (String, Span)), Spot>,
    /// Expressions that were looked at.
    visited: BTreeSet<(usize, Span)>,
}

impl<'a> Flow<'_, 'a> {
    /// All definitions of a rule or function.
    fn rule(&mut self, path: &Parts) {
        for (index, module) in self.names.modules.iter().enumerate() {
            for rule in &module.ast.rules {
                if define(rule, self.names.package(index), index, &module.text).0 == *path {
                    let variables = assignments(rule);
                    for output in outputs(rule) {
                        self.expr(index, &variables, output);
                    }
                }
            }
        }
    }

    fn expr(&mut self, module: usize, variables: &Variables<'a>, expr: &'a Expr) {
        if !self.visited.insert((module, expr.span())) {
            return;
        }
        match expr {
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(module, variables, expr),
            Expr::Call { fcn, params, .. } => {
                let Some(path) = fcn.path() else { return };
                match self.names.callee(module, &path.parts) {
                    Callee::User { path, .. } => self.rule(&path),
                    Callee::Builtin(builtin) if CARRIERS.contains(&builtin.name) => {
                        for param in params {
                            self.expr(module, variables, param);
                        }
                    }
                    Callee::Builtin(_) | Callee::Unknown(_) => {}
                }
            }
            Expr::BoolExpr { .. } | Expr::Membership { .. } | Expr::ArithExpr { .. } => {}
            _ => match expr.comprehension() {
                Some((_, outputs)) => outputs.into_iter().for_each(|output| self.expr(module, variables, output)),
                None => expr.children().into_iter().for_each(|child| self.expr(module, variables, child)),
            },
        }
    }

    /// A reference is what it may be; where that is no piece of the input, what its variable or rule was made of.
    fn reference(&mut self, module: usize, variables: &Variables<'a>, expr: &'a Expr) {
        if let Some(seen) = self.seen.get(&(module, expr.span()))
            && !seen.paths.is_empty()
        {
            let Some(spot) = spot(self.names, module, expr.span()) else { return };
            for path in &seen.paths {
                let place = (spot.file.name().to_owned(), spot.span);
                self.found.insert((path.clone(), place), spot.clone());
            }
            return;
        }
        let (Expr::Var { value: name, .. }, steps) = expr.reference() else { return };
        if let Some(made_of) = variables.get(name.as_str()) {
            for made_of in made_of {
                self.expr(module, variables, made_of);
            }
        } else if let Some(mut path) = self.names.global(module, name) {
            path.extend(steps.iter().map_while(Step::key).map(str::to_owned));
            let reached: Vec<Parts> = self.names.reached(&path).cloned().collect();
            for rule in &reached {
                self.rule(rule);
            }
        }
    }
}

/// What each variable of a definition is assigned.
type Variables<'a> = BTreeMap<&'a str, Vec<&'a Expr>>;

fn assignments(rule: &Rule) -> Variables<'_> {
    let mut found: Variables<'_> = BTreeMap::new();
    each_expr(rule, &mut |expr| {
        if let Expr::AssignExpr { lhs, rhs, .. } = expr {
            for (pattern, value) in [(lhs, rhs), (rhs, lhs)] {
                for name in variables(pattern) {
                    found.entry(name).or_default().push(value);
                }
            }
        }
    });
    found
}

/// The expressions that a definition yields.
fn outputs(rule: &Rule) -> Vec<&Expr> {
    match rule {
        Rule::Default { value, .. } => vec![value],
        Rule::Spec { head, bodies, .. } => {
            let own = match head {
                Head::Set { key, .. } => key.as_ref(),
                Head::Compr { assign, .. } | Head::Func { assign, .. } => assign.as_ref().map(|assign| &assign.value),
            };

            let assigned = bodies.iter().filter_map(|body| body.assign.as_ref());
            own.into_iter().chain(assigned.map(|assign| &assign.value)).collect()
        }
    }
}
