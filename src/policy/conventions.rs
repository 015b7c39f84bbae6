//! The conventions of other tools: which rules of which packages are run, and how their values are read.
//!
//! One table; docs/conventions.md is its explanation. Must not know files, configuration, nor how a rule runs.

use std::collections::BTreeSet;

use super::contract::level_from_name;
use super::reading::Reading;
use super::resource_rules;
use crate::finding::Level;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{ModuleInfo, RuleInfo};
use crate::source::{SourceFile, Span};

/// The rule by which packages except others of their rules.
pub const EXCEPTION: &str = "exception";

/// One row: rules of these names in this package have this role.
#[derive(Debug)]
pub struct Convention {
    /// Whose convention it is.
    pub tool: &'static str,
    /// The package; `None` for any.
    pub package: Option<&'static str>,
    /// Names of rules.
    pub names: Names,
    /// What they are for.
    pub role: Role,
}

/// Names of rules.
#[derive(Debug)]
pub enum Names {
    /// `deny`, `violation`, `warn` and these with suffixes, by the last step of the name.
    Verdicts,
    /// Exactly these.
    These(&'static [&'static str]),
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is run; a level of `None` is that of its name.
    Entry(Reading, Option<Level>),
    /// It names rules of its package that do not count for a plan.
    Exceptions,
    /// It is not run, and the report says so, for this reason.
    LeftOut(&'static str),
    /// It is not run, and decides nothing where it comes from.
    Idle,
}

const BY_NAME: Option<Level> = None;

/// Every convention; the first row that fits a rule holds, and one with a package before one for any.
pub const TABLE: &[Convention] = &[
    of_package("Spacelift", "spacelift", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package("Spacelift", "spacelift", Names::These(&["sample"]), Role::Idle),
    of_package("Digger", "digger", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package("Digger", "digger", Names::These(&["allow"]), Role::LeftOut("it decides who may run Digger")),
    of_package("Scalr, HCP Terraform", "terraform", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package("env0", "env0", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package("env0", "env0", Names::These(&["pending"]), Role::Entry(Reading::Results, Some(Level::Warn))),
    of_package("env0", "env0", Names::These(&["allow"]), Role::LeftOut("approving is left to people")),
    of_package("infracost", "infracost", Names::Verdicts, Role::Entry(Reading::Failed, BY_NAME)),
    of_package("Plural", "plrl.stack", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package("Plural", "plrl.stack", Names::These(&["approve"]), Role::LeftOut("approving is left to people")),
    of_package("Plural", "plrl.stack", Names::These(&["defer"]), Role::LeftOut("there is nobody to defer to")),
    of_package("OPA", "terraform.module", Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    of_package(
        "OPA",
        "terraform.analysis",
        Names::These(&["authz"]),
        Role::Entry(Reading::Permission, Some(Level::Deny)),
    ),
    of_package("OPA", "terraform.analysis", Names::These(&["score"]), Role::Entry(Reading::Score, Some(Level::Info))),
    any(Names::Verdicts, Role::Entry(Reading::Results, BY_NAME)),
    any(Names::These(&[EXCEPTION]), Role::Exceptions),
];

const fn of_package(tool: &'static str, package: &'static str, names: Names, role: Role) -> Convention {
    Convention { tool, package: Some(package), names, role }
}

const fn any(names: Names, role: Role) -> Convention {
    Convention { tool: "conftest", package: None, names, role }
}

impl Convention {
    /// The level of a rule of this name, where it is run.
    #[must_use]
    pub fn level(&self, name: &str) -> Option<Level> {
        match self.role {
            Role::Entry(_, level) => level.or_else(|| level_from_name(last_step(name))),
            Role::Exceptions | Role::LeftOut(_) | Role::Idle => None,
        }
    }

    fn fits(&self, package: &str, name: &str) -> bool {
        self.package.is_none_or(|own| own == package)
            && match self.names {
                Names::Verdicts => level_from_name(last_step(name)).is_some(),
                Names::These(names) => names.contains(&name),
            }
    }
}

/// The convention a rule follows.
#[must_use]
pub fn of(package: &str, name: &str) -> Option<&'static Convention> {
    TABLE.iter().find(|row| row.fits(package, name))
}

/// Whether a rule of this name is an entry point by some convention, or excepts those.
#[must_use]
pub fn is_run(package: &str, name: &str) -> bool {
    of(package, name).is_some_and(|row| matches!(row.role, Role::Entry(..) | Role::Exceptions))
}

/// The names, beside those of verdicts, that are run in this package, each with whose convention it is.
pub fn names_run(package: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let fits = TABLE.iter().filter(move |row| row.package.is_none_or(|own| own == package));
    let run = fits.filter(|row| matches!(row.role, Role::Entry(..) | Role::Exceptions));
    run.flat_map(|row| {
        let names: &'static [&'static str] = match row.names {
            Names::Verdicts => &[],
            Names::These(names) => names,
        };
        names.iter().map(|name| (*name, row.tool))
    })
}

/// The last step of a rule's name: `deny` of `checks.storage.deny`.
#[must_use]
pub fn last_step(name: &str) -> &str {
    steps(name).next_back().unwrap_or_default()
}

/// The steps of a rule's name.
pub(super) fn steps(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['.', '[', ']', '"']).filter(|step| !step.is_empty())
}

/// The name by which an exception means a rule: without `deny_`, `violation_` or `warn_`; empty for these words alone.
#[must_use]
pub fn excepted_name(rule: &str) -> &str {
    match rule {
        "deny" | "violation" | "warn" => "",
        _ => ["violation_", "deny_", "warn_"].iter().fold(rule, |name, word| name.strip_prefix(word).unwrap_or(name)),
    }
}

/// Names that elsewhere permit something by a boolean. No row runs them, for a package may use such a rule as a step.
const PERMISSIONS: [&str; 8] =
    ["allow", "allowed", "approve", "approved", "authz", "authorized", "is_allowed", "permit"];

/// The rule of a module that looks like the one that decides.
#[must_use]
pub fn permission(module: &ModuleInfo) -> Option<&RuleInfo> {
    module.rules.iter().find(|rule| PERMISSIONS.contains(&rule.name.as_str()))
}

/// Policies of a kind that cannot run on a plan, told by their text.
struct Refused {
    tool: &'static str,
    package: fn(&str) -> bool,
    /// A line of the file starts with it; empty for any.
    marker: &'static str,
    why: &'static str,
    instead: Instead,
}

/// What to do with policies that are refused.
enum Instead {
    /// The command that runs them.
    Run(&'static str),
    /// They run where this package is loaded too, which makes what they read.
    With(&'static str, &'static str),
}

impl Refused {
    fn help(&self) -> String {
        let list = "list the directories that are meant for plangate under `policies`";
        match self.instead {
            Instead::With(_, library) => format!("load {library} too, or {list}"),
            Instead::Run(command) => format!(
                "run it with `{command}`, or write it as `deny contains msg if {{ some rc in input.resource_changes; … }}`; {list}"
            ),
        }
    }
}

const REFUSED: [Refused; 3] = [
    Refused {
        tool: "snyk",
        package: |package| package.starts_with("rules.") && package.matches('.').count() > 1,
        marker: "input_type",
        why: "it reads a view of resources that only snyk makes",
        instead: Instead::Run("snyk iac test"),
    },
    Refused {
        tool: "Regula",
        package: |package| package.starts_with("rules."),
        marker: "resource_type",
        why: "it reads a view of resources that Regula's own library makes of a plan",
        instead: Instead::With(resource_rules::LIBRARY, "the directory `rego/lib` of Regula"),
    },
    Refused {
        tool: "Trivy",
        package: |package| package.starts_with("builtin."),
        marker: "",
        why: "it reads Trivy's model of a cloud account, not a plan",
        instead: Instead::Run("trivy config"),
    },
];

/// Why files can never judge a plan, of those that cannot. Asked before the engine sees them, which would only say that a
/// library is missing.
#[must_use]
pub fn refused(files: &[&SourceFile]) -> Vec<Problem> {
    let packages: BTreeSet<&str> = files.iter().filter_map(|file| Some(package_line(file.text())?.0)).collect();
    files.iter().filter_map(|file| refused_file(file, &packages)).collect()
}

fn refused_file(file: &SourceFile, loaded: &BTreeSet<&str>) -> Option<Problem> {
    let (package, span) = package_line(file.text())?;
    let has = |marker: &str| marker.is_empty() || file.text().lines().any(|line| line.starts_with(marker));
    let row = REFUSED.iter().find(|row| (row.package)(package) && has(row.marker))?;
    if let Instead::With(library, _) = row.instead
        && loaded.contains(library)
    {
        return None;
    }
    let message = format!("`{package}` is a policy of {}: {}", row.tool, row.why);
    Some(Problem::new(ProblemCode::PolicyLoad, message).at(file, span, "this package").help(row.help()))
}

/// The package a text declares, and where.
#[must_use]
pub fn package_line(text: &str) -> Option<(&str, Span)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.trim_start().strip_prefix("package").filter(|rest| rest.starts_with([' ', '\t'])) {
            let package = rest.split(['#', ';']).next().unwrap_or_default().trim();
            let word = line.len() - rest.len();
            let at = start + word + rest.find(package).unwrap_or_default();
            return Some((package, Span::new(at, at + package.len())));
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_a_package_holds_before_one_for_any() {
        assert_eq!(of("spacelift", "deny").map(|row| row.tool), Some("Spacelift"));
        assert_eq!(
            of("main", "deny_x").map(|row| (row.tool, row.level("deny_x"))),
            Some(("conftest", Some(Level::Deny)))
        );
        assert_eq!(of("env0", "pending").and_then(|row| row.level("pending")), Some(Level::Warn));
        assert_eq!(of("main", "pending").map(|row| row.tool), None);
        assert_eq!(of("main", "a.b.warn").and_then(|row| row.level("a.b.warn")), Some(Level::Warn));
        assert_eq!(of("plrl.stack", "exception").map(|row| row.role), Some(Role::Exceptions));
    }

    #[test]
    fn what_is_run_in_a_package_is_told_by_its_rows() {
        let names = |package| names_run(package).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("env0"), ["pending", "exception"]);
        assert_eq!(names("terraform.analysis"), ["authz", "score", "exception"]);
        assert_eq!(names("main"), ["exception"]);
        assert!(is_run("env0", "pending") && is_run("main", "a.deny_x") && is_run("main", "exception"));
        assert!(!is_run("main", "pending") && !is_run("env0", "allow") && !is_run("spacelift", "sample"));
    }

    #[test]
    fn exceptions_name_rules_without_their_first_word() {
        for (rule, name) in
            [("deny", ""), ("violation", ""), ("deny_a_b", "a_b"), ("warn_x", "x"), ("deny_warn_x", "x")]
        {
            assert_eq!(excepted_name(rule), name);
        }
    }

    #[test]
    fn what_cannot_run_is_known_by_its_text() {
        let regula = "package rules.tf_x\nresource_type = \"aws_x\"\n";
        let of = |texts: &[&str]| {
            let files: Vec<SourceFile> = texts.iter().map(|text| SourceFile::new("a.rego", *text)).collect();
            refused(&files.iter().collect::<Vec<_>>())
        };
        for (text, tool) in [
            (regula, "Regula"),
            ("package rules.cfn_x\ninput_type := \"cfn\"\nresource_type := \"MULTIPLE\"\n", "Regula"),
            ("# c\npackage rules.A.tf\n\ninput_type := \"tf\"\nresource_type := \"aws_x\"\n", "snyk"),
            (" package\tbuiltin.aws.s3.x # why\n", "Trivy"),
        ] {
            let problems = of(&[text, "package fugue"]);
            let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
            assert!(problem.message.contains(&format!("a policy of {tool}")), "{problem}");
        }
        for text in ["package rules.own\ndeny contains \"x\"\n", "package builtins\n", "deny = 1", "package main"] {
            assert!(of(&[text]).is_empty(), "{text}");
        }
        assert!(of(&[regula, "package fugue.resource_view\n"]).is_empty());
    }
}
