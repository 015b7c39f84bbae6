//! From the paths of `plangate audit` to plans: folders, globs, lists, archives; which files are no plans by their names.
//!
//! Owns the naming of plans and their order. Nothing is unpacked to disk: names in archives are names and nothing else. Must not
//! know what a plan says, nor judge: whatever is not recognised as something else is handed on as a plan.

mod archive;
mod names;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::io;
use crate::problem::{Problem, ProblemCode};

pub use archive::{Found, Limits, each_entry};
pub use names::ArchiveKind;

/// Characters that make an argument a glob, unless a file of that very name exists.
const GLOB_CHARACTERS: [char; 4] = ['*', '?', '[', '{'];
/// Largest list of paths, in bytes.
pub const MAX_LIST_BYTES: u64 = 64 << 20;

/// What the arguments name.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Files and archives, each once, in the order of [`order`].
    pub items: Vec<Item>,
    /// Files in folders that are no plans by their names.
    pub skipped: Vec<String>,
    /// What could not be looked at or names nothing; the rest is selected all the same.
    pub problems: Vec<Problem>,
}

/// Something to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A file that holds a plan.
    Plan(Utf8PathBuf),
    /// A file that holds files.
    Archive(Utf8PathBuf, ArchiveKind),
    /// Standard input.
    Stdin(Vec<u8>),
}

impl Item {
    /// The path as named, `-` for standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Plan(path) | Self::Archive(path, _) => path.as_str(),
            Self::Stdin(_) => "-",
        }
    }

    /// Size in bytes, as it is stored.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Plan(path) | Self::Archive(path, _) => io::size(path),
            Self::Stdin(bytes) => bytes.len() as u64,
        }
    }
}

/// The order of plans by their names, as people count: `plan-2` before `plan-10`.
#[must_use]
pub fn order(one: &str, other: &str) -> Ordering {
    alphanumeric_sort::compare_str(one, other).then_with(|| one.cmp(other))
}

/// Selects what the arguments name: files, folders, globs, `@list` (a path a line), `-` and `@-` for standard input, which
/// `stdin` reads.
pub fn select(arguments: &[String], stdin: &mut dyn FnMut() -> Result<Vec<u8>, Problem>) -> Selection {
    let mut selector = Selector { selection: Selection::default(), seen: BTreeSet::new(), stdin: Some(stdin) };
    for argument in arguments {
        if let Err(problem) = selector.argument(argument) {
            selector.selection.problems.push(problem);
        }
    }
    let mut selection = selector.selection;
    selection.items.sort_by(|one, other| order(one.name(), other.name()));
    let named: BTreeSet<&str> = selection.items.iter().map(Item::name).collect();
    selection.skipped.retain(|name| !named.contains(name.as_str()));
    selection.skipped.sort_by(|one, other| order(one, other));
    selection.skipped.dedup();
    if selection.items.is_empty() && selection.problems.is_empty() {
        let problem = Problem::new(ProblemCode::NothingSelected, "nothing that may be a plan was named");
        selection
            .problems
            .push(problem.help("an audit of nothing does not pass: check the paths and the working directory"));
    }
    selection
}

struct Selector<'a> {
    selection: Selection,
    /// Names of what is selected.
    seen: BTreeSet<String>,
    /// Taken by the first that reads it.
    stdin: Option<&'a mut dyn FnMut() -> Result<Vec<u8>, Problem>>,
}

impl Selector<'_> {
    fn argument(&mut self, argument: &str) -> Result<(), Problem> {
        match argument.strip_prefix('@') {
            Some("-") => {
                let bytes = self.read_stdin()?;
                self.list("standard input", bytes)
            }
            Some(path) => self.list(path, io::read_bounded(Utf8Path::new(path), MAX_LIST_BYTES)?),
            None if argument == "-" => {
                let bytes = self.read_stdin()?;
                self.selection.items.push(Item::Stdin(bytes));
                Ok(())
            }
            None if Utf8Path::new(argument).exists() || !argument.contains(GLOB_CHARACTERS) => self.path(argument),
            None => self.glob(argument),
        }
    }

    fn read_stdin(&mut self) -> Result<Vec<u8>, Problem> {
        match self.stdin.take() {
            Some(read) => read(),
            None => Err(Problem::new(ProblemCode::NothingSelected, "standard input is named twice")),
        }
    }

    /// Paths as they are, one a line: what a list names is no glob, so that any name can stand there.
    fn list(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), Problem> {
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::new(ProblemCode::Unreadable, format!("the list `{name}` is not UTF-8 text")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
        if lines.peek().is_none() {
            let problem = Problem::new(ProblemCode::NothingSelected, format!("the list `{name}` has no path"));
            return Err(problem.help("write one path a line; an audit of nothing does not pass"));
        }
        for line in lines {
            if let Err(problem) = self.path(line) {
                self.selection.problems.push(problem);
            }
        }
        Ok(())
    }

    fn glob(&mut self, pattern: &str) -> Result<(), Problem> {
        let found = io::expand_glob(pattern)?;
        if found.is_empty() {
            let problem = Problem::new(ProblemCode::NothingSelected, format!("`{pattern}` matches no file"));
            return Err(problem.help("check the pattern and the working directory"));
        }
        for path in found {
            self.file(&path);
        }
        Ok(())
    }

    fn path(&mut self, path: &str) -> Result<(), Problem> {
        let path = cleaned(path);
        if path.is_dir() {
            return self.folder(&path);
        }
        self.file(&path);
        Ok(())
    }

    /// Whatever is named is a plan or an archive.
    fn file(&mut self, path: &Utf8Path) {
        let path = cleaned(path.as_str());
        if self.seen.insert(path.to_string()) {
            self.selection.items.push(match ArchiveKind::of(path.as_str()) {
                Some(kind) => Item::Archive(path, kind),
                None => Item::Plan(path),
            });
        }
    }

    fn folder(&mut self, folder: &Utf8Path) -> Result<(), Problem> {
        let (files, problems) = io::every_file_under(folder);
        let is_silent = problems.is_empty();
        self.selection.problems.extend(problems);
        let (plans, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|path| !names::is_something_else(path.as_str()) || may_begin_like_a_plan(path));
        self.selection.skipped.extend(others.into_iter().map(|path| cleaned(path.as_str()).into_string()));
        if plans.is_empty() && is_silent {
            let message = format!("there is no file below `{folder}` that may be a plan");
            return Err(Problem::new(ProblemCode::NothingSelected, message)
                .help("hidden directories are not looked into; name a file to judge it whatever its name"));
        }
        for path in plans {
            self.file(&path);
        }
        Ok(())
    }
}

/// Whether a file begins like a plan; also where that cannot be seen.
fn may_begin_like_a_plan(path: &Utf8Path) -> bool {
    let mut head = Vec::new();
    let read = io::open(path).map(|file| file.take(names::HEAD as u64).read_to_end(&mut head));
    !matches!(read, Ok(Ok(_))) || names::begins_like_a_plan(&head)
}

/// The path without `./` and doubled `/`, so that one file has one name.
fn cleaned(path: &str) -> Utf8PathBuf {
    let short: Utf8PathBuf =
        Utf8Path::new(path).components().filter(|part| !matches!(part, camino::Utf8Component::CurDir)).collect();
    if short.as_str().is_empty() { Utf8PathBuf::from(if path.is_empty() { "" } else { "." }) } else { short }
}
