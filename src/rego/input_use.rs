//! What the rules of a module read of `input`, by name; decides what a host attaches for whom.
//!
//! An over-approximation: a module counts as reading what every module it can reach reads.

use std::collections::BTreeSet;

use crate::source::Span;

use super::InputUse;
use super::ast::{Expr, Step};
use super::mentions;
use super::names::{Callee, Names, Parts, Visit, Walker};

#[derive(Default)]
struct Reads {
    whole: bool,
    /// `input[k]`: what is read is known only when it runs.
    computed: bool,
    tokens: BTreeSet<String>,
    data: BTreeSet<Parts>,
}

impl Visit for Reads {
    fn global(&mut self, path: &[String], steps: &[Step<'_>], _: Span) {
        match path {
            [root] if root == "input" => {
                self.whole = true;
                self.computed |= !steps.is_empty();
            }
            [root, token, ..] if root == "input" => {
                self.tokens.insert(token.clone());
            }
            _ => {
                self.data.insert(path.to_vec());
            }
        }
    }

    fn call(&mut self, _: &[String], callee: &Callee, _: &[Expr], _: Span, _: bool) {
        if let Callee::User { path, .. } = callee {
            self.data.insert(path.clone());
        }
    }
}

/// One entry per module.
pub(super) fn of_all(names: &Names<'_>, has_token: &[bool]) -> Vec<InputUse> {
    let mentions: Vec<bool> = names.modules.iter().map(|module| mentions::mentions(&module.ast.rules)).collect();
    let reads: Vec<Reads> = (0..names.modules.len()).map(|module| own(names, module)).collect();
    (0..reads.len())
        .map(|module| {
            let mut used = InputUse::default();
            let (mut computed, mut mentioned, mut token) = (false, false, false);
            for reached in reachable(names, &reads, module) {
                if let Some(reads) = reads.get(reached) {
                    used.whole |= reads.whole;
                    computed |= reads.computed;
                    used.tokens.extend(reads.tokens.iter().cloned());
                }
                mentioned |= mentions.get(reached).copied().unwrap_or_default();
                token |= has_token.get(reached).copied().unwrap_or_default();
            }
            used.mentions_plangate =
                used.tokens.contains(mentions::KEY) || (used.whole && mentioned) || (computed && token);
            used
        })
        .collect()
}

fn own(names: &Names<'_>, module: usize) -> Reads {
    let mut walker = Walker::new(names, module, Reads::default());
    for rule in names.modules.get(module).into_iter().flat_map(|module| &module.ast.rules) {
        walker.rule(rule);
    }
    walker.visit
}

/// The modules whose rules those of `start` may evaluate, itself included.
fn reachable(names: &Names<'_>, reads: &[Reads], start: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(module) = open.pop() {
        let paths = reads.get(module).into_iter().flat_map(|reads| &reads.data);
        let rules = paths.flat_map(|path| names.reached(path)).filter_map(|rule| names.rules.get(rule));
        for definition in rules.flatten() {
            if seen.insert(definition.module) {
                open.push(definition.module);
            }
        }
    }
    seen
}
