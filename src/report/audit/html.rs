//! An audit as one HTML file: the page of a report, with the tables of all plans above what is told of each.

use std::fmt::Write as _;

use super::{Audit, Line, Table};
use crate::report::html::escape::line;
use crate::report::html::{NAME, render_many};

/// Lines of a table that are shown.
const SHOWN: usize = 200;

/// The audit as one HTML document.
pub(super) fn render(audit: &Audit) -> String {
    let totals = audit.totals();
    let mut tables = String::new();
    if let Some((table, grouping)) = totals.by_group.as_ref().zip(audit.grouping()) {
        let columns = ["plans", "blocked", "undecided", "deny", "warn"];
        let numbers = |line: &Line| [line.plans, line.blocked, line.undecided, line.deny, line.warn];
        tables.push_str(&table_of(&grouping.title(), table, columns, numbers));
    }
    for table in [&totals.by_rule, &totals.by_type, &totals.by_severity] {
        let columns = ["deny", "warn", "info", "set aside", "plans"];
        let numbers = |line: &Line| [line.deny, line.warn, line.info, line.set_aside, line.plans];
        tables.push_str(&table_of(table.by, table, columns, numbers));
    }
    render_many(audit.report(), &tables)
}

/// One table, folded where a script runs.
fn table_of(by: &str, table: &Table, columns: [&str; 5], numbers: impl Fn(&Line) -> [usize; 5]) -> String {
    if table.lines.is_empty() {
        return String::new();
    }
    let by = line(by, NAME);
    let head: Vec<String> = columns.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let mut out = format!(
        "<details open=\"\" class=\"part numbers\"><summary>By {by}</summary>\n<div \
         class=\"wide\"><table>\n<thead><tr><th scope=\"col\">{by}</th>{}</tr></thead>\n<tbody>\n",
        head.concat()
    );
    for entry in table.lines.iter().take(SHOWN) {
        // Writing to a String cannot fail.
        let _ = write!(out, "<tr><th scope=\"row\"><code>{}</code></th>", line(&entry.name, NAME));
        for number in numbers(entry) {
            let class = if number == 0 { " class=\"none\"" } else { "" };
            let _ = write!(out, "<td{class}>{number}</td>");
        }
        out.push_str("</tr>\n");
    }
    let more = table.lines.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(out, "<tr><th scope=\"row\" colspan=\"6\">and {more} more</th></tr>");
    }
    out.push_str("</tbody>\n</table></div></details>\n");
    out
}
