//! Reads `plangate.waivers.toml`: every mistake at once, each underlined.

use std::collections::BTreeSet;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::{OWN_RULES, WaivedRule, Waiver};
use crate::address::AddressPattern;
use crate::finding::RuleId;
use crate::plan::Action;
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};
use crate::suggest::list;
use crate::toml_file::{self, Entry, Reader, Section, Written, quoted};

const KEYS: [&str; 8] = ["rule", "address", "actions", "fingerprint", "message", "reason", "owner", "expires"];

/// Reads a waivers file; the error holds every mistake in it.
pub fn parse(file: &SourceFile) -> Result<Vec<Waiver>, Vec<Problem>> {
    let table = toml_file::parse(file, ProblemCode::Waiver)?;
    let mut reader = Reader::new(file, ProblemCode::Waiver);
    let section = reader.section("the waivers file", &table, &["waiver"]);
    let tables = section.get("waiver").map(|entry| reader.tables(entry, "write [[waiver]] above each waiver"));
    let waivers = tables.into_iter().flatten().filter_map(|(table, at)| waiver(&mut reader, table, at)).collect();
    reader.finish(waivers)
}

/// Reads one waiver; `None` goes with at least one problem.
fn waiver<'t>(reader: &mut Reader<'_>, table: &'t DeTable<'t>, at: Span) -> Option<Waiver> {
    let section = reader.section("a waiver", table, &KEYS);
    let reason = required(reader, &section, "reason", at, "say why this is accepted: reason = \"…\"");
    let owner = required(reader, &section, "owner", at, "say who answers for it: owner = \"…\"");
    let fingerprint = section.get("fingerprint").map(|entry| fingerprint(reader, entry));
    let address = section.get("address").map(|entry| address(reader, entry, fingerprint.is_some()));
    let message = section.get("message").map(|entry| reader.text(entry, "copy the message of the finding"));
    let verbs = section.get("actions").map(|entry| verbs(reader, entry));
    let expires = section.get("expires").map(|entry| expires(reader, entry));
    let rules = rules(reader, &section, at, fingerprint.is_some());
    if fingerprint.is_none() && address.is_none() {
        check_target(reader, &section, at);
    }
    // A key that is there but wrong: its problem is noted, and the waiver must not be used without it.
    Some(Waiver {
        rules: rules?,
        address: present(address)?,
        verbs: present(verbs)?,
        fingerprint: present(fingerprint)?,
        message: present(message)?.map(|message| message.value),
        reason: reason?,
        owner: owner?,
        expires: present(expires)?,
        place: reader.place(at, "this waiver"),
    })
}

/// `Some(None)` for an absent key, `None` for a wrong value.
#[expect(clippy::option_option, reason = "absent, wrong and right are three things")]
fn present<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(right) => Some(right),
    }
}

fn required(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, at: Span, help: &str) -> Option<String> {
    let Some(entry) = section.get(key) else {
        reader.report(at, format!("a waiver without `{key}`"), &format!("has no `{key}`"), help);
        return None;
    };
    reader.words(entry, help).map(|written| written.value)
}

/// A waiver that selects neither by address nor by fingerprint must name a message, and no actions.
fn check_target(reader: &mut Reader<'_>, section: &Section<'_>, at: Span) {
    if section.get("message").is_none() {
        let help = "add address = \"…\"; for a finding without address message = \"…\"; or fingerprint = \"…\"";
        reader.report(at, "a waiver that names no finding", "no `address`, `message` or `fingerprint`", help);
    } else if let Some(actions) = section.get("actions") {
        let help = "`message` alone waives findings that name no change, and those have no actions";
        reader.report(actions.key_span, "`actions` needs an `address` or `fingerprint`", "never matches", help);
    }
}

fn rules(reader: &mut Reader<'_>, section: &Section<'_>, at: Span, has_fingerprint: bool) -> Option<Vec<WaivedRule>> {
    let help = "name the rule as the report does: rule = \"stateful/destroy-data-store\", or a list of rules";
    let Some(entry) = section.get("rule") else {
        if !has_fingerprint {
            reader.report(at, "a waiver without `rule`", "has no `rule`", help);
        }
        return has_fingerprint.then(Vec::new);
    };
    let written = reader.string_or_strings(entry, help)?;
    if written.is_empty() {
        reader.report(entry.span(), "`rule` names no rule", "an empty list", help);
        return None;
    }
    written.into_iter().map(|rule| waived_rule(reader, rule, help)).collect()
}

fn waived_rule(reader: &mut Reader<'_>, rule: Written<String>, help: &str) -> Option<WaivedRule> {
    let wrong = if rule.value.trim().is_empty() {
        Some(("`rule` is blank".to_owned(), "nothing is written here", help))
    } else if rule.value.contains(['*', '?', '[', '{']) {
        let message = format!("{} is a pattern; a waiver names rules exactly", quoted(&rule.value));
        Some((message, "not the id of a rule", "list the rules: rule = [\"a/b\", \"a/c\"]"))
    } else if rule.value.starts_with(OWN_RULES) {
        let message = format!("{} cannot be waived", quoted(&rule.value));
        Some((message, "a rule about waivers", "remove or renew the waiver that it points at"))
    } else {
        None
    };
    if let Some((message, label, help)) = wrong {
        reader.report(rule.span, message, label, help);
        return None;
    }
    Some(WaivedRule { place: reader.place(rule.span, "named here"), id: RuleId::new(rule.value) })
}

fn address(reader: &mut Reader<'_>, entry: Entry<'_>, has_fingerprint: bool) -> Option<AddressPattern> {
    let help = "copy the address from the report; `[*]` stands for any instance key, `*` for any part of a name";
    let written = reader.text(entry, help)?;
    match AddressPattern::parse(&written.value) {
        Err(error) => {
            let span = reader.inside(&written, error.offset);
            reader.report(span, format!("`address` is not a pattern: {}", error.message), &error.message, help);
            None
        }
        Ok(pattern) if pattern.is_broad() && !has_fingerprint => {
            let help = "name a module, a resource type or a resource; to silence a rule everywhere set its level in \
                        plangate.toml";
            reader.report(written.span, "`address` matches everything", "too broad for a waiver", help);
            None
        }
        Ok(pattern) => Some(pattern),
    }
}

fn verbs(reader: &mut Reader<'_>, entry: Entry<'_>) -> Option<BTreeSet<String>> {
    let known = Action::verbs();
    let choices: Vec<(&str, &str)> = known.iter().map(|verb| (*verb, *verb)).collect();
    let written = reader.strings(entry, &format!("it takes a list of {}", list(&known)))?;
    if written.is_empty() {
        let help = "remove the key to waive whatever the change does";
        reader.report(entry.span(), "`actions` is empty", "matches no change", help);
        return None;
    }
    written.iter().map(|word| reader.choose("actions", word, &choices).map(str::to_owned)).collect()
}

fn fingerprint(reader: &mut Reader<'_>, entry: Entry<'_>) -> Option<String> {
    let help = "copy the 64 hex digits from the JSON report";
    let written = reader.text(entry, help)?;
    if written.value.len() != 64 || !written.value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        reader.report(written.span, "`fingerprint` is not 64 hex digits", "not a fingerprint", help);
        return None;
    }
    Some(written.value.to_ascii_lowercase())
}

fn expires(reader: &mut Reader<'_>, entry: Entry<'_>) -> Option<Date> {
    let date = match entry.value.get_ref() {
        // As text: the library that checks calendars is the one that compares them.
        DeValue::Datetime(value) if value.time.is_none() => iso_date(&value.to_string()),
        DeValue::String(text) => iso_date(text),
        _ => None,
    };
    if date.is_none() {
        let help = "write a day without time, the last on which it holds (UTC): expires = 2027-01-31";
        reader.report(entry.span(), "`expires` is not a date", "expected YYYY-MM-DD", help);
    }
    date
}

fn iso_date(text: &str) -> Option<Date> {
    // jiff also takes times and signs; a day is ten characters.
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_day.then(|| text.parse().ok()).flatten()
}
