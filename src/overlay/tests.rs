//! What is taken, what is refused and where the refusal points.

use super::*;
use crate::catalog::{Catalog, Class, Level as Suggested};
use crate::problem::Problem;
use crate::source::SourceFile;

fn read(text: &str) -> Result<Vec<Entry>, Vec<Problem>> {
    parse_toml(&SourceFile::new("catalog.toml", text))
}

/// Message and underlined text of each mistake.
fn mistakes(text: &str) -> Vec<(String, String)> {
    let problems = read(text).unwrap_err();
    let shown = |problem: Problem| {
        let place = problem.place.expect("every mistake is underlined");
        (problem.message, place.file.slice(place.span).to_owned())
    };
    problems.into_iter().map(shown).collect()
}

fn overlay(text: &str) -> Overlay {
    Entries::new(read(text).unwrap()).in_force("2026-11-23".parse().unwrap())
}

const NEW: &str = "[[types]]\ntype = 'acme_dataset'\nclass = 'dataset_store'\nseverity = 'critical'\ndefault = 'deny'\n\
                   loses = 'published dataset'\nrecover = 'none'\n";

#[test]
fn a_type_is_added_and_one_of_the_catalogue_is_patched() {
    let catalog = Catalog::with(overlay(&format!(
        "{NEW}protect = ['protected']\n[[types.risky]]\nattr = 'protected'\nkind = 'disable'\neffect = 'weaken'\nlevel = 'warn'\n\
         [[types]]\ntype = 'aws_s3_bucket'\nseverity = 'critical'\n\
         risky = [{{ attr = 'acl', kind = 'transition', from = ['*'], to = ['*'], effect = 'exposure', level = 'deny' }}]\n"
    )));
    let own = catalog.entry("acme_dataset").unwrap().unwrap();
    assert_eq!((own.class, own.default, own.risky.len()), (Class::DatasetStore, Suggested::Deny, 1));
    let (shipped, patched) =
        (catalog.shipped("aws_s3_bucket").unwrap().unwrap(), catalog.entry("aws_s3_bucket").unwrap().unwrap());
    assert_eq!(shipped.risky.len() + 1, patched.risky.len(), "what ships stays");
    let acl: Vec<_> = patched.risky.iter().filter(|risk| risk.attr == "acl").map(|risk| risk.level).collect();
    assert_eq!(acl, [Suggested::Warn, Suggested::Deny]);
    assert_eq!(patched.loses, shipped.loses);
    assert!(catalog.names().any(|name| name == "acme_dataset"));
}

#[test]
fn every_mistake_is_underlined() {
    let found = mistakes(
        "[[types]]\ntype = 'acme_x'\nclass = 'databse'\n\
         [[types]]\nclas = 'database'\n\
         [[types]]\ntype = 'aws_s3_bucket'\ndefault = 'warn'\n\
         [[types]]\ntype = 'aws_*'\n\
         [[overrides]]\ndefault = 'warn'\n\
         [[overrides]]\nmatch = { type = 'aws_s3_buckt' }\ndefault = 'warn'\nexpires = 'soon'\nreason = ' '\n\
         [[overrides]]\nmatch = { adress = 'module.a' }\ndefault = 'warn'\n\
         [[overrides]]\nmatch = { type = 'aws_s3_bucket', address = '**' }\n",
    );
    let wanted = [
        ("`class` is wrong: unknown variant `databse`", "'databse'"),
        ("unknown key `clas`", "clas"),
        ("an entry of the catalogue without `type`", ""),
        ("the entry about `aws_s3_bucket` lowers it without `reason`", "'aws_s3_bucket'"),
        ("`aws_*` is no type name", "'aws_*'"),
        ("an override without `match`", ""),
        ("no resource type is called `aws_s3_buckt`", "'aws_s3_buckt'"),
        ("`expires` is not a date", "'soon'"),
        ("`reason` says nothing", "' '"),
        ("unknown key `adress`", "adress"),
        ("`address` matches everything", "'**'"),
        ("the override sets nothing", ""),
        ("the override has no `reason`", ""),
    ];
    for (message, underlined) in wanted {
        assert!(
            found.iter().any(|(m, at)| m.starts_with(message) && (underlined.is_empty() || at == underlined)),
            "{message}: {found:#?}"
        );
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn a_new_type_says_everything_and_a_near_miss_is_suggested() {
    let problems = read("[[types]]\ntype = 'azurerm_storage_acount'\ndefault = 'deny'\n").unwrap_err();
    assert!(
        problems[0].message.contains("has no `class`, `severity`, `loses` or `recover`"),
        "{}",
        problems[0].message
    );
    assert!(problems[0].help.as_ref().unwrap().contains("did you mean `azurerm_storage_account`?"));
}

#[test]
fn a_new_type_that_counts_for_less_than_an_unknown_one_needs_a_reason() {
    let entry = |name: &str, level: &str| {
        format!(
            "[[types]]\ntype = '{name}'\nclass = 'cache'\nseverity = 'low'\ndefault = '{level}'\nloses = 'a'\nrecover = 'none'\n"
        )
    };
    for (name, level) in [("acme_database", "warn"), ("acme_x", "info")] {
        let text = entry(name, level);
        assert!(mistakes(&text)[0].0.ends_with("lowers it without `reason`"), "{name}");
        assert!(read(&format!("{text}reason = 'r'\n")).is_ok(), "{name}");
    }
    assert!(read(&entry("acme_x", "warn")).is_ok() && read(&entry("aws_lambda_permission", "info")).is_ok());
}

#[test]
fn an_entry_about_the_very_change_that_ships_gives_it_a_level_and_lowers_only_with_a_reason() {
    let entry = |of: &str, risk: &str| format!("[[types]]\ntype = '{of}'\nrisky = [{{ {risk} }}]\n");
    let retention = |level: &str| {
        let risk = format!(
            "attr = 'config.retention.ms', kind = 'decrease', infinite = ['-1'], effect = 'data_loss', level = '{level}'"
        );
        entry("kafka_topic", &risk)
    };
    let shipped = Catalog::builtin().entry("kafka_topic").unwrap().unwrap();
    let levels = |text: &str| {
        let entry = Catalog::with(overlay(text)).entry("kafka_topic").unwrap().unwrap();
        assert_eq!(entry.risky.len(), shipped.risky.len());
        let risk = entry.risky.into_iter().find(|risk| risk.attr == "config.retention.ms").unwrap();
        (risk.level, risk.overlaid.unwrap().was)
    };
    assert_eq!(levels(&retention("deny")), (Suggested::Deny, Suggested::Deny));
    assert_eq!(levels(&format!("{}reason = 'r'\n", retention("info"))), (Suggested::Info, Suggested::Deny));
    for text in [
        retention("warn"),
        // The rules about every type count, too.
        entry("aws_sqs_queue", "attr = 'force_destroy', kind = 'enable', effect = 'weaken', level = 'info'"),
    ] {
        assert!(mistakes(&text)[0].0.ends_with("lowers it without `reason`"), "{text}");
    }
}

#[test]
fn a_class_is_replaced_only_where_no_rule_loses_sight() {
    use Class::{Cache, Database, Network, ObjectStore, ProtectionConfig, ServiceDiscovery};
    assert_eq!(ObjectStore.overlaid_by(Database), Database);
    assert_eq!(Network.overlaid_by(Cache), Cache);
    for (shipped, own) in [(ObjectStore, Network), (ProtectionConfig, Cache), (ServiceDiscovery, ProtectionConfig)] {
        assert_eq!(shipped.overlaid_by(own), shipped);
    }
}

#[test]
fn only_a_denial_needs_no_reason() {
    assert!(read("[[overrides]]\nmatch = { type = 'aws_s3_bucket' }\ndefault = 'deny'\n").is_ok());
    for says in ["default = 'warn'", "severity = 'low'", "class = 'state_only'", "strict = 'deny'"] {
        let text = format!("[[overrides]]\nmatch = {{ type = 'aws_s3_bucket' }}\n{says}\n");
        assert_eq!(mistakes(&text)[0].0, "the override has no `reason`", "{says}");
        assert!(read(&format!("{text}reason = 'because'\n")).is_ok(), "{says}");
    }
}

#[test]
fn json_says_the_same_and_its_mistakes_have_a_place_or_a_path() {
    let json = |text: &str| parse_json(&SourceFile::new("catalog.json", text));
    let good = json(
        r#"{"schema": "x", "types": [{"type": "aws_s3_bucket", "default": "warn", "reason": "r", "expires": "2027-01-31"}],
            "overrides": [{"match": {"type": "aws_*", "where": {"before.tags.data-class": ["scratch"]}}, "default": "info", "reason": "r"}]}"#,
    )
    .unwrap();
    assert_eq!(good.len(), 2);
    let Says::Override(o) = &good[1].says else { panic!("{good:?}") };
    assert_eq!(o.conditions.keys().collect::<Vec<_>>(), ["tags.data-class"]);

    let problem = &json("{\"types\": [\n  {\"type\": \"a\", \"clas\": 1}]}").unwrap_err()[0];
    assert!(
        problem.message.contains("unknown field `clas`") && problem.message.contains("line 2"),
        "{}",
        problem.message
    );
    assert_eq!(problem.place.as_ref().unwrap().position().line, 2);
    assert!(
        json("{\"types\": [{\"type\": \"a\", \"type\": \"b\"}]}").unwrap_err()[0].message.contains("duplicate field")
    );
    let problem = &json(r#"{"overrides": [{"match": {"type": "aws_s3_bucket"}, "default": "warn"}]}"#).unwrap_err()[0];
    assert!(problem.message.contains("(`catalog.json`, overrides[0].match)"), "{}", problem.message);
}

#[test]
fn an_expired_entry_says_nothing_and_an_unused_one_is_named() {
    let entries = Entries::new(
        read(
            "[[overrides]]\nmatch = { type = 'aws_s3_bucket' }\ndefault = 'warn'\nreason = 'r'\nexpires = 2026-11-22\n\
             [[overrides]]\nmatch = { address = 'module.preview.**' }\ndefault = 'warn'\nreason = 'r'\nexpires = 2026-11-23\n",
        )
        .unwrap(),
    );
    let today = "2026-11-23".parse().unwrap();
    assert_eq!(entries.in_force(today).overrides.iter().map(|o| o.id).collect::<Vec<_>>(), [1]);
    let found = entries.audit(&BTreeSet::new(), today);
    let said: Vec<(&str, &str)> = found.iter().map(|f| (f.rule.as_str(), f.message.as_str())).collect();
    assert_eq!(
        said,
        [
            (EXPIRED_RULE, "the override of `aws_s3_bucket` expired after 2026-11-22 and says nothing any more"),
            (UNUSED_RULE, "the override at `module.preview.**` matches no change"),
        ]
    );
    assert_eq!(entries.audit(&BTreeSet::from([1]), today).len(), 1);
}
