"""Virtual time: an event loop that never waits, and a clock that shows the time it would have waited for.

When nothing is ready to run, the loop jumps to its next timer. A simulated month of sleeps so costs only the work done
in it, and the order of events is the same every time, since nothing depends on how fast this machine is.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

from ..engine.abc import Clock
from ..engine.instants import Instant


class _JumpingSelector(selectors.BaseSelector):
    """Instead of waiting for a file, moves the loop's time on. Only the loop's own self-pipe is ever registered."""

    def __init__(self) -> None:
        self.time = 0.0
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the simulation stands still: everything waits and no timer is set")
        if timeout > 0:
            self.time += timeout
        return self._real.select(0)

    def get_map(self) -> Any:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time; `time()` starts at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        # Coarser than a float late in a long simulation; asyncio's nanosecond would round away, and no timer be due.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._jumping.time


class VirtualClock(Clock):
    """Wall time is `start` plus the loop's time plus every step it was given; suspend moves only the wall."""

    def __init__(self, loop: VirtualLoop, start: Instant) -> None:
        self._loop = loop
        self._offset = start

    def now(self) -> Instant:
        # Rounded up by a microsecond first: sums of float timers fall short of whole milliseconds by less than that.
        return self._offset + int(self._loop.time() * 1000 + 0.001)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def step(self, seconds: float) -> None:
        """The wall clock is set, forwards or backwards; or the machine slept, and only the wall went on."""
        self._offset += int(seconds * 1000)
