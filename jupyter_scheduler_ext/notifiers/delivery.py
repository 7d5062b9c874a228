"""Gets news to their targets: each target in a line of its own, within its allowance, again if it fails.

At least once, from the moment the news are in the outbox: a target that is down is tried again for a day, also by the
next process. A message is taken out of the outbox after it was delivered; a crash in between delivers it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..engine.abc import Clock, NotDelivered
from ..engine.instants import to_rfc3339
from ..engine.notices import Allowance, Message, News, fresh, portion, retry_delay
from .outbox import Outbox
from .targets import Targets

log = logging.getLogger(__name__)

GATHER = 2.0
"""Seconds that the first news wait for others: what happens at one instant is told at once."""
SAVE_AFTER = 0.1
"""Seconds that news may stand in memory alone."""


@dataclass(slots=True)
class Line:
    """What waits for one target, and how it is doing."""

    allowance: Allowance
    waiting: list[News] = field(default_factory=list)
    failures: int = 0
    problem: str | None = None
    last_delivered: int | None = None
    worker: asyncio.Task[None] | None = None


class Delivery:
    """All targets. Lives on the event loop."""

    def __init__(
        self, *, targets: Targets, outbox: Outbox, clock: Clock, hourly: int, compose: Callable[[list[News]], Message]
    ) -> None:
        self._targets = targets
        self._outbox = outbox
        self._clock = clock
        self._hourly = hourly
        self._compose = compose
        self._lines: dict[str, Line] = {}
        self._saving = asyncio.Lock()
        self.delivered = 0
        self.failed = 0
        self._saved = True
        self._saver: asyncio.Task[None] | None = None
        self._resuming: asyncio.Task[None] | None = None

    def post(self, names: Iterable[str], news: News) -> None:
        """These targets shall hear of it."""
        for name in names:
            self._line(name).waiting.append(news)
            self._work_at(name)
        self._saved = False
        if self._saver is None or self._saver.done():
            self._saver = asyncio.get_running_loop().create_task(self._save_soon(), name="notify outbox")

    def resume(self) -> None:
        """Take over, in the background, what an earlier process left."""
        self._resuming = asyncio.get_running_loop().create_task(self._resume(), name="notify resume")

    async def _resume(self) -> None:
        for name, news in (await asyncio.to_thread(self._outbox.load)).items():
            line = self._line(name)
            line.waiting += [one for one in news if one not in line.waiting]
            self._work_at(name)

    def stop(self) -> None:
        """Deliver nothing more; what waits stays in the outbox."""
        for line in self._lines.values():
            if line.worker is not None:
                line.worker.cancel()
        self._lines.clear()

    def state(self, name: str) -> dict[str, Any]:
        """How a target is doing: news that wait, why the last delivery failed, when the last one succeeded."""
        line = self._lines.get(name)
        waiting, problem = (len(line.waiting), line.problem) if line else (0, None)
        return {
            "waiting": waiting,
            "problem": problem,
            "last_delivered": to_rfc3339(line.last_delivered) if line else None,
        }

    @property
    def waiting(self) -> int:
        """News that wait, of all targets."""
        return sum(len(line.waiting) for line in self._lines.values())

    async def send(self, name: str, message: Message) -> None:
        """Deliver now, once. Raises NotDelivered."""
        try:
            notifier = await asyncio.to_thread(self._targets.notifier, name)
            await notifier.send(message)
        except NotDelivered:
            raise
        except Exception as error:  # of a notifier by entry point; its words may hold the address
            raise NotDelivered(f"the notifier failed ({type(error).__name__})") from error

    def _line(self, name: str) -> Line:
        return self._lines.setdefault(name, Line(Allowance(self._hourly)))

    def _work_at(self, name: str) -> None:
        line = self._line(name)
        if line.worker is None or line.worker.done():
            line.worker = asyncio.get_running_loop().create_task(self._work(name, line), name=f"notify {name}")

    async def _work(self, name: str, line: Line) -> None:
        await self._clock.sleep(GATHER)
        while line.waiting:
            now = self._clock.now()
            wait = line.allowance.wait(now)
            if wait > 0:
                await self._clock.sleep(wait / 1000)
                continue
            kept = fresh(line.waiting, now)
            if len(kept) < len(line.waiting):
                log.warning("%d notifications for %s are a day old: given up", len(line.waiting) - len(kept), name)
                line.waiting[:] = kept
                continue
            news = line.waiting[: portion(line.waiting, line.allowance.left(now))]
            await self._save()
            await self._deliver(name, line, news)

    async def _deliver(self, name: str, line: Line, news: list[News]) -> None:
        try:
            await self.send(name, self._compose(news))
        except NotDelivered as error:
            self.failed += 1
            line.failures += 1
            line.problem = str(error)
            delay = retry_delay(line.failures)
            log.warning("notification target %s: %s; trying again in %.0f s", name, error, delay)
            await self._clock.sleep(delay)
            return
        self.delivered += 1
        now = self._clock.now()
        line.failures, line.problem, line.last_delivered = 0, None, now
        line.allowance.spend(now)
        del line.waiting[: len(news)]
        self._saved = False
        await self._save()

    async def _save_soon(self) -> None:
        await asyncio.sleep(SAVE_AFTER)
        await self._save()

    async def _save(self) -> None:
        """Bring the outbox up to date. A disk that is full costs durability, not the message."""
        async with self._saving:
            if self._saved:
                return
            self._saved = True
            waiting = {name: list(line.waiting) for name, line in self._lines.items()}
            try:
                await asyncio.to_thread(self._outbox.save, waiting)
            except OSError as error:
                log.warning("notifications that wait cannot be kept on disk: %s", error)
