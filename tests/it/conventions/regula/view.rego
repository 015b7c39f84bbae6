package fugue.resource_view

resource_view_input = ret {
	ret := {"resources": input.resources}
	input.hcl_resource_view_version
} else = ret {
	ret := {"resources": resources, "_plan": input}
}

resources[address] = resource {
	found := input.planned_values.root_module.resources[_]
	address := found.address
	resource := object.union(found.values, {"id": address, "_type": found.type})
}
