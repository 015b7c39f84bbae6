//! Facts of small plans: what the rules rely on.

use super::testing::plan;
use super::*;
use crate::catalog::{Class, Level};

fn facts(text: &str) -> Facts {
    derive(&plan(text), Catalog::builtin()).unwrap()
}

/// The facts of the one change of a plan that has one.
fn of_change(entry: &str) -> ChangeFacts {
    let facts = facts(&format!(r#"{{"resource_changes": [{entry}]}}"#));
    assert_eq!(facts.changes.len(), 1);
    facts.changes.into_iter().next().unwrap()
}

/// One entry with an object before, nothing sensitive.
fn entry(resource_type: &str, actions: &str, before: &str) -> String {
    format!(
        r#"{{"address": "{resource_type}.x", "type": "{resource_type}", "change": {{"actions": {actions},
            "before": {before}, "after": null, "before_sensitive": {{}}, "after_sensitive": {{}}}}}}"#
    )
}

fn stakes(facts: &ChangeFacts) -> &Stakes {
    facts.catalog.stakes.as_ref().expect("catalogued")
}

#[test]
fn quiet_changes_and_data_sources_are_left_out_but_no_unknown_action_is() {
    let facts = facts(
        r#"{"resource_changes": [
            {"address": "aws_db_instance.a", "type": "aws_db_instance", "change": {"actions": ["no-op"]}},
            {"address": "data.aws_db_instance.b", "mode": "data", "type": "aws_db_instance", "change": {"actions": ["read"]}},
            {"address": "data.aws_db_instance.c", "mode": "data", "type": "aws_db_instance", "change": {"actions": ["shred"]}},
            {"address": "aws_db_instance.d", "mode": "novel", "type": "aws_db_instance", "change": {"actions": ["delete"]}},
            {"address": "aws_db_instance.e", "type": "aws_db_instance", "change": {}}]}"#,
    );
    let addresses: Vec<&str> = facts.changes.iter().map(|change| change.address.as_str()).collect();
    assert_eq!(addresses, ["aws_db_instance.d", "aws_db_instance.e", "data.aws_db_instance.c"]);
    assert!(facts.changes.iter().all(|change| change.action.destroys()));
}

#[test]
fn order_is_by_address_deposed_key_and_actions_whatever_the_file_says() {
    let one = r#"{"address": "b.x", "type": "b", "change": {"actions": ["delete"]}}"#;
    let two = r#"{"address": "b.x", "type": "b", "deposed": "00000001", "change": {"actions": ["delete"]}}"#;
    let three = r#"{"address": "a.x", "type": "a", "change": {"actions": ["update"]}}"#;
    let four = r#"{"address": "a.x", "type": "a", "change": {"actions": ["create"]}}"#;
    let of = |order: [&str; 4]| facts(&format!(r#"{{"resource_changes": [{}]}}"#, order.join(",")));
    let sorted = of([four, three, one, two]);
    assert_eq!(of([two, one, four, three]), sorted);
    let keys: Vec<_> = sorted.changes.iter().map(|c| (c.address.as_str(), c.deposed.is_some(), c.action)).collect();
    assert_eq!(
        keys,
        [
            ("a.x", false, Action::Create),
            ("a.x", false, Action::Update),
            ("b.x", false, Action::Delete),
            ("b.x", true, Action::Delete)
        ]
    );
}

#[test]
fn guards_are_read_before_and_only_where_plain() {
    let held = of_change(&entry("google_sql_database_instance", r#"["delete"]"#, r#"{"deletion_policy": "ABANDON"}"#));
    assert_eq!(
        held.guards.harmless,
        [Guard { attribute: "deletion_policy".into(), value: "\"ABANDON\"".into(), note: None, own: false }]
    );
    for (actions, before) in [
        (r#"["delete"]"#, r#"{"deletion_policy": null}"#),
        (r#"["delete"]"#, r#"{"deletion_policy": "DELETE"}"#),
        (r#"["delete"]"#, "{}"),
        (r#"["delete"]"#, "null"),
        (r#"["shred"]"#, r#"{"deletion_policy": "ABANDON"}"#),
        (r#"["update"]"#, r#"{"deletion_policy": "ABANDON"}"#),
    ] {
        let facts = of_change(&entry("google_sql_database_instance", actions, before));
        assert_eq!(facts.guards, Guards::default(), "{actions} {before}");
    }
    let secret = r#"{"address": "a", "type": "google_sql_database_instance", "change": {"actions": ["delete"],
        "before": {"deletion_policy": "ABANDON"}, "before_sensitive": {"deletion_policy": true}}}"#;
    assert_eq!(of_change(secret).guards, Guards::default());
    let no_mask = secret.replace("before_sensitive", "x");
    assert_eq!(of_change(&no_mask).guards, Guards::default());
}

#[test]
fn every_kind_of_guard_is_told_apart() {
    let facts = of_change(&entry(
        "aws_db_instance",
        r#"["delete", "create"]"#,
        r#"{"deletion_protection": true, "skip_final_snapshot": false, "delete_automated_backups": true}"#,
    ));
    let names = |guards: &[Guard]| guards.iter().map(|guard| guard.attribute.clone()).collect::<Vec<_>>();
    assert_eq!(names(&facts.guards.blocked), ["deletion_protection"]);
    assert_eq!(names(&facts.guards.snapshot), ["skip_final_snapshot"]);
    assert_eq!(names(&facts.guards.escalates), ["delete_automated_backups"]);
}

#[test]
fn a_milder_variant_needs_a_plain_value_and_a_known_action() {
    let external = r#"{"table_type": "EXTERNAL"}"#;
    let mild = of_change(&entry("databricks_sql_table", r#"["delete"]"#, external));
    assert_eq!((stakes(&mild).class, stakes(&mild).default), (Class::ServiceDiscovery, Level::Warn));
    let full = |facts: &ChangeFacts| assert_eq!(stakes(facts).default, Level::Deny);
    full(&of_change(&entry("databricks_sql_table", r#"["shred"]"#, external)));
    full(&of_change(&entry("databricks_sql_table", r#"["delete"]"#, r#"{"table_type": "MANAGED"}"#)));
    full(&of_change(&entry("databricks_sql_table", r#"["delete"]"#, "{}")));
    full(&of_change(
        r#"{"address": "a", "type": "databricks_sql_table", "change": {"actions": ["delete"],
            "before": {"table_type": "EXTERNAL"}, "before_sensitive": {"table_type": true}}}"#,
    ));
}

#[test]
fn a_worse_variant_needs_neither() {
    let claim = r#"{"manifest": {"kind": "PersistentVolumeClaim"}}"#;
    for actions in [r#"["delete"]"#, r#"["shred"]"#] {
        let text = entry("kubernetes_manifest", actions, claim).replace("\"before_sensitive\": {}", "\"x\": 1");
        assert_eq!(stakes(&of_change(&text)).default, Level::Deny, "{actions}");
    }
    let other = of_change(&entry("kubernetes_manifest", r#"["delete"]"#, r#"{"manifest": {"kind": "Service"}}"#));
    assert_eq!(stakes(&other).class, Class::ServiceDiscovery);
}

#[test]
fn a_promoted_replica_is_a_server_of_its_own() {
    let of = |kind: &str, role: &str| {
        let before = format!(r#"{{"create_mode": "Replica", "replication_role": {role}}}"#);
        stakes(&of_change(&entry(&format!("azurerm_{kind}_flexible_server"), r#"["delete"]"#, &before))).clone()
    };
    for (kind, role) in [("postgresql", "\"None\""), ("mysql", "\"None\""), ("mysql", "\"Source\"")] {
        let promoted = of(kind, role);
        assert_eq!(
            (promoted.default, promoted.severity),
            (Level::Deny, crate::catalog::Severity::Critical),
            "{kind} {role}"
        );
        assert!(promoted.class.is_data_store());
    }
    for (kind, role) in [("postgresql", "\"AsyncReplica\""), ("mysql", "\"Replica\""), ("mysql", "null")] {
        assert_eq!(of(kind, role).default, Level::Warn, "{kind} {role}");
    }
    let geo = entry("azurerm_mssql_database", r#"["delete"]"#, r#"{"create_mode": "Secondary"}"#);
    assert_eq!(stakes(&of_change(&geo)).default, Level::Deny, "a failover makes it the primary");
}

#[test]
fn set_means_present_and_not_empty() {
    let with = |before| of_change(&entry("google_bigquery_table", r#"["delete"]"#, before)).catalog.stakes.clone();
    assert_eq!(with(r#"{"view": [{"query": "select 1"}]}"#).unwrap().variant.as_deref(), Some("view definition"));
    for not_set in [r#"{"view": []}"#, r#"{"view": null}"#, "{}"] {
        assert_eq!(with(not_set).unwrap().variant, None, "{not_set}");
    }
}

#[test]
fn a_generic_resource_is_classed_by_what_it_carries() {
    let account =
        entry("azapi_resource", r#"["delete"]"#, r#"{"type": "Microsoft.Storage/storageAccounts@2023-01-01"}"#);
    let facts = of_change(&account);
    let carried = stakes(&facts);
    assert_eq!((carried.class, carried.default), (Class::ObjectStore, Level::Deny));
    assert_eq!(carried.carries.as_deref(), Some("Microsoft.Storage/storageAccounts"));
    assert!(carried.loses.contains("blobs"));
    let hidden = of_change(&account.replace("\"before_sensitive\": {}", "\"before_sensitive\": true"));
    assert_eq!((stakes(&hidden).default, stakes(&hidden).carries.as_deref()), (Level::Deny, None));
    for actions in [r#"["delete", "create"]"#, r#"["create", "delete"]"#, r#"["forget"]"#, r#"["shred"]"#] {
        let replaced = entry("azapi_resource", actions, "{}")
            .replace(r#""after": null"#, r#""after": {"type": "Microsoft.Storage/storageAccounts@2023-01-01"}"#);
        assert_eq!(stakes(&of_change(&replaced)).carries, None, "{actions}: what is made says nothing of what goes");
    }
    let other = of_change(&entry("azapi_resource", r#"["delete"]"#, r#"{"type": "Microsoft.Foo/bars@1"}"#));
    assert_eq!((stakes(&other).class, stakes(&other).default), (Class::Container, Level::Warn));
}

#[test]
fn status_tells_catalogued_known_and_unseen_apart() {
    let of = |name: &str| of_change(&entry(name, r#"["delete"]"#, "{}")).catalog;
    assert_eq!(of("aws_s3_bucket").status, TypeStatus::Catalogued);
    assert_eq!((of("aws_security_group").status, of("aws_security_group").stakes.clone()), (TypeStatus::Known, None));
    assert_eq!(of("acme_database").fallback_glob.as_deref(), Some("*_database"));
    assert_eq!((of("").status, of("").fallback_glob.clone()), (TypeStatus::Unseen, None));
}

#[test]
fn what_forces_a_replacement_is_shown_but_no_secret() {
    let facts = of_change(
        r#"{"address": "a", "type": "azurerm_mssql_server", "action_reason": "replace_because_cannot_update",
            "change": {"actions": ["delete", "create"], "replace_paths": [["name"], ["administrator_login"], ["id"], ["name"]],
            "before": {"name": "a", "administrator_login": "hunter2", "id": "1"},
            "after": {"name": "b", "administrator_login": "hunter3"}, "after_unknown": {"id": true},
            "before_sensitive": {"administrator_login": true}, "after_sensitive": {"administrator_login": true}}}"#,
    );
    let shown: Vec<String> =
        facts.replaced_by.iter().map(|item| format!("{} {} {}", item.path, item.before, item.after)).collect();
    assert_eq!(
        shown,
        ["administrator_login (sensitive) (sensitive)", "id \"1\" (known after apply)", "name \"a\" \"b\""]
    );
    assert!(!format!("{facts:?}").contains("hunter"));
}

#[test]
fn a_value_that_holds_what_the_object_marks_elsewhere_is_not_shown() {
    let facts = of_change(
        r#"{"address": "a", "type": "azurerm_mssql_server",
            "change": {"actions": ["delete", "create"], "replace_paths": [["url"], ["size"], ["user"]],
            "before": {"login": "correct horse", "size": "S", "url": ["sql://u:correct horse@x"], "user": "correct horse"},
            "after": {"login": "battery staple", "size": "correct", "url": ["sql://u:battery staple@x"], "user": "u"},
            "before_sensitive": {"login": true}, "after_sensitive": {"login": true}}}"#,
    );
    let shown: Vec<String> =
        facts.replaced_by.iter().map(|item| format!("{} {} {}", item.path, item.before, item.after)).collect();
    assert_eq!(
        shown,
        [r#"size "S" "correct""#, "url (sensitive) (sensitive)", r#"user "correct horse" "u""#],
        "what equals a secret is in the open, what holds one is not"
    );
}

#[test]
fn deferred_changes_and_drift_deletes_are_facts_too() {
    let facts = facts(
        r#"{"deferred_changes": [{"reason": "instance_count_unknown", "resource_change":
              {"address": "aws_db_instance.a[*]", "type": "aws_db_instance", "change": {"actions": ["delete"]}}}],
            "resource_drift": [
              {"address": "aws_db_instance.b", "type": "aws_db_instance", "change": {"actions": ["delete"]}},
              {"address": "aws_db_instance.c", "type": "aws_db_instance", "change": {"actions": ["update"]}}]}"#,
    );
    let deferral = facts.changes.first().unwrap().deferred.clone().unwrap();
    assert_eq!((deferral.reason.as_deref(), deferral.instances_unknown), (Some("instance_count_unknown"), true));
    assert_eq!(
        facts.drift.iter().map(|c| (c.address.as_str(), c.drift)).collect::<Vec<_>>(),
        [("aws_db_instance.b", true)]
    );
    assert!(facts.plan.refresh_only);
}

#[test]
fn reasons_are_put_in_words_and_unknown_ones_kept() {
    let with = |code: &str| {
        of_change(&entry("aws_s3_bucket", r#"["delete"]"#, "{}").replacen(
            '{',
            &format!(r#"{{"action_reason": "{code}", "#),
            1,
        ))
        .reason
        .unwrap()
    };
    assert_eq!(with("delete_because_count_index").text, Some("its index is beyond the count"));
    assert_eq!(with("delete_because_mercury").text, None);
}

#[test]
fn a_mark_on_one_side_hides_both_and_keys_of_a_marked_map_are_not_shown() {
    let facts = of_change(
        r#"{"address": "a", "type": "acme_thing", "change": {"actions": ["delete", "create"],
            "replace_paths": [["old"], ["new"], ["cfg", "hunter1"]],
            "before": {"old": "hunter2", "new": "hunter3", "cfg": {"hunter1": "1"}},
            "after": {"old": "hunter4", "new": "hunter5", "cfg": {}},
            "after_unknown": {"cfg": {"hunter6": true}},
            "before_sensitive": {"old": true, "cfg": true}, "after_sensitive": {"new": true}}}"#,
    );
    let paths: Vec<&str> = facts.replaced_by.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths, ["cfg", "new", "old"]);
    assert_eq!(facts.unknown_paths, ["cfg"]);
    assert!(!format!("{facts:?}").contains("hunter"), "{facts:?}");
}
