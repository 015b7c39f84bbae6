# Phrases a change of `input.plangate`: what happens to the object, why, and what one can do.
# Selects among facts and computes none. Every phrase is defined for every change: one that is not would silence a rule.
package plangate.lib.change

import rego.v1

# The address, with the key of a deposed object.
label(change) := sprintf("%s (deposed object %s)", [change.address, change.deposed]) if {
	change.deposed
} else := change.address

# What happens to the object that exists, as a clause after its label.
fate(change) := sprintf("has an action that plangate does not know (%s), which counts as destroying it", [actions(change)]) if {
	change.unknown_action
} else := "was deleted outside Terraform" if {
	change.drift
} else := sprintf("%s be destroyed%s", [auxiliary(change), sequel(change)]) if {
	change.destroys
} else := sprintf("%s be left behind, no longer managed by Terraform%s", [auxiliary(change), sequel(change)]) if {
	change.forgets
} else := "will change in a way that plangate cannot put in words"

auxiliary(change) := "will, in a later plan," if {
	change.deferred
} else := "will"

sequel(change) := " and re-created" if {
	change.actions == ["delete", "create"]
} else := " after a new one is created" if {
	change.actions == ["create", "delete"]
} else := ", and a new one created" if {
	change.verb == "replace-forget"
} else := ""

default actions(_) := "none given"

actions(change) := concat(", ", change.actions) if count(change.actions) > 0

# Why Terraform does it, as sentences.
why(change) := array.concat(why_moved(change), array.concat(why_deferred(change), cause(change)))

why_moved(change) := [sprintf("It was %s before: the move does not preserve the object.", [change.previous_address])] if {
	change.previous_address
	change.destroys
} else := []

why_deferred(change) := ["How many instances there are is known only then."] if {
	change.instances_unknown
} else := []

cause(change) := [sprintf("Terraform replaces it because %s, which cannot be changed in place.", [concat(" and ", attributes(change))])] if {
	count(change.replaced_by) > 0
} else := ["It is what an earlier create-before-destroy replacement left behind when it failed half-way: the object at this address is another one by now."] if {
	left_over(change)
} else := [sprintf("Terraform does so because %s.", [change.reason.text])] if {
	change.reason.text
} else := [sprintf("Terraform's reason: %s.", [change.reason.code])] if {
	change.reason
} else := ["The plan gives no reason."] if {
	change.verb == "delete"
	not change.drift
} else := []

# A deposed object is destroyed whatever the reason of its address is.
left_over(change) if {
	change.deposed
	change.destroys
}

# The attributes that force a replacement, at most three of them in words.
attributes(change) := [attribute(item) | some item in change.replaced_by] if {
	count(change.replaced_by) <= 3
} else := array.concat(
	[attribute(item) | some item in array.slice(change.replaced_by, 0, 3)],
	[sprintf("%s other attributes change", [format_int(count(change.replaced_by) - 3, 10)])],
)

attribute(item) := sprintf("%s changes (its values are sensitive)", [item.path]) if {
	hidden(item)
} else := sprintf("%s changes (%s → %s)", [item.path, item.before, item.after])

hidden(item) if {
	item.before == "(sensitive)"
	item.after == "(sensitive)"
}

# What one can do, as one sentence or two.
advice(change) := "Find out what this action does, or use a version of plangate that knows it, before you apply." if {
	change.unknown_action
} else := "The new object did not get its data by itself, so this one may have the only copy: compare the two and copy what is missing before you apply." if {
	change.deposed
	may_hold_data(change)
} else := "Make sure that nothing uses the old object any more." if {
	change.deposed
} else := text if {
	known := advices(change)
	text := object.get(known, reason_code(change), object.get(known, change.verb, ""))
} else := ""

# What has no data needs no copy of it, and neither does what a setting keeps.
advices(change) := advices_without_data if {
	not may_hold_data(change)
} else := advices_kept if {
	is_kept(change)
} else := by_reason

is_kept(change) if {
	count(change.guard.harmless) > 0
	count(change.guard.blocked) == 0
}

may_hold_data(change) if {
	change.catalog.data_store
} else if {
	change.catalog.status == "unseen"
}

reason_code(change) := change.reason.code if {
	change.reason
} else := ""

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

advices_without_data := object.union(by_reason, by_reason_without_data)

by_reason_without_data := {
	"replace_because_cannot_update": "If that is not meant, undo that change.",
	"replace": "If that is not meant, do not apply this plan.",
}

advices_kept := object.union(by_reason, by_reason_kept)

by_reason_kept := {
	"replace_because_cannot_update": "If that is not meant, undo that change: the new object starts empty, and nothing manages the old one any more.",
	"replace": "The new object starts empty, and nothing manages the old one any more: make sure that somebody owns it.",
	"delete": "Nothing manages the object any more from then on: make sure that somebody owns it.",
}

# Which change a finding is about.
identity(change) := object.filter(change, ["address", "deposed"])

# Sentences that exist, as one text.
sentences(parts) := concat(" ", [part | some part in parts; part != ""])
