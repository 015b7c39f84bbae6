//! Rows and differences as people read them.
//!
//! Must not decide what a difference is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Difference, Judged, Key, Row};
use crate::text::{self, one_line};

/// One line for each row: level, verb, address, plan, rules.
#[must_use]
pub fn listing(rows: &[Row]) -> String {
    rows.iter().fold(String::new(), |out, row| out + &line(row.level.as_str(), &row.key, &row.rules))
}

/// What is not as recorded, each with what is said now and with the recorded reason; empty where there is nothing.
#[must_use]
pub fn differences(differences: &[Difference]) -> String {
    let mut out = String::new();
    for difference in differences {
        let levels = match (difference.was, difference.now) {
            (Some(was), Some(now)) => format!("{was} → {now}"),
            (None, Some(now)) => format!("new: {now}"),
            (Some(was), None) => format!("gone: {was}"),
            (None, None) => continue,
        };
        out.push_str(&line(&levels, &difference.key, &difference.rules));
        if !difference.reason.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{:17} recorded because: {}", "", one_line(&difference.reason));
        }
    }
    if !differences.is_empty() {
        let _ = writeln!(out, "\n{}", text::count(differences.len(), "difference"));
    }
    out
}

fn line(levels: &str, key: &Key, rules: &[String]) -> String {
    let rules = if rules.is_empty() { String::new() } else { format!("  {}", one_line(&rules.join(", "))) };
    let (verb, address, plan) = (one_line(&key.verb), one_line(&key.address), one_line(&key.plan));
    format!("{levels:<17} {verb:<8} {address}  ({plan}){rules}\n")
}

/// How many rows of each verb have which level.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    let mut counts: BTreeMap<&str, BTreeMap<Judged, usize>> = BTreeMap::new();
    let mut total: BTreeMap<Judged, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(&row.key.verb).or_default().entry(row.level).or_default() += 1;
        *total.entry(row.level).or_default() += 1;
    }
    let width = counts.keys().map(|verb| verb.chars().count()).max().unwrap_or(0).max(TOTAL.len());
    let mut out = format!("{:<width$}", "");
    for level in Judged::ALL {
        let _ = write!(out, "  {level:>9}");
    }
    out.push('\n');
    for (verb, of_verb) in counts.iter().chain([(&TOTAL, &total)]) {
        let _ = write!(out, "{:<width$}", one_line(verb));
        for level in Judged::ALL {
            let _ = write!(out, "  {:>9}", of_verb.get(&level).copied().unwrap_or(0));
        }
        out.push('\n');
    }
    out
}

const TOTAL: &str = "total";
