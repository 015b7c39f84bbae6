//! Which parts of a document somebody wants.
//!
//! Owns the set of paths, its union and the table a loader goes by. Must not know why a part is wanted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

/// One step of a path into a document (the selectors of RFC 9535 that are needed here).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// The value under a key.
    Name(Arc<str>),
    /// Every element of an array, every value of an object.
    Wildcard,
}

/// A set of paths. A path that is in it wants its value as far as it is a scalar or has elements on other paths of the set;
/// a path that is in it *whole* wants everything below too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct PathSet {
    #[cfg_attr(test, serde(skip_serializing_if = "std::ops::Not::not"))]
    whole: bool,
    #[cfg_attr(test, serde(skip_serializing_if = "BTreeMap::is_empty"))]
    names: BTreeMap<Arc<str>, PathSet>,
    #[cfg_attr(test, serde(skip_serializing_if = "Option::is_none"))]
    wildcard: Option<Box<PathSet>>,
}

impl PathSet {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// Whether the value is wanted with all that is below.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether nothing below the value is wanted.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        !self.whole && self.names.is_empty() && self.wildcard.is_none()
    }

    /// The keys that are wanted by name.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.names.iter().map(|(name, below)| (&**name, below))
    }

    /// What is wanted below a key that is wanted by name.
    #[must_use]
    pub fn name(&self, name: &str) -> Option<&Self> {
        self.names.get(name)
    }

    /// What is wanted of every element.
    #[must_use]
    pub fn wildcard(&self) -> Option<&Self> {
        self.wildcard.as_deref()
    }

    /// Adds a path.
    pub fn insert(&mut self, path: &[Selector], whole: bool) {
        if self.whole {
            return;
        }
        match path.split_first() {
            None if whole => *self = Self::everything(),
            None => {}
            Some((Selector::Name(name), rest)) => self.names.entry(Arc::clone(name)).or_default().insert(rest, whole),
            Some((Selector::Wildcard, rest)) => self.wildcard.get_or_insert_default().insert(rest, whole),
        }
    }

    /// Adds all paths of another set.
    pub fn merge(&mut self, other: &Self) {
        if self.whole {
            return;
        }
        if other.whole {
            *self = Self::everything();
            return;
        }
        for (name, below) in &other.names {
            self.names.entry(Arc::clone(name)).or_default().merge(below);
        }
        if let Some(below) = &other.wildcard {
            self.wildcard.get_or_insert_default().merge(below);
        }
    }

    /// Adds to the document itself what is wanted below these keys: they are other names for it.
    #[must_use]
    pub fn with_aliases(mut self, aliases: &[&str]) -> Self {
        let below: Vec<Self> = aliases.iter().filter_map(|alias| self.names.get(*alias).cloned()).collect();
        for below in &below {
            self.merge(below);
        }
        self
    }

    /// The same without what is below a key of the document.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.names.remove(key);
        self
    }

    /// All paths as text, sorted: `resource_changes[*].type`; a `**` at the end says that everything below is wanted.
    #[must_use]
    pub fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.lines_below("", &mut lines);
        lines
    }

    fn lines_below(&self, prefix: &str, lines: &mut Vec<String>) {
        if self.whole {
            lines.push(if prefix.is_empty() { "**".to_owned() } else { format!("{prefix}.**") });
        } else if self.is_leaf() && !prefix.is_empty() {
            lines.push(prefix.to_owned());
        }
        if let Some(below) = &self.wildcard {
            below.lines_below(&format!("{prefix}[*]"), lines);
        }
        for (name, below) in &self.names {
            let dot = if prefix.is_empty() { "" } else { "." };
            below.lines_below(&format!("{prefix}{dot}{name}"), lines);
        }
    }
}

/// A place in a [`Projection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted(usize);

impl Wanted {
    /// Nothing here is wanted.
    pub const NOTHING: Self = Self(0);
    /// Everything here is wanted.
    pub const WHOLE: Self = Self(1);
    /// The document itself, of a projection that wants neither nothing nor all of it.
    const ROOT: Self = Self(2);

    /// Whether the value at this place is wanted, be it only its kind.
    #[must_use]
    pub const fn anything(self) -> bool {
        self.0 != Self::NOTHING.0
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    names: HashMap<Arc<str>, usize>,
    others: usize,
}

/// A set of paths as a table: which values of a document are kept, without building anything on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    root: Wanted,
    rows: Vec<Row>,
}

impl Projection {
    /// Of nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { root: Wanted::NOTHING, rows: Vec::new() }
    }

    /// Of everything.
    #[must_use]
    pub fn everything() -> Self {
        Self { root: Wanted::WHOLE, rows: Vec::new() }
    }

    /// Of these paths; the document itself is always wanted.
    #[must_use]
    pub fn of(paths: &PathSet) -> Self {
        if paths.whole {
            return Self::everything();
        }
        let mut rows = vec![Row::default(), Row::default()];
        Self::add(&mut rows, paths);
        Self { root: Wanted::ROOT, rows }
    }

    /// Adds the row of a set and those below it; says which one it is.
    fn add(rows: &mut Vec<Row>, paths: &PathSet) -> usize {
        if paths.whole {
            return Wanted::WHOLE.0;
        }
        let at = rows.len();
        rows.push(Row::default());
        let others = paths.wildcard.as_ref().map_or(Wanted::NOTHING.0, |below| Self::add(rows, below));
        let mut names = HashMap::with_capacity(paths.names.len());
        for (name, below) in &paths.names {
            // What is wanted of every element is wanted of this one too.
            let below = match &paths.wildcard {
                Some(every) => {
                    let mut both = below.clone();
                    both.merge(every);
                    Self::add(rows, &both)
                }
                None => Self::add(rows, below),
            };
            names.insert(Arc::clone(name), below);
        }
        if let Some(row) = rows.get_mut(at) {
            *row = Row { names, others };
        }
        at
    }

    /// Where the document itself stands.
    #[must_use]
    pub const fn root(&self) -> Wanted {
        self.root
    }

    /// Where the value under a key stands.
    #[must_use]
    pub fn key(&self, at: Wanted, key: &str) -> Wanted {
        self.step(at, |row| row.names.get(key).copied().unwrap_or(row.others))
    }

    /// Where the elements of an array stand.
    #[must_use]
    pub fn item(&self, at: Wanted) -> Wanted {
        self.step(at, |row| row.others)
    }

    fn step(&self, at: Wanted, next: impl Fn(&Row) -> usize) -> Wanted {
        match at {
            Wanted::NOTHING | Wanted::WHOLE => at,
            Wanted(at) => self.rows.get(at).map_or(Wanted::WHOLE, |row| Wanted(next(row))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Selector> {
        let step = |step: &str| if step == "*" { Selector::Wildcard } else { Selector::Name(step.into()) };
        text.split('.').filter(|step| !step.is_empty()).map(step).collect()
    }

    fn set(paths: &[&str]) -> PathSet {
        let mut set = PathSet::default();
        for text in paths {
            set.insert(&path(text.trim_end_matches('!')), text.ends_with('!'));
        }
        set
    }

    #[test]
    fn a_whole_path_swallows_what_is_below() {
        let both = set(&["a.*.b", "a.*.c!", "a.*.c.d", "e", "e.f"]);
        assert_eq!(both.to_lines(), ["a[*].b", "a[*].c.**", "e.f"]);
        let mut merged = set(&["a.*.c.d"]);
        merged.merge(&both);
        assert_eq!(merged, both);
        assert_eq!(set(&["a", "!"]).to_lines(), ["**"]);
    }

    #[test]
    fn a_projection_follows_names_and_wildcards_at_once() {
        let projection = Projection::of(&set(&["a.*.b", "a.x.c!", "d"]));
        let at = |text: &str| {
            path(text).iter().fold(projection.root(), |at, step| match step {
                Selector::Name(name) => projection.key(at, name),
                Selector::Wildcard => projection.item(at),
            })
        };
        for wanted in ["", "a", "a.x", "a.y", "a.*", "a.x.b", "a.y.b", "a.x.c", "a.x.c.z.z", "d"] {
            assert!(at(wanted).anything(), "{wanted}");
        }
        for unwanted in ["z", "a.y.c", "a.*.c", "d.x", "a.x.z", "a.x.b.z"] {
            assert!(!at(unwanted).anything(), "{unwanted}");
        }
        assert_eq!(Projection::of(&PathSet::everything()).root(), Wanted::WHOLE);
        assert!(!Projection::nothing().root().anything());
        assert!(Projection::of(&PathSet::default()).root().anything(), "the document itself");
    }

    #[test]
    fn what_is_wanted_of_an_alias_is_wanted_of_the_document() {
        let set = set(&["plan.a.*", "b", "tf!"]);
        assert_eq!(set.clone().with_aliases(&["plan"]).to_lines(), ["a[*]", "b", "plan.a[*]", "tf.**"]);
        assert!(set.with_aliases(&["tf"]).is_whole());
    }
}
