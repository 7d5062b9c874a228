"""This project as a contender: ``python ours.py MEASURE --tasks N --folder DIR`` prints one JSON object.

The engine is the real one with its real stores, durable at power loss, in a process of its own. Only what runs is not
real: a `noop` stands for the work, since none of these rows is about kernels.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from contest import Lag, Measures, answer, memory
from filling import MORNING, NOON, fill_ours

from jupyter_scheduler_ext.engine.abc import Execution, Executor, Launch, Outcome, Sink
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.instants import Instant
from jupyter_scheduler_ext.engine.ledger import Claim, SetCursor
from jupyter_scheduler_ext.engine.run_id import new_run_id
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.simulator import fakes  # noqa: F401 - registers the `noop` action
from jupyter_scheduler_ext.stores.json_file import JsonFileStore
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

SOON = 3_000
"""Milliseconds from the start of a scheduler to the moment at which everything is due."""
DONE = Outcome(state=RunState.SUCCEEDED)


class ShiftedClock(SystemClock):
    """The machine's clock, read as another time of day: nobody has to wait for noon."""

    def __init__(self, start: Instant) -> None:
        self._shift = start - super().now()

    def now(self) -> Instant:
        return super().now() + self._shift


class Noops(Executor):
    """Counts starts; `at` is when the newest was."""

    name = "local"

    def __init__(self) -> None:
        self.started = 0
        self.at = 0.0

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        self.started += 1
        self.at = time.time()
        return Noop()


class Noop(Execution):
    async def outcome(self) -> Outcome:
        return DONE

    async def interrupt(self) -> None: ...

    async def terminate(self) -> None: ...

    async def kill(self) -> None: ...


def fill(folder: Path, count: int) -> None:
    fill_ours(folder, count, {"kind": "noop", "parameters": {"region": "eu"}})


def scheduler_in(folder: Path, **settings: Any) -> TaskScheduler:
    return TaskScheduler(
        store=JsonFileStore(folder),
        ledger=sqlite_ledger(folder, settings.get("clock") or SystemClock()),
        executors={"local": Noops()},
        folder=folder,
        **{"timezone": "UTC", **settings},
    )


def noops_of(scheduler: TaskScheduler) -> Noops:
    noops = scheduler.executors["local"]
    assert isinstance(noops, Noops)
    return noops


async def burst(folder: Path, count: int) -> dict[str, Any]:
    """From due to the last start, and to the last durable end; the longest time that the loop was held."""
    fill(folder, count)
    clock = ShiftedClock(NOON - SOON)
    scheduler = scheduler_in(folder, clock=clock, max_concurrent_runs=count)
    noops = noops_of(scheduler)
    await scheduler.start()
    while scheduler.clock.now() < NOON - 50:
        await asyncio.sleep(0.01)
    due = time.time() + (NOON - clock.now()) / 1000
    lag, used = Lag(), time.process_time()
    async with lag:
        while noops.started < count or any(scheduler.board.all_active()):
            await asyncio.sleep(0.005)
    ended, cpu = time.time() - due, time.process_time() - used
    await scheduler.stop()
    check_all_succeeded(folder, count)
    return {"last_start": noops.at - due, "last_end": ended, "cpu": cpu, **lag.told()}


def check_all_succeeded(folder: Path, count: int) -> None:
    """Raises RuntimeError unless the ledger has one good run of each task."""
    with closing(sqlite3.connect(folder / "history.sqlite")) as database:
        found = database.execute("SELECT COUNT(*), COUNT(DISTINCT task_id) FROM runs WHERE state = 'succeeded'")
        if found.fetchone() != (count, count):
            raise RuntimeError("not every task has one run that succeeded")


async def idle_tick(folder: Path, count: int) -> dict[str, Any]:
    """One tick with nothing due."""
    fill(folder, count)
    scheduler = scheduler_in(folder, clock=ShiftedClock(MORNING))
    await scheduler.start()
    seen = []
    for _ in range(200):
        start = time.perf_counter()
        for _ in range(100):
            await scheduler.tick()
        seen.append((time.perf_counter() - start) / 100)
    await scheduler.stop()
    return {"tick": seen}


async def idle_cpu(folder: Path, count: int) -> dict[str, Any]:
    """CPU seconds a minute with nothing to do."""
    fill(folder, count)
    scheduler = scheduler_in(folder, clock=ShiftedClock(MORNING))
    await scheduler.start()
    await asyncio.sleep(2)
    start, used = time.perf_counter(), time.process_time()
    await asyncio.sleep(30)
    cpu = (time.process_time() - used) / (time.perf_counter() - start) * 60
    await scheduler.stop()
    return {"cpu": cpu}


async def change(folder: Path, count: int) -> dict[str, Any]:
    """One edit, validated, durable, answered."""
    fill(folder, count)
    scheduler = scheduler_in(folder, clock=ShiftedClock(MORNING))
    await scheduler.start()
    seen, cpu = [], []
    for number in range(40):
        start, used = time.perf_counter(), time.process_time()
        await scheduler.update(f"task-{number * 37 % count:06d}", {"description": f"changed {number}"})
        seen.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
        await asyncio.sleep(0.02)
    await scheduler.stop()
    return {"change": seen, "cpu": cpu}


async def restart(folder: Path, count: int) -> dict[str, Any]:
    """From start to ready with a schedule that is known already."""
    fill(folder, count)
    clock = ShiftedClock(MORNING + 7_200_000)
    ledger = sqlite_ledger(folder, clock)
    ledger.open()
    ledger.apply([SetCursor(task_id=f"task-{number:06d}", cursor=NOON) for number in range(count)])
    ledger.close()
    scheduler = scheduler_in(folder, clock=clock)
    lag, used, start = Lag(), time.process_time(), time.perf_counter()
    async with lag:
        await scheduler.start()
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
    await scheduler.stop()
    return {"start": seconds, "cpu": cpu, **lag.told()}


async def commits(folder: Path, count: int) -> dict[str, Any]:
    """One durable claim beside its floors, in turns; then commits a run, alone and in a queue."""
    found: dict[str, Any] = floors(folder / "floors", count)
    fill(folder / "alone", 1)
    scheduler = scheduler_in(folder / "alone", clock=ShiftedClock(MORNING))
    await scheduler.start()
    counted = counting(scheduler)
    for _ in range(count):
        run = await scheduler.run("task-000000")
        await scheduler.pipeline.ended(run)
    found["one_by_one"] = len(counted) / count
    await scheduler.stop()
    fill(folder / "queued", count)
    clock = ShiftedClock(NOON - 1000)
    scheduler = scheduler_in(folder / "queued", clock=clock, max_concurrent_runs=4)
    await scheduler.start()
    counted = counting(scheduler)
    noops = noops_of(scheduler)
    while noops.started < count or any(scheduler.board.all_active()):
        await asyncio.sleep(0.01)
    found["queued"] = len(counted) / count
    await scheduler.stop()
    check_all_succeeded(folder / "queued", count)
    return found


def counting(scheduler: TaskScheduler) -> list[int]:
    """The sizes of the commits from now on."""
    sizes: list[int] = []
    apply = scheduler.commits._apply
    scheduler.commits._apply = lambda ops: sizes.append(len(ops)) or apply(ops)  # type: ignore[func-returns-value]
    return sizes


def floors(folder: Path, count: int) -> dict[str, list[float]]:
    """Seconds of one durable claim, of one row in bare SQLite, and of one write with fsync."""
    folder.mkdir(parents=True)
    seen: dict[str, list[float]] = {"claim": [], "sqlite": [], "fsync": []}
    ledger = sqlite_ledger(folder, SystemClock())
    ledger.open()
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    file = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY)

    def claim(number: int) -> None:
        task = f"task-{number:06d}"
        run = Run(
            id=new_run_id(NOON),
            task_id=task,
            task_name=task,
            context_id=task,
            origin=Origin.SCHEDULE,
            fire_time=NOON,
            key=task,
            state=RunState.RUNNING,
            queued_at=NOON,
        )
        ledger.apply([Claim(task_id=task, runs=(run,), cursor=NOON, counted=1, max_active=1)])

    def sync(_: int) -> None:
        os.write(file, b"x" * 4096)
        os.fsync(file)

    acts: dict[str, Callable[[int], object]] = {
        "claim": claim,
        "sqlite": lambda _: bare.execute("INSERT INTO t (b) VALUES ('x')"),
        "fsync": sync,
    }
    for number in range(count):
        for name, act in acts.items():
            start = time.perf_counter()
            act(number)
            seen[name].append(time.perf_counter() - start)
    os.close(file)
    bare.close()
    ledger.close()
    return seen


async def memory_of_tasks(folder: Path, count: int) -> dict[str, Any]:
    """Bytes a task, in memory and ready to run."""
    scheduler = scheduler_in(folder / "few")
    await scheduler.start()
    await scheduler.stop()
    fill(folder / "many", count)
    before = memory()
    scheduler = scheduler_in(folder / "many", clock=ShiftedClock(MORNING))
    await scheduler.start()
    bytes_ = (memory() - before) / count
    await scheduler.stop()
    return {"bytes": bytes_}


async def lists(folder: Path, count: int) -> dict[str, Any]:
    """What a page asks for: the first time, and again when one task has changed; how long the loop is held at that."""
    fill(folder, count)
    scheduler = scheduler_in(folder, clock=ShiftedClock(MORNING))
    await scheduler.start()
    half_hour, day = 1_800_000, 86_400_000
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "sorted": lambda: scheduler.list_tasks(sort="-next_run", limit=25),
        "filtered": lambda: scheduler.list_tasks(tag="nightly", state="idle", sort="name", limit=25),
        "searched": lambda: scheduler.list_tasks(q="task 99", limit=25),
        "timeline": lambda: scheduler.timeline(MORNING - day // 2, MORNING + day // 2, half_hour),
    }
    found: dict[str, Any] = {}
    lag = Lag()
    async with lag:
        for name, act in acts.items():
            found[f"{name} first"] = await seconds(act)
            found[name] = []
            for number in range(40):
                scheduler.board.saw_definition(f"task-{number * 37 % count:06d}")
                found[name].append(await seconds(act))
                await asyncio.sleep(0.002)
    await scheduler.stop()
    return {**found, **lag.told()}


async def seconds(act: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await act()
    return time.perf_counter() - start


MEASURES: Measures = {
    "burst": burst,
    "idle-tick": idle_tick,
    "idle-cpu": idle_cpu,
    "change": change,
    "commits": commits,
    "restart": restart,
    "lists": lists,
    "memory": memory_of_tasks,
}

if __name__ == "__main__":
    answer(MEASURES)
