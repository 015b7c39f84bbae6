package plangate.protection.expiry_introduced

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: Data begins to expire
# description: >-
#   The plan sets an expiry or time to live, or adds a rule that deletes: lifecycle and purge policies, clean-up
#   rules. What fits is deleted without any later plan showing it. A policy that is created counts too, as a warning:
#   what the store holds already is not in the plan. The level is the catalogue's; what is not certain is a warning.
# scope: document
# custom:
#   id: protection/expiry-introduced
#   category: protection
#   level: per-finding
#   severity: high
#   help: >-
#     Look at what the store holds already and whether the new rule fits it: what fits is deleted for good. Narrow the
#     rule (a prefix, a longer time) or copy what must stay. If all of it may go, waive the finding.
#   selector:
#     verbs: [create, update, replace, replace-forget]
#   reads: [plangate.notable]
deny contains result if {
	some change in risk.in_force
	items := expiring(change)
	count(items) > 0
	result := risk.finding(change, items, [
		sprintf("%s %s let data expire%s: %s.", [
			lib.label(change),
			risk.modal(items),
			risk.when(change),
			risk.told(items),
		]),
		advice,
	])
}

deny contains result if {
	some change in input.plangate.notable
	change.verb == "create"
	change.create_hazard.kind == "expires"
	count(expiring(change)) == 0
	result := {
		"msg": lib.sentences([
			sprintf("%s will be created%s and may let data expire that is there already: %s.", [
				lib.label(change),
				risk.when(change),
				change.create_hazard.effect,
			]),
			advice,
		]),
		"plangate": object.union(lib.identity(change), {
			"level": change.create_hazard.level,
			"details": {"create_hazard": change.create_hazard},
		}),
	}
}

expiring(change) := [item | some item in change.data_loss; item.kind in {"set", "grow", "enable"}]

advice := "What fits is deleted for good, and no later plan shows it. Make sure that nothing that must stay fits."
