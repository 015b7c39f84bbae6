package rules.account_has_objects

resource_type := "azurerm_storage_account"

deny[info] {
	info := {"message": sprintf("not %s", [input.account_tier]), "attribute": ["account_tier"]}
}
