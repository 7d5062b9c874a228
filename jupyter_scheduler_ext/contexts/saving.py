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
    """Calls `save` in the background whenever something changed, never twice at a time: several may write to one file,
    and an older state must not come after a newer one. What `save` raises is told once to `trouble`, and the next
    change tries again: a full disk does not end a run."""

    def __init__(
        self, save: Callable[[], Awaitable[None]], trouble: Callable[[Exception], None], interval: float = INTERVAL
    ) -> None:
        self._save = save
        self._trouble = trouble
        self._interval = interval
        self._changed = False
        self._saving = asyncio.Lock()
        self._not_before = 0.0
        self._hurry = asyncio.Event()
        self._troubled = False
        self._work: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Something changed."""
        self._changed = True
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Save what is not saved yet. Who else writes goes on, and so may this one by its next touch."""
        await self._once()
        self._hurry.set()  # what waits for its time to save may find that there is nothing left

    async def _run(self) -> None:
        while self._changed:
            await self._rest()
            await self._once()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._not_before):
                await self._hurry.wait()
        self._hurry.clear()

    async def _once(self) -> None:
        async with self._saving:
            if not self._changed:
                return
            self._changed = False
            clock = asyncio.get_running_loop().time
            begun = clock()
            try:
                await self._save()
                self._troubled = False
            except Exception as error:
                if not self._troubled:
                    self._troubled = True
                    self._trouble(error)
            self._not_before = clock() + max(self._interval, SHARE * (clock() - begun))
