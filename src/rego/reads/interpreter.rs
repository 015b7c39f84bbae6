//! The state of the interpretation, and the ways to look at a value: each registers what it reads.
//!
//! Must not know the syntax tree.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::parts::{self, PartUses};
use super::value::{MAX_STEPS, Origin, Other, Value};
use super::watch::Watched;
use super::{ALIASES, Definitions};
use crate::plan::sink::{PathSet, Selector};
use crate::rego::names::{Names, Parts};
use crate::source::Span;

/// Expressions that are looked at for one rule. Far above what people write: one that takes more counts as reading everything.
const BUDGET: usize = 40_000;

/// What was read, so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) paths: PathSet,
    pub(super) names: BTreeSet<String>,
    pub(super) parts: PartUses,
    pub(super) types: BTreeSet<String>,
    /// Modules with a definition that was looked at.
    pub(super) modules: BTreeSet<usize>,
    /// Lists of `input.plangate` of whose elements the key `source` is read by name.
    pub(super) sources_of: BTreeSet<String>,
    /// `input[k]`: what is read is known only when it runs.
    pub(super) computed: bool,
}

impl Found {
    pub(super) fn merge(&mut self, other: &Self) {
        self.paths.merge(&other.paths);
        self.names.extend(other.names.iter().cloned());
        self.parts.merge(&other.parts);
        self.types.extend(other.types.iter().cloned());
        self.modules.extend(&other.modules);
        self.sources_of.extend(other.sources_of.iter().cloned());
        self.computed |= other.computed;
    }
}

/// A rule as it is referred to: its arguments and the input it sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) path: Parts,
    pub(super) args: Vec<Value>,
    pub(super) input: Value,
    /// It is a rule whose result is the answer, not one that another rule takes a value from.
    pub(super) entry: bool,
}

pub(super) struct Interpreter<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) definitions: Definitions<'a>,
    /// What `input` is.
    pub(super) input: Value,
    pub(super) found: Found,
    pub(super) memo: BTreeMap<Reference, Rc<(Value, Found)>>,
    pub(super) open: Vec<Parts>,
    /// Where the expression stands that is looked at.
    pub(super) place: (usize, Span),
    /// Whether the query may have more than one solution.
    pub(super) iterated: bool,
    /// Where somebody wants to know: what each expression may be.
    pub(super) watched: Option<Watched>,
    budget: usize,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(names: &'a Names<'a>) -> Self {
        Self {
            names,
            definitions: Definitions::new(names),
            input: Value::input(),
            found: Found::default(),
            memo: BTreeMap::new(),
            open: Vec::new(),
            place: (0, Span::default()),
            iterated: false,
            watched: None,
            budget: BUDGET,
        }
    }

    /// What a rule reads for its answer.
    pub(super) fn entry(&mut self, path: &Parts) -> Found {
        self.budget = BUDGET;
        self.input = Value::input();
        self.found = Found::default();
        let value = self.rule(path, Vec::new(), true);
        self.consume(&value);
        std::mem::take(&mut self.found)
    }

    /// Whether there is no more time: everything counts as read then.
    pub(super) fn is_exhausted(&mut self) -> bool {
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 {
            self.give_up();
        }
        self.budget == 0
    }

    /// Everything counts as read.
    pub(super) fn give_up(&mut self) {
        self.found.paths = PathSet::everything();
        self.found.computed = true;
    }

    fn register(&mut self, path: &[Selector], whole: bool) {
        self.found.paths.insert(path, whole);
    }

    /// The value under a key.
    pub(super) fn key(&mut self, of: &Value, key: &str) -> Value {
        let mut below = of.fields.get(key).cloned().unwrap_or_default();
        for origin in &of.origins {
            if !origin.hidden.contains(key) {
                below.join(self.below(origin, Selector::Name(Arc::from(key))));
            }
        }
        for inner in of.items.iter().chain(&of.members) {
            below.join(Value::clone(inner));
        }
        if of.other == Other::Anything {
            below.join(Value::anything());
        }
        below
    }

    /// The value of the element under a key that is not known.
    pub(super) fn computed(&mut self, of: &Value) -> Value {
        self.found.computed |= of.origins.iter().any(|origin| origin.path.is_empty());
        self.element(of)
    }

    /// The value of any element.
    pub(super) fn element(&mut self, of: &Value) -> Value {
        self.iterated = true;
        let mut below = Value::default();
        for origin in &of.origins {
            below.join(self.below(origin, Selector::Wildcard));
        }
        for inner in of.inner() {
            below.join(inner.clone());
        }
        if of.other == Other::Anything {
            below.join(Value::anything());
        }
        below
    }

    fn below(&mut self, origin: &Origin, step: Selector) -> Value {
        if origin.path.len() >= MAX_STEPS {
            self.register(&origin.path, true);
            return Value::anything();
        }
        let mut path = origin.path.clone();
        path.push(step);
        self.register(&path, false);
        if let [Selector::Name(name)] = path.as_slice() {
            self.found.names.insert(name.to_string());
        }
        if let [Selector::Name(root), Selector::Name(list), Selector::Wildcard, Selector::Name(key)] = path.as_slice()
            && **root == *crate::rego::mentions::KEY
            && **key == *"source"
        {
            self.found.sources_of.insert(list.to_string());
        }
        if path.len() <= 2
            && let Some(part) = parts::of_path(&path).into_iter().find(|part| part.len() == path.len())
        {
            self.found.parts.read(part, self.place);
        }
        Value::origin(Origin { path, hidden: BTreeSet::new() })
    }

    /// The value is used with all that is in it.
    pub(super) fn consume(&mut self, value: &Value) {
        for origin in &value.origins {
            self.register(&origin.path, true);
        }
        for inner in value.inner() {
            self.consume(inner);
        }
    }

    /// It matters whether the value is the same as another of its kind, and nothing else. Of the entries of `resource_changes`
    /// address and key of the deposed object say that: a plan that has both twice is not judged.
    pub(super) fn identify(&mut self, value: &Value) {
        let pieces = value.pieces();
        let mut lists = pieces.iter().map(|origin| origin.path.split_last());
        let first = lists.next().flatten();
        let Some((Selector::Wildcard, list)) = first else { return self.consume(value) };
        let is_name =
            |step: &Selector, names: &[&str]| matches!(step, Selector::Name(name) if names.contains(&&**name));
        let known = match list {
            [list] => is_name(list, &["resource_changes"]),
            [alias, list] => is_name(alias, &ALIASES) && is_name(list, &["resource_changes"]),
            _ => false,
        };
        if !known || !lists.all(|other| other == first) {
            return self.consume(value);
        }
        for key in ["address", "deposed"] {
            let path: Vec<Selector> =
                list.iter().cloned().chain([Selector::Wildcard, Selector::Name(Arc::from(key))]).collect();
            self.register(&path, false);
        }
    }

    /// Two values are compared.
    pub(super) fn compare(&mut self, a: &Value, b: &Value) {
        for (one, other) in [(a, b), (b, a)] {
            if one.is_type() {
                self.found.types.extend(other.strings.iter().cloned());
            }
        }
        // What has elements never equals what has none, and its kind is known.
        if !a.is_scalar() && !b.is_scalar() {
            self.consume(a);
            self.consume(b);
        }
    }

    /// A value that is kept as it is unless it is too big to be followed.
    pub(super) fn bounded(&mut self, value: Value) -> Value {
        if value.is_too_big() {
            self.consume(&value);
            return Value::anything();
        }
        value
    }
}
