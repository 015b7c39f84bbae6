//! `plangate catalog show` and `plangate catalog list`.

use std::sync::Arc;

use plangate::catalog::{Catalog, Class, Page};
use plangate::problem::{Problem, ProblemCode};
use plangate::report::catalog;
use plangate::suggest;

use super::args::{CatalogArgs, CatalogCommand, Listing, SetupArgs};
use super::output;
use super::setup::{self, Overrides};

/// Prints what is known, the repository's own catalogue included; returns the exit code.
pub(crate) fn run(args: &CatalogArgs) -> u8 {
    match render(&args.command) {
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(command: &CatalogCommand) -> Result<String, Vec<Problem>> {
    let text = match command {
        CatalogCommand::Show { resource_type, format, setup } => show(&*catalog(setup)?, resource_type, *format),
        CatalogCommand::List { class, provider, format, setup } => {
            list(&*catalog(setup)?, class.as_deref(), provider.as_deref(), *format)
        }
    };
    text.map_err(|problem| vec![problem])
}

fn catalog(args: &SetupArgs) -> Result<Arc<Catalog>, Vec<Problem>> {
    let settings = setup::settings(args)?;
    Ok(setup::open(args, settings, 0, Overrides::default())?.catalog)
}

fn show(catalog: &Catalog, resource_type: &str, format: Listing) -> Result<String, Problem> {
    let page = catalog.page(resource_type)?;
    let text = match (&page, format) {
        (Some(page), Listing::Human) => Ok(catalog::human(page)),
        (Some(page), Listing::Json) => catalog::json(page),
        (None, _) if !catalog.is_known(resource_type) => return Err(unknown_type(catalog, resource_type)),
        (None, Listing::Human) => Ok(catalog::human_known(resource_type)),
        (None, Listing::Json) => catalog::json_known(resource_type),
    };
    text.map_err(|error| unwritten(&error))
}

fn list(catalog: &Catalog, class: Option<&str>, provider: Option<&str>, format: Listing) -> Result<String, Problem> {
    let class = class.map(read_class).transpose()?;
    let provider = provider.map(|word| read_provider(catalog, word)).transpose()?;
    let wanted = |page: &Page| {
        class.is_none_or(|class| page.entry.class == class)
            && provider.as_ref().is_none_or(|provider| page.provider == *provider)
    };
    let pages: Vec<Page> = catalog.pages()?.into_iter().filter(wanted).collect();
    match format {
        Listing::Human => Ok(catalog::human_list(&pages)),
        Listing::Json => catalog::json_list(&pages).map_err(|error| unwritten(&error)),
    }
}

fn read_class(word: &str) -> Result<Class, Problem> {
    let words: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).collect();
    let found = Class::ALL.iter().find(|class| class.as_str() == word).copied();
    found.ok_or_else(|| unknown("class", word, words.iter().copied(), &suggest::list(&words)))
}

/// A provider by its name or by the first word of its types.
fn read_provider(catalog: &Catalog, word: &str) -> Result<String, Problem> {
    let providers = catalog.providers()?;
    if let Some((name, _)) = providers.iter().find(|(name, first)| name == word || *first == word) {
        return Ok(name.clone());
    }
    let words: Vec<&str> = providers.iter().map(|(_, first)| *first).collect();
    let both = words.iter().copied().chain(providers.iter().map(|(name, _)| name.as_str()));
    Err(unknown("provider", word, both, &suggest::list(&words)))
}

fn unknown_type(catalog: &Catalog, resource_type: &str) -> Problem {
    let all = "any type name; `plangate catalog list` has those of the catalogue";
    unknown("resource type", resource_type, catalog.names(), all)
}

fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str>, all: &str) -> Problem {
    let help = match suggest::nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {all}"),
    };
    Problem::new(ProblemCode::Config, format!("no {what} is called `{}`", plangate::text::truncate(word, 80)))
        .help(help)
}

fn unwritten(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}"))
}
