//! What packages of the program say agrees: Cargo.toml, pyproject.toml, the release workflow, pages.

use serde_json::Value;

use crate::harness::package;

fn text(path: &str) -> String {
    std::fs::read_to_string(package(path)).unwrap()
}

fn toml_file(path: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(&text(path)).unwrap()).unwrap()
}

#[test]
fn the_wheel_says_what_the_crate_says() {
    let (cargo, python) = (toml_file("Cargo.toml"), toml_file("pyproject.toml"));
    for key in ["name", "description", "license", "keywords", "readme"] {
        assert_eq!(cargo["package"][key], python["project"][key], "{key}");
    }
    assert_eq!(python["project"]["dynamic"], serde_json::json!(["version"]));
}

/// `cargo binstall` finds an archive for each target the workflow builds for, under the name `.ci/archive.py` gives it.
#[test]
fn binstall_asks_for_what_a_release_has() {
    let binstall = toml_file("Cargo.toml")["package"]["metadata"]["binstall"].take();
    let workflow: Value = yaml_serde::from_str(&text(".github/workflows/release.yml")).unwrap();
    let targets: Vec<&str> = workflow["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["target"].as_str().unwrap())
        .collect();
    assert!(targets.len() > 5, "{targets:?}");
    for target in targets {
        let own = &binstall["overrides"][target];
        let format = own["pkg-fmt"].as_str().or(binstall["pkg-fmt"].as_str()).unwrap();
        let url = own["pkg-url"].as_str().or(binstall["pkg-url"].as_str()).unwrap();
        let (expected, ending) = if target.contains("windows") { ("zip", ".zip") } else { ("tgz", ".tar.gz") };
        assert_eq!(format, expected, "{target}");
        assert_eq!(
            url,
            format!("{{ repo }}/releases/download/v{{ version }}/{{ name }}-v{{ version }}-{{ target }}{ending}")
        );
    }
    let overridden: Vec<&String> = binstall["overrides"].as_object().unwrap().keys().collect();
    assert!(overridden.iter().all(|target| target.contains("windows")), "{overridden:?}");
}

/// Until the repository has an address, pages say `OWNER/plangate`; afterwards none does.
#[test]
fn pages_name_the_repository_where_it_is_known() {
    let repository = toml_file("Cargo.toml")["package"]["repository"].take();
    let mut holders = 0;
    for path in ["README.md", "docs/ci/github.md", "docs/ci/gitlab.md", "docs/ci/pre-commit.md"] {
        holders += text(path).matches("OWNER/plangate").count();
    }
    assert_eq!(holders == 0, repository.is_string(), "{holders} placeholders, repository is {repository}");
}
