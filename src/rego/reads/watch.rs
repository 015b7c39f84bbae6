//! What each expression of a policy may be, as far as that is told by paths of the input and by constants.
//!
//! The same interpretation, looked at from outside. Must not decide what is read.

use std::collections::{BTreeMap, BTreeSet};

use super::interpreter::Interpreter;
use super::value::{Other, Value};
use crate::plan::sink::Selector;
use crate::rego::names::{Names, Parts};
use crate::source::Span;

/// Values by module and place.
type Values = BTreeMap<(usize, Span), Value>;

/// What was seen, so far.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) expressions: Values,
    /// What an index is looked up in, by the place of the index.
    pub(super) containers: Values,
}

/// What an expression may be.
#[derive(Debug, Clone, Default)]
pub(in crate::rego) struct Seen {
    /// Pieces of the input.
    pub(in crate::rego) paths: Vec<Vec<Selector>>,
    /// Strings.
    pub(in crate::rego) strings: BTreeSet<String>,
    /// Strings in a list or set.
    pub(in crate::rego) listed: BTreeSet<String>,
    /// Keys of an object.
    pub(in crate::rego) keys: BTreeSet<String>,
    /// It can be nothing but a piece of the input.
    pub(in crate::rego) is_input: bool,
}

/// Values by module and place.
pub(in crate::rego) type Expressions = BTreeMap<(usize, Span), Seen>;

/// What was seen.
#[derive(Debug)]
pub(in crate::rego) struct Sight {
    /// All expressions.
    pub(in crate::rego) expressions: Expressions,
    /// What an index is looked up in, by the place of the index.
    pub(in crate::rego) containers: Expressions,
}

/// What the expressions may be that these rules evaluate.
pub(in crate::rego) fn watch<'p>(names: &Names<'_>, rules: impl IntoIterator<Item = &'p Parts>) -> Sight {
    let mut interpreter = Interpreter::new(names);
    interpreter.watched = Some(Watched::default());
    for path in rules {
        interpreter.entry(path);
    }
    let watched = interpreter.watched.take().unwrap_or_default();
    let seen = |values: Values| values.into_iter().map(|(place, value)| (place, Seen::of(value))).collect();
    Sight { expressions: seen(watched.expressions), containers: seen(watched.containers) }
}

impl Seen {
    fn of(value: Value) -> Self {
        let listed = value.items.iter().chain(&value.members).flat_map(|inner| inner.strings.iter().cloned()).collect();
        let is_input = value.strings.is_empty()
            && value.inner().next().is_none()
            && value.other == Other::Nothing
            && value.origins.iter().all(|origin| origin.hidden.is_empty());
        Self {
            is_input: is_input && !value.origins.is_empty(),
            paths: value.origins.into_iter().map(|origin| origin.path).collect(),
            strings: value.strings,
            listed,
            keys: value.fields.into_keys().collect(),
        }
    }
}
