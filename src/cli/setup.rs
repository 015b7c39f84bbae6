//! From the arguments shared by commands to what the library needs: clock, threads, repository root.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use plangate::finding::Level;
use plangate::gate::Stages;
use plangate::io;
use plangate::plan::completeness::Expect;
use plangate::problem::{Problem, ProblemCode};
use plangate::report::private::Key;
use plangate::sources::Base;
use plangate::workspace::{self, Setup, SourceSetup};

use super::args::{ExpectArg, FailOn, ReportArgs, SetupArgs, SourceArgs};
use super::{context_env, git, limits};

/// Largest key file, in bytes.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// The key under which names are hidden, if they are to be.
pub(crate) fn key(args: &ReportArgs) -> Result<Option<Key>, Problem> {
    let read = |path: &Utf8PathBuf| Key::new(&io::read_bounded(path, MAX_KEY_BYTES)?);
    args.private_key_file.as_ref().map(read).transpose()
}

/// What arguments can say against the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overrides {
    pub(crate) expect: Option<ExpectArg>,
    pub(crate) fail_on: Option<FailOn>,
}

/// The clock and the threads of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) now: jiff::Timestamp,
    pub(crate) threads: usize,
}

/// Reads the clock, unless `--now` stands in for it, and counts the processors.
pub(crate) fn settings(args: &SetupArgs) -> Result<Settings, Vec<Problem>> {
    let now = match &args.now {
        Some(text) => text.parse().map_err(|_| {
            vec![
                Problem::new(ProblemCode::Config, format!("`{text}` is no RFC 3339 time"))
                    .help("for example `--now 2026-11-23T12:00:00Z`"),
            ]
        })?,
        None => jiff::Timestamp::try_from(std::time::SystemTime::now()).map_err(|error| {
            vec![Problem::new(ProblemCode::Config, format!("the system clock makes no sense: {error}"))]
        })?,
    };
    let threads = match args.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
    };
    Ok(Settings { now, threads })
}

/// Bounds the memory of the process, then loads configuration, waivers and policies of the repository the current
/// directory is in. `largest_plan` is the size of the largest plan in bytes.
pub(crate) fn open(
    args: &SetupArgs,
    settings: Settings,
    largest_plan: u64,
    overrides: Overrides,
) -> Result<Stages, Vec<Problem>> {
    workspace::open(&prepare(args, settings, largest_plan, overrides)?)
}

/// The same with one directory of source files for all plans, if there is one.
pub(crate) fn open_with_source(
    args: &SetupArgs,
    source: Option<Utf8PathBuf>,
    settings: Settings,
    largest_plan: u64,
    overrides: Overrides,
) -> Result<Stages, Vec<Problem>> {
    let mut setup = prepare(args, settings, largest_plan, overrides)?;
    setup.sources.dir = source;
    workspace::open(&setup)
}

/// The same with the source files of the plans.
pub(crate) fn open_with_sources(
    args: &SetupArgs,
    sources: &SourceArgs,
    settings: Settings,
    largest_plan: u64,
    overrides: Overrides,
) -> Result<Stages, Vec<Problem>> {
    let mut setup = prepare(args, settings, largest_plan, overrides)?;
    setup.sources.dir.clone_from(&sources.source);
    setup.sources.configured = true;
    setup.sources.base = match (&sources.base, &sources.base_source) {
        (Some(commit), _) => {
            let directory = workspace::source_directory(&setup)?.unwrap_or_else(|| ".".into());
            let tree = git::sources(&directory, commit).map_err(|problem| vec![problem])?;
            Some(Base::Tree(Arc::new(tree)))
        }
        (None, Some(directory)) => Some(Base::Dir(directory.clone())),
        (None, None) => None,
    };
    workspace::open(&setup)
}

/// Bounds the memory of the process and says how the run is set up; see [`open`].
pub(crate) fn prepare(
    args: &SetupArgs,
    settings: Settings,
    largest_plan: u64,
    overrides: Overrides,
) -> Result<Setup, Vec<Problem>> {
    let limit = match &args.max_memory {
        Some(size) => limits::parse_size(size),
        None => Ok(limits::default_limit(largest_plan, settings.threads)),
    };
    limit.and_then(limits::set).map_err(|problem| vec![problem])?;
    Ok(Setup {
        root: repository_root(),
        config: args.config.clone(),
        extra_policies: args.policies.clone(),
        decisions: args.decisions.clone(),
        extra_data: args.data.clone(),
        now: settings.now,
        threads: settings.threads,
        rule_timeout: Duration::from_secs(u64::from(args.rule_timeout)),
        context: args.context.clone(),
        environment: if args.context_env { context_env::read() } else { serde_json::Map::new() },
        expect: overrides.expect.map(|expect| match expect {
            ExpectArg::Ordinary => Expect::Ordinary,
            ExpectArg::RefreshOnly => Expect::RefreshOnly,
        }),
        fail_on: overrides.fail_on.map(|level| match level {
            FailOn::Warn => Level::Warn,
            FailOn::Deny => Level::Deny,
        }),
        sources: SourceSetup::default(),
    })
}

/// Where the run was started, relative to the repository root and with `/`; empty for the root itself.
pub(crate) fn directory_in_repository() -> String {
    let here = std::env::current_dir().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let below = here.and_then(|here| {
        let root = io::find_repository_root(&here)?;
        let below = here.strip_prefix(&root).ok()?;
        Some(below.components().map(|part| part.as_str()).collect::<Vec<_>>().join("/"))
    });
    below.unwrap_or_default()
}

/// The repository root as a path relative to the current directory (`.`, `..`, `../..`), so that no
/// report depends on where the checkout lies; the current directory itself outside a repository.
pub(crate) fn repository_root() -> Utf8PathBuf {
    let here = std::env::current_dir().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let steps = here.and_then(|here| {
        let root = io::find_repository_root(&here)?;
        here.strip_prefix(&root).ok().map(|below| below.components().count())
    });
    match steps {
        Some(steps) if steps > 0 => vec![".."; steps].join("/").into(),
        _ => Utf8PathBuf::from("."),
    }
}
