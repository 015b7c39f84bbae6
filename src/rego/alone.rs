//! Definitions of a rule as rules of their own, so that each can be run by itself: the engine takes all definitions of a name
//! for one rule, which holds where one of them does.
//!
//! Each is copied into a helper module of its package, in a clone of the engine, on the lines it has in its file. A definition
//! with a computed step in its name (`test_x[case]`) becomes two sets: what it yields, and the cases it came to, which are those
//! of its body up to the statement where all variables of that step have been met. Judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Span;

use super::ast::{Body, Head, Literal, Rule, Step, Stmt};
use super::rewrite::{EngineText, on_one_line};
use super::run::Prepared;
use super::scan::{Kind, Tokens};
use super::{Dialect, probe, trace};

/// Name of the helper rules; policies do not use it by accident.
const PREFIX: &str = "__plangate_alone";

/// A definition, by its file and the whole of it.
pub(super) type Definition = (String, Span);

/// The paths under which a definition is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// The definition. With cases it yields pairs: the steps of the name that are computed and those behind, and the value.
    pub rule: String,
    /// Where its name has a computed step: all that these steps are, whether or not the rest of the body holds.
    pub cases: Option<String>,
}

/// The engine with the helper modules, and where in it each definition is.
pub(super) fn run(
    prepared: &Arc<Prepared>,
    definitions: Vec<Definition>,
) -> Result<(Prepared, Vec<Option<Alone>>), String> {
    let answer = trace::spawn(prepared, move |prepared| add(prepared, &definitions));
    trace::wait(prepared, &answer)
}

fn add(prepared: &Prepared, definitions: &[Definition]) -> Result<(Prepared, Vec<Option<Alone>>), String> {
    let mut engine = prepared.engine()?;
    let mut found: Vec<Option<Alone>> = vec![None; definitions.len()];
    let mut by_file: BTreeMap<&str, Vec<(usize, Span)>> = BTreeMap::new();
    for (index, (file, span)) in definitions.iter().enumerate() {
        by_file.entry(file).or_default().push((index, *span));
    }
    for text in prepared.texts() {
        let Some(wanted) = by_file.get(text.file.name()) else { continue };
        let Some(copies) = Copies::of(text, wanted, &mut found) else { continue };
        for module in copies.modules() {
            engine.set_rego_v0(text.dialect == Dialect::V0);
            // Under the name of the file: that is where errors and coverage are.
            engine.add_policy(text.file.name().to_owned(), module).map_err(|error| error.to_string())?;
        }
    }
    // Prepares the modules once, for all jobs.
    engine.eval_bool_query("true".to_owned(), false).map_err(|error| error.to_string())?;
    Ok((prepared.with_engine(engine)?, found))
}

/// A span of the text and what takes its place.
type Copy = (Span, String);

/// The helper modules of one file.
struct Copies<'a> {
    text: &'a EngineText,
    header: usize,
    rules: Vec<Copy>,
    cases: Vec<Copy>,
}

impl<'a> Copies<'a> {
    fn of(text: &'a EngineText, wanted: &[(usize, Span)], found: &mut [Option<Alone>]) -> Option<Self> {
        let ast = probe::parse(text)?;
        let package = probe::package(&ast)?;
        let header = ast.rules.iter().map(|rule| rule.span().start).min()?;
        let source = Source { text, tokens: Tokens::lenient(text.text()) };
        let mut copies = Self { text, header, rules: Vec::new(), cases: Vec::new() };
        for (index, definition) in wanted {
            let is_meant = |rule: &&Rule| text.original(rule.span()).start == definition.start;
            let Some(rule) = ast.rules.iter().find(is_meant) else { continue };
            let name = format!("{PREFIX}_{index}");
            let keys = source.keys(rule);
            if keys.is_empty() {
                copies.rules.push(source.renamed(rule, &name));
            } else {
                let statements = statements(rule)?;
                let yielded = rule.value().map_or("true", |value| source.slice(value.span()));
                let met = source.met(rule, statements);
                copies.rules.push(source.set(rule, &name, &format!("[{keys}, {yielded}]"), statements));
                let to = statements.get(..met).unwrap_or_default();
                copies.cases.push(source.set(rule, &format!("{name}_cases"), &keys, to));
            }
            if let Some(slot) = found.get_mut(*index) {
                let cases = (!keys.is_empty()).then(|| format!("{package}.{name}_cases"));
                *slot = Some(Alone { rule: format!("{package}.{name}"), cases });
            }
        }
        Some(copies)
    }

    /// The texts: of the lines of the file, with nothing but the package, the imports and the copies.
    fn modules(mut self) -> Vec<String> {
        let text = self.text.text();
        let mut modules = Vec::new();
        for mut copies in [std::mem::take(&mut self.rules), std::mem::take(&mut self.cases)] {
            if copies.is_empty() {
                continue;
            }
            copies.sort();
            let mut module = text.get(..self.header).unwrap_or_default().to_owned();
            let mut at = self.header;
            for (span, copy) in copies {
                module.push_str(&line_ends(text.get(at..span.start).unwrap_or_default()));
                module.push_str(&copy);
                at = span.end;
            }
            module.push('\n');
            modules.push(module);
        }
        modules
    }
}

/// The statements of a rule that has one body at most.
fn statements(rule: &Rule) -> Option<&[Stmt]> {
    match rule {
        Rule::Spec { bodies, .. } => match bodies.as_slice() {
            [] => Some(&[]),
            [Body { query, .. }] => Some(&query.stmts),
            _ => None,
        },
        Rule::Default { .. } => None,
    }
}

fn line_ends(text: &str) -> String {
    text.chars().filter(|c| *c == '\n').collect()
}

/// The text of a file, to cut pieces from.
struct Source<'a> {
    text: &'a EngineText,
    tokens: Tokens,
}

impl Source<'_> {
    fn slice(&self, span: Span) -> &str {
        let span = self.tokens.widen(span);
        self.text.text().get(span.start..span.end).unwrap_or_default()
    }

    /// The rule under another name.
    fn renamed(&self, rule: &Rule, name: &str) -> Copy {
        let (whole, refr) = (self.tokens.widen(rule.span()), self.tokens.widen(rule.refr().span()));
        let before = self.slice(Span::new(whole.start, refr.start.max(whole.start)));
        let behind = self.text.text().get(refr.end..whole.end).unwrap_or_default();
        (whole, format!("{before}{name}{behind}"))
    }

    /// The steps of a rule's name from the first that is computed, as an array; empty where none is.
    fn keys(&self, rule: &Rule) -> String {
        let keys: Vec<String> = computed(rule)
            .map(|step| match step {
                Step::Key(key) => serde_json::Value::from(key).to_string(),
                Step::Dynamic(expr) => on_one_line(self.slice(expr.span())),
            })
            .collect();
        if keys.is_empty() { String::new() } else { format!("[{}]", keys.join(", ")) }
    }

    /// How many statements it takes until every variable of the name has been met.
    fn met(&self, rule: &Rule, statements: &[Stmt]) -> usize {
        let names: Vec<&str> =
            computed(rule).filter_map(|step| step.dynamic()).flat_map(|expr| self.words(expr.span())).collect();
        let meets = |statement: &Stmt, name: &str| {
            !matches!(statement.literal, Literal::SomeVars { .. }) && self.words(statement.span.span()).contains(&name)
        };
        let first = |name: &&str| statements.iter().position(|statement| meets(statement, name));
        names.iter().filter_map(first).max().map_or(0, |last| last + 1)
    }

    /// The names in a span that may be variables.
    fn words(&self, span: Span) -> Vec<&str> {
        let within =
            self.tokens.tokens.iter().filter(|token| span.start <= token.span.start && token.span.end <= span.end);
        let names = within.filter(|token| token.kind == Kind::Ident);
        names.filter_map(|token| self.text.text().get(token.span.start..token.span.end)).collect()
    }

    /// A set with this element for every way in which the statements hold, in place of the rule.
    fn set(&self, rule: &Rule, name: &str, element: &str, statements: &[Stmt]) -> Copy {
        let whole = self.tokens.widen(rule.span());
        let place = |statement: &Stmt| self.tokens.widen(statement.span.span());
        let spans = statements.first().map(place).zip(statements.last().map(place));
        let element = on_one_line(element);
        let head = match self.text.dialect {
            Dialect::V0 => format!("{name}[{element}]"),
            _ => format!("{name} contains {element} if"),
        };
        let text = self.text.text();
        let Some((first, last)) = spans else { return (whole, format!("{head} {{ true }}")) };
        let before = line_ends(text.get(whole.start..first.start).unwrap_or_default());
        let body = text.get(first.start..last.end).unwrap_or_default();
        let behind = line_ends(text.get(last.end..whole.end).unwrap_or_default());
        (whole, format!("{head} {{ {before}{body} }}{behind}"))
    }
}

/// The steps of a rule's name from the first that is computed.
fn computed(rule: &Rule) -> impl Iterator<Item = Step<'_>> {
    let is_set = matches!(rule, Rule::Spec { head: Head::Set { .. }, .. });
    let steps = if is_set { Vec::new() } else { rule.refr().reference().1 };
    let from = steps.iter().position(|step| step.key().is_none()).unwrap_or(steps.len());
    steps.into_iter().skip(from)
}
