package plangate.blast_radius.size

import rego.v1

# METADATA
# title: The plan does more than the limit
# description: >-
#   More objects are destroyed, replaced or changed in any way than `limits` in plangate.toml allows: destroyed,
#   replaced, changed. Without limits the rule is silent.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/cli/commands/plan
#     description: "Terraform: plan and its options"
# scope: rule
# custom:
#   id: blast-radius/size
#   category: blast-radius
#   level: warn
#   severity: medium
#   help: >-
#     Split the change into several plans, so that each can be read. Where one large plan is meant, raise the number
#     under `limits` in plangate.toml in the same change, or waive the finding by its message.
#   selector:
#     verbs: [create, update, delete, replace, forget, replace-forget, unknown]
#   reads: [plangate.plan, plangate.settings]
warn contains result if {
	some what in ["destroyed", "replaced", "changed"]
	limit := input.plangate.settings.limits[what]
	number := input.plangate.plan.counts[what]
	number > limit
	result := {
		"msg": sprintf("%s: %d, and the limit is %d. Split the plan, or raise `limits` in plangate.toml.", [words[what], number, limit]),
		"plangate": {"details": {"what": what, "number": number, "limit": limit}},
	}
}

words := {
	"destroyed": "Objects that will be destroyed",
	"replaced": "Objects that will be replaced",
	"changed": "Objects that will be changed in any way",
}
