package plangate.protection.retention_reduced

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: Something is kept for less time
# description: >-
#   The plan shortens a retention: of data, backups, logs, messages, versions, deleted objects, or the time in which a
#   deletion can be cancelled. What is older than the new limit goes. The level is the catalogue's; where a value is
#   unknown or cannot be compared it is a warning.
# scope: rule
# custom:
#   id: protection/retention-reduced
#   category: protection
#   level: per-finding
#   severity: high
#   help: >-
#     Put the old value back, or copy what is older than the new limit to another place first. If it may go, waive the
#     finding by its address.
#   selector:
#     verbs: [update, replace, replace-forget]
#   reads: [plangate.notable]
deny contains result if {
	some change in risk.in_force
	change.verb != "create"
	items := [item |
		some item in array.concat(change.data_loss, change.weakened)
		item.kind == "decrease"
		not item.size
	]
	count(items) > 0
	result := risk.finding(change, items, array.concat(
		[sprintf("%s %s keep less, or for less time%s: %s.", [
			lib.label(change),
			risk.modal(items),
			risk.when(change),
			risk.told(items),
		])],
		array.concat(consequence(change), ["If that is not meant, restore the old value."]),
	))
}

# Data goes at once, a deletion window only matters later.
consequence(change) := ["What lies beyond the new limit is deleted and cannot be brought back."] if is_loss(change)

consequence(change) := ["There is less time to notice and undo a deletion."] if not is_loss(change)

is_loss(change) if {
	some item in change.data_loss
	item.kind == "decrease"
	not item.size
}
