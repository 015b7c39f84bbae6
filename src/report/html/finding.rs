//! One finding, or one reason for *undecided*, as a block of the HTML report.
//!
//! What it causes, and where else it holds, is folded into it. Must not choose what is shown.

use std::fmt::Write as _;

use super::super::human::source_place;
use super::super::items::{Item, Said};
use super::super::scene::Scene;
use super::drawing::node_id;
use super::escape::{line, lines};
use super::ids::Ids;
use crate::explain::{Step, StepKind};
use crate::finding::{Finding, Location};
use crate::problem::Problem;
use crate::text::count;

/// Longest text of a finding that is shown, in characters.
const TEXT: usize = 6000;
/// Longest address, rule or path, in characters.
const NAME: usize = 600;

/// What the blocks of a plan are written with.
pub(super) struct Blocks<'a> {
    pub(super) ids: &'a Ids,
    /// The number of the plan; that of none for the run itself.
    pub(super) plan: usize,
    pub(super) scene: Option<&'a Scene>,
}

/// A reason for *undecided*.
pub(super) fn problem(problem: &Problem) -> String {
    let mut out = format!(
        "<article class=\"block undecided\">\n<h4><span class=\"tag undecided\">undecided</span> \
         <code>{}</code></h4>\n<p class=\"text\">{}</p>\n",
        line(problem.code.as_str(), NAME),
        lines(&problem.message, TEXT)
    );
    if let Some(help) = &problem.help {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<p class=\"text help\">{}</p>", lines(help, TEXT));
    }
    if let Some(place) = &problem.place {
        let at = format!("{}:{}", place.file.name(), place.position().line);
        let _ = writeln!(out, "<p class=\"meta\">at <code>{}</code></p>", line(&at, NAME));
    }
    out.push_str("</article>\n");
    out
}

impl Blocks<'_> {
    /// The block of an item; nothing for one that has no id.
    pub(super) fn item(&self, item: &Item<'_>) -> String {
        let finding = match item.said {
            Said::Problem(shown) => return problem(shown),
            Said::Finding(finding) => finding,
        };
        let Some(id) = self.ids.of(finding) else { return String::new() };
        let aside = if finding.is_set_aside() { " aside" } else { "" };
        let mut out = format!(
            "<article class=\"block finding {}{aside}\" id=\"{id}\" tabindex=\"-1\"{}>\n",
            item.word(),
            data(finding)
        );
        out.push_str(&self.head(item, finding, id));
        out.push_str(&text(finding));
        out.push_str(&rows(finding));
        let also: Vec<&Finding> = item.also.iter().copied().filter(|other| self.ids.of(other).is_some()).collect();
        if !item.also.is_empty() {
            let title = format!("The same holds for {} more", item.also.len());
            out.push_str(&self.folded(&title, &also, item.also.len(), false));
        }
        let all: Vec<&Finding> = item.victims.iter().flatten().copied().collect();
        if !all.is_empty() {
            let shown: Vec<&Finding> = all.iter().copied().filter(|other| self.ids.of(other).is_some()).collect();
            out.push_str(&self.folded(
                &format!("Because of it: {}", count(all.len(), "more finding")),
                &shown,
                all.len(),
                true,
            ));
        }
        if let Some(steps) = self.scene.and_then(|scene| scene.forward.get(&finding.fingerprint)) {
            out.push_str(&forward(steps));
        }
        out.push_str("</article>\n");
        out
    }

    fn head(&self, item: &Item<'_>, finding: &Finding, id: &str) -> String {
        let tag = format!("<span class=\"tag {0}\">{0}</span>", item.word());
        let (title, rule) = match item.address() {
            Some(address) => (line(address, NAME), format!("<code>{}</code> · ", line(&item.id(), NAME))),
            None => (line(&item.id(), NAME), String::new()),
        };
        let mut out = format!("<h4>{tag} <code>{title}</code></h4>\n<p class=\"meta\">{rule}");
        let mut words = vec![finding.severity.as_str().to_owned()];
        if let Some(subject) = &finding.subject {
            words.push(subject.actions.join(", "));
            words.extend(subject.deposed.as_ref().map(|key| format!("deposed {key}")));
            words.extend(subject.previous_address.as_ref().map(|previous| format!("was {previous}")));
        }
        if finding.level < finding.declared_level {
            words.push(format!("lowered from {} by configuration", finding.declared_level));
        }
        words.retain(|word| !word.is_empty());
        let words: Vec<String> = words.iter().map(|word| line(word, NAME)).collect();
        let short = self.ids.short(finding);
        let _ = write!(out, "{} · <a href=\"#{id}\" class=\"permalink\">{short}</a>", words.join(" · "));
        if let Some(node) = self.node(finding) {
            let _ = write!(out, " · <a href=\"#{node}\">in the graph</a>");
        }
        out.push_str("</p>\n");
        out
    }

    /// The node of the object a finding is about, where it is drawn.
    fn node(&self, finding: &Finding) -> Option<String> {
        let subject = finding.subject.as_ref()?;
        let nodes = &self.scene?.nodes;
        let at = nodes.iter().position(|node| node.address == subject.address && node.deposed == subject.deposed)?;
        Some(node_id(self.plan, at))
    }

    /// Findings that are told with another, by name alone.
    fn folded(&self, title: &str, shown: &[&Finding], all: usize, with_rule: bool) -> String {
        let mut out = format!("<details open=\"\" class=\"fold\"><summary>{title}</summary>\n<ul>\n");
        for finding in shown {
            let id = self.ids.of(finding).unwrap_or_default();
            let name = finding.subject.as_ref().map_or(finding.message.as_str(), |subject| subject.address.as_str());
            let _ = write!(out, "<li id=\"{id}\" tabindex=\"-1\"{}>", data(finding));
            if with_rule {
                let _ = write!(out, "<span class=\"tag {0}\">{0}</span> ", finding.level.as_str());
            }
            let _ = write!(out, "<code>{}</code>", line(name, NAME));
            if with_rule {
                let loses =
                    detail(finding, "loses").map_or_else(String::new, |loses| format!(": {}", line(loses, TEXT)));
                let rule = line(finding.rule.as_str(), NAME);
                let _ = write!(out, " <span class=\"quiet\">{rule}{loses}</span>");
            }
            if let Some(node) = self.node(finding) {
                let _ = write!(out, " <a href=\"#{node}\" class=\"quiet\">in the graph</a>");
            }
            out.push_str("</li>\n");
        }
        if shown.len() < all {
            let _ = writeln!(out, "<li>and {} more</li>", all - shown.len());
        }
        out.push_str("</ul></details>\n");
        out
    }
}

/// What the filter compares.
fn data(finding: &Finding) -> String {
    let subject = finding.subject.as_ref();
    let resource_type = subject.and_then(|subject| subject.resource_type.as_deref()).unwrap_or_default();
    let destroys = if super::super::destroys(finding) { " data-destroys=\"\"" } else { "" };
    format!(
        " data-level=\"{}\" data-rule=\"{}\" data-type=\"{}\"{destroys}",
        finding.level.as_str(),
        line(finding.rule.as_str(), NAME),
        line(resource_type, NAME)
    )
}

/// A detail that is text.
fn detail<'f>(finding: &'f Finding, key: &str) -> Option<&'f str> {
    finding.details.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// Sentences of a message that stand in rows of their own, with the label there, the one in the message, and the detail.
const SENTENCES: [(&str, &str, &str); 2] =
    [("What is lost", "What is lost", "loses"), ("Recovery", "Recovery", "recovery")];

/// The sentence of a message that says a detail, if it does so word by word.
fn sentence(finding: &Finding, label: &str, key: &str) -> Option<String> {
    let sentence = format!(" {label}: {}.", detail(finding, key)?);
    finding.message.contains(&sentence).then_some(sentence)
}

/// What it says, without the address that stands above and the sentences that stand below.
fn text(finding: &Finding) -> String {
    let address = finding.subject.as_ref().map_or("", |subject| subject.address.as_str());
    let message = finding.message.strip_prefix(address).map_or(finding.message.as_str(), str::trim_start);
    let mut message = message.to_owned();
    for (_, label, key) in SENTENCES {
        if let Some(sentence) = sentence(finding, label, key) {
            message = message.replacen(&sentence, "", 1);
        }
    }
    let (first, rest) = message.split_once('\n').unwrap_or((&message, ""));
    let mut out = format!("<p class=\"text\">{}</p>\n", line(first, TEXT));
    if !rest.trim().is_empty() {
        let _ = writeln!(out, "<pre>{}</pre>", lines(rest, TEXT));
    }
    out
}

/// What is lost, recovery, place, and what sets it aside.
fn rows(finding: &Finding) -> String {
    let mut rows: Vec<(&str, String)> = Vec::new();
    for (title, label, key) in SENTENCES {
        if sentence(finding, label, key).is_some() {
            rows.push((title, line(detail(finding, key).unwrap_or_default(), TEXT)));
        }
    }
    let place = match (&finding.source, &finding.location) {
        (Some(source), location) => {
            Some(line(source_place(location.as_ref(), source).trim_start_matches("--> "), NAME))
        }
        (None, Some(location)) => Some(at(location)),
        (None, None) => None,
    };
    rows.extend(place.map(|place| ("Place", place)));
    if let Some(waiver) = &finding.waiver {
        let expires = waiver.expires.as_ref().map_or_else(String::new, |day| format!(", expires {day}"));
        let by = format!("{}: {}{expires}", waiver.owner, waiver.reason);
        rows.push(("Waived by", format!("{} ({})", line(&by, TEXT), at(&waiver.location))));
    }
    if let Some(exception) = &finding.exception {
        let place = exception.location.as_ref().map_or_else(String::new, |place| format!(" ({})", at(place)));
        rows.push(("Excepted by its policy", format!("<code>{}</code>{place}", line(&exception.query, TEXT))));
    }
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = rows.iter().map(|(title, text)| format!("<dt>{title}</dt><dd>{text}</dd>\n")).collect();
    format!("<dl>\n{}</dl>\n", rows.concat())
}

fn at(location: &Location) -> String {
    format!("<code>{}:{}</code>", line(&location.file, NAME), location.position.line)
}

/// What one can do. That of last resort comes folded.
fn forward(steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut out = String::from("<details open=\"\" class=\"fold forward\"><summary>Way forward</summary>\n<ol>\n");
    for step in steps {
        let text = lines(&step.text, TEXT);
        let paste = step.paste.as_ref().map(|paste| format!("<pre>{}</pre>", lines(paste.text.trim_end(), TEXT)));
        let paste = paste.unwrap_or_default();
        let _ = match step.kind {
            StepKind::Waiver => {
                writeln!(out, "<li class=\"last\"><details open=\"\"><summary>{text}</summary>{paste}</details></li>")
            }
            _ => writeln!(out, "<li><p class=\"text\">{text}</p>{paste}</li>"),
        };
    }
    out.push_str("</ol></details>\n");
    out
}
