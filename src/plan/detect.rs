//! What kind of document is this: the only place that guesses.
//!
//! Owns encodings, compression, noise around the JSON and the names of everything that is no plan.
//! Must not read values: a document found here is parsed by [`super::json`], and messages never show text of it.

mod encoding;
pub(super) mod lines;
pub(super) mod refusal;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::binary::{self, SavedPlan};
use super::sink::Projection;
use crate::problem::{Problem, ProblemCode};
use crate::text::count;
use lines::{Groups, Line};

/// One JSON document found in an input, or made of a saved plan: UTF-8 text, cheap to clone. It is whole and valid only once
/// it is loaded.
#[derive(Clone)]
pub struct Document {
    text: Arc<String>,
    range: Range<usize>,
    index: usize,
    notes: Vec<String>,
    saved: Option<Arc<SavedPlan>>,
}

impl Document {
    /// The JSON text.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.json().as_bytes()
    }

    /// Its number within the input, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// What was done to get at it: decoded, skipped, stripped.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What a saved plan says beside the JSON that was made of it; `None` of a plan that was JSON.
    #[must_use]
    pub fn saved(&self) -> Option<&Arc<SavedPlan>> {
        self.saved.as_ref()
    }

    /// The same saved plan with these parts of its JSON added.
    pub(super) fn joined(self, text: String, note: String, unverified: Vec<String>) -> Self {
        let mut saved = self.saved;
        if let Some(saved) = &mut saved {
            let saved = Arc::make_mut(saved);
            (saved.unverified, saved.variables_complete) = (Some(unverified), true);
        }
        let mut notes = self.notes;
        notes.push(note);
        Self { range: 0..text.len(), text: Arc::new(text), notes, saved, index: self.index }
    }

    /// The JSON text.
    pub(super) fn json(&self) -> &str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// The text around the document, and where the document starts in it.
    pub(super) fn surroundings(&self) -> (&str, usize) {
        (&self.text, self.range.start)
    }
}

/// Without the text, which holds secrets.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("range", &self.range)
            .field("index", &self.index)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Finds the documents of an input. Never empty: what is not recognised is one problem.
///
/// Several documents come from `terragrunt run --all show -json`; each is a plan of its own.
#[must_use]
pub fn recognise(bytes: Vec<u8>) -> Vec<Result<Document, Problem>> {
    recognise_for(bytes, &Projection::everything())
}

/// The same for a reader of these parts: what is rendered of a saved plan may leave out values of others.
#[must_use]
pub fn recognise_for(bytes: Vec<u8>, wanted: &Projection) -> Vec<Result<Document, Problem>> {
    let mut notes = Vec::new();
    let bytes = match encoding::unpack(bytes, &mut notes) {
        Ok(bytes) if binary::is_archive(&bytes) => return vec![saved_plan(&bytes, wanted, notes)],
        Ok(bytes) => bytes,
        Err(problem) => return vec![Err(problem)],
    };
    let text = match encoding::text(bytes, &mut notes) {
        Ok(text) => text,
        Err(problem) => return vec![Err(problem)],
    };
    if let Some(problem) = refusal::of_text(&text) {
        return vec![Err(problem)];
    }
    let text = Arc::new(text);
    let mut found = Vec::new();
    if let Err(problem) = scan(&text, &notes, true, &mut found) {
        found.push(Err(problem));
    }
    if found.is_empty() {
        found.push(Err(refusal::no_json(&text)));
    }
    number(&mut found);
    found
}

fn number(found: &mut [Result<Document, Problem>]) {
    for (index, document) in found.iter_mut().enumerate() {
        if let Ok(document) = document {
            document.index = index;
        }
    }
}

type Found = Vec<Result<Document, Problem>>;

/// Whether the text is laid out like one JSON object and nothing else: then no separate pass looks for its end,
/// and loading finds whatever is wrong with it.
fn is_plainly_one_object(text: &str) -> bool {
    let trimmed = text.trim();
    // Printed JSON has nothing but the closing brace in the first column of a later line.
    let next_line_is_inner = |at: usize| !matches!(text.as_bytes().get(at + 1), Some(b) if !b" \t\r\n}".contains(b));
    trimmed.starts_with('{')
        && trimmed.ends_with('}')
        && !lines::is_ui_event(trimmed)
        && text.match_indices('\n').all(|(at, _)| next_line_is_inner(at))
}

/// Walks over lines and documents. `outer` is false within lines whose prefix is stripped already.
fn scan(text: &Arc<String>, notes: &[String], outer: bool, found: &mut Found) -> Result<(), Problem> {
    if is_plainly_one_object(text) {
        found.push(Ok(document(text, 0..text.len(), notes.to_vec())));
        return Ok(());
    }
    let mut groups = Groups::default();
    let earlier = found.len();
    let mut skipped = 0_usize;
    let mut at = 0;
    while let Some(line) = lines::next(text, at) {
        match lines::classify(text.get(line.clone()).unwrap_or_default()) {
            Line::Blank | Line::WorkflowCommand => at = line.end,
            Line::UiEvent => return Err(refusal::ui_stream()),
            Line::Array => return Err(refusal::array()),
            Line::Document => {
                let marks = lines::marks(text.get(line.clone()).unwrap_or_default());
                let range = end_of_object(text, line.start + marks)?;
                at = range.end;
                let mut notes = notes.to_vec();
                if skipped > 0 {
                    notes.push(format!("skipped {} before the plan", count(skipped, "line")));
                    skipped = 0;
                }
                found.push(Ok(document(text, range, notes)));
            }
            Line::Prefixed { key, text: inner } if outer && groups.accepts(&key, inner) => {
                groups.push(&key, inner);
                at = line.end;
            }
            kind => {
                lines::check_noise(text, &line, &kind, found.len() > earlier)?;
                skipped += 1;
                at = line.end;
            }
        }
    }
    for (key, lines, inner) in groups.into_texts() {
        let mut notes = notes.to_vec();
        notes.push(format!("stripped the log prefix of {}", count(lines, "line")));
        let (inner, earlier) = (Arc::new(inner), found.len());
        // What is wrong with one unit says nothing of the others.
        if let Err(problem) = scan(&inner, &notes, false, found) {
            found.push(Err(problem));
        } else if found.len() == earlier && !inner.trim().is_empty() {
            found.push(Err(refusal::of_unit(&key, refusal::no_json(&inner))));
        }
    }
    Ok(())
}

fn document(text: &Arc<String>, range: Range<usize>, notes: Vec<String>) -> Document {
    Document { text: Arc::clone(text), range, index: 0, notes, saved: None }
}

/// The document of a saved plan.
fn saved_plan(bytes: &[u8], wanted: &Projection, mut notes: Vec<String>) -> Result<Document, Problem> {
    let rendered = binary::read(bytes, wanted)?;
    notes.extend(rendered.notes);
    let range = 0..rendered.text.len();
    Ok(Document { text: Arc::new(rendered.text), range, index: 0, notes, saved: Some(Arc::new(rendered.saved)) })
}

/// Where the object that starts at `start` ends; the rest of its last line must be blank. Text that is no valid JSON
/// belongs to the document to its end: loading says what is wrong with it.
fn end_of_object(text: &str, start: usize) -> Result<Range<usize>, Problem> {
    let rest = text.get(start..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    if !matches!(values.next(), Some(Ok(_))) {
        return Ok(start..text.len());
    }
    let end = start + values.byte_offset();
    let tail = text.get(end..).unwrap_or_default();
    let line = tail.split('\n').next().unwrap_or_default();
    if line.trim().is_empty() {
        return Ok(start..end);
    }
    let place = lines::place(text, end);
    Err(Problem::new(
        ProblemCode::Malformed,
        format!("there is other text right after the end of the JSON, at {place}"),
    )
    .help(refusal::SHOW_AGAIN))
}

#[cfg(test)]
mod tests;
