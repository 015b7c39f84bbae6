//! `# METADATA` blocks: the engine's lexer drops comments, so they are found here.
//!
//! Owns where a block begins, ends and what it is about; what its YAML says is not read.

use crate::source::Span;

use super::ast::{self, Ast};
use super::scan::{Comment, Tokens};
use super::{Attachment, MetadataBlock};

/// All blocks of a file, in its order.
pub(super) fn blocks(text: &str, tokens: &Tokens, ast: &Ast) -> Vec<MetadataBlock> {
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
        blocks.push(MetadataBlock { yaml, span, attaches_to: below(tokens, ast, span.end) });
    }
    blocks
}

fn body<'a>(text: &'a str, comment: &Comment) -> &'a str {
    text.get(comment.span.start + 1..comment.span.end).unwrap_or_default()
}

/// The declaration whose first token is the next one.
fn below(tokens: &Tokens, ast: &Ast, end: usize) -> Attachment {
    let Some(next) = tokens.tokens.iter().map(|token| token.span.start).find(|start| *start >= end) else {
        return Attachment::Nothing;
    };
    if ast.package.span.span().start == next {
        return Attachment::Package;
    }
    let rule = ast.rules.iter().find(|rule| rule.span().start == next);
    rule.and_then(|rule| rule.refr().path())
        .map_or(Attachment::Nothing, |path| Attachment::Rule(ast::join(&path.parts)))
}
