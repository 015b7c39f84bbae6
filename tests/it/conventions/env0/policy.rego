package env0

deny[msg] {
	input.resource_changes[_].change.actions[_] == "delete"
	msg := "deletions are denied"
}

pending[msg] {
	count(input.resource_changes) > 0
	msg := "somebody has to look"
}

allow[msg] {
	count(input.resource_changes) == 0
	msg := "nothing changes"
}
