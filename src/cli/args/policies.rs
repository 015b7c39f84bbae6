//! The arguments of commands about policies: test, calibrate, lint, policy.

use camino::Utf8PathBuf;
use clap::Subcommand;

use super::{Listing, SetupArgs};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 passed, 1 a test failed or too little is covered, 2 could not test.")]
pub(crate) struct TestArgs {
    /// Folders, test files or cases; default: the policies of the repository. Paths within these are loaded with all of
    /// them, other paths by themselves.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<Utf8PathBuf>,

    /// Only tests whose name has a match of this regular expression.
    #[arg(short, long, value_name = "REGEX")]
    pub(crate) run: Option<String>,

    /// Also tell which lines of the policies the tests evaluate.
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Fewest percent of the lines that the tests must evaluate; implies `--coverage`.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) min_coverage: Option<f64>,

    /// Write a report, human, json or junit, to PATH (`-`: standard output). Repeatable; the human report goes to standard
    /// output unless another does.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    pub(crate) outputs: Vec<String>,

    /// Short for `--output FORMAT` on standard output.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// List every test, not only those that did not pass; what tests print goes to standard error.
    #[arg(short, long)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(|| "not a number from 0 to 100".to_owned())
}

#[derive(Debug, clap::Args)]
pub(crate) struct CalibrateArgs {
    /// Folders (every file below them; rows name plans relative to the folder), plan files, or globs.
    #[arg(required = true, value_name = "PLANS")]
    pub(crate) plans: Vec<String>,

    /// Compare with this record: exit with 0 if nothing differs, 1 if something does.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<Utf8PathBuf>,

    /// Write the record, with the reasons of the one it replaces, or of `--against`.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write a new rule, with one case it denies and one it does not.
    New(NewArgs),
    /// Print what the rules of the repository say of themselves, in Markdown.
    Docs(PolicyDocsArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// The id of the rule, such as `storage/no-public-access`.
    #[arg(value_name = "CATEGORY/NAME")]
    pub(crate) name: String,

    /// Make the cases of a change of this plan, secrets masked; default: a database that is destroyed.
    #[arg(long, value_name = "PLAN")]
    pub(crate) from: Option<String>,

    /// The change at this address; default: the first that destroys something, else the first that does anything.
    #[arg(long, value_name = "ADDRESS", requires = "from")]
    pub(crate) address: Option<String>,

    /// The directory of policies; default: the first of `policies` in the configuration, or `policy`.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<Utf8PathBuf>,

    /// Configuration file; default: `plangate.toml` in the repository root.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<Utf8PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PolicyDocsArgs {
    /// Write a page for each rule and an index into this directory; default: all on standard output.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = LINT_CODES)]
pub(crate) struct LintArgs {
    /// Policy files or directories; default: the policies of the repository.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<Utf8PathBuf>,

    /// human or json.
    #[arg(short, long, value_enum, default_value_t = Listing::Human, value_name = "FORMAT")]
    pub(crate) output: Listing,

    /// Fail on warnings too.
    #[arg(short = 'D', long)]
    pub(crate) deny_warnings: bool,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

const LINT_CODES: &str =
    "Exit codes: 0 nothing at level error, 1 something, 2 could not lint (a policy does not load, no policy).";
