//! Makes untrusted text (names, values, policy messages) safe to show.
//!
//! Owns the escaping rules that more than one sink shares, plurals and truncation.
//! Must not know findings, reports or formats.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns `text` with every control, bidirectional-override and invisible character written as `\u{…}`.
///
/// Newlines and tabs are made visible too (`\n`, `\t`): the result is one line. The characters are
/// the ones that can repaint a terminal or reorder a line (Unicode TR 36, "Trojan Source").
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Like [`one_line`], but keeps line feeds.
#[must_use]
pub fn multi_line(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_deceptive(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if keep(c) || !is_deceptive(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a character can hide, reorder or repaint the text around it.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text for a terminal or a log in which no CI system sees a command of its own.
///
/// GitHub's runner obeys lines that start with `::`, after white space, and `##[…]` anywhere in a line; the agent of Azure
/// Pipelines obeys `##vso[…]` and `##[…]` anywhere. Text that came through [`one_line`] has nothing invisible in between.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let start = line.len() - past_styles(line).len();
        let (head, mut rest) = line.split_at_checked(start).unwrap_or((line, ""));
        out.push_str(head);
        if let Some(after) = rest.strip_prefix("::") {
            out.push_str(":\\u{3a}");
            rest = after;
        }
        while let Some((before, after)) = rest.split_once("##") {
            let is_command =
                after.starts_with('[') || after.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("vso["));
            out.push_str(before);
            // One number sign at a time: the next may start a command too.
            out.push_str(if is_command { "#\\u{23}" } else { "#" });
            rest = if is_command { after } else { rest.get(before.len() + 1..).unwrap_or_default() };
        }
        out.push_str(rest);
    }
    Cow::Owned(out)
}

/// What follows white space and ANSI styles at the start of a line.
fn past_styles(line: &str) -> &str {
    let line = line.trim_start();
    match line.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')) {
        Some((_, rest)) => past_styles(rest),
        None => line,
    }
}

/// JSON text in which deceptive characters, and whatever starts a command of a CI system, are written as `\uXXXX`: what it
/// says stays the same. They stand in strings alone.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let is_deceptive = |c: char| is_deceptive(c) && c != '\n';
    if !text.contains("##") && !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    let mut last = ' ';
    for c in text.chars() {
        if is_deceptive(c) || (c == '#' && last == '#') {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        last = c;
    }
    Cow::Owned(out)
}

/// `1 rule`, `2 rules`: the count with its noun, in the regular plural.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (n, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{n} {stem}ies"),
        (n, _) => format!("{n} {noun}s"),
    }
}

/// The first `max` characters of `text`, with `…` in place of the rest.
#[must_use]
pub fn truncate(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_become_visible() {
        assert_eq!(one_line("a\x1b[31m\u{202e}b\nc"), "a\\u{1b}[31m\\u{202e}b\\nc");
        assert_eq!(multi_line("a\n\tb"), "a\n\\tb");
        assert!(matches!(one_line("plain – ü 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_command_of_a_ci_system_is_left() {
        let text = "a ::b\n  ::error::x\n\u{1b}[1m::add-mask::y\n### [##[group]##VSO[task.x]z\n";
        assert_eq!(
            without_commands(text),
            "a ::b\n  :\\u{3a}error::x\n\u{1b}[1m:\\u{3a}add-mask::y\n### [#\\u{23}[group]#\\u{23}VSO[task.x]z\n"
        );
        assert_eq!(without_commands("###[x]"), "##\\u{23}[x]");
        assert!(matches!(without_commands("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_without_deceptive_characters() {
        let value = serde_json::json!({"a\u{202e}##[b": "\u{e0041}\u{7f}###vso[\n"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = json(&text);
        assert!(!safe.chars().any(|c| is_deceptive(c) && c != '\n') && !safe.contains("##"), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn plurals_are_regular() {
        assert_eq!(count(1, "policy"), "1 policy");
        assert_eq!(count(2, "policy"), "2 policies");
        assert_eq!(count(0, "change"), "0 changes");
        assert_eq!(count(2, "day"), "2 days");
    }

    #[test]
    fn truncation_counts_characters_not_bytes() {
        assert_eq!(truncate("äöü", 3), "äöü");
        assert_eq!(truncate("äöü", 2), "äö…");
    }
}
