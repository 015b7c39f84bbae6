//! A plan as JSON and nothing else: of a saved plan file its rendering, of a JSON the plan in it.
//!
//! No rule, no facts, no repository. What policies see, with what is derived, is [`super::inspect`].

use super::{PlanInput, plan_of};
use crate::plan::detect::Document;
use crate::plan::json::{self, Interest};
use crate::plan::mask::Masker;
use crate::plan::redact::redact;
use crate::plan::sink::NoSink;
use crate::problem::{Problem, ProblemCode};

/// The plan as JSON on one line, as `terraform show -json` prints it; one line for each plan of the file. Secrets are masked
/// unless `reveal`.
///
/// # Errors
/// Whatever keeps a document from being a plan.
pub fn show(plan: PlanInput, reveal: bool) -> Result<String, Vec<Problem>> {
    let mut text = String::new();
    for document in plan.source.read().map_err(|problem| vec![problem])?.documents {
        let shown = document.and_then(|document| show_document(&document, reveal));
        text.push_str(&shown.map_err(|problem| vec![problem])?);
        text.push('\n');
    }
    Ok(text)
}

fn show_document(document: &Document, reveal: bool) -> Result<String, Problem> {
    let loaded = json::load(document, &Interest::builtin(), NoSink)?;
    let malformed = |error: serde_json::Error| Problem::new(ProblemCode::Malformed, format!("not valid JSON: {error}"));
    if reveal && loaded.plan.saved.is_some() {
        // As it was rendered: read once more, a number of many digits would be another.
        return Ok(String::from_utf8_lossy(document.bytes()).into_owned());
    }
    let mut plan = plan_of(serde_json::from_slice(document.bytes()).map_err(malformed)?);
    if !reveal {
        plan = redact(plan, &Masker::from_json(document.bytes())?);
    }
    serde_json::to_string(&plan).map_err(malformed)
}
