package team.release

import rego.v1

default allow := false

allow if count(reasons) == 0

reasons contains sprintf("%s is deleted", [change.address]) if {
	some change in input.resource_changes
	change.type == "azurerm_storage_account"
	"delete" in change.change.actions
}

verdict := {"allow": allow}
