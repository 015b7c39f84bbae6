//! Which files of a directory count, and how override files merge into the others.
//!
//! Terraform language, "Override Files": `override.tf` and `*_override.tf` are merged last, in the order of their names.
//! OpenTofu reads `x.tofu` in place of `x.tf`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::syntax::{Attribute, Block, Body};

/// What a file name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Native,
    Json,
}

/// Endings of source files, `OpenTofu`'s first.
const ENDINGS: [(&str, Notation); 4] = [
    (".tofu.json", Notation::Json),
    (".tofu", Notation::Native),
    (".tf.json", Notation::Json),
    (".tf", Notation::Native),
];

/// The name without its ending, and the notation; `None` of what is no source file. Terraform leaves out hidden files
/// and what editors leave behind.
fn cut(name: &str) -> Option<(&str, Notation)> {
    let is_ignored = name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
    let (stem, notation) = ENDINGS.iter().find_map(|(ending, kind)| Some((name.strip_suffix(ending)?, *kind)))?;
    (!is_ignored).then_some((stem, notation))
}

/// Whether Terraform or `OpenTofu` reads a file of that name as configuration.
#[must_use]
pub fn is_source_file(name: &str) -> bool {
    cut(name).is_some()
}

fn is_override(stem: &str) -> bool {
    stem == "override" || stem.ends_with("_override")
}

/// The files that count, in the order they are read, each with whether it overrides.
pub(super) fn ordered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, Notation, bool)> {
    let names: BTreeSet<&str> = names.collect();
    let is_hidden = |name: &str| {
        let tofu = name.strip_suffix(".tf").map(|stem| format!("{stem}.tofu"));
        let tofu = tofu.or_else(|| name.strip_suffix(".tf.json").map(|stem| format!("{stem}.tofu.json")));
        tofu.is_some_and(|tofu| names.contains(tofu.as_str()))
    };
    let mut files: Vec<(&str, Notation, bool)> = names
        .iter()
        .filter(|name| !is_hidden(name))
        .filter_map(|name| cut(name).map(|(stem, notation)| (*name, notation, is_override(stem))))
        .collect();
    files.sort_by_key(|(name, _, overrides)| (*overrides, *name));
    files
}

/// Merges the blocks of an override file; one that overrides nothing is an error of Terraform, and kept here.
pub(super) fn merge(into: &mut Body, overriding: Body) {
    let mut known: HashMap<Identity, usize> =
        into.blocks.iter().enumerate().rev().map(|(at, block)| (identity(block), at)).collect();
    for block in overriding.blocks {
        let several = matches!(&*block.ident, "terraform" | "moved" | "removed" | "import");
        let at = *known.entry(identity(&block)).or_insert(into.blocks.len());
        match into.blocks.get_mut(at).filter(|_| !several) {
            Some(base) if &*block.ident == "locals" => {
                let known: BTreeSet<_> = block.body.attributes.iter().map(|attribute| attribute.name.clone()).collect();
                base.body.attributes.retain(|attribute| !known.contains(&attribute.name));
                // The others of the module may define it too: the last one wins there as well.
                base.body.attributes.extend(block.body.attributes);
            }
            Some(base) => merge_block(base, block.body),
            None => into.blocks.push(block),
        }
    }
}

/// What an overriding block has in common with the one it overrides.
type Identity = (Arc<str>, Vec<Arc<str>>, Option<String>);

fn identity(block: &Block) -> Identity {
    // Provider blocks of one name differ by their alias.
    let alias = block.body.attribute("alias").filter(|_| &*block.ident == "provider");
    let alias = alias.and_then(|attribute| attribute.expr.text()).map(str::to_owned);
    (Arc::clone(&block.ident), block.labels.clone(), alias)
}

fn merge_block(base: &mut Block, body: Body) {
    replace_attributes(&mut base.body, body.attributes);
    let (lifecycle, others): (Vec<Block>, Vec<Block>) =
        body.blocks.into_iter().partition(|block| &*block.ident == "lifecycle");
    for block in lifecycle {
        match base.body.blocks.iter_mut().find(|other| &*other.ident == "lifecycle") {
            Some(known) => replace_attributes(&mut known.body, block.body.attributes),
            None => base.body.blocks.push(block),
        }
    }
    // Blocks of a type replace all of that type; `dynamic` makes blocks of the type of its label.
    let kind = |block: &Block| match block.labels.first() {
        Some(label) if &*block.ident == "dynamic" => label.to_string(),
        _ => block.ident.to_string(),
    };
    let kinds: BTreeSet<String> = others.iter().map(kind).collect();
    base.body.blocks.retain(|block| !kinds.contains(&kind(block)));
    base.body.blocks.extend(others);
}

fn replace_attributes(base: &mut Body, attributes: Vec<Attribute>) {
    let mut known: HashMap<Arc<str>, usize> =
        base.attributes.iter().enumerate().rev().map(|(at, attribute)| (Arc::clone(&attribute.name), at)).collect();
    for attribute in attributes {
        let at = *known.entry(Arc::clone(&attribute.name)).or_insert(base.attributes.len());
        match base.attributes.get_mut(at) {
            Some(known) => *known = attribute,
            None => base.attributes.push(attribute),
        }
    }
}
