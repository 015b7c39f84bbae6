package plangate.discovery.renamed

import data.plangate.lib.change as lib
import data.plangate.lib.references

import rego.v1

# METADATA
# title: What others find data through gets another name
# description: >-
#   An update changes the name of an object by which others find data or services: a dataset, linked service or trigger
#   of a data factory, an external location or mount, a stage, a share, an alias, an endpoint. Whoever has the old name
#   finds nothing from then on. A new name that is known only after apply counts. The message says who references the
#   object in this plan. The level is the catalogue's for the destruction of the type, and a warning at least where an
#   object that stays references it; under the strict preset that is denied. A replacement has the rule for destruction,
#   discovery/destroyed, which names the new name too.
# scope: rule
# custom:
#   id: discovery/renamed
#   category: discovery
#   level: per-finding
#   severity: high
#   help: >-
#     Keep the old name, or write the new one wherever the old one stands, in the same plan. Users outside this plan
#     (portals, notebooks, jobs, other repositories) have to be told before.
#   selector:
#     verbs: [update]
#   reads: [plangate.changes]
deny contains result if {
	some change in input.plangate.changes
	change.catalog.class == "service_discovery"
	change.verb == "update"
	change.name_change
	result := references.finding(
		change,
		sprintf("%s %s be known by another name%s: %s.", [
			lib.label(change),
			modal[change.name_change.certainty],
			later(change),
			references.names(change.name_change),
		]),
		"Others find data or services by that name, and whoever has the old one finds nothing from then on.",
		array.concat(lib.why_moved(change), lib.why_deferred(change)),
		advice(change),
	)
}

modal := {"certain": "will", "maybe": "may"}

later(change) := "" if not change.deferred

later(change) := " in a later plan" if change.deferred

advice(change) := "Write the new name where the old one stands, in the same plan, or keep the old name." if {
	change.referenced_by.surviving > 0
}

advice(change) := "Look for users of the old name outside this plan: portals, notebooks, jobs and other repositories are not in it. Or keep the old name." if {
	change.referenced_by.surviving == 0
}
