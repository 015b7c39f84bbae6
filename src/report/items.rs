//! What a report lists, one thing at a time: in which order, what each weighs, where it points, what it says.
//!
//! Every renderer but the human and the JSON report goes through this list, so that none decides for itself what comes
//! first, what is folded, or where a finding points that has no place in a file.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{LeftOut, PlanReport, Report};
use crate::finding::{Finding, Fingerprint, Level, RuleId};
use crate::problem::Problem;
use crate::text::count;
use crate::verdict::Verdict;

/// The file that stands in where nothing people wrote can be pointed at.
pub(super) const FALLBACK_FILE: &str = "plangate.toml";
/// Most annotations in a log. GitHub shows ten of each kind, Azure Pipelines a few more.
const ANNOTATIONS: usize = 5000;
/// Addresses named for those that are told with another finding.
const NAMED: usize = 20;

/// What an item weighs, as most consumers know it. Ordered, lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// For information.
    Note,
    /// Shown, and does not block.
    Warning,
    /// Blocks, or keeps the plan undecided.
    Error,
}

/// What an item is.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// Why something is undecided.
    Problem(&'a Problem),
    /// What a rule says.
    Finding(&'a Finding),
}

/// One thing a report lists.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// The plan it is about; `None` for the run.
    pub plan: Option<&'a PlanReport>,
    /// The problem or the finding.
    pub said: Said<'a>,
    /// What it weighs; of what is set aside, what it would.
    pub weight: Weight,
    /// Findings that say the same of other changes, where the list is folded.
    pub also: Vec<&'a Finding>,
    /// Findings it causes, by rule and level, where the list is folded.
    pub victims: Vec<Vec<&'a Finding>>,
    /// Tells it from items before it with the same fingerprint; 1 for the first.
    pub occurrence: usize,
}

/// A place in a file, relative to the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file; always inside the repository, with `/`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl<'a> Item<'a> {
    fn problem(plan: Option<&'a PlanReport>, problem: &'a Problem) -> Self {
        Self::new(plan, Said::Problem(problem), Weight::Error)
    }

    fn finding(plan: Option<&'a PlanReport>, finding: &'a Finding, fail_on: Level) -> Self {
        let weight = match finding.level {
            level if level >= fail_on => Weight::Error,
            Level::Deny => Weight::Error,
            Level::Warn => Weight::Warning,
            Level::Info | Level::Off => Weight::Note,
        };
        Self::new(plan, Said::Finding(finding), weight)
    }

    fn new(plan: Option<&'a PlanReport>, said: Said<'a>, weight: Weight) -> Self {
        Self { plan, said, weight, also: Vec::new(), victims: Vec::new(), occurrence: 1 }
    }

    /// The finding, if it is one.
    #[must_use]
    pub const fn as_finding(&self) -> Option<&'a Finding> {
        match self.said {
            Said::Finding(finding) => Some(finding),
            Said::Problem(_) => None,
        }
    }

    /// Whether it is waived or excepted by its policy.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.as_finding().is_some_and(Finding::is_set_aside)
    }

    /// The rule, or `undecided/` with the code of the problem.
    #[must_use]
    pub fn id(&self) -> Cow<'a, str> {
        match self.said {
            Said::Finding(finding) => Cow::Borrowed(finding.rule.as_str()),
            Said::Problem(problem) => Cow::Owned(problem_id(problem.code.as_str())),
        }
    }

    /// `deny`, `warn`, `info`; `undecided` for a problem.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.said {
            Said::Finding(finding) => finding.level.as_str(),
            Said::Problem(_) => Verdict::Undecided.as_str(),
        }
    }

    /// The address of the change it is about.
    #[must_use]
    pub fn address(&self) -> Option<&'a str> {
        self.as_finding().and_then(|finding| finding.subject.as_ref()).map(|subject| subject.address.as_str())
    }

    /// What it says, unescaped.
    #[must_use]
    pub fn message(&self) -> &'a str {
        match self.said {
            Said::Finding(finding) => &finding.message,
            Said::Problem(problem) => &problem.message,
        }
    }

    /// What it says with everything that is told with it, unescaped; one paragraph a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![self.message().to_owned()];
        if let Said::Problem(Problem { help: Some(help), .. }) = self.said {
            lines.push(format!("help: {help}"));
        }
        if !self.also.is_empty() {
            lines.push(format!("The same holds for {}.", named(&self.also)));
        }
        for victims in &self.victims {
            if let Some(first) = victims.first() {
                lines.push(format!("Because of it: {} {}: {}.", first.level, first.rule, named(victims)));
            }
        }
        lines.join("\n")
    }

    /// Why it does not count, unescaped: `waived by OWNER: REASON, expires DAY`, or by which query it is excepted.
    #[must_use]
    pub fn set_aside_by(&self) -> Option<String> {
        let finding = self.as_finding()?;
        if let Some(waiver) = &finding.waiver {
            let expires = waiver.expires.as_ref().map_or_else(String::new, |day| format!(", expires {day}"));
            return Some(format!("waived by {}: {}{expires}", waiver.owner, waiver.reason));
        }
        finding.exception.as_ref().map(|exception| format!("excepted by its policy: {}", exception.query))
    }

    /// The plan as named, with the number of the document where it is not the first.
    #[must_use]
    pub fn plan_name(&self) -> Option<String> {
        self.plan.map(PlanReport::name)
    }

    /// Identity across runs; of a problem, made of its code and message.
    #[must_use]
    pub fn fingerprint(&self) -> Cow<'a, Fingerprint> {
        match self.said {
            Said::Finding(finding) => Cow::Borrowed(&finding.fingerprint),
            Said::Problem(problem) => {
                let rule = RuleId::new(problem_id(problem.code.as_str()));
                Cow::Owned(Fingerprint::of_message(&rule, &problem.message))
            }
        }
    }

    /// The place it points at, as far as that is inside the repository. `directory` is where the run was started,
    /// relative to the repository's root.
    #[must_use]
    pub fn place(&self, directory: &str) -> Option<Place> {
        let (file, position) = match self.said {
            Said::Finding(finding) => {
                finding.location.as_ref().map(|location| (location.file.as_str(), location.position))?
            }
            Said::Problem(problem) => problem.place.as_ref().map(|place| (place.file.name(), place.position()))?,
        };
        let file = inside(directory, file)?;
        Some(Place { file, line: position.line.max(1), column: position.column.max(1) })
    }

    /// The place it points at, or the first line of the configuration: consumers drop what points nowhere.
    #[must_use]
    pub fn place_or_fallback(&self, directory: &str) -> Place {
        self.place(directory).unwrap_or_else(|| Place { file: FALLBACK_FILE.to_owned(), line: 1, column: 1 })
    }

    fn destroys(&self) -> bool {
        self.as_finding().is_some_and(super::destroys)
    }

    /// What destroys comes first, then what is undecided, then what else blocks; what is set aside comes last.
    fn rank(&self) -> u8 {
        match (self.said, self.weight) {
            _ if self.is_set_aside() => 5,
            (Said::Finding(_), Weight::Error) if self.destroys() => 0,
            (Said::Problem(_), _) => 1,
            (_, Weight::Error) => 2,
            _ if self.destroys() => 3,
            _ => 4,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| match (self.said, other.said) {
            (Said::Finding(one), Said::Finding(other)) => one.order(other),
            _ => Ordering::Equal,
        })
    }
}

/// The id under which a reason for *undecided* is listed.
#[must_use]
pub fn problem_id(code: &str) -> String {
    format!("undecided/{code}")
}

/// What is told of a run where space is short.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// Folded; without what is set aside.
    pub items: Vec<Item<'a>>,
    /// Findings that are not shown because of their level.
    pub hidden: usize,
    /// Findings that are waived or excepted.
    pub set_aside: Vec<Item<'a>>,
}

impl Told<'_> {
    /// Annotations for these, as many as anybody looks through, and how many findings have none; `left_out` more were never
    /// listed.
    pub(super) fn annotated(&self, left_out: LeftOut) -> (&[Item<'_>], usize) {
        let shown = self.items.get(..self.items.len().min(ANNOTATIONS)).unwrap_or_default();
        (shown, self.hidden + self.items.len() - shown.len() + left_out.findings.total())
    }
}

impl Report {
    /// Every problem and every finding, each by itself.
    #[must_use]
    pub fn items(&self) -> Vec<Item<'_>> {
        let mut items = self.run_items();
        for plan in &self.plans {
            items.extend(plan.problems.iter().map(|problem| Item::problem(Some(plan), problem)));
            items.extend(plan.findings.iter().map(|finding| Item::finding(Some(plan), finding, self.fail_on)));
        }
        in_order(items)
    }

    /// Problems and findings of the run itself.
    fn run_items(&self) -> Vec<Item<'_>> {
        let problems = self.problems.iter().map(|problem| Item::problem(None, problem));
        problems.chain(self.findings.iter().map(|finding| Item::finding(None, finding, self.fail_on))).collect()
    }

    /// The same, with what another says or causes told together with it, and without findings below `show` that do not
    /// block.
    #[must_use]
    pub fn told(&self, show: Level) -> Told<'_> {
        let mut items = self.run_items();
        for plan in &self.plans {
            items.extend(plan.problems.iter().map(|problem| Item::problem(Some(plan), problem)));
            for entry in plan.groups().into_iter().flat_map(|group| group.entries) {
                let item = Item::finding(Some(plan), entry.finding, self.fail_on);
                items.push(Item { also: entry.also, victims: entry.victims, ..item });
            }
        }
        let (set_aside, items): (Vec<_>, Vec<_>) = in_order(items).into_iter().partition(Item::is_set_aside);
        let is_shown =
            |item: &Item<'_>| item.weight == Weight::Error || item.as_finding().is_none_or(|f| f.level >= show);
        let (items, hidden): (Vec<_>, Vec<_>) = items.into_iter().partition(is_shown);
        let hidden = hidden.iter().map(|item| 1 + item.also.len() + item.victims.iter().map(Vec::len).sum::<usize>());
        Told { items, hidden: hidden.sum(), set_aside }
    }

    /// Whether something is, or may be, destroyed: `false` only where every plan was judged and destroys nothing.
    #[must_use]
    pub fn may_destroy(&self) -> bool {
        let destroys = |plan: &PlanReport| plan.counts.delete + plan.counts.replace + plan.counts.unknown > 0;
        self.verdict == Verdict::Undecided || self.plans.iter().any(destroys)
    }

    /// How many problems the run and its plans have, those that are not listed too.
    #[must_use]
    pub fn problem_count(&self) -> usize {
        let of_plans: usize = self.plans.iter().map(|plan| plan.problems.len()).sum();
        self.problems.len() + of_plans + self.left_out.problems
    }

    /// The verdict with the counts, in one line of nothing but words and numbers of plangate's own.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = self.finding_counts();
        let mut parts = vec![
            format!("{} deny", counts.deny),
            format!("{} warn", counts.warn),
            format!("{} info", counts.info),
            format!("{} waived", counts.waived),
        ];
        if counts.excepted > 0 {
            parts.push(format!("{} excepted", counts.excepted));
        }
        if self.problem_count() > 0 {
            parts.insert(0, count(self.problem_count(), "problem"));
        }
        if counts.lowered > 0 {
            parts.push(format!("{} lowered by configuration", counts.lowered));
        }
        format!("{}: {}: {}", self.verdict.as_str(), count(self.plans.len(), "plan"), parts.join(", "))
    }
}

impl PlanReport {
    /// The file as named, with the number of the document where it is not the first.
    #[must_use]
    pub fn name(&self) -> String {
        match self.document {
            0 => self.path.clone(),
            number => format!("{} (document {})", self.path, number + 1),
        }
    }
}

fn in_order(mut items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    items.sort_by(Item::order);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for item in &mut items {
        let occurrence = seen.entry(item.fingerprint().as_str().to_owned()).or_default();
        *occurrence += 1;
        item.occurrence = *occurrence;
    }
    items
}

/// The subjects of findings, as many as can be read.
fn named(findings: &[&Finding]) -> String {
    let name = |finding: &&Finding| match &finding.subject {
        Some(subject) => subject.address.clone(),
        None => finding.message.clone(),
    };
    let named: Vec<String> = findings.iter().take(NAMED).map(name).collect();
    match findings.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A file as named from `directory`, relative to the root of the repository; `None` where it is not inside.
fn inside(directory: &str, file: &str) -> Option<String> {
    let file = file.replace('\\', "/");
    if file.starts_with('/') || file.split('/').next().is_none_or(|first| first.is_empty() || first.contains(':')) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_inside_the_repository_or_none() {
        assert_eq!(inside("", "./a//b.tf").as_deref(), Some("a/b.tf"));
        assert_eq!(inside("infra/prod", "../../policy/p.rego").as_deref(), Some("policy/p.rego"));
        assert_eq!(inside("infra", "main.tf").as_deref(), Some("infra/main.tf"));
        for outside in ["/tmp/plan.json", "../x", "a/../../x", "C:/x", "https://x/y", "-", ""] {
            assert!(inside("", outside).is_none_or(|file| file == "-"), "{outside}");
        }
    }
}
