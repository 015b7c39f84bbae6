//! Loads policies: every file alone and under a deadline, then the checks, then the engine all jobs share.

use std::sync::mpsc;
use std::time::Duration;

use regorus::Engine;

use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};

use super::ast::{self, Ast};
use super::run::STACK;
use super::{Dialect, InputUse, Limits, Module, ModuleInfo, error};

/// Policies that may run.
pub(super) struct Loaded {
    pub(super) modules: Vec<ModuleInfo>,
    pub(super) engine: Engine,
}

/// A file with its tree.
pub(super) struct Parsed {
    pub(super) file: SourceFile,
    pub(super) dialect: Dialect,
    pub(super) trusted: bool,
    /// The text the engine gets: of the same length, some imports blanked.
    pub(super) text: String,
    pub(super) ast: Ast,
}

pub(super) fn load(mut modules: Vec<Module>, limits: &Limits) -> Result<Loaded, Vec<Problem>> {
    modules.sort_by(|a, b| a.file.name().cmp(b.file.name()));
    let mut problems = Vec::new();
    let mut parsed = Vec::new();
    for module in modules {
        match bounded(limits.load, move || parse(&module)) {
            Ok(Ok(module)) => parsed.push(module),
            Ok(Err(problem)) => problems.push(problem),
            Err(_) => problems.push(Problem::new(ProblemCode::PolicyLoad, "hung")),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut engine = new_engine();
    for module in &parsed {
        engine.set_rego_v0(module.dialect == Dialect::V0);
        if let Err(error) = engine.add_policy(module.file.name().to_owned(), module.text.clone()) {
            problems.push(engine_problem(&error.to_string(), &module.file));
        }
    }
    let modules = parsed
        .iter()
        .map(|module| ModuleInfo {
            file: module.file.clone(),
            package: module.ast.package.refr.path().map(|path| ast::join(&path.parts)).unwrap_or_default(),
            package_span: module.ast.package.span.span(),
            dialect: module.dialect,
            trusted: module.trusted,
            rules: Vec::new(),
            metadata: Vec::new(),
            input: InputUse::default(),
        })
        .collect();
    if problems.is_empty() { Ok(Loaded { modules, engine }) } else { Err(problems) }
}

fn new_engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_gather_prints(true);
    engine
}

fn engine_problem(rendered: &str, file: &SourceFile) -> Problem {
    let error = error::parse(rendered);
    let span = error.place(std::iter::once(file)).map_or(Span::default(), |(_, span)| span);
    Problem::new(ProblemCode::PolicyLoad, format!("cannot load {}: {}", file.name(), error.message))
        .at(file, span, "here")
}

fn parse(module: &Module) -> Result<Parsed, Problem> {
    let file = &module.file;
    let mut engine = new_engine();
    let text = file.text().to_owned();
    engine
        .add_policy(file.name().to_owned(), text.clone())
        .map_err(|error| engine_problem(&error.to_string(), file))?;
    let json = engine.get_ast_as_json().map_err(|error| engine_problem(&error.to_string(), file))?;
    let ast = ast::read(&json).map_err(|error| engine_problem(&error.to_string(), file))?;
    Ok(Parsed { file: file.clone(), dialect: Dialect::V1, trusted: module.trusted, text, ast })
}

/// Why work on a thread of its own has no result.
pub(super) enum Lost {
    Late,
    Failed(String),
}

/// Does `work` on a thread that is given up after `limit`.
pub(super) fn bounded<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Lost> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("rego-load".to_owned()).stack_size(STACK).spawn(move || {
        let _ = sender.send(work());
    });
    if let Err(error) = thread {
        return Err(Lost::Failed(format!("no thread could be started: {error}")));
    }
    receiver.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => Lost::Late,
        mpsc::RecvTimeoutError::Disconnected => Lost::Failed("the engine panicked".to_owned()),
    })
}
