//! When two texts are one document: JSON that differs in nothing but blanks and the order of keys.
//!
//! Providers write policies back in their own order (a refreshed `aws_s3_bucket_policy.policy` has sorted keys), which
//! changes nothing. Must not call anything the same that merely looks alike.

use serde_json::Value as Json;

use crate::plan::Value;

/// Whether both are texts of the same JSON object or list.
pub(super) fn is_same_document(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    // Another order keeps every character; what does not is no matter of notation, and is not worth reading.
    is_document(a) && is_document(b) && characters(a) == characters(b) && is_same_json(a, b)
}

fn is_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// How often each byte occurs, blanks left out.
fn characters(text: &str) -> [u32; 256] {
    let mut counts = [0_u32; 256];
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count = count.saturating_add(1);
        }
    }
    counts
}

fn is_same_json(a: &str, b: &str) -> bool {
    match (serde_json::from_str::<Json>(a), serde_json::from_str::<Json>(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_blanks_make_no_other_document() {
        let same = |a: &str, b: &str| is_same_document(&Value::String(a.into()), &Value::String(b.into()));
        assert!(same("{\"a\": [1, 2],\n \"b\": {}}", r#"{"b":{},"a":[1,2]}"#));
        for (a, b) in [
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"Deny":"x","Allow":"y"}"#, r#"{"Allow":"x","Deny":"y"}"#),
            (r#"{"a":1}"#, r#"{"a":1.0}"#),
            (r#"{"a":"1 2"}"#, r#"{"a":"12"}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#),
            ("{a b", "{b a"),
            ("ab", "a b"),
            ("1", " 1"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
        assert!(!is_same_document(&Value::Null, &Value::String("{}".into())));
    }
}
