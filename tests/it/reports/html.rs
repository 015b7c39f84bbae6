//! The HTML report, read as a document: what it loads, where its links lead, what its text says.

use std::collections::BTreeSet;

use plangate::report::Report;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::hostile::NASTY;
use super::parsers::{Element, parse_xml};
use super::{destroyed, hostile, options, plan, sample, written};
use crate::harness::{built_in, judge, plangate, read};

/// The document without its style and script, and without what is made of them; and these.
pub(super) fn without_assets(text: &str) -> (String, [String; 2]) {
    let mut rest = text.to_owned();
    let assets = ["style", "script"].map(|name| {
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let (before, after) = rest.split_once(&start).unwrap();
        let (asset, after) = after.split_once(&end).unwrap();
        let asset = asset.to_owned();
        rest = format!("{before}{start}{end}{after}");
        asset
    });
    let hashes = regex::Regex::new("sha256-[A-Za-z0-9+/=]{44}").unwrap();
    let rest =
        hashes.replace_all(&rest, "sha256-…").replace(concat!("plangate ", env!("CARGO_PKG_VERSION")), "plangate …");
    (rest, assets)
}

/// Elements and text of the document. It is well-formed as XML too, which no browser asks for.
fn document(text: &str) -> (Vec<Element>, String) {
    parse_xml(without_assets(text).0.strip_prefix("<!doctype html>\n").unwrap())
}

fn attributes<'e>(elements: &'e [Element], name: &str) -> Vec<&'e str> {
    elements.iter().filter_map(|(_, attributes)| attributes.get(name)).map(String::as_str).collect()
}

fn with_class<'e>(elements: &'e [Element], class: &str) -> Vec<&'e Element> {
    let has = |(_, attributes): &&Element| {
        attributes.get("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    };
    elements.iter().filter(has).collect()
}

fn scenario(name: &str) -> Report {
    let mut stages = built_in();
    stages.collect_scene = true;
    judge(&stages, &[("plan.json", read(&format!("fixtures/scenarios/{name}/plan.json")))])
}

/// Reports of every kind.
fn reports() -> Vec<Report> {
    vec![sample::report(), hostile::report(), options::many(40), Report::undecided(Vec::new())]
}

#[test]
fn every_link_leads_to_one_place_in_the_document() {
    for report in reports() {
        links_hold(&written(&report, "html"));
    }
}

pub(super) fn links_hold(text: &str) {
    let (elements, _) = document(text);
    let ids = attributes(&elements, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    for name in ["href", "aria-labelledby"] {
        for target in attributes(&elements, name) {
            let id = if name == "href" { target.strip_prefix('#').unwrap() } else { target };
            assert!(unique.contains(id), "{target}");
        }
    }
}

#[test]
fn nothing_is_loaded_and_nothing_but_its_own_script_runs() {
    for report in reports() {
        let text = written(&report, "html");
        let (_, assets) = without_assets(&text);
        for asset in &assets {
            let hash = format!("'sha256-{}'", data_encoding::BASE64.encode(&Sha256::digest(asset.as_bytes())));
            assert!(text.contains(&hash));
            for loads in ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
                assert!(!asset.contains(loads), "{loads}");
            }
        }
        assert!(text.contains("content=\"default-src 'none'; style-src 'sha256-"));
        let (elements, _) = document(&text);
        for (name, attributes) in &elements {
            let loads = ["img", "link", "iframe", "object", "embed", "base", "image", "use", "foreignObject", "video"];
            assert!(!loads.contains(&name.as_str()), "{name}");
            for (key, value) in attributes {
                assert!(!["src", "srcset", "style", "action", "data", "xlink:href"].contains(&key.as_str()), "{key}");
                assert!(!key.starts_with("on"), "{key}={value}");
            }
        }
        assert_eq!(text.matches("<script").count() + text.matches("<style").count(), 2);
        assert_eq!(text.matches("</script").count() + text.matches("</style").count(), 2);
    }
}

#[test]
fn hostile_text_is_text() {
    let report = hostile::report();
    let text = written(&report, "html");
    let (elements, _) = document(&text);
    let known = [
        "html", "head", "meta", "title", "style", "body", "a", "div", "span", "button", "main", "header", "svg",
        "path", "h1", "h2", "h3", "h4", "p", "dl", "dt", "dd", "nav", "table", "thead", "tbody", "tr", "th", "td",
        "form", "label", "input", "select", "option", "output", "section", "article", "code", "pre", "details",
        "summary", "ul", "ol", "li", "rect", "text", "g", "strong", "footer", "script",
    ];
    let others: Vec<&str> = elements
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !known.contains(name) && *name != "title")
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(with_class(&elements, "node").len(), NASTY.len());
    let tags = regex::Regex::new("<[^>]*>").unwrap();
    let without_tags = tags.replace_all(&text, "");
    let (_, body) = without_tags.split_once("Skip to the report").unwrap();
    // The script has bare ampersands.
    let (body, _) = body.rsplit_once("\"use strict\"").unwrap();
    let unescaped = quick_xml::escape::unescape(body).unwrap();
    for text in ["<script>alert(1)</script>", "</script></style></title>", "\" onload=\"x\" 'onload='x", "&lt;b&gt;"] {
        assert!(unescaped.contains(text), "{text}");
    }
}

#[test]
fn what_is_undecided_never_looks_like_a_pass() {
    let (elements, all) = document(&written(&sample::report(), "html"));
    assert_eq!(with_class(&elements, "verdict").len(), 1);
    assert_eq!(with_class(&elements, "verdict")[0].1["class"], "verdict undecided");
    assert!(all.contains("plangate: undecided") && all.contains("It is not a pass."));
    let blocks = with_class(&elements, "block");
    let undecided = blocks.iter().filter(|(_, attributes)| attributes["class"].contains("undecided"));
    assert_eq!(undecided.count(), 1);
    // The filter has no say over it.
    assert!(blocks.iter().all(|(_, a)| a["class"].contains("undecided") != a.contains_key("data-level")));
}

#[test]
fn the_graph_and_the_findings_lead_to_each_other() {
    let report = scenario("55-parent-and-children-destroyed");
    let text = written(&report, "html");
    let (elements, all) = document(&text);
    let nodes = with_class(&elements, "node");
    assert!(nodes.len() > 5 && !with_class(&elements, "edge").is_empty(), "{text}");
    let linked: Vec<_> = nodes.iter().filter(|(name, _)| name == "a").collect();
    assert!(linked.len() >= 8);
    let hrefs: BTreeSet<&str> = attributes(&elements, "href").into_iter().collect();
    for (_, attributes) in linked {
        assert!(hrefs.contains(format!("#{}", attributes["id"]).as_str()), "{attributes:?}");
    }
    assert!(all.contains("What is lost") && all.contains("Way forward"));
    // Destroyed things are drawn as such, and what causes it stands to their left.
    let x = |address: &str| {
        let start = text.split(&format!("<title>{address}: ")).nth(1).unwrap();
        let (_, after) = start.split_once("<rect x=\"").unwrap();
        after.split('"').next().unwrap().parse::<u32>().unwrap()
    };
    let module = "module.dataset[&quot;orders&quot;].databricks_";
    assert!(x(&format!("{module}schema.this")) < x(&format!("{module}sql_table.delta")));
}

/// Databases that go with their servers, and some that hang together with nothing.
fn pairs(count: usize) -> Vec<Value> {
    let id = |n: usize| format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/server{n}");
    let pair = |n: usize| {
        let server = json!({"id": id(n), "name": format!("server{n}")});
        let database = json!({"id": format!("{}/databases/db", id(n)), "server_id": id(n), "name": "db"});
        [
            destroyed(&format!("azurerm_mssql_server.x[{n}]"), "azurerm_mssql_server", &server, &json!({})),
            destroyed(&format!("azurerm_mssql_database.x[{n}]"), "azurerm_mssql_database", &database, &json!({})),
        ]
    };
    let lone = |n: usize| {
        let before = json!({"name": format!("lone{n}")});
        destroyed(&format!("azurerm_storage_account.x[{n}]"), "azurerm_storage_account", &before, &json!({}))
    };
    (0..count).flat_map(pair).chain((0..3).map(lone)).collect()
}

#[test]
fn the_graph_is_bounded_and_says_what_it_leaves_out() {
    let mut stages = built_in();
    stages.collect_scene = true;
    let report = judge(&stages, &[("plan.json", plan(&pairs(100)))]);
    let text = written(&report, "html");
    let (elements, all) = document(&text);
    assert_eq!(with_class(&elements, "node").len(), 150);
    assert!(
        all.contains("50 more that go did not fit here.") && all.contains("3 resources that go hang together"),
        "{all}"
    );
    assert!(report.plans[0].scene.as_ref().unwrap().edges.iter().all(|edge| edge.contained));
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let text = written(&options::many(5200), "html");
    let (elements, all) = document(&text);
    let shown = elements.iter().filter(|(_, attributes)| attributes.contains_key("data-level")).count();
    assert_eq!(shown, 5000);
    assert!(all.contains("200 more did not fit here."), "{}", &text[..4000]);
    assert!(all.contains("and 200 more"));
}

#[test]
fn only_an_html_report_asks_for_the_graph() {
    let report = judge(&built_in(), &[("plan.json", plan(&pairs(1)))]);
    assert!(report.plans[0].scene.is_none());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.html");
    let output = format!("html={}", path.display());
    plangate()
        .args(["check", "fixtures/scenarios/55-parent-and-children-destroyed/plan.json", "-o", &output])
        .run()
        .exits(1);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("<svg viewBox=\"0 0 ") && text.starts_with("<!doctype html>\n"));
}
