//! Plans inside `.tar`, `.tar.gz` and `.zip` files, read one entry at a time, within limits.
//!
//! What is odd about an archive is told as a problem of the archive or the entry, and nothing of it is left out without a word: an
//! archive that ends early, or that has something behind its end, is not read to be shorter than it is.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use camino::Utf8Path;
use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::names::{ArchiveKind, HEAD, begins_like_a_plan, is_something_else};
use crate::io;
use crate::plan::ZipEntries;
use crate::problem::{Problem, ProblemCode};
use crate::text::count;

/// Bounds of what is read of an archive.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest entry, in bytes when inflated.
    pub entry: u64,
    /// Most bytes of all entries together when inflated.
    pub total: u64,
    /// Largest `.zip` file, in bytes: it is held as a whole.
    pub zip: u64,
    /// Most entries.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entry: 1 << 30, total: 64 << 30, zip: 1 << 30, entries: 1_000_000 }
    }
}

/// Something in an archive, or the archive itself.
#[derive(Debug)]
pub enum Found {
    /// A file that may be a plan: its name (`archive.zip!dir/plan.json`) and its bytes.
    Plan(String, Vec<u8>),
    /// The same without its bytes, or the archive itself: why there are none.
    Unreadable(String, Box<Problem>),
    /// A file that is something else by its name.
    Skipped(String),
}

/// Shows everything in an archive, in its order; an archive without any plan is a problem.
pub fn each_entry(path: &Utf8Path, kind: ArchiveKind, limits: &Limits, show: &mut dyn FnMut(Found)) {
    let mut reader = Reader { path, limits, show, plans: 0, entries: 0, total: 0 };
    let read = match kind {
        ArchiveKind::Tar => io::open(path).and_then(|file| reader.tar(file)),
        ArchiveKind::TarGz => io::open(path).and_then(|file| reader.tar(MultiGzDecoder::new(file))),
        ArchiveKind::Zip => reader.zip(),
    };
    let read = match read {
        Ok(()) if reader.plans == 0 => {
            let message = format!("the archive has no file that may be a plan ({})", count(reader.entries, "entry"));
            Err(Problem::new(ProblemCode::NothingSelected, message))
        }
        read => read,
    };
    if let Err(problem) = read {
        (reader.show)(Found::Unreadable(path.to_string(), Box::new(problem)));
    }
}

struct Reader<'a> {
    path: &'a Utf8Path,
    limits: &'a Limits,
    show: &'a mut dyn FnMut(Found),
    plans: usize,
    entries: usize,
    total: u64,
}

impl Reader<'_> {
    /// Counts an entry; its name in reports.
    fn enter(&mut self, name: &str) -> Result<String, Problem> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(too_large(&format!("it has more than {}", count(self.limits.entries, "entry"))));
        }
        Ok(format!("{}!{name}", self.path))
    }

    fn plan(&mut self, name: String, content: Result<Vec<u8>, Problem>) {
        self.plans += 1;
        (self.show)(match content {
            Ok(bytes) => Found::Plan(name, bytes),
            Err(problem) => Found::Unreadable(name, Box::new(problem)),
        });
    }

    /// Whether an entry of this size may be read; the outer error ends the archive.
    fn fits(&mut self, size: u64) -> Result<Result<(), Problem>, Problem> {
        if size > self.limits.entry {
            let message = format!("the entry is larger than {} MiB, the most that is read", self.limits.entry >> 20);
            return Ok(Err(Problem::new(ProblemCode::Unreadable, message)));
        }
        self.total = self.total.saturating_add(size);
        if self.total > self.limits.total {
            return Err(too_large(&format!("its entries hold more than {} MiB", self.limits.total >> 20)));
        }
        Ok(Ok(()))
    }

    fn tar(&mut self, file: impl Read) -> Result<(), Problem> {
        let zeros = Rc::new(Cell::new(0));
        let mut archive = tar::Archive::new(TailReader { inner: file, zeros: Rc::clone(&zeros) });
        for entry in archive.entries().map_err(|error| damaged(&error))? {
            let mut entry = entry.map_err(|error| damaged(&error))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            match entry.header().entry_type() {
                EntryType::Directory | EntryType::XGlobalHeader => continue,
                EntryType::Regular | EntryType::Continuous => {}
                _ => {
                    let shown = self.enter(&name)?;
                    self.link(name.as_str(), shown);
                    continue;
                }
            }
            let shown = self.enter(&name)?;
            let fits = self.fits(entry.size())?;
            let mut head = Vec::new();
            entry.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| damaged(&error))?;
            if is_something_else(&name) && !begins_like_a_plan(&head) {
                (self.show)(Found::Skipped(shown));
                continue;
            }
            let content = match fits {
                Ok(()) => {
                    let mut bytes = head;
                    entry.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
                    if bytes.len() as u64 != entry.size() {
                        return Err(cut_off());
                    }
                    Ok(bytes)
                }
                Err(problem) => Err(problem),
            };
            self.plan(shown, content);
        }
        let mut rest = archive.into_inner();
        // The end is a block of zeros. Without one, files may be missing; behind it there may be files nobody reads.
        if zeros.get() < BLOCK {
            return Err(cut_off());
        }
        let read = std::io::copy(&mut rest.by_ref().take(self.limits.total), &mut std::io::sink());
        let read = read.map_err(|error| damaged(&error))?;
        if zeros.get() < read {
            let problem = Problem::new(ProblemCode::Malformed, "there is something behind the end of the archive");
            return Err(
                problem.help("archives that were joined are read as the first alone: make one archive of all files")
            );
        }
        Ok(())
    }

    /// Neither a file nor a directory: what it stands for may be a plan.
    fn link(&mut self, name: &str, shown: String) {
        if is_something_else(name) {
            return (self.show)(Found::Skipped(shown));
        }
        let problem = Problem::new(
            ProblemCode::Unreadable,
            "the entry is a link, a device or a sparse file, none of which is read",
        );
        self.plan(shown, Err(problem.help("put the file itself into the archive: `tar --dereference`")));
    }

    fn zip(&mut self) -> Result<(), Problem> {
        let bytes = io::read_bounded(self.path, self.limits.zip)?;
        let Some(entries) = ZipEntries::open(&bytes)? else {
            self.plan(self.path.to_string(), Ok(bytes));
            return Ok(());
        };
        for (index, (name, size)) in entries.list().enumerate() {
            if name.ends_with('/') && size == 0 {
                continue;
            }
            let shown = self.enter(name)?;
            let content = self.fits(size)?.and_then(|()| entries.content(index));
            if is_something_else(name) && !content.as_ref().is_ok_and(|bytes| begins_like_a_plan(bytes)) {
                (self.show)(Found::Skipped(shown));
                continue;
            }
            self.plan(shown, content);
        }
        Ok(())
    }
}

/// Size of a block of a tar file, in bytes.
const BLOCK: u64 = 512;

/// Counts the zeros at the end of what was read.
struct TailReader<R> {
    inner: R,
    zeros: Rc<Cell<u64>>,
}

impl<R: Read> Read for TailReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let tail = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let before = if tail == read { self.zeros.get() } else { 0 };
        self.zeros.set(before + tail as u64);
        Ok(read)
    }
}

fn too_large(what: &str) -> Problem {
    Problem::new(ProblemCode::Unreadable, format!("the archive is too large: {what}"))
        .help("make several archives, or audit the unpacked folder")
}

fn cut_off() -> Problem {
    Problem::new(ProblemCode::Truncated, "the archive ends in the middle").help("make the archive again")
}

fn damaged(error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return cut_off();
    }
    Problem::new(ProblemCode::Malformed, "the archive is damaged, ends in the middle, or is none")
        .help("make the archive again")
}
