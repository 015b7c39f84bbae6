//! Explanations as JSON: their own types, apart from the data they are made of. docs/explain.md says what the keys mean.

use std::borrow::Cow;

use serde::Serialize;

use super::{SCHEMA, provider};
use crate::eval::trace::{SourceFileLines, SourceLine, Trace};
use crate::explain::{Detail, Explanation, Field, Step};
use crate::problem::ProblemCode;

#[derive(Serialize)]
struct JsonExplanations<'a> {
    schema: &'static str,
    findings: Vec<JsonExplanation<'a>>,
}

#[derive(Serialize)]
struct JsonExplanation<'a> {
    path: &'a str,
    document: usize,
    rule: &'a str,
    level: &'static str,
    severity: &'static str,
    fingerprint: &'a str,
    address: Option<&'a str>,
    deposed: Option<&'a str>,
    actions: &'a [String],
    waived: bool,
    sentence: &'a str,
    message: &'a str,
    detail: Option<JsonDetail<'a>>,
    source: Option<JsonSource<'a>>,
    way_forward: Vec<JsonStep<'a>>,
}

#[derive(Serialize)]
struct JsonDetail<'a> {
    fields: Vec<JsonField<'a>>,
    relations: Vec<JsonNamed<'a>>,
    provider: Vec<JsonNamed<'a>>,
}

#[derive(Serialize)]
struct JsonField<'a> {
    path: &'a str,
    before: &'a str,
    after: Option<&'a str>,
    effect: &'a str,
}

#[derive(Serialize)]
struct JsonNamed<'a> {
    kind: &'a str,
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    alone: bool,
    problem: Option<&'a str>,
    files: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
pub(in crate::report) struct JsonFile<'a> {
    file: &'a str,
    lines: Vec<JsonLine<'a>>,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    number: usize,
    text: &'a str,
    mark: &'static str,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    kind: &'static str,
    text: &'a str,
    language: Option<&'static str>,
    paste: Option<&'a str>,
}

/// Explanations as JSON, indented.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(explanations: &[Explanation]) -> serde_json::Result<String> {
    let findings = explanations.iter().map(JsonExplanation::new).collect();
    pretty(&JsonExplanations { schema: SCHEMA, findings })
}

/// A problem code as JSON, indented.
///
/// # Errors
/// None in practice, as for [`json`].
pub fn json_problem(code: ProblemCode) -> serde_json::Result<String> {
    pretty(&serde_json::json!({
        "schema": SCHEMA,
        "problem": {"code": code.as_str(), "meaning": code.meaning(), "advice": code.advice()},
    }))
}

pub(in crate::report) fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = crate::text::json(&serde_json::to_string_pretty(value)?).into_owned();
    text.push('\n');
    Ok(text)
}

pub(in crate::report) fn files(files: &[SourceFileLines]) -> Vec<JsonFile<'_>> {
    files
        .iter()
        .map(|file| JsonFile { file: &file.file, lines: file.lines.iter().map(JsonLine::new).collect() })
        .collect()
}

impl<'a> JsonLine<'a> {
    fn new(line: &'a SourceLine) -> Self {
        Self { number: line.number, text: &line.text, mark: line.mark.as_str() }
    }
}

impl<'a> JsonExplanation<'a> {
    fn new(explanation: &'a Explanation) -> Self {
        let finding = &explanation.finding;
        let subject = finding.subject.as_ref();
        Self {
            path: &explanation.path,
            document: explanation.document,
            rule: finding.rule.as_str(),
            level: finding.level.as_str(),
            severity: finding.severity.as_str(),
            fingerprint: finding.fingerprint.as_str(),
            address: subject.map(|subject| subject.address.as_str()),
            deposed: subject.and_then(|subject| subject.deposed.as_deref()),
            actions: subject.map_or(&[], |subject| subject.actions.as_slice()),
            waived: finding.waiver.is_some(),
            sentence: &explanation.sentence,
            message: &finding.message,
            detail: explanation.detail.as_ref().map(JsonDetail::new),
            source: explanation.trace.as_ref().map(JsonSource::new),
            way_forward: explanation.forward.iter().map(JsonStep::new).collect(),
        }
    }
}

impl<'a> JsonDetail<'a> {
    fn new(detail: &'a Detail) -> Self {
        let field = |field: &'a Field| JsonField {
            path: &field.path,
            before: &field.before,
            after: field.after.as_deref(),
            effect: &field.effect,
        };
        let provider = provider(detail).into_iter().map(|(kind, text)| JsonNamed { kind, text: text.into() });
        Self {
            fields: detail.fields.iter().map(field).collect(),
            relations: detail
                .relations
                .iter()
                .map(|relation| JsonNamed { kind: relation.kind, text: relation.text.as_str().into() })
                .collect(),
            provider: provider.collect(),
        }
    }
}

impl<'a> JsonSource<'a> {
    fn new(trace: &'a Result<Trace, String>) -> Self {
        match trace {
            Ok(trace) => Self { alone: trace.alone, problem: None, files: files(&trace.files) },
            Err(problem) => Self { alone: false, problem: Some(problem), files: Vec::new() },
        }
    }
}

impl<'a> JsonStep<'a> {
    fn new(step: &'a Step) -> Self {
        Self {
            kind: step.kind.as_str(),
            text: &step.text,
            language: step.paste.as_ref().map(|paste| paste.language),
            paste: step.paste.as_ref().map(|paste| paste.text.as_str()),
        }
    }
}
