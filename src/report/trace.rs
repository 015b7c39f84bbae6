//! What `--trace` shows, for people: which statement of a rule stopped which candidates.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::wrap::wrap;
use super::{PlanReport, Report};
use crate::eval::candidates::{ComparedTrace, DefinitionTrace, RuleTrace, StopTrace};
use crate::source::{SourceFile, Span};
use crate::text::{count, one_line, truncate};

/// Candidates that are named of each fold; the others are counted.
const NAMED: usize = 3;
/// Lines of a statement that are shown.
const MAX_LINES: usize = 4;
/// Most characters of a line that are shown.
const MAX_COLUMNS: usize = 160;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// The traces of all plans; `all` names every candidate.
#[must_use]
pub fn render(report: &Report, all: bool) -> String {
    let mut out = String::new();
    for plan in &report.plans {
        for trace in &plan.traces {
            rule(&mut out, plan, trace, if all { usize::MAX } else { NAMED });
        }
    }
    out
}

fn rule(out: &mut String, plan: &PlanReport, trace: &RuleTrace, named: usize) {
    let document = if plan.document > 0 { format!(" (document {})", plan.document + 1) } else { String::new() };
    let id = one_line(trace.rule.as_str());
    push(out, 0, &format!("{BOLD}trace {id}{BOLD:#} on {}{document}", one_line(&plan.path)));
    if let Some(why) = &trace.not_followed {
        push(out, 2, &format!("not followed: {}", one_line(why)));
    }
    if let Some(record) = plan.rules.iter().find(|record| record.id == trace.rule) {
        push(out, 2, &format!("{}, fired {}", record.outcome.as_str(), record.fired));
    }
    for definition in &trace.definitions {
        write_definition(out, definition, named);
    }
    out.push('\n');
}

fn write_definition(out: &mut String, traced: &DefinitionTrace, named: usize) {
    out.push('\n');
    if let Some(helper) = &traced.helper {
        push(out, 2, &format!("candidates are taken from {BOLD}{}{BOLD:#}", one_line(helper)));
    }
    let first = traced.file.slice(traced.head).lines().next().unwrap_or_default();
    push(out, 2, &format!("{DIM}{}{DIM:#} {}", place(&traced.file, traced.head), short(first)));
    if let Some(why) = &traced.not_followed {
        wrap(out, &format!("not followed: {}", one_line(why)), 4);
        return;
    }
    if let Some(iterated) = traced.iterated {
        let found = count(traced.considered, "candidate");
        push(out, 4, &format!("{found} from {DIM}{}{DIM:#}", place(&traced.file, iterated)));
        excerpt(out, &traced.file, iterated);
    } else if traced.held_as_a_whole {
        push(out, 4, &format!("{GREEN}holds{GREEN:#} for the plan as a whole"));
    }
    for stop in &traced.stops {
        write_stop(out, &traced.file, stop, named);
    }
    if !traced.held.is_empty() {
        wrap(out, &format!("{GREEN}holds{GREEN:#} for {}: {}", traced.held.len(), names(&traced.held, named)), 4);
    }
}

fn write_stop(out: &mut String, file: &SourceFile, stop: &StopTrace, named: usize) {
    let at = format!("{DIM}{}{DIM:#}", place(file, stop.at));
    match &stop.candidates {
        Some(candidates) => {
            let who = format!("{}: {}", candidates.len(), names(candidates, named));
            wrap(out, &format!("{at} {YELLOW}stops{YELLOW:#} {who}"), 4);
        }
        None => push(out, 4, &format!("{at} {YELLOW}stops{YELLOW:#} here, before there is a candidate")),
    }
    excerpt(out, file, stop.at);
    for compared in &stop.compared {
        write_compared(out, compared, stop.candidates.as_ref().is_some_and(|candidates| candidates.len() > 1));
    }
}

fn write_compared(out: &mut String, compared: &ComparedTrace, counted: bool) {
    let value = |(text, number): &(String, usize)| {
        let number = if counted { format!(" ({number})") } else { String::new() };
        format!("{}{number}", one_line(text))
    };
    let mut text = compared.values.iter().map(value).collect::<Vec<_>>().join(", ");
    if compared.others > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, ", other values ({})", compared.others);
    }
    let expression = one_line(compared.expression.lines().next().unwrap_or_default()).into_owned();
    wrap(out, &format!("{} is {text}", truncate(&expression, MAX_COLUMNS)), 8);
}

fn names(candidates: &[String], named: usize) -> String {
    let shown: Vec<_> = candidates.iter().take(named).map(|name| one_line(name)).collect();
    let more = match candidates.len().saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// The lines of a statement, with their numbers.
fn excerpt(out: &mut String, file: &SourceFile, span: Span) {
    let first = file.position(span.start).line;
    let lines: Vec<&str> = file.slice(span).lines().collect();
    for (number, line) in (first..).zip(lines.iter().take(MAX_LINES)) {
        push(out, 4, &format!("{DIM}{number:>4} │{DIM:#} {}", short(line.trim())));
    }
    if lines.len() > MAX_LINES {
        push(out, 4, &format!("{DIM}     │{DIM:#} …"));
    }
}

fn short(line: &str) -> String {
    one_line(&truncate(&line.replace('\t', "    "), MAX_COLUMNS)).into_owned()
}

/// `file:line:column`.
fn place(file: &SourceFile, span: Span) -> String {
    let at = file.position(span.start);
    format!("{}:{}:{}", one_line(file.name()), at.line, at.column)
}

fn push(out: &mut String, indent: usize, text: &str) {
    out.push_str(&" ".repeat(indent));
    out.push_str(text);
    out.push('\n');
}
