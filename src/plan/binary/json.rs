//! Writes JSON text, up to a limit.
//!
//! Must not know what is written.

use super::fault::Fault;

/// Most bytes that a plan may have as JSON.
const MAX_TEXT: usize = 1 << 30;

/// JSON text that grows.
#[derive(Debug, Default)]
pub(super) struct Json {
    text: String,
    full: bool,
    /// An element or entry stands before the next one.
    comma: bool,
}

impl Json {
    /// Text with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes.min(MAX_TEXT)), ..Self::default() }
    }

    /// The text; a fault where it would be longer than it may be.
    pub(super) fn finish(self) -> Result<String, Fault> {
        self.check().map(|()| self.text)
    }

    /// Whether it is still within the limit.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.full {
            return Err(Fault::TooLarge(format!("as JSON it has more than {} MiB", MAX_TEXT >> 20)));
        }
        Ok(())
    }

    /// JSON that is at hand.
    pub(super) fn raw(&mut self, json: &str) {
        if self.text.len().saturating_add(json.len()) > MAX_TEXT {
            self.full = true;
        } else {
            self.text.push_str(json);
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// A string, quoted and escaped (RFC 8259, section 7).
    pub(super) fn string(&mut self, value: &str) {
        let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        self.raw("\"");
        // Nearly every string is plain, and to look at all of it is many bytes at a time.
        if !value.bytes().fold(false, |found, byte| found | is_special(byte)) {
            self.raw(value);
            self.raw("\"");
            return;
        }
        let mut rest = value;
        while let Some(at) = rest.bytes().position(is_special) {
            let (plain, special) = rest.split_at(at);
            self.raw(plain);
            let (first, after) = special.split_at(1);
            match first {
                "\"" => self.raw("\\\""),
                "\\" => self.raw("\\\\"),
                "\n" => self.raw("\\n"),
                control => {
                    let code = control.bytes().next().unwrap_or_default();
                    self.raw(&format!("\\u{code:04x}"));
                }
            }
            rest = after;
        }
        self.raw(rest);
        self.raw("\"");
    }

    /// An array.
    pub(super) fn array<I: IntoIterator>(&mut self, items: I, write: impl FnMut(&mut Self, I::Item)) {
        self.raw("[");
        self.list(items, write);
        self.raw("]");
    }

    /// Elements of an array, at least one, without its brackets.
    pub(super) fn list<I: IntoIterator>(&mut self, items: I, mut write: impl FnMut(&mut Self, I::Item)) {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.raw(",");
            }
            write(self, item);
        }
    }

    /// What was written elsewhere.
    pub(super) fn append(&mut self, other: &Self) {
        self.full |= other.full;
        self.raw(&other.text);
    }

    /// An object of these entries.
    pub(super) fn object<'k, V>(
        &mut self,
        entries: impl IntoIterator<Item = (&'k str, V)>,
        mut write: impl FnMut(&mut Self, V),
    ) {
        self.open();
        for (key, value) in entries {
            self.field(key, |out| write(out, value));
        }
        self.close();
    }

    /// Begins an object whose fields are written one by one.
    pub(super) fn open(&mut self) {
        self.raw("{");
        self.comma = false;
    }

    /// A field of the object begun last.
    pub(super) fn field(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        if self.comma {
            self.raw(",");
        }
        self.string(key);
        self.raw(":");
        self.comma = false;
        write(self);
        self.comma = true;
    }

    /// A field that is a string.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.field(key, |out| out.string(value));
    }

    /// A field that is a string, unless there is none.
    pub(super) fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A field whose value was written piece by piece is complete.
    pub(super) fn after_value(&mut self) {
        self.comma = true;
    }

    /// Ends the object.
    pub(super) fn close(&mut self) {
        self.raw("}");
        self.comma = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut out = Json::default();
        let odd = "quote \" slash \\ \n\r\t\u{0}\u{1f} ü 🦀 \u{2028}";
        out.open();
        out.text(odd, odd);
        out.field("list", |out| out.array([1, 2], |out, n: i32| out.raw(&n.to_string())));
        out.field("empty", |out| {
            out.open();
            out.close();
        });
        out.field("objects", |out| {
            out.array([["a", "b"], ["c", "d"]], |out, keys| out.object(keys.map(|key| (key, key)), Json::string));
        });
        out.optional("absent", None);
        out.close();
        let read: serde_json::Value = serde_json::from_str(&out.finish().unwrap()).unwrap();
        let expected = serde_json::json!({odd: odd, "list": [1, 2], "empty": {},
            "objects": [{"a": "a", "b": "b"}, {"c": "c", "d": "d"}]});
        assert_eq!(read, expected);
    }
}
