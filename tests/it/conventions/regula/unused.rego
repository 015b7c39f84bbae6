package fugue.regula

report := {pkg | data.rules[pkg].resource_type}
