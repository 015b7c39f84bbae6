use super::*;
use crate::source::SourceFile;

fn key(plan: &str, address: &str, verb: &str) -> Key {
    Key { plan: plan.to_owned(), address: address.to_owned(), verb: verb.to_owned() }
}

fn row(address: &str, verb: &str, level: Judged) -> Row {
    Row { key: key("a.json", address, verb), level, rules: vec!["c/rule".to_owned()] }
}

fn parse(text: &str) -> Result<Record, Vec<crate::problem::Problem>> {
    Record::parse(&SourceFile::new("record.tsv", text))
}

const HEADER: &str = "plan\taddress\tverb\tlevel\treason\n";

#[test]
fn a_record_comes_back_as_it_was_written_with_its_reasons() {
    let odd = r#"aws_x.y["a\tb	c\\"]"#;
    let rows = [row("aws_x.b", "update", Judged::None), row(odd, "delete", Judged::Deny)];
    let recorded = Record::default().render(&rows);
    assert_eq!(recorded.lines().count(), 3, "{recorded}");
    let record = parse(&recorded).unwrap();
    assert_eq!(compare(&rows, &record), []);
    assert!(record.rows.contains_key(&key("a.json", odd, "delete")));

    let reasoned = recorded.replace("\tnone\t", "\tnone\tC:\\\\x has\\tno data");
    let again = parse(&reasoned).unwrap().render(&rows);
    assert_eq!(again, reasoned, "reasons survive, rows are sorted");
    assert!(again.lines().nth(1).is_some_and(|line| line.contains("aws_x.b")), "{again}");
}

#[test]
fn what_is_no_record_is_refused_with_the_place() {
    for (text, what) in [
        ("", "header"),
        ("plan\taddress\n", "header"),
        (&format!("{HEADER}a\tb\tdelete\tdeny\n"), "five columns"),
        (&format!("{HEADER}a\tb\tdelete\tfatal\tr\n"), "no such level"),
        (&format!("{HEADER}a\tb\tdelete\tdeny\tr\na\tb\tdelete\twarn\tr\n"), "twice"),
    ] {
        let problems = parse(text).unwrap_err();
        let labels: Vec<String> = problems
            .iter()
            .map(|problem| problem.place.as_ref().map_or_else(String::new, |at| at.label.clone()))
            .collect();
        assert!(matches!(labels.as_slice(), [one] if one.contains(what)), "{what}: {labels:?}");
    }
    assert_eq!(parse(&"no\n".repeat(50)).unwrap_err().len(), 10, "the first mistakes are enough");
    assert!(parse(&HEADER.replace('\n', "\r\n")).is_ok(), "as an editor on Windows leaves it");
}

#[test]
fn rows_that_change_come_and_go_are_differences() {
    let recorded = [
        row("aws_x.gone", "delete", Judged::Deny),
        row("aws_x.moved", "delete", Judged::Deny),
        row("aws_x.same", "delete", Judged::Warn),
    ];
    let text = Record::default().render(&recorded).replace("\tdeny\t", "\tdeny\tits data");
    let now = [
        row("aws_x.moved", "delete", Judged::Info),
        row("aws_x.new", "update", Judged::None),
        row("aws_x.same", "delete", Judged::Warn),
    ];
    let found = compare(&now, &parse(&text).unwrap());
    let told: Vec<_> = found.iter().map(|d| (d.key.address.as_str(), d.was, d.now)).collect();
    assert_eq!(
        told,
        [
            ("aws_x.gone", Some(Judged::Deny), None),
            ("aws_x.moved", Some(Judged::Deny), Some(Judged::Info)),
            ("aws_x.new", None, Some(Judged::None)),
        ]
    );
    let shown = differences(&found);
    for words in ["gone: deny", "deny → info", "new: none", "c/rule", "recorded because: its data", "3 differences"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(differences(&[]), "");
}

#[test]
fn the_summary_counts_verbs_by_level() {
    let rows = [row("a", "delete", Judged::Deny), row("b", "delete", Judged::Deny), row("c", "update", Judged::None)];
    let lines: Vec<Vec<String>> =
        summary(&rows).lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert_eq!(lines[0], ["none", "info", "warn", "deny", "undecided"]);
    assert_eq!(lines[1], ["delete", "0", "0", "0", "2", "0"].map(str::to_owned));
    assert_eq!(lines[2], ["update", "1", "0", "0", "0", "0"].map(str::to_owned));
    assert_eq!(lines[3], ["total", "1", "0", "0", "2", "0"].map(str::to_owned));
}
