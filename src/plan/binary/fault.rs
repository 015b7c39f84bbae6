//! What keeps a saved plan from being read, before it is a [`Problem`].
//!
//! Owns the wording around it. Must not show text of the plan.

use crate::problem::{Problem, ProblemCode};

/// The way that is left where the file cannot be read here.
const AS_JSON: &str = "judge the plan as JSON instead: terraform show -json tfplan > plan.json";
const PLAN_AGAIN: &str = "save the plan again: terraform plan -out=tfplan; do not edit or repack the file";

/// Why a saved plan cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// An archive of something else.
    NotAPlan,
    /// It ends in the middle.
    Truncated,
    /// Terraform does not write it so.
    Odd(String),
    /// Past a limit.
    TooLarge(String),
    /// Of a version that this program does not know.
    Unsupported(String),
}

/// What Terraform never writes; a clause about the file.
pub(super) fn odd(what: impl Into<String>) -> Fault {
    Fault::Odd(what.into())
}

/// The bytes end too early.
pub(super) const fn cut_off() -> Fault {
    Fault::Truncated
}

impl Fault {
    /// The same, with the part of the plan it is in before it.
    pub(super) fn within(self, part: &str) -> Self {
        match self {
            Self::Odd(what) => Self::Odd(format!("{part}: {what}")),
            Self::Truncated => Self::Odd(format!("{part}: it ends in the middle")),
            other => other,
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (code, message, help) = match fault {
            Fault::NotAPlan => (
                ProblemCode::NotAPlan,
                "this is a ZIP archive, but no saved plan: it has no entry `tfplan`".to_owned(),
                "save a plan and name its file: terraform plan -out=tfplan",
            ),
            Fault::Truncated => (ProblemCode::Truncated, "the saved plan ends in the middle".to_owned(), PLAN_AGAIN),
            Fault::Odd(what) => (
                ProblemCode::Malformed,
                format!("the saved plan is not as Terraform writes it: {what}"),
                "Terraform never writes this: find out who changed the file, and plan again",
            ),
            Fault::TooLarge(what) => (ProblemCode::Unreadable, format!("the saved plan is too large: {what}"), AS_JSON),
            Fault::Unsupported(what) => {
                (ProblemCode::UnsupportedFormat, format!("the saved plan cannot be read: {what}"), AS_JSON)
            }
        };
        Self::new(code, message).help(help)
    }
}
