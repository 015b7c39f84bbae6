//! The source files of a commit, read by the `git` program.
//!
//! Git reads its own objects best: packs, partial clones, worktrees. Two commands are run, neither of which runs hooks,
//! filters or anything else a repository can name, and nothing is fetched.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use plangate::plan::hcl::is_source_file;
use plangate::problem::{Problem, ProblemCode};
use plangate::sources::{Blob, MAX_FILE_BYTES, Tree};

/// Most bytes of source files of a commit.
const MAX_BYTES: u64 = 256 << 20;
/// Modes of regular files in a tree.
const REGULAR: [&str; 2] = ["100644", "100755"];

/// The source files of a commit of the repository that a directory is in.
///
/// # Errors
/// No `git`, no repository, a commit that is not there.
pub(super) fn sources(directory: &Utf8Path, commit: &str) -> Result<Tree, Problem> {
    let git = Git { directory };
    let prefix = git.text(&["rev-parse", "--show-prefix"]).map_err(|said| no_repository(directory, &said))?;
    let root = Utf8PathBuf::from(prefix.trim_end_matches(['\n', '\r', '/']));
    let root = if root.as_str().is_empty() { ".".into() } else { root };
    let named = format!("{commit}^{{commit}}");
    let id = git
        .text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &named])
        .map_err(|said| no_commit(commit, &said))?;
    let listed = git
        .run(&["ls-tree", "-r", "-l", "-z", "--full-tree", id.trim()], None)
        .map_err(|said| failed(commit, &said))?;
    let mut files = BTreeMap::new();
    let mut wanted = Vec::new();
    let mut bytes = 0;
    for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let entry = String::from_utf8_lossy(entry);
        let Some((facts, path)) = entry.split_once('\t') else { continue };
        if !is_source_file(path.rsplit('/').next().unwrap_or(path)) {
            continue;
        }
        let mut facts = facts.split_whitespace();
        let (mode, _, id) = (facts.next(), facts.next(), facts.next());
        let size = facts.next().and_then(|size| size.parse::<u64>().ok());
        let regular = mode.is_some_and(|mode| REGULAR.contains(&mode));
        match (id, size) {
            (Some(id), Some(size)) if regular && size <= MAX_FILE_BYTES && bytes + size <= MAX_BYTES => {
                bytes += size;
                wanted.push((path.to_owned(), id.to_owned()));
            }
            (_, Some(_)) if regular => drop(files.insert(path.to_owned(), Blob::Unread("it is too large".to_owned()))),
            _ => drop(files.insert(path.to_owned(), Blob::Unread("it is no regular file".to_owned()))),
        }
    }
    let ids: String = wanted.iter().map(|(_, id)| format!("{id}\n")).collect();
    let blobs = git.run(&["cat-file", "--batch"], Some(ids)).map_err(|said| failed(commit, &said))?;
    let mut blobs = blobs.as_slice();
    for (path, _) in wanted {
        let blob = match next_blob(&mut blobs) {
            Some(text) => Blob::Text(text.into()),
            None => Blob::Unread("git has no UTF-8 text for it".to_owned()),
        };
        files.insert(path, blob);
    }
    Ok(Tree { name: commit.to_owned(), root, files })
}

/// The next object of `git cat-file --batch`: `ID blob SIZE`, a line feed, the bytes, a line feed.
fn next_blob(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (head, body) = (rest.get(..end)?, rest.get(end + 1..)?);
    let head = String::from_utf8_lossy(head);
    let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()).filter(|_| head.contains(" blob "));
    let Some(size) = size else {
        // `ID missing`: there are no bytes.
        *rest = body;
        return None;
    };
    let bytes = body.get(..size);
    *rest = body.get(size + 1..).unwrap_or_default();
    String::from_utf8(bytes?.to_vec()).ok()
}

struct Git<'a> {
    directory: &'a Utf8Path,
}

impl Git<'_> {
    fn text(&self, args: &[&str]) -> Result<String, String> {
        self.run(args, None).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What git writes; what it says where it fails.
    fn run(&self, args: &[&str], input: Option<String>) -> Result<Vec<u8>, String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.directory.as_str()).args(args);
        // Nothing is fetched, asked for, or written.
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the program `git` could not be run: {error}"))?;
        // Written beside reading: git answers while it is asked.
        let writer = child.stdin.take().zip(input).map(|(mut stdin, input)| {
            std::thread::spawn(move || {
                // Where git has gone, its exit code says why.
                let _ = stdin.write_all(input.as_bytes());
            })
        });
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        if let Some(writer) = writer {
            // It cannot panic.
            let _ = writer.join();
        }
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.lines().next().unwrap_or("git gave no reason").to_owned())
    }
}

fn no_repository(directory: &Utf8Path, said: &str) -> Problem {
    Problem::new(ProblemCode::Unreadable, format!("`{directory}` is in no git repository that can be read: {said}"))
        .help("compare with a directory instead: `--base-source DIR`")
}

fn no_commit(commit: &str, said: &str) -> Problem {
    let said = if said == "git gave no reason" { String::new() } else { format!(": {said}") };
    Problem::new(ProblemCode::Unreadable, format!("the repository has no commit `{commit}`{said}")).help(
        "CI systems fetch the last commit alone: fetch the other one first (`git fetch --depth=1 origin main`, then `--base FETCH_HEAD`), or the whole history",
    )
}

fn failed(commit: &str, said: &str) -> Problem {
    Problem::new(ProblemCode::Unreadable, format!("git could not read the files of `{commit}`: {said}"))
        .help("fetch the commit with its files: a partial clone lacks them")
}
