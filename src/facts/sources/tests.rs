use std::sync::Arc;

use super::*;
use crate::facts::{self, Certainty};
use crate::plan::hcl::{Snapshot, SnapshotModule, configuration};
use crate::plan::json::Names;

/// A root module of one file, and modules by key.
fn sources(files: &[(&str, &str)]) -> Sources {
    let module = |(key, text): &(&str, &str)| SnapshotModule {
        key: (*key).to_owned(),
        dir: if key.is_empty() { ".".to_owned() } else { (*key).to_owned() },
        files: vec![("main.tf".to_owned(), Arc::from(*text))],
    };
    Sources::of(&Snapshot { modules: files.iter().map(module).collect() })
}

fn plan(changes: &str) -> Plan {
    facts::testing::plan(&format!(r#"{{"resource_changes": [{changes}]}}"#))
}

fn derived(plan: &Plan, now: &Sources, base: Option<&Sources>) -> Facts {
    let mut facts = facts::derive(plan, Catalog::builtin()).unwrap();
    attach(&mut facts, plan, now, base, Catalog::builtin()).unwrap();
    facts
}

#[track_caller]
fn gap(facts: &Facts, base: bool, words: &str) {
    let gaps = &facts.sources.as_ref().unwrap().gaps;
    assert!(gaps.iter().any(|gap| gap.base == base && gap.message.contains(words)), "{gaps:#?}");
}

const DELETED: &str =
    r#"{"address": "t.a", "type": "t", "change": {"actions": ["delete"], "before": {}, "after": null}}"#;
const REPLACED: &str =
    r#"{"address": "t.a", "type": "t", "change": {"actions": ["delete", "create"], "before": {}, "after": {}}}"#;
const GUARDED: &str = "resource \"t\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}";

#[test]
fn sources_of_another_plan_are_noticed() {
    let mut plan = plan("");
    let (now, other) = (sources(&[("", "resource \"t\" \"a\" {}")]), sources(&[("", "resource \"t\" \"b\" {}")]));
    plan.configuration = Some(configuration(&other, &Names::default()));
    gap(&derived(&plan, &now, None), false, "the plan has, and the sources have not t.b");
    plan.configuration = Some(configuration(&sources(&[("", "resource \"t\" \"a\" {}")]), &Names::default()));
    assert!(derived(&plan, &now, None).sources.unwrap().gaps.is_empty());
    let more = sources(&[("", "resource \"t\" \"a\" {}\nresource \"t\" \"c\" {}")]);
    gap(&derived(&plan, &more, None), false, "the sources have, and the plan has not t.c");
}

#[test]
fn a_plan_that_does_what_its_sources_forbid_is_noticed() {
    let now = sources(&[("", GUARDED)]);
    gap(&derived(&plan(REPLACED), &now, None), false, "forbids");
    let mut errored = plan(REPLACED);
    errored.errored = Some(true);
    assert!(derived(&errored, &now, None).sources.unwrap().gaps.is_empty(), "Terraform has said so itself");
}

#[test]
fn what_lies_in_an_unread_module_is_a_gap_where_it_is_destroyed() {
    let now = sources(&[("", "module \"m\" {\n source = \"x/y/z\"\n}")]);
    let inner = DELETED.replace("t.a", "module.m.t.a");
    let facts = derived(&plan(&inner), &now, None);
    gap(&facts, false, "module.m.t.a");
    assert_eq!(facts.changes[0].source.as_ref().unwrap().at, PlacedAt::ModuleCall);
    let updated = inner.replace("\"delete\"", "\"update\"").replace("\"after\": null", "\"after\": {}");
    assert!(derived(&plan(&updated), &now, None).sources.unwrap().gaps.is_empty());
}

#[test]
fn an_unread_file_before_is_a_gap_of_the_comparison() {
    let now = sources(&[("", "resource \"t\" \"b\" {}")]);
    let base = sources(&[("", "resource {{{")]);
    gap(&derived(&plan(DELETED), &now, Some(&base)), true, "whether the configuration before protected it");
    let now_unread = sources(&[("", "resource {{{")]);
    let facts = derived(&plan(DELETED), &now_unread, Some(&sources(&[("", GUARDED)])));
    gap(&facts, true, "whether it still is is not known");
    assert!(facts.changes[0].source.is_none());
}

#[test]
fn a_protection_is_followed_through_moves_of_blocks_and_modules() {
    let base = sources(&[("", "module \"m\" {\n source = \"./m\"\n}"), ("m", GUARDED)]);
    let moved = "moved {\n from = module.m\n to = module.n[\"k\"]\n}\nmodule \"n\" {\n source = \"./m\"\n}\n";
    let inner = "resource \"t\" \"b\" {\n}\nmoved {\n from = t.a\n to = t.b\n}";
    let facts = derived(&plan(""), &sources(&[("", moved), ("n", inner)]), Some(&base));
    let unprotected = facts.sources.unwrap().unprotected;
    assert_eq!(unprotected.len(), 1);
    let item = &unprotected[0];
    assert_eq!((item.address.as_str(), item.previous_address.as_deref()), ("module.n.t.b", Some("module.m.t.a")));
    assert_eq!((item.certainty, item.was.to_string()), (Certainty::Certain, "m/main.tf:3".to_owned()));
    assert_eq!(item.now.as_ref().map(ToString::to_string).as_deref(), Some("n/main.tf:1"));
    let circle = "moved {\n from = t.a\n to = t.b\n}\nmoved {\n from = t.b\n to = t.a\n}";
    assert_eq!(
        derived(&plan(""), &sources(&[("", circle)]), Some(&sources(&[("", GUARDED)])))
            .sources
            .unwrap()
            .unprotected
            .len(),
        1
    );
}

#[test]
fn what_a_change_runs_and_keeps_is_told() {
    let text = "resource \"t\" \"a\" {\n provisioner \"local-exec\" {\n  when = destroy\n }\n lifecycle {\n  replace_triggered_by = [t.b]\n }\n}";
    let now = sources(&[("", text)]);
    let source = |change: &str| derived(&plan(change), &now, None).changes[0].source.clone().unwrap();
    assert_eq!(source(DELETED).runs.len(), 1);
    assert_eq!(source(REPLACED).lifecycle.replace_triggered_by.unwrap().spot.position.line, 6);
    let created_first = REPLACED.replace(r#""delete", "create""#, r#""create", "delete""#);
    assert!(source(&created_first).runs.is_empty());
}
