//! JSON with places: a scan of a text that `serde_json` has found valid.
//!
//! Owns where each key and value stands; nesting is bounded. Must not know what a key means.

use std::sync::Arc;

use serde_json::Value as Json;

/// Deepest nesting that is read; Terraform configurations are seldom ten deep.
const MAX_DEPTH: usize = 128;

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    Object(Vec<Entry>),
    Array(Vec<Node>),
    /// A string, a number, a truth value or `null`.
    Scalar(Json),
}

/// An entry of an object; equal keys may stand side by side.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Arc<str>,
    pub(super) at: usize,
    pub(super) value: Node,
}

/// Why a text is not read, and at which byte.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) at: usize,
    pub(super) message: String,
}

/// The value a text holds.
pub(super) fn scan(text: &str) -> Result<Node, Broken> {
    let mut scanner = Scanner { text, at: 0 };
    let node = scanner.value(0)?;
    scanner.skip_space();
    if scanner.at < text.len() { Err(scanner.broken("something follows the value")) } else { Ok(node) }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn broken(&self, message: &str) -> Broken {
        Broken { at: self.at, message: message.to_owned() }
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn skip_space(&mut self) {
        let space = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += space;
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        self.skip_space();
        if depth > MAX_DEPTH {
            return Err(self.broken("it is nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            _ => self.scalar().map(Node::Scalar),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node, Broken> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.take(b'}') {
            return Ok(Node::Object(entries));
        }
        loop {
            self.skip_space();
            let at = self.at;
            let Json::String(key) = self.scalar()? else { return Err(self.broken("a key is no string")) };
            if !self.take(b':') {
                return Err(self.broken("`:` is missing"));
            }
            entries.push(Entry { key: key.into(), at, value: self.value(depth + 1)? });
            if self.take(b'}') {
                return Ok(Node::Object(entries));
            }
            if !self.take(b',') {
                return Err(self.broken("`,` or `}` is missing"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node, Broken> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Node::Array(items));
            }
            if !self.take(b',') {
                return Err(self.broken("`,` or `]` is missing"));
            }
        }
    }

    fn scalar(&mut self) -> Result<Json, Broken> {
        let length = self.scalar_length();
        let text = self.text.get(self.at..self.at + length).unwrap_or_default();
        let value = serde_json::from_str(text).map_err(|error| self.broken(&error.to_string()))?;
        self.at += length;
        Ok(value)
    }

    fn scalar_length(&self) -> usize {
        let bytes = self.rest();
        if bytes.first() != Some(&b'"') {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\n' | b'\r');
            return bytes.iter().position(ends).unwrap_or(bytes.len());
        }
        let mut escaped = false;
        for (at, byte) in bytes.iter().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return at + 1,
                _ => {}
            }
        }
        bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_gives_the_place_of_every_key() {
        let text = "{\n  \"a\": [1, {\"b\\\"\": \"x\"}],\n  \"a\": null\n}";
        let Node::Object(entries) = scan(text).unwrap() else { panic!("an object") };
        assert_eq!(entries.iter().map(|entry| (&*entry.key, entry.at)).collect::<Vec<_>>(), [("a", 4), ("a", 30)]);
        let Node::Array(items) = &entries[0].value else { panic!("an array") };
        let Node::Object(inner) = &items[1] else { panic!("an object") };
        assert_eq!(&*inner[0].key, "b\"");
    }

    #[test]
    fn what_is_no_json_is_refused_without_recursing_for_ever() {
        let deep = "[".repeat(100_000);
        assert!(scan(&deep).unwrap_err().message.contains("deeply"));
        for text in ["", "{", "{\"a\"", "{\"a\":", "[1", "[1,]", "{\"a\":1,}", "nul", "1 2", "{1:2}", "\"a", "[\u{1}]"]
        {
            assert!(scan(text).is_err(), "{text}");
        }
    }
}
