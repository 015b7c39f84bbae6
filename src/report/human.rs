//! The report for people: readable without colour, one screen for a typical block.
//!
//! Styles are anstyle's ANSI codes; `cli` strips them where the terminal takes none. Every text of
//! plans and policies is escaped here.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use miette::{GraphicalReportHandler, GraphicalTheme};

use super::saved;
use super::wrap::{WIDTH, wrap};
use super::{Entry, FindingCounts, Group, PlanReport, Report, ShortIds, milliseconds};
use crate::finding::{Finding, Level, Location, SourceAt, SourcePlace};
use crate::problem::Problem;
use crate::text::{count, multi_line, one_line, truncate, without_commands};
use crate::verdict::Verdict;

/// Findings shown in full for each group; the others are named by address.
const IN_FULL: usize = 6;
/// Addresses named for each group beyond those in full.
const NAMED: usize = 20;

/// Widest first line of a block that is shown, in characters.
const HEADER_COLUMNS: usize = 120;

/// How much to show.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Findings below this level are counted, not shown; a deny is always shown.
    pub show: Level,
    /// Also list every rule and what became of it.
    pub verbose: bool,
    /// List every rule and how long it took.
    pub timings: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { show: Level::Warn, verbose: false, timings: false }
    }
}

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(super) const BLUE: Style = AnsiColor::Blue.on_default();

/// Renders the report.
#[must_use]
pub fn render(report: &Report, options: Options) -> String {
    let ids = ShortIds::of(report);
    let mut out = Writer { out: String::new(), options, fail_on: report.fail_on, ids: &ids };
    for plan in &report.plans {
        out.plan(plan);
    }
    out.run(report);
    without_commands(&out.out).into_owned()
}

/// A problem as miette draws it: what happened, where, what to do next.
#[must_use]
pub fn problem(problem: &Problem) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_links(false).with_width(WIDTH);
    let mut out = String::new();
    if handler.render_report(&mut out, problem).is_err() {
        // A place miette cannot draw must not hide the problem.
        out = format!("{problem}\n");
    }
    without_commands(&out).into_owned()
}

struct Writer<'a> {
    out: String,
    options: Options,
    /// The lowest level that blocks.
    fail_on: Level,
    /// By which findings are cited.
    ids: &'a ShortIds,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn plan(&mut self, plan: &PlanReport) {
        let document = if plan.document > 0 { format!(" (document {})", plan.document + 1) } else { String::new() };
        let title = format!("{BOLD}{}{document}{BOLD:#}", one_line(&plan.path));
        self.line(&format!("{title}: {}", verdict(plan.verdict)));
        let notes = if self.options.verbose { plan.notes.as_slice() } else { &[] };
        for note in notes {
            self.line(&format!("  {DIM}note: {}{DIM:#}", one_line(note)));
        }
        if let Some(line) = plan.saved.as_deref().and_then(saved::unverified) {
            self.line(&format!("  {DIM}note: {}{DIM:#}", one_line(&line)));
        }
        for line in plan.saved.as_deref().filter(|_| self.options.verbose).map(saved::lines).into_iter().flatten() {
            self.line(&format!("  {DIM}{}{DIM:#}", one_line(&line)));
        }
        for problem in &plan.problems {
            self.problem(problem);
        }
        self.groups(plan);
        self.footer(plan);
        self.out.push('\n');
    }

    fn problem(&mut self, shown: &Problem) {
        self.line("");
        self.out.push_str(&problem(shown));
    }

    fn groups(&mut self, plan: &PlanReport) {
        let fold = plan.destroys_everything();
        if fold {
            self.everything(plan);
        }
        for group in plan.groups() {
            let Some(first) = group.first() else { continue };
            if self.shows(first) && !(fold && group.shipped && !group.set_aside) {
                self.group(&group, first);
            }
        }
    }

    /// A display filter never hides what blocks.
    fn shows(&self, finding: &Finding) -> bool {
        finding.level >= self.options.show || finding.level == Level::Deny || finding.blocks(self.fail_on)
    }

    /// One block, with one way forward, for a plan that destroys everything.
    fn everything(&mut self, plan: &PlanReport) {
        self.line("");
        self.paragraph(&plan.destroys_everything_note(), 2);
        for group in plan.groups().iter().filter(|group| group.shipped && !group.set_aside) {
            let Some(first) = group.first().filter(|first| self.shows(first)) else { continue };
            let label = format!("{} {}", first.level, one_line(first.rule.as_str()));
            // What is said of the plan as a whole is said above.
            let named: Vec<_> = group.findings().filter(|finding| finding.subject.is_some()).map(name).collect();
            if named.is_empty() {
                self.paragraph(&label, 4);
                continue;
            }
            let rest = if named.len() > NAMED { ", …" } else { "" };
            let some = named.get(..NAMED).unwrap_or(&named).join(", ");
            self.paragraph(&format!("{label} ({}): {some}{rest}", named.len()), 4);
        }
    }

    fn group(&mut self, group: &Group<'_>, first: &Finding) {
        self.line("");
        let label = if group.set_aside {
            let how = if first.waiver.is_some() { "waived" } else { "excepted" };
            format!("{DIM}{how} {}{DIM:#}", first.level)
        } else {
            let style = level_style(first.level);
            format!("{style}{}{style:#}", first.level)
        };
        let lowered = if first.level < first.declared_level {
            format!(" (lowered from {} by configuration)", first.declared_level)
        } else {
            String::new()
        };
        self.line(&format!("  {label} {BOLD}{}{BOLD:#}{lowered}", one_line(first.rule.as_str())));
        for entry in group.entries.iter().take(IN_FULL) {
            self.entry(entry);
        }
        let folded = group.entries.get(IN_FULL..).unwrap_or_default();
        self.folded(folded);
        for victims in folded.iter().flat_map(|entry| &entry.victims) {
            self.victims(victims);
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        self.finding(entry.finding, entry.text);
        if !entry.also.is_empty() {
            let others: Vec<_> = entry.also.iter().take(NAMED).map(|other| name(other)).collect();
            let rest = match entry.also.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            self.paragraph(&format!("The same holds for {}{rest}.", others.join(", ")), 6);
        }
        for victims in &entry.victims {
            self.victims(victims);
        }
    }

    /// Findings that this one causes, by name alone.
    fn victims(&mut self, victims: &[&Finding]) {
        let Some(first) = victims.first() else { return };
        let named: Vec<_> = victims.iter().take(NAMED).map(|victim| name(victim)).collect();
        let rest = match victims.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let rule = one_line(first.rule.as_str());
        self.paragraph(&format!("Because of it: {} {rule}: {}{rest}.", first.level, named.join(", ")), 6);
    }

    fn finding(&mut self, finding: &Finding, text: &str) {
        if let Some(subject) = &finding.subject {
            let deposed =
                subject.deposed.as_ref().map_or_else(String::new, |key| format!(" (deposed {})", one_line(key)));
            let moved = subject
                .previous_address
                .as_ref()
                .map_or_else(String::new, |previous| format!(", was {}", one_line(previous)));
            let words = std::iter::once(finding.severity.as_str()).chain(subject.actions.iter().map(String::as_str));
            let words = words.map(one_line).collect::<Vec<_>>().join(", ");
            self.line(&format!(
                "    {BOLD}{}{BOLD:#}{deposed}{moved}  {DIM}{words}  {}{DIM:#}",
                one_line(&subject.address),
                self.ids.of_finding(finding)
            ));
        }
        self.paragraph(&multi_line(text), 6);
        if finding.subject.is_none() {
            self.line(&format!("      {DIM}{}{DIM:#}", self.ids.of_finding(finding)));
        }
        self.place(finding);
        if let Some(waiver) = &finding.waiver {
            let expires =
                waiver.expires.as_ref().map_or_else(String::new, |day| format!(", expires {}", one_line(day)));
            let (file, line) = (one_line(&waiver.location.file), waiver.location.position.line);
            let (owner, reason) = (one_line(&waiver.owner), one_line(&waiver.reason));
            self.paragraph(&format!("waived by {owner}: {reason}{expires} ({file}:{line})"), 6);
        }
        if let Some(exception) = &finding.exception {
            let place = exception.location.as_ref().map_or_else(String::new, |location| {
                format!(" ({}:{})", one_line(&location.file), location.position.line)
            });
            self.paragraph(&format!("excepted by its policy: {}{place}", one_line(&exception.query)), 6);
        }
    }

    /// Where it is: in the sources as compilers write it, else in the rule.
    fn place(&mut self, finding: &Finding) {
        let Some(source) = &finding.source else {
            if let Some(location) = &finding.location {
                self.line(&format!("      {DIM}at {}:{}{DIM:#}", one_line(&location.file), location.position.line));
            }
            return;
        };
        self.line(&format!("      {DIM}{}{DIM:#}", source_place(finding.location.as_ref(), source)));
        let header = source.header.as_ref().filter(|_| self.options.verbose).zip(finding.location.as_ref());
        if let Some((header, location)) = header {
            let header = truncate(header, HEADER_COLUMNS);
            self.line(&format!("      {DIM}{:>4} |{DIM:#} {}", location.position.line, one_line(&header)));
        }
    }

    fn folded(&mut self, entries: &[Entry<'_>]) {
        if entries.is_empty() {
            return;
        }
        let findings: Vec<&Finding> =
            entries.iter().flat_map(|entry| std::iter::once(entry.finding).chain(entry.also.iter().copied())).collect();
        let named: Vec<_> = findings.iter().take(NAMED).map(|finding| name(finding)).collect();
        let rest = if findings.len() > NAMED { ", …" } else { "" };
        self.paragraph(&format!("and {} more: {}{rest}", findings.len(), named.join(", ")), 4);
    }

    fn footer(&mut self, plan: &PlanReport) {
        if plan.rules.is_empty() {
            return;
        }
        let (shipped, own) = plan.rules_run();
        let counts = FindingCounts::of(&plan.findings);
        self.line("");
        self.line(&format!(
            "  {} ran over {}: {}",
            rules_phrase(shipped, own),
            count(plan.counts.total, "change"),
            counts_phrase(counts, self.hidden(plan))
        ));
        let errors = plan.builtin_errors();
        if errors > 0 {
            self.line(&format!(
                "  {YELLOW}{}{YELLOW:#} made parts of rules undefined (listed with --verbose)",
                count(errors, "builtin error")
            ));
        }
        for rule in plan.silenced() {
            self.line(&format!("  {YELLOW}off{YELLOW:#} by configuration: {}", one_line(rule.id.as_str())));
        }
        if self.options.verbose || self.options.timings {
            self.rules(plan);
        }
    }

    fn hidden(&self, plan: &PlanReport) -> usize {
        plan.findings.iter().filter(|finding| !self.shows(finding)).count()
    }

    fn rules(&mut self, plan: &PlanReport) {
        for rule in &plan.rules {
            let considered =
                rule.considered.map_or_else(String::new, |n| format!(", {} considered", count(n, "change")));
            let took = rule.took.filter(|_| self.options.timings);
            let took = took.map_or_else(String::new, |took| format!(", {:.1} ms", milliseconds(took)));
            let excepted = if rule.exception.is_some() { ", excepted" } else { "" };
            if let Some(needs) = rule.needs {
                let id = one_line(rule.id.as_str());
                self.line(&format!("    {DIM}not run{DIM:#} {id} (it needs {})", needs.option()));
                continue;
            }
            self.line(&format!(
                "    {DIM}{}{DIM:#} {} ({}, fired {}{considered}{excepted}{took})",
                rule.outcome.as_str(),
                one_line(rule.id.as_str()),
                rule.origin.as_str(),
                rule.fired
            ));
            for error in &rule.builtin_errors {
                self.paragraph(&format!("builtin error: {}", one_line(error)), 6);
            }
        }
    }

    fn run(&mut self, report: &Report) {
        for problem in &report.problems {
            self.problem(problem);
        }
        for finding in &report.findings {
            if self.shows(finding) {
                let style = level_style(finding.level);
                self.line(&format!("{style}{}{style:#} {}", finding.level, one_line(finding.rule.as_str())));
                self.finding(finding, &finding.message);
            }
        }
        for note in &report.notes {
            self.line(&format!("{DIM}note: {}{DIM:#}", one_line(note)));
        }
        let all = FindingCounts::of(report.all_findings());
        let lowered = if all.lowered > 0 {
            format!(", {} lowered by configuration", count(all.lowered, "finding"))
        } else {
            String::new()
        };
        let excepted = if all.excepted > 0 { format!(", {} excepted", all.excepted) } else { String::new() };
        self.line(&format!(
            "{} {}: {} deny, {} warn, {} info, {} waived{excepted}{lowered}",
            verdict_word(report.verdict),
            count(report.plans.len(), "plan"),
            all.deny,
            all.warn,
            all.info,
            all.waived
        ));
        self.hint(report);
    }

    /// How to go on, where something blocks.
    fn hint(&mut self, report: &Report) {
        let blocking = report.plans.iter().find_map(|plan| {
            // One that is shown in full, and no victim of it.
            let groups = plan.groups();
            let finding = groups.iter().filter_map(Group::first).find(|finding| finding.blocks(report.fail_on))?;
            Some((finding, plan))
        });
        if let Some((finding, plan)) = blocking {
            let id = self.ids.of_finding(finding);
            self.line(&format!("{DIM}Why, and what to do: plangate explain {id} {}{DIM:#}", argument(&plan.path)));
        }
    }

    fn paragraph(&mut self, text: &str, indent: usize) {
        wrap(&mut self.out, text, indent);
    }
}

/// `--> main.tf:12:1`, with what that is where it is not the block of the object, and the construct that made it.
pub(super) fn source_place(location: Option<&Location>, source: &SourcePlace) -> String {
    let what = match source.at {
        SourceAt::Block | SourceAt::Removed => "",
        SourceAt::ModuleCall => " (its module is called here)",
        SourceAt::RemovedBlock => " (removed block)",
    };
    let construct =
        source.construct_path.as_ref().map_or_else(String::new, |path| format!(" (construct {})", one_line(path)));
    match location {
        Some(Location { file, position }) => {
            format!("--> {}:{}:{}{what}{construct}", one_line(file), position.line, position.column)
        }
        None => "--> removed from the configuration".to_owned(),
    }
}

/// A path as a shell takes it; a placeholder for what cannot be named again, or not plainly.
pub(super) fn argument(path: &str) -> &str {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=@:,".contains(c);
    if path != "-" && path.chars().all(is_plain) { path } else { "PLAN" }
}

/// What a finding is about, in as few words as there are.
fn name(finding: &Finding) -> Cow<'_, str> {
    finding.subject.as_ref().map_or_else(|| one_line(&finding.message), |subject| one_line(&subject.address))
}

fn rules_phrase(shipped: usize, own: usize) -> String {
    let mut phrase = count(shipped, "built-in rule");
    if own > 0 {
        // Writing to a String cannot fail.
        let _ = write!(phrase, " and {}", count(own, "repository rule"));
    }
    phrase
}

fn counts_phrase(counts: FindingCounts, hidden: usize) -> String {
    let mut parts = vec![format!("{} deny", counts.deny), format!("{} warn", counts.warn)];
    if counts.waived > 0 {
        parts.push(format!("{} waived", counts.waived));
    }
    if counts.excepted > 0 {
        parts.push(format!("{} excepted", counts.excepted));
    }
    if hidden > 0 {
        parts.push(format!("{hidden} hidden (--show info)"));
    }
    parts.join(", ")
}

pub(super) const fn level_style(level: Level) -> Style {
    match level {
        Level::Deny => RED,
        Level::Warn => YELLOW,
        Level::Info | Level::Off => BLUE,
    }
}

pub(super) fn verdict(verdict: Verdict) -> String {
    let style = verdict_style(verdict);
    format!("{style}{}{style:#}", verdict.as_str())
}

const fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Allowed => GREEN,
        Verdict::Blocked => RED,
        Verdict::Undecided => YELLOW,
    }
}

pub(super) fn verdict_word(verdict: Verdict) -> String {
    let style = verdict_style(verdict);
    let mut word = verdict.as_str().to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{style}{word}.{style:#}")
}
