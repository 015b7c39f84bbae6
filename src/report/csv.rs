//! CSV for spreadsheets: a row for each problem and finding, quoted as in RFC 4180.
//!
//! Spreadsheets take a cell that starts with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula; such a cell
//! starts with an apostrophe here. What is waived has its reason in the last column.

use std::io;

use super::Report;
use super::items::Said;
use crate::text::{one_line, without_commands};

const HEADER: [&str; 12] = [
    "kind",
    "plan",
    "level",
    "severity",
    "rule",
    "address",
    "actions",
    "message",
    "file",
    "line",
    "fingerprint",
    "set_aside",
];

/// The report as CSV with a header and lines that end in CR LF.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn render(report: &Report) -> io::Result<String> {
    let mut writer = writer();
    writer.write_record(HEADER)?;
    for item in report.items() {
        let (kind, finding, location) = match item.said {
            Said::Problem(problem) => {
                let place = problem.place.as_ref();
                ("problem", None, place.map(|place| (place.file.name().to_owned(), place.position().line)))
            }
            Said::Finding(finding) => {
                let location = finding.location.as_ref();
                ("finding", Some(finding), location.map(|at| (at.file.clone(), at.position.line)))
            }
        };
        let actions = finding.and_then(|finding| finding.subject.as_ref()).map(|subject| subject.actions.join(" "));
        let (file, line) = location.map_or_else(Default::default, |(file, line)| (file, line.to_string()));
        let fingerprint = item.fingerprint();
        let row = [
            kind,
            &item.plan_name().unwrap_or_default(),
            item.word(),
            finding.map_or("", |finding| finding.severity.as_str()),
            &item.id(),
            item.address().unwrap_or_default(),
            &actions.unwrap_or_default(),
            &item.text(),
            &file,
            &line,
            fingerprint.as_str(),
            &item.set_aside_by().unwrap_or_default(),
        ];
        writer.write_record(row.map(cell))?;
    }
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A writer to memory that quotes every cell.
pub(super) fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new())
}

/// A cell that is text and no formula.
pub(super) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let line = one_line(text);
    let text = without_commands(&line);
    if formula { format!("'{text}") } else { text.into_owned() }
}
