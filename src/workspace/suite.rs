//! The tests of a repository: its policies with their test files, and the cases beside them.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::beside;
use super::{MAX_TEXT_BYTES, PolicyPath, Setup, is_test, normal};
use crate::config::Config;
use crate::finding::{Level, RuleId};
use crate::gate::Stages;
use crate::io;
use crate::policy::contract::DeclaredLevel;
use crate::policy::{self, PolicyFile, PolicySet, Sources};
use crate::problem::{Problem, ProblemCode};
use crate::testing::{self, Case, Folder, Suite};
use crate::waiver::WaiverSet;

/// The folder of cases beside a rule.
pub(super) const CASES: &str = "cases";
/// The file in it that says exactly what they yield.
const EXPECTED: &str = "expected.json";
/// Inputs beside a file of the same stem.
const MOCK_SUFFIX: &str = ".mock.json";

/// Reads the policies and tests at `paths`; without any, those of the repository. Paths within the policies of the repository
/// are loaded with all of them, other paths by themselves; policies that `setup` adds always are. A policy file stands for its
/// tests as well.
///
/// The stages are those of a check, but for levels and waivers of the configuration: what is tested are the rules.
///
/// # Errors
/// Every problem of the policies and of the names of cases, and paths without a test.
pub fn open_tests(setup: &Setup, paths: &[Utf8PathBuf]) -> Result<(Stages, Suite), Vec<Problem>> {
    let (stages, suite) = open_all_tests(setup, paths)?;
    Ok((stages, select(suite, paths)?))
}

/// As [`open_tests`], with all tests of what is loaded for the paths, of which there may be none.
pub(super) fn open_all_tests(setup: &Setup, paths: &[Utf8PathBuf]) -> Result<(Stages, Suite), Vec<Problem>> {
    let config = super::read_config(&setup.root, setup.config.as_deref())?;
    let own_types = super::read_catalog(&config)?;
    let absent: Vec<Problem> = paths.iter().filter(|path| !io::exists(path)).map(|path| no_such(path)).collect();
    if !absent.is_empty() {
        return Err(absent);
    }
    let own: Vec<Utf8PathBuf> = paths.iter().flat_map(|path| roots_of(path)).collect();
    let within = within_policies(setup, &config, paths);
    let roots = if within {
        super::policy_paths(setup, &config)
    } else {
        setup.extra_policies.iter().chain(&own).map(|path| PolicyPath { path, place: None }).collect()
    };

    let names = names_below(&roots)?;
    let mut sources = super::policy_sources(setup, &config, &roots, &names)?;
    if within {
        let wrong = config.check_rego_versions(&names);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        sources.entry_points.extend(super::decisions(setup, &config)?);
    }
    let directories: Vec<&Utf8Path> =
        roots.iter().map(|root| root.path).chain(paths.iter().map(Utf8PathBuf::as_path)).collect();
    beside::add(&mut sources.data, &sources.files, &directories)?;
    let limits = super::limits_of(setup);
    let (test_files, policy_files): (Vec<PolicyFile>, _) =
        sources.files.iter().cloned().partition(|file| is_test(Utf8Path::new(file.file.name())));
    let policies =
        PolicySet::load_all(Sources { files: policy_files.clone(), tested: true, ..sources.clone() }, &limits)?;
    let program = if test_files.is_empty() {
        policies.program().clone()
    } else {
        policy::program(sources.files, sources.data, &limits)?
    };
    let cases = Discovery { policies: &policies }.cases(&roots)?;
    let policy_names = policy_files.iter().map(|policy| policy.file.name().to_owned()).collect();
    let (program, rules) = testing::find(program);
    let suite = Suite { rules, program, cases, policies: policy_names };
    let context = super::read_context(setup).map_err(|problem| vec![problem])?;
    let mut stages = super::into_stages(setup, &config, own_types, WaiverSet::default(), policies, context)
        .map_err(|problem| vec![problem])?;
    stages.eval.levels = BTreeMap::new();
    Ok((stages, suite))
}

fn no_such(path: &Utf8Path) -> Problem {
    Problem::new(ProblemCode::NothingSelected, format!("`{path}` does not exist"))
        .help("name a folder of policies and tests, a test file or a case")
}

/// What to load for a path: a file is loaded with the one it tests or that tests it, a case with the folder of its rule.
fn roots_of(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let parent = path.parent().unwrap_or(path);
    if !path.is_file() {
        return vec![path.to_owned()];
    }
    if path.extension() == Some("json") && parent.file_name() == Some(CASES) {
        return vec![normal(parent.parent().unwrap_or(parent))];
    }
    let stem = stem(path);
    let files = ["", "_test"].map(|suffix| Utf8PathBuf::from(format!("{stem}{suffix}.rego")));
    files.into_iter().filter(|file| io::exists(file)).collect()
}

/// What a policy, its test file and its mocks have in common.
fn stem(path: &Utf8Path) -> &str {
    let path = path.as_str();
    let stem = path.strip_suffix(MOCK_SUFFIX).or_else(|| path.strip_suffix(".rego")).unwrap_or(path);
    stem.strip_suffix("_test").unwrap_or(stem)
}

/// Whether all paths lie within the policies of the repository.
fn within_policies(setup: &Setup, config: &Config, paths: &[Utf8PathBuf]) -> bool {
    let roots: Vec<Utf8PathBuf> =
        super::policy_paths(setup, config).iter().map(|path| io::canonical(path.path)).collect();
    paths.iter().map(|path| io::canonical(path)).all(|path| roots.iter().any(|root| path.starts_with(root)))
}

/// The `.rego` files below roots, each once.
fn names_below(roots: &[PolicyPath<'_>]) -> Result<Vec<Utf8PathBuf>, Vec<Problem>> {
    let mut files: BTreeMap<Utf8PathBuf, Utf8PathBuf> = BTreeMap::new();
    let mut problems = Vec::new();
    for root in roots {
        match super::rego_files(root) {
            Ok(found) => files.extend(found.into_iter().map(|file| (io::canonical(&file), file))),
            Err(problem) => problems.push(problem),
        }
    }
    let names: BTreeSet<Utf8PathBuf> = files.into_values().collect();
    if problems.is_empty() { Ok(names.into_iter().collect()) } else { Err(problems) }
}

/// Finds the cases beside policies.
struct Discovery<'a> {
    policies: &'a PolicySet,
}

impl Discovery<'_> {
    fn cases(&self, roots: &[PolicyPath<'_>]) -> Result<Vec<Case>, Vec<Problem>> {
        let mut files = BTreeSet::new();
        let mut problems = Vec::new();
        for root in roots {
            match json_files(root.path) {
                Ok(found) => files.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
        let mut folders: BTreeMap<&Utf8Path, Vec<String>> = BTreeMap::new();
        let mut found = Vec::new();
        for file in &files {
            let parent = file.parent().unwrap_or_else(|| Utf8Path::new(""));
            if parent.file_name() == Some(CASES) {
                folders.entry(parent).or_default().extend(file.file_name().map(str::to_owned));
            } else if file.as_str().ends_with(MOCK_SUFFIX) {
                match self.mocks(file) {
                    Ok(cases) => found.extend(cases),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        for (path, files) in folders {
            match self.folder(path, files) {
                Ok(cases) => found.extend(cases),
                Err(more) => problems.extend(more),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }

    /// A folder of cases belongs to the rules of the files beside it.
    fn folder(&self, path: &Utf8Path, files: Vec<String>) -> Result<Vec<Case>, Vec<Problem>> {
        let beside = path.parent().unwrap_or_else(|| Utf8Path::new(""));
        let rules = self.rules(|file| file.parent() == Some(beside));
        if rules.is_empty() {
            return Err(vec![no_rule(path, &format!("a `.rego` file in `{}`", normal(beside)))]);
        }
        let expected = match path.join(EXPECTED) {
            file if files.iter().any(|name| name == EXPECTED) => Some(io::read_text(&file, MAX_TEXT_BYTES)),
            _ => None,
        };
        let expected = expected.transpose().map_err(|problem| vec![problem])?;
        let rules = rules.into_iter().map(|(id, _)| id).collect();
        testing::cases_of(&Folder { path: path.to_owned(), rules, files, expected })
    }

    /// A mock file belongs to the rules of the file of its name.
    fn mocks(&self, file: &Utf8Path) -> Result<Vec<Case>, Problem> {
        let policy = format!("{}.rego", file.as_str().strip_suffix(MOCK_SUFFIX).unwrap_or_default());
        let rules = self.rules(|file| file.as_str() == policy);
        let Some(level) = rules.iter().map(|(_, level)| *level).max() else {
            return Err(no_rule(file, &format!("`{policy}`")));
        };
        let rules: Vec<RuleId> = rules.into_iter().map(|(id, _)| id).collect();
        testing::mocks(&io::read_text(file, MAX_TEXT_BYTES)?, &rules, level)
    }

    /// The rules that files define, with the level each declares; a rule that leaves it to its results may deny.
    fn rules(&self, is_meant: impl Fn(&Utf8Path) -> bool) -> Vec<(RuleId, Level)> {
        let modules = self.policies.program().modules().iter().filter(|module| !module.trusted);
        let meant = modules.filter(|module| is_meant(Utf8Path::new(module.file.name())));
        let paths: BTreeSet<&str> =
            meant.flat_map(|module| module.rules.iter().map(|rule| rule.path.as_str())).collect();
        let defined =
            self.policies.rules().iter().filter(|rule| rule.path.as_deref().is_some_and(|p| paths.contains(p)));
        let level = |declared| match declared {
            DeclaredLevel::Fixed(level) => level,
            DeclaredLevel::PerFinding => Level::Deny,
        };
        defined.map(|rule| (rule.id.clone(), level(rule.declared))).collect()
    }
}

/// Cases that no rule is judged by test nothing.
fn no_rule(path: &Utf8Path, place: &str) -> Problem {
    Problem::new(ProblemCode::NothingSelected, format!("`{path}` holds cases, and {place} defines no rule")).help(
        "rules are named deny, violation or warn (or deny_…, violation_…, warn_…); put cases beside the rule they test",
    )
}

/// The `.json` files that may be cases of what lies at a root; of a single file those of its name and its folder.
fn json_files(root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Problem> {
    if !root.is_file() {
        return Ok(io::files_under(root, &["json"])?.iter().map(|file| normal(file)).collect());
    }
    if is_test(root) {
        return Ok(Vec::new());
    }
    let folder = root.parent().unwrap_or_else(|| Utf8Path::new("")).join(CASES);
    let mut files = if folder.is_dir() { io::files_under(&folder, &["json"])? } else { Vec::new() };
    let mock = Utf8PathBuf::from(format!("{}{MOCK_SUFFIX}", root.as_str().trim_end_matches(".rego")));
    files.extend(io::exists(&mock).then_some(mock));
    Ok(files.iter().map(|file| normal(file)).collect())
}

/// The tests at these paths; all of them where there are none.
fn select(mut suite: Suite, paths: &[Utf8PathBuf]) -> Result<Suite, Vec<Problem>> {
    if paths.is_empty() {
        return Ok(suite);
    }
    let roots: Vec<(&Utf8PathBuf, Utf8PathBuf)> = paths.iter().map(|path| (path, io::canonical(path))).collect();
    let is_at = |file: &Utf8Path, root: &Utf8Path| {
        let is_policy = root.extension() == Some("rego") && !is_test(root);
        file.starts_with(root) || (is_policy && stem(file) == stem(root))
    };
    let mut used: BTreeSet<&Utf8PathBuf> = BTreeSet::new();
    let mut is_meant = |file: &Utf8Path| {
        let file = io::canonical(file);
        let meant: Vec<_> = roots.iter().filter(|(_, root)| is_at(&file, root)).collect();
        used.extend(meant.iter().map(|(path, _)| *path));
        !meant.is_empty()
    };
    suite.rules.retain(|test| is_meant(Utf8Path::new(test.file.name())));
    suite.cases.retain(|case| is_meant(&case.file));
    let idle: Vec<Problem> = paths.iter().filter(|path| !used.contains(path)).map(|path| no_test(path)).collect();
    suite.policies.retain(|file| {
        let file = io::canonical(Utf8Path::new(file));
        roots.iter().any(|(_, root)| is_at(&file, root))
    });
    if idle.is_empty() { Ok(suite) } else { Err(idle) }
}

fn no_test(path: &Utf8Path) -> Problem {
    Problem::new(ProblemCode::NothingSelected, format!("there is no test at `{path}`")).help(
        "tests are rules named `test_…`, plans `deny_….json` and `allow_….json` in a folder `cases` beside a rule, and inputs in \
         `NAME.mock.json` beside `NAME.rego`",
    )
}
