package main

import rego.v1

exception contains rules if {
	input.resource_changes
	rules := ["replaced", "no-such-rule"]
}
