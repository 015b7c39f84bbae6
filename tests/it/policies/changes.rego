package tests

warn contains result if {
	some change in input.resource_changes
	change.change.actions != ["no-op"]
	result := {
		"msg": sprintf("%s: %s", [change.type, concat(",", change.change.actions)]),
		"plangate": {"address": change.address},
	}
}

warn_count contains sprintf("%d changes", [count(input.resource_changes)])
