package fugue

resources(type) = {address: resource |
	resource := input.resources[address]
	resource._type == type
}

allow_resource(resource) = {"valid": true, "id": resource.id, "type": resource._type, "message": ""}

deny_resource_with_message(resource, message) = {
	"valid": false,
	"id": resource.id,
	"type": resource._type,
	"message": message,
}

missing_resource(type) = {"valid": false, "id": "", "type": type, "message": "none is there"}
