//! The static checks: what other engines refuse when they compile, and what this one would pass over in silence.
//!
//! Sees all files at once. Each check is a function from names to faults; none of them runs anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Span;

use super::RuleShape;
use super::annotations;
use super::ast::{self, Expr, Head, Rule, Step};
use super::builtins;
use super::dialect::Fault;
use super::names::{Callee, Names, Parts, Visit, Walker, variables};
use super::safety;
use super::scan::Tokens;

/// All faults, by module.
pub(super) fn check(names: &Names<'_>) -> Vec<(usize, Fault)> {
    let mut faults = Vec::new();
    for (index, module) in names.modules.iter().enumerate() {
        if module.trusted {
            continue;
        }
        let mut found = references(names, index);
        found.extend(unresolved_imports(names, index));
        found.extend(alias_clashes(names, index));
        found.extend(lost_contains(&module.ast.rules));
        found.extend(safety::check(names, index));
        faults.extend(found.into_iter().map(|fault| (index, fault)));
    }
    faults.extend(unreadable_metadata(names));
    faults.extend(overlaps(names));
    faults.extend(data_overlaps(names));
    faults.extend(cycles(names));
    faults
}

fn fault(span: Span, message: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { message: message.into(), help: help.into(), span }
}

/// METADATA that cannot be read, where some rule asks for it.
fn unreadable_metadata(names: &Names<'_>) -> Vec<(usize, Fault)> {
    let modules = || names.modules.iter().enumerate();
    let asks = modules().filter(|(_, module)| module.mentions_metadata()).any(|(index, module)| {
        let mut walker = Walker::new(names, index, Metadata(false));
        module.ast.rules.iter().for_each(|rule| walker.rule(rule));
        walker.visit.0
    });
    let faults = modules().filter(|_| asks).map(|(index, module)| (index, annotations::faults(module)));
    faults.flat_map(|(index, faults)| faults.into_iter().map(move |fault| (index, fault))).collect()
}

struct Metadata(bool);

impl Visit for Metadata {
    fn builtin(&mut self, name: &str, _: usize, _: Span) {
        self.0 |= matches!(name, builtins::METADATA_CHAIN | builtins::METADATA_RULE);
    }

    fn global(&mut self, _: &[String], _: &[Step<'_>], _: Span) {}
    fn call(&mut self, _: &[String], _: &Callee, _: &[Expr], _: Span, _: bool) {}
}

struct References<'a> {
    names: &'a Names<'a>,
    module: usize,
    /// Paths that a `with` of this module puts something at.
    replaced: BTreeSet<Parts>,
    seen: Vec<(Parts, Span)>,
    faults: Vec<Fault>,
}

fn references(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let visit = References { names, module, replaced: BTreeSet::new(), seen: Vec::new(), faults: Vec::new() };
    let mut walker = Walker::new(names, module, visit);
    for rule in names.modules.get(module).into_iter().flat_map(|module| &module.ast.rules) {
        walker.rule(rule);
    }
    let References { replaced, seen, mut faults, .. } = walker.visit;
    for (path, span) in seen {
        let replaced = replaced.iter().any(|with| path.starts_with(with) || with.starts_with(&path));
        if !replaced && !exists(names, &path) {
            faults.push(fault(
                span,
                format!("nothing provides `{}`", ast::join(&path)),
                "no loaded file declares this package or rule, so it would always be undefined: correct the path, add the file, or name \
                 the data with `--data`",
            ));
        }
    }
    faults
}

/// Whether `path` leads to a rule, into one, to a package, or to data.
fn exists(names: &Names<'_>, path: &[String]) -> bool {
    let in_data = || names.data.is_some_and(|data| data.get(path.get(1..).unwrap_or_default()).is_some());
    path.len() == 1
        || in_data()
        || names.reached(path).next().is_some()
        || names.packages.iter().any(|package| package.starts_with(path))
}

impl References<'_> {
    /// Whether the first of these steps behind bare `data` has a value when the engine gets there: only then does it
    /// evaluate the rules the reference leads to.
    fn leads_on(&self, steps: &[Step<'_>]) -> bool {
        match steps.first() {
            Some(Step::Dynamic(Expr::Var { value, span })) => {
                self.names.global(self.module, value).is_some() || self.is_bound_before(value, span.span())
            }
            Some(Step::Dynamic(expr)) => !matches!(expr, Expr::Array { .. } | Expr::Object { .. }),
            Some(Step::Key(_)) | None => false,
        }
    }

    /// Whether this variable is an argument of its rule, or stands in its body above, other than after a mere `some`.
    fn is_bound_before(&self, name: &str, span: Span) -> bool {
        let Some(module) = self.names.modules.get(self.module) else { return false };
        let around = |rule: &&Rule| rule.span().start <= span.start && span.end <= rule.span().end;
        let Some(rule) = module.ast.rules.iter().find(around) else { return false };
        if let Rule::Spec { head: Head::Func { args, .. }, .. } = rule
            && args.iter().flat_map(variables).any(|arg| arg == name)
        {
            return true;
        }
        let above = rule.head_span().end.max(rule.span().start).min(span.start);
        let body = module.file.slice(Span::new(above, span.start));
        let tokens = Tokens::lenient(body).tokens;
        let words: Vec<&str> = tokens.iter().filter_map(|token| body.get(token.span.start..token.span.end)).collect();
        name != "_" && words.iter().enumerate().any(|(at, word)| *word == name && !is_mere_some(&words, at))
    }
}

/// Whether the name at this index only is declared: `some a, name`, without `in` behind; or is a step of a reference.
fn is_mere_some(words: &[&str], at: usize) -> bool {
    let before = words.get(..at).unwrap_or_default();
    let start = before.iter().rposition(|word| *word != "," && !is_word(word)).map_or(0, |start| start + 1);
    let list = before.get(start..).unwrap_or_default();
    let in_some = list.iter().rposition(|word| *word == "some").is_some_and(|some| {
        list.get(some + 1..).unwrap_or_default().iter().enumerate().all(|(at, word)| (*word == ",") == (at % 2 == 1))
    });
    let mut behind = words.get(at + 1..).unwrap_or_default().iter();
    let bound = loop {
        match behind.next() {
            Some(&"in") => break true,
            Some(&",") => {
                behind.next();
            }
            _ => break false,
        }
    };
    before.last() == Some(&".") || (in_some && !bound)
}

fn is_word(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Visit for References<'_> {
    fn global(&mut self, path: &[String], steps: &[Step<'_>], span: Span) {
        if path.len() == 1 && path.first().is_some_and(|root| root == "data") && !self.leads_on(steps) {
            self.faults.push(fault(
                span,
                "a reference to `data` must name the package it reads",
                "write `data.<package>`: the engine evaluates no rules for what goes through all packages, so it would \
                 find nothing",
            ));
        } else if path.first().is_some_and(|root| root == "data") {
            self.seen.push((path.to_vec(), span));
        }
    }

    fn call(&mut self, called: &[String], callee: &Callee, params: &[Expr], span: Span, statement: bool) {
        let given = params.len();
        let wrong = |expected: usize| {
            let noun = crate::text::count(expected, "argument");
            fault(span, format!("`{}` takes {noun}, not {given}", called.join(".")), "correct the call")
        };
        match callee {
            Callee::Unknown(name) => {
                let help = builtins::why_missing(name).unwrap_or(
                    "no builtin and no loaded file has it: correct the name, or add the file that declares it",
                );
                self.faults.push(fault(span, format!("there is no function `{name}`"), help));
            }
            Callee::User { arity, .. } if given != *arity && !(statement && given == arity + 1) => {
                self.faults.push(wrong(*arity));
            }
            Callee::Builtin(builtins::Builtin { arity: Some(arity), ours, name }) => {
                if statement && given == arity + 1 && *ours {
                    self.faults.push(fault(
                        span,
                        format!("`{name}` cannot take its result as a last argument"),
                        format!("write `result := {name}(…)`"),
                    ));
                } else if given != *arity && !(statement && given == arity + 1) {
                    self.faults.push(wrong(*arity));
                }
                self.faults.extend(constant_pattern(name, params));
                if name.starts_with("time.") && params.iter().any(mentions_local_zone) {
                    self.faults.push(fault(
                        span,
                        "the time zone \"Local\" is that of the machine",
                        "name a zone: the same plan must give the same answer everywhere",
                    ));
                }
            }
            Callee::User { .. } | Callee::Builtin(_) => {}
        }
    }

    fn replaced(&mut self, path: &[String], span: Span) {
        self.replaced.insert(path.to_vec());
        let function = matches!(self.names.callee(self.module, path), Callee::User { .. } | Callee::Builtin(_));
        let document = path.first().is_some_and(|root| root == "input" || root == "data");
        if !function && !document {
            self.faults.push(fault(
                span,
                format!("`with` replaces `{}`, which is nothing that can be replaced", path.join(".")),
                "name `input`, a path under `data`, or a function",
            ));
        }
    }
}

/// A pattern that does not compile is undefined wherever it is used.
fn constant_pattern(name: &str, params: &[Expr]) -> Option<Fault> {
    let pattern = params.get(builtins::pattern_argument(name)?)?;
    let (Expr::String { value, .. } | Expr::RawString { value, .. }) = pattern else { return None };
    let reason = builtins::pattern_fault(value)?;
    Some(fault(
        pattern.span(),
        format!("`{name}` cannot use this pattern: {reason}"),
        "patterns are those of RE2, without look-around and back-references: correct it, the rule would never fire",
    ))
}

fn mentions_local_zone(expr: &Expr) -> bool {
    matches!(expr, Expr::String { value, .. } | Expr::RawString { value, .. } if value == "Local")
        || expr.children().into_iter().any(mentions_local_zone)
}

fn unresolved_imports(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let imports = names.modules.get(module).into_iter().flat_map(|module| &module.ast.imports);
    let mut faults = Vec::new();
    for import in imports {
        let Some(path) = import.refr.path() else { continue };
        if path.parts.first().is_some_and(|root| root == "data") && !exists(names, &path.parts) {
            faults.push(fault(
                import.span.span(),
                format!("nothing provides `{}`", ast::join(&path.parts)),
                "no loaded file declares this package: add the file, name the data with `--data`, or remove the import",
            ));
        }
    }
    faults
}

/// An import that a rule of the package hides, and imports of a file that hide each other.
fn alias_clashes(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let own = names.imports.get(module).into_iter().flatten().filter(|(alias, _)| names.is_rule_name(module, alias));
    let mut faults: Vec<Fault> = own
        .map(|(alias, _)| {
            fault(
                import_span(names, module, alias),
                format!("the import `{alias}` and a rule of this package have the same name"),
                "rename one of them: only one would be seen",
            )
        })
        .collect();
    faults.extend(repeated_imports(names, module));
    faults
}

fn repeated_imports(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for import in names.modules.get(module).into_iter().flat_map(|module| &module.ast.imports) {
        let Some(path) = import.refr.path() else { continue };
        let text = names.modules.get(module).map(|module| &module.file);
        let alias = import.r#as.map(|range| text.map_or("", |file| file.slice(range.span())).to_owned());
        let Some(alias) = alias.or_else(|| path.parts.last().cloned()) else { continue };
        if names.alias(module, &alias).is_some_and(|target| *target != path.parts) {
            faults.push(fault(
                import.span.span(),
                format!("another import of this file is called `{alias}` too"),
                "give one of them another alias with `as`",
            ));
        }
    }
    faults
}

fn import_span(names: &Names<'_>, module: usize, alias: &str) -> Span {
    let Some(module) = names.modules.get(module) else { return Span::default() };
    let import = module.ast.imports.iter().find(|import| match import.r#as {
        Some(range) => module.file.slice(range.span()) == alias,
        None => import.refr.path().is_some_and(|path| path.parts.last().is_some_and(|last| last == alias)),
    });
    import.map_or_else(Span::default, |import| import.span.span())
}

/// `deny[msg] if { … }` without `contains` makes an object `{msg: true}`, not a set of messages.
fn lost_contains(rules: &[Rule]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in rules {
        let Rule::Spec { head: Head::Compr { refr, assign: None, span }, .. } = rule else { continue };
        let Expr::RefBrack { refr: name, index, .. } = refr else { continue };
        let Expr::Var { value: name, .. } = &**name else { continue };
        let constant = matches!(**index, Expr::String { .. } | Expr::RawString { .. });
        if !constant && is_verdict_name(name) {
            faults.push(fault(
                span.span(),
                format!("`{name}[…] if` yields an object, not a set of messages"),
                format!("write `{name} contains … if`"),
            ));
        }
    }
    faults
}

/// `deny`, `violation`, `warn` and their suffixed forms, as conftest has them.
fn is_verdict_name(name: &str) -> bool {
    ["deny", "violation", "warn"]
        .iter()
        .any(|verdict| name.strip_prefix(verdict).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
}

/// Two declarations of which only one would be seen.
fn overlaps(names: &Names<'_>) -> Vec<(usize, Fault)> {
    let mut faults = Vec::new();
    for (path, definitions) in &names.rules {
        let Some(first) = definitions.first() else { continue };
        if let Some(other) = definitions.iter().find(|other| !compatible(first.shape, other.shape)) {
            let message = format!(
                "`{}` is declared in two ways: once as a {}, once as a {}",
                ast::join(path),
                shape(first.shape),
                shape(other.shape)
            );
            faults.push((other.module, fault(other.span, message, "rename one of them")));
        }
        if let Some((module, package)) =
            names.packages.iter().enumerate().find(|(_, package)| package.starts_with(path))
        {
            let span = names.modules.get(module).map_or_else(Span::default, |module| module.ast.package.span.span());
            let rule = names.modules.get(first.module).map_or("", |module| module.file.name());
            let message =
                format!("the package `{}` lies over the rule `{}` of {rule}", ast::join(package), ast::join(path));
            faults.push((module, fault(span, message, "rename one of them: one would hide the other")));
        }
        let below = names.rules.range(path.clone()..).nth(1).filter(|(below, _)| below.starts_with(path));
        if let Some((below, inner)) = below
            && !definitions.iter().all(|definition| definition.shape == RuleShape::PartialObject)
            && let Some(inner) = inner.first()
        {
            let message = format!("the rule `{}` lies below the rule `{}`", ast::join(below), ast::join(path));
            faults.push((inner.module, fault(inner.span, message, "rename one of them: one would hide the other")));
        }
    }
    faults
}

/// A rule in the place of data: only one would be seen.
fn data_overlaps(names: &Names<'_>) -> Vec<(usize, Fault)> {
    let Some(data) = names.data.filter(|data| !data.is_empty()) else { return Vec::new() };
    let overlaps = names.rules.iter().filter(|(path, _)| {
        let below = path.get(1..).unwrap_or_default();
        data.get(below).is_some() || data.blocked(below)
    });
    overlaps
        .filter_map(|(path, definitions)| {
            let first = definitions.first()?;
            let message = format!("the data given to policies has a value at the rule `{}`", ast::join(path));
            Some((first.module, fault(first.span, message, "rename the rule, or take the value out of the data")))
        })
        .collect()
}

fn compatible(a: RuleShape, b: RuleShape) -> bool {
    // `default p := {}` beside `p[x] := y` is of two shapes and legal nowhere; OPA refuses it too.
    a == b
}

fn shape(shape: RuleShape) -> &'static str {
    match shape {
        RuleShape::Complete => "single value",
        RuleShape::PartialSet => "set",
        RuleShape::PartialObject => "object",
        RuleShape::Function => "function",
    }
}

#[derive(Default)]
struct Uses(Vec<Use>);

/// A reference: its constant path, the steps behind it (`None`: computed), its place.
struct Use {
    path: Parts,
    rest: Vec<Option<String>>,
    span: Span,
}

impl Use {
    /// Whether the steps behind the path can lead to or into this rule.
    fn fits(&self, rule: &[String]) -> bool {
        let behind = rule.get(self.path.len()..).unwrap_or_default();
        behind.iter().zip(&self.rest).all(|(part, step)| step.as_ref().is_none_or(|step| step == part))
    }
}

impl Visit for Uses {
    fn global(&mut self, path: &[String], steps: &[Step<'_>], span: Span) {
        let rest = steps.iter().map(|step| step.key().map(str::to_owned)).collect();
        self.0.push(Use { path: path.to_vec(), rest, span });
    }

    fn call(&mut self, _: &[String], callee: &Callee, _: &[Expr], span: Span, _: bool) {
        if let Callee::User { path, .. } = callee {
            self.0.push(Use { path: path.clone(), rest: Vec::new(), span });
        }
    }
}

/// Rules and functions that lead back to themselves: the engine overflows its stack on functions, which ends the process.
fn cycles(names: &Names<'_>) -> Vec<(usize, Fault)> {
    let graph = call_graph(names);
    let mut done = BTreeSet::new();
    let mut faults = Vec::new();
    for start in graph.keys() {
        if let Some((cycle, (module, span))) = find_cycle(&graph, start, &mut done) {
            let way = cycle.iter().map(|path| ast::join(path)).collect::<Vec<_>>().join(" → ");
            let message = format!("the rule depends on itself: {way}");
            faults
                .push((module, fault(span, message, "break the circle: a rule cannot be evaluated by way of itself")));
        }
    }
    faults
}

type Edge<'a> = (&'a Parts, (usize, Span));
type Graph = BTreeMap<Parts, BTreeMap<Parts, (usize, Span)>>;

fn call_graph(names: &Names<'_>) -> Graph {
    let mut graph = Graph::new();
    for (index, module) in names.modules.iter().enumerate() {
        for rule in &module.ast.rules {
            let mut from = names.package(index).to_vec();
            from.extend(rule.refr().path().map(|path| path.parts).unwrap_or_default());
            let mut walker = Walker::new(names, index, Uses::default());
            walker.rule(rule);
            let edges = graph.entry(from).or_default();
            for used in walker.visit.0.iter().filter(|used| used.path.first().is_some_and(|root| root == "data")) {
                for rule in names.reached(&used.path).filter(|rule| used.fits(rule)) {
                    edges.entry(rule.clone()).or_insert((index, used.span));
                }
            }
        }
    }
    graph
}

/// The first way from `start` that meets itself, without recursion: chains of calls may be long.
fn find_cycle(graph: &Graph, start: &Parts, done: &mut BTreeSet<Parts>) -> Option<(Vec<Parts>, (usize, Span))> {
    if done.contains(start) {
        return None;
    }
    let mut way: Vec<(&Parts, Vec<Edge<'_>>)> = Vec::new();
    let edges =
        |path: &Parts| graph.get(path).into_iter().flatten().rev().map(|(to, at)| (to, *at)).collect::<Vec<_>>();
    way.push((graph.get_key_value(start)?.0, edges(start)));
    let mut cycle = None;
    while let Some((path, open)) = way.last_mut() {
        let Some((next, at)) = open.pop() else {
            done.insert((*path).clone());
            way.pop();
            continue;
        };
        if let Some(from) = way.iter().position(|(path, _)| *path == next) {
            let found = way.iter().skip(from).map(|(path, _)| (*path).clone()).chain([next.clone()]);
            cycle.get_or_insert_with(|| (found.collect(), at));
        } else if !done.contains(next) {
            way.push((next, edges(next)));
        }
    }
    cycle
}
