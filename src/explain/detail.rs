//! What a finding rests on: values before and after, what the object hangs together with, how its provider behaves.

use super::Known;
use crate::catalog::{Effect, Page};
use crate::facts::{ChangeFacts, Links, OutsideAttribute, Stakes};
use crate::finding::Finding;
use crate::text::count;

/// How many paths known only after apply, and dependents, are named.
const NAMED: usize = 10;

/// Why a finding was made.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// Attributes that were read.
    pub fields: Vec<Field>,
    /// How the object hangs together with others.
    pub relations: Vec<Relation>,
    /// What is at stake with this object.
    pub stakes: Option<Stakes>,
    /// What the catalogue says of its type.
    pub page: Option<Page>,
    /// Facts of the result itself, as the rule wrote them, for rules whose facts plangate does not know.
    pub written: Vec<(String, String)>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it is.
    pub path: String,
    /// Old value as text that may be shown.
    pub before: String,
    /// New value alike; `None` for a setting of the object as it is.
    pub after: Option<String>,
    /// What it does.
    pub effect: String,
}

/// How an object hangs together with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// `cause`, `root_cause`, `lies_in`, `takes`, `dependents`, `rename`, `shift`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

impl Detail {
    pub(super) fn new(finding: &Finding, known: &Known<'_>) -> Self {
        let written = finding.metadata.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
        let Some((change, outside)) = known.of(finding) else { return Self { written, ..Self::default() } };
        let mut fields = fields(change, outside);
        for field in &mut fields {
            field.before = (known.mask)(&field.before);
            field.after = field.after.as_deref().map(known.mask);
        }
        let mut relations = relations(&change.links);
        for relation in &mut relations {
            relation.text = (known.mask)(&relation.text);
        }
        Self { fields, relations, stakes: change.catalog.stakes.clone(), page: known.page.cloned(), written }
    }
}

fn fields(change: &ChangeFacts, outside: &[OutsideAttribute]) -> Vec<Field> {
    let forcing = change.replaced_by.iter().map(|attribute| Field {
        path: attribute.path.clone(),
        before: attribute.before.clone(),
        after: Some(attribute.after.clone()),
        effect: "forces the replacement".to_owned(),
    });
    let risky = change.attributes.iter().map(|fact| {
        let note = fact.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
        Field {
            path: fact.path.clone(),
            before: fact.before.clone(),
            after: Some(fact.after.clone()),
            effect: format!("{} ({}){note}", effect(fact.effect), fact.certainty.as_str()),
        }
    });
    let guards = [
        (&change.guards.blocked, "the provider refuses the destroy"),
        (&change.guards.harmless, "the object outlives its resource"),
        (&change.guards.snapshot, "the provider takes a snapshot first"),
        (&change.guards.escalates, "the destroy goes further than usual"),
    ];
    let guards = guards.into_iter().flat_map(|(guards, what)| {
        guards.iter().map(move |guard| Field {
            path: guard.attribute.clone(),
            before: guard.value.clone(),
            after: None,
            effect: what.to_owned(),
        })
    });
    let outside = outside.iter().map(|attribute| Field {
        path: attribute.change.path.clone(),
        before: attribute.change.before.clone(),
        after: Some(attribute.change.after.clone()),
        effect: if attribute.watched { "changed outside Terraform, and watched" } else { "changed outside Terraform" }
            .to_owned(),
    });
    let unknown = change.unknown_paths.iter().take(NAMED).map(|path| Field {
        path: path.clone(),
        before: "?".to_owned(),
        after: Some("(known after apply)".to_owned()),
        effect: "unknown in this plan, so never taken as harmless".to_owned(),
    });
    let mut fields: Vec<Field> = forcing.chain(risky).chain(guards).chain(outside).collect();
    let unknown: Vec<Field> = unknown.filter(|field| fields.iter().all(|other| other.path != field.path)).collect();
    fields.extend(unknown);
    fields
}

const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::DataLoss => "loses data",
        Effect::HiddenDestroy => "destroys something behind an update",
        Effect::Weaken => "weakens protection",
        Effect::Exposure => "widens access",
        Effect::Capacity => "shrinks capacity",
        Effect::Review => "is worth a look",
    }
}

fn relations(links: &Links) -> Vec<Relation> {
    let mut found = Vec::new();
    let mut add = |kind, text: String| found.push(Relation { kind, text });
    for cause in &links.cause {
        let via = cause.attribute.as_deref().unwrap_or(cause.origin);
        let forced: Vec<String> =
            cause.replaced_by.iter().map(|by| format!("{}: {} → {}", by.path, by.before, by.after)).collect();
        let forced = if forced.is_empty() { String::new() } else { format!(" because of {}", forced.join(", ")) };
        add("cause", format!("{via} ← {} ({}){forced}", cause.identity.address, cause.action.verb()));
    }
    if let Some(root) = &links.root {
        add("root_cause", format!("{}; without that change this one would not happen", root.address));
    }
    for container in &links.collateral_of {
        let what = if container.indirect { "is itself lost with another one" } else { "is destroyed" };
        let kept = if container.kept { ", but a setting keeps it alive" } else { "" };
        let by = container.known_by.as_str();
        add(
            "lies_in",
            format!("{}, which {what}{kept} ({}, by {by})", container.identity.address, container.attribute),
        );
    }
    if links.takes.objects > 0 {
        let named: Vec<&str> =
            links.takes.first_stores.iter().take(NAMED).map(crate::address::Address::as_str).collect();
        let stores = match links.takes.stores {
            0 => "none of which holds data".to_owned(),
            stores => format!("{stores} of which hold data: {}{}", named.join(", "), more(stores, named.len())),
        };
        add("takes", format!("{} with it, {stores}", count(links.takes.objects, "object")));
    }
    let dependents = &links.dependents;
    if dependents.all > 0 {
        let named: Vec<&str> =
            dependents.first_direct.iter().take(NAMED).map(crate::address::Address::as_str).collect();
        let least = if dependents.at_least { "at least " } else { "" };
        let (direct, all) = (dependents.direct, dependents.all);
        let list = if named.is_empty() {
            String::new()
        } else {
            format!(": {}{}", named.join(", "), more(direct, named.len()))
        };
        add("dependents", format!("{direct} directly, {least}{all} in all, {} with data{list}", dependents.stores));
    }
    if let Some(rename) = &links.rename {
        add("rename", format!("it looks like {}: equal {}", rename.other, rename.equal.join(", ")));
    }
    if let Some(shift) = &links.shift {
        add("shift", format!("it becomes what {} is now ({})", shift.other, shift.attribute));
    }
    found
}

fn more(all: usize, named: usize) -> &'static str {
    if all > named { ", …" } else { "" }
}
