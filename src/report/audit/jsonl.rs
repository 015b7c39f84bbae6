//! An audit as JSON lines: a row for each plan, then one with the totals, so that a cut-off file is never taken for a whole one.

use serde::Serialize;

use super::Audit;
use super::json::{JsonHead, JsonRow};
use crate::text;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum JsonLine<'a> {
    Plan(JsonRow<'a>),
    Summary(JsonHead<'a>),
}

/// The audit, a line for each plan with the keys of the JSON report.
pub(super) fn render(audit: &Audit) -> serde_json::Result<String> {
    let plans = audit.plans().map(|(plan, row)| JsonLine::Plan(JsonRow::of(audit, plan, row)));
    let mut out = String::new();
    for line in plans.chain(std::iter::once_with(|| JsonLine::Summary(JsonHead::of(audit)))) {
        out.push_str(&text::json(&serde_json::to_string(&line)?));
        out.push('\n');
    }
    Ok(out)
}
