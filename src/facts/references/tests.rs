use super::*;
use crate::catalog::Catalog;
use crate::facts::{ChangeFacts, derive, testing};

const FACTORY: &str = "/subscriptions/0/resourceGroups/r/providers/Microsoft.DataFactory/factories/f";

/// An entry of `resource_changes` with these values before, and after unless it is deleted.
fn entry(address: &str, actions: &str, before: &str, after: &str) -> String {
    let resource_type = address.split('.').nth_back(1).unwrap();
    format!(
        r#"{{"address": "{address}", "type": "{resource_type}", "change": {{"actions": [{actions}],
            "before": {before}, "after": {after}, "before_sensitive": {{}}, "after_sensitive": {{}}}}}}"#
    )
}

fn dataset(actions: &str) -> String {
    let values = format!(r#"{{"name": "Orders", "data_factory_id": "{FACTORY}", "linked_service_name": "lake"}}"#);
    let after = if actions.contains("create") { values.clone() } else { "null".to_owned() };
    entry("azurerm_data_factory_dataset_parquet.orders", actions, &values, &after)
}

/// A pipeline whose activity reads a dataset of that name.
fn pipeline(name: &str, factory: &str) -> String {
    let activity = r#"[{\"inputs\": [{\"referenceName\": \"NAME\", \"type\": \"DatasetReference\"}]}]"#;
    format!(
        r#"{{"name": "p", "data_factory_id": "{factory}", "activities_json": "{}"}}"#,
        activity.replace("NAME", name)
    )
}

fn unchanged(address: &str, values: &str) -> String {
    entry(address, r#""no-op""#, values, values)
}

fn facts_of(changes: &[String], address: &str) -> ChangeFacts {
    let plan = testing::plan(&format!(r#"{{"resource_changes": [{}]}}"#, changes.join(",")));
    let facts = derive(&plan, Catalog::builtin()).unwrap();
    facts.changes.into_iter().find(|change| change.address.as_str() == address).unwrap()
}

/// Address, attribute, certainty and survival of who references the dataset.
fn referrers(actions: &str, others: &[String]) -> Vec<(String, String, &'static str, bool)> {
    let changes: Vec<String> = others.iter().cloned().chain([dataset(actions)]).collect();
    let facts = facts_of(&changes, "azurerm_data_factory_dataset_parquet.orders");
    list(&facts.links.referenced_by)
}

fn list(referrers: &Referrers) -> Vec<(String, String, &'static str, bool)> {
    let tell = |one: &Referrer| {
        let attribute = one.attribute.clone().unwrap_or_default();
        (one.identity.address.to_string(), attribute, one.certainty.as_str(), one.survives)
    };
    assert_eq!(referrers.surviving, referrers.first.iter().filter(|one| one.survives).count());
    referrers.first.iter().map(tell).collect()
}

const PIPELINE: &str = "azurerm_data_factory_pipeline.p";

fn one(certainty: &'static str, survives: bool) -> Vec<(String, String, &'static str, bool)> {
    vec![(PIPELINE.to_owned(), "activities_json".to_owned(), certainty, survives)]
}

#[test]
fn a_pipeline_that_nothing_happens_to_references_a_deleted_dataset() {
    let found = referrers(r#""delete""#, &[unchanged(PIPELINE, &pipeline("orders", FACTORY))]);
    assert_eq!(found, one("certain", true), "names of Data Factory ignore case");
}

#[test]
fn a_dataset_of_the_same_name_in_another_factory_is_another_one() {
    let other = FACTORY.replace("/f", "/g");
    assert_eq!(referrers(r#""delete""#, &[unchanged(PIPELINE, &pipeline("Orders", &other))]), []);
    let silent = pipeline("Orders", FACTORY).replace("\"data_factory_id\"", "\"x\"");
    assert_eq!(referrers(r#""delete""#, &[unchanged(PIPELINE, &silent)]), one("maybe", true), "it does not say where");
    let service = pipeline("Orders", FACTORY).replace("DatasetReference", "LinkedServiceReference");
    assert_eq!(referrers(r#""delete""#, &[unchanged(PIPELINE, &service)]), [], "a linked service of that name");
}

#[test]
fn what_an_update_makes_of_the_referrer_counts() {
    let (named, other) = (pipeline("Orders", FACTORY), pipeline("Customers", FACTORY));
    let update = |before: &str, after: &str| referrers(r#""delete""#, &[entry(PIPELINE, r#""update""#, before, after)]);
    assert_eq!(update(&named, &other), [], "the plan takes the reference away");
    assert_eq!(update(&other, &named), one("certain", true), "the plan writes a reference to what it deletes");
    let create = entry(PIPELINE, r#""create""#, "null", &named);
    assert_eq!(referrers(r#""delete""#, &[create]), one("certain", true));
    let destroyed = entry(PIPELINE, r#""delete""#, &named, "null");
    assert_eq!(referrers(r#""delete""#, &[destroyed]), one("certain", false));
    let unknown = entry(PIPELINE, r#""update""#, &named, r#"{"name": "p"}"#)
        .replace("\"before_sensitive\"", "\"after_unknown\": {\"activities_json\": true}, \"before_sensitive\"");
    assert_eq!(referrers(r#""delete""#, &[unknown]), one("maybe", true));
}

#[test]
fn a_text_that_cannot_be_read_may_name_it() {
    let broken =
        format!(r#"{{"data_factory_id": "{FACTORY}", "activities_json": "[{{\"referenceName\": \"Orders\""}}"#);
    assert_eq!(referrers(r#""delete""#, &[unchanged(PIPELINE, &broken)]), one("maybe", true));
}

#[test]
fn nothing_is_looked_for_where_nothing_goes() {
    let found = referrers(r#""no-op", "x""#, &[]);
    assert_eq!(found, []);
    let plain =
        entry("azurerm_data_factory_dataset_parquet.orders", r#""update""#, r#"{"name": "a"}"#, r#"{"name": "a"}"#);
    let facts =
        facts_of(&[plain, unchanged(PIPELINE, &pipeline("a", FACTORY))], "azurerm_data_factory_dataset_parquet.orders");
    assert_eq!((facts.links.referenced_by, facts.name_change), (Referrers::default(), None));
}

#[test]
fn a_name_that_changes_in_place_leaves_those_behind_that_have_the_old_one() {
    let address = "databricks_external_location.raw";
    let location = |name: &str| format!(r#"{{"id": "raw", "name": "{name}", "url": "abfss://raw@lake/"}}"#);
    let rename = entry(address, r#""update""#, &location("raw"), &location("bronze"));
    let table = unchanged("databricks_volume.v", r#"{"storage_location": "abfss://raw@lake/v"}"#);
    let facts = facts_of(&[rename, table.clone()], address);
    let change = facts.name_change.unwrap();
    assert_eq!(
        (change.before.as_str(), change.after.as_str(), change.certainty),
        ("\"raw\"", "\"bronze\"", Certainty::Certain)
    );
    assert_eq!(list(&facts.links.referenced_by), [], "the url stays, and with it what lies under it");

    let delete = entry(address, r#""delete""#, &location("raw"), "null");
    let beside = unchanged("databricks_volume.w", r#"{"storage_location": "abfss://raw@lakehouse/v"}"#);
    let facts = facts_of(&[delete, table, beside], address);
    let expected = ("databricks_volume.v".to_owned(), "storage_location".to_owned(), "certain", true);
    assert_eq!(list(&facts.links.referenced_by), [expected], "`lakehouse` only starts like `lake`");
}

#[test]
fn a_crowd_is_counted_and_not_listed() {
    let pipelines: Vec<String> = (0..25)
        .map(|at| unchanged(&format!("azurerm_data_factory_pipeline.p{at:02}"), &pipeline("Orders", FACTORY)))
        .collect();
    let changes: Vec<String> = pipelines.into_iter().chain([dataset(r#""delete""#)]).collect();
    let found = facts_of(&changes, "azurerm_data_factory_dataset_parquet.orders").links.referenced_by;
    assert_eq!((found.all, found.surviving, found.first.len()), (25, 25, 8));
    assert!(found.first.is_sorted_by_key(|one| one.identity.address.as_str()));
}

#[test]
fn a_generic_resource_is_the_factory_it_lies_in() {
    let body =
        r#"{"properties": {"activities": [{"inputs": [{"referenceName": "Orders", "type": "DatasetReference"}]}]}}"#;
    let azapi = |parent: &str, body: &str| {
        let values = format!(
            r#"{{"type": "Microsoft.DataFactory/factories/pipelines@2018-06-01", "parent_id": "{parent}", "body": {body}}}"#
        );
        referrers(r#""delete""#, &[unchanged("azapi_resource.p", &values)])
    };
    let expected = vec![("azapi_resource.p".to_owned(), "body".to_owned(), "certain", true)];
    assert_eq!(azapi(FACTORY, body), expected);
    let text = serde_json::to_string(body).unwrap();
    assert_eq!(azapi(FACTORY, &text), expected, "older versions have a text");
    assert_eq!(azapi(&FACTORY.replace("/f", "/g"), body), []);
}

#[test]
fn what_a_key_encrypts_is_named_by_id_arn_or_id_without_version() {
    let key = r#"{"id": "https://v.vault.azure.net/keys/k/0123", "name": "k"}"#;
    let delete = |resource_type: &str, key: &str, others: &[String]| {
        let address = format!("{resource_type}.k");
        let all: Vec<String> = others.iter().cloned().chain([entry(&address, r#""delete""#, key, "null")]).collect();
        list(&facts_of(&all, &address).links.encrypts)
    };
    let account = |value: &str| {
        unchanged(
            "azurerm_storage_account.a",
            &format!(r#"{{"customer_managed_key": [{{"key_vault_key_id": "{value}"}}]}}"#),
        )
    };
    let expected =
        [("azurerm_storage_account.a".to_owned(), "customer_managed_key.key_vault_key_id".to_owned(), "certain", true)];
    for value in ["https://v.vault.azure.net/keys/k/0123", "https://v.vault.azure.net/keys/k"] {
        assert_eq!(delete("azurerm_key_vault_key", key, &[account(value)]), expected, "{value}");
    }
    for value in ["https://v.vault.azure.net/keys/k2", "k", "https://w.vault.azure.net/keys/k"] {
        assert_eq!(delete("azurerm_key_vault_key", key, &[account(value)]), [], "{value}");
    }
    let aws = r#"{"id": "1-2", "key_id": "1-2", "arn": "arn:aws:kms:eu:1:key/1-2"}"#;
    let others = [
        unchanged("aws_db_instance.d", r#"{"kms_key_id": "arn:aws:kms:eu:1:key/1-2"}"#),
        unchanged("aws_kms_grant.g", r#"{"key_id": "1-2"}"#),
        unchanged("aws_lambda_function.f", r#"{"kms_key_arn": "arn:aws:kms:eu:1:key/1-2"}"#),
        unchanged(
            "aws_s3_bucket_server_side_encryption_configuration.c",
            r#"{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": "1-2"}]}]}"#,
        ),
    ];
    let found: Vec<String> = delete("aws_kms_key", aws, &others).into_iter().map(|(address, ..)| address).collect();
    assert_eq!(found, ["aws_db_instance.d", "aws_s3_bucket_server_side_encryption_configuration.c"]);
}

/// A plan that replaces a task definition which `expression` of a service refers to.
fn replaced_under(service: &str) -> Vec<(String, String, &'static str, bool)> {
    let task = r#"{"address": "aws_ecs_task_definition.t", "type": "aws_ecs_task_definition", "mode": "managed", "name": "t",
        "change": {"actions": ["delete", "create"], "before": {"arn": "t:1", "family": "t"}, "after": {"family": "t"},
            "after_unknown": {"arn": true}, "before_sensitive": {}, "after_sensitive": {}}}"#;
    let text = format!(
        r#"{{"format_version": "1.2", "resource_changes": [{task},
            {{"address": "aws_ecs_service.s", "type": "aws_ecs_service", "mode": "managed", "name": "s", "change": {service}}}],
            "configuration": {{"root_module": {{"resources": [
                {{"address": "aws_ecs_task_definition.t", "mode": "managed", "type": "aws_ecs_task_definition", "name": "t"}},
                {{"address": "aws_ecs_service.s", "mode": "managed", "type": "aws_ecs_service", "name": "s", "expressions":
                    {{"task_definition": {{"references": ["aws_ecs_task_definition.t.family", "aws_ecs_task_definition.t"]}}}}}}]}}}}}}"#
    );
    let document = crate::plan::detect::recognise(text.into_bytes()).remove(0).unwrap();
    let names = std::sync::Arc::new(Catalog::builtin().identifying_attributes().collect());
    let interest = crate::plan::json::Interest::builtin().identified_by(names);
    let plan = crate::plan::json::load(&document, &interest, crate::plan::sink::NoSink).unwrap().plan;
    let facts = derive(&plan, Catalog::builtin()).unwrap();
    let change = facts.changes.iter().find(|change| change.resource_type == "aws_ecs_task_definition").unwrap();
    list(&change.links.referenced_by)
}

#[test]
fn what_follows_the_new_object_references_the_old_one_no_more() {
    let service = |actions: &str, after: &str, unknown: &str| {
        format!(
            r#"{{"actions": [{actions}], "before": {{"task_definition": "t"}}, "after": {after}, "after_unknown": {unknown},
                "before_sensitive": {{}}, "after_sensitive": {{}}}}"#
        )
    };
    let unknown = service(r#""update""#, "{}", r#"{"task_definition": true}"#);
    assert_eq!(replaced_under(&unknown), [], "every deployment does this");
    let kept = [("aws_ecs_service.s".to_owned(), "task_definition".to_owned(), "certain", true)];
    assert_eq!(replaced_under(&service(r#""no-op""#, r#"{"task_definition": "t"}"#, "{}")), kept);
}

#[test]
fn what_is_called_alike_is_counted_rightly_and_looked_for_once() {
    const MANY: usize = 300;
    let key = |at: usize, id: &str| {
        let values = format!(r#"{{"arn": "arn:{id}", "id": "{id}"}}"#);
        entry(&format!("aws_kms_key.k{at}"), r#""delete""#, &values, "null")
    };
    let volume = |at: usize, actions: &str| {
        let values = r#"{"kms_key_id": "arn:same", "size": 1}"#;
        let after = if actions.contains("delete") { "null" } else { values };
        entry(&format!("aws_ebs_volume.v{at:03}"), actions, values, after)
    };
    let mut changes: Vec<String> = (0..MANY).map(|at| key(at, "same")).collect();
    changes.push(key(MANY, "other"));
    changes.extend((0..MANY).map(|at| volume(at, if at < 10 { r#""delete""# } else { r#""no-op""# })));
    let plan = testing::plan(&format!(r#"{{"resource_changes": [{}]}}"#, changes.join(",")));
    let facts = derive(&plan, Catalog::builtin()).unwrap();
    let keys: Vec<&ChangeFacts> = facts.changes.iter().filter(|change| change.resource_type == "aws_kms_key").collect();
    assert_eq!(keys.len(), MANY + 1);
    for facts in keys {
        let found = &facts.links.encrypts;
        if facts.address.as_str() == format!("aws_kms_key.k{MANY}") {
            assert_eq!(*found, Referrers::default());
            continue;
        }
        assert_eq!((found.all, found.surviving, found.first.len()), (MANY, MANY - 10, 8), "{}", facts.address);
        let first: Vec<&str> = found.first.iter().map(|one| one.identity.address.as_str()).collect();
        assert_eq!(first[..2], ["aws_ebs_volume.v010", "aws_ebs_volume.v011"]);
    }
}

#[test]
fn what_is_found_by_name_and_by_reference_counts_once() {
    let values = r#"{"arn": "arn:k", "id": "k"}"#;
    let keys = ["a", "b"].map(|name| entry(&format!("aws_kms_key.{name}"), r#""delete""#, values, "null"));
    let volumes = ["x", "y"].map(|name| unchanged(&format!("aws_ebs_volume.{name}"), r#"{"kms_key_id": "arn:k"}"#));
    let block = r#"{"address": "aws_ebs_volume.x", "mode": "managed", "type": "aws_ebs_volume", "name": "x",
        "expressions": {"kms_key_id": {"references": ["aws_kms_key.a.arn", "aws_kms_key.a"]}}}"#;
    let plan = testing::plan(&format!(
        r#"{{"resource_changes": [{}], "configuration": {{"root_module": {{"resources": [{block}]}}}}}}"#,
        keys.iter().chain(&volumes).cloned().collect::<Vec<_>>().join(",")
    ));
    let facts = derive(&plan, Catalog::builtin()).unwrap();
    let found = |name: &str| {
        let facts = facts.changes.iter().find(|change| change.address.as_str() == name).unwrap();
        (facts.links.encrypts.all, facts.links.encrypts.surviving, facts.links.encrypts.first.len())
    };
    assert_eq!((found("aws_kms_key.a"), found("aws_kms_key.b")), ((2, 2, 2), (2, 2, 2)));
}
