//! A definition while it is looked at: its scopes, what is known of its variables, and where these get their values.

use std::collections::{BTreeMap, BTreeSet};

use super::value::Value;
use crate::rego::ast::{AssignOp, Expr, Head, Literal, Query, Rule, Step};
use crate::rego::names::{Names, declared, slice, variables};

/// A definition that is being looked at.
pub(super) struct Frame<'a> {
    pub(super) module: usize,
    pub(super) variables: BTreeMap<&'a str, Value>,
    pub(super) scopes: Vec<BTreeSet<&'a str>>,
    bindings: BTreeMap<&'a str, Bindings>,
}

/// In how many places a variable may get its value.
#[derive(Debug, Clone, Copy, Default)]
struct Bindings {
    /// As an index.
    indexes: usize,
    /// In any other way.
    others: usize,
}

impl<'a> Frame<'a> {
    pub(super) fn new(names: &Names<'a>, module: usize, rule: &'a Rule) -> Self {
        let mut counter = Counter { names, module, counts: BTreeMap::new() };
        counter.rule(rule);
        Self { module, variables: BTreeMap::new(), scopes: Vec::new(), bindings: counter.counts }
    }

    /// Opens the scope of a query.
    pub(super) fn declare(&mut self, names: &Names<'a>, query: &'a Query) {
        let text = names.modules.get(self.module).map_or("", |module| module.file.text());
        self.scopes.push(declared(query, text));
    }

    /// What a variable may be.
    pub(super) fn variable(&self, name: &str) -> Value {
        self.variables.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    /// Whether `=` can be nothing but its assignment.
    pub(super) fn is_assigned_once(&self, name: &str) -> bool {
        self.bindings.get(name).is_none_or(|count| count.indexes + count.others <= 1)
    }

    /// Whether nothing but being an index gives it a value.
    pub(super) fn is_only_index(&self, name: &str) -> bool {
        self.bindings.get(name).is_none_or(|count| count.others == 0)
    }
}

/// Counts in how many places the variables of a definition may get their values.
struct Counter<'n, 'a> {
    names: &'n Names<'a>,
    module: usize,
    counts: BTreeMap<&'a str, Bindings>,
}

impl<'a> Counter<'_, 'a> {
    fn rule(&mut self, rule: &'a Rule) {
        let (_, steps) = rule.refr().reference();
        steps.iter().filter_map(Step::dynamic).for_each(|step| self.expr(step));
        let Rule::Spec { head, bodies, .. } = rule else { return };
        let output = match head {
            Head::Func { args, assign, .. } => {
                for arg in args {
                    self.bound(arg, 2);
                }
                assign.as_ref().map(|assign| &assign.value)
            }
            Head::Compr { assign, .. } => assign.as_ref().map(|assign| &assign.value),
            Head::Set { key, .. } => key.as_ref(),
        };
        if let Some(output) = output {
            self.expr(output);
        }
        for body in bodies {
            body.assign.iter().for_each(|assign| self.expr(&assign.value));
            self.query(&body.query);
        }
    }

    fn bound(&mut self, pattern: &'a Expr, times: usize) {
        for name in variables(pattern) {
            self.counts.entry(name).or_default().others += times;
        }
    }

    fn query(&mut self, query: &'a Query) {
        let text = self.names.modules.get(self.module).map_or("", |module| module.file.text());
        for stmt in &query.stmts {
            stmt.with_mods.iter().for_each(|with| self.expr(&with.r#as));
            match &stmt.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection } => {
                    for pattern in key.iter().chain([value]) {
                        self.bound(pattern, 2);
                        self.expr(pattern);
                    }
                    self.expr(collection);
                }
                Literal::Expr { expr } | Literal::NotExpr { expr } => self.expr(expr),
                Literal::Every { key, value, domain, query } => {
                    for range in key.iter().chain([value]) {
                        self.counts.entry(slice(text, range.span())).or_default().others += 2;
                    }
                    self.expr(domain);
                    self.query(query);
                }
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } => self.bound(lhs, 2),
            Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
                self.bound(lhs, 1);
                self.bound(rhs, 1);
            }
            Expr::RefBrack { index, .. } => {
                for name in variables(index) {
                    self.counts.entry(name).or_default().indexes += 1;
                }
            }
            Expr::Call { fcn, params, .. } => {
                // An argument too many takes the result.
                let arity = fcn.path().and_then(|path| self.names.callee(self.module, &path.parts).arity());
                let result = arity.and_then(|arity| params.get(arity));
                if let Some(result) = result {
                    self.bound(result, 1);
                }
            }
            _ => {}
        }
        if let Some((query, outputs)) = expr.comprehension() {
            self.query(query);
            for output in outputs {
                self.expr(output);
            }
        }
        expr.children().into_iter().for_each(|child| self.expr(child));
    }
}
