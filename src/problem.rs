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
    /// plangate itself failed.
    Internal,
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
            Self::Internal => "internal",
        }
    }

    /// Every code, in the order of docs/exit-codes.md.
    pub const ALL: [Self; 17] = [
        Self::NothingSelected,
        Self::Unreadable,
        Self::NotAPlan,
        Self::Truncated,
        Self::Malformed,
        Self::DuplicateKey,
        Self::UnsupportedFormat,
        Self::ErroredPlan,
        Self::InconsistentPlan,
        Self::NoResourceChanges,
        Self::Config,
        Self::Waiver,
        Self::PolicyLoad,
        Self::RuleFailed,
        Self::RuleUndetermined,
        Self::ReportWrite,
        Self::Internal,
    ];

    /// The code with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}

/// What a code means, for docs/exit-codes.md and `plangate explain`.
impl ProblemCode {
    /// What happened.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NothingSelected => {
                "A glob matched no file, a folder or a list has no plan, there is no test, or standard input was named twice."
            }
            Self::Unreadable => "A file or standard input could not be read.",
            Self::NotAPlan => {
                "The document is something else: a state, a UI stream, a provider schema, an archive … The \
                 message names it and the command to run instead."
            }
            Self::Truncated => "The document ends in the middle.",
            Self::Malformed => {
                "The document is not valid JSON, or no saved plan as Terraform writes it, or something that matters has the wrong shape."
            }
            Self::DuplicateKey => "One JSON object has the same key twice; parsers disagree on what that means.",
            Self::UnsupportedFormat => {
                "`format_version` is 2.0 or above, or none that Terraform wrote; or a saved plan of a version not known here."
            }
            Self::ErroredPlan => {
                "Planning failed (`errored: true`); the changes are only those found before the failure."
            }
            Self::InconsistentPlan => "The document contradicts itself.",
            Self::NoResourceChanges => {
                "No `resource_changes` though there are managed resources: a refresh-only or a stripped plan. \
                 `--expect refresh-only` accepts the former."
            }
            Self::Config => "`plangate.toml` or an argument is wrong.",
            Self::Waiver => "The waivers file is wrong.",
            Self::PolicyLoad => "A policy file cannot be loaded, or brings no rule.",
            Self::RuleFailed => {
                "A rule failed while it ran: time or size limit, a type error, a result of no known shape."
            }
            Self::RuleUndetermined => {
                "A rule met a builtin error, or reads a part of the input or of the sources that is not there: it may have \
                 missed something."
            }
            Self::ReportWrite => "A report could not be written.",
            Self::Internal => {
                "plangate itself failed while it judged one of many plans; the others are judged all the same."
            }
        }
    }

    /// What to do next.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NothingSelected => "Check the pattern and the working directory; name standard input once.",
            Self::Unreadable => "Check the path and who may read it. A directory is no plan: name the files in it.",
            Self::NotAPlan => {
                "Name the plan file of `terraform plan -out=tfplan`, or its JSON: `terraform show -json tfplan > plan.json`. Or \
                 run the command the message names."
            }
            Self::Truncated => {
                "Write the file again, and stop the step that writes it where the command fails: a pipe hides \
                 that."
            }
            Self::Malformed => {
                "Write the file again with `terraform show -json`. If it stays so, the message says at which byte \
                 and path; report it with the version of Terraform."
            }
            Self::DuplicateKey => {
                "Do not edit or join plan files. A tool that changes them between Terraform and plangate must \
                 write each key once."
            }
            Self::UnsupportedFormat => {
                "Use a release of plangate that knows this Terraform, or a Terraform that this release knows."
            }
            Self::ErroredPlan => "Read what `terraform plan` said, mend the configuration and plan again.",
            Self::InconsistentPlan => {
                "Use the file as Terraform wrote it: something changed or stripped it. Plan again."
            }
            Self::NoResourceChanges => {
                "For a plan made with `-refresh-only` pass `--expect refresh-only`. Otherwise use the whole output \
                 of `terraform show -json`."
            }
            Self::Config => "Mend what is underlined; docs/configuration.md lists every key.",
            Self::Waiver => {
                "Mend what is underlined; docs/waivers.md lists every key. Until then nothing is waived and \
                 nothing passes."
            }
            Self::PolicyLoad => "Mend the policy at the place shown; docs/policies.md says what is checked.",
            Self::RuleFailed => {
                "Mend the rule at the place shown. To go on without it, set its level to `off` in plangate.toml; \
                 the report will say so."
            }
            Self::RuleUndetermined => {
                "Make the expression hold for every plan: test that a value is there and of the right type before \
                 using it. Pass what a CI system adds with `--context`. Where a rule \
                 needs sources, docs/sources.md says what is read. In any other built-in rule it is a fault of plangate: \
                 report it."
            }
            Self::ReportWrite => {
                "Check that the directory exists and has room; the other reports state the same verdict."
            }
            Self::Internal => "It is a fault of plangate: report it, with the place that standard error names.",
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
