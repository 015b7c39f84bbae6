package plangate.protection.guard_disabled

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: A protection is switched off
# description: >-
#   The plan takes a protection away from something that stays: deletion protection, versioning, backups, locks,
#   redundancy; or it allows a destroy to go further: force_destroy, skip_final_snapshot. Providers read such settings
#   from the state when they destroy, so this is often the first of two steps; the message says so. A value that is
#   unknown counts.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle
#     description: "Terraform: lifecycle (prevent_destroy, ignore_changes)"
# scope: rule
# custom:
#   id: protection/guard-disabled
#   category: protection
#   level: per-finding
#   severity: high
#   help: >-
#     Put the old value back. If the protection must go because the object is to be destroyed, do both in plans of
#     their own and waive this one by its address: between the two somebody can still say no.
#   selector:
#     verbs: [update]
#   reads: [plangate.notable]
warn contains result if {
	some change in risk.updated
	items := [item | some item in change.weakened; is_guard(item)]
	count(items) > 0
	result := risk.finding(change, items, array.concat(
		[sprintf("%s %s be less protected%s: %s.", [
			lib.label(change),
			risk.modal(items),
			risk.when(change),
			risk.told(items),
		])],
		array.concat(two_step(items), ["If that is not meant, restore the old value."]),
	))
}

# Shorter times and keys that are switched off have rules of their own.
is_guard(item) if {
	item.kind != "decrease"
	not item.stops_key
}

is_guard(item) if {
	item.size
	not item.stops_key
}

# The step that arms a later destroy, named as such.
two_step(items) := [sprintf("This %s the first of two steps: the provider reads %s from the state when it destroys, so after this apply %s.", [
	is[risk.modal(items)],
	concat(" and ", armed(items)),
	stakes(items),
])] if {
	count(armed(items)) > 0
} else := []

is := {"will": "is", "may": "may be"}

armed(items) := [item.attribute | some item in items; item.arms_destroy]

stakes(items) := "a later destroy goes further than one would now" if {
	goes_further(items)
} else := "nothing here stops a later destroy"

goes_further(items) if {
	every item in [it | some it in items; it.arms_destroy] {
		item.kind == "enable"
	}
}
