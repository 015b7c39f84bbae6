//! The page of a rule: for a terminal, in Markdown (docs/rules, `plangate explain RULE`) and as JSON.
//!
//! Says what METADATA says. Must not know where cases lie.

use std::fmt::Write as _;

use anstyle::Style;
use serde::Serialize;

use super::explain::{JsonFile, SCHEMA, files, pretty, source};
use super::wrap::wrap;
use crate::eval::Needs;
use crate::eval::trace::SourceFileLines;
use crate::finding::Level;
use crate::policy::contract::DeclaredLevel;
use crate::policy::{Origin, Rule};
use crate::text::{is_deceptive, multi_line, one_line};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A rule, and what there is to tell of it beside its METADATA.
#[derive(Debug, Clone, Copy)]
pub struct RulePage<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its source, if it is to be shown.
    pub source: &'a [SourceFileLines],
    /// What its cases show.
    pub cases: &'a Cases,
}

/// The plans a built-in rule is proved by.
#[derive(Debug, Clone, Default)]
pub struct Cases {
    /// Names of those on which it fires.
    pub fires: Vec<String>,
    /// Names of those on which it does not.
    pub silent: Vec<String>,
    /// What it says of the first.
    pub example: Option<String>,
    /// From the page to the rule's source.
    pub link: Option<String>,
}

/// The level as METADATA has it, in words.
fn level(rule: &Rule) -> String {
    let level = match rule.declared {
        DeclaredLevel::Fixed(level) => level.as_str(),
        DeclaredLevel::PerFinding => "each finding has its own",
    };
    match (rule.meta.strict, rule.declared) {
        (Some(strict), _) => format!("{level}; {strict} under the strict preset"),
        (None, DeclaredLevel::PerFinding) => format!("{level}; it may be higher under the strict preset"),
        (None, DeclaredLevel::Fixed(_)) => level.to_owned(),
    }
}

/// Which changes it considers, in words.
fn considers(rule: &Rule) -> Option<String> {
    let selector = rule.meta.selector.as_ref()?;
    let verbs = if selector.verbs.is_empty() { "any verb".to_owned() } else { selector.verbs.join(", ") };
    let types: Vec<&str> = selector.types.iter().map(|glob| glob.glob().glob()).collect();
    Some(if types.is_empty() { verbs } else { format!("{verbs}; of types {}", types.join(", ")) })
}

/// What it reads of the input: what it says, or else what was found in it.
fn reads(rule: &Rule) -> String {
    let said = rule.meta.custom.get("reads").and_then(|reads| reads.as_array());
    if let Some(said) = said {
        let words: Vec<String> =
            said.iter().filter_map(|word| word.as_str()).map(|word| format!("input.{word}")).collect();
        return words.join(", ");
    }
    match (&rule.path, rule.reads.paths.is_whole(), rule.reads.names.is_empty()) {
        (None, ..) => "the document; it is written in Rust".to_owned(),
        (_, true, _) => "the whole input".to_owned(),
        (_, _, true) => "nothing of the input".to_owned(),
        _ => rule.reads.names.iter().map(|token| format!("input.{token}")).collect::<Vec<_>>().join(", "),
    }
}

/// The lines of `plangate.toml` that set its level.
fn configuration(rule: &Rule) -> String {
    let level = match rule.declared {
        DeclaredLevel::Fixed(Level::Deny) => "warn",
        _ => "deny",
    };
    format!("[rules.{}]\nlevel = \"{level}\"    # off, info, warn or deny", quoted(rule.id.as_str()))
}

/// A waiver to be completed; `None` for rules whose findings no waiver reaches.
fn waiver(rule: &Rule) -> Option<String> {
    let id = rule.id.as_str();
    if id.starts_with("waiver/") || id.starts_with("catalog/") {
        return None;
    }
    // What names no change is waived by its message.
    let about_plan = rule.path.is_none() || reads_plan_alone(rule);
    let target = if about_plan {
        "message = \"\"             # the message of the finding; or address = \"…\" where it names one"
    } else {
        "address = \"\"             # the address of the finding; [*] stands for any instance key"
    };
    Some(format!(
        "[[waiver]]\nrule = {}\n{target}\nreason = \"\"              # why this is accepted\nowner = \"\"               \
         # who answers for it\nexpires = \"YYYY-MM-DD\"   # the last day it holds",
        quoted(id)
    ))
}

/// Whether a rule says that it looks at no change.
fn reads_plan_alone(rule: &Rule) -> bool {
    let reads = rule.meta.custom.get("reads").and_then(|reads| reads.as_array());
    reads.is_some_and(|reads| {
        reads.iter().all(|part| matches!(part.as_str(), Some("plangate.plan" | "plangate.settings")))
    })
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if is_deceptive(c) => format!("\\U{:08X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn place(rule: &Rule) -> Option<String> {
    let at = rule.location.as_ref()?;
    Some(format!("{}:{}", at.file, at.position.line))
}

/// The page for a terminal.
#[must_use]
pub fn human(page: &RulePage<'_>) -> String {
    let rule = page.rule;
    let mut out = format!("{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}\n", one_line(rule.id.as_str()), rule.origin.as_str());
    let meta = &rule.meta;
    if let Some(title) = &meta.title {
        wrap(&mut out, &one_line(title), 2);
    }
    let mut facts = vec![("level", level(rule)), ("severity", rule.severity.as_str().to_owned())];
    facts.extend(considers(rule).map(|text| ("considers", text)));
    facts.push(("reads", reads(rule)));
    facts.extend(Needs::of(rule).map(|needs| ("needs", needs.option().to_owned())));
    facts.extend(place(rule).map(|text| ("defined at", text)));
    out.push('\n');
    for (name, text) in facts {
        wrap(&mut out, &format!("{name}: {}", one_line(&text)), 2);
    }
    let links: Vec<String> = meta.related_resources.iter().map(|related| related.reference.clone()).collect();
    let texts = [meta.description.as_deref().map(str::trim), meta.help.as_deref().map(str::trim)];
    for text in texts.into_iter().flatten() {
        out.push('\n');
        wrap(&mut out, &multi_line(text), 2);
    }
    for link in links {
        wrap(&mut out, &format!("See {}", one_line(&link)), 2);
    }
    if !page.source.is_empty() {
        out.push('\n');
        source(&mut out, page.source);
    }
    let blocks = [
        Some(("In plangate.toml:", configuration(rule))),
        waiver(rule).map(|text| ("In plangate.waivers.toml:", text)),
    ];
    for (what, block) in blocks.into_iter().flatten() {
        let _ = writeln!(out, "\n  {what}\n");
        for line in multi_line(&block).lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
    out
}

/// The page in Markdown.
#[must_use]
pub fn markdown(page: &RulePage<'_>) -> String {
    let rule = page.rule;
    let meta = &rule.meta;
    let id = rule.id.as_str();
    let mut out = format!("# {}\n", prose(meta.title.as_deref().unwrap_or(id)));
    let _ = writeln!(out, "\n`{}`\n\n| | |\n|---|---|", code(id));
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "| {name} | {} |", prose(text).replace('|', "\\|"));
    };
    row("level", &level(rule));
    row("severity", rule.severity.as_str());
    if let Some(text) = considers(rule) {
        row("considers", &text);
    }
    row("reads", &reads(rule));
    if let Some(needs) = Needs::of(rule) {
        row("needs", &format!("{}, else it is not run", needs.option()));
    }
    match (&page.cases.link, place(rule)) {
        (Some(link), _) => {
            let name = link.trim_start_matches("../");
            let _ = writeln!(out, "| source | [{}]({link}) |", prose(name));
        }
        (None, Some(place)) => row("source", &place),
        (None, None) => {}
    }
    paragraph(&mut out, meta.description.as_deref());
    if let Some(help) = &meta.help {
        let _ = writeln!(out, "\n## What to do");
        paragraph(&mut out, Some(help));
    }
    if let Some(example) = &page.cases.example {
        let _ = writeln!(out, "\n## Example\n\n```text\n{}\n```", fenced(example));
    }
    list(&mut out, "It fires on", &page.cases.fires);
    list(&mut out, "It does not fire on", &page.cases.silent);
    let _ = writeln!(out, "\n## Configure\n\n```toml\n{}\n```", fenced(&configuration(rule)));
    if let Some(waiver) = waiver(rule) {
        let _ = writeln!(
            out,
            "\n## Waive\n\nIn `plangate.waivers.toml`, to be filled in:\n\n```toml\n{}\n```",
            fenced(&waiver)
        );
    }
    if rule.origin == Origin::Repository && !page.source.is_empty() {
        let _ = writeln!(out, "\n## Source");
        for file in page.source {
            let lines: Vec<&str> = file.lines.iter().map(|line| line.text.as_str()).collect();
            let _ = writeln!(out, "\n```rego\n{}\n```", lines.join("\n").replace("```", "` ` `"));
        }
    }
    if !meta.related_resources.is_empty() {
        let _ = writeln!(out, "\n## See also\n");
        for related in &meta.related_resources {
            let name = related.description.as_deref().unwrap_or(&related.reference);
            let _ = writeln!(out, "- [{}](<{}>)", prose(name), one_line(&related.reference).replace(['<', '>'], ""));
        }
    }
    out
}

/// The index of pages, by category; `page` gives the path of a rule's page from the index.
#[must_use]
pub fn markdown_index(title: &str, intro: &str, rules: &[&Rule], page: impl Fn(&Rule) -> String) -> String {
    let mut out = format!("# {title}\n\n{intro}\n");
    let mut before = None;
    let mut sorted = rules.to_vec();
    sorted.sort_by_key(|rule| (category(rule), rule.id.as_str()));
    for rule in sorted {
        let category = category(rule);
        if Some(category) != before {
            let _ = writeln!(out, "\n## {}\n\n| rule | level | |\n|---|---|---|", prose(category));
            before = Some(category);
        }
        let level = match rule.declared {
            DeclaredLevel::Fixed(level) => level.as_str(),
            DeclaredLevel::PerFinding => "per finding",
        };
        let cell = |text: &str| prose(text).replace('|', "\\|");
        let title = cell(rule.meta.title.as_deref().unwrap_or_default());
        let _ = writeln!(out, "| [{}]({}) | {level} | {title} |", cell(rule.id.as_str()), page(rule));
    }
    out
}

/// What METADATA says, else the first part of the id.
fn category(rule: &Rule) -> &str {
    let id = rule.id.as_str();
    rule.meta.category.as_deref().unwrap_or_else(|| id.split(['/', '.']).next().unwrap_or(id))
}

fn paragraph(out: &mut String, text: Option<&str>) {
    if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
        out.push('\n');
        wrap(out, &prose(text), 0);
    }
}

fn list(out: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(out, "\n## {title}\n");
        for item in items {
            let _ = writeln!(out, "- {}", prose(item));
        }
    }
}

/// Text in which nothing is markup, but for backticks that come in pairs.
fn prose(text: &str) -> String {
    let text = multi_line(text);
    let mut inside = false;
    let paired = text.matches('`').count().is_multiple_of(2);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' if paired => inside = !inside,
            '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '\\' if !inside => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

/// Text inside backticks.
fn code(text: &str) -> String {
    one_line(text).replace('`', "'")
}

/// Text inside a fence, wrapped.
fn fenced(text: &str) -> String {
    multi_line(text).replace("```", "` ` `")
}

#[derive(Serialize)]
struct JsonPage<'a> {
    schema: &'static str,
    rule: JsonRule<'a>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    origin: &'static str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    help: Option<&'a str>,
    level: &'static str,
    strict: Option<&'static str>,
    severity: &'static str,
    verbs: &'a [String],
    types: Vec<&'a str>,
    reads: String,
    file: Option<&'a str>,
    line: Option<usize>,
    related: Vec<JsonRelated<'a>>,
    configuration: String,
    waiver: Option<String>,
    source: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    r#ref: &'a str,
    description: Option<&'a str>,
}

/// The page as JSON, indented.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(page: &RulePage<'_>) -> serde_json::Result<String> {
    let rule = page.rule;
    let meta = &rule.meta;
    let selector = meta.selector.as_ref();
    let related = meta.related_resources.iter();
    let related =
        related.map(|related| JsonRelated { r#ref: &related.reference, description: related.description.as_deref() });
    let rule = JsonRule {
        id: rule.id.as_str(),
        origin: rule.origin.as_str(),
        title: meta.title.as_deref(),
        description: meta.description.as_deref(),
        help: meta.help.as_deref(),
        level: match rule.declared {
            DeclaredLevel::Fixed(level) => level.as_str(),
            DeclaredLevel::PerFinding => "per-finding",
        },
        strict: meta.strict.map(Level::as_str),
        severity: rule.severity.as_str(),
        verbs: selector.map_or(&[], |selector| selector.verbs.as_slice()),
        types: selector.iter().flat_map(|selector| &selector.types).map(|glob| glob.glob().glob()).collect(),
        reads: reads(rule),
        file: rule.location.as_ref().map(|at| at.file.as_str()),
        line: rule.location.as_ref().map(|at| at.position.line),
        related: related.collect(),
        configuration: configuration(rule),
        waiver: waiver(rule),
        source: files(page.source),
    };
    pretty(&JsonPage { schema: SCHEMA, rule })
}
