//! Cases: inputs whose names say what the rules beside them must make of them.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::Value;

use crate::finding::{Finding, Level, RuleId};
use crate::problem::{Problem, ProblemCode};
use crate::source::{Position, SourceFile, Span};
use crate::suggest;
use crate::text::count;

use super::{Kind, Status, named};

/// Says exactly what each case of its folder yields.
const EXPECTED: &str = "expected.json";
/// Names of cases begin with one of these.
const PREFIXES: [(&str, Option<Level>); 4] =
    [("deny_", Some(Level::Deny)), ("warn_", Some(Level::Warn)), ("info_", Some(Level::Info)), ("allow_", None)];
/// Mock cases with this beginning must be denied.
const INVALID: &str = "invalid";
/// The key that may hold all cases of a mock file.
const MOCK: &str = "mock";

/// A test that is an input.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its path without `.json`; of a mock with `/` and the name of the case.
    pub name: String,
    /// [`Kind::Case`] or [`Kind::Mock`].
    pub kind: Kind,
    /// The file it stands in.
    pub file: Utf8PathBuf,
    /// The rules it is about.
    pub rules: Vec<RuleId>,
    /// What they must make of it.
    pub expectation: Expectation,
    /// The input.
    pub input: CaseFile,
}

/// Where the input of a case is.
#[derive(Debug, Clone)]
pub enum CaseFile {
    /// The whole of its file.
    Whole,
    /// A part of it, at hand.
    Part(Value),
}

/// What the rules of a case must make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// Findings, the highest of this level.
    Highest(Level),
    /// No finding.
    Nothing,
    /// These findings and no other.
    Exactly(Vec<Expected>),
    /// A finding of this level or a higher one.
    AtLeast(Level),
    /// No finding of this level or a higher one.
    Below(Level),
}

/// A finding as `expected.json` has it; of what is about the plan as a whole there is no address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    address: Option<String>,
    deposed: Option<String>,
    level: String,
}

/// A folder `cases` and the rules beside it.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its path.
    pub path: Utf8PathBuf,
    /// The rules of the `.rego` files beside it.
    pub rules: Vec<RuleId>,
    /// Names of the `.json` files in it.
    pub files: Vec<String>,
    /// Its `expected.json`, if it has one.
    pub expected: Option<SourceFile>,
}

/// The cases of a folder.
///
/// # Errors
/// Every file whose name says nothing, and whatever is wrong with `expected.json`.
pub fn cases_of(folder: &Folder) -> Result<Vec<Case>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut exact = match folder.expected.as_ref().map(expected).transpose() {
        Ok(exact) => exact.unwrap_or_default(),
        Err(problem) => return Err(vec![problem]),
    };
    let mut cases = Vec::new();
    for file in folder.files.iter().filter(|file| *file != EXPECTED) {
        let name = file.strip_suffix(".json").unwrap_or(file);
        let path = folder.path.join(file);
        let Some((_, level)) = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)) else {
            problems.push(unnamed(&path));
            continue;
        };
        let by_name = level.map_or(Expectation::Nothing, Expectation::Highest);
        let expectation = match exact.remove(name) {
            Some(findings) if findings.is_empty() != level.is_none() => {
                problems.push(contradiction(folder, name));
                continue;
            }
            Some(findings) => Expectation::Exactly(findings),
            None => by_name,
        };
        cases.push(Case {
            name: folder.path.join(name).into_string(),
            kind: Kind::Case,
            file: path,
            rules: folder.rules.clone(),
            expectation,
            input: CaseFile::Whole,
        });
    }
    problems.extend(exact.keys().map(|name| missing(folder, name)));
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn wrong(message: String) -> Problem {
    Problem::new(ProblemCode::Config, message)
}

fn unnamed(path: &Utf8Path) -> Problem {
    wrong(format!("the name of the case `{path}` does not say what is expected of it"))
        .help("begin it with `deny_`, `warn_`, `info_` or `allow_`")
}

fn contradiction(folder: &Folder, name: &str) -> Problem {
    wrong(format!("`{}` does not expect of the case `{name}` what its name says", folder.path.join(EXPECTED)))
        .help("an `allow_` case yields no finding, every other at least one")
}

fn missing(folder: &Folder, name: &str) -> Problem {
    let problem = wrong(format!("`{}` names the case `{name}`, which has no file", folder.path.join(EXPECTED)));
    let names = folder.files.iter().filter_map(|file| file.strip_suffix(".json"));
    match suggest::nearest(name, names) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("add `{}`, or take it out", folder.path.join(format!("{name}.json")))),
    }
}

fn expected(file: &SourceFile) -> Result<BTreeMap<String, Vec<Expected>>, Problem> {
    read(file, "is no list of findings for each case")
}

fn read<'a, T: Deserialize<'a>>(file: &'a SourceFile, what: &str) -> Result<T, Problem> {
    serde_json::from_str(file.text()).map_err(|error| {
        let at = file.offset(Position { line: error.line().max(1), column: error.column().max(1) });
        wrong(format!("`{}` {what}: {error}", file.name())).at(file, Span::new(at, at + 1), "here")
    })
}

/// The cases of a mock file: an object of inputs, or one under `mock`. Those named `invalid…` must be denied by the rules of the
/// file beside it: at `level`, the highest of those rules.
///
/// # Errors
/// A file of another shape.
pub fn mocks(file: &SourceFile, rules: &[RuleId], level: Level) -> Result<Vec<Case>, Problem> {
    let mut cases: serde_json::Map<String, Value> = read(file, "is no object of inputs")?;
    if let Some(Value::Object(inner)) = cases.get_mut(MOCK) {
        let inner = std::mem::take(inner);
        if cases.len() > 1 {
            return Err(wrong(format!("`{}` has cases under `mock` and beside it", file.name()))
                .help("put all under `mock`, or none"));
        }
        cases = inner;
    }
    let path = Utf8Path::new(file.name());
    let stem = path.as_str().strip_suffix(".json").unwrap_or(path.as_str());
    let case = |(name, input): (String, Value)| {
        if !input.is_object() {
            return Err(wrong(format!("the case `{name}` of `{path}` is no object"))
                .help("a case is an input: a plan, or what a rule reads of one"));
        }
        let denied = name.starts_with(INVALID);
        Ok(Case {
            name: format!("{stem}/{name}"),
            kind: Kind::Mock,
            file: path.to_owned(),
            rules: rules.to_vec(),
            expectation: if denied { Expectation::AtLeast(level) } else { Expectation::Below(level) },
            input: CaseFile::Part(input),
        })
    };
    cases.into_iter().map(case).collect()
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Passed or failed.
    pub status: Status,
    /// Why it failed.
    pub message: Option<String>,
    /// The findings, or how they differ, where it failed.
    pub notes: Vec<String>,
}

/// Compares the findings of a case with what is expected.
#[must_use]
pub fn judge_findings(case: &Case, findings: &[Finding]) -> Found {
    let highest = findings.iter().map(|finding| finding.level).max();
    let rules = named(&case.rules);
    let failed = |message: String| Some(message);
    let message = match &case.expectation {
        Expectation::Highest(level) if highest == Some(*level) => None,
        Expectation::Highest(level) => failed(match highest {
            None => format!("expected a {level}, got no finding of {rules}"),
            Some(found) => format!("expected a {level}, got findings up to {found}"),
        }),
        Expectation::Nothing if findings.is_empty() => None,
        Expectation::Nothing => failed(format!("expected no finding, got {}", findings.len())),
        Expectation::AtLeast(level) if highest >= Some(*level) => None,
        Expectation::AtLeast(level) => failed(format!("expected a {level}, got none of {rules}")),
        Expectation::Below(level) if highest < Some(*level) => None,
        Expectation::Below(level) => failed(format!("expected no {level}, got one")),
        Expectation::Exactly(expected) => return exactly(expected, findings),
    };
    match message {
        None => Found { status: Status::Passed, message: None, notes: Vec::new() },
        Some(message) => {
            let notes = findings.iter().map(said).collect();
            Found { status: Status::Failed, message: Some(message), notes }
        }
    }
}

fn exactly(expected: &[Expected], findings: &[Finding]) -> Found {
    let mut missing: Vec<&Expected> = expected.iter().collect();
    missing.sort();
    let mut unexpected = Vec::new();
    for finding in findings {
        match missing.iter().position(|expected| expected.is(finding)) {
            Some(at) => drop(missing.remove(at)),
            None => unexpected.push(finding),
        }
    }
    if missing.is_empty() && unexpected.is_empty() {
        return Found { status: Status::Passed, message: None, notes: Vec::new() };
    }
    let (lost, extra) = (count(missing.len(), "expected finding"), count(unexpected.len(), "unexpected finding"));
    let notes = missing.iter().map(|expected| format!("missing: {}", expected.said()));
    let notes = notes.chain(unexpected.iter().map(|finding| format!("unexpected: {}", said(finding)))).collect();
    let message = format!("{lost} missing, {extra}");
    Found { status: Status::Failed, message: Some(message), notes }
}

impl Expected {
    fn is(&self, finding: &Finding) -> bool {
        let subject = finding.subject.as_ref();
        self.level == finding.level.as_str()
            && self.address.as_deref() == subject.map(|subject| subject.address.as_str())
            && self.deposed.as_deref() == subject.and_then(|subject| subject.deposed.as_deref())
    }

    fn said(&self) -> String {
        let address = self.address.as_deref().unwrap_or("the plan as a whole");
        let deposed = self.deposed.as_ref().map_or_else(String::new, |key| format!(" (deposed {key})"));
        format!("{} {address}{deposed}", self.level)
    }
}

fn said(finding: &Finding) -> String {
    let address = finding.subject.as_ref().map_or_else(String::new, |subject| format!(" {}", subject.address));
    format!("{} {}{address}: {}", finding.level, finding.rule, finding.message)
}
