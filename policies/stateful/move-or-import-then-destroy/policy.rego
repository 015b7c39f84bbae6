package plangate.stateful.move_or_import_then_destroy

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: What a plan moves or imports, it destroys as well
# description: >-
#   A moved block or an import reads like a promise that the object stays. Here the same plan deletes or replaces it:
#   an import brings an existing object under Terraform and destroys it in one step, a move carries its address
#   and not its data. What is lost is told by the rule for its destruction.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
#   - ref: https://developer.hashicorp.com/terraform/language/import
#     description: "Terraform: import"
# scope: rule
# custom:
#   id: stateful/move-or-import-then-destroy
#   category: stateful
#   level: warn
#   severity: high
#   help: >-
#     Make the configuration fit the object before you move or import it: plan until the plan says nothing but move or
#     import, apply that, and change the rest in a later plan.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
warn contains result if {
	some change in input.plangate.notable
	change.destroys
	change.catalog.status != "known"
	how := origin(change)
	result := {
		"msg": lib.sentences([
			sprintf("%s %s and %s.", [lib.label(change), how.text, lib.fate(change)]),
			how.advice,
		]),
		"plangate": object.union(lib.identity(change), {"details": object.filter(change, ["previous_address", "importing", "replaced_by"])}),
	}
}

origin(change) := {
	"text": "is imported by this plan",
	"advice": "Until now Terraform did not manage it. Make the configuration fit the object until the plan only imports it.",
} if {
	change.importing
}

origin(change) := {
	"text": sprintf("is moved from %s", [change.previous_address]),
	"advice": "The move alone would keep it. Apply the move by itself first, and then look at what is left of this change.",
} if {
	change.previous_address
	not change.importing
}
