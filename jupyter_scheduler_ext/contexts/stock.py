"""Every kernel of the scheduler, from its start to its end: whatever is started here is ended here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from typing import Any

import psutil

from ..engine.abc import Clock
from ..engine.process import is_running
from .conversation import KernelDied
from .kernel import Kernel, Lifetimes, Need, State
from .starting import Starter
from .survivors import Survivors

WARM_UP = {"python": "pass"}
"""Code that makes a kernel's first cell as fast as its second, by language."""

log = logging.getLogger(__name__)


class Stock:
    """The kernels there are. Who may have them, and for how long, is not decided here."""

    def __init__(self, starter: Starter, clock: Clock, lifetimes: Lifetimes, survivors: Survivors) -> None:
        self.starter = starter
        self.clock = clock
        self.lifetimes = lifetimes
        self.closed = False
        self._survivors = survivors
        self._all: set[Kernel] = set()
        self._errands: set[asyncio.Task[Any]] = set()

    def __iter__(self) -> Iterator[Kernel]:
        """All of them, those that have been longest in their state first."""
        return iter(sorted(self._all, key=lambda kernel: kernel.since))

    def within(self, state: State) -> list[Kernel]:
        """Those in one state, the longest in it first."""
        return [kernel for kernel in self if kernel.state == state]

    async def new(self, need: Need) -> Kernel:
        """A new kernel that answers. Raises KernelDied or TimeoutError."""
        return await self.awaited(self.errand(self._start(need)))

    def warming(self, need: Need) -> asyncio.Task[Kernel]:
        """A new kernel on its way that will have answered a first request, so that the next is answered within
        milliseconds. It belongs to nobody: its state is left to whoever waits for it."""
        return self.errand(self._warm(need))

    async def awaited(self, task: asyncio.Task[Kernel]) -> Kernel:
        """The kernel that is being started; one that nobody waits for any more is dropped when it has come."""
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.drop_when_started(task)
            raise

    def enter(self, kernel: Kernel, state: State, stay: float | None = None) -> None:
        """Give a kernel that is not gone a new state, and seconds after which it is over."""
        if kernel.state == "gone":
            return
        kernel.state = state
        kernel.since = self.clock.monotonic()
        kernel.expires = None if stay is None else kernel.since + stay

    def adopt(self, kernel: Kernel) -> None:
        """Take the process that a person's restart has put in a kernel's place for the kernel's own."""
        self._survivors.died(kernel.process)
        kernel.adopt()
        self._survivors.born(kernel.process)

    def drop(self, kernel: Kernel) -> None:
        """End a kernel, in the background: it takes 0.1 to 3 s. Once only, however often it is asked for."""
        if kernel.state != "gone":
            kernel.state = "gone"
            self._all.discard(kernel)
            self.errand(self._end(kernel))

    def drop_when_started(self, task: asyncio.Task[Kernel]) -> None:
        """Nobody wants the kernel that is on its way."""

        def drop(task: asyncio.Task[Kernel]) -> None:
            if not task.cancelled() and task.exception() is None:
                self.drop(task.result())

        task.add_done_callback(drop)

    def has_room(self) -> bool:
        """May kernels be started ahead of need?"""
        return not self.closed and psutil.virtual_memory().available >= self.lifetimes.spare_memory

    def errand(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have something done in the background; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)
        return task

    async def close(self) -> None:
        """End all kernels, those too that are being started."""
        self.closed = True
        while self._all or self._errands:
            for kernel in list(self._all):
                self.drop(kernel)
            await asyncio.wait(self._errands)
        await self._survivors.close()
        self.starter.close()

    async def _start(self, need: Need) -> Kernel:
        kernel = await self.starter.launch(need)
        self._all.add(kernel)
        self._survivors.born(kernel.process)
        try:
            await self.starter.open(kernel)
        except BaseException:
            self.drop(kernel)
            raise
        if self.closed:
            self.drop(kernel)
            raise KernelDied("the server is stopping")
        return kernel

    async def _warm(self, need: Need) -> Kernel:
        kernel = await self._start(need)
        talk = kernel.conversation
        await talk.follow(talk.send_silently(WARM_UP.get(need.language.lower(), "")))
        return kernel

    async def _end(self, kernel: Kernel) -> None:
        process = kernel.process
        await self.starter.end(kernel)
        if process is not None and not is_running(process):
            self._survivors.died(process)

    def _errand_done(self, task: asyncio.Task[Any]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("a kernel could not be started or ended: %r", error)
