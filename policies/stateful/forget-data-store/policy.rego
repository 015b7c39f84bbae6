package plangate.stateful.forget_data_store

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: A data store leaves the state
# description: >-
#   Terraform stops managing a data store: the plan forgets it, or replaces it and leaves the old object
#   behind. The data stays, but nothing protects or finds it any more. Under an accepted refresh-only plan the
#   rule also reports stores that were deleted outside Terraform, which the plan takes out of the state. Anything else
#   that leaves the state is information: a lock or policy stays in force unmanaged, and a type nobody has looked at may
#   hold data.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/removed
#     description: "Terraform: removed block"
#   - ref: https://developer.hashicorp.com/terraform/language/import
#     description: "Terraform: import"
# scope: document
# custom:
#   id: stateful/forget-data-store
#   category: stateful
#   level: per-finding
#   severity: high
#   help: >-
#     Write down who owns the store from now on, and import it there. If it should stay under Terraform, put its block
#     back, and take the removed block or destroy = false out.
#   selector:
#     verbs: [forget, replace-forget]
#   reads: [plangate.notable, plangate.drift, plangate.plan]
warn contains result if {
	some change in input.plangate.notable
	change.forgets
	store := name_of_store(change)
	result := {
		"msg": lib.sentences(array.concat(
			[
				sprintf("%s %s.", [lib.label(change), lib.fate(change)]),
				sprintf("What stays behind: %s.", [store]),
				aftermath(change),
			],
			array.concat(lib.why(change), ["Make sure that someone else owns it from now on, or keep it in the configuration."]),
		)),
		"plangate": object.union(lib.identity(change), {"level": "warn", "strict": "deny", "details": details(change)}),
	}
}

# No store, but nothing that leaves the state does so unseen.
warn contains result if {
	some change in input.plangate.notable
	change.forgets
	not name_of_store(change)
	result := {
		"msg": lib.sentences(array.concat(
			[
				sprintf("%s %s.", [lib.label(change), lib.fate(change)]),
				what_stays(change),
				"It stays as it is, and later plans will neither show nor change it.",
			],
			lib.why(change),
		)),
		"plangate": object.union(lib.identity(change), {
			"level": "info",
			"severity": "info",
			"details": object.union(object.filter(change.catalog, ["status"]), details(change)),
		}),
	}
}

warn contains result if {
	input.plangate.plan.refresh_only
	some change in input.plangate.drift
	store := name_of_store(change)
	result := {
		"msg": lib.sentences([
			sprintf("%s %s.", [lib.label(change), lib.fate(change)]),
			sprintf("What is lost: %s.", [store]),
			recovery(change),
			"This refresh-only plan takes it out of the state, and the next plan will create an empty one in its place if the configuration still has it.",
			"Find out who deleted it, and restore it before you apply.",
		]),
		"plangate": object.union(lib.identity(change), {"level": "warn", "strict": "deny", "details": details(change)}),
	}
}

recovery(change) := sprintf("Recovery: %s.", [change.catalog.recovery]) if {
	change.catalog.recovery
} else := ""

# What would be lost if nobody looked after the object any more.
name_of_store(change) := change.catalog.loses if {
	change.catalog.data_store
} else := sprintf("whatever the %s holds", [change.type]) if {
	change.catalog.fallback_glob
}

# What is known of something that is no store.
what_stays(change) := sprintf("What its loss would mean: %s.", [change.catalog.loses]) if {
	change.catalog.status == "catalogued"
} else := sprintf("The type %s is known and not counted among those that hold data.", [change.type]) if {
	change.catalog.status == "known"
} else := sprintf("Nothing is known about the type %s: it may hold data.", [change.type])

aftermath(change) := "The new one starts empty; later plans will neither show nor protect the old one." if {
	change.verb == "replace-forget"
} else := "Later plans will neither show nor protect it."

details(change) := object.union(
	object.filter(change.catalog, ["class", "loses", "recoverable", "recovery", "variant", "carries", "fallback_glob"]),
	object.filter(change, ["reason", "previous_address", "deferred_reason"]),
)
