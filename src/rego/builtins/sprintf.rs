//! `sprintf` as OPA has it: Go's `fmt.Sprintf` over integers, floats and strings.
//!
//! The engine's own prints nothing for `%d` of a string and fails on a missing or surplus argument, on `%T`, `%[1]s` and the
//! `-` flag; a message that fails takes its deny rule with it. OPA hands every value that is neither number nor string over
//! as its Rego text (`v1/topdown/strings.go`, `builtinSprintf`); bad verbs and arguments are written into the result
//! (<https://pkg.go.dev/fmt#hdr-Format_errors>).

mod number;
mod text;

use std::fmt::Write as _;

use regorus::Value;

use self::number::{print_big, print_float, print_int};
use self::text::print_text;
pub(super) use self::text::quote;

/// Widest and most precise field (Go: `tooLarge` in `src/fmt/print.go`).
const MAX_FIELD: usize = 1_000_000;

/// An argument as Go sees it.
#[derive(Debug, Clone, PartialEq)]
enum Arg {
    Int(i64),
    /// An integer beyond 64 bits, in decimal.
    Big(String),
    Float(f64),
    Text(String),
}

impl Arg {
    fn new(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.to_string()),
            Value::Number(number) => {
                if let Some(int) = number.as_i64() {
                    Self::Int(int)
                } else {
                    // `as_f64` refuses integers that a float cannot hold exactly.
                    number.as_f64().map_or_else(|| Self::Big(number.format_decimal()), Self::Float)
                }
            }
            other => Self::Text(rego_text(other)),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }
}

/// A value as Rego text: `{"a": [1, "x"]}`, `set()`.
pub(super) fn rego_text(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::String(text) => quote(text, false),
        Value::Array(items) => format!("[{}]", list(items.iter().map(rego_text).collect())),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", list(items.iter().map(rego_text).collect())),
        Value::Object(entries) => {
            let entries = entries.iter_sorted().map(|(key, value)| format!("{}: {}", rego_text(key), rego_text(value)));
            format!("{{{}}}", list(entries.collect()))
        }
        Value::Number(number) => number.format_decimal(),
        other => other.to_string(),
    }
}

/// Formats; `Err` when the result is longer than `max_bytes`.
pub(super) fn sprintf(format: &str, args: &[Value], max_bytes: usize) -> Result<String, String> {
    let mut printer = Printer {
        rest: format,
        args: args.iter().map(Arg::new).collect(),
        next: 0,
        reordered: false,
        bad_index: false,
        out: String::new(),
    };
    while let Some(at) = printer.rest.find('%') {
        let (text, rest) = printer.rest.split_at(at);
        printer.out.push_str(text);
        printer.rest = rest.get(1..).unwrap_or_default();
        printer.directive();
        if printer.out.len() > max_bytes {
            return Err(format!("sprintf: the result is longer than {max_bytes} bytes"));
        }
    }
    let tail = printer.rest;
    printer.out.push_str(tail);
    printer.surplus();
    Ok(printer.out)
}

/// Flags, width and precision of one directive.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the format")]
struct Spec {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%#v`: as Go source.
    source: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printer<'a> {
    rest: &'a str,
    args: Vec<Arg>,
    next: usize,
    /// Some directive of this format chose its argument.
    reordered: bool,
    /// The current directive chose one that is not there.
    bad_index: bool,
    out: String,
}

impl Printer<'_> {
    fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn directive(&mut self) {
        let mut spec = Spec::default();
        self.bad_index = false;
        loop {
            match self.rest.chars().next() {
                Some('+') => spec.plus = true,
                Some('-') => spec.minus = true,
                Some('#') => spec.sharp = true,
                Some(' ') => spec.space = true,
                Some('0') => spec.zero = true,
                _ => break,
            }
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        let mut chosen = self.index();
        if self.eat('*') {
            self.star_width(&mut spec);
            chosen = false;
        } else {
            spec.width = self.number();
            // Go: "%[3]2d" is an error.
            self.bad_index |= chosen && spec.width.is_some();
        }
        if self.eat('.') {
            self.bad_index |= chosen;
            self.index();
            if self.eat('*') {
                self.star_precision(&mut spec);
            } else {
                spec.precision = Some(self.number().unwrap_or(0));
            }
        }
        self.index();
        let Some(verb) = self.rest.chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return;
        };
        self.rest = self.rest.get(verb.len_utf8()..).unwrap_or_default();
        self.verb(verb, spec);
    }

    fn verb(&mut self, verb: char, spec: Spec) {
        if verb == '%' {
            self.out.push('%');
        } else if self.bad_index {
            self.push_fmt(format_args!("%!{verb}(BADINDEX)"));
        } else if let Some(arg) = self.args.get(self.next).cloned() {
            self.next += 1;
            // Go: of `%+v` and `%#v` the flags mean something else.
            let spec = match verb {
                'v' => Spec { plus: false, sharp: false, source: spec.sharp, ..spec },
                _ => spec,
            };
            let text = print(&arg, verb, spec);
            self.out.push_str(&text);
        } else {
            self.push_fmt(format_args!("%!{verb}(MISSING)"));
        }
    }

    fn push_fmt(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.out.write_fmt(text);
    }

    /// `[n]`: the next argument is the n-th. Whether there was one.
    fn index(&mut self) -> bool {
        if !self.rest.starts_with('[') {
            return false;
        }
        self.reordered = true;
        let Some(end) = self.rest.find(']') else {
            self.bad_index = true;
            self.rest = self.rest.get(1..).unwrap_or_default();
            return false;
        };
        let number = self.rest.get(1..end).and_then(|text| text.parse::<usize>().ok());
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        match number {
            Some(number) if (1..=self.args.len()).contains(&number) => self.next = number - 1,
            _ => self.bad_index = true,
        }
        true
    }

    fn number(&mut self) -> Option<usize> {
        let len = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        let number: usize = digits.parse().ok()?;
        (number <= MAX_FIELD).then_some(number)
    }

    fn star(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        let number = match arg {
            Arg::Int(number) => Some(*number),
            _ => None,
        };
        self.next += 1;
        number.filter(|number| usize::try_from(number.unsigned_abs()).is_ok_and(|size| size <= MAX_FIELD))
    }

    fn star_width(&mut self, spec: &mut Spec) {
        match self.star() {
            None => self.out.push_str("%!(BADWIDTH)"),
            Some(width) => {
                spec.minus |= width < 0;
                spec.width = usize::try_from(width.unsigned_abs()).ok();
            }
        }
    }

    fn star_precision(&mut self, spec: &mut Spec) {
        match self.star() {
            None => self.out.push_str("%!(BADPREC)"),
            // Go: a negative precision counts as none.
            Some(precision) => spec.precision = usize::try_from(precision).ok(),
        }
    }

    fn surplus(&mut self) {
        if self.reordered || self.next >= self.args.len() {
            return;
        }
        let surplus = self.args.iter().skip(self.next);
        let list: Vec<_> =
            surplus.map(|arg| format!("{}={}", arg.type_name(), print(arg, 'v', Spec::default()))).collect();
        self.push_fmt(format_args!("%!(EXTRA {})", list.join(", ")));
    }
}

fn print(arg: &Arg, verb: char, spec: Spec) -> String {
    if verb == 'T' {
        return pad(arg.type_name(), spec, false);
    }
    let printed = match arg {
        Arg::Int(value) => print_int(*value, verb, spec),
        Arg::Big(digits) => print_big(digits, verb, spec),
        Arg::Float(value) => print_float(*value, verb, spec),
        Arg::Text(text) => print_text(text, verb, spec),
    };
    printed.unwrap_or_else(|| format!("%!{verb}({}={})", arg.type_name(), print(arg, 'v', spec)))
}

/// Pads to the width, in characters. Zeros go behind a sign.
fn pad(text: &str, spec: Spec, number: bool) -> String {
    let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    if spec.minus {
        return format!("{text}{}", " ".repeat(missing));
    }
    if !spec.zero {
        return format!("{}{text}", " ".repeat(missing));
    }
    let (sign, digits) = match text.strip_prefix(['+', '-', ' ']) {
        Some(digits) if number => text.split_at(text.len() - digits.len()),
        _ => ("", text),
    };
    format!("{sign}{}{digits}", "0".repeat(missing))
}

fn sign(negative: bool, spec: Spec) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Format, arguments, and what OPA 1.22.2 prints; made with `opa eval`.
    const CASES: &str = include_str!("sprintf_cases.json");

    #[test]
    fn it_prints_what_opa_prints() {
        let cases: Vec<(String, Vec<Value>, String)> = serde_json::from_str(CASES).unwrap();
        let printed = |format: &str, args: &[Value]| sprintf(format, args, 1_000).unwrap();
        let wrong: Vec<_> = cases
            .iter()
            .filter(|(format, args, expected)| printed(format, args) != *expected)
            .map(|(format, args, expected)| format!("{format} {args:?}: {:?}, not {expected:?}", printed(format, args)))
            .collect();
        assert!(wrong.is_empty() && cases.len() > 50, "{wrong:#?}");
    }

    #[test]
    fn a_result_has_an_end() {
        let args = [Value::from(1)];
        assert!(sprintf("%999999d", &args, 1_000).is_err());
        assert_eq!(sprintf("%9999999999d", &args, 1_000).as_deref(), Ok("1"));
    }

    #[test]
    fn composite_values_print_as_rego() {
        let value = Value::from_json_str(r#"{"b": [1, "x\n", null], "a": {}}"#).unwrap();
        assert_eq!(rego_text(&value), r#"{"a": {}, "b": [1, "x\n", null]}"#);
        assert_eq!(rego_text(&Value::new_set()), "set()");
    }
}
