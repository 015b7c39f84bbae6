package rules.accounts_together

import data.fugue

resource_type := "MULTIPLE"

accounts := fugue.resources("azurerm_storage_account")

policy[judgement] {
	judgement := fugue.allow_resource(accounts[_])
}

policy[judgement] {
	account := accounts[_]
	count(input._plan.resource_changes) > 0
	judgement := fugue.deny_resource_with_message(account, "it is one of them")
}

policy[judgement] {
	count(fugue.resources("aws_config")) == 0
	judgement := fugue.missing_resource("aws_config")
}
