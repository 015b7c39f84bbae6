//! Where source files are: on disk, or in the files of a commit that somebody else has read.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::MAX_FILE_BYTES;
use crate::io;
use crate::problem::{Problem, ProblemCode};

/// A file of a directory.
pub(super) struct Found {
    pub(super) name: String,
    /// A regular file, or a link to one.
    pub(super) is_file: bool,
}

/// The text of a file, or why it could not be read.
pub(super) type Contents = Result<Arc<str>, String>;

/// Where files are.
pub(super) trait Place {
    /// What is in a directory, sorted by name.
    fn names(&self, dir: &Utf8Path) -> Result<Vec<Found>, Problem>;
    /// The text of a file.
    fn read(&self, path: &Utf8Path) -> Contents;
    /// A directory as messages name it.
    fn shown(&self, dir: &Utf8Path) -> String;
    /// The same for all names of a directory.
    fn identity(&self, dir: &Utf8Path) -> Utf8PathBuf;
}

/// The file system.
pub(super) struct Disk;

impl Place for Disk {
    fn names(&self, dir: &Utf8Path) -> Result<Vec<Found>, Problem> {
        let names = io::names_in(dir)?;
        Ok(names.into_iter().map(|(name, is_file)| Found { name, is_file }).collect())
    }

    fn read(&self, path: &Utf8Path) -> Contents {
        io::read_text(path, MAX_FILE_BYTES).map(|file| file.text().into()).map_err(|problem| problem.message)
    }

    fn shown(&self, dir: &Utf8Path) -> String {
        dir.to_string()
    }

    fn identity(&self, dir: &Utf8Path) -> Utf8PathBuf {
        io::canonical(dir)
    }
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub enum Blob {
    /// Its text.
    Text(Arc<str>),
    /// Why it is not at hand: too large, a link, not UTF-8.
    Unread(String),
}

/// The source files of a commit.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// What the commit is called, as the user named it.
    pub name: String,
    /// Directory of the root module, relative to the root of the repository.
    pub root: Utf8PathBuf,
    /// Files by path, relative to the root of the repository.
    pub files: BTreeMap<String, Blob>,
}

impl Place for Tree {
    fn names(&self, dir: &Utf8Path) -> Result<Vec<Found>, Problem> {
        let prefix = match dir.as_str() {
            "." | "" => String::new(),
            dir => format!("{dir}/"),
        };
        let below = self.files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let names = below.filter_map(|(path, _)| path.strip_prefix(&prefix)).filter(|name| !name.contains('/'));
        let found: Vec<Found> = names.map(|name| Found { name: name.to_owned(), is_file: true }).collect();
        if found.is_empty() {
            let message = format!("`{}` has no Terraform source file", self.shown(dir));
            return Err(Problem::new(ProblemCode::NothingSelected, message).help(
                "name a commit that has the root module, or the directory of a checkout of it with `--base-source DIR`; where the \
                 root module is not in the current directory, name its directory with `--source DIR`",
            ));
        }
        Ok(found)
    }

    fn read(&self, path: &Utf8Path) -> Contents {
        match self.files.get(path.as_str().trim_start_matches("./")) {
            Some(Blob::Text(text)) => Ok(Arc::clone(text)),
            Some(Blob::Unread(why)) => Err(why.clone()),
            None => Err("the commit does not have it".to_owned()),
        }
    }

    fn shown(&self, dir: &Utf8Path) -> String {
        match dir.as_str() {
            "." | "" => format!("{}:", self.name),
            dir => format!("{}:{dir}", self.name),
        }
    }

    fn identity(&self, dir: &Utf8Path) -> Utf8PathBuf {
        dir.to_owned()
    }
}
