//! What one can do about a finding: what keeps the object first, a waiver last.
//!
//! Chosen by facts alone, and ready to paste. Must not offer what Terraform would refuse.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Known, waiver};
use crate::facts::{AttributeChange, ChangeFacts};
use crate::finding::Finding;
use crate::plan::Action;
use crate::plan::hcl::PlacedAt;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What kind of thing.
    pub kind: StepKind,
    /// What it does and when it is right.
    pub text: String,
    /// What to paste.
    pub paste: Option<Paste>,
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// A `moved` block.
    Moved,
    /// A `removed` block with `destroy = false`.
    Removed,
    /// Taking one instance out of the state.
    StateRm,
    /// Old values to put back.
    Restore,
    /// A setting of the sources to put back.
    Protect,
    /// Taking a mark off.
    Untaint,
    /// What the rule says in general.
    Advice,
    /// A waiver.
    Waiver,
}

impl StepKind {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Removed => "removed",
            Self::StateRm => "state-rm",
            Self::Restore => "restore",
            Self::Protect => "protect",
            Self::Untaint => "untaint",
            Self::Advice => "advice",
            Self::Waiver => "waiver",
        }
    }
}

/// Text to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paste {
    /// `hcl`, `toml` or `sh`.
    pub language: &'static str,
    /// The text.
    pub text: String,
}

/// What one can do, the best first; never nothing for a finding that can be waived.
pub(super) fn steps(finding: &Finding, known: &Known<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some((change, _)) = known.of(finding) {
        steps.extend(protect(change));
        steps.extend(of_change(finding, change, known));
        steps.extend(triggers(change));
    }
    if steps.is_empty()
        && let Some(help) = known.help
    {
        steps.push(Step { kind: StepKind::Advice, text: help.trim().to_owned(), paste: None });
    }
    if !finding.is_set_aside()
        && let Some(text) = waiver::toml(finding)
    {
        let paste = Some(Paste { language: "toml", text });
        let what = "As the last resort, where this is meant and somebody answers for it: a waiver, in \
                    plangate.waivers.toml. It is refused until reason, owner and day are filled in.";
        steps.push(Step { kind: StepKind::Waiver, text: what.to_owned(), paste });
    }
    steps
}

/// What the facts of the object suggest.
fn of_change(finding: &Finding, change: &ChangeFacts, known: &Known<'_>) -> Vec<Step> {
    if change.action == Action::Unknown || change.deposed.is_some() {
        return Vec::new();
    }
    if let Some(rename) = change.links.rename.as_ref() {
        let text = format!(
            "It looks like {} (equal {}). If it is the same object, add this block: it is moved and not destroyed.",
            rename.other,
            rename.equal.join(", ")
        );
        return vec![Step { kind: StepKind::Moved, text, paste: hcl(rename.moved_block.clone()) }];
    }
    match change.action {
        Action::Delete if !change.drift && is_store(change) => let_go(change),
        Action::DeleteThenCreate | Action::CreateThenDelete => of_replace(change, known),
        Action::Update | Action::Create => restore_named(finding, change, known).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Putting back what the sources before had: Terraform then refuses the plan by itself.
fn protect(change: &ChangeFacts) -> Option<Step> {
    let source = change.source.as_ref().filter(|_| change.action.destroys() && change.deposed.is_none())?;
    let before = source.before.as_ref()?.prevent_destroy.as_ref().filter(|setting| setting.value == Some(true))?;
    let holds = source.lifecycle.prevent_destroy.as_ref().is_some_and(|setting| setting.value == Some(true));
    if holds {
        return None;
    }
    let place = match (&source.spot, source.at) {
        (Some(spot), PlacedAt::Resource) => format!("in its block at {spot}"),
        _ => "together with its block".to_owned(),
    };
    let text = format!("It was protected, at {}: put prevent_destroy back, {place}.", before.spot);
    let paste = "lifecycle {\n  prevent_destroy = true\n}".to_owned();
    Some(Step { kind: StepKind::Protect, text, paste: hcl(paste) })
}

/// What a replacement by trigger comes from.
fn triggers(change: &ChangeFacts) -> Option<Step> {
    let is_triggered = change.reason.as_ref().is_some_and(|reason| reason.code == "replace_by_triggers");
    let listed = change.source.as_ref()?.lifecycle.replace_triggered_by.as_ref().filter(|_| is_triggered)?;
    let text = format!(
        "The replacement is forced by replace_triggered_by at {} ({}): take the trigger out, or undo the change of it.",
        listed.spot,
        listed.names.join(", ")
    );
    Some(Step { kind: StepKind::Restore, text, paste: None })
}

fn is_store(change: &ChangeFacts) -> bool {
    let stakes = change.catalog.stakes.as_ref();
    stakes.is_some_and(|stakes| stakes.class.is_data_store()) || change.catalog.fallback_glob.is_some()
}

/// Letting go without destroying. A `removed` block is for what the configuration has no more: Terraform refuses it
/// while the block is there, and it takes no instance key (developer.hashicorp.com/terraform/language/block/removed).
fn let_go(change: &ChangeFacts) -> Vec<Step> {
    let address = change.address.as_str();
    let block = change.address.config_address();
    let code = change.reason.as_ref().map(|reason| reason.code.as_str());
    if !matches!(code, None | Some("delete_because_no_resource_config")) {
        let moved = matches!(
            code,
            Some("delete_because_count_index" | "delete_because_each_key" | "delete_because_wrong_repetition")
        );
        let moved = moved.then(|| Step {
            kind: StepKind::Moved,
            text: "If only its instance key changed, move it to the new one.".to_owned(),
            paste: hcl(format!("moved {{\n  from = {address}\n  to   = # the new address\n}}")),
        });
        let out = Step {
            kind: StepKind::StateRm,
            text: "To let go of it without destroying it, take it out of the state, and plan again. A removed block does \
                   not help: it takes no instance key, and Terraform refuses it while the configuration has the resource."
                .to_owned(),
            paste: Some(Paste { language: "sh", text: format!("terraform state rm {}", shell(address)) }),
        };
        return moved.into_iter().chain([out]).collect();
    }
    let keys = if block == address {
        ""
    } else {
        " Terraform takes no instance keys here: the block lets go of every instance."
    };
    let first = if code.is_none() { " Its own block must leave the configuration first." } else { "" };
    let text = format!(
        "If it was only renamed or moved, add a moved block. To let go of it without destroying it, add this \
         (Terraform 1.7 and later).{first}{keys}"
    );
    let paste = hcl(format!("removed {{\n  from = {block}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}"));
    vec![Step { kind: StepKind::Removed, text, paste }]
}

/// Undoing what forces a replacement, where the chain of causes begins.
fn of_replace(change: &ChangeFacts, known: &Known<'_>) -> Vec<Step> {
    if change.reason.as_ref().is_some_and(|reason| reason.code == "replace_because_tainted") {
        let text = format!("terraform untaint {}", shell(change.address.as_str()));
        let paste = Some(Paste { language: "sh", text });
        let text = "If the object is sound, take the mark off, and plan again.".to_owned();
        return vec![Step { kind: StepKind::Untaint, text, paste }];
    }
    let root = change.links.root.as_ref().and_then(|root| {
        let changes = known.facts.map_or(&[][..], |facts| facts.changes.as_slice());
        changes.iter().find(|other| other.address == root.address && other.deposed == root.deposed)
    });
    let from = root.unwrap_or(change);
    if from.replaced_by.is_empty() {
        return Vec::new();
    }
    let place = if root.is_some() { format!(" of its cause, {},", from.address) } else { String::new() };
    let text = format!("Undo the change{place} that forces the replacement: put the old value back, and plan again.");
    vec![Step { kind: StepKind::Restore, text, paste: hcl(assignments(&from.replaced_by, known)) }]
}

/// Putting back what the finding names.
fn restore_named(finding: &Finding, change: &ChangeFacts, known: &Known<'_>) -> Option<Step> {
    let named = finding.details.get("attributes").and_then(Value::as_array)?;
    let named: BTreeSet<&str> = named.iter().filter_map(|item| item.get("path")?.as_str()).collect();
    let values: BTreeSet<AttributeChange> = change
        .attributes
        .iter()
        .filter(|fact| named.contains(fact.path.as_str()))
        .map(|fact| AttributeChange { path: fact.path.clone(), before: fact.before.clone(), after: fact.after.clone() })
        .collect();
    if values.is_empty() || change.action == Action::Create {
        return None;
    }
    let values: Vec<AttributeChange> = values.into_iter().collect();
    let text = format!("If that is not meant, put the old value back in {}.", change.address.config_address());
    Some(Step { kind: StepKind::Restore, text, paste: hcl(assignments(&values, known)) })
}

/// `attribute = old value`, a line each. What may not be shown, or is not shown whole, is a comment.
fn assignments(values: &[AttributeChange], known: &Known<'_>) -> String {
    let lines: Vec<String> = values.iter().map(|value| assignment(value, known)).collect();
    lines.join("\n")
}

fn assignment(value: &AttributeChange, known: &Known<'_>) -> String {
    let masked = (known.mask)(&value.before);
    let path = &value.path;
    if value.before == "(absent)" || value.before == "null" {
        return format!("# {path}: was not set; take it out");
    }
    if masked != value.before || value.before.starts_with('(') {
        return format!("# {path}: the old value is sensitive and not shown; put it back");
    }
    if value.before.ends_with('…') {
        return format!("# {path}: the old value starts with {}", value.before);
    }
    let literal = value.before.replace("${", "$${").replace("%{", "%%{");
    match path.rsplit_once('.') {
        Some((block, attribute)) => format!("# in {block}\n{attribute} = {literal}"),
        None => format!("{path} = {literal}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where text to paste may be missing")]
fn hcl(text: String) -> Option<Paste> {
    Some(Paste { language: "hcl", text })
}

/// An argument for a POSIX shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
