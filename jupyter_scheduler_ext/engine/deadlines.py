"""When each of many things must be over: one timer for all, since most are over long before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .abc import Clock
from .agenda import Agenda


class Deadlines:
    """Calls `missed` with the id of each whose time is up. Measured by the monotonic clock; lives on the event loop."""

    def __init__(self, clock: Clock, missed: Callable[[str], None]) -> None:
        self._clock = clock
        self._missed = missed
        self._agenda = Agenda()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0

    def set(self, identifier: str, seconds: float) -> None:
        """It must be over so many seconds from now."""
        at = int((self._clock.monotonic() + seconds) * 1000) + 1
        self._agenda.set(identifier, at)
        if self._timer is None or at < self._rings_at:
            self._arm(at)

    def clear(self, identifier: str) -> None:
        """It is over. The timer stays: one look too many is cheaper than a timer for each."""
        self._agenda.set(identifier, None)

    def _arm(self, at: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        delay = max(0.0, at / 1000 - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._look)

    def _look(self) -> None:
        self._timer = None
        for identifier in self._agenda.pop_due(int(self._clock.monotonic() * 1000 + 0.001)):
            self._missed(identifier)
        following = self._agenda.next()
        if following is not None:
            self._arm(following)
