//! Rules and functions: what their definitions read, and what their value may be.
//!
//! Owns the memory of what was looked at before, and which definitions are alternatives of each other.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::frame::Frame;
use super::interpreter::{Found, Interpreter, Reference};
use super::parts::{self, Part};
use super::query::has_repeated;
use super::value::Value;
use crate::rego::ast::{Body, Expr, Head, Rule, Step};
use crate::rego::names::{Parts, variables};

/// What one definition comes to.
struct Outcome {
    value: Value,
    found: Found,
    /// It may give several values.
    iterated: bool,
}

impl<'a> Interpreter<'a> {
    /// The value of a rule or function. What it reads is registered.
    pub(super) fn rule(&mut self, path: &Parts, args: Vec<Value>, entry: bool) -> Value {
        // What does not see the input is the same under any.
        let reference = Reference { path: path.clone(), args, input: self.input.clone(), entry };
        if let Some(known) = self.memo.get(&reference).map(Rc::clone) {
            self.found.merge(&known.1);
            return known.0.clone();
        }
        // Rules that depend on themselves are refused, but not before.
        if self.open.contains(path) || self.is_exhausted() {
            self.give_up();
            return Value::anything();
        }
        self.open.push(path.clone());
        let around = (self.place, self.iterated, std::mem::take(&mut self.found));
        let (value, found) = self.look_at(&reference);
        (self.place, self.iterated, self.found) = around;
        self.open.pop();
        self.found.merge(&found);
        let result = Rc::new((value, found));
        self.memo.insert(reference, Rc::clone(&result));
        result.0.clone()
    }

    fn look_at(&mut self, reference: &Reference) -> (Value, Found) {
        let definitions = self.definitions.0.get(&reference.path).cloned().unwrap_or_default();
        let mut outcomes = Vec::new();
        for (module, rule) in definitions {
            match rule {
                Rule::Default { value, args, .. } => outcomes.push(self.outcome(module, |this| {
                    let mut frame = Frame::new(this.names, module, rule);
                    this.bind_args(&mut frame, args, &reference.args);
                    this.expr(&mut frame, value)
                })),
                Rule::Spec { head, bodies, .. } if bodies.is_empty() => {
                    outcomes.push(self.outcome(module, |this| this.body(module, rule, head, None, &reference.args)));
                }
                Rule::Spec { head, bodies, .. } => {
                    for body in bodies {
                        outcomes.push(
                            self.outcome(module, |this| this.body(module, rule, head, Some(body), &reference.args)),
                        );
                    }
                }
            }
        }
        if !reference.entry {
            tell_alternatives(&mut outcomes);
        }
        let several = outcomes.len() > 1 || outcomes.iter().any(|outcome| outcome.iterated);
        let mut value = Value::default();
        for outcome in outcomes {
            self.found.merge(&outcome.found);
            value.join(outcome.value);
        }
        let value = self.bounded(value);
        if several {
            // Several values are an error unless they are the same.
            self.identify(&value);
        }
        (value, std::mem::take(&mut self.found))
    }

    fn outcome(&mut self, module: usize, look: impl FnOnce(&mut Self) -> Value) -> Outcome {
        self.iterated = false;
        self.found = Found::default();
        self.found.modules.insert(module);
        let value = look(self);
        Outcome { value, found: std::mem::take(&mut self.found), iterated: self.iterated }
    }

    fn bind_args(&mut self, frame: &mut Frame<'a>, args: &'a [Expr], values: &[Value]) {
        frame.scopes.push(args.iter().flat_map(variables).collect());
        let is_repeated = has_repeated(args);
        for (arg, value) in args.iter().zip(values) {
            if is_repeated {
                self.consume(value);
            }
            self.bind(frame, arg, value, false);
        }
    }

    /// The value of one body, until nothing new is known of its variables.
    fn body(&mut self, module: usize, rule: &'a Rule, head: &'a Head, body: Option<&'a Body>, args: &[Value]) -> Value {
        let mut frame = Frame::new(self.names, module, rule);
        if let Head::Func { args: patterns, .. } = head {
            self.bind_args(&mut frame, patterns, args);
        }
        let scopes = frame.scopes.len();
        let mut passes = 0;
        loop {
            let before = frame.variables.clone();
            if let Some(body) = body {
                frame.declare(self.names, &body.query);
                self.statements(&mut frame, &body.query);
            }
            let value = self.output(&mut frame, rule, head, body);
            frame.scopes.truncate(scopes);
            passes += 1;
            if frame.variables == before {
                return value;
            }
            if passes > 12 || self.is_exhausted() {
                self.give_up();
                return Value::anything();
            }
        }
    }

    /// What the head yields.
    fn output(&mut self, frame: &mut Frame<'a>, rule: &'a Rule, head: &'a Head, body: Option<&'a Body>) -> Value {
        let own = body.and_then(|body| body.assign.as_ref());
        match head {
            Head::Set { key, .. } => {
                let member = key.as_ref().map_or_else(Value::scalar, |key| self.expr(frame, key));
                self.consume(&member);
                self.partial(frame, rule, Value::set(member))
            }
            Head::Compr { assign, .. } | Head::Func { assign, .. } => {
                let value = own.or(assign.as_ref()).map(|assign| self.expr(frame, &assign.value));
                self.partial(frame, rule, value.unwrap_or_else(Value::scalar))
            }
        }
    }

    /// The value of `p[x].y := …` as an object, from the first computed step on.
    fn partial(&mut self, frame: &mut Frame<'a>, rule: &'a Rule, value: Value) -> Value {
        let (_, steps) = rule.refr().reference();
        let computed = steps.iter().position(|step| step.key().is_none()).unwrap_or(steps.len());
        let mut value = value;
        for step in steps.get(computed..).unwrap_or_default().iter().rev() {
            value = match step {
                Step::Key(key) => Value::default().with_field(key, value),
                Step::Dynamic(index) => {
                    let index = self.expr(frame, index);
                    self.consume(&index);
                    self.identify(&value);
                    match index.constants() {
                        Some(keys) => {
                            keys.iter().fold(Value::default(), |object, key| object.with_field(key, value.clone()))
                        }
                        None => Value::list(value).keyed_by(&index),
                    }
                }
            };
        }
        value
    }

    /// The rules at a path, below it, or that it leads into, as one value.
    pub(super) fn data(&mut self, path: &[String]) -> Value {
        let above: Vec<&Parts> = (1..=path.len())
            .filter_map(|len| self.names.rules.get_key_value(path.get(..len)?).map(|(rule, _)| rule))
            .collect();
        let below: BTreeSet<&Parts> = self.names.reached(path).filter(|rule| rule.len() > path.len()).collect();
        let mut found = Value::default();
        // A document beside rules: either may be what is meant.
        if let Some(data) = self.names.data.filter(|data| !data.is_empty())
            && path.get(1..).is_none_or(|below| below.is_empty() || data.get(below).is_some())
        {
            found.join(Value::anything());
        }
        for rule in above.iter().copied().chain(below.iter().copied()) {
            let mut value = if self.is_function(rule) { Value::anything() } else { self.rule(rule, Vec::new(), false) };
            match rule.get(path.len()..).filter(|rest| !rest.is_empty()) {
                Some(rest) => {
                    for key in rest.iter().rev() {
                        value = Value::default().with_field(key, value);
                    }
                }
                None => {
                    for key in path.get(rule.len()..).unwrap_or_default() {
                        value = self.key(&value, key);
                    }
                }
            }
            found.join(value);
        }
        if found.is_unbound() { Value::anything() } else { found }
    }

    fn is_function(&self, path: &Parts) -> bool {
        self.names.rules.get(path).into_iter().flatten().any(|definition| definition.arity.is_some())
    }
}

/// Definitions that take their value from different parts of the input are different ways to the same answer: what one of
/// them reads can be missing where another has its part.
fn tell_alternatives(outcomes: &mut [Outcome]) {
    let parts: Vec<BTreeSet<Part>> = outcomes.iter().map(|outcome| parts::of_value(&outcome.value)).collect();
    for (index, outcome) in outcomes.iter_mut().enumerate() {
        let Some(own) = parts.get(index) else { continue };
        let others = parts.iter().enumerate().filter(|(other, _)| *other != index);
        let others: BTreeSet<Part> = others.flat_map(|(_, parts)| parts.iter().cloned()).collect();
        if !others.is_empty() {
            outcome.found.parts.answered_also_by(own, &others);
        }
    }
}
