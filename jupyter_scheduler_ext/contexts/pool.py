"""Warm kernels for runs that nobody could know of: how many are worth having, and who gets which."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial

from .conversation import KernelDied
from .kernel import Kernel, Kind, Need
from .stock import Stock

SPAN = 2.0
"""Seconds that a kernel may take to be warm, on a busy machine: runs that come within them each need one."""
BURST = 300.0
"""Seconds for which a burst of runs is remembered, and as many kernels held as it needed."""
AT_ONCE = 2
"""Kernels that are started for the pool at a time: more, and each would wait for the others."""
REPLENISH_AFTER = 0.1
"""Seconds after a kernel was taken from the pool until others are started: the run that took it goes first."""


class Demand:
    """How many warm kernels of each kind are worth having, learnt from the runs that came: as many as were asked for
    within `SPAN` during the last `BURST`, one at least for `idle` seconds; `most` in all."""

    def __init__(self, most: int, idle: float) -> None:
        self._most = most
        self._idle = idle
        self._asked: dict[Kind, deque[float]] = {}

    def ask(self, kind: Kind, now: float) -> None:
        """A run asks for a kernel of this kind, at `now` in monotonic seconds."""
        times = self._asked.pop(kind, None) or deque(maxlen=8 * max(self._most, 1))
        times.append(now)
        self._asked[kind] = times  # the kinds stand in the order in which they were last asked for

    def forget(self, kind: Kind) -> None:
        """Kernels of this kind cannot be had: none is wanted until a run asks again."""
        self._asked.pop(kind, None)

    def wanted(self, now: float) -> dict[Kind, int]:
        """How many of each kind; where there is not room for all, the kinds that were asked for last come first."""
        self._asked = {kind: times for kind, times in self._asked.items() if now - times[-1] < self._idle}
        recent = list(self._asked.items())[::-1][: self._most]
        wanted = {kind: 1 for kind, _ in recent}
        room = self._most - len(recent)
        for kind, times in recent:
            more = min(_densest(times, now) - 1, room)
            if more > 0:
                wanted[kind] += more
                room -= more
        return wanted


def _densest(times: deque[float], now: float) -> int:
    """The most asks within any `SPAN` of the last `BURST`."""
    recent = [time for time in times if now - time < BURST]
    most = start = 0
    for end, time in enumerate(recent):
        while time - recent[start] > SPAN:
            start += 1
        most = max(most, end - start + 1)
    return most


class Pool:
    """The warm kernels that wait, and those on their way. A run takes one that waits, or else the one that is nearest
    to being ready; others are then started in its place."""

    def __init__(self, stock: Stock) -> None:
        lives = stock.lifetimes
        self._stock = stock
        self._most = lives.max_pooled
        self._demand = Demand(lives.max_pooled, lives.pool_idle)
        self._like: dict[Kind, Need] = {}
        self._coming: list[tuple[Kind, asyncio.Task[Kernel]]] = []

    async def take(self, need: Need) -> Kernel | None:
        """A kernel for this run, which is to enter a state of its own at once; None if none is there or on its way."""
        self._demand.ask(need.kind, self._stock.clock.monotonic())
        self._like[need.kind] = generic(need)
        self._stock.errand(self._replenish())
        for kernel in self._stock.within("pooled"):
            if kernel.need.kind == need.kind:
                self._stock.enter(kernel, "busy")  # before anything is awaited: another run may look too
                if await kernel.is_alive():
                    return kernel
                self._stock.drop(kernel)
        for coming in self._coming:
            if coming[0] == need.kind:
                self._coming.remove(coming)
                with suppress(KernelDied, TimeoutError, OSError):
                    return await self._stock.awaited(coming[1])
                break
        return None

    def tidy(self) -> None:
        """Give up what is beyond what is wanted, and start what is missing, as far as bounds and memory allow."""
        missing = self._demand.wanted(self._stock.clock.monotonic())
        self._like = {kind: need for kind, need in self._like.items() if kind in missing}
        waiting = 0
        for kernel in reversed(self._stock.within("pooled")):
            kind = kernel.need.kind
            if missing.get(kind, 0) > 0:
                missing[kind] -= 1
                waiting += 1
            else:
                self._stock.drop(kernel)
        for kind, _ in self._coming:
            missing[kind] = missing.get(kind, 0) - 1
        for kind, count in missing.items():
            for _ in range(count):
                full = waiting + len(self._coming) >= self._most or len(self._coming) >= AT_ONCE
                if full or not self._stock.has_room():
                    return
                self._start(self._like[kind])

    def _start(self, need: Need) -> None:
        coming = (need.kind, self._stock.warming(need))
        self._coming.append(coming)
        coming[1].add_done_callback(partial(self._came, coming))

    def _came(self, coming: tuple[Kind, asyncio.Task[Kernel]], task: asyncio.Task[Kernel]) -> None:
        if coming not in self._coming:
            return  # a run has taken it meanwhile
        self._coming.remove(coming)
        if task.cancelled() or task.exception() is not None:
            self._demand.forget(coming[0])
        else:
            self._stock.enter(task.result(), "pooled")
            self.tidy()

    async def _replenish(self) -> None:
        await self._stock.clock.sleep(REPLENISH_AFTER)
        self.tidy()


def generic(need: Need) -> Need:
    """The need of any run that a kernel of this kind could serve."""
    return Need(
        kernel_name=need.kernel_name,
        language=need.language,
        folder=need.folder,
        context_id="",
        task_id="",
        label=need.label,
    )
