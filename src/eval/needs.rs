//! Rules that need the sources of a plan: which they are, and whether what they need is there.
//!
//! Without sources such a rule is not run, by design, and the record says so. With sources that cannot tell what it
//! needs it is undetermined.

use serde_json::Value;

use super::DERIVED_KEY;
use crate::facts::Facts;
use crate::policy::{Origin, Rule};
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
    /// What a rule says that it needs.
    #[must_use]
    pub fn of(rule: &Rule) -> Option<Self> {
        match rule.meta.custom.get(KEY).and_then(Value::as_str) {
            Some("sources") => Some(Self::Sources),
            Some("base") => Some(Self::Base),
            _ => None,
        }
    }

    /// What gives it, for people.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Sources => "a saved plan, or --source DIR",
            Self::Base => "--base COMMIT, and a saved plan or --source DIR",
        }
    }
}

/// Whether what a rule needs was given.
pub(super) fn are_met(rule: &Rule, facts: &Facts) -> bool {
    match Needs::of(rule) {
        None => true,
        Some(Needs::Sources) => facts.sources.is_some(),
        Some(Needs::Base) => facts.sources.as_ref().is_some_and(|sources| sources.base),
    }
}

/// Why a rule of the repository reads in vain: it names what only sources give, and there are none. One that asks for
/// them (`input.plangate.sources`) has said what holds without.
pub(super) fn in_vain(rule: &Rule, facts: &Facts) -> Option<Problem> {
    if facts.sources.is_some() || rule.origin != Origin::Repository {
        return None;
    }
    let asks = rule.reads.parts.iter().any(|read| read.asked && read.keys == [DERIVED_KEY, "sources"]);
    let reads_sources = rule.reads.parts.iter().any(|read| read.keys == [DERIVED_KEY, "sources"]);
    let of_items = rule.reads.sources_of.first().map(|list| format!("{list}[_].source"));
    let part = of_items.or_else(|| reads_sources.then(|| "sources".to_owned())).filter(|_| !asks)?;
    let message =
        format!("rule `{}` reads `input.{DERIVED_KEY}.{part}`, which only the sources of a plan give", rule.id);
    Some(Problem::new(ProblemCode::RuleUndetermined, message).help(
        "judge the saved plan itself, or name them with `--source DIR`; to leave the rule out without them, write `needs: sources` under `custom` in its METADATA",
    ))
}

/// Why a rule that needs sources cannot be decided by these.
pub(super) fn unmet(rule: &Rule, facts: &Facts) -> Vec<Problem> {
    let Some((needs, sources)) = Needs::of(rule).zip(facts.sources.as_ref()) else { return Vec::new() };
    let counts = |base: bool| !base || needs == Needs::Base;
    let problem = |message: &str, help: &str| {
        let message = format!("rule `{}` cannot be decided: {message}", rule.id);
        Problem::new(ProblemCode::RuleUndetermined, message).help(help)
    };
    sources.gaps.iter().filter(|gap| counts(gap.base)).map(|gap| problem(&gap.message, gap.help)).collect()
}
