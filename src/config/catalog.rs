//! `catalog` of `plangate.toml`: file names and entries in one list.

use camino::Utf8Path;
use toml::de::{DeTable, DeValue};

use super::{CatalogSource, validate};
use crate::overlay;
use crate::source::SourceFile;
use crate::toml_file::{self, Reader, Written};

/// Reads the list; problems go to the reader.
pub(super) fn read<'t>(
    reader: &mut Reader<'_>,
    file: &SourceFile,
    table: &'t DeTable<'t>,
    base: &Utf8Path,
) -> Vec<CatalogSource> {
    let help = "write [[catalog]] above each entry, or catalog = [\"catalog.toml\"]";
    let Some(list) = toml_file::entries(table).into_iter().find(|entry| entry.key == "catalog") else {
        return Vec::new();
    };
    let DeValue::Array(items) = list.value.get_ref() else {
        reader.report(list.span(), "`catalog` must be a list of entries and files", "expected a list", help);
        return Vec::new();
    };
    let mut sources = Vec::new();
    let mut own: Vec<overlay::Entry> = Vec::new();
    for item in items {
        match item.get_ref() {
            DeValue::Table(table) => {
                if let Some(entry) = overlay::entry(reader, file, table, item.span().into(), &own) {
                    own.push(entry.clone());
                    sources.push(CatalogSource::Entry(Box::new(entry)));
                }
            }
            DeValue::String(path) => {
                let path = Written { value: path.to_string(), span: item.span().into() };
                if ![".json", ".toml"].iter().any(|ending| path.value.ends_with(ending)) {
                    let message = format!("{} is no catalogue file", toml_file::quoted(&path.value));
                    reader.report(path.span, message, "neither .json nor .toml", help);
                } else if let Some(path) = validate::configured_path(reader, "catalog", &path, base) {
                    sources.push(CatalogSource::File(path));
                }
            }
            _ => reader.report(item.span().into(), "`catalog` holds what is neither entry nor file", "here", help),
        }
    }
    sources
}
