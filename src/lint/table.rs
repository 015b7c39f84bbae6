//! The lints: id, level, what each means, and an example. docs/lints is made from this table.

use super::Level;

/// One thing to look for.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    /// The stable id.
    pub id: &'static str,
    /// The level unless the configuration says otherwise.
    pub level: Level,
    /// What it looks for, in one line.
    pub title: &'static str,
    /// Why that is wrong.
    pub why: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// Rules in which it is found, below `package main`.
    pub bad: &'static str,
    /// The same without it.
    pub good: &'static str,
}

/// Every lint, sorted by id.
pub const ALL: [&Lint; 9] = [
    &ALMOST_A_RULE,
    &IGNORES_UNKNOWN,
    &NEVER_TESTED,
    &PLANNED_VALUES_ONLY,
    &PRINTS_SENSITIVE,
    &UNKNOWN_FIELD,
    &UNKNOWN_TYPE,
    &UNKNOWN_VALUE,
    &UNUSED_METADATA,
];

pub(super) static ALMOST_A_RULE: Lint = Lint {
    id: "almost-a-rule",
    level: Level::Error,
    title: "A rule whose name is almost one that is evaluated",
    why: "Rules are found by their names: `deny`, `violation`, `warn`, and these with a suffix (`deny_public`), in some packages \
          a few more (`pending` in `env0`; docs/conventions.md), and what `--decision`, `[[decision]]` and policy sets name. A rule \
          under any other name is a helper. One that nothing refers to, and whose name is a slip away from a name that counts in \
          its package, was meant to be a rule; it never runs.",
    advice: "Correct the name. A helper that only looks like a rule gets another name.",
    bad: "denny contains msg if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n    \
          msg := sprintf(\"%s is destroyed\", [rc.address])\n}\n",
    good: "deny contains msg if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n    \
           msg := sprintf(\"%s is destroyed\", [rc.address])\n}\n",
};

pub(super) static IGNORES_UNKNOWN: Lint = Lint {
    id: "ignores-unknown",
    level: Level::Warn,
    title: "A rule reads `change.after` and never asks what is unknown",
    why: "A value that is known only after apply is absent in `change.after` and `true` in `change.after_unknown`. A condition \
          on it is undefined, so the rule does not fire; a `not` of it holds, so the rule fires for no reason. The same goes \
          for a value that is only printed: where it is absent there is no message, and no finding. Reported once for each \
          rule, at the first such read.",
    advice: "Read `change.after_unknown` too and decide: a gate counts *unknown* as *maybe*. Where the attribute can never be \
             unknown, switch the lint off.",
    bad: "deny contains rc.address if {\n    some rc in input.resource_changes\n    rc.change.after.public == true\n}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    may_be_public(rc.change)\n}\n\n\
           may_be_public(change) if change.after.public == true\n\nmay_be_public(change) if change.after_unknown.public == true\n",
};

/// Looks at what tests did, not at the text alone.
pub static NEVER_TESTED: Lint = Lint {
    id: "never-tested",
    level: Level::Warn,
    title: "A rule that no test makes fire",
    why: "A rule that never fired anywhere may be one that cannot: nothing but a test that it must fire in tells the two apart. \
          `plangate lint` runs the `test_` rules, cases and mocks that `plangate test` runs; a rule has fired where a case or mock \
          has a finding of it, or a `test_` rule evaluates every line of one of its bodies. That counts as fired, although a \
          condition on the last such line may not hold. Whether the tests pass plays no part. Without any test it is reported \
          once, for all policies; where a test cannot be run, that is reported in place of rules it might have made fire.",
    advice: "Add a `test_` rule, a case or a mock with an input that the rule must find (docs/testing.md).",
    bad: "deny contains rc.address if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n}\n\n\
          test_nothing_is_denied if count(deny) == 0 with input as {\"resource_changes\": []}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n}\n\n\
           deleted := {\"address\": \"a.b\", \"change\": {\"actions\": [\"delete\"]}}\n\n\
           test_a_delete_is_denied if deny == {\"a.b\"} with input as {\"resource_changes\": [deleted]}\n",
};

pub(super) static PLANNED_VALUES_ONLY: Lint = Lint {
    id: "planned-values-only",
    level: Level::Warn,
    title: "A rule reads `planned_values` and nothing that tells of changes",
    why: "`planned_values` is what will be there after apply. What is destroyed is not in it, and a replacement looks like any \
          other resource. Values known only after apply are left out, and nothing says so.",
    advice: "Read `resource_changes`: it lists every resource with its actions and the values before and after. For a rule about \
             the result alone (naming, tags), switch the lint off.",
    bad: "deny contains r.address if {\n    some r in input.planned_values.root_module.resources\n    not r.values.tags\n}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n}\n",
};

pub(super) static PRINTS_SENSITIVE: Lint = Lint {
    id: "prints-sensitive",
    level: Level::Warn,
    title: "A message may hold a secret",
    why: "A plan has secrets in clear: attributes, whole objects, variables. What gets into the result of a rule gets into logs \
          and comments. plangate masks what the plan marks as sensitive, also in what policies write; other tools that run the \
          same policy do not, and a value nobody marked is masked by none.",
    advice: "Name the address and the attribute, not the value.",
    bad: "deny contains msg if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n    \
          msg := sprintf(\"destroyed: %v\", [rc.change.before])\n}\n",
    good: "deny contains msg if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n    \
           msg := sprintf(\"destroyed: %s\", [rc.address])\n}\n",
};

pub(super) static UNKNOWN_FIELD: Lint = Lint {
    id: "unknown-field",
    level: Level::Error,
    title: "A read of a key that no plan has",
    why: "What is not there is undefined, and a rule with an undefined condition does not fire: it looks like one that found \
          nothing. Checked against the keys of plan JSON (docs/schema/plan.json) and of `input.plangate` \
          (docs/schema/policy-input.json). Attributes of resources, values of variables and what HCP Terraform, Scalr or \
          Spacelift add are free. A key that is asked for with `not` or `object.get`, or beside which the policy reads another, \
          is reported only where it is near one that exists.",
    advice: "Correct the key.",
    bad: "deny contains rc.address if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.action\n}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    \"delete\" in rc.change.actions\n}\n",
};

pub(super) static UNKNOWN_TYPE: Lint = Lint {
    id: "unknown-type",
    level: Level::Error,
    title: "A resource type that no provider has",
    why: "A rule about a type that does not exist never fires. Reported where one slip leads to a type of a provider that \
          plangate knows (`plangate catalog list` and 8,097 names beside it), and the repository's own catalogue does not have \
          it.",
    advice: "Correct the name, or add the type to the repository's catalogue.",
    bad: "deny contains rc.address if {\n    some rc in input.resource_changes\n    rc.type == \"azurerm_storage_acount\"\n    \
          \"delete\" in rc.change.actions\n}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    rc.type == \"azurerm_storage_account\"\n    \
           \"delete\" in rc.change.actions\n}\n",
};

pub(super) static UNKNOWN_VALUE: Lint = Lint {
    id: "unknown-value",
    level: Level::Error,
    title: "A comparison with a word that is never there",
    why: "`actions`, `action_reason`, `mode` and some others take few words. A comparison with any other never holds, with `!=` \
          it always does. Terraform says `delete`, not `destroy`; a replacement is `delete` and `create` together.",
    advice: "Use Terraform's word.",
    bad: "deny contains rc.address if {\n    some rc in input.resource_changes\n    rc.change.actions[_] == \"destroy\"\n}\n",
    good: "deny contains rc.address if {\n    some rc in input.resource_changes\n    rc.change.actions[_] == \"delete\"\n}\n",
};

pub(super) static UNUSED_METADATA: Lint = Lint {
    id: "unused-metadata",
    level: Level::Warn,
    title: "METADATA that has no effect",
    why: "A `# METADATA` block is about the rule or package right below it. One that stands alone, a misspelt key under \
          `custom`, or a level for what is no rule changes nothing, and the rule keeps the level of its name.",
    advice: "Move the block, correct the key, or remove it.",
    bad: "# METADATA\n# title: Nothing public\n# custom:\n#   categry: exposure\ndeny contains \"public\" if \
          input.resource_changes[_].address == \"x\"\n",
    good: "# METADATA\n# title: Nothing public\n# custom:\n#   category: exposure\ndeny contains \"public\" if \
           input.resource_changes[_].address == \"x\"\n",
};
