use super::*;
use crate::address::Address;
use crate::plan::action::Action;
use crate::plan::{Change, Configuration, DeferredChange, Mode};

fn change(address: &str, action: Action) -> ResourceChange {
    ResourceChange {
        address: Address::new(address),
        previous_address: None,
        mode: Mode::Managed,
        resource_type: "t".to_owned(),
        provider: None,
        deposed: None,
        change: Change { action, ..Change::default() },
        action_reason: None,
    }
}

fn prior(address: &str, deposed: Option<&str>) -> PriorInstance {
    PriorInstance { address: Address::new(address), deposed: deposed.map(str::to_owned), ..PriorInstance::default() }
}

fn plan(changes: Vec<ResourceChange>, prior: Vec<PriorInstance>) -> Plan {
    Plan {
        changes: Some(changes),
        prior_instances: Some(prior),
        configuration: Some(Configuration { managed_resources: 1, ..Configuration::default() }),
        ..Plan::default()
    }
}

fn missing_of(plan: &Plan) -> Vec<String> {
    assess(plan, Expect::Ordinary).missing.iter().map(ToString::to_string).collect()
}

fn codes(plan: &Plan, expect: Expect) -> Vec<ProblemCode> {
    assess(plan, expect).problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn an_instance_that_no_change_names_is_missing() {
    let moved = ResourceChange { previous_address: Some(Address::new("a.old")), ..change("a.new", Action::NoOp) };
    let plan =
        plan(vec![moved], vec![prior("a.old", None), prior("a.z", None), prior("a.new", None), prior("a.b", None)]);
    assert_eq!(missing_of(&plan), ["a.b", "a.z"]);
}

#[test]
fn an_entry_about_a_deposed_object_does_not_stand_for_the_current_one() {
    let deposed = ResourceChange { deposed: Some("d1".to_owned()), ..change("a.x", Action::Delete) };
    let only_deposed = plan(vec![deposed], vec![prior("a.x", None), prior("a.x", Some("d1"))]);
    assert_eq!(missing_of(&only_deposed), ["a.x"]);
    let mut current = plan(vec![change("a.x", Action::NoOp)], vec![prior("a.x", None), prior("a.x", Some("d1"))]);
    assert_eq!(missing_of(&current), ["a.x (deposed object d1)"], "nor the other way round");
    current.complete = Some(true);
    let problems = assess(&current, Expect::Ordinary).problems;
    assert!(problems[0].message.contains("a.x (deposed object d1)"), "{}", problems[0].message);
    current.deferred = vec![DeferredChange { reason: None, resource_change: change("a.x", Action::Update) }];
    current.changes = Some(Vec::new());
    assert!(missing_of(&current).is_empty(), "what is deferred stands for all objects at its address");
}

#[test]
fn a_deferred_wildcard_stands_for_all_its_instances_and_no_others() {
    let mut plan = plan(
        Vec::new(),
        vec![
            prior("module.m[\"a\"].t.x[0]", None),
            prior("module.m[\"a\"].t.x", None),
            prior("module.m[\"b\"].t.x[0]", None),
            prior("t.y", None),
        ],
    );
    let deferred = |address| DeferredChange { reason: None, resource_change: change(address, Action::Create) };
    plan.deferred = vec![deferred("module.m[\"a\"].t.x[*]"), deferred("t.y")];
    assert_eq!(missing_of(&plan), ["module.m[\"b\"].t.x[0]"]);
}

#[test]
fn a_complete_plan_with_missing_instances_contradicts_itself() {
    let mut plan = plan(Vec::new(), vec![prior("a.x", None)]);
    assert!(codes(&plan, Expect::Ordinary).is_empty(), "an old plan is merely incomplete");
    plan.complete = Some(true);
    assert_eq!(codes(&plan, Expect::Ordinary), [ProblemCode::InconsistentPlan]);
    plan.complete = Some(false);
    assert!(assess(&plan, Expect::Ordinary).partial);
    assert!(codes(&plan, Expect::Ordinary).is_empty());
}

#[test]
fn a_plan_without_changes_is_undecided_unless_refresh_only_is_expected() {
    let mut stripped = plan(Vec::new(), vec![prior("a.x", None)]);
    stripped.changes = None;
    stripped.complete = Some(true);
    assert_eq!(codes(&stripped, Expect::Ordinary), [ProblemCode::NoResourceChanges]);
    assert!(codes(&stripped, Expect::RefreshOnly).is_empty());
    assert!(assess(&stripped, Expect::RefreshOnly).missing.is_empty());

    let nothing = Plan { configuration: Some(Configuration::default()), ..Plan::default() };
    assert!(codes(&nothing, Expect::Ordinary).is_empty(), "a configuration without resources has no changes");
    let planned = Plan { planned_resources: 1, ..nothing };
    assert_eq!(codes(&planned, Expect::Ordinary), [ProblemCode::NoResourceChanges]);
    assert_eq!(codes(&Plan::default(), Expect::Ordinary), [ProblemCode::NoResourceChanges]);
}

#[test]
fn a_plan_that_changes_something_is_not_refresh_only() {
    let quiet = plan(vec![change("a.x", Action::NoOp)], Vec::new());
    assert!(codes(&quiet, Expect::RefreshOnly).is_empty());
    let loud = plan(vec![change("a.x", Action::Delete)], Vec::new());
    assert_eq!(codes(&loud, Expect::RefreshOnly), [ProblemCode::InconsistentPlan]);
    let odd = ResourceChange { mode: Mode::Data, ..change("data.a.x", Action::Unknown) };
    assert_eq!(codes(&plan(vec![odd], Vec::new()), Expect::RefreshOnly), [ProblemCode::InconsistentPlan]);
}

#[test]
fn the_same_object_twice_is_inconsistent_but_a_deposed_one_is_another_object() {
    let deposed = ResourceChange { deposed: Some("d1".to_owned()), ..change("a.x", Action::Delete) };
    assert!(codes(&plan(vec![change("a.x", Action::NoOp), deposed.clone()], Vec::new()), Expect::Ordinary).is_empty());
    let twice = plan(vec![deposed.clone(), change("a.x", Action::NoOp), deposed], Vec::new());
    let problems = assess(&twice, Expect::Ordinary).problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("a.x"), "{}", problems[0].message);
}

#[test]
fn an_object_is_changed_now_or_later_and_drifted_once() {
    let later = |address| DeferredChange { reason: None, resource_change: change(address, Action::Delete) };
    let both = Plan { deferred: vec![later("a.x")], ..plan(vec![change("a.x", Action::NoOp)], Vec::new()) };
    assert_eq!(codes(&both, Expect::Ordinary), [ProblemCode::InconsistentPlan]);
    let wildcards = Plan {
        deferred: vec![later("a.x[*]"), later("a.x[*]")],
        ..plan(vec![change("a.x[0]", Action::NoOp)], Vec::new())
    };
    assert!(codes(&wildcards, Expect::Ordinary).is_empty());
    let drift = vec![change("a.x", Action::Update), change("a.x", Action::Delete)];
    let drifted = Plan { drift, ..plan(vec![change("a.x", Action::NoOp)], Vec::new()) };
    let problems = assess(&drifted, Expect::Ordinary).problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("`resource_drift` lists"), "{}", problems[0].message);
}

#[test]
fn names_in_messages_are_one_line() {
    let twice = plan(vec![change("a.x[\"\n\u{1b}\"]", Action::NoOp); 2], Vec::new());
    let problems = assess(&twice, Expect::Ordinary).problems;
    assert!(!problems[0].message.contains(char::is_control), "{}", problems[0].message);
}

#[test]
fn an_errored_plan_is_a_problem() {
    let plan = Plan { errored: Some(true), ..plan(Vec::new(), Vec::new()) };
    assert_eq!(codes(&plan, Expect::Ordinary), [ProblemCode::ErroredPlan]);
}

#[test]
fn an_entry_whose_objects_say_something_else_than_its_actions_cannot_be_judged() {
    use crate::plan::Stated::{self, Nowhere, Null, Value};
    let codes_of = |action: Action, before_stated: Stated, after_stated: Stated, mode: Mode| {
        let mut entry = change("a.x", action);
        (entry.change.before_stated, entry.change.after_stated) = (before_stated, after_stated);
        codes(&plan(vec![ResourceChange { mode, ..entry }], Vec::new()), Expect::Ordinary)
    };
    let wrong = [ProblemCode::InconsistentPlan];
    for action in [Action::NoOp, Action::Read, Action::Update, Action::Create] {
        assert_eq!(codes_of(action, Value, Null, Mode::Managed), wrong, "{action:?} takes the object away");
    }
    assert_eq!(codes_of(Action::Create, Value, Value, Mode::Managed), wrong, "there was one before");
    assert_eq!(codes_of(Action::Update, Null, Value, Mode::Managed), wrong, "there was none before");
    for (action, before, after) in [
        (Action::NoOp, Value, Value),
        (Action::NoOp, Value, Nowhere),
        (Action::Update, Value, Value),
        (Action::Create, Null, Value),
        (Action::Delete, Value, Null),
        (Action::Forget, Value, Null),
        (Action::DeleteThenCreate, Value, Value),
    ] {
        assert_eq!(codes_of(action, before, after, Mode::Managed), [], "{action:?}");
    }
    assert_eq!(codes_of(Action::Read, Value, Null, Mode::Data), [], "a data source holds nothing");
}
