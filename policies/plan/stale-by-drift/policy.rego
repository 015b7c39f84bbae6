package plangate.plan.stale_by_drift

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: Protection or a data store was changed outside Terraform
# description: >-
#   Somebody or something changed, outside Terraform, an attribute that protects data or whose change loses it;
#   also where ignore_changes hides it and the plan does nothing. Other changes of a data store are information.
#   Deleted objects are reported here where no other rule does it: a store that the plan does not create again is
#   a warning, and so is a protection setting.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/tutorials/state/refresh
#     description: "Terraform: refresh-only plans and drift"
#   - ref: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle
#     description: "Terraform: lifecycle (prevent_destroy, ignore_changes)"
# scope: document
# custom:
#   id: plan/stale-by-drift
#   category: plan
#   level: per-finding
#   severity: medium
#   help: >-
#     Find out who changed it and why. If the change is right, write it into the configuration; if it is not, let
#     Terraform put it back, and look first at what the plan destroys while the protection is off. A store that was
#     deleted outside is restored before the next apply, not after.
#   selector:
#     verbs: [update, delete, unknown]
#   reads: [plangate.drifted, plangate.drift, plangate.plan]
warn contains result if {
	some change in input.plangate.drifted
	told := changed(change)
	result := {
		"msg": lib.sentences([
			sprintf("%s was changed outside Terraform: %s.", [lib.label(change), concat("; ", listed(told.attributes))]),
			answer(change),
			advice(told),
		]),
		"plangate": object.union(object.union(lib.identity(change), strict[told.level]), {
			"level": told.level,
			"severity": told.severity,
			"details": object.union(
				object.filter(change.catalog, ["class"]),
				{"attributes": change.attributes, "answer": object.get(change, "answer", "none")},
			),
		}),
	}
}

warn contains result if {
	not input.plangate.plan.refresh_only
	some change in input.plangate.drift
	told := gone(change)
	result := {
		"msg": lib.sentences([
			sprintf("%s %s.", [lib.label(change), lib.fate(change)]),
			told.text,
			sequel(change),
			"Find out who deleted it before you apply.",
		]),
		"plangate": object.union(object.union(lib.identity(change), strict[told.level]), {
			"level": told.level,
			"severity": told.severity,
			"details": object.union(
				object.filter(change.catalog, ["class", "loses", "recovery", "fallback_glob"]),
				{"answer": object.get(change, "answer", "none")},
			),
		}),
	}
}

# Weakened protection is denied under the strict preset; which way a protection changed is not asked.
strict := {"warn": {"strict": "deny"}, "info": {}}

# What was changed, and how much that matters: a watched attribute of anything that is catalogued or that nobody
# has looked at, and any attribute of a store.
changed(change) := {"level": "warn", "severity": severity(change), "attributes": watched(change), "watched": true} if {
	count(watched(change)) > 0
	change.catalog.status != "known"
} else := {"level": "info", "severity": "low", "attributes": watched(change), "watched": true} if {
	count(watched(change)) > 0
} else := {"level": "info", "severity": "low", "attributes": change.attributes, "watched": false} if {
	count(change.attributes) > 0
	lib.may_hold_data(change)
}

watched(change) := [attribute | some attribute in change.attributes; attribute.watched]

severity(change) := change.catalog.severity if {
	change.catalog.severity
} else := "medium"

# What is gone, and how much that matters; another rule tells of stores that are created again.
gone(change) := {"level": "warn", "severity": change.catalog.severity, "text": store(change)} if {
	change.catalog.data_store
	not created_again(change)
}

gone(change) := {"level": "warn", "severity": "medium", "text": sprintf("Nothing is known about the type %s: it may have held data.", [change.type])} if {
	change.catalog.status == "unseen"
	not created_again(change)
}

gone(change) := {"level": level_of_helper(change), "severity": change.catalog.severity, "text": sprintf("What that means: %s.", [change.catalog.loses])} if {
	change.catalog.status == "catalogued"
	not change.catalog.data_store
}

store(change) := sprintf("What is lost: %s. Recovery: %s.", [change.catalog.loses, change.catalog.recovery])

# A protection that is missing is a warning until something puts it back.
level_of_helper(change) := "warn" if {
	change.catalog["class"] == "protection_config"
	not created_again(change)
} else := "info"

created_again(change) if change.answer == "create"

sequel(change) := "This plan creates it again." if {
	created_again(change)
} else := "This plan does not create it again; applying it takes the object out of the state."

# The attributes in words, at most three.
listed(attributes) := [worded(attribute) | some attribute in attributes] if {
	count(attributes) <= 3
} else := array.concat(
	[worded(attribute) | some attribute in array.slice(attributes, 0, 3)],
	[sprintf("and %s more", [format_int(count(attributes) - 3, 10)])],
)

worded(attribute) := "the plan does not show what" if {
	attribute.path == ""
} else := sprintf("%s (its values are sensitive)", [attribute.path]) if {
	lib.hidden(attribute)
} else := sprintf("%s (%s → %s)", [attribute.path, attribute.before, attribute.after])

# What the plan does about it.
answer(change) := "This refresh-only plan accepts that into the state." if {
	input.plangate.plan.refresh_only
} else := object.get(answers, object.get(change, "answer", "none"), "This plan does not put it back.")

left := "This plan leaves it so: the configuration ignores the attribute or agrees with it, and no later plan will show it."

answers := {
	"no-op": left,
	"none": left,
	"update": "This plan updates it: check that it puts back what was changed.",
	"delete": "This plan destroys it.",
	"replace": "This plan replaces it.",
	"unknown": "What this plan does to it is not known.",
}

advice(told) := "Find out who changed it, and put it back or make it the configuration's." if {
	told.watched
} else := ""
