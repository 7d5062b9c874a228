"""Long loops on the event loop, in slices that let others in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

SLICE = 16
"""Items between two breaths: at 50-200 us an item the loop is held for a few milliseconds. Counted, not timed, so that
a simulation is the same each time."""

SOME = 64
"""The same for items that cost 10 to 30 us."""

MANY = 512
"""The same for items that cost a microsecond or two."""


async def sliced(items: Iterable[T], size: int = SLICE) -> AsyncIterator[T]:
    """The items, with a turn for everyone else after each `size` of them."""
    for index, item in enumerate(items, 1):
        yield item
        if index % size == 0:
            await asyncio.sleep(0)


async def portions(items: Sequence[T], size: int = MANY) -> AsyncIterator[Sequence[T]]:
    """The items, `size` at a time, with a turn for everyone else after each portion."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
        await asyncio.sleep(0)
