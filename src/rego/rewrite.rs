//! The text that the shared engine gets: imports written out, local variables told from rules, heads repeated before
//! chained bodies, values of heads in their bodies, collections of `some … in` guarded, and deep constants as JSON.
//!
//! The engine evaluates an import by evaluating the whole package behind it, so that a package that imports itself finds
//! nothing, packages that import each other end in "recursion detected", and an alias of one file means the same in every
//! file of its package (regorus 0.14.1 `src/interpreter.rs`, `lookup_var`, `process_imports`). And it ends a rule where OPA
//! iterates over nothing. Owns the changes and the way back from a place in the changed text; must not judge.

mod heads;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::source::{SourceFile, Span};

use super::Dialect;
use super::annotations::Annotations;
use super::ast::{self, Expr, Head, Literal, Rule, Step, Stmt};
use super::builtins;
use super::constants::Constant;
use super::load::Parsed;
use super::names::{Callee, Names, Visit, Walker};
use super::scan::Tokens;

/// A file as people wrote it and as the engine reads it. Both have the same lines.
pub(super) struct EngineText {
    pub(super) file: SourceFile,
    pub(super) dialect: Dialect,
    engine: SourceFile,
    edits: Vec<Edit>,
}

/// Text in place of a span of the original.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Edit {
    span: Span,
    text: String,
    /// Where the text comes from, if that is elsewhere.
    #[serde(default)]
    #[cfg_attr(test, serde(skip_serializing_if = "Option::is_none"))]
    origin: Option<Span>,
}

impl Edit {
    fn new(span: Span, text: String) -> Self {
        Self { span, text, origin: None }
    }

    /// What of the file people are shown for it.
    fn place(&self) -> Span {
        self.origin.unwrap_or(self.span)
    }
}

impl EngineText {
    /// A file the engine reads as it is, but for blanks in place of other characters.
    pub(super) fn unchanged(file: &SourceFile, dialect: Dialect) -> Self {
        Self { file: file.clone(), dialect, engine: file.clone(), edits: Vec::new() }
    }

    /// A file with sorted changes; `text` is what they are made to, of the same length as the file.
    pub(super) fn new(file: &SourceFile, dialect: Dialect, text: &str, edits: Vec<Edit>) -> Self {
        let mut engine = String::with_capacity(text.len());
        let mut at = 0;
        for edit in &edits {
            engine.push_str(text.get(at..edit.span.start).unwrap_or_default());
            engine.push_str(&edit.text);
            at = edit.span.end;
        }
        engine.push_str(text.get(at..).unwrap_or_default());
        Self { file: file.clone(), dialect, engine: SourceFile::new(file.name(), engine), edits }
    }

    pub(super) fn text(&self) -> &str {
        self.engine.text()
    }

    #[cfg(test)]
    pub(super) fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The original of a line and a column as the engine counts them.
    pub(super) fn at(&self, line: usize, column: usize) -> Span {
        let span = Tokens::lenient(self.engine.text()).at(&self.engine, line, column);
        self.original(span)
    }

    /// The original of a span of the engine's text.
    pub(super) fn original(&self, span: Span) -> Span {
        let start = self.offset(span.start, |edit| edit.place().start);
        Span::new(start, self.offset(span.end, |edit| edit.place().end).max(start))
    }

    /// An offset taken back; inside of changed text it is that side of the original that `side` names.
    fn offset(&self, at: usize, side: impl Fn(&Edit) -> usize) -> usize {
        // How many bytes the text so far has grown and shrunk.
        let (mut grown, mut shrunk) = (0, 0);
        for edit in &self.edits {
            let start = edit.span.start + grown - shrunk;
            if at < start || (at == start && !edit.text.is_empty() && edit.span.start != edit.span.end) {
                break;
            }
            if at < start + edit.text.len() {
                return side(edit);
            }
            grown += edit.text.len();
            shrunk += edit.span.end - edit.span.start;
        }
        at + shrunk - grown
    }
}

/// Every file as the engine shall read it.
pub(super) fn all(names: &Names<'_>) -> Vec<EngineText> {
    let annotations = Annotations::new(names.modules);
    names.modules.iter().enumerate().map(|(index, module)| rewrite(names, index, module, &annotations)).collect()
}

fn rewrite(names: &Names<'_>, index: usize, module: &Parsed, annotations: &Annotations) -> EngineText {
    let visit = Rewrites {
        names,
        index,
        module,
        annotations,
        rule: 0,
        renamed: BTreeMap::new(),
        negates_parts: !module.trusted && !module.negates_whole,
        tokens: OnceCell::new(),
        operands: (OnceCell::new(), 0),
        values: OnceCell::new(),
        edits: BTreeSet::new(),
    };
    let mut walker = Walker::new(names, index, visit);
    let mut edits = BTreeSet::new();
    for (at, rule) in module.ast.rules.iter().enumerate() {
        walker.visit.rule = at;
        walker.visit.edits = constants(module, &[Some(rule.span()), module.heads.get(&at).copied()]);
        walker.rule(rule);
        let mut own = std::mem::take(&mut walker.visit.edits);
        write_out(rule, &walker.visit, &mut own);
        heads::write_out(rule, &walker.visit, &mut own);
        if let Some(head) = module.heads.get(&at) {
            repeat_head(&module.text, *head, rule.span().start, &mut own);
        }
        edits.extend(own);
    }
    // None may stay a blank string, wherever it stands.
    for edit in constants(module, &[Some(Span::new(0, module.text.len()))]) {
        if !edits.iter().any(|other| other.span.start <= edit.span.start && edit.span.end <= other.span.end) {
            edits.insert(edit);
        }
    }
    for import in &module.ast.imports {
        let root = import.refr.path().and_then(|path| path.parts.into_iter().next());
        if !matches!(root.as_deref(), Some("data" | "input")) {
            continue;
        }
        let whole = import.span.span();
        let end = import.r#as.map_or(0, |alias| alias.span().end).max(import.refr.span().end).max(whole.end);
        let span = Span::new(whole.start, end);
        edits.insert(Edit::new(span, blank(module.text.get(span.start..span.end).unwrap_or_default())));
    }
    EngineText::new(&module.file, module.dialect, &module.text, edits.into_iter().collect())
}

/// The JSON in place of constants that are nested too deep, of those that stand in these spans.
fn constants(module: &Parsed, spans: &[Option<Span>]) -> BTreeSet<Edit> {
    // Spans of the tree leave out the quote at the end.
    let is_in = |span: Span| spans.iter().flatten().any(|around| around.start <= span.start && span.start < around.end);
    let edit = |constant: &Constant| {
        let original = module.text.get(constant.span.start..constant.span.end).unwrap_or_default();
        let lines = "\n".repeat(original.matches('\n').count());
        Edit::new(constant.span, format!("{lines}{}", json(&constant.json)))
    };
    module.constants.iter().filter(|constant| is_in(constant.span)).map(edit).collect()
}

/// A value as text that the engine reads as JSON: its parser takes long over nested literals.
fn json(value: &str) -> String {
    format!("{}({})", builtins::JSON, serde_json::Value::String(value.to_owned()))
}

/// A function that is a head alone gets its value, which the engine wants in version 1. A head alone that goes through a
/// collection (`team[input.teams[_]]`) gets a body that does so: the engine iterates in bodies only.
fn write_out(rule: &Rule, names: &Rewrites<'_>, edits: &mut BTreeSet<Edit>) {
    let Rule::Spec { head, bodies, .. } = rule else { return };
    let behind = Span::new(rule.span().end, rule.span().end);
    let v0 = names.module.dialect == Dialect::V0;
    let value = match head {
        _ if !bodies.is_empty() => return,
        Head::Func { assign: None, .. } if !v0 => {
            edits.insert(Edit::new(behind, " := true".to_owned()));
            return;
        }
        Head::Func { .. } => return,
        Head::Compr { assign, .. } => assign.as_ref().map(|assign| &assign.value),
        Head::Set { key, .. } => key.as_ref(),
    };
    let (_, steps) = rule.refr().reference();
    let mut body = Vec::new();
    for expr in steps.iter().filter_map(Step::dynamic).chain(value).filter(|expr| iterates(expr)) {
        let name = names.fresh(&format!("item{}", body.len()));
        let (inner, kept): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(edits)
            .into_iter()
            .partition(|edit| expr.span().start <= edit.span.start && edit.span.end <= expr.span().end);
        body.push(format!("{name} := {}", rendered(&names.module.text, expr.span(), inner)));
        *edits = kept;
        edits.insert(Edit::new(expr.span(), name));
    }
    if !body.is_empty() {
        let when = if v0 { "" } else { " if" };
        edits.insert(Edit::new(behind, format!("{when} {{ {} }}", body.join("; "))));
    }
}

/// Whether an expression has a value for every item of something: `x[_]`, `walk(x)`.
fn iterates(expr: &Expr) -> bool {
    let named = |expr: &Expr, name: &str| matches!(expr, Expr::Var { value, .. } if value == name);
    let any = match expr {
        Expr::RefBrack { index, .. } => named(index, "_"),
        Expr::Call { fcn, .. } => named(fcn, "walk"),
        _ => false,
    };
    any || expr.children().into_iter().any(iterates)
}

/// Writes the head that a body shares with the body before it in front of the body, with the changes this rule makes to it.
fn repeat_head(text: &str, head: Span, body: usize, edits: &mut BTreeSet<Edit>) {
    let (in_head, mut kept): (BTreeSet<_>, BTreeSet<_>) =
        std::mem::take(edits).into_iter().partition(|edit| head.start <= edit.span.start && edit.span.end <= head.end);
    kept.insert(Edit::new(Span::new(body, body), rendered(text, head, in_head)));
    *edits = kept;
}

/// A span of the text with changes to it, on one line.
fn rendered(text: &str, span: Span, edits: BTreeSet<Edit>) -> String {
    let mut out = String::new();
    let mut at = span.start;
    for edit in edits {
        out.push_str(&on_one_line(text.get(at..edit.span.start).unwrap_or_default()));
        out.push_str(&on_one_line(&edit.text));
        at = edit.span.end;
    }
    out.push_str(&on_one_line(text.get(at..span.end).unwrap_or_default()));
    out
}

/// A piece of a file without its comments and line ends, so that the lines below stay where they are.
pub(super) fn on_one_line(text: &str) -> String {
    let tokens = Tokens::lenient(text).tokens;
    let mut out = String::new();
    let mut at = 0;
    for token in tokens {
        if at < token.span.start {
            out.push(' ');
        }
        out.push_str(text.get(token.span.start..token.span.end).unwrap_or_default());
        at = token.span.end;
    }
    if at < text.len() {
        out.push(' ');
    }
    out
}

/// Blanks of the same length, line ends kept.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

struct Rewrites<'a> {
    names: &'a Names<'a>,
    index: usize,
    module: &'a Parsed,
    annotations: &'a Annotations,
    /// The rule walked through, by its index.
    rule: usize,
    /// New names of local variables.
    renamed: BTreeMap<String, String>,
    /// Whether what is negated is taken apart, as in OPA without `import future.keywords.not`.
    negates_parts: bool,
    tokens: OnceCell<Tokens>,
    /// What names of operands begin with, and how many there are.
    operands: (OnceCell<String>, usize),
    /// What names of values of heads begin with.
    values: OnceCell<String>,
    edits: BTreeSet<Edit>,
}

impl Rewrites<'_> {
    /// `not f(x.y)` as `operand := x.y; not f(operand)`; `indexes` are those of the operands that stand in brackets.
    fn take_out(&mut self, statement: &Stmt, operands: &[Span], indexes: &[Span]) {
        let text = &self.module.text;
        let whole = self.tokens().widen(statement.span.span());
        let with =
            statement.with_mods.first().zip(statement.with_mods.last()).map_or(String::new(), |(first, last)| {
                let span = self.tokens().widen(Span::new(first.span.span().start, last.span.span().end));
                format!(" {}", rendered(text, span, self.edits_in(span)))
            });
        let mut before = String::new();
        for span in operands.iter().copied() {
            let inner = self.edits_in(span);
            self.edits.retain(|edit| !inner.contains(edit));
            let name = self.operand();
            let _ = write!(before, "{name} := {}{with}; ", rendered(text, span, inner));
            let lines = "\n".repeat(text.get(span.start..span.end).unwrap_or_default().matches('\n').count());
            let name = if indexes.contains(&span) { format!("[{name}][0]") } else { name };
            self.edits.insert(Edit::new(span, format!("{lines}{name}")));
        }
        // Behind `if` there may be one statement without brackets.
        let last = self.tokens().before(whole.start).and_then(|last| text.get(last.span.start..last.span.end));
        let bare = last == Some("if");
        let not = Span::new(whole.start, whole.start + "not".len());
        self.edits.insert(Edit::new(not, format!("{}{before}not", if bare { "{ " } else { "" })));
        if bare {
            self.insert(whole.end, " }".to_owned());
        }
    }

    fn tokens(&self) -> &Tokens {
        self.tokens.get_or_init(|| Tokens::lenient(&self.module.text))
    }

    fn edits_in(&self, span: Span) -> BTreeSet<Edit> {
        self.edits.iter().filter(|edit| span.start <= edit.span.start && edit.span.end <= span.end).cloned().collect()
    }

    /// A name for the value of an operand, one for each.
    fn operand(&mut self) -> String {
        let prefix = self.operands.0.get_or_init(|| self.fresh("operand")).clone();
        self.operands.1 += 1;
        format!("{prefix}{}", self.operands.1)
    }

    /// A name for a value of a head, by its number there.
    fn value(&self, number: usize) -> String {
        format!("{}{number}", self.values.get_or_init(|| self.fresh("value")))
    }

    fn insert(&mut self, at: usize, text: String) {
        self.edits.insert(Edit::new(Span::new(at, at), text));
    }

    /// A name that nothing in the file or the package has.
    fn fresh(&self, name: &str) -> String {
        let text = self.module.file.text();
        let tokens = Tokens::lenient(text).tokens;
        let words: BTreeSet<&str> =
            tokens.iter().filter_map(|token| text.get(token.span.start..token.span.end)).collect();
        let mut new = format!("{name}_local");
        while words.contains(new.as_str()) || self.names.is_rule_name(self.index, &new) {
            new.push('_');
        }
        new
    }
}

impl Visit for Rewrites<'_> {
    fn negated(&mut self, statement: &Stmt, operands: &[&Expr]) {
        let indexes = if self.module.trusted { Vec::new() } else { negated_indexes(statement) };
        for index in indexes.iter().filter(|index| is_variable(index)) {
            let span = index.span();
            self.insert(span.start, "[".to_owned());
            self.insert(span.end, "][0]".to_owned());
        }
        if !self.negates_parts || operands.is_empty() {
            return;
        }
        let indexes: Vec<Span> = indexes.into_iter().map(|index| self.tokens().widen(index.span())).collect();
        let text = &self.module.text;
        let spans: Vec<Span> = operands.iter().map(|operand| self.tokens().widen(operand.span())).collect();
        // A span that leaves something out would be cut in two.
        if spans.iter().all(|span| is_closed(text.get(span.start..span.end).unwrap_or_default())) {
            self.take_out(statement, &spans, &indexes);
        }
    }

    fn alias(&mut self, target: &[String], span: Span) {
        self.edits.insert(Edit::new(span, ast::join(target)));
    }

    /// A variable that is named like a rule of its package: the engine takes one for the other in the order of statements. One
    /// named `input` or `data` it takes for these.
    fn local(&mut self, name: &str, span: Span) {
        if !matches!(name, "input" | "data") && !self.names.is_rule_name(self.index, name) {
            return;
        }
        let text = match self.renamed.get(name) {
            Some(new) => new.clone(),
            None => self.fresh(name),
        };
        self.renamed.insert(name.to_owned(), text.clone());
        self.edits.insert(Edit::new(span, text));
    }

    /// The engine takes the name of a rule of the package for that of a function.
    fn replaced(&mut self, path: &[String], span: Span) {
        let text = self.module.text.get(span.start..span.end).unwrap_or_default();
        let root = text.split(['.', '[']).next().unwrap_or_default().trim();
        let is_own = !matches!(root, "data" | "input") && self.names.alias(self.index, root).is_none();
        let is_function = self.names.rules.get(path).into_iter().flatten().any(|rule| rule.arity.is_some());
        if is_own && !is_function && self.names.is_rule_name(self.index, root) {
            self.insert(span.start, format!("{}.", ast::join(self.names.package(self.index))));
        }
    }

    fn builtin(&mut self, name: &str, given: usize, call: Span) {
        let answer = match name {
            // In OPA the call has one value for every pair; in the engine only `walk(x, pair)` has.
            "walk" if given == 1 => {
                let name = Span::new(call.start, call.start + "walk".len());
                self.edits.insert(Edit::new(name, builtins::WALK.to_owned()));
                return self.insert(call.end, "[_]".to_owned());
            }
            builtins::METADATA_RULE => self.annotations.rule(self.names, self.index, self.rule, call),
            builtins::METADATA_CHAIN => self.annotations.chain(self.names, self.index, self.rule, call),
            _ => return,
        };
        self.edits.insert(Edit::new(call, json(&answer.to_string())));
    }

    /// `some x in null` gives nothing in OPA; here it ends the rule unless something makes it undefined.
    fn iterated(&mut self, collection: &Expr) {
        if self.module.trusted
            || !matches!(collection, Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::Call { .. })
        {
            return;
        }
        let span = collection.span();
        // A span that leaves something out would be cut in two.
        if !is_closed(self.module.text.get(span.start..span.end).unwrap_or_default()) {
            return;
        }
        self.insert(span.start, format!("{}(", builtins::COLLECTION));
        self.insert(span.end, ")".to_owned());
    }

    fn global(&mut self, _: &[String], _: &[ast::Step<'_>], _: Span) {}
    fn call(&mut self, _: &[String], _: &Callee, _: &[Expr], _: Span, _: bool) {}
}

/// What stands in brackets behind `not`. A variable there has its value from elsewhere; the engine takes it for one that the
/// statement gives a value, and may evaluate it first (regorus 0.14.1 `src/scheduler.rs`,
/// `gather_used_vars_comprs_index_vars`), but not where it stands in another expression.
fn negated_indexes(statement: &Stmt) -> Vec<&Expr> {
    fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
        if let Expr::RefBrack { index, .. } = expr {
            found.push(index);
        }
        expr.children().into_iter().for_each(|child| collect(child, found));
    }
    let mut found = Vec::new();
    if let Literal::NotExpr { expr } = &statement.literal {
        collect(expr, &mut found);
    }
    found
}

fn is_variable(index: &Expr) -> bool {
    matches!(index, Expr::Var { value, .. } if value != "_")
}

/// Whether the brackets of a piece of text match.
fn is_closed(text: &str) -> bool {
    let Ok(tokens) = Tokens::scan(text) else { return false };
    let mut open = 0_usize;
    for token in &tokens.tokens {
        match text.get(token.span.start..token.span.end) {
            Some("(" | "[" | "{") => open += 1,
            Some(")" | "]" | "}") => match open.checked_sub(1) {
                Some(less) => open = less,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0 && !tokens.tokens.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_changed_text_lead_back() {
        let text = "x := m.a\ny := [m.b, 1]\n";
        let file = SourceFile::new("a.rego", text);
        let edit = |start, end, text: &str| Edit::new(Span::new(start, end), text.to_owned());
        let edits = vec![edit(5, 6, "data.main"), edit(15, 15, "f("), edit(15, 16, "data.main"), edit(18, 18, ")")];
        let changed = EngineText::new(&file, Dialect::V1, text, edits);
        assert_eq!(changed.text(), "x := data.main.a\ny := [f(data.main.b), 1]\n");
        let back = |piece: &str| {
            let start = changed.text().find(piece).unwrap();
            let span = changed.original(Span::new(start, start + piece.len()));
            &text[span.start..span.end]
        };
        assert_eq!(back("x :="), "x :=");
        assert_eq!(back("data.main.a"), "m.a");
        assert_eq!(back("main.a"), "m.a");
        assert_eq!(back("y := ["), "y := [");
        assert_eq!(back("data.main.b"), "m.b");
        assert_eq!(back("f(data.main.b)"), "m.b");
        assert_eq!(back(", 1"), ", 1");
    }
}
