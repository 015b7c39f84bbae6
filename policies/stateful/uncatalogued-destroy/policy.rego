package plangate.stateful.uncatalogued_destroy

import data.plangate.lib.change as lib
import data.plangate.lib.links

import rego.v1

# METADATA
# title: A resource of a type that is not catalogued is destroyed
# description: >-
#   The plan destroys a resource the catalogue does not have. A type that was looked at and left out is
#   information. A type nobody has looked at is a warning, and a denial if its name looks like a data store
#   or if unknown types are to be denied.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
#   - ref: https://developer.hashicorp.com/terraform/language/block/removed
#     description: "Terraform: removed block"
# scope: rule
# custom:
#   id: stateful/uncatalogued-destroy
#   category: stateful
#   level: per-finding
#   severity: medium
#   help: >-
#     Look up what the type holds. If it holds data, treat it as a data store: moved, removed, or a backup first. Then
#     add the type to the catalogue of the repository (`catalog` in plangate.toml), so that the next plan is judged by
#     what is known.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable, plangate.settings]
deny contains result if {
	some change in input.plangate.notable
	change.destroys
	change.catalog.status != "catalogued"
	judged := judgement(change)
	result := {
		"msg": lib.sentences(array.concat(
			[sprintf("%s %s.", [lib.label(change), lib.fate(change)]), judged.text],
			array.concat(lib.why(change), array.concat(links.story(change), advice(change))),
		)),
		"plangate": object.union(lib.identity(change), {
			"level": judged.level,
			"severity": judged.severity,
			"details": object.union(
				object.filter(change.catalog, ["status", "fallback_glob"]),
				object.union(
					object.filter(change, ["type", "reason", "replaced_by", "previous_address", "deferred_reason"]),
					links.details(change),
				),
			),
		}),
	}
}

judgement(change) := {
	"level": "info",
	"severity": "info",
	"text": sprintf("The type %s is known and not counted among those that hold data.", [change.type]),
} if {
	change.catalog.status == "known"
} else := {
	"level": "deny",
	"severity": "high",
	"text": sprintf("Nothing is known about the type %s, but its name looks like a data store (%s).", [change.type, change.catalog.fallback_glob]),
} if {
	change.catalog.status == "unseen"
	change.catalog.fallback_glob
} else := {
	"level": "deny",
	"severity": "medium",
	"text": sprintf("Nothing is known about the type %s, and unknown types are denied here.", [change.type]),
} if {
	change.catalog.status == "unseen"
	input.plangate.settings.unknown_types == "deny"
} else := {
	"level": "warn",
	"severity": "medium",
	"text": sprintf("Nothing is known about the type %s: it may hold data.", [change.type]),
} if {
	change.catalog.status == "unseen"
} else := {"level": "deny", "severity": "medium", "text": "Nothing is known about its type."}

# A resource without data needs no advice.
default advice(_) := []

advice(change) := [links.advice(change)] if change.catalog.status != "known"

advice(change) := [links.advice(change)] if change.unknown_action
