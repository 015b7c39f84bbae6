package plangate.plan.destroy_provisioner

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: The plan runs a destroy-time provisioner
# description: >-
#   A provisioner with when = destroy runs a command before its object is destroyed, and this plan destroys it. A plan
#   does not show that, nor what the command does: it may delete what Terraform does not manage, or fail and leave the
#   apply half done. Of a deposed, a tainted and a create-before-destroy object Terraform runs none. Needs the sources.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax
#     description: "Terraform: provisioners"
# scope: rule
# custom:
#   id: plan/destroy-provisioner
#   category: plan
#   level: per-finding
#   strict: deny
#   severity: medium
#   help: >-
#     Read the command at the place shown, and make sure that it does what is wanted with this object and no other. If it
#     shall not run, take the provisioner out in a plan of its own before the object is destroyed.
#   selector:
#     verbs: [delete, replace, unknown]
#   reads: [plangate.notable]
#   needs: sources
deny contains result if {
	some change in input.plangate.notable
	count(change.source.runs) > 0
	result := {
		"msg": lib.sentences(array.concat(
			[sprintf("%s %s.", [lib.label(change), lib.fate(change)])],
			array.concat([ran(it) | some it in change.source.runs], ["The plan does not show what it does: read it before you apply."]),
		)),
		"plangate": object.union(lib.identity(change), {"level": "warn", "details": {"provisioners": change.source.runs}}),
	}
}

ran(it) := sprintf("Before that, its %s provisioner at %s:%s runs%s.", [it.type, it.place.file, format_int(it.place.line, 10), failing(it)])

failing(it) := ", and a failure of it stops nothing" if it.continues

failing(it) := ", and a failure of it stops the apply half-way" if not it.continues
