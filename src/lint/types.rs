//! Resource types that no provider has.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::table::UNKNOWN_TYPE;
use crate::catalog::Catalog;
use crate::problem::Problem;
use crate::rego::usage::Usage;
use crate::suggest;

/// Reports each type that a rule compares with and that is, but for a slip, a type of a known provider.
///
/// A type that is near none is passed over: the list has no data sources of some providers, and none of the types that
/// providers gave up.
pub(super) fn unknown(usage: &Usage, catalog: &Catalog, found: &mut Found<'_>) -> Result<(), Problem> {
    let rules = usage.modules.iter().flat_map(|module| &module.rules);
    let compared: BTreeSet<&str> = rules.flat_map(|rule| rule.reads.types.iter().map(String::as_str)).collect();
    let mut of_provider: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in compared {
        let Some((provider, _)) = name.split_once('_') else { continue };
        let known = of_provider.entry(provider).or_insert_with(|| Catalog::known_types(provider).collect());
        if known.is_empty() || catalog.is_known(name) || catalog.entry(name)?.is_some() {
            continue;
        }
        let Some(near) = known.iter().find(|known| suggest::is_one_slip(name, known)) else { continue };
        for spot in usage.literals.get(name).into_iter().flatten() {
            let message = format!("no provider has a resource type `{name}`");
            found.report(&UNKNOWN_TYPE, spot.clone(), message, "unknown type", format!("did you mean `{near}`?"));
        }
    }
    Ok(())
}
