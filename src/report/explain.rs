//! Explanations (`plangate explain FINDING PLAN`, `plangate explain CODE`), for people and as JSON.
//!
//! Must not choose what is explained nor what to do about it.

mod json;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::catalog::words;
use super::human::source_place;
use super::wrap::wrap;
use crate::eval::trace::{Mark, SourceFileLines, Trace};
use crate::explain::{Detail, Explanation, Field, Step};
use crate::problem::ProblemCode;
use crate::text::{multi_line, one_line};

pub(super) use json::{JsonFile, files, pretty};
pub use json::{json, json_problem};

/// The version of the JSON forms.
pub const SCHEMA: &str = "plangate/explain/v1-draft";

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();

/// Explanations for people, one after another; each ends with the way forward.
#[must_use]
pub fn human(explanations: &[Explanation]) -> String {
    let mut out = String::new();
    for (index, explanation) in explanations.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        one(&mut out, explanation);
        while out.ends_with("\n\n") {
            out.pop();
        }
    }
    out
}

// Writing to a String cannot fail, in all that follows.
fn one(out: &mut String, explanation: &Explanation) {
    let finding = &explanation.finding;
    let waived = match (&finding.waiver, &finding.exception) {
        (Some(_), _) => ", waived",
        (None, Some(_)) => ", excepted",
        (None, None) => "",
    };
    let _ = writeln!(
        out,
        "{BOLD}{} {}{BOLD:#} {DIM}{}{waived}, {} in {}{DIM:#}",
        finding.level,
        one_line(finding.rule.as_str()),
        finding.severity,
        finding.fingerprint.as_str().get(..12).unwrap_or_default(),
        one_line(&explanation.path)
    );
    if let Some(subject) = &finding.subject {
        let deposed = subject.deposed.as_ref().map_or_else(String::new, |key| format!(" (deposed {})", one_line(key)));
        let actions: Vec<_> = subject.actions.iter().map(|action| one_line(action)).collect();
        let _ = writeln!(
            out,
            "  {BOLD}{}{BOLD:#}{deposed}  {DIM}{}{DIM:#}",
            one_line(&subject.address),
            actions.join(", ")
        );
    }
    let text = if explanation.detail.is_some() { &finding.message } else { &explanation.sentence };
    wrap(out, &multi_line(text), 4);
    if let Some(source) = &finding.source {
        let _ = writeln!(out, "    {DIM}{}{DIM:#}", source_place(finding.location.as_ref(), source));
    } else if let Some(location) = &finding.location {
        let _ = writeln!(out, "    {DIM}at {}:{}{DIM:#}", one_line(&location.file), location.position.line);
    }
    if let Some(detail) = &explanation.detail {
        details(out, detail);
    }
    match &explanation.trace {
        Some(Ok(trace)) => traced(out, trace),
        Some(Err(reason)) => {
            heading(out, "The rule");
            wrap(out, &format!("it could not be run again: {}", one_line(reason)), 4);
        }
        None => {}
    }
    if let Some(waiver) = &finding.waiver {
        heading(out, "Waived");
        let place = format!("{}:{}", one_line(&waiver.location.file), waiver.location.position.line);
        wrap(out, &format!("by {}: {} ({place})", one_line(&waiver.owner), one_line(&waiver.reason)), 4);
    }
    if let Some(exception) = &finding.exception {
        heading(out, "Excepted");
        wrap(out, &format!("by its policy: {}", one_line(&exception.query)), 4);
    }
    heading(out, "The way forward");
    if explanation.forward.is_empty() {
        wrap(out, "Nothing is to be done.", 4);
    }
    for step in &explanation.forward {
        forward(out, step);
    }
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n  {BOLD}{text}{BOLD:#}");
}

fn details(out: &mut String, detail: &Detail) {
    if !detail.fields.is_empty() {
        heading(out, "What it read");
        detail.fields.iter().for_each(|field| wrap(out, &field_text(field), 4));
    }
    if !detail.relations.is_empty() {
        heading(out, "What it hangs together with");
        for relation in &detail.relations {
            wrap(out, &format!("{}: {}", relation.kind.replace('_', " "), one_line(&relation.text)), 4);
        }
    }
    let provider = provider(detail);
    if !provider.is_empty() {
        heading(out, "How the provider behaves");
        for (name, text) in &provider {
            wrap(out, &format!("{name}: {}", one_line(text)), 4);
        }
    }
    if !detail.written.is_empty() {
        heading(out, "What the rule adds");
        for (key, value) in &detail.written {
            wrap(out, &format!("{}: {}", one_line(key), one_line(value)), 4);
        }
    }
}

fn field_text(field: &Field) -> String {
    let values = match &field.after {
        Some(after) if field.before == "?" => format!("→ {}", one_line(after)),
        Some(after) => format!("{} → {}", one_line(&field.before), one_line(after)),
        None => format!("is {}", one_line(&field.before)),
    };
    format!("{} {values}: {}", one_line(&field.path), one_line(&field.effect))
}

/// What the catalogue says, named: of this object what narrows it, of its type the rest.
fn provider(detail: &Detail) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(stakes) = &detail.stakes {
        lines.push(("loses", stakes.loses.clone()));
        lines.push(("recovery", stakes.recovery.text.clone()));
        lines.extend(stakes.variant.iter().map(|variant| ("about this one", variant.clone())));
        lines.extend(stakes.carries.iter().map(|carries| ("it manages", carries.clone())));
    }
    let Some(page) = &detail.page else { return lines };
    let entry = &page.entry;
    for (clauses, what) in words::guards(&entry.destroy_guard) {
        lines.extend(clauses.iter().map(|clause| ("guard", format!("{}: {what}", words::clause(clause)))));
    }
    if !entry.protect.is_empty() {
        lines.push(("protected by", entry.protect.join(", ")));
    }
    if !entry.force_new.is_empty() {
        lines.push(("forces replacement", entry.force_new.join(", ")));
    }
    let notes = entry.risky.iter().filter_map(|risk| Some(("note", format!("{}: {}", risk.attr, risk.note.as_ref()?))));
    lines.extend(notes);
    lines.extend(page.own.iter().map(|own| ("repository", words::own(own))));
    lines.extend(page.source.iter().map(|source| ("source", source.clone())));
    lines
}

fn traced(out: &mut String, trace: &Trace) {
    heading(out, "The rule");
    let over =
        if trace.alone { "this object alone" } else { "the whole plan, for it says nothing about this object alone" };
    wrap(
        out,
        &format!("Run again over {over}. `>`: its definition held; `·`: evaluated, and whether it held is not known."),
        4,
    );
    source(out, &trace.files);
}

/// Files with their lines, marked.
pub(super) fn source(out: &mut String, files: &[SourceFileLines]) {
    for file in files {
        let _ = writeln!(out, "    {DIM}{}{DIM:#}", one_line(&file.file));
        for line in &file.lines {
            let text = line.text.replace('\t', "    ");
            let (mark, style) = match line.mark {
                Mark::Held => (">", GREEN),
                Mark::Evaluated => ("·", Style::new()),
                Mark::None => (" ", Style::new()),
            };
            let text = format!("    {mark} {:>4}  {style}{}{style:#}", line.number, one_line(&text));
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }
}

fn forward(out: &mut String, step: &Step) {
    wrap(out, &one_line(&step.text), 4);
    if let Some(paste) = &step.paste {
        out.push('\n');
        for line in multi_line(&paste.text).lines() {
            out.push_str(format!("        {line}").trim_end());
            out.push('\n');
        }
        out.push('\n');
    } else {
        out.push('\n');
    }
}

/// What a problem code means, for people.
#[must_use]
pub fn human_problem(code: ProblemCode) -> String {
    let mut out = format!("{BOLD}{}{BOLD:#} {DIM}undecided, exit code 2{DIM:#}\n", code.as_str());
    wrap(&mut out, code.meaning(), 4);
    heading(&mut out, "The way forward");
    wrap(&mut out, code.advice(), 4);
    out
}

/// What a problem code means, in Markdown.
#[must_use]
pub fn markdown_problem(code: ProblemCode) -> String {
    format!("# `{}`\n\nUndecided, exit code 2. {}\n\n{}\n", code.as_str(), code.meaning(), code.advice())
}
