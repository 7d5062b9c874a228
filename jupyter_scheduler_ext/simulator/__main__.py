"""``python -m jupyter_scheduler_ext.simulator --seed 7 --nights --trace``: a bad night, replayable."""

from __future__ import annotations

import argparse
import sys
import time

from .invariants import Violation
from .world import Scenario, simulate


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m jupyter_scheduler_ext.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds to run, counting up (default: 1)")
    parser.add_argument("--tasks", type=int, default=100, help="tasks in the world (default: 100)")
    parser.add_argument("--days", type=float, default=1, help="days to live through (default: 1)")
    parser.add_argument("--nights", action="store_true", help="crashes, clock steps, suspends, full disks, edits")
    parser.add_argument("--calm", action="store_true", help="no task fails and none is frequent: for long times")
    parser.add_argument("--trace", action="store_true", help="print every event and commit as it happens")
    chosen = parser.parse_args(arguments)
    say = print if chosen.trace else (lambda line: None)
    for seed in range(chosen.seed, chosen.seed + chosen.seeds):
        scenario = Scenario(seed=seed, tasks=chosen.tasks, days=chosen.days, nights=chosen.nights, calm=chosen.calm)
        began = time.perf_counter()
        try:
            report = simulate(scenario, say)
        except Violation as violation:
            print(f"seed {seed}: {violation}", file=sys.stderr)
            return 1
        seconds = time.perf_counter() - began
        print(
            f"seed {seed}: {report.fires} fires, each recorded once; {report.starts} starts, {report.commits} commits, "
            f"{seconds:.1f} s"
        )
        for title, counts in (("events", report.events), ("runs", report.outcomes)):
            print(f"  {title}: " + ", ".join(f"{number} {name}" for name, number in counts.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
