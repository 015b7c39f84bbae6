//! Comparisons with words that a value can never be.

use serde_json::Value as Json;

use super::Found;
use super::shape::{Look, Shapes, is_list, words, written};
use super::table::UNKNOWN_VALUE;
use crate::plan::sink::Selector;
use crate::rego::usage::{Compared, Comparison, Path, Usage};
use crate::suggest::{self, list};

/// What people write for Terraform's words of actions.
const MEANT: [(&str, &str); 13] = [
    ("destroy", "delete"),
    ("destroyed", "delete"),
    ("remove", "delete"),
    ("deleted", "delete"),
    ("add", "create"),
    ("created", "create"),
    ("modify", "update"),
    ("change", "update"),
    ("updated", "update"),
    ("noop", "no-op"),
    ("none", "no-op"),
    ("import", "no-op"),
    ("moved", "no-op"),
];
/// What people write for a replacement, which has no word of its own.
const REPLACE: [&str; 4] = ["replace", "recreate", "destroy-create", "replaced"];

/// Reports each string that its value never is.
pub(super) fn unknown_values(usage: &Usage, shapes: &Shapes, found: &mut Found<'_>) {
    for comparison in &usage.comparisons {
        let element = |path: &Path| {
            let wildcard = (comparison.kind == Compared::Elements).then_some(Selector::Wildcard);
            path.iter().cloned().chain(wildcard).collect::<Path>()
        };
        let paths: Vec<Path> = comparison.paths.iter().map(element).collect();
        let nodes: Option<Vec<(&Path, Vec<&Json>)>> = paths
            .iter()
            .map(|path| match shapes.look(path) {
                Look::Known(nodes) if !nodes.is_empty() => Some((path, nodes)),
                _ => None,
            })
            .collect();
        let Some(nodes) = nodes else { continue };
        if comparison.kind == Compared::Itself && nodes.iter().all(|(_, nodes)| nodes.iter().all(|node| is_list(node)))
        {
            list_with_string(comparison, &nodes, found);
            continue;
        }
        let known: Option<Vec<Vec<&str>>> = nodes.iter().map(|(path, nodes)| words(path, nodes)).collect();
        let Some(known) = known.map(|words| words.concat()) else { continue };
        for string in comparison.strings.iter().filter(|string| !known.contains(&string.text.as_str())) {
            let Some((path, _)) = nodes.first() else { continue };
            let (path, text) = (written(path), string.text.as_str());
            let message = format!("`{path}` is never {text:?}");
            let help = match meant(&path, text, &known) {
                Some(help) => help,
                None if comparison.kind == Compared::Key => continue,
                None => format!("it is {}", list(&known)),
            };
            found.report(&UNKNOWN_VALUE, string.spot.clone(), message, "no such word", help);
        }
    }
}

fn list_with_string(comparison: &Comparison, nodes: &[(&Path, Vec<&Json>)], found: &mut Found<'_>) {
    let (Some((path, _)), Some(string)) = (nodes.first(), comparison.strings.first()) else { return };
    let path = written(path);
    let message = format!("`{path}` is a list and never the string {:?}", string.text);
    let help = format!("look into it: {:?} in {path}", string.text);
    found.report(&UNKNOWN_VALUE, string.spot.clone(), message, "a list is compared with this", help);
}

/// What was probably meant.
fn meant(path: &str, text: &str, words: &[&str]) -> Option<String> {
    let is_actions = path.ends_with(".actions[_]");
    if is_actions && REPLACE.contains(&text) {
        return Some("a replacement is `delete` and `create` together, in either order".to_owned());
    }
    let known = MEANT.iter().find(|(said, meant)| is_actions && *said == text && words.contains(meant));
    let near = known.map(|(_, meant)| *meant).or_else(|| suggest::nearest(text, words.iter().copied()))?;
    Some(format!("did you mean `{near}`? It is {}", list(words)))
}
