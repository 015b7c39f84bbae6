package plangate.stateful.destroy_catalogued

import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: Something that data stores depend on is destroyed
# description: >-
#   The plan destroys a catalogued resource that holds no data of its own: a network, a machine with a local disk, or a
#   value that lives only in the state. What protects others and what others find data through have rules of their own,
#   protection/guard-removed and discovery/destroyed. The level is the catalogue's for the type.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
# scope: rule
# custom:
#   id: stateful/destroy-catalogued
#   category: stateful
#   level: per-finding
#   severity: medium
#   help: >-
#     If it was only renamed or moved, add a moved block. If it was replaced because of one attribute, put the old
#     value back. Otherwise make sure that nothing finds its data, its network or its value through it any more.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	not change.catalog.data_store
	not change.catalog.encryption_key
	not change.catalog.class in {"protection_config", "service_discovery"}
	result := stateful.finding(change, sprintf("What that means: %s.", [change.catalog.loses]))
}
