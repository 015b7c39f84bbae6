//! The arguments as written; no behaviour.

use camino::Utf8PathBuf;
use clap::{Parser, Subcommand, ValueEnum};
use plangate::report::audit::LISTED;
use plangate::report::markdown;

/// A safety gate between `terraform plan` and `terraform apply`.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

const AFTER_HELP: &str = "Exit codes: 0 allowed, 1 blocked, 2 undecided (could not judge, bad arguments).";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge plans: may apply run?
    Check(CheckArgs),
    /// Judge many plans in one go: what blocks, by rule, type and group.
    Audit(AuditArgs),
    /// Test policies: `test_` rules, cases beside rules, mocks.
    Test(TestArgs),
    /// Say at what level each change of many plans is judged, and what is not as recorded.
    Calibrate(CalibrateArgs),
    /// List the rules in force, with level and origin.
    Rules(RulesArgs),
    /// Explain a rule, a reason for *undecided*, or findings of a plan and what to do about them.
    Explain(ExplainArgs),
    /// Print the document that policies see as `input`, with secrets masked.
    Inspect(InspectArgs),
    /// Print a plan as JSON, like `terraform show -json`, with secrets masked; reads saved plan files without Terraform.
    Show(ShowArgs),
    /// Show what is known about resource types.
    Catalog(CatalogArgs),
    /// Make a new rule, or document the rules of the repository.
    Policy(PolicyArgs),
    /// Say what in policies would make a rule never fire, or say too much.
    Lint(LintArgs),
    /// Print what depends on what in a plan.
    Graph(GraphArgs),
    /// Print a JSON Schema.
    Schema {
        /// Of what.
        #[arg(value_enum, value_name = "WHAT")]
        what: Schema,
    },
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Saved plan files (`terraform plan -out=tfplan`), their JSON (`terraform show -json tfplan`), globs, or `-` for
    /// standard input. `**` crosses directories, but enters hidden ones only where the pattern names them.
    #[arg(required = true, value_name = "PLAN")]
    pub(crate) plans: Vec<String>,

    #[command(flatten)]
    pub(crate) json: JsonArgs,

    /// Write a report to PATH (`-`: standard output): human, json, jsonl, sarif, junit, tap, csv, markdown, github, gitlab or
    /// azure. Repeatable; the human report goes to standard output unless another does.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    pub(crate) outputs: Vec<String>,

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

    /// Short for `--output FORMAT` on standard output.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Write tokens (HMAC-SHA-256 under the key in FILE, 16 bytes or more) in the place of addresses, names and values, in every
    /// report of the run.
    #[arg(long, value_name = "FILE", conflicts_with = "trace")]
    pub(crate) private_key_file: Option<Utf8PathBuf>,

    /// Lowest level of findings that the reports for people show (human, markdown, github, azure); a deny is always shown.
    #[arg(long, value_enum, default_value_t = Show::Warn, value_name = "LEVEL")]
    pub(crate) show: Show,

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

    /// Write a report, human, json, jsonl, csv, markdown or junit, to PATH (`-`: standard output). Repeatable; the human
    /// report goes to standard output unless another does.
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    pub(crate) outputs: Vec<String>,

    /// Short for `--output FORMAT` on standard output.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Findings that are kept of each plan, what blocks first; the others are counted.
    #[arg(long, value_name = "N", default_value_t = LISTED)]
    pub(crate) max_listed: usize,

    /// Longest Markdown report, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = markdown::LIMIT, value_parser = markdown_limit)]
    pub(crate) markdown_limit: usize,

    /// Lowest level of findings that the reports for people show (human, markdown); a deny is always shown.
    #[arg(long, value_enum, default_value_t = Show::Warn, value_name = "LEVEL")]
    pub(crate) show: Show,

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
pub(crate) struct RulesArgs {
    /// human or json.
    #[arg(long, value_enum, default_value_t = Listing::Human, value_name = "FORMAT")]
    pub(crate) format: Listing,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Without PLAN a rule (`stateful/destroy-data-store`) or a problem code (`errored-plan`). With PLAN findings: the
    /// first digits of a fingerprint (6 or more), an address, a rule, or `RULE@ADDRESS`.
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,

    /// The plan the finding is in: a file, or `-` for standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<String>,

    #[command(flatten)]
    pub(crate) json: JsonArgs,

    /// Only findings of this rule; WHAT is then an address.
    #[arg(long, value_name = "RULE", requires = "plan")]
    pub(crate) rule: Option<String>,

    /// 1: what it is and what to do; 2: also what it rests on; 3: also the rule's source, with what held marked.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) depth: Option<u8>,

    /// Short for `--depth 2`, twice for `--depth 3`.
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "depth")]
    pub(crate) verbose: u8,

    /// human or json; for rules and problem codes also markdown.
    #[arg(long, value_enum, default_value_t = ExplainFormat::Human, value_name = "FORMAT")]
    pub(crate) format: ExplainFormat,

    /// Kind of plan to expect; overrides `expect` of the configuration.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) expect: Option<ExpectArg>,

    #[command(flatten)]
    pub(crate) sources: SourceArgs,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Human,
    Json,
    Markdown,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// A plan file, or `-` for standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,

    /// Print values as they are, secrets included.
    #[arg(long)]
    pub(crate) reveal_secrets: bool,

    #[command(flatten)]
    pub(crate) json: JsonArgs,

    #[command(flatten)]
    pub(crate) sources: SourceArgs,

    #[command(flatten)]
    pub(crate) setup: SetupArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// A plan file, or `-` for standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,

    /// Print values as they are, secrets included.
    #[arg(long)]
    pub(crate) reveal_secrets: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Show what is known about a resource type.
    Show {
        /// The type, such as `azurerm_storage_account`.
        #[arg(value_name = "TYPE")]
        resource_type: String,

        /// human or json.
        #[arg(long, value_enum, default_value_t = Listing::Human, value_name = "FORMAT")]
        format: Listing,

        #[command(flatten)]
        setup: SetupArgs,
    },
    /// List the types of the catalogue.
    List {
        /// Only types of this class, such as `database`.
        #[arg(long, value_name = "CLASS")]
        class: Option<String>,

        /// Only types of this provider, such as `azurerm` or `hashicorp/azurerm`.
        #[arg(long, value_name = "PROVIDER")]
        provider: Option<String>,

        /// human or json.
        #[arg(long, value_enum, default_value_t = Listing::Human, value_name = "FORMAT")]
        format: Listing,

        #[command(flatten)]
        setup: SetupArgs,
    },
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

#[derive(Debug, clap::Args)]
pub(crate) struct GraphArgs {
    /// A plan file, or `-` for standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,

    /// How to write it.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot, value_name = "FORMAT")]
    pub(crate) format: GraphFormat,

    /// Only this resource, all its instances where the address has no key, and what is directly around it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) around: Option<String>,

    /// Only what is destroyed, or lost with what it lies in.
    #[arg(long)]
    pub(crate) destroyed: bool,

    /// Directory of the root module that the plan was made from: it knows local values and dynamic blocks.
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
    /// As data.
    Json,
}

/// The JSON of a saved plan file.
#[derive(Debug, clap::Args)]
pub(crate) struct JsonArgs {
    /// What `terraform show -json` printed of PLAN, which must then be one saved plan file (`-`: standard input). A JSON that
    /// is not of this file never passes; policies see `configuration` and defaults of variables, which only the JSON has.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<String>,
}

/// Where the source files of a plan are.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Directory of the root module that the plans were made from; overrides `source` of the configuration. Findings
    /// then say file and line, and rules see what plans leave out.
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<Utf8PathBuf>,

    /// Compare the sources with those of this commit (a branch, a tag, a hash), read by `git`: protections that are
    /// gone are found.
    #[arg(long, value_name = "COMMIT", conflicts_with = "base_source")]
    pub(crate) base: Option<String>,

    /// The same with a directory in which the root module is as it was before.
    #[arg(long, value_name = "DIR")]
    pub(crate) base_source: Option<Utf8PathBuf>,
}

/// What every command that loads rules takes.
#[derive(Debug, clap::Args)]
pub(crate) struct SetupArgs {
    /// Configuration file; default: `plangate.toml` in the repository root.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<Utf8PathBuf>,

    /// Also load policies from this file or directory. Repeatable.
    #[arg(short, long = "policy", value_name = "PATH")]
    pub(crate) policies: Vec<Utf8PathBuf>,

    /// Also run this rule, whatever its name: `terraform/analysis/authz` or `data.terraform.analysis.authz`. `true`
    /// permits; false, no value and messages deny. Repeatable.
    #[arg(long = "decision", value_name = "PATH")]
    pub(crate) decisions: Vec<String>,

    /// Also give policies this JSON or YAML file, or all below this directory, under `data`. Repeatable.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) data: Vec<Utf8PathBuf>,

    /// JSON or YAML file of what a CI system adds to the input of policies (`run`, `tfrun`, `spacelift`, …).
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<Utf8PathBuf>,

    /// Also add what the CI system says of the run in its environment: `input.ci`, `input.run` (HCP Terraform) and
    /// `input.spacelift`. Only documented variables are read, never tokens; `--context` wins over them.
    #[arg(long)]
    pub(crate) context_env: bool,

    /// The current time (RFC 3339), for waivers and for policies that ask; default: the system's.
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,

    /// Threads that evaluate rules; default: one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,

    /// Longest time one rule may take on one plan, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) rule_timeout: u32,

    /// Address space the process may take, such as 2GiB; default: 4 GiB + 8 × input + 64 MiB × threads.
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_memory: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// `plangate.toml`.
    Config,
    /// Plan JSON, format 1.x.
    Plan,
    /// What policies see as `input.plangate`.
    Input,
    /// The JSON report of `plangate check`.
    Report,
    /// A line of the JSON lines report.
    Lines,
    /// The JSON report of `plangate audit`.
    Audit,
    /// `plangate.waivers.toml`.
    Waivers,
    /// The JSON report of `plangate test`.
    Tests,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    Human,
    Json,
}
