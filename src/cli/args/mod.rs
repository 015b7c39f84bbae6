//! The arguments as written; no behaviour.

mod inputs;
mod judging;
mod looking;
mod policies;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use inputs::{JsonArgs, SetupArgs, SourceArgs};
pub(crate) use judging::{AuditArgs, CheckArgs, Compat, ExpectArg, FailOn, ReportArgs, Show, Suppressed};
pub(crate) use looking::{
    CatalogArgs, CatalogCommand, ExplainArgs, ExplainFormat, GraphArgs, GraphFormat, InspectArgs, RulesArgs, ShowArgs,
};
pub(crate) use policies::{CalibrateArgs, LintArgs, NewArgs, PolicyArgs, PolicyCommand, PolicyDocsArgs, TestArgs};

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
pub(crate) enum Listing {
    Human,
    Json,
}
