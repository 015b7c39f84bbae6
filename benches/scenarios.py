#!/usr/bin/env python3
"""How long `plangate check` takes on each plan of the scenarios: the whole process, from its start to its end.

    cargo build --release && benches/scenarios.py [RUNS]

Runs go round all plans, so that a busy moment of the machine meets each of them once. PLANGATE names another program."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLANGATE = os.environ.get("PLANGATE", str(ROOT / "target/release/plangate"))


def run(plan):
    started = time.perf_counter()
    subprocess.call([PLANGATE, "check", str(plan)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    plans = sorted(path for path in (ROOT / "fixtures/scenarios").glob("*/*") if path.name in ("tfplan", "plan.json"))
    times = {plan: [] for plan in plans}
    for _ in range(runs):
        for plan, taken in times.items():
            taken.append(run(plan))
    medians = sorted(((statistics.median(taken), plan) for plan, taken in times.items()), reverse=True)
    for median, plan in medians[:5]:
        print(f"{median:6.1f} ms  {plan.parent.name}/{plan.name}")
    print(f"{len(plans)} plans, medians of {runs} runs: {statistics.median(median for median, _ in medians):.1f} ms in the middle,"
          f" {medians[0][0]:.1f} ms at most")


main()
