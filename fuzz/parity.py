#!/usr/bin/env python3
"""Holds plangate to OPA's answers: random policies, each judged by both.

    cargo build && fuzz/parity.py [FIRST [LAST]]

A policy is made from the number of its seed: functions with `else` and defaults, rules of every kind, comprehensions, `some`,
`every`, `not`, references that lead nowhere. What OPA refuses, and what plangate leaves undecided and says so, proves nothing.
Anything else must be the same; a policy that is not is kept in FOLDER. Needs `opa` (1.22.2), named by OPA or on the path."""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPA = os.environ.get("OPA", "opa")
PLANGATE = os.environ.get("PLANGATE", str(ROOT / "target/debug/plangate"))
FOLDER = pathlib.Path(tempfile.gettempdir()) / "plangate-parity"

# What policies find in the plan, under a variable; nothing says of which type it is.
VALUES = {
    "n": [1, 2, 3], "o": {"a": 1, "b": {"a": 2, "c": "x"}, "t": True, "f": False, "z": None}, "s": "ab", "e": {}, "u": None,
    "l": [{"a": 1}, {"b": 2}, {"a": False}, {}], "m": {"k": {"a": 1}, "l": {"b": "q"}}, "t": True, "f": False, "one": 1,
}
CONSTANTS = ["0", "1", "2", '"a"', '"b"', "true", "false", "null", "[]", "{}", '{"a": 1}', "[1, 2]"]
STEPS = [".a", ".b", '["c"]', "[0]", '["k"]', ".t"]


class Policy:
    """Everything goes through `id`, so that no checker of types knows what it is, and every variable is used."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.functions, self.rules, self.variables = [], [], 0

    def variable(self):
        self.variables += 1
        return f"v{self.variables}"

    def reference(self, scope):
        kind = self.random.random()
        if scope and kind < 0.45:
            start = self.random.choice(scope)
        elif self.rules and kind < 0.55:
            start = f"id({self.random.choice(self.rules)})"
        else:
            start = f"input.variables.d.value.{self.random.choice(list(VALUES))}"
        return start + "".join(self.random.choice(STEPS) for _ in range(self.random.choice([0, 1, 1, 2])))

    def expression(self, scope, depth=2):
        kind = self.random.random()
        if depth <= 0 or kind < 0.42:
            return self.reference(scope)
        if kind < 0.52:
            return self.random.choice(CONSTANTS)
        if kind < 0.65 and self.functions:
            name, count = self.random.choice(self.functions)
            return f"{name}({', '.join(self.expression(scope, depth - 1) for _ in range(count))})"
        inner = self.expression(scope, depth - 1)
        forms = [f'{{"a": {inner}}}', f"[{inner}, {inner}]", f"count(id({inner}))", f'sprintf("%v", [{inner}])',
                 f'object.get(id({inner}), "a", 0)', self.comprehension(scope, depth - 1)]
        return self.random.choice(forms)

    def comprehension(self, scope, depth):
        name = self.variable()
        body = [f"some {name} in id({self.expression(scope, depth)})", f"id({name}) == id({name})"]
        if self.random.random() < 0.6:
            body.append(self.statement([*scope, name], depth)[0])
        return f"[{self.expression([name, *scope, name], depth)} | {'; '.join(body)}]"

    def statement(self, scope, depth=2):
        """A statement, and the variables there are behind it."""
        kind = self.random.random()
        if kind < 0.22:
            return f"id({self.expression(scope, depth)})", scope
        if kind < 0.40:
            return f"not id({self.expression(scope, depth - 1)})", scope
        if kind < 0.57:
            left, right = self.expression(scope, depth - 1), self.expression(scope, depth - 1)
            return f"id({left}) {self.random.choice(['==', '!='])} id({right})", scope
        name = self.variable()
        if kind < 0.75:
            return f"{name} := id({self.expression(scope, depth)}); id({name}) == id({name})", [*scope, name]
        if kind < 0.90:
            return f"some {name} in id({self.reference(scope)}); id({name}) == id({name})", [*scope, name]
        inner = self.expression([*scope, name], 1)
        return f"every {name} in id({self.reference(scope)}) {{ id({name}) == id({name}); {inner} }}", scope

    def body(self, scope):
        statements = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            statement, scope = self.statement(scope)
            statements.append(f"\t{statement}\n")
        return f"if {{\n{''.join(statements)}}}", scope

    def chain(self, head, scope):
        """A head with its body, and what comes behind `else`."""
        parts = []
        for number in range(self.random.choice([1, 1, 2, 3])):
            body, inner = self.body(scope)
            value = f" := {self.expression(inner)}" if self.random.random() < 0.85 else ""
            parts.append(f"{head if number == 0 else ' else'}{value} {body}")
        if len(parts) > 1 and self.random.random() < 0.3:
            parts.append(f" else := {self.expression(scope)}")
        return "".join(parts)

    def function(self, name):
        arguments = [self.variable() for _ in range(self.random.choice([1, 1, 2]))]
        parts = [self.chain(f"{name}({', '.join(arguments)})", arguments)]
        if self.random.random() < 0.25:
            parts.insert(0, f"default {name}({', '.join('_' for _ in arguments)}) := {self.random.choice(CONSTANTS)}")
        self.functions.append((name, len(arguments)))
        return parts

    def rule(self, name):
        kind = self.random.random()
        body, scope = self.body([])
        if kind < 0.25:
            parts = [f"{name} contains {self.expression(scope)} {body}"]
        elif kind < 0.5:
            parts = [f"{name}[{self.expression(scope, 1)}] := {self.expression(scope)} {body}"]
        else:
            parts = [self.chain(name, [])]
            if self.random.random() < 0.3:
                parts.insert(0, f"default {name} := {self.random.choice(CONSTANTS)}")
        self.rules.append(name)
        return parts

    def text(self):
        parts = ["package m", "import rego.v1", "id(x) := x"]
        for number in range(self.random.choice([1, 2, 3])):
            parts += self.function(f"f{number}")
        for number in range(self.random.choice([1, 2, 3])):
            parts += self.rule(f"r{number}")
        asked = list(self.rules)
        for name, count in self.functions:
            asked += [f"{name}({', '.join(self.expression([], 1) for _ in range(count))})" for _ in range(2)]
        for number, value in enumerate(asked):
            parts.append(f'deny contains sprintf("{number} %s", [json.marshal({value})])')
        return "\n\n".join(parts) + "\n"


def of_opa(policy, plan):
    ran = subprocess.run([OPA, "eval", "-f", "json", "-d", policy, "-i", plan, "data.m.deny"], capture_output=True, text=True)
    if ran.returncode != 0:
        return None
    result = json.loads(ran.stdout).get("result")
    return sorted(result[0]["expressions"][0]["value"]) if result else []


def of_plangate(policy, plan):
    ran = subprocess.run([PLANGATE, "check", plan, "--policy", policy, "--format", "json"], capture_output=True, text=True)
    report = json.loads(ran.stdout)
    if report["verdict"] == "undecided":
        return None
    return sorted(finding["message"] for finding in report["plans"][0]["findings"] if finding["rule"] == "m.deny")


def compare(seed):
    policy, plan = FOLDER / f"{seed}.rego", FOLDER / "plan.json"
    policy.write_text(Policy(seed).text())
    wanted, said = of_opa(policy, plan), None
    if wanted is not None:
        said = of_plangate(policy, plan)
    outcome = "refused by OPA" if wanted is None else "undecided" if said is None else "the same" if wanted == said else "different"
    if outcome == "different":
        print(f"{policy}\n  OPA:      {wanted}\n  plangate: {said}")
    else:
        policy.unlink()
    return outcome


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = int(sys.argv[2]) if len(sys.argv) > 2 else first + 500
    FOLDER.mkdir(exist_ok=True)
    plan = json.loads((ROOT / "fixtures/scenarios/02-noop/plan.json").read_text())
    plan["variables"] = {"d": {"value": VALUES}}
    (FOLDER / "plan.json").write_text(json.dumps(plan))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = collections.Counter(pool.map(compare, range(first, last)))
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    return 1 if outcomes["different"] else 0


sys.exit(main())
