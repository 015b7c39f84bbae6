use super::*;

fn config(text: &str) -> Config {
    parse(&SourceFile::new("infra/plangate.toml", text), Utf8Path::new("infra")).unwrap()
}

/// Message, underlined text and help of each problem.
fn mistakes(text: &str) -> Vec<(String, String, String)> {
    let problems = parse(&SourceFile::new("plangate.toml", text), Utf8Path::new("")).unwrap_err();
    problems
        .into_iter()
        .map(|problem| {
            assert_eq!(problem.code, ProblemCode::Config);
            let place = problem.place.expect("every mistake is underlined");
            (problem.message, place.file.slice(place.span).to_owned(), problem.help.unwrap_or_default())
        })
        .collect()
}

fn one_mistake(text: &str) -> (String, String, String) {
    let mut all = mistakes(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn id(text: &str) -> RuleId {
    RuleId::new(text)
}

fn level(config: &Config, rule: &str) -> Option<Level> {
    config.level_for(&id(rule)).map(|(level, _)| level)
}

fn version(config: &Config, file: &str) -> Option<RegoVersion> {
    config.rego_version_for(Utf8Path::new(file)).map(|(version, _)| version)
}

#[test]
fn an_empty_file_and_no_file_mean_the_same() {
    for config in [config(""), Config::default_for(Utf8Path::new("infra"))] {
        assert!(matches!(&config.policies, PolicyPaths::Default(path) if path == "infra/policy"));
        assert!(matches!(&config.waivers, WaiversPath::Default(path) if path == "infra/plangate.waivers.toml"));
        assert_eq!((config.fail_on, config.unknown_types), (Level::Deny, Level::Warn));
        assert_eq!((config.expect, config.builtin_errors), (Expect::Ordinary, BuiltinErrors::Warn));
        assert!(config.rules.is_empty() && config.rego_versions.is_empty());
    }
}

#[test]
fn every_key_is_read() {
    let config = config(
        r#"
        policies = ["policy", "./shared//rules.rego", "../common"]
        waivers = "ok.toml"
        fail-on = "warn"
        expect = "refresh-only"
        unknown_types = "deny"
        builtin_errors = "undecided"
        [rules."stateful/destroy-data-store"]
        level = "warn"
        [rego-version]
        "policy/legacy" = "v0"
        "#,
    );
    let PolicyPaths::Explicit(paths) = &config.policies else { panic!("explicit") };
    let paths: Vec<&str> = paths.iter().map(|path| path.path.as_str()).collect();
    assert_eq!(paths, ["infra/policy", "infra/shared/rules.rego", "infra/../common"]);
    assert!(matches!(&config.waivers, WaiversPath::Explicit(path) if path.path == "infra/ok.toml"));
    assert_eq!((config.fail_on, config.unknown_types), (Level::Warn, Level::Deny));
    assert_eq!((config.expect, config.builtin_errors), (Expect::RefreshOnly, BuiltinErrors::Undecided));
    assert_eq!(level(&config, "stateful/destroy-data-store"), Some(Level::Warn));
    assert_eq!(version(&config, "infra/policy/legacy/a.rego"), Some(RegoVersion::V0));
}

#[test]
fn hyphen_and_underscore_are_one_key_but_not_both_at_once() {
    let config = config("fail_on = \"warn\"\nunknown-types = \"deny\"\nbuiltin-errors = \"undecided\"\n");
    assert_eq!((config.fail_on, config.unknown_types), (Level::Warn, Level::Deny));
    let (message, underlined, _) = one_mistake("fail-on = \"warn\"\nfail_on = \"deny\"\n");
    assert_eq!((message.as_str(), underlined.as_str()), ("`fail_on` repeats `fail-on`", "fail_on"));
}

#[test]
fn no_policies_on_purpose_differs_from_none_configured() {
    assert!(config("policies = []").policies.is_none_on_purpose());
    assert!(!config("").policies.is_none_on_purpose());
    assert!(!config("policies = [\"policy\"]").policies.is_none_on_purpose());
}

#[test]
fn paths_start_from_the_directory_of_the_file_and_absolute_ones_stay() {
    let file = SourceFile::new("plangate.toml", "policies = [\".\", \"/etc/policies\"]");
    let PolicyPaths::Explicit(paths) = parse(&file, Utf8Path::new("infra")).unwrap().policies else {
        panic!("explicit")
    };
    assert_eq!(paths[0].path, ".");
    assert_eq!(paths[1].path, "/etc/policies");
    assert_eq!(file.slice(paths[1].place.span), "\"/etc/policies\"");
}

#[test]
fn all_mistakes_are_reported_at_once_from_top_to_bottom() {
    let text = "polices = []\nfail-on = \"error\"\nexpect = 1\n[rules.\"a/b\"]\nlevel = \"wran\"\n[rules.\"c/d\"]\n";
    let underlined: Vec<String> = mistakes(text).into_iter().map(|(_, underlined, _)| underlined).collect();
    assert_eq!(underlined, ["polices", "\"error\"", "1", "\"wran\"", "\"c/d\""]);
}

#[test]
fn a_near_miss_is_suggested() {
    assert_eq!(one_mistake("polices = []").2, "did you mean `policies`?");
    assert!(one_mistake("colour = 1").2.starts_with("known keys here: `policies`, "));
    assert!(one_mistake("[rules.\"a/b\"]\nlevel = \"wran\"").2.contains("did you mean `warn`?"));
    assert!(one_mistake("[rules.\"a/b\"]\nlevle = \"warn\"").2.contains("did you mean `level`?"));
}

#[test]
fn a_level_that_would_disarm_the_gate_is_no_value_of_fail_on() {
    for word in ["off", "info", "never"] {
        let (message, _, help) = one_mistake(&format!("fail-on = \"{word}\""));
        assert_eq!(message, format!("`fail-on` cannot be `{word}`"));
        assert!(help.contains("`warn` or `deny`"), "{help}");
    }
}

#[test]
fn a_huge_hostile_value_is_shown_short_and_harmless() {
    let text = format!("fail-on = '{}\u{202e}'", "x".repeat(100_000));
    let problem = parse(&SourceFile::new("plangate.toml", text), Utf8Path::new("")).unwrap_err().remove(0);
    assert!(problem.message.len() < 200);
    let shown = format!("{:?}", miette::Report::new(problem));
    assert!(shown.len() < 4_000 && !shown.contains('\u{202e}'), "{}", shown.len());
}

#[test]
fn wrong_shapes_name_what_was_found() {
    let cases = [
        ("policies = \"policy\"", "`policies` must be a list of strings, not the string `policy`"),
        ("policies = [1]", "`policies` must be a list of strings, not the number 1"),
        ("waivers = true", "`waivers` must be a string, not true"),
        ("rules = []", "`rules` must be a table, not a list"),
        ("[rules]\n\"a/b\" = \"warn\"", "`a/b` must be a table, not the string `warn`"),
        ("[rules.\"a/b\"]\nlevel = 2027-01-01", "`level` must be a string, not a date"),
        ("[rego-version]\npolicy = 0", "`policy` must be a string, not the number 0"),
    ];
    for (text, expected) in cases {
        assert_eq!(one_mistake(text).0, expected);
    }
}

#[test]
fn empty_and_repeated_paths_are_mistakes() {
    assert_eq!(one_mistake("policies = [\" \"]").0, "`policies` holds an empty path");
    assert_eq!(one_mistake("waivers = \"\"").0, "`waivers` holds an empty path");
    assert_eq!(one_mistake("policies = [\"a\", \"./a/\"]").1, "\"./a/\"");
}

#[test]
fn a_rule_without_id_or_level_and_a_rule_set_twice_are_mistakes() {
    assert_eq!(one_mistake("[rules.\"\"]\nlevel = \"warn\"").0, "a rule without id");
    assert_eq!(one_mistake("[rules.\"a/b\"]").0, "the rule `a/b` has no `level`");
    let twice = "[rules.\"a/b\"]\nlevel = \"warn\"\n[rules.\"a/b\"]\nlevel = \"deny\"\n";
    assert!(mistakes(twice)[0].0.contains("not valid TOML"), "{:?}", mistakes(twice));
    assert!(one_mistake("[rules.\"a/[\"]\nlevel = \"warn\"").0.contains("not a valid pattern"));
}

#[test]
fn an_exact_id_wins_over_a_pattern_and_a_later_pattern_over_an_earlier() {
    let config = config(
        r#"
        rules."stateful/destroy-data-store".level = "info"
        rules."stateful/*".level = "warn"
        rules."stateful/forget-*".level = "deny"
        rules."main.{a,b}".level = "off"
        "#,
    );
    assert_eq!(level(&config, "stateful/destroy-data-store"), Some(Level::Info));
    assert_eq!(level(&config, "stateful/destroy-catalogued"), Some(Level::Warn));
    assert_eq!(level(&config, "stateful/forget-data-store"), Some(Level::Deny));
    assert_eq!(level(&config, "main.b"), Some(Level::Off));
    assert_eq!(level(&config, "plan/incomplete"), None);
    let (_, place) = config.level_for(&id("stateful/destroy-data-store")).unwrap();
    assert_eq!(place.position().line, 2);
}

#[test]
fn a_star_does_not_cross_a_slash() {
    let config = config("[rules.\"*\"]\nlevel = \"off\"");
    assert_eq!(level(&config, "main.deny"), Some(Level::Off));
    assert_eq!(level(&config, "stateful/destroy-data-store"), None, "built-in rules need `**` or `stateful/*`");
    let config = super::tests::config("[rules.\"**\"]\nlevel = \"warn\"");
    assert_eq!(level(&config, "stateful/destroy-data-store"), Some(Level::Warn));
}

#[test]
fn a_selector_that_matches_no_rule_is_a_problem_with_a_suggestion() {
    let config = config(
        "[rules.\"stateful/destroy-datastore\"]\nlevel = \"warn\"\n[rules.\"x/*\"]\nlevel = \"warn\"\n\
         [rules.\"plan/*\"]\nlevel = \"warn\"\n",
    );
    let problems = config.check_rules(&[id("plan/incomplete"), id("stateful/destroy-data-store")]);
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0].message, "no rule is called `stateful/destroy-datastore`");
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `stateful/destroy-data-store`?"));
    let place = problems[1].place.as_ref().unwrap();
    assert_eq!((place.file.slice(place.span), place.position().line), ("\"x/*\"", 3));
}

#[test]
fn the_longest_path_decides_the_dialect_and_a_path_beats_a_pattern() {
    let config = config(
        r#"
        [rego-version]
        "policy/old/new.rego" = "v1"
        "policy/old" = "v0"
        "policy" = "v1"
        "**/*.v0.rego" = "v0"
        "#,
    );
    assert_eq!(version(&config, "infra/policy/old/new.rego"), Some(RegoVersion::V1));
    assert_eq!(version(&config, "infra/policy/old/a.rego"), Some(RegoVersion::V0));
    assert_eq!(version(&config, "./infra/policy/a.rego"), Some(RegoVersion::V1));
    assert_eq!(version(&config, "infra/policy-2/a.rego"), None, "a directory is not a prefix of a name");
    assert_eq!(version(&config, "infra/other/a.v0.rego"), Some(RegoVersion::V0));
    assert_eq!(version(&config, "infra/policy/a.v0.rego"), Some(RegoVersion::V1));
}

#[test]
fn the_directory_of_the_file_itself_can_have_a_dialect() {
    let file = SourceFile::new("plangate.toml", "[rego-version]\n\".\" = \"v0\"\n\"a/*.rego\" = \"v1\"");
    let config = parse(&file, Utf8Path::new("infra")).unwrap();
    assert_eq!(version(&config, "policy/a.rego"), Some(RegoVersion::V0));
    let file = SourceFile::new("plangate.toml", "[rego-version]\n\"a/*.rego\" = \"v1\"");
    assert_eq!(version(&parse(&file, Utf8Path::new("infra")).unwrap(), "a/x.rego"), Some(RegoVersion::V1));
}

#[test]
fn a_dialect_for_no_file_or_for_one_twice_is_a_problem() {
    let config = config("[rego-version]\n\"policy/legcy\" = \"v0\"\n\"policy/a.rego\" = \"v1\"\n");
    let problems = config.check_rego_versions(&[Utf8PathBuf::from("infra/policy/a.rego")]);
    assert_eq!(problems.len(), 1);
    let place = problems[0].place.as_ref().unwrap();
    assert_eq!(place.file.slice(place.span), "\"policy/legcy\"");
    let (message, underlined, _) = one_mistake("[rego-version]\n\"a/b\" = \"v0\"\n\"./a/b\" = \"v1\"");
    assert_eq!((message.as_str(), underlined.as_str()), ("`rego-version` names `a/b` twice", "\"./a/b\""));
    assert!(one_mistake("[rego-version]\na = \"1\"").2.contains("`v0` or `v1`"));
}

#[test]
fn every_example_in_the_documentation_is_valid() {
    let page = include_str!("../../docs/configuration.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 5);
    for example in examples {
        config(example);
    }
    for key in [
        "policies",
        "waivers",
        "fail-on",
        "expect",
        "unknown_types",
        "builtin_errors",
        "limits",
        "catalog",
        "preset",
        "rules",
        "rego-version",
    ] {
        assert!(page.contains(&format!("### `{key}`")), "{key} has no section");
    }
}

#[test]
fn the_preset_is_one_of_two_words() {
    assert_eq!(config("").preset, Preset::Standard);
    assert_eq!(config("preset = \"strict\"").preset, Preset::Strict);
    assert!(one_mistake("preset = \"strikt\"").2.contains("did you mean `strict`?"));
    assert!(one_mistake("preset = \"off\"").2.contains("`standard` or `strict`"));
}

#[test]
fn limits_are_whole_numbers_in_their_range() {
    let limits = config("[limits]\nmass_destruction-percent = 30\ndestroyed = 0\n").limits;
    assert_eq!((limits.mass_destruction_percent, limits.destroyed, limits.changed), (Some(30), Some(0), None));
    for (text, underlined) in [
        ("[limits]\nmass-destruction-percent = 0", "0"),
        ("[limits]\nmass-destruction-percent = 101", "101"),
        ("[limits]\nmass-destruction-at-least = 0", "0"),
        ("[limits]\ndestroyed = -1", "-1"),
        ("[limits]\nreplaced = 1.5", "1.5"),
        ("[limits]\nchanged = \"many\"", "\"many\""),
    ] {
        let (message, place, _) = one_mistake(text);
        assert!(message.contains("must be a whole number from ") && place == underlined, "{message} {place}");
    }
    assert_eq!(one_mistake("[limits]\nchangd = 1").2, "did you mean `changed`?");
    assert_eq!(one_mistake("limits = 3").0, "`limits` must be a table, not the number 3");
}

proptest::proptest! {
    /// Any text is read or refused; where it is read, nothing but its own words can have moved the bar.
    #[test]
    fn any_text_is_read_or_refused(
        text in "(policies = |fail-on = |expect = |unknown_types = |\\[rules\\.\"[a*\\[]{1,3}\"\\]|level = |\"warn\"|\"deny\"|\"[aü \x1b]{0,3}\x1b\\[2J\"|\n|\\[|\\]|,){0,30}",
    ) {
        match parse(&SourceFile::new("plangate.toml", text.as_str()), Utf8Path::new("")) {
            Err(problems) => for problem in problems {
                proptest::prop_assert!(problem.place.is_some());
                let shown = format!("{:?}", miette::Report::new(problem));
                proptest::prop_assert!(!shown.contains("\x1b[2J"), "an escape sequence of the file is shown");
            },
            Ok(config) => {
                proptest::prop_assert!(config.fail_on == Level::Deny || text.contains("fail-on"));
                proptest::prop_assert!(config.expect == Expect::Ordinary);
                proptest::prop_assert!(config.rules.len() <= text.matches("level").count());
            }
        }
    }
}
