//! The files of a new rule: its policy with METADATA, one case it must deny and one it must not.
//!
//! Owns names, template and cases. Must not write files nor know where policies lie.

use std::fmt::Write as _;

use crate::problem::{Problem, ProblemCode};
use crate::text::is_deceptive;

/// A plan made by Terraform 1.11 that destroys a database, cut down to that change.
const EXAMPLE: Excerpt<&str> = Excerpt {
    resource_type: "azurerm_mssql_database",
    verb: Verb::Destroy,
    changing: include_str!("deny.json"),
    quiet: include_str!("allow.json"),
};

/// What a change does that a rule may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Delete and replace.
    Destroy,
    /// Any other, as `input.plangate` spells it.
    Other(&'static str),
}

/// A plan cut down to one change, and the same plan in which nothing happens to that object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt<T = String> {
    /// The type of the resource.
    pub resource_type: T,
    /// What happens to it.
    pub verb: Verb,
    /// The plan.
    pub changing: T,
    /// The plan in which nothing happens.
    pub quiet: T,
}

/// `CATEGORY/NAME`: the id of a rule, and its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    category: String,
    name: String,
}

impl RuleName {
    /// Reads an id of two steps of lower-case letters, digits and hyphens, each beginning with a letter.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(id: &str) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            Problem::new(
                ProblemCode::Config,
                format!("`{}` cannot be the id of a rule: {why}", crate::text::one_line(id)),
            )
            .help("write CATEGORY/NAME with lower-case letters, digits and hyphens: `storage/no-public-access`")
        };
        let (category, name) = id.split_once('/').ok_or_else(|| wrong("it has no category"))?;
        for step in [category, name] {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !step.starts_with(|c: char| c.is_ascii_lowercase()) || !step.chars().all(is_plain) || step.ends_with('-')
            {
                return Err(wrong("each part is a word of lower-case letters"));
            }
            if KEYWORDS.contains(&step) {
                return Err(wrong(&format!("`{step}` means something else in Rego")));
            }
        }
        if category == "plangate" {
            return Err(wrong("the package `plangate` is reserved"));
        }
        Ok(Self { category: category.to_owned(), name: name.to_owned() })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.category, self.name)
    }

    /// The package of the policy.
    #[must_use]
    pub fn package(&self) -> String {
        self.id().replace('-', "_").replace('/', ".")
    }
}

/// Words that cannot be a step of a package path (OPA, "Reserved Names").
const KEYWORDS: [&str; 17] = [
    "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null",
    "package", "some", "true", "with",
];

/// The files of a new rule, by their paths below a directory of policies. Without an excerpt the rule is about a
/// database that is destroyed.
#[must_use]
pub fn files(name: &RuleName, excerpt: Option<&Excerpt>) -> Vec<(String, String)> {
    let example = EXAMPLE;
    let (resource_type, verb, changing, quiet) = match excerpt {
        Some(own) => (own.resource_type.as_str(), own.verb, own.changing.as_str(), own.quiet.as_str()),
        None => (example.resource_type, example.verb, example.changing, example.quiet),
    };
    let directory = name.id();
    let case = match verb {
        Verb::Destroy => "destroyed",
        Verb::Other(word) => word,
    };
    vec![
        (format!("{directory}/policy.rego"), policy(name, resource_type, verb)),
        (format!("{directory}/cases/deny_{case}.json"), changing.to_owned()),
        (format!("{directory}/cases/allow_no_change.json"), quiet.to_owned()),
    ]
}

fn policy(name: &RuleName, resource_type: &str, verb: Verb) -> String {
    let (verbs, condition, happens) = match verb {
        Verb::Destroy => ("delete, replace, unknown".to_owned(), "change.destroys".to_owned(), "will be destroyed"),
        Verb::Other(word) => (word.to_owned(), format!("change.verb == \"{word}\""), "will be changed"),
    };
    let resource_type = literal(resource_type);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "package {package}

import rego.v1

# METADATA
# title: Say in one line what must not happen
# description: >-
#   Say in one paragraph what the rule looks at, and why it matters.
# scope: rule
# custom:
#   id: {id}
#   category: {category}
#   severity: high
#   help: >-
#     Say what whoever meets this finding should do.
#   selector:
#     types: [{resource_type}]
#     verbs: [{verbs}]
deny contains result if {{
	some change in input.plangate.changes
	change.type == {resource_type}
	{condition}
	result := {{
		\"msg\": sprintf(\"%s {happens}.\", [change.address]),
		\"plangate\": {{\"address\": change.address}},
	}}
}}
",
        package = name.package(),
        id = name.id(),
        category = name.category,
    );
    out
}

/// A string as Rego, YAML and JSON all read it.
fn literal(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if is_deceptive(c) => String::new(),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rego_or_a_reader_would_take_for_something_else_are_refused() {
        for id in ["a", "a/", "/b", "A/b", "a/b/c", "a/b_c", "a/../b", "in/b", "a/-b", "a/b-", "1a/b", "plangate/x", ""]
        {
            assert!(RuleName::parse(id).is_err(), "{id}");
        }
        let name = RuleName::parse("storage/no-public-access").unwrap();
        assert_eq!(name.package(), "storage.no_public_access");
    }

    #[test]
    fn a_hostile_type_stays_a_string() {
        assert_eq!(literal("a\"\\\n\u{202e}b"), "\"a\\\"\\\\b\"");
    }
}
