#!/bin/sh
# How long a large saved plan takes: `terraform show -json` of it, and `plangate check` of the file itself, in one run.
#
# Makes a plan of N instances (default 10,000) in DIR with real Terraform. `terraform_data` is built in: nothing is downloaded. With a
# third argument `create` all of them are created, which needs no apply. Otherwise every tenth instance is replaced, one in a hundred
# destroyed, and the others stay as they are; the apply before takes minutes.
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

variable "revision" {
  type = string
}

# A hundred modules: Terraform looks at all of a `for_each` for each of its instances.
module "group" {
  source   = "./group"
  for_each = { for i in range(100) : "group-${i}" => i }
  first    = each.value * ceil(var.n / 100)
  last     = min(var.n, (each.value + 1) * ceil(var.n / 100))
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
    if [ "${3:-}" != create ]; then
        terraform apply -input=false -auto-approve -refresh=false -parallelism=64 -var "n=$instances" -var revision=1 > /dev/null
    fi
    terraform plan -input=false -refresh=false -out=tfplan -var "n=$((instances - instances / 100))" -var revision=2 > /dev/null || true
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
