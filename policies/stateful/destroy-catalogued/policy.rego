package plangate.stateful.destroy_catalogued

import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: Something that data stores depend on is destroyed
# description: >-
#   The plan destroys a catalogued resource that holds no data of its own: an entry by which others find data, a
#   network, a machine with a local disk, or a value that lives only in the state. What protects others has a rule of
#   its own, protection/guard-removed. The level is the catalogue's for the type.
# scope: rule
# custom:
#   id: stateful/destroy-catalogued
#   category: stateful
#   level: per-finding
#   severity: medium
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.changes]
deny contains result if {
	some change in stateful.destroyed
	not change.catalog.data_store
	change.catalog.class != "protection_config"
	result := stateful.finding(change, sprintf("What that means: %s.", [change.catalog.loses]))
}
