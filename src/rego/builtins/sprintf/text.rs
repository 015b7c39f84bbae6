//! Texts as Go prints and quotes them.

use std::fmt::Write as _;

use super::{Spec, pad};

pub(super) fn character(value: i64) -> char {
    u32::try_from(value).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

pub(super) fn print_text(text: &str, verb: char, spec: Spec) -> Option<String> {
    let cut = |text: &str| match spec.precision {
        Some(precision) => text.chars().take(precision).collect::<String>(),
        None => text.to_owned(),
    };
    Some(match verb {
        'v' if spec.source => pad(&quote(&cut(text), false), spec, false),
        's' | 'v' => pad(&cut(text), spec, false),
        'q' => {
            let text = cut(text);
            let raw =
                spec.sharp && !text.chars().any(|c| (c.is_control() && c != '\t') || matches!(c, '`' | '\u{feff}'));
            pad(&if raw { format!("`{text}`") } else { quote(&text, spec.plus) }, spec, false)
        }
        'x' | 'X' => pad(&hex(text, verb == 'X', spec), spec, false),
        _ => return None,
    })
}

fn hex(text: &str, upper: bool, spec: Spec) -> String {
    let bytes = text.bytes().take(spec.precision.unwrap_or(usize::MAX));
    let mut out = String::new();
    for (index, byte) in bytes.enumerate() {
        if index > 0 && spec.space {
            out.push(' ');
        }
        if spec.sharp && (index == 0 || spec.space) {
            out.push_str(if upper { "0X" } else { "0x" });
        }
        // Writing to a String cannot fail.
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
    }
    out
}

/// Go's `strconv.Quote`, and `QuoteToASCII` with `ascii`.
pub(in crate::rego::builtins) fn quote(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_escaped(&mut out, c, '"', ascii);
    }
    out.push('"');
    out
}

pub(super) fn quote_char(c: char, ascii: bool) -> String {
    let mut out = String::from("'");
    push_escaped(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, c: char, delimiter: char, ascii: bool) {
    let short = match c {
        '\u{7}' => Some('a'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{b}' => Some('v'),
        '\\' => Some('\\'),
        _ if c == delimiter => Some(c),
        _ => None,
    };
    let code = u32::from(c);
    let printable = c == ' ' || !(c.is_control() || c.is_whitespace() || crate::text::is_deceptive(c));
    // Writing to a String cannot fail.
    let _ = match short {
        Some(short) => write!(out, "\\{short}"),
        None if printable && (c.is_ascii() || !ascii) => write!(out, "{c}"),
        None if code < 0x80 => write!(out, "\\x{code:02x}"),
        None if code <= 0xffff => write!(out, "\\u{code:04x}"),
        None => write!(out, "\\U{code:08x}"),
    };
}
