"""A schedule with three weeks behind it, for pictures: made by the real engine in virtual time, which ends now.

Only the work is invented: how long a run takes and whether it fails is thrown by dice with a seed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from jupyter_scheduler_ext.engine.abc import Execution, Executor, Launch, Outcome, Sink
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.runs import RunError, RunState
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.simulator.virtual_time import VirtualClock, VirtualLoop
from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.json_file import JsonFileStore
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

DAYS = 21
ZONE = "Europe/Berlin"
TROUBLE = "Nightly warehouse sync"
"""The task that has failed since yesterday."""


TRACEBACK = """\
OperationalError                          Traceback (most recent call last)
Cell In[4], line 3
      1 with warehouse.begin() as connection:
      2     for table in changed:
----> 3         connection.merge(table, key="id")

OperationalError: lock wait timeout exceeded"""


class Habit(NamedTuple):
    """A task, and how its runs usually go."""

    name: str
    rule: str
    tag: str
    seconds: float
    failing: float = 0.0
    enabled: bool = True


HABITS = (
    Habit(TROUBLE, "30 2 * * *", "platform", 840),
    Habit("Validate incoming lab results", "0 8-17 * * mon-fri", "lab", 95, failing=0.05),
    Habit("Refresh churn features", "*/30 * * * *", "research", 260, failing=0.02),
    Habit("Snapshot feature store", "0 23 * * *", "platform", 410),
    Habit("Archive web logs", "0 1 * * *", "ops", 180),
    Habit("Reconcile billing ledger", "30 5 * * *", "finance", 620, failing=0.04),
    Habit("Weekly revenue digest", "45 7 * * mon,thu", "finance", 75),
    Habit("Retrain demand forecast", "0 3 * * sat", "research", 5400),
    Habit("Check data quality", "20 * * * *", "platform", 40, failing=0.01),
    Habit("Send morning report", "0 7 * * mon-fri", "finance", 33),
    Habit("Clean scratch space", "15 4 * * *", "ops", 22),
    Habit("Compare model versions", "0 12 * * wed", "research", 1500, enabled=False),
)


class Invented(Executor):
    """Stands for kernels: runs take their time and fail as the dice say; all are over at `now`."""

    name = "local"

    def __init__(self, dice: Random, now: int) -> None:
        self._dice = dice
        self._now = now

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        habit = next(habit for habit in HABITS if habit.name == launch.task.name)
        sink.began()
        age = (self._now - launch.run.fire_time) / 86_400_000
        left = (self._now - (launch.run.started_at or launch.run.fire_time)) / 1000 - 1
        if habit.name == TROUBLE and age < 2:
            sink.write("stdout", "connecting to warehouse-eu\n")
            sink.write("stdout", "\x1b[32mok\x1b[0m 214 tables, 38 changed\n")
            sink.write("stderr", "\x1b[33mretry 3/3\x1b[0m orders: lock wait timeout\n")
            sink.write("error", "\x1b[31mOperationalError\x1b[0m: lock wait timeout exceeded\n")
            error = RunError(name="OperationalError", message="lock wait timeout exceeded", traceback=TRACEBACK)
            return Performed(min(72, left), Outcome(state=RunState.FAILED, reason=str(error.message), error=error))
        seconds = min(left, habit.seconds * self._dice.uniform(0.75, 1.3))
        if self._dice.random() < habit.failing:
            error = RunError(name="TimeoutError", message="the source did not answer")
            return Performed(seconds / 4, Outcome(state=RunState.FAILED, reason=str(error.message), error=error))
        return Performed(seconds, Outcome(state=RunState.SUCCEEDED, result="done"))


class Performed(Execution):
    """A run that takes so many seconds."""

    def __init__(self, seconds: float, end: Outcome) -> None:
        self._seconds = seconds
        self._end = end

    async def outcome(self) -> Outcome:
        await asyncio.sleep(self._seconds)
        return self._end

    async def interrupt(self) -> None: ...

    async def terminate(self) -> None: ...

    async def kill(self) -> None: ...


def definition(habit: Habit) -> dict[str, Any]:
    """The task as a person would post it."""
    fields = dict(zip(("minute", "hour", "day", "month", "weekday"), habit.rule.split(), strict=True))
    return {
        "type": "scheduled",
        "name": habit.name,
        "tags": [habit.tag],
        "enabled": habit.enabled,
        "schedule": {**fields, "timezone": ZONE},
        "action": {"kind": "notebook", "path": path_of(habit.name)},
    }


def path_of(name: str) -> str:
    """The notebook of a task."""
    return f"jobs/{name.lower().replace(' ', '_')}.ipynb"


def invent(folder: Path) -> None:
    """Fill a storage folder with tasks and with what they did in the last three weeks."""
    loop = VirtualLoop()
    now = SystemClock().now()
    clock = VirtualClock(loop, now - DAYS * 86_400_000)
    scheduler = TaskScheduler(
        store=JsonFileStore(folder),
        ledger=SqlLedger(SqliteDatabase(folder / "history.sqlite", clock)),
        executors={"local": Invented(Random(7), now)},
        folder=folder,
        clock=clock,
        inline=True,
        lead=0,
        watch_interval=86_400,
    )

    async def live() -> None:
        await scheduler.start()
        for habit in HABITS:
            await scheduler.create(definition(habit))
        await asyncio.sleep((now - clock.now()) / 1000)
        await scheduler.stop()

    try:
        loop.run_until_complete(live())
    finally:
        loop.close()
