//! Who may import whom, as ARCHITECTURE.md tables it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::harness::package;

/// The rows of the table in ARCHITECTURE.md: module → modules it may use.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(package("ARCHITECTURE.md")).unwrap();
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let module = cells[0].split('`').nth(1).unwrap().to_owned();
        let mut allowed: BTreeSet<String> = words(cells[2]);
        if cells[2].starts_with("all above") {
            let excepted = cells[2].split_once(" but ").map(|(_, names)| words(names)).unwrap_or_default();
            allowed = table.keys().filter(|name| !excepted.contains(*name)).cloned().collect();
        }
        table.insert(module, allowed);
    }
    table
}

fn words(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|word| word.trim().trim_matches('`').to_owned()).filter(|word| !word.is_empty()).collect()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Source files with the top-level module they belong to.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = package("src");
    files(&src)
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&src).unwrap();
            let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (module, below.to_owned(), text)
        })
        .filter(|(module, ..)| !matches!(module.as_str(), "lib" | "main"))
        .collect()
}

/// The first path segments (two for `plan::…`) after each `crate::`.
fn uses(text: &str) -> BTreeSet<(String, String)> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
            let mut segments = rest[..end].split("::");
            (segments.next().unwrap().to_owned(), segments.next().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table();
    let mut wrong = Vec::new();
    for (module, path, text) in modules().into_iter().filter(|(module, ..)| module != "cli") {
        let allowed = table.get(&module).unwrap_or_else(|| panic!("`{module}` has no row in ARCHITECTURE.md"));
        for (used, part) in uses(&text) {
            if used != module && !allowed.contains(&used) && !allowed.contains(&format!("{used}::{part}")) {
                wrong.push(format!("{}: crate::{used}::{part}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn third_parties_are_confined_to_their_layer() {
    let confined = [
        ("regorus", vec!["rego"]),
        ("clap", vec!["cli"]),
        ("rustix", vec!["cli"]),
        ("quick_xml", vec!["report"]),
        ("csv::", vec!["report"]),
        ("hmac::", vec!["report"]),
        ("miette", vec!["source", "problem", "report"]),
        ("flate2", vec!["plan", "selection"]),
        ("tar::", vec!["selection"]),
        ("alphanumeric_sort", vec!["selection"]),
        ("indicatif", vec!["cli"]),
        ("hcl_edit", vec!["policy", "plan"]),
        ("toml::", vec!["toml_file", "config", "overlay", "waiver"]),
        ("std::fs", vec!["io", "cli"]),
        ("std::env::", vec!["cli"]),
        ("process::Command", vec!["cli"]),
        ("SystemTime", vec!["cli"]),
        ("Instant", vec!["rego"]),
        ("print!", vec!["cli"]),
        ("println!", vec!["cli"]),
    ];
    let mut wrong = Vec::new();
    for (module, path, text) in modules() {
        let is_test = path.components().any(|part| part.as_os_str().to_str().unwrap().starts_with("tests"));
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (token, homes) in &confined {
                let used = line.match_indices(token).any(|(at, _)| {
                    at == 0 || !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '.')
                });
                if used && !homes.contains(&module.as_str()) && !is_test {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
