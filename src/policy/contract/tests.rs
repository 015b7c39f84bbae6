use serde_json::json;

use super::*;

fn error(value: &Value) -> String {
    interpret(value).unwrap_err().to_string()
}

#[test]
fn names_stand_for_levels_only_in_their_whole_form() {
    for name in ["deny", "violation", "deny_public", "violation_a_b2", "deny_1"] {
        assert_eq!(level_from_name(name), Some(Level::Deny), "{name}");
    }
    for name in ["warn", "warn_cost"] {
        assert_eq!(level_from_name(name), Some(Level::Warn), "{name}");
    }
    for name in ["denyx", "deny_", "deny__x", "deny-x", "warning", "allow", "", "_deny", "deny_ü", "Deny"] {
        assert_eq!(level_from_name(name), None, "{name}");
    }
}

/// The whole space: declared × result × preset × configured, against the definition written out as a maximum.
#[test]
fn every_combination_of_levels_is_decided() {
    let optional: Vec<Option<Level>> = std::iter::once(None).chain(Level::ALL.map(Some)).collect();
    for result in &optional {
        for preset in &optional {
            for config in &optional {
                for rule in Level::ALL.map(DeclaredLevel::Fixed).into_iter().chain([DeclaredLevel::PerFinding]) {
                    let decided = effective_level(rule, *result, *preset, *config);
                    let (declared, from) = match (rule, *result) {
                        (DeclaredLevel::PerFinding, None) => {
                            assert_eq!(decided, Err(MissingLevel), "also under {preset:?} and {config:?}");
                            continue;
                        }
                        (DeclaredLevel::PerFinding, Some(result)) => (result, LevelFrom::Result),
                        (DeclaredLevel::Fixed(rule), result) => {
                            let own = result.map_or(rule, |result| result.max(rule));
                            (own, if own > rule { LevelFrom::Result } else { LevelFrom::Rule })
                        }
                    };
                    let own = preset.map_or(declared, |preset| preset.max(declared));
                    let from = if own > declared { LevelFrom::Preset } else { from };
                    let expected = FindingLevel {
                        level: config.unwrap_or(own),
                        declared: own,
                        from: if config.is_some() { LevelFrom::Config } else { from },
                    };
                    assert_eq!(decided, Ok(expected), "{rule:?} {result:?} {preset:?} {config:?}");
                    assert!(config.is_some() || decided.unwrap().level >= declared, "a level was lowered");
                }
            }
        }
    }
}

#[test]
fn only_the_strict_preset_demands_a_level() {
    for (rule, result, expected) in [
        (None, None, None),
        (Some(Level::Deny), None, Some(Level::Deny)),
        (None, Some(Level::Warn), Some(Level::Warn)),
        (Some(Level::Warn), Some(Level::Deny), Some(Level::Deny)),
    ] {
        assert_eq!(preset_level(Preset::Strict, rule, result), expected);
        assert_eq!(preset_level(Preset::Standard, rule, result), None);
    }
}

#[test]
fn the_order_of_deciding_in_examples() {
    let decide = |rule, result, config| effective_level(DeclaredLevel::Fixed(rule), result, None, config).unwrap();
    let raised = decide(Level::Warn, Some(Level::Deny), None);
    assert_eq!((raised.level, raised.declared, raised.from), (Level::Deny, Level::Deny, LevelFrom::Result));
    let kept = decide(Level::Deny, Some(Level::Info), None);
    assert_eq!((kept.level, kept.from), (Level::Deny, LevelFrom::Rule));
    let lowered = decide(Level::Warn, Some(Level::Deny), Some(Level::Info));
    assert_eq!((lowered.level, lowered.declared, lowered.from), (Level::Info, Level::Deny, LevelFrom::Config));
}

#[test]
fn strings_objects_and_a_bare_true_are_findings() {
    let messages =
        |value: &Value| -> Vec<String> { interpret(value).unwrap().into_iter().map(|result| result.message).collect() };
    assert_eq!(messages(&json!(["a", {"msg": "b"}, {"message": "c"}])), ["a", "b", "c"]);
    assert_eq!(messages(&json!(true)), [BARE_TRUE_MESSAGE]);
    assert_eq!(messages(&json!("x")), ["x"], "`deny := \"x\"`");
    assert_eq!(messages(&json!(["", {"msg": " "}])), [BLANK_MESSAGE, BLANK_MESSAGE], "still findings");
    assert!(interpret(&json!([])).unwrap().is_empty());
    assert!(interpret(&json!(false)).unwrap().is_empty());
}

#[test]
fn own_keys_are_read_and_all_others_kept() {
    let results = interpret(&json!([{
        "msg": "m", "message": 3, "_loc": {"file": "a"},
        "plangate": {"address": "a.b", "deposed": "0a", "level": "deny", "details": {"k": [1]}},
    }]))
    .unwrap();
    let [result] = results.as_slice() else { panic!("one") };
    assert_eq!((result.address.as_deref(), result.deposed.as_deref()), (Some("a.b"), Some("0a")));
    assert_eq!(result.level, Some(Level::Deny));
    assert_eq!(result.details, BTreeMap::from([("k".to_owned(), json!([1]))]));
    let kept = BTreeMap::from([("_loc".to_owned(), json!({"file": "a"})), ("message".to_owned(), json!(3))]);
    assert_eq!(result.metadata, kept);
    assert_eq!(result.place, Some(("a".to_owned(), 1)));
    let placed = interpret(&json!([{"msg": "m", "_loc": {"file": "a.tf", "line": 3}}])).unwrap();
    assert_eq!(placed[0].place, Some(("a.tf".to_owned(), 3)));
    let misplaced = interpret(&json!([{"msg": "m", "_loc": 7}])).unwrap();
    assert_eq!((misplaced[0].place.as_ref(), &misplaced[0].metadata["_loc"]), (None, &json!(7)));
    let results = interpret(&json!([{"message": "m", "plangate": {"address": "a.b", "deposed": null}}])).unwrap();
    assert_eq!(results[0].deposed, None);
}

#[test]
fn any_other_shape_is_an_error_that_names_it_and_shows_no_value() {
    let cases = [
        (json!(5), "a number; expected a set of strings or of objects with `msg`"),
        (json!(null), "null; expected a set of strings or of objects with `msg`"),
        (json!({"a": 1, "b": 2}), "an object of 2 keys; expected a set of strings or of objects with `msg`"),
        (
            json!([["hunter2hunter2"]]),
            "a list of 1 element, where a string or an object with `msg` must stand, as element 0",
        ),
        (json!(["x", 1]), "a number, where a string or an object with `msg` must stand, as element 1"),
        (json!([[]]), "a list of 0 elements, where a string or an object with `msg` must stand, as element 0"),
        (json!([true]), "true, where a string or an object with `msg` must stand, as element 0"),
        (json!([{"a": 1}]), "an object of 1 key without `msg` as element 0"),
        (json!([{"msg": 1, "message": "m"}]), "an object whose `msg` is a number instead of a string as element 0"),
    ];
    for (value, expected) in cases {
        assert_eq!(error(&value), expected);
    }
}

#[test]
fn wrong_own_keys_are_errors() {
    let cases = [
        (json!(1), "`plangate` is a number instead of an object"),
        (json!({"address": null}), "`plangate.address` is null instead of a string"),
        (json!({"address": "a", "deposed": 1}), "`plangate.deposed` is a number instead of a string or null"),
        (json!({"deposed": "0a"}), "`plangate.deposed` but no `plangate.address`"),
        (json!({"level": "off"}), "`plangate.level` is `off` instead of `info`, `warn` or `deny`"),
        (json!({"level": 1}), "`plangate.level` is a number instead of"),
        (json!({"details": []}), "`plangate.details` is a list of 0 elements instead of an object"),
        (json!({"levle": "deny"}), "unknown key `plangate.levle`"),
    ];
    for (own, expected) in cases {
        let message = error(&json!([{"msg": "m", "plangate": own}]));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn attributes_are_a_list_of_strings() {
    let with = |attributes: Value| interpret(&json!([{"msg": "m", "plangate": {"attributes": attributes}}]));
    assert_eq!(with(json!(["a", "b[0].c"])).unwrap()[0].attributes, ["a", "b[0].c"]);
    for wrong in [json!("a"), json!([1]), json!(null), json!({})] {
        let error = with(wrong).unwrap_err().to_string();
        assert!(error.contains("`plangate.attributes`") && error.contains("a list of strings"), "{error}");
    }
}
