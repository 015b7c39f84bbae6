//! Reads the YAML of a `# METADATA` block; a mistake points at its line in the policy file.

use serde::de::DeserializeSeed as _;

use super::RuleMeta;
use super::shape::{Block, Seed};
use crate::problem::{Problem, ProblemCode};
use crate::source::{self, MAX_DEPTH, SourceFile, Span};

/// Reads a block: `yaml` is its text below `# METADATA` without comment signs, `span` the comment
/// block in `file`. The first mistake is returned, underlined in the file.
pub fn parse(yaml: &str, file: &SourceFile, span: Span) -> Result<RuleMeta, Problem> {
    let problem = |message: String, at: Span| {
        let text = format!("the METADATA block is wrong: {message}");
        Problem::new(ProblemCode::PolicyLoad, text).at(file, at, message)
    };
    if yaml.trim().is_empty() {
        let help = "write YAML in the comment lines right below, or remove `# METADATA`";
        return Err(problem("it is empty".to_owned(), first_line(file, span)).help(help));
    }
    if source::too_deep(yaml).is_some() {
        return Err(problem(format!("it is nested more than {MAX_DEPTH} deep"), first_line(file, span))
            .help("METADATA says little: put data into a file (`--data`)"));
    }
    Seed(Block).deserialize(yaml_serde::Deserializer::from_str(yaml)).map_err(|error| {
        let at = error.location().map_or_else(
            || first_line(file, span),
            |location| place_in_comments(yaml, file, span, location.line(), location.column()),
        );
        problem(without_location(&error), at).help(
            "METADATA is YAML; plangate's keys (id, severity, level, strict, category, help, selector, parameters) stand under `custom`",
        )
    })
}

/// The error text without its position, which counts lines of the YAML and not of the file.
fn without_location(error: &yaml_serde::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, position)) if position.starts_with(|c: char| c.is_ascii_digit()) => message.to_owned(),
        _ => text,
    }
}

fn first_line(file: &SourceFile, span: Span) -> Span {
    let length = file.slice(span).lines().next().map_or(0, str::len);
    Span::new(span.start, span.start + length)
}

/// The rest of a line of the YAML, as it stands in the comment block: each line of the YAML is the end of its
/// line in the file.
fn place_in_comments(yaml: &str, file: &SourceFile, span: Span, line: usize, column: usize) -> Span {
    let block = file.slice(span);
    let is_header = |line: &str| line.trim_start_matches([' ', '\t', '#']).trim_end() == "METADATA";
    let header = usize::from(block.lines().next().is_some_and(is_header));
    let Some(wanted) = yaml.lines().nth(line.saturating_sub(1)) else { return first_line(file, span) };
    let mut start = span.start;
    for (number, raw) in block.split_inclusive('\n').enumerate() {
        let text = raw.trim_end();
        if number == header + line.saturating_sub(1) {
            let prefix = text.len().saturating_sub(wanted.trim_end().len());
            let skipped: usize = wanted.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
            let from = start + (prefix + skipped).min(text.len().saturating_sub(1));
            return Span::new(from, start + text.len());
        }
        start += raw.len();
    }
    first_line(file, span)
}
