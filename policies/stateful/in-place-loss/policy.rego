package plangate.stateful.in_place_loss

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: An update loses data
# description: >-
#   The plan changes a store in place in a way that loses data: fields, replicas or volumes that go, space that
#   shrinks. Shorter retention and new expiry have rules of their own. The level is the catalogue's; where a value is
#   unknown it is a warning.
# scope: rule
# custom:
#   id: stateful/in-place-loss
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     Put the old value back, or copy what the change deletes first. If it may go, waive the finding by its address.
#   selector:
#     verbs: [update]
#   reads: [plangate.notable]
deny contains result if {
	some change in risk.updated
	items := [item | some item in change.data_loss; is_loss(item)]
	count(items) > 0
	result := risk.finding(change, items, [
		sprintf("%s %s lose data by an update in place%s: %s.", [
			lib.label(change),
			risk.modal(items),
			risk.when(change),
			risk.told(items),
		]),
		"Copy what must survive to another place first, or undo the change.",
	])
}

is_loss(item) if not item.kind in {"decrease", "set", "grow", "enable"}

is_loss(item) if {
	item.kind == "decrease"
	item.size
}
