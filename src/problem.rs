//! Why a plan could not be judged: the library's one error type.
//!
//! A problem is not a finding: it has no level, cannot be waived or configured, and makes the
//! verdict *undecided*. Must not know plans, policies or reports.

use std::fmt;
use std::sync::OnceLock;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use crate::source::{Excerpt, Position, SourceFile, Span};

/// What kind of problem it is; the code is stable and documented in docs/exit-codes.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// No plan was named, or a glob matched no file.
    NothingSelected,
    /// A file or standard input could not be read.
    Unreadable,
    /// The document is something else than a plan.
    NotAPlan,
    /// The document ends in the middle.
    Truncated,
    /// The document is not valid JSON or holds values of a wrong shape.
    Malformed,
    /// The same JSON key stands twice in one object.
    DuplicateKey,
    /// The plan's `format_version` is one this version cannot read.
    UnsupportedFormat,
    /// Terraform itself reports that planning failed.
    ErroredPlan,
    /// The document contradicts itself.
    InconsistentPlan,
    /// The plan lists no changes though it has managed resources.
    NoResourceChanges,
    /// The configuration is wrong.
    Config,
    /// The waivers are wrong.
    Waiver,
    /// A policy could not be loaded.
    PolicyLoad,
    /// A rule failed while it ran.
    RuleFailed,
    /// A rule could not be decided on this plan.
    RuleUndetermined,
    /// A report could not be written.
    ReportWrite,
}

impl ProblemCode {
    /// The stable code, as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingSelected => "nothing-selected",
            Self::Unreadable => "unreadable",
            Self::NotAPlan => "not-a-plan",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::DuplicateKey => "duplicate-key",
            Self::UnsupportedFormat => "unsupported-format",
            Self::ErroredPlan => "errored-plan",
            Self::InconsistentPlan => "inconsistent-plan",
            Self::NoResourceChanges => "no-resource-changes",
            Self::Config => "config",
            Self::Waiver => "waiver",
            Self::PolicyLoad => "policy-load",
            Self::RuleFailed => "rule-failed",
            Self::RuleUndetermined => "rule-undetermined",
            Self::ReportWrite => "report-write",
        }
    }
}

/// One reason why the answer is *undecided*: what happened, where, what to do next.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The kind.
    pub code: ProblemCode,
    /// What happened, in one sentence without a full stop. Untrusted parts are *not* escaped here.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The place in a file people wrote.
    pub place: Option<Place>,
}

/// A labelled place in a source file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub file: SourceFile,
    /// The bytes meant.
    pub span: Span,
    /// What is wrong just there.
    pub label: String,
    /// Made when it is shown: making it reads the file up to the place.
    excerpt: OnceLock<Excerpt>,
}

impl Place {
    /// A place; `label` says what is meant by it.
    pub fn new(file: &SourceFile, span: impl Into<Span>, label: impl Into<String>) -> Self {
        let span = span.into();
        Self { file: file.clone(), span, label: label.into(), excerpt: OnceLock::new() }
    }

    fn excerpt(&self) -> &Excerpt {
        self.excerpt.get_or_init(|| Excerpt::new(&self.file, self.span))
    }

    /// Line and column where the span starts.
    #[must_use]
    pub fn position(&self) -> Position {
        self.file.position(self.span.start)
    }
}

impl Problem {
    /// A problem without a place.
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, place: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the place in a file people wrote.
    #[must_use]
    pub fn at(mut self, file: &SourceFile, span: impl Into<Span>, label: impl Into<String>) -> Self {
        self.place = Some(Place::new(file, span, label));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::multi_line(&self.message))
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("plangate::{}", self.code.as_str())))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_deref().map(|help| Box::new(crate::text::multi_line(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| place.excerpt() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = crate::text::one_line(&place.label).into_owned();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(label), place.excerpt().span()))))
    }
}
