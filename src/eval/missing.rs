//! Parts of the input that a rule reads and this input does not have.
//!
//! A rule that reads what is not there finds nothing, which looks like a clean plan. Owns what is known of the keys a plan may
//! have, when Terraform leaves them out, and the keys CI systems add. Must not run rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::DERIVED_KEY;
use super::context::Context;
use crate::plan::sink::PathSet;
use crate::plan::{Action, Plan};
use crate::policy::Rule;
use crate::problem::{Problem, ProblemCode};
use crate::rego::{ALIASES, PartRead, Program};
use crate::suggest;
use crate::text::truncate;

/// When a key of a plan can be absent though nobody took it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// Where there is nothing to say, or in the plans of some versions, where absence is known to say nothing.
    Ordinarily,
    /// Never.
    Never,
    /// Where no variable is declared.
    WithoutVariables,
    /// Where no object existed before.
    WithoutState,
    /// Before Terraform 1.5.
    BeforeTerraform15,
}

/// The top-level keys of plans (Terraform `internal/command/jsonplan/plan.go`).
const PLAN_KEYS: [(&str, Absent); 19] = [
    ("action_invocations", Absent::Ordinarily),
    ("applyable", Absent::Ordinarily),
    ("checks", Absent::Ordinarily),
    ("complete", Absent::Ordinarily),
    ("condition_results", Absent::Ordinarily),
    ("configuration", Absent::Never),
    ("deferred_action_invocations", Absent::Ordinarily),
    ("deferred_changes", Absent::Ordinarily),
    ("errored", Absent::Ordinarily),
    ("format_version", Absent::Never),
    ("output_changes", Absent::Ordinarily),
    ("planned_values", Absent::Never),
    ("prior_state", Absent::WithoutState),
    ("relevant_attributes", Absent::Ordinarily),
    // A plan without changes that should have some is undecided by itself.
    ("resource_changes", Absent::Ordinarily),
    ("resource_drift", Absent::Ordinarily),
    ("terraform_version", Absent::Never),
    ("timestamp", Absent::BeforeTerraform15),
    ("variables", Absent::WithoutVariables),
];

/// Keys that policies find beside a plan elsewhere, and where.
const CONVENTIONS: [(&str, &str); 21] = [
    ("action", "Digger"),
    ("approvals", "Digger"),
    ("approvers", "env0"),
    ("ci", "`--context-env`"),
    ("cost_estimate", "cost estimation"),
    ("costEstimation", "env0"),
    ("deployerUser", "env0"),
    ("deploymentRequest", "env0"),
    ("planPolicyViolations", "Digger"),
    ("project", "Digger"),
    ("revisionUser", "env0"),
    ("run", "HCP Terraform"),
    ("run_type", "Plural"),
    ("spacelift", "Spacelift"),
    ("stack", "Plural"),
    ("teams", "Digger"),
    ("tfrun", "Scalr"),
    ("third_party_metadata", "Spacelift"),
    ("user", "Digger"),
    ("workspace", "CI systems"),
    // A state is another document.
    ("values", ""),
];

/// What to do about what the environment does not tell.
const FROM_FILE: &str =
    "the environment of this CI system does not tell it: add it with `--context FILE`, or ask for it with `object.get`";

/// A path that a value does not have, of those that are wanted of it.
fn lacking(wanted: &PathSet, value: &Value) -> Option<String> {
    wanted.names().find_map(|(name, below)| match value.get(name) {
        None => Some(name.to_owned()),
        Some(value) => lacking(below, value).map(|path| format!("{name}.{path}")),
    })
}

/// What to do about a part that only the JSON of a plan has.
const NOT_SAVED: &str = "a saved plan has no `configuration`: add its JSON: terraform show -json tfplan > plan.json, then \
                         `--json plan.json`";
/// The same of variables.
const NOT_TOLD: &str = "a saved plan has the values of variables that were set, and its source files do not tell the exact default \
                        of each other one: add its JSON: terraform show -json tfplan > plan.json, then `--json plan.json`";

/// When a key of plans can be absent; `None` of other keys.
fn absence(key: &str) -> Option<Absent> {
    PLAN_KEYS.iter().find(|(known, _)| *known == key).map(|(_, absent)| *absent)
}

/// Whether plans have such a key.
pub(super) fn is_plan_key(key: &str) -> bool {
    absence(key).is_some()
}

/// A part by its name, and whether it is looked for in an alias of the plan, or in a key that the environment fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part<'a> {
    name: &'a str,
    alias: Option<&'a str>,
}

/// What an input has.
pub(super) struct Available<'a> {
    plan: &'a Plan,
    context: &'a Context,
}

impl<'a> Available<'a> {
    pub(super) fn new(plan: &'a Plan, context: &'a Context) -> Self {
        Self { plan, context }
    }

    /// Whether a key of the input is another name for the plan. A plan that has the key itself keeps it.
    pub(super) fn is_alias(&self, key: &str) -> bool {
        ALIASES.contains(&key) && !self.plan.keys.contains(key)
    }

    /// The keys that stand beside the plan: those of the context, and of the wrapper the plan came in.
    pub(super) fn beside(&self) -> impl Iterator<Item = &str> {
        let wrapper = self.plan.wrapper_keys.iter().map(String::as_str);
        let free = |key: &&str| {
            !is_plan_key(key) && *key != DERIVED_KEY && !ALIASES.contains(key) && !self.plan.keys.contains(*key)
        };
        let context = self.context.keys().filter(move |key| !self.context.is_default(key) || free(key));
        let free = move |key: &&str| free(key) && self.context.get(key).is_none();
        context.chain(wrapper.filter(free))
    }

    /// What the environment has put under a key; `None` where the document with the plan has the key too.
    fn told_by_environment(&self, key: &str) -> Option<&Value> {
        let is_own = self.context.is_partial(key)
            && !self.plan.keys.contains(key)
            && !(self.context.is_default(key) && self.plan.wrapper_keys.contains(key));
        if is_own { self.context.get(key) } else { None }
    }

    /// Whether it is a part of which a saved plan has nothing, or less than Terraform prints of it, and the rule reads more
    /// of it than is there. Whoever asks whether it is there gets the wrong answer.
    fn is_not_saved(&self, part: Part<'_>, reads: &PathSet) -> bool {
        let Some(saved) = self.plan.saved.as_deref() else { return false };
        match part.name {
            "configuration" => !self.plan.keys.contains("configuration"),
            "variables" if !saved.variables_complete => {
                let documents =
                    ALIASES.iter().filter(|alias| self.is_alias(alias)).filter_map(|alias| reads.name(alias));
                let below = documents.chain([reads]).filter_map(|document| document.name("variables"));
                let is_known = |name: &str| saved.known_variables.iter().any(|known| known == name);
                let mut more = below.map(|variables| {
                    variables.is_whole()
                        || variables.wildcard().is_some()
                        || variables.is_leaf()
                        || !variables.names().all(|(name, _)| is_known(name))
                });
                more.any(|more| more)
            }
            _ => false,
        }
    }

    fn has(&self, part: Part<'_>) -> bool {
        if let Some(value) = part.alias.and_then(|key| self.told_by_environment(key)) {
            return value.get(part.name).is_some();
        }
        let here = part.alias.is_none() && (part.name == DERIVED_KEY || self.beside().any(|key| key == part.name));
        here || self.plan.keys.contains(part.name) || self.is_left_out(part.name)
    }

    /// Whether Terraform has left out a key because there was nothing to write.
    fn is_left_out(&self, name: &str) -> bool {
        match absence(name) {
            Some(Absent::Ordinarily) => true,
            Some(Absent::WithoutVariables) => {
                self.plan.saved.as_ref().is_some_and(|saved| saved.variables_complete)
                    || self.plan.configuration.as_ref().is_some_and(|configuration| !configuration.declares_variables)
            }
            Some(Absent::WithoutState) => {
                let existed = |action: Action| !matches!(action, Action::Create | Action::Read);
                !self.plan.changes.iter().flatten().any(|entry| entry.is_managed() && existed(entry.change.action))
            }
            Some(Absent::Never | Absent::BeforeTerraform15) | None => false,
        }
    }

    /// The part that keys lead to; `None` where that is no question of its own.
    fn part<'k>(&self, keys: &'k [String]) -> Option<Part<'k>> {
        match keys {
            [name] if self.is_alias(name) => None,
            [name] => Some(Part { name, alias: None }),
            [alias, name] if self.is_alias(alias) || self.told_by_environment(alias).is_some() => {
                Some(Part { name, alias: Some(alias) })
            }
            _ => None,
        }
    }

    /// Why a rule cannot be decided here: a problem for each part that it reads in vain.
    ///
    /// A rule that asks whether a part is there (`not input.run`, `object.get(input, "run", …)`) has said what holds without it.
    /// Definitions of one helper that take their value from different parts are different shapes of one input: one of them
    /// that is there will do.
    pub(super) fn missing(&self, rule: &Rule, program: &Program) -> Vec<Problem> {
        let asked: BTreeSet<(Option<&str>, &str)> = rule
            .reads
            .parts
            .iter()
            .filter(|read| read.asked)
            .filter_map(|read| {
                let part = self.part(&read.keys)?;
                // Keys of a plan have one meaning under any of its names.
                Some((part.alias.filter(|alias| !self.is_alias(alias)), part.name))
            })
            .collect();
        let mut found: BTreeMap<Part<'_>, &PartRead> = BTreeMap::new();
        for read in &rule.reads.parts {
            if let Some(part) = self.part(&read.keys).filter(|part| self.is_not_saved(*part, &rule.reads.paths)) {
                found.entry(part).or_insert(read);
                continue;
            }
            let is_asked = |part: &Part<'_>| {
                let around = part.alias.filter(|alias| !self.is_alias(alias));
                asked.contains(&(around, part.name)) || around.is_some_and(|key| asked.contains(&(None, key)))
            };
            let Some(part) = self.part(&read.keys).filter(|part| !self.has(*part) && !is_asked(part)) else {
                continue;
            };
            let other = |keys: &Vec<String>| self.part(keys).is_some_and(|other| self.has(other));
            let answered = !read.needed
                && self.misspelt(part.name).is_none()
                && read.alternatives.iter().all(|parts| parts.iter().any(other));
            if !answered {
                found.entry(part).or_insert(read);
            }
        }
        let whole =
            self.plan.saved.is_some() && !self.plan.keys.contains("configuration") && rule.reads.paths.is_whole();
        let whole = whole.then(|| {
            let message = format!("rule `{}` reads the whole input, of which a saved plan lacks a part", rule.id);
            Problem::new(ProblemCode::RuleUndetermined, message).help(NOT_SAVED)
        });
        let deeper = self.missing_deeper(rule);
        found
            .into_iter()
            .map(|(part, read)| self.problem(rule, part, read, program))
            .chain(whole)
            .chain(deeper)
            .collect()
    }

    /// What a rule reads within the parts that the environment fills: they hold no more than it tells.
    fn missing_deeper(&self, rule: &Rule) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (key, below) in rule.reads.paths.names() {
            let Some(value) = self.told_by_environment(key) else { continue };
            for (name, below) in below.names() {
                let lacking = value.get(name).and_then(|value| lacking(below, value));
                problems.extend(lacking.map(|path| {
                    let path = truncate(&format!("input.{key}.{name}.{path}"), 120).into_owned();
                    let message = format!("rule `{}` reads `{path}`, which the environment does not tell", rule.id);
                    Problem::new(ProblemCode::RuleUndetermined, message).help(FROM_FILE)
                }));
            }
        }
        problems
    }

    /// The key that was probably meant by one that nobody knows.
    fn misspelt(&self, name: &str) -> Option<&str> {
        if CONVENTIONS.iter().any(|(key, _)| *key == name) {
            return None;
        }
        let known =
            PLAN_KEYS.into_iter().map(|(key, _)| key).chain(CONVENTIONS.map(|(key, _)| key)).chain([DERIVED_KEY]);
        suggest::nearest(name, known.chain(self.context.keys())).filter(|near| *near != name)
    }

    fn problem(&self, rule: &Rule, part: Part<'_>, read: &PartRead, program: &Program) -> Problem {
        let name = truncate(part.name, 60);
        let path = part.alias.map_or_else(|| format!("input.{name}"), |alias| format!("input.{alias}.{name}"));
        let message =
            format!("rule `{}` reads `{path}`, which this input does not have: it would find nothing", rule.id);
        let problem = Problem::new(ProblemCode::RuleUndetermined, message).help(self.help(part, &path));
        let place = read.place.as_ref().and_then(|(file, span)| {
            let module = program.modules().iter().find(|module| module.file.name() == file && !module.trusted)?;
            Some((&module.file, *span))
        });
        match place {
            Some((file, span)) => problem.at(file, span, "read here"),
            None => problem,
        }
    }

    fn help(&self, part: Part<'_>, path: &str) -> String {
        if part.alias.is_some_and(|key| self.told_by_environment(key).is_some()) {
            return FROM_FILE.to_owned();
        }
        let guard = format!(
            "to go on without it, say what holds then: `object.get(input, \"{}\", {{}})`",
            truncate(part.name, 60)
        );
        match part.name {
            "configuration" if self.plan.saved.is_some() => return NOT_SAVED.to_owned(),
            "variables" if self.plan.saved.is_some() => return NOT_TOLD.to_owned(),
            _ => {}
        }
        let convention = CONVENTIONS.iter().find(|(key, _)| *key == part.name);
        let absent = absence(part.name);
        match (absent, convention) {
            (Some(Absent::WithoutVariables), _) => {
                "the configuration declares variables, or is missing itself: print the whole plan: terraform show -json tfplan > plan.json".to_owned()
            }
            (Some(Absent::WithoutState), _) => {
                "the plan changes objects that exist, so Terraform has written a prior state: print the whole plan: \
                 terraform show -json tfplan > plan.json"
                    .to_owned()
            }
            (Some(Absent::BeforeTerraform15), _) => format!("Terraform writes it since 1.5; {guard}"),
            (Some(_), _) => {
                "Terraform always writes it: print the whole plan: terraform show -json tfplan > plan.json".to_owned()
            }
            (None, Some((_, ""))) => "it is a key of states; judge plans with rules about `input.resource_changes`".to_owned(),
            (None, Some((_, system))) if part.alias.is_none() => {
                if part.name == "ci" {
                    return format!("{system} adds it to the input, in a CI system that it knows; {guard}");
                }
                format!("{system} adds it to the input: pass it with `--context FILE`; {guard}")
            }
            (None, _) => match self.misspelt(part.name) {
                Some(near) => format!("did you mean `{}{near}`?", path.strip_suffix(&*truncate(part.name, 60)).unwrap_or("input.")),
                None if part.alias.is_some() => "no plan has such a key".to_owned(),
                None => format!("no plan has such a key: pass it with `--context FILE`; {guard}"),
            },
        }
    }
}
