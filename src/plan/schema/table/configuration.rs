//! The configuration part of a plan.

use super::super::Object;
use super::super::Type::{Bool, Free, Is, List, Map, Number, Text};
use super::{MODES, always, maybe, since};

pub(super) static CONFIGURATION: Object = Object {
    name: "Configuration",
    about: "The configuration, without `lifecycle`, `locals`, `dynamic`, `moved`, `removed` and `check` blocks.",
    fields: &[maybe("provider_config", Map(&Is(&PROVIDER))), maybe("root_module", Is(&CONFIG_MODULE))],
};

static PROVIDER: Object = Object {
    name: "ProviderConfig",
    about: "The configuration of a provider.",
    fields: &[
        maybe("name", Text),
        since("Terraform 1.2", "full_name", Text),
        maybe("alias", Text),
        maybe("version_constraint", Text),
        maybe("module_address", Text),
        maybe("expressions", Free),
    ],
};

static CONFIG_MODULE: Object = Object {
    name: "ConfigModule",
    about: "The configuration of a module.",
    fields: &[
        maybe("outputs", Map(&Is(&CONFIG_OUTPUT))),
        maybe("resources", List(&Is(&CONFIG_RESOURCE))),
        maybe("module_calls", Map(&Is(&MODULE_CALL))),
        maybe("variables", Map(&Is(&CONFIG_VARIABLE))),
        since("Terraform 1.14; never in OpenTofu", "actions", List(&Free)),
    ],
};

static CONFIG_OUTPUT: Object = Object {
    name: "ConfigOutput",
    about: "An output as it is declared.",
    fields: &[
        maybe("sensitive", Bool),
        since("Terraform 1.10", "ephemeral", Bool),
        maybe("deprecated", Text),
        maybe("expression", Is(&EXPRESSION)),
        maybe("depends_on", List(&Text)),
        maybe("description", Text),
    ],
};

static CONFIG_VARIABLE: Object = Object {
    name: "ConfigVariable",
    about: "A variable as it is declared.",
    fields: &[
        maybe("default", Free),
        maybe("description", Text),
        since("Terraform 0.15", "sensitive", Bool),
        since("Terraform 1.10", "ephemeral", Bool),
        since("OpenTofu 1.11", "required", Bool),
        since("OpenTofu 1.11", "type", Free),
        since("OpenTofu 1.11", "deprecated", Text),
    ],
};

static CONFIG_RESOURCE: Object = Object {
    name: "ConfigResource",
    about: "A resource as it is declared; its address has no keys.",
    fields: &[
        always("address", Text),
        maybe("mode", MODES),
        always("type", Text),
        maybe("name", Text),
        maybe("provider_config_key", Text),
        maybe("provisioners", List(&Is(&PROVISIONER))),
        maybe("expressions", Free),
        maybe("schema_version", Number),
        maybe("count_expression", Is(&EXPRESSION)),
        maybe("for_each_expression", Is(&EXPRESSION)),
        maybe("depends_on", List(&Text)),
    ],
};

static PROVISIONER: Object = Object {
    name: "Provisioner",
    about: "A provisioner, without its `when`.",
    fields: &[maybe("type", Text), maybe("expressions", Free)],
};

static MODULE_CALL: Object = Object {
    name: "ModuleCall",
    about: "A module as it is called.",
    fields: &[
        maybe("source", Text),
        maybe("expressions", Free),
        maybe("count_expression", Is(&EXPRESSION)),
        maybe("for_each_expression", Is(&EXPRESSION)),
        maybe("module", Is(&CONFIG_MODULE)),
        maybe("version_constraint", Text),
        since("Terraform 0.13", "depends_on", List(&Text)),
    ],
};

static EXPRESSION: Object = Object {
    name: "Expression",
    about: "An expression: its constant value, or what it refers to.",
    fields: &[maybe("constant_value", Free), maybe("references", List(&Text))],
};
