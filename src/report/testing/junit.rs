//! Tests as JUnit XML, as CI systems read it: a suite for each file, a case for each test.
//!
//! Problems of the run and the minimum of coverage are cases too, so that whoever reads this file alone sees them fail.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{by_file, coverage_phrase, value_phrase};
use crate::problem::Problem;
use crate::testing::{Counts, Coverage, FailedAt, Operand, Status, TestReport, TestResult};
use crate::text::{multi_line, one_line};

/// The suite of what is no test.
const RUN: &str = "plangate";

/// The report as XML.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn render(report: &TestReport) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites: Vec<Suite<'_>> = by_file(report)
        .into_iter()
        .map(|(name, tests)| Suite { name, entries: tests.into_iter().map(Entry::of_test).collect() })
        .chain(run(report))
        .collect();
    let all = suites.iter().flat_map(|suite| &suite.entries);
    let element = counted(writer.create_element("testsuites"), RUN, all);
    element.write_inner_content(|writer| suites.iter().try_for_each(|suite| write_suite(writer, suite)))?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}

struct Suite<'a> {
    name: &'a str,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    name: &'a str,
    class: String,
    file: Option<&'a str>,
    line: Option<usize>,
    status: Status,
    message: String,
    text: String,
    prints: &'a [String],
}

/// What is to be said of the run as a whole.
fn run(report: &TestReport) -> Option<Suite<'_>> {
    let problems = report.problems.iter().map(Entry::of_problem);
    let limited = report.coverage.iter().filter(|coverage| coverage.minimum.is_some());
    let entries: Vec<Entry<'_>> = problems.chain(limited.map(Entry::of_coverage)).collect();
    (!entries.is_empty()).then_some(Suite { name: RUN, entries })
}

impl<'a> Entry<'a> {
    fn of_test(test: &'a TestResult) -> Self {
        let class = test.name.rsplit_once(['.', '/']).map_or("", |(class, _)| class);
        let name = test.name.get(class.len() + usize::from(!class.is_empty())..).unwrap_or(&test.name);
        Self {
            name,
            class: class.to_owned(),
            file: Some(&test.file),
            line: test.line,
            status: test.status,
            message: test.message.clone().unwrap_or_default(),
            text: details(test),
            prints: &test.prints,
        }
    }

    fn of_problem(problem: &'a Problem) -> Self {
        Self {
            name: problem.code.as_str(),
            class: RUN.to_owned(),
            file: problem.place.as_ref().map(|place| place.file.name()),
            line: problem.place.as_ref().map(|place| place.position().line),
            status: Status::Error,
            message: problem.message.clone(),
            text: problem.help.clone().unwrap_or_default(),
            prints: &[],
        }
    }

    fn of_coverage(coverage: &Coverage) -> Self {
        let status = if coverage.is_enough() { Status::Passed } else { Status::Failed };
        Self {
            name: "coverage",
            class: RUN.to_owned(),
            file: None,
            line: None,
            status,
            message: coverage_phrase(coverage),
            text: String::new(),
            prints: &[],
        }
    }
}

/// Where it failed, and what the values are.
fn details(test: &TestResult) -> String {
    let mut lines = Vec::new();
    if let Some(FailedAt { file, span, label }) = &test.at {
        let line = file.position(span.start).line;
        lines.push(format!("{}:{line}: {label}: {}", file.name(), file.slice(*span)));
    }
    let values = |operand: &Operand| format!("{} {}", operand.expression, value_phrase(&operand.values));
    lines.extend(test.operands.iter().map(values));
    lines.extend(test.notes.iter().cloned());
    lines.join("\n")
}

type Element<'a> = quick_xml::writer::ElementWriter<'a, Vec<u8>>;

fn counted<'w, 'a>(element: Element<'w>, name: &str, entries: impl Iterator<Item = &'a Entry<'a>>) -> Element<'w> {
    let mut counts = Counts::default();
    for entry in entries {
        counts.add(entry.status);
    }
    element
        .with_attribute(("name", xml_line(name).as_str()))
        .with_attribute(("tests", counts.total().to_string().as_str()))
        .with_attribute(("failures", counts.failed.to_string().as_str()))
        .with_attribute(("errors", counts.errors.to_string().as_str()))
        .with_attribute(("skipped", counts.skipped.to_string().as_str()))
}

fn write_suite(writer: &mut Writer<Vec<u8>>, suite: &Suite<'_>) -> io::Result<()> {
    let element = counted(writer.create_element("testsuite"), suite.name, suite.entries.iter());
    element.write_inner_content(|writer| suite.entries.iter().try_for_each(|entry| write_entry(writer, entry)))?;
    Ok(())
}

fn write_entry(writer: &mut Writer<Vec<u8>>, entry: &Entry<'_>) -> io::Result<()> {
    let mut element = writer
        .create_element("testcase")
        .with_attribute(("name", xml_line(entry.name).as_str()))
        .with_attribute(("classname", xml_line(&entry.class).as_str()));
    if let Some(file) = entry.file {
        element = element.with_attribute(("file", xml_line(file).as_str()));
    }
    if let Some(line) = entry.line {
        element = element.with_attribute(("line", line.to_string().as_str()));
    }
    let outcome = match entry.status {
        Status::Passed => None,
        Status::Failed => Some("failure"),
        Status::Error => Some("error"),
        Status::Skipped => Some("skipped"),
    };
    if outcome.is_none() && entry.prints.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|writer| {
        if let Some(outcome) = outcome {
            write_outcome(writer, outcome, entry)?;
        }
        if !entry.prints.is_empty() {
            let text = xml_text(&entry.prints.join("\n"));
            writer.create_element("system-out").write_text_content(BytesText::new(&text))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_outcome(writer: &mut Writer<Vec<u8>>, outcome: &str, entry: &Entry<'_>) -> io::Result<()> {
    let mut element = writer.create_element(outcome);
    if !entry.message.is_empty() {
        element = element.with_attribute(("message", xml_line(&entry.message).as_str()));
    }
    if entry.text.is_empty() {
        element.write_empty()?;
    } else {
        element.write_text_content(BytesText::new(&xml_text(&entry.text)))?;
    }
    Ok(())
}

/// One line of such text, for attributes.
fn xml_line(text: &str) -> String {
    xml_text(&one_line(text))
}

/// Text without the characters XML 1.0 cannot hold: controls are made visible, and the two that are no characters are
/// replaced.
fn xml_text(text: &str) -> String {
    multi_line(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
