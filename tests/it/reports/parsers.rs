//! Reads reports as their consumers do.

use std::collections::BTreeMap;

/// Name and attributes of an XML element.
pub(crate) type Element = (String, BTreeMap<String, String>);

/// Elements of an XML document with their attributes, and all text. Panics where it is not well-formed.
pub(crate) fn parse_xml(text: &str) -> (Vec<Element>, String) {
    use quick_xml::events::Event;
    let is_xml =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_xml), "characters that XML 1.0 does not have: {text:?}");
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut all, mut depth) = (Vec::new(), String::new(), 0_i32);
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                depth += i32::from(matches!(event, Event::Start(_)));
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                elements.push((start.name().as_ref().to_owned(), attributes.collect()));
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => all.push_str(text),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    (elements, all)
}

/// A command of a CI system: name, properties, data.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

/// Commands that GitHub's runner knows.
const REGISTERED: &[&str] = &[
    "add-matcher",
    "add-mask",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
    "internal-set-repo-path",
    "command",
    "section",
];

fn properties(text: &str, separator: char, unescape: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let pairs = text.split(separator).filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), unescape(value))).collect()
}

fn replaced(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// As `ActionCommand.TryParseV2` of actions/runner: `::name key=value,key=value::data` at the start of a line.
pub(crate) fn github(line: &str) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (info, data) = rest.split_once("::")?;
    let (name, list) = info.split_once(' ').unwrap_or((info, ""));
    let data_escapes = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    REGISTERED.contains(&name).then(|| Command {
        name: name.to_owned(),
        properties: properties(list, ',', |value| replaced(value, &escapes)),
        data: replaced(data, &data_escapes),
    })
}

/// As `ActionCommand.TryParse`: `##[name …]data` anywhere in a line.
pub(crate) fn github_v1(line: &str) -> bool {
    let Some((_, rest)) = line.split_once("##[") else { return false };
    rest.split_once(']').is_some_and(|(info, _)| REGISTERED.contains(&info.split(' ').next().unwrap()))
}

/// As `Command.TryParse` of microsoft/azure-pipelines-agent: `##vso[area.event key=value;…]data` anywhere in a line.
pub(crate) fn azure(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##vso[")?;
    let (info, data) = rest.split_once(']')?;
    let (name, list) = info.split_once(' ').unwrap_or((info, ""));
    let escapes = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")];
    (name.split('.').count() == 2).then(|| Command {
        name: name.to_owned(),
        properties: properties(list, ';', |value| replaced(value, &escapes)),
        data: replaced(data, &escapes),
    })
}

/// `NAME<<DELIMITER` blocks of `$GITHUB_OUTPUT`, as `EnvFileKeyValuePairs` of actions/runner reads them.
pub(crate) fn github_outputs(text: &str) -> BTreeMap<String, String> {
    let mut lines = text.lines();
    let mut found = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        found.insert(name.to_owned(), value.join("\n"));
    }
    found
}

/// A test point of TAP: whether it is ok, its description, its directive.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) ok: bool,
    pub(crate) description: String,
    pub(crate) directive: Option<String>,
    pub(crate) diagnostics: BTreeMap<String, String>,
}

/// A TAP 14 document. Panics where it is none.
pub(crate) fn tap(text: &str) -> Vec<Point> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let planned: usize = lines.next().unwrap().strip_prefix("1..").unwrap().parse().unwrap();
    let mut points: Vec<Point> = Vec::new();
    while let Some(line) = lines.next() {
        if line == "  ---" {
            let pairs = lines.by_ref().take_while(|line| *line != "  ...").map(|line| {
                let (key, value) = line.strip_prefix("  ").unwrap().split_once(": ").unwrap();
                (key.to_owned(), yaml_serde::from_str::<String>(value).unwrap())
            });
            points.last_mut().unwrap().diagnostics = pairs.collect();
        } else if !line.starts_with('#') {
            let (ok, rest) = match line.strip_prefix("not ") {
                Some(rest) => (false, rest),
                None => (true, line),
            };
            let rest = rest.strip_prefix("ok ").unwrap_or_else(|| panic!("no test point: {line}"));
            let (number, rest) = rest.split_once(" - ").unwrap();
            assert_eq!(number.parse(), Ok(points.len() + 1));
            let (description, directive) = split_directive(rest);
            points.push(Point { ok, description, directive, diagnostics: BTreeMap::new() });
        }
    }
    assert_eq!(points.len(), planned);
    points
}

/// Takes `\\` and `\#` for the characters they stand for, and a bare `#` for the start of a directive.
fn split_directive(text: &str) -> (String, Option<String>) {
    let mut description = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => description.extend(chars.next()),
            '#' => return (description, Some(chars.as_str().trim().to_owned())),
            c => description.push(c),
        }
    }
    (description, None)
}

/// What GitHub makes of Markdown.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    /// Text outside code, as one string a block.
    pub(crate) texts: Vec<String>,
    /// Inline code.
    pub(crate) codes: Vec<String>,
    /// HTML that gets through.
    pub(crate) html: Vec<String>,
    /// Links, images, lists, code blocks, rules, footnotes: names of elements.
    pub(crate) elements: Vec<String>,
}

/// Reads Markdown with GitHub's extensions.
pub(crate) fn markdown(text: &str) -> Rendered {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let mut rendered = Rendered::default();
    let mut current = String::new();
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Text(text) => current.push_str(&text),
            Event::SoftBreak | Event::HardBreak => current.push('\n'),
            Event::Code(code) => {
                current.push(' ');
                rendered.codes.push(code.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => rendered.html.push(html.trim().to_owned()),
            Event::Start(tag) => {
                let name = format!("{tag:?}");
                let name = name.split([' ', '(', '{']).next().unwrap().to_owned();
                if !matches!(tag, Tag::Paragraph | Tag::HtmlBlock) {
                    rendered.elements.push(name);
                }
            }
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell | TagEnd::Item) => {
                rendered.texts.push(std::mem::take(&mut current));
            }
            Event::End(_) => {}
            other => rendered.elements.push(format!("{other:?}")),
        }
    }
    rendered.texts.push(current);
    rendered
}
