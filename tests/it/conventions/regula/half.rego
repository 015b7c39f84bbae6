package rules.account_is_allowed

resource_type = "azurerm_storage_account"

allow {
	input.account_tier == "Premium"
}
