//! Chains, losses and renames of real plans and of small ones.

use crate::catalog::Catalog;
use crate::facts::{ChangeFacts, Facts, derive};
use crate::plan::detect::recognise;
use crate::plan::json::{Interest, load};
use crate::plan::sink::NoSink;

fn facts_of(bytes: Vec<u8>) -> Facts {
    let names = std::sync::Arc::new(Catalog::builtin().identifying_attributes().collect());
    let document = recognise(bytes).remove(0).unwrap();
    let plan = load(&document, &Interest::builtin().identified_by(names), NoSink).unwrap().plan;
    derive(&plan, Catalog::builtin()).unwrap()
}

fn scenario(name: &str) -> Facts {
    let path = format!("{}/fixtures/scenarios/{name}/plan.json", env!("CARGO_MANIFEST_DIR"));
    facts_of(std::fs::read(path).unwrap())
}

fn change<'f>(facts: &'f Facts, address: &str) -> &'f ChangeFacts {
    let mut all = facts.changes.iter().chain(&facts.collateral);
    all.find(|change| change.address.as_str() == address).unwrap_or_else(|| panic!("no {address}"))
}

/// The chain in a line: `attribute ← address [what forces its replacement]`.
fn chain(facts: &Facts, address: &str) -> Vec<String> {
    let step = |cause: &crate::facts::Cause| {
        let forced: Vec<&str> = cause.replaced_by.iter().map(|attribute| attribute.path.as_str()).collect();
        format!(
            "{} ← {} [{}]",
            cause.attribute.as_deref().unwrap_or(cause.origin),
            cause.identity.address,
            forced.join(" ")
        )
    };
    change(facts, address).links.cause.iter().map(step).collect()
}

fn root<'f>(facts: &'f Facts, address: &str) -> Option<&'f str> {
    change(facts, address).links.root.as_ref().map(|root| root.address.as_str())
}

#[test]
fn a_replacement_leads_to_what_forces_it() {
    let facts = scenario("05-replace-force-new");
    assert_eq!(
        chain(&facts, "azurerm_storage_container.zone[2]"),
        ["storage_account_id ← azurerm_storage_account.lake [is_hns_enabled]"]
    );
    assert_eq!(root(&facts, "azurerm_storage_container.zone[2]"), Some("azurerm_storage_account.lake"));
    assert!(chain(&facts, "azurerm_storage_account.lake").is_empty());
    assert_eq!(
        chain(&facts, "module.dataset[\"orders\"].databricks_sql_table.delta"),
        [
            "schema_name ← module.dataset[\"orders\"].databricks_schema.this [storage_root]",
            "storage_root ← azurerm_storage_account.lake [is_hns_enabled]"
        ]
    );
}

#[test]
fn chains_of_scenarios_52_60_and_61_end_at_their_roots() {
    let nested = scenario("52-nested-modules");
    let child = "module.l1[1].module.l2[\"z\"].terraform_data.child";
    assert_eq!(root(&nested, child), Some("module.l1[1].terraform_data.parent"), "around a local value");
    let computed = scenario("60-computed-name-replace");
    assert_eq!(chain(&computed, "azurerm_mssql_database.dwh"), ["name ← azurerm_data_factory.adf [name]"]);
    let secret = scenario("61-sensitive-forces-replace");
    assert_eq!(
        chain(&secret, "azurerm_mssql_database.dwh"),
        ["server_id ← azurerm_mssql_server.sql [administrator_login]"]
    );
    let shown = format!("{:?}", change(&secret, "azurerm_mssql_database.dwh").links.cause);
    assert!(shown.contains("(sensitive)"), "{shown}");
}

#[test]
fn a_reason_of_its_own_keeps_a_change_from_having_a_root() {
    let text = r#"{"format_version": "1.2", "resource_changes": [
        {"address": "t.a", "type": "t", "change": {"actions": ["delete", "create"], "before": {"id": "1"}, "after": {}, "after_unknown": {"id": true}, "replace_paths": [["x"]]}},
        {"address": "t.b", "type": "t", "change": {"actions": ["delete", "create"], "before": {"a": "1", "n": "x"}, "after": {"n": "y"}, "after_unknown": {"a": true}, "replace_paths": [["a"], ["n"]]}}],
        "configuration": {"root_module": {"resources": [{"address": "t.a"},
            {"address": "t.b", "expressions": {"a": {"references": ["t.a.id", "t.a"]}, "n": {"references": ["var.n"]}}}]}}}"#;
    let both = facts_of(text.as_bytes().to_vec());
    assert_eq!(chain(&both, "t.b"), ["a ← t.a [x]"]);
    assert_eq!(root(&both, "t.b"), None);
    let one = facts_of(text.replace(r#"[["a"], ["n"]]"#, r#"[["a"]]"#).into_bytes());
    assert_eq!(root(&one, "t.b"), Some("t.a"));
    let updated =
        text.replacen(r#"["delete", "create"]"#, r#"["update"]"#, 1).replace(r#"[["a"], ["n"]]"#, r#"[["a"]]"#);
    assert_eq!(root(&facts_of(updated.into_bytes()), "t.b"), Some("t.a"), "an update that makes the attribute unknown");
}

#[test]
fn a_container_takes_along_what_nothing_happens_to() {
    let facts = scenario("56-parent-replaced-unmanaged-children");
    let group = &change(&facts, "azurerm_resource_group.etl").links;
    assert_eq!((group.takes.objects, group.takes.stores), (8, 7));
    assert_eq!((group.dependents.direct, group.dependents.all, group.dependents.stores), (3, 13, 11));
    let lost: Vec<&str> = facts.collateral.iter().map(|lost| lost.address.as_str()).collect();
    assert_eq!(lost.len(), 8, "{lost:?}");
    let container = &change(&facts, "azurerm_storage_container.zone[0]").links.collateral_of;
    assert_eq!(container.len(), 1);
    assert_eq!(
        (container[0].identity.address.as_str(), container[0].attribute.as_str(), container[0].indirect),
        ("azurerm_storage_account.lake", "storage_account_id", true)
    );
}

#[test]
fn deletes_of_container_and_content_have_one_root() {
    let facts = scenario("24-destroy-mode");
    assert!(facts.collateral.is_empty());
    assert_eq!(root(&facts, "azurerm_storage_container.zone[0]"), Some("azurerm_resource_group.etl"));
    assert_eq!(root(&facts, "azurerm_resource_group.etl"), None);
}

#[test]
fn a_rename_without_moved_gives_the_block_to_paste() {
    let facts = scenario("19-rename-without-moved");
    let rename = change(&facts, "azurerm_mssql_database.dwh").links.rename.as_ref().unwrap();
    assert_eq!(rename.equal, ["name", "server_id"]);
    assert_eq!(
        rename.moved_block,
        "moved {\n  from = azurerm_mssql_database.dwh\n  to   = azurerm_mssql_database.warehouse\n}"
    );
    let facts = scenario("14-count-to-foreach-no-moved");
    let rename = change(&facts, "azurerm_storage_container.zone[1]").links.rename.as_ref().unwrap();
    assert_eq!(rename.other.as_str(), "azurerm_storage_container.zone[\"silver\"]");
}

#[test]
fn a_rename_needs_equal_names_nothing_that_differs_and_one_candidate() {
    let entry = |address: &str, actions: &str, before: &str, after: &str| {
        format!(
            r#"{{"address": "{address}", "type": "aws_s3_bucket", "change": {{"actions": ["{actions}"], "before": {before}, "after": {after}}}}}"#
        )
    };
    let renamed = |entries: &[String]| {
        let text = format!(r#"{{"format_version": "1.2", "resource_changes": [{}]}}"#, entries.join(","));
        let facts = facts_of(text.into_bytes());
        facts.changes.iter().any(|change| change.links.rename.is_some())
    };
    let old =
        entry("aws_s3_bucket.a", "delete", r#"{"id": "raw", "bucket": "raw", "object_lock_enabled": true}"#, "null");
    let new = |address: &str, after: &str| entry(address, "create", "null", after);
    let same = new("aws_s3_bucket.b", r#"{"bucket": "raw"}"#);
    assert!(renamed(&[old.clone(), same.clone()]));
    assert!(!renamed(&[old.clone(), new("aws_s3_bucket.b", r#"{"bucket": "other"}"#)]));
    assert!(!renamed(&[old.clone(), new("aws_s3_bucket.b", "{}")]));
    assert!(!renamed(&[old.clone(), same.clone(), new("aws_s3_bucket.c", r#"{"bucket": "raw"}"#)]));
    assert!(!renamed(&[old, entry("aws_s3_bucket.b", "update", r#"{"bucket": "raw"}"#, r#"{"bucket": "raw"}"#)]));
}

#[test]
fn instances_that_shift_say_whose_place_they_take() {
    let facts = scenario("11-count-index-shift");
    let shift = |index: usize| {
        let links = &change(&facts, &format!("azurerm_storage_container.zone[{index}]")).links;
        links.shift.as_ref().map(|shift| format!("{} {}", shift.other, shift.attribute))
    };
    assert_eq!(shift(0).as_deref(), Some("azurerm_storage_container.zone[1] name"));
    assert_eq!(shift(1).as_deref(), Some("azurerm_storage_container.zone[2] name"));
    assert_eq!(shift(2), None);
}

#[test]
fn nothing_is_derived_for_a_plan_that_destroys_nothing() {
    let facts = scenario("17-moved-update");
    assert!(facts.changes.iter().all(|change| change.links == crate::facts::Links::default()));
}

#[test]
fn an_instance_is_replaced_because_of_the_one_with_its_key() {
    let entry = |block: &str, key: &str, path: &str| {
        format!(
            r#"{{"address": "t.{block}[\"{key}\"]", "type": "t", "change": {{"actions": ["delete", "create"], "before": {{"id": "{key}"}},
                "after": {{}}, "after_unknown": {{"id": true, "{path}": true}}, "replace_paths": [["{path}"]]}}}}"#
        )
    };
    let changes: Vec<String> =
        ["x", "y"].iter().flat_map(|key| [entry("a", key, "size"), entry("b", key, "a_id")]).collect();
    let text = format!(
        r#"{{"format_version": "1.2", "resource_changes": [{}], "configuration": {{"root_module": {{"resources": [
            {{"address": "t.a", "for_each_expression": {{}}}},
            {{"address": "t.b", "expressions": {{"a_id": {{"references": ["t.a", "each.key"]}}}}}}]}}}}}}"#,
        changes.join(",")
    );
    let facts = facts_of(text.into_bytes());
    assert_eq!(root(&facts, "t.b[\"x\"]"), Some("t.a[\"x\"]"));
    assert_eq!(root(&facts, "t.b[\"y\"]"), Some("t.a[\"y\"]"));
}
