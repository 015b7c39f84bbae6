//! The static checks: what other engines refuse when they compile, and what this one would pass over in silence.
//!
//! Sees all files at once. Each check is a function from names to faults; none of them runs anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Span;

use super::RuleShape;
use super::ast::{self, Expr, Head, Rule, Step};
use super::builtins;
use super::dialect::Fault;
use super::names::{Callee, Names, Parts, Visit, Walker};
use super::safety;

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
    faults.extend(overlaps(names));
    faults.extend(cycles(names));
    faults
}

fn fault(span: Span, message: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { message: message.into(), help: help.into(), span }
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
                "no loaded file declares this package or rule, so it would always be undefined: correct the path or add the file",
            ));
        }
    }
    faults
}

/// Whether `path` leads to a rule, into one, or to a package.
fn exists(names: &Names<'_>, path: &[String]) -> bool {
    path.len() == 1
        || names.reached(path).next().is_some()
        || names.packages.iter().any(|package| package.starts_with(path))
}

impl Visit for References<'_> {
    fn global(&mut self, path: &[String], _: &[Step<'_>], span: Span) {
        if path.first().is_some_and(|root| root == "data") {
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
                "no loaded file declares this package: add the file, or remove the import",
            ));
        }
    }
    faults
}

/// The engine keeps imports per package, not per file: an alias of one file means the same in its neighbours, and of two
/// files that use one alias differently the last wins, without a word (regorus `src/interpreter.rs` `process_imports`).
fn alias_clashes(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    let package = names.package(module);
    let implicit = implicit_variables(names, module);
    for (other, imports) in names.imports.iter().enumerate().filter(|(other, _)| names.package(*other) == package) {
        for (alias, target) in imports {
            let other_file = names.modules.get(other).map_or("", |module| module.file.name());
            let own = names.alias(module, alias);
            let span = import_span(names, module, alias);
            if other == module && names.is_rule_name(module, alias) {
                faults.push(fault(
                    span,
                    format!("the import `{alias}` and a rule of this package have the same name"),
                    "rename one of them: only one would be seen",
                ));
            } else if other != module && own.is_some_and(|own| own != target) {
                faults.push(fault(
                    span,
                    format!("the import `{alias}` means something else in {other_file}, which has the same package"),
                    "give one of them another alias with `as`: the engine keeps one meaning per package",
                ));
            } else if let (None, Some(span)) = (own, implicit.get(alias)) {
                faults.push(fault(
                    *span,
                    format!(
                        "the variable `{alias}` is the name of an import in {other_file}, which has the same package"
                    ),
                    format!("declare it with `some {alias}`, or rename it"),
                ));
            }
        }
    }
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

#[derive(Default)]
struct Implicit(BTreeMap<String, Span>);

impl Visit for Implicit {
    fn global(&mut self, _: &[String], _: &[Step<'_>], _: Span) {}
    fn call(&mut self, _: &[String], _: &Callee, _: &[Expr], _: Span, _: bool) {}
    fn implicit(&mut self, name: &str, span: Span) {
        self.0.entry(name.to_owned()).or_insert(span);
    }
}

fn implicit_variables(names: &Names<'_>, module: usize) -> BTreeMap<String, Span> {
    let mut walker = Walker::new(names, module, Implicit::default());
    for rule in names.modules.get(module).into_iter().flat_map(|module| &module.ast.rules) {
        walker.rule(rule);
    }
    walker.visit.0
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
