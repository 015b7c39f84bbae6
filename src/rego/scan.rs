//! Our own token scan of a policy, done before the engine sees the file.
//!
//! Owns what the engine cannot be asked without harm: which dialect a file is written in, literals nested so deep that
//! the engine's parser would never end, statements the engine comments on standard error, and `# METADATA` blocks,
//! which its lexer drops. Follows regorus `src/lexer.rs`; must not understand expressions.

use std::collections::BTreeSet;

use crate::source::{SourceFile, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Identifier or keyword.
    Ident,
    /// Quoted string, with its quotes.
    String,
    /// Raw string, with its back quotes.
    RawString,
    /// Number.
    Number,
    /// Operator or bracket.
    Symbol,
}

/// A token with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column as the engine counts: strings and identifiers in bytes, tabs as four.
    column: usize,
}

/// A comment, from `#` to the end of the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    pub(super) span: Span,
    pub(super) line: usize,
    /// Whether nothing but blanks stands before it.
    pub(super) own_line: bool,
}

/// Why a text cannot be scanned, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanError {
    pub(super) message: String,
    pub(super) span: Span,
}

/// All tokens of a file.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

impl Tokens {
    /// Scans a whole file.
    pub(super) fn scan(text: &str) -> Result<Self, ScanError> {
        let mut scanner = Scanner { text, at: 0, line: 1, column: 1, out: Self::default(), fresh: true };
        scanner.run()?;
        Ok(scanner.out)
    }

    /// Scans as far as possible.
    pub(super) fn lenient(text: &str) -> Self {
        let mut scanner = Scanner { text, at: 0, line: 1, column: 1, out: Self::default(), fresh: true };
        // What comes after a mistake has no tokens; places there fall back to lines.
        let _ = scanner.run();
        scanner.out
    }

    /// The token at a place as the engine counts it; the character there where no token starts. Of a reference the engine
    /// names the last dot: all of it is meant.
    pub(super) fn at(&self, file: &SourceFile, line: usize, column: usize) -> Span {
        let exact = self.tokens.iter().position(|token| {
            // The engine points behind the opening quote of a string.
            token.line == line && (token.column == column || (token.kind.is_text() && token.column + 1 == column))
        });
        match exact.and_then(|index| Some((index, self.tokens.get(index)?.span))) {
            Some((index, span)) if file.slice(span) == "." => self.dotted(file, index, span),
            Some((_, span)) => span,
            None => {
                let start = file.offset(crate::source::Position { line, column });
                let next = file.text().get(start..).and_then(|text| text.chars().next());
                Span::new(start, start + next.map_or(0, char::len_utf8))
            }
        }
    }

    /// A span with the whole of the tokens at its ends: spans of the tree leave out the quotes of strings.
    pub(super) fn widen(&self, span: Span) -> Span {
        let around = |at: usize| {
            let index = self.tokens.partition_point(|token| token.span.end <= at);
            self.tokens.get(index).map(|token| token.span).filter(|token| token.start < at)
        };
        let start = around(span.start).map_or(span.start, |token| token.start);
        Span::new(start, around(span.end).map_or(span.end, |token| token.end))
    }

    /// The last token before an offset.
    pub(super) fn before(&self, at: usize) -> Option<&Token> {
        let index = self.tokens.partition_point(|token| token.span.end <= at);
        self.tokens.get(index.checked_sub(1)?)
    }

    /// The dotted names around a dot.
    fn dotted(&self, file: &SourceFile, index: usize, mut span: Span) -> Span {
        let part = |token: &&Token| token.kind == Kind::Ident || file.slice(token.span) == ".";
        for token in self.tokens.iter().take(index).rev().take_while(part) {
            if token.span.end != span.start {
                break;
            }
            span.start = token.span.start;
        }
        for token in self.tokens.iter().skip(index + 1).take_while(part) {
            if token.span.start != span.end {
                break;
            }
            span.end = token.span.end;
        }
        span
    }
}

/// The names that a text has right behind `data`: `a` of `data.a.b` and of `data["a"]`. Counts too many rather than too few.
#[must_use]
pub fn names_below_data(text: &str) -> BTreeSet<String> {
    let tokens = Tokens::lenient(text).tokens;
    let word = |token: &Token| text.get(token.span.start..token.span.end).unwrap_or_default();
    let name = |data: &Token, step: &Token, name: &Token| match (word(data), word(step), name.kind) {
        ("data", ".", Kind::Ident) => Some(word(name)),
        ("data", "[", Kind::String | Kind::RawString) => word(name).get(1..word(name).len() - 1),
        _ => None,
    };
    let triples = tokens.iter().zip(tokens.iter().skip(1)).zip(tokens.iter().skip(2));
    triples.filter_map(|((data, step), at)| name(data, step, at)).map(str::to_owned).collect()
}

impl Kind {
    fn is_text(self) -> bool {
        matches!(self, Self::String | Self::RawString)
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
    out: Tokens,
    /// No token yet on this line.
    fresh: bool,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) -> Result<(), ScanError> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                ' ' => self.step(1, 1),
                '\t' => self.step(1, 4),
                '\r' => self.step(1, 0),
                '\n' => self.newline(),
                '#' => self.comment()?,
                '"' => self.string()?,
                '`' => self.raw_string()?,
                _ if c.is_ascii_alphabetic() || c == '_' => {
                    let len = self.rest().bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                    self.token(Kind::Ident, len);
                }
                _ if c.is_ascii_digit() => {
                    let len = self.rest().bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count();
                    self.token(Kind::Number, len);
                }
                _ if c.is_ascii_punctuation() => {
                    let two = matches!(self.rest().get(..2), Some(":=" | "==" | "!=" | "<=" | ">="));
                    self.token(Kind::Symbol, if two { 2 } else { 1 });
                }
                '\0' => {
                    return Err(
                        self.error("the file holds a NUL character, after which the engine reads no further", 1)
                    );
                }
                _ => return Err(self.error("invalid character", c.len_utf8())),
            }
        }
        Ok(())
    }

    fn error(&self, message: &str, len: usize) -> ScanError {
        ScanError { message: message.to_owned(), span: Span::new(self.at, self.at + len) }
    }

    fn step(&mut self, bytes: usize, columns: usize) {
        self.at += bytes;
        self.column += columns;
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.column = 1;
        self.fresh = true;
    }

    fn token(&mut self, kind: Kind, len: usize) {
        let span = Span::new(self.at, self.at + len);
        self.out.tokens.push(Token { kind, span, line: self.line, column: self.column });
        self.step(len, len);
        self.fresh = false;
    }

    fn comment(&mut self) -> Result<(), ScanError> {
        let len = self.rest().find('\n').unwrap_or(self.rest().len());
        if let Some(nul) = self.rest().get(..len).and_then(|text| text.find('\0')) {
            self.at += nul;
            return Err(self.error("the file holds a NUL character, after which the engine reads no further", 1));
        }
        let span = Span::new(self.at, self.at + len);
        self.out.comments.push(Comment { span, line: self.line, own_line: self.fresh });
        self.at += len;
        Ok(())
    }

    fn string(&mut self) -> Result<(), ScanError> {
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' | '\0' => break,
                '"' if !escaped => {
                    self.token(Kind::String, offset + 1);
                    return Ok(());
                }
                _ => escaped = c == '\\' && !escaped,
            }
        }
        Err(self.error("the string has no closing quote on its line", 1))
    }

    fn raw_string(&mut self) -> Result<(), ScanError> {
        let Some(len) = self.rest().get(1..).and_then(|text| text.find('`')).map(|len| len + 2) else {
            return Err(self.error("the raw string has no closing back quote", 1));
        };
        let text = self.rest().get(..len).unwrap_or_default();
        if text.contains('\0') {
            return Err(self.error("the raw string holds a NUL character", 1));
        }
        let lines = text.matches('\n').count();
        let tail = text.rsplit('\n').next().unwrap_or_default();
        let columns: usize = tail.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
        let span = Span::new(self.at, self.at + len);
        self.out.tokens.push(Token { kind: Kind::RawString, span, line: self.line, column: self.column });
        self.at += len;
        self.line += lines;
        self.column = if lines == 0 { self.column + columns } else { columns + 1 };
        self.fresh = false;
        Ok(())
    }
}
