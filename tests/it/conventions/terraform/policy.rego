package terraform

deny[reason] {
	change := input.resource_changes[_]
	change.type == "azurerm_storage_account"
	change.change.actions[_] == "delete"
	reason := sprintf("%s: deletions are not permitted", [change.address])
}
