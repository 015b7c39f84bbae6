//! Which tests of a suite run.

use regex::{Regex, RegexBuilder};

use crate::problem::{Problem, ProblemCode};
use crate::text::{count, truncate};

use super::Suite;

/// Largest compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A pattern for the names of tests; it need not match the whole name.
#[derive(Debug, Clone)]
pub struct Filter(Regex);

impl Filter {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is no such.
    pub fn parse(pattern: &str) -> Result<Self, Problem> {
        RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).build().map(Self).map_err(|error| {
            let what = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                other => other.to_string(),
            };
            Problem::new(
                ProblemCode::Config,
                format!("`--run {}` is no regular expression: {what}", truncate(pattern, 120)),
            )
        })
    }

    fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl Suite {
    /// The tests that `filter` picks.
    ///
    /// # Errors
    /// Where nothing is left to run: a run that tests nothing must not look like passing.
    pub fn filtered(mut self, filter: Option<&Filter>) -> Result<Self, Problem> {
        let all = self.rules.len() + self.cases.len();
        if all == 0 {
            return Err(Problem::new(ProblemCode::NothingSelected, "there is no test").help(
                "write rules named `test_…` beside your policies, or put plans into a folder `cases`; docs/testing.md says how",
            ));
        }
        if let Some(filter) = filter {
            self.rules.retain(|test| filter.matches(&test.name));
            self.cases.retain(|case| filter.matches(&case.name));
        }
        let left = self.rules.len() + self.cases.len();
        if left == 0 {
            let Filter(pattern) = filter.cloned().unwrap_or(Filter::parse("")?);
            let message = format!("no test is named like `{}`", truncate(pattern.as_str(), 120));
            return Err(Problem::new(ProblemCode::NothingSelected, message)
                .help(format!("`plangate test --verbose` lists the {}", count(all, "test"))));
        }
        if self.cases.is_empty() && self.rules.iter().all(|test| test.todo) {
            return Err(Problem::new(ProblemCode::NothingSelected, "every test is skipped")
                .help("take `todo_` out of the name of a test to run it"));
        }
        Ok(self)
    }
}
