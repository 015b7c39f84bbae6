package terraform.module

import rego.v1

deny contains "no modules" if count(object.get(input, ["configuration", "root_module", "module_calls"], {})) > 100
