//! The arguments of commands that judge plans: check and audit.

use camino::Utf8PathBuf;
use clap::ValueEnum;
use plangate::report::audit::LISTED;
use plangate::report::markdown;

use super::{JsonArgs, SetupArgs, SourceArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Saved plan files (`terraform plan -out=tfplan`), their JSON (`terraform show -json tfplan`), globs, or `-` for
    /// standard input. `**` crosses directories, but enters hidden ones only where the pattern names them.
    #[arg(required = true, value_name = "PLAN")]
    pub(crate) plans: Vec<String>,

    #[command(flatten)]
    pub(crate) json: JsonArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,

    /// Lowest level that blocks; overrides `fail-on` of the configuration.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<FailOn>,

    /// Kind of plan to expect; overrides `expect` of the configuration.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) expect: Option<ExpectArg>,

    /// List every rule, with what became of it, how many changes it looked at and how often it fired; what rules print goes to
    /// standard error.
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Also say how long each rule took, in the human and the JSON report: these are then never the same twice.
    #[arg(long)]
    pub(crate) timings: bool,

    /// Show on standard error which statement of this rule stopped which changes, and for which it held. Repeatable; with
    /// `--verbose` every change is named.
    #[arg(long, value_name = "RULE", conflicts_with = "private_key_file")]
    pub(crate) trace: Vec<String>,

    /// Write to standard output what this tool would, and end with its exit codes; `--output` then takes its formats,
    /// stdout or json.
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) compat: Option<Compat>,

    /// With `--compat conftest`: end with 1 where there are only warnings, and with 2 where there are failures.
    #[arg(long, requires = "compat")]
    pub(crate) fail_on_warn: bool,

    #[command(flatten)]
    pub(crate) sources: SourceArgs,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// Folders, plan files, globs, archives of plans (.tar, .tar.gz, .tgz, .zip), `@FILE` for a list of paths, one a line;
    /// `-` is a plan and `@-` a list on standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    /// Count plans by parts of their paths, such as `plans/{team}/{pipeline}/**`: `{name}`, `*` and `?` stay within a
    /// directory, `**` is any number of directories.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) group_by: Option<String>,

    /// Findings that are kept of each plan, what blocks first; the others are counted.
    #[arg(long, value_name = "N", default_value_t = LISTED)]
    pub(crate) max_listed: usize,

    #[command(flatten)]
    pub(crate) report: ReportArgs,

    /// Directory of the root module of each plan, with what `--group-by` captures of its path in it:
    /// `infra/{team}/{pipeline}`. Without captures one directory for all plans that carry no source files themselves.
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<String>,

    /// Lowest level that blocks; overrides `fail-on` of the configuration.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<FailOn>,

    /// Kind of plan to expect; overrides `expect` of the configuration.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) expect: Option<ExpectArg>,

    /// List every plan with its findings, every line of tables, and what was skipped.
    #[arg(short, long)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

/// How reports are written.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Write a report to PATH (`-`: standard output): human, json, jsonl, sarif, junit, tap, csv, markdown, github, gitlab,
    /// azure or html. Repeatable; the human report goes to standard output unless another does.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    pub(crate) outputs: Vec<String>,

    /// Short for `--output FORMAT` on standard output.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Longest Markdown report, in bytes; findings that do not fit are left out whole and counted.
    #[arg(long, value_name = "BYTES", default_value_t = markdown::LIMIT, value_parser = markdown_limit)]
    pub(crate) markdown_limit: usize,

    /// What SARIF reports say of findings that are waived or excepted: nothing, or results that are marked as suppressed.
    #[arg(long, value_enum, default_value_t = Suppressed::Omit, value_name = "HOW")]
    pub(crate) sarif_suppressed: Suppressed,

    /// Name that tells the SARIF report from others of the same commit (`automationDetails`), for uploads that set none. GitHub's
    /// upload action sets its own where this is not given.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) sarif_category: Option<String>,

    /// Write tokens (HMAC-SHA-256 under the key in FILE, 16 bytes or more) in the place of addresses, names and values, in every
    /// report of the run.
    #[arg(long, value_name = "FILE")]
    pub(crate) private_key_file: Option<Utf8PathBuf>,

    /// Lowest level of findings that the reports for people show (human, markdown, github, azure); a deny is always shown.
    #[arg(long, value_enum, default_value_t = Show::Warn, value_name = "LEVEL")]
    pub(crate) show: Show,
}

fn markdown_limit(text: &str) -> Result<usize, String> {
    let limit = text.replace('_', "").parse().ok().filter(|limit| *limit >= 1000);
    limit.ok_or_else(|| "not a number of bytes, 1000 or more".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suppressed {
    Omit,
    Include,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    Conftest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Info,
    Warn,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Warn,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpectArg {
    /// A plan that may change resources.
    Ordinary,
    /// A plan made with `-refresh-only`.
    RefreshOnly,
}
