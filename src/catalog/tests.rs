//! The data itself: every line parses strictly and refers only to what exists.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    provider: String,
    source: String,
    types: Vec<Entry>,
}

fn files() -> Vec<(&'static str, File)> {
    let parse = |(name, text): &(&'static str, &'static str)| {
        (*name, serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}.json: {error}")))
    };
    embedded::PROVIDERS.iter().map(parse).collect()
}

fn entries() -> Vec<Entry> {
    files().into_iter().flat_map(|(_, file)| file.types).collect()
}

#[test]
fn every_file_is_strict_sorted_and_holds_only_its_own_prefix() {
    let mut seen = BTreeSet::new();
    for (prefix, file) in files() {
        assert_eq!(file.schema, "plangate-catalog/1", "{prefix}");
        assert!(!file.provider.is_empty() && !file.types.is_empty(), "{prefix}");
        let names: Vec<&str> = file.types.iter().map(|entry| entry.resource_type.as_str()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{prefix}.json is not sorted or has duplicates");
        for entry in &file.types {
            assert_eq!(entry.resource_type.split('_').next(), Some(prefix));
            assert!(seen.insert(entry.resource_type.clone()), "{} stands in two files", entry.resource_type);
            assert!(entry.source.is_some() || (entry.doc.is_some() && !file.source.is_empty()), "no source");
        }
    }
    assert!(seen.len() >= 2_053, "types were lost: {}", seen.len());
}

#[test]
fn files_on_disk_are_the_ones_embedded() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/catalog");
    let mut on_disk: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| name != "generic")
        .collect();
    on_disk.sort();
    assert_eq!(embedded::PROVIDERS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), on_disk);
}

#[test]
fn every_type_is_found_by_its_exact_name_alone() {
    let catalog = Catalog::builtin();
    for entry in entries() {
        assert_eq!(catalog.entry(&entry.resource_type).unwrap().as_ref(), Some(&entry));
        let near = format!("{}x", entry.resource_type);
        assert!(catalog.entry(&near).unwrap().is_none_or(|found| found.resource_type == near));
    }
    for absent in ["", "_", "azurerm", "azurerm_", "AWS_db_instance", "acme_database", "types", "{\"type\":\"", "zzz_"]
    {
        assert!(catalog.entry(absent).unwrap().is_none(), "{absent}");
    }
}

#[test]
fn known_types_are_sorted_and_hold_every_current_type() {
    let catalog = Catalog::builtin();
    let known: Vec<&str> = embedded::KNOWN_TYPES.lines().collect();
    assert!(known.is_sorted_by(|a, b| a < b) && known.len() > 8_000);
    assert!(known.iter().all(|name| catalog.is_known(name)));
    assert!(!catalog.is_known("") && !catalog.is_known("aws_"));
    for entry in entries() {
        let removed = entry.status == Status::Removed;
        assert_eq!(entry.removed.is_some(), removed, "{}", entry.resource_type);
        assert!(removed || catalog.is_known(&entry.resource_type), "{} is not known", entry.resource_type);
    }
}

#[test]
fn parents_exist() {
    let catalog = Catalog::builtin();
    for entry in entries() {
        for parent in &entry.parents {
            let name = &parent.resource_type;
            let exists = match name.strip_suffix('*') {
                Some(start) => embedded::KNOWN_TYPES.lines().any(|known| known.starts_with(start)),
                None => catalog.is_known(name) || catalog.entry(name).unwrap().is_some(),
            };
            assert!(exists, "{}: no parent {name}", entry.resource_type);
        }
    }
}

#[test]
fn conditions_compare_with_plain_values() {
    let plain = |values: &[Value]| !values.is_empty() && values.iter().all(|v| !v.is_object() && !v.is_array());
    for entry in entries() {
        assert!(!entry.loses.is_empty() && !entry.recover.is_empty(), "{}", entry.resource_type);
        // What the provider's settings are is a fact of the plan, told beside these.
        let text = format!("{} {}", entry.loses, entry.recover);
        assert!(!text.contains('@') && !text.contains("features."), "{}: {text}", entry.resource_type);
        let guard = &entry.destroy_guard;
        let clauses = [&guard.blocked_when, &guard.harmless_when, &guard.snapshot_when, &guard.escalates_when];
        assert!(clauses.into_iter().flatten().all(|clause| plain(&clause.values)), "{}", entry.resource_type);
        for condition in entry.variants.iter().flat_map(|variant| variant.when.values()) {
            assert!(matches!(condition, Condition::Set) || matches!(condition, Condition::In(v) if plain(v)));
        }
        let strict = entry.strict.unwrap_or(Level::Deny);
        assert!(strict > entry.default || entry.strict.is_none(), "{}: strict is not stricter", entry.resource_type);
    }
}

#[test]
fn generic_part_is_strict_and_refers_to_the_catalogue() {
    let catalog = Catalog::builtin();
    let generic = catalog.generic().unwrap();
    let words: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).collect();
    assert_eq!(generic.classes.keys().map(String::as_str).collect::<Vec<_>>(), words, "18 classes, sorted");
    assert_eq!(generic.effects.len(), Effect::ALL.len());
    for name in generic::CARRIERS {
        let carrier = catalog.carrier(name).unwrap().unwrap();
        assert!(!generic.table(carrier).is_empty(), "{name} has no table");
        for carried in generic.table(carrier) {
            let same = carried.same_as.as_deref().map(|same| catalog.entry(same).unwrap().expect(same));
            assert!(same.is_some() != carried.loses.is_some(), "{}: what is lost, said once", carried.name);
        }
    }
    for hazard in generic.create_hazards.iter().filter(|hazard| !hazard.resource_type.ends_with('*')) {
        // Documented on the page of another type.
        let is_listed = catalog.is_known(&hazard.resource_type) || hazard.resource_type == "google_project_iam_policy";
        assert!(is_listed, "{}", hazard.resource_type);
        assert!(!hazard.effect.is_empty() && hazard.level < Level::Deny, "{}", hazard.resource_type);
    }
    let with_table = generic.dispatch.iter().filter(|carrier| carrier.table.is_some());
    assert_eq!(with_table.count(), generic::CARRIERS.len());
    for glob in &generic.fallback_globs {
        let ending = glob.glob.strip_prefix("*_").expect("an ending");
        assert!(!ending.contains(['*', '?', '[', '{']), "{}", glob.glob);
    }
}

#[test]
fn references_name_types_that_exist() {
    let catalog = Catalog::builtin();
    let generic = catalog.generic().unwrap();
    let exists = |glob: &String| match glob.split_once('*') {
        None => catalog.is_known(glob) || catalog.entry(glob).unwrap().is_some(),
        Some((start, "")) => embedded::KNOWN_TYPES.lines().any(|known| known.starts_with(start)),
        Some(_) => false,
    };
    for reference in &generic.references {
        assert!(!reference.from.is_empty() && reference.from.iter().chain(&reference.to).all(exists), "{reference:?}");
        let is_typed = reference.form == ReferenceForm::TypedJson;
        assert_eq!(reference.to.is_empty(), is_typed, "{reference:?}");
        assert_eq!(reference.by.is_some(), reference.form == ReferenceForm::Path, "{reference:?}");
        let is_part = |path: &&str| path.starts_with(reference.attr.as_str());
        assert!(reference.kept().all(|path| is_part(&path)), "{reference:?}");
    }
    assert!(generic.reference_types.values().flatten().all(exists), "{:?}", generic.reference_types);
    assert!(generic.key_attributes.is_sorted_by(|a, b| a < b), "sorted, each once");
    let keys: Vec<Entry> = entries().into_iter().filter(|entry| entry.encryption_key).collect();
    assert!(
        keys.len() >= 28 && keys.iter().all(|entry| entry.class == Class::SecretKey && entry.default == Level::Deny)
    );
    for entry in entries() {
        let stops = entry.risky.iter().any(|risk| risk.stops_key);
        assert!(!stops || entry.encryption_key, "{}: only keys are stopped", entry.resource_type);
    }
}

#[test]
fn a_name_counts_only_where_nobody_has_looked() {
    let catalog = Catalog::builtin();
    assert_eq!(catalog.fallback_glob("acme_managed_database").unwrap(), Some("*_database"));
    assert_eq!(catalog.fallback_glob("ACME_Database").unwrap(), Some("*_database"));
    assert_eq!(catalog.fallback_glob("openstack_blockstorage_volume_v3").unwrap(), Some("*_volume"));
    for no_version in ["acme_volume_v", "acme_volume_v3x", "acme_volumev3", "v3", "_v3"] {
        assert_eq!(catalog.fallback_glob(no_version).unwrap(), None, "{no_version}");
    }
    assert_eq!(catalog.fallback_glob("acme_widget").unwrap(), None);
    assert_eq!(catalog.fallback_glob("aws_route_table").unwrap(), None, "known, and no store");
    assert_eq!(catalog.fallback_glob("aws_s3_bucket").unwrap(), None, "catalogued");
}

#[test]
fn carriers_are_told_apart_by_name_without_version_and_case() {
    let catalog = Catalog::builtin();
    let azapi = catalog.carrier("azapi_resource").unwrap().unwrap();
    let generic = catalog.generic().unwrap();
    let account = generic.carried(azapi, "microsoft.storage/StorageAccounts@2023-01-01").unwrap();
    assert_eq!((account.same_as.as_deref(), account.default), (Some("azurerm_storage_account"), Level::Deny));
    assert!(generic.carried(azapi, "Microsoft.Storage/storageAccountsX@2023-01-01").is_none());
    assert!(catalog.carrier("aws_s3_bucket").unwrap().is_none());
}

#[test]
fn identifying_attributes_are_those_the_entries_speak_of() {
    let mut expected: BTreeSet<String> = OWN_IDENTITY.iter().map(ToString::to_string).collect();
    for entry in entries() {
        let parents =
            entry.parents.into_iter().filter(|parent| matches!(parent.rel, Relation::Contains | Relation::Uses));
        expected.extend(parents.map(|parent| parent.attr));
        expected.extend(entry.variants.into_iter().flat_map(|variant| variant.when.into_keys()));
    }
    let generic = Catalog::builtin().generic().unwrap();
    expected.extend(generic.dispatch.iter().map(|carrier| carrier.attr.clone()));
    expected.extend(generic.references.iter().flat_map(Reference::kept).map(str::to_owned));
    expected.extend(generic.key_attributes.iter().cloned());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/catalog/identifying-attributes.txt");
    let text = expected.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run UPDATE=1 cargo test");
}
