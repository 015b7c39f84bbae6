//! Policy sets: the files by which HCP Terraform (`policies.hcl`, `policies.json`) and Scalr (`scalr-policy.hcl`) list
//! their policies.
//!
//! Owns what such a file says. Must not read files, nor know which rules there are.

mod hcl;
mod json;

use super::conventions;
use super::entry::EntryPoint;
use crate::finding::Level;
use crate::problem::{Place, Problem, ProblemCode};
use crate::source::SourceFile;

/// The names of HCP Terraform's file; it stands in the root of the policies.
pub const HCP_FILES: [&str; 2] = ["policies.hcl", "policies.json"];
/// The name of Scalr's file; it stands beside the policies it lists.
pub const SCALR_FILE: &str = "scalr-policy.hcl";
/// The package of all its policies.
pub const SCALR_PACKAGE: &str = "terraform";

/// A `policy` block with its attributes as written.
#[derive(Debug)]
struct Block {
    name: String,
    place: Place,
    attributes: Vec<Attribute>,
}

#[derive(Debug)]
struct Attribute {
    key: String,
    key_place: Place,
    value: Value,
    place: Place,
}

/// The values that such files hold.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Bool(bool),
    Other,
}

/// A policy of Scalr: a file beside the list.
#[derive(Debug, Clone)]
pub struct ScalrPolicy {
    /// The name of its file, without `.rego`.
    pub name: String,
    /// Whether it is run.
    pub enabled: bool,
    /// The level of its findings.
    pub level: Level,
    /// Where it is listed.
    pub place: Place,
}

/// The queries that HCP Terraform's file lists; `None` for a JSON file that is about something else.
///
/// # Errors
/// Every mistake in the file.
pub fn hcp(file: &SourceFile) -> Result<Option<Vec<EntryPoint>>, Vec<Problem>> {
    let blocks = if camino::Utf8Path::new(file.name()).extension() == Some("json") {
        match json::blocks(file).map_err(|problem| vec![problem])? {
            Some(blocks) => blocks,
            None => return Ok(None),
        }
    } else {
        hcl::blocks(file, &[])?
    };
    collect(blocks.iter().map(|block| hcp_policy(block, file))).map(Some)
}

/// The policies that Scalr's file lists.
///
/// # Errors
/// Every mistake in the file.
pub fn scalr(file: &SourceFile) -> Result<Vec<ScalrPolicy>, Vec<Problem>> {
    collect(hcl::blocks(file, &["version"])?.iter().map(scalr_policy))
}

/// The file of a policy of Scalr, in a package of its own. All of Scalr's policies are in package `terraform`, each
/// evaluated alone; loaded together they would be one rule of one level.
///
/// # Errors
/// A package that Scalr would not evaluate.
pub fn isolated(file: &SourceFile, policy: &ScalrPolicy) -> Result<SourceFile, Problem> {
    let found = conventions::package_line(file.text());
    match found {
        Some((SCALR_PACKAGE, span)) => {
            let (before, after) = (file.text().get(..span.end), file.text().get(span.end..));
            let text = format!("{}.{}{}", before.unwrap_or_default(), step(&policy.name), after.unwrap_or_default());
            Ok(SourceFile::new(file.name(), text))
        }
        Some((package, span)) => {
            let message = format!("a policy of Scalr is in package `terraform`, not `{package}`");
            Err(Problem::new(ProblemCode::PolicyLoad, message)
                .at(file, span, "this package")
                .help(format!("rename the package, or take `{}` out of {SCALR_FILE}", policy.name)))
        }
        None => {
            let message = format!("the policy {} declares no package", file.name());
            Err(Problem::new(ProblemCode::PolicyLoad, message).help("begin it with `package terraform`"))
        }
    }
}

/// The rule that Scalr asks of a policy.
#[must_use]
pub fn scalr_entry(policy: &ScalrPolicy) -> EntryPoint {
    let path = ["data", SCALR_PACKAGE, &step(&policy.name), "deny"].map(str::to_owned).to_vec();
    EntryPoint {
        written: format!("data.{}", path.get(1..).unwrap_or_default().join(".")),
        path,
        level: Some(policy.level),
        reading: super::reading::Reading::Query,
        title: Some(policy.name.clone()),
        description: None,
        place: Some(policy.place.clone()),
    }
}

/// A name as a step of a package.
fn step(name: &str) -> String {
    let step: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if step.starts_with(|c: char| c.is_ascii_digit()) { format!("_{step}") } else { step }
}

fn collect<T>(results: impl Iterator<Item = Result<T, Vec<Problem>>>) -> Result<Vec<T>, Vec<Problem>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(item) => found.push(item),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

const HCP_LEVELS: [(&str, Level); 2] = [("advisory", Level::Warn), ("mandatory", Level::Deny)];
const SCALR_LEVELS: [(&str, Level); 3] =
    [("advisory", Level::Warn), ("soft-mandatory", Level::Deny), ("hard-mandatory", Level::Deny)];

fn hcp_policy(block: &Block, file: &SourceFile) -> Result<EntryPoint, Vec<Problem>> {
    let mut problems = block.unknown(&["query", "description", "enforcement_level"]);
    let level = block.level(&HCP_LEVELS, Level::Warn, &mut problems);
    let description = block.text("description", &mut problems).map(|(text, _)| text.to_owned());
    let entry = match block.text("query", &mut problems) {
        Some((query, place)) => match EntryPoint::query(query, Some(level), Some(place.clone())) {
            Ok(entry) => Some(entry),
            Err(problem) => {
                problems.push(problem);
                None
            }
        },
        None if problems.is_empty() => {
            let message = format!("the policy `{}` has no `query`", block.name);
            problems.push(
                Problem::new(ProblemCode::Config, message)
                    .at(file, block.place.span, "judges nothing")
                    .help("add query = \"data.terraform.deny\""),
            );
            None
        }
        None => None,
    };
    match entry {
        Some(entry) if problems.is_empty() => Ok(EntryPoint { title: Some(block.name.clone()), description, ..entry }),
        _ => Err(problems),
    }
}

fn scalr_policy(block: &Block) -> Result<ScalrPolicy, Vec<Problem>> {
    let mut problems = block.unknown(&["enabled", "enforcement_level"]);
    let level = block.level(&SCALR_LEVELS, Level::Deny, &mut problems);
    let enabled = match block.get("enabled").map(|attribute| (&attribute.value, attribute)) {
        None => true,
        Some((Value::Bool(enabled), _)) => *enabled,
        Some((_, attribute)) => {
            problems.push(attribute.wrong("`enabled` must be true or false", "write enabled = true"));
            true
        }
    };
    if problems.is_empty() {
        Ok(ScalrPolicy { name: block.name.clone(), enabled, level, place: block.place.clone() })
    } else {
        Err(problems)
    }
}

impl Block {
    fn get(&self, key: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.key == key)
    }

    fn unknown(&self, known: &[&str]) -> Vec<Problem> {
        let unknown = self.attributes.iter().filter(|attribute| !known.contains(&attribute.key.as_str()));
        unknown
            .map(|attribute| {
                let help = match crate::suggest::nearest(&attribute.key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known keys: {}", known.join(", ")),
                };
                let place = &attribute.key_place;
                Problem::new(
                    ProblemCode::Config,
                    format!("unknown key `{}` in the policy `{}`", attribute.key, self.name),
                )
                .at(&place.file, place.span, "unknown key")
                .help(help)
            })
            .collect()
    }

    fn text(&self, key: &str, problems: &mut Vec<Problem>) -> Option<(&str, &Place)> {
        let attribute = self.get(key)?;
        match &attribute.value {
            Value::Text(text) => Some((text, &attribute.place)),
            Value::Bool(_) | Value::Other => {
                problems.push(attribute.wrong(&format!("`{key}` must be a plain string"), "write it in double quotes"));
                None
            }
        }
    }

    fn level(&self, levels: &[(&str, Level)], default: Level, problems: &mut Vec<Problem>) -> Level {
        let Some(attribute) = self.get("enforcement_level") else { return default };
        let found = levels.iter().find(|(word, _)| attribute.value == Value::Text((*word).to_owned()));
        if found.is_none() {
            let words: Vec<&str> = levels.iter().map(|(word, _)| *word).collect();
            let help = format!("it takes {}", crate::suggest::list(&words));
            problems.push(attribute.wrong("`enforcement_level` is none of its values", &help));
        }
        found.map_or(default, |(_, level)| *level)
    }
}

impl Attribute {
    fn wrong(&self, message: &str, help: &str) -> Problem {
        Problem::new(ProblemCode::Config, message).at(&self.place.file, self.place.span, "this value").help(help)
    }
}

#[cfg(test)]
mod tests;
