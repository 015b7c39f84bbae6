//! JUnit XML: suites of cases as CI systems read them, and the report of `plangate check` in that form.
//!
//! A suite for each plan. What blocks fails, what is undecided is an error, what is set aside is skipped, and what is only
//! shown passes with its text as output. The file is valid under the schema of Jenkins' xUnit plugin (junit-10.xsd).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::items::{Item, Said, Weight};
use super::{PlanReport, Report};
use crate::eval::{Outcome, RuleRecord};
use crate::testing::{Counts, Status};
use crate::text::{multi_line, one_line, truncate};

/// The suite of what is about no single file.
pub(super) const RUN: &str = "plangate";
/// Longest name of a case, in characters.
const NAME: usize = 200;

/// Cases that belong together.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
}

/// One case; texts are unescaped.
#[derive(Default)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
    pub(super) status: Option<Status>,
    pub(super) message: String,
    pub(super) text: String,
    pub(super) output: String,
}

/// The report of `plangate check` as XML.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn render(report: &Report) -> io::Result<String> {
    let items = report.items();
    let of = |plan: Option<&PlanReport>| {
        let is_its = |item: &&Item<'_>| match (item.plan, plan) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            (None, None) => true,
            _ => false,
        };
        items.iter().filter(is_its).map(case).collect::<Vec<_>>()
    };
    let plans = report.plans.iter().map(|plan| {
        let mut cases = of(Some(plan));
        cases.extend(plan.rules.iter().filter_map(case_of_rule));
        Suite { name: plan.name(), cases }
    });
    let mut run = of(None);
    if run.is_empty() && report.plans.is_empty() {
        run.push(Case { name: report.summary(), class: RUN.to_owned(), ..Case::default() });
    }
    let run = (!run.is_empty()).then(|| Suite { name: RUN.to_owned(), cases: run });
    write(&plans.chain(run).collect::<Vec<_>>())
}

fn case(item: &Item<'_>) -> Case {
    let why = item.set_aside_by();
    let status = match (item.said, item.weight) {
        _ if why.is_some() => Some(Status::Skipped),
        (Said::Problem(_), _) => Some(Status::Error),
        (Said::Finding(_), Weight::Error) => Some(Status::Failed),
        (Said::Finding(_), Weight::Warning | Weight::Note) => None,
    };
    let name = truncate(item.address().unwrap_or_else(|| item.message()), NAME).into_owned();
    let text = format!("{} {}: {}", item.word(), item.id(), item.text());
    let (text, output) = if status.is_some() { (text, String::new()) } else { (String::new(), text) };
    let message = why.unwrap_or_else(|| item.message().to_owned());
    Case { name, class: item.id().into_owned(), file: None, line: None, status, message, text, output }
}

/// A rule that found nothing, or was switched off; one that failed is a problem.
fn case_of_rule(rule: &RuleRecord) -> Option<Case> {
    let (status, message) = match rule.outcome {
        Outcome::Clean => (None, ""),
        Outcome::Off => (Some(Status::Skipped), "off by configuration"),
        Outcome::NotRun => (Some(Status::Skipped), "needs sources that were not given"),
        Outcome::Findings | Outcome::Undetermined | Outcome::Failed => return None,
    };
    let class = rule.id.as_str().to_owned();
    Some(Case { name: rule.outcome.as_str().to_owned(), class, status, message: message.to_owned(), ..Case::default() })
}

/// Rules that ran and found nothing.
pub(super) fn quiet_rules(plan: &PlanReport) -> impl Iterator<Item = &RuleRecord> {
    plan.rules.iter().filter(|rule| rule.outcome == Outcome::Clean)
}

/// Suites as a document.
pub(super) fn write(suites: &[Suite]) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = counted(writer.create_element("testsuites"), RUN, suites.iter().flat_map(|suite| &suite.cases)).0;
    root.write_inner_content(|writer| suites.iter().try_for_each(|suite| write_suite(writer, suite)))?;
    let text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    // What starts a command of a CI system stands in texts and attributes alone.
    Ok(text.replace("##", "#&#35;") + "\n")
}

type Element<'a> = quick_xml::writer::ElementWriter<'a, Vec<u8>>;

/// The element with its counts, and how many cases are skipped: suites alone have an attribute for these.
fn counted<'w, 'a>(element: Element<'w>, name: &str, cases: impl Iterator<Item = &'a Case>) -> (Element<'w>, usize) {
    let mut counts = Counts::default();
    for case in cases {
        counts.add(case.status.unwrap_or(Status::Passed));
    }
    let element = element
        .with_attribute(("name", xml_line(name).as_str()))
        .with_attribute(("tests", counts.total().to_string().as_str()))
        .with_attribute(("failures", counts.failed.to_string().as_str()))
        .with_attribute(("errors", counts.errors.to_string().as_str()));
    (element, counts.skipped)
}

fn write_suite(writer: &mut Writer<Vec<u8>>, suite: &Suite) -> io::Result<()> {
    let (element, skipped) = counted(writer.create_element("testsuite"), &suite.name, suite.cases.iter());
    element
        .with_attribute(("skipped", skipped.to_string().as_str()))
        .write_inner_content(|writer| suite.cases.iter().try_for_each(|case| write_case(writer, case)))?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let mut element = writer
        .create_element("testcase")
        .with_attribute(("name", xml_line(&case.name).as_str()))
        .with_attribute(("classname", xml_line(&case.class).as_str()));
    if let Some(file) = &case.file {
        element = element.with_attribute(("file", xml_line(file).as_str()));
    }
    if let Some(line) = case.line {
        element = element.with_attribute(("line", line.to_string().as_str()));
    }
    let outcome = case.status.and_then(|status| match status {
        Status::Passed => None,
        Status::Failed => Some("failure"),
        Status::Error => Some("error"),
        Status::Skipped => Some("skipped"),
    });
    if outcome.is_none() && case.output.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|writer| {
        if let Some(outcome) = outcome {
            write_outcome(writer, outcome, case)?;
        }
        if !case.output.is_empty() {
            let text = xml_text(&case.output);
            writer.create_element("system-out").write_text_content(BytesText::new(&text))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_outcome(writer: &mut Writer<Vec<u8>>, outcome: &str, case: &Case) -> io::Result<()> {
    let mut element = writer.create_element(outcome);
    if !case.message.is_empty() {
        element = element.with_attribute(("message", xml_line(&case.message).as_str()));
    }
    if case.text.is_empty() {
        element.write_empty()?;
    } else {
        element.write_text_content(BytesText::new(&xml_text(&case.text)))?;
    }
    Ok(())
}

/// One line of such text, for attributes.
fn xml_line(text: &str) -> String {
    xml_text(&one_line(text))
}

/// Text without the characters XML 1.0 cannot hold: controls are made visible, and the two that are no characters are
/// replaced. No line of it is a command of a CI system.
fn xml_text(text: &str) -> String {
    crate::text::without_commands(&multi_line(text)).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
