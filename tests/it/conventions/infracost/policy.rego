package infracost

deny[out] {
	limit := 3
	count(input.resource_changes) >= 0
	out := {
		"msg": sprintf("at most %d changes", [limit]),
		"failed": count(input.resource_changes) > limit,
	}
}

deny[out] {
	limit := 1000
	out := {
		"msg": sprintf("at most %d changes", [limit]),
		"failed": count(input.resource_changes) > limit,
	}
}
