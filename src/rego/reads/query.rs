//! Queries: what statements read, and what they bind.
//!
//! Statements may stand in any order, so that one look is not enough; `definition` looks until nothing changes. Variables of
//! one name within a definition are one variable: of two that are not, each counts as being the other too.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Variables;
use super::interpreter::Interpreter;
use super::parts;
use super::value::{Origin, Value};
use crate::plan::sink::Selector;
use crate::rego::ast::{AssignOp, Expr, Head, Literal, Query, Rule, Step, Stmt, With};
use crate::rego::names::{Names, declared, slice, variables};

/// A definition that is being looked at.
pub(super) struct Frame<'a> {
    pub(super) module: usize,
    pub(super) variables: Variables<'a>,
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
        Self { module, variables: Variables::new(), scopes: Vec::new(), bindings: counter.counts }
    }

    /// Opens the scope of a query.
    pub(super) fn declare(&mut self, names: &Names<'a>, query: &'a Query) {
        let text = names.modules.get(self.module).map_or("", |module| module.file.text());
        self.scopes.push(declared(query, text));
    }

    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    /// Whether `=` can be nothing but its assignment.
    fn is_assigned_once(&self, name: &str) -> bool {
        self.bindings.get(name).is_none_or(|count| count.indexes + count.others <= 1)
    }

    /// Whether nothing but being an index gives it a value.
    fn is_only_index(&self, name: &str) -> bool {
        self.bindings.get(name).is_none_or(|count| count.others == 0)
    }
}

impl<'a> Interpreter<'a> {
    pub(super) fn statements(&mut self, frame: &mut Frame<'a>, query: &'a Query) {
        for stmt in &query.stmts {
            let around = self.input.clone();
            for with in &stmt.with_mods {
                let input = self.replaced(frame, with, around.clone());
                self.input = input;
            }
            self.statement(frame, stmt);
            self.input = around;
        }
    }

    /// The input under a `with`.
    fn replaced(&mut self, frame: &mut Frame<'a>, with: &'a With, around: Value) -> Value {
        // The value is that of the input outside; several replacements stand side by side.
        let inner = std::mem::replace(&mut self.input, around);
        let value = self.expr(frame, &with.r#as);
        let path = with.refr.path().filter(|path| path.complete);
        let target = path.and_then(|path| {
            let (root, rest) = path.parts.split_first()?;
            let mut target = self.names.global(frame.module, root)?;
            target.extend(rest.iter().cloned());
            Some(target)
        });
        match target.as_deref() {
            Some([root]) if root == "input" => value,
            Some([root, first, rest @ ..]) if root == "input" => {
                let below = rest.iter().rev().fold(value, |value, key| Value::default().with_field(key, value));
                let mut input = inner;
                if rest.is_empty() {
                    input.fields.remove(first);
                    let hide = |mut origin: Origin| {
                        origin.hidden.insert(first.clone());
                        origin
                    };
                    input.origins = std::mem::take(&mut input.origins).into_iter().map(hide).collect();
                }
                input.with_field(first, below)
            }
            // Another rule or function in place of one: whatever it is given, and whatever it reads.
            _ => {
                self.consume(&value);
                self.give_up();
                inner
            }
        }
    }

    fn statement(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) {
        match &stmt.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection } => {
                let collection = self.expr(frame, collection);
                let element = self.element(&collection);
                self.bind(frame, value, &element, false);
                if let Some(key) = key {
                    let keys = self.keys(&collection);
                    self.bind(frame, key, &keys, false);
                }
            }
            Literal::Expr { expr } => {
                self.expr(frame, expr);
            }
            Literal::NotExpr { expr } => {
                let value = self.expr(frame, expr);
                if matches!(expr, Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. }) {
                    self.ask(&value);
                }
            }
            Literal::Every { key, value, domain, query } => {
                let domain = self.expr(frame, domain);
                let iterated = self.iterated;
                let element = self.element(&domain);
                let keys = self.keys(&domain);
                let text = self.names.modules.get(frame.module).map_or("", |module| module.file.text());
                let bound = [(Some(value), element), (key.as_ref(), keys)];
                let mut scope = BTreeSet::new();
                for (range, value) in bound {
                    let Some(range) = range else { continue };
                    let name = slice(text, range.span());
                    scope.insert(name);
                    frame.variables.entry(name).or_default().join(value);
                }
                frame.scopes.push(scope);
                self.nested(frame, query, |_, _| ());
                frame.scopes.pop();
                self.iterated = iterated;
            }
        }
    }

    /// A query within an expression, and what is made of its solutions.
    pub(super) fn nested<T>(
        &mut self,
        frame: &mut Frame<'a>,
        query: &'a Query,
        yields: impl FnOnce(&mut Self, &mut Frame<'a>) -> T,
    ) -> T {
        let iterated = self.iterated;
        frame.declare(self.names, query);
        self.statements(frame, query);
        let result = yields(self, frame);
        frame.scopes.pop();
        self.iterated = iterated;
        result
    }

    /// `not input.x` asks whether it is there.
    fn ask(&mut self, value: &Value) {
        for origin in &value.origins {
            for part in parts::of_path(&origin.path) {
                if part.len() == origin.path.len() {
                    self.found.parts.ask(part);
                }
            }
        }
    }

    /// `object.get(…, keys, …)` asks too.
    pub(super) fn ask_below(&mut self, value: &Value, keys: &[String]) {
        for origin in &value.origins {
            let names = keys.iter().map(|key| Selector::Name(key.as_str().into()));
            let path: Vec<Selector> = origin.path.iter().cloned().chain(names).collect();
            for part in parts::of_path(&path).into_iter().filter(|part| part.len() > origin.path.len()) {
                self.found.parts.ask(part);
            }
        }
    }

    /// `a := b` and `a = b`.
    pub(super) fn assign(&mut self, frame: &mut Frame<'a>, op: &AssignOp, lhs: &'a Expr, rhs: &'a Expr) {
        if matches!(op, AssignOp::ColEq) {
            let value = self.expr(frame, rhs);
            self.bind(frame, lhs, &value, false);
            return;
        }
        let (left, right) = (self.expr(frame, lhs), self.expr(frame, rhs));
        let (is_left, is_right) = (self.is_pattern(frame, lhs), self.is_pattern(frame, rhs));
        if is_left {
            self.bind(frame, lhs, &right, true);
        }
        if is_right {
            self.bind(frame, rhs, &left, true);
        }
        if !is_left && !is_right {
            self.compare(&left, &right);
        }
    }

    fn is_pattern(&self, frame: &Frame<'a>, expr: &Expr) -> bool {
        match expr {
            Expr::Var { value, .. } => self.is_local(frame, value),
            Expr::Array { .. } | Expr::Object { .. } => true,
            _ => false,
        }
    }

    pub(super) fn is_local(&self, frame: &Frame<'a>, name: &str) -> bool {
        name == "_" || frame.is_declared(name) || self.names.global(frame.module, name).is_none()
    }

    /// Takes a value apart. `unify`: a variable may have a value already, with which it is compared.
    pub(super) fn bind(&mut self, frame: &mut Frame<'a>, pattern: &'a Expr, value: &Value, unify: bool) {
        match pattern {
            Expr::Var { value: name, .. } if name == "_" => {}
            Expr::Var { value: name, .. } if self.is_local(frame, name) => {
                if unify && !frame.is_assigned_once(name) {
                    let known = frame.variables.get(name.as_str()).cloned().unwrap_or_default();
                    self.compare(&known, value);
                }
                let value = self.bounded(value.clone());
                frame.variables.entry(name).or_default().join(value);
            }
            Expr::Array { items, .. } => {
                for item in items {
                    let iterated = self.iterated;
                    let element = self.element(value);
                    // Every element has its place: no iteration.
                    self.iterated = iterated;
                    self.bind(frame, item, &element, unify);
                }
            }
            Expr::Object { fields, .. } => {
                for (_, key, inner) in fields {
                    let key = self.expr(frame, key);
                    let element = self.at(value, &key);
                    self.bind(frame, inner, &element, unify);
                }
            }
            other => {
                let known = self.expr(frame, other);
                self.compare(&known, value);
            }
        }
    }

    /// What a variable may be.
    pub(super) fn variable(&self, frame: &Frame<'a>, name: &str) -> Value {
        frame.variables.get(name).cloned().unwrap_or_default()
    }

    /// `value[index]`.
    pub(super) fn indexed(&mut self, frame: &mut Frame<'a>, value: &Value, index: &'a Expr) -> Value {
        match index {
            Expr::Var { value: name, .. } if name == "_" => return self.computed(value),
            Expr::Var { value: name, .. } if self.is_local(frame, name) && frame.is_only_index(name) => {
                let keys = self.keys(value);
                let keys = self.bounded(keys);
                frame.variables.entry(name).or_default().join(keys);
                return self.computed(value);
            }
            Expr::Array { .. } | Expr::Object { .. } => {
                let keys = self.keys(value);
                self.bind(frame, index, &keys, true);
            }
            _ => {}
        }
        if let Some(watched) = &mut self.watched {
            watched.containers.entry((frame.module, index.span())).or_default().join(value.clone());
        }
        let index = self.expr(frame, index);
        if let Some(members) = value.members.as_deref() {
            self.compare(&index, members);
        }
        if !index.is_scalar() {
            self.consume(&index);
        }
        self.at(value, &index)
    }

    /// The element under a key that is known or not.
    fn at(&mut self, value: &Value, key: &Value) -> Value {
        if key.is_type() {
            self.found.types.extend(value.fields.keys().cloned());
        }
        match key.constants() {
            Some(keys) if !keys.is_empty() => {
                let keys = keys.clone();
                keys.iter().fold(Value::default(), |found, key| found.joined(self.key(value, key)))
            }
            _ => self.computed(value),
        }
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
                args.iter().for_each(|arg| self.bound(arg, 2));
                assign.as_ref().map(|assign| &assign.value)
            }
            Head::Compr { assign, .. } => assign.as_ref().map(|assign| &assign.value),
            Head::Set { key, .. } => key.as_ref(),
        };
        output.into_iter().for_each(|output| self.expr(output));
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
                result.into_iter().for_each(|result| self.bound(result, 1));
            }
            _ => {}
        }
        if let Some((query, outputs)) = expr.comprehension() {
            self.query(query);
            outputs.into_iter().for_each(|output| self.expr(output));
        }
        expr.children().into_iter().for_each(|child| self.expr(child));
    }
}
