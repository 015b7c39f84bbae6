package rules.account_is_refused

resource_type := "azurerm_storage_account"

deny {
	input.account_tier == "Standard"
}
