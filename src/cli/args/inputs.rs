//! What several commands take: the JSON of a saved plan, source files, configuration and policies.

use camino::Utf8PathBuf;

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

    /// Address space the process may take beside what it begins with, such as 2GiB; default: 4 GiB + 8 × input + 64 MiB × threads.
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_memory: Option<String>,
}
