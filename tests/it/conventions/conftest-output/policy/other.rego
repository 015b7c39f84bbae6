package team.other

import rego.v1

deny contains "b comes second, <after> & not before"

deny contains "a comes first"

deny contains {"msg": "an object", "severity": "HIGH", "nested": {"list": [1, 2.5, null, true], "empty": []}}

deny contains {"msg": "an object", "severity": "LOW", "nested": {}}

deny contains {"msg": "with a place", "_loc": {"file": "main.tf"}}

violation_quiet contains "never" if input.resource_changes[0].nothing

warn contains "two\nlines" if input.format_version

warn_excepted contains "not said" if input.resource_changes[0].nothing

exception contains ["excepted"]
