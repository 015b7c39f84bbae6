//! The table itself.
//!
//! From Terraform's `internal/command/{jsonplan,jsonstate,jsonconfig,jsonchecks}` and OpenTofu's of the same names; `since` by
//! comparing the tags of both. `serde`'s view of the same keys, in `plan::raw`, is of what the loader needs.

mod configuration;

use super::{Field, Object, Type};
use Type::{Bool, Free, Is, List, Map, Number, Text, Word};
use configuration::CONFIGURATION;

/// A key that is always there.
const fn always(key: &'static str, of: Type) -> Field {
    Field { key, of, since: "", optional: false }
}

/// A key that can be left out.
const fn maybe(key: &'static str, of: Type) -> Field {
    Field { key, of, since: "", optional: true }
}

/// A key that older releases do not write, and that can be left out.
const fn since(release: &'static str, key: &'static str, of: Type) -> Field {
    Field { key, of, since: release, optional: true }
}

/// The plan.
pub static PLAN: Object = Object {
    name: "Plan",
    about: "The output of `terraform show -json PLANFILE`, format 1.x.",
    fields: &[
        always("format_version", Text),
        maybe("terraform_version", Text),
        maybe("variables", Map(&Is(&VARIABLE))),
        maybe("planned_values", Is(&VALUES)),
        maybe("resource_changes", List(&Is(&RESOURCE_CHANGE))),
        maybe("output_changes", Map(&Is(&CHANGE))),
        maybe("prior_state", Is(&STATE)),
        maybe("configuration", Is(&CONFIGURATION)),
        since("Terraform 0.15.4", "resource_drift", List(&Is(&RESOURCE_CHANGE))),
        since("Terraform 1.2", "relevant_attributes", List(&Is(&RELEVANT_ATTRIBUTE))),
        since("Terraform 1.2, until 1.3", "condition_results", Free),
        since("Terraform 1.3", "checks", List(&Is(&CHECK))),
        since("Terraform 1.5", "timestamp", Text),
        since("Terraform 1.6", "errored", Bool),
        since("Terraform 1.8; never in OpenTofu", "applyable", Bool),
        since("Terraform 1.8; never in OpenTofu", "complete", Bool),
        since("Terraform 1.9; never in OpenTofu", "deferred_changes", List(&Is(&DEFERRED_CHANGE))),
        since("Terraform 1.14; never in OpenTofu", "action_invocations", List(&Is(&ACTION_INVOCATION))),
        since("Terraform 1.14; never in OpenTofu", "deferred_action_invocations", List(&Is(&DEFERRED_ACTION))),
    ],
};

static VARIABLE: Object =
    Object { name: "Variable", about: "The value of a root variable, in clear.", fields: &[maybe("value", Free)] };

/// What a mode can be.
const MODES: Type = Word(&["managed", "data", "ephemeral"]);

static RESOURCE_CHANGE: Object = Object {
    name: "ResourceChange",
    about: "What happens to one object; known by address and deposed key.",
    fields: &[
        always("address", Text),
        maybe("mode", MODES),
        always("type", Text),
        maybe("name", Text),
        // A number or text.
        maybe("index", Free),
        since("Terraform 0.13 with the full address", "provider_name", Text),
        maybe("module_address", Text),
        maybe("deposed", Text),
        since("Terraform 1.1", "previous_address", Text),
        since("Terraform 1.10", "index_unknown", Bool),
        since(
            "Terraform 0.15.3",
            "action_reason",
            Word(&[
                "replace_because_cannot_update",
                "replace_because_tainted",
                "replace_by_request",
                "replace_by_triggers",
                "delete_because_no_resource_config",
                "delete_because_wrong_repetition",
                "delete_because_count_index",
                "delete_because_each_key",
                "delete_because_no_module",
                "delete_because_no_move_target",
                "delete_because_enabled_false",
                "read_because_config_unknown",
                "read_because_dependency_pending",
                "read_because_check_nested",
                "forgot_because_lifecycle_destroy_in_state",
                "forgot_because_lifecycle_destroy_in_config",
            ]),
        ),
        always("change", Is(&CHANGE)),
    ],
};

static CHANGE: Object = Object {
    name: "Change",
    about: "What happens, with the values before and after. What is known only after apply is absent in `after` and `true` in \
            `after_unknown`.",
    fields: &[
        always("actions", List(&Word(&["no-op", "create", "read", "update", "delete", "forget"]))),
        maybe("before", Free),
        maybe("after", Free),
        maybe("after_unknown", Free),
        since("Terraform 0.15", "before_sensitive", Free),
        since("Terraform 0.15", "after_sensitive", Free),
        since("Terraform 0.15.3", "replace_paths", List(&List(&Free))),
        since("Terraform 1.5", "importing", Is(&IMPORTING)),
        since("Terraform 1.5", "generated_config", Text),
        since("Terraform 1.12", "before_identity", Free),
        since("Terraform 1.12", "after_identity", Free),
    ],
};

static IMPORTING: Object = Object {
    name: "Importing",
    about: "What is imported.",
    fields: &[maybe("id", Text), since("Terraform 1.10", "unknown", Bool), since("Terraform 1.12", "identity", Free)],
};

static DEFERRED_CHANGE: Object = Object {
    name: "DeferredChange",
    about: "A change that is left for a later plan.",
    fields: &[
        maybe(
            "reason",
            Word(&[
                "unknown",
                "instance_count_unknown",
                "resource_config_unknown",
                "provider_config_unknown",
                "deferred_prereq",
                "absent_prereq",
            ]),
        ),
        maybe("resource_change", Is(&RESOURCE_CHANGE)),
    ],
};

static ACTION_INVOCATION: Object = Object {
    name: "ActionInvocation",
    about: "An action of a provider that apply runs.",
    fields: &[
        maybe("address", Text),
        maybe("type", Text),
        maybe("name", Text),
        maybe("config_values", Free),
        maybe("config_sensitive", Free),
        maybe("config_unknown", Free),
        maybe("provider_name", Text),
        maybe("lifecycle_action_trigger", Is(&LIFECYCLE_TRIGGER)),
        maybe("invoke_action_trigger", Is(&INVOKE_TRIGGER)),
    ],
};

static LIFECYCLE_TRIGGER: Object = Object {
    name: "LifecycleActionTrigger",
    about: "What makes an action run.",
    fields: &[
        maybe("triggering_resource_address", Text),
        // Terraform writes these in camel case.
        maybe(
            "action_trigger_event",
            Word(&["BeforeCreate", "AfterCreate", "BeforeUpdate", "AfterUpdate", "BeforeDestroy", "AfterDestroy"]),
        ),
        maybe("action_trigger_block_index", Number),
        maybe("actions_list_index", Number),
        since("Terraform 1.16", "on_failure", Text),
    ],
};

static INVOKE_TRIGGER: Object = Object {
    name: "InvokeActionTrigger",
    about: "Says that the action was asked for.",
    fields: &[since("Terraform 1.16", "calling_resource_address", Text)],
};

static DEFERRED_ACTION: Object = Object {
    name: "DeferredActionInvocation",
    about: "An action that is left for a later plan.",
    fields: &[maybe("reason", Text), maybe("action_invocation", Is(&ACTION_INVOCATION))],
};

static RELEVANT_ATTRIBUTE: Object = Object {
    name: "RelevantAttribute",
    about: "An attribute of a drifted resource that may have led to a change.",
    fields: &[always("resource", Text), always("attribute", List(&Free))],
};

static STATE: Object = Object {
    name: "State",
    about: "The state before apply, refreshed.",
    fields: &[
        maybe("format_version", Text),
        maybe("terraform_version", Text),
        maybe("values", Is(&VALUES)),
        since("Terraform 1.3", "checks", List(&Is(&CHECK))),
    ],
};

static VALUES: Object = Object {
    name: "Values",
    about: "Values of outputs and resources. What is destroyed is not in `planned_values`.",
    fields: &[maybe("outputs", Map(&Is(&OUTPUT))), maybe("root_module", Is(&MODULE))],
};

static OUTPUT: Object = Object {
    name: "Output",
    about: "An output.",
    fields: &[maybe("sensitive", Bool), maybe("value", Free), since("Terraform 1.0", "type", Free)],
};

static MODULE: Object = Object {
    name: "Module",
    about: "Resources of a module, and modules within it.",
    fields: &[
        maybe("address", Text),
        maybe("resources", List(&Is(&RESOURCE))),
        maybe("child_modules", List(&Is(&MODULE))),
    ],
};

static RESOURCE: Object = Object {
    name: "Resource",
    about: "An object with its values.",
    fields: &[
        always("address", Text),
        maybe("mode", MODES),
        always("type", Text),
        maybe("name", Text),
        // A number or text.
        maybe("index", Free),
        maybe("provider_name", Text),
        maybe("schema_version", Number),
        maybe("values", Free),
        since("Terraform 0.15", "sensitive_values", Free),
        maybe("depends_on", List(&Text)),
        maybe("tainted", Bool),
        maybe("deposed_key", Text),
        since("Terraform 1.12", "identity_schema_version", Number),
        since("Terraform 1.12", "identity", Free),
    ],
};

static CHECK: Object = Object {
    name: "Check",
    about: "What became of a check.",
    fields: &[
        maybe("address", Is(&CHECK_ADDRESS)),
        maybe("status", STATUS),
        maybe("instances", List(&Is(&CHECK_INSTANCE))),
    ],
};

/// What becomes of a check.
const STATUS: Type = Word(&["pass", "fail", "error", "unknown"]);

static CHECK_ADDRESS: Object = Object {
    name: "CheckAddress",
    about: "What the check is about.",
    fields: &[
        maybe("kind", Word(&["resource", "output_value", "check", "var"])),
        maybe("to_display", Text),
        maybe("module", Text),
        maybe("mode", MODES),
        maybe("type", Text),
        maybe("name", Text),
    ],
};

static CHECK_INSTANCE: Object = Object {
    name: "CheckInstance",
    about: "What became of one instance.",
    fields: &[
        maybe("address", Is(&CHECK_INSTANCE_ADDRESS)),
        maybe("status", STATUS),
        maybe("problems", List(&Is(&CHECK_PROBLEM))),
    ],
};

static CHECK_INSTANCE_ADDRESS: Object = Object {
    name: "CheckInstanceAddress",
    about: "Which instance.",
    // A number or text.
    fields: &[maybe("to_display", Text), maybe("module", Text), maybe("instance_key", Free)],
};

static CHECK_PROBLEM: Object =
    Object { name: "CheckProblem", about: "Why a check failed.", fields: &[maybe("message", Text)] };
