//! Which findings a word on the command line means.

use crate::finding::{Finding, RuleId};
use crate::problem::{Problem, ProblemCode};
use crate::suggest;
use crate::text::{one_line, truncate};

/// Fewer hex digits name too many findings.
const MIN_DIGITS: usize = 6;
/// Digits of a whole fingerprint.
const MAX_DIGITS: usize = 64;
/// How many ambiguous findings are named.
const NAMED: usize = 20;
/// Digits with which they are named.
const SHOWN_DIGITS: usize = 12;

/// Which findings are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Those whose fingerprint starts so.
    Fingerprint(String),
    /// All about this address.
    Address(String),
    /// All of this rule.
    Rule(RuleId),
    /// All of this rule about this address.
    RuleAt(RuleId, String),
}

impl Query {
    /// Reads a fingerprint's beginning, an address, a rule, or `rule@address`; `rule` narrows an address.
    ///
    /// # Errors
    /// A rule nobody knows, too few digits, and what is none of these.
    pub fn parse(word: &str, rule: Option<&str>, rules: &[RuleId]) -> Result<Self, Problem> {
        let known = |id: &str| rules.iter().find(|rule| rule.as_str() == id).cloned();
        if let Some(rule) = rule {
            let rule = known(rule).ok_or_else(|| unknown_rule(rule, rules.iter().map(RuleId::as_str)))?;
            return Ok(Self::RuleAt(rule, word.to_owned()));
        }
        if let Some(rule) = known(word) {
            return Ok(Self::Rule(rule));
        }
        // Keys of addresses may contain `@`, and so may ids of the repository's rules.
        let split = word.match_indices('@').find_map(|(at, _)| Some((known(word.get(..at)?)?, word.get(at + 1..)?)));
        if let Some((rule, address)) = split {
            return Ok(Self::RuleAt(rule, address.to_owned()));
        }
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return digits(word);
        }
        let head = word.split('@').next().unwrap_or(word);
        if head.contains('/') && !head.contains('[') {
            return Err(unknown_rule(head, rules.iter().map(RuleId::as_str)));
        }
        if word.contains('.') {
            return Ok(Self::Address(word.to_owned()));
        }
        Err(unknown_rule(word, rules.iter().map(RuleId::as_str)))
    }

    /// Whether a finding is meant.
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> bool {
        let at = |address: &str| {
            let subject = finding.subject.as_ref();
            subject.is_some_and(|subject| {
                subject.address == address || subject.previous_address.as_deref() == Some(address)
            })
        };
        match self {
            Self::Fingerprint(start) => finding.fingerprint.as_str().starts_with(start.as_str()),
            Self::Address(address) => at(address),
            Self::Rule(rule) => finding.rule == *rule,
            Self::RuleAt(rule, address) => finding.rule == *rule && at(address),
        }
    }

    /// The problem of a fingerprint's beginning that several findings share.
    ///
    /// # Errors
    /// That problem.
    pub fn check_unambiguous<'a>(&self, found: impl Iterator<Item = &'a Finding>) -> Result<(), Problem> {
        let Self::Fingerprint(start) = self else { return Ok(()) };
        let mut lines: Vec<String> = found.map(line).collect();
        lines.sort();
        lines.dedup();
        // Two objects that differ in nothing a fingerprint takes in are one answer.
        let mut different: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        different.dedup();
        if different.len() < 2 {
            return Ok(());
        }
        lines.truncate(NAMED);
        Err(Problem::new(ProblemCode::NothingSelected, format!("several fingerprints start with `{start}`"))
            .help(format!("give more digits of one:\n{}", lines.join("\n"))))
    }

    /// The problem of a question that no finding answers; `found` are all findings there are.
    #[must_use]
    pub fn unanswered<'a>(&self, found: impl Iterator<Item = &'a Finding>) -> Problem {
        let what = match self {
            Self::Fingerprint(start) => format!("no finding has a fingerprint that starts with `{start}`"),
            Self::Address(address) => format!("no finding is about `{}`", short(address)),
            Self::Rule(rule) => format!("rule `{rule}` found nothing"),
            Self::RuleAt(rule, address) => format!("rule `{rule}` found nothing about `{}`", short(address)),
        };
        let problem = Problem::new(ProblemCode::NothingSelected, what);
        let addresses: Vec<&str> =
            found.filter_map(|finding| Some(finding.subject.as_ref()?.address.as_str())).collect();
        match self {
            Self::Address(address) | Self::RuleAt(_, address) => {
                match suggest::nearest(address, addresses.into_iter().filter(|known| known != address)) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("`plangate check PLAN` lists the findings"),
                }
            }
            _ => problem.help("`plangate check PLAN --show info` lists the findings with their ids"),
        }
    }
}

/// The problem of a rule, or a code, that does not exist.
#[must_use]
pub fn unknown_rule<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::new(ProblemCode::NothingSelected, format!("no rule is called `{}`", short(word)));
    match suggest::nearest(word, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("`plangate rules` lists the rules in force"),
    }
}

fn digits(word: &str) -> Result<Query, Problem> {
    if (MIN_DIGITS..=MAX_DIGITS).contains(&word.len()) {
        return Ok(Query::Fingerprint(word.to_ascii_lowercase()));
    }
    let message = format!("`{}` is no fingerprint: it takes {MIN_DIGITS} to {MAX_DIGITS} digits", short(word));
    Err(Problem::new(ProblemCode::NothingSelected, message)
        .help("`plangate check PLAN` shows enough digits of each finding"))
}

fn short(word: &str) -> String {
    truncate(word, 120).into_owned()
}

fn line(finding: &Finding) -> String {
    let digits = finding.fingerprint.as_str().get(..SHOWN_DIGITS).unwrap_or_default();
    let about = finding.subject.as_ref().map_or("", |subject| subject.address.as_str());
    format!("{digits} {} {}", finding.rule, one_line(about)).trim_end().to_owned()
}
