package plangate.stateful.collateral_loss

import data.plangate.lib.change as lib
import data.plangate.lib.links
import data.plangate.lib.stateful

import rego.v1

# METADATA
# title: A data store is lost with what it lies in
# description: >-
#   The plan destroys or replaces a container (a resource group, a schema, an account, a project), and in it lies a
#   data store that the plan leaves alone, updates, forgets or does not mention at all: it goes down with the
#   container and is not made again. The level is the catalogue's for the type of the store; a setting that keeps the
#   container alive makes it a warning.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/block/moved
#     description: "Terraform: moved block"
# scope: rule
# custom:
#   id: stateful/collateral-loss
#   category: stateful
#   level: per-finding
#   severity: critical
#   help: >-
#     Look at the change of the container first: what destroys it destroys this. If the container was only renamed or
#     moved, add a moved block there. Otherwise move the store out of it, or copy its data, in a plan of its own
#     before this one.
#   selector:
#     verbs: [no-op, update, forget, replace-forget]
#   reads: [plangate.notable, plangate.collateral]
deny contains result if {
	some victim in array.concat(input.plangate.notable, input.plangate.collateral)
	count(victim.collateral_of) > 0
	judged := judgement(victim)
	result := {
		"msg": lib.sentences(array.concat(
			[sprintf("%s will be lost, though %s: it %s %s (%s).", [
				lib.label(victim),
				treatment(victim),
				lies(victim.collateral_of[0]),
				concat(" and ", containers(victim)),
				victim.collateral_of[0].attribute,
			])],
			array.concat(
				[judged.loss],
				array.concat(array.concat(stateful.overlaid(victim), stateful.kind(victim)), array.concat(links.story(victim), [advice])),
			),
		)),
		"plangate": object.union_n([lib.identity(victim), strict(victim), stateful.lowered(victim), {
			"level": judged.level,
			"severity": judged.severity,
			"details": object.union(
				object.filter(victim.catalog, ["class", "loses", "recoverable", "recovery", "carries", "overlaid", "fallback_glob"]),
				links.details(victim),
			),
		}]),
	}
}

judgement(victim) := {
	"level": level(victim, victim.catalog.default),
	"severity": victim.catalog.severity,
	"loss": stateful.loss(victim),
} if {
	victim.catalog.status == "catalogued"
	victim.catalog.data_store
}

judgement(victim) := {
	"level": level(victim, "deny"),
	"severity": "high",
	"loss": sprintf("Nothing is known about the type %s, but its name looks like a data store (%s).", [victim.type, victim.catalog.fallback_glob]),
} if {
	victim.catalog.status == "unseen"
	victim.catalog.fallback_glob
}

# One container that is really destroyed is enough.
level(victim, suggested) := suggested if {
	some it in victim.collateral_of
	not it.kept
} else := stateful.milder[suggested]

# The level under the strict preset, where the catalogue has another.
strict(victim) := {"strict": victim.catalog.strict} if {
	victim.catalog.strict
	some it in victim.collateral_of
	not it.kept
} else := {}

treatment(victim) := "the plan leaves it alone" if {
	victim.verb == "no-op"
} else := "the plan would only let go of it" if {
	victim.forgets
} else := "the plan only changes it"

lies(it) := "seems to lie in" if {
	it.known_by == "reference"
} else := "lies in"

containers(victim) := [described(it) | some it in array.slice(victim.collateral_of, 0, 3)]

described(it) := sprintf("%s, which is lost as well", [it.address]) if {
	it.indirect
} else := sprintf("%s, which is destroyed", [it.address])

advice := "Terraform does not make it again in this apply. Keep the container, or move or copy what must survive first."
