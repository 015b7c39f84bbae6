//! The policies that ship with the program, embedded.
//!
//! Must not look into them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::Problem;
use crate::rego::{self, Dialect, Known, Module};
use crate::source::SourceFile;

/// Path under `policies/` and text of every built-in module, sorted by path.
pub const MODULES: &[(&str, &str)] = &[
    ("blast-radius/size/policy.rego", include_str!("../../policies/blast-radius/size/policy.rego")),
    ("discovery/destroyed/policy.rego", include_str!("../../policies/discovery/destroyed/policy.rego")),
    ("discovery/renamed/policy.rego", include_str!("../../policies/discovery/renamed/policy.rego")),
    ("lib/change.rego", include_str!("../../policies/lib/change.rego")),
    ("lib/links.rego", include_str!("../../policies/lib/links.rego")),
    ("lib/references.rego", include_str!("../../policies/lib/references.rego")),
    ("lib/risk.rego", include_str!("../../policies/lib/risk.rego")),
    ("lib/stateful.rego", include_str!("../../policies/lib/stateful.rego")),
    ("plan/destroy-provisioner/policy.rego", include_str!("../../policies/plan/destroy-provisioner/policy.rego")),
    ("plan/stale-by-drift/policy.rego", include_str!("../../policies/plan/stale-by-drift/policy.rego")),
    (
        "protection/expiry-introduced/policy.rego",
        include_str!("../../policies/protection/expiry-introduced/policy.rego"),
    ),
    ("protection/exposure-widened/policy.rego", include_str!("../../policies/protection/exposure-widened/policy.rego")),
    ("protection/guard-disabled/policy.rego", include_str!("../../policies/protection/guard-disabled/policy.rego")),
    ("protection/guard-removed/policy.rego", include_str!("../../policies/protection/guard-removed/policy.rego")),
    ("protection/key-destroyed/policy.rego", include_str!("../../policies/protection/key-destroyed/policy.rego")),
    (
        "protection/prevent-destroy-removed/policy.rego",
        include_str!("../../policies/protection/prevent-destroy-removed/policy.rego"),
    ),
    ("protection/provider-changed/policy.rego", include_str!("../../policies/protection/provider-changed/policy.rego")),
    (
        "protection/retention-reduced/policy.rego",
        include_str!("../../policies/protection/retention-reduced/policy.rego"),
    ),
    ("review/attribute-changed/policy.rego", include_str!("../../policies/review/attribute-changed/policy.rego")),
    ("stateful/collateral-loss/policy.rego", include_str!("../../policies/stateful/collateral-loss/policy.rego")),
    ("stateful/create-overwrites/policy.rego", include_str!("../../policies/stateful/create-overwrites/policy.rego")),
    ("stateful/deposed/policy.rego", include_str!("../../policies/stateful/deposed/policy.rego")),
    ("stateful/destroy-catalogued/policy.rego", include_str!("../../policies/stateful/destroy-catalogued/policy.rego")),
    ("stateful/destroy-data-store/policy.rego", include_str!("../../policies/stateful/destroy-data-store/policy.rego")),
    ("stateful/forget-data-store/policy.rego", include_str!("../../policies/stateful/forget-data-store/policy.rego")),
    ("stateful/hidden-destroy/policy.rego", include_str!("../../policies/stateful/hidden-destroy/policy.rego")),
    ("stateful/in-place-loss/policy.rego", include_str!("../../policies/stateful/in-place-loss/policy.rego")),
    ("stateful/mass-destruction/policy.rego", include_str!("../../policies/stateful/mass-destruction/policy.rego")),
    (
        "stateful/move-or-import-then-destroy/policy.rego",
        include_str!("../../policies/stateful/move-or-import-then-destroy/policy.rego"),
    ),
    (
        "stateful/recreated-after-loss/policy.rego",
        include_str!("../../policies/stateful/recreated-after-loss/policy.rego"),
    ),
    (
        "stateful/uncatalogued-destroy/policy.rego",
        include_str!("../../policies/stateful/uncatalogued-destroy/policy.rego"),
    ),
];

/// What loading finds out about them, so that a run need not: generated.
const NOTES: &str = include_str!("../../policies/notes.json");

/// What loading finds out about each module, by the name of its file.
///
/// # Errors
/// None in practice: a test reads them.
pub(super) fn notes() -> Result<Notes, Problem> {
    serde_json::from_str(NOTES).map_err(rego::unreadable_notes)
}

type Notes = BTreeMap<String, Arc<Known>>;

/// The modules, each with what is known of it.
pub(super) fn modules(mut notes: Notes) -> Vec<Module> {
    let module = |(path, text): &(&str, &str)| {
        let name = format!("built-in:{path}");
        let known = notes.remove(&name);
        Module { file: SourceFile::new(name, *text), dialect: Dialect::V1, trusted: true, known }
    };
    MODULES.iter().map(module).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::rego::{Limits, Program};

    fn rego_files(directory: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rego_files(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rego") {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn modules_are_the_files_on_disk() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut on_disk = Vec::new();
        rego_files(&root, &root, &mut on_disk);
        on_disk.sort();
        assert_eq!(MODULES.iter().map(|(path, _)| *path).collect::<Vec<_>>(), on_disk);
    }

    /// `UPDATE=1 cargo test` rewrites the file.
    #[test]
    fn notes_are_what_loading_finds_out() {
        let limits = Limits {
            load: Duration::from_secs(10),
            rule: Duration::from_secs(10),
            max_items: 1000,
            max_bytes: 1 << 20,
            threads: 2,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let program = Program::load(modules(Notes::new()), &limits).unwrap();
        let line = |(name, known)| format!("{}: {}", json!(name), serde_json::to_string(&known).unwrap());
        let lines: Vec<String> = program.notes().into_iter().map(line).collect();
        let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/notes.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let on_disk = std::fs::read_to_string(path).unwrap_or_default();
        assert!(on_disk == text, "stale: run `UPDATE=1 cargo test`");

        let noted = Program::load(modules(serde_json::from_str(&text).unwrap()), &limits).unwrap();
        assert_eq!(noted.engine_texts(), program.engine_texts());
        assert_eq!(format!("{:?}", noted.modules()), format!("{:?}", program.modules()));
    }

    #[test]
    fn a_rule_is_a_directory_whose_package_and_id_are_its_path() {
        for (path, text) in MODULES.iter().filter(|(path, _)| !path.starts_with("lib/")) {
            let id = path.strip_suffix("/policy.rego").expect(path);
            let package = format!("package plangate.{}\n", id.replace('/', ".").replace('-', "_"));
            assert!(text.starts_with(&package), "{path}");
            assert!(text.contains(&format!("#   id: {id}\n")), "{path}: METADATA without its id");
        }
    }

    #[test]
    fn every_rule_has_cases_that_fire_and_cases_that_do_not() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        for (path, _) in MODULES.iter().filter(|(path, _)| !path.starts_with("lib/")) {
            let cases = root.join(path).with_file_name("cases");
            let expected = std::fs::read_to_string(cases.join("expected.json")).expect(path);
            let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&expected).unwrap();
            let mut on_disk: Vec<String> = std::fs::read_dir(&cases)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
                .filter(|name| name != "expected")
                .collect();
            on_disk.sort();
            assert_eq!(expected.keys().collect::<Vec<_>>(), on_disk.iter().collect::<Vec<_>>(), "{path}");
            for (name, findings) in &expected {
                let fires = findings.as_array().is_some_and(|findings| !findings.is_empty());
                assert!(name.starts_with(if fires { "deny_" } else { "allow_" }), "{path}: {name}");
            }
            assert!(on_disk.iter().any(|name| name.starts_with("allow_")), "{path}: no case that it lets through");
            assert!(on_disk.iter().any(|name| name.starts_with("deny_")), "{path}: no case in which it fires");
        }
    }
}
