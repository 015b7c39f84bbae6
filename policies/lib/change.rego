# Phrases a change of `input.plangate`: what happens to the object, why, and what one can do.
# Selects among facts and computes none. Every phrase is defined for every change: one that is not would silence a rule.
package plangate.lib.change

import rego.v1

# The address, with the key of a deposed object.
label(change) := change.address if not change.deposed

label(change) := sprintf("%s (deposed object %s)", [change.address, change.deposed])

# What happens to the object that exists, as a clause after its label.
default fate(_) := "will change in a way that plangate cannot put in words"

fate(change) := "was deleted outside Terraform" if {
	change.drift
	not change.unknown_action
}

fate(change) := sprintf("%s be destroyed%s", [auxiliary(change), sequel(change)]) if {
	change.destroys
	not change.drift
	not change.unknown_action
}

fate(change) := sprintf("%s be left behind, no longer managed by Terraform%s", [auxiliary(change), sequel(change)]) if {
	change.forgets
	not change.drift
}

fate(change) := sprintf("has an action that plangate does not know (%s), which counts as destroying it", [actions(change)]) if {
	change.unknown_action
}

auxiliary(change) := "will" if not change.deferred

auxiliary(change) := "will, in a later plan," if change.deferred

default sequel(_) := ""

sequel(change) := " and re-created" if change.actions == ["delete", "create"]

sequel(change) := " after a new one is created" if change.actions == ["create", "delete"]

sequel(change) := ", and a new one created" if change.verb == "replace-forget"

default actions(_) := "none given"

actions(change) := concat(", ", change.actions) if count(change.actions) > 0

# Why Terraform does it, as sentences.
why(change) := array.concat(why_moved(change), array.concat(why_deferred(change), cause(change)))

default why_moved(_) := []

why_moved(change) := [sprintf("It was %s before: the move does not preserve the object.", [change.previous_address])] if {
	change.previous_address
	change.destroys
}

default why_deferred(_) := []

why_deferred(change) := ["How many instances there are is known only then."] if change.instances_unknown

default cause(_) := []

cause(change) := [sprintf("Terraform replaces it because %s, which cannot be changed in place.", [concat(" and ", attributes(change))])] if {
	count(change.replaced_by) > 0
}

cause(change) := ["It is what an earlier create-before-destroy replacement left behind when it failed half-way: the object at this address is another one by now."] if {
	count(change.replaced_by) == 0
	left_over(change)
}

cause(change) := [sprintf("Terraform does so because %s.", [change.reason.text])] if {
	count(change.replaced_by) == 0
	not left_over(change)
	change.reason.text
}

cause(change) := [sprintf("Terraform's reason: %s.", [change.reason.code])] if {
	count(change.replaced_by) == 0
	not left_over(change)
	change.reason
	not change.reason.text
}

cause(change) := ["The plan gives no reason."] if {
	count(change.replaced_by) == 0
	change.verb == "delete"
	not change.drift
	not left_over(change)
	not change.reason
}

# A deposed object is destroyed whatever the reason of its address is.
left_over(change) if {
	change.deposed
	change.destroys
}

# The attributes that force a replacement, at most three of them in words.
attributes(change) := [attribute(item) | some item in change.replaced_by] if count(change.replaced_by) <= 3

attributes(change) := array.concat(
	[attribute(item) | some item in array.slice(change.replaced_by, 0, 3)],
	[sprintf("%s other attributes change", [format_int(count(change.replaced_by) - 3, 10)])],
) if {
	count(change.replaced_by) > 3
}

attribute(item) := sprintf("%s changes (%s → %s)", [item.path, item.before, item.after]) if not hidden(item)

attribute(item) := sprintf("%s changes (its values are sensitive)", [item.path]) if hidden(item)

hidden(item) if {
	item.before == "(sensitive)"
	item.after == "(sensitive)"
}

# What one can do, as one sentence or two.
default advice(_) := ""

advice(change) := "Find out what this action does, or use a version of plangate that knows it, before you apply." if {
	change.unknown_action
}

advice(change) := "Make sure that nothing uses the old object any more." if {
	change.deposed
	not change.unknown_action
	not may_hold_data(change)
}

advice(change) := "The new object did not get its data by itself, so this one may have the only copy: compare the two and copy what is missing before you apply." if {
	change.deposed
	not change.unknown_action
	may_hold_data(change)
}

advice(change) := text if {
	not change.deposed
	not change.unknown_action
	text := object.get(advices(change), reason_code(change), object.get(advices(change), change.verb, ""))
}

# What has no data needs no copy of it, and neither does what a setting keeps.
advices(change) := object.union(by_reason, by_reason_without_data) if not may_hold_data(change)

advices(change) := by_reason if {
	may_hold_data(change)
	not is_kept(change)
}

advices(change) := object.union(by_reason, by_reason_kept) if {
	may_hold_data(change)
	is_kept(change)
}

is_kept(change) if {
	count(change.guard.harmless) > 0
	count(change.guard.blocked) == 0
}

may_hold_data(change) if change.catalog.data_store

may_hold_data(change) if change.catalog.status == "unseen"

default reason_code(_) := ""

reason_code(change) := change.reason.code

moved := "If it was only renamed or moved, add a moved block. To let go of it without destroying it, use a removed block with destroy = false. Otherwise put it back."

keys := "If only its instance key changed, add moved blocks from the old keys to the new ones."

# By Terraform's reason or, where that says nothing, by the verb.
by_reason := {
	"replace_because_cannot_update": "Undo that change, or copy what must survive to another place first: Terraform does not carry it over.",
	"replace_because_tainted": "If the object is sound, run terraform untaint for it and plan again.",
	"replace_by_request": "If that is not meant, plan again without -replace.",
	"replace_by_triggers": "If that is not meant, take the trigger out of replace_triggered_by.",
	"delete_because_no_resource_config": moved,
	"delete_because_no_module": moved,
	"delete_because_wrong_repetition": keys,
	"delete_because_count_index": keys,
	"delete_because_each_key": keys,
	"delete_because_no_move_target": "Give the moved block a target that the configuration has.",
	"delete_because_enabled_false": "To keep it, do not set enabled to false.",
	"replace": "Copy what must survive to another place first: Terraform does not carry it over.",
	"delete": "If that is not meant, find out why the plan does it before you apply.",
}

by_reason_without_data := {
	"replace_because_cannot_update": "If that is not meant, undo that change.",
	"replace": "If that is not meant, do not apply this plan.",
}

by_reason_kept := {
	"replace_because_cannot_update": "If that is not meant, undo that change: the new object starts empty, and nothing manages the old one any more.",
	"replace": "The new object starts empty, and nothing manages the old one any more: make sure that somebody owns it.",
	"delete": "Nothing manages the object any more from then on: make sure that somebody owns it.",
}

# Which change a finding is about.
identity(change) := object.filter(change, ["address", "deposed"])

# Sentences that exist, as one text.
sentences(parts) := concat(" ", [part | some part in parts; part != ""])
