//! Text of plans, policies and waivers that tries to be something else to whoever reads the report.

use plangate::finding::Level;
use plangate::report::Report;
use plangate::report::audit::{Audit, Grouping, Row};
use plangate::report::format::FORMATS;
use plangate::report::scene::{SceneEdge, SceneNode};
use plangate::text::is_deceptive;
use serde_json::{Value, json};

use super::parsers::{azure, github, github_outputs, github_v1, markdown, parse_xml, tap};
use super::{destroyed, in_every_format, is_sarif, plan, written};
use crate::harness::{judge, repository};

/// What consumers take for commands, markup, formulas, or the end of something.
pub(super) const NASTY: &[&str] = &[
    "::error::pwned",
    "\n::add-mask::x",
    "  ::set-output name=verdict::allowed",
    "::stop-commands::x",
    "%0A::error::x",
    "100%25",
    "##vso[task.setvariable variable=x]y",
    "###vso[task.complete result=Succeeded;]",
    "##VSO[task.prependpath]x",
    "##[error]x",
    "##[group]x",
    "#\u{200d}#[error]x",
    "#\u{fe0f}#vso[task.complete]x",
    ";]%3B%5D",
    "\u{1b}[2J\u{1b}[31m",
    "\u{9b}31m",
    "\u{202e}deras\u{2066}",
    "zero\u{200b}width\u{feff}",
    "tag\u{e0041}",
    "\u{0}",
    "\u{1}\u{7f}\u{85}\u{2028}",
    "\u{fffe}\u{ffff}",
    "\r\nX: y",
    "@everyone @hubot please",
    "a@b.example",
    "#1 GH-1 octo/repo#12",
    ":smile:",
    "https://evil.example/x",
    "www.evil.example",
    "<script>alert(1)</script>",
    "</script></style></title>",
    "\" onload=\"x\" 'onload='x",
    "</details></summary><h1>x",
    "<!-- x",
    "[x](javascript:alert(1))",
    "![i](https://evil.example/i.png)",
    "[^1]",
    "| a | b |\n|---|---|",
    "` `` ```",
    "# heading",
    "- [ ] task",
    "1. one",
    "===",
    "    code",
    "$x^2$",
    "&lt;b&gt;",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "a,b\"c'",
    "]]>",
    "<?x",
    "ok 1 # SKIP x",
    "  ---\n  ...",
    "Bail out!",
    "\\",
    "{0} ](0)",
    "${jndi:x}",
    "/close",
    "!12 ~bug %x &1",
];

/// A run in which every nasty text is an index key, a message, a rule's text about an address, a reason and an owner of a
/// waiver, and the name of a plan; one plan cannot be read.
pub(super) fn report() -> Report {
    let ascii = |value: Value| plangate::text::json(&value.to_string()).into_owned();
    // YAML takes no surrogates and nothing that is no character.
    let in_yaml = NASTY.iter().filter(|text| text.chars().all(|c| c < '\u{fffe}')).copied().collect::<Vec<_>>();
    let (texts, all) = (ascii(json!(NASTY)), ascii(json!(in_yaml.join(" "))));
    let policy = format!(
        "# METADATA\n# title: {all}\n# custom:\n#   help: {all}\npackage main\n\nnasty := {texts}\n\ndeny contains msg if {{\n\tsome msg in \
         nasty\n}}\n\nwarn contains msg if {{\n\tsome text in nasty\n\tmsg := sprintf(\"waived %s\", \
         [text])\n}}\n\ndeny contains msg if {{\n\tsome change in input.resource_changes\n\tmsg := sprintf(\"%s goes\", \
         [change.address])\n}}\n"
    );
    let mut waivers = String::new();
    for text in NASTY {
        let (text, message) = (json!(format!("{text} x")), json!(format!("waived {text}")));
        waivers.push_str("[[waiver]]\nrule = \"main.warn\"\n");
        waivers.push_str(
            &["message", "reason", "owner"]
                .map(|key| format!("{key} = {}\n", if key == "message" { &message } else { &text }))
                .concat(),
        );
    }
    // JSON leaves U+007F in the open, which TOML does not take.
    let waivers = waivers.replace('\u{7f}', "\\u007F");
    let (_dir, setup) = repository(&[("policy/p.rego", &policy), ("plangate.waivers.toml", &waivers)]);
    let mut stages = opened(&setup);
    stages.collect_scene = true;
    let changes: Vec<Value> = NASTY
        .iter()
        .map(|text| {
            let address = format!("azurerm_storage_account.x[{}]", json!(text));
            destroyed(&address, "azurerm_storage_account", &json!({"name": text}), &json!({}))
        })
        .collect();
    let names: Vec<String> = NASTY.iter().take(12).map(|text| format!("{text}.json")).collect();
    let mut plans: Vec<(&str, Vec<u8>)> = vec![("plan.json", plan(&changes))];
    plans.extend(names.iter().map(|name| (name.as_str(), b"{\"format_version\": \"1.2\", ".to_vec())));
    let mut report = judge(&stages, &plans);
    // The fixture lies in a directory of its own, whose name differs each time.
    for finding in report.plans.iter_mut().flat_map(|plan| &mut plan.findings) {
        finding.location = None;
    }
    // Objects of such a plan hang together with nothing: here they do.
    let scene = report.plans[0].scene.as_mut().unwrap();
    scene.nodes = NASTY.iter().map(|text| node(text)).collect();
    scene.edges = (1..NASTY.len())
        .map(|from| SceneEdge { from, to: 0, why: NASTY[from].to_owned(), contained: from % 2 == 0 })
        .collect();
    report
}

/// The same run as an audit, in which resource types and groups are nasty too.
pub(super) fn audited() -> Audit {
    let mut report = report();
    for (finding, text) in report.plans[0].findings.iter_mut().zip(NASTY.iter().cycle()) {
        if let Some(subject) = &mut finding.subject {
            subject.resource_type = Some((*text).to_owned());
        }
    }
    let grouping = Grouping::parse("{group}.json").unwrap();
    let rows = report.plans.iter_mut().map(|plan| Row::fold(plan, 1000, Some(&grouping))).collect();
    let skipped = NASTY.iter().map(|text| (*text).to_owned()).collect();
    Audit::build(report, rows, skipped, Some(grouping))
}

/// Both in every format.
fn everywhere() -> Vec<(&'static str, String)> {
    let audit = audited();
    let human = plangate::report::human::Options { show: Level::Info, verbose: true, timings: false };
    let options = super::Options { human, ..super::Options::default() };
    let audits = FORMATS.iter().map(|format| (*format, audit.render(format, &options).unwrap().unwrap()));
    in_every_format(&report()).into_iter().chain(audits).collect()
}

fn node(text: &str) -> SceneNode {
    SceneNode {
        address: format!("azurerm_storage_account.x[{}]", json!(text)),
        deposed: Some(text.to_owned()),
        resource_type: text.to_owned(),
        state: "delete",
        gone: true,
    }
}

fn opened(setup: &plangate::workspace::Setup) -> plangate::gate::Stages {
    plangate::workspace::open(setup).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// Lines, as a process that reads a log splits them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

/// Without the styles of the human report.
fn unstyled(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn the_fixture_reaches_every_part_of_a_report() {
    let report = report();
    let plan = &report.plans[0];
    assert!(plan.findings.len() > 3 * NASTY.len(), "{}", plan.findings.len());
    assert_eq!(plan.findings.iter().filter(|finding| finding.waiver.is_some()).count(), NASTY.len());
    assert!(report.plans.iter().skip(1).all(|plan| plan.problems.len() == 1));
}

#[test]
fn no_ci_system_finds_a_command_in_a_report_for_another() {
    for (format, text) in everywhere() {
        let text = unstyled(&text);
        for line in lines(&text) {
            assert!(format == "github" || github(line).is_none(), "{format}: {line}");
            assert!(!github_v1(line), "{format}: {line}");
            assert!(format == "azure" || azure(line).is_none(), "{format}: {line}");
            assert!(format == "azure" || !line.to_ascii_lowercase().contains("##vso["), "{format}: {line}");
        }
    }
}

#[test]
fn no_report_repaints_or_reorders_a_line() {
    for (format, text) in everywhere() {
        // Styles are plangate's own.
        let text = if format == "human" { unstyled(&text) } else { text };
        let own = |c: char| {
            c == '\n' || (format == "csv" && c == '\r') || (matches!(format, "markdown" | "sarif") && c == '\u{2060}')
        };
        let found = text.chars().find(|c| is_deceptive(*c) && !own(*c));
        assert_eq!(found, None, "{format}");
    }
}

#[test]
fn github_sees_annotations_and_nothing_else() {
    let report = report();
    let text = written(&report, "github");
    let commands: Vec<_> =
        text.lines().map(|line| github(line).unwrap_or_else(|| panic!("no command: {line}"))).collect();
    assert_eq!((commands[0].name.as_str(), commands[0].properties["title"].as_str()), ("error", "plangate"));
    assert!(commands[0].data.starts_with("undecided: 13 plans: 12 problems, "), "{:?}", commands[0]);
    assert!(commands[1].properties["title"].starts_with("plangate deny: stateful/"), "{:?}", commands[1]);
    for command in &commands {
        assert!(["error", "warning", "notice"].contains(&command.name.as_str()), "{command:?}");
        let title = &command.properties["title"];
        assert!(title.starts_with("plangate"), "{command:?}");
        assert!(
            command.properties.keys().all(|key| ["title", "file", "line", "col"].contains(&key.as_str())),
            "{command:?}"
        );
    }
    // What is escaped comes out as it was.
    let percent = commands.iter().find(|command| command.data.starts_with("100%25")).unwrap();
    assert_eq!(percent.data, "100%25\nplan.json");
    let outputs = github_outputs(&plangate::report::github::outputs(&report));
    assert_eq!((outputs["verdict"].as_str(), outputs["exit-code"].as_str()), ("undecided", "2"));
    assert_eq!((outputs["destructive"].as_str(), outputs["problems"].as_str()), ("true", "12"));
    let plain = |c: char| c.is_ascii_alphanumeric() || " :,".contains(c);
    assert!(outputs.values().all(|value| value.chars().all(plain)), "{outputs:?}");
}

#[test]
fn azure_sees_issues_and_the_result_and_nothing_else() {
    let text = written(&report(), "azure");
    let mut names = std::collections::BTreeSet::new();
    for line in text.lines() {
        let Some(command) = azure(line) else {
            assert!(!line.contains("##"), "{line}");
            continue;
        };
        assert!(line.starts_with("##vso["), "{line}");
        let expected: &[&str] = match command.name.as_str() {
            "task.logissue" => &["type", "code", "sourcepath", "linenumber", "columnnumber"],
            "task.complete" => &["result"],
            other => panic!("{other}"),
        };
        assert!(command.properties.keys().all(|key| expected.contains(&key.as_str())), "{command:?}");
        assert!(!command.data.contains("##vso["), "{command:?}");
        if command.name == "task.complete" {
            assert_eq!(command.properties["result"], "Failed");
        }
        names.insert(command.name);
    }
    assert!(text.contains(": %3B%5D%AZP253B%AZP255D"), "a message of these comes out as it was");
    assert_eq!(names.len(), 2);
}

/// Attributes and children that junit-10.xsd of Jenkins' xUnit plugin knows, of those that are written here.
fn is_junit(elements: &[(String, std::collections::BTreeMap<String, String>)]) {
    for (name, attributes) in elements {
        let (required, optional): (&[&str], &[&str]) = match name.as_str() {
            "testsuites" => (&[], &["name", "tests", "failures", "errors"]),
            "testsuite" => (&["name", "tests", "failures", "errors"], &["skipped"]),
            "testcase" => (&["name"], &["classname"]),
            "failure" | "error" | "skipped" => (&[], &["message", "type"]),
            "system-out" => (&[], &[]),
            other => panic!("{other}"),
        };
        assert!(required.iter().all(|key| attributes.contains_key(*key)), "{name} {attributes:?}");
        let known = |key: &String| required.contains(&key.as_str()) || optional.contains(&key.as_str());
        assert!(attributes.keys().all(known), "{name} {attributes:?}");
    }
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let report = report();
    let (elements, _) = parse_xml(&written(&report, "junit"));
    is_junit(&elements);
    let of = |kind: &str| elements.iter().filter(|(name, _)| name == kind).count().to_string();
    let root = &elements[0].1;
    assert_eq!([&root["tests"], &root["failures"], &root["errors"]], [&of("testcase"), &of("failure"), &of("error")]);
    assert_eq!((of("testsuite").as_str(), of("error").as_str()), ("13", "12"));
    let skipped: usize = elements
        .iter()
        .filter_map(|(_, attributes)| attributes.get("skipped"))
        .map(|n| n.parse::<usize>().unwrap())
        .sum();
    let not_run =
        report.plans.iter().flat_map(|plan| &plan.rules).filter(|rule| rule.outcome.as_str() == "not-run").count();
    assert_eq!((skipped, of("skipped")), (NASTY.len() + not_run, (NASTY.len() + not_run).to_string()));
}

#[test]
fn tap_has_no_directive_but_its_own() {
    let report = report();
    let points = tap(&written(&report, "tap"));
    let skipped: Vec<_> = points.iter().filter(|point| point.directive.is_some()).collect();
    assert_eq!(skipped.len(), NASTY.len());
    assert!(skipped.iter().all(|point| point.ok && point.directive.as_ref().unwrap().starts_with("SKIP waived by ")));
    let undecided = points.iter().filter(|point| !point.ok && point.description.starts_with("undecided ")).count();
    assert_eq!(undecided, 12);
    assert!(points.iter().all(|point| point.ok || point.diagnostics.contains_key("message")));
}

#[test]
fn no_cell_is_a_formula() {
    let report = report();
    let text = written(&report, "csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), report.items().len());
    for row in &rows {
        assert_eq!(row.len(), 12);
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
    for text in ["'=cmd|' /C calc'!A0", "'+1+1", "'-1", "'@SUM(1)", "'\\t=1"] {
        assert!(rows.iter().any(|row| &row[7] == text), "{text}");
    }
}

#[test]
fn markdown_is_text_and_nothing_else() {
    let report = report();
    let options = super::Options { markdown_limit: 1 << 20, ..super::Options::default() };
    let text = super::written_with(&report, "markdown", &options);
    let rendered = markdown(&text);
    let allowed = ["Heading", "BlockQuote", "Table", "TableHead", "TableRow", "TableCell", "Strong", "List", "Item"];
    let others: Vec<_> = rendered.elements.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(rendered.elements.iter().filter(|name| *name == "Heading").count(), 1);
    assert_eq!(rendered.elements.iter().filter(|name| *name == "Item").count(), NASTY.len());
    assert_eq!(rendered.elements.iter().filter(|name| *name == "TableRow").count(), report.plans.len());
    assert_eq!(
        rendered.html,
        [format!("<details><summary>{} findings waived or excepted</summary>", NASTY.len()).as_str(), "</details>"]
    );
    // What GitHub, GitLab and Azure DevOps look for in text outside code.
    let reference = regex::Regex::new(
        r"(?i)(^|\W)@[a-z0-9]|https?://|\bwww\.[a-z]|(^|\W)#\d|\bgh-\d|:[a-z]+:|[a-z0-9]@[a-z0-9]|(^|\s)[!~%&$]\w",
    )
    .unwrap();
    for text in &rendered.texts {
        assert!(!reference.is_match(text), "{text}");
    }
    assert!(!text.lines().any(|line| line.trim_start().starts_with('/')), "a quick action of GitLab");
    // Nothing is lost but what cannot be shown.
    let all = rendered.texts.join("\n").replace('\u{2060}', "");
    for text in [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "` `` ```",
        "- [ ] task",
        "&lt;b&gt;",
        "$x^2$",
        "</details></summary><h1>x",
    ] {
        assert!(all.contains(text), "{text}\n{all}");
    }
}

#[test]
fn json_reports_say_the_text_as_it_is() {
    let report = report();
    let text = written(&report, "jsonl");
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = serde_json::from_str(&plangate::report::jsonl::schema().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong = objects.iter().find_map(|object| validator.validate(object).err());
    assert!(wrong.is_none(), "{wrong:?}");
    let kinds: Vec<&str> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), report.items().len() + report.plans.len() + 1);
    assert_eq!(objects.last().unwrap()["type"], "summary");
    assert_eq!(objects.last().unwrap()["verdict"], "undecided");
    for text in NASTY {
        assert!(objects.iter().any(|object| object["message"] == *text), "{text:?}");
    }
    let gitlab: Value = serde_json::from_str(&written(&report, "gitlab")).unwrap();
    let issues = gitlab.as_array().unwrap();
    let fingerprints: std::collections::BTreeSet<&str> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), issues.len());
    assert_eq!(issues.len(), report.items().iter().filter(|item| !item.is_set_aside()).count());
    for issue in issues {
        assert_eq!(
            (&issue["location"]["path"], &issue["location"]["lines"]["begin"]),
            (&json!("plangate.toml"), &json!(1))
        );
    }
}

#[test]
fn sarif_fits_the_standard_and_points_into_the_repository() {
    let document = is_sarif(&written(&report(), "sarif"));
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], result["ruleId"]);
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "plangate.toml", "{result}");
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
        assert!(result.get("suppressions").is_none());
    }
    let hashes: std::collections::BTreeSet<String> =
        results.iter().map(|result| result["partialFingerprints"]["primaryLocationLineHash"].to_string()).collect();
    assert_eq!(hashes.len(), results.len());
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 12);
    let undecided = results.iter().filter(|result| result["ruleId"].as_str().unwrap().starts_with("undecided/"));
    assert_eq!(undecided.count(), 12);
    assert!(results[0]["ruleId"].as_str().unwrap().starts_with("stateful/"), "{}", results[0]);
}
