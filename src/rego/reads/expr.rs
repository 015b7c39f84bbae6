//! Expressions: what they read, and what their value may be.

use super::frame::Frame;
use super::interpreter::Interpreter;
use super::value::Value;
use crate::rego::ast::{Expr, Step};
use crate::rego::names::{Callee, slice};

impl<'a> Interpreter<'a> {
    pub(super) fn expr(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Value {
        let value = self.evaluate(frame, expr);
        if let Some(watched) = &mut self.watched {
            watched.expressions.entry((frame.module, expr.span())).or_default().join(value.clone());
        }
        value
    }

    fn evaluate(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Value {
        if self.is_exhausted() {
            return Value::anything();
        }
        match expr {
            Expr::RawString { span, .. } if self.names.is_deep_constant(frame.module, span.span()) => Value::anything(),
            Expr::String { value, .. } | Expr::RawString { value, .. } => Value::string(value),
            Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. } => Value::scalar(),
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(frame, expr),
            Expr::Array { items, .. } => {
                let mut all = Value::default();
                for item in items {
                    let value = self.expr(frame, item);
                    all.join(value);
                }
                self.bounded(Value::list(all))
            }
            Expr::Set { items, .. } => {
                let mut all = Value::default();
                for item in items {
                    let value = self.expr(frame, item);
                    self.consume(&value);
                    all.join(value);
                }
                self.bounded(Value::set(all))
            }
            Expr::Object { fields, .. } => self.object(frame, fields.iter().map(|(_, key, value)| (key, value))),
            Expr::ArrayCompr { term, query, .. } => self.nested(frame, query, |this, frame| {
                let item = this.expr(frame, term);
                this.bounded(Value::list(item))
            }),
            Expr::SetCompr { term, query, .. } => self.nested(frame, query, |this, frame| {
                let member = this.expr(frame, term);
                this.consume(&member);
                this.bounded(Value::set(member))
            }),
            Expr::ObjectCompr { key, value, query, .. } => self.nested(frame, query, |this, frame| {
                let object = this.object(frame, std::iter::once((&**key, &**value)));
                // Two values under one key are an error unless they are the same.
                this.identify(&object);
                object
            }),
            Expr::Call { fcn, params, .. } => self.call(frame, fcn, params),
            Expr::UnaryExpr { expr, .. } => self.used(frame, [&**expr]),
            Expr::BinExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => self.used(frame, [&**lhs, &**rhs]),
            Expr::BoolExpr { lhs, rhs, .. } => {
                let (left, right) = (self.expr(frame, lhs), self.expr(frame, rhs));
                // `x == x` asks whether there is such a value.
                if !self.is_same(frame, lhs, rhs) {
                    self.compare(&left, &right);
                }
                Value::scalar()
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                self.assign(frame, op, lhs, rhs);
                Value::scalar()
            }
            Expr::Membership { key, value, collection, .. } => {
                let (value, collection) = (self.expr(frame, value), self.expr(frame, collection));
                let iterated = self.iterated;
                let element = self.element(&collection);
                self.iterated = iterated;
                self.compare(&value, &element);
                if let Some(key) = key {
                    let key = self.expr(frame, key);
                    let keys = collection.keys();
                    self.compare(&key, &keys);
                }
                Value::scalar()
            }
        }
    }

    fn object(&mut self, frame: &mut Frame<'a>, fields: impl Iterator<Item = (&'a Expr, &'a Expr)>) -> Value {
        let mut object = Value::default();
        let mut rest: Option<Value> = None;
        for (key, value) in fields {
            let (key, value) = (self.expr(frame, key), self.expr(frame, value));
            self.consume(&key);
            match key.constants() {
                Some(keys) if !keys.is_empty() => {
                    for key in keys.clone() {
                        object = object.with_field(&key, value.clone());
                    }
                }
                _ => rest.get_or_insert_default().join(value),
            }
            object = object.keyed_by(&key);
        }
        if rest.is_some() || object.fields.is_empty() {
            object.items = Some(Box::new(rest.unwrap_or_default()));
        }
        self.bounded(object)
    }

    /// Values that are used with all that is in them.
    pub(super) fn used<'e>(&mut self, frame: &mut Frame<'a>, exprs: impl IntoIterator<Item = &'e Expr>) -> Value
    where
        'a: 'e,
        'e: 'a,
    {
        for expr in exprs {
            let value = self.expr(frame, expr);
            self.consume(&value);
        }
        Value::anything()
    }

    fn is_same(&self, frame: &Frame<'a>, a: &Expr, b: &Expr) -> bool {
        let text = self.names.modules.get(frame.module).map_or("", |module| module.file.text());
        let is_plain = |expr: &Expr| {
            let (root, steps) = expr.reference();
            matches!(root, Expr::Var { .. }) && steps.iter().all(|step| matches!(step, Step::Key(_)))
        };
        is_plain(a) && is_plain(b) && slice(text, a.span()) == slice(text, b.span())
    }

    fn reference(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Value {
        let (root, steps) = expr.reference();
        let place = std::mem::replace(&mut self.place, (frame.module, expr.span()));
        let mut steps = steps.as_slice();
        let mut value = match root {
            Expr::Var { value: name, .. } => {
                if self.is_local(frame, name) {
                    frame.variable(name)
                } else {
                    let mut path = self.names.global(frame.module, name).unwrap_or_default();
                    if path.first().is_some_and(|root| root == "data") {
                        let constant = steps.iter().position(|step| step.key().is_none()).unwrap_or(steps.len());
                        let (known, rest) = steps.split_at(constant);
                        path.extend(known.iter().filter_map(Step::key).map(str::to_owned));
                        steps = rest;
                        self.data(&path)
                    } else {
                        let mut value = self.input.clone();
                        for key in path.get(1..).unwrap_or_default() {
                            value = self.key(&value, key);
                        }
                        value
                    }
                }
            }
            other => self.expr(frame, other),
        };
        for step in steps {
            self.place = (frame.module, expr.span());
            value = match step {
                Step::Key(key) => self.key(&value, key),
                Step::Dynamic(index) => self.indexed(frame, &value, index),
            };
        }
        self.place = place;
        value
    }

    fn call(&mut self, frame: &mut Frame<'a>, fcn: &'a Expr, params: &'a [Expr]) -> Value {
        let Some(path) = fcn.path() else { return self.used(frame, params) };
        let callee = self.names.callee(frame.module, &path.parts);
        let (args, result) = match callee.arity().and_then(|arity| params.split_at_checked(arity)) {
            Some((args, result)) => (args, result.first()),
            None => (params, None),
        };
        let value = match &callee {
            Callee::User { path, .. } => {
                let args = args.iter().map(|arg| self.expr(frame, arg)).collect();
                self.rule(path, args, false)
            }
            Callee::Builtin(builtin) => self.builtin(frame, builtin.name, args),
            Callee::Unknown(_) => self.used(frame, args),
        };
        if let Some(result) = result {
            self.bind(frame, result, &value, true);
        }
        value
    }
}
