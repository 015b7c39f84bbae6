//! The catalogue to be read by people: every entry, with its provider and where it is documented.
//!
//! Parses whole files; judging a plan never comes here.

use serde::Deserialize;

use super::embedded::{self, PROVIDERS};
use super::{Catalog, Entry, Level, broken, lines};
use crate::problem::Problem;

/// An entry, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What is known.
    pub entry: Entry,
    /// Namespace and name of the provider (`hashicorp/azurerm`).
    pub provider: String,
    /// Where the type is documented.
    pub source: Option<String>,
    /// What the repository has to say in it.
    pub own: Option<Own>,
}

/// That entries of the repository have a say in a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The level without them.
    pub was: Level,
    /// Whether the shipped catalogue has the type.
    pub ships: bool,
    /// Why.
    pub reason: Option<String>,
}

/// The first line of a provider's file, without its types.
#[derive(Deserialize)]
struct Header {
    provider: String,
    source: String,
}

impl Header {
    fn read(name: &str, text: &str) -> Result<Self, Problem> {
        let line = text.lines().next().unwrap_or_default();
        let open = line.strip_suffix(r#""types":["#).map(|keys| keys.trim_end_matches(',')).unwrap_or_default();
        serde_json::from_str(&format!("{open}}}")).map_err(|error| broken(name, &error))
    }

    fn page(&self, entry: Entry) -> Page {
        let relative =
            entry.doc.as_ref().filter(|_| !self.source.is_empty()).map(|doc| format!("{}{doc}", self.source));
        Page { provider: self.provider.clone(), source: entry.source.clone().or(relative), own: None, entry }
    }
}

impl Catalog {
    /// The entry of a type, with where it comes from.
    pub fn page(&self, resource_type: &str) -> Result<Option<Page>, Problem> {
        let Some(entry) = self.entry(resource_type)? else { return Ok(None) };
        match embedded::provider_file(resource_type) {
            Some(text) if self.shipped(resource_type)?.is_some() => {
                self.with_own(Header::read(resource_type, text)?.page(entry)).map(Some)
            }
            _ => self.with_own(self.own_page(entry)).map(Some),
        }
    }

    /// Every entry, sorted by provider and type.
    pub fn pages(&self) -> Result<Vec<Page>, Problem> {
        let mut pages = Vec::new();
        for (name, text) in PROVIDERS {
            let header = Header::read(name, text)?;
            for resource_type in text.lines().filter_map(lines::json_type) {
                if let Some(entry) = self.entry(resource_type)? {
                    pages.push(self.with_own(header.page(entry))?);
                }
            }
        }
        for name in self.overlay().types.keys() {
            if self.shipped(name)?.is_none()
                && let Some(entry) = self.entry(name)?
            {
                pages.push(self.with_own(self.own_page(entry))?);
            }
        }
        Ok(pages)
    }

    fn with_own(&self, page: Page) -> Result<Page, Problem> {
        let name = &page.entry.resource_type;
        if self.overlaid(name).is_empty() {
            return Ok(page);
        }
        let ships = self.shipped(name)?.is_some();
        let own = Own { was: self.shipped_level(name)?, ships, reason: self.reason(name).map(str::to_owned) };
        Ok(Page { own: Some(own), ..page })
    }

    /// The page of a type that only the repository knows.
    fn own_page(&self, entry: Entry) -> Page {
        let patches = self.overlay().types.get(&entry.resource_type);
        let provider = patches.into_iter().flatten().find_map(|(_, patch)| patch.provider.clone());
        Page { provider: provider.unwrap_or_else(|| "this repository".to_owned()), source: None, own: None, entry }
    }

    /// Names and first words of type names (`azurerm`) of the providers, sorted by the latter.
    pub fn providers(&self) -> Result<Vec<(String, &'static str)>, Problem> {
        PROVIDERS.iter().map(|(word, text)| Ok((Header::read(word, text)?.provider, *word))).collect()
    }

    /// Every type name there is: catalogued ones, and those that were looked at and left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let catalogued = PROVIDERS.iter().flat_map(|(_, text)| text.lines().filter_map(lines::json_type));
        catalogued.chain(embedded::KNOWN_TYPES.lines()).chain(self.overlay().types.keys().map(String::as_str))
    }
}
