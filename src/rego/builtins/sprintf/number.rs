//! Numbers as Go prints them.

use super::text::{character, quote_char};
use super::{Spec, pad, sign};

pub(super) fn print_int(value: i64, verb: char, spec: Spec) -> Option<String> {
    let size = value.unsigned_abs();
    let (digits, prefix) = match verb {
        'd' | 'v' => (size.to_string(), ""),
        'b' => (format!("{size:b}"), if spec.sharp { "0b" } else { "" }),
        'o' => (format!("{size:o}"), if spec.sharp { "0" } else { "" }),
        'O' => (format!("{size:o}"), "0o"),
        'x' => (format!("{size:x}"), if spec.sharp { "0x" } else { "" }),
        'X' => (format!("{size:X}"), if spec.sharp { "0X" } else { "" }),
        'c' => return Some(pad(&character(value).to_string(), spec, false)),
        'q' => return Some(pad(&quote_char(character(value), spec.plus), spec, false)),
        'U' => {
            let shown = if spec.sharp { format!(" '{}'", character(value)) } else { String::new() };
            return Some(pad(&format!("U+{size:04X}{shown}"), Spec { zero: false, ..spec }, false));
        }
        _ => return None,
    };
    let mut digits = digits;
    if let Some(precision) = spec.precision {
        // Go: "precision of 0 and value of 0 means print nothing but padding".
        if precision == 0 && value == 0 {
            return Some(pad("", Spec { zero: false, ..spec }, false));
        }
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    } else if let (true, false, Some(width)) = (spec.zero, spec.minus, spec.width) {
        // Go: zeros fill up to the width, sign included; the prefix comes on top.
        let signed = usize::from(!sign(value < 0, spec).is_empty());
        digits = format!("{}{digits}", "0".repeat(width.saturating_sub(digits.len() + signed)));
    }
    let text = format!("{}{prefix}{digits}", sign(value < 0, spec));
    Some(pad(&text, Spec { zero: false, ..spec }, true))
}

pub(super) fn print_big(digits: &str, verb: char, spec: Spec) -> Option<String> {
    let negative = digits.starts_with('-');
    let text = format!("{}{}", sign(negative, spec), digits.trim_start_matches('-'));
    matches!(verb, 'd' | 'v' | 's').then(|| pad(&text, spec, true))
}

pub(super) fn print_float(value: f64, verb: char, spec: Spec) -> Option<String> {
    let size = value.abs();
    let digits = match verb {
        'f' | 'F' => format!("{size:.*}", spec.precision.unwrap_or(6)),
        'e' => exponent(&format!("{size:.*e}", spec.precision.unwrap_or(6))),
        'E' => exponent(&format!("{size:.*e}", spec.precision.unwrap_or(6))).to_uppercase(),
        'g' | 'v' => general(size, spec),
        'G' => general(size, spec).to_uppercase(),
        _ => return None,
    };
    let text = format!("{}{digits}", sign(value.is_sign_negative(), spec));
    Some(pad(&text, spec, true))
}

/// Rust's `1.5e-7` as Go's `1.5e-07`.
fn exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// `%g`: the shortest digits, or as many as the precision says; with an exponent where that is shorter.
fn general(size: f64, spec: Spec) -> String {
    // Go: with `#` the shortest form has six digits and keeps its zeros.
    let spec = if spec.sharp { Spec { precision: spec.precision.or(Some(6)), ..spec } } else { spec };
    let scientific = match spec.precision {
        None => format!("{size:e}"),
        Some(precision) => format!("{size:.*e}", precision.max(1) - 1),
    };
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or_default();
    let threshold = match spec.precision {
        None => 6,
        Some(precision) => i32::try_from(precision.max(1)).unwrap_or(i32::MAX),
    };
    let trim = |text: String| {
        if spec.sharp || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if power < -4 || power >= threshold {
        return exponent(&format!("{}e{power}", trim(mantissa.to_owned())));
    }
    match spec.precision {
        None => format!("{size}"),
        Some(precision) => {
            let decimals = i32::try_from(precision.max(1)).unwrap_or(i32::MAX) - 1 - power;
            trim(format!("{size:.*}", usize::try_from(decimals).unwrap_or(0)))
        }
    }
}
