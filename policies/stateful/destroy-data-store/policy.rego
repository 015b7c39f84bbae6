package plangate.stateful.destroy_data_store

import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: A data store is destroyed
# description: >-
#   The plan destroys a resource that holds data, contains what does, or cannot be made again as it was:
#   by delete, by replacement in either order, or by an action plangate does not know; deferred changes included.
#   Deposed objects and encryption keys have rules of their own, stateful/deposed and protection/key-destroyed. The
#   level is the catalogue's for the type; a setting that keeps the object alive (deletion_policy = "ABANDON",
#   skip_destroy) makes it a warning.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
#   - ref: https://developer.hashicorp.com/terraform/language/block/removed
#     description: "Terraform: removed block"
#   - ref: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle
#     description: "Terraform: lifecycle (prevent_destroy, ignore_changes)"
# scope: rule
# custom:
#   id: stateful/destroy-data-store
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     If it was only renamed or moved, add a moved block. To let go of it without destroying it, use a removed block
#     with destroy = false. If an attribute forces the replacement, put the old value back, or copy the data before
#     and restore it after. Destroy on purpose only with a backup that was read back, and waive the finding by its
#     address.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	change.catalog.data_store
	not change.deposed
	not change.catalog.encryption_key
	result := stateful.finding(change, stateful.loss(change))
}
