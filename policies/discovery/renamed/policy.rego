package plangate.discovery.renamed

import data.plangate.lib.change as lib
import data.plangate.lib.references
import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: What others find data through gets another name
# description: >-
#   An update changes the name of an object by which others find data or services: a dataset, linked service or trigger
#   of a data factory, an external location or mount, a stage, a share, an alias, an endpoint. Whoever has the old name
#   finds nothing from then on. A new name that is known only after apply counts. The message says who references the
#   object in this plan. The level is the catalogue's for the destruction of the type, and a warning at least where an
#   object that stays references it; under the strict preset that is denied. A data store that is renamed in place keeps
#   its data: that is a warning where an object that stays references it, or where the catalogue says that others find it
#   by its name (tables, schemas, databases, repositories), and information otherwise. A replacement has the rules for
#   destruction, of which discovery/destroyed names the new name too.
# scope: document
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
#   reads: [plangate.notable]
deny contains result if {
	some change in input.plangate.notable
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

# Its data stays, so it is not judged as its destruction is.
deny contains result if {
	some change in input.plangate.notable
	change.catalog.data_store
	change.verb == "update"
	change.name_change
	result := {
		"msg": lib.sentences(array.concat(
			[
				sprintf("%s %s be known by another name%s: %s.", [
					lib.label(change),
					modal[change.name_change.certainty],
					later(change),
					references.names(change.name_change),
				]),
				"Its data stays, but whoever looks for it under the old name finds nothing from then on.",
			],
			array.concat(
				array.concat(references.told(change.referenced_by), stateful.kind(change)),
				array.concat(lib.why_moved(change), array.concat(lib.why_deferred(change), [advice(change)])),
			),
		)),
		"plangate": object.union_n([lib.identity(change), strict(change), {
			"level": level(change),
			"severity": "medium",
			"details": object.union(
				object.filter(change.catalog, ["class", "variant", "carries", "overlaid"]),
				references.details(change),
			),
		}]),
	}
}

# A store whose loss is information is no more than that under another name.
level(change) := "warn" if {
	matters(change)
	change.catalog.default != "info"
} else := "info"

matters(change) if change.catalog.found_by_name

matters(change) if change.referenced_by.surviving > 0

strict(change) := {"strict": "deny"} if {
	change.referenced_by.surviving > 0
	level(change) == "warn"
} else := {}

modal := {"certain": "will", "maybe": "may"}

later(change) := " in a later plan" if {
	change.deferred
} else := ""

advice(change) := "Write the new name where the old one stands, in the same plan, or keep the old name." if {
	change.referenced_by.surviving > 0
} else := "Look for users of the old name outside this plan: portals, notebooks, jobs and other repositories are not in it. Or keep the old name."
