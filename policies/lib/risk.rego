# What the rules about risky attribute changes share: which of them count, how bad it is, and how to say it.
# Selects among facts and computes none.
package plangate.lib.risk

import data.plangate.lib.change as lib
import data.plangate.lib.stateful

import rego.v1

# Changes that keep the object: nothing else reports what they lose.
updated contains change if {
	some change in input.plangate.notable
	change.verb == "update"
}

# Changes that leave a setting of something else in force: its destroy is reported, what it does next is not.
in_force contains change if some change in updated

in_force contains change if {
	some change in input.plangate.notable
	change.verb in {"create", "replace", "replace-forget"}
	change.catalog.class == "protection_config"
}

# The worst level of some items. What is not certain is a warning at most, and what loses data at least that.
level(items) := "deny" if {
	some item in items
	item_level(item) == "deny"
} else := "warn" if {
	some item in items
	item_level(item) == "warn"
} else := "info"

item_level(item) := item.level if {
	item.certainty == "certain"
} else := doubtful[item.level]

doubtful := {"deny": "warn", "warn": "warn", "info": "info"}

# "will" where one item is certain, else "may".
modal(items) := "will" if {
	is_certain(items)
} else := "may"

is_certain(items) if {
	some item in items
	item.certainty == "certain"
}

# When the change is made.
when(change) := " in a later plan" if {
	change.deferred
} else := ""

# The changes in words, at most four of them.
told(items) := concat("; ", [describe(item) | some item in items]) if {
	count(items) <= 4
} else := sprintf("%s; and %s more", [
	concat("; ", [describe(item) | some item in array.slice(items, 0, 4)]),
	format_int(count(items) - 4, 10),
])

describe(item) := sprintf("%s loses %s", [item.path, names(item)]) if {
	item.kind == "shrink"
	count(item.elements) > 0
} else := sprintf("%s gains %s", [item.path, names(item)]) if {
	item.kind == "grow"
	count(item.elements) > 0
} else := sprintf("%s changes (its values are sensitive)", [item.path]) if {
	lib.hidden(item)
} else := sprintf("%s %s → %s", [item.path, item.before, item.after])

names(item) := concat(", ", item.elements) if {
	count(item.elements) <= 3
} else := sprintf("%s and %s more", [
	concat(", ", array.slice(item.elements, 0, 3)),
	format_int(count(item.elements) - 3, 10),
])

# The catalogue's remarks, each once.
notes(items) := [sprintf("About it: %s.", [note]) | some note in {item.note | some item in items}]

# What the repository's own catalogue lowered, as sentences; and the level without that.
overlaid(items) := [sprintf("The catalogue of this repository makes a change of %s %s instead of %s%s.", [
	item.attribute,
	item.level,
	item.overlaid.lowered_from,
	stateful.because(item.overlaid),
]) |
	some item in items
	item.overlaid.lowered_from
]

lowered(items) := {"lowered_from": level([shipped(item) | some item in items])} if {
	count(overlaid(items)) > 0
} else := {}

shipped(item) := object.union(item, {"level": item.overlaid.lowered_from}) if {
	item.overlaid.lowered_from
} else := item

# Why it is not certain, where nothing is.
doubt(change, items) := [] if {
	is_certain(items)
} else := ["What lies there already is not in the plan."] if {
	change.verb == "create"
} else := ["Whether it does is not certain from this plan: a value is known only after apply, cannot be compared, or is left to the provider."]

# A finding about some items of a change, told in sentences.
finding(change, items, sentences) := {
	"msg": lib.sentences(array.concat(sentences, array.concat(doubt(change, items), array.concat(overlaid(items), notes(items))))),
	"plangate": object.union_n([lib.identity(change), lowered(items), {
		"level": level(items),
		"attributes": [item.path | some item in items],
		"details": object.union(
			object.filter(change.catalog, ["class", "loses", "recoverable", "recovery", "variant", "carries"]),
			{"attributes": items},
		),
	}]),
}
