//! The files of modules, each parsed by itself, on several threads where that pays.
//!
//! Results are in the order of the files; nothing else of a file depends on another.

use std::collections::HashMap;
use std::sync::Arc;

use super::overrides::{self, Notation};
use super::syntax::Body;
use super::{SnapshotModule, Unparsed, joined, json, native};
use crate::plan::parallel;

/// Fewer bytes than this are read before threads have started.
const WORTH_THREADS: usize = 256 << 10;

/// A file to be parsed.
#[derive(Clone)]
pub(super) struct File<'a> {
    path: Arc<str>,
    text: &'a str,
    notation: Notation,
    pub(super) overrides: bool,
}

/// The files of a module that count, in the order they are merged.
pub(super) fn files(module: &SnapshotModule) -> Vec<File<'_>> {
    let texts: HashMap<&str, &Arc<str>> = module.files.iter().map(|(name, text)| (name.as_str(), text)).collect();
    let ordered = overrides::ordered(texts.keys().copied()).into_iter();
    let file = |(name, notation, overrides): (&str, Notation, bool)| {
        let text = texts.get(name)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Some(File { path: joined(&module.dir, name), text, notation, overrides })
    };
    ordered.filter_map(file).collect()
}

/// Parses files.
pub(super) fn all(files: &[File<'_>]) -> Vec<Result<Body, Unparsed>> {
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    parallel::each(files, bytes >= WORTH_THREADS, one)
}

fn one(file: &File<'_>) -> Result<Body, Unparsed> {
    match file.notation {
        Notation::Native => native::parse(&file.path, file.text),
        Notation::Json => json::parse(&file.path, file.text),
    }
}
