//! The builtins we replace or add.
//!
//! Replaced are those that differ from OPA where a deny rule would silently not fire, those that expand without a limit, and
//! those that are not the same on every machine and day. Added are the pure ones that Rego version 0 had.

use std::collections::BTreeSet;
use std::sync::Arc;

use regorus::{Engine, Value};
use sha2::{Digest as _, Sha256};

use super::sprintf::sprintf;
use super::{Builtin, glob, json, net, operators, patterns, recorder, table};
use crate::text::hex;

/// Most values that one call may make.
pub(super) const MAX_ITEMS: usize = 100_000;
/// Most values to walk through: a plan has more than anybody makes.
const MAX_WALK: usize = 2_000_000;
/// Most bytes of text that one call may make.
pub(super) const MAX_BYTES: usize = 16 << 20;
/// Most bits to shift by, far beyond any flag set.
const MAX_SHIFT: i64 = 4_096;

/// Why a builtin has no value.
#[derive(Debug)]
pub(super) enum Fault {
    /// As an error of a builtin: ends a strict evaluation, counts as undefined in a lax one.
    Error(String),
    /// Ends every evaluation.
    Limit(String),
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

pub(super) type Answer = Result<Value, Fault>;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Raised(String);

/// Name and number of arguments of all builtins that are ours.
pub(in crate::rego) fn ours() -> impl Iterator<Item = (&'static str, usize)> {
    table::BUILTINS.iter().filter(|builtin| builtin.ours).filter_map(|builtin| Some((builtin.name, builtin.arity?)))
}

/// Adds our builtins to an engine.
///
/// # Errors
/// A sentence when the engine refuses one.
pub(in crate::rego) fn register(engine: &mut Engine, now: jiff::Timestamp) -> Result<(), String> {
    for Builtin { name, arity, .. } in table::BUILTINS.iter().filter(|builtin| builtin.ours) {
        let arity = arity.and_then(|arity| u8::try_from(arity).ok()).unwrap_or_default();
        let extension = move |args: Vec<Value>| {
            // Names the engine's error type, which it does not export.
            let undefined = Value::Bool(true).as_bool().map(|_| Value::Undefined);
            match call(name, &args, now) {
                Ok(value) => undefined.map(|_| value),
                Err(Fault::Limit(message)) => Err(Raised(recorder::limit(&message)).into()),
                Err(Fault::Error(message)) if recorder::raise(&message) => Err(Raised(message).into()),
                Err(Fault::Error(_)) => undefined,
            }
        };
        engine.add_extension((*name).to_owned(), arity, Box::new(extension)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn call(name: &'static str, args: &[Value], now: jiff::Timestamp) -> Answer {
    let args = Args { name, args };
    match name {
        "and" | "or" => operators::sets(args),
        "all" => args.truths(0).map(|mut truths| Value::Bool(truths.all(|truth| truth))),
        "any" => args.truths(0).map(|mut truths| Value::Bool(truths.any(|truth| truth))),
        "array.concat" => array_concat(args),
        "array.flatten" => array_flatten(args),
        "bits.lsh" => shift_left(args),
        "div" | "minus" | "mul" | "plus" | "rem" => operators::arithmetic(args),
        "eq" | "equal" | "gt" | "gte" | "lt" | "lte" | "neq" => operators::compare(args),
        "cast_array" => args.list(0).map(Value::from),
        "cast_boolean" => args.only(0, "boolean", |value| matches!(value, Value::Bool(_))),
        "cast_null" => args.only(0, "null", |value| *value == Value::Null),
        "cast_object" => args.only(0, "object", |value| matches!(value, Value::Object(_))),
        "cast_set" => args.list(0).map(|items| Value::from(items.into_iter().collect::<BTreeSet<_>>())),
        "cast_string" => args.only(0, "string", |value| matches!(value, Value::String(_))),
        "concat" => concat(args),
        "count" => count(args),
        "crypto.sha256" => Ok(text(&hex(&Sha256::digest(args.string(0)?.as_bytes())))),
        "glob.match" => glob_match(args),
        super::COLLECTION => Ok(match args.get(0)? {
            collection @ (Value::Array(_) | Value::Set(_) | Value::Object(_)) => collection.clone(),
            _ => Value::Undefined,
        }),
        super::JSON => Value::from_json_str(args.string(0)?).map_err(|_| args.wrong(0, "JSON")),
        "lower" => Ok(text(&args.string(0)?.chars().map(lower).collect::<String>())),
        "json.marshal" => json::marshal(args),
        "net.cidr_contains_matches" => net::contains_matches(args),
        "net.cidr_expand" => net::expand(args),
        "net.cidr_intersects" => net::intersects(args),
        "net.cidr_merge" => net::merge(args),
        "numbers.range" => range(args, 1),
        "numbers.range_step" => range(args, args.positive(2)?),
        "re_match" | "regex.match" => patterns::matches(args),
        "regex.find_all_string_submatch_n" => patterns::find_groups(args),
        "regex.find_n" => patterns::find(args),
        "regex.is_valid" => patterns::is_valid(args),
        "regex.replace" => patterns::replace(args),
        "regex.split" => patterns::split(args),
        "regex.template_match" => patterns::template_match(args),
        "replace" => replace(args),
        // Spacelift hashes the strings of a plan, and gives this to policies to compare them with constants. Here they stand
        // as they are: a hash would equal none of them, and the rule would never fire.
        "sanitized" => args.string(0).map(text),
        "semver.is_valid" => Ok(Value::Bool(matches!(args.get(0)?, Value::String(text) if is_semver(text)))),
        "set_diff" => Ok(Value::from(args.set(0)?.difference(&args.set(1)?).cloned().collect::<BTreeSet<_>>())),
        "sprintf" => print(args),
        "strings.count" => Ok(Value::from(occurrences(args.string(0)?, args.string(1)?))),
        "strings.replace_n" => replace_n(args),
        "strings.split_n" => split_n(args),
        #[cfg(test)]
        "test.panic" => panic!("on purpose"),
        #[cfg(test)]
        "test.sleep" => {
            std::thread::sleep(std::time::Duration::from_millis(u64::try_from(args.int(0)?).unwrap()));
            Ok(Value::Null)
        }
        "time.now_ns" => i64::try_from(now.as_nanosecond())
            .map(Value::from)
            .map_err(|_| Fault::Error("time.now_ns: the date does not fit 64 bits of nanoseconds".to_owned())),
        "to_number" => to_number(args),
        super::WALK => walk(args),
        "upper" => Ok(text(&args.string(0)?.chars().map(upper).collect::<String>())),
        _ => Err(Fault::Error(format!("{name}: not implemented"))),
    }
}

/// The arguments of a call, read by type.
#[derive(Clone, Copy)]
pub(super) struct Args<'a> {
    pub(super) name: &'static str,
    args: &'a [Value],
}

impl<'a> Args<'a> {
    pub(super) fn get(self, index: usize) -> Result<&'a Value, Fault> {
        self.args.get(index).ok_or_else(|| Fault::Error(format!("{}: argument {} is missing", self.name, index + 1)))
    }

    pub(super) fn wrong(self, index: usize, wanted: &str) -> Fault {
        let got = self.args.get(index).map_or("nothing", type_name);
        Fault::Error(format!("{}: argument {} must be {wanted}, not {got}", self.name, index + 1))
    }

    pub(super) fn limit(self, what: &str) -> Fault {
        Fault::Limit(format!("{}: the result has more than {what}", self.name))
    }

    pub(super) fn string(self, index: usize) -> Result<&'a str, Fault> {
        match self.get(index)? {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(index, "a string")),
        }
    }

    pub(super) fn int(self, index: usize) -> Result<i64, Fault> {
        match self.get(index)? {
            Value::Number(number) if number.is_integer() => {
                number.as_i64().ok_or_else(|| self.wrong(index, "an integer of 64 bits"))
            }
            _ => Err(self.wrong(index, "an integer")),
        }
    }

    pub(super) fn positive(self, index: usize) -> Result<i64, Fault> {
        match self.int(index)? {
            step if step > 0 => Ok(step),
            _ => Err(self.wrong(index, "a positive integer")),
        }
    }

    pub(super) fn list(self, index: usize) -> Result<Vec<Value>, Fault> {
        match self.get(index)? {
            Value::Array(items) => Ok(items.iter().cloned().collect()),
            Value::Set(items) => Ok(items.iter().cloned().collect()),
            _ => Err(self.wrong(index, "an array or a set")),
        }
    }

    pub(super) fn set(self, index: usize) -> Result<BTreeSet<Value>, Fault> {
        match self.get(index)? {
            Value::Set(items) => Ok(items.iter().cloned().collect()),
            _ => Err(self.wrong(index, "a set")),
        }
    }

    pub(super) fn array(self, index: usize) -> Result<Vec<Value>, Fault> {
        match self.get(index)? {
            Value::Array(items) => Ok(items.iter().cloned().collect()),
            _ => Err(self.wrong(index, "an array")),
        }
    }

    pub(super) fn strings(self, index: usize) -> Result<Vec<Arc<str>>, Fault> {
        let strings = self.list(index)?.into_iter().map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        });
        strings.collect::<Option<_>>().ok_or_else(|| self.wrong(index, "a list of strings"))
    }

    pub(super) fn truths(self, index: usize) -> Result<impl Iterator<Item = bool>, Fault> {
        Ok(self.list(index)?.into_iter().map(|item| item == Value::Bool(true)))
    }

    pub(super) fn only(self, index: usize, wanted: &str, fits: impl Fn(&Value) -> bool) -> Answer {
        let value = self.get(index)?;
        if fits(value) { Ok(value.clone()) } else { Err(self.wrong(index, wanted)) }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
        Value::Undefined => "undefined",
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::String(Arc::from(text))
}

/// As Go's `unicode.ToUpper`: one character for one, so that `ß` stays.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        // `İ`, the only one that lowers to two.
        (Some(first), Some(_)) => first,
        _ => c,
    }
}

fn count(args: Args<'_>) -> Answer {
    let size = match args.get(0)? {
        // The engine counts UTF-16 units.
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Set(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => return Err(args.wrong(0, "a string, an array, a set or an object")),
    };
    Ok(Value::from(size))
}

fn array_concat(args: Args<'_>) -> Answer {
    let (mut left, right) = (args.array(0)?, args.array(1)?);
    if left.len() + right.len() > MAX_ITEMS {
        return Err(args.limit(&format!("{MAX_ITEMS} items")));
    }
    left.extend(right);
    Ok(Value::from(left))
}

/// One level, as in OPA.
fn array_flatten(args: Args<'_>) -> Answer {
    let mut flat = Vec::new();
    for item in args.array(0)? {
        match item {
            Value::Array(items) => flat.extend(items.iter().cloned()),
            other => flat.push(other),
        }
        if flat.len() > MAX_ITEMS {
            return Err(args.limit(&format!("{MAX_ITEMS} items")));
        }
    }
    Ok(Value::from(flat))
}

/// A version of semver.org, with or without `v` before it, as OPA takes it.
fn is_semver(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| {
            pre.split('.').all(|part| word(part) && (number(part) || !part.bytes().all(|byte| byte.is_ascii_digit())))
        })
        && build.is_none_or(|build| build.split('.').all(word))
}

fn concat(args: Args<'_>) -> Answer {
    let (delimiter, parts) = (args.string(0)?, args.strings(1)?);
    let bytes = parts.iter().map(|part| part.len() + delimiter.len()).fold(0, usize::saturating_add);
    if bytes > MAX_BYTES {
        return Err(args.limit(&format!("{MAX_BYTES} bytes")));
    }
    Ok(text(&parts.join(delimiter)))
}

fn shift_left(args: Args<'_>) -> Answer {
    let by = args.int(1)?;
    let Value::Number(number) = args.get(0)? else { return Err(args.wrong(0, "an integer")) };
    if !number.is_integer() || by < 0 {
        return Err(Fault::Error("bits.lsh: both arguments must be integers, the second not negative".to_owned()));
    }
    if by > MAX_SHIFT {
        return Err(args.limit(&format!("{MAX_SHIFT} bits")));
    }
    let Value::Number(by) = Value::from(by) else { return Err(args.wrong(1, "an integer")) };
    Ok(number.lsh(&by).map_or(Value::Undefined, Value::from))
}

fn glob_match(args: Args<'_>) -> Answer {
    let mut delimiters = None;
    if *args.get(1)? != Value::Null {
        let strings = args.strings(1)?;
        let single = strings.iter().map(|text| {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        });
        let single: Option<Vec<char>> = single.collect();
        delimiters = Some(single.ok_or_else(|| args.wrong(1, "a list of single characters"))?);
    }
    Ok(Value::Bool(glob::matches(args.string(0)?, delimiters.as_deref(), args.string(2)?)?))
}

fn range(args: Args<'_>, step: i64) -> Answer {
    let (from, to) = (args.int(0)?, args.int(1)?);
    let items = (i128::from(to) - i128::from(from)).unsigned_abs() / u128::from(step.unsigned_abs()) + 1;
    if items > MAX_ITEMS as u128 {
        return Err(args.limit(&format!("{MAX_ITEMS} items")));
    }
    let step = if from <= to { step } else { -step };
    let mut values = Vec::new();
    let mut next = Some(from);
    while let Some(value) = next.filter(|value| if step > 0 { *value <= to } else { *value >= to }) {
        values.push(Value::from(value));
        next = value.checked_add(step);
    }
    Ok(Value::from(values))
}

/// Go's `strconv.ParseFloat` takes no blanks; nor are infinities numbers of Rego.
fn to_number(args: Args<'_>) -> Answer {
    match args.get(0)? {
        Value::Null | Value::Bool(false) => Ok(Value::from(0)),
        Value::Bool(true) => Ok(Value::from(1)),
        number @ Value::Number(_) => Ok(number.clone()),
        Value::String(text) => {
            let digits =
                text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
            let integer = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok();
            let float = || text.parse::<f64>().ok().filter(|value| digits && value.is_finite()).map(Value::from);
            integer.or_else(float).ok_or_else(|| args.wrong(0, "a number in a string"))
        }
        _ => Err(args.wrong(0, "null, a boolean, a number or a string")),
    }
}

/// The pairs of `walk`, the value itself first.
fn walk(args: Args<'_>) -> Answer {
    let mut pairs = Vec::new();
    let mut open = vec![(Vec::new(), args.get(0)?.clone())];
    while let Some((path, value)) = open.pop() {
        let below = |key: &Value| [path.as_slice(), std::slice::from_ref(key)].concat();
        let first = open.len();
        match &value {
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(key, item)| (below(&Value::from(key)), item.clone())));
            }
            Value::Set(items) => open.extend(items.iter().map(|item| (below(item), item.clone()))),
            Value::Object(entries) => {
                open.extend(entries.iter_sorted().map(|(key, item)| (below(key), item.clone())));
            }
            _ => {}
        }
        // In the order of the items, as in OPA: it shows in arrays made of them.
        open.get_mut(first..).unwrap_or_default().reverse();
        pairs.push(Value::from(vec![Value::from(path), value]));
        if pairs.len() + open.len() > MAX_WALK {
            return Err(args.limit(&format!("{MAX_WALK} items")));
        }
    }
    Ok(Value::from(pairs))
}

/// Where a text occurs, those that overlap once.
fn occurrences(text: &str, part: &str) -> usize {
    if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() }
}

/// Go's `strings.SplitN`: the last part is the rest; of a negative number all parts.
fn split_n(args: Args<'_>) -> Answer {
    let (source, delimiter) = (args.string(0)?, args.string(1)?);
    let most = usize::try_from(args.int(2)?).unwrap_or(usize::MAX);
    if most == 0 {
        return Err(args.wrong(2, "a number other than 0"));
    }
    if occurrences(source, delimiter).min(most) > MAX_ITEMS {
        return Err(args.limit(&format!("{MAX_ITEMS} items")));
    }
    let mut parts = Vec::new();
    let mut rest = source;
    while parts.len() + 1 < most {
        let cut = match (delimiter, rest.chars().next()) {
            // No delimiter: a character each.
            ("", Some(first)) if rest.len() > first.len_utf8() => rest.split_at_checked(first.len_utf8()),
            ("", _) => None,
            _ => rest.split_once(delimiter),
        };
        let Some((part, behind)) = cut else { break };
        parts.push(text(part));
        rest = behind;
    }
    parts.push(text(rest));
    Ok(Value::from(parts))
}

/// All occurrences replaced, as long as the result stays small.
fn replaced(args: Args<'_>, text: &str, old: &str, new: &str) -> Result<String, Fault> {
    let places = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    let bytes = places.saturating_mul(new.len()).saturating_add(text.len());
    if bytes > MAX_BYTES {
        return Err(args.limit(&format!("{MAX_BYTES} bytes")));
    }
    Ok(text.replace(old, new))
}

fn replace(args: Args<'_>) -> Answer {
    Ok(text(&replaced(args, args.string(0)?, args.string(1)?, args.string(2)?)?))
}

fn replace_n(args: Args<'_>) -> Answer {
    let Value::Object(patterns) = args.get(0)? else { return Err(args.wrong(0, "an object of strings")) };
    let mut pairs = Vec::new();
    for (old, new) in patterns.iter_sorted() {
        let (Value::String(old), Value::String(new)) = (old, new) else {
            return Err(args.wrong(0, "an object of strings"));
        };
        pairs.push((&**old, &**new));
    }
    // Go's strings.Replacer: one pass, at each place the first pattern that fits.
    let source = args.string(1)?;
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let found = pairs.iter().find(|(old, _)| !old.is_empty() && rest.starts_with(old));
        let (taken, put) = match found {
            Some((old, new)) => (old.len(), *new),
            None => (c.len_utf8(), rest.get(..c.len_utf8()).unwrap_or_default()),
        };
        out.push_str(put);
        rest = rest.get(taken..).unwrap_or_default();
        if out.len() > MAX_BYTES {
            return Err(args.limit(&format!("{MAX_BYTES} bytes")));
        }
    }
    Ok(text(&out))
}

fn print(args: Args<'_>) -> Answer {
    let values = args.array(1)?;
    sprintf(args.string(0)?, &values, MAX_BYTES).map(|printed| text(&printed)).map_err(Fault::Limit)
}
