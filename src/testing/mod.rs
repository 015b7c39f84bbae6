//! Tests of policies: which there are, what each expects, and what came of them.
//!
//! Three kinds: `test_` rules, plans in a folder `cases` beside a rule, and inputs in a `*.mock.json` beside a file. Owns the names
//! by which they are known and what passes. Must not read files nor run anything.

mod cases;
mod coverage;
mod filter;
mod rules;

use std::collections::BTreeSet;
use std::fmt;

use crate::finding::RuleId;
use crate::problem::Problem;
use crate::rego::Program;
use crate::source::{SourceFile, Span};

pub use crate::rego::Operand;
pub use cases::{Case, CaseFile, Expectation, Expected, Folder, Found, cases_of, judge_findings, mocks};
pub use coverage::{Coverage, FileCoverage, ranges};
pub use filter::Filter;
pub use rules::{RuleTest, Verdict as RuleVerdict, find, judge_cases, judge_value};

/// The tests of a run.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The policies with their test files.
    pub program: Program,
    /// The `test_` rules.
    pub rules: Vec<RuleTest>,
    /// The cases, sorted by name.
    pub cases: Vec<Case>,
    /// Names of the policy files whose coverage counts.
    pub policies: BTreeSet<String>,
}

/// What kind of test it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A rule named `test_…`.
    Rule,
    /// A plan in a folder `cases`.
    Case,
    /// An input of a `*.mock.json`.
    Mock,
}

impl Kind {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Case => "case",
            Self::Mock => "mock",
        }
    }
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// It could not be run to its end.
    Error,
    /// Left out on purpose: `todo_test_…`.
    Skipped,
}

impl Status {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// `data.main.test_x`, or the path of a case without `.json`.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The file it stands in.
    pub file: String,
    /// Its line there, from 1; `None` where the file as a whole is the test.
    pub line: Option<usize>,
    /// How it ended.
    pub status: Status,
    /// Why it did not pass, in a sentence without a full stop.
    pub message: Option<String>,
    /// The place that decided it.
    pub at: Option<FailedAt>,
    /// Parts of what did not hold, with their values.
    pub operands: Vec<Operand>,
    /// What stands beside: findings of a case, builtin errors.
    pub notes: Vec<String>,
    /// What `print` was given.
    pub prints: Vec<String>,
}

/// A place in a policy that decided a test.
#[derive(Debug, Clone)]
pub struct FailedAt {
    /// The file.
    pub file: SourceFile,
    /// The bytes meant.
    pub span: Span,
    /// What is to be said of it.
    pub label: &'static str,
}

/// The result of a run.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// Why nothing, or not everything, could be tested.
    pub problems: Vec<Problem>,
    /// Every test, in the order of files and places.
    pub tests: Vec<TestResult>,
    /// What the tests evaluated, if that was asked for.
    pub coverage: Option<Coverage>,
}

/// How many tests there are of each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// [`Status::Passed`].
    pub passed: usize,
    /// [`Status::Failed`].
    pub failed: usize,
    /// [`Status::Error`].
    pub errors: usize,
    /// [`Status::Skipped`].
    pub skipped: usize,
}

impl Counts {
    /// Counts tests.
    #[must_use]
    pub fn of<'a>(tests: impl IntoIterator<Item = &'a TestResult>) -> Self {
        let mut counts = Self::default();
        for test in tests {
            counts.add(test.status);
        }
        counts
    }

    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Passed => &mut self.passed,
            Status::Failed => &mut self.failed,
            Status::Error => &mut self.errors,
            Status::Skipped => &mut self.skipped,
        } += 1;
    }

    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.passed + self.failed + self.errors + self.skipped
    }
}

/// The answer of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All passed.
    Passed,
    /// A test failed, or too little was covered.
    Failed,
    /// Something could not be tested.
    Error,
}

impl Outcome {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }

    /// The exit code.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Error => 2,
        }
    }
}

impl TestReport {
    /// The report of a run that did not come to its tests.
    #[must_use]
    pub fn of_problems(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::default() }
    }

    /// What it comes to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let counts = Counts::of(&self.tests);
        if !self.problems.is_empty() || counts.errors > 0 {
            Outcome::Error
        } else if counts.failed > 0 || self.coverage.as_ref().is_some_and(|coverage| !coverage.is_enough()) {
            Outcome::Failed
        } else {
            Outcome::Passed
        }
    }
}

/// The rules a case is about, for messages.
fn named(rules: &[RuleId]) -> String {
    rules.iter().map(RuleId::as_str).collect::<Vec<_>>().join(", ")
}
