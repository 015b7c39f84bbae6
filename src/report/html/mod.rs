//! One HTML file for a browser: the verdict, every plan with its findings, and the graph around what goes.
//!
//! It loads nothing, works without its script, and is all the same each time. Frame, style and script are files beside
//! this one; here is what goes into the frame. Must not judge, nor hold text of a plan that is not escaped.

mod drawing;
pub(super) mod escape;
mod finding;
mod ids;
mod layout;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::items::{Item, Said};
use super::{PlanReport, Report, saved};
use crate::finding::{Finding, Level};
use crate::problem::Problem;
use crate::text::count;
use crate::verdict::Verdict;

use escape::line;
use finding::Blocks;
use ids::Ids;

/// Most findings and problems that are shown.
pub const SHOWN: usize = 5000;
/// Reasons for *undecided* that are listed at the top.
const LISTED: usize = 20;
/// Most plans in the table; those that are not allowed come first.
const ROWS: usize = 2000;
/// Longest name of a plan, a rule or a note, in characters.
pub(super) const NAME: usize = 600;

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The report as one HTML document.
#[must_use]
pub fn render(report: &Report) -> String {
    document(report, "", true)
}

/// The same of many plans: with tables above that of the plans, and without the sections of plans of which nothing is told.
pub(super) fn render_many(report: &Report, tables: &str) -> String {
    document(report, tables, false)
}

fn document(report: &Report, tables: &str, quiet_plans: bool) -> String {
    let told = report.told(Level::Off);
    let numbers = Numbers::of(report);
    let mut ids = Ids::new(report);
    let left = give_ids(&numbers, &mut ids, told.items.iter().chain(&told.set_aside));
    let (items, aside) = (numbers.sort(&told.items), numbers.sort(&told.set_aside));
    let parts: Vec<Part<'_>> =
        items.into_iter().zip(aside).map(|(items, aside)| Part { ids: &ids, items, aside }).collect();
    let (of_run, of_plans) = parts.split_last().unzip();
    let plans: Vec<(&PlanReport, &Part<'_>)> = report.plans.iter().zip(of_plans.unwrap_or_default()).collect();
    let has_section = |part: &Part<'_>| quiet_plans || part.tells();

    let mut body = head(report);
    body.push_str(tables);
    if plans.len() > 1 {
        body.push_str(&table(&plans, &has_section));
    }
    body.push_str(&filter(report, &ids));
    if left > 0 {
        let _ = writeln!(
            body,
            "<p class=\"note warn\"><strong>{left} more did not fit here.</strong> This page shows the {SHOWN} that weigh \
             most; the JSON report has all of them.</p>"
        );
    }
    if let Some(part) = of_run {
        body.push_str(&run(report, part));
    }
    for (number, (plan, part)) in plans.iter().enumerate().filter(|(_, (_, part))| has_section(part)) {
        body.push_str(&section(number, plan, part));
    }
    page(report, &body)
}

/// What is told of one plan, or of the run.
struct Part<'a> {
    ids: &'a Ids,
    items: Vec<&'a Item<'a>>,
    aside: Vec<&'a Item<'a>>,
}

impl Part<'_> {
    /// Whether something of it is shown.
    fn tells(&self) -> bool {
        let is_shown = |item: &&&Item<'_>| item.as_finding().is_none_or(|finding| self.ids.of(finding).is_some());
        self.items.iter().chain(&self.aside).any(|item| is_shown(&item))
    }
}

/// The numbers of the plans, by where they lie; the run comes last.
struct Numbers {
    of: BTreeMap<*const PlanReport, usize>,
    run: usize,
}

impl Numbers {
    fn of(report: &Report) -> Self {
        let of = report.plans.iter().enumerate().map(|(number, plan)| (std::ptr::from_ref(plan), number));
        Self { of: of.collect(), run: report.plans.len() }
    }

    fn of_item(&self, item: &Item<'_>) -> usize {
        item.plan.and_then(|plan| self.of.get(&std::ptr::from_ref(plan))).copied().unwrap_or(self.run)
    }

    /// The items of each plan, then those of the run.
    fn sort<'a>(&self, items: &'a [Item<'a>]) -> Vec<Vec<&'a Item<'a>>> {
        let mut sorted = vec![Vec::new(); self.run + 1];
        for item in items {
            if let Some(part) = sorted.get_mut(self.of_item(item)) {
                part.push(item);
            }
        }
        sorted
    }
}

/// Gives ids to the first findings, as many as are shown; how many are not.
fn give_ids<'a>(numbers: &Numbers, ids: &mut Ids, items: impl Iterator<Item = &'a Item<'a>>) -> usize {
    let mut room = SHOWN;
    let mut left = 0;
    for item in items {
        let plan = numbers.of_item(item);
        let folded = item.also.iter().chain(item.victims.iter().flatten()).copied();
        for finding in item.as_finding().into_iter().chain(folded) {
            if room > 0 {
                ids.give(plan, finding);
                room -= 1;
            } else {
                left += 1;
            }
        }
    }
    left
}

/// The document around its body.
fn page(report: &Report, body: &str) -> String {
    // A checkout may have given the files other line ends; a browser hashes what it read, with line feeds.
    let (style, script) = (STYLE.replace('\r', ""), SCRIPT.replace('\r', ""));
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(&script)
    );
    let title = format!("plangate: {}", report.verdict.as_str());
    fill(
        &FRAME.replace('\r', ""),
        &[
            ("policy", &policy),
            ("title", &title),
            ("style", &style),
            ("body", body),
            ("script", &script),
            ("version", env!("CARGO_PKG_VERSION")),
        ],
    )
}

/// A source of the content security policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", data_encoding::BASE64.encode(&Sha256::digest(text.as_bytes())))
}

/// The frame with `{{name}}` replaced. What is put in is not looked at again.
fn fill(frame: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for piece in frame.split("{{") {
        let part = piece
            .split_once("}}")
            .and_then(|(name, rest)| parts.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text, rest)));
        match part {
            Some((text, rest)) => out.extend([text, rest]),
            None => out.push_str(piece),
        }
    }
    out
}

/// The verdict, what it means, and all counts.
fn head(report: &Report) -> String {
    let (sign, meaning) = match report.verdict {
        Verdict::Allowed => ("M5 12.5l4.5 4.5L19 7.5", "Nothing blocks apply."),
        Verdict::Blocked => ("M6.5 6.5l11 11M17.5 6.5l-11 11", "Apply must not run as planned."),
        Verdict::Undecided => (
            "M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.2.7-1.7 1.3-1.7 2.5M12 18v.2",
            "This could not be judged, so apply must not run. It is not a pass.",
        ),
    };
    let word = report.verdict.as_str();
    let mut out = format!(
        "<header class=\"verdict {word}\">\n<svg class=\"sign\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path \
         d=\"{sign}\"/></svg>\n<div><h1>{word}</h1>\n<p>{meaning}</p></div>\n</header>\n"
    );
    let counts = report.finding_counts();
    let problems = report.problem_count();
    let tiles = [
        ("plans", report.plans.len(), ""),
        ("undecided", problems, "undecided"),
        ("deny", counts.deny, "deny"),
        ("warn", counts.warn, "warn"),
        ("info", counts.info, "info"),
        ("waived", counts.waived, ""),
        ("excepted", counts.excepted, ""),
        ("lowered", counts.lowered, ""),
    ];
    let rare = ["excepted", "lowered", "undecided"];
    out.push_str("<dl class=\"counts\">\n");
    for (name, number, class) in tiles.into_iter().filter(|(name, number, _)| *number > 0 || !rare.contains(name)) {
        let class = if number > 0 { class } else { "none" };
        let _ = writeln!(out, "<div class=\"{class}\"><dt>{name}</dt><dd>{number}</dd></div>");
    }
    out.push_str("</dl>\n");
    out.push_str(&not_judged(report));
    for note in &report.notes {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", line(note, NAME));
    }
    out
}

/// Every reason for *undecided* that a plan has, where those are not in sight at once; the run's own stand below.
fn not_judged(report: &Report) -> String {
    if report.plans.len() < 2 {
        return String::new();
    }
    let of_plan = |(number, plan): (usize, &PlanReport)| {
        let name = line(&plan.name(), NAME);
        let said = |problem: &Problem| {
            let message = problem.message.lines().next().unwrap_or_default();
            format!("<li><a href=\"#plan-{number}\">{name}</a>: {}</li>\n", line(message, NAME))
        };
        plan.problems.iter().map(said).collect::<Vec<_>>()
    };
    let all: Vec<String> = report.plans.iter().enumerate().flat_map(of_plan).collect();
    if all.is_empty() {
        return String::new();
    }
    let more = match all.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("<li>and {more} more, below</li>\n"),
    };
    let listed: String = all.into_iter().take(LISTED).collect();
    format!("<div class=\"note undecided\"><strong>Not judged</strong>\n<ul>\n{listed}{more}</ul></div>\n")
}

/// A row for each plan, or for as many as can be looked through.
fn table(plans: &[(&PlanReport, &Part<'_>)], has_section: &dyn Fn(&Part<'_>) -> bool) -> String {
    let columns = plans.first().map(|(plan, _)| plan.counts.columns()).unwrap_or_default();
    let mut shown: Vec<(usize, &PlanReport, &Part<'_>)> =
        plans.iter().enumerate().map(|(number, (plan, part))| (number, *plan, *part)).collect();
    if shown.len() > ROWS {
        shown.sort_by_key(|(_, plan, _)| Reverse(plan.verdict));
        shown.truncate(ROWS);
    }
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("<th scope=\"col\">{name}</th>")).collect();
    let mut out = format!(
        "<nav class=\"wide\" aria-label=\"Plans\">\n<table>\n<thead><tr><th scope=\"col\">plan</th><th \
         scope=\"col\">verdict</th>{}</tr></thead>\n<tbody>\n",
        names.concat()
    );
    for (number, plan, part) in &shown {
        let (word, name) = (plan.verdict.as_str(), line(&plan.name(), NAME));
        let name = if has_section(part) { format!("<a href=\"#plan-{number}\">{name}</a>") } else { name };
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td><span class=\"tag {word}\">{word}</span></td>");
        for (_, number) in plan.counts.columns() {
            if !plan.is_counted() {
                // Nobody counted.
                out.push_str("<td class=\"none\">?</td>");
                continue;
            }
            let class = if number == 0 { " class=\"none\"" } else { "" };
            let _ = write!(out, "<td{class}>{number}</td>");
        }
        out.push_str("</tr>\n");
    }
    if shown.len() < plans.len() {
        let rest = count(plans.len() - shown.len(), "more plan");
        let _ = writeln!(out, "<tr><th scope=\"row\" colspan=\"{}\">and {rest}</th></tr>", columns.len() + 2);
    }
    out.push_str("</tbody>\n</table>\n</nav>\n");
    out
}

/// The filter, which the script brings to life; nothing where there is nothing to choose from.
fn filter(report: &Report, ids: &Ids) -> String {
    let shown: Vec<&Finding> = report.all_findings().filter(|finding| ids.of(finding).is_some()).collect();
    if shown.len() < 2 {
        return String::new();
    }
    let levels: BTreeSet<Level> = shown.iter().map(|finding| finding.level).collect();
    let levels: Vec<&str> = levels.iter().rev().map(|level| level.as_str()).collect();
    let rules: BTreeSet<&str> = shown.iter().map(|finding| finding.rule.as_str()).collect();
    let types: BTreeSet<&str> = shown
        .iter()
        .filter_map(|finding| finding.subject.as_ref()?.resource_type.as_deref())
        .filter(|name| !name.is_empty())
        .collect();
    let select = |id: &str, title: &str, every: &str, values: &mut dyn Iterator<Item = &str>| {
        let options: Vec<String> = values
            .map(|value| line(value, NAME))
            .map(|value| format!("<option value=\"{value}\">{value}</option>\n"))
            .collect();
        format!(
            "<label>{title}<select id=\"{id}\">\n<option value=\"\">{every}</option>\n{}</select></label>\n",
            options.concat()
        )
    };
    format!(
        "<form id=\"filter\" role=\"search\" aria-label=\"Filter findings\" hidden=\"\">\n<label class=\"grow\">Text<input \
         id=\"filter-text\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"address, message \
         … ( / )\"/></label>\n{}{}{}<label class=\"check\"><input id=\"filter-destroys\" type=\"checkbox\"/> destroys \
         only</label>\n<button type=\"reset\">Clear</button>\n<output id=\"filter-count\" \
         aria-live=\"polite\"></output>\n</form>\n",
        select("filter-level", "Level", "every level", &mut levels.into_iter()),
        select("filter-rule", "Rule", "every rule", &mut rules.into_iter()),
        select("filter-type", "Type", "every type", &mut types.into_iter()),
    )
}

/// What is said of the run itself.
fn run(report: &Report, part: &Part<'_>) -> String {
    let blocks = Blocks { ids: part.ids, plan: report.plans.len(), scene: None };
    let inside: String = part.items.iter().chain(&part.aside).map(|item| blocks.item(item)).collect();
    if inside.is_empty() {
        return inside;
    }
    format!("<section aria-labelledby=\"run\">\n<h2 id=\"run\">The run</h2>\n{inside}</section>\n")
}

/// One plan.
fn section(number: usize, plan: &PlanReport, part: &Part<'_>) -> String {
    let ids = part.ids;
    let blocks = Blocks { ids, plan: number, scene: plan.scene.as_ref() };
    let word = plan.verdict.as_str();
    let mut out = format!(
        "<section class=\"plan\" aria-labelledby=\"plan-{number}\">\n<h2 id=\"plan-{number}\" tabindex=\"-1\"><span \
         class=\"tag {word}\">{word}</span> {}</h2>\n{}",
        line(&plan.name(), NAME),
        facts(plan)
    );
    let (problems, findings): (Vec<&Item<'_>>, Vec<&Item<'_>>) =
        part.items.iter().copied().partition(|item| matches!(item.said, Said::Problem(_)));
    if !problems.is_empty() {
        out.push_str("<h3>Not judged</h3>\n");
        out.extend(problems.iter().map(|item| blocks.item(item)));
    }
    if plan.destroys_everything() {
        let _ = writeln!(out, "<p class=\"note deny\">{}</p>", line(&plan.destroys_everything_note(), NAME));
    }
    let shown: String = findings.iter().map(|item| blocks.item(item)).collect();
    if !shown.is_empty() {
        let _ = write!(out, "<h3>Findings</h3>\n{shown}");
    } else if plan.verdict == Verdict::Allowed && findings.is_empty() {
        out.push_str("<p class=\"quiet\">No finding counts.</p>\n");
    }
    let drawn = plan.scene.as_ref().map(|scene| drawing::drawing(scene, number, ids)).unwrap_or_default();
    if !drawn.is_empty() {
        let _ = write!(out, "<h3>Around what is destroyed</h3>\n{drawn}");
    }
    if !part.aside.is_empty() {
        let all: usize = part.aside.iter().map(|item| 1 + item.also.len()).sum();
        let inside: String = part.aside.iter().map(|item| blocks.item(item)).collect();
        let title = format!("{} waived or excepted", count(all, "finding"));
        let _ = write!(out, "<details open=\"\" class=\"part\"><summary>{title}</summary>\n{inside}</details>\n");
    }
    out.push_str(&rules(plan));
    out.push_str("</section>\n");
    out
}

/// What the plan does, in numbers, and what the loader said.
fn facts(plan: &PlanReport) -> String {
    let mut out = String::new();
    if plan.is_counted() {
        let done: Vec<String> = plan
            .counts
            .columns()
            .into_iter()
            .chain([("unknown", plan.counts.unknown)])
            .filter(|(_, number)| *number > 0)
            .map(|(name, number)| format!("<strong>{number}</strong> {name}"))
            .collect();
        let done = if done.is_empty() { "no change".to_owned() } else { done.join(" · ") };
        let _ = writeln!(out, "<p class=\"meta\">{done}{}</p>", ran(plan));
    }
    for rule in plan.silenced() {
        let _ = writeln!(
            out,
            "<p class=\"note warn\">off by configuration: <code>{}</code></p>",
            line(rule.id.as_str(), NAME)
        );
    }
    let errors = plan.builtin_errors();
    if errors > 0 {
        let _ = writeln!(
            out,
            "<p class=\"note warn\">{} made parts of rules undefined.</p>",
            count(errors, "builtin error")
        );
    }
    for note in &plan.notes {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", line(note, NAME));
    }
    out
}

/// How many rules ran; nothing where no record of them is kept.
fn ran(plan: &PlanReport) -> String {
    if plan.rules.is_empty() {
        return String::new();
    }
    let (shipped, own) = plan.rules_run();
    let own = if own > 0 { format!(" and {} of the repository", count(own, "rule")) } else { String::new() };
    format!(" — {}{own} ran over {}", count(shipped, "built-in rule"), count(plan.counts.total, "change"))
}

/// What became of each rule, and what only a saved plan says.
fn rules(plan: &PlanReport) -> String {
    let mut out = String::new();
    let saved = plan.saved.as_deref().map(saved::lines).unwrap_or_default();
    if !saved.is_empty() || plan.sha256.is_some() {
        out.push_str("<details open=\"\" class=\"part\"><summary>The plan file</summary>\n<ul>\n");
        for said in saved {
            let _ = writeln!(out, "<li>{}</li>", line(&said, NAME));
        }
        if let Some(digest) = &plan.sha256 {
            let _ = writeln!(out, "<li>SHA-256 <code>{digest}</code></li>");
        }
        out.push_str("</ul></details>\n");
    }
    if plan.rules.is_empty() {
        return out;
    }
    let _ = write!(
        out,
        "<details open=\"\" class=\"part\"><summary>{}</summary>\n<div class=\"wide\"><table>\n<thead><tr><th \
         scope=\"col\">rule</th><th scope=\"col\">from</th><th scope=\"col\">outcome</th><th \
         scope=\"col\">considered</th><th scope=\"col\">fired</th></tr></thead>\n<tbody>\n",
        count(plan.rules.len(), "rule")
    );
    for rule in &plan.rules {
        let considered = rule.considered.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let needs = rule.needs.map_or_else(String::new, |needs| format!(" (it needs {})", line(needs.option(), NAME)));
        let class = if rule.fired == 0 { " class=\"none\"" } else { "" };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}{needs}</td><td>{considered}</td><td{class}>{}</td></tr>",
            line(rule.id.as_str(), NAME),
            rule.origin.as_str(),
            rule.outcome.as_str(),
            rule.fired
        );
    }
    out.push_str("</tbody>\n</table></div></details>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        assert_eq!(fill("a {{x}} b {{y}} {{z", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} b 2 z");
    }

    #[test]
    fn the_assets_cannot_end_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }
}
