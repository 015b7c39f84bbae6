//! Queries: what statements read, and what they bind.
//!
//! Statements may stand in any order, so that one look is not enough; `definition` looks until nothing changes. Variables of
//! one name within a definition are one variable: of two that are not, each counts as being the other too.

use std::collections::BTreeSet;

use super::frame::Frame;
use super::interpreter::Interpreter;
use super::parts;
use super::value::{Origin, Value};
use crate::plan::sink::Selector;
use crate::rego::ast::{AssignOp, Expr, Literal, Query, Stmt, With};
use crate::rego::names::{slice, variables};

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
                if has_repeated(key.iter().chain([value])) {
                    self.consume(&element);
                }
                self.bind(frame, value, &element, false);
                if let Some(key) = key {
                    let keys = collection.keys();
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
                let keys = domain.keys();
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
                    let known = frame.variable(name);
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

    /// `value[index]`.
    pub(super) fn indexed(&mut self, frame: &mut Frame<'a>, value: &Value, index: &'a Expr) -> Value {
        match index {
            Expr::Var { value: name, .. } if name == "_" => return self.computed(value),
            Expr::Var { value: name, .. } if self.is_local(frame, name) && frame.is_only_index(name) => {
                let keys = value.keys();
                let keys = self.bounded(keys);
                frame.variables.entry(name).or_default().join(keys);
                return self.computed(value);
            }
            Expr::Array { .. } | Expr::Object { .. } => {
                let keys = value.keys();
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

/// Whether a variable stands in patterns twice: then its values are compared.
pub(super) fn has_repeated<'e>(patterns: impl IntoIterator<Item = &'e Expr>) -> bool {
    let mut seen = BTreeSet::new();
    patterns.into_iter().flat_map(variables).any(|name| name != "_" && !seen.insert(name))
}
