# Phrases how a change hangs together with others: what it comes from, what goes with it, what it looks like.
# Selects among facts and computes none.
package plangate.lib.links

import data.plangate.lib.change as lib

import rego.v1

# What else there is to tell, as sentences.
story(change) := array.concat(chain(change), array.concat(company(change), shift(change)))

# The chain of causes: attribute ← where it comes from, down to the root.
chain(change) := [sprintf("The cause: %s%s.", [concat(", ", steps(change)), reason(change.cause[count(change.cause) - 1])])] if {
	count(change.cause) > 0
} else := []

steps(change) := [sprintf("%s ← %s (%s)", [via(step), step.address, state(step)]) | some step in change.cause]

via(step) := step.attribute if {
	step.attribute
} else := step.origin

state(step) := "lost as well" if {
	step.verb == "no-op"
	step.verb_class == "keep"
} else := step.verb

reason(step) := sprintf(" because %s", [concat(" and ", lib.attributes(step))]) if {
	count(step.replaced_by) > 0
} else := ""

# What goes down with it.
company(change) := [sprintf("With it goes %s, which holds data.", [change.takes.first_stores[0]])] if {
	change.takes.stores == 1
} else := [sprintf("With it go %s that hold data: %s%s.", [objects(change.takes.stores), concat(", ", named(change.takes)), more(change.takes)])] if {
	change.takes.stores > 1
} else := []

objects(n) := sprintf("%s objects", [format_int(n, 10)])

named(takes) := array.slice(takes.first_stores, 0, 5)

more(takes) := ", …" if {
	takes.stores > 5
} else := ""

# An instance that takes the place of another one.
shift(change) := [sprintf("It becomes what %s is now (%s): an element before it was removed, added or moved, and every later instance shifts. With for_each and stable keys only that element would change.", [change.shift.other, change.shift.attribute])] if {
	change.shift
} else := []

# What one can do: of a rename, the block to paste.
advice(change) := sprintf("It looks like %s, which this plan creates: equal %s. If it is the same object, add this block, and it is moved and not destroyed:\n%s", [change.rename.other, concat(", ", change.rename.equal), change.rename.moved_block]) if {
	is_renamed(change)
} else := lib.advice(change)

is_renamed(change) if {
	change.rename
	change.destroys
	not change.unknown_action
}

# The facts behind it.
details(change) := object.union(
	object.filter(change, ["root_cause", "rename", "shift"]),
	object.union(
		{key: list | some key in ["cause", "collateral_of"]; list := change[key]; count(list) > 0},
		{key: counts | some key in ["takes", "dependents"]; counts := change[key]; some_counted(counts)},
	),
)

some_counted(counts) if {
	some key in ["objects", "all"]
	counts[key] > 0
}
