//! An audit for people: what is undecided and why, tables, the worst plans, the verdict last.

use std::fmt::Write as _;

use super::csv::left_out;
use super::{Audit, Line, Row, Table, Totals};
use crate::finding::{Finding, Level};
use crate::report::PlanReport;
use crate::report::human::{self, BOLD, DIM, argument, level_style, verdict, verdict_word};
use crate::report::wrap::{WIDTH, wrap};
use crate::text::{count, one_line, truncate, without_commands};

/// Lines of a table, and plans, that are shown unless all are.
const SHOWN: usize = 20;
/// Plans named for a reason.
const NAMED: usize = 8;
/// Widest name in a table, in characters.
const NAME: usize = 60;

/// Renders the audit.
pub(super) fn render(audit: &Audit, options: human::Options) -> String {
    let mut out = Writer { out: String::new(), audit, options };
    let totals = audit.totals();
    if options.verbose {
        out.all_plans();
    }
    out.undecided(&totals);
    out.findings_table(&totals.by_rule);
    out.findings_table(&totals.by_type);
    out.findings_table(&totals.by_severity);
    out.groups(&totals);
    out.worst();
    out.run(&totals);
    without_commands(&out.out).into_owned()
}

struct Writer<'a> {
    out: String,
    audit: &'a Audit,
    options: human::Options,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn title(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.line(&format!("{BOLD}{text}{BOLD:#}"));
    }

    fn shown(&self) -> usize {
        if self.options.verbose { usize::MAX } else { SHOWN }
    }

    fn more(&mut self, left: usize) {
        if left > 0 {
            self.line(&format!("  {DIM}and {left} more (--verbose){DIM:#}"));
        }
    }

    /// A display filter never hides what blocks.
    fn shows(&self, finding: &Finding) -> bool {
        finding.level >= self.options.show
            || finding.level == Level::Deny
            || finding.blocks(self.audit.report().fail_on)
    }

    fn all_plans(&mut self) {
        let audit = self.audit;
        self.title("Plans");
        for (plan, row) in audit.plans() {
            self.line(&format!("  {} {}", verdict(plan.verdict), one_line(&plan.name())));
            for problem in &plan.problems {
                let text = format!("{}: {}", problem.code.as_str(), one_line(&problem.message));
                wrap(&mut self.out, &text, 6);
            }
            let shown: Vec<&Finding> = plan.findings.iter().filter(|finding| self.shows(finding)).collect();
            for finding in shown {
                let aside = if finding.is_set_aside() { " (set aside)" } else { "" };
                let style = level_style(finding.level);
                let rule = one_line(finding.rule.as_str());
                self.line(&format!("      {style}{}{style:#} {rule}{aside}", finding.level));
                wrap(&mut self.out, &one_line(&finding.message), 8);
            }
            if let Some(left_out) = left_out(row) {
                self.line(&format!("      {DIM}{left_out}{DIM:#}"));
            }
        }
        for name in audit.skipped() {
            self.line(&format!("  {DIM}skipped: not a plan{DIM:#} {}", one_line(name)));
        }
    }

    fn undecided(&mut self, totals: &Totals) {
        if totals.undecided == 0 {
            return;
        }
        self.title(&format!("Undecided: {}", count(totals.undecided, "plan")));
        for reason in &totals.reasons {
            let others = match reason.others {
                0 => String::new(),
                others => format!(" (and {})", count(others, "other text")),
            };
            self.line(&format!("  {}: {}", reason.code.as_str(), count(reason.plans.len(), "plan")));
            wrap(&mut self.out, &format!("{}{others}", one_line(&reason.first.message)), 6);
            if let Some(help) = &reason.first.help {
                wrap(&mut self.out, &format!("help: {}", one_line(help)), 6);
            }
            let names = reason.plans.iter().filter_map(|index| self.audit.report().plans.get(*index));
            let names: Vec<String> = names.take(NAMED).map(|plan| one_line(&plan.name()).into_owned()).collect();
            let rest = match reason.plans.len().saturating_sub(names.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            wrap(&mut self.out, &format!("in {}{rest}", names.join(", ")), 6);
        }
    }

    /// Lines of which something is at or above the level shown.
    fn visible<'t>(&self, table: &'t Table) -> Vec<&'t Line> {
        let show = self.options.show.min(self.audit.report().fail_on);
        let is_shown = |line: &&Line| {
            line.deny > 0
                || (line.warn > 0 && show <= Level::Warn)
                || (line.info > 0 && show <= Level::Info)
                || line.set_aside > 0
        };
        table.lines.iter().filter(is_shown).collect()
    }

    fn findings_table(&mut self, table: &Table) {
        let lines = self.visible(table);
        if lines.is_empty() {
            return;
        }
        self.title(&format!("By {}", table.by));
        let shown = lines.get(..self.shown().min(lines.len())).unwrap_or_default();
        let rows = shown.iter().map(|line| [line.deny, line.warn, line.info, line.set_aside, line.plans]);
        self.table(["deny", "warn", "info", "set aside", "plans"], shown, rows);
        self.more(lines.len() - shown.len());
    }

    fn groups(&mut self, totals: &Totals) {
        let Some((table, grouping)) = totals.by_group.as_ref().zip(self.audit.grouping()) else { return };
        self.title(&format!("By {}", grouping.title()));
        let lines: Vec<&Line> = table.lines.iter().collect();
        let shown = lines.get(..self.shown().min(lines.len())).unwrap_or_default();
        let rows = shown.iter().map(|line| [line.plans, line.blocked, line.undecided, line.deny, line.warn]);
        self.table(["plans", "blocked", "undecided", "deny", "warn"], shown, rows);
        self.more(lines.len() - shown.len());
    }

    fn table(&mut self, head: [&str; 5], lines: &[&Line], rows: impl Iterator<Item = [usize; 5]>) {
        let names: Vec<String> = lines.iter().map(|line| truncate(&one_line(&line.name), NAME).into_owned()).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let mut text = format!("  {:width$}", "");
        for head in head {
            // Writing to a String cannot fail.
            let _ = write!(text, "  {head:>6}");
        }
        self.line(&format!("{DIM}{text}{DIM:#}"));
        for (name, row) in names.iter().zip(rows) {
            let mut text = format!("  {name:width$}");
            for (number, head) in row.into_iter().zip(head) {
                let column = head.len().max(6);
                let shown = if number == 0 { "-".to_owned() } else { number.to_string() };
                let _ = write!(text, "  {shown:>column$}");
            }
            self.line(&text);
        }
    }

    fn worst(&mut self) {
        let worst = self.audit.worst();
        if worst.is_empty() {
            return;
        }
        let title = if worst.len() > SHOWN { "Worst plans" } else { "Blocked plans" };
        self.title(title);
        let shown = self.shown().min(worst.len());
        for (plan, row) in worst.iter().take(shown) {
            self.line(&format!("  {}", one_line(&plan.name())));
            wrap(&mut self.out, &why(plan, row), 6);
        }
        self.more(worst.len() - shown);
    }

    fn run(&mut self, totals: &Totals) {
        let report = self.audit.report();
        self.out.push('\n');
        for problem in &report.problems {
            self.out.push_str(&human::problem(problem));
        }
        let shown: Vec<&Finding> = report.findings.iter().filter(|finding| self.shows(finding)).collect();
        for finding in shown {
            let style = level_style(finding.level);
            self.line(&format!("{style}{}{style:#} {}", finding.level, one_line(finding.rule.as_str())));
            wrap(&mut self.out, &one_line(&finding.message), 6);
        }
        for note in &report.notes {
            self.line(&format!("{DIM}note: {}{DIM:#}", one_line(note)));
        }
        let worst = self.audit.worst();
        let blocking = worst.first().and_then(|(plan, _)| {
            let finding = plan.findings.iter().find(|finding| finding.blocks(report.fail_on))?;
            // What is in an archive has no path.
            (!plan.path.contains('!')).then(|| (finding.fingerprint.as_str(), plan))
        });
        for line in summary(totals, self.audit.skipped().len()) {
            wrap(&mut self.out, &line, 0);
        }
        self.line(&format!("{} Exit code {}.", verdict_word(report.verdict), report.verdict.exit_code()));
        if let Some((id, plan)) = blocking {
            let id = id.get(..12).unwrap_or(id);
            self.line(&format!("{DIM}Why, and what to do: plangate explain {id} {}{DIM:#}", argument(&plan.path)));
        }
    }
}

/// The numbers of a run, a line each.
pub(super) fn summary(totals: &Totals, skipped: usize) -> [String; 2] {
    let mut plans = format!(
        "{}: {} allowed, {} blocked, {} undecided",
        count(totals.plans(), "plan"),
        totals.allowed,
        totals.blocked,
        totals.undecided
    );
    if skipped > 0 {
        // Writing to a String cannot fail.
        let _ = write!(plans, "; {} skipped: no plans by their names", count(skipped, "file"));
    }
    let all = totals.findings;
    let mut findings =
        format!("Findings: {} deny, {} warn, {} info, {} waived", all.deny, all.warn, all.info, all.waived);
    if all.excepted > 0 {
        let _ = write!(findings, ", {} excepted", all.excepted);
    }
    if all.lowered > 0 {
        let _ = write!(findings, ", {} lowered by configuration", all.lowered);
    }
    [plans, findings]
}

/// What blocks a plan, in a line: how often each rule, the first ones first.
pub(super) fn why(plan: &PlanReport, row: &Row) -> String {
    let mut rules: Vec<(&str, usize)> = Vec::new();
    for finding in plan.findings.iter().filter(|finding| !finding.is_set_aside() && finding.level == Level::Deny) {
        match rules.iter_mut().find(|(rule, _)| *rule == finding.rule.as_str()) {
            Some((_, n)) => *n += 1,
            None => rules.push((finding.rule.as_str(), 1)),
        }
    }
    let rules: Vec<String> = rules
        .iter()
        .map(|(rule, n)| if *n > 1 { format!("{} ({n})", one_line(rule)) } else { one_line(rule).into_owned() })
        .collect();
    let of = if rules.is_empty() { String::new() } else { format!(": {}", rules.join(", ")) };
    truncate(&format!("{} deny, {} warn{of}", row.counts.deny, row.counts.warn), 4 * WIDTH).into_owned()
}
