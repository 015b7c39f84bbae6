//! `json.marshal` as OPA has it: Go's `encoding/json` escapes `<`, `>` and `&`, and here the text has a limit.

use regorus::Value;

use super::extensions::{Answer, Args, MAX_BYTES, text};

pub(super) fn marshal(args: Args<'_>) -> Answer {
    let mut out = String::new();
    match write(args.get(0)?, &mut out) {
        Some(()) => Ok(text(&out)),
        None => Err(args.limit(&format!("{MAX_BYTES} bytes"))),
    }
}

/// `None`: the text is too long. Values that share parts can be much longer than the memory they take.
fn write(value: &Value, out: &mut String) -> Option<()> {
    if out.len() > MAX_BYTES {
        return None;
    }
    match value {
        Value::Null | Value::Undefined => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.format_decimal()),
        Value::String(text) => string(text, out),
        Value::Array(items) => list(items.iter(), out)?,
        Value::Set(items) => list(items.iter(), out)?,
        Value::Object(entries) => {
            out.push('{');
            let mut keyed = Vec::new();
            for (key, value) in entries.iter_sorted() {
                let mut name = String::new();
                match key {
                    Value::String(text) => name.push_str(text),
                    other => write(other, &mut name)?,
                }
                keyed.push((name, value));
            }
            keyed.sort_by(|a, b| a.0.cmp(&b.0));
            for (index, (name, value)) in keyed.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(name, out);
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

fn list<'a>(items: impl Iterator<Item = &'a Value>, out: &mut String) -> Option<()> {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    out.push(']');
    Some(())
}

fn string(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1F' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
