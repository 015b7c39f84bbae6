//! Loads policies: every file alone and under a deadline, then the checks, then the engine all jobs share.
//!
//! Nothing is evaluated here. Each step that calls the engine runs on a thread of its own that may be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use regorus::{Engine, PolicyLengthConfig};

use crate::data::Data;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};

use super::ast::{self, Ast};
use super::bare;
use super::chains::{self, Heads};
use super::constants::{self, Constant};
use super::dialect::{Fault, Scan, deep_constants};
use super::names::{Callee, Names, Parts};
use super::pending::Pending;
use super::rewrite::{self, EngineText};
use super::run::STACK;
use super::scan::{ScanError, Tokens};
use super::{
    Dialect, Input, Known, Limits, Module, ModuleInfo, Reads, RuleInfo, builtins, check, error, known, lint, metadata,
    reads, uses,
};

/// Sizes of a file: generated policies are long, but nobody writes more than this. The engine's own limits (1 MiB, 1,024
/// columns) refuse policies that exist.
pub(super) const LENGTHS: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::new(1 << 20).unwrap(),
    // Imports written out make it longer.
    max_file_bytes: NonZeroUsize::new(4 * MAX_FILE_BYTES).unwrap(),
    max_lines: NonZeroUsize::new(1 << 20).unwrap(),
};
const MAX_FILE_BYTES: usize = 4 << 20;

/// Policies that may run.
pub(super) struct Loaded {
    pub(super) modules: Vec<ModuleInfo>,
    pub(super) texts: Arc<Vec<EngineText>>,
    pub(super) engine: Pending,
}

/// A file with its tree.
pub(super) struct Parsed {
    pub(super) file: SourceFile,
    pub(super) dialect: Dialect,
    pub(super) trusted: bool,
    /// The text that was parsed: of the same length, some imports blanked.
    pub(super) text: String,
    pub(super) ast: Ast,
    /// Constants for which a raw string stands in the text.
    pub(super) constants: Vec<Constant>,
    /// Rules whose head stands before another body.
    pub(super) heads: Heads,
    mentions: Mentions,
    /// What is behind `not` is negated as a whole.
    pub(super) negates_whole: bool,
    pub(super) metadata: Vec<super::MetadataBlock>,
}

/// Words that a file has outside comments.
struct Mentions {
    plangate: bool,
    metadata: bool,
}

impl Parsed {
    /// Whether it has the word `metadata`.
    pub(super) fn mentions_metadata(&self) -> bool {
        self.mentions.metadata
    }
}

pub(super) fn load(mut modules: Vec<Module>, data: Data, limits: &Limits) -> Result<Loaded, Vec<Problem>> {
    modules.sort_by(|a, b| a.file.name().cmp(b.file.name()));
    let mut problems = repeated(&modules);
    let (known, unknown) = split(modules);
    let mut parsed = Vec::new();
    for outcome in parse_in_halves(&unknown, limits) {
        match outcome {
            Ok(module) => parsed.push(module),
            Err(found) => problems.extend(found),
        }
    }
    fail(problems)?;
    let (mut infos, faults, mut texts) = {
        let names = Names::new(&parsed).with_data(&data);
        (describe(&names), check::check(&names), rewrite::all(&names))
    };
    let problems =
        faults.into_iter().filter_map(|(module, fault)| Some(fault_problem(&parsed.get(module)?.file, fault)));
    fail(problems.collect())?;
    for (module, known) in &known {
        texts.push(EngineText::new(&module.file, Dialect::V1, module.file.text(), known.edits.clone()));
    }
    texts.sort_by(|a, b| a.file.name().cmp(b.file.name()));
    let texts = Arc::new(texts);
    let engine = prepare(parsed, &texts, data, limits)?;
    for (module, known) in &known {
        infos.push(known.info(&module.file).map_err(|problem| vec![problem])?);
    }
    infos.sort_by(|a, b| a.file.name().cmp(b.file.name()));
    // What ships alone was prepared by a test: it is waited for when it is needed.
    if infos.iter().any(|info| !info.trusted) {
        engine.get().map_err(<[Problem]>::to_vec)?;
    }
    Ok(Loaded { modules: infos, texts, engine })
}

/// Modules whose notes suffice, and those to parse: all of them where a file of a repository may refer to what ships.
fn split(modules: Vec<Module>) -> (Vec<(Module, Arc<Known>)>, Vec<Module>) {
    let is_known = |module: &Module| module.known.as_ref().is_some_and(|notes| notes.is_about(&module.file));
    // Notes about another text suffice for none: modules that ship refer to each other.
    let stale = modules.iter().any(|module| module.trusted && !is_known(module));
    if stale || modules.iter().any(|module| !module.trusted && known::may_refer(module.file.text())) {
        return (Vec::new(), modules);
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for module in modules {
        match module.known.clone().filter(|_| module.trusted) {
            Some(notes) => known.push((module, notes)),
            None => unknown.push(module),
        }
    }
    (known, unknown)
}

/// The problems in the order of file and place, if there are any.
pub(super) fn fail(mut problems: Vec<Problem>) -> Result<(), Vec<Problem>> {
    if problems.is_empty() {
        return Ok(());
    }
    let key = |problem: &Problem| {
        let place = problem.place.as_ref().map(|place| (place.file.name().to_owned(), place.span));
        (place, problem.message.clone())
    };
    problems.sort_by_key(key);
    problems.dedup_by_key(|problem| key(problem));
    Err(problems)
}

fn fault_problem(file: &SourceFile, fault: Fault) -> Problem {
    Problem::new(ProblemCode::PolicyLoad, fault.message).help(fault.help).at(file, fault.span, "here")
}

fn repeated(modules: &[Module]) -> Vec<Problem> {
    let pairs = modules.iter().zip(modules.iter().skip(1));
    pairs
        .filter(|(a, b)| a.file.name() == b.file.name())
        .map(|(a, _)| {
            Problem::new(ProblemCode::PolicyLoad, format!("the policy {} is given twice", a.file.name()))
                .help("name every file once")
                .at(&a.file, Span::default(), "here")
        })
        .collect()
}

/// Parses the files, half of them on a second thread: parsing is most of the start of a run. Only the waiting is
/// shared; the parsing itself happens on threads that may be lost.
pub(super) fn parse_in_halves(modules: &[Module], limits: &Limits) -> Vec<Result<Parsed, Vec<Problem>>> {
    if limits.threads < 2 || modules.len() < 4 {
        return parse_all(modules, limits.load);
    }
    let (first, second) = modules.split_at(modules.len() / 2);
    std::thread::scope(|scope| {
        let other = std::thread::Builder::new().spawn_scoped(scope, || parse_all(second, limits.load));
        let mut outcomes = parse_all(first, limits.load);
        // Where no thread can be had, or it is lost, the work is done here.
        let rest = other.ok().and_then(|thread| thread.join().ok());
        outcomes.extend(rest.unwrap_or_else(|| parse_all(second, limits.load)));
        outcomes
    })
}

/// Parses every file alone, one deadline each. A thread serves until it hangs; the rest goes to a new one.
fn parse_all(modules: &[Module], limit: Duration) -> Vec<Result<Parsed, Vec<Problem>>> {
    let mut outcomes: Vec<Result<Parsed, Vec<Problem>>> = Vec::new();
    while let Some(rest) = modules.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
        let todo = rest.to_vec();
        let (sender, receiver) = mpsc::channel();
        let thread = spawn(move || {
            for module in &todo {
                if sender.send(parse(module)).is_err() {
                    break;
                }
            }
        });
        let lost = match thread {
            Err(error) => Some(error),
            Ok(()) => loop {
                if outcomes.len() == modules.len() {
                    break None;
                }
                match receiver.recv_timeout(limit) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => break Some(lost(error, limit)),
                }
            },
        };
        if let (Some(message), Some(module)) = (lost, modules.get(outcomes.len())) {
            let name = module.file.name();
            let problem = Problem::new(ProblemCode::PolicyLoad, format!("cannot load {name}: {message}"))
                .help("simplify the file: split long expressions and deeply nested values into rules")
                .at(&module.file, Span::default(), "this file");
            outcomes.push(Err(vec![problem]));
        }
    }
    outcomes
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = std::thread::Builder::new().name("rego-load".to_owned()).stack_size(STACK).spawn(work);
    thread.map(drop).map_err(|error| format!("no thread could be started: {error}"))
}

fn lost(error: mpsc::RecvTimeoutError, limit: Duration) -> String {
    match error {
        mpsc::RecvTimeoutError::Timeout => format!("it was not read within {} s", limit.as_secs_f64()),
        mpsc::RecvTimeoutError::Disconnected => "the policy engine panicked".to_owned(),
    }
}

fn new_engine() -> Engine {
    let mut engine = Engine::new();
    // Else `print` writes to standard error.
    engine.set_gather_prints(true);
    engine.set_policy_length_config(LENGTHS);
    engine
}

fn parse(module: &Module) -> Result<Parsed, Vec<Problem>> {
    let file = &module.file;
    let problem = |fault: Fault| fault_problem(file, fault);
    if file.text().len() > MAX_FILE_BYTES {
        let message = format!("the policy {} is larger than {} MiB", file.name(), MAX_FILE_BYTES >> 20);
        return Err(vec![Problem::new(ProblemCode::PolicyLoad, message).at(file, Span::default(), "this file")]);
    }
    let unreadable = |error: ScanError| {
        let help = "policies are text in UTF-8".to_owned();
        vec![problem(Fault { message: error.message, help, span: error.span })]
    };
    let tokens = Tokens::scan(file.text()).map_err(unreadable)?;
    let constants = deep_constants(file.text(), &tokens);
    let shallow = constants::without(file.text(), &constants);
    let tokens_of_shallow;
    let scan = if constants.is_empty() {
        Scan::new(file.text(), &tokens)
    } else {
        tokens_of_shallow = Tokens::scan(&shallow).map_err(unreadable)?;
        Scan::new(&shallow, &tokens_of_shallow)
    };
    let mut refused = Vec::new();
    for dialect in scan.candidates(module.dialect) {
        match parse_as(file, &scan, dialect) {
            Ok((text, ast, heads)) => {
                let metadata = metadata::blocks(file.text(), &tokens, &ast, &heads);
                let whole = Scan::new(file.text(), &tokens);
                let mentions = Mentions { plangate: whole.mentions("plangate"), metadata: scan.mentions("metadata") };
                let negates_whole = scan.negates_whole();
                let (file, trusted) = (file.clone(), module.trusted);
                return Ok(Parsed {
                    file,
                    dialect,
                    trusted,
                    text,
                    ast,
                    constants,
                    heads,
                    mentions,
                    negates_whole,
                    metadata,
                });
            }
            Err(problems) => refused.push((dialect, problems)),
        }
    }
    Err(likelier(refused, &scan))
}

/// Of what both dialects say of a file that is neither, the errors of the one it is meant to be; the other is named.
fn likelier(mut refused: Vec<(Dialect, Vec<Problem>)>, scan: &Scan<'_>) -> Vec<Problem> {
    let meant = if scan.has_bare_bodies() { Dialect::V0 } else { Dialect::V1 };
    let at = refused.iter().position(|(dialect, _)| *dialect == meant).unwrap_or_default();
    if refused.is_empty() {
        return Vec::new();
    }
    let (dialect, mut problems) = refused.swap_remove(at);
    let version = |dialect| if dialect == Dialect::V0 { "version 0" } else { "version 1" };
    if let (Some((other, others)), Some(first)) = (refused.first(), problems.first_mut()) {
        let why = others.first().map_or("", |problem| problem.message.as_str());
        let note = format!("read as Rego {}; as {} it fails too: {why}", version(dialect), version(*other));
        let help = first.help.as_ref().map_or_else(|| note.clone(), |help| format!("{help}; {note}"));
        first.help = Some(help);
    }
    problems
}

fn parse_as(file: &SourceFile, scan: &Scan<'_>, dialect: Dialect) -> Result<(String, Ast, Heads), Vec<Problem>> {
    let faults = scan.faults(dialect);
    if !faults.is_empty() {
        return Err(faults.into_iter().map(|fault| fault_problem(file, fault)).collect());
    }
    let text = scan.text_for(dialect);
    let chains = chains::find(&text, scan.tokens);
    let bare = if dialect == Dialect::V1 { bare::find(&text, scan.tokens) } else { Vec::new() };
    if !chains.is_empty() || !bare.is_empty() {
        let mut hidden: Vec<Span> = chains::others(&chains).chain(bare.iter().copied()).collect();
        hidden.sort();
        let mut ast = tree(file, dialect, chains::without(&text, &hidden))?;
        bare::add(&text, &bare, &mut ast, |text| tree(file, Dialect::V0, text.to_owned()))?;
        if let Some(heads) = chains::add(&text, &chains, &mut ast, |text| tree(file, dialect, text.to_owned()))? {
            return Ok((text, ast, heads));
        }
    }
    let ast = tree(file, dialect, text.clone())?;
    Ok((text, ast, Heads::new()))
}

/// What the engine's parser makes of a text, which is as long as the file.
fn tree(file: &SourceFile, dialect: Dialect, text: String) -> Result<Ast, Vec<Problem>> {
    let mut engine = new_engine();
    engine.set_rego_v0(dialect == Dialect::V0);
    let refused = |error: &str| vec![engine_problem(error, &[EngineText::unchanged(file, dialect)])];
    engine.add_policy(file.name().to_owned(), text).map_err(|error| refused(&error.to_string()))?;
    let json = engine.get_ast_as_json().map_err(|error| refused(&error.to_string()))?;
    ast::read(&json).map_err(|_| {
        // serde_json stops at 128 levels, which is some 50 operators or steps in one expression.
        let message = format!("an expression in {} is nested too deep to be checked", file.name());
        let help = "split long chains of operators or references into several rules";
        vec![Problem::new(ProblemCode::PolicyLoad, message).help(help).at(file, Span::default(), "in this file")]
    })
}

/// An error of the engine as a problem, with help for those that are no mistake of the author.
fn engine_problem(rendered: &str, texts: &[EngineText]) -> Problem {
    let error = error::parse(rendered);
    let place = error.place(texts.iter());
    let problem = Problem::new(ProblemCode::PolicyLoad, format!("cannot load the policy: {}", error.message));
    let problem = match explain(&error.message) {
        Some(help) => problem.help(help),
        None => problem,
    };
    match place {
        Some((file, span)) => problem.at(&file, span, "here"),
        None => problem,
    }
}

fn explain(message: &str) -> Option<&'static str> {
    if message.contains("used before definition below") {
        Some("Rego allows this, the policy engine does not: assign the variable before the comprehension that uses it")
    } else if message.contains("else cannot be used with set rules") {
        Some("a rule that yields a set has no `else`: write a rule of its own")
    } else if message.contains("`if` keyword is required") {
        Some("this is Rego version 1: write `if` before the body, or set the dialect of the file to v0")
    } else {
        None
    }
}

/// What the files declare.
pub(super) fn describe(names: &Names<'_>) -> Vec<ModuleInfo> {
    let mentions: Vec<bool> = names.modules.iter().map(|module| module.mentions.plangate).collect();
    let reads = reads::of_all(names, &mentions).into_iter().map(|(path, reads)| (path, Arc::new(reads))).collect();
    let described = names.modules.iter().enumerate().map(|(index, module)| {
        let used = if module.trusted { uses::Uses::default() } else { uses::of(names, index) };
        ModuleInfo {
            file: module.file.clone(),
            package: ast::join(names.package(index).get(1..).unwrap_or_default()),
            package_span: module.ast.package.span.span(),
            dialect: module.dialect,
            trusted: module.trusted,
            rules: rules(names, index, &reads),
            metadata: module.metadata.clone(),
            uses: used.packages,
            calls: used.functions,
        }
    });
    described.collect()
}

fn rules(names: &Names<'_>, module: usize, reads: &BTreeMap<Parts, Arc<Reads>>) -> Vec<RuleInfo> {
    let package = names.package(module).len();
    let file = names.modules.get(module).map(|module| &module.file);
    let mut rules: Vec<RuleInfo> = Vec::new();
    for (path, definitions) in &names.rules {
        let Some(first) = definitions.iter().find(|definition| definition.module == module) else { continue };
        rules.push(RuleInfo {
            name: ast::join(path.get(package..).unwrap_or_default()),
            path: ast::join(path),
            span: first.span,
            shape: first.shape,
            line: file.map_or(1, |file| file.position(first.span.start).line),
            definitions: definitions
                .iter()
                .filter(|definition| definition.module == module)
                .map(|definition| definition.parts)
                .collect(),
            reads: reads.get(path).cloned().unwrap_or_default(),
        });
    }
    rules.sort_by_key(|rule| rule.span);
    rules
}

/// Begins to build the engine that jobs clone, which asks the compiler for a second opinion.
fn prepare(
    parsed: Vec<Parsed>,
    texts: &Arc<Vec<EngineText>>,
    data: Data,
    limits: &Limits,
) -> Result<Pending, Vec<Problem>> {
    let (limit, now) = (limits.load, limits.now);
    let (parsed, texts) = (Arc::new(parsed), Arc::clone(texts));
    let (sender, receiver) = mpsc::sync_channel(1);
    let work = {
        let (parsed, texts) = (Arc::clone(&parsed), Arc::clone(&texts));
        move || {
            // The receiver may have given up; then nobody wants the engine.
            let _ = sender.send(build(&parsed, &texts, &data, now));
        }
    };
    let unloadable = |message: String| {
        vec![Problem::new(ProblemCode::PolicyLoad, format!("the policies cannot be loaded: {message}"))]
    };
    spawn(work).map_err(unloadable)?;
    // Every file was read within the limit alone; together they get it once for each.
    let together = limit.saturating_mul(u32::try_from(texts.len()).unwrap_or(u32::MAX).max(1));
    Ok(Pending::new(move || match receiver.recv_timeout(together) {
        Ok(Ok((engine, findings))) => {
            fail(findings.iter().map(|finding| lint_problem(finding, &texts)).collect())?;
            Ok(engine)
        }
        Ok(Err(rendered)) => Err(alone(&parsed, &texts, &rendered)),
        Err(error) => Err(unloadable(lost(error, together))),
    }))
}

fn build(
    parsed: &[Parsed],
    texts: &[EngineText],
    data: &Data,
    now: jiff::Timestamp,
) -> Result<(Engine, Vec<lint::Finding>), String> {
    let mut engine = new_engine();
    builtins::register(&mut engine, now)?;
    engine.set_strict_builtin_errors(true);
    if !data.is_empty() {
        engine.add_data(Input::from_json(&data.to_json()).0).map_err(|error| error.to_string())?;
    }
    for text in texts {
        engine.set_rego_v0(text.dialect == Dialect::V0);
        let name = text.file.name().to_owned();
        engine.add_policy(name, text.text().to_owned()).map_err(|error| error.to_string())?;
    }
    let names = Names::new(parsed).with_data(data);
    // Built-in rules were linted by a test; functions are compiled with the rules that call them.
    let own = names.rules.iter().filter(|(_, definitions)| {
        let module = definitions.first().and_then(|definition| parsed.get(definition.module));
        definitions.iter().all(|definition| definition.arity.is_none()) && module.is_some_and(|module| !module.trusted)
    });
    let linted: Vec<String> = own.map(|(path, _)| ast::join(path)).collect();
    let mut findings = lint::lint(&mut engine, &linted)?;
    // It does not see rules whose head has a variable in the middle, nor functions that are only a default; we do.
    findings.retain(|finding| {
        let module = parsed.iter().position(|module| finding.at.as_ref().is_some_and(|at| at.0 == module.file.name()));
        let parts: Vec<String> = finding.name.split('.').map(str::to_owned).collect();
        module.is_none_or(|module| {
            !names.is_rule_name(module, &finding.name) && matches!(names.callee(module, &parts), Callee::Unknown(_))
        })
    });
    Ok((engine, findings))
}

fn lint_problem(finding: &lint::Finding, texts: &[EngineText]) -> Problem {
    let problem = Problem::new(ProblemCode::PolicyLoad, format!("cannot load the policy: {}", finding.message))
        .help("without a value or a function the rule would never fire: correct the name");
    let place = finding.at.as_ref().and_then(|(name, start, end)| {
        let text = texts.iter().find(|text| text.file.name() == name)?;
        Some((&text.file, text.original(Span::new(*start, *end))))
    });
    match place {
        Some((file, span)) => problem.at(file, span, "here"),
        None => problem,
    }
}

/// All files together cannot be prepared: what each of them says alone, else the common error.
fn alone(parsed: &[Parsed], texts: &[EngineText], rendered: &str) -> Vec<Problem> {
    let mut problems = vec![engine_problem(rendered, texts)];
    let mut seen = BTreeSet::from([error::parse(rendered)]);
    for module in parsed {
        let Some(text) = texts.iter().find(|text| text.file.name() == module.file.name()) else { continue };
        let alone = build(
            std::slice::from_ref(module),
            std::slice::from_ref(text),
            &Data::default(),
            jiff::Timestamp::UNIX_EPOCH,
        );
        if let Err(rendered) = alone
            && seen.insert(error::parse(&rendered))
        {
            problems.push(engine_problem(&rendered, texts));
        }
    }
    problems
}
