"""The rows about engines: what a scheduler costs when nothing but it is there.

Each measure runs in a new process (`contenders/`), ours and the peers' in turns.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import peers
from figures import NOBODY, Row, Series

CONTENDERS = Path(__file__).with_name("contenders")
PATIENCE = 300.0
_numbers = count()


class Contender:
    """A script of `contenders/` and the Python it runs with."""

    def __init__(self, name: str, script: str, requirements: tuple[str, ...] = ()) -> None:
        self.name = name
        self._script = CONTENDERS / script
        self._requirements = requirements

    def series(self, unit: str = "s") -> Series:
        return Series(self.name, unit=unit)

    def measure(self, home: Path, what: str, tasks: int) -> dict[str, Any]:
        """Raises Missing, RuntimeError or subprocess.TimeoutExpired."""
        python = peers.python_with(self._requirements) if self._requirements else Path(sys.executable)
        folder = home / f"{what}-{next(_numbers)}"
        command = [str(python), str(self._script), what, "--tasks", str(tasks), "--folder", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        shutil.rmtree(folder, ignore_errors=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
        found: dict[str, Any] = json.loads(done.stdout)
        return found


OURS = Contender("jupyter_scheduler_ext", "ours.py")
APS3 = Contender("APScheduler 3", "apscheduler3.py", peers.APSCHEDULER_3)
APS4 = Contender("APScheduler 4", "apscheduler4.py", peers.APSCHEDULER_4)


def turns(
    home: Path,
    rounds: int,
    entries: list[tuple[Contender, str, int]],
    names: tuple[str, ...],
    unit: str = "s",
) -> list[dict[str, Series]]:
    """Measure each entry (contender, measure, tasks) once a round; for each, the series of these names."""
    found = [{name: contender.series(unit) for name in names} for contender, _, _ in entries]
    for _ in range(rounds):
        for (contender, what, tasks), series in zip(entries, found, strict=True):
            first = series[names[0]]
            told = first.attempt(lambda c=contender, w=what, t=tasks: c.measure(home, w, t))
            for name in names:
                value = (told or {}).get(name, [])
                series[name].seconds += value if isinstance(value, list) else [value]
                series[name].trouble = first.trouble
    return found


def tick(home: Path, quick: bool) -> Iterator[Row]:
    """Nothing due, however many tasks there are."""
    sizes = (100, 1000) if quick else (100, 10_000, 100_000)
    entries = [(OURS, "idle-tick", size) for size in sizes]
    entries += [(APS3, "idle-tick", sizes[1]), (APS4, "idle-tick", sizes[1])]
    found = [series["tick"] for series in turns(home, 1 if quick else 2, entries, ("tick",))]
    *ours, third, fourth = found
    how = "one look at the clock, in memory on both sides"
    for size, mine in zip(sizes, ours, strict=True):
        yield Row(f"Tick with nothing due, {size:,} tasks", mine, third, how, "< 10 µs, the same at any size")
    yield Row(f"Tick with nothing due, {sizes[1]:,} tasks", ours[1], fourth, how, "< 10 µs")


def herd(home: Path, quick: bool) -> Iterator[Row]:
    """Everything due at one instant."""
    large, middle, small, rounds = (500, 100, 20, 1) if quick else (10_000, 1000, 100, 3)
    names = ("last_start", "held", "held_p99", "last_end")
    mine, third = turns(home, rounds, [(OURS, "burst", large), (APS3, "burst-in-memory", large)], names)
    how = "no-op runs, all of one instant; ours claimed durably before each, the peer in memory, which keeps nothing"
    yield Row(f"{large:,} due at once: to the last start", mine["last_start"], third["last_start"], how, "< 1.0 s")
    held = "how long a coroutine that wants to run next has to wait meanwhile"
    goal = "< 20 ms"
    yield Row(f"{large:,} due at once: loop held, p99", mine["held_p99"], third["held_p99"], held, goal)
    yield Row(f"{large:,} due at once: loop held, longest", mine["held"], third["held"], held)
    yield Row(f"{large:,} due at once: to the last durable end", mine["last_end"], NOBODY, how)
    rounds = 1 if quick else 2
    entries = [(OURS, "burst", middle), (APS3, "burst-in-database", middle), (APS4, "burst-in-memory", middle)]
    mine, stored, fourth = turns(home, rounds, entries, names)
    stored["last_start"].name, fourth["last_start"].name = "APScheduler 3, SQLite", "APScheduler 4, in memory"
    stored["held"].name = "APScheduler 3, SQLite"
    durable = "no-op runs, all of one instant, both sides durable"
    yield Row(f"{middle:,} due at once: to the last start", mine["last_start"], stored["last_start"], durable)
    yield Row(f"{middle:,} due at once: loop held, longest", mine["held"], stored["held"], held)
    yield Row(f"{middle:,} due at once: to the last start", mine["last_start"], fourth["last_start"], how)
    mine, fourth = turns(home, rounds, [(OURS, "burst", small), (APS4, "burst-in-database", small)], names)
    fourth["last_start"].name = "APScheduler 4, SQLite"
    yield Row(f"{small:,} due at once: to the last start", mine["last_start"], fourth["last_start"], durable)


def commits(home: Path, quick: bool) -> Iterator[Row]:
    """What being durable costs a run, beside the floors."""
    runs = 20 if quick else 300
    found = turns(home, 1, [(OURS, "commits", runs)], ("claim", "sqlite", "fsync", "one_by_one", "queued"))[0]
    found["sqlite"].name, found["fsync"].name = "floor: one row in bare SQLite", "floor: write and fsync of 4 KiB"
    how = "WAL, synchronous FULL: durable at power loss; in turns in one process"
    yield Row("One durable claim", found["claim"], found["sqlite"], how)
    yield Row("One durable claim", found["claim"], found["fsync"], how)
    found["one_by_one"].unit = found["queued"].unit = "commits"
    alone = "commits counted; runs by hand, each awaited before the next: nothing to share a commit with"
    yield Row("Claim and finish of one run", found["one_by_one"], NOBODY, alone, "<= 2 commits")
    waiting = f"commits counted; {runs} tasks due at once with 4 slots, so that nearly all start from the queue"
    yield Row("The same, the start from the queue included", found["queued"], NOBODY, waiting, "<= 2 commits")


def change(home: Path, quick: bool) -> Iterator[Row]:
    """One change of a definition that a crash cannot take back."""
    many, fewer = (200, 50) if quick else (10_000, 1000)
    entries = [(OURS, "change", many), (APS3, "change", many), (APS4, "change", fewer)]
    mine, third, fourth = (series["change"] for series in turns(home, 1 if quick else 2, entries, ("change",)))
    third.name, fourth.name = "APScheduler 3, SQLite", f"APScheduler 4, SQLite, {fewer:,} schedules"
    how = "validated, written, fsynced, answered; ours a file that people read, diff and edit"
    yield Row(f"One edit with {many:,} tasks", mine, third, how, "< 30 ms")
    yield Row(f"One edit with {many:,} tasks", mine, fourth, how)


def restart(home: Path, quick: bool) -> Iterator[Row]:
    """Until the schedule is known again."""
    many, most, rounds = (200, 500, 1) if quick else (10_000, 100_000, 3)
    entries = [(OURS, "restart", many), (APS3, "restart", many)]
    mine, third = turns(home, rounds, entries, ("start", "held"))
    third["start"].name = third["held"].name = "APScheduler 3, SQLite"
    how = "from start to ready, files in the system's cache, beside a loop with nothing else to do"
    yield Row(f"Start with {many:,} tasks", mine["start"], third["start"], how, "<= 0.4 s")
    yield Row(f"Start with {many:,} tasks: loop held, longest", mine["held"], third["held"], how, "<= 50 ms")
    (most_of,) = turns(home, 1 if quick else 2, [(OURS, "restart", most)], ("start", "held"))
    yield Row(f"Start with {most:,} tasks", most_of["start"], NOBODY, how, "<= 4 s")
    yield Row(f"Start with {most:,} tasks: loop held, longest", most_of["held"], NOBODY, how)


def lists(home: Path, quick: bool) -> Iterator[Row]:
    """What a page asks for, with very many tasks."""
    tasks = 500 if quick else 100_000
    kinds = {"sorted": "Sorted list", "filtered": "Filtered list", "searched": "Search", "timeline": "Timeline of 24 h"}
    names = (*kinds, *(f"{kind} first" for kind in kinds), "held")
    (mine,) = turns(home, 1, [(OURS, "lists", tasks)], names)
    how = "in the engine, beside nothing else; 25 tasks of the list, buckets of half an hour"
    for kind, what in kinds.items():
        yield Row(f"{what} after 1 change, {tasks:,} tasks", mine[kind], NOBODY, how, "O(changes)")
        yield Row(f"{what} for the first time, {tasks:,} tasks", mine[f"{kind} first"], NOBODY, f"{how}; in slices")
    longest = f"over all of these; the first answers with {tasks:,} tasks among them"
    yield Row("Lists and timeline: loop held, longest", mine["held"], NOBODY, longest, "< 20 ms")


def memory(home: Path, quick: bool) -> Iterator[Row]:
    """What a task that waits takes."""
    tasks = 500 if quick else 10_000
    entries = [(contender, "memory", tasks) for contender in (OURS, APS3, APS4)]
    mine, third, fourth = (series["bytes"] for series in turns(home, 1, entries, ("bytes",), "B"))
    how = f"private memory of the process before and after, {tasks:,} tasks"
    yield Row("Memory a task", mine, third, how, "< 6 kB")
    yield Row("Memory a task", mine, fourth, how)


def idle(home: Path, quick: bool) -> Iterator[Row]:
    """What waiting costs."""
    tasks = 200 if quick else 10_000
    entries = [(OURS, "idle-cpu", tasks)]
    mine = turns(home, 1, entries, ("cpu",))[0]["cpu"]
    how = "CPU time of the engine in 30 s, times two; every second it looks for edits by hand and other servers"
    yield Row(f"Idle for a minute, {tasks:,} tasks", mine, NOBODY, how, "< 0.05 s")


PARTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {
    "tick": tick,
    "herd": herd,
    "commits": commits,
    "change": change,
    "restart": restart,
    "lists": lists,
    "memory": memory,
    "idle": idle,
}
