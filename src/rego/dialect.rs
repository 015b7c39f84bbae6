//! In which Rego a file is written, and the text the engine gets for it.
//!
//! Decided from tokens before the engine sees the file: the engine comments a bare `import input` and a keyword that was not
//! imported on standard error (regorus `src/parser.rs` `warn_future_keyword`, `src/interpreter.rs` `process_imports`).

use std::collections::BTreeSet;

use crate::source::Span;

use super::Dialect;
use super::constants::{self, Constant};
use super::scan::{Kind, Token, Tokens};

/// Keywords of version 1 that version 0 has to import.
const KEYWORDS: [&str; 4] = ["contains", "every", "if", "in"];
/// Brackets within each other of which the engine's parser reads the inside twice. It takes twice as long for every level:
/// 1 s for 14, for ever for 31.
const MAX_NESTING: usize = 12;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: String,
    pub(super) span: Span,
}

/// An `import` statement as its tokens say.
#[derive(Debug)]
struct ImportLine<'a> {
    span: Span,
    path: Vec<&'a str>,
    aliased: bool,
}

/// The open brackets while going through tokens.
///
/// The engine's parser first takes a literal for a comprehension, and what it has read by then is the first item; of a
/// comprehension it reads every statement as an assignment first (regorus 0.14.1 `src/parser.rs`, `parse_compr`,
/// `parse_assign_expr`). Items behind a comma are read once, and parentheses cost nothing.
#[derive(Default)]
struct Nesting {
    open: Vec<Open>,
    /// Where the token before ended, if an operand can end with it.
    operand: Option<usize>,
}

struct Open {
    /// Index of its token.
    token: usize,
    /// Of a literal, a comprehension or a body; not an index or a parenthesis.
    is_literal: bool,
    /// What comes next is read twice.
    twice: bool,
}

impl Nesting {
    /// Takes the next token, and says whether it opens more than the parser can bear.
    fn is_too_deep(&mut self, text: &str, index: usize, token: &Token) -> bool {
        let word = word(text, token);
        let adjacent = self.operand.take() == Some(token.span.start);
        if token.kind == Kind::Ident || (token.kind == Kind::Symbol && matches!(word, "]" | ")" | "}")) {
            self.operand = Some(token.span.end);
        }
        if token.kind != Kind::Symbol {
            return false;
        }
        match word {
            "[" | "{" | "(" => {
                let is_literal = word == "{" || (word == "[" && !adjacent);
                self.open.push(Open { token: index, is_literal, twice: is_literal });
                return is_literal && self.open.iter().filter(|open| open.twice).count() > MAX_NESTING;
            }
            "]" | "}" | ")" => drop(self.open.pop()),
            "," | "|" => {
                if let Some(open) = self.open.last_mut().filter(|open| open.is_literal) {
                    open.twice = word == "|";
                }
            }
            _ => {}
        }
        false
    }
}

/// The constants that are nested too deep; the largest around each place that is.
pub(super) fn deep_constants(text: &str, tokens: &Tokens) -> Vec<Constant> {
    let mut found = Vec::new();
    let mut nesting = Nesting::default();
    let mut index = 0;
    while let Some(token) = tokens.tokens.get(index) {
        index += 1;
        if !nesting.is_too_deep(text, index - 1, token) {
            continue;
        }
        let constant = nesting
            .open
            .iter()
            .enumerate()
            .filter(|(_, open)| open.is_literal)
            .find_map(|(level, open)| Some((level, constants::at(text, tokens, open.token)?)));
        // What else there is too deep is no matter: the file is refused.
        let Some((level, (constant, behind))) = constant else { break };
        nesting.open.truncate(level);
        nesting.operand = Some(constant.span.end);
        found.push(constant);
        index = behind;
    }
    found
}

/// A file's tokens with their text.
pub(super) struct Scan<'a> {
    text: &'a str,
    pub(super) tokens: &'a Tokens,
    imports: Vec<ImportLine<'a>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a Tokens) -> Self {
        let imports = imports(text, &tokens.tokens);
        Self { text, tokens, imports }
    }

    fn word(&self, token: &Token) -> &'a str {
        word(self.text, token)
    }

    /// The dialects to try, in this order; the error of the first counts.
    pub(super) fn candidates(&self, declared: Dialect) -> Vec<Dialect> {
        // OPA: this import makes a file version 1 whatever else was said.
        if self.imports_v1() {
            return vec![Dialect::V1];
        }
        match declared {
            Dialect::V0 | Dialect::V1 => vec![declared],
            // A file of version 1 may import what it has anyway.
            Dialect::Auto if self.imports.iter().any(ImportLine::is_future) => vec![Dialect::V0, Dialect::V1],
            Dialect::Auto if self.heads().any(|(_, word)| word == "if" || word == "contains") => vec![Dialect::V1],
            Dialect::Auto => vec![Dialect::V1, Dialect::V0],
        }
    }

    fn imports_v1(&self) -> bool {
        self.imports.iter().any(|import| import.path == ["rego", "v1"])
    }

    /// Whether the file asks for the negation of whole statements. The import is not in the text for the engine.
    pub(super) fn negates_whole(&self) -> bool {
        self.imports
            .iter()
            .any(|import| matches!(import.path.as_slice(), ["future", "keywords"] | ["future", "keywords", "not"]))
    }

    /// The text for the engine: as long as the file, with what it would comment on or refuse blanked.
    pub(super) fn text_for(&self, dialect: Dialect) -> String {
        let mut text = self.text.as_bytes().to_vec();
        for import in &self.imports {
            let bare_input = import.path == ["input"] && !import.aliased;
            // The engine refuses it beside `rego.v1`, and in version 1 it says nothing new; it knows nothing of `not`.
            let negation = import.path == ["future", "keywords", "not"];
            let implied = negation || (dialect == Dialect::V1 && import.is_known_future());
            if bare_input || implied {
                for byte in text.get_mut(import.span.start..import.span.end).unwrap_or_default() {
                    if *byte != b'\n' {
                        *byte = b' ';
                    }
                }
            }
        }
        // Whole tokens were replaced by blanks, so this is UTF-8 as before.
        String::from_utf8(text).unwrap_or_else(|_| self.text.to_owned())
    }

    /// What must not reach the engine in this dialect.
    pub(super) fn faults(&self, dialect: Dialect) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.nesting().into_iter().chain(self.reserved()).collect();
        if dialect == Dialect::V0 {
            faults.extend(self.missing_keyword());
        }
        faults
    }

    /// A literal nested too deep.
    fn nesting(&self) -> Option<Fault> {
        let mut nesting = Nesting::default();
        let mut tokens = self.tokens.tokens.iter().enumerate();
        tokens.find(|(index, token)| nesting.is_too_deep(self.text, *index, token)).map(|(_, token)| Fault {
            message: format!("brackets are nested more than {MAX_NESTING} levels deep"),
            help: "name the inner values in rules of their own, or load the data as JSON: the time to parse doubles with every \
                   level"
                .to_owned(),
            span: token.span,
        })
    }

    /// A name that the engine takes for something else than Rego does.
    fn reserved(&self) -> Option<Fault> {
        let token = self.tokens.tokens.iter().find(|token| self.word(token) == "__target__")?;
        Some(Fault {
            message: "`__target__` is reserved by the policy engine".to_owned(),
            help: "give the rule another name".to_owned(),
            span: token.span,
        })
    }

    /// A keyword used as such in version 0 without its import.
    fn missing_keyword(&self) -> Option<Fault> {
        let imported = self.imported_keywords();
        let (token, word) = self.keyword_uses().find(|(_, word)| !imported.contains(word))?;
        Some(Fault {
            message: format!("`{word}` is no keyword in this file, which is written in Rego version 0"),
            help: format!("add `import future.keywords.{word}`, or `import rego.v1` to write version 1"),
            span: token.span,
        })
    }

    fn imported_keywords(&self) -> BTreeSet<&'a str> {
        let mut imported = BTreeSet::new();
        for import in &self.imports {
            match import.path.as_slice() {
                ["future", "keywords"] => imported.extend(KEYWORDS),
                ["future", "keywords", "every"] => imported.extend(["every", "in"]),
                ["future", "keywords", word] => {
                    imported.insert(word);
                }
                _ => {}
            }
        }
        imported
    }

    /// Tokens outside of all brackets and imports, where rule heads stand.
    fn heads(&self) -> impl Iterator<Item = (&'a Token, &'a str)> {
        let mut depth = 0_usize;
        let mut uses = Vec::new();
        let tokens: &'a [Token] = &self.tokens.tokens;
        for (index, token) in tokens.iter().enumerate() {
            let word = self.word(token);
            match (token.kind, word) {
                (Kind::Symbol, "(" | "[" | "{") => depth += 1,
                (Kind::Symbol, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                (Kind::Ident, _) if depth == 0 && !self.in_import(token) && self.is_keyword_place(index) => {
                    uses.push((token, word));
                }
                _ => {}
            }
        }
        uses.into_iter()
    }

    /// Not a step of a reference, not the name of a call, and not the first word of a line.
    fn is_keyword_place(&self, index: usize) -> bool {
        let tokens = &self.tokens.tokens;
        let before = index.checked_sub(1).and_then(|at| tokens.get(at));
        let here = tokens.get(index);
        let call = tokens.get(index + 1).zip(here).is_some_and(|(next, here)| {
            self.word(next) == "(" && next.span.start == here.span.end && self.word(here) != "if"
        });
        let step = before.is_some_and(|last| self.word(last) == ".");
        let starts = before.zip(here).is_none_or(|(last, here)| {
            last.line != here.line && !(self.word(here) == "if" || self.word(here) == "contains")
        });
        !call && !step && !starts
    }

    fn in_import(&self, token: &Token) -> bool {
        self.imports.iter().any(|import| import.span.start <= token.span.start && token.span.end <= import.span.end)
    }

    /// Every place where the engine would take a word for a keyword if it were imported.
    fn keyword_uses(&self) -> impl Iterator<Item = (&'a Token, &'a str)> {
        let heads = self.heads().filter(|(_, word)| matches!(*word, "if" | "contains"));
        let tokens: &'a [Token] = &self.tokens.tokens;
        let inner = tokens.iter().enumerate().filter_map(move |(index, token)| {
            let word = self.word(token);
            let last = index.checked_sub(1).and_then(|at| tokens.get(at));
            let step = last.is_some_and(|last| self.word(last) == ".");
            let starts =
                last.is_none_or(|last| last.line != token.line || matches!(self.word(last), "{" | ";" | "not"));
            let used = token.kind == Kind::Ident && !step && !self.in_import(token);
            let keyword =
                (word == "in" && self.is_operator(last, token, tokens.get(index + 1))) || (word == "every" && starts);
            (used && keyword).then_some((token, word))
        });
        heads.chain(inner.collect::<Vec<_>>())
    }

    /// Whether a word between two others is an operator. Version 0 takes it for a name elsewhere: `in := input.in`.
    fn is_operator(&self, last: Option<&Token>, token: &Token, next: Option<&Token>) -> bool {
        let operand = last.is_some_and(|last| match last.kind {
            Kind::Symbol => matches!(self.word(last), "]" | ")" | "}"),
            Kind::Ident => !matches!(self.word(last), "some" | "not" | "with" | "as" | "default" | "else"),
            Kind::String | Kind::RawString | Kind::Number => true,
        });
        let first = last.is_none_or(|last| last.line != token.line);
        // At the beginning of a line it goes on with the line before only where an operand follows.
        let operand_follows = next.is_some_and(|next| match self.word(next) {
            "[" | "(" => next.span.start > token.span.end,
            word => next.kind != Kind::Symbol || matches!(word, "{" | "-"),
        });
        operand && (!first || operand_follows)
    }

    /// Whether some rule has a body right behind its head, as only version 0 has them: `deny[x] {`, `allow {`, `x = 1 {`.
    pub(super) fn has_bare_bodies(&self) -> bool {
        let mut depth = 0_usize;
        let mut before: Option<&Token> = None;
        for token in &self.tokens.tokens {
            let word = self.word(token);
            if depth == 0
                && word == "{"
                && before.is_some_and(|last| {
                    let operand = last.kind != Kind::Symbol || matches!(self.word(last), "]" | ")" | "}");
                    operand && !matches!(self.word(last), "if" | "in" | "contains") && last.line == token.line
                })
            {
                return true;
            }
            match word {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = Some(token);
        }
        false
    }

    /// Whether the file has this word as an identifier or as a whole string.
    pub(super) fn mentions(&self, wanted: &str) -> bool {
        self.tokens.tokens.iter().any(|token| match token.kind {
            Kind::Ident => self.word(token) == wanted,
            Kind::String | Kind::RawString => {
                self.word(token).get(1..).and_then(|text| text.get(..text.len() - 1)) == Some(wanted)
            }
            _ => false,
        })
    }
}

fn word<'a>(text: &'a str, token: &Token) -> &'a str {
    text.get(token.span.start..token.span.end).unwrap_or_default()
}

impl ImportLine<'_> {
    fn is_future(&self) -> bool {
        matches!(self.path.as_slice(), ["future", "keywords", ..])
    }

    fn is_known_future(&self) -> bool {
        match self.path.as_slice() {
            ["future", "keywords"] => true,
            ["future", "keywords", word] => KEYWORDS.contains(word),
            _ => false,
        }
    }
}

/// The import statements: `import` at the beginning of a line, a dotted path, an alias or none.
fn imports<'a>(text: &'a str, tokens: &[Token]) -> Vec<ImportLine<'a>> {
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let first = index.checked_sub(1).and_then(|at| tokens.get(at)).is_none_or(|last| last.line != token.line);
        if token.kind != Kind::Ident || word(text, token) != "import" || !first {
            continue;
        }
        let mut import = ImportLine { span: token.span, path: Vec::new(), aliased: false };
        let mut rest = tokens.iter().skip(index + 1);
        let mut wants_word = true;
        for token in rest.by_ref() {
            match (token.kind, word(text, token), wants_word) {
                (Kind::Ident, name, true) => {
                    import.path.push(name);
                    import.span.end = token.span.end;
                    wants_word = false;
                }
                (Kind::Symbol, ".", false) => wants_word = true,
                (Kind::Ident, "as", false) => {
                    import.aliased = true;
                    break;
                }
                // `import data.a["b"]`: more than a dotted path, none of ours.
                (Kind::Symbol, "[", false) => {
                    import.path.push("[");
                    break;
                }
                _ => break,
            }
        }
        found.push(import);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &str, look: impl FnOnce(&Scan<'_>) -> T) -> T {
        let tokens = Tokens::scan(text).unwrap();
        look(&Scan::new(text, &tokens))
    }

    fn candidates(text: &str) -> Vec<Dialect> {
        with(text, |scan| scan.candidates(Dialect::Auto))
    }

    #[test]
    fn the_dialect_follows_the_order_of_the_rules() {
        use Dialect::{V0, V1};
        assert_eq!(candidates("package a\nimport rego.v1\nimport future.keywords.in\n"), [V1]);
        assert_eq!(candidates("package a\nimport future.keywords.in\ndeny contains x if { x := 1 }"), [V0, V1]);
        assert_eq!(candidates("package a\ndeny contains x if { x := 1 }"), [V1]);
        assert_eq!(candidates("package a\nallow if input.x"), [V1]);
        assert_eq!(candidates("package a\nallow\n  if { input.x }"), [V1]);
        assert_eq!(candidates("package a\ndeny[x] { contains(input.a, \"if\"); x := 1 } # if"), [V1, V0]);
        assert_eq!(candidates("package a\nx = contains(input.a, `if`)\ny = input.if\n"), [V1, V0]);
        assert_eq!(candidates("package a\nx := 1"), [V1, V0]);
        let set = |text: &str, declared| with(text, |scan| scan.candidates(declared));
        assert_eq!(set("package a\ndeny[x] { x := 1 }", V1), [V1]);
        assert_eq!(set("package a\nallow if true", V0), [V0]);
        assert_eq!(set("package a\nimport rego.v1\n", V0), [V1]);
    }

    #[test]
    fn imports_the_engine_comments_on_are_blanked_in_place() {
        let text =
            "package a\nimport input\nimport input as tfplan\nimport input.x\nimport future.keywords.if\nx := input\n";
        let v1 = with(text, |scan| scan.text_for(Dialect::V1));
        assert_eq!(v1.len(), text.len());
        assert!(
            !v1.contains("import input\n") && v1.contains("import input as tfplan") && v1.contains("import input.x")
        );
        assert!(!v1.contains("future"));
        assert!(with(text, |scan| scan.text_for(Dialect::V0)).contains("import future.keywords.if"));
    }

    #[test]
    fn a_keyword_that_version_0_did_not_import_is_a_fault() {
        let fault = |text: &str| {
            with(text, |scan| {
                let faults = scan.faults(Dialect::V0);
                faults.into_iter().map(|f| text[f.span.start..f.span.end].to_owned()).collect::<Vec<_>>()
            })
        };
        assert_eq!(fault("package a\nallow if { true }"), ["if"]);
        assert_eq!(fault("package a\nx = 1 { true } else = 2 if { true }"), ["if"]);
        assert_eq!(fault("package a\ndeny contains x { x := 1 }"), ["contains"]);
        assert_eq!(fault("package a\nd[x] { some x in [1] }"), ["in"]);
        assert_eq!(fault("package a\nd { every x in [1] { x > 0 } }"), ["every"]);
        assert!(fault("package a\nd[x] { x := input.in; contains(x, \"if\"); input.every }").is_empty());
        assert_eq!(fault("package a\nd[x] { x := 1\n x\n in [1] }"), ["in"]);
        assert_eq!(fault("package a\nd { input[\"a\"] in {1} }"), ["in"]);
        assert!(
            fault("package a\nd[in] { in := input.a[_]\n in.b == 1\n in[0]\n not in.c; [in | in = 1] }").is_empty()
        );
        assert!(fault("package a\nimport future.keywords.every\nd { every x in [1] { x > 0 } }").is_empty());
        assert!(fault("package a\nimport future.keywords\nd contains x if { some x in [1] }").is_empty());
    }

    #[test]
    fn what_is_read_twice_is_counted_and_nothing_else() {
        let refused = |open: &str, close: &str, levels: usize| {
            let text = format!("package a\nx := {}y{}", open.repeat(levels), close.repeat(levels));
            with(&text, |scan| scan.faults(Dialect::V1).len() == 1)
        };
        for (open, close) in [
            ("[", "]"),
            ("{", "}"),
            ("{\"a\": ", "}"),
            ("[(", ")]"),
            ("[f(", ")]"),
            ("[z | ", "]"),
            ("[0, z | ", "]"),
            ("{z: 1 | z == 1; ", "}"),
            ("[", ", 1]"),
            ("[0 | f(1, ", ")]"),
        ] {
            assert!(!refused(open, close, 12), "{open}");
            assert!(refused(open, close, 13), "{open}");
        }
        for (open, close) in [("a[", "]"), ("(", ")"), ("[0, ", "]"), ("{\"a\": 0, \"b\": ", "}"), ("f(1, ", ")")] {
            assert!(!refused(open, close, 25), "{open}");
        }
    }

    #[test]
    fn the_largest_constants_that_are_too_deep_are_found() {
        let found = |text: &str| {
            let tokens = Tokens::scan(text).unwrap();
            deep_constants(text, &tokens)
                .iter()
                .map(|constant| text[constant.span.start..constant.span.end].len())
                .collect()
        };
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let lengths: Vec<usize> =
            found(&format!("x := {}\ny := [z, {}, {}]\nw := {}", deep(12), deep(13), deep(14), deep(20)));
        assert_eq!(lengths, [26, 28, 40]);
        // Around a variable constants can be too deep all the same.
        let lengths: Vec<usize> = found(&format!("x := {{{}, y}}", deep(13)));
        assert_eq!(lengths, [26]);
        assert!(found(&format!("x := {}y{}\nw := {}", "[".repeat(13), "]".repeat(13), deep(20))).is_empty());
    }
}
