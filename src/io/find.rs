//! Finds files: by extension, by glob, and the root of a repository.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use globset::GlobBuilder;

use super::unreadable;
use crate::problem::{Problem, ProblemCode};

/// The nearest directory at or above `start` that holds `.git` (a directory, or a file in worktrees and
/// submodules), with symbolic links resolved.
#[must_use]
pub fn find_repository_root(start: &Utf8Path) -> Option<Utf8PathBuf> {
    let start = start.canonicalize_utf8().ok()?;
    start.ancestors().find(|directory| directory.join(".git").exists()).map(Utf8Path::to_owned)
}

/// What lies directly in `dir`, sorted by name: each name, and whether it is a regular file or a link to one. A name that
/// is not UTF-8 is shown with replacement characters, and counts as no file.
pub fn names_in(dir: &Utf8Path) -> Result<Vec<(String, bool)>, Problem> {
    let failed = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotADirectory => Problem::new(ProblemCode::Unreadable, format!("`{dir}` is no directory")),
        _ => unreadable(dir, error),
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| failed(&error))? {
        let name = entry.map_err(|error| failed(&error))?.file_name();
        let is_file = || fs::metadata(dir.as_std_path().join(&name)).is_ok_and(|metadata| metadata.is_file());
        let is_file = name.to_str().is_some() && is_file();
        names.push((name.to_string_lossy().into_owned(), is_file));
    }
    names.sort();
    Ok(names)
}

/// All files below `dir` with one of these extensions (without dot), sorted. Hidden directories below it
/// (`.git`, `.terraform`) are left out; links are followed, each real directory once.
pub fn files_under(dir: &Utf8Path, extensions: &[&str]) -> Result<Vec<Utf8PathBuf>, Problem> {
    let wanted = |path: &Utf8Path| path.extension().is_some_and(|extension| extensions.contains(&extension));
    let walk = Walk { wanted: &wanted, hidden: false, once: true, seen: BTreeSet::new(), found: Vec::new() };
    walk.run(dir, usize::MAX)
}

/// All files below `dir`, sorted, whatever their names; hidden files and directories below it are left out. Links are
/// followed, each real directory once.
pub fn all_files_under(dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Problem> {
    let wanted = |path: &Utf8Path| path.file_name().is_some_and(|name| !name.starts_with('.'));
    let walk = Walk { wanted: &wanted, hidden: false, once: true, seen: BTreeSet::new(), found: Vec::new() };
    walk.run(dir, usize::MAX)
}

/// All files below `dir`, hidden ones too, sorted, and what could not be looked at: the others are found all the same. Hidden
/// directories below it are left out; links are followed, each real directory once.
#[must_use]
pub fn every_file_under(dir: &Utf8Path) -> (Vec<Utf8PathBuf>, Vec<Problem>) {
    let mut walk = Walk { wanted: &|_| true, hidden: false, once: true, seen: BTreeSet::new(), found: Vec::new() };
    let mut problems = Vec::new();
    walk.leniently(dir, &mut problems);
    walk.found.sort();
    (walk.found, problems)
}

/// The files that a glob matches, sorted; none is no error. `*` and `?` stay within a directory, `**` is any
/// number of directories, `{a,b}` and `[ab]` are choices. Links are followed, but not in circles. Hidden directories are entered only where the pattern
/// names one. A text without any of these characters names itself.
pub fn expand_glob(pattern: &str) -> Result<Vec<Utf8PathBuf>, Problem> {
    let Some(first) = pattern.find(['*', '?', '[', '{', '\\']) else {
        let path = Utf8PathBuf::from(pattern);
        return Ok(if path.exists() { vec![path] } else { Vec::new() });
    };
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        let message = format!("`{pattern}` is no valid glob: {}", error.kind());
        Problem::new(ProblemCode::NothingSelected, message)
            .help("`[`, `{`, `*` and `?` are special; `\\` takes that away")
    })?;
    let matcher = glob.compile_matcher();
    let wanted = |path: &Utf8Path| matcher.is_match(path);
    let literal = pattern.get(..first).and_then(|start| start.rfind('/')).map_or(0, |slash| slash + 1);
    let (prefix, rest) = pattern.split_at(literal);
    let depth = if rest.contains("**") { usize::MAX } else { rest.matches('/').count() };
    let hidden = rest.split('/').any(|component| component.starts_with('.'));
    if !prefix.is_empty() && !Utf8Path::new(prefix).is_dir() {
        return Ok(Vec::new());
    }
    let walk = Walk { wanted: &wanted, hidden, once: false, seen: BTreeSet::new(), found: Vec::new() };
    walk.run(Utf8Path::new(prefix), depth)
}

struct Walk<'a> {
    wanted: &'a dyn Fn(&Utf8Path) -> bool,
    /// Whether hidden directories are entered.
    hidden: bool,
    /// Whether a directory with several names is visited under the first one only. A glob must see them all:
    /// it may match just one of the names.
    once: bool,
    /// Real directories visited, or being visited: links may form loops.
    seen: BTreeSet<PathBuf>,
    found: Vec<Utf8PathBuf>,
}

impl Walk<'_> {
    fn run(mut self, dir: &Utf8Path, depth: usize) -> Result<Vec<Utf8PathBuf>, Problem> {
        self.directory(dir, depth)?;
        self.found.sort();
        Ok(self.found)
    }

    /// The whole of a directory, whatever is wrong with parts of it.
    fn leniently(&mut self, dir: &Utf8Path, problems: &mut Vec<Problem>) {
        let (real, names) = match names_of(dir) {
            Ok((real, names)) => (real, names),
            Err(problem) => return problems.push(problem),
        };
        if !self.seen.insert(real) {
            return;
        }
        for name in names {
            let below = dir.join(&*name.to_string_lossy());
            let is_dir = fs::metadata(dir.as_std_path().join(&name)).is_ok_and(|found| found.is_dir());
            if is_dir && name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if is_dir && name.to_str().is_some() {
                self.leniently(&below, problems);
            } else if is_dir {
                problems.push(not_utf8(&below));
            } else if let Err(problem) = self.entry(dir, &name, 0) {
                problems.push(problem);
            }
        }
    }

    fn directory(&mut self, dir: &Utf8Path, depth: usize) -> Result<(), Problem> {
        let (real, names) = names_of(dir)?;
        if !self.seen.insert(real.clone()) {
            return Ok(());
        }
        names.iter().try_for_each(|name| self.entry(dir, name, depth))?;
        if !self.once {
            self.seen.remove(&real);
        }
        Ok(())
    }

    fn entry(&mut self, dir: &Utf8Path, name: &std::ffi::OsStr, depth: usize) -> Result<(), Problem> {
        let shown = dir.join(&*name.to_string_lossy());
        let is_directory = match fs::metadata(dir.as_std_path().join(name)) {
            Ok(metadata) => metadata.is_dir(),
            // A link to nowhere, say: of interest only as a wanted file.
            Err(_) if !(self.wanted)(&shown) => return Ok(()),
            Err(error) => return Err(unreadable(&shown, &error)),
        };
        let enter = is_directory && depth > 0 && (self.hidden || !name.as_encoded_bytes().starts_with(b"."));
        if !enter && (is_directory || !(self.wanted)(&shown)) {
            return Ok(());
        }
        if name.to_str().is_none() {
            return Err(not_utf8(&shown));
        }
        if enter {
            return self.directory(&shown, depth - 1);
        }
        self.found.push(shown);
        Ok(())
    }
}

/// The real name of a directory, and the names in it. Sorted before descending: which of two names of a linked directory counts
/// must not depend on the disk.
fn names_of(dir: &Utf8Path) -> Result<(PathBuf, Vec<OsString>), Problem> {
    // An empty path is the current directory; its files keep their short names.
    let place = if dir.as_str().is_empty() { Utf8Path::new(".") } else { dir };
    let failed = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotADirectory => Problem::new(ProblemCode::Unreadable, format!("`{place}` is no directory")),
        _ => unreadable(place, error),
    };
    let real = place.as_std_path().canonicalize().map_err(|error| failed(&error))?;
    let entries = fs::read_dir(place).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut names: Vec<_> = entries.map_err(|error| failed(&error))?.iter().map(fs::DirEntry::file_name).collect();
    names.sort();
    Ok((real, names))
}

fn not_utf8(shown: &Utf8Path) -> Problem {
    Problem::new(ProblemCode::Unreadable, format!("the name of `{shown}` is not UTF-8"))
        .help("rename it, so that reports can name it")
}
