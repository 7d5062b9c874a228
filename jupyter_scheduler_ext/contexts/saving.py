"""Writing a file as it grows: at most so often, never on the event loop's time, and once more at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

INTERVAL = 0.5
"""Seconds between the ends of two saves at least."""
SHARE = 10
"""The next save waits this many times as long as the last one took, so that big outputs do not eat the machine."""


class SavedAsItGrows:
    """Calls `save` in the background whenever something changed. What `save` raises is told once to `trouble`, and the
    next change tries again: a full disk does not end a run."""

    def __init__(
        self, save: Callable[[], Awaitable[None]], trouble: Callable[[Exception], None], interval: float = INTERVAL
    ) -> None:
        self._save = save
        self._trouble = trouble
        self._interval = interval
        self._changed = False
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._troubled = False
        self._work: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Something changed."""
        self._changed = True
        self._wake.set()
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Save what is not saved yet, and rest until the next touch."""
        self._closing.set()
        self._wake.set()
        if self._work is not None:
            await self._work
        self._work = None
        self._closing.clear()
        if self._changed:
            await self._once()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._closing.is_set():
            await self._wake.wait()
            self._wake.clear()
            begun = clock()
            if self._changed:
                await self._once()
            await self._rest(max(self._interval, SHARE * (clock() - begun)))

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _once(self) -> None:
        self._changed = False
        try:
            await self._save()
            self._troubled = False
        except Exception as error:
            if not self._troubled:
                self._troubled = True
                self._trouble(error)
