//! SARIF 2.1.0, as code scanning takes it: the part of the format that is needed, no more.
//!
//! Rules have stable ids with their help; results have a place inside the repository, the address as logical location and
//! a fingerprint. What is undecided is both a notification, as the standard has it, and a result, as consumers show only
//! these. No more than [`LIMIT`] results are written: what destroys comes first, and the last one counts the others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::items::{Item, Place, Said, Weight, problem_id};
use super::{Report, RuleInfo};
use crate::finding::Level;
use crate::problem::ProblemCode;
use crate::text::{self, count, multi_line, one_line};
use crate::verdict::Verdict;

/// Most results of a run that GitHub shows.
pub const LIMIT: usize = 5000;
/// The rule of the result that counts those left out.
pub(super) const REST: &str = "plangate/more-results";

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<AutomationDetails>,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    full_name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    information_uri: Option<&'static str>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<&'static str, Vec<&'static str>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: &'static str,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    descriptor: Descriptor,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<SarifLocation>,
}

#[derive(Serialize)]
struct Descriptor {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [SarifLocation; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// What changes what is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Whether what is waived or excepted is there, as suppressed results; GitHub would open alerts for them.
    pub suppressed: bool,
    /// What tells this run from others of the same commit (`automationDetails`). GitHub's upload action sets it only where the
    /// report has none.
    pub category: Option<&'a str>,
    /// Where the run was started, relative to the root of the repository.
    pub directory: &'a str,
}

/// The report as JSON text, indented, with a final line feed.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn render(report: &Report, options: Options<'_>) -> serde_json::Result<String> {
    let Options { suppressed, category, directory } = options;
    let items: Vec<Item<'_>> = report.items().into_iter().filter(|item| suppressed || !item.is_set_aside()).collect();
    let unlisted = report.left_out.counting();
    // One result counts the others.
    let room = if unlisted == 0 && items.len() <= LIMIT { LIMIT } else { LIMIT - 1 };
    let shown = items.get(..items.len().min(room)).unwrap_or_default();
    let rest = items.len() - shown.len() + unlisted;
    let rules = rules(report, shown, rest > 0);
    let index = |id: &str| rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).unwrap_or_default();
    let mut results: Vec<SarifResult> = shown.iter().map(|item| result(item, directory, &index)).collect();
    if rest > 0 {
        results.push(rest_result(report, rest, &index));
    }
    let undecided = items.iter().filter(|item| matches!(item.said, Said::Problem(_)));
    let invocation = Invocation {
        execution_successful: report.verdict != Verdict::Undecided,
        exit_code: report.verdict.exit_code(),
        exit_code_description: report.verdict.as_str(),
        tool_execution_notifications: undecided.map(|item| notification(item, directory)).collect(),
    };
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        full_name: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: Some(env!("CARGO_PKG_REPOSITORY")).filter(|uri| !uri.is_empty()),
        rules,
    };
    let run = Run {
        tool: Tool { driver },
        // Without a slash all of it would be the number of a run (§3.17.3).
        automation_details: category
            .map(|name| AutomationDetails { id: format!("{}/", one_line(name.trim_end_matches('/'))) }),
        invocations: [invocation],
        column_kind: "unicodeCodePoints",
        results,
    };
    let mut text =
        text::json(&serde_json::to_string_pretty(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?).into_owned();
    text.push('\n');
    Ok(text)
}

/// The rules that results refer to, in the order of ids.
fn rules(report: &Report, shown: &[Item<'_>], has_rest: bool) -> Vec<Rule> {
    let known: BTreeMap<&str, &RuleInfo> = report.rules.iter().map(|info| (info.id.as_str(), info)).collect();
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for item in shown {
        let id = shown_id(&item.id());
        rules.entry(id.clone()).or_insert_with(|| match item.said {
            Said::Problem(problem) => rule_of_problem(problem.code),
            Said::Finding(finding) => match known.get(finding.rule.as_str()) {
                Some(info) => rule_of(info),
                None => rule(id.clone(), &id, None, None, "warning"),
            },
        });
    }
    if has_rest {
        let text = "More results than code scanning shows";
        rules.insert(REST.to_owned(), rule(REST.to_owned(), text, None, None, "error"));
    }
    rules.into_values().collect()
}

fn rule_of(info: &RuleInfo) -> Rule {
    let id = shown_id(&info.id);
    let title = info.title.as_deref().unwrap_or(&info.id);
    let level = match info.level {
        Some(Level::Deny) => "error",
        Some(Level::Warn) | None => "warning",
        Some(Level::Info | Level::Off) => "note",
    };
    rule(id, title, info.description.as_deref(), info.help.as_deref(), level)
}

fn rule_of_problem(code: ProblemCode) -> Rule {
    rule(problem_id(code.as_str()), code.meaning(), None, Some(code.advice()), "error")
}

fn rule(id: String, title: &str, description: Option<&str>, help: Option<&str>, level: &'static str) -> Rule {
    let description = description.unwrap_or(title);
    let help = help.unwrap_or(description);
    Rule {
        name: friendly_name(&id),
        id,
        short_description: message(title),
        full_description: message(description),
        help: Help { text: multi_line(help).into_owned(), markdown: super::markdown::prose(help) },
        default_configuration: Configuration { level },
        properties: BTreeMap::from([("tags", vec!["terraform"])]),
    }
}

fn result(item: &Item<'_>, directory: &str, index: &impl Fn(&str) -> usize) -> SarifResult {
    let id = shown_id(&item.id());
    let fingerprint = item.fingerprint();
    let line_hash = format!("{}:{}", fingerprint.as_str().get(..16).unwrap_or_default(), item.occurrence);
    let plan = item.plan_name().map_or_else(String::new, |plan| format!("\nPlan: {plan}"));
    let mut properties = BTreeMap::from([("level", item.word().to_owned())]);
    if let Some(finding) = item.as_finding() {
        properties.insert("severity", finding.severity.as_str().to_owned());
    }
    SarifResult {
        rule_index: index(&id),
        rule_id: id,
        level: level(item.weight),
        message: message(&format!("{}{plan}", item.text())),
        locations: [location(&item.place_or_fallback(directory), item.address())],
        partial_fingerprints: BTreeMap::from([
            ("plangate/v1", fingerprint.as_str().to_owned()),
            ("primaryLocationLineHash", line_hash),
        ]),
        suppressions: item.set_aside_by().as_deref().map(suppression).into_iter().collect(),
        properties,
    }
}

fn rest_result(report: &Report, rest: usize, index: &impl Fn(&str) -> usize) -> SarifResult {
    let text =
        format!("{} are not listed here, the gravest are. All of them: {}", count(rest, "result"), report.summary());
    let level = if report.verdict == Verdict::Allowed { "warning" } else { "error" };
    let place = Place { file: "plangate.toml".to_owned(), line: 1, column: 1 };
    SarifResult {
        rule_id: REST.to_owned(),
        rule_index: index(REST),
        level,
        message: message(&text),
        locations: [location(&place, None)],
        partial_fingerprints: BTreeMap::from([("primaryLocationLineHash", "plangate-more-results:1".to_owned())]),
        suppressions: Vec::new(),
        properties: BTreeMap::new(),
    }
}

fn notification(item: &Item<'_>, directory: &str) -> Notification {
    Notification {
        descriptor: Descriptor { id: shown_id(&item.id()) },
        level: level(item.weight),
        message: message(&item.text()),
        locations: item.place(directory).map(|place| location(&place, None)).into_iter().collect(),
    }
}

/// A waiver stands in a file of its own, an exception in the policy.
fn suppression(justification: &str) -> Suppression {
    Suppression { kind: "external", status: "accepted", justification: multi_line(justification).into_owned() }
}

fn location(place: &Place, address: Option<&str>) -> SarifLocation {
    SarifLocation {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(&place.file) },
            region: Region { start_line: place.line, start_column: place.column },
        },
        logical_locations: address
            .map(|address| Logical { fully_qualified_name: one_line(address).into_owned(), kind: "resource" })
            .into_iter()
            .collect(),
    }
}

const fn level(weight: Weight) -> &'static str {
    match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    }
}

/// Text of a message, in which a brace is doubled (§3.11.5) and `](` would make a link (§3.11.6).
fn message(text: &str) -> Message {
    let text = multi_line(text).replace("](", "\\](");
    Message { text: text.replace('{', "{{").replace('}', "}}") }
}

/// An id as consumers want a name to be (§3.49.7): `StatefulDestroyDataStore`.
fn friendly_name(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    let mut begins = true;
    for c in id.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(if begins { c.to_ascii_uppercase() } else { c });
        }
        begins = !c.is_ascii_alphanumeric();
    }
    name
}

fn shown_id(id: &str) -> String {
    one_line(id).into_owned()
}

/// A relative path as a URI reference: what is not unreserved is percent-encoded.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
