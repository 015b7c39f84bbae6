//! Finds the policy sets of a repository, and the files they list.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{MAX_TEXT_BYTES, PolicyPath, is_test};
use crate::io;
use crate::policy::entry::EntryPoint;
use crate::policy::set::{self, HCP_FILES, SCALR_FILE, ScalrPolicy};
use crate::problem::{Problem, ProblemCode};

/// What the policy sets of a repository say.
#[derive(Default)]
pub(super) struct Sets {
    /// The rules that are asked, with their levels.
    pub(super) entry_points: Vec<EntryPoint>,
    /// Files of Scalr's policies, by their canonical path.
    pub(super) scalr: BTreeMap<Utf8PathBuf, ScalrPolicy>,
    /// Remarks for the report.
    pub(super) notes: Vec<String>,
}

/// Reads the sets at and below the directories policies are loaded from.
pub(super) fn read(paths: &[PolicyPath<'_>]) -> Result<Sets, Vec<Problem>> {
    let mut sets = Sets::default();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for directory in paths.iter().map(|path| path.path).filter(|path| path.is_dir()) {
        if let Err(found) = sets.hcp(directory, &mut seen) {
            problems.extend(found);
        }
        if let Err(found) = sets.scalr(directory, &mut seen) {
            problems.extend(found);
        }
    }
    if problems.is_empty() { Ok(sets) } else { Err(problems) }
}

impl Sets {
    fn hcp(&mut self, directory: &Utf8Path, seen: &mut BTreeSet<Utf8PathBuf>) -> Result<(), Vec<Problem>> {
        let files: Vec<Utf8PathBuf> =
            HCP_FILES.iter().map(|name| super::normal(&directory.join(name))).filter(|path| io::exists(path)).collect();
        let mut found = Vec::new();
        for path in files.iter().filter(|path| seen.insert(io::canonical(path))) {
            let file = io::read_text(path, MAX_TEXT_BYTES).map_err(|problem| vec![problem])?;
            match set::hcp(&file)? {
                Some(entries) => {
                    self.notes.push(format!("{path} sets the levels of {}", crate::text::count(entries.len(), "rule")));
                    self.entry_points.extend(entries);
                    found.push(path);
                }
                None => self.notes.push(format!("{path} has no `policy` and is not taken for a policy set")),
            }
        }
        if let [first, second, ..] = found.as_slice() {
            let message = format!("`{first}` and `{second}` both list policies");
            return Err(vec![Problem::new(ProblemCode::Config, message).help("keep one of the two")]);
        }
        Ok(())
    }

    fn scalr(&mut self, directory: &Utf8Path, seen: &mut BTreeSet<Utf8PathBuf>) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let files = io::files_under(directory, &["hcl"]).map_err(|problem| vec![problem])?;
        for path in files.iter().filter(|path| path.file_name() == Some(SCALR_FILE)) {
            if !seen.insert(io::canonical(path)) {
                continue;
            }
            let file = io::read_text(path, MAX_TEXT_BYTES).map_err(|problem| vec![problem])?;
            for policy in set::scalr(&file)? {
                match files_of(path.parent().unwrap_or(Utf8Path::new("")), &policy) {
                    Ok(files) => self.list(path, &policy, &files),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn list(&mut self, path: &Utf8Path, policy: &ScalrPolicy, files: &[Utf8PathBuf]) {
        if policy.enabled {
            self.entry_points.push(set::scalr_entry(policy));
        } else {
            self.notes.push(format!("the policy `{}` is not run: {} disables it", policy.name, super::normal(path)));
        }
        self.scalr.extend(files.iter().map(|file| (io::canonical(file), policy.clone())));
    }
}

/// The files of a policy with its tests: the one of its name, those of a directory of its name beside the list, or those beside a list
/// that is in such a directory.
fn files_of(directory: &Utf8Path, policy: &ScalrPolicy) -> Result<Vec<Utf8PathBuf>, Problem> {
    let (file, below) = (directory.join(format!("{}.rego", policy.name)), directory.join(&policy.name));
    let files = if file.is_file() {
        let tests = ["_test", ".test"].map(|suffix| directory.join(format!("{}{suffix}.rego", policy.name)));
        [file].into_iter().chain(tests.into_iter().filter(|test| test.is_file())).collect()
    } else if below.is_dir() {
        io::files_under(&below, &["rego"])?
    } else if io::canonical(directory).file_name() == Some(&policy.name) {
        let files = io::files_under(directory, &["rego"])?;
        files.into_iter().filter(|file| file.parent() == Some(directory)).collect()
    } else {
        Vec::new()
    };
    // A path that is judged brings no tests; they see the policy only from its package.
    if files.iter().all(|file| is_test(file)) {
        let message = format!("the policy `{}` has no file `{}.rego` beside the list", policy.name, policy.name);
        return Err(Problem::new(ProblemCode::Config, message)
            .at(&policy.place.file, policy.place.span, "listed here")
            .help(
                "a policy of Scalr is named like its file or directory: add it, or take the policy out of the list",
            ));
    }
    Ok(files)
}
