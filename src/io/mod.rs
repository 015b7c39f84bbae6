//! Files: bounded reads, atomic writes, and finding files; the file's name stands in every error.
//!
//! The only library module that touches the file system. Must not know what files mean, nor read the
//! environment or the clock.

mod find;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

use crate::problem::{Problem, ProblemCode};
use crate::source::SourceFile;

pub use find::{all_files_under, every_file_under, expand_glob, files_under, find_repository_root, names_in};

/// Reads a file of at most `max` bytes. Pipes and devices (`/dev/stdin`, `<(…)`) are read to their end.
pub fn read_bounded(path: &Utf8Path, max: u64) -> Result<Vec<u8>, Problem> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(unreadable(path, &ErrorKind::IsADirectory.into()));
    }
    // A file of known size takes its own size in memory, not the next power of two.
    let size = usize::try_from(metadata.len().min(max)).unwrap_or_default();
    read_to_end(path.as_str(), file, max, size)
}

/// Opens a file that is read piece by piece.
pub fn open(path: &Utf8Path) -> Result<impl Read + use<>, Problem> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(unreadable(path, &ErrorKind::IsADirectory.into()));
    }
    Ok(io::BufReader::new(file))
}

/// Size of a file in bytes; what cannot be seen has none.
#[must_use]
pub fn size(path: &Utf8Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Reads a stream (standard input) of at most `max` bytes to its end; `name` is for messages.
pub fn read_stream_bounded(name: &str, reader: impl Read, max: u64) -> Result<Vec<u8>, Problem> {
    read_to_end(name, reader, max, 0)
}

fn read_to_end(name: &str, reader: impl Read, max: u64, size: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(size.saturating_add(1));
    let read = reader.take(max.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(Utf8Path::new(name), &error))?;
    if bytes.len() as u64 > max {
        let message = format!("`{name}` is larger than {}, the most that is read", size_text(max));
        return Err(Problem::new(ProblemCode::Unreadable, message));
    }
    Ok(bytes)
}

fn size_text(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

/// Reads a text people wrote: UTF-8, with or without a byte order mark.
pub fn read_text(path: &Utf8Path, max: u64) -> Result<SourceFile, Problem> {
    let mut bytes = read_bounded(path, max)?;
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        let help = match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16: save it as UTF-8",
            _ => "save the file as UTF-8",
        };
        Problem::new(ProblemCode::Unreadable, format!("`{path}` is not UTF-8 text (line {line})")).help(help)
    })?;
    Ok(SourceFile::new(path.as_str(), text))
}

/// Whether there is something at a path. A link that leads nowhere and a path that may not be looked at are
/// something: whoever put them there meant it.
#[must_use]
pub fn exists(path: &Utf8Path) -> bool {
    fs::symlink_metadata(path).map_or_else(|error| error.kind() != ErrorKind::NotFound, |_| true)
}

/// The path with all links resolved; the path itself where that fails.
#[must_use]
pub fn canonical(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned())
}

/// Writes a file so that no reader ever sees half of it: to a temporary file beside it, then renamed. A symbolic
/// link is followed; devices and pipes (`/dev/stdout`, a FIFO) are written directly.
pub fn write_atomic(path: &Utf8Path, bytes: &[u8]) -> Result<(), Problem> {
    let failed = |error: &io::Error| cannot_write(path, error);
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(&error)),
    };
    match existing {
        Some(metadata) if metadata.is_dir() => Err(failed(&ErrorKind::IsADirectory.into())),
        // `/dev/stdout` may lead to a regular file, which the shell's redirection holds open.
        Some(metadata) if !metadata.is_file() || path.starts_with("/dev") || path.starts_with("/proc") => {
            append(path, bytes).map_err(|error| failed(&error))
        }
        Some(metadata) => {
            let target = path.canonicalize_utf8().map_err(|error| failed(&error))?;
            replace(&target, bytes, Some(metadata.permissions())).map_err(|error| failed(&error))
        }
        None => replace(path, bytes, None).map_err(|error| failed(&error)),
    }
}

/// Writes a file, as [`write_atomic`] does, and the directories it needs.
pub fn write_below(path: &Utf8Path, bytes: &[u8]) -> Result<(), Problem> {
    create_parent(path)?;
    write_atomic(path, bytes)
}

/// Writes files that must not exist yet, with the directories they need; writes none where one exists.
pub fn write_new(files: &[(Utf8PathBuf, String)]) -> Result<(), Problem> {
    if let Some((path, _)) = files.iter().find(|(path, _)| exists(path)) {
        return Err(Problem::new(ProblemCode::ReportWrite, format!("`{path}` exists already"))
            .help("choose another name, or remove what is there"));
    }
    for (path, text) in files {
        create_parent(path)?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| cannot_write(path, &error))?;
        file.write_all(text.as_bytes()).map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

fn create_parent(path: &Utf8Path) -> Result<(), Problem> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error)),
        None => Ok(()),
    }
}

/// A reader that went away has what it wanted.
fn append(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    match file.write_all(bytes).and_then(|()| file.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn replace(path: &Utf8Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let (temporary, mut file) = create_beside(path)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error that is reported is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new file in the same directory, hence on the same file system.
fn create_beside(path: &Utf8Path) -> io::Result<(Utf8PathBuf, File)> {
    const ATTEMPTS: u32 = 100;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    for attempt in 0..ATTEMPTS {
        let temporary = path.with_file_name(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (temporary, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Problem {
    let code = ProblemCode::Unreadable;
    match error.kind() {
        ErrorKind::NotFound => Problem::new(code, format!("`{path}` does not exist"))
            .help("check the spelling and what the path is relative to"),
        ErrorKind::PermissionDenied => Problem::new(code, format!("`{path}` may not be read (permission denied)"))
            .help("let the user that runs plangate read it"),
        ErrorKind::IsADirectory => Problem::new(code, format!("`{path}` is a directory, not a file"))
            .help(format!("name the files in it, for instance `{}/*.json`", path.as_str().trim_end_matches('/'))),
        ErrorKind::NotADirectory => Problem::new(code, format!("a part of the path `{path}` is no directory")),
        _ => Problem::new(code, format!("`{path}` could not be read: {error}")),
    }
}

fn cannot_write(path: &Utf8Path, error: &io::Error) -> Problem {
    let code = ProblemCode::ReportWrite;
    match error.kind() {
        ErrorKind::NotFound => Problem::new(code, format!("`{path}` cannot be written: its directory does not exist"))
            .help("create the directory first"),
        ErrorKind::IsADirectory => {
            Problem::new(code, format!("`{path}` cannot be written: it is a directory")).help("name a file")
        }
        _ => Problem::new(code, format!("`{path}` could not be written: {error}")),
    }
}

#[cfg(test)]
mod tests;
