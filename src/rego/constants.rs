//! Constant literals that are nested too deep for the engine's parser, which it gets as the text of JSON.
//!
//! Owns finding them by their tokens, and a text of the same length and lines in which a raw string stands for each: that
//! is a constant too. `rewrite` puts the JSON in its place. What is not JSON (sets, variables, calls) is none of them.

use std::collections::BTreeSet;

use crate::source::Span;

use super::chains;
use super::scan::{Kind, Token, Tokens};

/// Levels that are followed: more than `serde_json` reads.
const MAX_LEVELS: usize = 120;
/// Digits that every reader of numbers takes to mean the same.
const MAX_DIGITS: usize = 15;

/// A constant and its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constant {
    pub(super) span: Span,
    pub(super) json: String,
}

/// The constant that a text begins with; `None` of what JSON cannot write.
#[must_use]
pub fn constant(text: &str) -> Option<serde_json::Value> {
    let (constant, _) = at(text, &Tokens::lenient(text), 0)?;
    serde_json::from_str(&constant.json).ok()
}

/// The constant that begins with the token at this index, and the index of the token behind it.
pub(super) fn at(text: &str, tokens: &Tokens, index: usize) -> Option<(Constant, usize)> {
    let mut reader = Reader { text, tokens: &tokens.tokens, at: index, json: String::new() };
    let start = reader.next()?.span.start;
    reader.at = index;
    // `default` takes no call.
    let before = |back: usize| tokens.tokens.get(index.checked_sub(back)?).map(|token| reader.word(token));
    if matches!(before(1), Some("=" | ":=")) && before(3) == Some("default") {
        return None;
    }
    reader.value(0)?;
    let end = tokens.tokens.get(reader.at.checked_sub(1)?)?.span.end;
    Some((Constant { span: Span::new(start, end), json: reader.json }, reader.at))
}

/// The text with a blank raw string for each constant.
pub(super) fn without(text: &str, constants: &[Constant]) -> String {
    let spans: Vec<Span> = constants.iter().map(|constant| constant.span).collect();
    let mut bytes = chains::without(text, &spans).into_bytes();
    for span in spans {
        for at in [Some(span.start), span.end.checked_sub(1)].into_iter().flatten() {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = b'`';
            }
        }
    }
    // Brackets were replaced by quotes, so this is UTF-8 as before.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    json: String,
}

impl<'a> Reader<'a> {
    fn word(&self, token: &Token) -> &'a str {
        self.text.get(token.span.start..token.span.end).unwrap_or_default()
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| self.word(token))
    }

    fn value(&mut self, level: usize) -> Option<()> {
        let token = self.next().filter(|_| level < MAX_LEVELS)?;
        match (token.kind, self.word(token)) {
            (Kind::Symbol, "[") => self.items("[", "]", |reader| reader.value(level + 1)),
            (Kind::Symbol, "{") => {
                let mut keys = BTreeSet::new();
                self.items("{", "}", |reader| {
                    let key = reader.next()?;
                    // Two values under one key are an error in Rego.
                    reader.string(key).filter(|key| keys.insert(key.clone()))?;
                    reader.next().filter(|colon| reader.word(colon) == ":")?;
                    reader.json.push(':');
                    reader.value(level + 1)
                })
            }
            (Kind::String | Kind::RawString, _) => self.string(token).map(|_| ()),
            (Kind::Ident, word @ ("true" | "false" | "null")) => {
                self.json.push_str(word);
                Some(())
            }
            (Kind::Symbol, "-") => {
                self.json.push('-');
                let number = self.next()?;
                self.number(number)
            }
            _ => self.number(token),
        }
    }

    /// What stands between brackets; a comma may follow the last.
    fn items(&mut self, open: &str, close: &str, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.json.push_str(open);
        let mut first = true;
        while self.peek() != close {
            if !std::mem::take(&mut first) {
                self.json.push(',');
            }
            item(self)?;
            match self.peek() {
                "," => self.at += 1,
                found if found == close => {}
                _ => return None,
            }
        }
        self.at += 1;
        self.json.push_str(close);
        Some(())
    }

    fn string(&mut self, token: &Token) -> Option<String> {
        let word = self.word(token);
        let value = match token.kind {
            Kind::String => serde_json::from_str(word).ok()?,
            Kind::RawString => word.get(1..word.len().checked_sub(1)?)?.to_owned(),
            Kind::Ident | Kind::Number | Kind::Symbol => return None,
        };
        self.json.push_str(&serde_json::Value::String(value.clone()).to_string());
        Some(value)
    }

    fn number(&mut self, token: &Token) -> Option<()> {
        let word = self.word(token);
        let (whole, part) = word.split_once('.').unwrap_or((word, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = whole == "0" || !whole.starts_with('0');
        if token.kind != Kind::Number || !is_digits(whole) || !is_digits(part) || !is_plain || word.len() > MAX_DIGITS {
            return None;
        }
        self.json.push_str(word);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        let tokens = Tokens::scan(text).unwrap();
        at(text, &tokens, 0).map(|(constant, _)| constant.json)
    }

    #[test]
    fn constants_are_read_as_json() {
        let text = "{\"a\": [1, -2.5, `b\\`,], # why\n \"c\\u00e9\": {}, \"d\": [null, true,],}";
        assert_eq!(json(text).as_deref(), Some("{\"a\":[1,-2.5,\"b\\\\\"],\"c\u{e9}\":{},\"d\":[null,true]}"));
        for other in [
            "{1}",
            "[x]",
            "{\"a\": f(1)}",
            "{\"a\": 1, \"a\": 2}",
            "[1 | true]",
            "[1",
            "{1: 2}",
            "[1e3]",
            "[01]",
            "[- -1]",
        ] {
            assert_eq!(json(other), None, "{other}");
        }
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(json(&deep(100)).is_some());
        assert!(json(&deep(200)).is_none());
    }

    #[test]
    fn a_raw_string_of_the_same_lines_stands_for_a_constant() {
        let text = "x := {\n\"a\": \"\u{e9}\"\n} # c\n";
        let tokens = Tokens::scan(text).unwrap();
        let (constant, behind) = at(text, &tokens, 2).unwrap();
        assert_eq!(&text[constant.span.start..constant.span.end], "{\n\"a\": \"\u{e9}\"\n}");
        assert_eq!((behind, tokens.tokens.len()), (7, 7));
        let masked = without(text, &[constant]);
        assert_eq!(masked, "x := `\n         \n` # c\n");
        assert_eq!(masked.len(), text.len());
        let text = "default x := {}";
        assert!(at(text, &Tokens::scan(text).unwrap(), 3).is_none());
    }
}
