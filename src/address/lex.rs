//! Cuts addresses and patterns into steps: a word and perhaps an instance key.
//!
//! Knows quoting, not what the words mean. Both grammars share it, so that a pattern reads every
//! address exactly as the parser does.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Why a text is no address or no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AddressError {
    /// What is wrong, without a full stop. Parts of the text in it are not escaped.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
}

impl AddressError {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset }
    }
}

/// Which instance of a `count` or `for_each` block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `[0]`: the same type and the same spelling as `addrs.IntKey` of Terraform.
    Int(i64),
    /// `["key"]`.
    Str(QuotedKey),
    /// `[*]`: instances that are not known yet (Terraform prints it for deferred changes only).
    Wildcard,
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(index) => write!(f, "[{index}]"),
            Self::Str(key) => write!(f, "[{key}]"),
            Self::Wildcard => f.write_str("[*]"),
        }
    }
}

/// A `for_each` key. Compared as the text it means, printed as it was written.
///
/// Terraform escapes what Go's `unicode.IsPrint` refuses (`internal/addrs/instance_key.go`, before that with
/// `%q`), which depends on the Unicode tables of the Go release: only the spelling itself round-trips.
#[derive(Debug, Clone)]
pub struct QuotedKey {
    value: Box<str>,
    spelling: Box<str>,
}

impl QuotedKey {
    /// The key as the configuration has it.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl PartialEq for QuotedKey {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for QuotedKey {}

impl PartialOrd for QuotedKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for QuotedKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl Hash for QuotedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl fmt::Display for QuotedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.spelling)
    }
}

/// A word between dots, with its key.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) word: &'a str,
    pub(super) at: usize,
    pub(super) key: Option<InstanceKey>,
    pub(super) key_at: usize,
}

/// Cuts a whole text into at least one step.
pub(super) fn steps(text: &str) -> Result<Vec<Step<'_>>, AddressError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut steps = vec![lexer.step()?];
    while let Some(c) = lexer.peek() {
        if c != '.' {
            return Err(lexer.error(format!("expected `.` or the end, found `{c}`")));
        }
        lexer.bump(c);
        steps.push(lexer.step()?);
    }
    Ok(steps)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn error(&self, message: impl Into<String>) -> AddressError {
        AddressError::new(self.at, message)
    }

    fn step(&mut self) -> Result<Step<'a>, AddressError> {
        let at = self.at;
        let rest = self.rest();
        let word = rest.split(|c: char| !is_word(c)).next().unwrap_or_default();
        if word.is_empty() {
            return Err(match self.peek() {
                None => self.error("expected a name, found the end"),
                Some(c) => self.error(format!("expected a name, found `{c}`")),
            });
        }
        self.at += word.len();
        let key_at = self.at;
        let key = if self.eat("[") { Some(self.key()?) } else { None };
        Ok(Step { word, at, key, key_at })
    }

    fn key(&mut self) -> Result<InstanceKey, AddressError> {
        let key = if self.eat("*") {
            InstanceKey::Wildcard
        } else if self.eat("\"") {
            InstanceKey::Str(self.quoted()?)
        } else {
            self.int()?
        };
        if self.eat("]") { Ok(key) } else { Err(self.error("expected `]`")) }
    }

    /// Only the spelling that Go prints for an `int`, because only that survives a round trip.
    fn int(&mut self) -> Result<InstanceKey, AddressError> {
        let rest = self.rest();
        let digits = rest.split(|c: char| c != '-' && !c.is_ascii_digit()).next().unwrap_or_default();
        match digits.parse::<i64>() {
            Ok(index) if index.to_string() == digits => {
                self.at += digits.len();
                Ok(InstanceKey::Int(index))
            }
            _ => Err(self.error("an instance key is a quoted string, a whole number or `*`")),
        }
    }

    /// The rest of a string, after its opening quote.
    fn quoted(&mut self) -> Result<QuotedKey, AddressError> {
        let start = self.at;
        let mut value = String::new();
        while let Some(c) = self.peek() {
            if c == '"' {
                let spelling = self.text.get(start..self.at).unwrap_or_default().into();
                self.bump(c);
                return Ok(QuotedKey { value: value.into(), spelling });
            }
            if self.eat("$${") {
                value.push_str("${");
            } else if self.eat("%%{") {
                value.push_str("%{");
            } else if c == '\\' {
                value.push(self.escape()?);
            } else {
                self.bump(c);
                value.push(c);
            }
        }
        Err(AddressError::new(start - 1, "this quote is never closed"))
    }

    /// HCL's escapes, and those of Go's `%q`, which Terraform before 1.1 printed.
    fn escape(&mut self) -> Result<char, AddressError> {
        let start = self.at;
        let unknown = || AddressError::new(start, "unknown escape in a quoted key");
        self.bump('\\');
        let c = self.peek().ok_or_else(unknown)?;
        self.bump(c);
        match c {
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '"' | '\\' => Ok(c),
            'a' => Ok('\u{7}'),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'v' => Ok('\u{b}'),
            'x' => self.hex(2).filter(char::is_ascii).ok_or_else(unknown),
            'u' => self.hex(4).ok_or_else(unknown),
            'U' => self.hex(8).ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }

    fn hex(&mut self, digits: usize) -> Option<char> {
        let hex = self.rest().get(..digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += digits;
        char::from_u32(u32::from_str_radix(hex, 16).ok()?)
    }
}

/// Characters of a name or of a pattern for one. HCL identifiers are a subset: old states hold names that
/// start with a digit, and every Unicode table has other letters.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '-' | '*')
        || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}
