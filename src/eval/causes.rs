//! Which finding caused which: one root cause, and its victims.
//!
//! Sets `root_cause` of findings about what is destroyed or lost, to the fingerprint of the finding about the change
//! their chain of causes ends at. Must not change anything else: a waiver of the root waives nothing but the root.

use std::collections::BTreeMap;

use super::coverage;
use crate::facts::{ChangeFacts, Facts, Identity};
use crate::finding::{Finding, Fingerprint};

/// The address and deposed key of a change.
type Key<'a> = (&'a str, Option<&'a str>);

/// Links every victim to the finding of its root.
pub(super) fn link(findings: &mut [Finding], facts: &Facts) {
    let by_key: BTreeMap<Key<'_>, &ChangeFacts> =
        facts.changes.iter().chain(&facts.collateral).map(|change| (key_of(change), change)).collect();
    let owned = |finding: &Finding| {
        let change = *by_key.get(&key(finding)?)?;
        (coverage::owner(change) == Some(finding.rule.as_str())).then_some(change)
    };
    let roots: BTreeMap<Key<'_>, Fingerprint> =
        findings.iter().filter_map(|finding| Some((key_of(owned(finding)?), finding.fingerprint.clone()))).collect();
    for finding in findings {
        let root = owned(finding).and_then(|change| change.links.root.as_ref());
        if let Some(Identity { address, deposed }) = root {
            finding.root_cause = roots.get(&(address.as_str(), deposed.as_deref())).cloned();
        }
    }
}

fn key(finding: &Finding) -> Option<Key<'_>> {
    let subject = finding.subject.as_ref()?;
    Some((subject.address.as_str(), subject.deposed.as_deref()))
}

fn key_of(change: &ChangeFacts) -> Key<'_> {
    (change.address.as_str(), change.deposed.as_deref())
}
