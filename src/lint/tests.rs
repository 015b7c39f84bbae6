use std::time::Duration;

use super::*;

fn limits() -> Limits {
    Limits {
        load: Duration::from_secs(10),
        rule: Duration::from_secs(10),
        max_items: 1000,
        max_bytes: 1 << 20,
        threads: 2,
        now: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn settings(levels: Levels, tested: Tested) -> Settings {
    Settings { levels, tested, named: BTreeSet::new() }
}

fn lint(files: &[(&str, &str)]) -> Vec<Finding> {
    lint_tested(files, &Tested::NotAsked)
}

fn lint_tested(files: &[(&str, &str)], tested: &Tested) -> Vec<Finding> {
    let files = files
        .iter()
        .map(|(name, text)| PolicyFile { file: SourceFile::new(*name, *text), dialect: Dialect::Auto })
        .collect();
    let settings = settings(Levels::new(), tested.clone());
    run(Sources { files, ..Sources::default() }, &limits(), Catalog::builtin(), &settings).unwrap()
}

/// What is found in these rules, as `lint: underlined: help`.
fn of(rules: &str) -> Vec<String> {
    let found = lint(&[("a.rego", &format!("package main\n\n{rules}"))]);
    let line = |finding: &Finding| {
        let at = finding.spot.file.slice(finding.spot.span);
        format!("{} {}", finding.lint.id, at.lines().next().unwrap_or_default())
    };
    found.iter().map(line).collect()
}

#[test]
fn every_example_shows_its_lint_and_what_is_right_shows_none() {
    assert!(ALL.iter().zip(ALL.iter().skip(1)).all(|(a, b)| a.id < b.id));
    // What tests do is known to who runs them: tests/it/lint.rs.
    for lint in ALL.into_iter().filter(|lint| **lint != NEVER_TESTED) {
        let bad = of(lint.bad);
        assert!(bad.iter().any(|line| line.starts_with(lint.id)), "{}: {bad:?}", lint.id);
        let good = of(lint.good);
        assert_eq!(good, Vec::<String>::new(), "{}", lint.id);
    }
}

/// Rules, and what is found in them.
fn check(cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (rules, expected) in cases {
        let found = of(rules);
        if found != *expected {
            wrong.push(format!("{rules}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fields_that_no_plan_has() {
    check(&[
        ("deny contains 1 if input.resource_change", &["unknown-field resource_change"]),
        ("deny contains 1 if input[\"resource_change\"]", &["unknown-field resource_change"]),
        ("deny contains 1 if input.resource_changes[_].chnage.actions", &["unknown-field chnage"]),
        ("deny contains 1 if { some rc in input.resource_changes; rc.change.action }", &["unknown-field action"]),
        ("deny contains 1 if { c := input.resource_changes[_].chnage; c.actions; c.x }", &["unknown-field chnage"]),
        ("deny contains 1 if input.resource_changes.address", &["unknown-field address"]),
        ("deny contains 1 if input.resource_changes[_].type.name", &["unknown-field name"]),
        ("deny contains 1 if input.plan.resource_changes[_].chnage", &["unknown-field chnage"]),
        ("import input.tfplan as p\ndeny contains 1 if p.resource_changes[_].chnage", &["unknown-field chnage"]),
        ("deny contains 1 if f(input.resource_changes[_])\nf(rc) if rc.chnage", &["unknown-field chnage"]),
        (
            "deny contains 1 if object.get(input.resource_changes[_], [\"chnage\", \"x\"], 1) == 2",
            &["unknown-field chnage"],
        ),
        ("deny contains 1 if object.get(input, \"resource_change\", 1) == 2", &["unknown-field resource_change"]),
        ("deny contains 1 if input.plangate.changes[_].adress", &["unknown-field adress"]),
        ("deny contains 1 if input.plangate.change", &["unknown-field change"]),
        ("deny contains 1 if input.kind == \"Deployment\"", &["unknown-field kind"]),
        ("deny contains 1 if input.configuration.root_module.resource", &["unknown-field resource"]),
        ("deny contains 1 if input.terraform.resource_change[_].type", &["unknown-field resource_change"]),
        // Not reported.
        ("deny contains 1 if input.variables.x.value.y.z", &[]),
        ("deny contains 1 if input.run.workspace.name == \"x\"", &[]),
        ("deny contains 1 if input.plan.created_by", &[]),
        ("deny contains 1 if input.resource_changes[_].change.before.a.b.c", &[]),
        ("deny contains 1 if input.output_changes.x.after.y", &[]),
        (
            "deny contains 1 if input.prior_state.values.root_module.child_modules[_].child_modules[_].resources[_].values.x",
            &[],
        ),
        (
            "deny contains 1 if input.configuration.root_module.module_calls.x.module.resources[_].expressions.y.references[_]",
            &[],
        ),
        ("deny contains 1 if not input.kind", &[]),
        ("deny contains 1 if { some r in rs(input); r.type }\nrs(i) := i.resources\nrs(i) := i.resource_changes", &[]),
        ("deny contains 1 if { walk(input, [_, v]); v.chnage }", &[]),
        (
            "deny contains 1 if { f(input.resource_changes[_]); f(input.resource_changes[_].change) }\nf(x) if x.actions",
            &[],
        ),
        ("deny contains 1 if input.plangate.changes[_].catalog.class == \"database\"", &[]),
    ]);
}

#[test]
fn values_that_are_never_there() {
    check(&[
        ("deny contains 1 if input.resource_changes[_].change.actions[_] == \"destroy\"", &["unknown-value destroy"]),
        ("deny contains 1 if \"modify\" in input.resource_changes[_].change.actions", &["unknown-value modify"]),
        ("deny contains 1 if input.resource_changes[_].change.actions == [\"destroy\"]", &["unknown-value destroy"]),
        ("deny contains 1 if input.resource_changes[_].change.actions == \"delete\"", &["unknown-value delete"]),
        (
            "deny contains 1 if bad[input.resource_changes[_].change.actions[_]]\nbad := {\"destroy\", \"delete\"}",
            &["unknown-value destroy"],
        ),
        (
            "deny contains 1 if cost[input.resource_changes[_].change.actions[_]] > 1\ncost := {\"destroy\": 2, \"delete\": 2}",
            &["unknown-value destroy"],
        ),
        (
            "deny contains 1 if input.resource_changes[_].change.actions[_] in bad\nbad := {\"destroy\", \"delete\"}",
            &["unknown-value destroy"],
        ),
        (
            "deny contains 1 if { some rc in input.resource_changes; rc.mode == \"resource\" }",
            &["unknown-value resource"],
        ),
        (
            "deny contains 1 if input.resource_changes[_].action_reason == \"replace_because_taint\"",
            &["unknown-value replace_because_taint"],
        ),
        ("deny contains 1 if input.plangate.changes[_].verb == \"destroy\"", &["unknown-value destroy"]),
        ("deny contains 1 if input.plangate.changes[_].verb_class == \"delete\"", &["unknown-value delete"]),
        (
            "deny contains 1 if { some a in input.resource_changes[_].change.actions; is(a, \"destroy\") }\nis(x, y) if x == y",
            &["unknown-value destroy"],
        ),
        (
            "deny contains 1 if cost[input.resource_changes[_].change.actions[_]] > 1\ncost := {\"default\": 2, \"delete\": 2}",
            &[],
        ),
        ("deny contains 1 if input.resource_changes[_].change.actions[_] in {\"delete\", \"create\"}", &[]),
        ("deny contains 1 if input.resource_changes[_].change.actions == [\"delete\", \"create\"]", &[]),
        ("deny contains 1 if input.resource_changes[_].mode != \"managed\"", &[]),
        ("deny contains 1 if input.plangate.changes[_].verb == \"replace\"", &[]),
        ("deny contains 1 if input.plangate.changes[_].verb_class == \"destroy\"", &[]),
        ("deny contains 1 if input.resource_changes[_].name == \"destroy\"", &[]),
        ("deny contains 1 if input.run.mode == \"x\"", &[]),
    ]);
}

#[test]
fn types_that_no_provider_has() {
    let compare = |name: &str| format!("deny contains 1 if input.resource_changes[_].type == {name:?}");
    assert_eq!(of(&compare("aws_s3_buckets")), ["unknown-type aws_s3_buckets"]);
    for fine in ["aws_s3_bucket", "acme_thing", "aws", "aws_no_such_thing_at_all", "azurerm_*"] {
        assert_eq!(of(&compare(fine)), Vec::<String>::new(), "{fine}");
    }
    let set = "deny contains 1 if ts[input.resource_changes[_].type]\nts := {\"aws_s3_buckt\"}";
    assert_eq!(of(set), ["unknown-type aws_s3_buckt"]);
}

#[test]
fn names_that_are_almost_a_rule() {
    let fires = "if input.resource_changes[_].type == \"x\"";
    let of_name = |name: &str| of(&format!("deny contains 1 {fires}\n{name} contains 1 {fires}"));
    for name in ["denny", "den", "warning", "violations", "Deny", "DENY_public", "warnings_tags"] {
        assert_eq!(of_name(name), [format!("almost-a-rule {name} contains 1")], "{name}");
    }
    for name in ["deny_x", "resources", "allow", "denylist", "warm_pools"] {
        assert_eq!(of_name(name), Vec::<String>::new(), "{name}");
    }
    let helper = format!("deny contains 1 if denied[1]\ndenied contains 1 {fires}");
    assert_eq!(of(&helper), Vec::<String>::new(), "another rule refers to it");
    assert_eq!(of(&format!("warning := 3\ndeny contains 1 {fires}")), Vec::<String>::new(), "a constant");
}

#[test]
fn unknown_values_that_nobody_asks_for() {
    check(&[
        (
            "deny contains 1 if input.resource_changes[_].change.after.public == true",
            &["ignores-unknown input.resource_changes[_].change.after.public"],
        ),
        (
            "deny contains 1 if { a := input.resource_changes[_].change.after; not a.encrypted; a.x }",
            &["ignores-unknown a.encrypted"],
        ),
        (
            "deny contains 1 if f(input.resource_changes[_])\nf(rc) if rc.change.after.x\nf(rc) if rc.change.after_unknown.x",
            &[],
        ),
        ("deny contains 1 if input.resource_changes[_].change.before.public == true", &[]),
        ("deny contains 1 if input.resource_changes[_].change.after == null", &[]),
        ("deny contains 1 if input.resource_drift[_].change.after.public == true", &[]),
        ("deny contains 1 if input.output_changes.x.after.y == true", &[]),
    ]);
}

#[test]
fn planned_values_alone() {
    let planned = "input.planned_values.root_module.resources[_].values.x";
    assert_eq!(of(&format!("deny contains 1 if {planned}")), [format!("planned-values-only {planned}")]);
    assert_eq!(
        of(&format!("deny contains 1 if {{ {planned}; input.resource_changes[_].type }}")),
        Vec::<String>::new()
    );
}

#[test]
fn messages_that_hold_secrets() {
    let rule = |body: &str| format!("deny contains msg if {{ some rc in input.resource_changes; {body} }}");
    let printed = [
        ("msg := sprintf(\"%v\", [rc.change.before])", "rc.change.before"),
        ("msg := sprintf(\"%v\", [rc.change.before.admin_password])", "rc.change.before.admin_password"),
        ("msg := sprintf(\"%v\", [rc])", "rc"),
        ("x := rc.change.before.token; msg := concat(\" \", [\"a\", x])", "x"),
        ("x := sprintf(\"%v\", [rc.change.before]); msg := concat(\" \", [\"a\", x])", "rc.change.before"),
        ("msg := {\"msg\": \"m\", \"details\": rc.change.before}", "rc.change.before"),
        ("msg := json.marshal(rc.change.before)", "rc.change.before"),
        ("msg := sprintf(\"%v\", [input.variables])", "input.variables"),
        ("msg := sprintf(\"%v\", [input.variables.db_password.value])", "input.variables.db_password.value"),
    ];
    for (body, at) in printed {
        assert_eq!(of(&rule(body)), [format!("prints-sensitive {at}")], "{body}");
    }
    let fine = [
        "msg := sprintf(\"%v\", [rc.address])",
        "msg := sprintf(\"%v\", [rc.change.before.name])",
        "rc.change.before.password == \"x\"; msg := rc.address",
        "msg := sprintf(\"%d\", [count(rc.change.before)])",
        "msg := sprintf(\"%v\", [input.variables.environment.value])",
        "msg := sprintf(\"%v\", [rc.change.actions])",
    ];
    for body in fine {
        assert_eq!(of(&rule(body)), Vec::<String>::new(), "{body}");
    }
    let helper = "deny contains f(rc) if some rc in input.resource_changes\nf(x) := sprintf(\"%v\", [x.change.before])";
    assert_eq!(of(helper), ["prints-sensitive x.change.before"]);
}

#[test]
fn metadata_that_has_no_effect() {
    let rule = "deny contains 1 if input.resource_changes[_].type == \"x\"";
    check(&[
        (&format!("# METADATA\n# title: a\n\n# other\n{rule}"), &[]),
        (&format!("{rule}\n# METADATA\n# title: a"), &["unused-metadata # METADATA"]),
        (&format!("# METADATA\n# custom:\n#   ID: a/b\n{rule}"), &["unused-metadata ID"]),
        (&format!("# METADATA\n# custom:\n#   owner: x\n#   ids: [1]\n{rule}"), &[]),
        (
            &format!("# METADATA\n# custom:\n#   severity: high\nhelper if input.errored\n{rule}"),
            &["unused-metadata # METADATA"],
        ),
    ]);
}

#[test]
fn built_in_policies_have_none() {
    let files: Vec<(String, &str)> =
        policy::builtin::MODULES.iter().map(|(path, text)| (format!("policies/{path}"), *text)).collect();
    let modules = files.iter().map(|(name, text)| Module {
        file: SourceFile::new(name.as_str(), *text),
        dialect: Dialect::V1,
        trusted: false,
        known: None,
    });
    let usage = usage::of(modules.collect(), &crate::data::Data::default(), &limits()).unwrap();
    assert!(usage.reads.len() > 50, "{}", usage.reads.len());
    let found = Found { levels: &Levels::new(), findings: Vec::new() };
    let found = look(&usage, Catalog::builtin(), &BTreeSet::new(), found).unwrap();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn names_that_are_almost_an_entry_point_of_some_convention() {
    let found = |package: &str, rule: &str, named: &[&str]| {
        let text = format!("package {package}\n\n{rule}\n");
        let files = vec![PolicyFile { file: SourceFile::new("a.rego", text), dialect: Dialect::Auto }];
        let named = named.iter().map(|path| (*path).to_owned()).collect();
        let settings = Settings { named, ..settings(Levels::new(), Tested::NotAsked) };
        let found = run(Sources { files, ..Sources::default() }, &limits(), Catalog::builtin(), &settings).unwrap();
        let almost = found.iter().filter(|finding| finding.lint.id == "almost-a-rule");
        almost.map(|finding| finding.help.clone()).collect::<Vec<_>>().join(", ")
    };
    let sees = "input.resource_changes[_].change.actions[_] == \"delete\"";
    for (package, rule, meant) in [
        ("env0", "pendng contains \"x\" if", "did you mean `pending`, as in env0?"),
        ("env0", "Pending contains \"x\" if", "did you mean `pending`, as in env0?"),
        ("terraform.analysis", "auhtz if", "did you mean `authz`, as in OPA?"),
        ("terraform.analysis", "scores := 1 if", "did you mean `score`, as in OPA?"),
        ("main", "exceptions contains [\"x\"] if", "did you mean `exception`, as in conftest?"),
        ("spacelift", "denny contains \"x\" if", "did you mean `deny`?"),
        ("digger", "violations contains \"x\" if", "did you mean `violation`?"),
        ("terraform", "wran contains \"x\" if", "did you mean `warn`?"),
    ] {
        let found = found(package, &format!("{rule} {sees}"), &[]);
        assert!(found.starts_with(meant), "{package} {rule}: {found}");
    }
    for (package, rule) in [
        ("env0", "pending contains \"x\" if"),
        ("env0", "allow if"),
        ("spacelift", "sample if"),
        ("terraform.analysis", "authz if"),
        ("terraform.analysis", "score := 1 if"),
        ("main", "exception contains [\"x\"] if"),
        ("main", "pendng contains \"x\" if"),
        ("plrl.stack", "approve if"),
        ("infracost", "deny contains {\"failed\": true, \"msg\": \"x\"} if"),
    ] {
        assert_eq!(found(package, &format!("{rule} {sees}"), &[]), "", "{package} {rule}");
    }
    let denny = format!("denny contains \"x\" if {sees}");
    assert_eq!(found("main", &denny, &["data.main.denny"]), "");
    let level = "# METADATA\n# custom:\n#   severity: high\n";
    let pending = format!("{level}pending contains \"x\" if {sees}");
    let of = |package: &str| lint(&[("a.rego", &format!("package {package}\n\n{pending}\n"))]).len();
    assert_eq!((of("env0"), of("main")), (0, 1));
}

#[test]
fn rules_that_no_test_makes_fire() {
    let files = [
        (
            "a.rego",
            "package main\n\nhelper if input.errored\n\ndeny contains 1 if helper\n\nwarn contains 1 if helper\n",
        ),
        ("b.rego", "package b\n\ndeny contains 1 if input.errored\n"),
    ];
    let said = |tested: &Tested| -> Vec<String> {
        let found = lint_tested(&files, tested);
        found.iter().map(|at| format!("{} {}: {}", at.spot.file.name(), at.level.as_str(), at.message)).collect()
    };
    let fired = |paths: &[&str]| Tested::Known(paths.iter().map(|path| (*path).to_owned()).collect());
    assert_eq!(said(&Tested::NotAsked), Vec::<String>::new());
    assert_eq!(said(&Tested::Nothing), ["a.rego warn: these policies have no test"]);
    assert_eq!(
        said(&Tested::Unknown("1 test could not be run".to_owned())),
        ["a.rego warn: which rules are tested cannot be told: 1 test could not be run"]
    );
    assert_eq!(
        said(&fired(&["data.main.deny"])),
        ["a.rego warn: no test makes `main.warn` fire", "b.rego warn: no test makes `b.deny` fire"]
    );
    assert_eq!(said(&fired(&["data.main.deny", "data.main.warn", "data.b.deny"])), Vec::<String>::new());
    assert_eq!(lint_tested(&[("a.rego", "package a\n\nhelper if input.errored\n")], &Tested::Nothing).len(), 0);
}

#[test]
fn a_level_of_the_configuration_counts() {
    let file = || PolicyFile {
        file: SourceFile::new("a.rego", format!("package main\n\n{}", UNKNOWN.bad)),
        dialect: Dialect::Auto,
    };
    let levels = |level| settings(Levels::from([(UNKNOWN.id, level)]), Tested::NotAsked);
    let sources = || Sources { files: vec![file()], ..Sources::default() };
    let run = |settings: &Settings| run(sources(), &limits(), Catalog::builtin(), settings).unwrap();
    assert!(run(&levels(Level::Off)).is_empty());
    assert_eq!(run(&levels(Level::Warn)).first().map(|finding| finding.level), Some(Level::Warn));
}

use super::table::UNKNOWN_FIELD as UNKNOWN;
