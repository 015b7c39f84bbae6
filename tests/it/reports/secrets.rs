//! No report in any format shows a secret of the plan, nor under a private key a name.

use plangate::report::scene::{SceneEdge, SceneNode};
use serde_json::json;

use super::{destroyed, in_every_format, plan};
use crate::harness::{judge, plangate, repository};

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
    let mut stages = plangate::workspace::open(&setup).unwrap();
    stages.collect_scene = true;
    let before = json!({"name": "db", "administrator_login_password": SECRET});
    let sensitive = json!({"administrator_login_password": true});
    let change = destroyed("azurerm_mssql_server.x", "azurerm_mssql_server", &before, &sensitive);
    let report = judge(&stages, &[("plan.json", plan(&[change]))]);
    assert!(report.plans[0].findings.len() >= 3, "{:#?}", report.plans[0]);
    for (format, text) in in_every_format(&report) {
        assert!(text.len() > 100 && !text.contains(SECRET) && !text.contains("hunter2"), "{format}: {text}");
    }
}

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef\n";

/// A name in every place there is one: module, its key, label, key, provider's name and id, messages, details.
fn named() -> plangate::report::Report {
    let policy = "package main\n\ndeny contains {\"msg\": msg, \"plangate\": {\"address\": change.address, \"details\": {change.address: \
                  [change.change.before.name]}}} if {\n\tsome change in input.resource_changes\n\tprint(\"saw\", \
                  change.address)\n\tmsg := sprintf(\"%s, known as %s, goes\", [change.address, \
                  change.change.before.name])\n}\n\nwarn contains \"quiet-tenant goes\" if input.resource_changes\n";
    let waivers = "[[waiver]]\nrule = \"main.deny\"\naddress = \"aws_s3_bucket.gone_tenant\"\nreason = \"old\"\nowner = \
                   \"team\"\n\n[[waiver]]\nrule = \"main.warn\"\nmessage = \"quiet-tenant goes\"\nreason = \"quiet-tenant \
                   agreed\"\nowner = \"team\"\n";
    let (_dir, setup) = repository(&[("policy/p.rego", policy), ("plangate.waivers.toml", waivers)]);
    let mut stages = plangate::workspace::open(&setup).unwrap();
    stages.collect_names = true;
    stages.collect_scene = true;
    let names = [
        ("module.acme_module[\"acme-key\"].azurerm_storage_account.acme_label[\"quiet-tenant\"]", "acmeprovidername"),
        ("azurerm_storage_account.acme_label", "acme-short"),
    ];
    let changes = names.map(|(address, name)| {
        let before =
            json!({"name": name, "id": format!("/subscriptions/acme-subscription/{name}"), "location": "acme-region"});
        destroyed(address, "azurerm_storage_account", &before, &json!({}))
    });
    let mut broken =
        destroyed("azurerm_storage_account.acme_broken", "azurerm_storage_account", &json!({}), &json!({}));
    broken["change"]["actions"] = json!(["no-op"]);
    let mut report = judge(&stages, &[("plan.json", plan(&changes)), ("broken.json", plan(&[broken]))]);
    let scene = report.plans[0].scene.as_mut().unwrap();
    assert!(!scene.forward.is_empty());
    scene.nodes.extend(names.map(|(address, _)| SceneNode {
        address: address.to_owned(),
        deposed: None,
        resource_type: "azurerm_storage_account".to_owned(),
        state: "delete",
        gone: true,
    }));
    scene.edges.push(SceneEdge { from: 1, to: 0, why: "acme_label".to_owned(), contained: true });
    for finding in report.plans.iter_mut().flat_map(|plan| &mut plan.findings) {
        finding.location = None;
    }
    report
}

#[test]
fn no_format_shows_a_name_under_a_private_key() {
    use plangate::report::private::{Key, hide};
    let open = named();
    assert!(!open.findings.is_empty() && open.plans[1].problems.len() == 1, "{open:#?}");
    let key = Key::new(KEY).unwrap();
    let report = hide(open.clone(), &key);
    for ((format, text), (_, plain)) in in_every_format(&report).into_iter().zip(in_every_format(&open)) {
        assert!(plain.contains("acme_label"), "{format}");
        let found = ["acme", "quiet-tenant", "gone_tenant"].into_iter().find(|name| text.contains(name));
        assert_eq!(found, None, "{format}: {text}");
        assert!(text.contains("hmac-"), "{format}");
        for finding in open.all_findings() {
            assert!(!text.contains(finding.fingerprint.as_str()), "{format}: a fingerprint can be guessed");
        }
    }
    assert_eq!(report.verdict, open.verdict);
    let tokens = |report: &plangate::report::Report| {
        report.plans[0]
            .findings
            .iter()
            .filter_map(|f| f.subject.as_ref())
            .map(|s| s.address.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(tokens(&report), tokens(&hide(open.clone(), &key)));
    assert_ne!(tokens(&report), tokens(&hide(open, &Key::new(b"another key of some length").unwrap())));
}

#[test]
fn a_key_that_cannot_be_used_keeps_the_run_undecided() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let path = path.to_str().unwrap();
    let plan = "fixtures/scenarios/05-replace-force-new/plan.json";
    plangate().args(["check", plan, "--private-key-file", path]).run().exits(2).hides("lake");
    std::fs::write(path, "short\n").unwrap();
    plangate()
        .args(["check", plan, "--private-key-file", path])
        .run()
        .exits(2)
        .says("fewer than 16 bytes")
        .hides("lake");
    std::fs::write(path, KEY).unwrap();
    plangate()
        .args(["check", plan, "-v", "--private-key-file", path])
        .run()
        .exits(1)
        .says("hmac-")
        .hides("lakeprod")
        .hides(".lake");
}
