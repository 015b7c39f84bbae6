//! The top level of the document as it is written, into [`Plan`].
//!
//! Owns which keys a plan has and which shapes are tolerated. What decides a verdict must have its shape; what is only
//! shown may have any.

mod change;
mod configuration;
mod entry;
mod fields;
mod others;
mod state;

use std::collections::BTreeSet;

use serde::de::MapAccess;

use super::Plan;
use super::detect::refusal;
use super::json::read::{Kind, Loader, Target};
use super::sink::DocumentSink;
use crate::problem::{Problem, ProblemCode};
use change::Output;
use configuration::RawConfiguration;
use entry::{Deferred, Entry};
use fields::{Flag, List, Named, Text};
use others::{CheckEntry, DeferredInvocation, Invocation};
use state::{PlannedValues, PriorState};

/// The top level of a document, plan or not.
#[derive(Debug)]
pub(super) struct Top<N> {
    pub(super) plan: Plan,
    pub(super) keys: BTreeSet<String>,
    /// Top-level keys that no plan has, and whether the value looks like one of `terraform output -json`.
    foreign: Vec<(String, bool)>,
    /// The plan within `{"plan": …}` (HCP Terraform) or `{"tfplan": …}` (Scalr).
    wrapped: Option<(Box<Self>, Option<N>)>,
    /// This is the plan within.
    inner: bool,
    /// Two wrappers, or a wrapper around a plan that is one itself.
    ambiguous: bool,
}

impl<N> Default for Top<N> {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            keys: BTreeSet::new(),
            foreign: Vec::new(),
            wrapped: None,
            inner: false,
            ambiguous: false,
        }
    }
}

/// Top-level keys of plans that are not read here (Terraform `internal/command/jsonplan/plan.go`).
const UNREAD: [&str; 3] = ["variables", "relevant_attributes", "condition_results"];

impl<N> Top<N> {
    fn is_plan(&self) -> bool {
        self.keys.contains("format_version") || refusal::has_plan_keys(&self.keys)
    }

    /// The plan, out of its wrapper, and what else is in that.
    pub(super) fn unwrap_plan(mut self, node: Option<N>) -> Result<(Self, Option<N>, Option<N>), Problem> {
        if self.ambiguous || (self.wrapped.is_some() && self.is_plan()) {
            let message =
                "the document holds more than one plan: one is wrapped in another object that is a plan itself";
            return Err(Problem::new(ProblemCode::InconsistentPlan, message).help(refusal::SHOW_AGAIN));
        }
        match self.wrapped.take() {
            Some((mut inner, plan)) if inner.is_plan() => {
                inner.plan.wrapper_keys = self.keys;
                // Who wraps a plan may say of it what Terraform says within.
                if self.plan.errored == Some(true) {
                    inner.plan.errored = Some(true);
                }
                Ok((*inner, plan, node))
            }
            wrapped => Ok((Self { wrapped, ..self }, node, None)),
        }
    }

    /// Whether every key is an output as `terraform output -json` prints it.
    pub(super) fn all_outputs(&self) -> bool {
        let wrapped = self.wrapped.iter().all(|(inner, _)| is_output(&inner.keys));
        wrapped && !self.is_plan() && self.foreign.iter().all(|(_, output)| *output)
    }

    /// The problem with the format version read so far, if that is the problem.
    pub(super) fn unsupported_version(&self) -> Option<Problem> {
        Some(&self.plan.format_version).filter(|text| !text.is_empty()).and_then(|text| Version::check(text).err())
    }

    pub(super) fn into_plan(mut self) -> Plan {
        self.foreign.sort();
        self.plan.unknown_keys = self.foreign.into_iter().map(|(key, _)| key).collect();
        self.plan.keys = self.keys;
        self.plan.output_changes.sort_by(|a, b| a.0.cmp(&b.0));
        self.plan.forget_state_of_changes();
        self.plan
    }

    /// Reads an object that no plan has at its top level.
    fn read_foreign<'de, S: DocumentSink<Node = N>, A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<N>, A::Error> {
        let mut shape = KeyNames::default();
        let node = loader.read(map, &mut shape)?;
        self.foreign.push((key.to_owned(), is_output(&shape.0)));
        Ok(node)
    }

    /// Reads what may be the plan in its wrapper; its node becomes the document's.
    fn read_wrapped<'de, S: DocumentSink<Node = N>, A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        map: &mut A,
    ) -> Result<Option<N>, A::Error> {
        let mut inner = Box::new(Self { inner: true, ..Self::default() });
        loader.start_again();
        let node = loader.read(map, inner.as_mut())?;
        self.ambiguous |= self.wrapped.replace((inner, node)).is_some();
        Ok(None)
    }
}

/// An output of `terraform output -json` (Terraform `internal/command/views/output.go`).
fn is_output(keys: &BTreeSet<String>) -> bool {
    keys.contains("sensitive") && keys.contains("value")
}

/// The keys of an object.
#[derive(Debug, Default)]
pub(super) struct KeyNames(pub(super) BTreeSet<String>);

impl<'de, S: DocumentSink> Target<'de, S> for KeyNames {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        self.0.insert(key.to_owned());
        loader.skip(map)
    }
}

/// Reads into a target, then moves the result into the plan.
macro_rules! into {
    ($loader:ident, $map:ident, $target:expr, |$value:ident| $place:expr) => {{
        let mut $value = $target;
        let node = $loader.read($map, &mut $value)?;
        $place;
        Ok(node)
    }};
}

impl<'de, S: DocumentSink> Target<'de, S> for Top<S::Node> {
    const WHAT: &'static str = "a plan (an object)";

    fn accepts(&self, kind: Kind) -> bool {
        kind == Kind::Map || self.inner
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let is_wrapper = matches!(key, "plan" | "tfplan") && !self.inner && !self.is_plan();
        self.keys.insert(key.to_owned());
        if is_wrapper {
            return self.read_wrapped(loader, map);
        }
        let plan = &mut self.plan;
        loader.strict = key.contains("change") || key.contains("drift") || key.contains("action_invocations");
        loader.builds_addresses = key == "resource_drift";
        let node = match key {
            "format_version" => into!(loader, map, Text::default(), |text| {
                plan.format_version = text.0.unwrap_or_default();
            }),
            "terraform_version" => into!(loader, map, Text::default(), |text| plan.terraform_version = text.0),
            "timestamp" => into!(loader, map, Text::default(), |text| plan.timestamp = text.0),
            "errored" => into!(loader, map, Flag::default(), |flag| plan.errored = flag.0),
            "applyable" => into!(loader, map, Flag::default(), |flag| plan.applyable = flag.0),
            "complete" => into!(loader, map, Flag::default(), |flag| plan.complete = flag.0),
            "resource_changes" => into!(loader, map, List::<Entry>::default(), |list| plan.changes = list.into()),
            "resource_drift" => into!(loader, map, List::<Entry>::default(), |list| plan.drift = list.into_vec()),
            "deferred_changes" => {
                into!(loader, map, List::<Deferred>::default(), |list| plan.deferred = list.into_vec())
            }
            "output_changes" => {
                into!(loader, map, Named::<Output>::default(), |named| plan.output_changes = named.into_vec())
            }
            "action_invocations" => {
                into!(loader, map, List::<Invocation>::default(), |list| plan.action_invocations = list.into_vec())
            }
            "deferred_action_invocations" => into!(loader, map, List::<DeferredInvocation>::default(), |list| {
                plan.deferred_action_invocations = list.into_vec();
            }),
            "checks" => into!(loader, map, List::<CheckEntry>::lenient(), |list| plan.checks = list.into_vec()),
            "prior_state" => into!(loader, map, PriorState::default(), |state| plan.prior_instances = state.into()),
            "configuration" => {
                into!(loader, map, RawConfiguration::default(), |raw| plan.configuration = raw.finish())
            }
            "planned_values" => into!(loader, map, PlannedValues::default(), |values| {
                plan.planned_resources = values.resources;
            }),
            key if UNREAD.contains(&key) => loader.skip(map),
            key => self.read_foreign(loader, key, map),
        };
        loader.strict = false;
        node
    }
}

/// `format_version`, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Accepts 0.1 up to but not including 2.0, like HashiCorp's terraform-json (`plan.go`).
    pub(super) fn check(text: &str) -> Result<(), Problem> {
        let known = Self { major: 0, minor: 1 }..Self { major: 2, minor: 0 };
        if Self::parse(text).is_some_and(|version| known.contains(&version)) {
            return Ok(());
        }
        let shown = crate::text::truncate(text, 20);
        let message =
            format!("the plan has format version \"{shown}\"; plangate reads 0.1 up to but not including 2.0");
        Err(Problem::new(ProblemCode::UnsupportedFormat, message).help(
            "use a plangate that knows this format; for a hand-made plan write the version Terraform writes, \"1.2\"",
        ))
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
        let mut parts = text.split('.');
        let version = Self { major: number(parts.next()?)?, minor: parts.next().map_or(Some(0), number)? };
        parts.all(|part| number(part).is_some()).then_some(version)
    }
}
