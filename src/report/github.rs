//! GitHub Actions: workflow commands for annotations, and the lines of `$GITHUB_OUTPUT`.
//!
//! A step shows ten annotations of each kind, so the first says how it stands, and what destroys comes next. Escaping is
//! that of actions/toolkit (`command.ts`) as the runner undoes it (`ActionCommand.cs`). Reads no environment: the program
//! writes the files.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Report;
use super::items::{Item, Weight};
use crate::finding::Level;
use crate::text::{count, hex, multi_line, truncate, without_commands};
use crate::verdict::Verdict;

/// Largest step summary, in bytes, that the runner takes.
pub const SUMMARY_LIMIT: usize = 1024 * 1024;
/// Longest message of an annotation, in characters: a runner passes on no more than 64 KiB.
const MESSAGE: usize = 4000;

/// The annotations, one command a line. `directory` is where the run was started, relative to the root of the repository.
#[must_use]
pub fn commands(report: &Report, show: Level, directory: &str) -> String {
    let told = report.told(show);
    let mut out = String::new();
    let state = match report.verdict {
        Verdict::Allowed => "notice",
        Verdict::Blocked | Verdict::Undecided => "error",
    };
    let mut summary = report.summary();
    let (shown, hidden) = told.annotated(report.left_out);
    if hidden > 0 {
        // Writing to a String cannot fail.
        let _ = write!(summary, " ({} not shown)", count(hidden, "finding"));
    }
    let _ = writeln!(out, "::{state} title=plangate::{}", data(&summary));
    for item in shown {
        let _ = writeln!(out, "{}", command(item, directory));
    }
    out
}

fn command(item: &Item<'_>, directory: &str) -> String {
    let kind = match item.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "notice",
    };
    let title = format!("plangate {}: {}", item.word(), item.id());
    let mut properties = format!("title={}", property(&title));
    if let Some(place) = item.place(directory) {
        let _ = write!(properties, ",file={},line={},col={}", property(&place.file), place.line, place.column);
    }
    let plan = item.plan_name().map_or_else(String::new, |plan| format!("\n{plan}"));
    format!("::{kind} {properties}::{}", data(&format!("{}{plan}", truncate(&item.text(), MESSAGE))))
}

fn data(text: &str) -> String {
    without_commands(&multi_line(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// What `$GITHUB_OUTPUT` takes: `verdict`, `exit-code`, `destructive` (`false` only where every plan was judged and destroys
/// nothing), counts, and `summary`, a line for people. No value holds text of a plan, so that each may be used in a script.
#[must_use]
pub fn outputs(report: &Report) -> String {
    let counts = report.finding_counts();
    let numbers = [
        ("plans", report.plans.len()),
        ("problems", report.problem_count()),
        ("deny", counts.deny),
        ("warn", counts.warn),
        ("info", counts.info),
        ("waived", counts.waived),
        ("excepted", counts.excepted),
    ];
    let mut out = String::new();
    out.push_str(&output("verdict", report.verdict.as_str()));
    out.push_str(&output("exit-code", &report.verdict.exit_code().to_string()));
    out.push_str(&output("destructive", if report.may_destroy() { "true" } else { "false" }));
    for (name, number) in numbers {
        out.push_str(&output(name, &number.to_string()));
    }
    out.push_str(&output("summary", &report.summary()));
    out
}

/// `NAME<<DELIMITER`, the value, the delimiter. It holds the value's own digest, so that no value can hold it.
fn output(name: &str, value: &str) -> String {
    let mut delimiter = format!("plangate_{}", hex(&Sha256::digest(value.as_bytes())));
    while value.contains(&delimiter) {
        delimiter.push('_');
    }
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_toolkit_does() {
        assert_eq!(data("100%\r\na::error::x"), "100%25\\r%0Aa::error::x");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }

    #[test]
    fn no_value_ends_its_own_block() {
        let text = output("a", "x\ny");
        let delimiter = text.lines().next().and_then(|line| line.strip_prefix("a<<")).unwrap_or_default().to_owned();
        assert_eq!(text, format!("a<<{delimiter}\nx\ny\n{delimiter}\n"));
        assert_ne!(output("a", "x"), output("a", "z"));
    }
}
