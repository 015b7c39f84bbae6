//! Plans are read as the gate reads them, so that what is not kept of `configuration` is missed here too.

use serde_json::{Value as Json, json};

use super::{Danger, SettingFrom};
use crate::catalog::Catalog;
use crate::facts::{self, ChangeFacts};
use crate::plan::detect;
use crate::plan::json::load;
use crate::plan::sink::NoSink;

const AZURERM: &str = "registry.terraform.io/hashicorp/azurerm";
const PURGE: &str = "features.key_vault.purge_soft_delete_on_destroy";

/// The facts of the one change of a plan with this configuration.
fn facts(change: &Json, configuration: Json) -> ChangeFacts {
    let mut plan = json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [change]});
    if !configuration.is_null() {
        plan["configuration"] = configuration;
    }
    let document = detect::recognise(serde_json::to_vec(&plan).unwrap()).remove(0).unwrap();
    let interest = facts::interest(Catalog::builtin()).unwrap();
    let plan = load(&document, &interest, NoSink).unwrap().plan;
    facts::derive(&plan, Catalog::builtin()).unwrap().changes.remove(0)
}

fn deleted(address: &str, before: &Json) -> Json {
    let kind = address.split('.').find(|part| part.contains('_')).unwrap();
    json!({"address": address, "mode": "managed", "type": kind, "name": "x", "provider_name": AZURERM,
           "change": {"actions": ["delete"], "before": before, "after": null, "before_sensitive": {}}})
}

fn vault(address: &str) -> Json {
    deleted(address, &json!({"name": "v"}))
}

fn block(value: &Json) -> Json {
    json!({"features": [{"key_vault": [{"purge_soft_delete_on_destroy": value}]}]})
}

fn purges(value: bool) -> Json {
    block(&json!({"constant_value": value}))
}

fn provider(expressions: &Json) -> Json {
    json!({"name": "azurerm", "full_name": AZURERM, "expressions": expressions})
}

fn resource(key: &str) -> Json {
    json!([{"address": "azurerm_key_vault.x", "mode": "managed", "type": "azurerm_key_vault", "provider_config_key": key}])
}

/// Value, origin and danger of the purge setting.
fn purge(change: &Json, configuration: Json) -> (String, SettingFrom, Danger) {
    let facts = facts(change, configuration);
    let setting =
        facts.provider_settings.iter().find(|setting| setting.path == PURGE).expect("is about vaults").clone();
    (setting.value, setting.from, setting.danger)
}

#[test]
fn a_setting_is_read_where_the_block_of_the_object_points() {
    let two = json!({
        "azurerm": provider(&purges(true)),
        "azurerm.safe": provider(&purges(false)),
        "module.m:azurerm": {"name": "azurerm", "full_name": AZURERM, "module_address": "module.m"},
    });
    let root = |key: &str| json!({"provider_config": two, "root_module": {"resources": resource(key)}});
    let set = |value: bool| (value.to_string(), SettingFrom::Set, if value { Danger::Yes } else { Danger::No });
    assert_eq!(purge(&vault("azurerm_key_vault.x"), root("azurerm")), set(true));
    assert_eq!(purge(&vault("azurerm_key_vault.x[\"a.b\"]"), root("azurerm.safe")), set(false));

    let nested = |key: &str| {
        let module = json!({"resources": resource(key)});
        json!({"provider_config": two, "root_module": {"module_calls": {"m": {"module": module}}}})
    };
    assert_eq!(purge(&vault("module.m[0].azurerm_key_vault.x"), nested("azurerm.safe")), set(false));
    let unknown = ("(unknown)".to_owned(), SettingFrom::Unknown, Danger::Maybe);
    assert_eq!(purge(&vault("module.m[0].azurerm_key_vault.x"), nested("module.m:azurerm")), unknown, "they differ");
    assert_eq!(purge(&vault("azurerm_key_vault.gone"), root("azurerm")), unknown, "any of two may manage it");
}

#[test]
fn where_all_blocks_agree_it_does_not_matter_which_is_meant() {
    let same = json!({"azurerm": provider(&purges(false)), "azurerm.b": provider(&purges(false)),
                      "aws": {"name": "aws", "expressions": {}}});
    let configuration = json!({"provider_config": same, "root_module": {}});
    assert_eq!(purge(&vault("azurerm_key_vault.x"), configuration).1, SettingFrom::Set);
}

#[test]
fn a_block_that_is_named_and_not_there_is_none_of_those_there_are() {
    let with = |value: bool, key: &str, source: &str| {
        let block = json!({"name": "azurerm", "full_name": source, "expressions": purges(value)});
        let configuration = json!({"provider_config": {"azurerm": block}, "root_module": {"resources": resource(key)}});
        purge(&vault("azurerm_key_vault.x"), configuration).2
    };
    assert_eq!(with(false, "azurerm", AZURERM), Danger::No);
    assert_eq!(with(false, "azurerm.other", AZURERM), Danger::Maybe);
    assert_eq!(with(true, "azurerm.other", AZURERM), Danger::Yes, "what is known of danger stays");
    assert_eq!(with(false, "azurerm", "registry.terraform.io/acme/azurerm"), Danger::Maybe, "another provider's");
    assert_eq!(with(false, "m:azurerm", AZURERM), Danger::Maybe);
    let old = json!({"provider_config": {"azurerm": {"name": "azurerm", "expressions": purges(false)}},
                     "root_module": {"resources": resource("m:azurerm")}});
    assert_eq!(purge(&vault("azurerm_key_vault.x"), old).2, Danger::No, "before 1.1 a module's key leads nowhere");
}

#[test]
fn what_is_not_set_is_the_providers_default_and_what_cannot_be_read_is_unknown() {
    let of = |expressions: Json| {
        let configuration = json!({"provider_config": {"azurerm": provider(&expressions)},
                                   "root_module": {"resources": resource("azurerm")}});
        purge(&vault("azurerm_key_vault.x"), configuration)
    };
    let default = ("true".to_owned(), SettingFrom::Default, Danger::Yes);
    let unknown = ("(unknown)".to_owned(), SettingFrom::Unknown, Danger::Maybe);
    assert_eq!(of(json!({"features": [{}]})), default);
    assert_eq!(of(json!({"features": []})), default);
    assert_eq!(of(json!({"features": {"key_vault": {}}})), default, "blocks as objects");
    assert_eq!(of(block(&json!({"constant_value": null}))), default);
    assert_eq!(of(block(&json!({"references": ["var.purge"]}))), unknown);
    assert_eq!(of(block(&json!({}))), unknown);
    assert_eq!(of(json!({"features": [{}, {}]})), unknown);
    let object = json!({"features": {"key_vault": {"purge_soft_delete_on_destroy": {"constant_value": false}}}});
    assert_eq!(of(object), ("false".to_owned(), SettingFrom::Set, Danger::No));
    for text in ["false", "0"] {
        let set = ("false".to_owned(), SettingFrom::Set, Danger::No);
        assert_eq!(of(block(&json!({"constant_value": text}))), set, "Terraform converts texts: {text}");
    }
    for text in ["true", "1"] {
        assert_eq!(of(block(&json!({"constant_value": text}))).2, Danger::Yes, "{text}");
    }
    for other in [json!("hunter2"), json!("False"), json!(""), json!(0), json!([false]), json!({"a": false})] {
        assert_eq!(of(block(&json!({"constant_value": other}))), unknown, "{other}");
    }
    assert_eq!(purge(&vault("azurerm_key_vault.x"), Json::Null), unknown, "no configuration at all");
    assert_eq!(purge(&vault("azurerm_key_vault.x"), json!({"root_module": {}})), unknown, "no provider");
}

#[test]
fn settings_are_guards_of_the_destroy_and_soften_only_what_is_set() {
    let with = |address: &str, before: Json, features: Json| {
        let configuration = json!({"provider_config": {"azurerm": provider(&json!({"features": [features]}))}});
        facts(&deleted(address, &before), configuration).guards
    };
    let notes =
        |guards: &[super::Guard]| guards.iter().map(|g| (g.value.clone(), g.note.is_some())).collect::<Vec<_>>();

    let vault = with("azurerm_key_vault.x", json!({"purge_protection_enabled": false}), json!({}));
    assert_eq!(notes(&vault.escalates), [("true (the provider's default)".to_owned(), true)]);
    let protected = with("azurerm_key_vault.x", json!({"purge_protection_enabled": true}), json!({}));
    assert!(protected.escalates.is_empty(), "a protected vault cannot be purged");

    let group = with("azurerm_resource_group.x", json!({}), json!({}));
    assert_eq!((group.blocked.len(), group.escalates.len(), group.harmless.len()), (1, 0, 0));
    let off = json!({"resource_group": [{"prevent_deletion_if_contains_resources": {"constant_value": false}}]});
    let group = with("azurerm_resource_group.x", json!({}), off);
    assert_eq!((group.blocked.len(), notes(&group.escalates)), (0, vec![("false".to_owned(), true)]));

    let retain =
        |value: Json| json!({"recovery_service": [{"vm_backup_stop_protection_and_retain_data_on_destroy": value}]});
    let kept = with("azurerm_backup_protected_vm.x", json!({}), retain(json!({"constant_value": true})));
    assert_eq!(kept.harmless.len(), 1);
    for other in [
        json!({"constant_value": false}),
        json!({"constant_value": "false"}),
        json!({"references": ["var.x"]}),
        json!({}),
    ] {
        let guards = with("azurerm_backup_protected_vm.x", json!({}), retain(other.clone()));
        assert!(guards.harmless.is_empty(), "{other}");
    }
}

#[test]
fn overwriting_what_exists_is_a_hazard_where_the_provider_may_do_so() {
    let created = |value: Json| {
        let name = "skip_import_check_on_create_and_allow_overwriting_existing_resources";
        let change = json!({"address": "azurerm_storage_account.x", "mode": "managed", "type": "azurerm_storage_account",
            "provider_name": AZURERM, "change": {"actions": ["create"], "before": null, "after": {"name": "x"}}});
        let configuration = json!({"provider_config": {"azurerm": provider(&json!({"features": [{name: value}]}))}});
        let facts = facts(&change, configuration);
        (facts.create_hazard.map(|hazard| hazard.certainty.as_str()), facts.provider_settings.len())
    };
    assert_eq!(created(json!({"constant_value": true})), (Some("certain"), 1));
    assert_eq!(created(json!({"constant_value": "true"})), (Some("certain"), 1));
    assert_eq!(created(json!({"references": ["var.x"]})), (Some("maybe"), 1));
    assert_eq!(created(json!({"constant_value": false})), (None, 0));
    assert_eq!(created(json!({"constant_value": null})), (None, 0));
}
