//! `plangate lint`: outputs, levels, exit codes, and the pages of lints.

use std::collections::BTreeSet;
use std::path::Path;

use plangate::lint::ALL;
use plangate::report::lint as pages;
use plangate::workspace;
use serde_json::Value;

use crate::harness::{Ran, package, plangate, setup};

const TYPO: &str = "package main\n\ndeny contains msg if {\n    some rc in input.resource_changes\n    \
                    rc.chnage.actions[_] == \"delete\"\n    msg := sprintf(\"%v\", [rc.change.before])\n}\n";
const WARNING: &str = "package main\n\ndeny contains rc.address if {\n    some rc in input.resource_changes\n    \
                       rc.change.after.public == true\n}\n";
const CLEAN: &str = "package main\n\ndeny contains rc.address if {\n    some rc in input.resource_changes\n    \
                     \"delete\" in rc.change.actions\n}\n";

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn lint(directory: &Path, args: &[&str]) -> Ran {
    plangate().dir(directory).args(["lint"].into_iter().chain(args.iter().copied())).run()
}

#[test]
fn findings_are_shown_under_their_source() {
    let everything = ALL.iter().enumerate().map(|(index, lint)| {
        let package = lint.id.replace('-', "_");
        (format!("policy/{index}.rego"), format!("package {package}\n\n{}", lint.bad))
    });
    let files: Vec<(String, String)> = everything.collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let directory = repository(&files);
    let ran = lint(directory.path(), &[]);
    ran.exits(1);
    snapbox::assert_data_eq!(ran.stdout.clone(), snapbox::file!["snapshots/lint.txt"]);
    assert_eq!(ran.stdout, lint(directory.path(), &["--threads", "1"]).stdout);
}

#[test]
fn exit_codes() {
    let directory = repository(&[
        ("policy/a.rego", CLEAN),
        ("warning/a.rego", WARNING),
        ("error/a.rego", TYPO),
        ("broken/a.rego", "package main\n\ndeny contains 1 if no_such(1)\n"),
        ("empty/readme.md", ""),
    ]);
    let run = |args: &[&str]| lint(directory.path(), args);
    run(&[]).exits(0).says("No lint found anything.");
    run(&["-D"]).exits(0);
    run(&["warning"]).exits(0).says("0 errors, 1 warning.");
    run(&["warning", "-D"]).exits(1);
    run(&["warning/a.rego", "--deny-warnings"]).exits(1);
    run(&["error"]).exits(1).says("did you mean `change`?");
    run(&["broken"]).exits(2).says("no function `no_such`");
    run(&["empty"]).exits(2).says("there is no policy to lint");
    run(&["absent"]).exits(2).says("does not exist");
    let none = repository(&[]);
    lint(none.path(), &[]).exits(2).says("there is no policy to lint");
}

#[test]
fn a_file_without_any_rule_can_be_linted() {
    let denny = CLEAN.replace("deny", "denny");
    let directory = repository(&[("policy/a.rego", denny.as_str())]);
    lint(directory.path(), &[]).exits(1).says("did you mean `deny`?");
}

#[test]
fn levels_of_the_configuration() {
    let config = "[lint]\nunknown-field = \"off\"\nprints-sensitive = \"error\"\n";
    let directory = repository(&[("policy/a.rego", TYPO), ("plangate.toml", config)]);
    lint(directory.path(), &[]).exits(1).says("1 error, 0 warnings").hides("unknown-field");
    let write = |text: &str| std::fs::write(directory.path().join("plangate.toml"), text).unwrap();
    write("[lint]\nunknown_field = \"off\"\n");
    lint(directory.path(), &[]).exits(0).says("0 errors, 1 warning");
    write("[lint]\nunknown_field = \"off\"\nunknown-field = \"off\"\n");
    lint(directory.path(), &[]).exits(2).says("names `unknown-field` twice");
    write("[lint]\nunknown-fields = \"off\"\n");
    lint(directory.path(), &[]).exits(2).says("no lint is called").says("did you mean `unknown-field`?");
    write("[lint]\nunknown-field = \"deny\"\n");
    lint(directory.path(), &[]).exits(2).says("it takes `off`, `warn` or `error`");
}

#[test]
fn a_check_refuses_a_lint_that_is_not_there_too() {
    let directory = repository(&[("plangate.toml", "[lint]\nunknown-feild = \"off\"\n")]);
    let problems = workspace::open(&setup(directory.path().to_str().unwrap())).unwrap_err();
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `unknown-field`?"));
}

#[test]
fn types_of_the_repositorys_catalogue_are_known() {
    let policy = CLEAN.replace("\"delete\" in", "rc.type == \"aws_s3_buckets\"\n    \"delete\" in");
    let directory = repository(&[("policy/a.rego", policy.as_str())]);
    lint(directory.path(), &[]).exits(1).says("did you mean `aws_s3_bucket`?");
    let config = "[[catalog]]\ntype = \"aws_s3_buckets\"\nclass = \"database\"\nseverity = \"high\"\ndefault = \"deny\"\n\
                  loses = \"everything\"\nrecover = \"no\"\nreason = \"ours\"\n";
    std::fs::write(directory.path().join("plangate.toml"), config).unwrap();
    lint(directory.path(), &[]).exits(0);
}

#[test]
fn json_says_where() {
    let directory = repository(&[("policy/a.rego", TYPO)]);
    let ran = lint(directory.path(), &["-o", "json"]);
    let report: Value = serde_json::from_str(&ran.exits(1).stdout).unwrap();
    assert_eq!(report["schema"], "plangate/lint/v1-draft");
    assert_eq!((&report["errors"], &report["warnings"]), (&1.into(), &1.into()));
    let first = &report["findings"][0];
    assert_eq!(first["lint"], "unknown-field");
    assert_eq!(first["file"], "policy/a.rego");
    let place: Vec<u64> =
        ["line", "column", "end_line", "end_column"].iter().map(|key| first[key].as_u64().unwrap()).collect();
    assert_eq!(place, [5, 8, 5, 14]);
}

/// Compares a generated file with the disk; `UPDATE=1` rewrites it.
fn is_current(path: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(package(path), text).unwrap();
    }
    let on_disk = std::fs::read_to_string(package(path)).unwrap_or_default();
    assert!(on_disk == text, "{path} is stale: run `UPDATE=1 cargo test`");
}

#[test]
fn every_lint_has_its_page_and_no_page_is_left_over() {
    let mut names = BTreeSet::new();
    for lint in ALL {
        let name = format!("{}.md", lint.id);
        is_current(&format!("docs/lints/{name}"), &pages::markdown(lint));
        names.insert(name);
    }
    let on_disk = std::fs::read_dir(package("docs/lints")).unwrap();
    let on_disk: BTreeSet<String> = on_disk.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(on_disk, names);
    let text = std::fs::read_to_string(package("docs/lint.md")).unwrap();
    let marks = ("UPDATE=1 cargo test -->\n\n", "\n<!-- end -->");
    let (before, rest) = text.split_once(marks.0).expect("the table");
    let (_, after) = rest.split_once(marks.1).expect("the end of the table");
    let table = pages::markdown_table(&ALL, |lint| format!("lints/{}.md", lint.id));
    is_current("docs/lint.md", &format!("{before}{}{table}{}{after}", marks.0, marks.1));
}
