package plangate.protection.exposure_widened

import data.plangate.lib.change as lib
import data.plangate.lib.risk

import rego.v1

# METADATA
# title: More can reach what is stored
# description: >-
#   The plan opens a data store, or what guards one, to more than before: public access, wider grants, more networks.
#   What was read once cannot be taken back. Of a policy text that changes nobody can tell from here whether it lets in
#   more or fewer: that is information.
# scope: rule
# custom:
#   id: protection/exposure-widened
#   category: protection
#   level: per-finding
#   severity: high
#   help: >-
#     Put the old value back if the wider access is not meant. If it is, open it to the one network, principal or
#     grant that needs it, and not to all.
#   selector:
#     verbs: [update]
#   reads: [plangate.notable]
warn contains result if {
	some change in risk.updated
	count(change.exposure) > 0
	widened := [item | some item in change.exposure; item.kind != "change"]
	result := said(change, widened)
}

# Whatever is known to widen says more than a text that changes.
said(change, widened) := risk.finding(change, widened, [
	sprintf("%s %s be open to more%s: %s.", [
		lib.label(change),
		risk.modal(widened),
		risk.when(change),
		risk.told(widened),
	]),
	"If that is not meant, restore the old value.",
]) if {
	count(widened) > 0
} else := lowered(risk.finding(change, change.exposure, [
	sprintf("%s gets other rules on who may reach it%s: %s.", [
		lib.label(change),
		risk.when(change),
		risk.told(change.exposure),
	]),
	"Whether they let in more or fewer is for a person to see.",
]))

# Information whatever the catalogue says: nothing of it was lowered by the repository.
lowered(finding) := object.union(object.remove(finding, ["plangate"]), {"plangate": object.union(
	object.remove(finding.plangate, ["lowered_from"]),
	{"level": "info"},
)})
