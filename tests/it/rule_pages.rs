//! The pages of docs/rules say what the rules say of themselves and what their cases show; docs/exit-codes.md says what
//! the problem codes say. `UPDATE=1 cargo test` rewrites both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use plangate::gate::Stages;
use plangate::plan::completeness::Expect;
use plangate::policy::{Origin, Rule};
use plangate::problem::ProblemCode;
use plangate::report::rule_page::{self, Cases, RulePage};
use serde_json::{Map, Value};

use camino::Utf8PathBuf;
use plangate::sources::{self, Given};

use crate::harness::{built_in, judge, package};

const PAGES: &str = "docs/rules";

/// The stages in which every rule has something to say.
fn stages() -> Stages {
    let mut stages = built_in();
    stages.expect = Expect::Ordinary;
    let limits = &mut stages.eval.input.limits;
    (limits.destroyed, limits.replaced, limits.changed) = (Some(10), Some(3), Some(20));
    stages
}

/// `deny_with_warning_read_replica` → `with warning read replica`.
fn words(case: &str) -> String {
    let name = case.strip_prefix("deny_").or_else(|| case.strip_prefix("allow_")).unwrap_or(case);
    name.replace('_', " ")
}

fn cases(stages: &Stages, rule: &Rule) -> Cases {
    let directory = package("policies").join(rule.id.as_str()).join("cases");
    if rule.origin == Origin::Native {
        return Cases::default();
    }
    let expected = std::fs::read(directory.join("expected.json")).unwrap_or_else(|_| panic!("{}: no cases", rule.id));
    let expected: Map<String, Value> = serde_json::from_slice(&expected).unwrap();
    let (fires, silent): (Vec<&String>, Vec<&String>) = expected.keys().partition(|case| case.starts_with("deny_"));
    let example = fires.first().map(|case| {
        let bytes = std::fs::read(directory.join(format!("{case}.json"))).unwrap();
        let beside = |kind: &str| Utf8PathBuf::from(format!("policies/{}/cases/{case}.{kind}", rule.id));
        let given = beside("source").exists().then(|| {
            let now = sources::read(&beside("source")).unwrap();
            let base = beside("base").exists().then(|| sources::read_base(&beside("base"), &now).unwrap());
            Arc::new(Given { now, base })
        });
        let report = judge(&Stages { sources: given, ..stages.clone() }, &[(case, bytes)]);
        let finding = report.plans[0].findings.iter().find(|finding| finding.rule == rule.id).unwrap();
        let message = finding.message.replace(&format!("{}/", beside("source")), "");
        let message = message.replace(&format!("{}/", beside("base")), "main:");
        format!("{} {}: {message}", finding.level, finding.rule)
    });
    Cases {
        fires: fires.into_iter().map(|case| words(case)).collect(),
        silent: silent.into_iter().map(|case| words(case)).collect(),
        example,
        link: Some(format!("../../../policies/{}/policy.rego", rule.id)),
    }
}

/// Every page by its path below docs/rules.
fn pages() -> BTreeMap<String, String> {
    let stages = stages();
    let rules: Vec<&Rule> = stages.policies.rules().iter().filter(|rule| rule.origin.is_shipped()).collect();
    let mut pages: BTreeMap<String, String> = rules
        .iter()
        .map(|rule| {
            let cases = cases(&stages, rule);
            let page = RulePage { rule, source: &[], cases: &cases };
            (format!("{}.md", rule.id), rule_page::markdown(&page))
        })
        .collect();
    pages.insert(
        "README.md".to_owned(),
        rule_page::markdown_index(
            "Built-in rules",
            "`plangate rules` lists those in force, `plangate explain RULE` prints a page.",
            &rules,
            |rule| format!("{}.md", rule.id),
        ),
    );
    pages
}

fn files(directory: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, root, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn pages_of_rules_are_current_and_no_page_is_left_over() {
    let root = package(PAGES);
    let pages = pages();
    let mut on_disk = BTreeMap::new();
    files(&root, &root, &mut on_disk);
    if std::env::var_os("UPDATE").is_some() {
        for name in on_disk.keys().filter(|name| !pages.contains_key(*name)) {
            std::fs::remove_file(root.join(name)).unwrap();
        }
        for (name, text) in &pages {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), text).unwrap();
        }
        on_disk.clone_from(&pages);
    }
    let left_over: Vec<&String> = on_disk.keys().filter(|name| !pages.contains_key(*name)).collect();
    assert!(left_over.is_empty(), "{PAGES}: no rule has these pages: {left_over:?}; run `UPDATE=1 cargo test`");
    for (name, text) in &pages {
        assert!(on_disk.get(name) == Some(text), "{PAGES}/{name} is stale: run `UPDATE=1 cargo test`");
    }
}

#[test]
fn every_shipped_rule_says_what_it_is_and_what_to_do() {
    for rule in built_in().policies.rules() {
        let meta = &rule.meta;
        for (what, text) in [("title", &meta.title), ("description", &meta.description), ("help", &meta.help)] {
            let length = text.as_deref().map_or(0, |text| text.trim().len());
            assert!(length > 10, "{}: METADATA has no {what} worth reading", rule.id);
        }
    }
}

/// A page holds text of files and must not let it become markup.
#[test]
fn what_a_rule_says_is_no_markup_on_its_page() {
    let mut rule = built_in().policies.rules()[0].clone();
    rule.meta.title = Some("<img src=x> [a](b) # *c*".to_owned());
    rule.meta.description = Some("kept: `code_with_underscore`, not kept: a_b \u{202e}".to_owned());
    let cases = Cases { example: Some("```\n# out of the fence".to_owned()), ..Cases::default() };
    let page = rule_page::markdown(&RulePage { rule: &rule, source: &[], cases: &cases });
    assert!(page.starts_with("# \\<img src=x\\> \\[a\\](b) \\# \\*c\\*\n"), "{page}");
    assert!(page.contains("`code_with_underscore`, not kept: a\\_b \\\\u{202e}"), "{page}");
    assert_eq!(page.matches("```").count() % 2, 0, "{page}");
}

#[test]
fn exit_codes_are_documented_as_the_program_explains_them() {
    let path = package("docs/exit-codes.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, _) = text.split_once("| code | what happened |").expect("the table of problems");
    let mut current = format!("{before}| code | what happened | what to do |\n|---|---|---|\n");
    for code in ProblemCode::ALL {
        writeln!(current, "| `{}` | {} | {} |", code.as_str(), code.meaning(), code.advice()).unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
        return;
    }
    assert!(text == current, "docs/exit-codes.md is stale: run `UPDATE=1 cargo test`");
}
