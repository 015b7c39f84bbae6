//! Which packages a module uses: what its rules refer to, and what it imports.
//!
//! Tells libraries from packages that nothing runs. Must not judge.

use std::collections::BTreeSet;

use crate::source::Span;

use super::ast::{self, Expr, Step};
use super::names::{Callee, Names, Parts, Visit, Walker};

#[derive(Default)]
struct Paths(BTreeSet<Parts>);

impl Visit for Paths {
    fn global(&mut self, path: &[String], _: &[Step<'_>], _: Span) {
        self.0.insert(path.to_vec());
    }

    fn call(&mut self, _: &[String], callee: &Callee, _: &[Expr], _: Span, _: bool) {
        if let Callee::User { path, .. } = callee {
            self.0.insert(path.clone());
        }
    }
}

/// The other packages that a module uses itself, without `data.`.
pub(super) fn packages(names: &Names<'_>, module: usize) -> BTreeSet<String> {
    let mut walker = Walker::new(names, module, Paths::default());
    for rule in names.modules.get(module).into_iter().flat_map(|module| &module.ast.rules) {
        walker.rule(rule);
    }
    let Paths(mut paths) = walker.visit;
    paths.extend(names.imports.get(module).into_iter().flat_map(|imports| imports.values().cloned()));
    let own = names.package(module);
    let definitions = paths
        .iter()
        .filter(|path| path.first().is_some_and(|root| root == "data"))
        .flat_map(|path| names.reached(path))
        .filter_map(|rule| names.rules.get(rule))
        .flatten();
    definitions
        .map(|definition| names.package(definition.module))
        .filter(|package| *package != own)
        .map(|package| ast::join(package.get(1..).unwrap_or_default()))
        .collect()
}
