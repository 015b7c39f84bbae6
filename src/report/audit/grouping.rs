//! Groups of plans: a pattern over their paths, whose captures name the group.

use regex::Regex;

use crate::problem::{Problem, ProblemCode};
use crate::text::truncate;

/// A path pattern with captures: `plans/{team}/{pipeline}/**`.
///
/// `{name}` is any text within a directory, as short as the rest of the pattern allows; `*` and `?` stay within a directory too,
/// `**` is any number of directories. The whole path must match, as the report names it and with `/`.
#[derive(Debug, Clone)]
pub struct Grouping {
    pattern: String,
    names: Vec<String>,
    regex: Regex,
}

impl Grouping {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A pattern without a capture, a capture without a name or with that of another, a bracket that does not close.
    pub fn parse(pattern: &str) -> Result<Self, Problem> {
        let wrong = |what: &str| {
            Problem::new(ProblemCode::Config, format!("`--group-by {}` {what}", truncate(pattern, 200)))
                .help("for example `--group-by 'plans/{team}/{pipeline}/**'`: each capture is a part of a path")
        };
        let mut names: Vec<String> = Vec::new();
        let mut regex = String::from("^");
        let mut rest = pattern.strip_prefix("./").unwrap_or(pattern);
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix('{') {
                let (name, after) = after.split_once('}').ok_or_else(|| wrong("has a `{` without `}`"))?;
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if name.is_empty() || !name.chars().all(is_name) {
                    return Err(wrong("has a capture without a name of letters, digits, `_` and `-`"));
                }
                if names.iter().any(|other| other == name) {
                    return Err(wrong("has two captures of one name"));
                }
                names.push(name.to_owned());
                regex.push_str("([^/]+?)");
                rest = after;
            } else if let Some(after) = rest.strip_prefix("**/") {
                regex.push_str("(?:.*/)?");
                rest = after;
            } else if let Some(after) = rest.strip_prefix("**") {
                regex.push_str(".*");
                rest = after;
            } else {
                match c {
                    '*' => regex.push_str("[^/]*"),
                    '?' => regex.push_str("[^/]"),
                    '}' => return Err(wrong("has a `}` without `{`")),
                    c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        regex.push('$');
        if names.is_empty() {
            return Err(wrong("has no capture, such as `{team}`"));
        }
        let regex = Regex::new(&format!("(?s){regex}")).map_err(|_| wrong("is too large"))?;
        Ok(Self { pattern: pattern.to_owned(), names, regex })
    }

    /// The pattern as it was given.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The names of the captures, in the order of the pattern.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the pattern captures of a path; `None` where it does not match.
    #[must_use]
    pub fn captures(&self, path: &str) -> Option<Vec<String>> {
        let path = path.replace('\\', "/");
        let found = self.regex.captures(path.strip_prefix("./").unwrap_or(&path))?;
        Some(found.iter().skip(1).flatten().map(|part| part.as_str().to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(pattern: &str, path: &str) -> Option<Vec<String>> {
        Grouping::parse(pattern).unwrap().captures(path)
    }

    #[test]
    fn captures_are_parts_of_the_whole_path() {
        assert_eq!(captures("plans/{team}/{pipeline}/**", "plans/a/b/c/plan.json").unwrap(), ["a", "b"]);
        assert_eq!(captures("./plans/{team}/**", "./plans/a/x").unwrap(), ["a"]);
        assert_eq!(captures("**/{team}-{env}.json", "x/y/a-b-c.json").unwrap(), ["a", "b-c"]);
        assert_eq!(captures("**/{team}.json", "a.json").unwrap(), ["a"]);
        assert_eq!(captures("all.zip!{team}/*.json", "all.zip!a/p.json").unwrap(), ["a"]);
        for (pattern, path) in [("plans/{team}/*", "plans/a/b/c"), ("{team}.json", "a/b.json"), ("p.{x}", "pzx")] {
            assert_eq!(captures(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn wrong_patterns_are_told() {
        for (pattern, says) in [
            ("plans/**", "no capture"),
            ("{a}/{a}", "two captures"),
            ("{a", "without `}`"),
            ("a}", "without `{`"),
            ("{}/x", "without a name"),
        ] {
            assert!(Grouping::parse(pattern).unwrap_err().message.contains(says), "{pattern}");
        }
    }
}
