package plangate.stateful.create_overwrites

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: A create overwrites or deletes
# description: >-
#   The plan creates a resource whose creation replaces what has the same name, deletes what it finds, or runs
#   statements that can do anything. Where its author asked for that (or_replace, overwrite) it is a warning; where
#   every object of the type does so, and where it depends on the statements, it is information.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/import
#     description: "Terraform: import"
# scope: rule
# custom:
#   id: stateful/create-overwrites
#   category: stateful
#   level: per-finding
#   severity: high
#   help: >-
#     Look whether something of that name exists already. If it does, import it instead of creating over it, or drop
#     the setting that overwrites. If nothing is there, or it may be lost, waive the finding.
#   selector:
#     verbs: [create]
#   reads: [plangate.notable]
warn contains result if {
	some change in input.plangate.notable
	change.verb == "create"
	hazard := change.create_hazard
	hazard.kind != "expires"
	result := {
		"msg": lib.sentences([
			sprintf("%s will be created%s, which %s harm what is there already: %s.", [
				lib.label(change),
				risk.when(change),
				modal[hazard.kind],
				hazard.effect,
			]),
			"Make sure that nothing is there yet, or that it can be lost.",
		]),
		"plangate": object.union(lib.identity(change), {
			"level": hazard.level,
			"details": {"create_hazard": hazard},
		}),
	}
}

modal := {"overwrites": "can", "deletes": "can", "runs": "may"}
