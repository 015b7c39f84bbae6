package plangate.stateful.hidden_destroy

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: An update destroys something
# description: >-
#   The plan says "update in place", but the provider deletes the object, or part of it, and makes it anew: columns,
#   column families and replicas that go, clusters that are cycled, streams that lose their place, restores over what
#   is there. The level is the catalogue's; where a value is unknown it is a warning.
# scope: rule
# custom:
#   id: stateful/hidden-destroy
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     Undo the change, or copy what is deleted first. Often the same end is reached without loss: add the new part,
#     move the data, and drop the old part in a later plan.
#   selector:
#     verbs: [update]
#   reads: [plangate.notable]
deny contains result if {
	some change in risk.updated
	count(change.hidden_destroy) > 0
	result := risk.finding(change, change.hidden_destroy, [
		sprintf("%s is updated in place%s, and the provider %s destroy what it holds to do so: %s.", [
			lib.label(change),
			risk.when(change),
			risk.modal(change.hidden_destroy),
			risk.told(change.hidden_destroy),
		]),
		"Copy what must survive to another place first, or undo the change.",
	])
}
