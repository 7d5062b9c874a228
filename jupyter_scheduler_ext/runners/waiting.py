"""Waiting for an instant of the wall clock: never early, and on an idle machine late by less than a millisecond."""

from __future__ import annotations

from ..engine.abc import Clock
from ..engine.instants import Instant

LAST_STRETCH = 0.004
"""Seconds before the instant from which sleeps are short, since one long sleep overshoots by a millisecond or two."""
SHORT = 0.0005
LONGEST = 5.0
"""Seconds of one sleep at most: the wall clock may be set, or the machine suspended, meanwhile."""


async def wait_until(clock: Clock, instant: Instant) -> None:
    """Return at `instant` or, if it is past, at once."""
    while (left := (instant - clock.now()) / 1000) > 0:
        await clock.sleep(min(left - LAST_STRETCH, LONGEST) if left > 2 * LAST_STRETCH else SHORT)
