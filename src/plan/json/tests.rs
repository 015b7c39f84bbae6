use std::sync::Arc;

mod fixtures;
mod properties;

use super::*;
use crate::plan::action::Action;
use crate::plan::detect::recognise;
use crate::plan::sink::Selector;
use crate::plan::value::{Lookup, Number, PathStep, Side, Value};
use crate::plan::{Mode, ResourceChange};

/// Makes JSON text again, keys in the order of the document.
struct Echo;

impl DocumentSink for Echo {
    type Node = String;

    fn null(&mut self) -> String {
        "null".to_owned()
    }
    fn bool(&mut self, value: bool) -> String {
        value.to_string()
    }
    fn int(&mut self, value: i64) -> String {
        value.to_string()
    }
    fn uint(&mut self, value: u64) -> String {
        value.to_string()
    }
    fn float(&mut self, value: f64) -> String {
        serde_json::Value::from(value).to_string()
    }
    fn string(&mut self, value: &str) -> String {
        serde_json::Value::from(value).to_string()
    }
    fn array(&mut self, items: Vec<String>) -> String {
        format!("[{}]", items.join(","))
    }
    fn object(&mut self, entries: Vec<(Arc<str>, String)>) -> String {
        let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{}:{value}", self.string(key))).collect();
        format!("{{{}}}", entries.join(","))
    }
}

fn load_with<S: DocumentSink>(text: &str, interest: &Interest, sink: S) -> Result<Loaded<S::Node>, Problem> {
    let mut found = recognise(text.as_bytes().to_vec());
    assert_eq!(found.len(), 1);
    load(&found.remove(0)?, interest, sink)
}

fn plan(text: &str) -> Result<Plan, Problem> {
    load_with(text, &Interest::builtin(), NoSink).map(|loaded| loaded.plan)
}

/// A plan with one entry.
fn entry(entry: &str) -> Result<ResourceChange, Problem> {
    let plan = plan(&format!(r#"{{"format_version":"1.2","resource_changes":[{entry}]}}"#))?;
    Ok(plan.changes.unwrap().remove(0))
}

fn code(text: &str) -> ProblemCode {
    plan(text).map(|plan| panic!("loaded: {plan:?}")).unwrap_err().code
}

#[test]
fn values_of_quiet_changes_are_dropped_wherever_actions_stand() {
    for change in [
        r#"{"actions":["no-op"],"before":{"a":1},"after":{"a":1}}"#,
        r#"{"before":{"a":1},"after":{"a":1},"actions":["no-op"]}"#,
    ] {
        let entry = entry(&format!(r#"{{"address":"t.x","change":{change}}}"#)).unwrap();
        assert_eq!(entry.change.before, Value::Null, "{change}");
        assert_eq!(entry.change.action, Action::NoOp);
    }
    let entry = entry(r#"{"address":"t.x","change":{"before":{"a":1},"actions":["delete"]}}"#).unwrap();
    assert_eq!(
        entry.change.lookup(Side::Before, &[PathStep::Key("a".into())]),
        Lookup::Known(&Value::Number(Number::Int(1)))
    );
}

#[test]
fn interest_decides_what_is_kept() {
    let text = r#"{"format_version":"1.2","resource_changes":[
        {"address":"t.x","change":{"actions":["no-op"],"before":{"a":1}}},
        {"address":"t.y","change":{"actions":["delete"],"before":{"a":1}}}]}"#;
    let kept = |values| {
        let loaded = load_with(text, &Interest { values, ..Interest::builtin() }, NoSink).unwrap();
        assert!(loaded.node.is_none());
        loaded.plan.changes.unwrap().iter().map(|change| change.change.before != Value::Null).collect::<Vec<_>>()
    };
    assert_eq!(kept(KeepValues::None), [false, false]);
    assert_eq!(kept(KeepValues::Changed), [false, true]);
    assert_eq!(kept(KeepValues::All), [true, true]);
}

#[test]
fn the_sink_gets_the_whole_plan_also_out_of_a_wrapper() {
    let inner = r#"{"format_version":"1.2","x":[1,-2,0.5,18446744073709551615,"ü\n",null,true],"resource_changes":[{"address":"t.x","mode":"data","change":{"actions":["no-op"],"before":{"a":{"b":[]}}}}],"configuration":{"root_module":{"variables":{"v":{"default":1}}}}}"#;
    for text in [inner.to_owned(), format!(r#"{{"plan":{inner},"run":{{}}}}"#), format!(r#"{{"tfplan":{inner}}}"#)] {
        let loaded = load_with(&text, &Interest::everything(), Echo).unwrap();
        assert_eq!(loaded.node.as_deref(), Some(inner));
        assert_eq!(loaded.plan.unknown_keys, ["x"]);
        assert_eq!(loaded.plan.changes.unwrap().len(), 1);
    }
}

#[test]
fn the_sink_gets_what_is_wanted_and_the_plan_is_the_same() {
    let inner = r#"{"format_version":"1.2","run":1,"resource_changes":[
        {"address":"t.x","type":"t","change":{"actions":["delete"],"before":{"a":{"b":[1]},"c":2}}}],"configuration":{"root_module":{"variables":{"v":{}}}}}"#;
    let name = |name: &str| Selector::Name(name.into());
    let mut paths = PathSet::default();
    paths.insert(&[name("resource_changes"), Selector::Wildcard, name("type")], false);
    paths.insert(&[name("resource_changes"), Selector::Wildcard, name("change"), name("before"), name("a")], true);
    paths.insert(&[name("configuration")], false);
    paths.insert(&[name("run")], true);
    let interest = Interest::builtin().with_paths(&paths);
    let wanted =
        r#"{"run":1,"resource_changes":[{"type":"t","change":{"before":{"a":{"b":[1]}}}}],"configuration":{}}"#;
    let wrapper = format!(r#"{{"plan":{inner},"run":{{"id":[2]}},"other":1}}"#);
    for (text, beside) in [(inner, None), (wrapper.as_str(), Some(r#"{"run":{"id":[2]}}"#))] {
        let loaded = load_with(text, &interest, Echo).unwrap();
        assert_eq!((loaded.node.as_deref(), loaded.beside.as_deref()), (Some(wanted), beside));
        let whole = load_with(text, &Interest::everything(), Echo).unwrap();
        assert_eq!(format!("{:?}", loaded.plan), format!("{:?}", whole.plan));
    }
    let twice = inner.replace(r#""c":2"#, r#""c":2,"c":3"#);
    assert_eq!(load_with(&twice, &interest, Echo).unwrap_err().code, ProblemCode::DuplicateKey, "wanted or not");
}

#[test]
fn a_wrapper_around_two_plans_is_refused() {
    let inner = r#"{"format_version":"1.2","resource_changes":[]}"#;
    assert_eq!(code(&format!(r#"{{"plan":{inner},"tfplan":{inner}}}"#)), ProblemCode::InconsistentPlan);
    assert_eq!(code(&format!(r#"{{"plan":{inner},"resource_changes":[]}}"#)), ProblemCode::InconsistentPlan);
    assert_eq!(code(&format!(r#"{{"plan":{{"plan":{inner}}}}}"#)), ProblemCode::NotAPlan);
}

#[test]
fn malformed_action_lists_count_as_unknown() {
    for actions in
        ["[]", "null", "\"no-op\"", "{}", "[null]", "[\"no-op\",null]", "[[\"no-op\"]]", "[\"NO-OP\"]", "true"]
    {
        let entry = entry(&format!(r#"{{"address":"t.x","change":{{"actions":{actions}}}}}"#)).unwrap();
        assert_eq!(entry.change.action, Action::Unknown, "{actions}");
    }
    let odd = entry(r#"{"address":"t.x","change":{"actions":["delete",{"password":"hunter2"},7]}}"#).unwrap();
    assert_eq!(odd.change.actions, ["delete", "(not a word)", "(not a word)"]);
    let entry = entry(r#"{"address":"t.x","change":{}}"#).unwrap();
    assert!(entry.change.action.destroys());
}

#[test]
fn an_entry_that_contradicts_its_address_is_never_quiet() {
    let hidden = entry(r#"{"address":"t.x","mode":"data","type":"t","change":{"actions":["delete"]}}"#).unwrap();
    assert_eq!((hidden.mode, hidden.change.action), (Mode::Managed, Action::Delete));
    let data = entry(r#"{"address":"data.t.x","mode":"data","type":"t","change":{"actions":["delete"]}}"#).unwrap();
    assert_eq!((data.mode, data.change.action), (Mode::Data, Action::Unknown));
    let problem =
        entry(r#"{"address":"module.m.t.x","type":"null_resource","change":{"actions":["delete"]}}"#).unwrap_err();
    assert_eq!(problem.code, ProblemCode::Malformed);
    assert!(problem.message.contains("not the type in its `address`"), "{}", problem.message);
    assert!(entry(r#"{"address":"list.t.x[0]","mode":"list","type":"t","change":{"actions":["delete"]}}"#).is_ok());
}

#[test]
fn an_address_beyond_all_reason_is_refused_and_costs_no_time() {
    let deep = format!("{}t.x", "module.a.".repeat(20_000));
    let change = format!(r#"{{"address":"{deep}","type":"t","change":{{"actions":["delete"]}}}}"#);
    let moved = format!(r#"{{"address":"t.x","previous_address":"{deep}","change":{{"actions":["update"]}}}}"#);
    for one in [change, moved] {
        let problem = entry(&one).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Malformed);
        assert!(problem.message.contains("more than 512 modules"), "{}", problem.message);
    }
    let state = format!(r#"{{"values":{{"root_module":{{"resources":[{{"address":"{deep}","mode":"managed"}}]}}}}}}"#);
    let text = format!(r#"{{"format_version":"1.2","resource_changes":[],"prior_state":{state}}}"#);
    assert_eq!(code(&text), ProblemCode::Malformed);
}

#[test]
fn whether_there_is_an_object_is_known_whatever_is_kept_of_it() {
    use crate::plan::Stated;
    for actions in ["no-op", "update"] {
        let text = format!(
            r#"{{"address":"t.x","type":"t","change":{{"before":{{"x":1}},"actions":["{actions}"],"after":null}}}}"#
        );
        let change = entry(&text).unwrap().change;
        assert_eq!((change.before_stated, change.after_stated), (Stated::Value, Stated::Null), "{actions}");
    }
    let silent = entry(r#"{"address":"t.x","type":"t","change":{"actions":["no-op"]}}"#).unwrap().change;
    assert_eq!((silent.before_stated, silent.after_stated), (Stated::Nowhere, Stated::Nowhere));
}

#[test]
fn what_a_wrapper_says_of_an_error_and_what_is_planned_count() {
    let wrapped =
        plan(r#"{"errored":true,"plan":{"format_version":"1.2","errored":false,"resource_changes":[]}}"#).unwrap();
    assert_eq!(wrapped.errored, Some(true));
    let planned = r#"{"format_version":"1.2","configuration":{},"planned_values":
        {"root_module":{"resources":[],"child_modules":[{"resources":[{"address":"module.m.t.x"}]}]}}}"#;
    assert_eq!(plan(planned).unwrap().planned_resources, 1);
    for odd in ["null", "[]", "1", r#"{"root_module":[{"resources":7}]}"#] {
        let odd = format!(r#"{{"format_version":"1.2","resource_changes":[],"planned_values":{odd}}}"#);
        assert_eq!(plan(&odd).unwrap().planned_resources, 0, "{odd}");
    }
}

#[test]
fn wrong_shapes_of_what_decides_are_refused() {
    for changes in [
        "{}",
        "\"x\"",
        "[null]",
        "[[]]",
        r#"[{"change":{"actions":["delete"]}}]"#,
        r#"[{"address":5,"change":{}}]"#,
        r#"[{"address":"t.x"}]"#,
        r#"[{"address":"t.x","change":null}]"#,
        r#"[{"address":"t.x","change":[]}]"#,
        r#"[{"address":"t.x","deposed":["d"],"change":{}}]"#,
    ] {
        for key in ["resource_changes", "resource_drift"] {
            assert_eq!(
                code(&format!(r#"{{"format_version":"1.2","{key}":{changes}}}"#)),
                ProblemCode::Malformed,
                "{changes}"
            );
        }
    }
    for rest in [
        r#""errored":"true""#,
        r#""complete":1"#,
        r#""deferred_changes":[{}]"#,
        r#""action_invocations":[{}]"#,
        r#""prior_state":[]"#,
        r#""configuration":"x""#,
    ] {
        assert_eq!(
            code(&format!(r#"{{"format_version":"1.2","resource_changes":[],{rest}}}"#)),
            ProblemCode::Malformed,
            "{rest}"
        );
    }
}

#[test]
fn something_else_with_odd_shapes_is_named_for_what_it_is() {
    let by_hand = plan(r#"{"resource_changes":[{"type":"aws_lb","change":{}}]}"#).unwrap_err();
    assert!(by_hand.message.contains("no `format_version`"), "{}", by_hand.message);
    let outputs = r#"{"errored":{"sensitive":false,"type":"string","value":"x"},"version":4,"serial":1,"lineage":"l"}"#;
    assert!(plan(outputs).unwrap_err().message.contains("state file"));
    let wrapped = r#"{"plan":{"format_version":"1.2","resource_changes":{}}}"#;
    assert_eq!(code(wrapped), ProblemCode::Malformed);
}

#[test]
fn drift_of_terraform_1_0_has_its_address_built_from_its_parts() {
    let drift = r#"{"module_address":"module.m[0]","mode":"managed","type":"t","name":"x","index":"k","change":{"actions":["delete"]}}"#;
    let plan =
        plan(&format!(r#"{{"format_version":"0.2","resource_changes":[],"resource_drift":[{drift}]}}"#)).unwrap();
    assert_eq!(plan.drift[0].address.as_str(), "module.m[0].t.x[\"k\"]");
    assert_eq!(code(&format!(r#"{{"format_version":"0.2","resource_changes":[{drift}]}}"#)), ProblemCode::Malformed);
}

#[test]
fn what_is_missing_comes_from_the_address() {
    let of = |text: &str| entry(text).unwrap();
    let data = of(r#"{"address":"module.m[\"a.b\"].data.aws_ami.x","change":{"actions":["read"]}}"#);
    assert_eq!((data.mode, &*data.resource_type), (Mode::Data, "aws_ami"));
    let managed = of(r#"{"address":"aws_s3_bucket.data","change":{"actions":["delete"]}}"#);
    assert_eq!((managed.mode, &*managed.resource_type), (Mode::Managed, "aws_s3_bucket"));
    let odd = of(r#"{"address":"t.x","mode":"list","deposed":false,"change":{}}"#);
    assert!(odd.is_managed() && odd.deposed.is_none());
    let deposed = of(r#"{"address":"t.x","deposed":"a1b2c3d4","change":{}}"#);
    assert_eq!(deposed.deposed.as_deref(), Some("a1b2c3d4"));
}

#[test]
fn details_of_a_change_are_read() {
    let change = entry(
        r#"{"address":"t.x","previous_address":"t.w","action_reason":"new_reason","change":{"actions":["delete","create"],
            "before":{"big":123456789012345678901234567890},"after":{},"after_unknown":{"id":true},"before_sensitive":false,
            "after_sensitive":null,"replace_paths":[["a",0,"b"],["c"]],"importing":{"id":"i"},"generated_config":"resource"}}"#,
    )
    .unwrap();
    assert_eq!(change.previous_address.unwrap().as_str(), "t.w");
    let change = change.change;
    assert!(matches!(change.before.at(&[PathStep::Key("big".into())]), Some(Value::Number(Number::Inexact(_)))));
    assert!(change.before_sensitive.is_present() && !change.after_sensitive.is_present());
    assert_eq!(change.lookup(Side::After, &[PathStep::Key("id".into())]), Lookup::Unknown);
    let paths: Vec<_> = change.replace_paths.iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["a[0].b", "c"]);
    assert_eq!(change.importing.unwrap().id.as_deref(), Some("i"));
    assert!(change.generated_config);
}

#[test]
fn a_key_that_stands_twice_is_refused_where_it_could_hide_a_change() {
    let entry = |change: &str| {
        format!(r#"{{"format_version":"1.2","resource_changes":[{{"address":"t.x","change":{change}}}]}}"#)
    };
    for text in [
        r#"{"format_version":"1.2","resource_changes":[],"resource_changes":[]}"#.to_owned(),
        entry(r#"{"actions":["delete"],"actions":["no-op"]}"#),
        entry(r#"{"actions":["no-op"],"before":{"a":{"b":[{"c":1,"c":2}]}}}"#),
        entry(r#"{"actions":["delete"],"before":{"a":{"b":[{"c":1,"c":2}]}}}"#),
        entry(r#"{"actions":["delete"],"\u0061ctions":["no-op"]}"#),
        r#"{"plan":{"format_version":"1.2","resource_changes":[],"resource_changes":[]}}"#.to_owned(),
        r#"{"format_version":"1.2","action_invocations":[{"address":"a","config_values":{"a":1,"a":2}}]}"#.to_owned(),
    ] {
        assert_eq!(code(&text), ProblemCode::DuplicateKey, "{text}");
    }
    let elsewhere = r#"{"format_version":"1.2","resource_changes":[],"variables":{"a":1,"a":2}}"#;
    assert!(plan(elsewhere).is_ok(), "nobody reads it");
    let read = load_with(elsewhere, &Interest::everything(), Echo).unwrap_err();
    assert_eq!(read.code, ProblemCode::DuplicateKey, "a policy may read it");
}

#[test]
fn an_error_far_to_the_right_is_placed_and_shows_no_value() {
    let padding = "s3cr3t".repeat(20_000);
    let text = format!(
        r#"{{"format_version":"1.2","variables":{{"p":"{padding}"}},"resource_changes":[{{"address":"t.a","change":{{"actions":["no-op"]}}}},{{"address":"t.x","change":{{"actions":["delete"],"before":{{"a":1,"a":2}}}}}}]}}"#
    );
    let message = plan(&text).unwrap_err().message;
    assert!(message.contains("line 1, column 120"), "{message}");
    assert!(message.contains("in resource_changes[1].change.before.a"), "{message}");
    assert!(!message.contains("s3cr3t"), "{message}");
    let missing =
        plan(r#"{"format_version":"1.2","resource_changes":[{"change":{"actions":["x"]}}]}"#).unwrap_err().message;
    assert!(missing.contains("no `address`") && missing.ends_with("in resource_changes[0]"), "{missing}");
}

#[test]
fn broken_text_has_its_own_words() {
    let deep = format!(r#"{{"format_version":"1.2","resource_changes":{}"#, "[".repeat(100_000));
    assert!(matches!(code(&deep), ProblemCode::Malformed));
    let values = format!(
        r#"{{"format_version":"1.2","resource_changes":[{{"address":"t.x","change":{{"actions":["no-op"],"before":{}1{}}}}}]}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    assert!(plan(&values).unwrap_err().message.contains("nested deeper"));
    assert_eq!(code(r#"{"format_version":"1.2","resource_changes":["#), ProblemCode::Truncated);
    assert_eq!(code(r#"{"format_version":"1.2","resource_changes":[]} }"#), ProblemCode::Malformed);
    assert_eq!(code(r#"{"format_version":"1.2",,}"#), ProblemCode::Malformed);
}

#[test]
fn format_versions_from_0_1_below_2_0_are_read() {
    for good in ["0.1", "0.2", "1.0", "1.2", "1.99", "1.2.3"] {
        assert!(plan(&format!(r#"{{"format_version":"{good}","resource_changes":[]}}"#)).is_ok(), "{good}");
    }
    for bad in ["0.0", "2.0", "10.1", "", "x", "1.", "+1.2", "1.2-beta", "99999999999.1"] {
        let text = format!(r#"{{"resource_changes":[],"format_version":"{bad}"}}"#);
        assert_eq!(code(&text), ProblemCode::UnsupportedFormat, "{bad}");
    }
    let shape_changed = r#"{"format_version":"2.0","resource_changes":{}}"#;
    assert_eq!(code(shape_changed), ProblemCode::UnsupportedFormat);
    assert_eq!(code(r#"{"format_version":1.2,"resource_changes":[]}"#), ProblemCode::Malformed);
}

#[test]
fn state_addresses_of_terraform_0_12_are_made_absolute() {
    let text = r#"{"format_version":"0.1","resource_changes":[],"prior_state":{"values":{"root_module":{
        "resources":[{"address":"t.a","mode":"managed","index":1},{"address":"data.t.d","mode":"data"},
                     {"address":"t.b[\"k\"]","index":"k","deposed_key":"d1"}],
        "child_modules":[{"resources":[{"address":"t.c","mode":"managed","index":"a\"b"}],"address":"module.m"},
                         {"address":"module.n","resources":[{"address":"module.n.t.c","mode":"managed"}]}]}}}}"#;
    let prior = plan(text).unwrap().prior_instances.unwrap();
    let prior: Vec<_> = prior.iter().map(|i| (i.address.as_str(), i.deposed.as_deref())).collect();
    assert_eq!(
        prior,
        [("t.a[1]", None), ("t.b[\"k\"]", Some("d1")), (r#"module.m.t.c["a\"b"]"#, None), ("module.n.t.c", None)]
    );
}

#[test]
fn managed_blocks_of_all_modules_are_counted() {
    let text = r#"{"format_version":"1.2","configuration":{"root_module":{"resources":[{"mode":"managed","address":"t.a"},
        {"mode":"data","address":"data.t.a"},{"address":"t.b"}],"module_calls":{"m":{"module":{"resources":[{"mode":"managed"}]}}}}}}"#;
    assert_eq!(plan(text).unwrap().configuration.unwrap().managed_resources, 3);
}

#[test]
fn identifying_attributes_are_kept_of_quiet_changes_and_of_the_prior_state() {
    let names: Names = ["id", "metadata.name", "kind"].into_iter().collect();
    let interest = || Interest::builtin().identified_by(std::sync::Arc::new(names.clone()));
    let object = r#"{"id":"1","other":{"id":2},"metadata":[{"name":"n","x":1}],"kind":{"a":[1]}}"#;
    let kept = r#"{id = "1", kind = {a = [1]}, metadata = [{name = "n"}]}"#;
    for change in [
        format!(
            r#"{{"actions":["no-op"],"before":{object},"before_sensitive":{{"other":true,"kind":true}},"after":{object}}}"#
        ),
        format!(
            r#"{{"before":{object},"before_sensitive":{{"other":true,"kind":true}},"after":{object},"actions":["no-op"]}}"#
        ),
    ] {
        let text = format!(r#"{{"format_version":"1.2","resource_changes":[{{"address":"t.x","change":{change}}}]}}"#);
        let plan = load_with(&text, &interest(), NoSink).unwrap().plan;
        let change = &plan.changes.unwrap()[0].change;
        assert_eq!((change.before.to_string(), &change.after), (kept.to_owned(), &Value::Null));
        assert!(change.is_secret(Side::Before, &[PathStep::Key("kind".into())]));
        assert!(!change.is_secret(Side::Before, &[PathStep::Key("id".into())]));
    }
    let text = format!(
        r#"{{"format_version":"1.2","resource_changes":[{{"address":"t.x","change":{{"actions":["no-op"],"before":{object}}}}}],
            "prior_state":{{"values":{{"root_module":{{"resources":[
              {{"address":"t.x","type":"t","values":{object}}},
              {{"address":"t.y","type":"t","values":{object},"sensitive_values":{{"kind":true}},"depends_on":["t.x"]}}]}}}}}}}}"#
    );
    let plan = load_with(&text, &interest(), NoSink).unwrap().plan;
    let prior = plan.prior_instances.unwrap();
    assert_eq!(prior[0].values, Value::Null, "the change has them");
    assert_eq!((prior[1].values.to_string(), prior[1].resource_type.as_str()), (kept.to_owned(), "t"));
    assert_eq!(prior[1].depends_on.iter().map(|name| &**name).collect::<Vec<_>>(), ["t.x"]);
    assert!(prior[1].sensitive.covers(&[PathStep::Key("kind".into())]));
}

#[test]
fn the_configuration_keeps_references_and_named_settings_but_no_constants() {
    let text = r#"{"format_version":"1.2","configuration":{
        "provider_config":{"p":{"name":"p","expressions":{"features":[{"vault":[{"purge":{"constant_value":true},"x":{"constant_value":1}}]}],
                                                          "token":{"constant_value":"hunter2"}}}},
        "root_module":{"resources":[{"address":"t.a","mode":"managed","provider_config_key":"p","depends_on":["t.d"],
            "count_expression":{"references":["var.n"]},
            "expressions":{"a":{"references":["t.b[0].id","t.b[0]","t.b","t.b","local.x"]},
                           "b":[{"c":{"references":["module.m.o","module.m"]},"d":{"constant_value":{"references":["hunter2"]}}}],
                           "e":{"constant_value":"hunter2"},"f":{}}}],
          "outputs":{"o":{"expression":{"references":["t.a"]}}},
          "module_calls":{"m":{"expressions":{"v":{"references":["t.a"]}},"depends_on":["t.z"],"module":{}}},
          "variables":{"n":{"default":"hunter2"}}}}}"#;
    let settings: Names = ["features.vault.purge"].into_iter().collect();
    let interest = Interest::builtin().with_provider_settings(std::sync::Arc::new(settings));
    let configuration = load_with(text, &interest, NoSink).unwrap().plan.configuration.unwrap();
    assert!(!format!("{configuration:?}").contains("hunter2"));
    let block = &configuration.root.resources[0];
    let words = |references: &[std::sync::Arc<str>]| references.join(" ");
    let references: Vec<_> = block.references.iter().map(|(name, list)| format!("{name}: {}", words(list))).collect();
    assert_eq!(references, ["a: t.b[0].id t.b local.x", "b: module.m.o"], "the most specific of each traversal");
    assert_eq!((words(&block.repetition), words(&block.depends_on)), ("var.n".into(), "t.d".into()));
    assert_eq!(block.provider_config_key.as_deref(), Some("p"));
    let (name, call) = &configuration.root.calls[0];
    assert_eq!((&**name, words(&call.arguments[0].1), words(&call.depends_on)), ("m", "t.a".into(), "t.z".into()));
    assert_eq!(words(&configuration.root.outputs[0].1), "t.a");
    let provider = configuration.provider("p").unwrap().expressions.to_string();
    assert_eq!(provider, "{features = [{vault = [{purge = {constant_value = true}}]}]}");
}
