"""Writing a file as it grows: at most so often, never on the event loop's time, and once more at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import MethodType
from typing import TypeVar
from weakref import WeakMethod

F = TypeVar("F", bound=Callable[..., object])

INTERVAL = 0.5
"""Seconds between the ends of two saves at least."""
SHARE = 10
"""The next save waits this many times as long as the last one took, so that big outputs do not eat the machine."""


class SavedAsItGrows:
    """Calls `save` in the background whenever something changed, never twice at a time: several may write to one file,
    and an older state must not come after a newer one. What `save` raises is told once to `trouble`, and the next
    change tries again: a full disk does not end a run.

    Whose methods these are is not kept alive by it: with its last user a document goes at once, and not when Python
    next looks for circles, which megabytes of text in a few objects give it no reason to do."""

    def __init__(
        self, save: Callable[[], Awaitable[None]], trouble: Callable[[Exception], None], interval: float = INTERVAL
    ) -> None:
        self._save = _weakly(save)
        self._trouble = _weakly(trouble)
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
            save = self._save()
            if not self._changed or save is None:
                return
            self._changed = False
            clock = asyncio.get_running_loop().time
            begun = clock()
            try:
                await save()
                self._troubled = False
            except Exception as error:
                if not self._troubled:
                    self._troubled = True
                    trouble = self._trouble()
                    if trouble is not None:
                        trouble(error)
            self._not_before = clock() + max(self._interval, SHARE * (clock() - begun))


def _weakly(call: F) -> Callable[[], F | None]:
    return WeakMethod(call) if isinstance(call, MethodType) else lambda: call
