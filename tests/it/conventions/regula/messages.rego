package rules.account_has_words

resource_type := "azurerm_storage_account"

default allow = false

deny[msg] {
	msg := [input.account_tier, "is refused"][_]
}
