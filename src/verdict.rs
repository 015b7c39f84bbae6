//! From findings and problems to the answer: may apply run?
//!
//! Owns [`Verdict`] and the exit codes. Must not know how findings are made or shown.

use crate::finding::{Finding, Level};

/// The answer for a plan, or for a whole run. Ordered: the worst of several is the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Judged, and nothing blocks.
    Allowed,
    /// At least one finding blocks.
    Blocked,
    /// Could not be judged.
    Undecided,
}

impl Verdict {
    /// The verdict of one plan: undecided wherever there is a problem, whatever the findings say.
    #[must_use]
    pub fn of(problems: usize, findings: &[Finding], fail_on: Level) -> Self {
        if problems > 0 {
            Self::Undecided
        } else if findings.iter().any(|finding| finding.blocks(fail_on)) {
            Self::Blocked
        } else {
            Self::Allowed
        }
    }

    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Undecided => "undecided",
        }
    }

    /// The process exit code; the same in every output format.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Blocked => 1,
            Self::Undecided => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_is_the_maximum() {
        assert!(Verdict::Undecided > Verdict::Blocked && Verdict::Blocked > Verdict::Allowed);
        assert_eq!([Verdict::Allowed, Verdict::Blocked, Verdict::Undecided].map(Verdict::exit_code), [0, 1, 2]);
    }

    #[test]
    fn a_problem_outweighs_every_finding() {
        assert_eq!(Verdict::of(1, &[], Level::Deny), Verdict::Undecided);
        assert_eq!(Verdict::of(0, &[], Level::Deny), Verdict::Allowed);
    }
}
