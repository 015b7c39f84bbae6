//! The sources of a configuration, gathered: the root module and every module it calls that is at hand.
//!
//! Owns which directory a call leads to, and the bounds of what is read. Must not parse, nor judge. What cannot be read
//! of a module is a gap in it; only a root module that is not there is an error.

mod beside;
mod tree;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::plan::hcl::{Call, Module, SnapshotModule, Sources, child_key, is_source_file};
use crate::problem::{Problem, ProblemCode};
use crate::source::Position;

pub use beside::beside;
pub use tree::{Blob, Tree};
use tree::{Disk, Found, Place};

/// Largest source file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 8 << 20;
/// Most bytes that are read of all source files together.
const MAX_BYTES: usize = 256 << 20;
/// Most modules, each call counted: calls that call each other twice are a thousand at the tenth level.
const MAX_MODULES: usize = 10_000;
/// Most calls within each other.
const MAX_DEPTH: usize = 64;
/// Most names in one note.
const NAMED: usize = 5;
/// Where Terraform notes which modules it has fetched, below the root module.
const MANIFEST: &str = ".terraform/modules/modules.json";

/// The sources of a plan, and of what it is compared with.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Those the plan was made from.
    pub now: Sources,
    /// Those before the change.
    pub base: Option<Sources>,
}

/// Where the source files of a run are.
#[derive(Debug, Clone, Default)]
pub struct Whereabouts {
    /// Directory of the root module.
    pub dir: Option<Utf8PathBuf>,
    /// The configuration before the change.
    pub base: Option<Base>,
    /// Those there, once somebody asked for them: a saved plan has its own.
    read: Arc<OnceLock<Result<Arc<Given>, Problem>>>,
}

impl Whereabouts {
    /// With nothing read yet.
    #[must_use]
    pub fn new(dir: Option<Utf8PathBuf>, base: Option<Base>) -> Self {
        Self { dir, base, read: Arc::default() }
    }

    /// Nowhere, for this reason: whoever needs them is told.
    #[must_use]
    pub fn missing(problem: Problem) -> Self {
        Self { dir: None, base: None, read: Arc::new(OnceLock::from(Err(problem))) }
    }

    /// The sources there, read once; `None` where none are asked for.
    ///
    /// # Errors
    /// As [`read`] and [`read_before`], and why they are missing.
    pub fn read(&self) -> Result<Option<Arc<Given>>, Problem> {
        if let Some(read) = self.read.get() {
            return read.clone().map(Some);
        }
        let Some(dir) = &self.dir else { return Ok(None) };
        let given = || {
            let now = read(dir)?;
            let base = self.base.as_ref().map(|base| read_before(base, &now)).transpose()?;
            Ok(Arc::new(Given { now, base }))
        };
        self.read.get_or_init(given).clone().map(Some)
    }
}

/// A configuration to compare with.
#[derive(Debug, Clone)]
pub enum Base {
    /// In a directory.
    Dir(Utf8PathBuf),
    /// In the files of a commit.
    Tree(Arc<Tree>),
}

/// Reads the configuration before a change; see [`read_base`].
///
/// # Errors
/// A root module that is not there.
pub fn read_before(base: &Base, now: &Sources) -> Result<Sources, Problem> {
    match base {
        Base::Dir(dir) => read_base(dir, now),
        Base::Tree(tree) => read_tree(tree, now),
    }
}

/// Reads the configuration whose root module is in a directory.
///
/// # Errors
/// A directory that is not there, cannot be listed, or has no source file.
pub fn read(dir: &Utf8Path) -> Result<Sources, Problem> {
    let dir = normal(dir);
    Gatherer::new(&Disk, Utf8Path::new(&dir), None).run()
}

/// Looks whether a directory has a source file, without reading any.
///
/// # Errors
/// A directory that is not there, cannot be listed, or has none.
pub fn look(dir: &Utf8Path) -> Result<(), Problem> {
    let dir = normal(dir);
    let has_source = Disk.names(&dir)?.iter().any(|found| is_source_file(&found.name));
    if has_source { Ok(()) } else { Err(no_source(&Disk.shown(&dir))) }
}

fn no_source(dir: &str) -> Problem {
    let problem = Problem::new(ProblemCode::NothingSelected, format!("`{dir}` has no Terraform source file"));
    problem.help("name the directory of the root module, where `terraform plan` runs")
}

/// Reads the configuration before a change from a directory. Modules from elsewhere that are not at hand there, but that
/// are called alike `now`, are taken from there.
///
/// # Errors
/// As [`read`].
pub fn read_base(dir: &Utf8Path, now: &Sources) -> Result<Sources, Problem> {
    let dir = normal(dir);
    Gatherer::new(&Disk, Utf8Path::new(&dir), Some(now)).run()
}

/// Reads the configuration before a change from the files of a commit; see [`read_base`].
///
/// # Errors
/// A root module that the commit does not have.
pub fn read_tree(tree: &Tree, now: &Sources) -> Result<Sources, Problem> {
    Gatherer::new(tree, &tree.root, Some(now)).run()
}

/// What was not read of a configuration, for people: nothing of it is silently left out.
#[must_use]
pub fn notes(sources: &Sources) -> Vec<String> {
    let unparsed = sources.modules().flat_map(Module::unparsed).map(|unparsed| {
        let Position { line, column } = unparsed.spot.position;
        format!("the source {}:{line}:{column} was not read: {}", unparsed.spot.file, unparsed.message)
    });
    // A module that is called often says it once.
    let mut notes: Vec<String> = unparsed.collect::<BTreeSet<_>>().into_iter().collect();
    if let Some(more) = notes.len().checked_sub(NAMED).filter(|more| *more > 0) {
        notes.truncate(NAMED);
        notes.push(format!("and {more} more"));
    }
    let unread: BTreeSet<String> = sources.modules().flat_map(Module::unread).map(ToString::to_string).collect();
    if !unread.is_empty() {
        let named: Vec<&str> = unread.iter().take(NAMED).map(String::as_str).collect();
        let more = if unread.len() > NAMED { ", …" } else { "" };
        notes.push(format!(
            "expressions that were not read: {}{more}; everything their text names counts as what they refer to",
            named.join(", ")
        ));
    }
    let missing: BTreeSet<String> =
        sources.missing_modules().map(|(key, call)| format!("module {key} ({})", call.spot)).collect();
    if !missing.is_empty() {
        let named: Vec<&str> = missing.iter().take(NAMED).map(String::as_str).collect();
        let more = if missing.len() > NAMED { ", …" } else { "" };
        notes.push(format!("sources that are not at hand: {}{more}; `terraform init` fetches them", named.join(", ")));
    }
    notes
}

/// A path without `.` and, as far as that can be told from its text, without `..`, as Terraform reads `source`.
fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if out.file_name().is_some_and(|name| name != "..") => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_str().is_empty() { Utf8PathBuf::from(".") } else { out }
}

/// A module to be read.
struct Open {
    key: String,
    dir: Utf8PathBuf,
    /// Directories of the calls around it, links resolved.
    around: Vec<Utf8PathBuf>,
}

struct Gatherer<'a, P> {
    place: &'a P,
    root: Utf8PathBuf,
    beside: Option<&'a Sources>,
    /// Modules by directory: most are called more than once.
    parsed: BTreeMap<Utf8PathBuf, Module>,
    modules: Vec<Module>,
    bytes: usize,
}

impl<'a, P: Place> Gatherer<'a, P> {
    fn new(place: &'a P, root: &Utf8Path, beside: Option<&'a Sources>) -> Self {
        let root = root.to_owned();
        Self { place, root, beside, parsed: BTreeMap::new(), modules: Vec::new(), bytes: 0 }
    }

    fn run(mut self) -> Result<Sources, Problem> {
        let fetched = self.manifest();
        let root = self.root.clone();
        if self.module("", &root)?.is_none_or(|module| module.is_empty()) {
            return Err(no_source(&self.place.shown(&root)));
        }
        let mut open = VecDeque::from([Open { key: String::new(), dir: root, around: Vec::new() }]);
        while let Some(next) = open.pop_front() {
            let Some(mut module) = self.module(&next.key, &next.dir)? else { continue };
            let calls: Vec<Call> = module.calls().collect();
            for call in calls {
                let key = child_key(&next.key, &call.name);
                let Some(dir) = self.directory(&call, &next.dir, &key, &fetched) else {
                    self.take_beside(&key, &call, &next.key);
                    continue;
                };
                let mut around = next.around.clone();
                around.push(self.place.identity(&next.dir));
                if around.contains(&self.place.identity(&dir)) {
                    module.add_gap(call.spot, format!("the module calls itself, as {}", call.name));
                } else if around.len() < MAX_DEPTH && self.modules.len() + open.len() + 1 < MAX_MODULES {
                    open.push_back(Open { key, dir, around });
                }
            }
            self.modules.push(module);
        }
        Ok(Sources::assemble(self.modules))
    }

    /// The directory a call leads to; `None` where its module lies elsewhere and is not at hand.
    fn directory(
        &self,
        call: &Call,
        from: &Utf8Path,
        key: &str,
        fetched: &BTreeMap<String, String>,
    ) -> Option<Utf8PathBuf> {
        let source = call.source.as_deref()?;
        let is_local = source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
        if is_local {
            return Some(normal(&from.join(source)));
        }
        Some(normal(&self.root.join(fetched.get(key)?)))
    }

    /// Takes a module, and what it calls, from the other configuration, if that calls the same.
    fn take_beside(&mut self, key: &str, call: &Call, caller: &str) {
        let Some(beside) = self.beside else { return };
        let alike =
            |other: &Call| other.source.is_some() && (&other.source, &other.version) == (&call.source, &call.version);
        if !beside.module(caller).and_then(|module| module.call(&call.name)).is_some_and(|other| alike(&other)) {
            return;
        }
        let below = format!("{key}.");
        let is_of = |module: &&Module| module.key() == key || module.key().starts_with(&below);
        self.modules.extend(beside.modules().filter(is_of).cloned());
    }

    /// The module in a directory; `None` where there is no such directory.
    fn module(&mut self, key: &str, dir: &Utf8Path) -> Result<Option<Module>, Problem> {
        if let Some(known) = self.parsed.get(dir) {
            return Ok(Some(known.keyed(key)));
        }
        let names = match self.place.names(dir) {
            Ok(names) => names,
            // A module that is not there is one that is not at hand; the root must be.
            Err(problem) if key.is_empty() => return Err(problem),
            Err(_) => return Ok(None),
        };
        let mut snapshot = SnapshotModule { key: key.to_owned(), dir: self.place.shown(dir), files: Vec::new() };
        let mut unread = Vec::new();
        for Found { name, is_file } in names.into_iter().filter(|found| is_source_file(&found.name)) {
            let text =
                if is_file { self.place.read(&dir.join(&name)) } else { Err("it is no regular file".to_owned()) };
            match text {
                Ok(text) if self.bytes + text.len() <= MAX_BYTES => {
                    self.bytes += text.len();
                    snapshot.files.push((name, text));
                }
                Ok(_) => unread.push((name, "all source files together are larger than what is read".to_owned())),
                Err(why) => unread.push((name, why)),
            }
        }
        let mut module = Module::parse(&snapshot);
        for (name, why) in unread {
            module.add_unread(&name, why);
        }
        self.parsed.insert(dir.to_owned(), module.clone());
        Ok(Some(module))
    }

    /// Directories of fetched modules, relative to the root module, by key. A manifest that cannot be read names none.
    fn manifest(&self) -> BTreeMap<String, String> {
        let text = self.place.read(&self.root.join(MANIFEST)).unwrap_or_default();
        let manifest: Manifest = serde_json::from_str(&text).unwrap_or_default();
        manifest.modules.into_iter().map(|module| (module.key, module.dir)).collect()
    }
}

/// `modules.json` (Terraform `internal/modsdir/manifest.go`).
#[derive(Debug, Default, serde::Deserialize)]
struct Manifest {
    #[serde(rename = "Modules", default)]
    modules: Vec<Fetched>,
}

#[derive(Debug, serde::Deserialize)]
struct Fetched {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Dir")]
    dir: String,
}

#[cfg(test)]
mod tests;
