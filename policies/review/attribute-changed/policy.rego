package plangate.review.attribute_changed

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: An attribute changes that is worth a look
# description: >-
#   An update changes an attribute that decides where data goes or comes from, or how much room there is, and of which
#   nobody can tell from a plan whether that is right: the key behind an alias, the contents of a DNS record, the
#   connection of a linked service, the query of a materialized view, a smaller size. All of it is information.
# scope: rule
# custom:
#   id: review/attribute-changed
#   category: review
#   level: info
#   severity: low
#   help: >-
#     Read the old and the new value. If they are right, nothing is to be done; to be asked about them at every plan,
#     raise the level of this rule in plangate.toml.
#   selector:
#     verbs: [update]
#   reads: [plangate.notable]
warn contains result if {
	some change in risk.updated
	items := array.concat(
		[item | some item in change.review; not is_renamed(change, item)],
		change.capacity,
	)
	count(items) > 0
	result := risk.finding(change, items, array.concat(
		[sprintf("%s %s change in a way worth a look%s: %s.", [
			lib.label(change),
			risk.modal(items),
			risk.when(change),
			risk.told(items),
		])],
		room(change),
	))
}

# A new name has a rule of its own.
is_renamed(change, item) if item.attribute == change.name_change.attribute

room(change) := ["There is less room: the service may refuse, or the provider replace the object."] if count(change.capacity) > 0

room(change) := [] if count(change.capacity) == 0
