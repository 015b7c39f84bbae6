//! What is behind a finding: its facts, what it hangs together with, and what one can do about it.
//!
//! Owns which findings a question means and which way forward the facts suggest. Must not judge, nor know formats: every
//! text here is masked already, and escaping is each sink's duty.

mod detail;
mod forward;
mod query;
mod waiver;

use crate::catalog::Page;
use crate::eval::trace::Trace;
use crate::facts::{ChangeFacts, Facts, OutsideAttribute};
use crate::finding::Finding;

pub use detail::{Detail, Field, Relation};
pub use forward::{Paste, Step, StepKind};
pub use query::{Query, unknown_rule};

/// A finding, explained as far as it was asked for.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The plan, as the user named it.
    pub path: String,
    /// Which document of the file, from 0.
    pub document: usize,
    /// The finding.
    pub finding: Finding,
    /// What it says, in one sentence.
    pub sentence: String,
    /// Fields, relations and the provider's behaviour.
    pub detail: Option<Detail>,
    /// The rule's source with what of it held, or why that cannot be told.
    pub trace: Option<Result<Trace, String>>,
    /// What one can do, the best first.
    pub forward: Vec<Step>,
}

/// What is known of the object a finding is about.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Everything derived from its plan; `None` for findings about the run.
    pub facts: Option<&'a Facts>,
    /// What the rule says one should do.
    pub help: Option<&'a str>,
    /// What the catalogue says of its type.
    pub page: Option<&'a Page>,
    /// Takes secrets out of a text.
    pub mask: &'a dyn Fn(&str) -> String,
}

impl Known<'_> {
    /// The facts about a finding's object, and what of it was changed outside Terraform.
    fn of(&self, finding: &Finding) -> Option<(&ChangeFacts, &[OutsideAttribute])> {
        let (facts, subject) = (self.facts?, finding.subject.as_ref()?);
        let is_it =
            |change: &ChangeFacts| change.address.as_str() == subject.address && change.deposed == subject.deposed;
        let planned = facts.changes.iter().chain(&facts.collateral).chain(&facts.drift).find(|change| is_it(change));
        let drifted = facts.drifted.iter().find(|outside| is_it(&outside.change));
        let outside = drifted.map_or(&[][..], |outside| outside.attributes.as_slice());
        Some((planned.or(drifted.map(|outside| &outside.change))?, outside))
    }
}

/// The explanation of a finding without its source; `depth` 1 says what and what to do, 2 also why.
#[must_use]
pub fn explain(path: &str, document: usize, finding: &Finding, known: &Known<'_>, depth: u8) -> Explanation {
    // A built-in rule quotes values that are not marked; a marked one may be part of them.
    let message = (known.mask)(&finding.message);
    Explanation {
        path: path.to_owned(),
        document,
        sentence: first_sentence(&message).to_owned(),
        detail: (depth >= 2).then(|| Detail::new(finding, known)),
        trace: None,
        forward: forward::steps(finding, known),
        finding: Finding { message, ..finding.clone() },
    }
}

/// The text up to the first full stop that a new sentence follows.
fn first_sentence(text: &str) -> &str {
    let is_end = |(at, _): &(usize, &str)| {
        text.get(at + 2..).and_then(|rest| rest.chars().next()).is_some_and(|next| next.is_uppercase() || next == '`')
    };
    text.match_indices(". ").find(is_end).and_then(|(at, _)| text.get(..=at)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
