"""What servers that share a schedule in PostgreSQL carry: ``python benchmarks/shared_schedule.py [--fires 3000]``.

Real server processes (the engine, runs that do nothing) and a real PostgreSQL of its own with its usual durability, all
on this machine. CPU seconds are what can be extrapolated: wall time here is that of one machine for everything.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from postgres import Postgres, programs
from sharing.household import Household, plan_of, until

from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.engine.runs import ACTIVE

QUIET = 10.0
"""Seconds over which an idle server is watched."""


def cpu_of(*pids: int) -> float:
    """CPU seconds that these processes and their children, also those that ended, have used."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
        for child in process.children(recursive=True):
            mine = child.cpu_times()
            total += mine.user + mine.system
    return total


def herd(database: Postgres, folder: Path, servers: int, fires: int) -> str:
    """All fires due at one instant, a task each."""
    with Household(database.url(), folder, lease=45) as house:
        members = house.begin(*(f"server-{number}" for number in range(servers)), seconds=0.0)
        now = house.ledger.now()
        due = now + 8000
        house.save(plan_of(f"task-{number}", [due], now) for number in range(fires))
        pids = [member.process.pid for member in members]
        until(lambda: all(member.status()["counts"]["tasks"] == fires for member in members), "tasks on all servers")
        before, database_before = cpu_of(*pids), cpu_of(database.pid)
        done = fires - 1
        until(lambda: len(house.starts()) >= done and not house.ledger.active(), "an end of every run", 600)
        ends = [run.finished_at or 0 for run in house.ledger.runs(RunFilter(limit=fires)) if run.state not in ACTIVE]
        took = (max(ends) - due) / 1000
        used, database_used = cpu_of(*pids) - before, cpu_of(database.pid) - database_before
        return (
            f"| {servers} | {fires} | {took:.1f} s | {fires / took:.0f} | {used / fires * 1000:.2f} ms "
            f"| {database_used / fires * 1000:.2f} ms |"
        )


def punctual(database: Postgres, folder: Path, servers: int, fires: int) -> str:
    """Ten fires a second, one after another: how late each starts."""
    with Household(database.url(), folder, lease=45) as house:
        house.begin(*(f"server-{number}" for number in range(servers)), seconds=0.0)
        now = house.ledger.now()
        house.save(
            plan_of(f"task-{task}", [now + 3000 + 100 * (turn * 20 + task) for turn in range(fires // 20)], now)
            for task in range(20)
        )
        until(lambda: len(house.starts()) >= fires // 20 * 20 and not house.ledger.active(), "every run", 600)
        late = sorted((run.started_at or 0) - (run.due_at or run.fire_time) for run in house.runs())
        return f"| {servers} | {statistics.median(late):.0f} ms | {late[int(len(late) * 0.99)]} ms | {max(late)} ms |"


def idle(database: Postgres, folder: Path, servers: int, tasks: int) -> str:
    """Nothing due, many tasks known."""
    with Household(database.url(), folder, lease=45) as house:
        now = house.ledger.now()
        house.save(plan_of(f"task-{number}", [now + 86_400_000], now) for number in range(tasks))
        members = house.begin(*(f"server-{number}" for number in range(servers)))
        pids = [member.process.pid for member in members]
        time.sleep(5)
        before, database_before = cpu_of(*pids), cpu_of(database.pid)
        time.sleep(QUIET)
        used = (cpu_of(*pids) - before) / servers / QUIET
        database_used = (cpu_of(database.pid) - database_before) / QUIET
        return f"| {servers} | {tasks} | {used * 100:.1f} % | {database_used * 100:.1f} % |"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fires", type=int, default=3000)
    fires = parser.parse_args(arguments).fires
    bin = programs()
    assert bin is not None, "no PostgreSQL here"
    database = Postgres(bin, durable=True)
    folder = Path(tempfile.mkdtemp(prefix="shared-schedule-"))
    try:
        database.start()
        print("| Servers | Due at one instant | Until the last end | Runs a second | CPU a run, servers | PostgreSQL |")
        print("|---|---|---|---|---|---|")
        for servers in (1, 2, 3):
            print(herd(database, folder / f"herd-{servers}", servers, fires), flush=True)
        print("\n| Servers | Start late by, p50 | p99 | at most |\n|---|---|---|---|")
        for servers in (1, 3):
            print(punctual(database, folder / f"punctual-{servers}", servers, 200), flush=True)
        print("\n| Servers | Tasks, nothing due | CPU a server | CPU of PostgreSQL |\n|---|---|---|---|")
        for tasks in (100, 10_000):
            print(idle(database, folder / f"idle-{tasks}", 3, tasks), flush=True)
    finally:
        database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
