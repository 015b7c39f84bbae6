//! Data that lies beside tests: JSON and YAML below the paths of a test run, each at the path of its directory, as `opa test`
//! loads them.
//!
//! Only what policies name and nothing else provides is looked for: a repository has many documents that are no data.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::suite::CASES;
use super::{MAX_TEXT_BYTES, normal};
use crate::data::Data;
use crate::io;
use crate::policy::{PolicyFile, conventions};
use crate::problem::Problem;
use crate::rego;

/// Adds to `data` what lies below these directories.
///
/// # Errors
/// Documents that cannot be read or merged.
pub(super) fn add(data: &mut Data, files: &[PolicyFile], directories: &[&Utf8Path]) -> Result<(), Vec<Problem>> {
    let wanted = wanted(data, files);
    if wanted.is_empty() {
        return Ok(());
    }
    let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
    for directory in directories.iter().filter(|path| path.is_dir() && seen.insert(io::canonical(path))) {
        let found = match io::files_under(directory, &["json", "yaml", "yml"]) {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for file in found.iter().map(|file| normal(file)).filter(|file| !is_case(file)) {
            problems.extend(add_file(data, directory, &file, &wanted).err());
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The names below `data` that the files refer to, and neither a package nor other data has.
fn wanted(data: &Data, files: &[PolicyFile]) -> BTreeSet<String> {
    let packages: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| conventions::package_line(file.file.text())?.0.split(['.', '[']).next())
        .collect();
    let named = files.iter().flat_map(|file| rego::names_below_data(file.file.text()));
    named.filter(|name| !packages.contains(name.as_str()) && data.get(std::slice::from_ref(name)).is_none()).collect()
}

/// Whether it is a test by itself. Mocks may be both.
fn is_case(file: &Utf8Path) -> bool {
    file.parent().is_some_and(|parent| parent.file_name() == Some(CASES))
}

fn add_file(data: &mut Data, root: &Utf8Path, path: &Utf8Path, wanted: &BTreeSet<String>) -> Result<(), Problem> {
    let below = path.strip_prefix(normal(root)).ok().and_then(Utf8Path::parent).map(Utf8PathBuf::from);
    let steps: Vec<String> = below.unwrap_or_default().components().map(|step| step.as_str().to_owned()).collect();
    if steps.first().is_some_and(|first| !wanted.contains(first)) {
        return Ok(());
    }
    data.add_named(&steps, &io::read_text(path, MAX_TEXT_BYTES)?, wanted)
}
