//! Text files people wrote (configuration, waivers, policies) and places in them.
//!
//! The one bridge to miette: nothing else makes a miette source. Plans never come here: their
//! text holds secrets, and their errors carry offset, line, column and JSON path as words.

use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text;

/// Widest part of a source line that a diagnostic shows, in characters.
const MAX_COLUMNS: usize = 200;

/// Most open brackets of a YAML text.
pub const MAX_DEPTH: usize = 1_000;

/// Where open brackets are more than any document needs: the reader of YAML takes a time that grows with their square
/// before it says so. Brackets within texts count too, which matters to nobody.
#[must_use]
pub fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

/// A named text; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
}

/// A range of bytes in a [`SourceFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span of the bytes from `start` up to but not including `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A place in a text, as people count: both start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl SourceFile {
    /// A text under the name that messages use for it (a path as the user wrote it).
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name, unescaped.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; an offset past the end counts as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// The byte offset of a line and column, both from 1 and the column in characters; the end of the
    /// line (or text) where the column (or line) is past it.
    #[must_use]
    pub fn offset(&self, position: Position) -> usize {
        let mut start = 0;
        for line in self.text.split_inclusive('\n').take(position.line.saturating_sub(1)) {
            start += line.len();
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let column = line.char_indices().nth(position.column.saturating_sub(1));
        start + column.map_or(line.len(), |(at, _)| at)
    }

    /// The text under a span; empty where the span does not fit.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// A span made ready to be shown: its line and the neighbours, cropped and with deceptive characters
/// made visible, so that neither a one-line file of megabytes nor an escape sequence reaches a terminal.
#[derive(Debug, Clone)]
pub struct Excerpt {
    name: String,
    text: String,
    /// Lines of the file before `text`.
    first_line: usize,
    /// The span, as bytes of `text`.
    span: Span,
}

impl Excerpt {
    /// The excerpt around `span`; a span over several lines is cut at the end of its first line.
    #[must_use]
    pub fn new(file: &SourceFile, span: Span) -> Self {
        let line = file.position(span.start).line;
        let first_line = line.saturating_sub(2);
        let mut excerpt = Self {
            name: text::one_line(file.name()).into_owned(),
            text: String::new(),
            first_line,
            span: Span::default(),
        };
        let mut start = 0;
        for (number, raw) in file.text().split('\n').enumerate().take(line + 1) {
            if number >= first_line {
                if !excerpt.text.is_empty() || number > first_line {
                    excerpt.text.push('\n');
                }
                if number + 1 == line {
                    excerpt.push_marked(raw, span.start.saturating_sub(start), span.end.saturating_sub(start));
                } else {
                    excerpt.text.push_str(&shown(&text::truncate(raw.trim_end_matches('\r'), MAX_COLUMNS)));
                }
            }
            start += raw.len() + 1;
        }
        excerpt
    }

    /// Appends the line that holds the span, cropped to [`MAX_COLUMNS`] around it.
    fn push_marked(&mut self, raw: &str, start: usize, end: usize) {
        let line = raw.trim_end_matches('\r');
        let (head, rest) = line.split_at_checked(start.min(line.len())).unwrap_or((line, ""));
        let (marked, tail) = rest.split_at_checked(end.saturating_sub(start).min(rest.len())).unwrap_or((rest, ""));
        let marked = text::truncate(marked, MAX_COLUMNS / 2);
        let skip = head.chars().count().saturating_sub(MAX_COLUMNS / 4);
        if skip > 0 {
            self.text.push('…');
        }
        self.text.push_str(&shown(&head.chars().skip(skip).collect::<String>()));
        let from = self.text.len();
        self.text.push_str(&shown(&marked));
        self.span = Span::new(from, self.text.len());
        self.text.push_str(&shown(&text::truncate(tail, MAX_COLUMNS / 4)));
    }

    /// The span within the excerpt.
    #[must_use]
    pub fn span(&self) -> SourceSpan {
        (self.span.start, self.span.end - self.span.start).into()
    }
}

/// A piece of a line, safe to show. A tab is how policies are indented, and nothing to be pointed at.
fn shown(text: &str) -> String {
    text::one_line(&text.replace('\t', "    ")).into_owned()
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.first_line,
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one_and_round_trip() {
        let file = SourceFile::new("a.toml", "äb = 1\nc = 2\n");
        let offset = file.text().find('c').unwrap();
        assert_eq!(file.position(offset), Position { line: 2, column: 1 });
        assert_eq!(file.position(3), Position { line: 1, column: 3 });
        assert_eq!(file.offset(Position { line: 1, column: 3 }), 3);
        assert_eq!(file.offset(Position { line: 9, column: 1 }), file.text().len());
    }

    #[test]
    fn an_excerpt_of_a_huge_line_is_short_and_shows_no_escape_sequence() {
        let line = format!("{}\x1b[31mBAD\x1b[0m{}", "x".repeat(100_000), "y".repeat(100_000));
        let at = line.find("BAD").unwrap();
        let excerpt = Excerpt::new(&SourceFile::new("evil\x1b.toml", line), Span::new(at, at + 3));
        assert!(excerpt.text.chars().count() < 2 * MAX_COLUMNS, "{}", excerpt.text.len());
        assert!(!excerpt.text.contains('\x1b') && !excerpt.name.contains('\x1b'));
        let span = excerpt.span;
        assert_eq!(excerpt.text.get(span.start..span.end), Some("BAD"));
    }

    #[test]
    fn an_excerpt_keeps_the_line_number_of_the_file() {
        let file = SourceFile::new("a", "one\ntwo\nthree\nfour\nfive");
        let at = file.text().find("four").unwrap();
        let excerpt = Excerpt::new(&file, Span::new(at, at + 4));
        let contents = excerpt.read_span(&excerpt.span(), 0, 0).unwrap();
        assert_eq!(contents.line(), 3, "miette counts lines from 0");
    }
}
