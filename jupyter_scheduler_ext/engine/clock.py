"""The one place that reads the clock."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from .abc import Clock
from .instants import Instant


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SharedClock(SystemClock):
    """The machine's clock, put right by another one: all servers of one schedule go by the database's."""

    offset = 0
    """Milliseconds by which the other clock is ahead."""

    def now(self) -> Instant:
        return super().now() + self.offset

    def follow(self, before: Instant, told: Instant, after: Instant) -> None:
        """Take over what the other clock showed between two looks at this one; what lies within the time that asking
        took is no difference."""
        ahead = told - (before + after) // 2
        if abs(ahead) > (after - before) // 2 + 5:
            self.offset += ahead


def local_zone() -> str:
    """The IANA name of this machine's zone: ``TZ``, else what /etc/localtime points to, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named and "/" in named:
        return named
    try:
        target = str(Path("/etc/localtime").resolve())
    except OSError:
        return "UTC"
    _, marker, name = target.partition("zoneinfo/")
    return name if marker else "UTC"
