package rules.account_is_not_refused

resource_type := "azurerm_storage_account"

default allow = true

deny {
	input.account_tier == "Premium"
}
