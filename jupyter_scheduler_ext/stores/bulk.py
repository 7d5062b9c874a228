"""Make many objects at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 50_000
"""Objects, of which a task has some thirty: so many are a schedule that was loaded."""


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from going over all objects again and again while many are made that will stay.

    With 10,000 tasks this is most of the time of a load, and each full collection holds every thread of the process. So
    would the first one afterwards, which has all of them to look at: if they are many, it is spared them for good.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        gc.enable()
