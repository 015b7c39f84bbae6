//! `glob.match` as OPA has it: the patterns of gobwas/glob, with delimiters.
//!
//! The engine takes `**` only as a whole segment, so that `a**` never matches and the rule never fires. Here a pattern becomes
//! a regular expression: `*` and `?` stop at delimiters, `**` does not (<https://github.com/gobwas/glob>).

use regex::Regex;

/// Whether `text` matches `pattern`; `delimiters` as given by the policy, `None` for `null`.
pub(super) fn matches(pattern: &str, delimiters: Option<&[char]>, text: &str) -> Result<bool, String> {
    // OPA: an empty list means ["."], null means none at all.
    let delimiters = match delimiters {
        Some([]) => &['.'][..],
        Some(delimiters) => delimiters,
        None => &[],
    };
    let source = translate(pattern, delimiters)?;
    let regex = Regex::new(&source).map_err(|_| format!("glob.match: invalid pattern {pattern:?}"))?;
    Ok(regex.is_match(text))
}

fn translate(pattern: &str, delimiters: &[char]) -> Result<String, String> {
    let unclosed = |what: &str| format!("glob.match: {what} in pattern {pattern:?}");
    let one = match delimiters {
        [] => ".".to_owned(),
        delimiters => format!("[^{}]", delimiters.iter().map(|c| class(*c)).collect::<String>()),
    };
    let mut out = String::from("(?s)^");
    let mut depth = 0_usize;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                let any = chars.next_if_eq(&'*').is_some();
                while chars.next_if_eq(&'*').is_some() {}
                out.push_str(if any { "." } else { &one });
                out.push('*');
            }
            '?' => out.push_str(&one),
            '\\' => out.push_str(&literal(chars.next().ok_or_else(|| unclosed("a lone backslash"))?)),
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                loop {
                    match chars.next().ok_or_else(|| unclosed("a `[` without its `]`"))? {
                        ']' => break,
                        '-' => out.push('-'),
                        '\\' => out.push_str(&class(chars.next().ok_or_else(|| unclosed("a lone backslash"))?)),
                        c => out.push_str(&class(c)),
                    }
                }
                out.push(']');
            }
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            c => out.push_str(&literal(c)),
        }
    }
    if depth > 0 {
        return Err(unclosed("a `{` without its `}`"));
    }
    out.push('$');
    Ok(out)
}

fn literal(c: char) -> String {
    regex::escape(c.encode_utf8(&mut [0; 4]))
}

/// A character within a class.
fn class(c: char) -> String {
    if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_what_opa_matches() {
        // Answers of OPA 1.22.2.
        let dots: Option<&[char]> = Some(&['.']);
        let cases: [(&str, Option<&[char]>, &str, bool); 20] = [
            ("**x", dots, "a.x", true),
            ("a**", dots, "a.b.c", true),
            ("a**", dots, "b", false),
            ("*.x", dots, "a.x", true),
            ("*.x", dots, "a.b.x", false),
            ("module.**", dots, "module.a.b", true),
            ("*", None, "a.b/c", true),
            ("*", Some(&[]), "a.b", false),
            ("*", Some(&['/']), "a.b", true),
            ("*:*", Some(&[':']), "a:b", true),
            ("*:*", Some(&[':']), "a:b:c", false),
            ("{aws_*,google_*}", dots, "google_x", true),
            ("{aws_*,google_*}", dots, "azurerm_x", false),
            ("[a-c]x", dots, "bx", true),
            ("[!a-c]x", dots, "bx", false),
            ("a?c", dots, "a.c", false),
            ("a\\*c", dots, "a*c", true),
            ("a\\*c", dots, "abc", false),
            ("a[0]", dots, "a0", true),
            ("a+b(c)", dots, "a+b(c)", true),
        ];
        for (pattern, delimiters, text, expected) in cases {
            assert_eq!(matches(pattern, delimiters, text), Ok(expected), "{pattern} {text}");
        }
        assert!(matches("[a", dots, "a").is_err());
        assert!(matches("{a", dots, "a").is_err());
    }
}
