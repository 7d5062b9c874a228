"""Python's garbage collector, kept from holding the loop.

Whatever is alive makes a full collection longer, and each holds every thread: with 10,000 tasks, a tenth of a second.
What was loaded stays loaded, so it is taken out of its sight; and while a herd of runs is on its way, whose objects
live for seconds, it looks at each new one once. What a run leaves is not cyclic, but for trifles: it
goes without the collector.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 2_000
"""New objects between two looks at the youngest: most of a run's are gone again by then."""
_NEVER = 1_000_000
_waiting = 0
_usual = gc.get_threshold()


def forget_what_stays() -> None:
    """What is alive now is not looked at any more. To be called when much was loaded that will stay."""
    gc.freeze()


@contextmanager
def young_only() -> Iterator[None]:
    """Only the youngest objects are looked at while the block runs, and seldom, however often it is entered meanwhile.
    On the event loop only."""
    global _waiting, _usual
    if not _waiting:
        _usual = gc.get_threshold()
        if _usual[0]:  # somebody may have switched it off
            gc.set_threshold(max(_usual[0], _SELDOM), _NEVER, _NEVER)
    _waiting += 1
    try:
        yield
    finally:
        _waiting -= 1
        if not _waiting and gc.get_threshold()[2] == _NEVER:
            gc.set_threshold(*_usual)
