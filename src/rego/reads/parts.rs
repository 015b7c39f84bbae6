//! The first steps behind `input`, and how they are asked for.
//!
//! Must not know which of them a document has.

use std::collections::{BTreeMap, BTreeSet};

use super::PartRead;
use super::value::Value;
use crate::plan::sink::Selector;
use crate::rego::names::Names;
use crate::source::Span;

/// The keys of a part: one, or two.
pub(super) type Part = Vec<String>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Use {
    asked: bool,
    needed: bool,
    alternatives: BTreeSet<BTreeSet<Part>>,
    place: Option<(usize, Span)>,
}

/// All parts that are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PartUses(BTreeMap<Part, Use>);

impl PartUses {
    /// A read without alternative.
    pub(super) fn read(&mut self, part: Part, place: (usize, Span)) {
        let at = self.0.entry(part).or_default();
        at.needed = true;
        at.place = Some(at.place.map_or(place, |first| first.min(place)));
    }

    /// A question whether it is there.
    pub(super) fn ask(&mut self, part: Part) {
        self.0.entry(part).or_default().asked = true;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (part, theirs) in &other.0 {
            let mine = self.0.entry(part.clone()).or_default();
            mine.asked |= theirs.asked;
            mine.needed |= theirs.needed;
            mine.alternatives.extend(theirs.alternatives.iter().cloned());
            mine.place = [mine.place, theirs.place].into_iter().flatten().min();
        }
    }

    /// Takes note that what is read of `own` can be answered from `others` as well.
    pub(super) fn answered_also_by(&mut self, own: &BTreeSet<Part>, others: &BTreeSet<Part>) {
        for (part, at) in &mut self.0 {
            if !own.contains(part) {
                continue;
            }
            at.alternatives = std::mem::take(&mut at.alternatives)
                .into_iter()
                .map(|known| known.union(others).cloned().collect())
                .collect();
            if std::mem::take(&mut at.needed) {
                at.alternatives.insert(others.clone());
            }
        }
    }

    pub(super) fn export(self, names: &Names<'_>) -> Vec<PartRead> {
        let place = |(module, span): (usize, Span)| Some((names.modules.get(module)?.file.name().to_owned(), span));
        let export = |(keys, at): (Part, Use)| PartRead {
            keys,
            asked: at.asked,
            needed: at.needed,
            alternatives: at.alternatives.into_iter().map(|parts| parts.into_iter().collect()).collect(),
            place: at.place.and_then(place),
        };
        self.0.into_iter().map(export).collect()
    }
}

/// The parts a path begins with.
pub(super) fn of_path(path: &[Selector]) -> Vec<Part> {
    let names: Part = path
        .iter()
        .take(2)
        .map_while(|step| match step {
            Selector::Name(name) => Some(name.to_string()),
            Selector::Wildcard => None,
        })
        .collect();
    (1..=names.len()).filter_map(|len| names.get(..len).map(<[_]>::to_vec)).collect()
}

/// The parts a value is taken from.
pub(super) fn of_value(value: &Value) -> BTreeSet<Part> {
    value.pieces().into_iter().flat_map(|origin| of_path(&origin.path)).collect()
}
