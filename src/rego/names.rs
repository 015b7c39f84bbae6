//! What a name in a policy means: rule, function, import, builtin or local variable.
//!
//! Follows the engine's resolution (regorus `src/interpreter.rs`, `eval_call_impl`, `resolve_fcn_path_through_imports`), so
//! that what is checked is what runs. Must not judge; `check` and `safety` do.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::Data;
use crate::source::Span;

use super::ast::{AssignOp, Expr, Head, Literal, Query, Range, Rule, Step, Stmt};
use super::builtins;
use super::load::Parsed;
use super::negation;
use super::{DefinitionInfo, RuleShape};

/// A path from its root: `["data", "main", "deny"]`.
pub(super) type Parts = Vec<String>;

/// One rule path of all loaded files.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) shape: RuleShape,
    /// Number of arguments of a function.
    pub(super) arity: Option<usize>,
    pub(super) module: usize,
    pub(super) span: Span,
    pub(super) parts: DefinitionInfo,
}

/// All names that loaded files declare.
pub(super) struct Names<'a> {
    pub(super) modules: &'a [Parsed],
    pub(super) rules: BTreeMap<Parts, Vec<Definition>>,
    pub(super) packages: Vec<Parts>,
    /// Per module: alias → what it stands for.
    pub(super) imports: Vec<BTreeMap<String, Parts>>,
    /// What is under `data` beside rules.
    pub(super) data: Option<&'a Data>,
}

/// What a call means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Callee {
    /// A function of a loaded file.
    User { path: Parts, arity: usize },
    /// A builtin of the engine or of ours.
    Builtin(&'static builtins::Builtin),
    /// Nothing.
    Unknown(String),
}

impl Callee {
    /// Its number of arguments, if that is fixed.
    pub(super) fn arity(&self) -> Option<usize> {
        match self {
            Self::User { arity, .. } => Some(*arity),
            Self::Builtin(builtin) => builtin.arity,
            Self::Unknown(_) => None,
        }
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(modules: &'a [Parsed]) -> Self {
        let packages: Vec<Parts> = modules.iter().map(|module| data_path(&module.ast.package.refr)).collect();
        let mut rules: BTreeMap<Parts, Vec<Definition>> = BTreeMap::new();
        for (index, (module, package)) in modules.iter().zip(&packages).enumerate() {
            for rule in &module.ast.rules {
                let (path, definition) = define(rule, package, index, &module.text);
                rules.entry(path).or_default().push(definition);
            }
        }
        let imports = modules.iter().map(imports).collect();
        Self { modules, rules, packages, imports, data: None }
    }

    /// The same names, where files may refer to this data too.
    pub(super) fn with_data(self, data: &'a Data) -> Self {
        Self { data: Some(data), ..self }
    }

    pub(super) fn package(&self, module: usize) -> &[String] {
        self.packages.get(module).map_or(&[], Vec::as_slice)
    }

    pub(super) fn alias(&self, module: usize, name: &str) -> Option<&Parts> {
        self.imports.get(module)?.get(name)
    }

    /// Whether a string of a file stands for a constant that is nested too deep to be looked at.
    pub(super) fn is_deep_constant(&self, module: usize, string: Span) -> bool {
        let constants = self.modules.get(module).map_or(&[][..], |module| &module.constants);
        constants.iter().any(|constant| constant.span.start <= string.start && string.start < constant.span.end)
    }

    /// Whether the package of this module has a rule whose path starts with `name`. Packages below it do not count.
    pub(super) fn is_rule_name(&self, module: usize, name: &str) -> bool {
        let package = self.package(module);
        let mut path = package.to_vec();
        path.push(name.to_owned());
        let below = self.rules.range(path.clone()..).take_while(|(rule, _)| rule.starts_with(&path));
        below.flat_map(|(_, definitions)| definitions).any(|definition| self.package(definition.module) == package)
    }

    /// What a variable that no scope declares stands for: `None` means a variable after all.
    pub(super) fn global(&self, module: usize, name: &str) -> Option<Parts> {
        match name {
            "input" | "data" => Some(vec![name.to_owned()]),
            _ => self.alias(module, name).cloned().or_else(|| {
                let mut path = self.package(module).to_vec();
                path.push(name.to_owned());
                self.is_rule_name(module, name).then_some(path)
            }),
        }
    }

    fn function(&self, path: &[String]) -> Option<Callee> {
        let definitions = self.rules.get(path)?;
        let arity = definitions.iter().find_map(|definition| definition.arity)?;
        Some(Callee::User { path: path.to_vec(), arity })
    }

    /// What a called path means.
    pub(super) fn callee(&self, module: usize, called: &[String]) -> Callee {
        let (root, rest) = called.split_first().map_or(("", called), |(root, rest)| (root.as_str(), rest));
        let imported = self.alias(module, root).filter(|target| target.first().is_some_and(|first| first == "data"));
        let through_import = imported.and_then(|target| self.function(&[target, rest].concat()));
        let own = || {
            let base = if root == "data" { &[] } else { self.package(module) };
            self.function(&[base, called].concat())
        };
        let name = called.join(".");
        through_import
            .or_else(own)
            .or_else(|| builtins::find(&name).map(Callee::Builtin))
            .unwrap_or(Callee::Unknown(name))
    }

    /// The rules a reference to `path` may evaluate: the rule it leads into, or all below it.
    pub(super) fn reached<'s>(&'s self, path: &'s [String]) -> impl Iterator<Item = &'s Parts> {
        let below =
            self.rules.range(path.to_vec()..).map(|(rule, _)| rule).take_while(move |rule| rule.starts_with(path));
        let above = (1..path.len()).filter_map(move |len| {
            let (rule, _) = self.rules.get_key_value(path.get(..len)?)?;
            Some(rule)
        });
        above.chain(below)
    }
}

/// `refr` as a path under `data`.
pub(super) fn data_path(refr: &Expr) -> Parts {
    let mut parts = vec!["data".to_owned()];
    parts.extend(refr.path().map(|path| path.parts).unwrap_or_default());
    parts
}

pub(super) fn define(rule: &Rule, package: &[String], module: usize, text: &str) -> (Parts, Definition) {
    let mut path = package.to_vec();
    let refr = rule.refr().path();
    let complete = refr.as_ref().is_none_or(|path| path.complete);
    path.extend(refr.map(|path| path.parts).unwrap_or_default());
    let (shape, arity) = match rule {
        Rule::Spec { head: Head::Func { args, .. }, .. } => (RuleShape::Function, Some(args.len())),
        Rule::Default { args, .. } if !args.is_empty() => (RuleShape::Function, Some(args.len())),
        Rule::Spec { head: Head::Set { .. }, .. } if complete => (RuleShape::PartialSet, None),
        _ if complete => (RuleShape::Complete, None),
        _ => (RuleShape::PartialObject, None),
    };
    let parts = DefinitionInfo {
        span: rule.span(),
        value: rule.value_start(),
        body: rule.body_start(),
        chained: rule.is_chained(text),
    };
    (path, Definition { shape, arity, module, span: rule.head_span(), parts })
}

fn imports(module: &Parsed) -> BTreeMap<String, Parts> {
    let mut found = BTreeMap::new();
    for import in &module.ast.imports {
        let Some(path) = import.refr.path() else { continue };
        if matches!(path.parts.first().map(String::as_str), Some("rego" | "future")) {
            continue;
        }
        let alias = import
            .r#as
            .map_or_else(|| path.parts.last().cloned(), |range| Some(module.file.slice(range.span()).to_owned()));
        if let Some(alias) = alias {
            found.insert(alias, path.parts);
        }
    }
    found
}

/// What a walk meets.
pub(super) trait Visit {
    /// A reference (or a plain variable) to something global; `path` is resolved, `steps` are those behind it that the path
    /// leaves out, the first of them computed.
    fn global(&mut self, path: &[String], steps: &[Step<'_>], span: Span);
    /// A call. `statement`: it stands alone, where a last argument may take the result.
    fn call(&mut self, called: &[String], callee: &Callee, params: &[Expr], span: Span, statement: bool);
    /// The target of a `with`.
    fn replaced(&mut self, _path: &[String], _span: Span) {}
    /// The first name of a reference that is an import, and what it stands for.
    fn alias(&mut self, _target: &[String], _span: Span) {}
    /// What `some … in` goes through.
    fn iterated(&mut self, _collection: &Expr) {}
    /// A call of this builtin, from its name to its last bracket.
    fn builtin(&mut self, _name: &str, _given: usize, _call: Span) {}
    /// A statement with `not`, and the expressions in it that must have a value for it to hold.
    fn negated(&mut self, _statement: &Stmt, _operands: &[&Expr]) {}
    /// A variable that a scope declares, where it is declared and wherever it is used.
    fn local(&mut self, _name: &str, _span: Span) {}
}

/// Goes through all rules of a module, telling names apart.
pub(super) struct Walker<'a, V> {
    names: &'a Names<'a>,
    module: usize,
    text: &'a str,
    scopes: Vec<BTreeSet<&'a str>>,
    pub(super) visit: V,
}

impl<'a, V: Visit> Walker<'a, V> {
    pub(super) fn new(names: &'a Names<'a>, module: usize, visit: V) -> Self {
        let text = names.modules.get(module).map_or("", |module| module.file.text());
        Self { names, module, text, scopes: Vec::new(), visit }
    }

    pub(super) fn rule(&mut self, rule: &'a Rule) {
        match rule {
            Rule::Default { value, args, .. } => {
                self.arguments(args);
                self.expr(value);
            }
            Rule::Spec { head, bodies, .. } => {
                let (args, outputs): (&[Expr], Vec<&Expr>) = match head {
                    Head::Func { args, assign, .. } => (args, assign.iter().map(|a| &a.value).collect()),
                    Head::Compr { assign, .. } => (&[], assign.iter().map(|a| &a.value).collect()),
                    Head::Set { key, .. } => (&[], key.iter().collect()),
                };
                self.arguments(args);
                let (_, steps) = rule.refr().reference();
                let indexes: Vec<&Expr> = steps.iter().filter_map(Step::dynamic).collect();
                if bodies.is_empty() {
                    for expr in outputs.iter().chain(&indexes) {
                        self.expr(expr);
                    }
                }
                for (index, body) in bodies.iter().enumerate() {
                    // What stands in the head is seen by the first body alone; `else` has a value of its own.
                    let head = outputs.iter().chain(&indexes).filter(|_| index == 0).copied();
                    let outputs: Vec<&'a Expr> = head.chain(body.assign.iter().map(|assign| &assign.value)).collect();
                    self.query(&body.query, &outputs);
                }
            }
        }
        self.scopes.clear();
    }

    fn arguments(&mut self, args: &'a [Expr]) {
        self.scopes.push(args.iter().flat_map(variables).collect());
        for arg in args {
            self.expr(arg);
        }
    }

    fn query(&mut self, query: &'a Query, outputs: &[&'a Expr]) {
        self.scopes.push(declared(query, self.text));
        for stmt in &query.stmts {
            self.stmt(stmt);
        }
        for expr in outputs {
            self.expr(expr);
        }
        self.scopes.pop();
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        for with in &stmt.with_mods {
            if let Some(path) = with.refr.path() {
                self.imported(&with.refr);
                let target = self.resolve(&path.parts).unwrap_or(path.parts);
                self.visit.replaced(&target, with.refr.span());
            }
            self.expr(&with.r#as);
        }
        match &stmt.literal {
            Literal::SomeVars { vars } => self.declares(vars),
            Literal::SomeIn { key, value, collection } => {
                self.visit.iterated(collection);
                for expr in key.iter().chain([value, collection]) {
                    self.expr(expr);
                }
            }
            Literal::Expr { expr: Expr::Call { fcn, params, span } } => self.call(fcn, params, span.span(), true),
            Literal::Expr { expr } => self.expr(expr),
            Literal::NotExpr { expr } => {
                self.expr(expr);
                let is_reference = |name: &str| matches!(self.resolve_root(name), Resolved::Global(_));
                let operands = negation::operands(expr, &is_reference);
                self.visit.negated(stmt, &operands);
            }
            Literal::Every { key, value, domain, query } => {
                self.expr(domain);
                let bound = key.iter().chain([value]);
                self.scopes.push(bound.clone().map(|range| slice(self.text, range.span())).collect());
                self.declares(bound);
                self.query(query, &[]);
                self.scopes.pop();
            }
        }
    }

    /// Tells of names that stand where they are declared.
    fn declares<'r>(&mut self, names: impl IntoIterator<Item = &'r Range>) {
        for span in names.into_iter().map(|range| range.span()) {
            let name = slice(self.text, span);
            if name != "_" {
                self.visit.local(name, span);
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call { fcn, params, span } => self.call(fcn, params, span.span(), false),
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr),
            _ => match expr.comprehension() {
                Some((query, outputs)) => self.query(query, &outputs),
                None => expr.children().into_iter().for_each(|child| self.expr(child)),
            },
        }
    }

    fn call(&mut self, fcn: &'a Expr, params: &'a [Expr], whole: Span, statement: bool) {
        if let Some(path) = fcn.path() {
            let callee = self.names.callee(self.module, &path.parts);
            self.called_import(fcn, &callee);
            self.visit.call(&path.parts, &callee, params, fcn.span(), statement);
            if let Callee::Builtin(builtin) = callee {
                self.visit.builtin(builtin.name, params.len(), whole);
            }
        }
        for param in params {
            self.expr(param);
        }
    }

    /// Tells of a reference that starts with an import.
    fn imported(&mut self, expr: &'a Expr) {
        let (Expr::Var { value, span }, _) = expr.reference() else { return };
        if let (Resolved::Global(_), Some(target)) = (self.resolve_root(value), self.names.alias(self.module, value))
            && !matches!(value.as_str(), "input" | "data")
        {
            self.visit.alias(target, span.span());
        }
    }

    /// Tells of a call by way of an import. Local variables hide no functions.
    fn called_import(&mut self, fcn: &'a Expr, callee: &Callee) {
        let (Expr::Var { value, span }, steps) = fcn.reference() else { return };
        if let (Callee::User { path, .. }, Some(target)) = (callee, self.names.alias(self.module, value))
            && path.len() == target.len() + steps.len()
            && path.starts_with(target)
        {
            self.visit.alias(target, span.span());
        }
    }

    fn reference(&mut self, expr: &'a Expr) {
        self.imported(expr);
        let (root, steps) = expr.reference();
        for index in steps.iter().filter_map(Step::dynamic) {
            self.expr(index);
        }
        match root {
            Expr::Var { value, span } => match self.resolve_root(value) {
                Resolved::Global(mut path) => {
                    let constant = steps.iter().map_while(Step::key);
                    path.extend(constant.map(str::to_owned));
                    let rest = steps.iter().position(|step| step.key().is_none()).and_then(|at| steps.get(at..));
                    self.visit.global(&path, rest.unwrap_or_default(), expr.span());
                }
                Resolved::Local if self.is_declared(value) => self.visit.local(value, span.span()),
                Resolved::Local => {}
            },
            root => self.expr(root),
        }
    }

    fn resolve_root(&self, name: &str) -> Resolved {
        if name == "_" || self.is_declared(name) {
            return Resolved::Local;
        }
        self.names.global(self.module, name).map_or(Resolved::Local, Resolved::Global)
    }

    fn is_declared(&self, name: &str) -> bool {
        name != "_" && self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn resolve(&self, parts: &[String]) -> Option<Parts> {
        let (root, rest) = parts.split_first()?;
        match self.resolve_root(root) {
            Resolved::Global(path) => Some([path, rest.to_vec()].concat()),
            Resolved::Local => None,
        }
    }
}

enum Resolved {
    Global(Parts),
    Local,
}

impl<'a> Step<'a> {
    pub(super) fn dynamic(&self) -> Option<&'a Expr> {
        match self {
            Self::Dynamic(expr) => Some(expr),
            Self::Key(_) => None,
        }
    }

    pub(super) fn key(&self) -> Option<&'a str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Dynamic(_) => None,
        }
    }
}

/// All variables of a pattern.
pub(super) fn variables(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Var { value, .. } => vec![value],
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().flat_map(variables).collect(),
        Expr::Object { fields, .. } => fields.iter().flat_map(|(_, _, value)| variables(value)).collect(),
        _ => Vec::new(),
    }
}

/// Variables that a query declares itself: `some x`, `some x in`, `x :=`.
pub(super) fn declared<'a>(query: &'a Query, text: &'a str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for stmt in &query.stmts {
        match &stmt.literal {
            Literal::SomeIn { key, value, .. } => names.extend(key.iter().chain([value]).flat_map(variables)),
            Literal::Expr { expr: Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } } => names.extend(variables(lhs)),
            Literal::SomeVars { vars } => names.extend(vars.iter().map(|range| slice(text, range.span()))),
            _ => {}
        }
    }
    names.remove("_");
    names
}

/// The text of a span.
pub(super) fn slice(text: &str, span: Span) -> &str {
    text.get(span.start..span.end).unwrap_or_default()
}
