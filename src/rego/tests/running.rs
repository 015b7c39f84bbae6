//! Rules that run: their values, errors, limits, and threads that are lost.

use super::*;

#[test]
fn what_expands_without_end_is_a_failure() {
    let cases = [
        "x := numbers.range(1, 1000000000)",
        "x := numbers.range_step(1, 1000000000, 1)",
        "x := net.cidr_expand(\"10.0.0.0/8\")",
        "x := sprintf(\"%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d\", numbers.range(1, 17))",
        "x := bits.lsh(1, 1000000000)",
        "x := replace(sprintf(\"%9999d\", [1]), \" \", sprintf(\"%9999d\", [1]))",
        "x := strings.replace_n({\" \": sprintf(\"%9999d\", [1])}, sprintf(\"%9999d\", [1]))",
        "x := concat(sprintf(\"%99999d\", [1]), [\"a\" | numbers.range(1, 1000)[_]])",
        "x := array.concat(numbers.range(1, 60000), numbers.range(1, 60000))",
        "x contains y if some y in numbers.range(1, 100000)",
        "x contains sprintf(\"%999999d\", [y]) if some y in numbers.range(1, 20)",
    ];
    for rules in cases {
        let program = load(&[("main.rego", &main_v1(rules))]);
        let failure = run(&program, "data.main.x", &json!({})).value.expect_err(rules);
        assert_eq!(failure.kind, FailureKind::LimitExceeded, "{rules}: {}", failure.message);
    }
}

#[test]
fn expanding_builtins_still_work_within_their_caps() {
    let rules = r#"
        a := numbers.range(3, 1)
        b := numbers.range_step(1, 6, 2)
        c := net.cidr_expand("10.0.0.0/30")
        d := strings.replace_n({"a": "1", "b": "2"}, "abc")
        e := concat(", ", ["x", "y"])
        f := bits.lsh(1, 3)"#;
    let expected = [
        ("a", json!([3, 2, 1])),
        ("b", json!([1, 3, 5])),
        ("c", json!(["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"])),
        ("d", json!("12c")),
        ("e", json!("x, y")),
        ("f", json!(8)),
    ];
    for (rule, expected) in expected {
        assert_eq!(value(rules, rule, &json!({})), Some(expected), "{rule}");
    }
}

#[test]
fn a_builtin_that_fails_is_recorded_and_true_findings_stay() {
    let rules = "deny contains msg if {\n\tsome rc in input.rcs\n\tstartswith(rc.name, \"a\")\n\tmsg := rc.name\n}";
    let program = load(&[("main.rego", &main_v1(rules))]);
    let run = run(&program, "data.main.deny", &json!({"rcs": [{"name": null}, {"name": "ab"}]}));
    assert_eq!(run.value.unwrap(), Some(json!(["ab"])));
    let [error] = run.builtin_errors.as_slice() else { panic!("{:?}", run.builtin_errors) };
    assert!(error.message.contains("startswith"), "{}", error.message);
    let (file, span) = (error.file.as_ref().unwrap(), error.span.unwrap());
    assert_eq!(file.slice(span), "rc.name");
    assert_eq!(file.position(span.start).line, 7);
}

#[test]
fn errors_of_our_builtins_are_all_counted() {
    let rules = "deny contains msg if { some x in input.xs; msg := upper(x) }";
    let program = load(&[("main.rego", &main_v1(rules))]);
    let run = run(&program, "data.main.deny", &json!({"xs": [null, 1, "a", {}]}));
    assert_eq!(run.value.unwrap(), Some(json!(["A"])));
    let messages: Vec<_> = run.builtin_errors.iter().map(|e| (e.message.as_str(), e.span.is_some())).collect();
    assert_eq!(
        messages,
        [
            ("upper: argument 1 must be a string, not null", true),
            ("upper: argument 1 must be a string, not number", false),
            ("upper: argument 1 must be a string, not object", false),
        ]
    );
}

#[test]
fn arithmetic_on_wrong_types_and_conflicts_fail_the_rule() {
    let cases = [
        ("x := input.a + 1", "+"),
        ("x := 1 if input.a\nx := 2 if input.a", ""),
        ("f(_) := 1 if input.a\nf(_) := 2 if input.a\nx := f(1)", ""),
        ("x := {k: v | some v in [1, 2]; k := \"k\"}", ""),
    ];
    for (rules, _) in cases {
        let program = load(&[("main.rego", &main_v1(rules))]);
        let failure = run(&program, "data.main.x", &json!({"a": "s"})).value.expect_err(rules);
        assert_eq!(failure.kind, FailureKind::Error, "{rules}: {}", failure.message);
        assert_eq!(failure.place.map(|(file, _)| file.name().to_owned()).as_deref(), Some("main.rego"), "{rules}");
        assert!(!failure.message.contains("-->") && !failure.message.contains('\n'), "{}", failure.message);
    }
}

#[test]
fn an_endless_rule_times_out_and_the_others_answer() {
    let rules = "slow := count([1 | some a in r; some b in r; some c in r; a + b + c < 0])\nr := numbers.range(1, 3000)\nfast := 1";
    let limits = Limits { rule: Duration::from_millis(500), ..limits() };
    let program = Program::load(modules(&[("main.rego", &main_v1(rules))]), &limits).unwrap();
    let job = |rule: &str| Job { rule: format!("data.main.{rule}"), input: Input::object() };
    let runs = program.run(vec![job("slow"), job("fast"), job("slow"), job("fast")]);
    let kinds: Vec<_> = runs.into_iter().map(|run| run.value.map_err(|failure| failure.kind)).collect();
    assert_eq!(kinds, [Err(FailureKind::Timeout), Ok(Some(json!(1))), Err(FailureKind::Timeout), Ok(Some(json!(1)))]);
    assert_eq!(program.abandoned(), 0, "the engine's own timer ends what it can");
}

#[test]
fn prints_and_undefined_and_whole_values_come_back() {
    let program = load(&[("main.rego", &main_v1("x if { print(\"hi\", input.a); input.b }\ny := {\"k\": {1, 2}}"))]);
    let run_x = run(&program, "data.main.x", &json!({"a": 1}));
    assert_eq!((run_x.value.unwrap(), run_x.prints), (None, vec!["main.rego:5: hi 1".to_owned()]));
    assert_eq!(run(&program, "data.main.y", &json!({})).value.unwrap(), Some(json!({"k": [1, 2]})));
    assert!(run(&program, "data.main.zz", &json!({})).value.is_err());
}

#[test]
fn answers_do_not_depend_on_the_number_of_threads() {
    let rules = "deny contains sprintf(\"%v\", [x]) if some x in input.xs\nwarn contains x.y if some x in input.xs";
    let all = |threads| {
        let limits = Limits { threads, ..limits() };
        let program = Program::load(modules(&[("main.rego", &main_v1(rules))]), &limits).unwrap();
        let input = Input::from_json(&json!({"xs": [{"y": 2}, {"y": 1}, {"z": 3}]}));
        let jobs = ["deny", "warn"].iter().cycle().take(40);
        let jobs = jobs.map(|rule| Job { rule: format!("data.main.{rule}"), input: input.clone() }).collect();
        program.run(jobs).into_iter().map(|run| run.value.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(all(1), all(4));
}

#[test]
fn values_that_double_are_cut_off_not_written_out() {
    let doubling = |step: &str| {
        let steps = (1..26).map(|n| format!("r{n} := {}\n", step.replace('@', &format!("r{}", n - 1))));
        format!("r0 := \"aaaaaaaaaaaaaaaa\"\n{}", steps.collect::<String>())
    };
    let cases = [
        doubling("[@, @, @]") + "x := json.marshal(r25)",
        doubling("regex.replace(@, \"a\", \"aaaaaaaa\")") + "x := r25",
        "x := regex.split(``, sprintf(\"%999999d\", [1]))".to_owned(),
        "x := regex.find_n(` `, sprintf(\"%999999d\", [1]), -1)".to_owned(),
    ];
    for rules in cases {
        let failure = run(&load(&[("main.rego", &main_v1(&rules))]), "data.main.x", &json!({})).value.unwrap_err();
        assert_eq!(failure.kind, FailureKind::LimitExceeded, "{}", failure.message);
    }
}

#[test]
fn to_iterate_over_no_collection_gives_nothing() {
    let rules = r#"required := {"owner"}
deny contains rc.name if {
    some rc in input.rcs
    tags := {k | some k, _ in rc.tags}
    count(required - tags) > 0
}
warn contains [i, t] if some t in input.rcs[i].tags
warn contains x if some x in object.get(input.rcs[0], "tags", [])
warn contains 1 if { some x in input.rcs[0].name; x }
bad if { some k in input.rcs; startswith(k.tags, "x") }"#;
    let input =
        json!({"rcs": [{"name": "null", "tags": null}, {"name": "has", "tags": {"owner": "o"}}, {"name": "none"}]});
    assert_eq!(value(rules, "deny", &input), Some(json!(["none", "null"])));
    assert_eq!(value(rules, "warn", &input), Some(json!([[1, "o"]])));
    let program = load(&[("main.rego", &main_v1(rules))]);
    let errors = run(&program, "data.main.bad", &input).builtin_errors;
    let (file, span) = (errors[0].file.as_ref().unwrap(), errors[0].span.unwrap());
    assert_eq!(file.slice(span), "k.tags");
    let called = refused_rules("deny contains 1 if internal.collection(input.x)");
    assert_eq!(called[0].0, "there is no function `internal.collection`");
}

#[test]
fn an_error_behind_a_guarded_collection_has_its_own_place() {
    let text = "package main\nimport data.main as own\nxs := [null]\ndeny contains 1 if { some x in own.xs; startswith(x, \"a\") }";
    let error = run(&load(&[("main.rego", text)]), "data.main.deny", &json!({})).builtin_errors.remove(0);
    let (file, span) = (error.file.unwrap(), error.span.unwrap());
    assert_eq!((file.slice(span), span.start), ("x", text.find("x, \"a").unwrap()));
}

#[test]
fn a_panic_in_the_engine_is_a_failure_of_that_rule_alone() {
    let program = load(&[("main.rego", &main_v1("bad := test.panic(1)\ngood := 1"))]);
    let job = |rule: &str| Job { rule: format!("data.main.{rule}"), input: Input::object() };
    let runs = program.run(vec![job("bad"), job("good")]);
    let kinds: Vec<_> = runs.into_iter().map(|run| run.value.map_err(|failure| failure.kind)).collect();
    assert_eq!(kinds, [Err(FailureKind::Panicked), Ok(Some(json!(1)))]);
}

#[test]
fn a_builtin_that_does_not_return_costs_a_thread_and_every_job_still_gets_an_answer() {
    let limits = Limits { rule: Duration::from_millis(50), threads: 1, ..limits() };
    let text = main_v1("stuck := test.sleep(3000)\ngood := 1");
    let program = Program::load(modules(&[("main.rego", &text)]), &limits).unwrap();
    let job = |rule: &str| Job { rule: format!("data.main.{rule}"), input: Input::object() };
    let kinds = |runs: Vec<Run>| runs.into_iter().map(|run| run.value.map_err(|f| f.kind)).collect::<Vec<_>>();
    let timeout = || Err(FailureKind::Timeout);
    assert_eq!(kinds(program.run(vec![job("stuck"), job("good"), job("good")])), [timeout(), timeout(), timeout()]);
    assert_eq!(kinds(program.run(vec![job("good")])), [timeout()]);
    assert_eq!(program.abandoned(), 1, "nobody waited for the builtin");
    let came_back = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        kinds(program.run(vec![job("good")])) == [Ok(Some(json!(1)))]
    });
    assert!(came_back, "the thread is used again");
}

#[test]
fn without_an_engine_every_rule_fails() {
    let problem = Problem::new(ProblemCode::PolicyLoad, "the policies cannot be loaded");
    let engine = pending::Pending::new(|| Err(vec![problem]));
    let loaded = load::Loaded { modules: Vec::new(), texts: Arc::default(), engine };
    let program = Program(Arc::new(run::Prepared::new(loaded, &limits()).unwrap()));
    let job = || Job { rule: "data.main.deny".to_owned(), input: Input::from_json(&json!({})) };
    for run in program.run(vec![job(), job()]) {
        let failure = run.value.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Error, "the policies cannot be loaded"));
    }
    assert_eq!(program.trace(job()).unwrap_err(), "the policies cannot be loaded");
    assert_eq!(program.run_for_input(job()).unwrap().value.unwrap_err().kind, FailureKind::Error);
}
