//! Entry points that people name: `--decision`, `[[decision]]`, the queries of a policy set.
//!
//! Owns how a path is written. Must not read files nor know which rules there are.

use super::reading::Reading;
use crate::finding::Level;
use crate::problem::{Place, Problem, ProblemCode};

/// A rule that is to be run whatever its name.
#[derive(Debug, Clone)]
pub struct EntryPoint {
    /// Its path, from `data`.
    pub path: Vec<String>,
    /// As people wrote it, for messages.
    pub written: String,
    /// The level of its findings, in place of the one its name stands for.
    pub level: Option<Level>,
    /// How its value is read where no convention says it.
    pub reading: Reading,
    /// What the policy set calls it.
    pub title: Option<String>,
    /// What the policy set says about it.
    pub description: Option<String>,
    /// Where it was named; `None` for an argument.
    pub place: Option<Place>,
}

impl EntryPoint {
    /// A decision: `a/b/c` or `data.a.b.c`, where steps of other characters stand in brackets: `data.a["b-c"]`.
    ///
    /// # Errors
    /// A text that is no such path.
    pub fn decision(written: &str, level: Option<Level>, place: Option<Place>) -> Result<Self, Problem> {
        Self::new(written, level, Reading::Decision, place)
    }

    /// The query of a policy set.
    ///
    /// # Errors
    /// A text that is no path: other queries are Rego of their own.
    pub fn query(written: &str, level: Option<Level>, place: Option<Place>) -> Result<Self, Problem> {
        Self::new(written, level, Reading::Query, place)
    }

    fn new(written: &str, level: Option<Level>, reading: Reading, place: Option<Place>) -> Result<Self, Problem> {
        let Some(path) = parse(written.trim()) else {
            let message = format!("`{written}` is no path of a rule");
            let help = "write it as `data.terraform.deny` or `terraform/deny`: the package, then the rule";
            return Err(located(Problem::new(ProblemCode::Config, message).help(help), place.as_ref(), "not a path"));
        };
        let (title, description) = (None, None);
        Ok(Self { path, written: written.to_owned(), level, reading, title, description, place })
    }

    /// A problem about it, underlined where it was named.
    pub(super) fn problem(&self, message: String, label: &str) -> Problem {
        located(Problem::new(ProblemCode::Config, message), self.place.as_ref(), label)
    }
}

fn located(problem: Problem, place: Option<&Place>, label: &str) -> Problem {
    match place {
        Some(place) => problem.at(&place.file, place.span, label),
        None => problem,
    }
}

/// The steps of a path, from `data`; at least a package and a rule.
fn parse(text: &str) -> Option<Vec<String>> {
    let mut steps =
        if text.contains('/') { text.trim_matches('/').split('/').map(str::to_owned).collect() } else { dotted(text)? };
    if steps.first().is_none_or(|first| first != "data") {
        steps.insert(0, "data".to_owned());
    }
    let is_step = |step: &String| !step.is_empty() && !step.contains(|c: char| c.is_whitespace() || c.is_control());
    (steps.len() > 2 && steps.iter().all(is_step)).then_some(steps)
}

/// `a.b["c-d"].e`.
fn dotted(text: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (step, behind) = quoted.split_once("\"]")?;
            steps.push(step.to_owned());
            rest = behind;
        } else {
            let rest_of_name = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = rest_of_name.find(['.', '[']).unwrap_or(rest_of_name.len());
            let (step, behind) = rest_of_name.split_at(end);
            let is_name = step.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || step.is_empty() {
                return None;
            }
            steps.push(step.to_owned());
            rest = behind;
        }
        if rest.is_empty() {
            return Some(steps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_with_slashes_or_dots() {
        for text in ["a/b-c/d", "data/a/b-c/d", "/a/b-c/d/", "data.a[\"b-c\"].d", "a[\"b-c\"][\"d\"]"] {
            assert_eq!(parse(text), Some(["data", "a", "b-c", "d"].map(str::to_owned).to_vec()), "{text}");
        }
        for text in [
            "",
            "deny",
            "data.deny",
            "data.a.b-c.d",
            "data.a.deny[x]",
            "count(data.a.b)",
            "a//b",
            "a/b c",
            "data..a",
            "x := data.a.b",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
