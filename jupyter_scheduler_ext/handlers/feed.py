"""Pushes what changes to every open socket: in bursts, made once for all, and never faster than a socket can take.

A change wakes the feed, which sends at once and then rests for `PAUSE`, so that a storm of changes is a few frames.
Readers at the same revision share one text. A reader has one delivery under way at most; meanwhile its revision stands
still, and its next delta, from there, has all it missed. So a slow reader costs no memory: at worst it is away too long
and is told to start over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from ..engine.errors import SchedulerError
from .base import to_json
from .delta import compose

if TYPE_CHECKING:
    from ..engine.scheduler import TaskScheduler

PAUSE = 0.05
"""Seconds between two pushes."""
LOOK = 1.0
"""Seconds between two looks whether there is something else to tell people above everything (banners)."""
PING_EVERY = 20.0
"""Seconds between two pings: they tell a browser, which cannot see WebSocket pings, that the socket lives."""
LOG_PAGE = 500
"""Entries of a log in one frame."""
log = logging.getLogger(__name__)

PING = b'{"type":"ping"}'


class Reader(Protocol):
    """One socket. `follows` maps the runs whose log it wants to the offset that it has read up to."""

    revision: str
    greeted: bool
    follows: dict[str, int]

    async def send(self, frame: bytes) -> bool:
        """Deliver, and return when the system has taken it; False if the socket is gone."""


class Feed:
    """All readers of one scheduler. Lives on the event loop."""

    def __init__(self, scheduler: TaskScheduler) -> None:
        self._scheduler = scheduler
        self._readers: set[Reader] = set()
        self._busy: set[Reader] = set()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._logs: dict[str, Callable[[], None]] = {}
        self._grown: set[str] = set()
        self._unsubscribe = scheduler.changes.subscribe(lambda *_: self._wake.set())
        self._spawn(self._push())
        self._spawn(self._ping())
        self._spawn(self._watch_banners())

    @property
    def revision(self) -> str:
        """The newest revision there is."""
        return self._scheduler.changes.revision

    def join(self, reader: Reader) -> None:
        self._readers.add(reader)
        self._wake.set()

    def leave(self, reader: Reader) -> None:
        self._readers.discard(reader)
        for run_id in list(reader.follows):
            self.unfollow(reader, run_id)

    def follow(self, reader: Reader, run_id: str, start: int) -> None:
        """Send this reader the log of a run from an offset on, and what is added to it."""
        reader.follows[run_id] = start
        if run_id not in self._logs:
            self._logs[run_id] = self._scheduler.logs.subscribe(run_id, lambda: self._grow(run_id))
        self._grow(run_id)

    def unfollow(self, reader: Reader, run_id: str) -> None:
        reader.follows.pop(run_id, None)
        if not any(run_id in other.follows for other in self._readers):
            end = self._logs.pop(run_id, None)
            if end is not None:
                end()

    def close(self) -> None:
        self._unsubscribe()
        for end in self._logs.values():
            end()
        self._logs.clear()
        for task in self._tasks:
            task.cancel()

    # The loop

    async def _push(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._push_deltas()
                await self._push_logs()
            except Exception:
                log.exception("pushing to the open pages failed")
            await asyncio.sleep(PAUSE)

    async def _push_deltas(self) -> None:
        current = self._scheduler.changes.revision
        behind: dict[str, list[Reader]] = {}
        for reader in self._readers - self._busy:
            if reader.revision != current or not reader.greeted:
                behind.setdefault(reader.revision, []).append(reader)
        for revision, readers in behind.items():
            text, reached = await compose(self._scheduler, revision)
            frame = b'{"type":"delta",' + text[1:]
            for reader in readers:
                if reader in self._readers:
                    reader.revision, reader.greeted = reached, True
                    self._deliver(reader, frame)

    async def _push_logs(self) -> None:
        grown, self._grown = self._grown, set()
        for run_id in grown:
            at: dict[int, list[Reader]] = {}
            for reader in self._readers:
                if run_id in reader.follows:
                    if reader in self._busy:
                        self._grown.add(run_id)
                    else:
                        at.setdefault(reader.follows[run_id], []).append(reader)
            for offset, readers in at.items():
                await self._push_log(run_id, offset, readers)

    async def _push_log(self, run_id: str, offset: int, readers: list[Reader]) -> None:
        try:
            entries, following, complete = await self._scheduler.read_log(run_id, offset, LOG_PAGE)
        except SchedulerError:
            for reader in readers:
                self.unfollow(reader, run_id)
            return
        if not entries and not complete:
            return
        frame = to_json({"type": "log", "run_id": run_id, "entries": entries, "next": following, "complete": complete})
        for reader in readers:
            if reader.follows.get(run_id) != offset:
                continue
            reader.follows[run_id] = following
            self._deliver(reader, frame)
            if complete:
                self.unfollow(reader, run_id)
            else:
                self._grown.add(run_id)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY)
            for reader in self._readers - self._busy:
                self._deliver(reader, PING)

    async def _watch_banners(self) -> None:
        """They are no changes of tasks: whoever should see others than before gets a delta all the same."""
        told = self._scheduler.banners()
        while True:
            await asyncio.sleep(LOOK)
            there = self._scheduler.banners()
            if there != told:
                told = there
                for reader in self._readers:
                    reader.greeted = False
                self._wake.set()

    def _grow(self, run_id: str) -> None:
        self._grown.add(run_id)
        self._wake.set()

    def _deliver(self, reader: Reader, frame: bytes) -> None:
        self._busy.add(reader)
        self._spawn(self._send(reader, frame))

    async def _send(self, reader: Reader, frame: bytes) -> None:
        try:
            if not await reader.send(frame):
                self.leave(reader)
        finally:
            self._busy.discard(reader)
            behind = not reader.greeted or reader.revision != self._scheduler.changes.revision
            if reader in self._readers and (self._grown or behind):
                self._wake.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
