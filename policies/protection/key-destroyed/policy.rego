package plangate.protection.key_destroyed

import data.plangate.lib.change as lib
import data.plangate.lib.links
import data.plangate.lib.references
import data.plangate.lib.risk
import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: An encryption key is destroyed or switched off
# description: >-
#   The plan destroys an encryption key, schedules its destruction, or switches it off: whatever is encrypted with it
#   cannot be read from then on, also in other accounts, in backups and in snapshots. The message names the stores of
#   this plan that use the key, those first that are still there after the plan. The level is the catalogue's: an update that
#   destroys a key or schedules its destruction counts as destroying it; a key that is only switched off can be switched on
#   again, which is a warning, and denied under the strict preset. Deposed keys are reported by stateful/deposed.
# scope: document
# custom:
#   id: protection/key-destroyed
#   category: protection
#   level: per-finding
#   severity: critical
#   help: >-
#     Re-encrypt what uses the key with another one first, and keep the old key for as long as any backup or snapshot
#     needs it. If only its address changed, add a moved block; to let go of it without destroying it, use a removed
#     block with destroy = false.
#   selector:
#     verbs: [delete, replace, unknown, update]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	change.catalog.encryption_key
	not left_over(change)
	result := {
		"msg": lib.sentences(array.concat(
			[sprintf("%s %s.", [lib.label(change), lib.fate(change)]), stateful.loss(change)],
			array.concat(
				array.concat(encrypted(change, "cannot be read any more"), array.concat(stateful.overlaid(change), stateful.kind(change))),
				array.concat(stateful.guards(change), array.concat(lib.why(change), array.concat(links.story(change), [
					"Re-encrypt what uses it with another key first, and keep the old one for as long as a backup or snapshot needs it.",
					links.advice(change),
				]))),
			),
		)),
		"plangate": object.union_n([lib.identity(change), stateful.strict(change), stateful.lowered(change), {
			"level": stateful.level(change),
			"severity": change.catalog.severity,
			"details": object.union(stateful.details(change), references.details(change)),
		}]),
	}
}

# A key that an update destroys, or schedules for destruction, is judged as one that is destroyed.
deny contains result if {
	some change in risk.updated
	items := stopped(change)
	is_final(items)
	finding := risk.finding(change, items, array.concat(
		[
			sprintf("%s will be destroyed by an update in place%s, at once or after the time in which that can be cancelled: %s.", [
				lib.label(change),
				risk.when(change),
				risk.told(items),
			]),
			stateful.loss(change),
		],
		array.concat(encrypted(change, "cannot be read any more"), [
			"Re-encrypt what uses it with another key first, and keep the old one for as long as a backup or snapshot needs it.",
			"If that is not meant, restore the old value.",
		]),
	))
	result := object.union(finding, {"plangate": {
		"severity": change.catalog.severity,
		"details": object.union(finding.plangate.details, references.details(change)),
	}})
}

deny contains result if {
	some change in risk.updated
	items := stopped(change)
	count(items) > 0
	not is_final(items)
	finding := risk.finding(change, items, array.concat(
		[
			sprintf("%s %s be switched off%s, wholly or in part: %s.", [
				lib.label(change),
				risk.modal(items),
				risk.when(change),
				risk.told(items),
			]),
			"What is encrypted with it cannot be read until it is switched on again.",
		],
		array.concat(encrypted(change, "cannot be read meanwhile"), ["If that is not meant, restore the old value."]),
	))
	result := object.union(finding, {"plangate": {
		"strict": "deny",
		"details": object.union(finding.plangate.details, references.details(change)),
	}})
}

stopped(change) := [item | some item in change.weakened; item.stops_key]

# What can only be switched off is a warning in the catalogue.
is_final(items) if {
	some item in items
	item.level == "deny"
	item.certainty == "certain"
}

# Has another rule.
left_over(change) if {
	change.deposed
	change.catalog.data_store
}

# What is encrypted with it, as sentences.
encrypted(change, effect) := [sprintf("%s, which will be there after this plan, %s encrypted with it and %s: %s%s.", [
	references.objects(change.encrypts.surviving),
	is[change.encrypts.surviving == 1],
	effect,
	concat(", ", [references.described(it) | some it in references.named(change.encrypts)]),
	references.more(change.encrypts.surviving),
])] if {
	change.encrypts.surviving > 0
} else := [sprintf("%s encrypted with it, and this plan destroys %s too; what else is, and its backups, no plan shows.", [
	sprintf("%s %s", [references.objects(change.encrypts.all), is[change.encrypts.all == 1]]),
	references.them(change.encrypts.all),
])] if {
	change.encrypts.all > 0
} else := ["This plan does not show what is encrypted with it: look for stores of other configurations, backups and snapshots."]

is := {true: "is", false: "are"}
