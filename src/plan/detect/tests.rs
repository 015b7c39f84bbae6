use super::*;

fn documents(text: &str) -> Vec<String> {
    recognise(text.as_bytes().to_vec())
        .into_iter()
        .map(|found| match found {
            Ok(document) => document.json().trim().to_owned(),
            Err(problem) => format!("! {}", problem.message),
        })
        .collect()
}

fn only_problem(text: &str) -> String {
    let found = documents(text);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].strip_prefix("! ").unwrap_or_else(|| panic!("recognised: {found:?}")).to_owned()
}

const PLAN: &str = r#"{"format_version":"1.2","resource_changes":[]}"#;
const PRETTY: &str = "{\n  \"format_version\": \"1.2\",\n  \"resource_changes\": []\n}";

#[test]
fn noise_before_and_wrapper_commands_after_leave_one_document() {
    let text = format!(
        "[command]/tmp/terraform-bin show -json tfplan\r\n{PLAN}\r\n\n::debug::Terraform exited with code 0.\n\
         ::debug::stdout: {PLAN}%0A\n::set-output name=stdout::{PLAN}\n"
    );
    assert_eq!(documents(&text), [PLAN]);
    let found = recognise(text.into_bytes());
    assert_eq!(found[0].as_ref().unwrap().notes(), ["skipped 1 line before the plan"]);
}

#[test]
fn documents_on_lines_of_their_own_are_several_plans() {
    let text = format!("{PLAN}\n{PRETTY}\ntime=2026-01-02T03:04:05Z level=info msg=done\n{PLAN}\n");
    assert_eq!(documents(&text), [PLAN, PRETTY, PLAN]);
    let indexes: Vec<_> = recognise(text.into_bytes()).into_iter().map(|found| found.unwrap().index()).collect();
    assert_eq!(indexes, [0, 1, 2]);
}

#[test]
fn units_behind_log_prefixes_may_take_turns() {
    let mut text = String::from("03:04:05.001 INFO   Running\n");
    for line in PRETTY.lines() {
        for unit in ["a/b", "c"] {
            text.extend(["03:04:05.123 STDOUT [", unit, "] terraform: ", line, "\n"]);
        }
    }
    assert_eq!(documents(&text), [PRETTY, PRETTY]);
    assert_eq!(documents(&text.replace("STDOUT [a/b] terraform", "STDOUT terraform")), [PRETTY, PRETTY]);
    let noisy: String = ["a", "b"]
        .map(|u| format!("03:04:05.1 STDOUT [{u}] tofu: Warning\n03:04:05.1 STDOUT [{u}] tofu: {PLAN}\n"))
        .concat();
    assert_eq!(documents(&noisy), [PLAN, PLAN]);
    assert_eq!(documents(&format!("[unit a] {PLAN}\n[INFO] done\n[unit b] {PLAN}\n")), [PLAN, PLAN]);
}

#[test]
fn a_unit_without_a_plan_is_refused_by_name() {
    let line = |unit: &str, text: &str| format!("03:04:05.123 STDOUT [{unit}] terraform: {text}\n");
    let one = line("live/db", "Error: nothing to show") + &line("live/net", PLAN) + &line("live/blank", " ");
    let found = documents(&one);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("! ") && found[0].contains("[live/db]"), "{found:?}");
    assert_eq!(found[1], PLAN);
    let broken = line("live/db", "[{}]") + &line("live/net", PLAN);
    assert_eq!(documents(&broken)[1], PLAN, "one unit's fault does not hide another's plan");
}

#[test]
fn byte_order_marks_stand_at_the_start_of_any_line() {
    assert_eq!(documents(&format!("\u{feff}{PRETTY}\n\u{feff}{PLAN}\n")), [PRETTY, PLAN]);
    assert_eq!(documents(&format!("Warning: x\n\u{feff}\u{feff} {PRETTY}\n")), [PRETTY]);
    assert!(only_problem("x\n\u{feff}[{}]").contains("array"));
    let marked = format!("[unit a] \u{feff}{PLAN}\n\u{feff}[unit b] {PLAN}\n");
    assert_eq!(documents(&marked), [PLAN, PLAN]);
}

#[test]
fn a_plan_that_would_be_skipped_as_noise_is_refused() {
    for hidden in [format!("app | {PLAN}\n{PLAN}"), format!("x {PRETTY}\n{PLAN}"), format!("[unit]\t{PLAN}\n{PLAN}")] {
        let found = documents(&hidden);
        assert!(found.iter().any(|one| one.starts_with("! a plan stands behind")), "{found:?}");
    }
    assert!(documents(&format!("{PLAN}\napp | {PLAN}\n")).iter().any(|one| one.starts_with('!')));
    // An indented document is one, not noise.
    assert_eq!(documents(&format!("  {PLAN}\nsome noise\n")).len(), 2);
}

#[test]
fn text_after_the_json_is_refused() {
    use crate::plan::json::{Interest, load};
    let is_refused = |text: String| {
        let found = recognise(text.into_bytes());
        let load = |document: &Document| load(document, &Interest::builtin(), crate::plan::sink::NoSink).is_err();
        found.iter().any(|found| found.as_ref().map_or(true, load))
    };
    for tail in ["garbage", "]", ",", "}", "Error: failed", PLAN] {
        assert!(is_refused(format!("{PLAN}{tail}\n::debug::x\n")), "{tail}");
        assert!(is_refused(format!("{PLAN}{tail}")), "{tail}");
        assert!(tail == PLAN || is_refused(format!("{PLAN}\n{tail}\n")), "{tail}");
    }
}

#[test]
fn what_is_no_plan_is_named() {
    assert!(only_problem("").contains("empty"));
    assert!(only_problem("\u{feff} \n").contains("empty"));
    assert!(only_problem("[\n{}\n]").contains("array"));
    assert!(only_problem(&format!("Warning\n[{PLAN}]")).contains("array"));
    assert!(only_problem("null\n").contains("null"));
    assert!(only_problem("tfplan\u{2}").contains("before 0.12"));
    assert!(only_problem("PK\u{3}\u{4}rest").contains("ends in the middle"));
    let empty = format!("PK\u{5}\u{6}{}", "\0".repeat(18));
    assert!(only_problem(&empty).contains("no saved plan"));
    assert!(only_problem("{\"@level\":\"info\"}\n{\"@level\":\"info\"}\n").contains("progress stream"));
    assert!(only_problem("No changes. Your infrastructure matches").contains("for people"));
    assert!(only_problem("hello").contains("neither"));
}

#[test]
fn messages_name_places_and_never_show_content() {
    let text = format!("{PLAN} hunter2-secret\nx\n");
    let found = documents(&text);
    let problem = found.iter().find(|one| one.starts_with("! ")).unwrap();
    assert!(problem.contains("line 1, column 47 (byte offset 46)"), "{problem}");
    assert!(!problem.contains("hunter2"), "{problem}");
    assert!(!format!("{:?}", recognise(PLAN.as_bytes().to_vec())).contains("format_version"));
}
