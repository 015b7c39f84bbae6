//! `plangate catalog`, and catalogues of a repository.

use serde_json::Value;

use crate::harness::plangate;

fn json(args: &[&str]) -> Value {
    let ran = plangate().args(args.iter().copied()).run();
    serde_json::from_str(&ran.exits(0).stdout).unwrap()
}

#[test]
fn a_type_is_shown_with_all_that_is_known() {
    let ran = plangate().args(["catalog", "show", "aws_db_instance"]).run();
    ran.exits(0);
    for part in [
        "aws_db_instance (hashicorp/aws)\n",
        "  class        database\n",
        "  level        deny\n",
        "deletion_protection is true, \"Enabled\", \"ENABLED\", \"ACTIVE\" or \"PROTECTED\": the provider refuses the destroy",
        "skip_final_snapshot is true: the destroy goes further than usual",
        "if replicate_source_db is set: ",
        "deletion_protection is switched off: weakens protection (warn)",
        "  source       https://registry.terraform.io/providers/hashicorp/aws/",
    ] {
        ran.says(part);
    }
    plangate()
        .args(["catalog", "show", "azurerm_storage_container"])
        .run()
        .exits(0)
        .says("lies in azurerm_storage_account (storage_account_id)")
        .says("(storage_account_name, older versions of the provider)")
        .says("goes from \"private\" to \"blob\" or \"container\": widens access (warn)");
    plangate()
        .args(["catalog", "show", "aws_s3_bucket_versioning"])
        .run()
        .exits(0)
        .says("warn; deny under the strict preset");
}

#[test]
fn json_says_the_same() {
    let shown = json(&["catalog", "show", "aws_db_instance", "--format", "json"]);
    assert_eq!(shown["schema"], "plangate/catalog/v1-draft");
    assert_eq!(
        (&shown["class"], &shown["default"], &shown["data_store"]),
        (&"database".into(), &"deny".into(), &true.into())
    );
    assert_eq!(
        shown["guard"]["escalates"][0],
        serde_json::json!({"attribute": "skip_final_snapshot", "values": [true]})
    );
    assert!(shown["variants"][0]["when"].as_object().unwrap().contains_key("replicate_source_db"));
    assert!(shown["risky"].as_array().unwrap().iter().all(|risk| risk["effect"].is_string()));
}

#[test]
fn a_type_without_data_is_known_and_a_misspelt_one_is_an_error() {
    plangate().args(["catalog", "show", "aws_lambda_permission"]).run().exits(0).says("looked at and left out");
    assert_eq!(json(&["catalog", "show", "aws_lambda_permission", "--format", "json"])["status"], "known");
    plangate()
        .args(["catalog", "show", "azurerm_storage_acount"])
        .run()
        .exits(2)
        .says("no resource type is called `azurerm_storage_acount`")
        .says("did you mean `azurerm_storage_account`?");
    plangate().args(["catalog", "show", "acme_nothing_of_the_kind"]).run().exits(2).says("plangate catalog list");
}

#[test]
fn the_list_is_cut_by_class_and_provider() {
    let all = json(&["catalog", "list", "--format", "json"]);
    let all = all["types"].as_array().unwrap();
    assert!(all.len() >= 1_987);
    let keys = json(&["catalog", "list", "--class", "secret_key", "--provider", "azurerm", "--format", "json"]);
    let keys = keys["types"].as_array().unwrap();
    assert!(keys.len() > 5 && keys.len() < 100);
    assert!(keys.iter().all(|page| page["class"] == "secret_key" && page["provider"] == "hashicorp/azurerm"));
    let expected: Vec<&Value> =
        all.iter().filter(|page| page["class"] == "secret_key" && page["provider"] == "hashicorp/azurerm").collect();
    assert_eq!(keys.iter().collect::<Vec<_>>(), expected);
    plangate()
        .args(["catalog", "list", "--provider", "hashicorp/null"])
        .run()
        .exits(0)
        .says("info medium   state_only               null_resource\n1 type\n");
}

#[test]
fn an_unknown_class_or_provider_is_an_error_with_a_suggestion() {
    plangate().args(["catalog", "list", "--class", "databse"]).run().exits(2).says("did you mean `database`?");
    plangate().args(["catalog", "list", "--class", "things"]).run().exits(2).says("`artifact_registry`, ");
    plangate().args(["catalog", "list", "--provider", "azure-rm"]).run().exits(2).says("did you mean `azurerm`?");
}
