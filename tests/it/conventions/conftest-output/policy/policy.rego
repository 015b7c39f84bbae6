package main

import rego.v1

deny contains "every plan is denied"

deny_replaced contains {"msg": msg, "team": "data", "_loc": {"file": "main.tf", "line": 3}} if {
	some change in input.resource_changes
	change.type == "azurerm_storage_account"
	"delete" in change.change.actions
	msg := sprintf("%s goes", [change.address])
}

violation_actions contains msg if {
	count(input.resource_changes) > 1000
	msg := "too many changes"
}

warn contains msg if {
	count(input.resource_changes) > 0
	msg := "there are changes"
}
