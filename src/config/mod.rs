//! The configuration of a repository: `plangate.toml`.
//!
//! Two types: what was written (`file`) and what holds ([`Config`], validated). Must not read
//! files, know plans, or know how a rule runs.

mod catalog;
mod file;
mod validate;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use globset::GlobMatcher;

use crate::finding::{Level, Preset, RuleId};
use crate::overlay;
use crate::policy::parameters;
use crate::problem::{Place, Problem, ProblemCode};
use crate::source::SourceFile;
use crate::suggest;
use crate::toml_file::{self, Reader, quoted};

/// The name of the configuration file in the root of a repository.
pub const FILE_NAME: &str = "plangate.toml";
/// The directory of policies that is used unless the configuration names others.
pub const DEFAULT_POLICIES: &str = "policy";
/// The waivers file that is used unless the configuration names another.
pub const DEFAULT_WAIVERS: &str = "plangate.waivers.toml";

/// What holds for a run, before command-line arguments.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where policies are.
    pub policies: PolicyPaths,
    /// Where waivers are.
    pub waivers: WaiversPath,
    /// Directory of the root module that the plans are made from.
    pub source: Option<ConfiguredPath>,
    /// How much is denied.
    pub preset: Preset,
    /// The lowest level that blocks: [`Level::Deny`] or [`Level::Warn`].
    pub fail_on: Level,
    /// The kind of plan that is expected.
    pub expect: Expect,
    /// The level of destroying a resource of a type never seen: [`Level::Warn`] or [`Level::Deny`].
    pub unknown_types: Level,
    /// What an error inside a builtin means, for policies of the repository.
    pub builtin_errors: BuiltinErrors,
    /// Numbers from which a plan is worth a finding of its own.
    pub limits: Limits,
    /// What the repository says about resource types, in the order of the file.
    pub catalog: Vec<CatalogSource>,
    /// Levels set per rule, in the order of the file.
    pub rules: Vec<RuleOverride>,
    /// Parameters set for rules, in the order of the file.
    pub parameters: Vec<parameters::Setting>,
    /// Rego dialects set per file or directory, in the order of the file.
    pub rego_versions: Vec<RegoVersionOverride>,
    /// Levels set for lints, in the order of the file.
    pub lint: Vec<LintOverride>,
    /// Rules that are run whatever their names, in the order of the file.
    pub decisions: Vec<Decision>,
    /// Files and directories that policies see under `data`.
    pub data: Vec<ConfiguredPath>,
}

/// A `[[decision]]`.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The path as written.
    pub path: String,
    /// The level of what it denies.
    pub level: Option<Level>,
    /// Where the path was written.
    pub place: Place,
}

/// Where policies are.
#[derive(Debug, Clone)]
pub enum PolicyPaths {
    /// Not configured: this directory, if it exists.
    Default(Utf8PathBuf),
    /// As configured; an empty list means none on purpose.
    Explicit(Vec<ConfiguredPath>),
}

impl PolicyPaths {
    /// Whether the repository says that it wants no policies of its own; the report must say so.
    #[must_use]
    pub fn is_none_on_purpose(&self) -> bool {
        matches!(self, Self::Explicit(paths) if paths.is_empty())
    }
}

/// Where waivers are.
#[derive(Debug, Clone)]
pub enum WaiversPath {
    /// Not configured: this file, if it exists.
    Default(Utf8PathBuf),
    /// As configured; it is a mistake if the file does not exist.
    Explicit(ConfiguredPath),
}

/// A path from the configuration.
#[derive(Debug, Clone)]
pub struct ConfiguredPath {
    /// The path, relative to the current directory or absolute.
    pub path: Utf8PathBuf,
    /// Where it was written.
    pub place: Place,
}

/// The kind of plan that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// A plan that lists changes.
    #[default]
    Ordinary,
    /// A plan made with `-refresh-only`.
    RefreshOnly,
}

/// Numbers from which a plan is worth a finding of its own; `None` where the file names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Share of the managed objects that may be destroyed, in percent.
    pub mass_destruction_percent: Option<u32>,
    /// Fewer destroyed objects than this are no mass.
    pub mass_destruction_at_least: Option<u32>,
    /// Objects that may be destroyed.
    pub destroyed: Option<u32>,
    /// Objects that may be replaced.
    pub replaced: Option<u32>,
    /// Objects that may be changed in any way.
    pub changed: Option<u32>,
}

/// An element of `catalog`.
#[derive(Debug, Clone)]
pub enum CatalogSource {
    /// A file of entries, JSON or TOML by its name.
    File(ConfiguredPath),
    /// An entry written here.
    Entry(Box<overlay::Entry>),
}

/// What an error inside a Rego builtin means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuiltinErrors {
    /// The expression is undefined; the error is shown and counted.
    #[default]
    Warn,
    /// The verdict is *undecided*.
    Undecided,
}

/// The dialect of a policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegoVersion {
    /// Before OPA 1.0.
    V0,
    /// Since OPA 1.0.
    V1,
}

/// A level set for rules.
#[derive(Debug, Clone)]
pub struct RuleOverride {
    /// Which rules.
    pub selector: RuleSelector,
    /// The level.
    pub level: Level,
    /// Where it was written.
    pub place: Place,
}

/// Which rules.
#[derive(Debug, Clone)]
pub enum RuleSelector {
    /// The rule with this id.
    Exact(String),
    /// Rules whose id matches; `*` does not cross `/`.
    Glob(GlobMatcher),
}

impl RuleSelector {
    /// Whether it selects the rule.
    #[must_use]
    pub fn matches(&self, rule: &RuleId) -> bool {
        match self {
            Self::Exact(id) => id == rule.as_str(),
            Self::Glob(glob) => glob.is_match(rule.as_str()),
        }
    }

    /// The selector as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exact(id) => id,
            Self::Glob(glob) => glob.glob().glob(),
        }
    }

    const fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

/// A level set for a lint.
#[derive(Debug, Clone)]
pub struct LintOverride {
    /// The id of the lint.
    pub id: String,
    /// The level.
    pub level: LintLevel,
    /// Where it was written.
    pub place: Place,
}

/// What a finding of a lint means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LintLevel {
    /// It is not looked for.
    Off,
    /// It is shown.
    Warn,
    /// It is shown, and `plangate lint` fails.
    Error,
}

/// A dialect set for policy files.
#[derive(Debug, Clone)]
pub struct RegoVersionOverride {
    /// Which files.
    pub selector: PathSelector,
    /// The dialect.
    pub version: RegoVersion,
    /// Where it was written.
    pub place: Place,
}

/// Which files.
#[derive(Debug, Clone)]
pub enum PathSelector {
    /// This file, or every file below this directory.
    Path(Utf8PathBuf),
    /// Files whose path below `base` matches; `*` does not cross `/`.
    Glob {
        /// The directory of the configuration file.
        base: Utf8PathBuf,
        /// The pattern.
        matcher: GlobMatcher,
    },
}

impl PathSelector {
    /// How well it fits a file: the number of steps it names, 0 for a pattern; `None` where it does not.
    fn fit(&self, file: &Utf8Path) -> Option<usize> {
        match self {
            Self::Path(path) if path == "." => file.is_relative().then_some(1),
            Self::Path(path) => file.starts_with(path).then(|| path.components().count() + 1),
            Self::Glob { base, matcher } => {
                let below = file.strip_prefix(base).unwrap_or(file);
                matcher.is_match(below.as_std_path()).then_some(0)
            }
        }
    }
}

impl Config {
    /// What holds without a configuration file in the directory `root`.
    #[must_use]
    pub fn default_for(root: &Utf8Path) -> Self {
        Self {
            policies: PolicyPaths::Default(resolve(root, DEFAULT_POLICIES)),
            waivers: WaiversPath::Default(resolve(root, DEFAULT_WAIVERS)),
            source: None,
            preset: Preset::default(),
            fail_on: Level::Deny,
            expect: Expect::default(),
            unknown_types: Level::Warn,
            builtin_errors: BuiltinErrors::default(),
            limits: Limits::default(),
            catalog: Vec::new(),
            rules: Vec::new(),
            parameters: Vec::new(),
            rego_versions: Vec::new(),
            decisions: Vec::new(),
            data: Vec::new(),
            lint: Vec::new(),
        }
    }

    /// The level the configuration gives a rule, and where. An exact id wins over a pattern; of
    /// several patterns the last in the file wins.
    #[must_use]
    pub fn level_for(&self, rule: &RuleId) -> Option<(Level, &Place)> {
        self.rules
            .iter()
            .filter(|candidate| candidate.selector.matches(rule))
            // Of equal keys `max_by_key` returns the last.
            .max_by_key(|candidate| candidate.selector.is_exact())
            .map(|winner| (winner.level, &winner.place))
    }

    /// One problem for each selector that matches none of the loaded rules.
    #[must_use]
    pub fn check_rules(&self, ids: &[RuleId]) -> Vec<Problem> {
        let unmatched = self.rules.iter().filter(|rule| !ids.iter().any(|id| rule.selector.matches(id)));
        unmatched.map(|rule| unmatched_rule(rule, ids)).collect()
    }

    /// One problem for each level that is set for no lint.
    #[must_use]
    pub fn check_lints(&self, ids: &[&str]) -> Vec<Problem> {
        let unknown = self.lint.iter().filter(|lint| !ids.contains(&lint.id.as_str()));
        unknown
            .map(|lint| {
                let help = match suggest::nearest(&lint.id, ids.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("lints: {}", suggest::list(ids)),
                };
                Problem::new(ProblemCode::Config, format!("no lint is called {}", quoted(&lint.id)))
                    .at(&lint.place.file, lint.place.span, "no such lint")
                    .help(help)
            })
            .collect()
    }

    /// The dialect the configuration gives a policy file (a path that starts like those in
    /// [`policies`](Self::policies)), and where. The longest path wins, any path wins over a
    /// pattern, and of several patterns the last.
    #[must_use]
    pub fn rego_version_for(&self, file: &Utf8Path) -> Option<(RegoVersion, &Place)> {
        let file = normal(file);
        self.rego_versions
            .iter()
            .filter_map(|candidate| Some((candidate.selector.fit(&file)?, candidate)))
            .max_by_key(|(fit, _)| *fit)
            .map(|(_, winner)| (winner.version, &winner.place))
    }

    /// One problem for each `rego-version` entry that matches none of the policy files.
    #[must_use]
    pub fn check_rego_versions(&self, files: &[Utf8PathBuf]) -> Vec<Problem> {
        let files: Vec<Utf8PathBuf> = files.iter().map(|file| normal(file)).collect();
        self.rego_versions
            .iter()
            .filter(|entry| !files.iter().any(|file| entry.selector.fit(file).is_some()))
            .map(|entry| {
                let help = "name a file or directory that `policies` covers, relative to this file, or a pattern";
                Problem::new(ProblemCode::Config, "`rego-version` names no policy file that is loaded")
                    .at(&entry.place.file, entry.place.span, "matches no policy file")
                    .help(help)
            })
            .collect()
    }
}

fn unmatched_rule(rule: &RuleOverride, ids: &[RuleId]) -> Problem {
    let selector = rule.selector.as_str();
    let help = match suggest::nearest(selector, ids.iter().map(RuleId::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`plangate rules` lists the rules in force; `*` does not cross `/`, `**` does".to_owned(),
    };
    Problem::new(ProblemCode::Config, format!("no rule is called {}", quoted(selector)))
        .at(&rule.place.file, rule.place.span, "matches no rule")
        .help(help)
}

/// Reads a configuration file; the error holds every mistake in it. The paths in it are relative
/// to the directory of `file`, whose name must be its path; what it does not name is looked for in `root`.
pub fn parse(file: &SourceFile, root: &Utf8Path) -> Result<Config, Vec<Problem>> {
    let table = toml_file::parse(file, ProblemCode::Config)?;
    let mut reader = Reader::new(file, ProblemCode::Config);
    let written = file::read(&mut reader, &table);
    let base = validate::directory_of(file.name());
    let mut config = validate::validate(&mut reader, written, Config::default_for(root), &base);
    config.catalog = catalog::read(&mut reader, file, &table, &base);
    reader.finish(config)
}

fn resolve(base: &Utf8Path, path: &str) -> Utf8PathBuf {
    normal(&base.join(path))
}

/// The path without `.` steps and doubled slashes, so that equal paths compare equal; `.` alone stays.
fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let normal: Utf8PathBuf =
        path.components().filter(|component| !matches!(component, Utf8Component::CurDir)).collect();
    if normal.as_str().is_empty() { Utf8PathBuf::from(".") } else { normal }
}

#[cfg(test)]
mod tests;
