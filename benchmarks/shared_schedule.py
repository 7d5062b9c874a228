"""What servers that share a schedule in PostgreSQL carry: ``python benchmarks/shared_schedule.py [--markdown FILE]``.

Real server processes (the engine, runs that do nothing) and a real PostgreSQL of its own with its usual durability, all
on this machine. CPU seconds are what can be extrapolated: wall time here is that of one machine for everything. It
takes about three minutes, with ``--quick`` one, whose figures mean nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from figures import machine, put
from postgres import Postgres, programs
from sharing.household import Household, plan_of, until

from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.engine.runs import ACTIVE

SLOT = 0.4
"""Seconds of CPU that the start of a kernel costs (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Herd:
    """Seconds; `server` and `database` are of CPU, for one run, all servers together. `reading`: of CPU, to look again
    at all that the ledger knows of a thousand tasks."""

    servers: int
    fires: int
    took: float
    server: float
    database: float
    reading: float


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


def herd(database: Postgres, folder: Path, servers: int, fires: int) -> Herd:
    """All fires due at one instant, a task each."""
    with Household(database.url(), folder, lease=45) as house:
        members = house.begin(*(f"server-{number}" for number in range(servers)), seconds=0.0)
        now = house.ledger.now()
        due = now + 8000
        house.save(plan_of(f"task-{number}", [due], now) for number in range(fires))
        pids = [member.process.pid for member in members]
        until(lambda: all(member.status()["counts"]["tasks"] == fires for member in members), "tasks on all servers")
        before, database_before = cpu_of(*pids), cpu_of(database.pid)
        until(lambda: len(house.starts()) >= fires and not house.ledger.active(), "an end of every run", 600)
        used, database_used = cpu_of(*pids) - before, cpu_of(database.pid) - database_before
        ends = [run.finished_at or 0 for run in house.ledger.runs(RunFilter(limit=fires)) if run.state not in ACTIVE]
        house.ledger.facts()
        began = time.process_time()
        house.ledger.facts()
        reading = time.process_time() - began
        took = (max(ends) - due) / 1000
        return Herd(servers, fires, took, used / fires, database_used / fires, reading * 1000 / fires)


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
        late = [(run.started_at or 0) - (run.due_at or run.fire_time) for run in house.runs()]
        return f"| {servers} server{'s' * (servers > 1)}: late by | {spread(late)} |"


def edits(database: Postgres, folder: Path, number: int) -> str:
    """A task saved on one server: how long until another knows it, and has it on its agenda."""
    with Household(database.url(), folder, lease=45) as house:
        (member,) = house.begin("other")
        now, saved = house.ledger.now(), {}
        for edit in range(number):
            house.save([plan_of(f"edit-{edit}", [now + 86_400_000], now)])
            saved[f"edit-{edit}"] = time.time()
            time.sleep(0.2 + 0.37 * (edit % 3))
        until(lambda: len(member.seen()) == number, "every edit on the other server")
        seen = member.seen()
        return f"| {spread([(seen[task] - at) * 1000 for task, at in saved.items()])} |"


def spread(milliseconds: Sequence[float]) -> str:
    """Median, 99th percentile and greatest, as cells."""
    ordered = sorted(max(0.0, value) for value in milliseconds)
    found = statistics.median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1]
    return " | ".join(f"{value:.0f} ms" for value in found)


def idle(database: Postgres, folder: Path, servers: int, tasks: int, seconds: float) -> str:
    """Nothing due, many tasks known."""
    with Household(database.url(), folder, lease=45) as house:
        now = house.ledger.now()
        house.save(plan_of(f"task-{number}", [now + 86_400_000], now) for number in range(tasks))
        members = house.begin(*(f"server-{number}" for number in range(servers)))
        pids = [member.process.pid for member in members]
        time.sleep(5)
        before, database_before = cpu_of(*pids), cpu_of(database.pid)
        time.sleep(seconds)
        used = (cpu_of(*pids) - before) / servers / seconds
        database_used = (cpu_of(database.pid) - database_before) / seconds
        return f"| {tasks:,} tasks | {used * 100:.1f} % | {database_used * 100:.1f} % |"


def worked_out(herds: Sequence[Herd]) -> list[str]:
    """What follows for machines of their own, with the arithmetic."""
    one, many = herds[0], herds[-1]
    each = many.server / many.servers
    run, mine, stored = (f"{seconds * 1000:.2f} ms" for seconds in (many.server, each, many.database))
    more = f"{(many.server - one.server) * 1000:.2f} ms"
    return [
        f"- Each run costs all {many.servers} together {more} of CPU more than one server alone: each keeps a picture "
        "of what the others do. What they bring is more machines.",
        f"- {many.servers} servers use {run} for a run, all together: {mine} each. So a loop is full at 1000 ms / "
        f"{mine} = {1 / each:,.0f} runs a second of the whole schedule, if runs themselves cost nothing.",
        f"- A core of PostgreSQL is full at 1000 ms / {stored} = {1 / many.database:,.0f} runs a second, "
        f"{3600 / many.database / 1e6:.1f} million an hour. Ten servers that start two runs a second each (all that a "
        f"core does in kernel starts of {SLOT} s) use 20 x {stored} = {2000 * many.database:.1f} % of it.",
        "- Looking at what others did costs two short questions each half second, and, if something changed, all "
        f"facts: {many.reading * 1000:.1f} ms of CPU for 1,000 tasks (measured). A server reads them again after five "
        "times as long at the earliest, so this takes at most a sixth of its ledger thread: with 100,000 tasks a run "
        "elsewhere may be shown some seconds late. Claims do not depend on it.",
    ]


def report(database: Postgres, folder: Path, fires: int, quick: bool) -> str:
    """The tables, and what follows from them."""
    about = machine()
    herds = [herd(database, folder / f"herd-{servers}", servers, fires) for servers in (1, 2, 3)]
    late = [punctual(database, folder / f"punctual-{servers}", servers, 40 if quick else 300) for servers in (1, 3)]
    seconds = 2.0 if quick else 20.0
    resting = [idle(database, folder / f"idle-{tasks}", 3, tasks, seconds) for tasks in (100, 10_000)]
    lines = [
        f"Measured {time.strftime('%Y-%m-%d')} on {about['cores']} cores ({about['processor']}), Python "
        f"{about['python']}, load {about['load']:.1f} before it began.",
        "",
        "| Servers | Due at one instant | Until the last end | CPU a run, servers | CPU a run, PostgreSQL |",
        "|---|---|---|---|---|",
        *(
            f"| {each.servers} | {each.fires:,} | {each.took:.0f} s | {each.server * 1000:.2f} ms "
            f"| {each.database * 1000:.2f} ms |"
            for each in herds
        ),
        "",
        "| Ten fires a second, one after another | p50 | p99 | at most |",
        "|---|---|---|---|",
        *late,
        "",
        "| An edit on one server is seen by another after, p50 | p99 | at most |",
        "|---|---|---|",
        edits(database, folder / "edits", 10 if quick else 60),
        "",
        "| Nothing due, 3 servers | CPU a server | CPU of PostgreSQL |",
        "|---|---|---|",
        *resting,
        "",
        "*Worked out*, with one core for each server and one for PostgreSQL:",
        "",
        *worked_out(herds),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fires", type=int, default=3000, help="how many are due at one instant")
    parser.add_argument("--quick", action="store_true", help="see that all of it works")
    parser.add_argument("--markdown", type=Path, help="write the figures to this file, or into their place there")
    given = parser.parse_args(arguments)
    bin = programs()
    assert bin is not None, "no PostgreSQL here"
    database = Postgres(bin, durable=True)
    try:
        database.start()
        with tempfile.TemporaryDirectory(prefix="shared-schedule-") as folder:
            text = report(database, Path(folder), 100 if given.quick else given.fires, given.quick)
    finally:
        database.close()
    print(text)
    if given.markdown:
        put(given.markdown, text)


if __name__ == "__main__":
    main(sys.argv[1:])
