//! `# METADATA` blocks: the engine's lexer drops comments, so they are found here.
//!
//! Owns where a block begins, ends and what it is about; what its YAML says is not read.

use crate::source::Span;

use super::ast::{self, Ast};
use super::chains::Heads;
use super::scan::{Comment, Tokens};
use super::{Attachment, MetadataBlock};

/// All blocks of a file, in its order; one above several bodies of one head as often as there are bodies.
pub(super) fn blocks(text: &str, tokens: &Tokens, ast: &Ast, heads: &Heads) -> Vec<MetadataBlock> {
    let mut blocks = Vec::new();
    let mut comments = tokens.comments.iter().filter(|comment| comment.own_line).peekable();
    while let Some(first) = comments.next() {
        if body(text, first).trim() != "METADATA" {
            continue;
        }
        let mut last = first;
        let mut yaml = String::new();
        while let Some(next) = comments.next_if(|next| next.line == last.line + 1) {
            let line = body(text, next);
            yaml.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
            yaml.push('\n');
            last = next;
        }
        let span = Span::new(first.span.start, last.span.end);
        let (attaches_to, at) = below(tokens, ast, span.end);
        let bodies = 1 + heads.values().filter(|head| Some(head.start) == at).count();
        blocks.extend(std::iter::repeat_n(MetadataBlock { yaml, span, attaches_to }, bodies));
    }
    blocks
}

fn body<'a>(text: &'a str, comment: &Comment) -> &'a str {
    text.get(comment.span.start + 1..comment.span.end).unwrap_or_default()
}

/// The declaration whose first token is the next one, and where that stands.
fn below(tokens: &Tokens, ast: &Ast, end: usize) -> (Attachment, Option<usize>) {
    let Some(next) = tokens.tokens.iter().map(|token| token.span.start).find(|start| *start >= end) else {
        return (Attachment::Nothing, None);
    };
    if ast.package.span.span().start == next {
        return (Attachment::Package, Some(next));
    }
    let rule = ast.rules.iter().find(|rule| rule.span().start == next);
    let name = rule.and_then(|rule| rule.refr().path()).map(|path| ast::join(&path.parts));
    (name.map_or(Attachment::Nothing, Attachment::Rule), Some(next))
}
