//! Patterns of regular expressions as OPA reads them: RE2 in Go's words, translated for the `regex` crate.
//!
//! The crate reads `\w` as Unicode, `{` and `[` stricter, and knows `&&`, `--`, `~~` and `\<`, which Go does not: such patterns
//! are invalid or match something else, and the rule never fires. Follows Go's `regexp/syntax/parse.go` with the flags of
//! `regexp.Compile` (<https://github.com/google/re2/wiki/Syntax>).

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

/// Most bytes of a compiled pattern: `^\p{L}{1,1000}$` and its like need some 20 MiB.
const MAX_COMPILED: usize = 32 << 20;
/// Go's most repetitions.
const MAX_REPEAT: u32 = 1_000;
/// Compiled patterns kept for each thread.
const MAX_CACHED: usize = 64;

/// Why there is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Invalid {
    /// It is none.
    Pattern(String),
    /// It is too big.
    Size,
}

thread_local! {
    static CACHE: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

/// The regular expression of a pattern.
pub(super) fn compile(pattern: &str) -> Result<Regex, Invalid> {
    if let Some(regex) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(regex);
    }
    let source = translate(pattern).map_err(Invalid::Pattern)?;
    let regex = RegexBuilder::new(&source).size_limit(MAX_COMPILED).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Invalid::Size,
        error => Invalid::Pattern(reason(&error)),
    })?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(pattern.to_owned(), regex.clone());
    });
    Ok(regex)
}

/// The sentence of an error that draws a picture of the translated pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// A pattern in the words of the `regex` crate.
fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator { rest: pattern, out: String::with_capacity(pattern.len() + 8), repeatable: false };
    translator.run()?;
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    /// Whether the last thing may be repeated.
    repeatable: bool,
}

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&literal(c));
        self.repeatable = true;
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.repeatable = true;
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.group()?,
                '|' => {
                    self.next();
                    self.out.push('|');
                    self.repeatable = false;
                }
                '[' => self.class()?,
                '\\' => self.escape()?,
                '.' | '^' | '$' | ')' => {
                    self.next();
                    self.out.push(c);
                    self.repeatable = true;
                }
                '*' | '+' | '?' => {
                    self.next();
                    self.repeat(&c.to_string())?;
                }
                '{' => {
                    if let Some((text, rest)) = counted(self.rest)? {
                        self.rest = rest;
                        self.repeat(&text)?;
                    } else {
                        self.next();
                        self.literal('{');
                    }
                }
                c => {
                    self.next();
                    self.literal(c);
                }
            }
        }
        Ok(())
    }

    /// A repetition: not of nothing, and not of another.
    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        if !self.repeatable {
            return Err(format!("missing argument to repetition operator: `{operator}`"));
        }
        self.out.push_str(operator);
        if self.eat("?") {
            self.out.push('?');
        }
        let stacked = self.rest.starts_with(['*', '+', '?']) || counted(self.rest)?.is_some();
        if stacked { Err("invalid nested repetition operator".to_owned()) } else { Ok(()) }
    }

    fn group(&mut self) -> Result<(), String> {
        self.repeatable = false;
        for name in ["(?P<", "(?<"] {
            if self.eat(name) {
                let end = self.rest.find('>').ok_or("invalid named capture")?;
                let (name, rest) = self.rest.split_at(end);
                if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    return Err(format!("invalid named capture: `{name}`"));
                }
                self.out.push_str("(?P<");
                self.out.push_str(name);
                self.out.push('>');
                self.rest = rest.get(1..).unwrap_or_default();
                return Ok(());
            }
        }
        if !self.eat("(?") {
            self.next();
            self.out.push('(');
            return Ok(());
        }
        let end = self.rest.find([':', ')']).ok_or("missing closing )")?;
        let (flags, rest) = self.rest.split_at(end);
        let (on, off) = flags.split_once('-').unwrap_or((flags, "i"));
        let known = |flags: &str| flags.chars().all(|flag| "imsU".contains(flag));
        if !known(on) || !known(off) || off.is_empty() || (flags.is_empty() && rest.starts_with(')')) {
            return Err(format!("invalid or unsupported Perl syntax: `(?{flags}`"));
        }
        let flags =
            unique(on) + if flags.contains('-') { "-" } else { "" } + if flags.contains('-') { off } else { "" };
        self.out.push_str("(?");
        self.out.push_str(&flags);
        self.out.push_str(rest.get(..1).unwrap_or_default());
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        if self.eat("\\Q") {
            let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
            text.chars().for_each(|c| self.literal(c));
            self.rest = rest;
            return Ok(());
        }
        for (escape, text) in [("\\A", "\\A"), ("\\z", "\\z"), ("\\b", "(?-u:\\b)"), ("\\B", "(?-u:\\B)")] {
            if self.eat(escape) {
                self.put(text);
                return Ok(());
            }
        }
        if let Some((items, negated)) = self.perl_class() {
            self.put(&if negated { format!("[^{items}]") } else { format!("[{items}]") });
            return Ok(());
        }
        if let Some(class) = self.unicode_class()? {
            self.put(&class);
            return Ok(());
        }
        let c = self.escaped()?;
        self.literal(c);
        Ok(())
    }

    /// `\d` and its like: the ASCII members, and whether all others are meant.
    fn perl_class(&mut self) -> Option<(&'static str, bool)> {
        const CLASSES: [(&str, &str, bool); 6] = [
            ("\\d", "0-9", false),
            ("\\D", "0-9", true),
            ("\\s", "\\t\\n\\x0C\\r\\x20", false),
            ("\\S", "\\t\\n\\x0C\\r\\x20", true),
            ("\\w", "0-9A-Za-z_", false),
            ("\\W", "0-9A-Za-z_", true),
        ];
        let (_, items, negated) = CLASSES.into_iter().find(|(escape, _, _)| self.eat(escape))?;
        Some((items, negated))
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`.
    fn unicode_class(&mut self) -> Result<Option<String>, String> {
        let mut negated = match (self.eat("\\p"), self.rest) {
            (true, _) => false,
            (false, _) if self.eat("\\P") => true,
            _ => return Ok(None),
        };
        let mut name = if self.eat("{") {
            let (name, rest) = self.rest.split_once('}').ok_or("invalid character class range: `\\p{`")?;
            self.rest = rest;
            name.to_owned()
        } else {
            self.next().map(String::from).ok_or("invalid character class range: `\\p`")?
        };
        if let Some(rest) = name.strip_prefix('^') {
            negated = !negated;
            name = rest.to_owned();
        }
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("invalid character class range: `\\p{{{name}}}`"));
        }
        Ok(Some(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' })))
    }

    /// The character that a backslash and what follows stand for.
    fn escaped(&mut self) -> Result<char, String> {
        self.next();
        let c = self.next().ok_or("trailing backslash at end of expression")?;
        let invalid = || format!("invalid escape sequence: `\\{c}`");
        Ok(match c {
            '0' => self.octal(0),
            '1'..='7' if self.rest.starts_with(|next: char| ('0'..='7').contains(&next)) => {
                self.octal(c.to_digit(8).unwrap_or_default())
            }
            'x' => {
                let (digits, rest) = match self.rest.strip_prefix('{') {
                    Some(rest) => rest.split_once('}').ok_or_else(invalid)?,
                    None => self.rest.split_at_checked(2).ok_or_else(invalid)?,
                };
                if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(invalid());
                }
                self.rest = rest;
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or_else(invalid)?
            }
            'a' => '\x07',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            _ => return Err(invalid()),
        })
    }

    fn octal(&mut self, first: u32) -> char {
        let mut value = first;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.next();
        }
        char::from_u32(value).unwrap_or_default()
    }

    fn class(&mut self) -> Result<(), String> {
        self.next();
        self.out.push('[');
        if self.eat("^") {
            self.out.push('^');
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(class) = self.posix_class()? {
                self.out.push_str(&class);
            } else if let Some(class) = self.unicode_class()? {
                self.out.push_str(&class);
            } else if let Some((items, negated)) = self.perl_class() {
                let class = if negated { format!("[^{items}]") } else { items.to_owned() };
                self.out.push_str(&class);
            } else {
                self.range()?;
            }
        }
        self.next();
        self.put("]");
        Ok(())
    }

    /// `[:alpha:]`, which both know.
    fn posix_class(&mut self) -> Result<Option<String>, String> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) else {
            return Ok(None);
        };
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("invalid character class range: `[:{name}:]`"));
        }
        self.rest = rest;
        Ok(Some(format!("[:{name}:]")))
    }

    fn range(&mut self) -> Result<(), String> {
        let low = self.class_char()?;
        let mut after = self.rest.chars();
        let high = match (after.next(), after.next()) {
            (Some('-'), Some(next)) if next != ']' => {
                self.next();
                self.class_char()?
            }
            _ => low,
        };
        if high < low {
            return Err(format!("invalid character class range: `{low}-{high}`"));
        }
        self.out.push_str(&code(low));
        if high != low {
            self.out.push('-');
            self.out.push_str(&code(high));
        }
        Ok(())
    }

    fn class_char(&mut self) -> Result<char, String> {
        if self.rest.starts_with('\\') {
            return self.escaped();
        }
        self.next().ok_or_else(|| "missing closing ]".to_owned())
    }
}

/// A repetition like `{2,5}` at the beginning of `text`, and what follows it. Anything else is literal text.
fn counted(text: &str) -> Result<Option<(String, &str)>, String> {
    let Some((inner, rest)) = text.strip_prefix('{').and_then(|inner| inner.split_once('}')) else { return Ok(None) };
    let (low, high) = inner.split_once(',').map_or((inner, None), |(low, high)| (low, Some(high)));
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    if !is_number(low) || !high.is_none_or(|high| high.is_empty() || is_number(high)) {
        return Ok(None);
    }
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= MAX_REPEAT);
    let size = || format!("invalid repeat count: `{{{inner}}}`");
    let low = number(low).ok_or_else(size)?;
    if let Some(high) = high.filter(|high| !high.is_empty())
        && number(high).ok_or_else(size)? < low
    {
        return Err(size());
    }
    Ok(Some((format!("{{{inner}}}"), rest)))
}

/// Flags without those named before: the crate refuses repetitions.
fn unique(flags: &str) -> String {
    let mut seen = String::new();
    for flag in flags.chars() {
        if !seen.contains(flag) {
            seen.push(flag);
        }
    }
    seen
}

fn literal(c: char) -> String {
    regex::escape(c.encode_utf8(&mut [0; 4]))
}

/// A character in a class.
fn code(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}

/// The pattern of a template: `raw{pattern}raw`, with other delimiters.
pub(super) fn template(template: &str, start: char, end: char) -> Result<String, String> {
    let unbalanced = || format!("unbalanced braces in {template:?}");
    let mut pattern = String::from("^");
    let (mut level, mut raw, mut from) = (0_usize, 0, 0);
    for (at, c) in template.char_indices() {
        if c == start {
            level += 1;
            if level == 1 {
                from = at;
            }
        } else if c == end {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                let inner = template.get(from + start.len_utf8()..at).unwrap_or_default();
                let capturing = translate(inner).ok().and_then(|inner| Regex::new(&inner).ok());
                if capturing.is_none_or(|regex| regex.captures_len() > 1) {
                    return Err(format!("{inner:?} is no pattern without capturing groups"));
                }
                pattern.push_str(&regex::escape(template.get(raw..from).unwrap_or_default()));
                pattern.push('(');
                pattern.push_str(inner);
                pattern.push(')');
                raw = at + end.len_utf8();
            }
        }
    }
    if level != 0 {
        return Err(unbalanced());
    }
    pattern.push_str(&regex::escape(template.get(raw..).unwrap_or_default()));
    pattern.push('$');
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case(String, String, Option<bool>);

    #[test]
    fn patterns_match_what_opa_matches() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("re2_cases.json")).unwrap();
        assert!(cases.len() >= 60);
        let mut wrong = Vec::new();
        for Case(pattern, text, expected) in cases {
            let got = compile(&pattern).map(|regex| regex.is_match(&text));
            if got.clone().ok() != expected {
                wrong.push(format!("{pattern} on {text:?}: {got:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
