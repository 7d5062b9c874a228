"""A scheduler in virtual time whose kernels do what the test says: the bench that the engine's tests work at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from jupyter_scheduler_ext.engine.abc import ContextStore, Execution, Executor, Launch, Outcome, Sink, TaskStore
from jupyter_scheduler_ext.engine.instants import Instant, to_instant
from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.engine.models import AnyTask
from jupyter_scheduler_ext.engine.runs import Run, RunError, RunState
from jupyter_scheduler_ext.engine.scheduler import TaskScheduler
from jupyter_scheduler_ext.simulator import fakes
from jupyter_scheduler_ext.simulator.virtual_time import VirtualClock, VirtualLoop
from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.memory import MemoryStore

NOOP: dict[str, Any] = {"kind": "noop"}


def at(text: str) -> Instant:
    """``2026-03-01 02:30`` in UTC as an instant."""
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


class Work(Execution):
    """A run in flight: the test ends it, or it ends by itself after its task's `seconds`."""

    def __init__(self, launch: Launch, seconds: float | None, heeds: str) -> None:
        self.launch = launch
        self.asked: list[str] = []
        self._heeds = heeds
        self._end: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self.succeed)

    def end(self, outcome: Outcome) -> None:
        if not self._end.done():
            self._end.set_result(outcome)

    def succeed(self, result: str = "done") -> None:
        self.end(Outcome(state=RunState.SUCCEEDED, result=result))

    def fail(self, message: str = "a bad day") -> None:
        self.end(Outcome(state=RunState.FAILED, error=RunError(name="ValueError", message=message)))

    async def outcome(self) -> Outcome:
        return await asyncio.shield(self._end)

    async def _asked(self, how: str) -> None:
        self.asked.append(how)
        if how == self._heeds:
            self.fail(how)

    async def interrupt(self) -> None:
        await self._asked("interrupt")

    async def terminate(self) -> None:
        await self._asked("terminate")

    async def kill(self) -> None:
        await self._asked("kill")


class Kernels(Executor):
    """`seconds`: how long runs take (None: until the test ends them); `fails`: names of tasks whose runs fail;
    `heeds`: the step at which a stopped run ends; `refuses`: what `start` raises;
    `steps`: the progress that is told at the start."""

    name = "local"

    def __init__(self) -> None:
        self.seconds: float | None = 1.0
        self.fails: set[str] = set()
        self.heeds = "interrupt"
        self.refuses: Exception | None = None
        self.steps: list[float] = []
        self.started: list[Work] = []
        self.recovered: list[tuple[str, str | None]] = []
        self.before_start: Callable[[Launch], None] | None = None

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        if self.before_start is not None:
            self.before_start(launch)
        if self.refuses is not None:
            raise self.refuses
        sink.began()
        for fraction in self.steps:
            sink.progress(fraction)
        failing = launch.task.name in self.fails
        work = Work(launch, None if failing else self.seconds, self.heeds)
        self.started.append(work)
        if failing:
            asyncio.get_running_loop().call_later(self.seconds or 0.0, work.fail)
        return work

    async def recover(self, run: Run, kernel_process: str | None) -> None:
        self.recovered.append((run.id, kernel_process))


class Night:
    """One storage folder, and the schedulers that live over it one after another."""

    def __init__(self, folder: Path, start: str = "2026-03-01 00:00") -> None:
        self.folder = folder
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, at(start))
        self.kernels = Kernels()
        self.store: TaskStore = MemoryStore()
        self.contexts: ContextStore | None = None
        self.mortal = fakes.Mortal()
        self.commits: list[list[str]] = []
        self._ids = count(1)
        self._owners = count(1)
        self.scheduler: TaskScheduler

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """Live through a story, from the first boot to the last stop."""

        async def told() -> None:
            await self.boot()
            await story
            await self.scheduler.stop()

        try:
            self.loop.run_until_complete(told())
        finally:
            self.loop.run_until_complete(self._sweep())
            self.loop.close()

    async def _sweep(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def boot(self, **settings: Any) -> TaskScheduler:
        self.mortal = fakes.Mortal()
        ledger = fakes.FragileLedger(SqliteDatabase(self.folder / "history.sqlite", self.clock))
        ledger.mortal = self.mortal
        ledger.committed = lambda ops, answers: self.commits.append([type(op).__name__ for op in ops])
        number = next(self._owners)
        self.scheduler = TaskScheduler(
            store=self.store,
            ledger=ledger,
            executors={"local": self.kernels},
            folder=self.folder,
            contexts=self.contexts,
            clock=self.clock,
            new_id=lambda: f"run{next(self._ids):06d}",
            owner=f"boot:{number}:{number}",
            inline=True,
            **{"timezone": "UTC", "watch_interval": 60.0, "lead": 0.0, **settings},
        )
        await self.scheduler.start()
        return self.scheduler

    async def crash(self) -> None:
        """kill -9 of the scheduler: nothing of it goes on or is written any more."""
        self.mortal.dead = True
        await self._sweep_but_story()
        self.scheduler.leadership.release()
        self.scheduler.ledger.close()

    async def _sweep_but_story(self) -> None:
        me = asyncio.current_task()
        tasks = {task for task in asyncio.all_tasks() if task is not me}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def make(self, when: str | list[str] | None = None, **members: Any) -> AnyTask:
        """A task with a noop action: a cron text, a list of dates, or nothing for an ad-hoc one."""
        data: dict[str, Any] = {"name": "a task", "action": NOOP, **members}
        if isinstance(when, str):
            data |= {"type": "scheduled", "schedule": when}
        elif when is not None:
            data |= {"type": "planned", "plan": {"todo": when}}
        else:
            data["type"] = "adhoc"
        task, _ = await self.scheduler.create(data, "ana")
        return task

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def until(self, text: str) -> None:
        await asyncio.sleep(max(0.0, (at(text) - self.clock.now()) / 1000 + 0.01))

    async def history(self, task: AnyTask | None = None, **which: Any) -> list[Run]:
        """Runs, oldest first."""
        found = await self.scheduler.runs(RunFilter(task_id=task.uuid if task else None, limit=10_000, **which))
        return sorted(found, key=lambda run: (run.fire_time, run.attempt))

    def state(self, task: AnyTask) -> str:
        return str(self.scheduler.task_json(task.uuid)["state"])
