package plangate.stateful.mass_destruction

import rego.v1

# METADATA
# title: The plan destroys much of what it manages
# description: >-
#   The share of the managed objects that the plan deletes or replaces reaches a threshold: so looks a plan made in
#   the wrong directory or workspace, with an empty configuration, or with a renamed module. Both numbers are set by
#   `limits` in plangate.toml: mass-destruction-percent (50) and mass-destruction-at-least (5). What each
#   object means is told by other rules.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
#   - ref: https://developer.hashicorp.com/terraform/language/state/workspaces
#     description: "Terraform: workspaces"
# scope: rule
# custom:
#   id: stateful/mass-destruction
#   category: stateful
#   level: warn
#   severity: high
#   help: >-
#     Look for a wrong directory, workspace or variable file, an empty configuration, or a module that was renamed
#     without moved blocks. If all of it is meant, waive this finding by its message; the findings about data stores
#     remain.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.plan, plangate.settings]
warn contains result if {
	counts := input.plangate.plan.counts
	limits := input.plangate.settings.limits
	counts.destroyed >= limits.mass_destruction_at_least
	counts.destroyed_percent >= limits.mass_destruction_percent
	result := {
		"msg": sprintf(
			"%d of %d managed objects will be destroyed (%d %%)%s. If that is not meant, look for a wrong working directory or workspace, an empty configuration, a renamed module or `-destroy`.",
			[counts.destroyed, counts.managed, counts.destroyed_percent, anew(counts)],
		),
		"plangate": {"details": counts},
	}
}

anew(counts) := sprintf(", %d of them to be made anew", [counts.replaced]) if counts.replaced > 0

anew(counts) := "" if counts.replaced == 0
