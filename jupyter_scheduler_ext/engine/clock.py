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
