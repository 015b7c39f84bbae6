package plangate.protection.prevent_destroy_removed

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: What kept Terraform from destroying an object is gone
# description: >-
#   The sources before had prevent_destroy = true, or destroy = false, for a block, and the sources of this plan have not:
#   the setting is gone, or the block with it. Terraform looks at the sources of the plan alone, so nothing holds it back
#   any more. Where the same plan destroys the object that is denied; where it does not, the next one can. A lock or policy
#   that the plan leaves out though it is gone from the sources is told too. Needs the sources, and those before.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle
#     description: "Terraform: lifecycle"
# scope: rule
# custom:
#   id: protection/prevent-destroy-removed
#   category: protection
#   level: per-finding
#   strict: deny
#   severity: high
#   help: >-
#     Put the setting back, at the place the message names. If the object shall really go, take the setting out in a
#     change of its own, so that its review is about that alone, and destroy the object in a later plan.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable, plangate.sources]
#   needs: base
deny contains result if {
	some item in input.plangate.sources.unprotected
	some result in array.concat(destroyed(item), kept(item))
}

# A finding for each object that the same plan destroys.
destroyed(item) := [result |
	some object in item.destroyed
	some change in input.plangate.notable
	lib.identity(change) == object
	result := {
		"msg": lib.sentences([
			sprintf("%s %s, and %s.", [lib.label(change), lib.fate(change), gone(item)]),
			meaning[item.protection],
			"A plan that lifts a protection and uses that at once asks for two decisions as one: put it back, or lift it in a change of its own.",
		]),
		"plangate": object.union(lib.identity(change), {
			"level": level(item),
			"strict": "deny",
			"severity": "critical",
			"details": details(item),
		}),
	}
]

# One for the block where it destroys none.
kept(item) := [] if {
	count(item.destroyed) > 0
} else := [{
	"msg": lib.sentences([sprintf("%s: %s.", [item.address, gone(item)]), meaning[item.protection], outlook(item)]),
	"plangate": {"address": item.address, "level": "warn", "strict": "deny", "details": details(item)},
}]

# Where an expression decides, it may still hold.
level(item) := "deny" if {
	item.certainty == "certain"
} else := "warn"

gone(item) := sprintf("%s, at %s, is gone%s%s", [names[item.protection], place(item.was), where(item), doubt(item)])

where(item) := "" if {
	item.now
} else := " from the sources, and the plan leaves the object out" if {
	item.protection == "guard"
} else := " together with its block"

doubt(item) := "" if {
	item.certainty == "certain"
} else := ", or may be: an expression decides"

names := {
	"prevent_destroy": "its prevent_destroy",
	"destroy_false": "its destroy = false",
	"guard": "this protection of others",
}

meaning := {
	"prevent_destroy": "Nothing holds Terraform back from destroying it any more.",
	"destroy_false": "Where Terraform would have let go of the object, it destroys it now.",
	"guard": "It is destroyed by the next plan that is not targeted.",
}

# What comes next.
outlook(item) := "The plan lets go of the object: from then on nobody guards it here." if {
	item.forgotten
} else := "Plan without -target, and judge that plan." if {
	item.protection == "guard"
} else := "This plan does not destroy it, and the next one can."

place(spot) := sprintf("%s:%s", [spot.file, format_int(spot.line, 10)])

details(item) := object.filter(item, ["protection", "previous_address", "was", "now", "certainty", "forgotten"])
