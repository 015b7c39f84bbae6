package plangate.stateful.recreated_after_loss

import data.plangate.lib.change as lib
import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: An empty store takes the place of a lost one
# description: >-
#   Drift shows that a data store was deleted outside Terraform, and the plan creates it again. The new store is
#   empty and takes the name under which the lost one could be restored, and nothing that reads it will notice. The
#   level is the catalogue's for the destruction of the type; a type nobody has looked at counts as it does when
#   it is destroyed.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/import
#     description: "Terraform: import"
#   - ref: https://developer.hashicorp.com/terraform/tutorials/state/refresh
#     description: "Terraform: refresh-only plans and drift"
# scope: rule
# custom:
#   id: stateful/recreated-after-loss
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     Restore the lost store first, under its old name, and import it: once the empty one has the name, that is often
#     no longer possible. If the loss is accepted, waive the finding by its address.
#   selector:
#     verbs: [create]
#   reads: [plangate.notable, plangate.settings]
deny contains result if {
	some change in input.plangate.notable
	change.recreates_lost
	judged := judgement(change)
	result := {
		"msg": lib.sentences(array.concat(
			[
				sprintf(
					"%s was deleted outside Terraform, and an empty one %s be created in its place.",
					[lib.label(change), lib.auxiliary(change)],
				),
				judged.text,
			],
			array.concat(array.concat(stateful.overlaid(change), stateful.kind(change)), [
				"Find out who deleted it, and restore and import it before you apply: the new one takes its name, and what reads it finds nothing.",
				"If it was deleted on purpose, waive this.",
			]),
		)),
		"plangate": object.union_n([lib.identity(change), strict(change), stateful.lowered(change), {
			"level": judged.level,
			"severity": judged.severity,
			"details": details(change),
		}]),
	}
}

judgement(change) := {
	"level": change.catalog.default,
	"severity": change.catalog.severity,
	"text": stateful.loss(change),
} if {
	change.catalog.data_store
} else := {
	"level": "deny",
	"severity": "high",
	"text": sprintf("Nothing is known about the type %s, but its name looks like a data store (%s).", [change.type, change.catalog.fallback_glob]),
} if {
	change.catalog.fallback_glob
} else := {
	"level": input.plangate.settings.unknown_types,
	"severity": "medium",
	"text": sprintf("Nothing is known about the type %s: it may have held data.", [change.type]),
} if {
	change.catalog.status == "unseen"
}

strict(change) := stateful.strict(change) if {
	change.catalog.data_store
} else := {}

details(change) := object.union(
	object.filter(change.catalog, ["class", "loses", "recoverable", "recovery", "variant", "carries", "fallback_glob", "overlaid"]),
	object.filter(change, ["previous_address", "deferred_reason"]),
)
