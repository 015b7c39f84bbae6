//! Tests for people: what did not pass, where and why; and how many did.

use std::fmt;

use anstyle::{AnsiColor, Style};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::super::human::problem;
use super::super::wrap::{WIDTH, wrap};
use super::{coverage_phrase, percent, value_phrase};
use crate::source::Excerpt;
use crate::testing::{Counts, Coverage, FailedAt, FileCoverage, Outcome, Status, TestReport, TestResult, ranges};
use crate::text::{count, multi_line, one_line};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Renders the report; `verbose` also lists what passed. What was printed stands with tests that did not pass; where all of it
/// is wanted, it goes elsewhere ([`super::super::prints`]).
#[must_use]
pub fn render(report: &TestReport, verbose: bool) -> String {
    let mut out = String::new();
    let shown = |test: &&TestResult| verbose || !matches!(test.status, Status::Passed);
    for test in report.tests.iter().filter(shown) {
        write_test(&mut out, test, !verbose);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    if let Some(coverage) = &report.coverage {
        write_coverage(&mut out, coverage);
    }
    for shown in &report.problems {
        out.push_str(&problem(shown));
        out.push('\n');
    }
    out.push_str(&summary(report));
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn write_test(out: &mut String, test: &TestResult, prints: bool) {
    let style = match test.status {
        Status::Passed => GREEN,
        Status::Failed | Status::Error => RED,
        Status::Skipped => YELLOW,
    };
    let line = test.line.map_or_else(String::new, |line| format!(":{line}"));
    let place = format!("{DIM}{}{line}{DIM:#}", one_line(&test.file));
    let (status, name) = (test.status.as_str(), one_line(&test.name));
    push(out, &format!("{style}{status:<7}{style:#} {BOLD}{name}{BOLD:#}  {place}"));
    if let Some(message) = &test.message {
        wrap(out, &multi_line(message), 4);
    }
    if let Some(at) = &test.at {
        write_excerpt(out, at);
    }
    for operand in &test.operands {
        let text = format!("{} {}", one_line(operand.expression.trim()), one_line(&value_phrase(&operand.values)));
        wrap(out, &text, 4);
    }
    for note in &test.notes {
        wrap(out, &one_line(note), 4);
    }
    for print in test.prints.iter().filter(|_| prints) {
        wrap(out, &format!("print: {}", one_line(print)), 4);
    }
}

/// The lines around a place, without the words miette has for errors.
fn write_excerpt(out: &mut String, at: &FailedAt) {
    let shown = Shown { excerpt: Excerpt::new(&at.file, at.span), label: at.label };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_links(false).with_width(WIDTH);
    let mut drawn = String::new();
    if handler.render_report(&mut drawn, &shown).is_err() {
        // A place miette cannot draw must not hide the failure.
        let line = at.file.position(at.span.start).line;
        drawn = format!("×\nat {}:{line}: {}\n", one_line(at.file.name()), at.label);
    }
    // The first line is the message, which there is none of.
    for line in drawn.lines().filter(|line| !line.trim().is_empty()).skip(1) {
        push(out, &format!("  {}", line.trim_end()));
    }
}

/// An excerpt with a label and nothing else.
#[derive(Debug)]
struct Shown {
    excerpt: Excerpt,
    label: &'static str,
}

impl fmt::Display for Shown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some(self.label.to_owned()), self.excerpt.span());
        Some(Box::new(std::iter::once(label)))
    }
}

fn write_coverage(out: &mut String, coverage: &Coverage) {
    for file in &coverage.files {
        push(out, &format!("{:>7}  {}", percent(file.percent()), one_line(&file.file)));
        let uncovered = uncovered(file);
        if !uncovered.is_empty() {
            wrap(out, &format!("not covered: {}", uncovered.join(", ")), 9);
        }
    }
    let style = if coverage.is_enough() { Style::new() } else { RED };
    push(out, &format!("{style}Coverage: {}{style:#}\n", coverage_phrase(coverage)));
}

fn uncovered(file: &FileCoverage) -> Vec<String> {
    let ranges = ranges(&file.uncovered, |line| !file.covered.contains(&line));
    let word = |range: &std::ops::RangeInclusive<usize>| match (range.start(), range.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start}-{end}"),
    };
    ranges.iter().map(word).collect()
}

fn summary(report: &TestReport) -> String {
    let counts = Counts::of(&report.tests);
    let (style, word) = match report.outcome() {
        Outcome::Passed => (GREEN, "Passed"),
        Outcome::Failed => (RED, "Failed"),
        Outcome::Error => (RED, "Error"),
    };
    let mut parts = vec![format!("{} passed", counts.passed), format!("{} failed", counts.failed)];
    if counts.errors > 0 {
        parts.push(count(counts.errors, "error"));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} skipped", counts.skipped));
    }
    format!("{style}{word}{style:#}. {}: {}\n", count(counts.total(), "test"), parts.join(", "))
}
