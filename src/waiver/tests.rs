use jiff::civil::date;

use super::*;
use crate::source::SourceFile;

const RULE: &str = "stateful/destroy-data-store";

fn source(text: &str) -> SourceFile {
    SourceFile::new("plangate.waivers.toml", text)
}

/// A file with one waiver of these keys, reason and owner added.
fn waiver_text(keys: &str) -> String {
    format!("[[waiver]]\nreason = \"moved by hand\"\nowner = \"data team\"\n{keys}\n")
}

fn set(keys: &str) -> WaiverSet {
    WaiverSet::new(parse(&source(&waiver_text(keys))).unwrap())
}

/// Underlined text and message of each mistake.
fn mistakes(text: &str) -> Vec<(String, String)> {
    let problems = parse(&source(text)).unwrap_err();
    problems
        .into_iter()
        .map(|problem| {
            assert_eq!(problem.code, ProblemCode::Waiver);
            assert!(problem.help.is_some() || problem.message.contains("TOML"), "{problem:?}");
            let place = problem.place.expect("every mistake is underlined");
            (place.file.slice(place.span).to_owned(), problem.message)
        })
        .collect()
}

fn mistake(keys: &str) -> (String, String) {
    let mut all = mistakes(&waiver_text(keys));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn subject(address: &str, actions: &[&str]) -> Subject {
    Subject {
        address: address.to_owned(),
        deposed: None,
        previous_address: None,
        resource_type: None,
        actions: actions.iter().map(|&word| word.to_owned()).collect(),
        verb_class: VerbClass::Destroy,
    }
}

fn about(rule: &str, subject: Option<Subject>, message: &str) -> Finding {
    let rule = RuleId::new(rule);
    Finding {
        fingerprint: Fingerprint::of_message(&rule, message),
        rule,
        level: Level::Deny,
        declared_level: Level::Deny,
        level_from: LevelFrom::Rule,
        severity: Severity::High,
        subject,
        message: message.to_owned(),
        location: None,
        source: None,
        root_cause: None,
        details: BTreeMap::new(),
        metadata: BTreeMap::new(),
        waiver: None,
        exception: None,
    }
}

fn destroyed(address: &str) -> Finding {
    about(RULE, Some(subject(address, &["delete"])), "lost")
}

const TODAY: Date = date(2026, 11, 23);

fn waives(keys: &str, finding: Finding) -> bool {
    let mut findings = [finding];
    let usage = set(keys).apply(&mut findings, TODAY);
    assert_eq!(findings[0].waiver.is_some(), usage.used.contains(&0));
    assert_eq!(findings[0].level, Level::Deny, "a waiver never changes a level");
    findings[0].waiver.is_some()
}

#[test]
fn a_waiver_is_put_on_the_finding_with_reason_owner_and_place() {
    let mut findings = [destroyed("aws_s3_bucket.a"), destroyed("aws_s3_bucket.b")];
    let waivers = set("rule = \"stateful/destroy-data-store\"\naddress = \"aws_s3_bucket.a\"\nexpires = 2027-01-31");
    let usage = waivers.apply(&mut findings, TODAY);
    let applied = findings[0].waiver.as_ref().unwrap();
    assert_eq!((applied.reason.as_str(), applied.owner.as_str()), ("moved by hand", "data team"));
    assert_eq!(applied.expires.as_deref(), Some("2027-01-31"));
    assert_eq!((applied.location.file.as_str(), applied.location.position.line), ("plangate.waivers.toml", 1));
    assert!(findings[0].waiver.is_some() && !findings[0].blocks(Level::Deny));
    assert!(findings[1].waiver.is_none() && findings[1].blocks(Level::Deny));
    assert_eq!(usage.used, BTreeSet::from([0]));
}

#[test]
fn rule_and_address_must_both_match() {
    let keys = "rule = \"stateful/destroy-data-store\"\naddress = \"a.b\"";
    assert!(waives(keys, destroyed("a.b")));
    assert!(!waives(keys, destroyed("a.c")));
    assert!(!waives(keys, about("main.deny", Some(subject("a.b", &["delete"])), "lost")));
    assert!(!waives(keys, about(RULE, None, "lost")), "no address");
    assert!(waives("rule = [\"x\", \"stateful/destroy-data-store\"]\naddress = \"a.b\"", destroyed("a.b")));
}

#[test]
fn the_previous_address_of_a_move_matches_too() {
    let mut moved = subject("module.new.a.b", &["delete"]);
    moved.previous_address = Some("a.b".to_owned());
    let finding = about(RULE, Some(moved), "lost");
    assert!(waives("rule = \"stateful/destroy-data-store\"\naddress = \"a.b\"", finding.clone()));
    assert!(waives("rule = \"stateful/destroy-data-store\"\naddress = \"module.new.a.b\"", finding));
}

#[test]
fn actions_are_the_verbs_of_the_change() {
    let keys = |verbs: &str| format!("rule = \"{RULE}\"\naddress = \"a.b\"\nactions = {verbs}");
    let doing = |actions: &[&str]| about(RULE, Some(subject("a.b", actions)), "lost");
    assert!(waives(&keys("[\"delete\"]"), doing(&["delete"])));
    assert!(!waives(&keys("[\"delete\"]"), doing(&["delete", "create"])));
    assert!(waives(&keys("[\"replace\"]"), doing(&["create", "delete"])));
    assert!(waives(&keys("[\"replace\"]"), doing(&["delete", "create"])));
    assert!(
        !waives(&keys("[\"delete\", \"replace\"]"), doing(&["obliterate"])),
        "an unknown verb is named or not waived"
    );
    assert!(waives(&keys("[\"unknown\"]"), doing(&["obliterate"])));
    assert!(waives(&keys("[\"unknown\"]"), doing(&["open"])), "open of a managed resource is unknown");
    let mut ephemeral = subject("a.b", &["open"]);
    ephemeral.verb_class = VerbClass::Keep;
    assert!(waives(&keys("[\"ephemeral\"]"), about(RULE, Some(ephemeral), "m")));
}

#[test]
fn a_message_waives_only_a_finding_without_change_and_only_the_exact_text() {
    let keys = "rule = \"plan/incomplete\"\nmessage = \"2 instances missing\"";
    assert!(waives(keys, about("plan/incomplete", None, "2 instances missing")));
    assert!(!waives(keys, about("plan/incomplete", None, "3 instances missing")));
    assert!(!waives(keys, about("main.deny", None, "2 instances missing")));
    assert!(!waives(keys, about("plan/incomplete", Some(subject("a.b", &["delete"])), "2 instances missing")));
    let both = "rule = \"main.deny\"\naddress = \"a.b\"\nmessage = \"m\"";
    assert!(waives(both, about("main.deny", Some(subject("a.b", &["delete"])), "m")));
    assert!(!waives(both, about("main.deny", Some(subject("a.b", &["delete"])), "other")));
}

#[test]
fn a_fingerprint_needs_no_rule_and_no_address() {
    let finding = destroyed("a.b");
    let upper = finding.fingerprint.as_str().to_uppercase();
    assert!(waives(&format!("fingerprint = \"{upper}\""), finding.clone()));
    assert!(!waives(&format!("fingerprint = \"{}\"", "0".repeat(64)), finding.clone()));
    assert!(!waives(&format!("fingerprint = \"{upper}\"\nrule = \"main.deny\""), finding.clone()), "all must hold");
    assert!(!waives(&format!("fingerprint = \"{upper}\"\naddress = \"**\""), about(RULE, None, "lost")));
}

#[test]
fn the_last_day_counts_and_an_expired_waiver_waives_nothing() {
    let keys = |day: &str| format!("rule = \"{RULE}\"\naddress = \"a.b\"\nexpires = {day}");
    assert!(waives(&keys("2026-11-23"), destroyed("a.b")));
    assert!(waives(&keys("\"2026-11-23\""), destroyed("a.b")));
    assert!(!waives(&keys("2026-11-22"), destroyed("a.b")));
}

#[test]
fn the_first_waiver_in_the_file_is_shown_and_an_expired_one_never() {
    let text = [
        waiver_text("rule = \"r\"\naddress = \"a.b\"\nexpires = 2020-01-01"),
        waiver_text("rule = \"r\"\naddress = \"a.b\""),
        waiver_text("rule = \"r\"\naddress = \"a.b\""),
    ]
    .concat();
    let waivers = WaiverSet::new(parse(&source(&text)).unwrap());
    let mut findings = [about("r", Some(subject("a.b", &["delete"])), "m")];
    let usage = waivers.apply(&mut findings, TODAY);
    assert_eq!(findings[0].waiver.as_ref().unwrap().location.position.line, waivers.waivers()[1].place.position().line);
    assert_eq!((usage.used, usage.expired), (BTreeSet::from([1, 2]), BTreeSet::from([0])));
}

#[test]
fn the_audit_judges_all_plans_together() {
    let text = [
        waiver_text("rule = \"r\"\naddress = \"a.b\""),
        waiver_text("rule = \"r\"\naddress = \"a.c\""),
        waiver_text("rule = \"r\"\naddress = \"a.d\"\nexpires = 2020-01-01"),
        waiver_text("rule = \"r\"\naddress = \"a.e\"\nexpires = 2020-01-01"),
    ]
    .concat();
    let waivers = WaiverSet::new(parse(&source(&text)).unwrap());
    let plan = |address: &str| waivers.apply(&mut [about("r", Some(subject(address, &["delete"])), "m")], TODAY);
    let mut usage = plan("a.b");
    usage.merge(&plan("a.d"));
    let mut reversed = plan("a.d");
    reversed.merge(&plan("a.b"));
    assert_eq!(usage, reversed);

    let audit = waivers.audit(&usage, TODAY);
    let found: Vec<_> =
        audit.iter().map(|f| (f.rule.as_str(), f.level, f.location.as_ref().unwrap().position.line)).collect();
    assert_eq!(
        found,
        [(UNUSED_RULE, Level::Info, 6), (EXPIRED_RULE, Level::Warn, 11), (EXPIRED_RULE, Level::Warn, 17)],
        "an expired one is not also unused"
    );
    assert_eq!(audit[0].message, "the waiver of `r` at `a.c` matches no finding");
    assert_eq!(audit[1].message, "the waiver of `r` at `a.d` expired after 2020-01-01 and waives nothing any more");
    assert_eq!((&audit[1].details["would_match"], &audit[2].details["would_match"]), (&true.into(), &false.into()));
    assert_eq!(audit[1].fingerprint, waivers.audit(&Usage::default(), TODAY)[2].fingerprint);
}

#[test]
fn rules_about_waivers_cannot_be_waived() {
    assert_eq!(mistake("rule = \"waiver/unused\"\nmessage = \"m\"").1, "`waiver/unused` cannot be waived");
    let finding = about(UNUSED_RULE, None, "m");
    assert!(!waives(&format!("fingerprint = \"{}\"", finding.fingerprint.as_str()), finding));
}

#[test]
fn a_rule_that_does_not_exist_is_a_problem() {
    let waivers = set("rule = [\"plan/incomplete\", \"stateful/destroy-datastore\"]\naddress = \"a.b\"");
    let problems = waivers.check_rules(&[RuleId::new(RULE), RuleId::new("plan/incomplete")]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `stateful/destroy-data-store`?"));
    let place = problems[0].place.as_ref().unwrap();
    assert_eq!(place.file.slice(place.span), "\"stateful/destroy-datastore\"");
}

#[test]
fn an_empty_file_holds_no_waiver() {
    assert!(parse(&source("# nothing\n")).unwrap().is_empty());
}

#[test]
fn all_mistakes_are_reported_at_once_from_top_to_bottom() {
    let text = "[[waivers]]\n[[waiver]]\nrule = \"r\"\nadress = \"a.b\"\nreason = \" \"\n[[waiver]]\nrule = 1\nowner = \"o\"\n\
                reason = \"r\"\naddress = \"\"\nexpires = \"soon\"\n";
    let underlined: Vec<String> = mistakes(text).into_iter().map(|(underlined, _)| underlined).collect();
    let header = "[[waiver]]";
    assert_eq!(underlined, ["waivers", header, header, "adress", "\" \"", "1", "\"\"", "\"soon\""]);
}

#[test]
fn reason_and_owner_are_required() {
    let all = mistakes("[[waiver]]\nrule = \"r\"\naddress = \"a.b\"\n");
    let messages: Vec<&str> = all.iter().map(|(_, message)| message.as_str()).collect();
    assert_eq!(messages, ["a waiver without `reason`", "a waiver without `owner`"]);
    let all = mistakes("[[waiver]]\nrule = \"r\"\naddress = \"a.b\"\nreason = \"\"\nowner = \"\\t\"\n");
    assert_eq!(all.len(), 2, "{all:?}");
    for nothing in ["\u{200b}", " \u{200b} ", ".", "-- !"] {
        let text =
            format!("[[waiver]]\nrule = \"r\"\naddress = \"a.b\"\nreason = \"{nothing}\"\nowner = \"{nothing}\"\n");
        let messages: Vec<String> = mistakes(&text).into_iter().map(|(_, message)| message).collect();
        assert_eq!(messages, ["`reason` says nothing", "`owner` says nothing"], "{nothing:?}");
    }
}

#[test]
fn each_wrong_value_is_explained() {
    let target = "rule = \"r\"\naddress = \"a.b\"\n";
    let cases = [
        ("rule = \"r\"".to_owned(), "[[waiver]]", "a waiver that names no finding"),
        ("address = \"a.b\"".to_owned(), "[[waiver]]", "a waiver without `rule`"),
        ("message = \"m\"\nrule = []".to_owned(), "[]", "`rule` names no rule"),
        ("message = \"m\"\nrule = \"*\"".to_owned(), "\"*\"", "`*` is a pattern; a waiver names rules exactly"),
        ("message = \"m\"\nrule = \"\"".to_owned(), "\"\"", "`rule` is blank"),
        ("rule = \"r\"\naddress = \"**\"".to_owned(), "\"**\"", "`address` matches everything"),
        ("rule = \"r\"\nmessage = \"\"".to_owned(), "\"\"", "`message` is blank"),
        (format!("{target}actions = []"), "[]", "`actions` is empty"),
        (format!("{target}actions = \"delete\""), "\"delete\"", "`actions` must be a list of strings"),
        (format!("{target}actions = [\"destroy\"]"), "\"destroy\"", "`actions` cannot be `destroy`"),
        ("rule = \"r\"\nmessage = \"m\"\nactions = [\"delete\"]".to_owned(), "actions", "`actions` needs an `address`"),
        (format!("{target}fingerprint = \"12\""), "\"12\"", "`fingerprint` is not 64 hex digits"),
        (format!("{target}expires = 2027-01-31T00:00:00Z"), "2027-01-31T00:00:00Z", "`expires` is not a date"),
        (format!("{target}expires = \"2027-02-30\""), "\"2027-02-30\"", "`expires` is not a date"),
        (format!("{target}expires = \"2027-1-3\""), "\"2027-1-3\"", "`expires` is not a date"),
        (format!("{target}expires = 2027"), "2027", "`expires` is not a date"),
        (format!("{target}why = \"x\""), "why", "unknown key `why` in a waiver"),
    ];
    for (keys, underlined, message) in cases {
        let found = mistake(&keys);
        assert!(found.0 == underlined && found.1.contains(message), "{keys}: {found:?}");
    }
}

#[test]
fn a_bad_pattern_is_underlined_where_it_goes_wrong() {
    let pattern = "aws_s3_bucket.a b";
    let error = AddressPattern::parse(pattern).unwrap_err();
    let text = waiver_text(&format!("rule = \"r\"\naddress = \"{pattern}\""));
    let problem = parse(&source(&text)).unwrap_err().remove(0);
    assert_eq!(problem.message, format!("`address` is not a pattern: {}", error.message));
    assert_eq!(problem.place.unwrap().span.start, text.find(pattern).unwrap() + error.offset);
}

#[test]
fn a_single_table_instead_of_a_list_is_a_mistake() {
    let all = mistakes("[waiver]\nrule = \"r\"\n");
    assert!(all[0].1.contains("`waiver` must be a list of tables, not a table"), "{all:?}");
}

#[test]
fn the_documentation_shows_valid_waivers_every_key_and_every_verb() {
    let page = include_str!("../../docs/waivers.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(parse(&source(example)).unwrap().len(), 3);
    let keys = ["rule", "address", "message", "fingerprint", "actions", "reason", "owner", "expires"];
    for word in keys.into_iter().chain(Action::verbs()) {
        assert!(page.contains(&format!("`{word}`")), "{word} is not documented");
    }
}

proptest::proptest! {
    /// A waiver that reads has a reason and an owner, and is not one for everything, whatever the file holds.
    #[test]
    fn any_text_is_read_or_refused(
        text in "(\\[\\[waiver\\]\\]\n|rule = \"a\"\n|address = \"[ab*.]{0,4}\"\n|actions = \\[\"delete\"\\]\n|message = |reason = |owner = |expires = |\"[aü ]{0,2}\"|\n|\\[|\\]|,|2027-01-31|'){0,8}",
    ) {
        let finding = about("a", Some(subject("some.thing", &["delete"])), "m");
        for file in [text.clone(), waiver_text(&text)] {
            match parse(&source(&file)) {
                Err(problems) => proptest::prop_assert!(problems.iter().all(|problem| problem.place.is_some())),
                Ok(waivers) => for waiver in waivers {
                    proptest::prop_assert!(!waiver.reason.trim().is_empty() && !waiver.owner.trim().is_empty());
                    proptest::prop_assert!(waiver.address.is_some() || waiver.message.is_some());
                    proptest::prop_assert!(!waiver.matches(&finding), "{file}");
                },
            }
        }
    }
}
