package plangate.protection.provider_changed

import data.plangate.lib.change as lib

import rego.v1

# METADATA
# title: A data store goes to another provider configuration
# description: >-
#   The sources before had a data store managed by one provider configuration, and the sources of this plan by another: an
#   alias for another region, account or subscription. Terraform plans nothing for that and moves nothing. From then on it
#   looks for the store by the new configuration; where that does not find it, it counts as gone: the state drops it, and an
#   empty one is made elsewhere. A plan that did not refresh shows none of it. Needs the sources, and those before.
# related_resources:
#   - ref: https://developer.hashicorp.com/terraform/language/meta-arguments/resource-provider
#     description: "Terraform: the provider meta-argument"
# scope: rule
# custom:
#   id: protection/provider-changed
#   category: protection
#   level: warn
#   strict: deny
#   severity: medium
#   help: >-
#     If the store shall stay where it is, put the provider back. If both configurations reach the same place, as where an
#     alias was only renamed, make sure that the plan was made with refresh, and waive the finding by its address. If the
#     store shall move, make a new block with the new provider, copy the data, and take the old one out in a later plan.
#   selector:
#     verbs: [update, delete, replace, unknown]
#   reads: [plangate.sources]
#   needs: base
deny contains result if {
	some item in input.plangate.sources.reassigned
	result := {
		"msg": lib.sentences([
			sprintf("%s was managed by the provider %s, and by %s now, at %s:%s.", [item.address, item.before, item.after, item.now.file, format_int(item.now.line, 10)]),
			"Terraform moves nothing for that: it looks for the object by the new configuration, and where that does not find it, makes an empty one and forgets the old.",
			"Unless the plan was made with refresh, nothing else shows it.",
		]),
		"plangate": {"address": item.address, "details": object.filter(item, ["previous_address", "before", "after", "now"])},
	}
}
