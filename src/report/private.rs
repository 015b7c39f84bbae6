//! A report without the names of a plan: tokens stand in their place, the same for the same name under the same key.
//!
//! A token is the start of an HMAC-SHA-256 of the name. A plain hash would not do: names are short, and who guesses one can
//! check it. Must not decide what is a name.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::scene::Scene;
use super::{PlanReport, Report};
use crate::finding::{Finding, Fingerprint, Subject};
use crate::plan::names::{Names, replace_addresses};
use crate::problem::{Problem, ProblemCode};
use crate::text::hex;

/// Fewest bytes of a key.
const SHORTEST_KEY: usize = 16;
/// Hex digits of a token: 64 bits, so that two of a million names share one with a chance of 1 in 10⁷.
const DIGITS: usize = 16;

/// The key of the tokens.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key in a file's bytes, without white space at its ends.
    ///
    /// # Errors
    /// A key of fewer than 16 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, Problem> {
        let bytes = bytes.trim_ascii();
        let short = || {
            Problem::new(ProblemCode::Config, format!("the private key has fewer than {SHORTEST_KEY} bytes"))
                .help("make one with `openssl rand -hex 32`")
        };
        let key = Some(bytes).filter(|bytes| bytes.len() >= SHORTEST_KEY).ok_or_else(short)?;
        Hmac::new_from_slice(key).map(Self).map_err(|_| short())
    }

    fn digest(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    fn token(&self, name: &str) -> String {
        format!("hmac-{}", self.digest(name).get(..DIGITS).unwrap_or_default())
    }
}

/// The report with tokens in the place of names.
#[must_use]
pub fn hide(mut report: Report, key: &Key) -> Report {
    let mut all = Names::default();
    for plan in &mut report.plans {
        all.merge(std::mem::take(&mut plan.names));
    }
    report.plans.iter_mut().for_each(|plan| Hider::of_plan(plan, &all, key).plan(plan));
    hide_run(report, &all, key)
}

/// Puts tokens in the place of the names in one of many plans; the names, for what is said of the run.
#[must_use]
pub fn hide_plan(plan: &mut PlanReport, key: &Key) -> Names {
    let names = std::mem::take(&mut plan.names);
    Hider::of_plan(plan, &names, key).plan(plan);
    names
}

/// The report with tokens in what is said of the run. That of its plans is as it was.
#[must_use]
pub fn hide_run(mut report: Report, names: &Names, key: &Key) -> Report {
    // Waivers that match nothing name what no plan has.
    let hider = Hider { key, names, guess: true };
    report.problems.iter_mut().for_each(|problem| hider.problem(problem));
    hider.findings(&mut report.findings);
    report.notes.iter_mut().for_each(|note| hider.text(note));
    report
}

struct Hider<'a> {
    key: &'a Key,
    names: &'a Names,
    /// Whether what only reads as an address is hidden too.
    guess: bool,
}

impl<'a> Hider<'a> {
    /// Of a plan that could not be read nobody knows the names.
    fn of_plan(plan: &PlanReport, names: &'a Names, key: &'a Key) -> Self {
        Self { key, names, guess: plan.rules.is_empty() }
    }
}

impl Hider<'_> {
    fn plan(&self, plan: &mut PlanReport) {
        // Addresses of targets, the workspace; what traces show of the input.
        plan.saved = None;
        plan.traces.clear();
        plan.problems.iter_mut().for_each(|problem| self.problem(problem));
        self.findings(&mut plan.findings);
        plan.scene.iter_mut().for_each(|scene| self.scene(scene));
        plan.notes.iter_mut().for_each(|note| self.text(note));
        for rule in &mut plan.rules {
            rule.prints.iter_mut().chain(&mut rule.builtin_errors).for_each(|text| self.text(text));
        }
    }

    fn findings(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut() {
            self.finding(finding);
        }
        findings.sort_by(Finding::order);
    }

    fn finding(&self, finding: &mut Finding) {
        finding.subject.iter_mut().for_each(|subject| self.subject(subject));
        if let Some(place) = &mut finding.source {
            (place.construct_path, place.header) = (None, None);
        }
        self.text(&mut finding.message);
        self.values(&mut finding.details);
        self.values(&mut finding.metadata);
        finding.waiver.iter_mut().for_each(|waiver| self.text(&mut waiver.reason));
        finding.fingerprint = self.fingerprint(&finding.fingerprint);
        finding.root_cause = finding.root_cause.as_ref().map(|cause| self.fingerprint(cause));
    }

    fn scene(&self, scene: &mut Scene) {
        for node in &mut scene.nodes {
            node.address = self.key.token(&node.address);
        }
        scene.edges.iter_mut().for_each(|edge| self.text(&mut edge.why));
        let hidden = std::mem::take(&mut scene.forward).into_iter().map(|(fingerprint, mut steps)| {
            for step in &mut steps {
                self.text(&mut step.text);
                // Made of names, or of a fingerprint: with tokens in it nobody could paste it.
                step.paste = None;
            }
            (self.fingerprint(&fingerprint), steps)
        });
        scene.forward = hidden.collect();
    }

    fn fingerprint(&self, fingerprint: &Fingerprint) -> Fingerprint {
        Fingerprint::keyed(&self.key.digest(fingerprint.as_str()))
    }

    fn subject(&self, subject: &mut Subject) {
        subject.address = self.key.token(&subject.address);
        subject.previous_address = subject.previous_address.as_ref().map(|address| self.key.token(address));
    }

    fn problem(&self, problem: &mut Problem) {
        self.text(&mut problem.message);
        problem.help.iter_mut().for_each(|help| self.text(help));
    }

    fn values(&self, map: &mut BTreeMap<String, Value>) {
        let hidden = std::mem::take(map).into_iter().map(|(mut key, value)| {
            self.text(&mut key);
            (key, self.value(value))
        });
        *map = hidden.collect();
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(mut text) => {
                self.text(&mut text);
                Value::String(text)
            }
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => {
                let hidden = map.into_iter().map(|(mut key, value)| {
                    self.text(&mut key);
                    (key, self.value(value))
                });
                Value::Object(hidden.collect())
            }
            scalar => scalar,
        }
    }

    fn text(&self, text: &mut String) {
        let token = |name: &str| self.key.token(name);
        if self.guess {
            *text = replace_addresses(text, &token);
        }
        *text = self.names.replace(text, &token);
    }
}
