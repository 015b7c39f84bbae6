package plrl.stack

deny[{"msg": "a deletion"}] {
	input.resource_changes[_].change.actions[_] == "delete"
}

approve[{"reason": "nothing is deleted"}] {
	not any_deletion
}

defer {
	any_deletion
}

any_deletion {
	input.resource_changes[_].change.actions[_] == "delete"
}
