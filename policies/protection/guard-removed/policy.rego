package plangate.protection.guard_removed

import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: A protection or an access rule is removed
# description: >-
#   The plan destroys or replaces a resource that protects others: a lock, versioning, a retention or WORM policy, a
#   backup policy, an access rule. It holds no data itself; what it protects can be lost from then on, or cannot be
#   reached by those who need it. The level is the catalogue's for the type.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
# scope: rule
# custom:
#   id: protection/guard-removed
#   category: protection
#   level: per-finding
#   severity: high
#   help: >-
#     Put the resource back, or have its successor in force before it goes: create the new lock or policy in one plan
#     and remove the old one in the next. If only its address changed, add a moved block.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	change.catalog.class == "protection_config"
	not change.catalog.encryption_key
	result := stateful.finding(change, sprintf("It protects what holds data, or says who may reach it. What goes with it: %s.", [change.catalog.loses]))
}
