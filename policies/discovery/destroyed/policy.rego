package plangate.discovery.destroyed

import data.plangate.lib.change as lib
import data.plangate.lib.links
import data.plangate.lib.references
import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: What others find data through is destroyed
# description: >-
#   The plan destroys or replaces an object that holds no data but by which others find it: a dataset, linked service or
#   trigger of a data factory, an external location or mount, a stage, a share, an alias, an endpoint. The message says
#   who references it in this plan. The level is the catalogue's for the type, and a warning at least where an object
#   that stays references it; under the strict preset that is denied. A replacement that changes the name says so; a
#   change of the name in place has a rule of its own, discovery/renamed. A forgotten object is not reported: it stays
#   where others find it.
# scope: rule
# custom:
#   id: discovery/destroyed
#   category: discovery
#   level: per-finding
#   severity: high
#   help: >-
#     If it was only renamed or moved in the code, add a moved block. Otherwise change or remove what references it
#     first, in the same plan or in one before, and look for users outside this plan: portals, notebooks, jobs and
#     other repositories are not in it.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
deny contains result if {
	some change in stateful.destroyed
	change.catalog.class == "service_discovery"
	not change.catalog.encryption_key
	result := references.finding(
		change,
		sprintf("%s %s.", [lib.label(change), lib.fate(change)]),
		sprintf("Others find data or services through it. What that means: %s.", [change.catalog.loses]),
		array.concat(renamed(change), lib.why(change)),
		sentence(change),
	)
}

# The new one is not found under the old name.
renamed(change) := [sprintf("The new one %s another name (%s), so whoever has the old one finds nothing from then on.", [
	gets[change.name_change.certainty],
	references.names(change.name_change),
])] if {
	change.name_change
	change.verb == "replace"
} else := []

gets := {"certain": "gets", "maybe": "may get"}

sentence(change) := lib.sentences([way(change), links.advice(change)])

# What to do about those that stay.
way(change) := "" if {
	change.referenced_by.surviving == 0
} else := "Change or remove what references it first, in the same plan or before." if {
	change.verb != "replace"
} else := "Write the new name where the old one stands, in the same plan, or keep the old name." if {
	change.name_change
} else := "Until the new one is there they find nothing, and a service that guards its references may refuse the destroy: plan for the gap, or change the object in place."
