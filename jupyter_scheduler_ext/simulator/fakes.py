"""Stand-ins at the engine's plug points: kernels that behave as the seed says, stores that fail when told to.

Everything else in a simulation is the real engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Literal

from ..engine.abc import Execution, Executor, Launch, Outcome, Put, Remove, Sink, Snapshot, StoreError
from ..engine.actions import Action, register
from ..engine.ledger import Op
from ..engine.runs import Run, RunError, RunState
from ..stores.memory import MemoryStore
from ..stores.sql_ledger import SqlLedger


class NoopAction(Action):
    """Stands for work in simulations, tests and benchmarks."""

    kind: Literal["noop"] = "noop"
    parameters: dict[str, Any] = {}


register("noop", NoopAction)


class FakeExecution(Execution):
    """Ends after a while, or when it is stopped; a stubborn one only when it is killed."""

    def __init__(self, seconds: float, end: Outcome, stubborn: bool) -> None:
        self._seconds = seconds
        self._end = end
        self._stubborn = stubborn
        self._stopped = asyncio.Event()

    async def outcome(self) -> Outcome:
        try:
            await asyncio.wait_for(self._stopped.wait(), self._seconds)
        except TimeoutError:
            return self._end
        return Outcome(state=RunState.FAILED, error=RunError(name="KeyboardInterrupt", message="interrupted"))

    async def interrupt(self) -> None:
        if not self._stubborn:
            self._stopped.set()

    async def terminate(self) -> None:
        await self.interrupt()

    async def kill(self) -> None:
        self._stopped.set()


class FakeKernels(Executor):
    """Runs take as long and end as the seed says. `starting` sees each start, `running` counts what is in flight."""

    name = "local"

    def __init__(self, random: Random, starting: Callable[[Run], None], trouble: float = 0.05) -> None:
        self.running = 0
        self._random = random
        self._starting = starting
        self._trouble = trouble

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        random = self._random
        self._starting(launch.run)
        if random.random() < self._trouble / 5:
            raise RuntimeError("no kernel could be started")
        sink.began()
        seconds = random.choice((0.01, 0.5, 3.0, 20.0)) * (0.5 + random.random())
        end = Outcome(state=RunState.SUCCEEDED, result="done")
        if random.random() < self._trouble:
            error = RunError(name="ValueError", message="a bad day")
            end = Outcome(state=RunState.FAILED, reason="ValueError: a bad day", error=error)
        elif random.random() < self._trouble / 10:
            seconds = 1e6
        return FakeExecution(seconds, end, stubborn=random.random() < 0.3)


class Mortal:
    """What a process is to its stores: once it is dead, nothing that it still tries gets through."""

    def __init__(self) -> None:
        self.dead = False
        self.broken: str | None = None

    def check(self) -> None:
        if self.dead:
            raise StoreError("this process is dead")
        if self.broken:
            raise StoreError(self.broken, 507)


class FragileStore(MemoryStore):
    """A memory store seen from one process; `shared` outlives it."""

    def __init__(self, shared: MemoryStore, mortal: Mortal) -> None:
        super().__init__()
        self._shared = shared
        self._mortal = mortal

    def open(self) -> Snapshot:
        self._mortal.check()
        return self._shared.open()

    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        self._mortal.check()
        return self._shared.save(changes)


class FragileLedger(SqlLedger):
    """The real ledger seen from one process; `committed` sees the ops and answers of every commit."""

    mortal: Mortal
    committed: Callable[[Sequence[Op], Sequence[Any]], None]

    def open(self) -> None:
        self.mortal.check()
        super().open()

    def apply(self, ops: Sequence[Op]) -> list[Any]:
        self.mortal.check()
        answers = super().apply(ops)
        self.committed(ops, answers)
        return answers
