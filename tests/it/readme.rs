//! The README's console blocks say what the program does.

use std::fmt::Write as _;

use crate::harness::{package, plangate};

/// Commands that build or fetch, which a test does not repeat.
const NOT_RUN: [&str; 2] = ["cargo test", "cargo install"];

/// A command of the README and what follows it up to the next.
fn commands() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(package("README.md")).unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => found.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("output before any command: {line}"),
            },
            (false, _) => {}
        }
    }
    found
}

#[test]
fn console_blocks_of_the_readme_are_true() {
    let mut ran = 0;
    for (command, output) in commands() {
        if NOT_RUN.iter().any(|prefix| command.starts_with(prefix)) {
            continue;
        }
        let args = command
            .strip_prefix("cargo run --release -- ")
            .or_else(|| command.strip_prefix("plangate "))
            .unwrap_or_else(|| panic!("the README runs something else: {command}"));
        let (args, echo) = match args.split_once("; echo ") {
            Some((args, _)) => (args, true),
            None => (args, false),
        };
        let result = plangate().args(args.split(' ')).run();
        let mut stdout = result.stdout.clone();
        if echo {
            writeln!(stdout, "{}", result.code.unwrap()).unwrap();
        }
        if !output.is_empty() {
            snapbox::assert_data_eq!(stdout, output);
        }
        assert!(matches!(result.code, Some(0 | 1)), "{command}: {result:#?}");
        ran += 1;
    }
    assert!(ran > 0, "the README shows nothing that runs");
}
