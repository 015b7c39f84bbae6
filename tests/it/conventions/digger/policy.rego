package digger

deny[msg] {
	change := input.resource_changes[_]
	change.type == "azurerm_storage_account"
	change.change.actions[_] == "delete"
	msg := sprintf("%s is deleted", [change.address])
}

allow {
	input.user == "nobody"
}
