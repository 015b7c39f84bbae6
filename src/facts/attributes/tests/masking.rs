//! Whatever becomes unknown: a fact may become less certain, never go away.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const KINDS: [&str; 10] =
    ["disable", "enable", "decrease", "increase", "set", "unset", "change", "shrink", "grow", "transition"];
const ATTRS: [&str; 7] = ["x", "list", "list.x", "list.name", "list.in.x", "map.a.b", "expiry.ttl"];

fn scalar() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(7),
        json!("30"),
        json!("7d"),
        json!("on"),
        json!(""),
        json!("odd"),
    ])
}

fn block() -> impl Strategy<Value = Json> {
    let name = prop::sample::select(vec![json!("a"), json!("b"), json!("c"), json!(null)]);
    (name, scalar(), prop::option::of(scalar())).prop_map(|(name, x, inner)| {
        let inner: Vec<Json> = inner.into_iter().map(|x| json!({"x": x})).collect();
        json!({"name": name, "x": x, "in": inner})
    })
}

fn object() -> impl Strategy<Value = Json> {
    let blocks = prop::collection::vec(block(), 0..4);
    (scalar(), blocks, scalar(), scalar(), prop::option::of(scalar())).prop_map(|(x, list, joined, apart, ttl)| {
        let expiry: Vec<Json> = ttl.into_iter().map(|ttl| json!({"ttl": ttl})).collect();
        json!({"x": x, "list": list, "map": {"a.b": joined, "a": {"b": apart}}, "expiry": expiry})
    })
}

/// Every place in a value.
fn places(value: &Json, at: &mut Vec<Json>, found: &mut Vec<Vec<Json>>) {
    found.push(at.clone());
    let inner: Vec<(Json, &Json)> = match value {
        Json::Object(map) => map.iter().map(|(key, value)| (json!(key), value)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(index, value)| (json!(index), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in inner {
        at.push(step);
        places(value, at, found);
        at.pop();
    }
}

/// Makes one place unknown, as Terraform writes it: left out of an object, `null` in a list.
fn mask(after: &mut Json, unknown: &mut Json, path: &[Json]) {
    let Some((step, rest)) = path.split_first() else {
        *after = Json::Null;
        *unknown = json!(true);
        return;
    };
    if *unknown == json!(true) {
        return;
    }
    if let Some(key) = step.as_str() {
        if !unknown.is_object() {
            *unknown = json!({});
        }
        if let Some(inner) = after.get_mut(key) {
            mask(inner, &mut unknown[key], rest);
            if rest.is_empty() {
                after.as_object_mut().unwrap().remove(key);
            }
        }
    } else if let Some(index) = step.as_u64().and_then(|index| usize::try_from(index).ok()) {
        if !unknown.is_array() {
            *unknown = json!(vec![json!(false); after.as_array().map_or(0, Vec::len)]);
        }
        if let Some(inner) = after.get_mut(index) {
            mask(inner, &mut unknown[index], rest);
        }
    }
}

fn kinds_found(rule: &Json, before: &Json, after: &Json, unknown: &Json) -> BTreeSet<(String, &'static str)> {
    found(rule, before, after, unknown).into_iter().map(|fact| (fact.attribute, fact.kind.as_str())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_becomes_unknown_silences_nothing(
        kind in prop::sample::select(&KINDS[..]),
        attr in prop::sample::select(&ATTRS[..]),
        effect in prop::sample::select(vec!["data_loss", "weaken"]),
        endless in prop::sample::select(vec![json!([]), json!(["null", "0"])]),
        before in object(),
        after in object(),
        masked in prop::collection::vec(any::<prop::sample::Index>(), 1..3),
    ) {
        let mut rule = json!({"kind": kind, "attr": attr, "effect": effect, "infinite": endless});
        if kind == "transition" {
            rule["from"] = json!(["on", "true", "7"]);
            rule["to"] = json!(["odd", "0", "false"]);
        }
        let plain = kinds_found(&rule, &before, &after, &json!({}));
        let (mut hidden, mut unknown) = (after.clone(), json!({}));
        for index in masked {
            let mut all = Vec::new();
            places(&hidden, &mut Vec::new(), &mut all);
            let path = index.get(&all).clone();
            mask(&mut hidden, &mut unknown, &path);
        }
        let then = kinds_found(&rule, &before, &hidden, &unknown);
        prop_assert!(plain.is_subset(&then), "{plain:?} became {then:?} under {unknown}: {hidden}");
    }
}
