//! The `input` document each rule gets: the plan as it is, and for those that name them `input.plangate`, other names of the
//! plan, and what the context adds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Judged;
use super::context::Context;
use super::input::{PolicyInput, Settings};
use super::missing::Available;
use crate::facts::Facts;
use crate::policy::Rule;
use crate::policy::parameters::{self, Values};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{ALIASES, Input};

/// The key under which everything derived stands.
pub const DERIVED_KEY: &str = "plangate";

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
    derived: Option<Input>,
    made: BTreeMap<BTreeSet<String>, Input>,
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
            bare: judged.input.clone().unwrap_or_else(Input::object),
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
        // What a rule's parameters are is its own.
        let shared = rule.meta.parameters.is_empty();
        if let Some(made) = self.made.get(&keys).filter(|_| shared) {
            return Ok(made.clone());
        }
        let mut input = self.bare.clone();
        for key in &keys {
            let wrapper = || self.beside.as_ref().and_then(|beside| beside.get(key));
            let own = || self.context.get(key).map(Input::from_json);
            let found = if self.context.is_default(key) { wrapper().or_else(own) } else { own().or_else(wrapper) };
            let value = match found {
                Some(value) => value,
                None if key == DERIVED_KEY => self.derived_for(rule)?,
                // The same value once more: nothing is copied.
                None => self.bare.clone(),
            };
            input = input.with(key, value);
        }
        if shared {
            self.made.insert(keys, input.clone());
        }
        Ok(input)
    }

    /// What was derived, with the rule's parameters if it has any.
    fn derived_for(&mut self, rule: &Rule) -> Result<Input, Problem> {
        let derived = match &self.derived {
            Some(derived) => derived.clone(),
            None => self.derived.insert(Input::from_json(&derived(self.facts, self.settings)?)).clone(),
        };
        let values = parameters::of_rule(rule, self.parameters);
        if values.is_empty() {
            return Ok(derived);
        }
        Ok(derived.with(PARAMETERS_KEY, Input::from_json(&Value::Object(values.into_iter().collect()))))
    }
}

/// What stands under [`DERIVED_KEY`].
///
/// # Errors
/// None in practice: every key is a string. Were there one, rules must not run on less than all facts.
pub fn derived(facts: &Facts, settings: Settings) -> Result<Value, Problem> {
    serde_json::to_value(PolicyInput::new(facts, settings)).map_err(|error| {
        Problem::new(
            ProblemCode::RuleUndetermined,
            format!("the derived facts could not be given to the rules: {error}"),
        )
    })
}
