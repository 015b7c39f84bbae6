//! How far each candidate of a rule comes: for one statement more at a time, the bindings of the first iteration for which
//! all statements so far hold.
//!
//! What is found is what the engine says of helper rules ([`super::probe`]); a statement is asked about all candidates at
//! once, so that the cost grows with the statements and not with the candidates. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regorus::Value;

use crate::source::{SourceFile, Span};

use super::ast::{self, Ast, Body, Rule, Stmt};
use super::iteration::{self, Iteration};
use super::probe::{self, Probe};
use super::run::Prepared;
use super::value::{self, Caps};
use super::{Candidate, Compared, Followed, Job, Stop, trace};

/// How much of one value is taken; more is not shown anyway.
const CAPS: Caps = Caps { max_items: 500, max_bytes: 20_000 };

/// Most candidates whose values are asked for at one statement.
const MAX_VALUES: usize = 10_000;

/// Follows the candidates of one definition; one answer for each of its bodies, none for a default.
pub(super) fn run(
    prepared: &Arc<Prepared>,
    job: Job,
    file: &SourceFile,
    definition: Span,
) -> Result<Vec<Followed>, String> {
    let name = file.name().to_owned();
    let answer = trace::spawn(prepared, move |prepared| follow(prepared, job, &name, definition));
    trace::wait(prepared, &answer)
}

fn follow(prepared: &Prepared, job: Job, name: &str, definition: Span) -> Result<Vec<Followed>, String> {
    let unread = || "its source cannot be taken apart".to_owned();
    let text = prepared.texts().iter().find(|text| text.file.name() == name).ok_or_else(unread)?;
    let ast = probe::parse(text).ok_or_else(unread)?;
    let rule = ast.rules.iter().find(|rule| text.original(rule.span()).start == definition.start);
    let Rule::Spec { bodies, .. } = rule.ok_or_else(unread)? else { return Ok(Vec::new()) };
    let rule = rule.ok_or_else(unread)?;
    if bodies.len() > 1 && !rule.is_chained(text.text()) {
        return Err("which branch of an `else` counts is not followed".to_owned());
    }
    let probe = Probe::new(prepared, job, text, &ast).ok_or_else(unread)?;
    let steps = Follow { prepared, probe: &probe, ast: &ast, rule };
    match bodies.as_slice() {
        [] => Ok(vec![steps.body(None)?]),
        bodies => bodies.iter().map(|body| steps.body(Some(body))).collect(),
    }
}

/// The bindings of the first iteration, and what is iterated over.
type Found = BTreeSet<Value>;

/// A statement as the engine is asked about it.
struct Step<'a> {
    text: String,
    statement: &'a Stmt,
    /// It finds the candidates.
    iterates: bool,
}

/// What is told of a statement that does not hold.
struct Asked<'a> {
    span: Span,
    /// Its `with` modifiers.
    with: &'a str,
    /// Its parts.
    parts: Vec<&'a ast::Expr>,
}

struct Follow<'a> {
    prepared: &'a Prepared,
    probe: &'a Probe<'a>,
    ast: &'a Ast,
    rule: &'a Rule,
}

impl Follow<'_> {
    fn body(&self, body: Option<&Body>) -> Result<Followed, String> {
        let statements: &[Stmt] = body.map_or(&[], |body| &body.query.stmts);
        let iteration = iteration::of_candidates(statements, self.ast, self.probe.text.text());
        let steps = self.steps(statements, iteration.as_ref());
        let mut followed = Followed {
            file: self.probe.text.file.clone(),
            span: self.original(self.rule.head_span()),
            iterated: None,
            considered: 0,
            held: Vec::new(),
            stops: Vec::new(),
            uses: self.uses(iteration.as_ref().and_then(|iteration| statements.get(iteration.at))),
        };
        let whole = Found::from([Value::from(true)]);
        let mut open = whole.clone();
        let mut before: Vec<&str> = Vec::new();
        for (index, found) in Self::order(&steps, iteration.as_ref(), |texts, key| self.found(texts, key))? {
            let Some(Step { text, statement, iterates }) = steps.get(index) else { continue };
            let begins = *iterates && !found.is_empty();
            if *iterates {
                followed.iterated = Some(self.original(statement.span.span()));
                followed.considered = found.len();
            }
            let key = iteration.as_ref().filter(|_| open != whole);
            let stopped: Found = if begins { Found::new() } else { open.difference(&found).cloned().collect() };
            if !stopped.is_empty() {
                followed.stops.push(self.stop(statement, &before, &stopped, key));
            }
            open = found;
            before.push(text);
            if open.is_empty() {
                return Ok(followed);
            }
        }
        self.head(&mut followed, &open, &before, iteration.as_ref());
        Ok(followed)
    }

    /// The statements; where the first iteration is part of a condition, it goes before it.
    fn steps<'s>(&self, statements: &'s [Stmt], iteration: Option<&Iteration>) -> Vec<Step<'s>> {
        let mut steps = Vec::new();
        for (at, statement) in statements.iter().enumerate() {
            let text = self.probe.slice(statement.span.span()).to_owned();
            let Some(iteration) = iteration.filter(|iteration| iteration.at == at) else {
                steps.push(Step { text, statement, iterates: false });
                continue;
            };
            if let Some(element) = &iteration.element {
                steps.push(Step { text: format!("__element := {element}"), statement, iterates: true });
            }
            let text = iteration.named(&text, self.probe.widen(statement.span.span()).start);
            steps.push(Step { text, statement, iterates: iteration.element.is_none() });
        }
        steps
    }

    /// Those for which the head has a value.
    fn head(&self, followed: &mut Followed, open: &Found, before: &[&str], iteration: Option<&Iteration>) {
        let mut held = open.clone();
        if let Some(value) = self.rule.value().filter(|value| !probe::is_constant(value)) {
            let last = format!("__value := {}", self.probe.slice(value.span()));
            let statements: Vec<&str> = before.iter().copied().chain([last.as_str()]).collect();
            if let Some(found) = self.found(&statements, iteration) {
                let stopped: Found = open.difference(&found).cloned().collect();
                if !stopped.is_empty() {
                    let parts = probe::parts_of(value);
                    let span = self.original(value.span());
                    followed.stops.push(self.stop_at(Asked { span, with: "", parts }, before, &stopped, iteration));
                }
                held = found;
            }
        }
        followed.held = held.iter().map(candidate).collect();
    }

    /// The steps in an order in which each has what it needs, and for whom all up to it hold. That is the order of the text
    /// unless a variable is used above the place where it gets its value.
    fn order(
        steps: &[Step<'_>],
        iteration: Option<&Iteration>,
        found: impl Fn(&[&str], Option<&Iteration>) -> Option<Found>,
    ) -> Result<Vec<(usize, Found)>, String> {
        let mut waiting: Vec<usize> = (0..steps.len()).collect();
        let mut taken: Vec<usize> = Vec::new();
        let mut order = Vec::new();
        while !waiting.is_empty() {
            let next = waiting.iter().enumerate().find_map(|(at, index)| {
                let chosen = || taken.iter().chain([index]).filter_map(|index| steps.get(*index));
                let texts: Vec<&str> = chosen().map(|step| step.text.as_str()).collect();
                let key = iteration.filter(|_| chosen().any(|step| step.iterates));
                Some((at, found(&texts, key)?))
            });
            let (at, found) = next.ok_or_else(|| "its statements cannot be evaluated one by one".to_owned())?;
            let index = waiting.remove(at);
            taken.push(index);
            let ends = found.is_empty();
            order.push((index, found));
            if ends {
                break;
            }
        }
        Ok(order)
    }

    /// For whom these statements hold; without an iteration `true`, if they do.
    fn found(&self, statements: &[&str], key: Option<&Iteration>) -> Option<Found> {
        let last = format!("__found := {}", key.map_or("true", |key| key.key.as_str()));
        let statements: Vec<&str> = statements.iter().copied().chain([last.as_str()]).collect();
        self.probe.set("__found", &statements)
    }

    fn stop(&self, statement: &Stmt, before: &[&str], stopped: &Found, key: Option<&Iteration>) -> Stop {
        let with = statement.with_mods.first().zip(statement.with_mods.last());
        let with =
            with.map_or("", |(first, last)| self.probe.slice(Span::new(first.span.span().start, last.span.span().end)));
        let parts = probe::parts_of_literal(&statement.literal);
        self.stop_at(Asked { span: self.original(statement.span.span()), with, parts }, before, stopped, key)
    }

    fn stop_at(&self, asked: Asked<'_>, before: &[&str], stopped: &Found, key: Option<&Iteration>) -> Stop {
        let Asked { span, with, parts } = asked;
        let mut compared: Vec<Compared> = Vec::new();
        for part in parts.into_iter().filter(|part| !probe::is_constant(part)) {
            let shown = self.original(part.span());
            let expression = self.probe.text.file.slice(shown).to_owned();
            if expression.is_empty() || compared.iter().any(|other| other.expression == expression) {
                continue;
            }
            if let Some(values) = self.values(self.probe.slice(part.span()), before, with, key) {
                let of = |one: &Value| values.get(one).cloned().unwrap_or_default();
                let values: Vec<Vec<_>> = stopped.iter().take(MAX_VALUES).map(of).collect();
                // What is nothing but large says nothing.
                if values.iter().flatten().next().is_some() && values.iter().flatten().all(Option::is_none) {
                    continue;
                }
                compared.push(Compared { expression, steps: steps(part), values });
            }
        }
        Stop { span, candidates: key.map(|_| stopped.iter().map(candidate).collect()), compared }
    }

    /// What an expression is after these statements, for each candidate.
    fn values(
        &self,
        expression: &str,
        before: &[&str],
        with: &str,
        key: Option<&Iteration>,
    ) -> Option<BTreeMap<Value, Vec<Option<serde_json::Value>>>> {
        let key = key.map_or("true", |key| key.key.as_str());
        let last = format!("__value := {expression} {with}\n__found := [{key}, __value]");
        let statements: Vec<&str> = before.iter().copied().chain([last.as_str()]).collect();
        let mut values: BTreeMap<Value, Vec<Option<serde_json::Value>>> = BTreeMap::new();
        for pair in self.probe.set("__found", &statements)? {
            let Value::Array(pair) = pair else { continue };
            let [of, value] = pair.as_slice() else { continue };
            values.entry(of.clone()).or_default().push(value::to_json(value, CAPS).ok());
        }
        Some(values)
    }

    /// The rules that a statement refers to.
    fn uses(&self, statement: Option<&Stmt>) -> Vec<String> {
        let mut paths = Vec::new();
        for part in statement.map(|statement| iteration::collections(&statement.literal)).unwrap_or_default() {
            let Some(path) = part.path() else { continue };
            let parts = match path.parts.first().map(String::as_str) {
                Some("data") => path.parts,
                Some(_) => match probe::package_path(self.ast) {
                    Some(package) => package.into_iter().chain(path.parts).collect(),
                    None => continue,
                },
                None => continue,
            };
            let rules = || self.prepared.modules().iter().flat_map(|module| &module.rules);
            let found = (1..=parts.len())
                .rev()
                .filter_map(|end| parts.get(..end))
                .map(ast::join)
                .find(|path| rules().any(|rule| rule.path == *path));
            paths.extend(found);
        }
        paths.dedup();
        paths
    }

    fn original(&self, span: Span) -> Span {
        self.probe.text.original(self.probe.widen(span))
    }
}

/// The constant keys of a reference, up to the first computed one: what leads to the value.
fn steps(expr: &ast::Expr) -> Vec<String> {
    let mut steps = Vec::new();
    for step in expr.reference().1 {
        match step {
            ast::Step::Key(key) => steps.push(key.to_owned()),
            ast::Step::Dynamic(_) if steps.is_empty() => {}
            ast::Step::Dynamic(_) => {
                // `resource_changes[_].change` goes on behind the index; within a value it ends what is known.
                if steps.iter().any(|step| step == "before" || step == "after") {
                    break;
                }
            }
        }
    }
    steps
}

/// `[bindings, object]` as a candidate.
fn candidate(found: &Value) -> Candidate {
    let none = Candidate { address: None, deposed: None, value: None };
    let Value::Array(pair) = found else { return none };
    let [bindings, object] = pair.as_slice() else { return none };
    let text = |key: &str| match object {
        Value::Object(object) => match object.get(&Value::from(key)) {
            Some(Value::String(text)) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    };
    let address = text("address");
    // What has an address is called by it; of the rest the bindings say what it is.
    let value = if address.is_some() { None } else { value::to_json(bindings, CAPS).ok() };
    Candidate { address, deposed: text("deposed"), value }
}
