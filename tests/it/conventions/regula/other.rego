package rules.of_kubernetes

input_type := "k8s"

resource_type := "MULTIPLE"

policy[judgement] {
	judgement := {"valid": false, "id": "x", "type": "x", "message": "x"}
}
