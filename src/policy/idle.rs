//! Packages that nothing runs: libraries, and what may have been meant to judge.
//!
//! A policy whose entry point nobody knows would look like one that finds nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::conventions;
use super::metadata;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Attachment, ModuleInfo, RuleShape};

/// What the packages of the repository without an entry point are for.
#[derive(Default)]
pub(super) struct Idle {
    /// Those that may have been meant to judge.
    pub(super) problems: Vec<Problem>,
    /// Remarks on those that nothing uses.
    pub(super) notes: Vec<String>,
    /// Those that some package with an entry point uses.
    pub(super) libraries: BTreeSet<String>,
}

/// Looks at the packages of the repository that nothing runs. `run` are the packages with an entry point.
pub(super) fn packages(modules: &[ModuleInfo], run: &BTreeSet<&str>) -> Idle {
    let mut packages: BTreeMap<&str, Vec<&ModuleInfo>> = BTreeMap::new();
    for module in modules.iter().filter(|module| !module.trusted) {
        packages.entry(&module.package).or_default().push(module);
    }
    let used = used(&packages, run);
    let mut idle = Idle {
        libraries: used.iter().filter(|package| !run.contains(*package)).map(|&package| package.to_owned()).collect(),
        ..Idle::default()
    };
    for (package, modules) in packages.into_iter().filter(|(package, _)| !used.contains(package)) {
        let judges = modules.iter().copied().find(|module| may_judge(module));
        match judges {
            Some(module) if !modules.iter().any(|module| is_library(module)) => {
                idle.problems.push(problem(module, &modules));
            }
            _ if modules.iter().all(|module| module.rules.is_empty()) => {}
            _ => idle.notes.push(format!("no rule uses the package `{package}`")),
        }
    }
    idle
}

/// Packages with an entry point, and those that they use.
fn used<'a>(packages: &BTreeMap<&'a str, Vec<&'a ModuleInfo>>, run: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut used = run.clone();
    let mut open: Vec<&str> = run.iter().copied().collect();
    while let Some(package) = open.pop() {
        let uses = packages.get(package).into_iter().flatten().flat_map(|module| &module.uses);
        for next in uses {
            if used.insert(next) {
                open.push(next);
            }
        }
    }
    used
}

/// Whether some rule of it looks at anything: constants, functions and tests alone judge nothing.
fn may_judge(module: &ModuleInfo) -> bool {
    module.rules.iter().any(|rule| {
        let is_test = ["test_", "todo_test_"].iter().any(|word| rule.name.starts_with(word));
        let looks = rule.shape == RuleShape::PartialSet || rule.definitions.iter().any(|part| part.body.is_some());
        rule.shape != RuleShape::Function && !is_test && looks
    })
}

/// Whether the METADATA of the package says `custom.library: true`.
fn is_library(module: &ModuleInfo) -> bool {
    module
        .metadata
        .iter()
        .filter(|block| block.attaches_to == Attachment::Package)
        .filter_map(|block| metadata::parse(&block.yaml, &module.file, block.span).ok())
        .any(|meta| meta.custom.get("library") == Some(&serde_json::Value::Bool(true)))
}

fn problem(module: &ModuleInfo, all: &[&ModuleInfo]) -> Problem {
    let package = &module.package;
    let (module, path) = match all.iter().find_map(|module| Some((*module, conventions::permission(module)?))) {
        Some((module, rule)) => (module, rule.path.trim_start_matches("data.").replace('.', "/")),
        None => (module, format!("{}/RULE", package.replace('.', "/"))),
    };
    Problem::new(ProblemCode::PolicyLoad, format!("the package `{package}` has no entry point, so it would judge nothing"))
        .at(&module.file, module.package_span, "nothing runs this package")
        .help(format!(
            "name the rule that decides with `--decision {path}` or `[[decision]]` in plangate.toml, or call it deny, violation \
             or warn; a library that no rule imports says `library: true` under `custom` in the METADATA of its package"
        ))
}
