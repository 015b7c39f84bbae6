//! The syntax tree of a policy, as far as the static checks need it.
//!
//! Read from the engine's own parser (`Engine::get_ast_as_json`, regorus `src/ast.rs`), so that what is checked is what
//! runs. Owns the shapes and walking them; must not judge.

use serde::Deserialize;

use crate::source::Span;

/// Byte offsets of a node. Of a string literal they leave out the quotes.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
pub(super) struct Range {
    start: usize,
    end: usize,
}

impl Range {
    pub(super) fn new(span: Span) -> Self {
        Self { start: span.start, end: span.end }
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// A name with its place.
pub(super) type Name = (Range, serde_json::Value);

#[derive(Debug, Deserialize)]
pub(super) enum AssignOp {
    Eq,
    ColEq,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum BoolOp {
    Lt,
    Le,
    Eq,
    Ge,
    Gt,
    Ne,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "the names are those of the engine's JSON")]
pub(super) enum Expr {
    String { span: Range, value: String },
    RawString { span: Range, value: String },
    Number { span: Range },
    Bool { span: Range },
    Null { span: Range },
    Var { span: Range, value: String },
    Array { span: Range, items: Vec<Expr> },
    Set { span: Range, items: Vec<Expr> },
    Object { span: Range, fields: Vec<(Range, Expr, Expr)> },
    ArrayCompr { span: Range, term: Box<Expr>, query: Query },
    SetCompr { span: Range, term: Box<Expr>, query: Query },
    ObjectCompr { span: Range, key: Box<Expr>, value: Box<Expr>, query: Query },
    Call { span: Range, fcn: Box<Expr>, params: Vec<Expr> },
    UnaryExpr { span: Range, expr: Box<Expr> },
    RefDot { span: Range, refr: Box<Expr>, field: Name },
    RefBrack { span: Range, refr: Box<Expr>, index: Box<Expr> },
    BinExpr { span: Range, lhs: Box<Expr>, rhs: Box<Expr> },
    BoolExpr { span: Range, op: BoolOp, lhs: Box<Expr>, rhs: Box<Expr> },
    ArithExpr { span: Range, lhs: Box<Expr>, rhs: Box<Expr> },
    AssignExpr { span: Range, op: AssignOp, lhs: Box<Expr>, rhs: Box<Expr> },
    Membership { span: Range, key: Option<Box<Expr>>, value: Box<Expr>, collection: Box<Expr> },
}

#[derive(Debug, Deserialize)]
pub(super) struct Query {
    pub(super) stmts: Vec<Stmt>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stmt {
    pub(super) span: Range,
    pub(super) literal: Literal,
    #[serde(default)]
    pub(super) with_mods: Vec<With>,
}

#[derive(Debug, Deserialize)]
pub(super) enum Literal {
    SomeVars { vars: Vec<Range> },
    SomeIn { key: Option<Expr>, value: Expr, collection: Expr },
    Expr { expr: Expr },
    NotExpr { expr: Expr },
    Every { key: Option<Range>, value: Range, domain: Expr, query: Query },
}

#[derive(Debug, Deserialize)]
pub(super) struct With {
    pub(super) span: Range,
    pub(super) refr: Expr,
    pub(super) r#as: Expr,
}

#[derive(Debug, Deserialize)]
pub(super) struct Assign {
    pub(super) value: Expr,
}

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    pub(super) span: Range,
    pub(super) assign: Option<Assign>,
    pub(super) query: Query,
}

#[derive(Debug, Deserialize)]
pub(super) enum Head {
    Compr { span: Range, refr: Expr, assign: Option<Assign> },
    Set { span: Range, refr: Expr, key: Option<Expr> },
    Func { span: Range, refr: Expr, args: Vec<Expr>, assign: Option<Assign> },
}

#[derive(Debug, Deserialize)]
pub(super) enum Rule {
    Spec { span: Range, head: Head, bodies: Vec<Body> },
    Default { span: Range, refr: Expr, args: Vec<Expr>, value: Expr },
}

#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) span: Range,
    pub(super) refr: Expr,
}

#[derive(Debug, Deserialize)]
pub(super) struct Import {
    pub(super) span: Range,
    pub(super) refr: Expr,
    #[serde(default)]
    pub(super) r#as: Option<Range>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ast {
    pub(super) package: Package,
    pub(super) imports: Vec<Import>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Document {
    ast: Ast,
}

/// The tree of the only module in the engine's JSON.
pub(super) fn read(json: &str) -> Result<Ast, serde_json::Error> {
    let documents: Vec<Document> = serde_json::from_str(json)?;
    match documents.into_iter().next() {
        Some(document) => Ok(document.ast),
        None => Err(serde::de::Error::custom("no module")),
    }
}

impl Expr {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::String { span, .. }
            | Self::RawString { span, .. }
            | Self::Number { span }
            | Self::Bool { span }
            | Self::Null { span }
            | Self::Var { span, .. }
            | Self::Array { span, .. }
            | Self::Set { span, .. }
            | Self::Object { span, .. }
            | Self::ArrayCompr { span, .. }
            | Self::SetCompr { span, .. }
            | Self::ObjectCompr { span, .. }
            | Self::Call { span, .. }
            | Self::UnaryExpr { span, .. }
            | Self::RefDot { span, .. }
            | Self::RefBrack { span, .. }
            | Self::BinExpr { span, .. }
            | Self::BoolExpr { span, .. }
            | Self::ArithExpr { span, .. }
            | Self::AssignExpr { span, .. }
            | Self::Membership { span, .. } => span.span(),
        }
    }

    /// The expressions directly inside, without those of a nested query.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::String { .. }
            | Self::RawString { .. }
            | Self::Number { .. }
            | Self::Bool { .. }
            | Self::Null { .. }
            | Self::Var { .. }
            | Self::ArrayCompr { .. }
            | Self::SetCompr { .. }
            | Self::ObjectCompr { .. } => Vec::new(),
            Self::Array { items, .. } | Self::Set { items, .. } => items.iter().collect(),
            Self::Object { fields, .. } => fields.iter().flat_map(|(_, key, value)| [key, value]).collect(),
            Self::Call { fcn, params, .. } => std::iter::once(&**fcn).chain(params).collect(),
            Self::UnaryExpr { expr, .. } => vec![expr],
            Self::RefDot { refr, .. } => vec![refr],
            Self::RefBrack { refr, index, .. } => vec![refr, index],
            Self::BinExpr { lhs, rhs, .. }
            | Self::BoolExpr { lhs, rhs, .. }
            | Self::ArithExpr { lhs, rhs, .. }
            | Self::AssignExpr { lhs, rhs, .. } => vec![lhs, rhs],
            Self::Membership { key, value, collection, .. } => {
                key.as_deref().into_iter().chain([&**value, &**collection]).collect()
            }
        }
    }

    /// The query of a comprehension with what it yields.
    pub(super) fn comprehension(&self) -> Option<(&Query, Vec<&Self>)> {
        match self {
            Self::ArrayCompr { term, query, .. } | Self::SetCompr { term, query, .. } => Some((query, vec![&**term])),
            Self::ObjectCompr { key, value, query, .. } => Some((query, vec![&**key, &**value])),
            _ => None,
        }
    }

    /// A reference taken apart: what it starts from, and its steps. Anything else is its own start, without steps.
    pub(super) fn reference(&self) -> (&Self, Vec<Step<'_>>) {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            match at {
                Self::RefDot { refr, field, .. } => {
                    steps.push(Step::Key(field.1.as_str().unwrap_or_default()));
                    at = refr;
                }
                Self::RefBrack { refr, index, .. } => {
                    steps.push(match &**index {
                        Self::String { value, .. } | Self::RawString { value, .. } => Step::Key(value),
                        other => Step::Dynamic(other),
                    });
                    at = refr;
                }
                _ => break,
            }
        }
        steps.reverse();
        (at, steps)
    }

    /// The constant path of a reference: the variable it starts from and the keys before the first computed step.
    /// `complete` says that no step was computed.
    pub(super) fn path(&self) -> Option<Path> {
        let (root, steps) = self.reference();
        let Self::Var { value, .. } = root else { return None };
        let mut path = Path { parts: vec![value.clone()], complete: true };
        for step in steps {
            match step {
                Step::Key(key) => path.parts.push(key.to_owned()),
                Step::Dynamic(_) => {
                    path.complete = false;
                    break;
                }
            }
        }
        Some(path)
    }
}

/// One step of a reference.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// `.key` or `["key"]`.
    Key(&'a str),
    /// `[expression]`.
    Dynamic(&'a Expr),
}

/// The constant beginning of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) parts: Vec<String>,
    pub(super) complete: bool,
}

impl Rule {
    pub(super) fn refr(&self) -> &Expr {
        match self {
            Self::Spec {
                head: Head::Compr { refr, .. } | Head::Set { refr, .. } | Head::Func { refr, .. }, ..
            }
            | Self::Default { refr, .. } => refr,
        }
    }

    pub(super) fn span(&self) -> Span {
        match self {
            Self::Spec { span, .. } | Self::Default { span, .. } => span.span(),
        }
    }

    pub(super) fn set_span(&mut self, to: Range) {
        let (Self::Spec { span, .. } | Self::Default { span, .. }) = self;
        *span = to;
    }

    /// The value of the head, if it has one.
    pub(super) fn value(&self) -> Option<&Expr> {
        match self {
            Self::Spec { head: Head::Set { key, .. }, .. } => key.as_ref(),
            Self::Spec { head: Head::Compr { assign, .. } | Head::Func { assign, .. }, .. } => {
                assign.as_ref().map(|assign| &assign.value)
            }
            Self::Default { value, .. } => Some(value),
        }
    }

    /// Whether it has several bodies, of which one that holds suffices: `p { … } { … }`, unlike branches of `else`.
    pub(super) fn is_chained(&self, text: &str) -> bool {
        let Self::Spec { bodies, .. } = self else { return false };
        let is_else = |body: &Body| text.get(body.span.start..).is_some_and(|text| text.starts_with("else"));
        bodies.iter().skip(1).any(|body| !is_else(body))
    }

    /// Where the value of the head stands, if it has one.
    pub(super) fn value_start(&self) -> Option<usize> {
        self.value().map(|value| value.span().start)
    }

    /// Where the first statement of the body stands, if there is one.
    pub(super) fn body_start(&self) -> Option<usize> {
        let Self::Spec { bodies, .. } = self else { return None };
        Some(match &bodies.first()?.query.stmts.first()?.literal {
            Literal::SomeVars { vars } => vars.first()?.span().start,
            Literal::SomeIn { value, .. } => value.span().start,
            Literal::Expr { expr } | Literal::NotExpr { expr } => expr.span().start,
            Literal::Every { domain, .. } => domain.span().start,
        })
    }

    /// The place of the head.
    pub(super) fn head_span(&self) -> Span {
        match self {
            Self::Spec {
                head: Head::Compr { span, .. } | Head::Set { span, .. } | Head::Func { span, .. }, ..
            } => span.span(),
            Self::Default { refr, .. } => refr.span(),
        }
    }
}

/// A path as the engine writes it: `data.main.deny`, `data.lib["a-b"].x`.
pub(super) fn join(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        if is_identifier(part) {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        } else {
            out.push('[');
            out.push_str(&serde_json::Value::String(part.clone()).to_string());
            out.push(']');
        }
    }
    out
}

fn is_identifier(part: &str) -> bool {
    let mut bytes = part.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
