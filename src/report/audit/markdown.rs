//! An audit in Markdown, for a comment or a summary page, within its limit of bytes.

use std::fmt::Write as _;

use super::human::{summary, why};
use super::{Audit, Line, Table};
use crate::finding::Level;
use crate::report::markdown::{code, prose};
use crate::text::{count, one_line, truncate};

/// Lines of a table.
const SHOWN: usize = 20;
/// Plans named for a reason.
const NAMED: usize = 5;
/// Longest message, in characters.
const TEXT: usize = 400;

/// The audit as Markdown of no more than `limit` bytes: lines that do not fit are left out whole, and counted.
pub(super) fn render(audit: &Audit, show: Level, limit: usize) -> String {
    let totals = audit.totals();
    let report = audit.report();
    let mut out = Page { out: String::new(), room: limit.saturating_sub(100), left: 0 };
    out.add(&format!("## plangate audit: {}\n", report.verdict.as_str()));
    for line in summary(&totals, audit.skipped().len()) {
        out.add(&format!("\n{}\n", prose(&one_line(&line))));
    }
    for problem in &report.problems {
        let message = one_line(&problem.message).into_owned();
        out.add(&format!("\n**undecided** {}: {}\n", code(problem.code.as_str()), prose(&truncate(&message, TEXT))));
    }
    for finding in &report.findings {
        let (level, rule, message) = (finding.level.as_str(), code(finding.rule.as_str()), one_line(&finding.message));
        out.add(&format!("\n**{level}** {rule}: {}\n", prose(&truncate(&message, TEXT))));
    }
    for reason in &totals.reasons {
        let names: Vec<String> = reason
            .plans
            .iter()
            .take(NAMED)
            .filter_map(|index| report.plans.get(*index))
            .map(|p| code(&p.name()))
            .collect();
        let more = match reason.plans.len().saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = prose(&truncate(&one_line(&reason.first.message), TEXT));
        out.add(&format!(
            "\n**undecided** {}, {}: {message}\n> {}{more}\n",
            code(reason.code.as_str()),
            count(reason.plans.len(), "plan"),
            names.join(", ")
        ));
    }
    let worst = audit.worst();
    let rows: Vec<String> = worst
        .iter()
        .take(SHOWN)
        .map(|(plan, row)| format!("| {} | {} |\n", code(&plan.name()), prose(&truncate(&why(plan, row), TEXT))))
        .collect();
    out.table("Worst plans", "| plan | why |\n|---|---|\n", &rows, worst.len());
    if let Some(table) = &totals.by_group {
        let rows =
            rows_of(table, |_| true, |line| vec![line.plans, line.blocked, line.undecided, line.deny, line.warn]);
        let head = "| group | plans | blocked | undecided | deny | warn |\n|---|--:|--:|--:|--:|--:|\n";
        out.table("By group", head, &rows, rows.len());
    }
    for table in [&totals.by_rule, &totals.by_type, &totals.by_severity] {
        let is_shown = |line: &Line| {
            line.deny > 0 || (line.warn > 0 && show <= Level::Warn) || show <= Level::Info || line.set_aside > 0
        };
        let rows = rows_of(table, is_shown, |line| vec![line.deny, line.warn, line.info, line.set_aside, line.plans]);
        let head = format!("| {} | deny | warn | info | set aside | plans |\n|---|--:|--:|--:|--:|--:|\n", table.by);
        out.table(&format!("By {}", table.by), &head, &rows, rows.len());
    }
    for note in &report.notes {
        out.add(&format!("\nNote: {}\n", prose(&one_line(note))));
    }
    out.end(limit)
}

fn rows_of(table: &Table, is_shown: impl Fn(&Line) -> bool, numbers: impl Fn(&Line) -> Vec<usize>) -> Vec<String> {
    let row = |line: &Line| {
        let numbers: Vec<String> = numbers(line).iter().map(usize::to_string).collect();
        format!("| {} | {} |\n", code(&line.name), numbers.join(" | "))
    };
    table.lines.iter().filter(|line| is_shown(line)).map(row).collect()
}

struct Page {
    out: String,
    /// Bytes that the page may have.
    room: usize,
    /// Parts that did not fit.
    left: usize,
}

impl Page {
    fn add(&mut self, text: &str) {
        if self.out.len() + text.len() <= self.room {
            self.out.push_str(text);
        } else {
            self.left += 1;
        }
    }

    /// A table of at most so many rows as are shown, out of `all`.
    fn table(&mut self, title: &str, head: &str, rows: &[String], all: usize) {
        if rows.is_empty() {
            return;
        }
        let mut text = format!("\n### {title}\n\n{head}");
        let fit = rows.iter().take(SHOWN).scan(self.out.len() + text.len() + 40, |length, row| {
            *length += row.len();
            (*length <= self.room).then_some(row.as_str())
        });
        let fit: Vec<&str> = fit.collect();
        text.extend(fit.iter().copied());
        if fit.len() < all {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\nand {} more.", all - fit.len());
        }
        self.add(&text);
    }

    fn end(mut self, limit: usize) -> String {
        if self.left > 0 {
            let _ = writeln!(self.out, "\n{} did not fit here.", count(self.left, "part"));
        }
        if self.out.len() > limit {
            self.out.clear();
        }
        self.out
    }
}
