//! Which packages a module uses: what its rules refer to, and what it imports; and which functions it calls.
//!
//! Tells libraries from packages that nothing runs. Must not judge.

use std::collections::BTreeSet;

use crate::source::Span;

use super::ast::{self, Expr, Step};
use super::names::{Callee, Names, Parts, Visit, Walker};

#[derive(Default)]
struct Paths {
    all: BTreeSet<Parts>,
    called: BTreeSet<Parts>,
}

/// What a module uses.
#[derive(Default)]
pub(super) struct Uses {
    /// The other packages, without `data.`.
    pub(super) packages: BTreeSet<String>,
    /// The functions of loaded files that it calls, by their path.
    pub(super) functions: BTreeSet<String>,
}

impl Visit for Paths {
    fn global(&mut self, path: &[String], _: &[Step<'_>], _: Span) {
        self.all.insert(path.to_vec());
    }

    fn call(&mut self, _: &[String], callee: &Callee, _: &[Expr], _: Span, _: bool) {
        if let Callee::User { path, .. } = callee {
            self.all.insert(path.clone());
            self.called.insert(path.clone());
        }
    }
}

/// What a module uses itself.
pub(super) fn of(names: &Names<'_>, module: usize) -> Uses {
    let mut walker = Walker::new(names, module, Paths::default());
    for rule in names.modules.get(module).into_iter().flat_map(|module| &module.ast.rules) {
        walker.rule(rule);
    }
    let Paths { all: mut paths, called } = walker.visit;
    paths.extend(names.imports.get(module).into_iter().flat_map(|imports| imports.values().cloned()));
    let own = names.package(module);
    let definitions = paths
        .iter()
        .filter(|path| path.first().is_some_and(|root| root == "data"))
        .flat_map(|path| names.reached(path))
        .filter_map(|rule| names.rules.get(rule))
        .flatten();
    let packages = definitions
        .map(|definition| names.package(definition.module))
        .filter(|package| *package != own)
        .map(|package| ast::join(package.get(1..).unwrap_or_default()))
        .collect();
    Uses { packages, functions: called.iter().map(|path| ast::join(path)).collect() }
}
