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

    /// What groups are by, as people read it: `{team}/{pipeline}`.
    #[must_use]
    pub fn title(&self) -> String {
        self.names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join("/")
    }

    /// What the pattern captures of a path; `None` where it does not match.
    #[must_use]
    pub fn captures(&self, path: &str) -> Option<Vec<String>> {
        let path = path.replace('\\', "/");
        let found = self.regex.captures(path.strip_prefix("./").unwrap_or(&path))?;
        Some(found.iter().skip(1).flatten().map(|part| part.as_str().to_owned()).collect())
    }
}

/// A path made of the captures of a grouping: `infra/{team}/{pipeline}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Capture(usize),
}

impl PathTemplate {
    /// Reads a template; `None` for a path without captures.
    ///
    /// # Errors
    /// A capture that the grouping does not have.
    pub fn parse(text: &str, grouping: Option<&Grouping>) -> Result<Option<Self>, Problem> {
        let names = grouping.map(Grouping::names).unwrap_or_default();
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let place = names.iter().position(|known| known == name).ok_or_else(|| {
                let message = format!("`--source {}` uses `{{{name}}}`", truncate(text, 200));
                Problem::new(ProblemCode::Config, message + ", which `--group-by` does not capture")
                    .help("for example `--group-by 'plans/{team}/{pipeline}/**' --source 'infra/{team}/{pipeline}'`")
            })?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Capture(place)]);
            rest = after;
        }
        if pieces.is_empty() {
            return Ok(None);
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Some(Self(pieces)))
    }

    /// The path for a group.
    ///
    /// # Errors
    /// A capture that is no name: names in archives are anybody's, and `..` leads elsewhere.
    pub fn fill(&self, captures: &[String]) -> Result<String, Problem> {
        let mut path = String::new();
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Capture(place) => captures.get(*place).map_or("", String::as_str),
            };
            path.push_str(text);
        }
        let leads_elsewhere = captures.iter().any(|capture| capture.contains("..") || capture.contains('\0'));
        if leads_elsewhere {
            let message = format!("`{}` would be the source files of a plan", truncate(&path, 200));
            return Err(Problem::new(ProblemCode::NothingSelected, message).help("its path has `..` in it"));
        }
        Ok(path)
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
    fn a_path_is_made_of_captures() {
        let grouping = Grouping::parse("plans/{team}/{pipeline}/**").unwrap();
        let template = |text| PathTemplate::parse(text, Some(&grouping)).unwrap();
        let fill = |text, path| template(text).unwrap().fill(&grouping.captures(path).unwrap());
        assert_eq!(fill("i/{pipeline}-{team}/x", "plans/a/b/c").unwrap(), "i/b-a/x");
        assert_eq!(template("infra/{"), None);
        assert!(fill("i/{team}", "plans/../b/c").unwrap_err().help.unwrap().contains(".."));
        assert!(PathTemplate::parse("i/{env}", Some(&grouping)).unwrap_err().message.contains("{env}"));
        assert!(PathTemplate::parse("i/{team}", None).is_err());
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
