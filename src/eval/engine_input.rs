//! The `input` document each rule gets: the plan as it is, and for those that name them `input.plangate`, other names of the
//! plan, and what the context adds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Judged;
use super::context::Context;
use super::input::{ChangeInput, PolicyInput, Settings};
use super::missing::Available;
use crate::facts::Facts;
use crate::policy::Rule;
use crate::policy::parameters::{self, Values};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{ALIASES, Builder, Input};

/// The key under which everything derived stands.
pub const DERIVED_KEY: &str = "plangate";

/// The keys under it of all changes, and of those that are not quiet.
const CHANGES_KEY: &str = "changes";
const NOTABLE_KEY: &str = "notable";

/// The key under it for what a repository may set.
const PARAMETERS_KEY: &str = "parameters";

/// Makes the inputs of rules; rules that name the same get the same.
///
/// A rule gets what it names and no more, so that policies which walk or copy `input` see the document Terraform wrote and
/// nothing else.
pub(super) struct Inputs<'a> {
    available: Available<'a>,
    context: &'a Context,
    parameters: &'a Values,
    facts: &'a Facts,
    settings: Settings,
    bare: Input,
    beside: Option<Input>,
    derived: Option<Derived>,
    made: BTreeMap<(BTreeSet<String>, Extent), Input>,
}

/// How much of what was derived a rule gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// Without quiet changes, which it does not read.
    Notable,
    /// All of it.
    All,
}

impl Extent {
    /// What the rule can read. Where that is not certain it is all.
    fn of(rule: &Rule) -> Self {
        let paths = &rule.reads.paths;
        let named = paths.name(DERIVED_KEY).filter(|_| !paths.is_whole() && paths.wildcard().is_none());
        match named {
            Some(paths) if !paths.is_whole() && !paths.is_leaf() && paths.wildcard().is_none() => {
                if paths.name(CHANGES_KEY).is_some() { Self::All } else { Self::Notable }
            }
            _ => Self::All,
        }
    }
}

/// What was derived, as the engine reads it.
struct Derived {
    builder: Builder,
    notable: Input,
    all: Option<Input>,
}

impl<'a> Inputs<'a> {
    /// Of a plan; `facts` are those the rules shall see.
    pub(super) fn new(judged: &Judged<'a>, facts: &'a Facts, settings: &'a super::Settings) -> Self {
        let context = &*settings.context;
        Self {
            available: Available::new(judged.plan, context),
            context,
            parameters: &settings.parameters,
            facts,
            settings: settings.input,
            derived: None,
            bare: judged.plan_input(),
            beside: judged.beside.clone(),
            made: BTreeMap::new(),
        }
    }

    /// The same, but of the changes only those at an address.
    pub(super) fn only(mut self, address: &str) -> Self {
        self.bare = self.bare.with_only("resource_changes", "address", address);
        self
    }

    /// The input of a rule.
    pub(super) fn of(&mut self, rule: &Rule) -> Result<Input, Problem> {
        let named = |key: &&str| rule.reads.names.contains(*key);
        let aliases = ALIASES.into_iter().filter(|alias| self.available.is_alias(alias)).filter(named);
        let context = self.available.beside().filter(named);
        let own = rule.reads.mentions_plangate.then_some(DERIVED_KEY);
        let keys: BTreeSet<String> = aliases.chain(context).chain(own).map(str::to_owned).collect();
        let extent = Extent::of(rule);
        // What a rule's parameters are is its own.
        let shared = rule.meta.parameters.is_empty();
        let made = (keys, extent);
        if let Some(made) = self.made.get(&made).filter(|_| shared) {
            return Ok(made.clone());
        }
        let mut input = self.bare.clone();
        for key in &made.0 {
            let wrapper = || self.beside.as_ref().and_then(|beside| beside.get(key));
            let own = || self.context.get(key).map(Input::from_json);
            let found = if self.context.is_default(key) { wrapper().or_else(own) } else { own().or_else(wrapper) };
            let value = match found {
                Some(value) => value,
                None if key == DERIVED_KEY => self.derived_for(rule, extent)?,
                // The same value once more: nothing is copied.
                None => self.bare.clone(),
            };
            input = input.with(key, value);
        }
        if shared {
            self.made.insert(made, input.clone());
        }
        Ok(input)
    }

    /// What was derived, with the rule's parameters if it has any.
    fn derived_for(&mut self, rule: &Rule, extent: Extent) -> Result<Input, Problem> {
        let derived = self.derived(extent)?;
        let values = parameters::of_rule(rule, self.parameters);
        if values.is_empty() {
            return Ok(derived);
        }
        Ok(derived.with(PARAMETERS_KEY, Input::from_json(&Value::Object(values.into_iter().collect()))))
    }

    /// What stands under [`DERIVED_KEY`]. Quiet changes are made for the first rule that reads them.
    fn derived(&mut self, extent: Extent) -> Result<Input, Problem> {
        let facts = self.facts;
        let derived = match &mut self.derived {
            Some(derived) => derived,
            none => {
                let mut builder = Builder::default();
                let notable = of_notable(&mut builder, facts, self.settings)?;
                none.insert(Derived { builder, notable, all: None })
            }
        };
        match (extent, &derived.all) {
            (Extent::Notable, _) => Ok(derived.notable.clone()),
            (Extent::All, Some(all)) => Ok(all.clone()),
            (Extent::All, None) => {
                let all = with_changes(&mut derived.builder, &derived.notable, facts)?;
                Ok(derived.all.insert(all).clone())
            }
        }
    }
}

/// All but the list of all changes.
fn of_notable(builder: &mut Builder, facts: &Facts, settings: Settings) -> Result<Input, Problem> {
    let rest = build(builder, &PolicyInput::without_changes(facts, settings))?;
    let notable = facts.changes.iter().filter(|change| !change.is_quiet());
    let notable = notable.map(|change| build(builder, &ChangeInput::new(change))).collect::<Result<Vec<_>, _>>()?;
    Ok(rest.with(NOTABLE_KEY, Input::list(notable)))
}

/// The same with the list of all changes, in which those that are not quiet are shared.
fn with_changes(builder: &mut Builder, derived: &Input, facts: &Facts) -> Result<Input, Problem> {
    let mut notable = derived.get(NOTABLE_KEY).unwrap_or_else(Input::undefined).items().into_iter();
    let mut changes = Vec::with_capacity(facts.changes.len());
    for change in &facts.changes {
        let known = if change.is_quiet() { None } else { notable.next() };
        changes.push(match known {
            Some(known) => known,
            None => build(builder, &ChangeInput::new(change))?,
        });
    }
    Ok(derived.with(CHANGES_KEY, Input::list(changes)))
}

fn build(builder: &mut Builder, part: &impl Serialize) -> Result<Input, Problem> {
    builder.build(part).map_err(|error| unusable(&error))
}

fn unusable(error: &impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::RuleUndetermined, format!("the derived facts could not be given to the rules: {error}"))
}

/// What stands under [`DERIVED_KEY`].
///
/// # Errors
/// None in practice: every key is a string. Were there one, rules must not run on less than all facts.
pub fn derived(facts: &Facts, settings: Settings) -> Result<Value, Problem> {
    serde_json::to_value(PolicyInput::new(facts, settings)).map_err(|error| unusable(&error))
}
