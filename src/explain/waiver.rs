//! A waiver for one finding, to be completed: as it stands it is refused.

use crate::address::{Address, AddressPattern};
use crate::finding::{Finding, Subject};
use crate::text::is_deceptive;

/// Rules about waivers and about the repository's catalogue judge files, and no waiver reaches them.
const BEYOND: [&str; 2] = ["waiver/", "catalog/"];

/// The TOML; `None` where no waiver could match.
pub(super) fn toml(finding: &Finding) -> Option<String> {
    if BEYOND.iter().any(|category| finding.rule.as_str().starts_with(category)) {
        return None;
    }
    let mut lines = vec!["[[waiver]]".to_owned(), format!("rule = {}", quoted(finding.rule.as_str()))];
    match &finding.subject {
        Some(subject) if is_pattern(subject) => {
            lines.push(format!("address = {}", quoted(&subject.address)));
            if !subject.actions.is_empty() {
                lines.push(format!("actions = [{}]", quoted(crate::waiver::verb(subject))));
            }
        }
        Some(_) => lines.push(format!("fingerprint = {}", quoted(finding.fingerprint.as_str()))),
        None => lines.push(format!("message = {}", quoted(&finding.message))),
    }
    lines.push("reason = \"\"             # why this is accepted".to_owned());
    lines.push("owner = \"\"              # who answers for it".to_owned());
    lines.push("expires = \"YYYY-MM-DD\"  # the last day it holds".to_owned());
    Some(lines.join("\n"))
}

/// Whether the address, read as a pattern, means itself.
fn is_pattern(subject: &Subject) -> bool {
    AddressPattern::parse(&subject.address)
        .is_ok_and(|pattern| !pattern.is_broad() && pattern.matches(&Address::new(subject.address.as_str())))
}

/// A TOML string: literal where that is possible and easier to read.
pub(super) fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains('\'') && !text.chars().any(is_deceptive) {
        return format!("'{text}'");
    }
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            c if is_deceptive(c) => format!("\\U{:08X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}
