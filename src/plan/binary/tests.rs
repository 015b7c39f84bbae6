//! Messages that no fixture has, made by hand.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::archive::tests::archive_of;
use super::render::{Source, render};
use super::*;
use crate::plan::completeness::{Expect, assess};
use crate::plan::detect::recognise;
use crate::plan::json::{Interest, load};
use crate::plan::sink::NoSink;

/// A field of bytes: a string, a message, a value.
fn bytes(number: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let (content, mut out) = (content.as_ref(), key(number, 2));
    varint(content.len() as u64, &mut out);
    out.extend(content);
    out
}

/// A field of a number.
fn number(field: u8, value: u64) -> Vec<u8> {
    let mut out = key(field, 0);
    varint(value, &mut out);
    out
}

fn key(number: u8, wire: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(u64::from(number) << 3 | wire, &mut out);
    out
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// A `DynamicValue` of `{"k": "secret"}`.
fn object(field: u8) -> Vec<u8> {
    bytes(field, bytes(1, b"\x81\xa1k\xa6secret"))
}

fn resource(change: &[Vec<u8>]) -> Vec<u8> {
    let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    message(&[bytes(13, "aws_x.y"), bytes(8, provider), bytes(9, message(change))])
}

fn rendered(version: &str, product: Product, fields: &[Vec<u8>]) -> Result<Value, Fault> {
    let content = message(&[number(1, 3), bytes(14, version), message(fields)]);
    let mut unknown = 0;
    let plan = PlanMessage::read(&content, &mut unknown)?;
    let source = Source {
        plan: &plan,
        mode: Mode::Normal,
        product,
        release: check_version(&plan)?,
        state: None,
        defaults: &BTreeMap::from([("unset", "[1]".to_owned())]),
        planned: true,
    };
    Ok(serde_json::from_str(&render(&source, 0)?.0).unwrap())
}

fn change(version: &str, product: Product, change: &[Vec<u8>]) -> Result<Value, Fault> {
    let plan = rendered(version, product, &[bytes(3, resource(change))])?;
    Ok(plan["resource_changes"][0]["change"].clone())
}

#[test]
fn what_a_number_means_depends_on_the_product() {
    let two = |action| [number(1, action), object(2), object(2)];
    let actions = |action, product| change("1.16.0", product, &two(action)).unwrap()["actions"].clone();
    assert_eq!(actions(9, Product::Terraform), json!(["create", "forget"]));
    assert_eq!(actions(10, Product::OpenTofu), json!(["forget", "create"]));
    for (action, product) in [
        (9, Product::OpenTofu),
        (9, Product::Unknown),
        (10, Product::Terraform),
        (10, Product::Unknown),
        (4, Product::Terraform),
    ] {
        assert_eq!(actions(action, product), json!([format!("unknown-action-{action}")]));
    }
    let importing = |field: Vec<u8>| {
        let read = change("1.16.0", Product::OpenTofu, &[object(2), bytes(5, field)]).unwrap();
        read["importing"].clone()
    };
    assert_eq!(importing(bytes(1, "id")), json!({"id": "id"}));
    assert_eq!(importing(number(2, 1)), json!({"unknown": true}));
    assert_eq!(importing(object(2)), json!({"identity": {"k": "secret"}}));
    assert_eq!(importing(object(3)), json!({"identity": {"k": "secret"}}));
}

#[test]
fn ephemeral_resources_are_opened() {
    let open = |product, address: &str| {
        let provider = "provider[\"registry.opentofu.org/hashicorp/aws\"]";
        let entry = message(&[bytes(13, address), bytes(8, provider), bytes(9, number(1, 9))]);
        let plan = rendered("1.11.4", product, &[bytes(3, entry)]).ok()?;
        Some(plan["resource_changes"][0]["change"]["actions"].clone())
    };
    for product in [Product::OpenTofu, Product::Unknown] {
        assert_eq!(open(product, "ephemeral.aws_x.y"), Some(json!(["open"])));
        assert_eq!(open(product, "aws_x.y"), Some(json!(["unknown-action-9"])));
    }
    assert_eq!(open(Product::Terraform, "ephemeral.aws_x.y"), None, "a replacement without values");
}

#[test]
fn a_new_object_has_the_secrets_of_the_old_one() {
    let secret = bytes(3, bytes(1, bytes(1, "k")));
    let after = |action: u64| {
        let fields = [number(1, action), object(2), object(2), secret.clone()];
        change("1.16.0", Product::Terraform, &fields).unwrap()["after_sensitive"].clone()
    };
    for action in [6, 7, 9, 99] {
        assert_eq!(after(action), json!({"k": true}), "{action}");
    }
    assert_eq!(after(3), json!({}), "an update is planned once");
}

#[test]
fn what_is_deferred_stands_in_the_order_of_addresses() {
    let waiting = |address: &str| {
        let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
        let entry = message(&[bytes(13, address), bytes(8, provider), bytes(9, [number(1, 1), object(2)].concat())]);
        bytes(27, message(&[bytes(1, number(1, 1)), bytes(2, entry)]))
    };
    let plan = rendered("1.16.0", Product::Terraform, &[waiting("aws_x.b"), waiting("aws_x.a[*]")]).unwrap();
    let at = |at: usize| plan["deferred_changes"][at]["resource_change"]["address"].clone();
    assert_eq!((at(0), at(1)), (json!("aws_x.a[*]"), json!("aws_x.b")));
}

#[test]
fn before_1_8_everything_is_secret() {
    let marks = |version| {
        let read = change(version, Product::Terraform, &[number(1, 1), object(2)]).unwrap();
        (read["before_sensitive"].clone(), read["after_sensitive"].clone())
    };
    assert_eq!(marks("1.7.5"), (json!(false), json!(true)));
    assert_eq!(marks("1.8.0-rc1"), (json!(false), json!(true)));
    assert_eq!(marks("1.8.0"), (json!(false), json!({})));
}

#[test]
fn flags_are_there_where_the_product_has_them() {
    let keys = |version, product| {
        let plan = rendered(version, product, &[]).unwrap();
        ["applyable", "complete", "errored"].map(|key| plan.get(key).is_some())
    };
    assert_eq!(keys("1.5.0", Product::Terraform), [false, false, false]);
    assert_eq!(keys("1.7.0", Product::Terraform), [false, false, true]);
    assert_eq!(keys("1.8.0", Product::Terraform), [true, true, true]);
    assert_eq!(keys("1.11.0", Product::OpenTofu), [false, false, true]);
    assert_eq!(rendered("1.5.0", Product::Terraform, &[number(20, 1)]).unwrap()["errored"], json!(true));
}

#[test]
fn values_must_be_as_many_as_the_action_has() {
    for (action, values) in [(0, 0), (0, 2), (1, 2), (3, 1), (5, 0), (6, 1), (7, 3)] {
        let fields = [vec![number(1, action)], vec![object(2); values]].concat();
        assert!(change("1.11.4", Product::Terraform, &fields).is_err(), "{action} with {values}");
    }
}

#[test]
fn actions_and_what_is_deferred_are_shown() {
    let trigger = message(&[bytes(1, "aws_x.y"), number(2, 5), number(3, 1)]);
    let provider = bytes(2, "provider[\"registry.terraform.io/hashicorp/aws\"]");
    let action = message(&[bytes(1, "module.m.action.aws_lambda.run[0]"), provider, object(4), bytes(6, trigger)]);
    let reason = |code| bytes(1, number(1, code));
    let waiting = message(&[reason(3), bytes(2, resource(&[number(1, 5), object(2)]))]);
    let later = message(&[reason(9), bytes(2, &action)]);
    let plan =
        rendered("1.16.0", Product::Terraform, &[bytes(30, &action), bytes(27, waiting), bytes(31, later)]).unwrap();
    let shown = &plan["action_invocations"][0];
    assert_eq!(
        (&shown["address"], &shown["type"]),
        (&json!("module.m.action.aws_lambda.run[0]"), &json!("aws_lambda"))
    );
    assert_eq!(shown["lifecycle_action_trigger"]["action_trigger_event"], json!("BeforeDestroy"));
    assert_eq!(shown["config_sensitive"], json!(true));
    assert_eq!(plan["deferred_changes"][0]["reason"], json!("provider_config_unknown"));
    assert_eq!(plan["deferred_changes"][0]["resource_change"]["change"]["actions"], json!(["delete"]));
    assert_eq!(plan["deferred_action_invocations"][0]["reason"], json!("unknown"));
    let without = message(&[bytes(1, "action.aws_lambda.run")]);
    assert!(rendered("1.16.0", Product::Terraform, &[bytes(30, without)]).is_err(), "no trigger");
}

#[test]
fn a_plan_that_does_something_else_than_its_changes_is_refused() {
    let mut graph = Vec::new();
    varint(500_000_000 << 3 | 2, &mut graph);
    graph.extend([1, 0]);
    let refused = rendered("1.12.6", Product::OpenTofu, &[graph]).unwrap_err();
    assert!(matches!(refused, Fault::Unsupported(_)), "{refused:?}");
}

#[test]
fn variables_are_what_was_set_and_the_defaults_that_are_known() {
    let set = message(&[bytes(1, "set"), object(2)]);
    let plan = rendered("1.11.4", Product::Terraform, &[bytes(2, &set)]).unwrap();
    assert_eq!(plan["variables"], json!({"set": {"value": {"k": "secret"}}, "unset": {"value": [1]}}));
    assert!(rendered("1.11.4", Product::Terraform, &[bytes(2, &set), bytes(2, &set)]).is_err());
}

#[test]
fn plans_of_other_formats_are_named() {
    let of = |content: &[u8]| check_version(&PlanMessage::read(content, &mut 0).unwrap()).map(|_| ());
    assert!(matches!(of(&number(1, 4)), Err(Fault::Unsupported(_))));
    assert!(matches!(of(&message(&[number(1, 3), bytes(14, "latest")])), Err(Fault::Odd(_))));
    let old = message(&[bytes(3, message(&[bytes(3, "aws_x"), bytes(4, "y")]))]);
    let refused = rendered("1.0.11", Product::Terraform, &[old]).unwrap_err();
    assert!(matches!(refused, Fault::Unsupported(_)), "{refused:?}");
}

const SCENARIOS: [&str; 5] =
    ["05-replace-force-new", "29-deposed", "38-check-fails", "46-destroy-provisioner", "50-weird-keys"];

/// `tfplan` and `tfstate` of a scenario.
fn entries(scenario: &str) -> [Vec<u8>; 2] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios").join(scenario).join("tfplan");
    let bytes = std::fs::read(path).unwrap();
    let mut archive = Archive::open(&bytes).unwrap();
    [PLAN, STATE].map(|name| archive.read(name).unwrap().unwrap())
}

proptest! {
    // PROPTEST_CASES=100000 cargo test --lib changed_entries
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What checksums no longer protect: never a panic, and what is read is JSON that loads or is refused.
    #[test]
    fn changed_entries_never_panic(
        scenario in prop::sample::select(&SCENARIOS[..]),
        in_state in prop::bool::weighted(0.2),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4),
    ) {
        let [mut plan, mut state] = entries(scenario);
        let changed = if in_state { &mut state } else { &mut plan };
        for (at, byte, edit) in edits {
            let at = at.index(changed.len());
            match edit {
                0 => changed[at] ^= 1 << (byte % 8),
                1 => changed[at] = byte,
                2 => changed.insert(at, byte),
                _ => drop(changed.remove(at)),
            }
        }
        for found in recognise(archive_of(&[(PLAN, &plan), (STATE, &state)])) {
            let Ok(document) = found else { continue };
            prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(document.bytes()).is_ok());
            if let Ok(loaded) = load(&document, &Interest::builtin(), NoSink) {
                let _ = assess(&loaded.plan, Expect::Ordinary);
            }
        }
    }
}
