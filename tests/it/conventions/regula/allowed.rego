package rules.account_is_premium

__rego__metadoc__ := {
	"id": "X_1",
	"title": "Accounts are premium",
	"custom": {"severity": "Low"},
}

resource_type := "azurerm_storage_account"

default allow = false

allow {
	input.account_tier == "Premium"
}
