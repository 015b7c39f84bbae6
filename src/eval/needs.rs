//! Rules that need the sources of a plan: which they are, and whether what they need is there.
//!
//! Without sources such a rule is not run, by design, and the record says so. With sources that cannot tell what it
//! needs it is undetermined.

use serde_json::Value;

use crate::facts::Facts;
use crate::policy::Rule;
use crate::problem::{Problem, ProblemCode};

/// `custom.needs` of METADATA.
const KEY: &str = "needs";

/// What a rule needs beside the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// The sources it was made from.
    Sources,
    /// Those before as well.
    Base,
}

impl Needs {
    /// The option that gives it, for people.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Sources => "--source DIR",
            Self::Base => "--source DIR and --base COMMIT",
        }
    }
}

/// What a rule says that it needs.
pub(super) fn of(rule: &Rule) -> Option<Needs> {
    match rule.meta.custom.get(KEY).and_then(Value::as_str) {
        Some("sources") => Some(Needs::Sources),
        Some("base") => Some(Needs::Base),
        _ => None,
    }
}

/// Whether what a rule needs was given.
pub(super) fn are_met(rule: &Rule, facts: &Facts) -> bool {
    match of(rule) {
        None => true,
        Some(Needs::Sources) => facts.sources.is_some(),
        Some(Needs::Base) => facts.sources.as_ref().is_some_and(|sources| sources.base),
    }
}

/// Why a rule that needs sources cannot be decided by these.
pub(super) fn unmet(rule: &Rule, facts: &Facts) -> Vec<Problem> {
    let Some((needs, sources)) = of(rule).zip(facts.sources.as_ref()) else { return Vec::new() };
    let counts = |base: bool| !base || needs == Needs::Base;
    let problem = |message: &str, help: &str| {
        let message = format!("rule `{}` cannot be decided: {message}", rule.id);
        Problem::new(ProblemCode::RuleUndetermined, message).help(help)
    };
    sources.gaps.iter().filter(|gap| counts(gap.base)).map(|gap| problem(&gap.message, gap.help)).collect()
}
