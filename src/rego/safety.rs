//! Safety of variables: every variable of a rule must get a value from some statement.
//!
//! OPA refuses an unsafe variable ("var x is unsafe") when it compiles. The engine orders statements as well as it can,
//! says so on standard error (regorus `src/scheduler.rs`), and evaluates the rest as undefined: the rule never fires.
//! The rule used here is OPA's (<https://www.openpolicyagent.org/docs/faq#safety>): a statement can run once what it needs
//! has a value, and gives values to what it binds.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Span;

use super::ast::{AssignOp, Expr, Head, Literal, Query, Rule, Step, Stmt};
use super::dialect::Fault;
use super::names::{Callee, Names, declared, slice, variables};

/// The faults of a module's rules.
pub(super) fn check(names: &Names<'_>, module: usize) -> Vec<Fault> {
    let Some(parsed) = names.modules.get(module) else { return Vec::new() };
    let mut checker = Checker { names, module, text: parsed.file.text(), faults: Vec::new() };
    for rule in &parsed.ast.rules {
        checker.rule(rule);
    }
    checker.faults
}

type Vars<'a> = BTreeSet<&'a str>;

/// What holds around a query.
#[derive(Debug, Clone, Default)]
struct Around<'a> {
    /// Variables with a value.
    safe: Vars<'a>,
    /// Names that a scope declares: variables even where a rule has the same name.
    declared: Vars<'a>,
    /// Variables of the queries around, with a value or not yet.
    known: Vars<'a>,
}

/// What a statement takes and gives.
#[derive(Debug, Default)]
struct Effect<'a> {
    needs: BTreeMap<&'a str, Span>,
    binds: Vars<'a>,
}

struct Checker<'a> {
    names: &'a Names<'a>,
    module: usize,
    text: &'a str,
    faults: Vec<Fault>,
}

/// One thing to put in order: a statement, or what the rule yields.
#[derive(Clone, Copy)]
enum Item<'a> {
    Stmt(&'a Stmt),
    Output(&'a Expr),
}

impl<'a> Checker<'a> {
    fn rule(&mut self, rule: &'a Rule) {
        let Rule::Spec { head, bodies, .. } = rule else { return };
        let mut around = Around::default();
        let mut outputs: Vec<&Expr> = Vec::new();
        let mut partial = false;
        match head {
            Head::Func { args, assign, .. } => {
                around.safe.extend(args.iter().flat_map(variables));
                outputs.extend(assign.iter().map(|assign| &assign.value));
            }
            Head::Compr { assign, refr, .. } => {
                partial = matches!(refr, Expr::RefBrack { .. });
                outputs.extend(assign.iter().map(|assign| &assign.value));
            }
            Head::Set { key, .. } => {
                partial = true;
                outputs.extend(key);
            }
        }
        let (_, steps) = rule.refr().reference();
        outputs.extend(steps.iter().filter_map(Step::dynamic));
        around.declared.clone_from(&around.safe);
        around.known.clone_from(&around.safe);
        if bodies.is_empty() {
            self.query(&[], &Vars::new(), &outputs, &around);
        }
        for (index, body) in bodies.iter().enumerate() {
            let own: Vec<&Expr> = body.assign.iter().map(|assign| &assign.value).collect();
            let head = index == 0 || (partial && own.is_empty());
            let outputs = if head { &outputs } else { &own };
            self.query(&body.query.stmts, &declared(&body.query, self.text), outputs, &around);
        }
    }

    fn query(&mut self, stmts: &'a [Stmt], own: &Vars<'a>, outputs: &[&'a Expr], around: &Around<'a>) {
        let mut here = around.clone();
        here.safe.retain(|name| !own.contains(name));
        here.declared.extend(own);
        let items: Vec<Item<'a>> =
            stmts.iter().map(Item::Stmt).chain(outputs.iter().map(|expr| Item::Output(expr))).collect();
        for item in &items {
            here.known.extend(self.shallow(*item, &here));
        }
        let mut open = items.clone();
        loop {
            let before = open.len();
            open.retain(|item| {
                let effect = self.effect(*item, &here);
                let ready = effect.needs.is_empty();
                if ready {
                    here.safe.extend(effect.binds);
                }
                !ready
            });
            if open.is_empty() || open.len() == before {
                break;
            }
        }
        self.report(&open, &mut here);
        for item in items {
            self.nested(item, &here);
        }
    }

    fn report(&mut self, open: &[Item<'a>], here: &mut Around<'a>) {
        let mut unsafe_vars: BTreeMap<&str, Span> = BTreeMap::new();
        for item in open {
            for (name, span) in self.effect(*item, here).needs {
                unsafe_vars.entry(name).or_insert(span);
            }
        }
        let bound: Vars<'a> = open.iter().flat_map(|item| self.effect(*item, here).binds).collect();
        here.safe.extend(unsafe_vars.keys());
        // One mistake, one problem: what would be bound from it is not wrong by itself. In a circle the first stands for all.
        let roots = unsafe_vars.iter().filter(|(name, _)| !bound.contains(**name)).count();
        let mut shown: Vec<_> = unsafe_vars.into_iter().collect();
        match roots {
            0 => shown.truncate(1),
            _ => shown.retain(|(name, _)| !bound.contains(name)),
        }
        for (name, span) in shown {
            self.faults.push(Fault {
                message: format!("the variable `{name}` never gets a value"),
                help: format!(
                    "assign it with `{name} := …`, or bind it with `some {name} in …`; without a value the rule would never fire"
                ),
                span,
            });
        }
    }

    /// Checks the queries within a statement.
    fn nested(&mut self, item: Item<'a>, here: &Around<'a>) {
        let Item::Stmt(stmt) = item else {
            let Item::Output(expr) = item else { return };
            return self.nested_in(expr, here);
        };
        for with in &stmt.with_mods {
            self.nested_in(&with.r#as, here);
        }
        match &stmt.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection } => {
                for expr in key.iter().chain([value, collection]) {
                    self.nested_in(expr, here);
                }
            }
            Literal::Expr { expr } | Literal::NotExpr { expr } => self.nested_in(expr, here),
            Literal::Every { domain, query, .. } => {
                self.nested_in(domain, here);
                let mut inner = here.clone();
                let bound: Vec<&str> = self.every_names(&stmt.literal);
                inner.safe.extend(&bound);
                inner.declared.extend(&bound);
                self.query(&query.stmts, &declared(query, self.text), &[], &inner);
            }
        }
    }

    fn nested_in(&mut self, expr: &'a Expr, here: &Around<'a>) {
        if let Some((query, outputs)) = expr.comprehension() {
            self.query(&query.stmts, &declared(query, self.text), &outputs, here);
        }
        for child in expr.children() {
            self.nested_in(child, here);
        }
    }

    fn every_names(&self, literal: &Literal) -> Vec<&'a str> {
        match literal {
            Literal::Every { key, value, .. } => {
                key.iter().chain([value]).map(|range| slice(self.text, range.span())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn is_variable(&self, name: &str, here: &Around<'_>) -> bool {
        name != "_" && (here.declared.contains(name) || self.names.global(self.module, name).is_none())
    }

    /// The variables of a statement outside of the queries within it.
    fn shallow(&self, item: Item<'a>, here: &Around<'a>) -> Vars<'a> {
        let mut exprs: Vec<&Expr> = match item {
            Item::Output(expr) => vec![expr],
            Item::Stmt(stmt) => {
                let mut exprs: Vec<&Expr> = self.replacements(stmt).collect();
                match &stmt.literal {
                    Literal::SomeVars { .. } => {}
                    Literal::SomeIn { key, value, collection } => exprs.extend(key.iter().chain([value, collection])),
                    Literal::Expr { expr } | Literal::NotExpr { expr } => exprs.push(expr),
                    Literal::Every { domain, .. } => exprs.push(domain),
                }
                exprs
            }
        };
        let mut found = Vars::new();
        while let Some(expr) = exprs.pop() {
            match expr {
                Expr::Var { value, .. } if self.is_variable(value, here) => {
                    found.insert(value);
                }
                // The name of a function is no variable.
                Expr::Call { params, .. } => exprs.extend(params),
                _ => exprs.extend(expr.children()),
            }
        }
        found
    }

    fn effect(&self, item: Item<'a>, here: &Around<'a>) -> Effect<'a> {
        let mut effect = Effect::default();
        match item {
            Item::Output(expr) => self.term(expr, here, &mut effect),
            Item::Stmt(stmt) => {
                for value in self.replacements(stmt) {
                    self.term(value, here, &mut effect);
                }
                self.literal(&stmt.literal, here, &mut effect);
            }
        }
        effect.settle();
        effect
    }

    fn literal(&self, literal: &'a Literal, here: &Around<'a>, effect: &mut Effect<'a>) {
        match literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection } => {
                self.term(collection, here, effect);
                effect.settle();
                for expr in key.iter().chain([value]) {
                    self.pattern(expr, here, effect);
                }
            }
            Literal::Expr { expr: Expr::Call { fcn, params, .. } } => {
                let result = self.has_result_argument(fcn, params);
                let (given, result) = params.split_at(params.len() - usize::from(result));
                for expr in given {
                    self.term(expr, here, effect);
                }
                effect.settle();
                for expr in result {
                    self.pattern(expr, here, effect);
                }
            }
            Literal::Expr { expr } => self.term(expr, here, effect),
            Literal::NotExpr { expr } => {
                self.term(expr, here, effect);
                // A negated statement gives no values: what it would bind, it needs.
                let span = expr.span();
                for name in std::mem::take(&mut effect.binds) {
                    if !here.safe.contains(name) {
                        effect.needs.entry(name).or_insert(span);
                    }
                }
            }
            Literal::Every { domain, query, .. } => {
                self.term(domain, here, effect);
                let hidden: Vars<'a> = self.every_names(literal).into_iter().collect();
                self.closure(query, &[], &hidden, here, effect);
            }
        }
    }

    /// The values of `with`, without functions that stand in for functions.
    fn replacements(&self, stmt: &'a Stmt) -> impl Iterator<Item = &'a Expr> {
        stmt.with_mods.iter().map(|with| &with.r#as).filter(|value| {
            let callee = value.path().map(|path| self.names.callee(self.module, &path.parts));
            !matches!(callee, Some(Callee::User { .. } | Callee::Builtin(_)))
        })
    }

    fn has_result_argument(&self, fcn: &Expr, params: &[Expr]) -> bool {
        let Some(path) = fcn.path() else { return false };
        match self.names.callee(self.module, &path.parts) {
            Callee::User { arity, .. } => params.len() == arity + 1,
            Callee::Builtin(builtin) => builtin.arity.is_some_and(|arity| params.len() == arity + 1),
            // It is refused for that; that its result has no value would be a second problem of the same mistake.
            Callee::Unknown(_) => !params.is_empty(),
        }
    }

    /// An expression whose value is wanted.
    fn term(&self, expr: &'a Expr, here: &Around<'a>, effect: &mut Effect<'a>) {
        match expr {
            Expr::Var { value, span } => {
                if self.is_variable(value, here) && !here.safe.contains(value.as_str()) {
                    effect.needs.entry(value).or_insert(span.span());
                }
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                let (root, steps) = expr.reference();
                self.term(root, here, effect);
                for index in steps.iter().filter_map(Step::dynamic) {
                    match index {
                        Expr::Var { .. } | Expr::Array { .. } | Expr::Object { .. } => {
                            self.pattern(index, here, effect);
                        }
                        _ => self.term(index, here, effect),
                    }
                }
            }
            Expr::Call { params, .. } => params.iter().for_each(|param| self.term(param, here, effect)),
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                self.term(rhs, here, effect);
                effect.settle();
                self.pattern(lhs, here, effect);
            }
            Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => self.unify(lhs, rhs, here, effect),
            _ => match expr.comprehension() {
                Some((query, outputs)) => self.closure(query, &outputs, &Vars::new(), here, effect),
                None => expr.children().into_iter().for_each(|child| self.term(child, here, effect)),
            },
        }
    }

    /// An expression that takes a value apart.
    fn pattern(&self, expr: &'a Expr, here: &Around<'a>, effect: &mut Effect<'a>) {
        match expr {
            Expr::Var { value, .. } => {
                if self.is_variable(value, here) {
                    effect.binds.insert(value);
                }
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.pattern(item, here, effect)),
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.term(key, here, effect);
                    self.pattern(value, here, effect);
                }
            }
            _ => self.term(expr, here, effect),
        }
    }

    /// `lhs = rhs`: the side that has a value gives it to the other; arrays are taken pair by pair.
    fn unify(&self, lhs: &'a Expr, rhs: &'a Expr, here: &Around<'a>, effect: &mut Effect<'a>) {
        for (from, to) in [(rhs, lhs), (lhs, rhs)] {
            let mut one_way = Effect::default();
            self.term(from, here, &mut one_way);
            one_way.settle();
            if one_way.needs.is_empty() {
                self.pattern(to, here, &mut one_way);
                one_way.settle();
                if one_way.needs.is_empty() {
                    effect.binds.extend(one_way.binds);
                    return;
                }
            }
        }
        match (lhs, rhs) {
            (Expr::Array { items: left, .. }, Expr::Array { items: right, .. }) if left.len() == right.len() => {
                for (left, right) in left.iter().zip(right) {
                    let mut grown = here.clone();
                    grown.safe.extend(&effect.binds);
                    self.unify(left, right, &grown, effect);
                }
            }
            _ => {
                self.term(rhs, here, effect);
                self.term(lhs, here, effect);
            }
        }
    }

    /// A query within an expression: it needs the variables it shares with the queries around it.
    fn closure(
        &self,
        query: &'a Query,
        outputs: &[&'a Expr],
        hidden: &Vars<'a>,
        here: &Around<'a>,
        effect: &mut Effect<'a>,
    ) {
        let mut free = BTreeMap::new();
        self.free(query, outputs, hidden, here, &mut free);
        for (name, span) in free {
            if here.known.contains(name) && !here.safe.contains(name) {
                effect.needs.entry(name).or_insert(span);
            }
        }
    }

    fn free(
        &self,
        query: &'a Query,
        outputs: &[&'a Expr],
        hidden: &Vars<'a>,
        here: &Around<'a>,
        found: &mut BTreeMap<&'a str, Span>,
    ) {
        let mut hidden = hidden.clone();
        hidden.extend(declared(query, self.text));
        let mut exprs: Vec<&Expr> = outputs.to_vec();
        for stmt in &query.stmts {
            exprs.extend(self.replacements(stmt));
            match &stmt.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection } => exprs.extend(key.iter().chain([value, collection])),
                Literal::Expr { expr } | Literal::NotExpr { expr } => exprs.push(expr),
                Literal::Every { domain, query, .. } => {
                    exprs.push(domain);
                    let mut inner = hidden.clone();
                    inner.extend(self.every_names(&stmt.literal));
                    self.free(query, &[], &inner, here, found);
                }
            }
        }
        while let Some(expr) = exprs.pop() {
            if let Some((query, outputs)) = expr.comprehension() {
                self.free(query, &outputs, &hidden, here, found);
            }
            match expr {
                Expr::Var { value, span } if !hidden.contains(value.as_str()) && self.is_variable(value, here) => {
                    found.entry(value).or_insert(span.span());
                }
                Expr::Call { params, .. } => exprs.extend(params),
                _ => exprs.extend(expr.children()),
            }
        }
    }
}

impl Effect<'_> {
    /// What the statement binds by itself it does not need.
    fn settle(&mut self) {
        let binds = &self.binds;
        self.needs.retain(|name, _| !binds.contains(name));
    }
}
