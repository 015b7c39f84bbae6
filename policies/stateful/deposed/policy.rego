package plangate.stateful.deposed

import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: A data store that a failed replacement left behind is destroyed
# description: >-
#   The plan destroys a deposed object that holds data: the old object of an earlier create-before-destroy replacement
#   that failed half-way. Terraform destroys it in the next apply, whatever that plan is about. The object at the
#   address is another one by now, which did not get the data by itself, so the deposed one may have its only copy.
#   The level is the catalogue's for the type; a setting that keeps the object alive makes it a warning.
# scope: rule
# custom:
#   id: stateful/deposed
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     Look at the deposed object before the next apply: compare its data with that of the object now at the address,
#     copy what is missing, and only then let Terraform destroy it. To keep it, take it out of the state by hand and
#     manage it under an address of its own with an import block. If its copy is no longer needed, waive the finding
#     by its address.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	change.catalog.data_store
	change.deposed
	result := stateful.finding(change, stateful.loss(change))
}
