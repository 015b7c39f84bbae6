//! Data that policies see beside the plan, and OPA bundles.

use plangate::verdict::Verdict;
use plangate::workspace::{self, Setup};

use crate::harness::{judge, read, refused, repository};

const POLICY: &str = "package main\nimport rego.v1\nimport data.exceptions\n\
    deny contains name if { some name in exceptions.names }\n\
    deny contains data.limits.text if data.limits.count > 1\n\
    deny contains data[\"my-team\"].owner\n";

/// The messages of the repository's rules.
fn messages(setup: &Setup) -> Vec<String> {
    let stages = workspace::open(setup).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let report = judge(&stages, &[("plan.json", read("fixtures/scenarios/02-noop/plan.json"))]);
    assert_eq!(report.plans[0].problems.len(), 0, "{:?}", report.plans[0].problems);
    let own = report.plans[0].findings.iter().filter(|finding| finding.rule.as_str() == "main.deny");
    own.map(|finding| finding.message.clone()).collect()
}

const DATA: [(&str, &str); 4] = [
    ("policy/p.rego", POLICY),
    ("d/root.yaml", "limits:\n  count: 2\n  text: \"limits apply\"\n"),
    ("d/exceptions/whatever.yml", "names: [b, a]\n"),
    ("d/my-team/team.json", "{\"owner\": \"data\"}"),
];

#[test]
fn a_directory_is_data_by_the_paths_of_its_directories() {
    let (dir, setup) = repository(&DATA);
    let data = camino::Utf8PathBuf::from_path_buf(dir.path().join("d")).unwrap();
    let by_argument = Setup { extra_data: vec![data], ..setup };
    assert_eq!(messages(&by_argument), ["a", "b", "data", "limits apply"]);

    let (_dir, setup) = repository(&[&DATA[..], &[("plangate.toml", "data = [\"d\"]\n")]].concat());
    assert_eq!(messages(&setup), ["a", "b", "data", "limits apply"]);
}

#[test]
fn what_neither_rule_nor_data_provides_stays_an_error() {
    let (_dir, setup) = repository(&DATA);
    refused(&setup, "nothing provides `data.exceptions`");
    let policy = ("policy/q.rego", "package q\nimport rego.v1\ndeny contains \"x\" if data.limits.cuont > 1\n");
    let (_dir, setup) = repository(&[&DATA[..], &[policy, ("plangate.toml", "data = [\"d\"]\n")]].concat());
    refused(&setup, "nothing provides `data.limits.cuont`");
}

#[test]
fn data_in_the_place_of_a_rule_or_of_the_product_is_refused() {
    for (path, text, words) in [
        ("d/main.yaml", "main:\n  deny: []\n", "a value at the rule `data.main.deny`"),
        ("d/main.yaml", "main: 1\n", "a value at the rule `data.main.deny`"),
        ("d/plangate/lib.yaml", "x: 1\n", "provides `data.plangate`"),
        ("d/again.yaml", "limits:\n  count: 3\n", "as another data file does"),
        ("d/broken.json", "{\"a\": ", "cannot be read"),
        ("d/twice.json", "{\"a\": 1, \"a\": 2}", "stands twice"),
    ] {
        let files = [&DATA[..], &[(path, text), ("plangate.toml", "data = [\"d\"]\n")]].concat();
        let (_dir, setup) = repository(&files);
        refused(&setup, words);
    }
    for (config, words) in [("data = [\"nowhere\"]\n", "does not exist"), ("data = [\"policy\"]\n", "there is no data")]
    {
        let (_dir, setup) = repository(&[&DATA[..], &[("plangate.toml", config)]].concat());
        refused(&setup, words);
    }
}

const OLD: &str = "package app.old\n\ndeny[msg] { msg := data.app.text }\n";
const NEW: &str = "package app.new\n\ndeny contains msg if { msg := data.app.text }\n";

#[test]
fn a_bundle_says_which_rego_it_is_and_what_it_fills() {
    let manifest = "{\"revision\": \"1\", \"roots\": [\"app\"], \"rego_version\": 1, \"file_rego_versions\": {\"/old/*.rego\": 0}}";
    let files = |extra: &'static [(&'static str, &'static str)]| {
        let base = [
            ("policy/.manifest", manifest),
            ("policy/old/p.rego", OLD),
            ("policy/new/p.rego", NEW),
            ("policy/app/data.json", "{\"text\": \"from the bundle\"}"),
            ("policy/app/other.json", "not data of a bundle"),
        ];
        repository(&[&base[..], extra].concat())
    };
    let (_dir, setup) = files(&[]);
    let stages = workspace::open(&setup).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let report = judge(&stages, &[("plan.json", read("fixtures/scenarios/02-noop/plan.json"))]);
    let told = report.plans[0].findings.iter().filter(|finding| finding.message == "from the bundle");
    assert_eq!((told.count(), report.verdict), (2, Verdict::Blocked));

    let (_dir, setup) = files(&[("policy/x.rego", "package elsewhere\ndeny contains \"x\"\n")]);
    refused(&setup, "`elsewhere` is below no root");
    let (_dir, setup) = files(&[("policy/data.yaml", "elsewhere: 1\n")]);
    refused(&setup, "`data.elsewhere` of");
}
