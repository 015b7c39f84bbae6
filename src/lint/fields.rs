//! Reads of what no plan has.

use std::collections::BTreeMap;

use super::Found;
use super::shape::{Instead, Look, Shapes, Stop, written};
use super::table::UNKNOWN_FIELD;
use crate::rego::usage::{Read, Spot, Usage};
use crate::suggest;

/// Reports each read that leads nowhere, whatever it may be, by a key of its own.
pub(super) fn unknown(usage: &Usage, shapes: &Shapes, found: &mut Found<'_>) {
    let optional = optional(usage);
    for read in &usage.reads {
        let Some((stop, path, step)) = dead_end(read, shapes) else { continue };
        let (key, span) = step;
        let near = match &stop.instead {
            Instead::Keys(keys) => suggest::nearest(key, keys.iter().copied()),
            Instead::List | Instead::Scalar => None,
        };
        // Asked for, or one of several ways to the same: somebody knows that it can be missing.
        let is_root = stop.at == 0;
        if near.is_none() && is_root && optional.get(key.as_str()).copied().unwrap_or(false) {
            continue;
        }
        let parent = written(path.get(..stop.at).unwrap_or_default());
        let help = match (&stop.instead, near) {
            (_, Some(near)) => format!("did you mean `{near}`?"),
            (Instead::Keys(_), None) if is_root => {
                "the document is a plan as `terraform show -json` prints it; docs/schema/plan.json lists its keys"
                    .to_owned()
            }
            (Instead::Keys(keys), None) => format!("`{parent}` has {}", suggest::list(keys).replace(" or ", " and ")),
            (Instead::List, _) => format!("`{parent}` is a list: go through it, `{parent}[_]`"),
            (Instead::Scalar, _) => format!("`{parent}` is a single value and has nothing below it"),
        };
        let spot = Spot { file: read.spot.file.clone(), span: *span };
        let path = written(path.get(..=stop.at).unwrap_or_default());
        found.report(&UNKNOWN_FIELD, spot, format!("no plan has `{path}`"), "always undefined", help);
    }
}

type Step = (String, crate::source::Span);

/// The key of this read by which all that it may be leads nowhere.
fn dead_end<'s, 'r>(
    read: &'r Read,
    shapes: &'s Shapes,
) -> Option<(Stop<'s>, &'r [crate::plan::sink::Selector], &'r Step)> {
    let mut first = None;
    for path in &read.paths {
        let Look::Nowhere(stop) = shapes.look(path) else { return None };
        // A key before this reference is reported where it is written.
        let own = stop.at.checked_sub(path.len().checked_sub(read.steps.len())?)?;
        let step = read.steps.get(own)?.as_ref()?;
        first.get_or_insert((stop, path.as_slice(), step));
    }
    first
}

/// Keys of the document, and whether every rule that reads them can do without.
fn optional(usage: &Usage) -> BTreeMap<&str, bool> {
    let mut found = BTreeMap::new();
    let rules = usage.modules.iter().flat_map(|module| &module.rules);
    for part in rules.flat_map(|rule| &rule.reads.parts) {
        if let [key] = part.keys.as_slice() {
            *found.entry(key.as_str()).or_insert(true) &= part.asked || !part.needed;
        }
    }
    found
}
