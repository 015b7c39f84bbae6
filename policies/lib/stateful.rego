# What the stateful rules share: which changes they are about, how bad it is, and how to say it.
# Selects among facts and computes none.
package plangate.lib.stateful

import data.plangate.lib.change as lib
import data.plangate.lib.links

import rego.v1

# Changes that destroy something catalogued.
destroyed contains change if {
	some change in input.plangate.notable
	change.destroys
	change.catalog.status == "catalogued"
}

# The level the catalogue suggests; a setting that keeps the object alive makes it a warning at most.
level(change) := milder[suggested(change)] if {
	count(change.guard.harmless) > 0
} else := suggested(change)

suggested(change) := object.get(change.catalog, "default", "deny")

# A setting that ships keeps it alive, and not only one the repository's own catalogue names.
outlives(change) if {
	some it in change.guard.harmless
	not it.own
}

milder := {"deny": "warn", "warn": "warn", "info": "info"}

# The level under the strict preset, where the catalogue has another.
strict(change) := {"strict": change.catalog.strict} if {
	change.catalog.strict
	not outlives(change)
} else := {}

# What the repository's own catalogue lowered, and its reason.
lowered(change) := {"lowered_from": change.catalog.overlaid.lowered_from} if {
	change.catalog.overlaid.lowered_from
} else := {"lowered_from": change.catalog.default} if {
	is_spared(change)
} else := {}

# Milder only because the repository's own catalogue says that the object outlives its resource.
is_spared(change) if {
	count(change.guard.harmless) > 0
	not outlives(change)
}

overlaid(change) := [sprintf("The catalogue of this repository makes it %s instead of %s%s.", [
	change.catalog.default,
	change.catalog.overlaid.lowered_from,
	because(change.catalog.overlaid),
])] if {
	change.catalog.overlaid.lowered_from
} else := []

because(overlaid) := sprintf(": %s", [overlaid.reason]) if {
	overlaid.reason
} else := ""

# What is lost, and whether it can be had again.
loss(change) := sprintf("What is lost: %s. Recovery: %s.", [change.catalog.loses, change.catalog.recovery])

# What the object is, where its type does not say so.
kind(change) := array.concat(carries(change), variant(change))

carries(change) := [sprintf("What it manages is %s.", [change.catalog.carries])] if {
	change.catalog.carries
} else := []

variant(change) := [sprintf("About this one: %s.", [change.catalog.variant])] if {
	change.catalog.variant
} else := []

# What settings of the object and of its provider mean for its destroy.
guards(change) := array.concat(
	[guard(it, "so the provider will refuse: this apply would fail") | some it in change.guard.blocked],
	array.concat(
		[guard(it, "so the provider should keep the object itself") | some it in change.guard.harmless],
		array.concat(
			[guard(it, "so the provider takes a snapshot first") | some it in change.guard.snapshot],
			[escalated(it) | some it in change.guard.escalates],
		),
	),
)

guard(it, clause) := sprintf("%s is %s, %s.", [it.attribute, it.value, clause]) if {
	not it.note
} else := sprintf("%s has a value that is not shown here, by which %s; look it up before you rely on that.", [it.attribute, it.note]) if {
	it.value == "(not shown)"
} else := sprintf("%s is %s: %s.", [it.attribute, it.value, it.note])

escalated(it) := guard(it, "") if {
	it.note
} else := sprintf("%s is %s: %s.", [it.attribute, it.value, escalation(it.attribute)])

escalation(attribute) := object.get(escalations, attribute, "everything in it goes too")

escalations := {
	"skip_final_snapshot": "no final snapshot is taken",
	"skip_final_backup": "no final backup is taken",
	"delete_automated_backups": "its automated backups go too",
	"recovery_window_in_days": "there is no time to change one's mind",
	"force_delete_without_recovery": "there is no time to change one's mind",
	"hard_delete": "there is no time to change one's mind",
	"purge_on_delete": "there is no time to change one's mind",
	"delete_with_instance": "it goes together with its machine",
}

# A finding about a destroyed, catalogued resource, told in sentences.
finding(change, consequence) := {
	"msg": lib.sentences(array.concat(
		[sprintf("%s %s.", [lib.label(change), lib.fate(change)]), consequence],
		array.concat(
			array.concat(overlaid(change), kind(change)),
			array.concat(guards(change), array.concat(lib.why(change), array.concat(links.story(change), [links.advice(change)]))),
		),
	)),
	"plangate": object.union_n([lib.identity(change), strict(change), lowered(change), {
		"level": level(change),
		"severity": change.catalog.severity,
		"details": details(change),
	}]),
}

# The facts behind a finding.
details(change) := object.union(
	object.filter(change.catalog, ["class", "loses", "recoverable", "recovery", "variant", "carries", "overlaid"]),
	object.union(
		object.filter(change, ["reason", "replaced_by", "previous_address", "deferred_reason"]),
		object.union({"guard": {name: held | some name, held in change.guard; count(held) > 0}}, links.details(change)),
	),
)
