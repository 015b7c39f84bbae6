//! What a repository brings to a run: configuration, waivers and policies, read from its files.
//!
//! The one place that turns [`Config`] into the settings of each stage. Must not judge plans.

mod beside;
mod documents;
mod lints;
mod sets;
mod suite;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use self::documents::Bundle;
use crate::catalog::Catalog;
use crate::config::{self, CatalogSource, Config, ConfiguredPath, PolicyPaths, RegoVersion, WaiversPath};
use crate::data::Data;
use crate::eval::context::Context;
use crate::eval::input::{Limits, UnknownTypes};
use crate::eval::{self, BuiltinErrors};
use crate::facts;
use crate::finding::{Level, Preset, RuleId};
use crate::gate::Stages;
use crate::io;
use crate::overlay;
use crate::plan::completeness::Expect;
use crate::policy::entry::EntryPoint;
use crate::policy::parameters;
use crate::policy::{PolicyFile, PolicySet, Sources, conventions, set};
use crate::problem::{Place, Problem, ProblemCode};
use crate::rego::{self, Dialect};
use crate::source::SourceFile;
use crate::sources::{self, Base, Whereabouts};
use crate::waiver::{self, WaiverSet};

pub use lints::lint;
pub use suite::open_tests;

/// The configuration file looked for in the repository root.
pub const CONFIG_FILE: &str = "plangate.toml";
/// Largest configuration, waiver or policy file that is read, in bytes.
const MAX_TEXT_BYTES: u64 = 16 << 20;
/// Longest time that loading the policies may take.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Most values in the result of one rule on one plan.
const MAX_RESULT_ITEMS: usize = 100_000;
/// Most bytes in the result of one rule on one plan.
const MAX_RESULT_BYTES: usize = 16 << 20;

/// How a run is set up; what the arguments say wins over the configuration.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Directory of the repository: relative paths of defaults start here.
    pub root: Utf8PathBuf,
    /// The configuration file, if one is named.
    pub config: Option<Utf8PathBuf>,
    /// Policies beside the configured ones.
    pub extra_policies: Vec<Utf8PathBuf>,
    /// Rules that are run whatever their names, beside the configured ones.
    pub decisions: Vec<String>,
    /// Data for policies, beside the configured.
    pub extra_data: Vec<Utf8PathBuf>,
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// Threads that evaluate rules.
    pub threads: usize,
    /// Longest time one rule may take on one plan.
    pub rule_timeout: Duration,
    /// File of what rules find beside the plan, if one is named.
    pub context: Option<Utf8PathBuf>,
    /// What the environment says of the run, for rules to find there too; the file wins.
    pub environment: serde_json::Map<String, serde_json::Value>,
    /// Overrides `expect`.
    pub expect: Option<Expect>,
    /// Overrides `fail-on`.
    pub fail_on: Option<Level>,
    /// Source files of the plans.
    pub sources: SourceSetup,
}

/// Where the source files of the plans are.
#[derive(Debug, Clone, Default)]
pub struct SourceSetup {
    /// Directory of the root module; overrides `source`.
    pub dir: Option<Utf8PathBuf>,
    /// The plans are made from the sources that the configuration names. Other runs do not read them: they load rules
    /// alone, or look at plans that are kept.
    pub configured: bool,
    /// The configuration before the change.
    pub base: Option<Base>,
}

/// The directory of the sources, by argument or configuration.
///
/// # Errors
/// A configuration that is wrong.
pub fn source_directory(setup: &Setup) -> Result<Option<Utf8PathBuf>, Vec<Problem>> {
    if let Some(dir) = &setup.sources.dir {
        return Ok(Some(dir.clone()));
    }
    Ok(read_config(&setup.root, setup.config.as_deref())?.source.map(|source| source.path))
}

/// Reads and checks everything; the error holds every problem found.
pub fn open(setup: &Setup) -> Result<Stages, Vec<Problem>> {
    let config = read_config(&setup.root, setup.config.as_deref())?;
    let catalog = read_catalog(&config);
    let waivers = read_waivers(&config);
    let policies = load_policies(setup, &config);
    let context = read_context(setup).map_err(|problem| vec![problem]);
    let sources = look_for_sources(setup, &config).map_err(|problem| vec![problem]);
    let (catalog, waivers, policies, context, sources) = match (catalog, waivers, policies, context, sources) {
        (Ok(catalog), Ok(waivers), Ok(policies), Ok(context), Ok(sources)) => {
            (catalog, waivers, policies, context, sources)
        }
        (catalog, waivers, policies, context, sources) => {
            let problems = [catalog.err(), waivers.err(), policies.err(), context.err(), sources.err()];
            return Err(problems.into_iter().flatten().flatten().collect());
        }
    };
    let ids: Vec<RuleId> = policies.rules().iter().map(|rule| rule.id.clone()).collect();
    let parameters = parameters::settle(&config.parameters, policies.rules());
    let wrong = parameters.as_ref().err().into_iter().flatten().cloned();
    let problems = config.check_rules(&ids).into_iter().chain(waivers.check_rules(&ids)).chain(wrong);
    let problems: Vec<Problem> = problems.chain(config.check_lints(&lints::ids())).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut stages =
        into_stages(setup, &config, catalog, waivers, policies, context).map_err(|problem| vec![problem])?;
    stages.eval.parameters = parameters.unwrap_or_default();
    stages.sources_at = sources;
    Ok(stages)
}

/// Where the source files are; they are read once a plan needs them.
fn look_for_sources(setup: &Setup, config: &Config) -> Result<Whereabouts, Problem> {
    let configured = config.source.as_ref().filter(|_| setup.sources.configured);
    let dir = match (&setup.sources.dir, configured) {
        (Some(dir), _) => {
            sources::look(dir)?;
            Some(dir.clone())
        }
        (None, Some(configured)) => {
            sources::look(&configured.path).map_err(|problem| at(problem, Some(&configured.place), "named here"))?;
            Some(configured.path.clone())
        }
        (None, None) => None,
    };
    Ok(Whereabouts::new(dir, setup.sources.base.clone()))
}

fn into_stages(
    setup: &Setup,
    config: &Config,
    own_types: overlay::Entries,
    waivers: WaiverSet,
    policies: PolicySet,
    context: Context,
) -> Result<Stages, Problem> {
    let today = jiff::tz::Offset::UTC.to_datetime(setup.now).date();
    let levels: BTreeMap<RuleId, Level> =
        policies.rules().iter().filter_map(|rule| Some((rule.id.clone(), config.level_for(&rule.id)?.0))).collect();
    let mut notes = policies.notes().to_vec();
    if config.policies.is_none_on_purpose() && setup.extra_policies.is_empty() {
        notes.push("no policies of the repository are loaded: `policies = []` in the configuration".to_owned());
    }
    if config.preset == Preset::Strict {
        notes.push("the preset is strict".to_owned());
    }
    let unknown_types = match config.unknown_types {
        Level::Deny => UnknownTypes::Deny,
        Level::Off | Level::Info | Level::Warn => UnknownTypes::Warn,
    };
    let eval = eval::Settings {
        parameters: parameters::Values::new(),
        parts_may_be_missing: false,
        levels,
        builtin_errors: match config.builtin_errors {
            config::BuiltinErrors::Warn => BuiltinErrors::Warn,
            config::BuiltinErrors::Undecided => BuiltinErrors::Undecided,
        },
        input: eval::input::Settings { unknown_types, limits: limits(config.limits), preset: config.preset },
        context: Arc::new(context),
    };
    let catalog = Catalog::with(own_types.in_force(today));
    let mut interest = facts::interest(&catalog)?;
    if policies.has_repository_rules() {
        interest = interest.with_paths(&eval::reads(&policies, &eval));
    }
    Ok(Stages {
        policies,
        eval,
        expect: setup.expect.unwrap_or(match config.expect {
            config::Expect::Ordinary => Expect::Ordinary,
            config::Expect::RefreshOnly => Expect::RefreshOnly,
        }),
        fail_on: setup.fail_on.unwrap_or(config.fail_on),
        waivers,
        today,
        interest,
        catalog: Arc::new(catalog),
        own_types,
        notes,
        sources: None,
        sources_at: Whereabouts::default(),
        collect_names: false,
        collect_scene: false,
    })
}

/// The limits of the configuration, completed by those that hold without one.
fn limits(config: config::Limits) -> Limits {
    let default = Limits::default();
    Limits {
        mass_destruction_percent: config.mass_destruction_percent.unwrap_or(default.mass_destruction_percent),
        mass_destruction_at_least: config.mass_destruction_at_least.unwrap_or(default.mass_destruction_at_least),
        destroyed: config.destroyed,
        replaced: config.replaced,
        changed: config.changed,
    }
}

fn read_config(root: &Utf8Path, named: Option<&Utf8Path>) -> Result<Config, Vec<Problem>> {
    let default = normal(&root.join(CONFIG_FILE));
    let path = match named {
        Some(path) => path,
        None if io::exists(&default) => &default,
        None => return Ok(Config::default_for(root)),
    };
    let file = io::read_text(path, MAX_TEXT_BYTES).map_err(|problem| vec![problem])?;
    config::parse(&file, root)
}

/// The directory new policies of the repository belong in: the first that is configured, or the default.
///
/// # Errors
/// A configuration that is wrong, or that wants no policies.
pub fn policy_directory(root: &Utf8Path, config: Option<&Utf8Path>) -> Result<Utf8PathBuf, Vec<Problem>> {
    match read_config(root, config)?.policies {
        PolicyPaths::Default(path) => Ok(path),
        PolicyPaths::Explicit(paths) => {
            let directory = paths.into_iter().map(|path| path.path).find(|path| !path.is_file());
            directory.ok_or_else(|| {
                let problem = Problem::new(ProblemCode::Config, "`policies` in the configuration names no directory");
                vec![problem.help("say where the rule belongs: `--dir DIR`, and add that directory to `policies`")]
            })
        }
    }
}

/// Files and entries in their order; files are TOML or JSON by their names.
fn read_catalog(config: &Config) -> Result<overlay::Entries, Vec<Problem>> {
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for source in &config.catalog {
        let path = match source {
            CatalogSource::Entry(entry) => {
                entries.push(overlay::Entry::clone(entry));
                continue;
            }
            CatalogSource::File(path) => path,
        };
        let parse = if path.path.extension() == Some("json") { overlay::parse_json } else { overlay::parse_toml };
        match read_configured(path).map_err(|problem| vec![problem]).and_then(|file| parse(&file)) {
            Ok(found) => entries.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(overlay::Entries::new(entries)) } else { Err(problems) }
}

fn read_context(setup: &Setup) -> Result<Context, Problem> {
    let context = match &setup.context {
        Some(path) => Context::parse(&io::read_text(path, MAX_TEXT_BYTES)?)?,
        None => Context::default(),
    };
    Ok(context.with_environment(&setup.environment))
}

fn read_waivers(config: &Config) -> Result<WaiverSet, Vec<Problem>> {
    let file = match &config.waivers {
        WaiversPath::Default(path) if !io::exists(path) => return Ok(WaiverSet::default()),
        WaiversPath::Default(path) => io::read_text(path, MAX_TEXT_BYTES),
        WaiversPath::Explicit(path) => read_configured(path),
    };
    waiver::parse(&file.map_err(|problem| vec![problem])?).map(WaiverSet::new)
}

/// Reads a file the configuration names; if that fails, the name is underlined there.
fn read_configured(path: &ConfiguredPath) -> Result<SourceFile, Problem> {
    io::read_text(&path.path, MAX_TEXT_BYTES).map_err(|problem| at(problem, Some(&path.place), "named here"))
}

fn at(problem: Problem, place: Option<&Place>, label: &str) -> Problem {
    match place {
        Some(place) => problem.at(&place.file, place.span, label),
        None => problem,
    }
}

/// A file or directory that policies are loaded from, and where the configuration names it.
struct PolicyPath<'a> {
    path: &'a Utf8Path,
    place: Option<&'a Place>,
}

/// Where policies are: as configured, and what the arguments add.
fn policy_paths<'a>(setup: &'a Setup, config: &'a Config) -> Vec<PolicyPath<'a>> {
    let mut paths: Vec<PolicyPath<'_>> = match &config.policies {
        // Only a directory is taken for policies by its name alone; a link that leads nowhere was meant to be one.
        PolicyPaths::Default(path) if !io::exists(path) || path.is_file() => Vec::new(),
        PolicyPaths::Default(path) => vec![PolicyPath { path, place: None }],
        PolicyPaths::Explicit(paths) => {
            paths.iter().map(|path| PolicyPath { path: &path.path, place: Some(&path.place) }).collect()
        }
    };
    paths.extend(setup.extra_policies.iter().map(|path| PolicyPath { path, place: None }));
    paths
}

/// What each path brings: canonical names of files.
type Brought<'a> = Vec<(&'a PolicyPath<'a>, BTreeSet<Utf8PathBuf>)>;

fn load_policies(setup: &Setup, config: &Config) -> Result<PolicySet, Vec<Problem>> {
    let paths = policy_paths(setup, config);
    let (names, brought, mut problems) = files_at(&paths);
    problems.extend(config.check_rego_versions(&names));
    let sources = policy_sources(setup, config, &paths, &names);
    if !problems.is_empty() {
        return Err(problems.into_iter().chain(sources.err().into_iter().flatten()).collect());
    }
    let mut sources = sources?;
    sources.entry_points.extend(decisions(setup, config)?);
    let policies = PolicySet::load_all(sources, &limits_of(setup))?;
    let idle: Vec<Problem> = brought.iter().filter_map(|(path, files)| without_rules(path, files, &policies)).collect();
    if idle.is_empty() { Ok(policies) } else { Err(idle) }
}

/// The policy files at these paths, each once, and what is wrong with a path.
fn files_at<'a>(paths: &'a [PolicyPath<'a>]) -> (Vec<Utf8PathBuf>, Brought<'a>, Vec<Problem>) {
    // One file under two names is one file.
    let mut files: BTreeMap<Utf8PathBuf, Utf8PathBuf> = BTreeMap::new();
    let mut brought: Brought<'_> = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match policy_files(path) {
            Ok(found) => {
                brought.push((path, found.iter().map(|file| io::canonical(file)).collect()));
                for file in found {
                    files.entry(io::canonical(&file)).or_insert(file);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    let names: BTreeSet<Utf8PathBuf> = files.into_values().collect();
    (names.into_iter().collect(), brought, problems)
}

/// Reads policy files and everything else that lies at their paths.
fn policy_sources(
    setup: &Setup,
    config: &Config,
    paths: &[PolicyPath<'_>],
    names: &[Utf8PathBuf],
) -> Result<Sources, Vec<Problem>> {
    let mut problems = Vec::new();
    let sets = sets::read(paths).unwrap_or_else(|found| {
        problems.extend(found);
        sets::Sets::default()
    });
    let bundles = documents::bundles(paths, &mut problems);
    let data = documents::read(setup, config, &bundles).unwrap_or_else(|found| {
        problems.extend(found);
        Data::default()
    });
    let (files, wrong) = read_policies(names, config, &sets, &bundles);
    problems.extend(wrong);
    if problems.is_empty() {
        Ok(Sources { files, entry_points: sets.entry_points, data, notes: sets.notes, tested: false })
    } else {
        Err(problems)
    }
}

/// Reads the policy files, each in the dialect that configuration or bundle gives it; those of Scalr apart.
fn read_policies(
    names: &[Utf8PathBuf],
    config: &Config,
    sets: &sets::Sets,
    bundles: &[Bundle],
) -> (Vec<PolicyFile>, Vec<Problem>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let listed = sets.scalr.get(&io::canonical(name));
        if listed.is_some_and(|policy| !policy.enabled) {
            continue;
        }
        let dialect = match config.rego_version_for(name) {
            Some((RegoVersion::V0, _)) => Dialect::V0,
            Some((RegoVersion::V1, _)) => Dialect::V1,
            None => bundles.iter().find_map(|bundle| bundle.dialect(name)).unwrap_or(Dialect::Auto),
        };
        let file = io::read_text(name, MAX_TEXT_BYTES);
        let file = file.and_then(|file| match listed {
            // A test that is in a package of its own stays there.
            Some(_)
                if is_test(name)
                    && conventions::package_line(file.text()).is_none_or(|it| it.0 != set::SCALR_PACKAGE) =>
            {
                Ok(file)
            }
            Some(policy) => set::isolated(&file, policy),
            None => Ok(file),
        });
        match file {
            Ok(file) => {
                problems.extend(bundles.iter().filter_map(|bundle| bundle.check_package(&file)));
                files.push(PolicyFile { file, dialect });
            }
            Err(problem) => problems.push(problem),
        }
    }
    (files, problems)
}

fn limits_of(setup: &Setup) -> rego::Limits {
    rego::Limits {
        load: LOAD_TIMEOUT,
        rule: setup.rule_timeout,
        threads: setup.threads,
        now: setup.now,
        max_items: MAX_RESULT_ITEMS,
        max_bytes: MAX_RESULT_BYTES,
    }
}

/// The rules that arguments and configuration name.
fn decisions(setup: &Setup, config: &Config) -> Result<Vec<EntryPoint>, Vec<Problem>> {
    let configured = config
        .decisions
        .iter()
        .map(|decision| EntryPoint::decision(&decision.path, decision.level, Some(decision.place.clone())));
    let named = setup.decisions.iter().map(|path| EntryPoint::decision(path, None, None)).chain(configured);
    let (found, problems): (Vec<_>, Vec<_>) = named.partition(Result::is_ok);
    let problems: Vec<Problem> = problems.into_iter().filter_map(Result::err).collect();
    if problems.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(problems) }
}

/// The policy files at a path, without tests.
fn policy_files(path: &PolicyPath<'_>) -> Result<Vec<Utf8PathBuf>, Problem> {
    if path.path.is_file() {
        return Ok(vec![normal(path.path)]);
    }
    Ok(rego_files(path)?.into_iter().filter(|file| !is_test(file)).collect())
}

/// The `.rego` files at a path.
fn rego_files(path: &PolicyPath<'_>) -> Result<Vec<Utf8PathBuf>, Problem> {
    if path.path.is_file() {
        return Ok(vec![normal(path.path)]);
    }
    if !path.path.exists() {
        return Err(at(
            Problem::new(ProblemCode::Config, format!("the policy path `{}` does not exist", path.path))
                .help("name a file or directory with `.rego` files, or write `policies = []` to load none"),
            path.place,
            "does not exist",
        ));
    }
    Ok(io::files_under(path.path, &["rego"])?.iter().map(|file| normal(file)).collect())
}

/// The names that OPA and Scalr give to tests.
fn is_test(file: &Utf8Path) -> bool {
    file.file_name().is_some_and(|name| name.ends_with("_test.rego") || name.ends_with(".test.rego"))
}

/// A path that brings no rule judges nothing, which must not look like passing; but what rules of another path use.
fn without_rules(path: &PolicyPath<'_>, files: &BTreeSet<Utf8PathBuf>, policies: &PolicySet) -> Option<Problem> {
    let paths: BTreeSet<&str> = policies.rules().iter().filter_map(|rule| rule.path.as_deref()).collect();
    let has_rule = policies
        .program()
        .modules()
        .iter()
        .filter(|module| !module.trusted && files.contains(&io::canonical(Utf8Path::new(module.file.name()))))
        .any(|module| {
            policies.is_library(&module.package) || module.rules.iter().any(|rule| paths.contains(rule.path.as_str()))
        });
    (!has_rule).then(|| {
        at(
            Problem::new(ProblemCode::PolicyLoad, format!("no rule is defined under `{}`", path.path)).help(
                "rules are named deny, violation or warn (or deny_…, violation_…, warn_…), and none elsewhere uses what is here; \
                 write `policies = []` in plangate.toml to load none on purpose",
            ),
            path.place,
            "no rule here",
        )
    })
}

fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let path: Utf8PathBuf = path.components().filter(|part| !matches!(part, camino::Utf8Component::CurDir)).collect();
    if path.as_str().is_empty() { Utf8PathBuf::from(".") } else { path }
}
