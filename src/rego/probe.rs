//! Why a rule does not hold: its statements evaluated one more at a time, then the parts of the first that fails.
//!
//! The statements become rules of a helper module in the rule's package, in a clone of the engine, so that what is found is what
//! the engine says and not what we read into the text. What cannot be taken apart gives nothing. Judges nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use regorus::{Engine, Value};

use crate::source::{SourceFile, Span};

use super::ast::{self, AssignOp, Ast, Body, Expr, Literal, Rule, Stmt};
use super::rewrite::EngineText;
use super::run::Prepared;
use super::scan::Tokens;
use super::{Dialect, Job, Operand, Unmet, trace, value};

/// Name of the helper rules; policies do not use it by accident.
const PREFIX: &str = "__plangate_probe";
/// Most values shown of an expression that has several, one for each binding of its variables.
const MAX_VALUES: usize = 3;

/// Looks for the statement of one definition that does not hold. `None` where all do, or it cannot be told.
pub(super) fn run(prepared: &Arc<Prepared>, job: Job, file: &SourceFile, definition: Span) -> Option<Unmet> {
    let name = file.name().to_owned();
    let answer = trace::spawn(prepared, move |prepared| Ok(probe(prepared, job, &name, definition)));
    trace::wait(prepared, &answer).ok().flatten()
}

fn probe(prepared: &Prepared, job: Job, name: &str, definition: Span) -> Option<Unmet> {
    let text = prepared.texts().iter().find(|text| text.file.name() == name)?;
    let ast = parse(text)?;
    let rule = ast.rules.iter().find(|rule| text.original(rule.span()).start == definition.start)?;
    let Rule::Spec { bodies, .. } = rule else { return None };
    // Of `else` only the engine knows which branch counts.
    let body = match bodies.as_slice() {
        [] => None,
        [body] => Some(body),
        _ => return None,
    };
    Probe::new(prepared, job, text, &ast)?.look(rule, body)
}

/// The tree of the text the engine has.
pub(super) fn parse(text: &EngineText) -> Option<Ast> {
    let mut engine = Engine::new();
    engine.set_gather_prints(true);
    engine.set_policy_length_config(super::load::LENGTHS);
    engine.set_rego_v0(text.dialect == Dialect::V0);
    engine.add_policy(text.file.name().to_owned(), text.text().to_owned()).ok()?;
    ast::read(&engine.get_ast_as_json().ok()?).ok()
}

/// Everything in front of the first rule: the package and the imports that make keywords.
fn header<'a>(text: &'a EngineText, ast: &Ast) -> &'a str {
    let first = ast.rules.iter().map(|rule| rule.span().start).min().unwrap_or_default();
    text.text().get(..first).unwrap_or_default()
}

/// The package, with `data`, as text.
pub(super) fn package(ast: &Ast) -> Option<String> {
    Some(ast::join(&package_path(ast)?))
}

/// The package, with `data`.
pub(super) fn package_path(ast: &Ast) -> Option<Vec<String>> {
    let mut path = vec!["data".to_owned()];
    path.extend(ast.package.refr.path()?.parts);
    Some(path)
}

/// An engine with an input, to put statements of one file into.
pub(super) struct Probe<'a> {
    /// Has the input; cloned for every helper module.
    engine: Engine,
    pub(super) text: &'a EngineText,
    tokens: Tokens,
    header: &'a str,
    package: String,
}

impl<'a> Probe<'a> {
    pub(super) fn new(prepared: &Prepared, job: Job, text: &'a EngineText, ast: &Ast) -> Option<Self> {
        Some(Self {
            engine: trace::lax_engine(prepared, job.input).ok()?,
            text,
            tokens: Tokens::lenient(text.text()),
            header: header(text, ast),
            package: package(ast)?,
        })
    }

    /// What a variable of these statements is, each value once; `None` where the engine refuses them or they fail.
    pub(super) fn set(&self, variable: &str, statements: &[&str]) -> Option<BTreeSet<Value>> {
        let mut engine = self.engine_with(&self.rule(0, Some(variable), statements))?;
        match self.value(&mut engine, 0)? {
            Value::Set(found) => Some(found.iter().cloned().collect()),
            Value::Undefined => Some(BTreeSet::new()),
            _ => None,
        }
    }

    fn look(&self, rule: &Rule, body: Option<&Body>) -> Option<Unmet> {
        let statements: &[Stmt] = body.map_or(&[], |body| &body.query.stmts);
        let texts: Vec<&str> = statements.iter().map(|statement| self.slice(statement.span.span())).collect();
        let held = self.held(&texts)?;
        let before = texts.get(..held)?;
        if let Some(statement) = statements.get(held) {
            let with = statement.with_mods.first().zip(statement.with_mods.last());
            let with =
                with.map_or("", |(first, last)| self.slice(Span::new(first.span.span().start, last.span.span().end)));
            let parts = parts_of_literal(&statement.literal);
            return Some(self.unmet(statement.span.span(), before, with, parts));
        }
        // Everything in the body holds: it is the value that is not true.
        let value = rule.value()?;
        let mut parts = vec![value];
        parts.extend(parts_of(value));
        Some(self.unmet(value.span(), before, "", parts))
    }

    /// How many statements hold, counted from the first.
    fn held(&self, texts: &[&str]) -> Option<usize> {
        if texts.is_empty() {
            return Some(0);
        }
        let rules: Vec<String> =
            (0..texts.len()).map(|at| self.rule(at, None, texts.get(..=at).unwrap_or_default())).collect();
        let mut engine = self.engine_with(&rules.concat())?;
        for at in 0..texts.len() {
            if self.value(&mut engine, at)? != Value::from(true) {
                return Some(at);
            }
        }
        Some(texts.len())
    }

    fn unmet(&self, span: Span, before: &[&str], with: &str, parts: Vec<&Expr>) -> Unmet {
        let span = self.text.original(self.tokens.widen(span));
        let mut operands: Vec<Operand> = Vec::new();
        for part in parts.into_iter().filter(|part| !is_constant(part)) {
            let shown = self.text.original(self.tokens.widen(part.span()));
            let expression = self.text.file.slice(shown).to_owned();
            if expression.is_empty() || operands.iter().any(|operand| operand.expression == expression) {
                continue;
            }
            if let Some(values) = self.values(self.slice(part.span()), before, with) {
                operands.push(Operand { expression, values });
            }
        }
        Unmet { file: self.text.file.clone(), span, operands }
    }

    /// What an expression is after these statements, for each binding of their variables.
    fn values(&self, expression: &str, before: &[&str], with: &str) -> Option<Vec<String>> {
        let last = format!("__value := {expression} {with}");
        let statements: Vec<&str> = before.iter().copied().chain([last.as_str()]).collect();
        let found = self.set("__value", &statements)?;
        let mut values: Vec<String> = found.iter().take(MAX_VALUES).map(value::to_rego).collect();
        if found.len() > MAX_VALUES {
            values.push(format!("… ({} values)", found.len()));
        }
        Some(values)
    }

    /// A helper rule; with a key it is a set.
    fn rule(&self, at: usize, key: Option<&str>, statements: &[&str]) -> String {
        let body = statements.join("\n");
        match (self.text.dialect, key) {
            (Dialect::V0, None) => format!("{PREFIX}_{at} = true {{\n{body}\n}}\n"),
            (Dialect::V0, Some(key)) => format!("{PREFIX}_{at}[{key}] {{\n{body}\n}}\n"),
            (_, None) => format!("{PREFIX}_{at} := true if {{\n{body}\n}}\n"),
            (_, Some(key)) => format!("{PREFIX}_{at} contains {key} if {{\n{body}\n}}\n"),
        }
    }

    fn engine_with(&self, rules: &str) -> Option<Engine> {
        let mut engine = self.engine.clone();
        engine.set_rego_v0(self.text.dialect == Dialect::V0);
        engine.add_policy(format!("{PREFIX}.rego"), format!("{}\n{rules}", self.header)).ok()?;
        Some(engine)
    }

    /// What a helper rule is; `None` where the engine refuses it or it fails.
    fn value(&self, engine: &mut Engine, at: usize) -> Option<Value> {
        engine.eval_rule(format!("{}.{PREFIX}_{at}", self.package)).ok()
    }

    /// The text under a span of the tree.
    pub(super) fn slice(&self, span: Span) -> &str {
        let span = self.widen(span);
        self.text.text().get(span.start..span.end).unwrap_or_default()
    }

    /// Spans of the tree leave out the quotes of strings at their ends.
    pub(super) fn widen(&self, span: Span) -> Span {
        self.tokens.widen(span)
    }
}

/// The parts of a statement that say why it does not hold.
pub(super) fn parts_of_literal(literal: &Literal) -> Vec<&Expr> {
    match literal {
        Literal::SomeVars { .. } => Vec::new(),
        Literal::SomeIn { collection, .. } => with_arguments(vec![collection]),
        Literal::Every { domain, .. } => with_arguments(vec![domain]),
        Literal::Expr { expr } | Literal::NotExpr { expr } => parts_of(expr),
    }
}

pub(super) fn parts_of(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BoolExpr { lhs, rhs, .. } | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
            with_arguments(vec![lhs, rhs])
        }
        Expr::AssignExpr { rhs, .. } => with_arguments(vec![rhs]),
        Expr::Membership { value, collection, .. } => with_arguments(vec![value, collection]),
        Expr::RefBrack { refr, .. } => vec![expr, refr],
        other => with_arguments(vec![other]),
    }
}

/// These, and what is given to those that are calls.
fn with_arguments(parts: Vec<&Expr>) -> Vec<&Expr> {
    let arguments = parts.clone().into_iter().filter_map(|part| match part {
        Expr::Call { params, .. } => Some(params),
        _ => None,
    });
    let arguments: Vec<&Expr> = arguments.flatten().collect();
    parts.into_iter().chain(arguments).collect()
}

/// Whether the text says what the value is.
pub(super) fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::String { .. } | Expr::RawString { .. } | Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. } => {
            true
        }
        Expr::Array { .. } | Expr::Set { .. } | Expr::Object { .. } => expr.children().into_iter().all(is_constant),
        _ => false,
    }
}
