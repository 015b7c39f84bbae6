//! The policy engine: loads Rego, refuses what it could not judge honestly, runs one rule at a time within limits.
//!
//! The only module that imports `regorus`. Knows nothing of plans, findings or levels: rules in, JSON out. Everything is
//! loaded and checked before anything is evaluated, because the engine itself finds most mistakes only when the
//! mistaken line runs, and then as "undefined", which a deny rule cannot be told from "nothing to deny".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::data::Data;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};

mod alone;
mod annotations;
mod ast;
mod bare;
mod builtins;
mod chains;
mod check;
mod constants;
mod coverable;
mod dialect;
mod error;
mod follow;
mod iteration;
mod known;
mod lint;
mod load;
mod mentions;
mod metadata;
mod names;
mod negation;
mod pending;
mod probe;
mod reads;
mod rewrite;
mod run;
mod safety;
mod scan;
#[cfg(test)]
mod tests;
mod trace;
pub mod usage;
mod uses;
mod value;

pub use alone::Alone;
pub use constants::constant;
pub use known::Known;
pub(crate) use known::unreadable as unreadable_notes;
pub use reads::{ALIASES, PartRead, Reads};
pub use scan::names_below_data;
pub use trace::LATE;
pub use value::{Builder, Input, InputSink, Unrepresentable};

/// In which version of Rego a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Decided from the text of the file.
    Auto,
    /// Before OPA 1.0: `deny[msg] { … }`.
    V0,
    /// OPA 1.0: `deny contains msg if { … }`.
    V1,
}

/// A policy file to load.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its text.
    pub file: SourceFile,
    /// Its dialect, if that is set.
    pub dialect: Dialect,
    /// Built in: its static checks ran in a test, and are skipped at run time.
    pub trusted: bool,
    /// What loading found out about it before: only of built-in modules, where it saves parsing them.
    pub known: Option<Arc<Known>>,
}

/// What loading and running may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Wall clock for loading one file.
    pub load: Duration,
    /// Wall clock for one job.
    pub rule: Duration,
    /// Most values in a result, nested ones included.
    pub max_items: usize,
    /// Most bytes in a result.
    pub max_bytes: usize,
    /// Threads that run jobs.
    pub threads: usize,
    /// What `time.now_ns` answers.
    pub now: jiff::Timestamp,
}

/// Loaded and checked policies; immutable, cheap to clone.
#[derive(Clone)]
pub struct Program(Arc<run::Prepared>);

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("modules", &self.modules()).finish_non_exhaustive()
    }
}

impl Program {
    /// Loads and checks all modules.
    ///
    /// # Errors
    /// All problems of all files, each with its place.
    pub fn load(modules: Vec<Module>, limits: &Limits) -> Result<Self, Vec<Problem>> {
        Self::load_with(modules, Data::default(), limits)
    }

    /// Loads and checks all modules, which may refer to `data`.
    ///
    /// # Errors
    /// As [`load`](Self::load), and for data in the place of a rule.
    pub fn load_with(modules: Vec<Module>, data: Data, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let loaded = load::load(modules, data, limits)?;
        let prepared = run::Prepared::new(loaded, limits)?;
        Ok(Self(Arc::new(prepared)))
    }

    /// The loaded files, sorted by name.
    #[must_use]
    pub fn modules(&self) -> &[ModuleInfo] {
        self.0.modules()
    }

    /// What loading found out about each module, by the name of its file.
    #[cfg(test)]
    pub(crate) fn notes(&self) -> std::collections::BTreeMap<String, Known> {
        let texts = self.0.texts().iter();
        let notes = self.modules().iter().zip(texts).map(|(info, text)| Known::of(info, text.edits()));
        self.modules().iter().map(|info| info.file.name().to_owned()).zip(notes).collect()
    }

    /// The text of each module as the engine reads it.
    #[cfg(test)]
    pub(crate) fn engine_texts(&self) -> Vec<&str> {
        self.0.texts().iter().map(rewrite::EngineText::text).collect()
    }

    /// Runs jobs in parallel; the answers stand in the order of the jobs and do not depend on the number of threads.
    #[must_use]
    pub fn run(&self, jobs: Vec<Job>) -> Vec<Run> {
        run::run(&self.0, jobs)
    }

    /// Runs one job whose value is an input for others: of its size nothing is asked.
    ///
    /// # Errors
    /// A sentence, where it did not end in time.
    pub fn run_for_input(&self, job: Job) -> Result<Run<Option<Input>>, String> {
        run::run_for_input(&self.0, job)
    }

    /// Runs one job and tells which lines of which files it evaluated.
    ///
    /// # Errors
    /// A sentence, where the rule failed or did not end in time. It may hold values of the input.
    pub fn trace(&self, job: Job) -> Result<Traced, String> {
        trace::run(&self.0, job)
    }

    /// Runs jobs and tells which lines each of them evaluated; the answers stand in the order of the jobs.
    #[must_use]
    pub fn trace_all(&self, jobs: Vec<Job>) -> Vec<Result<Traced, String>> {
        trace::run_all(&self.0, jobs)
    }

    /// The lines that can be evaluated, from 1, of each file that is not built in, by name.
    ///
    /// # Errors
    /// None in practice: the files were read before.
    pub fn coverable(&self) -> Result<BTreeMap<String, BTreeSet<usize>>, Problem> {
        let own: BTreeSet<String> = self
            .modules()
            .iter()
            .filter(|module| !module.trusted)
            .map(|module| module.file.name().to_owned())
            .collect();
        let answer = trace::spawn(&self.0, move |prepared| coverable::of_all(prepared, &own));
        trace::wait(&self.0, &answer).map_err(|message| {
            Problem::new(ProblemCode::PolicyLoad, format!("the lines to be covered cannot be counted: {message}"))
        })
    }

    /// For each rule that is not built in, by its path: the lines of each of its bodies. A body has held in a run only if all
    /// its lines were evaluated there; that they were does not say that it did.
    ///
    /// # Errors
    /// None in practice: the files were read before.
    pub fn bodies(&self) -> Result<BTreeMap<String, Vec<BodyLines>>, Problem> {
        let answer = trace::spawn(&self.0, coverable::bodies);
        trace::wait(&self.0, &answer).map_err(|message| {
            Problem::new(ProblemCode::PolicyLoad, format!("the rules cannot be looked through: {message}"))
        })
    }

    /// The same policies, where each of these definitions can also be run by itself: under which paths, in their order. `None`
    /// for one that cannot be taken out of its rule.
    ///
    /// # Errors
    /// A sentence: what the engine says of the copies.
    pub fn with_alone(&self, definitions: &[(SourceFile, Span)]) -> Result<(Self, Vec<Option<Alone>>), String> {
        let wanted = definitions.iter().map(|(file, span)| (file.name().to_owned(), *span)).collect();
        let (prepared, paths) = alone::run(&self.0, wanted)?;
        Ok((Self(Arc::new(prepared)), paths))
    }

    /// Why a definition of a rule does not hold: its first statement that does not. `definition` is the whole of it, in
    /// `file`. `None` where that cannot be told.
    #[must_use]
    pub fn unmet(&self, job: Job, file: &SourceFile, definition: Span) -> Option<Unmet> {
        probe::run(&self.0, job, file, definition)
    }

    /// How far each candidate of a definition comes; one answer for each of its bodies. `definition` is the whole of it, in
    /// `file`.
    ///
    /// # Errors
    /// A sentence, where it cannot be taken apart or does not end in time. It may hold values of the input.
    pub fn follow(&self, job: Job, file: &SourceFile, definition: Span) -> Result<Vec<Followed>, String> {
        follow::run(&self.0, job, file, definition)
    }

    /// Threads that were given up because their job did not end in time.
    #[must_use]
    pub fn abandoned(&self) -> usize {
        self.0.abandoned()
    }
}

/// What a loaded file declares.
#[derive(Debug, Clone)]
pub struct ModuleInfo {
    /// The file.
    pub file: SourceFile,
    /// Its package, without `data.`: `main`.
    pub package: String,
    /// Place of the package declaration.
    pub package_span: Span,
    /// [`Dialect::V0`] or [`Dialect::V1`].
    pub dialect: Dialect,
    /// Built in.
    pub trusted: bool,
    /// Its rules, in the order of the file.
    pub rules: Vec<RuleInfo>,
    /// Its `# METADATA` blocks, in the order of the file.
    pub metadata: Vec<MetadataBlock>,
    /// Other packages that it refers to or imports; of built-in modules none is told.
    pub uses: BTreeSet<String>,
    /// The functions of loaded files that it calls: `data.main.f`; none of what ships.
    pub calls: BTreeSet<String>,
}

/// A rule of a file; several definitions of one rule are one entry.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct RuleInfo {
    /// Name within its package: `deny`, `a.b`.
    pub name: String,
    /// Full path, for [`Job::rule`]: `data.main.deny`.
    pub path: String,
    /// Head of its first definition.
    pub span: Span,
    /// What it yields.
    pub shape: RuleShape,
    /// Line of its first definition, from 1.
    pub line: usize,
    /// Its definitions in the file.
    pub definitions: Vec<DefinitionInfo>,
    /// What it reads of `input`, with all its definitions in all files; nothing of a function.
    pub reads: Arc<Reads>,
}

/// A definition of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct DefinitionInfo {
    /// The whole of it.
    pub span: Span,
    /// Where the value in its head begins, if there is one: the engine evaluates it last.
    pub value: Option<usize>,
    /// Where the first statement of its body begins, if there is one.
    pub body: Option<usize>,
    /// It has several bodies, of which one that holds suffices: `p { … } { … }`.
    #[serde(default)]
    #[cfg_attr(test, serde(skip_serializing_if = "std::ops::Not::not"))]
    pub chained: bool,
}

/// What a rule yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub enum RuleShape {
    /// One value.
    Complete,
    /// A set: `deny contains x`, v0 `deny[x]`.
    PartialSet,
    /// An object: `p[x] := y`.
    PartialObject,
    /// A function.
    Function,
}

/// A `# METADATA` comment block.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct MetadataBlock {
    /// Its YAML, comment signs removed, one line per comment line.
    pub yaml: String,
    /// The comment block.
    pub span: Span,
    /// The declaration right below it.
    pub attaches_to: Attachment,
}

/// What a `# METADATA` block is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub enum Attachment {
    /// The package.
    Package,
    /// The rule of this name.
    Rule(String),
    /// No declaration follows directly.
    Nothing,
}

/// A path below `data` as [`RuleInfo::path`] has it: `["data", "main", "deny"]` is `data.main.deny`.
#[must_use]
pub fn path_of(steps: &[String]) -> String {
    ast::join(steps)
}

/// One rule to evaluate on one input.
#[derive(Debug, Clone)]
pub struct Job {
    /// Path of the rule: `data.main.deny`.
    pub rule: String,
    /// Its input.
    pub input: Input,
}

/// The answer to a [`Job`].
#[derive(Debug, Clone)]
pub struct Run<T = Option<serde_json::Value>> {
    /// The rule's value; `None` where it is undefined. As JSON sets are arrays.
    pub value: Result<T, Failure>,
    /// Errors of builtins that the value leaves out: whatever depended on them counts as undefined.
    pub builtin_errors: Vec<BuiltinError>,
    /// What `print` was given, as `file:line: text`.
    pub prints: Vec<String>,
    /// How long it took, from its start on a thread to its answer.
    pub took: Duration,
}

/// What a traced [`Job`] did.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The rule's value; `None` where it is undefined.
    pub value: Option<serde_json::Value>,
    /// For each file of which something was evaluated, by name: the lines, from 1, on which an expression was. That it was
    /// evaluated does not say that it held.
    pub lines: BTreeMap<String, BTreeSet<usize>>,
}

/// The lines of one body of a rule that are evaluated wherever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLines {
    /// The file.
    pub file: String,
    /// The lines, from 1.
    pub lines: BTreeSet<usize>,
}

impl BodyLines {
    /// Whether the body may have held where these lines of each file were evaluated.
    #[must_use]
    pub fn may_have_held(&self, evaluated: &BTreeMap<String, BTreeSet<usize>>) -> bool {
        evaluated.get(&self.file).is_some_and(|lines| self.lines.is_subset(lines))
    }
}

/// The first statement of a definition that does not hold.
#[derive(Debug, Clone)]
pub struct Unmet {
    /// The file.
    pub file: SourceFile,
    /// The statement, or the value of the head where all statements hold.
    pub span: Span,
    /// The parts it is made of whose values the text does not say.
    pub operands: Vec<Operand>,
}

/// How far each candidate of a body comes. What stands here is as the input has it: nothing is masked.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The file.
    pub file: SourceFile,
    /// Head of the definition.
    pub span: Span,
    /// The first statement that goes through something; `None` where none does, and the input as a whole is the candidate.
    pub iterated: Option<Span>,
    /// How many candidates it finds.
    pub considered: usize,
    /// Those for which everything holds.
    pub held: Vec<Candidate>,
    /// Where the others stop, in the order of the statements.
    pub stops: Vec<Stop>,
    /// Rules that candidates are taken from, by path.
    pub uses: Vec<String>,
}

/// A binding of the first iteration.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// `address` of the object, if it has one.
    pub address: Option<String>,
    /// `deposed` of the object, if it has one.
    pub deposed: Option<String>,
    /// The bindings of an object without address; `None` also where they are too large.
    pub value: Option<serde_json::Value>,
}

/// A statement that does not hold, and for whom.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The statement, or the value of the head.
    pub span: Span,
    /// The candidates; `None` where there is none yet, and the body as a whole stops.
    pub candidates: Option<Vec<Candidate>>,
    /// The parts it is made of whose values the text does not say.
    pub compared: Vec<Compared>,
}

/// A part of a statement, and what it is for each candidate that stops there.
#[derive(Debug, Clone)]
pub struct Compared {
    /// As the file has it.
    pub expression: String,
    /// The constant keys of a reference that lead to the value, as far as they are known.
    pub steps: Vec<String>,
    /// The values, in the order of the candidates: none where it is undefined, several where it has one for each binding of
    /// other variables; `None` for what is too large.
    pub values: Vec<Vec<Option<serde_json::Value>>>,
}

/// An expression and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// As the file has it.
    pub expression: String,
    /// Its values in Rego's notation, one for each binding of the variables around it; none where it is undefined.
    pub values: Vec<String>,
}

/// A builtin that failed while a rule ran. Its message may hold values of the input.
#[derive(Debug, Clone)]
pub struct BuiltinError {
    /// What it says.
    pub message: String,
    /// The policy it stands in, where known.
    pub file: Option<SourceFile>,
    /// The place in that policy, where known.
    pub span: Option<Span>,
}

/// Why a rule has no value. Its message may hold values of the input.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// What happened.
    pub message: String,
    /// The place in a policy, where known.
    pub place: Option<(SourceFile, Span)>,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It took too long.
    Timeout,
    /// Its result, or a value on the way, was too big.
    LimitExceeded,
    /// The engine reports an error.
    Error,
    /// The engine panicked.
    Panicked,
}
