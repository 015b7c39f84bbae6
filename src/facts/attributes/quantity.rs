//! Amounts as providers write them: numbers, durations, sizes, moments.
//!
//! Exact: fixed-point integers, no floating point. What cannot be read is no quantity, and two quantities of
//! different dimension cannot be compared; neither may pass for "unchanged".

use std::cmp::Ordering;

use crate::plan::Value;
use crate::plan::value::Number;

/// An amount in billionths of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity {
    dimension: Dimension,
    nanos: i128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    /// A bare number, or one with a Kubernetes or byte suffix.
    Plain,
    /// Seconds.
    Duration,
    /// Seconds since 1970.
    Moment,
}

const NANOS: i128 = 1_000_000_000;
const DAY: i128 = 86_400;

impl Quantity {
    /// Reads a scalar value.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(Number::Int(number)) => Self::plain(i128::from(*number)),
            Value::Number(Number::UInt(number)) => Self::plain(i128::from(*number)),
            Value::Number(number @ Number::Float(_)) => Self::read(&number.to_string()),
            Value::String(text) => Self::read(text.trim()),
            Value::Number(Number::Inexact(_)) | Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// How two quantities of one dimension compare.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        (self.dimension == other.dimension).then(|| self.nanos.cmp(&other.nanos))
    }

    fn plain(number: i128) -> Option<Self> {
        Some(Self { dimension: Dimension::Plain, nanos: number.checked_mul(NANOS)? })
    }

    fn read(text: &str) -> Option<Self> {
        let of = |dimension| move |nanos| Self { dimension, nanos };
        decimal(text)
            .map(of(Dimension::Plain))
            .or_else(|| iso_duration(text).map(of(Dimension::Duration)))
            .or_else(|| go_duration(text).map(of(Dimension::Duration)))
            .or_else(|| interval(text).map(of(Dimension::Duration)))
            .or_else(|| with_suffix(text).map(of(Dimension::Plain)))
            .or_else(|| moment(text).map(of(Dimension::Moment)))
    }
}

/// `-12.5` in billionths; at most nine decimals.
fn decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let nanos = whole.parse::<i128>().ok()?.checked_mul(NANOS)?.checked_add(fraction)?;
    Some(if negative { -nanos } else { nanos })
}

/// `P7D`, `PT24H`, `P1Y2M3DT4H`; a year has 365 days and a month 30.
fn iso_duration(text: &str) -> Option<i128> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text.strip_prefix('P')?, ""),
    };
    let date = sum(date, |unit| match unit {
        "Y" => Some(365 * DAY),
        "M" => Some(30 * DAY),
        "W" => Some(7 * DAY),
        "D" => Some(DAY),
        _ => None,
    });
    let time = sum(time, |unit| match unit {
        "H" => Some(3_600),
        "M" => Some(60),
        "S" => Some(1),
        _ => None,
    });
    match (date, time) {
        (Some(date), Some(time)) if text.len() > 1 => date.checked_add(time),
        _ => None,
    }
}

/// `72h30m`, `604800s`, `7d`, `1.5h`, `-1h`.
fn go_duration(text: &str) -> Option<i128> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if rest.is_empty() {
        return None;
    }
    let total = sum_scaled(rest, |unit| match unit {
        "ns" => Some((1, NANOS)),
        "us" | "µs" => Some((1, 1_000_000)),
        "ms" => Some((1, 1_000)),
        "s" => Some((1, 1)),
        "m" => Some((60, 1)),
        "h" => Some((3_600, 1)),
        "d" => Some((DAY, 1)),
        "w" => Some((7 * DAY, 1)),
        _ => None,
    })?;
    Some(if negative { -total } else { total })
}

/// `interval 7 days`, `30 days` (Delta tables and SQL).
fn interval(text: &str) -> Option<i128> {
    let text = text.to_ascii_lowercase();
    let mut words = text.strip_prefix("interval ").unwrap_or(&text).split_whitespace();
    let (amount, unit) = (decimal(words.next()?)?, words.next()?);
    let seconds = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => DAY,
        "week" => 7 * DAY,
        "month" => 30 * DAY,
        "year" => 365 * DAY,
        _ => return None,
    };
    if words.next().is_some() { None } else { amount.checked_mul(seconds) }
}

/// `10Gi`, `500M`, `20GB`.
fn with_suffix(text: &str) -> Option<i128> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, suffix) = text.split_at_checked(at)?;
    let factor: i128 = match suffix.trim_end_matches('B') {
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "Ei" => 1 << 60,
        "k" | "K" => 1_000,
        "M" => 1_000_000,
        "G" => NANOS,
        "T" => 1_000 * NANOS,
        "P" => 1_000_000 * NANOS,
        "E" => NANOS * NANOS,
        _ => return None,
    };
    decimal(number.trim_end())?.checked_mul(factor)
}

/// `2027-01-31T00:00:00Z` or `2027-01-31`, in billionths of a second.
fn moment(text: &str) -> Option<i128> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_nanosecond());
    }
    let midnight = (text.len() == 10).then(|| format!("{text}T00:00:00Z"))?;
    midnight.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond)
}

/// Adds up `<number><unit>` parts; the factor is in whole seconds.
fn sum(text: &str, factor: impl Fn(&str) -> Option<i128>) -> Option<i128> {
    sum_scaled(text, |unit| factor(unit).map(|seconds| (seconds, 1)))
}

/// Adds up `<number><unit>` parts; the factor is a fraction.
fn sum_scaled(mut text: &str, factor: impl Fn(&str) -> Option<(i128, i128)>) -> Option<i128> {
    let mut total: i128 = 0;
    while !text.is_empty() {
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at_checked(unit_at)?;
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (unit, tail) = rest.split_at_checked(end)?;
        let (times, over) = factor(unit)?;
        total = total.checked_add(decimal(number)?.checked_mul(times)?.checked_div(over)?)?;
        text = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(a: &str, b: &str) -> Option<Ordering> {
        let of = |text: &str| Quantity::of(&Value::String(text.into()));
        of(a)?.compare(of(b)?)
    }

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (a, b) in [
            ("7", "7.0"),
            ("+7", "7"),
            ("72h30m", "261000s"),
            ("604800s", "7d"),
            ("P7D", "168h"),
            ("PT24H", "1d"),
            ("P1W", "P7D"),
            ("P1DT12H", "36h"),
            ("1.5h", "90m"),
            ("1500ms", "1.5s"),
            ("1w", "interval 7 days"),
            ("30 days", "P30D"),
            ("10Gi", "10240Mi"),
            ("1k", "1000"),
            ("20GB", "20000000000"),
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T01:00:00+01:00", "2027-01-31T00:00:00Z"),
        ] {
            assert_eq!(compare(a, b), Some(Ordering::Equal), "{a} {b}");
        }
    }

    #[test]
    fn order_is_exact_also_beyond_floating_point() {
        assert_eq!(compare("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(compare("-1", "0"), Some(Ordering::Less));
        assert_eq!(compare("-1h", "1h"), Some(Ordering::Less));
        assert_eq!(compare("P1M", "P31D"), Some(Ordering::Less));
    }

    #[test]
    fn what_is_no_quantity_or_another_dimension_compares_with_nothing() {
        for text in [
            "",
            "-",
            "P",
            "PT",
            "P7",
            "7x",
            "h",
            "1h2",
            "a7",
            "interval",
            "7 daisies",
            "1e9",
            ".",
            "ⅷ",
            "7é",
            "1.0000000001",
        ] {
            assert_eq!(Quantity::of(&Value::String(text.into())), None, "{text}");
        }
        assert_eq!(compare("7", "7d"), None);
        assert_eq!(compare("7d", "2027-01-31"), None);
        assert_eq!(Quantity::of(&Value::Number(Number::Inexact(1e30))), None);
        assert_eq!(Quantity::of(&Value::Bool(true)), None);
    }
}
