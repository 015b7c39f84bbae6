//! No report in any format shows a secret of the plan.

use serde_json::json;

use super::{destroyed, in_every_format, plan};
use crate::harness::{judge, repository};

const SECRET: &str = "hunter2-of-the-fixture";

/// Prints the secret in every text a policy can write.
const POLICY: &str = r#"package main

deny contains msg if {
	some change in input.resource_changes
	print("printed", change.change.before.administrator_login_password)
	msg := sprintf("%s has %s", [change.address, change.change.before.administrator_login_password])
}

warn contains {"msg": "details", "detail": change.change.before.administrator_login_password, "plangate": {"details": {"value": change.change.before.administrator_login_password}}} if {
	some change in input.resource_changes
}

deny contains msg if {
	some change in input.resource_changes
	msg := json.unmarshal(change.change.before.administrator_login_password)
}
"#;

#[test]
fn no_format_shows_a_secret() {
    let (_dir, setup) = repository(&[("policy/p.rego", POLICY)]);
    let stages = plangate::workspace::open(&setup).unwrap();
    let before = json!({"name": "db", "administrator_login_password": SECRET});
    let sensitive = json!({"administrator_login_password": true});
    let change = destroyed("azurerm_mssql_server.x", "azurerm_mssql_server", &before, &sensitive);
    let report = judge(&stages, &[("plan.json", plan(&[change]))]);
    assert!(report.plans[0].findings.len() >= 3, "{:#?}", report.plans[0]);
    for (format, text) in in_every_format(&report) {
        assert!(text.len() > 100 && !text.contains(SECRET) && !text.contains("hunter2"), "{format}: {text}");
    }
}
