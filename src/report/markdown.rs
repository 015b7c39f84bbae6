//! Markdown for a comment on a pull request, or for a summary page: the verdict, what blocks, and the rest folded.
//!
//! It never exceeds its limit of bytes: findings that do not fit are left out whole, and counted. Nothing in a text of plans
//! or policies is markup, mentions anyone, or becomes a link.

use std::fmt::Write as _;

use super::items::{Item, Said, Told};
use super::{PlanReport, Report};
use crate::finding::Level;
use crate::text::{count, multi_line, one_line, truncate};
use crate::verdict::Verdict;

/// Longest comment GitHub takes, in bytes (it counts 65,536 characters). Azure DevOps takes 150,000 characters.
pub const LIMIT: usize = 65_536;
/// Bytes kept free for what is said of findings that do not fit, and for the end of the report.
const RESERVE: usize = 400;
/// Longest code span, in characters.
const CODE: usize = 300;

/// The report as Markdown, of no more than `limit` bytes. Findings below `show` that do not block are counted alone.
#[must_use]
pub fn render(report: &Report, show: Level, limit: usize) -> String {
    let told = report.told(show);
    let budget = limit.saturating_sub(RESERVE);
    let mut out = head(report, budget / 2);
    let left = list(&mut out, &told.items, budget, item);
    if left > 0 {
        let _ = writeln!(out, "\n**{left} more did not fit here.** The job's log and its other reports list them.");
    }
    footer(&mut out, report, &told, budget);
    clip(out, limit)
}

/// Where even the frame does not fit, its first line is what is left of it.
fn clip(mut out: String, limit: usize) -> String {
    if out.len() > limit {
        let first = out.lines().next().map_or(0, |line| line.len() + 1);
        out.truncate(if first <= limit { first } else { 0 });
    }
    out
}

/// The verdict, and a table of plans, of which at most `budget` bytes.
fn head(report: &Report, budget: usize) -> String {
    let mut out = format!("## plangate: {}\n\n", report.verdict.as_str());
    let verdict = match report.verdict {
        Verdict::Allowed => "Nothing blocks `apply`.",
        Verdict::Blocked => "`apply` must not run as planned.",
        Verdict::Undecided => "This could not be judged, so `apply` must not run.",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{verdict} {}\n", prose(&sentence(&report.summary())));
    if !report.plans.is_empty() {
        let columns = report.plans.first().map(|plan| plan.counts.columns()).unwrap_or_default();
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(out, "| plan | verdict | {} |\n|---|---|{}", names.join(" | "), "--:|".repeat(names.len()));
        let rows: Vec<String> = report.plans.iter().map(row).collect();
        let fit = rows.iter().scan(out.len(), |length, row| {
            *length += row.len();
            (*length <= budget).then_some(row)
        });
        let fit: Vec<&String> = fit.collect();
        out.extend(fit.iter().map(|row| row.as_str()));
        if fit.len() < rows.len() {
            let _ = writeln!(out, "\nand {} more.", count(rows.len() - fit.len(), "plan"));
        }
    }
    out
}

fn row(plan: &PlanReport) -> String {
    let numbers: Vec<String> = plan.counts.columns().iter().map(|(_, number)| number.to_string()).collect();
    format!("| {} | {} | {} |\n", code(&plan.name()), plan.verdict.as_str(), numbers.join(" | "))
}

/// The summary after the verdict, which stands in the heading.
fn sentence(summary: &str) -> String {
    summary.split_once(": ").map_or(summary, |(_, rest)| rest).to_owned()
}

/// Appends items as long as they fit whole; how many findings did not.
fn list(out: &mut String, items: &[Item<'_>], budget: usize, show: impl Fn(&Item<'_>) -> String) -> usize {
    let mut left = 0;
    for item in items {
        let text = show(item);
        if out.len() + text.len() <= budget {
            out.push_str(&text);
        } else {
            left += 1 + item.also.len() + item.victims.iter().map(Vec::len).sum::<usize>();
        }
    }
    left
}

/// A finding with everything told with it; `label` in front.
fn item(item: &Item<'_>) -> String {
    let mut out = format!("\n**{}** {}", item.word(), code(&item.id()));
    if let Some(address) = item.address() {
        let _ = write!(out, " · {}", code(address));
    }
    if let Some(finding) = item.as_finding() {
        let actions = finding.subject.as_ref().map_or_else(String::new, |subject| subject.actions.join(", "));
        let words = [finding.severity.as_str(), &actions];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let _ = write!(out, " · {}", prose(&one_line(&words.join(", "))));
    }
    out.push('\n');
    // Two spaces keep the line break.
    let lines: Vec<String> = item.text().split('\n').map(prose).collect();
    let _ = writeln!(out, "> {}", lines.join("  \n> "));
    let place = match item.said {
        Said::Finding(finding) => finding.location.as_ref().map(|at| (at.file.clone(), at.position.line)),
        Said::Problem(problem) => {
            problem.place.as_ref().map(|place| (place.file.name().to_owned(), place.position().line))
        }
    };
    if let Some((file, line)) = place {
        let _ = writeln!(out, ">\n> at {}", code(&format!("{file}:{line}")));
    }
    out
}

/// What is set aside, in a part that is closed at first, and what was not shown.
fn footer(out: &mut String, report: &Report, told: &Told<'_>, budget: usize) {
    if told.hidden > 0 {
        let _ = writeln!(out, "\n{} for information or below the level shown.", count(told.hidden, "finding"));
    }
    if !told.set_aside.is_empty() {
        let all = told.set_aside.iter().map(|item| 1 + item.also.len()).sum::<usize>();
        let mut part = format!("\n<details><summary>{} waived or excepted</summary>\n", count(all, "finding"));
        let room = budget.saturating_sub(out.len());
        let left = list(&mut part, &told.set_aside, room, set_aside);
        if left > 0 {
            let _ = writeln!(part, "\n{left} more did not fit here.");
        }
        part.push_str("\n</details>\n");
        if part.len() <= room {
            out.push_str(&part);
        } else {
            let _ = writeln!(out, "\n{} waived or excepted.", count(all, "finding"));
        }
    }
    let notes: Vec<String> = report.notes.iter().map(|note| format!("\nNote: {}\n", prose(&one_line(note)))).collect();
    for note in notes {
        if out.len() + note.len() <= budget {
            out.push_str(&note);
        }
    }
}

fn set_aside(item: &Item<'_>) -> String {
    let also = item.also.iter().filter_map(|finding| finding.subject.as_ref());
    let addresses: Vec<String> =
        item.address().into_iter().chain(also.map(|subject| subject.address.as_str())).map(code).collect();
    let why = item.set_aside_by().unwrap_or_default();
    let addresses = if addresses.is_empty() { String::new() } else { format!(" · {}", addresses.join(", ")) };
    format!("\n- {} {}{addresses}: {}\n", item.word(), code(&item.id()), prose(&one_line(&why)))
}

/// A code span of any one line, shortened; the fence is longer than any run of backticks inside, and a `|` does not end a
/// cell of a table.
pub(super) fn code(text: &str) -> String {
    let line = one_line(text);
    let text = truncate(&line, CODE).replace('|', "\\u{7c}").replace("##", "#\\u{23}");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in which nothing is markup.
///
/// Punctuation becomes a character reference rather than being escaped by a backslash: mentions, references to issues,
/// emoji and bare links are looked for in the text that Markdown leaves, where a backslash is gone. There a word joiner
/// (U+2060) stands between what would make one.
pub(super) fn prose(text: &str) -> String {
    let text = multi_line(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before = '\n';
    // Nothing but digits since the start of the line: a full stop would make a list.
    let mut is_number = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or('\n');
        if is_markup(before, c, next) || (is_number && before.is_ascii_digit() && matches!(c, '.' | ')')) {
            // Writing to a String cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
        if begins_reference(before, c, next) {
            out.push('\u{2060}');
        }
        is_number = c == '\n' || (is_number && c.is_ascii_digit());
        before = c;
    }
    out
}

/// Whether a character means something to Markdown or HTML between these two.
const fn is_markup(before: char, c: char, next: char) -> bool {
    match c {
        '\\' | '`' | '*' | '[' | '<' | '|' | '~' | '&' | '$' => true,
        '_' => !(before.is_ascii_alphanumeric() && next.is_ascii_alphanumeric()),
        // A quotation, a list, a heading, code by indent.
        '>' | '-' | '+' | '=' | '#' | ' ' => before == '\n',
        _ => false,
    }
}

/// Whether GitHub, GitLab or Azure DevOps may take `c` and `next` for the start of a mention, a reference, an emoji or a link.
fn begins_reference(before: char, c: char, next: char) -> bool {
    match c {
        '@' | '#' => next != '\n',
        ':' | '!' | '~' | '$' | '%' | '&' | '^' => next.is_alphanumeric() || next == '/' || next == '"',
        // `www.` and `GH-1`.
        '.' => before.eq_ignore_ascii_case(&'w'),
        '-' => before.eq_ignore_ascii_case(&'h'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_prose_is_markup() {
        assert_eq!(prose("a_b _c_ *d*"), "a_b &#95;c&#95; &#42;d&#42;");
        assert_eq!(prose("@team #1 https://x www.x"), "@\u{2060}team #\u{2060}1 https:\u{2060}//x www.\u{2060}x");
        assert_eq!(prose("12. a 1.2\n- b\n# c"), "12&#46; a 1.2\n&#45; b\n&#35;\u{2060} c");
    }

    #[test]
    fn a_code_span_ends_where_it_should() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code("a|\nb"), "`a\\u{7c}\\nb`");
    }
}
