//! Chained bodies: `p[x] { … } { … }` says the same head before every body.
//!
//! The engine refuses them on sets. Owns finding them by their tokens and giving each body a rule of its own in the tree,
//! at its own place; `rewrite` writes the head out for the engine. Must not judge.

use std::collections::BTreeMap;

use crate::source::Span;

use super::ast::{Ast, Range, Rule};
use super::scan::{Kind, Token, Tokens};

/// The bodies behind one head, each with its braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    first: Span,
    rest: Vec<Span>,
}

/// Index of a rule in the tree → where its head stands, if that is before another body.
pub(super) type Heads = BTreeMap<usize, Span>;

/// What a brace outside of all brackets opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brace {
    Value,
    Body,
    /// The body of an `else`, behind which no other can stand.
    Else,
    Chained,
}

/// All chains of a file.
pub(super) fn find(text: &str, tokens: &Tokens) -> Vec<Chain> {
    let word = |token: &Token| text.get(token.span.start..token.span.end).unwrap_or_default();
    let mut chains: Vec<Chain> = Vec::new();
    let (mut depth, mut start, mut open) = (0_usize, 0, Brace::Value);
    let mut in_else = false;
    // The body that the token before closed.
    let mut closed: Option<Brace> = None;
    let mut before: Option<&Token> = None;
    for token in &tokens.tokens {
        match word(token) {
            "{" if depth == 0 => {
                open = match closed {
                    Some(Brace::Body | Brace::Chained) => Brace::Chained,
                    Some(Brace::Else | Brace::Value) => Brace::Value,
                    None => opened(before, word, in_else),
                };
                (start, depth) = (token.span.start, 1);
            }
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "else" if depth == 0 => {
                // Not after chained bodies: the engine says so of the text as it is.
                if closed == Some(Brace::Chained) {
                    chains.pop();
                }
                in_else = true;
            }
            _ if depth == 0 && starts_rule(token, before, word) => in_else = false,
            _ => {}
        }
        closed = None;
        if depth == 0 && word(token) == "}" && open != Brace::Value {
            let body = Span::new(start, token.span.end);
            match (open, chains.last_mut()) {
                (Brace::Chained, Some(chain)) => chain.rest.push(body),
                (Brace::Body, _) => chains.push(Chain { first: body, rest: Vec::new() }),
                _ => {}
            }
            closed = Some(open);
        }
        before = Some(token);
    }
    chains.retain(|chain| !chain.rest.is_empty());
    chains
}

/// What a brace opens that does not follow a body.
fn opened<'a>(before: Option<&Token>, word: impl Fn(&Token) -> &'a str, in_else: bool) -> Brace {
    let body = if in_else { Brace::Else } else { Brace::Body };
    match before {
        Some(last) if matches!(word(last), "if" | "else") => body,
        Some(last) if ends_operand(last, &word) => body,
        _ => Brace::Value,
    }
}

/// Whether an operand can end with this token.
fn ends_operand<'a>(token: &Token, word: &impl Fn(&Token) -> &'a str) -> bool {
    match token.kind {
        Kind::Ident => {
            !matches!(word(token), "as" | "contains" | "default" | "else" | "if" | "in" | "not" | "some" | "with")
        }
        Kind::Symbol => matches!(word(token), "]" | ")" | "}"),
        Kind::String | Kind::RawString | Kind::Number => true,
    }
}

/// Whether a token outside of all brackets can be the first of a rule.
pub(super) fn starts_rule<'a>(token: &Token, before: Option<&Token>, word: impl Fn(&Token) -> &'a str) -> bool {
    let goes_on = matches!(word(token), "as" | "contains" | "else" | "if" | "in" | "with");
    let fresh = before.is_some_and(|last| last.line != token.line && ends_operand(last, &word));
    token.kind == Kind::Ident && !goes_on && fresh
}

/// The bodies that are not the first behind their head.
pub(super) fn others(chains: &[Chain]) -> impl Iterator<Item = Span> {
    chains.iter().flat_map(|chain| chain.rest.iter().copied())
}

/// The text with blanks for these sorted spans.
pub(super) fn without(text: &str, spans: &[Span]) -> String {
    let starts = std::iter::once(0).chain(spans.iter().map(|span| span.end));
    let ends = spans.iter().map(|span| span.start).chain([text.len()]);
    only(text, &starts.zip(ends).map(|(start, end)| Span::new(start, end)).collect::<Vec<_>>())
}

/// The text with blanks for what stands outside of these sorted spans.
pub(super) fn only(text: &str, kept: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in kept.iter().chain([&Span::new(text.len(), text.len())]) {
        blank_into(text.get(at..span.start).unwrap_or_default(), &mut out);
        out.push_str(text.get(span.start..span.end).unwrap_or_default());
        at = span.end;
    }
    out
}

/// Blanks of the same length, line ends kept.
fn blank_into(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// Adds a rule for every other body to the tree of the text without them; `parse` makes a tree of a text.
///
/// # Errors
/// What `parse` says. `None` in place of the heads: these are no chains of rules after all.
pub(super) fn add<E>(
    text: &str,
    chains: &[Chain],
    ast: &mut Ast,
    parse: impl Fn(&str) -> Result<Ast, E>,
) -> Result<Option<Heads>, E> {
    let declarations = ast.rules.first().map_or(0, |rule| rule.span().start);
    let of_chain = |chain: &Chain| {
        let around = |rule: &Rule| rule.span().start < chain.first.start && chain.first.end <= rule.span().end;
        ast.rules.iter().position(around)
    };
    let Some(indexes) = chains.iter().map(of_chain).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let head = |index: usize, chain: &Chain| {
        ast.rules.get(index).map_or(chain.first, |rule| Span::new(rule.span().start, chain.first.start))
    };
    let mut added: BTreeMap<usize, Vec<(Span, Rule)>> = BTreeMap::new();
    for nth in 0..chains.iter().map(|chain| chain.rest.len()).max().unwrap_or_default() {
        let bodies = chains.iter().zip(&indexes).filter_map(|(chain, index)| {
            let body = *chain.rest.get(nth)?;
            Some((*index, head(*index, chain), body))
        });
        let bodies: Vec<_> = bodies.collect();
        let kept: Vec<Span> = std::iter::once(Span::new(0, declarations))
            .chain(bodies.iter().flat_map(|(_, head, body)| [*head, *body]))
            .collect();
        let tree = parse(&only(text, &kept))?;
        if tree.rules.len() != bodies.len() {
            return Ok(None);
        }
        for ((index, head, body), mut rule) in bodies.into_iter().zip(tree.rules) {
            rule.set_span(Range::new(body));
            added.entry(index).or_default().push((head, rule));
        }
    }
    let mut heads = Heads::new();
    for (index, rule) in std::mem::take(&mut ast.rules).into_iter().enumerate() {
        ast.rules.push(rule);
        for (head, rule) in added.remove(&index).into_iter().flatten() {
            heads.insert(ast.rules.len(), head);
            ast.rules.push(rule);
        }
    }
    Ok(Some(heads))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Vec<&str>> {
        let chains = find(text, &Tokens::scan(text).unwrap());
        let spans = chains.iter().map(|chain| std::iter::once(&chain.first).chain(&chain.rest));
        spans.map(|spans| spans.map(|span| &text[span.start..span.end]).collect()).collect()
    }

    #[test]
    fn bodies_behind_a_body_are_told_from_values_and_from_else() {
        assert_eq!(
            found("p[x] { x := {1} } { x := 2 }\n{ x := 3 }\nq { 1 }"),
            [["{ x := {1} }", "{ x := 2 }", "{ x := 3 }"]]
        );
        assert_eq!(
            found("p = {1} { a } { b }\nf(x) = {\"a\": x} { c } { d }"),
            [["{ a }", "{ b }"], ["{ c }", "{ d }"]]
        );
        assert_eq!(found("p contains x if { x := 1 } { x := 2 }"), [["{ x := 1 }", "{ x := 2 }"]]);
        assert_eq!(found("p = 1 { a } else = 2\nq { c } { d }"), [["{ c }", "{ d }"]]);
        for none in [
            "p = {1} { a }\nq = {2}",
            "p if {1} == {2}",
            "p = 1 { a } else = 2 { b } { c }",
            "p = 1 { a } { b } else = 2 { c }",
            "p if every x in xs { x }\nq if x in {1}",
            "default p = {}\np = {1} { a }",
        ] {
            assert!(found(none).is_empty(), "{none}: {:?}", found(none));
        }
    }
}
