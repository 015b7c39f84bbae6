# Phrases who references an object, and how much that makes its change count.
# Selects among facts and computes none.
package plangate.lib.references

import data.plangate.lib.change as lib
import data.plangate.lib.links
import data.plangate.lib.stateful

import rego.v1

# The level the catalogue suggests, a warning at least where something that stays references the object. What the
# repository's own catalogue lowered stays lowered.
level(change) := at_least_warn[stateful.level(change)] if {
	raised(change)
} else := stateful.level(change)

at_least_warn := {"info": "warn", "warn": "warn", "deny": "deny"}

raised(change) if {
	change.referenced_by.surviving > 0
	not stateful.outlives(change)
	not change.catalog.overlaid.lowered_from
}

# The level under the strict preset.
strict(change) := {"strict": "deny"} if {
	raised(change)
} else := stateful.strict(change)

# Who references it, as sentences; a few by address.
told(referrers) := array.concat(some_survive(referrers), all_go(referrers))

some_survive(referrers) := [sprintf("%s, which will be there after this plan, %s it: %s%s.", [
	objects(referrers.surviving),
	verb(referrers.surviving),
	concat(", ", [described(it) | some it in named(referrers)]),
	more(referrers.surviving),
])] if {
	referrers.surviving > 0
} else := []

all_go(referrers) := [sprintf("%s it, and this plan destroys %s too.", [
	sprintf("%s %s", [objects(referrers.all), verb(referrers.all)]),
	them(referrers.all),
])] if {
	referrers.surviving == 0
	referrers.all > 0
} else := []

named(referrers) := array.slice([it | some it in referrers.first; it.survives], 0, 5)

described(it) := sprintf("%s (%s%s)", [lib.label(it), via(it), doubt[it.certainty]])

via(it) := it.attribute if {
	it.attribute
} else := "by the state"

doubt := {"certain": "", "maybe": ", not certain"}

more(n) := sprintf(" and %s more", [format_int(n - 5, 10)]) if {
	n > 5
} else := ""

objects(1) := "One object"

objects(n) := sprintf("%s objects", [format_int(n, 10)]) if n != 1

verb(1) := "references"

verb(n) := "reference" if n != 1

them(1) := "that one"

them(n) := "them" if n != 1

# The old name and the new one.
names(it) := sprintf("%s changes, its values are sensitive", [it.attribute]) if {
	lib.hidden(it)
} else := sprintf("%s %s → %s", [it.attribute, it.before, it.after])

# A finding about an object that others find data through.
finding(change, first, consequence, why, advice) := {
	"msg": lib.sentences(array.concat(
		[first, consequence],
		array.concat(
			array.concat(told(change.referenced_by), array.concat(stateful.overlaid(change), stateful.kind(change))),
			array.concat(stateful.guards(change), array.concat(why, array.concat(links.story(change), [advice]))),
		),
	)),
	"plangate": object.union_n([lib.identity(change), strict(change), stateful.lowered(change), {
		"level": level(change),
		"severity": change.catalog.severity,
		"details": object.union(stateful.details(change), details(change)),
	}]),
}

details(change) := object.union(
	object.filter(change, ["name_change"]),
	{key: referrers | some key in ["referenced_by", "encrypts"]; referrers := change[key]; referrers.all > 0},
)
