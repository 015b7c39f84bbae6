//! What is odd about a rule as a whole: its name, its METADATA, what it looks at and what it prints.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::shape::written;
use super::table::{ALMOST_A_RULE, IGNORES_UNKNOWN, PLANNED_VALUES_ONLY, PRINTS_SENSITIVE, UNUSED_METADATA};
use crate::plan::schema::CONTEXT;
use crate::plan::sink::Selector;
use crate::plan::value::is_secret_name;
use crate::policy::{conventions, metadata};
use crate::rego::usage::{Path, RuleUsage, Spot, Usage};
use crate::rego::{Attachment, MetadataBlock, ModuleInfo, RuleInfo, RuleShape};
use crate::suggest;

/// Goes through all rules and METADATA blocks; `named` are the paths of rules that run because people name them.
pub(super) fn look(usage: &Usage, named: &BTreeSet<String>, found: &mut Found<'_>) {
    let by_path: BTreeMap<&str, &RuleUsage> = usage.rules.iter().map(|rule| (rule.path.as_str(), rule)).collect();
    for module in &usage.modules {
        for info in &module.rules {
            let Some(rule) = by_path.get(info.path.as_str()) else { continue };
            if is_rule(module, info, named) {
                ignores_unknown(info, rule, found);
                planned_values_only(info, rule, found);
                prints_sensitive(rule, found);
            } else if !rule.is_referred_to && conventions::of(&module.package, &info.name).is_none() {
                almost_a_rule(module, info, found);
            }
        }
        module.metadata.iter().for_each(|block| unused_metadata(module, block, named, found));
    }
}

/// Whether `check` evaluates it: by a convention, or because it is named.
fn is_rule(module: &ModuleInfo, info: &RuleInfo, named: &BTreeSet<String>) -> bool {
    conventions::is_run(&module.package, &info.name) || named.contains(&info.path)
}

/// Names that are further than a slip from a name of the conventions, and mean one.
const MEANT: [(&str, &str); 8] = [
    ("denied", "deny"),
    ("denies", "deny"),
    ("denials", "deny"),
    ("violations", "violation"),
    ("violates", "violation"),
    ("warning", "warn"),
    ("warnings", "warn"),
    ("warns", "warn"),
];

/// Words that are a slip away from one of the names, and mean themselves.
const OTHERS: [&str; 4] = ["ward", "warm", "warp", "worn"];

fn almost_a_rule(module: &ModuleInfo, info: &RuleInfo, found: &mut Found<'_>) {
    let spot = Spot { file: module.file.clone(), span: info.span };
    if let Some((meant, tool)) = almost_of_package(module, info) {
        let name = &info.name;
        let message = format!("`{name}` is no rule: nothing evaluates it");
        let help = format!("did you mean `{meant}`, as in {tool}?");
        return found.report(&ALMOST_A_RULE, spot, message, "nothing refers to it", help);
    }
    // A value that is no set of messages is some constant.
    if info.shape != RuleShape::PartialSet {
        return;
    }
    let name = conventions::last_step(&info.name);
    let (word, suffix) = name.split_once('_').map_or((name, None), |(word, suffix)| (word, Some(suffix)));
    let folded = word.to_lowercase();
    let known = ["deny", "violation", "warn"];
    let meant = MEANT.iter().find(|(said, _)| *said == folded).map(|(_, meant)| *meant);
    if OTHERS.contains(&folded.as_str()) {
        return;
    }
    let near = || known.into_iter().find(|known| *known == folded || suggest::is_one_slip(&folded, known));
    let Some(meant) = meant.or_else(near) else { return };
    let meant = suffix.map_or_else(|| meant.to_owned(), |suffix| format!("{meant}_{suffix}"));
    found.report(
        &ALMOST_A_RULE,
        spot,
        format!("`{name}` is no rule: nothing evaluates it"),
        "nothing refers to it",
        format!("did you mean `{meant}`? Rules are named deny, violation or warn, or begin so with `_` behind it"),
    );
}

/// The name of the package's own conventions from which the name of this rule is a slip away.
fn almost_of_package(module: &ModuleInfo, info: &RuleInfo) -> Option<(&'static str, &'static str)> {
    // What has no body is a constant and decides nothing.
    let decides = info.shape == RuleShape::PartialSet || info.definitions.iter().any(|part| part.body.is_some());
    let is_near = |(name, _): &(&'static str, &'static str)| {
        info.name.eq_ignore_ascii_case(name) || suggest::is_one_slip(&info.name, name)
    };
    conventions::names_run(&module.package).find(is_near).filter(|_| decides && info.shape != RuleShape::Function)
}

fn unused_metadata(module: &ModuleInfo, block: &MetadataBlock, named: &BTreeSet<String>, found: &mut Found<'_>) {
    let spot = Spot { file: module.file.clone(), span: block.span };
    // What is wrong with it is said where it is loaded.
    let Ok(meta) = metadata::parse(&block.yaml, &module.file, block.span) else { return };
    if block.attaches_to == Attachment::Nothing {
        found.report(
            &UNUSED_METADATA,
            spot,
            "this METADATA block says nothing about anything".to_owned(),
            "no rule or package follows directly",
            "put it right above the rule or package it is about, without an empty line or other comment between"
                .to_owned(),
        );
        return;
    }
    for key in meta.custom.keys() {
        let own = ["severity", "level", "strict", "category", "help", "selector", "id"];
        // Two letters are near to everything: of `id` only the case can slip.
        let slip = |own: &str| own.len() > 2 && suggest::is_one_slip(key, own);
        let Some(near) = own.into_iter().find(|own| own.eq_ignore_ascii_case(key) || slip(own)) else { continue };
        let at = module.file.slice(block.span).find(&format!("{key}:")).unwrap_or_default() + block.span.start;
        let spot = Spot { span: (at..at + key.len()).into(), ..spot.clone() };
        let message = format!("`custom.{key}` means nothing to plangate");
        found.report(&UNUSED_METADATA, spot, message, "unknown key", format!("did you mean `{near}`?"));
    }
    if let Attachment::Rule(name) = &block.attaches_to
        && !module.rules.iter().any(|info| info.name == *name && is_rule(module, info, named))
        && !meta.scope.is_some_and(metadata::Scope::is_package_wide)
        && (meta.level.is_some() || meta.strict.is_some() || meta.severity.is_some())
    {
        let message = format!("the METADATA of `{name}` sets a level or severity, and `{name}` is no rule");
        let help = "only rules that plangate evaluates (deny, violation, warn, and what conventions and decisions name) have a \
                    level; move the block to one";
        found.report(&UNUSED_METADATA, spot, message, "has no effect", help.to_owned());
    }
}

/// The path without what systems put before a plan's own keys.
fn in_plan(path: &[Selector]) -> &[Selector] {
    match path.split_first() {
        Some((Selector::Name(first), rest)) if CONTEXT.contains(&&**first) && !rest.is_empty() => rest,
        _ => path,
    }
}

fn name(step: &Selector) -> Option<&str> {
    match step {
        Selector::Name(name) => Some(name),
        Selector::Wildcard => None,
    }
}

fn names(path: &[Selector]) -> Vec<Option<&str>> {
    path.iter().map(name).collect()
}

/// A path below `side` of a resource's change; the steps below it.
fn below_change<'p>(path: &'p [Selector], sides: &[&str]) -> Option<&'p [Selector]> {
    let path = in_plan(path);
    match names(path).as_slice() {
        [Some("resource_changes"), None, Some("change"), Some(side), ..] if sides.contains(side) => path.get(4..),
        _ => None,
    }
}

fn ignores_unknown(info: &RuleInfo, rule: &RuleUsage, found: &mut Found<'_>) {
    let looks_at = |sides: &[&str]| rule.looks_at.iter().any(|(path, _)| below_change(path, sides).is_some());
    let everything = info.reads.paths.is_whole() || info.reads.paths.wildcard().is_some();
    if everything || looks_at(&["after_unknown"]) {
        return;
    }
    let after =
        rule.looks_at.iter().filter(|(path, _)| below_change(path, &["after"]).is_some_and(|rest| !rest.is_empty()));
    let Some((path, spot)) = after.min_by(|a, b| a.1.key().cmp(&b.1.key()).then_with(|| a.0.len().cmp(&b.0.len())))
    else {
        return;
    };
    let rest = written(below_change(path, &["after"]).unwrap_or_default());
    let rest = rest.strip_prefix("input").unwrap_or_default();
    let dotted = rest.strip_prefix('.').unwrap_or(rest);
    let message = format!("`{}` does not ask whether `{dotted}` is known before apply", info.name);
    let help = format!(
        "what is known only after apply is absent here: `not` of it holds, everything else is undefined. Look at \
         `change.after_unknown{rest}` as well, and decide what an unknown value means"
    );
    found.report(&IGNORES_UNKNOWN, spot.clone(), message, "absent where it is not known yet", help);
}

fn planned_values_only(info: &RuleInfo, rule: &RuleUsage, found: &mut Found<'_>) {
    let roots = || rule.looks_at.iter().filter_map(|(path, spot)| Some((*names(in_plan(path)).first()?, path, spot)));
    let changes = ["resource_changes", "resource_drift", "deferred_changes", "prior_state", "plangate"];
    let sees_changes = roots().any(|(root, ..)| root.is_none_or(|root| changes.contains(&root)));
    let everything = info.reads.paths.is_whole() || info.reads.paths.wildcard().is_some();
    if everything || sees_changes {
        return;
    }
    let planned = roots().filter(|(root, ..)| *root == Some("planned_values"));
    let Some((_, _, spot)) = planned.min_by(|a, b| (a.1.len(), a.2.key()).cmp(&(b.1.len(), b.2.key()))) else { return };
    let message = format!("`{}` sees only what will be there, not what is destroyed", info.name);
    let help = "`planned_values` holds the result of the plan: a resource that is deleted or replaced does not show as such. \
                Read `resource_changes` if the rule is about changes";
    found.report(&PLANNED_VALUES_ONLY, spot.clone(), message, "the result of the plan", help.to_owned());
}

fn prints_sensitive(rule: &RuleUsage, found: &mut Found<'_>) {
    for (path, spot) in &rule.yields {
        let Some(what) = sensitive(path) else { continue };
        let message = format!("the message holds {what}");
        let help = "a plan has secrets in clear. plangate masks what the plan marks as sensitive in what policies write, other \
                    tools do not: name the address, not the value"
            .to_owned();
        found.report(&PRINTS_SENSITIVE, spot.clone(), message, "printed", help);
    }
}

/// What a path may show that nobody should see.
fn sensitive(path: &Path) -> Option<String> {
    let shown = written(path);
    let path = in_plan(path);
    if let Some(rest) = below_change(path, &["before", "after"]) {
        let last = rest.iter().rev().find_map(name);
        return match last {
            None if rest.is_empty() => Some(format!("all attributes of an object, `{shown}`")),
            Some(last) if is_secret_name(last) => Some(format!("`{shown}`, which looks like a secret")),
            _ => None,
        };
    }
    match names(path).as_slice() {
        [] => Some("the whole input".to_owned()),
        [Some("resource_changes")]
        | [Some("resource_changes"), None]
        | [Some("resource_changes"), None, Some("change")] => Some(format!("all attributes of an object, `{shown}`")),
        // The value of a variable whose name is computed is most often that of one.
        [Some("variables")] => Some(format!("all variables, `{shown}`")),
        [Some("variables"), Some(name), ..] if is_secret_name(name) => {
            Some(format!("`{shown}`, which looks like a secret"))
        }
        _ => None,
    }
}
