//! TAP, version 14: a test point for each rule that found nothing, each finding and each problem.
//!
//! What blocks and what is undecided is `not ok`; what is set aside is skipped. Details stand in a YAML block of JSON
//! strings, which are YAML.

use std::fmt::Write as _;

use super::Report;
use super::items::{Item, Weight};
use super::junit::quiet_rules;
use crate::text::{multi_line, one_line};

/// The report as TAP.
#[must_use]
pub fn render(report: &Report) -> String {
    let items = report.items();
    let quiet: Vec<(String, &str)> =
        report.plans.iter().flat_map(|plan| quiet_rules(plan).map(|rule| (plan.name(), rule.id.as_str()))).collect();
    // Writing to a String cannot fail.
    let mut out = format!("TAP version 14\n1..{}\n", (items.len() + quiet.len()).max(1));
    for (index, item) in items.iter().enumerate() {
        point(&mut out, index + 1, item);
    }
    for (index, (plan, rule)) in quiet.iter().enumerate() {
        let _ = writeln!(out, "ok {} - {}", items.len() + index + 1, description(&format!("{rule}: {plan}")));
    }
    if items.is_empty() && quiet.is_empty() {
        // Without a test point nobody can tell a clean run from one that did not happen.
        let _ = writeln!(out, "ok 1 - {}", description(&report.summary()));
    }
    let _ = writeln!(out, "# {}", description(&report.summary()));
    out
}

fn point(out: &mut String, number: usize, item: &Item<'_>) {
    let what = item.address().map_or_else(String::new, |address| format!(" {address}"));
    let name = description(&format!("{} {}{what}: {}", item.word(), item.id(), item.message()));
    let (ok, directive) = match item.set_aside_by() {
        Some(why) => ("ok", format!(" # SKIP {}", description(&why))),
        None if item.weight == Weight::Error => ("not ok", String::new()),
        None => ("ok", String::new()),
    };
    let _ = writeln!(out, "{ok} {number} - {name}{directive}");
    if item.is_set_aside() {
        return;
    }
    let mut pairs = vec![("severity", item.word().to_owned()), ("rule", item.id().into_owned())];
    pairs.extend(item.plan_name().map(|plan| ("plan", plan)));
    pairs.extend(item.address().map(|address| ("address", address.to_owned())));
    pairs.push(("message", item.text()));
    pairs.push(("fingerprint", item.fingerprint().as_str().to_owned()));
    out.push_str("  ---\n");
    for (key, value) in pairs {
        let _ = writeln!(out, "  {key}: {}", scalar(&value));
    }
    out.push_str("  ...\n");
}

/// A quoted scalar of YAML: a JSON string without what YAML does not take. No part of it is a command of a CI system.
pub(super) fn scalar(text: &str) -> String {
    let text = multi_line(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    serde_json::Value::from(text).to_string().replace("##", "#\\x23")
}

/// One line in which nothing is a directive.
pub(super) fn description(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}
