package spacelift

deny[sprintf("%s must not be replaced", [change.address])] {
	change := input.resource_changes[_]
	change.type == "azurerm_storage_account"
	change.change.actions == ["delete", "create"]
}

warn["the account is the old one"] {
	input.resource_changes[_].change.before.name == sanitized("lakeprod")
}

sample {
	true
}
