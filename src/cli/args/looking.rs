//! The arguments of commands that show something: rules, explain, inspect, show, catalog, graph.

use camino::Utf8PathBuf;
use clap::{Subcommand, ValueEnum};

use super::{ExpectArg, JsonArgs, Listing, SetupArgs, SourceArgs};

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
