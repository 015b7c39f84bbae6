package terraform.analysis

import rego.v1

weights := {"azurerm_storage_account": 10}

default authz := false

authz if score < 5

score := sum([weight |
	some change in input.resource_changes
	"delete" in change.change.actions
	weight := object.get(weights, change.type, 0)
])
