//! `plangate audit`: which files are judged, what is told of them, and that threads change nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use plangate::gate::{self, AuditRequest, Step};
use plangate::problem::ProblemCode;
use plangate::report::audit::{Audit, Grouping};
use plangate::report::format;
use plangate::selection::{self, Limits, Selection};
use plangate::verdict::Verdict;
use serde_json::Value;

use crate::harness::{built_in, plangate, read};

const BLOCKED: &str = "fixtures/scenarios/05-replace-force-new/plan.json";
const ALLOWED: &str = "fixtures/scenarios/02-noop/plan.json";
const SAVED: &str = "fixtures/scenarios/04-delete-resource-block/tfplan";

/// A folder of files, gone when dropped.
pub(crate) fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

pub(crate) fn path(dir: &tempfile::TempDir, below: &str) -> String {
    dir.path().join(below).to_str().unwrap().to_owned()
}

fn select(arguments: &[String]) -> Selection {
    selection::select(arguments, &mut || panic!("standard input was read"))
}

pub(crate) fn audit_with(arguments: &[String], request: &AuditRequest) -> Audit {
    gate::audit(&built_in(), select(arguments), request, &|_| {}).unwrap()
}

fn audit(arguments: &[String]) -> Audit {
    audit_with(arguments, &AuditRequest::default())
}

/// Names below the folder, with the verdict.
fn rows(audit: &Audit, dir: &Path) -> Vec<(String, &'static str)> {
    let below = |name: String| name.strip_prefix(&format!("{}/", dir.display())).unwrap_or(&name).to_owned();
    audit.plans().map(|(plan, _)| (below(plan.name()), plan.verdict.as_str())).collect()
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A ZIP file of stored entries.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let (size, length) = (u32::try_from(bytes.len()).unwrap(), u16::try_from(name.len()).unwrap());
        let offset = u32::try_from(out.len()).unwrap();
        let mut head = Vec::new();
        head.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.extend(crc.sum().to_le_bytes());
        head.extend(size.to_le_bytes());
        head.extend(size.to_le_bytes());
        head.extend(length.to_le_bytes());
        head.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at) = (u16::try_from(entries.len()).unwrap(), u32::try_from(out.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn a_folder_is_judged_whatever_its_plans_are_called() {
    let dir = folder(&[
        ("a/plan-10.json", read(ALLOWED)),
        ("a/plan-2.json", read(BLOCKED)),
        ("b/tfplan", read(SAVED)),
        ("b/main.tf", b"# no plan".to_vec()),
        ("b/.gitkeep", Vec::new()),
        ("c/broken.out", b"{\"format_version\": \"1.2\", \"resource".to_vec()),
        ("c/notes.txt", b"nothing of interest".to_vec()),
    ]);
    let audit = audit(&[path(&dir, "")]);
    assert_eq!(
        rows(&audit, dir.path()),
        [
            ("a/plan-2.json".to_owned(), "blocked"),
            ("a/plan-10.json".to_owned(), "allowed"),
            ("b/tfplan".to_owned(), "blocked"),
            ("c/broken.out".to_owned(), "undecided"),
            ("c/notes.txt".to_owned(), "undecided"),
        ]
    );
    let skipped: Vec<&str> = audit.skipped().iter().map(|name| name.rsplit('/').next().unwrap()).collect();
    assert_eq!(skipped, [".gitkeep", "main.tf"]);
    assert_eq!(audit.verdict(), Verdict::Undecided);
    // What somebody names is judged.
    let named = audit_with(&[path(&dir, "b/main.tf")], &AuditRequest::default());
    assert_eq!(named.verdict(), Verdict::Undecided);
}

/// A name says nothing against what stands in the file.
#[test]
fn a_plan_under_the_name_of_something_else_is_judged() {
    let blocked = read(BLOCKED);
    let (beside, other) = (("t/package.json", &blocked[..]), ("t/README.md", &b"# no plan"[..]));
    let allowed = read(ALLOWED);
    let entries = [("t/a.json", &allowed[..]), beside, other];
    let dir = folder(&[
        ("f/a.json", allowed.clone()),
        ("f/package.json", blocked.clone()),
        ("f/notes.md", read(SAVED)),
        ("f/README.md", b"# no plan".to_vec()),
        ("one.tar", tar(&entries)),
        ("two.zip", zip(&entries)),
    ]);
    let audit = audit(&[path(&dir, "")]);
    let rows = rows(&audit, dir.path());
    for name in ["f/package.json", "f/notes.md", "one.tar!t/package.json", "two.zip!t/package.json"] {
        assert!(rows.contains(&(name.to_owned(), "blocked")), "{name}");
    }
    assert_eq!(audit.skipped().len(), 3);
}

#[test]
fn nothing_selected_never_passes() {
    let dir = folder(&[("a/main.tf", Vec::new()), ("empty.list", b"\n \n".to_vec())]);
    for argument in [path(&dir, "a"), path(&dir, "*.json"), format!("@{}", path(&dir, "empty.list"))] {
        let selection = select(std::slice::from_ref(&argument));
        assert!(selection.items.is_empty(), "{argument}");
        assert_eq!(selection.problems[0].code, ProblemCode::NothingSelected, "{argument}");
        plangate().args(["audit", argument.as_str()]).run().exits(2).says("nothing-selected");
    }
    assert_eq!(select(&[format!("@{}", path(&dir, "no.list"))]).problems[0].code, ProblemCode::Unreadable);
    // Beside what is found, it keeps the run undecided.
    fs::write(dir.path().join("good.json"), read(ALLOWED)).unwrap();
    let both = audit(&[path(&dir, "good.json"), path(&dir, "a")]);
    assert_eq!((both.verdict(), both.plans().count()), (Verdict::Undecided, 1));
}

#[test]
fn a_list_names_paths_as_they_are() {
    let dir = folder(&[("a [1].json", read(ALLOWED)), ("b/plan.json", read(BLOCKED))]);
    let list = format!("\u{feff}{}\r\n\n{}\n{}\n", path(&dir, "a [1].json"), path(&dir, "b"), path(&dir, "gone.json"));
    fs::write(dir.path().join("list"), &list).unwrap();
    let audit = audit(&[format!("@{}", path(&dir, "list"))]);
    assert_eq!(
        rows(&audit, dir.path()),
        [
            ("a [1].json".to_owned(), "allowed"),
            ("b/plan.json".to_owned(), "blocked"),
            ("gone.json".to_owned(), "undecided")
        ]
    );
    let mut reads = 0;
    let mut stdin = || {
        reads += 1;
        Ok(list.clone().into_bytes())
    };
    let selection = selection::select(&["@-".to_owned(), "-".to_owned()], &mut stdin);
    assert_eq!((selection.items.len(), selection.problems.len(), reads), (3, 1, 1));
}

#[test]
fn one_file_under_two_names_counts_once() {
    let dir = folder(&[("a/plan.json", read(ALLOWED))]);
    let selection =
        select(&[path(&dir, "a"), path(&dir, "./a/plan.json"), path(&dir, "a//plan.json"), path(&dir, "a/*.json")]);
    assert_eq!((selection.items.len(), selection.problems.len()), (1, 0));
}

#[test]
fn archives_are_read_in_place() {
    let (blocked, allowed, saved) = (read(BLOCKED), read(ALLOWED), read(SAVED));
    let entries: &[(&str, &[u8])] =
        &[("t/plan.json", &blocked), ("t/sub/tfplan", &saved), ("main.tf", b""), ("../x.json", &allowed)];
    let long = "d/".repeat(80) + "plan.json";
    let dir = folder(&[
        ("one.tar", tar(&[entries[0], entries[1], entries[2], (&long, &allowed)])),
        ("two.tgz", gzip(&tar(&entries[..3]))),
        ("three.tar.gz", gzip(&tar(&[("a.json", &allowed), ("a.json", &blocked)]))),
        ("four.zip", zip(&[entries[0], entries[1], entries[2]])),
        ("five.zip", saved.clone()),
        ("six.zip", zip(entries)),
    ]);
    let audit = audit(&[path(&dir, "")]);
    let rows = rows(&audit, dir.path());
    let row = |name: &str| rows.iter().filter(|(row, _)| row == name).map(|(_, verdict)| *verdict).collect::<Vec<_>>();
    assert_eq!(row("one.tar!t/plan.json"), ["blocked"]);
    assert_eq!(row("one.tar!t/sub/tfplan"), ["blocked"]);
    assert_eq!(row(&format!("one.tar!{long}")), ["allowed"]);
    assert_eq!(row("two.tgz!t/plan.json"), ["blocked"]);
    assert_eq!(row("three.tar.gz!a.json"), ["allowed", "blocked"], "doubled names are both judged");
    assert_eq!(row("four.zip!t/sub/tfplan"), ["blocked"]);
    assert_eq!(row("five.zip"), ["blocked"], "a saved plan is a ZIP file too");
    assert_eq!(row("six.zip"), ["undecided"], "names that lead out of the archive are refused");
    assert_eq!(rows.len(), 11);
    assert_eq!(audit.skipped().len(), 3);
}

#[test]
fn an_archive_that_is_not_whole_is_undecided() {
    let (blocked, allowed) = (read(BLOCKED), read(ALLOWED));
    let whole = tar(&[("a.json", &allowed), ("b.json", &blocked)]);
    // After the first entry, at the border of a block: nothing in the file says that more should come.
    let first = 512 + allowed.len().div_ceil(512) * 512;
    let link = {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "plan.json", "elsewhere.json").unwrap();
        tar.into_inner().unwrap()
    };
    let gz = gzip(&whole);
    let packed = zip(&[("a.json", &allowed)]);
    let bad: &[(&str, Vec<u8>, &str)] = &[
        ("border.tar", whole[..first].to_vec(), "ends in the middle"),
        ("entry.tar", whole[..first + 700].to_vec(), "in the middle"),
        ("joined.tar", [whole.clone(), tar(&[("c.json", &blocked)])].concat(), "behind the end"),
        ("cut.tar.gz", gz[..gz.len() - 6].to_vec(), "in the middle"),
        ("none.tar", b"no archive".repeat(100), "damaged"),
        ("empty.tar", tar(&[]), "no file that may be a plan"),
        ("others.tar", tar(&[("main.tf", b"")]), "no file that may be a plan"),
        ("link.tar", link, "a link"),
        ("cut.zip", packed[..packed.len() - 8].to_vec(), "archive"),
        ("prefix.zip", [b"#!/bin/sh\n".to_vec(), packed].concat(), "read in two ways"),
        ("nested.tar", tar(&[("in.zip", &zip(&[("a.json", &allowed)]))]), "no saved plan"),
    ];
    for (name, bytes, says) in bad {
        let dir = folder(&[(name, bytes.clone())]);
        let audit = audit(&[path(&dir, name)]);
        assert_eq!(audit.verdict(), Verdict::Undecided, "{name}");
        let problems: Vec<String> =
            audit.plans().flat_map(|(plan, _)| &plan.problems).map(|problem| problem.message.clone()).collect();
        assert!(problems.iter().any(|problem| problem.contains(says)), "{name}: {problems:?}");
    }
}

#[test]
fn limits_of_archives_hold_without_losing_the_rest() {
    let (blocked, allowed) = (read(BLOCKED), read(ALLOWED));
    let dir =
        folder(&[("a.tar", tar(&[("big.json", &blocked), ("small.json", &allowed[..10]), ("last.json", b"{}")]))]);
    let limits = Limits { entry: 1000, ..Limits::default() };
    let request = AuditRequest { limits, ..AuditRequest::default() };
    let audit = audit_with(&[path(&dir, "a.tar")], &request);
    assert_eq!(audit.plans().count(), 3);
    assert!(audit.plans().next().unwrap().0.problems[0].message.contains("larger than"));
    for limits in [Limits { total: 100, ..Limits::default() }, Limits { entries: 1, ..Limits::default() }] {
        let audit = audit_with(&[path(&dir, "a.tar")], &AuditRequest { limits, ..AuditRequest::default() });
        let last = audit.plans().map(|(plan, _)| plan).find(|plan| plan.path.ends_with("a.tar")).unwrap();
        assert!(last.problems[0].message.contains("too large"), "{:?}", last.problems);
    }
}

/// A folder of scenarios and broken files, for two teams.
pub(crate) fn estate() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let scenarios = crate::harness::package("fixtures/scenarios");
    let mut names: Vec<String> =
        fs::read_dir(&scenarios).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for (index, name) in names.iter().enumerate().step_by(3) {
        let below = dir.path().join(format!("plans/team-{}/p{}", index % 2, index % 5));
        fs::create_dir_all(&below).unwrap();
        fs::copy(scenarios.join(name).join("plan.json"), below.join(format!("{name}.json"))).unwrap();
    }
    fs::copy(crate::harness::package("fixtures/inputs/truncated.json"), dir.path().join("plans/team-0/cut.json"))
        .unwrap();
    fs::copy(crate::harness::package("fixtures/inputs/empty.json"), dir.path().join("plans/team-1/empty.json"))
        .unwrap();
    fs::write(dir.path().join("plans/README.md"), "no plan").unwrap();
    dir
}

#[test]
fn threads_and_order_of_arguments_change_nothing() {
    let dir = estate();
    let grouping = || Some(Grouping::parse("**/plans/{team}/**").unwrap());
    let render = |arguments: &[String], threads| {
        let request = AuditRequest { threads, grouping: grouping(), ..AuditRequest::default() };
        let audit = audit_with(arguments, &request);
        let options = format::Options::default();
        plangate::report::format::FORMATS
            .iter()
            .map(|format| audit.render(format, &options).unwrap().unwrap())
            .collect::<Vec<String>>()
    };
    let one = render(&[path(&dir, "plans")], 1);
    assert_eq!(one, render(&[path(&dir, "plans")], 8));
    assert_eq!(one, render(&[path(&dir, "plans/team-1"), path(&dir, "plans"), path(&dir, "plans/team-0")], 3));
}

#[test]
fn an_audit_answers_as_check_does() {
    let dir = estate();
    let audit = audit_with(&[path(&dir, "plans")], &AuditRequest { threads: 4, ..AuditRequest::default() });
    let inputs = audit.plans().map(|(plan, _)| gate::PlanInput {
        name: plan.path.clone(),
        source: gate::PlanSource::File(plan.path.clone().into()),
    });
    let check = gate::check(&built_in(), inputs.collect());
    assert_eq!(check.verdict, audit.verdict());
    assert_eq!(check.plans.len(), audit.plans().count());
    for (one, (other, row)) in check.plans.iter().zip(audit.plans()) {
        assert_eq!(
            (one.verdict, &one.sha256, one.findings.len()),
            (other.verdict, &other.sha256, other.findings.len())
        );
        assert_eq!(plangate::report::FindingCounts::of(&one.findings), row.counts);
    }
    assert_eq!(audit.totals().findings, plangate::report::FindingCounts::of(check.all_findings()));
}

#[test]
fn what_is_not_listed_is_counted() {
    let dir = folder(&[("p.json", read("fixtures/scenarios/24-destroy-mode/plan.json"))]);
    let all = audit(&[path(&dir, "p.json")]);
    let findings = all.plans().next().unwrap().0.findings.len();
    assert!(findings > 2);
    let cut = audit_with(&[path(&dir, "p.json")], &AuditRequest { listed: 1, ..AuditRequest::default() });
    let (plan, row) = cut.plans().next().unwrap();
    assert_eq!((plan.findings.len(), row.left_out.findings.total()), (1, findings - 1));
    assert_eq!((cut.totals().findings, cut.verdict()), (all.totals().findings, all.verdict()));
    for format in plangate::report::format::FORMATS {
        let text = cut.render(format, &format::Options::default()).unwrap().unwrap();
        let counted = ["not listed", "findings_left_out", &format!("{} findings not shown", findings - 1)];
        assert!(counted.iter().any(|words| text.contains(words)), "{format}: {text}");
    }
}

#[test]
fn a_pattern_groups_plans_or_is_wrong() {
    let dir = estate();
    let grouping = |pattern: &str| {
        let request = AuditRequest { grouping: Some(Grouping::parse(pattern).unwrap()), ..AuditRequest::default() };
        audit_with(&[path(&dir, "plans")], &request)
    };
    let audit = grouping("**/plans/{team}/{pipeline}/*");
    let totals = audit.totals();
    let table = totals.by_group.unwrap();
    assert_eq!(table.lines.iter().map(|line| line.plans).sum::<usize>(), audit.plans().count());
    assert!(table.lines.iter().any(|line| line.name == "team-1/p1" && line.group == ["team-1", "p1"]));
    let outside = table.lines.iter().find(|line| line.group.is_empty()).unwrap();
    assert_eq!((outside.name.as_str(), outside.undecided), ("(no group)", 2));
    let none = grouping("nowhere/{team}");
    assert_eq!(none.report().problems[0].code, ProblemCode::NothingSelected);
    assert_eq!(none.verdict(), Verdict::Undecided);
}

#[test]
fn audits_fit_their_schema() {
    let schema: Value = serde_json::from_slice(&read("docs/schema/audit.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let dir = estate();
    let request = AuditRequest {
        grouping: Some(Grouping::parse("**/{team}/p1/*").unwrap()),
        listed: 2,
        ..AuditRequest::default()
    };
    for audit in [audit_with(&[path(&dir, "plans")], &request), Audit::undecided(Vec::new())] {
        let text = audit.render("json", &format::Options::default()).unwrap().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let lines = audit.render("jsonl", &format::Options::default()).unwrap().unwrap();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), audit.plans().count() + 1);
        assert_eq!(lines.last().unwrap()["type"], "summary");
        assert_eq!(lines.last().unwrap()["plan_counts"], value["plan_counts"]);
    }
}

#[test]
fn every_plan_is_announced_and_done() {
    let dir = estate();
    let steps = std::sync::Mutex::new(Vec::new());
    let request = AuditRequest { threads: 2, ..AuditRequest::default() };
    let audit =
        gate::audit(&built_in(), select(&[path(&dir, "plans")]), &request, &|step| steps.lock().unwrap().push(step))
            .unwrap();
    let steps = steps.into_inner().unwrap();
    let of = |wanted: Step| steps.iter().filter(|step| **step == wanted).count();
    assert_eq!((of(Step::Found), of(Step::Done)), (audit.plans().count(), audit.plans().count()));
}

#[test]
fn hostile_names_are_escaped_in_every_format() {
    let name = "=cmd|\u{1b}[31m##vso[x]\u{202e}`|<b>@team.json";
    let dir = folder(&[("a.tar", tar(&[(name, &read(BLOCKED)), ("::error::x.json", b"{")]))]);
    let audit = audit(&[path(&dir, "a.tar")]);
    for format in plangate::report::format::FORMATS {
        let mut options = format::Options::default();
        options.human.verbose = true;
        let text = audit.render(format, &options).unwrap().unwrap();
        assert!(
            !text.contains('\u{202e}') && !text.contains("##vso[x") && !text.contains("\u{1b}[31m#"),
            "{format}: {text}"
        );
        let commands: Vec<&str> = text.lines().map(str::trim_start).filter(|line| line.starts_with("::")).collect();
        assert!(
            commands.iter().all(|line| *format == "github" && line.contains(" title=plangate")),
            "{format}: {text}"
        );
        let commands: Vec<&str> = text.match_indices("##vso[").filter_map(|(at, _)| text.get(at..at + 11)).collect();
        assert!(commands.iter().all(|command| *format == "azure" && *command == "##vso[task."), "{format}: {text}");
    }
}

#[test]
fn the_program_prints_a_summary_and_ends_as_check() {
    let dir = estate();
    let run = |args: &[&str]| plangate().dir(dir.path()).args(["audit"].iter().chain(args).copied()).run();
    let ran = run(&["plans", "--group-by", "plans/{team}/**"]);
    ran.exits(2);
    snapbox::assert_data_eq!(ran.stdout.clone(), snapbox::file!["snapshots/audit.txt"]);
    assert_eq!(ran.stderr, "", "no progress is shown where nobody watches");
    let markdown = run(&["plans", "--group-by", "plans/{team}/**", "--format", "markdown"]);
    snapbox::assert_data_eq!(markdown.stdout.clone(), snapbox::file!["snapshots/audit-markdown.txt"]);
    run(&["plans", "--verbose"]).exits(2).says("skipped: not a plan").says("README.md");
    run(&["plans", "--group-by", "plans/**"]).exits(2).says("has no capture");
    fs::copy(crate::harness::package(ALLOWED), dir.path().join("ok.json")).unwrap();
    run(&["ok.json"]).exits(0).says("1 allowed");
    run(&["ok.json", "--format", "xml"]).exits(2).says("`xml` is no output format");
    let files = run(&["ok.json", "--output", "csv=a.csv", "--output", "junit=a.xml", "--output", "json=a.json"]);
    files.exits(0);
    assert!(fs::read_to_string(dir.path().join("a.xml")).unwrap().contains("testcase name=\"ok.json\""));
    let list = plangate().dir(dir.path()).args(["audit", "@-"]).stdin("ok.json\n").run();
    list.exits(0).says("1 plan: 1 allowed");
}
