//! Functions that are a head alone: `covers("*", _)` is short for `covers("*", _) := true`.
//!
//! The engine's parser refuses them in version 1. Owns finding them by their tokens and reading them as version 0;
//! `rewrite` writes the value out for the engine. Must not judge.

use crate::source::Span;

use super::ast::Ast;
use super::chains::{only, starts_rule};
use super::scan::{Kind, Token, Tokens};

/// The heads that stand alone.
pub(super) fn find(text: &str, tokens: &Tokens) -> Vec<Span> {
    let word = |token: &Token| text.get(token.span.start..token.span.end).unwrap_or_default();
    let mut found = Vec::new();
    let mut depth = 0_usize;
    // Where the head of a function may have begun, and whether its name goes on.
    let mut start: Option<usize> = None;
    let mut before: Option<&Token> = None;
    let mut tokens = tokens.tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let adjacent = before.is_some_and(|last| last.span.end == token.span.start);
        match word(token) {
            "(" if depth == 0 && adjacent && before.is_some_and(|last| last.kind == Kind::Ident) => depth = 1,
            "(" | "[" | "{" => {
                if depth == 0 {
                    start = None;
                }
                depth += 1;
            }
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                let alone = tokens.peek().is_none_or(|next| starts_rule(next, Some(token), word));
                if let Some(start) = start.take_if(|_| depth == 0)
                    && alone
                {
                    found.push(Span::new(start, token.span.end));
                }
            }
            _ if depth > 0 => {}
            "." if start.is_some() && adjacent => {}
            name if token.kind == Kind::Ident && start.is_some() && adjacent && !is_keyword(name) => {}
            name => {
                let first = before.is_none() || starts_rule(token, before, word);
                start = (first && token.kind == Kind::Ident && !is_keyword(name)).then_some(token.span.start);
            }
        }
        before = Some(token);
    }
    found
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "contains" | "default" | "else" | "every" | "if" | "import" | "in" | "not" | "package" | "some" | "with"
    )
}

/// Adds the rules of these heads to the tree of the text without them; `parse` reads version 0.
///
/// # Errors
/// What `parse` says.
pub(super) fn add<E>(
    text: &str,
    heads: &[Span],
    ast: &mut Ast,
    parse: impl Fn(&str) -> Result<Ast, E>,
) -> Result<(), E> {
    let kept: Vec<Span> = std::iter::once(ast.package.span.span()).chain(heads.iter().copied()).collect();
    ast.rules.extend(parse(&only(text, &kept))?.rules);
    ast.rules.sort_by_key(|rule| rule.span().start);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let heads = find(text, &Tokens::scan(text).unwrap());
        heads.iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn heads_alone_are_told_from_calls() {
        assert_eq!(
            found("package a\nf(\"*\", _)\n\ng(x) if x\na.b([1,\n2]) # c\nf(1)"),
            ["f(\"*\", _)", "a.b([1,\n2])", "f(1)"]
        );
        for none in [
            "package a\nx :=\nf(1)\n",
            "package a\np if\nf(1)\nq := 2",
            "package a\np if not f(1)\nq := f(2)",
            "package a\nf(x) := 1\nf(x) = 2\n",
            "package a\np := y if {\nf(1)\n}\n",
            "package a\np := 1 +\nf(1)\nq if f(1)",
            "package a\nf(x)\nif x > 1",
        ] {
            assert!(found(none).is_empty(), "{none}: {:?}", found(none));
        }
    }
}
