#!/bin/sh
# How long a large saved plan takes: `terraform show -json` of it, and `plangate check` of the file itself, in one run.
#
# Makes a plan of N instances (default 10,000) in DIR with real Terraform. `terraform_data` is built in: nothing is downloaded. With a
# third argument `create` all of them are created. Otherwise they exist: every tenth is replaced, one in a hundred destroyed, and the
# others stay as they are. Their state is a copy, made with Python, of what Terraform wrote of a hundred: it writes the whole state for
# each object it applies, which takes hours for so many. The plan takes minutes.
#
#   cargo build --release && benches/saved-plan.sh DIR [N [create]]
set -eu
dir=${1:?a directory to work in}
instances=${2:-10000}
plangate=${PLANGATE:-$(pwd)/target/release/plangate}

mkdir -p "$dir"
cd "$dir"
if [ ! -f tfplan ]; then
    mkdir -p group
    cat > main.tf <<'HCL'
variable "n" {
  type = number
}

variable "size" {
  type = number
}

variable "revision" {
  type = string
}

# A hundred modules: Terraform looks at all of a `for_each` for each of its instances.
module "group" {
  source   = "./group"
  for_each = { for i in range(100) : "group-${i}" => i }
  first    = each.value * var.size
  last     = min(var.n, (each.value + 1) * var.size)
  revision = var.revision
}
HCL
    cat > group/main.tf <<'HCL'
variable "first" {
  type = number
}

variable "last" {
  type = number
}

variable "revision" {
  type = string
}

resource "terraform_data" "object" {
  for_each = { for i in range(var.first, var.last) : "object-${i}" => i }
  input = {
    name     = each.key
    number   = each.value
    fraction = each.value / 8
    tags     = { environment = "production", owner = "data-platform", cost_center = "cc-${each.value % 17}" }
    rules    = [for port in [22, 443, 5432, 8080] : { port = port, cidr = "10.${each.value % 256}.0.0/16", allow = port != 22 }]
    endpoint = "https://object-${each.value}.example.internal/api/v1?zone=${each.value % 3}"
  }
  triggers_replace = each.value % 10 == 0 ? var.revision : "fixed"
}
HCL
    terraform init -input=false > /dev/null
    size=$(((instances + 99) / 100))
    if [ "${3:-}" = create ]; then
        last=$instances
    else
        last=$((instances - instances / 100))
        terraform apply -input=false -auto-approve -var n=100 -var size=1 -var revision=1 > /dev/null
        python3 - "$instances" "$size" <<'PYTHON'
import copy, json, sys, uuid
instances, size = map(int, sys.argv[1:])
state = json.load(open("terraform.tfstate"))
block = state["resources"][0]
first = block["instances"][0]
state["resources"] = []
for group in range(100):
    copies = []
    for i in range(group * size, min(instances, (group + 1) * size)):
        one = copy.deepcopy(first)
        one["index_key"] = f"object-{i}"
        attributes = one["attributes"]
        attributes["id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, str(i)))
        attributes["triggers_replace"]["value"] = "1" if i % 10 == 0 else "fixed"
        for side in ("input", "output"):
            value = attributes[side]["value"]
            value.update(name=f"object-{i}", number=i, fraction=i / 8)
            value["endpoint"] = f"https://object-{i}.example.internal/api/v1?zone={i % 3}"
            value["tags"]["cost_center"] = f"cc-{i % 17}"
            for rule in value["rules"]:
                rule["cidr"] = f"10.{i % 256}.0.0/16"
        copies.append(one)
    state["resources"].append({**block, "module": f'module.group["group-{group}"]', "instances": copies})
json.dump(state, open("terraform.tfstate", "w"))
PYTHON
    fi
    terraform plan -input=false -refresh=false -out=tfplan -var "n=$last" -var "size=$size" -var revision=2 > /dev/null || true
fi

seconds() {
    start=$(date +%s.%N)
    "$@" || true
    end=$(date +%s.%N)
    echo "$start $end" | awk '{ printf "%.3f s", $2 - $1 }'
}
show() { terraform show -json tfplan > plan.json; }
check() { "$plangate" check tfplan > check.txt 2>&1; }
check_json() { "$plangate" check plan.json > check-json.txt 2>&1; }

echo "plan file: $(wc -c < tfplan) bytes"
for run in 1 2 3; do
    echo "run $run: terraform show -json $(seconds show), plangate check tfplan $(seconds check), plangate check plan.json $(seconds check_json)"
done
echo "as JSON: $(wc -c < plan.json) bytes"
