//! What lints found, for people and as JSON, and the page of each lint.

use std::fmt;
use std::fmt::Write as _;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};
use serde::Serialize;

use super::wrap::WIDTH;
use crate::lint::{Finding, Level, Lint};
use crate::source::Excerpt;
use crate::text::{count, multi_line, one_line};

/// The version of the JSON form.
pub const SCHEMA: &str = "plangate/lint/v1-draft";

/// How many findings of each level there are: errors, warnings.
#[must_use]
pub fn counts(findings: &[Finding]) -> (usize, usize) {
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    (errors, findings.len() - errors)
}

/// Each finding under its source, and a last line that sums up.
#[must_use]
pub fn human(findings: &[Finding]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_links(false).with_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        let shown = Shown { finding, excerpt: Excerpt::new(&finding.spot.file, finding.spot.span) };
        let mut one = String::new();
        if handler.render_report(&mut one, &shown).is_err() {
            // A place miette cannot draw must not hide the finding.
            one = format!("{shown}\n");
        }
        out.push_str(&one);
        out.push('\n');
    }
    let (errors, warnings) = counts(findings);
    let _ = if findings.is_empty() {
        writeln!(out, "No lint found anything.")
    } else {
        writeln!(out, "{}, {}. What each means: docs/lint.md", count(errors, "error"), count(warnings, "warning"))
    };
    out
}

#[derive(Debug)]
struct Shown<'f> {
    finding: &'f Finding,
    excerpt: Excerpt,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&multi_line(&self.finding.message))
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("lint::{}", self.finding.lint.id)))
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.finding.level == Level::Error { Severity::Error } else { Severity::Warning })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(multi_line(&self.finding.help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = one_line(&self.finding.label).into_owned();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(label), self.excerpt.span()))))
    }
}

#[derive(Serialize)]
struct JsonFindings<'a> {
    schema: &'static str,
    errors: usize,
    warnings: usize,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    lint: &'a str,
    level: &'a str,
    message: &'a str,
    help: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// All findings as JSON, indented. Lines and columns count from 1, columns in characters; the end is behind the last one.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(findings: &[Finding]) -> serde_json::Result<String> {
    let (errors, warnings) = counts(findings);
    let finding = |finding: &'_ Finding| {
        let (file, span) = (&finding.spot.file, finding.spot.span);
        (file.position(span.start), file.position(span.end))
    };
    let findings = findings.iter().map(|at| {
        let (start, end) = finding(at);
        JsonFinding {
            lint: at.lint.id,
            level: at.level.as_str(),
            message: &at.message,
            help: &at.help,
            file: at.spot.file.name(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    });
    let report = JsonFindings { schema: SCHEMA, errors, warnings, findings: findings.collect() };
    let mut text = crate::text::json(&serde_json::to_string_pretty(&report)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// The page of a lint.
#[must_use]
pub fn markdown(lint: &Lint) -> String {
    let Lint { id, title, why, advice, bad, good, .. } = lint;
    let level = lint.level.as_str();
    format!(
        "# {title}\n\n`{id}`, level `{level}`\n\n{why}\n\n**What to do.** {advice}\n\nFound in:\n\n```rego\n{bad}```\n\nNot \
         found in:\n\n```rego\n{good}```\n\nTo change its level, in `plangate.toml`:\n\n```toml\n[lint]\n{id} = \
         \"off\" # or \"warn\", \"error\"\n```\n"
    )
}

/// A table of all lints; `link` gives the page of each.
#[must_use]
pub fn markdown_table(lints: &[&Lint], link: impl Fn(&Lint) -> String) -> String {
    let mut out = "| lint | level | looks for |\n|---|---|---|\n".to_owned();
    for lint in lints {
        let _ = writeln!(out, "| [{}]({}) | {} | {} |", lint.id, link(lint), lint.level.as_str(), lint.title);
    }
    out
}
